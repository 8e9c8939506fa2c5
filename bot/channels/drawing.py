"""Draws the pictures that the bot sends: what somebody has learned, and counts in bars."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

    _Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_SIZE = (1080, 1080)
_GREEN, _LEAF, _INK, _PAPER, _SOFT = "#0f766e", "#14b8a6", "#16211f", "#f6faf8", "#5d6b68"
_MARGIN = 96
_LEAST = 24  # Points, below which nobody reads on a phone.
_ROW = 64
_LABEL = 460  # Pixels for what a bar stands for.


def drawn(picture: Mapping[str, Any]) -> bytes:
    """Return a picture as PNG: a certificate, or a chart."""
    image = _DRAW[picture["kind"]](picture)
    content = BytesIO()
    image.save(content, "PNG", optimize=True)
    return content.getvalue()


def _certificate(said: Mapping[str, str]) -> "Image.Image":
    from PIL import Image, ImageDraw  # It takes its time.

    image = Image.new("RGB", _SIZE, _PAPER)
    draw = ImageDraw.Draw(image)
    width, height = _SIZE
    draw.rounded_rectangle((32, 32, width - 32, height - 32), 48, outline=_GREEN, width=10)
    _sprout(draw, width // 2, 270)
    _line(draw, said["heading"], 370, 44, _SOFT)
    _line(draw, _drawable(said["name"]), 450, 92, _INK)
    draw.line((_MARGIN * 3, 575, width - _MARGIN * 3, 575), fill=_LEAF, width=6)
    _line(draw, _drawable(said["lesson"]), 620, 64, _GREEN)
    _line(draw, said["result"], 725, 46, _INK)
    _line(draw, said["date"], 800, 42, _SOFT)
    _line(draw, _drawable(said["program"]), 920, 46, _GREEN)
    return image


def _chart(said: Mapping[str, Any]) -> "Image.Image":
    from PIL import Image, ImageDraw

    bars: Sequence[tuple[str, int]] = said["bars"]
    height = 3 * _MARGIN // 2 + _ROW * max(len(bars), 1) + _MARGIN // 2
    image = Image.new("RGB", (_SIZE[0], height), _PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((_MARGIN // 2, _MARGIN // 2), said["title"], fill=_GREEN, font=_font(40))
    most = max([count for _, count in bars] or [1]) or 1
    room = _SIZE[0] - _LABEL - 2 * _MARGIN
    for place, (label, count) in enumerate(bars):
        top = 3 * _MARGIN // 2 + place * _ROW
        shown = _fitting(draw, _drawable(label), 28, _LABEL - _MARGIN)
        draw.text((_MARGIN // 2, top + 8), shown, fill=_INK, font=_font(28))
        end = _LABEL + room * count / most
        draw.rounded_rectangle((_LABEL, top + 8, max(end, _LABEL + 6), top + 44), 6, fill=_LEAF)
        draw.text((max(end, _LABEL) + 16, top + 8), str(count), fill=_INK, font=_font(28))
    return image


def _sprout(draw: "ImageDraw.ImageDraw", x: int, y: int) -> None:
    """Draw a sprout that stands here."""
    draw.line((x, y, x, y - 110), fill=_GREEN, width=14)
    draw.pieslice((x - 130, y - 170, x + 10, y - 50), 0, 180, fill=_LEAF)
    draw.pieslice((x - 10, y - 190, x + 130, y - 70), 0, 180, fill=_GREEN)


def _line(draw: "ImageDraw.ImageDraw", text: str, top: int, points: int, colour: str) -> None:
    """Write one line in the middle, smaller where it would not fit."""
    room = _SIZE[0] - 2 * _MARGIN
    while points > _LEAST and draw.textlength(text, font=_font(points)) > room:
        points -= 2
    text = _fitting(draw, text, points, room)
    draw.text((_SIZE[0] / 2, top), text, fill=colour, font=_font(points), anchor="ma")


def _fitting(draw: "ImageDraw.ImageDraw", text: str, points: int, room: int) -> str:
    """Return as much of a text as there is room for."""
    shown = text
    while shown and draw.textlength(shown, font=_font(points)) > room:
        text = text[:-1]
        shown = f"{text.rstrip()}…"
    return shown


def _font(points: int) -> "_Font":
    from PIL import ImageFont

    return ImageFont.load_default(points)


def _drawable(text: str) -> str:
    """Return the letters that the font has, which is none but Latin ones."""
    return " ".join("".join(letter for letter in text if ord(letter) < _LATIN).split())


_LATIN = 0x180  # The first letter beyond Latin Extended-A.
_DRAW = {"certificate": _certificate, "chart": _chart}
