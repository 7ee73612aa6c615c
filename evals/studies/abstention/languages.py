"""The languages of questions and passages that abstention is measured on."""

from __future__ import annotations

from enum import StrEnum


class Languages(StrEnum):
    """English over English passages, Chinese over Chinese, or English over Chinese."""

    SAME = "same"
    CJK = "cjk"
    OTHER = "other"
