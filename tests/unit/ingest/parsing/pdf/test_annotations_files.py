import io
from pathlib import Path

import pypdfium2

from tests.unit.ingest.parsing.reading import paths, read
from tests.unit.ingest.parsing.samples import pdf_bytes


def with_files(files: dict[str, bytes]) -> bytes:
    document = pypdfium2.PdfDocument(pdf_bytes([[(72, 700, 12, "The invoice is attached to this page.")]]))
    for name, content in files.items():
        document.new_attachment(name).set_data(content)
    target = io.BytesIO()
    document.save(target)
    document.close()
    return target.getvalue()


def test_files_attached_to_a_pdf_are_read_below_their_name(tmp_path: Path) -> None:
    inner = with_files({"deep.txt": b"Deep words."})
    content = with_files({"sums.csv": b"item,price\nrope,14\nbuoy,31\n", "x.bin": b"\0\1", "inner.pdf": inner})
    extracted = read(tmp_path, "a.pdf", content)
    assert extracted.text.startswith("The invoice is attached to this page.\n\ninner.pdf\n\n")
    assert "sums.csv\n\nitem: rope; price: 14" in extracted.text
    assert paths(extracted)["Deep words."] == ("inner.pdf", "deep.txt")
    assert extracted.page_count == 1
    assert extracted.warnings == ("'x.bin' was not read: files of this type cannot be read",)
