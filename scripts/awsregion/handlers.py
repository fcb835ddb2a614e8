"""Resource types as the host's engine takes them: functions by name, which raise with the reason as text.

RegionFaults on demand strike here, so that each type has them, the host's own ones too.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from awsregion.cfn.ledger import dropped
from awsregion.cfn.resource import Ec2Actions, not_honoured
from awsregion.cfn.schemas import schema
from awsregion.ec2.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from awsregion.cfn.resource import Record, Resource
    from awsregion.faults import RegionFaults, Strike

Handler: TypeAlias = dict[str, Any]
Done = TypeVar("Done")


class FaultyCloud(Ec2Actions, Protocol):
    """EC2 whose resources may be asked to fail, and whose states take their time."""

    faults: RegionFaults

    def patiently(self, work: Callable[[], Done]) -> Done:
        """Do work and wait until every state that it began has settled."""


def handler(row: Resource, cloud: FaultyCloud) -> Handler:
    """Return a resource type of this region."""

    def create(logical_id: str, properties: Record, stack_name: str) -> tuple[str, Record]:
        name = f"{stack_name}-{logical_id}-{uuid.uuid4().hex[:12].upper()}"
        made = _done(lambda: cloud.patiently(lambda: row.make(cloud, properties, name)))
        # What attributes say of a state is said once it has settled.
        return made.id, _done(lambda: row.described(cloud, made.id, properties))

    def update(identifier: str, old: Record, new: Record, _stack_name: str) -> tuple[str, Record]:
        made = _done(lambda: cloud.patiently(lambda: row.change(cloud, identifier, old, new)))
        return made.id, made.attributes

    def delete(identifier: str, properties: Record) -> None:
        try:
            cloud.patiently(lambda: row.delete(cloud, identifier, properties))
        except AwsError as error:
            # What is gone already is deleted, as CloudFormation sees it.
            if "NotFound" not in error.code:
                raise ValueError(_failure_reason(error)) from error

    return checked(row.type, {"create": create, "update": update, "delete": delete}, cloud.faults)


def checked(resource_type: str, inner: Handler, faults: RegionFaults) -> Handler:
    """Return a handler behind a check of the properties against the type's schema and the ledger."""

    def create(logical_id: str, properties: Record, stack_name: str) -> Any:
        _conform(resource_type, logical_id, properties)
        _strike(faults, "create", logical_id, resource_type)
        return inner["create"](logical_id, properties, stack_name)

    def update(identifier: str, old: Record, new: Record, stack_name: str, logical_id: str) -> Any:
        _conform(resource_type, logical_id, new)
        _strike(faults, "update", logical_id, resource_type)
        if inner.get("update") is None:
            raise ValueError(_failure_reason(not_honoured(resource_type, sorted(new), "a change of ")))
        own = (logical_id,) if inner.get("update_with_logical_id") else ()
        return inner["update"](identifier, old, new, stack_name, *own)

    def delete(identifier: str, properties: Record, logical_id: str) -> None:
        _strike(faults, "delete", logical_id, resource_type)
        own = (logical_id,) if inner.get("delete_with_logical_id") else ()
        inner["delete"](identifier, properties, *own)

    return {
        **inner,
        "create": create,
        "update": update,
        "update_with_logical_id": True,
        "delete": delete,
        "delete_with_logical_id": True,
    }


def _strike(faults: RegionFaults, what: Strike, logical_id: str, resource_type: str) -> None:
    if faults.strike(what, logical_id, resource_type):
        raise ValueError(
            f'Resource handler returned message: "A fault was asked for: {what} of {logical_id} fails." '
            "(HandlerErrorCode: GeneralServiceException)"
        )


def _done(work: Callable[[], Done]) -> Done:
    try:
        return work()
    except AwsError as error:
        raise ValueError(_failure_reason(error)) from error


def _failure_reason(error: AwsError) -> str:
    code = "NotFound" if "NotFound" in error.code else "InvalidRequest"
    return (
        f'Resource handler returned message: "{error.message} (Service: Ec2, Status Code: {error.status}, '
        f'Error Code: {error.code})" (HandlerErrorCode: {code})'
    )


def _conform(resource_type: str, logical_id: str, properties: Record) -> None:
    known = schema(resource_type)
    problems = [] if known is None else known.problems(properties)
    if problems:
        listed = "\n".join(f"[{problem}]" for problem in problems)
        raise ValueError(f"Properties validation failed for resource {logical_id} with message:\n{listed}")
    if unheard := dropped(resource_type, properties):
        raise ValueError(_failure_reason(not_honoured(resource_type, unheard)))
