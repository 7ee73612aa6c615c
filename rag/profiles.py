"""Sets of models that go together, by name; ``profiles.toml`` holds them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from rag.errors import ConfigurationError

_FILE = Path(__file__).parent / "profiles.toml"
_ABOUT = "about"


def read_profile(name: str) -> dict[str, Any]:
    """Returns the settings that a profile changes, by section.

    Raises:
        ConfigurationError: there is no such profile.
    """
    profiles = tomllib.loads(_FILE.read_text("utf-8"))
    if name not in profiles:
        raise ConfigurationError(f"{name} is no profile. CITEWELL_PROFILE may be {', '.join(profiles)}.")
    return {section: values for section, values in profiles[name].items() if section != _ABOUT}
