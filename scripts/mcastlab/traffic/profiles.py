"""Plans of what devices do: page, confer, come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.traffic.plan import Membership
from mcastlab.traffic.schedule import SILENCE_MS, matrix, plan_of, stop_ms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.traffic.plan import Plan
    from mcastlab.traffic.setting import Setting

TALK_MS: Final = 1200
"""How long a turn of a conference goes on past the time that its path takes."""
STAY_MS: Final = 800
"""How long a member of the churn stays past the time that its path takes."""
AWAY_MS: Final = 700
CYCLES: Final = 3
KINDS: Final = 3
LEAVES_EARLY: Final = 2
"""Members of a conference are of so many kinds by turns; those of this kind leave before the end."""
SPREAD_MS: Final = 370
"""By how much each node comes later than the one before."""


def profile(setting: Setting) -> Plan:
    """Return the plan of the profile that is asked for.

    `paging`: one speaks, many listen. `conference`: speakers of all sides take turns, members dial in and out.
    `churn`: one of each side speaks all the time, members come and go.
    """
    return {"matrix": matrix, "paging": matrix, "conference": _conference, "churn": _churn}[setting.options.profile](
        setting
    )


def _conference(setting: Setting) -> Plan:
    first = SILENCE_MS + setting.guard_ms
    turn = setting.settle_ms + TALK_MS + setting.guard_ms
    turns = max((len(each.senders) for each in setting.roles), default=0)
    last = first + turns * turn
    stop = stop_ms(setting, last)
    flows = (
        setting.flow(group, sender, start_ms=first + place * turn, stop_ms=first + (place + 1) * turn)
        for group, of_group in enumerate(setting.roles)
        for place, sender in enumerate(of_group.senders)
    )

    def memberships() -> Iterator[Membership]:
        for group, of_group in enumerate(setting.roles):
            for receiver in of_group.receivers:
                # One is there from begin to end, the next dials in during the first turn, the third leaves in the last.
                part = turn // 2 if len(of_group.senders) > 1 else 0
                join = first - setting.guard_ms + (part if receiver % KINDS == 1 else 0)
                leave = first + len(of_group.senders) * turn - (part if receiver % KINDS == LEAVES_EARLY else 0)
                yield Membership(node=receiver, group=group, join_ms=join, leave_ms=leave)

    return plan_of(setting, flows, memberships(), stop)


def _churn(setting: Setting) -> Plan:
    first, stay = SILENCE_MS + setting.guard_ms, setting.settle_ms + STAY_MS + setting.guard_ms
    cycle = stay + AWAY_MS
    last = first + cycle * CYCLES + SPREAD_MS * len(setting.nodes) % cycle
    stop = stop_ms(setting, last)
    flows = (
        setting.flow(group, sender, start_ms=0, stop_ms=stop)
        for group, of_group in enumerate(setting.roles)
        for sender in of_group.senders
    )

    def memberships() -> Iterator[Membership]:
        for group, of_group in enumerate(setting.roles):
            for receiver in of_group.receivers:
                for place in range(CYCLES):
                    join = first + SPREAD_MS * receiver % cycle + place * cycle
                    yield Membership(node=receiver, group=group, join_ms=join, leave_ms=join + stay)

    return plan_of(setting, flows, memberships(), stop)
