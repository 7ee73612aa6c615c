"""Converts SmolLM2's GGUF file for vLLM: ``python smollm2_weights.py FILE.gguf FOLDER bf16|int8``.

Runs in the model server's environment, which has torch and transformers, and imports nothing from Citewell.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

_WEIGHTS = "model.safetensors"
_LARGEST = 127
_EIGHT_BITS = {"num_bits": 8, "type": "int", "symmetric": True}
# Weights have one scale per row, set here; activations one per token, set by the server.
_W8A8 = {
    "quant_method": "compressed-tensors",
    "format": "int-quantized",
    "quantization_status": "compressed",
    "ignore": ["lm_head"],
    "config_groups": {
        "group_0": {
            "targets": ["Linear"],
            "weights": {**_EIGHT_BITS, "strategy": "channel", "dynamic": False},
            "input_activations": {**_EIGHT_BITS, "strategy": "token", "dynamic": True},
        }
    },
}


def convert(source: Path, folder: Path, form: str) -> None:
    """Writes model and tokenizer to ``folder``; ``form`` is ``bf16`` or ``int8``."""
    model = AutoModelForCausalLM.from_pretrained(
        str(source.parent), gguf_file=source.name, quantization_config=GgufConfig(dequantize=True), dtype=torch.bfloat16
    )
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(str(source.parent), gguf_file=source.name).save_pretrained(folder)
    if form == "int8":
        _quantize(folder)


def _quantize(folder: Path) -> None:
    tensors = load_file(folder / _WEIGHTS)
    quantized = {}
    for name, tensor in tensors.items():
        if name.endswith("_proj.weight"):
            scale = tensor.float().abs().amax(dim=1, keepdim=True).clamp(min=1e-8) / _LARGEST
            quantized[name] = (tensor.float() / scale).round().clamp(-_LARGEST, _LARGEST).to(torch.int8)
            quantized[f"{name}_scale"] = scale
        else:
            quantized[name] = tensor
    save_file(quantized, folder / _WEIGHTS, metadata={"format": "pt"})
    config = folder / "config.json"
    described = json.loads(config.read_text("utf-8")) | {"quantization_config": _W8A8}
    config.write_text(json.dumps(described, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
