"""Leaves out of Chroma and LangChain what is never used here."""

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_EXPORTER = "opentelemetry.exporter.otlp.proto.grpc.trace_exporter"
_TRACED = "langsmith.types"


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


@contextmanager
def without_traced_types() -> Iterator[None]:
    """Let LangChain be imported without the 150 modules of types that its tracing service knows.

    Nothing is traced, and a bot takes 5 MB less and starts sooner. Those that are asked for by name
    are found; whoever wants all gets them afterwards.
    """
    package = importlib.util.find_spec(_TRACED.partition(".")[0])
    if _TRACED in sys.modules or package is None or not package.submodule_search_locations:
        yield
        return
    empty = ModuleType(_TRACED)
    empty.__path__ = [f"{place}/types" for place in package.submodule_search_locations]
    sys.modules[_TRACED] = empty
    try:
        yield
    finally:
        del sys.modules[_TRACED]
