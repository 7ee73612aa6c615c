from __future__ import annotations

import pytest

from rag.model_server.diagnosis import explain


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("ValueError: Free memory on device cuda:0 (3.1/23.6 GiB) on startup is less than desired", "memory_share"),
        ("ValueError: No available memory for the cache blocks. Try increasing", "context_tokens"),
        ("4.1 GiB KV cache is needed, which is larger than the available KV cache memory (2.0 GiB)", "context_tokens"),
        ("ValueError: Available memory on node 0 (0.3/23 GiB) on kv cache allocation is less", "kv_cache_gib"),
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", "quantized"),
        ("OSError: [Errno 98] Address already in use", "--port"),
        ("OSError: We couldn't connect to the hub to load this file", "HF_HUB_OFFLINE"),
        ("ModuleNotFoundError: No module named 'vllm'", "Delete the server's environment"),
    ],
)
def test_what_the_server_says_becomes_a_reason_and_a_remedy(line: str, remedy: str) -> None:
    reason, told = explain(f"INFO starting\n(EngineCore) ERROR {line}\nRuntimeError: Engine core failed\n")
    assert reason in f"(EngineCore) ERROR {line}"
    assert remedy in told


def test_an_unknown_failure_is_its_last_error() -> None:
    assert explain("ValueError: first\nKeyError: 'last'\nbye\n")[0] == "KeyError: 'last'"
    assert explain("bye\n")[0] == "it did not say why"
