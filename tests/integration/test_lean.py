"""Chroma and LangChain come without what is never used, which whoever wants it finds."""

import subprocess
import sys

WITHOUT_EXPORTER = """
import sys
from bot.backends.knowledge.lean import without_exporter
with without_exporter():
    import chromadb, langchain_chroma
print("grpc" in sys.modules)
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
print(OTLPSpanExporter.__name__)
with without_exporter():
    print("grpc" in sys.modules)
"""


WITHOUT_TRACED_TYPES = """
import sys
from bot.backends.knowledge.lean import without_traced_types
with without_traced_types():
    import langchain_chroma
print(sum(name.startswith("langsmith.types.") for name in sys.modules) < 10)
from langsmith.types import Dataset
print(Dataset.__name__)
"""


def test_chroma_is_imported_without_what_sends_its_traces_away() -> None:
    assert printed_by(WITHOUT_EXPORTER) == ["False", "OTLPSpanExporter", "True"]


def test_langchain_is_imported_without_what_its_traces_are_told_in() -> None:
    assert printed_by(WITHOUT_TRACED_TYPES) == ["True", "Dataset"]


def printed_by(script: str) -> list[str]:
    """Run a script in a process of its own, and return the words that it prints."""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return done.stdout.split()
