"""Decides what to say: no framework, no files, no network."""
