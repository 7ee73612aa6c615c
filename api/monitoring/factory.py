"""Builds tracing where the settings ask for it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rag.errors import ConfigurationError
from rag.guard.personal.masking import Policy
from rag.settings import Settings

if TYPE_CHECKING:
    from api.monitoring.tracing import Tracing

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


def build_tracing(settings: Settings) -> Tracing | None:
    """Returns the tracing observer, None where no endpoint is configured.

    Raises:
        ConfigurationError: OpenTelemetry is not installed.
    """
    chosen = settings.tracing
    if not (chosen.endpoint or any(os.environ.get(name) for name in _ENDPOINTS)):
        return None
    try:
        from api.monitoring.tracing import Tracing
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "CITEWELL_TRACING__ENDPOINT, or OTEL_EXPORTER_OTLP_ENDPOINT, asks for traces, which need OpenTelemetry. "
            "Install it: pip install 'citewell[tracing]'."
        ) from error
    return Tracing.to_collector(
        chosen.endpoint, content=chosen.content, personal_data=Policy.of(settings.personal_data.traces)
    )
