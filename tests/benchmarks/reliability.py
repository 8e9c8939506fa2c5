"""How often what was said with a confidence is right, as a picture."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

BANDS = 10
_SIZE, _EDGE = 320, 48  # Of the square, and what is around it, in pixels.

_PICTURE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {whole}" \
font-family="sans-serif" font-size="11">
<rect width="{whole}" height="{whole}" fill="white"/>
<path d="M{edge},{edge} V{end} H{end}" fill="none" stroke="#555"/>
<path d="M{edge},{end} L{end},{edge}" stroke="#bbb" stroke-dasharray="4 4"/>
{marks}
<polyline points="{line}" fill="none" stroke="#0b6e4f" stroke-width="2"/>
{dots}
<text x="{middle}" y="{below}" text-anchor="middle">{x}</text>
<text transform="translate(12,{middle}) rotate(-90)" text-anchor="middle">{y}</text>
</svg>
"""


class Band(NamedTuple):
    """The best cards whose confidence is near one value."""

    confidence: float
    right: float
    questions: int


def bands(confidences: Sequence[float], is_right: Sequence[bool]) -> list[Band]:
    """Return the mean confidence and the share of right ones, in tenths of the confidence."""
    found: list[list[tuple[float, bool]]] = [[] for _ in range(BANDS)]
    for confidence, right in zip(confidences, is_right, strict=True):
        found[min(int(confidence * BANDS), BANDS - 1)].append((confidence, right))
    return [
        Band(
            sum(confidence for confidence, _ in band) / len(band),
            sum(right for _, right in band) / len(band),
            len(band),
        )
        for band in found
        if band
    ]


def draw(found: Sequence[Band], path: Path) -> None:
    """Write the curve as SVG: on the broken line a confidence is what it says."""
    whole, end = _SIZE + 2 * _EDGE, _SIZE + _EDGE
    points = [(_EDGE + band.confidence * _SIZE, end - band.right * _SIZE) for band in found]
    dots = "\n".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#0b6e4f"/>'
        f'<text x="{x + 6:.1f}" y="{y + 14:.1f}">{band.questions}</text>'
        for (x, y), band in zip(points, found, strict=True)
    )
    path.write_text(
        _PICTURE.format(
            whole=whole,
            edge=_EDGE,
            end=end,
            middle=whole / 2,
            below=whole - 8,
            x="confidence of the best card",
            y="share that is right (number: questions)",
            line=" ".join(f"{x:.1f},{y:.1f}" for x, y in points),
            dots=dots,
            marks="\n".join(_marks(end)),
        ),
        encoding="utf-8",
    )


def _marks(end: int) -> Iterator[str]:
    for tenth in range(0, 11, 2):
        at = tenth / 10 * _SIZE
        yield f'<text x="{_EDGE + at:.0f}" y="{end + 16}" text-anchor="middle">{tenth / 10}</text>'
        yield f'<text x="{_EDGE - 8}" y="{end - at + 4:.0f}" text-anchor="end">{tenth / 10}</text>'
