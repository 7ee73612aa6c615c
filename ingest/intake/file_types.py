"""Identifies a file by its first bytes and its name, unpacking at most 1 MiB of it, and cleans file names."""

from __future__ import annotations

import re
import struct
import unicodedata
import zipfile
from pathlib import Path, PurePosixPath

from ingest.intake.archives import open_checked
from ingest.intake.formats import BY_MEDIA_TYPE, FORMATS, MEDIA_TYPES, Container, extension_of
from rag.errors import (
    EmptyDocumentError,
    EncryptedDocumentError,
    TypeMismatchError,
    UnsupportedTypeError,
)

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_HEAD_BYTES = 4_096
_OLE_READ_BYTES = 262_144
_MAX_NAME_CHARACTERS = 200

_TEXT, _MAIL = "text/plain", "message/rfc822"
_SHEET_MARKUP = re.compile(rb"<(html|table|workbook|ss:workbook)\b")
_HEADER = re.compile(rb"[!-9;-~]{1,80}:")
_HEADER_LINES = 8
_MAIL_HEADERS = frozenset({b"received", b"return-path", b"message-id", b"mime-version", b"delivered-to"})
_ARCHIVE = "application/zip"
_ODF = "application/vnd.oasis.opendocument."
_REFUSED_MARKS = (
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a rar archive"),
    (b"GIF8", "a GIF image"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\x00", "a program"),
    (b"OggS", "an audio or video file"),
    (b"ID3", "an audio file"),
)
_ODF_MANIFEST = "META-INF/manifest.xml"
_ODF_MANIFEST_BYTES = 1_048_576
# Names in an OLE directory (UTF-16) tell its format. The order matters: a mail has the streams of its attachments, and
# a Word file may have those of a workbook.
_OLE_ENCRYPTED = ("EncryptedPackage", "EncryptionInfo")
_OLE_STREAMS = (
    *((stream, each.media_type) for each in FORMATS if each.attaches_files for stream in each.ole_streams),
    ("PowerPoint Document", "a legacy PowerPoint file"),
    ("WordDocument", "a legacy Word file"),
    *((stream, each.media_type) for each in FORMATS if not each.attaches_files for stream in each.ole_streams),
)
_ADVICE = {
    **dict.fromkeys((".doc", ".dot", ".wpd", ".wps", ".lwp"), "Save it as .docx."),
    **dict.fromkeys((".ppt", ".pps"), "Save it as .pptx."),
    **dict.fromkeys((".xlsb", ".wk1", ".123"), "Save it as .xlsx."),
    ".pages": "Export it as .docx or .pdf.",
    ".key": "Export it as .pptx or .pdf.",
    ".numbers": "Export it as .xlsx.",
    **dict.fromkeys((".vsd", ".vsdx", ".pub", ".xps", ".djvu", ".one", ".chm", ".dwg", ".ps"), "Export it as .pdf."),
    **dict.fromkeys((".mobi", ".azw", ".azw3"), "Convert it to .epub."),
    **dict.fromkeys(
        (".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst"),
        "Unpack it, and upload the files or a .zip.",
    ),
    **dict.fromkeys((".gif", ".heic", ".svg", ".avif"), "Convert the picture to .png."),
    **dict.fromkeys((".pst", ".ost"), "Export the mailbox as .mbox, or its mails as .eml."),
    **dict.fromkeys(
        (".mp3", ".wav", ".m4a", ".ogg", ".flac", ".mp4", ".mov", ".avi", ".mkv", ".webm"),
        "Upload its subtitles (.vtt, .srt) or a transcript.",
    ),
    **dict.fromkeys((".mdb", ".accdb", ".db", ".sqlite", ".parquet", ".dbf"), "Export its tables as .csv."),
}
_WORDS = {
    "wordprocessingml": "a Word document",
    "presentationml": "a PowerPoint presentation",
    "spreadsheetml": "an Excel workbook",
    "ms-excel": "an Excel workbook of the old kind (.xls)",
    "ms-outlook": "an Outlook message",
    "opendocument.text": "an OpenDocument text",
    "opendocument.presentation": "an OpenDocument presentation",
    "opendocument.graphics": "an OpenDocument drawing",
    "opendocument.spreadsheet": "an OpenDocument spreadsheet",
    "application/pdf": "a PDF",
    "application/zip": "a ZIP archive",
    "epub": "an EPUB book",
    "image/": "a picture",
    "message/rfc822": "a mail",
    "text/plain": "plain text",
    "text/html": "a web page",
}
"""What people call media types with these parts."""
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\r\f\x1b")
_UNSAFE = re.compile(r'[<>:"|?*\\/]')
_SPACES = re.compile(r"\s+")
_SEPARATORS = re.compile(r"[\\/]")
_DRIVE = re.compile(r"[A-Za-z]:")
_NAMELESS = "document"


def safe_name(name: str) -> str:
    """Returns a client's file name as it may be shown and stored: one line, no folders, no invisible marks.

    It has at most 200 characters and keeps its extension; ``document`` if nothing is left. Idempotent.
    """
    return _shortened(_cleaned(_SEPARATORS.split(name)[-1])) or _NAMELESS


def has_name(name: str) -> bool:
    """Returns whether a client's file name has characters that ``safe_name`` keeps."""
    return bool(_cleaned(_SEPARATORS.split(name)[-1]))


def safe_path(name: str) -> str:
    """Returns a name that may hold folders, such as ``guides/setup.md``, each part cleaned as by ``safe_name``.

    It has no ``..`` and no drive, and at most 200 characters: a longer one loses its first folders, then the end of
    the name before its extension. Idempotent.
    """
    *parts, last = _SEPARATORS.split(name)
    folders = [_cleaned(part) for part in parts if not _DRIVE.fullmatch(part)]
    kept = [*filter(None, folders), _shortened(_cleaned(last)) or _NAMELESS]
    while len("/".join(kept)) > _MAX_NAME_CHARACTERS:
        del kept[0]
    return "/".join(kept)


def _cleaned(part: str) -> str:
    visible = "".join(character for character in part if unicodedata.category(character)[0] != "C" or character == "\t")
    return _SPACES.sub(" ", _UNSAFE.sub("_", unicodedata.normalize("NFC", visible))).strip(" .")


def _shortened(plain: str) -> str:
    if len(plain) <= _MAX_NAME_CHARACTERS:
        return plain
    suffix = PurePosixPath(plain).suffix[:20].rstrip(" .")
    return plain[: _MAX_NAME_CHARACTERS - len(suffix)].rstrip(" .") + suffix


def identify(path: Path, name: str) -> str:
    """Returns the media type of the file at ``path``, which the user called ``name``.

    A binary format is told by its content, a text format by its name. A name without extension is accepted if the
    content is clear: a binary format, or text.

    Raises:
        EmptyDocumentError: the file has no bytes.
        UnsupportedTypeError: no reader exists for this kind of file.
        TypeMismatchError: content and name disagree.
        EncryptedDocumentError: a password protects an office file or archive. PDF and mail may show it only later.
        CorruptDocumentError: a zip-based file whose directory is damaged, or has paths out of the archive.
        ParserLimitError: a zip-based file whose directory declares too large a size.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise EmptyDocumentError(name)
    extension = extension_of(name)
    expected = MEDIA_TYPES.get(extension)
    if expected is None and extension in _ADVICE:
        raise UnsupportedTypeError(name, _ADVICE[extension])
    found = _binary_type(path, name, head)
    if found is not None:
        return _agreed_binary(name, expected, found)
    return _agreed_text(name, extension, expected, head)


def _binary_type(path: Path, name: str, head: bytes) -> str | None:
    """Returns a media type, or a description of an unsupported type; None for text and for unknown bytes."""
    if head.startswith(_OLE):
        return _ole_type(path, name)
    if head.startswith((_ZIP, b"PK\x05\x06")):
        return _zip_type(path, name)
    for each in FORMATS:
        if each.magic is not None and each.magic.match(head):
            return each.media_type
    return next((words for mark, words in _REFUSED_MARKS if head.startswith(mark)), None)


def _zip_type(path: Path, name: str) -> str:
    with open_checked(path, name) as archive:
        names = frozenset(archive.namelist())
        if "mimetype" in names:
            with archive.open("mimetype") as file:
                declared = file.read(100).decode("ascii", "replace").strip()
            if declared.startswith(_ODF) and _is_encrypted_odf(archive):
                raise EncryptedDocumentError(name)
            found = BY_MEDIA_TYPE.get(declared)
            is_read = found is not None and found.container is Container.ZIP and not found.zip_folder
            return declared if is_read else f"a zip container ({declared})"
    if "[Content_Types].xml" in names:
        for each in FORMATS:
            if each.zip_folder and any(member.startswith(each.zip_folder) for member in names):
                return each.media_type
    return _ARCHIVE


def _is_encrypted_odf(archive: zipfile.ZipFile) -> bool:
    """Returns whether its manifest lists an encrypted file (ODF 1.3 part 2, 4.8)."""
    if _ODF_MANIFEST not in archive.namelist():
        return False
    with archive.open(_ODF_MANIFEST) as file:
        return b"encryption-data" in file.read(_ODF_MANIFEST_BYTES)


def _ole_type(path: Path, name: str) -> str:
    data = _ole_names(path)
    if any(stream.encode("utf-16-le") in data for stream in _OLE_ENCRYPTED):
        raise EncryptedDocumentError(name)
    found = (kind for stream, kind in _OLE_STREAMS if stream.encode("utf-16-le") in data)
    return next(found, "an unknown OLE container")


def _ole_names(path: Path) -> bytes:
    """Returns the bytes that hold an OLE container's names: its directory, and both ends of the file.

    The header gives the sector size as a power of two at byte 30 and the directory's first sector at 48 (MS-CFB 2.2).
    """
    with path.open("rb") as file:
        data = file.read(_OLE_READ_BYTES)
        if len(data) >= _HEAD_BYTES:
            (power,) = struct.unpack_from("<H", data, 30)
            (sector,) = struct.unpack_from("<I", data, 48)
            for offset in ((sector + 1) << min(power, 12), max(0, path.stat().st_size - _OLE_READ_BYTES)):
                file.seek(offset)
                data += file.read(_OLE_READ_BYTES)
    return data


def _container_of(media_type: str | None) -> Container | None:
    found = BY_MEDIA_TYPE.get(media_type or "")
    return found.container if found is not None else None


def _agreed_binary(name: str, expected: str | None, found: str) -> str:
    if found == expected or (expected is None and found in BY_MEDIA_TYPE and not PurePosixPath(name).suffix):
        return found
    if _container_of(expected) is Container.IMAGE and _container_of(found) is Container.IMAGE:
        return found  # other programs open a JPEG called .png, too
    if expected is None:
        raise UnsupportedTypeError(name)
    raise TypeMismatchError(name, expected=_in_words(expected), found=_in_words(found))


def _in_words(kind: str) -> str:
    """Returns what people call a media type; other words stay."""
    known = next((words for part, words in _WORDS.items() if part in kind), "")
    found = BY_MEDIA_TYPE.get(kind)
    return known or (f"a {found.extensions[0]} file" if found is not None else kind)


def _agreed_text(name: str, extension: str, expected: str | None, head: bytes) -> str:
    if expected is None and extension:
        raise UnsupportedTypeError(name)
    if not _looks_like_text(head):
        if expected is None:
            raise UnsupportedTypeError(name)
        raise TypeMismatchError(name, expected=_in_words(expected), found="unknown binary data")
    if expected is None:
        return _MAIL if _is_mail(head) else _TEXT
    if _container_of(expected) is not Container.TEXT:
        if extension == ".xls" and (kind := _sheet_in_text(head)):
            return kind
        raise TypeMismatchError(name, expected=_in_words(expected), found="plain text")
    return expected


def _sheet_in_text(head: bytes) -> str:
    """Returns the media type of a table in text, which web applications call ``.xls``; empty if it is none."""
    text = head.replace(b"\0", b"").lower()
    if found := _SHEET_MARKUP.search(text):
        return "text/html" if found[1] in {b"html", b"table"} else "application/xml"
    line = next(filter(bytes.strip, text.splitlines()), b"")
    if b"\t" in line:
        return "text/tab-separated-values"
    return "text/csv" if b";" in line or b"," in line else ""


def _is_mail(head: bytes) -> bool:
    """Returns whether text begins with the headers of a message, as files of mail folders without extension do."""
    lines = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0].splitlines()[:_HEADER_LINES]
    headers = [line for line in lines[1 if lines[:1] and lines[0].startswith(b"From ") else 0 :] if line[:1].strip()]
    names = {line.partition(b":")[0].lower() for line in headers}
    return all(map(_HEADER.match, headers)) and not names.isdisjoint(_MAIL_HEADERS)


def _looks_like_text(head: bytes) -> bool:
    """Returns whether bytes look like text: few control bytes, and NULs only as in UTF-16 or UTF-32."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    nulls = head.count(0)
    if nulls:
        even, odd = head[::2].count(0), head[1::2].count(0)
        return nulls * 4 >= len(head) and min(even, odd) * 8 <= max(even, odd)
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls * 50 <= len(head)
