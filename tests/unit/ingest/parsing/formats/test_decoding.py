from __future__ import annotations

import pytest

from ingest.parsing.formats.decoding import declared_encodings, decode
from rag.errors import CorruptDocumentError

SAMPLES = {
    "utf-8": "Zwölf Äpfel für 5 € — schön",
    "utf-16": "Zwölf Äpfel für 5 €",
    "utf-16-le": "Plain words without a byte order mark.",
    "utf-16-be": "Plain words without a byte order mark.",
    "cp1252": "Die schöne Frau hat einen Kaffee — “köstlich” – für 5 € getrunken. Über die Straße.",
    "cp866": "Это простой русский текст, в котором ничего особенного нет. Он нужен для проверки.",
    "cp1251": "Это простой русский текст, в котором ничего особенного нет. Он нужен для проверки.",
    "koi8-r": "Это простой русский текст, в котором ничего особенного нет. Он нужен для проверки.",
    "gb18030": "人工智能是计算机科学的一个分支，它企图了解智能的实质，并生产出一种新的智能机器。",
    "shift_jis": "日本の鉄鋼規格について、表に示す化学成分と機械的性質を参照してください。",
    "big5": "繁體中文是一種使用於臺灣香港的文字，這裡是用來測試編碼的一段話。",
    "euc-kr": "한국어 문서입니다. 이 문장은 인코딩을 시험하기 위한 것입니다.",
}


@pytest.mark.parametrize("encoding", SAMPLES)
def test_text_is_read_in_the_encoding_it_was_written_in(encoding: str) -> None:
    assert decode(SAMPLES[encoding].encode(encoding), name="a.txt") == SAMPLES[encoding]


def test_declared_encoding_wins_over_a_guess() -> None:
    page = '<meta charset="iso-8859-2"><p>Zażółć gęślą jaźń'.encode("iso-8859-2")
    assert "Zażółć gęślą jaźń" in decode(page, name="a.html", declared=declared_encodings(page))


def test_utf_8_encoded_twice_is_mended() -> None:
    twice = "1986–1990".encode().decode("latin-1").encode()
    assert decode(twice, name="a.txt") == "1986–1990"


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(CorruptDocumentError):
        decode(bytes(range(1, 32)) * 40 + b"\xff\xfe\xfd", name="a.txt")


def test_utf_8_with_a_few_bytes_of_another_encoding_stays_utf_8() -> None:
    data = "Höhe über Wörth, größer als früher gemäß Süßwasserpegel. ".encode() * 3 + b"Caf\xe9"
    assert decode(data, name="a.html", declared=["utf-8"]).endswith("Süßwasserpegel. Café")


def test_an_encoding_that_looks_like_ascii_is_told_by_its_declaration() -> None:
    assert decode(b"Gr+APwA3w-e", name="a.eml", declared=["utf-7"]) == "Grüße"
    assert decode(b"a+b-c", name="a.eml") == "a+b-c"
