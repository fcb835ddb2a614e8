"""Who sends to a group and who receives from it, on either side of the tunnels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mcastlab.lab.blocks import FOLLOW

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeVar

    from mcastlab.lab.model import Group, GroupBlock, Hosts, Lab
    from mcastlab.lab.site import Site

    _Member = TypeVar("_Member", Hosts, Site)

    AnyGroup = Group | GroupBlock
    """What has senders and receivers: a group, or a block of groups."""

Role = Literal["senders", "receivers"]


class Roles:
    """The roles of a lab's hosts entries and sites, each list of names resolved once.

    Groups mostly repeat the same few lists, so that a lab of many groups costs no more than its groups and members.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._hosts: dict[object, tuple[Hosts, ...]] = {"all": lab.hosts}
        self._sites: dict[object, tuple[Site, ...]] = {"all": lab.sites}
        self._host_counts: dict[object, int] = {}
        self._outside: dict[tuple[object, bool], tuple[Hosts, ...]] = {}
        self._router_subnets: tuple[str, ...] | None = None
        self._beside: dict[object, tuple[str, ...]] = {}
        self._hosts_by_name = {each.name: (index, each) for index, each in enumerate(lab.hosts)}
        self._sites_by_name = {each.name: (index, each) for index, each in enumerate(lab.sites)}

    def hosts(self, group: AnyGroup, role: Role) -> tuple[Hosts, ...]:
        """Return the hosts entries that have a role in a group, in the lab file's order."""
        names = getattr(group, role)
        if names not in self._hosts:
            self._hosts[names] = _named(names, self._hosts_by_name)
        return self._hosts[names]

    def host_count(self, group: AnyGroup, role: Role) -> int:
        """Return how many EC2 hosts have a role in a group."""
        names = getattr(group, role)
        if names not in self._host_counts:
            self._host_counts[names] = sum(hosts.count for hosts in self.hosts(group, role))
        return self._host_counts[names]

    def sites(self, group: AnyGroup, role: Role) -> tuple[Site, ...]:
        """Return the remote sites that have a role in a group, in the lab file's order."""
        names = getattr(group, role)
        if names not in self._sites:
            self._sites[names] = _named(names, self._sites_by_name)
        return self._sites[names]

    def of(self, entry: Hosts | Site, role: Role) -> tuple[Group, ...]:
        """Return the groups in which a hosts entry or a site has a role."""
        return tuple(
            group
            for group in self._lab.groups
            if entry.name in {each.name for each in self.hosts(group, role)}
            or entry.name in {each.name for each in self.sites(group, role)}
        )

    def outside_router_subnet(self, group: AnyGroup) -> tuple[Hosts, ...]:
        """Return the senders in the VPC that are not beside the AWS router, which therefore does not register them.

        Beside it are the subnets in which it has an interface; a follower joins groups on the first one alone.
        Source: Cisco, PIM: a designated router registers only senders that are directly connected to it.
        """
        listed = group.bridge != FOLLOW
        key = group.senders, listed
        if key not in self._outside:
            beside = self.router_subnets if listed else self.router_subnets[:1]
            self._outside[key] = tuple(hosts for hosts in self.hosts(group, "senders") if hosts.subnet not in beside)
        return self._outside[key]

    @property
    def router_subnets(self) -> tuple[str, ...]:
        """The subnets in which the AWS router has an interface, in the order of its interfaces.

        Its own first, then those of its zone with senders to remote sites: an instance's interfaces are all in one
        zone. Source: AWS EC2 user guide, Elastic network interfaces.
        """
        if self._router_subnets is None:
            self._router_subnets = (self._lab.router.subnet, *self._other_subnets_of_senders())
        return self._router_subnets

    def _other_subnets_of_senders(self) -> Iterator[str]:
        lab = self._lab
        if lab.workarounds.senders_outside_router_subnet:
            return
        kinds = {group.senders: group for group in lab.groups if self.leaves_vpc(group)}
        sending = {hosts.subnet for group in kinds.values() for hosts in self.hosts(group, "senders")}
        zones = {subnet.name: subnet.zone for subnet in lab.vpc.subnets}
        for name, zone in zones.items():
            if name in sending and name != lab.router.subnet and zone == zones.get(lab.router.subnet):
                yield name

    def interfaces_of(self, group: AnyGroup) -> tuple[str, ...]:
        """Return the subnets of the AWS router's interfaces that are members of a group; none where it has no part.

        The first one always is, the others for what their senders send to remote sites.
        """
        if not (self.leaves_vpc(group) or self.enters_vpc(group)):
            return ()
        first, *others = self.router_subnets
        if group.bridge == FOLLOW or not others or not self.leaves_vpc(group):
            return (first,)
        if group.senders not in self._beside:
            sending = {hosts.subnet for hosts in self.hosts(group, "senders")}
            self._beside[group.senders] = (first, *(name for name in others if name in sending))
        return self._beside[group.senders]

    def leaves_vpc(self, group: AnyGroup) -> bool:
        """Say whether a group has senders in the VPC and receivers at a remote site."""
        return bool(self.hosts(group, "senders")) and bool(self.sites(group, "receivers"))

    def enters_vpc(self, group: AnyGroup) -> bool:
        """Say whether a group has senders at a remote site and receivers in the VPC."""
        return bool(self.sites(group, "senders")) and bool(self.hosts(group, "receivers"))

    def bridged(self, bridge: Literal["join", "static", "follow"] | None = None) -> tuple[AnyGroup, ...]:
        """Return the groups and blocks in which the AWS router takes part, all or those of one way to."""
        return tuple(
            group
            for group in self._lab.entries
            if bridge in {None, group.bridge} and (self.leaves_vpc(group) or self.enters_vpc(group))
        )


def _named(names: Iterable[str], members: dict[str, tuple[int, _Member]]) -> tuple[_Member, ...]:
    found = dict(members[name] for name in names if name in members)
    return tuple(found[index] for index in sorted(found))


class Hearing:
    """Which member hears which: who receives some group that another sends to."""

    def __init__(self, lab: Lab) -> None:
        everybody = frozenset((*(each.name for each in lab.hosts), *(each.name for each in lab.sites)))
        sets = {"all": everybody} | {
            names: frozenset(names)
            for group in lab.entries
            for names in (group.senders, group.receivers)
            if names != "all"
        }
        self._heard_by_all: frozenset[str] = frozenset()
        self._heard: dict[str, set[frozenset[str]]] = {}
        self._receivers: dict[str, set[frozenset[str]]] = {}
        self._receiving: set[str] = set()
        for senders, receivers in dict.fromkeys((each.senders, each.receivers) for each in lab.entries):
            sending, receiving = sets[senders], sets[receivers]
            self._receiving |= receiving if sending else frozenset()
            if receivers == "all":
                self._heard_by_all |= sending
            else:
                for name in receiving:
                    self._heard.setdefault(name, set()).add(sending)
            for name in sending:
                self._receivers.setdefault(name, set()).add(receiving)

    def hears(self, receiver: str, sender: str) -> bool:
        """Say whether `receiver` receives from a group that `sender` sends to."""
        return sender in self._heard_by_all or any(sender in heard for heard in self._heard.get(receiver, ()))

    def is_heard_elsewhere(self, sender: str) -> bool:
        """Say whether anybody but `sender` receives what it sends."""
        return any(len(names) > 1 or sender not in names for names in self._receivers.get(sender, ()) if names)

    def takes_part(self, name: str) -> bool:
        """Say whether a member sends to a group, or receives from one that has senders."""
        return name in self._receivers or name in self._receiving


def leaves_vpc(lab: Lab, group: Group) -> bool:
    """Say whether a group has senders in the VPC and receivers at a remote site."""
    return Roles(lab).leaves_vpc(group)


def bridged_groups(lab: Lab, bridge: Literal["join", "static"] | None = None) -> tuple[Group, ...]:
    """Return the listed groups in which the AWS router takes part, all or those of one way to."""
    roles = Roles(lab)
    return tuple(
        group
        for group in lab.groups
        if bridge in {None, group.bridge} and (roles.leaves_vpc(group) or roles.enters_vpc(group))
    )


def groups_sent_from(lab: Lab, subnet: str) -> tuple[Group, ...]:
    """Return the listed groups for whose senders the AWS router has an interface beside its first one in a subnet."""
    roles = Roles(lab)
    return tuple(group for group in lab.groups if subnet in roles.interfaces_of(group)[1:])


def sends(lab: Lab, entry: Hosts | Site) -> tuple[Group, ...]:
    """Return the groups to which a hosts entry or a site sends."""
    return Roles(lab).of(entry, "senders")


def receives(lab: Lab, entry: Hosts | Site) -> tuple[Group, ...]:
    """Return the groups from which a hosts entry or a site receives."""
    return Roles(lab).of(entry, "receivers")


def to_vpc(lab: Lab, site: Site) -> tuple[Group, ...]:
    """Return the groups that go from a site to the VPC."""
    roles = Roles(lab)
    return tuple(group for group in roles.of(site, "senders") if roles.hosts(group, "receivers"))


def elsewhere(lab: Lab, site: Site) -> tuple[Group, ...]:
    """Return the groups that a site sends to anybody outside its LAN."""
    roles = Roles(lab)
    return tuple(
        group
        for group in roles.of(site, "senders")
        if roles.hosts(group, "receivers") or any(other.name != site.name for other in roles.sites(group, "receivers"))
    )


def member_subnets(lab: Lab) -> tuple[str, ...]:
    """Return the subnets of the AWS router and the hosts, whose associations with the domain datagrams depend on."""
    return tuple(dict.fromkeys((lab.router.subnet, *(hosts.subnet for hosts in lab.hosts))))


def associated_subnets(lab: Lab) -> tuple[str, ...]:
    """Return the subnets that are associated with the multicast domain: all, so that a host may come to any of them."""
    return tuple(subnet.name for subnet in lab.vpc.subnets)
