"""An upload is one file with one name. What else a form holds is refused, never passed over."""

from __future__ import annotations

import httpx
import pytest

from tests.support.servers.service import problem

BOUNDARY = "edge"
FILE = b'name="file"; filename="gate.txt"'


def part(parameters: bytes, content: bytes = b"The gate opens at six.", *, headers: bytes = b"") -> bytes:
    return b"--edge\r\nContent-Disposition: form-data; " + parameters + b"\r\n" + headers + b"\r\n" + content + b"\r\n"


def send(client: httpx.Client, *parts: bytes, end: bytes = b"--edge--\r\n", charset: str = "") -> httpx.Response:
    media_type = f"multipart/form-data; boundary={BOUNDARY}{charset}"
    return client.post("/v1/documents", content=b"".join(parts) + end, headers={"Content-Type": media_type})


def refusal(answer: httpx.Response) -> str:
    assert problem(answer) == (422, "invalid_request")
    return str(answer.json()["detail"])


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((part(FILE), part(b'name="file"; filename="wall.txt"')), "body.file comes more than once; send one request"),
        (
            (part(FILE), part(b'name="collection"', b"a"), part(b'name="collection"', b"b")),
            "body.collection comes more",
        ),
        (
            (part(FILE), part(b'name="name"', b"a.txt"), part(b'name="name"', b"b.txt")),
            "body.name comes more than once",
        ),
        ((part(FILE), part(b'name="colection"', b"a")), "body.colection is not known; check its spelling."),
        ((part(FILE), part(b'name="files"; filename="wall.txt"')), "body.files is not known"),
        ((part(b'name="file"'),), "body.file is not of the right kind; send a file, with a filename."),
        ((part(FILE), part(b'name="collection"; filename="a"')), "body.collection must be text."),
        ((part(b'name="file"; filename=""'),), "body.file has no name; give it a filename"),
        ((part(FILE), part(b'name="name"', b" ")), "body.file has no name"),
        (
            (part(FILE), part(b'name="collection"', b"gr\xf6")),
            "body.collection holds NUL, half of a surrogate pair, or",
        ),
        ((part(FILE), part(b'name="name"', b"a\xed\xa0\x80.txt")), "body.name holds"),
        ((part(FILE), part(b'name="name"', b"a\0.txt")), "body.name holds"),
        (
            (part(FILE, headers=b"Content-Transfer-Encoding: base64\r\n"),),
            "The body has a part with a Content-Transfer-Encoding; send its bytes as they are.",
        ),
        (
            (part(FILE, headers=b'Content-Disposition: form-data; name="file"; filename="wall.txt"\r\n'),),
            "The body has a part whose Content-Disposition cannot be read",
        ),
        ((part(FILE + b'; filename="wall.txt"'),), "The body has a part whose Content-Disposition cannot be read"),
    ],
)
def test_nothing_in_a_form_is_passed_over(client: httpx.Client, parts: tuple[bytes, ...], said: str) -> None:
    assert said in refusal(send(client, *parts))
    assert not client.get("/v1/documents").raise_for_status().json()["documents"]


def test_a_form_that_is_cut_off_is_refused(client: httpx.Client) -> None:
    cut = part(b'name="collection"', b"hal")[:-2]
    assert "ends before the form does" in refusal(send(client, part(FILE), cut, end=b""))
    assert "ends before the form does" in refusal(send(client, part(FILE), end=b"--edge"))


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        (b"filename=\"gate.txt\"; filename*=UTF-8''gr%C3%B6%C3%9Fe.txt", "größe.txt"),
        (b"filename*=utf-8'de'gr%C3%B6%C3%9Fe.txt; filename=\"gate.txt\"", "größe.txt"),
        (b"filename*=UTF-8''%E5%8D%97%20%E9%97%A8.txt", "南 门.txt"),
        (b"filename*=iso-8859-1''gr%F6%DFe.txt", "größe.txt"),
        (b"filename*=UTF-8''..%2F..%2Fetc%2Fgate.txt", "gate.txt"),
        (b'filename*0="south"; filename*1=" gate.txt"', "south gate.txt"),
        (b"filename*0*=UTF-8''gr%C3%B6; filename*1*=%C3%9Fe; filename*2=\".txt\"", "größe.txt"),
        (b'filename="=?utf-8?B?Z3LDtsOfZS50eHQ=?="', "größe.txt"),
        ('filename="größe.txt"'.encode(), "größe.txt"),
        (b'filename="a \\"b\\".txt"', "a _b_.txt"),
        (b"FILENAME=gate.txt", "gate.txt"),
    ],
)
def test_a_name_is_read_in_whichever_way_it_is_written(client: httpx.Client, parameters: bytes, name: str) -> None:
    answer = send(client, part(b'name="file"; ' + parameters), part(b'name="collection"', b"names"))
    assert answer.status_code == 202, answer.text
    assert answer.json()["document"]["name"] == name


@pytest.mark.parametrize(
    "parameters",
    [
        b"filename*=UTF-8''gr%F6%DFe.txt",
        b"filename*=UTF-8''%ED%A0%80.txt",
        b"filename*=UTF-8''a%00b.txt",
        b"filename*=klingon''gate.txt",
        b"filename*=rot13''gate.txt",
        b'filename="gr\xf6\xdfe.txt"',
        b'filename="=?utf-8?B?/w==?="',
        b'filename="=?klingon?Q?gate?="',
    ],
)
def test_a_name_that_is_no_text_is_refused(client: httpx.Client, parameters: bytes) -> None:
    assert refusal(send(client, part(b'name="file"; ' + parameters)))


@pytest.mark.parametrize("charset", ["utf-16", "undefined", "punycode", "raw_unicode_escape", "klingon"])
def test_text_of_a_form_is_utf_8_whatever_it_is_said_to_be(client: httpx.Client, charset: str) -> None:
    name = f"grö\\ud800-{charset}.txt"
    answer = send(client, part(FILE), part(b'name="name"', name.encode()), charset=f"; charset={charset}")
    assert answer.status_code == 202, answer.text
    assert answer.json()["document"]["name"] == name.replace("\\", "/")
