"""Akar answers small businesses on Telegram from a program's own dated sources."""
