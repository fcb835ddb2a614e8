"""What a router answers to a line of a change: nothing, a refusal, or a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.ios.questions import asked_in, is_harmless, shown_question
from mcastlab.ios.refusals import refusal_in
from mcastlab.ios.secrets import masked_message
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from mcastlab.ios.configuration import ConfigLine


def raise_refused(router: str, line: ConfigLine, answer: str) -> None:
    """Refuse an answer in which the router does not take the line.

    Raises:
        RefusedError: it refuses the line, or asks what is not answered.
    """
    if (question := asked_in(answer)) is not None and not is_harmless(answer):
        said = shown_question(question, sent=line.text)
        raise RefusedError(
            f"{router} asks {said!r} after {_place(line)}: {line.shown!r}, which is not answered for you",
            hint="enter that line by hand, or leave it out of the template; nothing of the change stays",
        )
    if (refusal := refusal_in(answer, of_line=True)) is not None:
        said = masked_message(refusal, sent=line.text)
        raise RefusedError(
            f"{router} refused {_place(line)}: {line.shown!r}: {said}",
            hint="correct the template or what the router runs, and run again; nothing of the change stays",
        )


def raise_asked(router: str, command: str, answer: str) -> None:
    """Refuse an answer in which the router asks something that what was sent next was taken as the reply to.

    Raises:
        RefusedError: it asks.
    """
    if (question := asked_in(answer)) is not None:
        raise RefusedError(
            f"{router} asks {shown_question(question)!r} after {command!r}, which is not answered for you",
            hint="enter that command by hand; what it asks about has to be settled first",
        )


def _place(line: ConfigLine) -> str:
    return f"line {line.number} ({line.origin})" if line.number else "the line"
