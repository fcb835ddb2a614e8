"""One router in a transaction: each step talks to it and leaves what it learnt; no step of it knows other routers."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from mcastlab.ios.refusals import gist, refusal_in
from mcastlab.ios.secrets import masked_answer, masked_message
from mcastlab.ios.show.archive import (
    CONFIRM,
    REVERT,
    RUNNING,
    SAVE,
    TIMER,
    archived_file,
    backup_in,
    pending_in,
    rolled_back,
    saved,
)
from mcastlab.ios.show.multicast import rp_mappings
from mcastlab.routers.activation import activated
from mcastlab.routers.change import ConfigChange, change
from mcastlab.routers.encrypted_keys import received, recognised
from mcastlab.routers.health import COMMANDS, RP_MAPPING, Health, ask, health_of, lost, read_health
from mcastlab.routers.line_answers import raise_asked, raise_refused
from mcastlab.routers.ownership import Ledger, has_archive, with_replaced
from mcastlab.routers.router import Pace, Router, digest, running_configuration
from mcastlab_base.errors import LabError, RefusedError
from mcastlab_base.secret import MASK
from mcastlab_base.waiting import attempts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mcastlab.ios.configuration import Tree
    from mcastlab.ios.show.multicast import RpMapping
    from mcastlab.ports import RouterSession

END: Final = "end"
ARCHIVE: Final = ("archive", " path bootflash:mcastlab", " maximum 10")


@dataclass(slots=True)
class RouterRun:
    """A router during one run."""

    router: Router
    lab: str
    ledger: Ledger
    pace: Pace = field(default_factory=Pace)
    running: Tree = ()
    rp_mappings: tuple[RpMapping, ...] = ()
    before: Health = field(default_factory=Health)
    change: ConfigChange = field(default_factory=lambda: ConfigChange(router=""))
    pending: str | None = None
    backup: str = ""
    new: str = ""
    ledger_after: Ledger = field(default_factory=Ledger)
    _session: RouterSession | None = None

    @property
    def session(self) -> RouterSession:
        """The session in use; a new one where there is none.

        Raises:
            RefusedError: the router cannot be reached.
        """
        if self._session is None:
            self._session = self.router.connect()
        return self._session

    @property
    def old(self) -> str:
        """The digest of the configuration that the router had when it was looked at."""
        return digest(self.running)

    def close(self) -> None:
        """End the session, however it is."""
        session, self._session = self._session, None
        if session is not None:
            with suppress(LabError, OSError, EOFError):
                session.close()

    def read(self) -> Tree:
        """Return the running configuration.

        Raises:
            RefusedError: the router does not show all of it.
        """
        return running_configuration(self.router.name, *ask(self.session, RUNNING))

    def look(self) -> None:
        """Read the running configuration, what is pending and what is up, and work out what is to change."""
        running, timer, *health = ask(self.session, RUNNING, TIMER, *COMMANDS)
        found = running_configuration(self.router.name, running)
        self.router = replace(self.router, wanted=activated(self.router.wanted, found))
        self.running = recognised(found, self.router.wanted, self.ledger.keys)
        self.pending = pending_in(timer)
        self.rp_mappings = rp_mappings(health[COMMANDS.index(RP_MAPPING)])
        self.before = health_of(*health)
        self.change = change(self.router.name, self.running, self.router.wanted, self.ledger, self.lab)

    def enable_archive(self) -> bool:
        """Set the archive up where it is missing, in a step of its own; say whether it was missing.

        Raises:
            RefusedError: the router refuses a line.
        """
        if has_archive(self.running):
            return False
        answers = self._configure(*ARCHIVE)
        for line, answer in zip(ARCHIVE, answers, strict=True):
            if (refusal := refusal_in(answer, of_line=True)) is not None:
                raise RefusedError(
                    f"{self.router.name} refused {line.strip()!r}, without which it cannot roll back: "
                    f"{masked_message(refusal)}",
                    hint="set up `archive` and its path by hand and run again",
                )
        self.running = recognised(self.read(), self.router.wanted, self.ledger.keys)
        return True

    def _configure(self, *lines: str) -> tuple[str, ...]:
        """Enter lines in configuration mode and leave it; return the answers to the lines.

        Raises:
            RefusedError: the router lets nobody in.
        """
        answer = self.session.enter_configuration()
        if not self.session.in_configuration:
            raise RefusedError(f"{self.router.name} lets nobody configure it now: {gist(answer)}")
        return self.session.configure(*lines, END)[: len(lines)]

    def send(self, progress: Callable[[int, int], None]) -> None:
        """Arm the device's own timer and send the change, section by section, up to the first refused line.

        Raises:
            RefusedError: the timer cannot be armed, or a line is refused; no later section was sent.
        """
        answer = self.session.enter_configuration(self.pace.revert_minutes)
        backup = backup_in(answer)
        if backup is None or not self.session.in_configuration:
            if self.session.in_configuration:
                self.session.leave_configuration()
            raise RefusedError(
                f"{self.router.name}: no change can be armed: {gist(answer)}",
                hint="is there room on bootflash for the archive?",
            )
        self.backup = backup
        count = 0
        for step in self.change.steps:
            # Nothing of this run follows the last section, so that the way out goes with it.
            out = (END,) if step is self.change.steps[-1] else ()
            answers = self.session.configure(*step.texts, *out)[: len(step.lines)]
            for line, said in zip(step.lines, answers, strict=True):
                raise_refused(self.router.name, line, said)
            count += len(step.lines)
            progress(count, self.change.lines)

    def prove_change(self) -> None:
        """Show by a new session that the router took everything, and that what was up is up.

        Raises:
            RefusedError: no new session, a line that was taken is not there, or a tunnel or neighbour is lost.
        """
        self.close()
        text, *health = self.reach(RUNNING, *COMMANDS)
        running, keys = received(
            self.running, running_configuration(self.router.name, text), self.router.wanted, self.ledger.keys
        )
        now = health_of(*health)
        ledger = self.ledger_after if self.router.wanted else self.ledger
        rest = change(self.router.name, running, self.router.wanted, ledger, self.lab)
        if rest.steps:
            line = rest.steps[-1].lines[-1]
            place = f" ({line.origin})" if line.origin else ""
            raise RefusedError(
                f"{self.router.name} took every line, but does not show all: {line.shown!r}{place} is still to do",
                hint="the template's line may not be what this release prints; compare `show running-config`",
            )
        if self.router.wanted:
            self.ledger_after = with_replaced(replace(self.ledger_after, keys=keys), self.change.goal, running)
        self._await_health(now)
        self.new = digest(running)

    def _await_health(self, now: Health) -> None:
        gone: Sequence[str] = ()
        for _ in attempts(self.pace.health_s, every_s=self.pace.poll_s):
            now = read_health(self.session) if gone else now
            if not (gone := lost(self.before, now, self.change.goal, self.running)):
                return
        raise RefusedError(
            f"{self.router.name}: {gone[0]} after the change, and was up before",
            hint="the change is rolled back; see the diff for what touches it",
        )

    def confirm(self) -> None:
        """Confirm the change and save it, in one write: a router takes commands in order.

        A confirm that a router refuses is followed by a save of what nobody confirmed; whoever rolls the change back
        saves again, as does the next run.

        Raises:
            RefusedError: the router does not, or is lost on the way.
        """
        # Of what is taken out the archive goes last, between the two.
        answer, timer, *rest = self.session.show_all(CONFIRM, TIMER, *((SAVE,) if self.router.wanted else ()))
        raise_asked(self.router.name, CONFIRM, answer)
        if pending_in(timer) is not None:
            raise RefusedError(f"{self.router.name}: the change is not confirmed: {gist(answer)}")
        if rest:
            self._is_saved(rest[0])
        else:
            self.drop_archive()
            self.save()

    def drop_archive(self) -> None:
        """Take out the archive's path where we set it up.

        Raises:
            RefusedError: the router refuses a line.
        """
        if not self.ledger.archive:
            return
        answers = self._configure(ARCHIVE[0], *(f" no {line.strip()}" for line in reversed(ARCHIVE[1:])))
        if (refusal := next(filter(None, map(refusal_in, answers)), None)) is not None:
            raise RefusedError(f"{self.router.name} keeps its archive: {masked_message(refusal)}")

    def save(self) -> None:
        """Save the running configuration.

        Raises:
            RefusedError: the router has no room.
        """
        self._is_saved(self.session.show(SAVE))

    def _is_saved(self, answer: str) -> None:
        if not saved(answer):
            raise RefusedError(f"{self.router.name}: the configuration is not saved: {gist(answer)}")

    def reach(self, *commands: str) -> tuple[str, ...]:
        """Have a session that answers, in the time that the pace allows; learn what is pending, and ask `commands`.

        Raises:
            RefusedError: the router cannot be reached.
        """
        failure: LabError
        for _ in attempts(self.pace.reach_s, every_s=self.pace.poll_s):
            try:
                timer, *answers = ask(self.session, TIMER, *commands)
            except LabError as error:
                self.close()
                failure = error
            else:
                self.pending = pending_in(timer)
                return tuple(answers)
        raise failure

    def side(self, old: str, new: str) -> str:
        """Return which side the router is on: ``old``, ``new`` or ``other``; what is pending is in `pending`."""
        now = digest(self.read())
        return {old: "old", new: "new"}.get(now, "other")

    def roll_back(self, backup: str, old: str) -> None:
        """Roll back to the previous configuration, whether or not the change was confirmed.

        Raises:
            RefusedError: the router cannot be reached, or does not roll back.
        """
        # The session may stand in a configuration mode, or hang: a new one is sure.
        self.close()
        self.reach()
        self.revert(backup, old)

    def revert(self, backup: str, old: str) -> None:
        """Roll back, on a session that is sure.

        Raises:
            RefusedError: the router does not roll back, or is lost on the way.
        """
        answer = ""
        if self.pending is not None:
            answer = self.session.show(REVERT)
        elif backup and self.side(old, "") != "old":
            file = backup if MASK not in backup else archived_file(self.session.show("show archive"), backup)
            answer = self.session.show(f"configure replace {file} force")
        if self.side(old, "") != "old":
            detail = "" if not answer or rolled_back(answer) else f": {gist(answer)}"
            raise RefusedError(
                f"{self.router.name} does not run the previous configuration{detail}",
                hint=f"the router's archive has it: configure replace {masked_answer(backup) or 'bootflash:...'} force",
            )
