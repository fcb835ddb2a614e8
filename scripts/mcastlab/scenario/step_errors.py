"""What is wrong with the steps of a test, by their places."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class StepError(ValueError):
    """A step that cannot be carried out in this lab.

    Args:
        step: its place.
        field: the field of the step's action that is wrong.
        text: what is wrong with it, and what to write.
    """

    def __init__(self, step: int, field: str, text: str) -> None:
        super().__init__(text)
        self.step, self.field = step, field


class ScriptError(ValueError):
    """All steps of a test that cannot be carried out.

    Args:
        errors: what is wrong with each of them.
    """

    def __init__(self, errors: Sequence[StepError]) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors = tuple(errors)
