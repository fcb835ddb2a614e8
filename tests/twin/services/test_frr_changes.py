"""What is typed into pimd to get from one configuration to another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mcastlab_twin.services.frr import FrrLine, changes

RP = FrrLine(text="ip pim rp 10.255.0.1 224.0.0.0/4")
PIM = FrrLine(interface="Gi3", text="ip pim")
IGMP = FrrLine(interface="Gi3", text="ip igmp")
JOIN = FrrLine(interface="Gi3", text="ip igmp join 239.1.1.1")
TUNNEL = FrrLine(interface="Tunnel200", text="ip pim")
LINES = (RP, PIM, IGMP, JOIN, TUNNEL)


def test_the_same_lines_type_nothing() -> None:
    assert changes(LINES, LINES) == ()


def test_new_lines_are_typed_in_their_sections() -> None:
    assert changes((), (RP, PIM, IGMP, TUNNEL)) == (
        "ip pim rp 10.255.0.1 224.0.0.0/4",
        *("interface Gi3", "ip pim", "ip igmp", "exit"),
        *("interface Tunnel200", "ip pim", "exit"),
    )


def test_a_line_taken_out_undoes_that_line_alone() -> None:
    without = tuple(line for line in LINES if line != JOIN)
    assert changes(LINES, without) == ("interface Gi3", "no ip igmp join 239.1.1.1", "exit")


def test_what_goes_goes_in_reverse() -> None:
    assert changes((PIM, IGMP, JOIN), ()) == (
        "interface Gi3", "no ip igmp join 239.1.1.1", "no ip igmp", "no ip pim", "exit"
    )  # fmt: skip


@given(st.sets(st.sampled_from(LINES)), st.sets(st.sampled_from(LINES)))
def test_what_is_typed_leads_from_one_to_the_other(before: set[FrrLine], after: set[FrrLine]) -> None:
    found, section = set(before), None
    ordered = tuple(line for line in LINES if line in before), tuple(line for line in LINES if line in after)
    for typed in changes(*ordered):
        if typed.startswith("interface "):
            section = typed.split()[1]
        elif typed == "exit":
            section = None
        elif typed.startswith("no "):
            found.remove(FrrLine(interface=section, text=typed.removeprefix("no ")))
        else:
            found.add(FrrLine(interface=section, text=typed))
    assert found == after
