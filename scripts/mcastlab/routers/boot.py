"""Wait until a router that boots takes a login and shows its prompt.

Sources: Cisco, Deploying Catalyst 8000V on AWS, Day 0 bootstrap (the metadata service gives key pair and user data);
the minutes that a boot takes are those that public Terraform modules wait.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from mcastlab_base.errors import RefusedError, TimedOutError
from mcastlab_base.waiting import CLOCK, WORTH_SHOWING_S, attempts, duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcastlab.ports import RouterSession
    from mcastlab_base.waiting import WaitClock

TIMEOUT_S: Final = 900.0
USUALLY: Final = "an IOS-XE router takes 5 to 10 min"
FIRST_POLL_S: Final = 0.2
LONGEST_POLL_S: Final = 10.0
LONGER: Final = 1.5


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


_COMMAND: Final = "show version"
_HINTS: Final = {
    Unready.NO_ANSWER: "the way in may be closed, or the router does not boot: "
    "aws ec2 get-console-output --latest --instance-id {instance}",
    Unready.LOGIN_REFUSED: "day 0 did not run, which brings the key and the first configuration: the image reads both "
    "from the metadata service, and one that does not speak IMDSv2 cannot where tokens are required: aws ec2 "
    "describe-instances --instance-ids {instance} --query 'Reservations[].Instances[].MetadataOptions'",
    Unready.NO_PROMPT: "its console tells what it does: aws ec2 get-console-output --latest --instance-id {instance}",
}


def await_prompt(
    router: str,
    instance: str,
    connect: Callable[[], RouterSession],
    *,
    progress: Callable[[str], None],
    timeout_s: float = TIMEOUT_S,
    clock: WaitClock = CLOCK,
) -> None:
    """Wait until a router answers SSH, takes the login, and answers a command at its prompt.

    Args:
        router: its name in reports.
        instance: its instance id.
        connect: logs in.
        progress: receives what is awaited, for how long, how long it usually takes, and what is seen.
        timeout_s: seconds in all.
        clock: what passes the time.

    Raises:
        RefusedError: at once, where waiting changes nothing: another host key than the pinned one, no privilege.
        TimedOutError: the time is over; the text says how far a login came.
    """
    seen, detail = Unready.NO_ANSWER, ""
    looks = attempts(timeout_s, every_s=FIRST_POLL_S, longest_s=LONGEST_POLL_S, factor=LONGER, clock=clock)
    for waited_s in looks:
        so_far = f"{duration(waited_s)}; " if waited_s >= WORTH_SHOWING_S else ""
        progress(f"waiting for SSH on {instance} ({so_far}{USUALLY}){detail and f': {seen}'}")
        try:
            _enter(connect)
        except UnreadyError as error:
            seen, detail = error.seen, error.text
        except TimedOutError as error:
            seen, detail = Unready.NO_PROMPT, error.text
        else:
            return
    again = "the same command goes on with waiting"
    raise TimedOutError(
        f"{router}: waited {duration(timeout_s)} for SSH, login and prompt on {instance}; {seen}\n{detail}",
        hint=f"{_HINTS[seen].format(instance=instance)}; {again}",
    )


def _enter(connect: Callable[[], RouterSession]) -> None:
    session = connect()
    try:
        session.show(_COMMAND)
    finally:
        session.close()
