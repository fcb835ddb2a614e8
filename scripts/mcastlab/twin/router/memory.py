"""A backend that keeps everything in memory: a router alone, without a network behind it."""

from __future__ import annotations

from mcastlab.twin.router.intent import RouterIntent


class MemoryBackend:
    """Takes every configuration and tells the state that follows from it alone."""

    def __init__(self) -> None:
        self.intent = RouterIntent()
        self.applied = 0

    async def apply(self, intent: RouterIntent) -> None:
        """Keep `intent`."""
        self.intent = intent
        self.applied += 1
