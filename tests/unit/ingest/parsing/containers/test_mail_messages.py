from pathlib import Path

import pytest

from rag.errors import CorruptDocumentError
from tests.unit.ingest.parsing.reading import read, texts

MESSAGE = "From: a@b.c\nSubject: Gates\nMessage-ID: <1@b.c>\n\nShut at noon.\n"


def test_the_properties_below_a_message_of_apple_are_no_text(tmp_path: Path) -> None:
    extracted = read(tmp_path, "a.emlx", f"{len(MESSAGE)}\n{MESSAGE}<?xml version='1.0'?><plist>flags 8590</plist>\n")
    assert texts(extracted)[-1] == "Shut at noon."
    assert extracted.warnings == ()


def test_a_message_without_an_extension_is_a_mail(tmp_path: Path) -> None:
    assert texts(read(tmp_path, "1700000000_M1", MESSAGE))[0] == "Gates"


def test_one_damaged_message_does_not_lose_a_mailbox(tmp_path: Path) -> None:
    extracted = read(tmp_path, "a.mbox", f"From a Mon\n{MESSAGE}\nFrom b Mon\n>From here\n\nFrom c Mon\n{MESSAGE}")
    assert extracted.text.count("Shut at noon.") == 2
    assert extracted.warnings == ("message 2 was not read: it has no mail headers, or no text that can be decoded",)


def test_a_mailbox_without_messages_is_corrupt(tmp_path: Path) -> None:
    with pytest.raises(CorruptDocumentError, match="no messages"):
        read(tmp_path, "a.mbox", "words\n")


def test_an_empty_attachment_is_named_and_gives_no_title(tmp_path: Path) -> None:
    part = "Content-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment; filename=a.pdf\n\n"
    text = f"From: a@b.c\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\n# Words\n--x\n{part}\n--x--\n"
    extracted = read(tmp_path, "note.eml", text)
    assert extracted.warnings == ("'a.pdf' was not read: it is empty",)
    assert extracted.title == "note"
