"""Small knowledge folders that tests write."""

from collections.abc import Mapping
from pathlib import Path

SOURCES = """\
KABAR:
  publisher: Kabar Kota
  title: Membuka kios
  url: https://kabar.example/kios
  date: 2029-08-28
"""

FRONT = """\
---
topic: stalls
sources: [KABAR]
as_of: 2029-08-28
---
"""

STALLS = f"""\
{FRONT}# Stalls

## Papers for a stall {{#papers}}
Ditanyakan: surat apa untuk kios | kios butuh izin apa
Ditanyakan: permit wajib ga

Bring a **permit** and a photograph.

## What a stall costs {{#cost}}
Ditanyakan: berapa sewa kios

Ask at the counter. See [the papers](stalls#papers).
"""


def card(anchor: str, text: str, *asked: str) -> str:
    """One card of a file."""
    lines = "\n".join(f"Ditanyakan: {form}" for form in asked or (f"tanya {anchor}",))
    return f"## Card {anchor} {{#{anchor}}}\n{lines}\n\n{text}\n\n"


def write(folder: Path, files: Mapping[str, str | bytes] | None = None) -> Path:
    """Write a folder of two cards and a source, and these files beside or over them."""
    for name, content in {"sources.yaml": SOURCES, "stalls.md": STALLS, **(files or {})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder
