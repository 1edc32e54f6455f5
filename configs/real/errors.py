"""The error that qkv.py reports in one line."""


class BadInput(Exception):
    """What the user gave cannot be used; the message says why."""
