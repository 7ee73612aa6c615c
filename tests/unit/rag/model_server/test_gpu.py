from __future__ import annotations

import pytest

from rag.errors import ModelServerError
from rag.model_server.gpu import Gpu, check_fit, parse_gpu
from rag.model_server.profiles import read_profiles

LARGE = Gpu(memory_gib=79.6, compute_capability=9.0)


def test_the_first_gpu_is_read() -> None:
    assert parse_gpu("81559, 9.0\n24576, 8.6\n") == Gpu(memory_gib=81559 / 1024, compute_capability=9.0)


@pytest.mark.parametrize("listed", ["", "No devices were found", "[N/A], 8.0"])
def test_an_answer_without_a_gpu_is_none(listed: str) -> None:
    assert parse_gpu(listed) is None


@pytest.mark.parametrize(("name", "gpu"), [("gpu-fp8", LARGE), ("cpu-int8", None), ("cpu-int8", LARGE)])
def test_a_profile_that_fits_passes(name: str, gpu: Gpu | None) -> None:
    check_fit(name, read_profiles()[name], gpu)


@pytest.mark.parametrize(
    ("name", "gpu", "message"),
    [
        ("gpu-awq", None, r"needs an NVIDIA GPU.*cpu-int8"),
        ("gpu-awq", Gpu(memory_gib=7.8, compute_capability=8.6), r"needs 11 GiB.*7\.8.*smaller model"),
        ("gpu-fp8", Gpu(memory_gib=39.5, compute_capability=8.0), r"capability 8\.9.*has 8\.0"),
    ],
)
def test_a_profile_that_does_not_fit_says_what_to_do(name: str, gpu: Gpu | None, message: str) -> None:
    with pytest.raises(ModelServerError, match=message):
        check_fit(name, read_profiles()[name], gpu)
