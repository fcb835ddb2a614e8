"""Who is a member of a multicast domain's groups, read again and again, and the AWS router's own registrations."""

from __future__ import annotations

from functools import lru_cache, partial
from ipaddress import IPv4Address
from math import ceil
from typing import TYPE_CHECKING, Any, Final, TypeVar

from mcastlab.aws.clients import asking, batched, ec2_filter, list_all
from mcastlab.follow.reading import GatewayReading
from mcastlab.lab.blocks import MEMBERS_A_GATEWAY, block_of
from mcastlab_base.errors import LabError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mcastlab.lab.model import GroupBlock

_PAGE: Final = 1000
"""Rows of an answer, the most that there are. Source: EC2 API reference, SearchTransitGatewayMulticastGroups."""
_MOST_IDS: Final = 200

_Answer = TypeVar("_Answer")


def _group_of(blocks: Sequence[GroupBlock], text: str) -> IPv4Address | None:
    """Return the group of an address; None where it is in no block."""
    group = IPv4Address(text)
    return None if block_of(group, blocks) is None else group


class DomainMembers:
    """The members of the blocks' groups in a lab's multicast domain."""

    def __init__(
        self,
        make_ec2: Callable[[], Any],
        *,
        domain_id: str,
        router_instance_id: str,
        host_instance_ids: Mapping[str, str],
        blocks: Sequence[GroupBlock],
    ) -> None:
        self._make_ec2 = make_ec2
        self._ec2: Any = None
        self._domain_id = domain_id
        self._router = router_instance_id
        self._hosts = dict(host_instance_ids)
        # The same thousands of groups are listed again and again.
        self._group_of = lru_cache(maxsize=MEMBERS_A_GATEWAY)(partial(_group_of, tuple(blocks)))
        self._own: tuple[str, ...] = ()
        self._names: dict[str, str] = {}

    @property
    def host_names(self) -> Mapping[str, str]:
        """The names of the lab's hosts by their network interfaces, as far as they are known."""
        return self._names

    def use(self, router_instance_id: str, host_instance_ids: Mapping[str, str]) -> None:
        """Take other instances for the lab's, as some were replaced."""
        self._router, self._hosts = router_instance_id, dict(host_instance_ids)
        self._own, self._names = (), {}

    def read(self) -> GatewayReading:
        """Return the members of the blocks' groups, from every page of the answer.

        Raises:
            RefusedError: AWS refuses, throttles, or cannot be reached; the next attempt begins with a new session.
        """
        return self._asked(self._read)

    def register(self, groups: Sequence[IPv4Address]) -> None:
        """Make the AWS router a member of groups.

        Raises:
            RefusedError: AWS refuses.
        """

        def each(ec2: Any) -> None:
            for group in groups:
                ec2.register_transit_gateway_multicast_group_members(**self._of_router(ec2, group))

        self._asked(each)

    def deregister(self, groups: Sequence[IPv4Address]) -> None:
        """End memberships of the AWS router that the API made.

        Raises:
            RefusedError: AWS refuses.
        """

        def each(ec2: Any) -> None:
            for group in groups:
                ec2.deregister_transit_gateway_multicast_group_members(**self._of_router(ec2, group))

        self._asked(each)

    def _asked(self, ask: Callable[[Any], _Answer]) -> _Answer:
        try:
            with asking("following the members of the multicast domain"):
                if self._ec2 is None:
                    # Credentials that were renewed are found by a new session only.
                    self._ec2 = self._make_ec2()
                return ask(self._ec2)
        except LabError:
            self._ec2 = None
            raise

    def _of_router(self, ec2: Any, group: IPv4Address) -> dict[str, Any]:
        interfaces = self._interfaces(ec2)
        return {
            "TransitGatewayMulticastDomainId": self._domain_id,
            "GroupIpAddress": str(group),
            "NetworkInterfaceIds": list(interfaces[:1]),
        }

    def _interfaces(self, ec2: Any) -> tuple[str, ...]:
        """Return the AWS router's network interfaces; the hosts' are learnt on the way."""
        if self._own:
            return self._own
        names = {instance: name for name, instance in self._hosts.items()}
        own: list[str] = []
        for some in batched([self._router, *names], _MOST_IDS):
            filters = ec2_filter("instance-id", some)
            for instance in list_all(ec2, "describe_instances", "Reservations", "Instances", Filters=filters):
                found = [each["NetworkInterfaceId"] for each in instance.get("NetworkInterfaces", ())]
                if instance["InstanceId"] == self._router:
                    own += found
                else:
                    self._names.update(dict.fromkeys(found, names[instance["InstanceId"]]))
        if not own:
            raise RefusedError(
                f"the AWS router {self._router} has no network interface", hint="is the instance there? Deploy the lab"
            )
        self._own = tuple(own)
        return self._own

    def _read(self, ec2: Any) -> GatewayReading:
        own_interfaces = frozenset(self._interfaces(ec2))
        rows = tuple(
            list_all(
                ec2,
                "search_transit_gateway_multicast_groups",
                "MulticastGroups",
                TransitGatewayMulticastDomainId=self._domain_id,
                PaginationConfig={"PageSize": _PAGE},
            )
        )
        members: dict[IPv4Address, set[str]] = {}
        own: set[IPv4Address] = set()
        registered: set[IPv4Address] = set()
        total = 0
        # A row may lack GroupMember; a member always has a MemberType.
        for row in (row for row in rows if row.get("MemberType")):
            total += 1
            group = self._group_of(row["GroupIpAddress"])
            if group is None:
                continue
            interface = row.get("NetworkInterfaceId", "")
            if interface not in own_interfaces:
                members.setdefault(group, set()).add(interface)
                continue
            own.add(group)
            if row["MemberType"] == "static":
                registered.add(group)
        return GatewayReading(
            members={group: frozenset(each) for group, each in members.items()},
            own=frozenset(own),
            registered=frozenset(registered),
            total=total,
            calls=max(1, ceil(len(rows) / _PAGE)),
        )
