"""What a router does that still boots, as an error: by itself it may pass, and waiting may help."""

from __future__ import annotations

from enum import StrEnum

from mcastlab_base.errors import RefusedError


class Unready(StrEnum):
    """How far a login came."""

    NO_ANSWER = "no SSH server answers"
    LOGIN_REFUSED = "SSH answers and refuses the key"
    NO_PROMPT = "the login succeeds and no prompt follows"


class UnreadyError(RefusedError):
    """A router that cannot be used as it is, and perhaps only because it has not booted."""

    def __init__(self, text: str, seen: Unready, *, hint: str = "") -> None:
        super().__init__(text, hint=hint)
        self.seen = seen
