"""The Bot API as Telegram serves it."""
