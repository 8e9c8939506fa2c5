"""Measurements: `uv run python -m tests.benchmarks --help`."""
