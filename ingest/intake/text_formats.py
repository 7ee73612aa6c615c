"""The formats that are text, told by the end of their names."""

from __future__ import annotations

_CODE = "ingest.parsing.texts.source_code:read_code"
_CONFIGURATION = "ingest.parsing.texts.configuration"
_PANDOC = "ingest.parsing.texts.pandoc"
_JSON = "ingest.parsing.formats.structured_data:read_json"

CODE_FORMATS = (
    ("text/x-python", ".py .pyi .pyw", "hash"),
    ("text/javascript", ".js .mjs .cjs .jsx", "slashes"),
    ("text/x-typescript", ".ts .tsx .mts .cts", "slashes"),
    ("text/x-java", ".java", "slashes"),
    ("text/x-go", ".go", "slashes"),
    ("text/x-rust", ".rs", "slashes"),
    ("text/x-c", ".c .h .ino", "slashes"),
    ("text/x-c++", ".cpp .cc .cxx .hpp .hh .cu", "slashes"),
    ("text/x-csharp", ".cs", "slashes"),
    ("text/x-objective-c", ".mm", "slashes"),
    ("text/x-ruby", ".rb", "hash"),
    ("application/x-php", ".php", "php"),
    ("application/x-sh", ".sh .bash .zsh .fish .ksh", "hash"),
    ("application/sql", ".sql .ddl", "dashes"),
    ("text/x-kotlin", ".kt .kts", "slashes"),
    ("text/x-swift", ".swift", "slashes"),
    ("text/x-scala", ".scala", "slashes"),
    ("text/x-r", ".r", "hash"),
    ("text/x-perl", ".pl .pm", "hash"),
    ("text/x-lua", ".lua", "dashes"),
    ("text/x-haskell", ".hs .elm", "dashes"),
    ("text/x-ada", ".adb .ads .vhd .vhdl", "dashes"),
    ("text/x-dart", ".dart", "slashes"),
    ("text/x-elixir", ".ex .exs", "hash"),
    ("text/x-julia", ".jl .nim .awk .tcl", "hash"),
    ("text/x-lisp", ".lisp .cl .el .clj .cljs .scm .asm .s", "semicolon"),
    ("text/x-erlang", ".erl .m", "percent"),
    ("text/x-fortran", ".f90 .f95 .f03", "exclamation"),
    ("text/x-powershell", ".ps1 .psm1", "hash"),
    ("application/x-bat", ".bat .cmd", "batch"),
    ("text/x-visual-basic", ".vb .vbs .bas", "basic"),
    ("text/css", ".css .scss .less", "slashes"),
    ("text/x-vue", ".vue .svelte", "slashes"),
    ("application/graphql", ".graphql .gql", "hash"),
    ("text/x-protobuf", ".proto .thrift .sol .zig", "slashes"),
    ("text/x-terraform", ".tf .tfvars .hcl .nix", "hash"),
    ("text/x-gradle", ".gradle .groovy", "slashes"),
    ("text/x-makefile", ".mk .mak .cmake .dockerfile", "hash"),
    ("text/x-diff", ".diff .patch", "none"),
    ("application/x-bibtex", ".bib .ris", "none"),
    ("text/x-gettext-translation", ".po .pot", "none"),
)
"""Source code: media type, ends of names, and the kind of its comments (``ingest/parsing/texts/source_code.py``)."""

TEXT_FORMATS = (
    ("text/x-log", ".log .out .err .trace", "ingest.parsing.texts.logs:read_log"),
    ("application/jsonl", ".jsonl .ndjson .json5 .jsonc .geojson .webmanifest", _JSON),
    ("application/yaml", ".yaml .yml", f"{_CONFIGURATION}:read_yaml"),
    ("application/toml", ".toml", f"{_CONFIGURATION}:read_toml"),
    (
        "text/x-ini",
        ".ini .cfg .conf .cnf .properties .env .editorconfig .service .reg .desktop .strings",
        f"{_CONFIGURATION}:read_ini",
    ),
    ("application/x-ipynb+json", ".ipynb", "ingest.parsing.texts.notebooks:read_notebook"),
    ("application/x-subrip", ".srt .sbv", "ingest.parsing.texts.subtitles:read_subtitles"),
    ("text/vtt", ".vtt", "ingest.parsing.texts.subtitles:read_subtitles"),
    ("text/calendar", ".ics .ical", "ingest.parsing.texts.calendars:read_calendar"),
    ("text/vcard", ".vcf", "ingest.parsing.texts.calendars:read_calendar"),
    ("application/x-tex", ".tex .ltx .latex", f"{_PANDOC}:read_latex"),
    ("text/asciidoc", ".adoc .asciidoc", f"{_PANDOC}:read_asciidoc"),
    ("text/org", ".org", f"{_PANDOC}:read_org"),
    ("text/x-mediawiki", ".mediawiki .wiki", f"{_PANDOC}:read_mediawiki"),
    ("text/x-dokuwiki", ".dokuwiki", f"{_PANDOC}:read_dokuwiki"),
    ("text/x-textile", ".textile", f"{_PANDOC}:read_textile"),
    ("text/x-typst", ".typ", f"{_PANDOC}:read_typst"),
    ("application/docbook+xml", ".dbk .docbook", f"{_PANDOC}:read_docbook"),
    ("text/x-opml", ".opml", f"{_PANDOC}:read_opml"),
    ("application/x-fictionbook+xml", ".fb2", f"{_PANDOC}:read_fb2"),
    *((media_type, extensions, _CODE) for media_type, extensions, _ in CODE_FORMATS),
)
"""Media type, ends of names, reader."""

EXTENSIONS_OF_NAMES = {
    "dockerfile": ".dockerfile",
    "containerfile": ".dockerfile",
    "makefile": ".mk",
    "gnumakefile": ".mk",
    "cmakelists.txt": ".cmake",
    "jenkinsfile": ".groovy",
    "gemfile": ".rb",
    "rakefile": ".rb",
    "vagrantfile": ".rb",
    "env": ".env",
    "editorconfig": ".editorconfig",
    "gitignore": ".sh",
    "dockerignore": ".sh",
}
"""Names of files without an extension, or with one that says something else, and the extension that tells them.

Names are kept without a dot at their beginning.
"""
