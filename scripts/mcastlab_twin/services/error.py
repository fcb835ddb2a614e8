"""What a daemon refused."""

from __future__ import annotations


class DaemonError(Exception):
    """A daemon refused a command, did not start or went away; the text holds what it said."""
