"""Where settings come from beside the environment."""

from __future__ import annotations

from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource

from rag.settings.profiles import read_profile


class ProfileSource(PydanticBaseSettingsSource):
    """The settings of the profile that the sources before this one name."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - the base's
        return self().get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        name = self.current_state.get("profile") or self.settings_cls.model_fields["profile"].default
        return read_profile(str(name))
