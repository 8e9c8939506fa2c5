"""Keeps foreign web pages away from the control interface."""

from urllib.parse import urlsplit

from starlette.requests import Request

from bot.channels.simulator.control.acts import ImpossibleError

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def check_origin(request: Request, *, listen_host: str) -> None:
    """Refuse what a browser sends on behalf of another page, or under another name."""
    host = request.headers.get("host", "")
    name = urlsplit(f"//{host}").hostname or ""
    if name not in _LOOPBACK and name != listen_host:
        raise ImpossibleError(403, f"{name or 'no host'} is not the simulator's address")
    origin = request.headers.get("origin")
    if origin is not None and origin != f"http://{host}":
        raise ImpossibleError(403, "the request comes from another page")


def check_type(request: Request, wanted: str) -> None:
    """Refuse a body of another type: a foreign page can send plain forms, but not JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != wanted:
        raise ImpossibleError(415, f"the body must be {wanted}")
