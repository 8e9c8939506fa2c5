"""Chroma comes without gRPC, which is there for whoever wants it afterwards."""

import subprocess
import sys

SCRIPT = """
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


def test_chroma_is_imported_without_what_sends_its_traces_away() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["False", "OTLPSpanExporter", "True"]
