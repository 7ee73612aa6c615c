import base64
from email import message_from_string
from email.policy import default
from pathlib import Path

import pytest

from ingest.parsing.containers.mail_fields import file_name
from tests.unit.ingest.parsing.reading import paths, read


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("filename=tide table.txt", "tide table.txt"),
        ("filename==?utf-8?B?R2V6ZWl0ZW4gw7xiZXIudHh0?=", "Gezeiten über.txt"),
        ('filename="a b.txt"', "a b.txt"),
        ("filename*=utf-8''%C3%BC.txt", "ü.txt"),
    ],
)
def test_names_are_read_as_they_are_meant(value: str, expected: str) -> None:
    text = f"Content-Type: text/plain\nContent-Disposition: attachment; {value}\n\nx"
    assert file_name(message_from_string(text, policy=default)) == expected


@pytest.mark.parametrize("boundary", ['boundary="other"', "charset=utf-8"])
def test_parts_are_found_where_the_boundary_is_wrong(tmp_path: Path, boundary: str) -> None:
    plain, page = "text/plain\n\nShut at noon.", "text/html\n\n<p>Shut at noon.</p>"
    parts = f"--=_x1\nContent-Type: {plain}\n--=_x1\nContent-Type: {page}\n--=_x1--\n"
    extracted = read(
        tmp_path, "a.eml", f"From: a@b.c\nSubject: S\nContent-Type: multipart/alternative; {boundary}\n\n{parts}"
    )
    assert extracted.text.count("Shut at noon.") == 1
    assert extracted.warnings == ()


def test_a_message_of_parts_without_parts_is_text(tmp_path: Path) -> None:
    text = "From: a@b.c\nSubject: S\nContent-Type: multipart/mixed; boundary=x\n\nShut at noon.\n"
    assert "Shut at noon." in read(tmp_path, "a.eml", text).text


def test_an_attached_message_may_be_encoded_as_a_whole(tmp_path: Path) -> None:
    inner = base64.encodebytes(b"From: d@e.f\nSubject: Locks\n\nOpen at six.\n").decode()
    part = f"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{inner}"
    text = f"From: a@b.c\nSubject: S\nContent-Type: multipart/mixed; boundary=x\n\n--x\n{part}\n--x--\n"
    extracted = read(tmp_path, "a.eml", text)
    assert paths(extracted)["Open at six."] == ("S", "Attached message", "Locks")
    assert extracted.warnings == ()
