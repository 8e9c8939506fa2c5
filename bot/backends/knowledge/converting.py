"""Turns a document into Markdown, in a process of its own: what is in it may be anything.

`python -m bot.backends.knowledge.converting docx < document`; a document that cannot be read ends
the process.
"""

import io
import resource
import sys
from typing import Any

_MEMORY = 2 * 1024**3  # Bytes that one conversion may take.
_SECONDS = 60  # Of a processor.
_NEEDED = {"docx": "mammoth", "pdf": "pdfminer", "xlsx": "pandas"}
_STYLES = "p[style-name='Title'] => h1:fresh\np.Title => h1:fresh"  # A document's own title.


def main(kind: str) -> None:
    """Read a document on standard input, and write its text as Markdown."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    for unneeded in _NEEDED.keys() - {kind}:
        sys.modules[_NEEDED[unneeded]] = None  # type: ignore[assignment] # Each takes long to load.
    content = sys.stdin.buffer.read()
    sys.addaudithook(_refuse_network)
    sys.stdout.buffer.write(converted(content, kind).encode())


def converted(content: bytes, kind: str) -> str:
    """Return the text of a document as Markdown."""
    from markitdown import DocumentConverter, StreamInfo, converters

    by_kind: dict[str, type[DocumentConverter]] = {
        "docx": converters.DocxConverter,
        "html": converters.HtmlConverter,
        "pdf": converters.PdfConverter,
        "txt": converters.PlainTextConverter,
        "xlsx": converters.XlsxConverter,
    }
    options = {"style_map": _STYLES} if kind == "docx" else {}
    # By its kind, not by what it looks like: no archive is unpacked, no address asked.
    info = StreamInfo(extension=f".{kind}", charset=_charset(content))
    return by_kind[kind]().convert(io.BytesIO(content), info, **options).markdown


def _charset(content: bytes) -> str | None:
    """Return how a text is written, or None where it must be guessed."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return "utf-8-sig"


def _refuse_network(event: str, _arguments: tuple[Any, ...]) -> None:
    """Let nothing that a document names be fetched."""
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        raise PermissionError(event)


if __name__ == "__main__":
    main(sys.argv[1])
