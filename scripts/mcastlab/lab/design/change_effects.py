"""What a change of a lab file's field does to a lab that stands: one table, from which docs and `up` speak.

`tests/stacks/test_change_effects.py` derives each row again from the stacks' templates and AWS's resource schemas.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


REFUSED: Final = "refused: "
"""How the words of an effect begin that `up` refuses to have."""


class ChangeEffect(StrEnum):
    """What happens to a lab that stands when a field of its file changes; its value is the words for it."""

    IN_PLACE = "in place"
    RESTARTS_ROUTER = "restarts the AWS router"
    REPLACES_ROUTER = "replaces the AWS router"
    RESTARTS_HOSTS = "restarts its hosts"
    REPLACES_HOSTS = "replaces its hosts"
    FIRST_BOOT = "needs up --replace-router"
    """Only the first boot carries it: refused for a router that stands, unless it is replaced."""
    OTHER_SUBNET = f"{REFUSED}add another subnet"
    """AWS cannot change it: another subnet is added, used, and this one removed then."""
    OTHER_LAB = f"{REFUSED}needs another lab"
    """Everything else stands on it, or it names another lab."""


CHANGE_EFFECTS: Final[Mapping[str, ChangeEffect]] = MappingProxyType(
    {
        "name": ChangeEffect.OTHER_LAB,
        "region": ChangeEffect.OTHER_LAB,
        "amazon_asn": ChangeEffect.OTHER_LAB,
        "vpc.cidr": ChangeEffect.OTHER_LAB,
        "vpc.subnets[].cidr": ChangeEffect.OTHER_SUBNET,
        "vpc.subnets[].zone": ChangeEffect.OTHER_SUBNET,
        "router.platform": ChangeEffect.REPLACES_ROUTER,
        "router.instance_type": ChangeEffect.RESTARTS_ROUTER,
        "router.image": ChangeEffect.REPLACES_ROUTER,
        "router.subnet": ChangeEffect.REPLACES_ROUTER,
        "router.public_key": ChangeEffect.REPLACES_ROUTER,
        "router.loopback": ChangeEffect.OTHER_LAB,
        "router.licence": ChangeEffect.FIRST_BOOT,
        "router.throughput_mbps": ChangeEffect.FIRST_BOOT,
        "hosts[].image": ChangeEffect.REPLACES_HOSTS,
        "hosts[].subnet": ChangeEffect.REPLACES_HOSTS,
        "hosts[].instance_type": ChangeEffect.RESTARTS_HOSTS,
    }
)
"""By field; all other fields change in place. A new subnet of senders replaces the AWS router too, whichever field
brings it: an instance takes its interfaces at launch."""


def effect_of(field: str) -> ChangeEffect:
    """Return what a change of a field does, such as ``hosts[].image``.

    >>> effect_of("router.image").value
    'replaces the AWS router'
    >>> effect_of("sites[].router.asn").value
    'in place'
    """
    return CHANGE_EFFECTS.get(field, ChangeEffect.IN_PLACE)
