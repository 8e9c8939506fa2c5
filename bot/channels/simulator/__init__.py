"""A stand-in for Telegram's Bot API, with a chat page."""

TOKEN = "1000000001:AKAR-simulator-token"  # noqa: S105 - it opens nothing but the simulator
