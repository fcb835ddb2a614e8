"""Which sources a rendezvous point forwards to nobody, by what the kernel says; and the Null-Register for them."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mcastlab_twin.routers.kernel_mroutes import KernelMroute, KernelMroutes, parse
from mcastlab_twin.routers.silent_sources import null_register

GROUP, SOURCE = IPv4Address("239.1.2.1"), IPv4Address("192.168.50.20")
LO, VPC, REGISTER, TUNNEL = 1, 2, 3, 4
# As Linux 6.1 sent them while pimd 8.4 made the trees of a group.
SHARED: Final = bytes.fromhex(
    "8800000018000000000000000000000080202000fd1100050000000008000f00fd000000080002000000000008000100ef010201"
    "080003000100000024000900080000010300000008000001020000000800000101000000080000010400000"
    "01c0011000000000000000000000000000000000000000000000000000c0017000000000000000000"
)
SILENT: Final = bytes.fromhex(
    "6800000018000000000000000000000080202000fd1100050000000008000f00fd00000008000200c0a8321408000100ef010201"
    "0800030004000000040009001c0011000000000000000000000000000000000000000000000000000c0017000000000000000000"
)
FILLED: Final = bytes.fromhex(
    "7000000018000000000000000000000080202000fd1100050000000008000f00fd00000008000200c0a8321408000100ef010201"
    "08000300040000000c00090008000001020000001c0011000000000000000000000000000000000000000000000000000c001700"
    "0000000000000000"
)
GONE: Final = SILENT[:4] + b"\x19" + SILENT[5:]


def route(outgoing: set[int], *, gone: bool = False) -> KernelMroute:
    return KernelMroute(source=SOURCE, group=GROUP, incoming=TUNNEL, outgoing=frozenset(outgoing), gone=gone)


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (SILENT, [route(set())]),
        (FILLED, [route({VPC})]),
        (GONE, [route(set(), gone=True)]),
        (SILENT + FILLED, [route(set()), route({VPC})]),
        (b"", []),
    ],
    ids=["to nobody", "to an interface", "gone", "two at once", "nothing"],
)
def test_a_change_is_read_as_the_kernel_sends_it(message: bytes, found: list[KernelMroute]) -> None:
    assert list(parse(message)) == found


def test_a_shared_tree_is_of_no_source() -> None:
    (found,) = parse(SHARED)
    assert (found.source, found.group, found.incoming) == (IPv4Address(0), GROUP, LO)
    assert found.outgoing == {LO, VPC, REGISTER, TUNNEL}


@given(st.one_of(st.binary(max_size=200), st.integers(0, len(FILLED) - 1).map(lambda place: FILLED[:place])))
@example(SILENT[:-1])
def test_what_is_no_whole_message_is_passed_over(data: bytes) -> None:
    assert list(parse(data)) == []


@pytest.mark.parametrize(
    ("messages", "left_out"),
    [
        ((SHARED, SILENT), True),
        ((SILENT,), True),
        ((SHARED, SILENT, FILLED), False),
        ((SHARED, SILENT, GONE), False),
        ((SHARED, FILLED), False),
    ],
    ids=["others hear the group", "nobody knows", "filled since", "gone since", "never silent"],
)
def test_a_source_is_left_out_while_its_group_goes_on_elsewhere(messages: tuple[bytes, ...], *, left_out: bool) -> None:
    table = KernelMroutes()
    for message in messages:
        table.take(parse(message))
    assert bool(table.left_out(frozenset({REGISTER}))) is left_out
    assert table.left_out(frozenset()) == [], "each once"


def test_a_group_that_nobody_hears_leaves_nobody_out() -> None:
    table = KernelMroutes()
    shared = KernelMroute(source=IPv4Address(0), group=GROUP, incoming=LO, outgoing=frozenset({LO, REGISTER, TUNNEL}))
    table.take((shared, route(set())))
    assert table.left_out(frozenset({REGISTER})) == []


def test_a_silent_source_is_left_out_once_somebody_hears_its_group_again() -> None:
    table = KernelMroutes()
    nobody = KernelMroute(source=IPv4Address(0), group=GROUP, incoming=LO, outgoing=frozenset({LO, REGISTER, TUNNEL}))
    table.take((nobody, route(set())))
    assert table.left_out(frozenset({REGISTER})) == []
    assert not table.may_leave_out, "nothing has changed since"
    table.take((replace(nobody, outgoing=nobody.outgoing | {VPC}),))
    assert table.may_leave_out
    assert table.left_out(frozenset({REGISTER})) == [route(set())]
    table.take((nobody, route(set()), route(set(), gone=True), replace(nobody, outgoing=nobody.outgoing | {VPC})))
    assert not table.may_leave_out, "it is gone"


def test_a_null_register_names_source_and_group() -> None:
    register = null_register(route(set()))
    # Version 2, Register, its checksum, and the bit of a Null-Register; within it a header of the source's.
    assert register.hex(" ", 4) == "21009eff 40000000 45000014 00000000 0067d6c4 c0a83214 ef010201"
