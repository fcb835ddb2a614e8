"""The AWS router as a follower uses it: one session that is kept, and one write for many groups."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from mcastlab.follow.reading import MROUTE_COUNTS, MROUTES, read_lines, read_packets, read_router
from mcastlab.ios.refusals import gist, refusal_in
from mcastlab.ios.secrets import masked_message
from mcastlab_base.errors import LabError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from ipaddress import IPv4Address

    from mcastlab.follow.reading import IgmpLine, RouterReading
    from mcastlab.lab.model import GroupBlock
    from mcastlab.ports import RouterSession

LINES_A_WRITE: Final = 250
"""More would overrun what a router's terminal takes ahead."""


class FollowedRouter:
    """The rendezvous point, which is the VPC's door for multicast too."""

    def __init__(
        self, connect: Callable[[], RouterSession], *, name: str, vpc_interface: str, blocks: Sequence[GroupBlock]
    ) -> None:
        self._connect = connect
        self._name = name
        self._interface = vpc_interface
        self._blocks = tuple(blocks)
        self._session: RouterSession | None = None
        self.generation = 0
        """Which session this is: before each new one, the router may have been reloaded."""
        self.failed = False
        """Whether the last attempt at a session failed."""

    @property
    def session(self) -> RouterSession:
        """The session in use; a new one where there is none.

        Raises:
            RefusedError: the router cannot be reached.
        """
        if self._session is None:
            try:
                self._session = self._connect()
            except LabError:
                self.failed = True
                raise
            self.failed = False
            self.generation += 1
        return self._session

    def close(self) -> None:
        """End the session, however it is."""
        session, self._session = self._session, None
        if session is not None:
            with suppress(LabError, OSError, EOFError):
                session.close()

    def may_configure(self) -> None:
        """Enter configuration mode and leave it.

        Raises:
            RefusedError: the router cannot be reached, or does not let this user configure it.
        """
        session = self.session
        answer = session.enter_configuration()
        if not session.in_configuration:
            raise RefusedError(
                f"{self._name} does not let this user configure it: {gist(answer)}",
                hint="give the user privilege level 15 and the right to `configure terminal`",
            )
        session.leave_configuration()

    def read(self, *, with_lines: bool) -> tuple[RouterReading, frozenset[IgmpLine] | None]:
        """Return what the rendezvous point knows of the blocks' groups, and on demand the lines that join them.

        Raises:
            LabError: the router cannot be reached, or does not answer as it should.
        """
        section = (f"show running-config interface {self._interface}",) if with_lines else ()
        table, *rest = self._asked(MROUTES, *section)
        lines = read_lines(rest[0], self._blocks) if rest else None
        return read_router(table, self._blocks, self._interface), lines

    def packets(self) -> Mapping[IPv4Address, int]:
        """Return how many packets of the blocks' groups the router has forwarded.

        Raises:
            LabError: the router cannot be reached, or does not answer as it should.
        """
        return read_packets(self._asked(MROUTE_COUNTS)[0], self._blocks)

    def _asked(self, *commands: str) -> tuple[str, ...]:
        try:
            return self.session.show_all(*commands)
        except BaseException:
            # An answer that comes late could be taken for that to the next question.
            self.close()
            raise

    def change(self, gone: Sequence[IgmpLine], come: Sequence[IgmpLine]) -> dict[IgmpLine, str]:
        """Take lines out of the VPC's interface and put others in; return those that the router refused, and its words.

        Nothing is saved: after a reload, what is wanted then is joined anew.

        Raises:
            LabError: the session was lost; some of the lines may have been taken.
        """
        lines = [*((line, f" no {line.text}") for line in gone), *((line, f" {line.text}") for line in come)]
        refused: dict[IgmpLine, str] = {}
        try:
            for some in _batches(lines):
                head = ("configure terminal", f"interface {self._interface}")
                answers = self.session.configure(*head, *(text for _, text in some), "end")
                closed = next(filter(None, map(refusal_in, answers[: len(head)])), None)
                for (line, text), answer in zip(some, answers[len(head) :], strict=False):
                    refusal = closed or refusal_in(answer)
                    if refusal is not None:
                        refused[line] = f"{self._name} refused {text.strip()!r}: {masked_message(refusal, sent=text)}"
        except BaseException:
            self.close()
            raise
        return refused


def _batches(lines: Sequence[tuple[IgmpLine, str]]) -> Iterator[Sequence[tuple[IgmpLine, str]]]:
    for start in range(0, len(lines), LINES_A_WRITE):
        yield lines[start : start + LINES_A_WRITE]
