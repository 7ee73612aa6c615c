from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from rag.errors import ModelServerError
from rag.model_server.environment import VLLM_VERSION
from rag.model_server.profiles import (
    Hardware,
    Quantization,
    ServerProfile,
    choose_profile,
    read_profiles,
    server_arguments,
)

ROOT = Path(__file__).parents[4]
PLAIN = ServerProfile(
    about="", hardware=Hardware.GPU, model="a/b", licence="MIT", quantization=Quantization.NONE, context_tokens=4096
)


def arguments(profile: ServerProfile, folder: Path | None = None) -> list[str]:
    return list(server_arguments(profile, host="127.0.0.1", port=8001, folder=folder))


def test_a_plain_profile_becomes_the_arguments_every_server_needs() -> None:
    expected = (
        "--model a/b --served-model-name a/b --host 127.0.0.1 --port 8001 --dtype auto --max-model-len 4096 "
        "--enable-prefix-caching"
    )
    assert arguments(PLAIN) == expected.split()


def test_every_field_reaches_the_server() -> None:
    profile = PLAIN.model_copy(
        update={
            "revision": "abc",
            "memory_share": 0.8,
            "prefix_caching": False,
            "ngram_tokens": 3,
            "lora_adapters": {"legal": "/adapters/legal", "hr": "/adapters/hr"},
            "lora_rank": 32,
            "eager": True,
            "kv_cache_gib": 0.5,
        }
    )
    told = arguments(profile)
    assert told[told.index("--revision") + 1] == "abc"
    assert told[told.index("--gpu-memory-utilization") + 1] == "0.8"
    assert told[told.index("--kv-cache-memory-bytes") + 1] == "536870912"
    assert told[told.index("--max-lora-rank") + 1] == "32"
    where = told.index("--lora-modules")
    assert told[where + 1 : where + 3] == ["legal=/adapters/legal", "hr=/adapters/hr"]
    assert '"num_speculative_tokens": 3' in told[told.index("--speculative-config") + 1]
    assert {"--no-enable-prefix-caching", "--enable-lora", "--enforce-eager"} <= set(told)


def test_a_prepared_model_is_named_by_its_form_and_read_from_its_folder() -> None:
    profile = read_profiles()["cpu-int8"]
    told = arguments(profile, Path("/cache/model"))
    assert told[:4] == ["--model", "/cache/model", "--served-model-name", "SmolLM2-135M-Instruct-int8"]
    assert read_profiles()["cpu-bf16"].served_name == "SmolLM2-135M-Instruct-bf16"


def test_a_profile_fits_the_machine_unless_it_is_named() -> None:
    profiles = read_profiles()
    assert choose_profile(None, profiles, has_gpu=True)[0] == "gpu-awq"
    assert choose_profile(None, profiles, has_gpu=False)[0] == "cpu-int8"
    assert choose_profile("gpu-fp8", profiles, has_gpu=False)[1].quantization is Quantization.FP8
    with pytest.raises(ModelServerError, match=r"no profile 'huge'.*cpu-bf16"):
        choose_profile("huge", profiles, has_gpu=True)


def test_profiles_cover_the_usual_quantizations_with_licence_and_revision() -> None:
    profiles = read_profiles().values()
    assert {profile.quantization for profile in profiles} == set(Quantization)
    assert all(profile.licence and profile.about for profile in profiles)
    assert all(profile.revision and profile.gpu_memory_gib for profile in profiles if profile.hardware is Hardware.GPU)


def test_own_profiles_are_added_to_ours(tmp_path: Path) -> None:
    own = tmp_path / "mine.toml"
    own.write_text(
        '[mine]\nabout = "ours"\nhardware = "gpu"\nmodel = "/models/ours"\nlicence = "own"\n'
        'quantization = "none"\ncontext_tokens = 2048\nlora_adapters = {legal = "/adapters/legal"}\n'
    )
    profiles = read_profiles(own)
    assert profiles["mine"].lora_adapters == {"legal": "/adapters/legal"}
    assert "cpu-int8" in profiles


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[mine", "cannot be read"),
        ('[mine]\nmodell = "x"\n', r"mine\.modell"),
    ],
)
def test_a_wrong_profile_file_is_explained(content: str, message: str, tmp_path: Path) -> None:
    own = tmp_path / "mine.toml"
    own.write_text(content)
    with pytest.raises(ModelServerError, match=message):
        read_profiles(own)


def test_compose_starts_the_default_gpu_profile_in_the_pinned_version() -> None:
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]["vllm"]
    profile = read_profiles()["gpu-awq"]
    assert service["command"] == list(server_arguments(profile, host="0.0.0.0", port=8000))  # noqa: S104 - in a container
    assert service["image"] == f"vllm/vllm-openai:v{VLLM_VERSION}"
