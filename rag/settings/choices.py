"""Settings that are one of a few words."""

from __future__ import annotations

from enum import StrEnum


class IndexBackend(StrEnum):
    EDGE = "edge"
    QDRANT = "qdrant"


class EncoderBackend(StrEnum):
    ONNX = "onnx"
    SENTENCE_TRANSFORMERS = "sentence_transformers"


class RerankerBackend(StrEnum):
    BEST_SENTENCE = "best_sentence"
    NONE = "none"
    ONNX = "onnx"
    SENTENCE_TRANSFORMERS = "sentence_transformers"


class GeneratorBackend(StrEnum):
    AUTO = "auto"
    EXTRACTIVE = "extractive"
    VLLM = "vllm"


class CondenseMethod(StrEnum):
    LEXICAL = "lexical"
    MODEL = "model"


class OnUnsupported(StrEnum):
    MARK = "mark"
    DROP = "drop"
    RETRY = "retry"


class OcrBackend(StrEnum):
    AUTO = "auto"
    TESSERACT = "tesseract"
    RAPIDOCR = "rapidocr"
    NONE = "none"


class TrialMode(StrEnum):
    SPLIT = "split"
    SHADOW = "shadow"


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"
