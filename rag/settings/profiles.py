"""Reads ``profiles.toml``: sets of models that go together, by name."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from rag.errors import ConfigurationError

_FILE = Path(__file__).parent / "profiles.toml"
_ABOUT = "about"


def profile_encoders() -> frozenset[str]:
    """Returns the encoders that the profiles name."""
    profiles = tomllib.loads(_FILE.read_text("utf-8")).values()
    return frozenset(profile["encoder"]["model"] for profile in profiles if "model" in profile.get("encoder", {}))


def read_profile(name: str) -> dict[str, Any]:
    """Returns the settings that a profile changes, by section.

    Raises:
        ConfigurationError: there is no such profile.
    """
    profiles = tomllib.loads(_FILE.read_text("utf-8"))
    if name not in profiles:
        raise ConfigurationError(f"{name} is no profile. CITEWELL_PROFILE may be {', '.join(profiles)}.")
    return {section: values for section, values in profiles[name].items() if section != _ABOUT}
