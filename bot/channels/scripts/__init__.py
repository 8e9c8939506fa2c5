"""Plays conversation scripts against the real bot on the simulator."""
