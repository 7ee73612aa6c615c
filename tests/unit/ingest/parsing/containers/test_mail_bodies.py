import email.message
import io
from email.message import EmailMessage
from pathlib import Path

import docx
import pytest

from rag.errors import CorruptDocumentError, EncryptedDocumentError
from rag.types import ElementKind
from tests.unit.ingest.parsing.reading import paths, read, texts


def mail(subject: str = "Gates", text: str = "Shut at noon.") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ann@example.org", "bo@example.org", subject
    message.set_content(text)
    return message


def word_file() -> bytes:
    document = docx.Document()
    document.add_heading("Locks", level=1)
    document.add_paragraph("Each lock holds two boats.")
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def parts(kind: str, *children: str) -> str:
    inside = "".join(f"--b\n{child}\n" for child in children)
    return f"From: a@example.org\nSubject: S\nContent-Type: {kind}; boundary=b\n\n{inside}--b--\n"


PLAIN = "Content-Type: text/plain\n\n"
HTML = "Content-Type: text/html\n\n"


def test_a_footer_in_html_does_not_replace_the_body(tmp_path: Path) -> None:
    text = parts("multipart/mixed", f"{PLAIN}The boat leaves at six.", f"{HTML}<p>You get this as a member.</p>")
    found = texts(read(tmp_path, "a.eml", text), ElementKind.PARAGRAPH)
    assert found == ["The boat leaves at six.", "You get this as a member."]


def test_of_alternatives_the_richest_is_read_once(tmp_path: Path) -> None:
    page = "<table><tr><th>Gate</th><th>Width</th><th>Depth</th></tr><tr><td>G1</td><td>4</td><td>2</td></tr></table>"
    text = parts("multipart/alternative", f"{PLAIN}Gate Width Depth G1 4 2", HTML + page)
    extracted = read(tmp_path, "a.eml", text)
    assert texts(extracted, ElementKind.TABLE) == ["Gate: G1; Width: 4; Depth: 2"]
    assert extracted.text.count("G1") == 1


def test_words_that_only_the_plain_alternative_has_are_not_lost(tmp_path: Path) -> None:
    plain = "See the page.\n\nThe north gate is closed on Monday because divers repair the hinge of its lower wing."
    text = parts("multipart/alternative", PLAIN + plain, f"{HTML}<p>See the page.</p>")
    assert texts(read(tmp_path, "a.eml", text), ElementKind.PARAGRAPH) == plain.split("\n\n")


def test_parts_are_read_in_order_through_related_and_mixed(tmp_path: Path) -> None:
    inner = f"Content-Type: multipart/related; boundary=c\n\n--c\n{HTML}<p>Second.</p>\n--c--"
    text = parts("multipart/mixed", f"{PLAIN}First.", inner, f"{PLAIN}Third.")
    assert texts(read(tmp_path, "a.eml", text), ElementKind.PARAGRAPH) == ["First.", "Second.", "Third."]


def test_attachments_are_read_below_their_host_and_their_name(tmp_path: Path) -> None:
    message = mail()
    message.add_attachment(word_file(), maintype="application", subtype="octet-stream", filename="locks.docx")
    message.add_attachment(b"gate,width\nG1,4\nG2,5\n", maintype="text", subtype="csv", filename="gates.csv")
    message.add_attachment(b"ID3", maintype="audio", subtype="mpeg", filename="song.mp3")
    extracted = read(tmp_path, "a.eml", message.as_bytes())
    assert paths(extracted)["Each lock holds two boats."] == ("Gates", "locks.docx", "Locks")
    assert ("Gates", "gates.csv") in paths(extracted).values()
    assert extracted.warnings == ("'song.mp3' was not read: files of this type cannot be read",)
    assert "Attachments: locks.docx, gates.csv, song.mp3" in extracted.text


def test_an_attached_message_has_its_own_headers(tmp_path: Path) -> None:
    message = mail()
    message.add_attachment(mail("Divers", "They come on Monday."))
    found = paths(read(tmp_path, "a.eml", message.as_bytes()))
    assert found["They come on Monday."] == ("Gates", "Attached message", "Divers")


def test_quoted_mail_is_kept_and_marked(tmp_path: Path) -> None:
    text = mail(text="Yes, at six.\n\nBo wrote:\n> When does it\n> leave?\n\nRegards\n").as_bytes()
    found = paths(read(tmp_path, "a.eml", text))
    assert found["Yes, at six."] == ("Gates",)
    assert found["When does it leave?"] == ("Gates", "Quoted message")
    assert found["Regards"] == ("Gates",)


@pytest.mark.parametrize(
    ("body", "label"),
    [
        ("Yes.\n\nFrom: Bo\nSent: Monday\nTo: Ann\nSubject: Boat\n\nWhen?", "Quoted message"),
        ("Yes.\n\n-----Original Message-----\nFrom: Bo\n\nWhen?", "Quoted message"),
        ("Yes.\n\n---------- Forwarded message ----------\nFrom: Bo\n\nWhen?", "Forwarded message"),
        ("Yes.\n\nVon: Bo\nGesendet: Montag\nAn: Ann\nBetreff: Boot\n\nWhen?", "Quoted message"),
    ],
)
def test_what_follows_the_headers_of_an_earlier_mail_is_marked(tmp_path: Path, body: str, label: str) -> None:
    found = paths(read(tmp_path, "a.eml", mail(text=body).as_bytes()))
    assert found["Yes."] == ("Gates",)
    assert found["When?"] == ("Gates", label)


def test_quoted_html_is_marked(tmp_path: Path) -> None:
    page = "<p>Yes.</p><blockquote type=cite><p>When?</p></blockquote><p>Bye.</p>"
    found = paths(read(tmp_path, "a.eml", f"Subject: S\nContent-Type: text/html\n\n{page}"))
    assert (found["Yes."], found["When?"], found["Bye."]) == (("S",), ("S", "Quoted message"), ("S",))


def test_flowed_lines_are_joined(tmp_path: Path) -> None:
    text = "Subject: S\nContent-Type: text/plain; format=flowed\n\nThe boat \nleaves.\nAt six.\n-- \nAnn\n"
    assert "The boat leaves." in read(tmp_path, "a.eml", text).text


def test_badly_formed_headers_are_read(tmp_path: Path) -> None:
    raw = 'Subject: Größe\nFrom: =?x-unknown?q?Bo?= <bo@example.org>\nTo: "a\ncontent-type: text/plain\n\nWords.\n'
    extracted = read(tmp_path, "a.eml", raw.encode())
    assert extracted.title == "Größe"
    assert extracted.text.endswith("Words.")


def test_a_calendar_part_is_read_beside_the_text(tmp_path: Path) -> None:
    event = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Boat\nLOCATION:Pier 9\nEND:VEVENT\nEND:VCALENDAR\n"
    text = parts("multipart/alternative", f"{PLAIN}Come.", f"Content-Type: text/calendar\n\n{event}")
    extracted = read(tmp_path, "a.eml", text)
    assert "location: Pier 9" in extracted.text


def test_encrypted_parts_are_named_and_encrypted_mail_is_refused(tmp_path: Path) -> None:
    sealed = "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nMIIB"
    extracted = read(tmp_path, "a.eml", parts("multipart/mixed", f"{PLAIN}Seen.", sealed))
    assert extracted.warnings == ("an encrypted part (S/MIME or PGP) was not read",)
    with pytest.raises(EncryptedDocumentError):
        read(tmp_path, "b.eml", parts("multipart/mixed", sealed))
    pgp = "Subject: S\n\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n"
    with pytest.raises(EncryptedDocumentError):
        read(tmp_path, "c.eml", pgp)


def test_the_frame_of_a_signed_text_is_left_out(tmp_path: Path) -> None:
    text = (
        "Subject: S\n\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nShut at noon.\n"
        "-----BEGIN PGP SIGNATURE-----\n\niQEz\n-----END PGP SIGNATURE-----\n"
    )
    assert read(tmp_path, "a.eml", text).text == "S\n\nShut at noon."


def test_each_message_of_a_mailbox_has_its_subject(tmp_path: Path) -> None:
    box = b"".join(
        b"From x Mon Mar  2 09:00:00 2031\n" + mail(subject, text).as_bytes() + b"\n"
        for subject, text in (("Gates", "Shut.\n\n>From here on: open."), ("Boats", "Two."))
    )
    extracted = read(tmp_path, "harbour.mbox", box)
    assert extracted.title == "harbour"
    assert paths(extracted)["Two."] == ("Boats",)
    assert "From here on: open." in extracted.text
    with pytest.raises(CorruptDocumentError):
        read(tmp_path, "b.mbox", "no mail")


def test_a_saved_page_is_read_without_its_pictures(tmp_path: Path) -> None:
    text = parts("multipart/related", f"{HTML}<h1>Quay</h1><p>Opens at six.</p>", "Content-Type: image/png\n\nxx")
    extracted = read(tmp_path, "a.mhtml", text)
    assert extracted.text == "Quay\n\nOpens at six."
    assert extracted.warnings == ("pictures of the page: 1 were not read",)


def test_mail_in_mail_without_end_is_bounded(tmp_path: Path) -> None:
    message = email.message.Message()
    message.set_payload("deepest")
    for _ in range(60):
        outer = email.message.Message()
        outer["Content-Type"] = "message/rfc822"
        outer.set_payload([message])
        outer["Subject"] = "S"
        message = outer
    extracted = read(tmp_path, "a.eml", message.as_bytes())
    assert "deepest" not in extracted.text
    assert any("were not read" in warning for warning in extracted.warnings)


def test_an_invitation_keeps_its_text_and_its_calendar(tmp_path: Path) -> None:
    event = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Visit\nLOCATION:Pier 9\nEND:VEVENT\nEND:VCALENDAR"
    text = parts("multipart/alternative", f"{PLAIN}Please come.", f"Content-Type: text/calendar\n\n{event}")
    assert texts(read(tmp_path, "a.eml", text))[-2:] == ["Please come.", "summary: Visit; location: Pier 9"]
