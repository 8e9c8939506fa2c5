"""Leaves out of Chroma what it never uses here."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_EXPORTER = "opentelemetry.exporter.otlp.proto.grpc.trace_exporter"


@contextmanager
def without_exporter() -> Iterator[None]:
    """Let Chroma be imported without what sends its traces away, which brings gRPC along.

    Its telemetry is off, and a bot takes 13 MB less. Whoever wants the exporter gets it afterwards.
    """
    if _EXPORTER in sys.modules:
        yield
        return
    stand_in = ModuleType(_EXPORTER)
    stand_in.OTLPSpanExporter = object  # type: ignore[attr-defined]  # What Chroma imports of it.
    sys.modules[_EXPORTER] = stand_in
    try:
        yield
    finally:
        del sys.modules[_EXPORTER]
