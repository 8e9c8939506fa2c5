"""Starts the real commands as processes of their own."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from bot.settings import child_environment
from tests.conftest import ROOT


def environment(**settings: object) -> dict[str, str]:
    """The environment of a child, with these settings: `data` is `AKAR_DATA`."""
    usual = {"prompts": ROOT / "prompts", "language": "en", "knowledge": ROOT / "knowledge"}
    names = {f"AKAR_{name.upper()}": str(value) for name, value in (usual | settings).items()}
    return child_environment(NO_COLOR="1", COLUMNS="200", **names)


def akar(
    *arguments: str, cwd: Path, stdin: str | None = None, **settings: Any
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end; it never shows a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=cwd,
        env=environment(**settings) | {"PYTHONPATH": str(ROOT)},
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done
