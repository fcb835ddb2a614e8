"""Every EC2 action of the region, and how one is done: in a transaction, with nothing of the request unread."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from awsregion.ec2 import (
    attachments,
    catalogue,
    endpoints,
    instances,
    interfaces,
    keys,
    multicast,
    region_facts,
    route_tables,
    security_groups,
    transit,
    transit_routes,
    vpc,
    vpn,
)
from awsregion.ec2.errors import AwsError
from awsregion.ec2.given import Given

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awsregion.ec2.store import Ec2, Record

    Action: TypeAlias = Callable[[Ec2, Given], Record]

_MODULES: Final = (
    attachments,
    catalogue,
    endpoints,
    instances,
    interfaces,
    keys,
    multicast,
    region_facts,
    route_tables,
    security_groups,
    transit,
    transit_routes,
    vpc,
    vpn,
)
_VERBS: Final = frozenset(
    {
        *("associate", "authorize", "create", "delete", "deregister", "describe", "disable", "disassociate", "enable"),
        *("get", "import", "modify", "reboot", "register", "replace", "revoke", "run", "search", "start", "stop"),
        "terminate",
    }
)


def _named(name: str) -> str:
    """Return the API's name of what boto3 calls, as ``CreateVpc`` for ``create_vpc``."""
    return "".join(word.capitalize() for word in name.split("_"))


ACTIONS: Final[Mapping[str, Action]] = MappingProxyType(
    {
        _named(name): action
        for module in _MODULES
        for name, action in vars(module).items()
        if name.partition("_")[0] in _VERBS
    }
)
"""What the modules define under the names of boto3's methods."""


def perform(ec2: Ec2, name: str, request: Mapping[str, Any]) -> Record:
    """Do an action and return its answer.

    Raises:
        AwsError: EC2 refuses it, or the request holds something that this region does not honour. Then nothing
            has changed.
    """
    if name not in ACTIONS:
        raise AwsError("InvalidAction", f"The action {name} is not valid for this web service.")
    values = {key: value for key, value in request.items() if key not in _ABOUT_THE_REQUEST}
    given = Given(values)
    repeated = ec2.answered(name, request.get("ClientToken"))
    if repeated is not None:
        return repeated
    ec2.prune()
    with ec2.transaction():
        answer = ACTIONS[name](ec2, given)
        if unread := given.unread():
            raise AwsError(
                "UnsupportedOperation", f"This region does not honour {', '.join(sorted(unread))} of {name}."
            )
        if request.get("DryRun"):
            raise AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
    ec2.remember(name, request.get("ClientToken"), answer)
    return answer


_ABOUT_THE_REQUEST: Final = frozenset({"ClientToken", "DryRun"})
