"""Small charts as inline SVG. Pure; markupsafe escapes all text, the page's style sheet sets colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

_WIDTH, _LABEL, _WIDE_LABEL, _VALUE = 500, 150, 200, 78
_ROW = 26
_HEIGHT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar with the ends of its interval or range; ``words`` are shown behind it."""

    label: str
    value: float
    words: str
    low: float | None = None
    high: float | None = None


def bars(title: str, rows: Sequence[Bar], *, top: float) -> Markup:
    """Returns horizontal bars from 0 to ``top``, with a whisker if a row has an interval."""
    room = _WIDTH - _LABEL - _VALUE
    parts = []
    for number, row in enumerate(rows):
        y = number * _ROW
        width = room * min(1.0, max(0.0, row.value / top)) if top else 0.0
        parts.append(
            Markup(
                '<text x="{}" y="{}" class="label">{}</text>'
                '<rect x="{}" y="{}" width="{:.1f}" height="16" rx="2" class="bar"/>'
            ).format(_LABEL - 10, y + 17, row.label, _LABEL, y + 5, width)
        )
        if row.low is not None and row.high is not None and top:
            left, right = (_LABEL + room * min(1.0, max(0.0, end / top)) for end in (row.low, row.high))
            parts.append(
                Markup('<path d="M{:.1f} {} H{:.1f} M{:.1f} {} v6 M{:.1f} {} v6" class="whisker"/>').format(
                    left, y + 13, right, left, y + 10, right, y + 10
                )
            )
        parts.append(Markup('<text x="{}" y="{}" class="value">{}</text>').format(_WIDTH - 2, y + 17, row.words))
    return _svg(title, parts, height=max(1, len(rows)) * _ROW + 4)


def forest(title: str, rows: Sequence[tuple[Bar, str]]) -> Markup:
    """Returns differences with their intervals around 0; rows are the difference and its style."""
    reach = max([abs(end) for row, _ in rows for end in (row.low or 0.0, row.high or 0.0)] + [0.01])
    room = _WIDTH - _WIDE_LABEL - _VALUE - 30

    def x(value: float) -> float:
        return _WIDE_LABEL + 20 + room * (value + reach) / (2 * reach)

    parts = [Markup('<path d="M{:.1f} 0 V{}" class="axis"/>').format(x(0), len(rows) * _ROW)]
    for number, (row, style) in enumerate(rows):
        y, (low, high) = number * _ROW + 13, (x(row.low or 0.0), x(row.high or 0.0))
        parts.append(
            Markup(
                '<text x="{}" y="{}" class="label">{}</text><path d="M{:.1f} {} H{:.1f}" class="whisker {}"/>'
                '<circle cx="{:.1f}" cy="{}" r="4" class="dot {}"/><text x="{}" y="{}" class="value">{}</text>'
            ).format(
                *(_WIDE_LABEL - 10, y + 4, row.label, low, y, high, style),
                *(x(row.value), y, style, _WIDTH - 2, y + 4, row.words),
            )
        )
    return _svg(title, parts, height=max(1, len(rows)) * _ROW + 4)


def curve(title: str, points: Sequence[tuple[float, float]], *, across: str, up: str) -> Markup:
    """Returns a line through points in [0, 1] x [0, 1], left to right."""
    left, bottom, width, height = 46, _HEIGHT - 34, _WIDTH - 70, _HEIGHT - 50
    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y, x = bottom - share * height, left + share * width
        parts.append(
            Markup(
                '<path d="M{} {:.1f} H{}" class="grid"/><text x="{}" y="{:.1f}" class="tick end">{:.0%}</text>'
                '<text x="{:.1f}" y="{}" class="tick middle">{:.0%}</text>'
            ).format(left, y, left + width, left - 6, y + 4, share, x, bottom + 16, share)
        )
    line = " ".join(f"{left + x * width:.1f},{bottom - y * height:.1f}" for x, y in points)
    parts.append(Markup('<polyline points="{}" class="line"/>').format(line))
    parts.append(Markup('<text x="{}" y="{}" class="tick end">{}</text>').format(left + width, bottom + 30, across))
    parts.append(Markup('<text x="{}" y="12" class="tick">{}</text>').format(left, up))
    return _svg(title, parts, height=_HEIGHT)


def _svg(title: str, parts: Sequence[Markup], *, height: int) -> Markup:
    opening = Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">').format(_WIDTH, height, title)
    return opening + Markup("").join(parts) + Markup("</svg>")
