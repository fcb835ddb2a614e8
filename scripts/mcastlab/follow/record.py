"""Which lines of the AWS router are the follower's, in the ownership record of the push."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from mcastlab.follow.reading import IgmpLine
from mcastlab_base.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcastlab.routers.records import Records


class FollowedLines:
    """The lines of one router's interface to the VPC."""

    def __init__(self, records: Records, *, key: str, vpc_interface: str) -> None:
        self._records = records
        self.key = key
        """The router's instance id: one that takes its place has another."""
        self._section = f"interface {vpc_interface}"

    def lines(self) -> frozenset[IgmpLine]:
        """Return the lines that are ours.

        Raises:
            BadInputError: the record is damaged.
        """
        found = (path[-1].split() for path in self._records.followed(self.key) if path[0] == self._section)
        return frozenset(IgmpLine(IPv4Address(words[-1]), words[-2].removesuffix("-group")) for words in found)

    def keep(self, lines: Iterable[IgmpLine]) -> None:
        """Keep these lines as ours, and no others."""
        self._records.keep_followed(self.key, ((self._section, line.text) for line in lines))

    def refuse_under_way(self) -> None:
        """Refuse to change a router on which a push was interrupted: it still has to find out which side it is on.

        Raises:
            BusyError: such a push is recorded.
        """
        if self._records.under_way():
            raise BusyError("a change of the routers was interrupted", hint="run configure: it brings all to one side")
