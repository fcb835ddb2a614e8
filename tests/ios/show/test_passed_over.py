"""What no reader needs changes no value: lines, notes and columns that a release may add."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import pytest
from ios.show.test_parsers import READERS, sample
from twin.iosxe.remote_site import show

from mcastlab.ios.show.tables import UnreadableError

if TYPE_CHECKING:
    from series import Sampled

LINES = (
    "  Some later counter: 17 of 20",
    "Note: a feature of a later release is on",
    "      Detail of it: Vlan9, 00:00:11/never, 192.0.2.99",
    "* what an asterisk stands for",
    "! a remark",
)
IN_GATE: Final = 80
"""So many places of a command's answers, over all lines and notes."""
TAILS = ("   17", ", a note", " (a note)")
OF_FILES = {
    "show archive": ("archive",),
    "show crypto ikev2 sa": ("crypto_ikev2_sa",),
    "show ip igmp groups": ("ip_igmp_groups",),
    "show ip igmp interface": ("ip_igmp_interface",),
    "show ip mroute": ("ip_mroute",),
    "show ip mroute count": ("ip_mroute_count",),
    "show ip pim neighbor": ("ip_pim_neighbor",),
    "show ip pim rp mapping": ("ip_pim_rp_mapping",),
    "show ip pim tunnel": ("ip_pim_tunnel",),
    "show ip route 10.0.0.9": ("ip_route_to_bgp", "ip_route_to_static"),
    "show ip rpf 10.0.0.9": ("ip_rpf_connected", "ip_rpf_mroute"),
}


def answers(command: str) -> list[str]:
    return [show(command), *(sample(name) for name in OF_FILES.get(command, ()))]


@pytest.mark.parametrize("command", READERS)
def test_a_line_that_is_not_needed_changes_no_value(command: str, sampled: Sampled) -> None:
    right = {answer: READERS[command](answer) for answer in answers(command)}
    places = [(answer, place) for answer in right for place in range(1, len(answer.splitlines()) + 1)]
    for unknown, (answer, place) in sampled([*product(LINES, places)], gate=IN_GATE):
        lines = answer.splitlines(keepends=True)
        text = "".join([*lines[:place], f"{unknown}\n", *lines[place:]])
        assert READERS[command](text) == right[answer], text


def value_or_unreadable(command: str, text: str) -> Any:
    try:
        return READERS[command](text)
    except UnreadableError:
        return UnreadableError


@pytest.mark.parametrize("command", READERS)
def test_what_stands_behind_a_line_changes_no_other_value(command: str, sampled: Sampled) -> None:
    """A note may become part of the text of the line that it stands on, and of nothing else."""
    right = {answer: READERS[command](answer) for answer in answers(command)}
    places = [(answer, place) for answer in right for place, line in enumerate(answer.splitlines()) if line.strip()]
    for tail, (answer, place) in sampled([*product(TAILS, places)], gate=IN_GATE):
        lines = answer.splitlines()
        lines[place] += tail
        found = value_or_unreadable(command, "\n".join(lines))
        if found not in (right[answer], UnreadableError):
            assert tail.strip(" ,()") in repr(found), (lines[place], found, right[answer])


OF_INTERFACES = {"show interfaces", "show ip igmp interface"}
"""They begin alike, and an interface may have neither counters nor IGMP."""


@cache
def shown() -> dict[str, str]:
    return {command: show(command) for command in READERS}


@pytest.mark.parametrize("command", READERS)
def test_the_answer_to_another_command_is_not_read_as_nothing(command: str) -> None:
    for other, answer in shown().items():
        if other != command and not {command, other} <= OF_INTERFACES:
            assert value_or_unreadable(command, answer) != (), other


def test_readings_at_the_same_time_and_after_one_that_failed_have_nothing_of_each_other() -> None:
    command = "show ip pim rp mapping"
    blocks = [f"Group(s) 239.{number}.0.0/16\n  RP 192.0.2.{number} (?), v2\n" for number in range(1, 9)]
    texts = [f"PIM Group-to-RP Mappings\n{''.join(blocks[: number + 1])}" for number in range(len(blocks))]
    right = [READERS[command](text) for text in texts]
    assert [len(found) for found in right] == list(range(1, 9))
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(READERS[command], texts * 10)) == right * 10
    assert value_or_unreadable(command, texts[-1].replace("RP 192.0.2.8", "RP 192.0.2.888")) is UnreadableError
    assert READERS[command](texts[0]) == right[0]
