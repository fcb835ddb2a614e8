"""In which order a change goes out: what others name is there before them, and goes after them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from facts_sample import facts_for

from mcastlab.ios.configuration import parse
from mcastlab.ios.difference import steps_between
from mcastlab.render.rendered_lines import intended
from mcastlab.render.routers import render_all

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab

OWN = """\
hostname r
vrf definition PLANT
interface Tunnel9
 ip policy route-map STEER
 tunnel protection ipsec profile OWN
interface GigabitEthernet1
 vrf forwarding PLANT
 ip access-group WAN-IN in
 service-policy output QUEUES
router bgp 65001
 neighbor 192.0.2.1 remote-as 64999
 neighbor 192.0.2.1 route-map IN in
 neighbor 192.0.2.1 prefix-list ROUTES out
ip pim rp-address 192.0.2.9 GROUPS
crypto ipsec profile OWN
 set ikev2-profile OWN-PROFILE
 set transform-set OWN-SET
crypto ikev2 profile OWN-PROFILE
 keyring local OWN-KEYS
crypto ipsec transform-set OWN-SET esp-aes
crypto ikev2 keyring OWN-KEYS
policy-map QUEUES
 class VOICE
class-map match-any VOICE
 match access-group name RTP
route-map STEER permit 10
 match ip address STEERED
route-map IN permit 10
 match ip address prefix-list ROUTES
ip prefix-list ROUTES seq 5 permit 10.0.0.0/8
ip access-list extended WAN-IN
 permit ip object-group ENDS any
ip access-list extended RTP
 permit udp any any range 16384 32767
ip access-list extended STEERED
 permit ip any any
ip access-list standard GROUPS
 permit 239.0.0.0 0.255.255.255
object-group network ENDS
 host 192.0.2.1
"""
NAMES = (
    ("vrf definition PLANT", "vrf forwarding PLANT"),
    ("route-map STEER", "ip policy route-map STEER"),
    ("route-map IN", "neighbor 192.0.2.1 route-map IN"),
    ("ip prefix-list ROUTES", "match ip address prefix-list ROUTES"),
    ("ip prefix-list ROUTES", "neighbor 192.0.2.1 prefix-list ROUTES"),
    ("ip access-list extended STEERED", "match ip address STEERED"),
    ("ip access-list extended WAN-IN", "ip access-group WAN-IN"),
    ("ip access-list extended RTP", "match access-group name RTP"),
    ("ip access-list standard GROUPS", "ip pim rp-address 192.0.2.9 GROUPS"),
    ("object-group network ENDS", "permit ip object-group ENDS"),
    ("class-map match-any VOICE", "class VOICE"),
    ("policy-map QUEUES", "service-policy output QUEUES"),
    ("crypto ikev2 keyring OWN-KEYS", "keyring local OWN-KEYS"),
    ("crypto ikev2 profile OWN-PROFILE", "set ikev2-profile OWN-PROFILE"),
    ("crypto ipsec transform-set OWN-SET", "set transform-set OWN-SET"),
    ("crypto ipsec profile OWN", "tunnel protection ipsec profile OWN"),
)
BEFORE = "hostname r\ninterface GigabitEthernet1\n ip address dhcp\n"


def sent(running: str, goal: str) -> list[str]:
    return [text.strip() for step in steps_between(parse(running), parse(goal)) for text in step.texts]


def place(lines: list[str], start: str) -> int:
    return next(at for at, line in enumerate(lines) if line.startswith(start))


@pytest.mark.parametrize(("defined", "named"), NAMES, ids=lambda each: each.replace(" ", "-"))
def test_a_name_is_there_before_it_is_used_and_goes_after_it(defined: str, named: str) -> None:
    there = sent(BEFORE, OWN)
    assert place(there, defined) < place(there, named)
    gone = sent(OWN, BEFORE)
    # Lines below a section that goes as a whole go with it.
    section = next(line for line in parse(OWN) if any(named in each.text for _, each in line.walk()))
    user = f"no {named}" if f"no {named}" in " ".join(gone) else f"no {section.text}"
    assert place(gone, user) < place(gone, f"no {defined}")


def test_what_is_changed_names_a_new_list_only_when_it_is_there_and_the_old_one_goes_last() -> None:
    old = "interface GigabitEthernet1\n ip access-group ONE in\nip access-list extended ONE\n permit ip any any\n"
    lines = sent(old, old.replace("ONE", "TWO"))
    assert lines == [
        "ip access-list extended TWO",
        "permit ip any any",
        "interface GigabitEthernet1",
        "no ip access-group ONE in",
        "ip access-group TWO in",
        "no ip access-list extended ONE",
    ]


def test_a_list_that_becomes_one_of_another_kind_makes_room_first() -> None:
    old = "ip access-list standard ONE\n permit 192.0.2.1\n"
    assert sent(old, "ip access-list extended ONE\n permit ip any any\n")[0] == "no ip access-list standard ONE"


def test_the_labs_own_lines_are_in_that_order(lab: Lab) -> None:
    for rendered in render_all(lab, facts_for(lab)):
        goal = intended(rendered)
        lines = [text.strip() for step in steps_between((), goal) for text in step.texts]
        groups = place(lines, "ip access-list standard MCASTLAB-GROUPS")
        assert groups < place(lines, "ip pim rp-address")
        removed = [text.strip() for step in steps_between(goal, ()) for text in step.texts]
        assert place(removed, "no ip pim rp-address") < place(removed, "no ip access-list standard MCASTLAB-GROUPS")
