"""What CloudFormation does in a stack's update and MiniStack does not: refusals, and events of its cleanup.

With `ministack_host`, all that knows MiniStack.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from awsregion.cfn.resource import Record


_CLEANUP: Final = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"


class UpdateRules:
    """Exports that other stacks import stay as they are, resources keep their types, and a cleanup has its events.

    MiniStack looks at imports only where a stack is deleted, keeps exports that an update took away, takes another
    type for the same resource, and deletes what an update replaced or removed without a word. Source: CloudFormation
    user guide, "Get exported outputs from a deployed CloudFormation stack", "Update behaviors of stack resources" and
    "Understand stack creation events" (UPDATE_COMPLETE_CLEANUP_IN_PROGRESS).
    """

    def __init__(self, stacks: Callable[[], list[Record]], exports: MutableMapping[str, Record]) -> None:
        self._stacks = stacks
        self._exports = exports
        self._event: Callable[..., None]
        self._handlers: Any = importlib.import_module("ministack.services.cloudformation.handlers")

    def attach(self, module: MutableMapping[str, Any]) -> None:
        """Put these rules around MiniStack's functions: `module` is that of stacks."""
        resolve = module["_resolve_stack_outputs"]

        def resolved(*where: Any) -> tuple[list[Record], Record]:
            outputs, named = resolve(*where)
            *_, stack_name, stack_id = where
            self._hold_exports(stack_name, stack_id, named)
            self._begin_cleanup(stack_name, stack_id)
            return outputs, named

        module["_resolve_stack_outputs"] = resolved
        self._event = module["_add_event"]
        module["_delete_resource"] = self._with_events(module["_delete_resource"])
        actions = self._handlers._ACTION_HANDLERS  # noqa: SLF001
        for name in ("UpdateStack", "CreateChangeSet"):
            actions[name] = self._of_same_types(actions[name])

    def _begin_cleanup(self, stack_name: str, stack_id: str) -> None:
        """Say that an update has made all that is new; of a creation there is nothing to clean up."""
        stack = self._updated(stack_name)
        if stack is not None and stack["StackStatus"] == "UPDATE_IN_PROGRESS":
            stack["StackStatus"] = _CLEANUP
            self._event(stack_id, stack_name, stack_name, "AWS::CloudFormation::Stack", _CLEANUP, physical_id=stack_id)

    def _with_events(self, delete: Callable[..., None]) -> Callable[..., None]:
        """Return a deletion whose events are written where it is a cleanup's; MiniStack writes those of all others."""

        def deleted(kind: str, identifier: str, properties: Record, stack_name: str, logical_id: str) -> None:
            stack = self._updated(stack_name)
            if stack is None or stack["StackStatus"] != _CLEANUP:
                delete(kind, identifier, properties, stack_name, logical_id)
                return
            where = (stack["StackId"], stack_name, logical_id, kind)
            self._event(*where, "DELETE_IN_PROGRESS", physical_id=identifier)
            delete(kind, identifier, properties, stack_name, logical_id)
            self._event(*where, "DELETE_COMPLETE", physical_id=identifier)

        return deleted

    def _updated(self, stack_name: str) -> Record | None:
        found = (one for one in self._stacks() if one["StackName"] == stack_name)
        return next((one for one in found if one["StackStatus"] != "DELETE_COMPLETE"), None)

    def _of_same_types(self, action: Callable[[Record], Any]) -> Callable[[Record], Any]:
        def checked(parameters: Record) -> Any:
            body, refused = self._handlers._resolve_template(parameters)  # noqa: SLF001
            name = self._handlers._p(parameters, "StackName")  # noqa: SLF001
            others = self._other_types(name, body) if body and not refused else []
            if not others:
                return action(parameters)
            listed = ", ".join(others)
            return self._handlers._error(  # noqa: SLF001
                "ValidationError",
                "Update of resource type is not permitted. The new template modifies resource type of the following "
                f"resources: [{listed}]",
            )

        return checked

    def _hold_exports(self, stack_name: str, stack_id: str, named: Record) -> None:
        """Refuse that an export in use goes or changes; those that nobody imports go."""
        old = {name: one for name, one in self._exports.items() if one["StackId"] == stack_id}
        for name, one in old.items():
            if name in named and named[name]["Value"] == one["Value"]:
                continue
            for other in self._stacks():
                alive = other["StackName"] != stack_name and other["StackStatus"] != "DELETE_COMPLETE"
                if alive and name in self._handlers._imported_export_names(other, other["StackName"]):  # noqa: SLF001
                    what = "updated" if name in named else "deleted"
                    raise ValueError(f"Export {name} cannot be {what} as it is in use by {other['StackName']}")
            if name not in named:
                self._exports.pop(name, None)

    def _other_types(self, stack: str, body: str) -> list[str]:
        found = (one for one in self._stacks() if stack in {one["StackName"], one["StackId"]})
        before = next(found, {}).get("_template", {}).get("Resources", {})
        try:
            after = self._handlers._parse_template(body).get("Resources", {})  # noqa: SLF001
        except Exception:  # noqa: BLE001  (the action itself tells what is wrong with the template)
            return []
        return [name for name, each in after.items() if name in before and before[name]["Type"] != each.get("Type")]
