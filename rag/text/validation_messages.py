"""Words pydantic's validation errors plainly, without the value, which may be a secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LIST = "must be a list"
_NUMBER = "must be a number"
_OBJECT = "must be a JSON object"
_WHOLE_NUMBER = "must be a whole number"
_YES_OR_NO = "must be true or false"
_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not known; check its spelling",
    "value_error": "is not of the right kind",
    "json_invalid": "is not valid JSON",
    "string_type": "must be text",
    "string_too_short": "must have {min_length} or more characters",
    "string_too_long": "must have {max_length} characters at most",
    "int_type": _WHOLE_NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_from_float": _WHOLE_NUMBER,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "bool_type": _YES_OR_NO,
    "bool_parsing": _YES_OR_NO,
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} at most",
    "enum": "must be {expected}",
    "literal_error": "must be {expected}",
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "too_short": "must have {min_length} or more entries",
    "too_long": "must have {max_length} entries at most",
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "form_empty": "is empty; leave it out for the default one",
    "unknown_parameter": "is not known; the parameters there are: {known}",
    "repeated_parameter": "must be given once",
    "broken_text": "holds NUL, half of a surrogate pair, or bytes that are not UTF-8; send whole characters",
    "form_cut": "ends before the form does; send it again",
    "form_nameless": "has no name; give it a filename, or send the field 'name'",
    "form_not_file": "is not of the right kind; send a file, with a filename",
    "form_repeated": "comes more than once; send one request for each file",
    "part_encoded": "has a part with a Content-Transfer-Encoding; send its bytes as they are",
    "part_name": "has a part whose Content-Disposition cannot be read; name field and file once, in UTF-8",
    "endpoint_names": "has two endpoints of one name",
    "endpoint_currencies": "has a budget of money, and prices in several currencies; let all be in one",
}


def words_for(fault: Mapping[str, Any], *, forms: Mapping[str, str] | None = None) -> str:
    """Returns the predicate of a sentence whose subject is the value at fault, such as ``must be 100 at most``.

    Args:
        fault: an entry of ``ValidationError.errors()``.
        forms: a predicate for each pattern that a text may fail to match.
    """
    context: Mapping[str, Any] = fault.get("ctx", {})
    kind = fault["type"]
    if kind == "string_pattern_mismatch":
        return (forms or {}).get(context["pattern"], "does not have the form that it must have")
    if kind in _WORDS:
        return _WORDS[kind].format_map({name: _shown(value) for name, value in context.items()})
    return "is not valid"


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,g}"  # pydantic gives whole limits as floats, too
    return f"{value:,}" if isinstance(value, int) else str(value)
