"""Telegram in and out, through python-telegram-bot; nothing else imports that library."""
