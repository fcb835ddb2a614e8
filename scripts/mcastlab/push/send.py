"""Send a rendered configuration, line by line, and stop at the first line that the router refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcastlab.errors import RefusedError
from mcastlab.push.refusal import refusal_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcastlab.ports import RouterSession
    from mcastlab.render.routers import Rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What was sent to a router and taken by it."""

    router: str
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line to send, and the same line as it may be shown; `number` counts the rendered text's lines from 1."""

    number: int
    text: str
    shown: str


def lines_of(rendered: Rendered) -> tuple[Line, ...]:
    """Return the lines of a rendered configuration that say something.

    Comment lines stay out, but for those that end a sub-section: IOS leaves no mode at them, and the indentation of
    the next line is what tells where it belongs.
    """
    texts = rendered.text.reveal().splitlines()
    shown = rendered.shown.splitlines()
    return tuple(
        Line(number=number, text=text, shown=show)
        for number, (text, show) in enumerate(zip(texts, shown, strict=True), start=1)
        if text.strip() not in {"", "!"}
    )


def send(session: RouterSession, rendered: Rendered, *, progress: Callable[[int, int], None]) -> Sent:
    """Send a configuration and save it.

    Args:
        session: on the router.
        rendered: its configuration.
        progress: called with the lines sent so far and the lines in all.

    Raises:
        RefusedError: the router refused a line: nothing after it was sent, and what was sent before is not saved.
    """
    lines = lines_of(rendered)
    session.enter_configuration()
    try:
        for count, line in enumerate(lines, start=1):
            refusal = refusal_in(session.configure(line.text))
            if refusal is not None:
                raise RefusedError(
                    f"{rendered.router} refused line {line.number} of {rendered.template}: "
                    f"{line.shown.strip()!r}: {refusal}",
                    hint=f"{count - 1} of {len(lines)} lines were taken and are not saved; mend it and run again",
                )
            progress(count, len(lines))
    finally:
        session.leave_configuration()
    session.save()
    return Sent(router=rendered.router, lines=len(lines))
