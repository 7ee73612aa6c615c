"""Tells which files of a folder a filter means, by what is known of them before they are uploaded."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from api.commands.shared.client import JsonObject
from api.commands.shared.files import NamedFile
from api.commands.shared.uploads import description_of
from ingest.intake.formats import MEDIA_TYPES, extension_of
from rag.errors import ConfigurationError, WrongFieldError
from rag.fields.matching import matches, unknown_of_files
from rag.fields.values import NOTHING_SAID, Description

_MARKDOWN = "text/markdown"


def meant_by(narrowed: JsonObject, files: Sequence[NamedFile]) -> list[NamedFile]:
    """Returns the files that the filter means, by their names, types, sidecar files, and front matter of Markdown.

    A file whose sidecar file is wrong counts as meant, so that the fault is told.

    Raises:
        ConfigurationError: the filter is wrong, or asks for what only the service knows.
    """
    from api.schemas.filters import Filter

    try:
        chosen = Filter.model_validate(narrowed).to_value()
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(each) for each in first["loc"])
        raise ConfigurationError(f"--filter: {place}: {first['msg']}.") from error
    except WrongFieldError as error:
        raise ConfigurationError(f"--filter: {error}") from error
    if unknown := unknown_of_files(chosen):
        raise ConfigurationError(
            f"--filter: a file has no {' or '.join(unknown)} before it is a document. Narrow a sync by name, types, "
            "tags and fields."
        )
    found = []
    for file in files:
        media_type = MEDIA_TYPES.get(extension_of(file.name), "")
        try:
            said = _said_of(file, media_type)
        except WrongFieldError:
            found.append(file)
            continue
        if matches(chosen, name=file.name, media_type=media_type, said=said):
            found.append(file)
    return found


def _said_of(file: NamedFile, media_type: str) -> Description:
    """Returns what the sidecar file says, and below it what the file says of itself."""
    given = description_of(file) or NOTHING_SAID
    if media_type != _MARKDOWN:
        return given
    from ingest.parsing.properties import file_description

    own = file_description(file.path, file.name, media_type)
    fields = {field.name: field for field in (*own.fields, *given.fields)}
    return Description(tags=(*own.tags, *given.tags), fields=tuple(fields.values()))
