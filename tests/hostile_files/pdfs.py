"""PDF files that lead in circles, grow, or want to run something (fault 26)."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

from tests.hostile_files.containers import WORDS

Make = Callable[[], bytes]
_FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
_PAGE = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents 4 0 R >>"


def sound() -> bytes:
    """One page that says ``WORDS``."""
    return _written(_objects())


def circular_xref() -> bytes:
    """The cross-reference table names itself as the one before it."""
    return _written(_objects(), trailer="/Prev tables")


def circular_page_tree() -> bytes:
    """The list of pages is an entry of its own."""
    return _written(_objects(kids="2 0 R 5 0 R", count=2))


def circular_length() -> bytes:
    """The length of the page's content is that content."""
    return _written([*_objects()[:3], _stream(_drawn(WORDS), "/Length 4 0 R"), _PAGE.encode()])


def flate_bomb(*, size_bytes: int) -> bytes:
    """The page's content is spaces, compressed twice: what is left are a few kilobytes."""
    packed = zlib.compress(zlib.compress(_drawn(WORDS) + b" " * size_bytes, 1), 9)
    stream = _stream(packed, f"/Length {len(packed)} /Filter [/FlateDecode /FlateDecode]")
    return _written([*_objects()[:3], stream, _PAGE.encode()])


def claimed_pages(count: int) -> bytes:
    """Says that it has ``count`` pages, and has one."""
    return _written(_objects(count=count))


def repeated_page(count: int) -> bytes:
    """Lists the same page ``count`` times."""
    return _written(_objects(kids="5 0 R " * count, count=count))


def script(code: str) -> bytes:
    """Runs JavaScript when it is opened."""
    return _written(_objects(catalog=f"/OpenAction << /S /JavaScript /JS ({code}) >>"))


def launch(program: str, argument: str) -> bytes:
    """Starts a program when it is opened."""
    action = f"/OpenAction << /S /Launch /F ({program}) /Unix << /F ({program}) /P ({argument}) >> >>"
    return _written(_objects(catalog=action))


def remote(uri: str) -> bytes:
    """Goes to an address when it is opened, and its page takes an image from there."""
    return _written(
        _objects(catalog=f"/OpenAction << /S /URI /URI ({uri}) >> /AA << /WC << /S /URI /URI ({uri}) >> >>")
    )


def locked() -> bytes:
    """Opens with a password that nobody knows (standard security handler, revision 2)."""
    key = "00" * 32
    encryption = f"/Encrypt << /Filter /Standard /V 1 /R 2 /O <{key}> /U <{key}> /P -4 >> /ID [<00> <00>]"
    return _written(_objects(), trailer=encryption)


def _objects(*, catalog: str = "", kids: str = "5 0 R", count: int = 1) -> list[bytes]:
    drawn = _drawn(WORDS)
    return [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode(),
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        _FONT.encode(),
        _stream(drawn, f"/Length {len(drawn)}"),
        _PAGE.encode(),
    ]


def _drawn(text: str) -> bytes:
    return f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET".encode()


def _stream(content: bytes, entries: str) -> bytes:
    return f"<< {entries} >>\nstream\n".encode() + content + b"\nendstream"


def _written(objects: Sequence[bytes], trailer: str = "") -> bytes:
    """Numbers the objects from 1; ``tables`` in the trailer becomes the place of the cross-reference table."""
    out = bytearray(b"%PDF-1.7\n")
    table = [b"0000000000 65535 f \n"]
    for number, content in enumerate(objects, start=1):
        table.append(b"%010d 00000 n \n" % len(out))
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    start = len(out)
    entries = f"/Size {len(table)} /Root 1 0 R {trailer.replace('tables', str(start))}".encode()
    out += b"xref\n0 %d\n" % len(table) + b"".join(table)
    return bytes(out + b"trailer\n<< " + entries + b" >>\nstartxref\n%d\n%%%%EOF\n" % start)
