"""A pytest plugin that hides all packages that only development installs, except those of the tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.metadata import Distribution, packages_distributions
from types import ModuleType
from typing import Any

from packaging.utils import canonicalize_name

from tests.support.requirements import LEFT_OUT, closure, declared

VISIBLE = {
    *closure([*declared(), "pytest", "pytest-asyncio", "pytest-socket", "hypothesis"]),
    *LEFT_OUT,
    "citewell",
    "opencv-python",  # the same module as opencv-python-headless, in older environments
}


class Hiding(MetaPathFinder):
    """Delegates to the previous finders, except for hidden packages."""

    def __init__(self, finders: Sequence[Any]) -> None:
        names = packages_distributions().items()
        self._finders = finders
        self._hidden = {top for top, found in names if not {canonicalize_name(name) for name in found} & VISIBLE}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] in self._hidden:
            return None
        found = (finder.find_spec(fullname, path, target) for finder in self._finders)
        return next((spec for spec in found if spec is not None), None)

    def find_distributions(self, *context: Any) -> Iterator[Distribution]:
        for finder in self._finders:
            if hasattr(finder, "find_distributions"):
                yield from finder.find_distributions(*context)


sys.meta_path[:] = [Hiding(list(sys.meta_path))]
