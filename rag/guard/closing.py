"""Has the guard fail closed: a fault in it refuses, and is logged."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from rag.errors import CitewellError, GuardFailedError

_LOG = logging.getLogger(__name__)
_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


def closed(method: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
    """Has a method of the guard raise ``GuardFailedError`` for every fault of its own, which is logged."""

    @functools.wraps(method)
    def guarded(*args: _Given.args, **kwargs: _Given.kwargs) -> _Result:
        try:
            return method(*args, **kwargs)
        except CitewellError:
            raise
        except Exception as error:
            _LOG.exception("the guard failed in %s; nothing was let through", method.__name__)
            raise GuardFailedError from error

    return guarded
