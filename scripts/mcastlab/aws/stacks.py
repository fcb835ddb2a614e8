"""A lab's stacks as an earlier run may have left them, and bringing them to where a deployment can go on.

Source: AWS CloudFormation User Guide, Stack status codes; API Reference, ContinueUpdateRollback, RollbackStack.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.aws.clients import asking, list_all
from mcastlab.lab.design.names import stack_names
from mcastlab_base.errors import RefusedError
from mcastlab_base.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from types_boto3_cloudformation.type_defs import StackTypeDef

    from mcastlab.aws.clients import Clients
    from mcastlab.lab.model import Lab

POLL_S: Final = 1.0
TIMEOUT_S: Final = 3600.0
"""A Transit Gateway's attachments and a VPN take minutes; a rollback undoes all of them."""

_NOT_STARTED: Final = "REVIEW_IN_PROGRESS"
"""A change set was made and never executed: nothing is under way, and the CDK goes on from it."""

_REMOVED: Final = frozenset({"CREATE_FAILED", "ROLLBACK_FAILED", "DELETE_FAILED"})
"""Such a stack never was whole, or is no more; all that can be done with it is to delete it."""
_BROKEN: Final = _REMOVED | {"UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED"}
_EMPTY: Final = frozenset({_NOT_STARTED, "ROLLBACK_COMPLETE"})
"""Such a stack holds nothing; the CDK deletes it or goes on from it by itself."""


def stacks_of(clients: Clients, lab: Lab) -> tuple[str, ...]:
    """Return the names of the lab's stacks that there are, in the order in which they are deployed.

    Raises:
        RefusedError: AWS refuses to tell.
    """
    return tuple(_stacks(clients, lab))


def statuses_of(clients: Clients, lab: Lab) -> dict[str, str]:
    """Return the lab's stacks that there are with their statuses, in the order in which they are deployed.

    Raises:
        RefusedError: AWS refuses to tell.
    """
    return {name: str(stack["StackStatus"]) for name, stack in _stacks(clients, lab).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class StackChanges:
    """What a deployment does to a lab's stacks, by name, in its order."""

    created: tuple[str, ...]
    updated: tuple[str, ...]
    """They stand; what is the same in them stays."""
    replaced: tuple[str, ...]
    """They never were whole, and are deleted before they are created."""


def changes_of_deployment(clients: Clients, lab: Lab) -> StackChanges:
    """Return what a deployment would do to the lab's stacks.

    Raises:
        RefusedError: AWS refuses to tell.
    """
    statuses = statuses_of(clients, lab)
    replaced = tuple(name for name, status in statuses.items() if status in _REMOVED)
    gone = _REMOVED | _EMPTY | {"DELETE_IN_PROGRESS"}
    updated = tuple(name for name, status in statuses.items() if status not in gone)
    created = tuple(name for name in stack_names(lab) if name not in {*replaced, *updated})
    return StackChanges(created=created, updated=updated, replaced=replaced)


def standing(clients: Clients, names: Iterable[str]) -> tuple[str, ...]:
    """Return which of some stacks there are, in the given order.

    Raises:
        RefusedError: AWS refuses to tell.
    """
    there = every_stack(clients)
    return tuple(name for name in dict.fromkeys(names) if name in there)


def holding_stacks(clients: Clients, lab: Lab) -> frozenset[str]:
    """Return the names of those that hold resources.

    Raises:
        RefusedError: AWS refuses to tell.
    """
    return frozenset(name for name, status in statuses_of(clients, lab).items() if status not in _EMPTY)


def await_settled(clients: Clients, lab: Lab, *, progress: Callable[[str], None], timeout_s: float = TIMEOUT_S) -> None:
    """Wait until nothing is under way in any of the lab's stacks: what an earlier run began goes on without it.

    Raises:
        RefusedError: AWS refuses to tell.
        TimedOutError: something still is after that time.
    """

    def busy() -> str:
        found = [
            f"{name} is {status}"
            for name, status in statuses_of(clients, lab).items()
            if status.endswith("_IN_PROGRESS") and status != _NOT_STARTED
        ]
        return f"stacks that something is under way in: {', '.join(found)}" if found else ""

    wait_for(
        busy,
        timeout_s=timeout_s,
        every_s=POLL_S,
        progress=progress,
        hint="the events of these stacks in the CloudFormation console tell what they wait for",
    )


def repair_stacks(clients: Clients, lab: Lab, *, progress: Callable[[str], None]) -> tuple[str, ...]:
    """Wait for what is under way; then delete stacks that were never made whole, and finish broken rollbacks.

    Returns what was done, in words; nothing where all stacks are as a deployment takes them.

    Raises:
        RefusedError: a stack cannot be helped from here; the text says why AWS could not.
        TimedOutError: something is under way for too long.
    """
    await_settled(clients, lab, progress=progress)
    broken = {name: status for name, status in statuses_of(clients, lab).items() if status in _BROKEN}
    done = []
    # Against the order of deployment: nothing is deleted while others import from it.
    for name, status in reversed(broken.items()):
        what = "deleted" if status in _REMOVED else "rolled back"
        progress(f"{name} is {status}: it is {what}")
        _help(clients, name, status)
        await_settled(clients, lab, progress=progress)
        done.append(f"{name} was {status} and is {what}")
    _refuse_broken(_stacks(clients, lab))
    return tuple(done)


def _help(clients: Clients, name: str, status: str) -> None:
    with asking(f"repairing the stack {name}, which is {status}"):
        if status in _REMOVED:
            clients.cloudformation.delete_stack(StackName=name)
        elif status == "UPDATE_FAILED":
            clients.cloudformation.rollback_stack(StackName=name)
        else:
            clients.cloudformation.continue_update_rollback(StackName=name)


def _refuse_broken(stacks: Mapping[str, StackTypeDef]) -> None:
    still = {name: stack for name, stack in stacks.items() if stack["StackStatus"] in _BROKEN}
    if still:
        toldof = (f"{name} is {stack['StackStatus']}: {_reason(stack)}" for name, stack in still.items())
        raise RefusedError(
            "CloudFormation could not repair what an earlier run left:\n" + "\n".join(toldof),
            hint="remove what the reason names, in the console or with aws; then run the same command again",
        )


def _reason(stack: StackTypeDef) -> str:
    return stack.get("StackStatusReason") or "the stack's events in the CloudFormation console tell why"


def delete_and_await(
    clients: Clients, name: str, *, progress: Callable[[str], None], timeout_s: float = TIMEOUT_S
) -> None:
    """Delete one stack and wait until it is gone; one that is gone already is no error.

    Raises:
        RefusedError: AWS refuses, or could not delete something of it.
        TimedOutError: it is still there after that time.
    """
    with asking(f"deleting the stack {name}"):
        clients.cloudformation.delete_stack(StackName=name)

    def there() -> str:
        stack = every_stack(clients).get(name)
        if stack is not None and stack["StackStatus"] == "DELETE_FAILED":
            raise RefusedError(
                f"{name} could not be deleted: {_reason(stack)}",
                hint="what the reason names may take longer; the same command goes on",
            )
        return "" if stack is None else f"{name} to be gone, which is {stack['StackStatus']}"

    wait_for(
        there,
        timeout_s=timeout_s,
        every_s=POLL_S,
        progress=progress,
        hint="the events of this stack in the CloudFormation console tell what it waits for",
    )


def reasons_of(clients: Clients, names: Iterable[str]) -> dict[str, str]:
    """Return, by name, in which status some stacks are, and why.

    Raises:
        RefusedError: AWS refuses to tell.
    """
    there = every_stack(clients)
    return {name: f"{there[name]['StackStatus']}: {_reason(there[name])}" for name in names if name in there}


def _stacks(clients: Clients, lab: Lab) -> dict[str, StackTypeDef]:
    """Return the lab's stacks by name, in the order in which they are deployed."""
    there = every_stack(clients)
    return {name: there[name] for name in stack_names(lab) if name in there}


def every_stack(clients: Clients) -> dict[str, StackTypeDef]:
    """Return all stacks of the account in the region, by name.

    Raises:
        RefusedError: AWS refuses to tell.
    """
    with asking("looking for the lab's stacks"):
        return {stack["StackName"]: stack for stack in list_all(clients.cloudformation, "describe_stacks", "Stacks")}
