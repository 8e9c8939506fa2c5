"""The chat page, which needs nothing but these files."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_HERE = Path(__file__).parent
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_FILES = {path.name: path for path in _HERE.iterdir() if path.suffix in _TYPES}
_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' blob: data:; frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}


async def _file(request: Request) -> Response:
    name = request.path_params.get("name", "index.html")
    path = _FILES.get(name)
    if not path:
        return Response("Not Found", status_code=404)
    return Response(path.read_bytes(), media_type=_TYPES[path.suffix], headers=_HEADERS)


ROUTES = [Route("/", _file), Route("/page/{name}", _file)]
