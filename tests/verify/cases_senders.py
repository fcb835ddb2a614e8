"""Breaks of the AWS router's interface beside senders of another subnet, each with what it must give."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from documents import LABS
from verify import broken
from verify.broken import Case
from verify.sound import lab_of, sound, with_aws, with_lines, with_router, without_lines

if TYPE_CHECKING:
    from mcastlab.verify.snapshot.aws import ObservedInterface
    from mcastlab.verify.snapshot.lab import Snapshot
    from mcastlab.verify.snapshot.routers import ObservedRouter

_DOCUMENT: Final = (LABS / "two_subnets.yaml").read_text(encoding="utf-8")
_BACK: Final = "GigabitEthernet2"


def _two() -> Snapshot:
    """Return a lab with senders in two subnets in which everything holds."""
    return sound(lab_of(_DOCUMENT))


def _with_back(snapshot: Snapshot, *others: ObservedInterface) -> Snapshot:
    router = snapshot.aws.router
    assert router is not None
    return with_aws(snapshot, router=replace(router, others=others))


def _back(snapshot: Snapshot) -> ObservedInterface:
    assert snapshot.aws.router is not None
    return snapshot.aws.router.others[0]


def _without_pim(view: ObservedRouter) -> ObservedRouter:
    """Take PIM off the interface alone."""
    head, _, tail = view.running.partition(f"interface {_BACK}\n")
    changed = with_lines(f"{head}interface {_BACK}\n{tail}", f"{head}interface {_BACK}\n{_no_pim(tail)}")(view)
    return replace(changed, pim_interfaces=tuple(each for each in view.pim_interfaces if each.interface != _BACK))


def _no_pim(text: str) -> str:
    return text.replace(" ip pim sparse-mode\n", "", 1)


SENDERS: Final = (
    Case(
        "no interface beside the senders of a subnet",
        lambda _: _with_back(_two()),
        ("sender_interface_missing",),
        ("instances", "domain"),
        ("has no interface in back", "cdk deploy --all"),
    ),
    Case(
        "the source/destination check of the interface beside senders is on",
        lambda _: _with_back(two := _two(), replace(_back(two), source_dest_check=True)),
        ("source_dest_check",),
        ("instances",),
        ("modify-network-interface-attribute --network-interface-id eni-router-back --no-source-dest-check",),
        later=True,
    ),
    Case(
        "the interface beside senders is no member",
        lambda _: broken.domain(
            two := _two(),
            members=tuple(each for each in two.aws.domain.members if each.interface_id != "eni-router-back")
            if two.aws.domain
            else (),
        ),
        ("no_static_member",),
        ("domain",),
        (_BACK, "239.1.1.1", "239.1.1.2", "--network-interface-ids eni-router-back"),
    ),
    Case(
        "no UDP in beside the senders",
        lambda _: broken.without_rules(_two(), "sg-back", lambda rule: rule.protocol == "17"),
        ("security_group_data_in",),
        ("security_groups",),
        ("UDP 5004 in from 10.20.2.0/24", "authorize-security-group-ingress --group-id sg-back"),
    ),
    Case(
        "no boundary on the first interface",
        lambda _: with_router(_two(), "aws", without_lines("ip multicast boundary MCASTLAB-VPC-BOUNDARY out")),
        ("no_boundary",),
        ("domain",),
        ("again and again", "interface GigabitEthernet1\n ip multicast boundary MCASTLAB-VPC-BOUNDARY out"),
    ),
    Case(
        "a boundary whose list denies nothing",
        lambda _: with_router(_two(), "aws", without_lines("deny ip 10.20.0.0 0.0.255.255 any", "permit ip any any")),
        ("no_boundary",),
        ("domain",),
        ("configure",),
    ),
    Case(
        "no PIM on the interface beside senders",
        lambda _: with_router(_two(), "aws", _without_pim),
        ("pim_off",),
        ("pim_interfaces",),
        (f"interface {_BACK}\n ip pim sparse-mode", "registers no senders there"),
    ),
)
