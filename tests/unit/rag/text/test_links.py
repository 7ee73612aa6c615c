"""Texts without what only leads elsewhere."""

from __future__ import annotations

import pytest

from rag.text.links import without_targets


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("See the log (https://wharf.example/a?b=1) first.", "See the log first."),
        ("It follows the rule(https://wiki.example/Tide_(sea)).", "It follows the rule."),
        ('Use [sick leave]({% page "/leave/sick/" %}) then.', "Use sick leave then."),
        ("We [post it](#openness) within a day.", "We post it within a day."),
        ('3. Tell {% channel "harbour" %}.', "3. Tell harbour."),
        ("{% alert %} The quay is closed.", "The quay is closed."),
        ("![a locker](images/locker.png) It holds 60 litres.", "It holds 60 litres."),
        ("Canal estable {/stable-channel/}", "Canal estable"),
        ("Write to https://wharf.example/form (not by post).", "Write to https://wharf.example/form (not by post)."),
        ("Call draw(x) in { }.", "Call draw(x) in { }."),
        ("![a locker](images/locker.png)", "![a locker](images/locker.png)"),
    ],
)
def test_words_stay_and_their_addresses_go(text: str, shown: str) -> None:
    assert without_targets(text) == shown
