from pathlib import Path

import pytest

from tests.unit.ingest.parsing.reading import read

WORDS = "The harbour is open to boats of all kinds from March on. " * 12


@pytest.mark.parametrize(
    "markup",
    [
        '<ul class="main-menu"><li><a href="/a">Left out</a></li></ul><p>Kept.</p>',
        '<div id="cookie-notice"><p>Left out</p></div><p>Kept.</p>',
        '<div class="onetrust-consent-sdk">Left out</div><p>Kept.</p>',
        "<nav><a href='/x'>Left out</a></nav><p>Kept.</p>",
        "<dialog>Left out</dialog><p>Kept.</p>",
        "<style>.tip > .long{display:none}</style><div class=tip><i class=long>Left out</i></div><p>Kept.</p>",
        "<table><tr><td class=linenos><pre>1</pre></td><td><pre>Kept.</pre></td></tr></table>",
    ],
)
def test_what_belongs_to_the_site_is_left_out(tmp_path: Path, markup: str) -> None:
    assert read(tmp_path, "a.html", markup).text == "Kept."


@pytest.mark.parametrize(
    "markup",
    [
        '<div class="menu"><p>Kept: soup 4.50</p></div>',
        '<ul class="nav navbar-nav"><li><a href="/a">Kept</a></li></ul>',
        f"<nav><a href='/x'>Home</a><p>Kept. {WORDS}</p>",
        '<div class="cookie-recipes"><p>Kept.</p></div>',
        "<dialog open>Kept.</dialog>",
        "<style>body{background:#000}</style><p>Kept.</p>",
        f'<script></script><div style="opacity:0"><p>Kept. {WORDS}</p></div><p>Foot.</p>',
        '<script></script><p style="opacity:0" data-aos="fade">Kept.</p>',
        "<p>Kept <iframe srcdoc='&lt;p&gt;and framed.&lt;/p&gt;'></iframe></p>",
    ],
)
def test_what_is_the_page_is_kept(tmp_path: Path, markup: str) -> None:
    assert "Kept" in read(tmp_path, "a.html", markup).text


def test_a_page_without_scripts_may_hide_most_of_its_words(tmp_path: Path) -> None:
    extracted = read(tmp_path, "a.html", f'<p>Shown.</p><div style="opacity:0">{WORDS}</div>')
    assert extracted.text == "Shown."
    assert "hidden text left out" in extracted.warnings[0]
