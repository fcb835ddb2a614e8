"""Every EC2 action of the region, and how one is done: in a transaction, with nothing of the request unread."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import awsregion.ec2 as package
from awsregion.ec2.errors import AwsError
from awsregion.ec2.parameters import Given

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import ModuleType

    from awsregion.ec2.store import Ec2, Record

    Action: TypeAlias = Callable[[Ec2, Given], Record]

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


def _modules() -> Iterator[ModuleType]:
    """Yield the modules beside this one."""
    for each in iter_modules(package.__path__, f"{package.__name__}."):
        if each.name != __name__:
            yield import_module(each.name)


ACTIONS: Final[Mapping[str, Action]] = MappingProxyType(
    {
        _named(name): action
        for module in _modules()
        for name, action in vars(module).items()
        if name.partition("_")[0] in _VERBS
    }
)
"""What the modules beside this one define under the names of boto3's methods."""


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
