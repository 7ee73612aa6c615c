"""A tiny cross-encoder with random weights."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

_VOCABULARY = "[PAD] [UNK] [CLS] [SEP] [MASK] pump leave valve water the of in a is . ? 1 2 3 4 5 6 7 8 9".split()


def save_cross_encoder(folder: Path, *, labels: int = 1) -> Path:
    """Writes the model to ``folder``, always with the same weights."""
    vocabulary = folder / "vocab.txt"
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary.write_text("\n".join(_VOCABULARY) + "\n", encoding="utf-8")
    torch.manual_seed(11)
    config = BertConfig(
        vocab_size=len(_VOCABULARY),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=1.0,
    )
    config.num_labels = labels
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizer(str(vocabulary), model_max_length=64).save_pretrained(folder)
    return folder
