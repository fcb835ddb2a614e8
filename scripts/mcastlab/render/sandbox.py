"""What a template may do: read values and call filters. It cannot reach a key but by the filter that marks it."""

from __future__ import annotations

import sys
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel

from mcastlab_base.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

KEY_MARK: Final = "\x02"
"""Stands before and after each key while it is not known whether the text is to be shown or sent."""


class Revealed:
    """A key within a template: it can be written out, and nothing else can be done with it."""

    __slots__ = ("_secret",)

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def __str__(self) -> str:
        return f"{KEY_MARK}{self._secret.reveal()}{KEY_MARK}"


class Sandbox(ImmutableSandboxedEnvironment):
    """Templates change nothing and open no file, and a key has no attributes there."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Say whether a template may read an attribute."""
        # A path opens files, and so does what pydantic gives every model.
        if isinstance(obj, Secret | Revealed | PurePath) or (isinstance(obj, BaseModel) and hasattr(BaseModel, attr)):
            return False
        return super().is_safe_attribute(obj, attr, value)


def noting(found: list[tuple[Path, int, str]]) -> type[jinja2.Undefined]:
    """Return a kind of value that is not there and lets the template go on, so that the next one is found too.

    Each use of one adds the template's file, the line and what is wrong to `found`.
    """

    class Noted(jinja2.Undefined):
        __slots__ = ()

        def _note(self) -> None:
            frame = _template_frame(sys._getframe())  # noqa: SLF001  (the stack has no other door)
            if frame is not None:
                line = frame.f_globals["__jinja_template__"].get_corresponding_lineno(frame.f_lineno)
                found.append((Path(frame.f_code.co_filename), line, self._undefined_message))

        def __str__(self) -> str:
            self._note()
            return ""

        def __bool__(self) -> bool:
            self._note()
            return False

        def __iter__(self) -> Iterator[Any]:
            self._note()
            return iter(())

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            self._note()
            return self

        def __getitem__(self, _: object) -> Any:
            self._note()
            return self

    return Noted


def _template_frame(frame: FrameType | None) -> FrameType | None:
    while frame is not None and "__jinja_template__" not in frame.f_globals:
        frame = frame.f_back
    return frame
