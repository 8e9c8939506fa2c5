"""How Telegram says no."""

from bot.channels.simulator.state.database import Json


class RefusalError(Exception):
    """A call that Telegram does not carry out, in Telegram's words."""

    def __init__(self, status: int, description: str, *, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.retry_after = retry_after

    def answer(self) -> Json:
        """The body of the response."""
        body = {"ok": False, "error_code": self.status, "description": self.description}
        if self.retry_after is None:
            return body
        return body | {"parameters": {"retry_after": self.retry_after}}


def bad_request(what: str) -> RefusalError:
    """The commonest no."""
    return RefusalError(400, f"Bad Request: {what}")


def too_many_requests(retry_after: int) -> RefusalError:
    """A no for now."""
    return RefusalError(
        429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after
    )


def cannot_parse(what: str) -> RefusalError:
    """A no to formatting."""
    return bad_request(f"can't parse entities: {what}")
