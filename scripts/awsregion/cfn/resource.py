"""How a resource type is made, changed and deleted through EC2's actions: what a row of the table says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from awsregion.ec2.errors import AwsError
from awsregion.ec2.given import Given

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

Record: TypeAlias = dict[str, Any]


class Vault(Protocol):
    """Where CloudFormation puts the private half of a key pair that it makes."""

    def put(self, name: str, value: str) -> None:
        """Store a value under a name."""

    def drop(self, name: str) -> None:
        """Forget it."""


class Cloud(Protocol):
    """EC2, as a resource type calls it."""

    vault: Vault

    def call(self, action: str, request: Mapping[str, Any]) -> Record:
        """Check parameters and do the action."""

    def all_or_nothing(self) -> AbstractContextManager[None]:
        """Undo everything done inside if an error leaves the block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A resource as the stack knows it: what Ref returns, and what Fn::GetAtt does."""

    id: str
    attributes: Record = field(default_factory=dict)


Change: TypeAlias = Callable[[Cloud, str, Given, Given], None]
"""Carry a property's change out: the resource's id, all new and all old properties."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource type.

    `create` gets the properties and the name that CloudFormation would generate, and returns the id.
    """

    type: str
    create: Callable[[Cloud, Given, str], str]
    delete: Callable[[Cloud, str, Record], None]
    attributes: Callable[[Cloud, str, Record], Record]
    changes: Mapping[str, Change] = field(default_factory=dict)
    replaced_by: tuple[str, ...] = ()
    """Properties whose change replaces the resource although the schema does not say so."""
    tagged: Callable[[str], str] | None = None
    """From the physical id to the id that carries tags, where the type has tags that change in place."""

    def make(self, cloud: Cloud, properties: Record, name: str) -> Made:
        """Make a resource.

        Raises:
            AwsError: EC2 refuses, or a property is not honoured; then nothing is left of it.
        """
        with cloud.all_or_nothing():
            given = Given(properties)
            identifier = self.create(cloud, given, name)
            if unread := given.unread():
                raise not_honoured(self.type, unread)
            return Made(id=identifier, attributes=self.attributes(cloud, identifier, properties))

    def change(self, cloud: Cloud, identifier: str, old: Record, new: Record) -> Made:
        """Change a resource in place.

        Raises:
            AwsError: EC2 refuses, or the property does not change in place here; then nothing has changed.
        """
        with cloud.all_or_nothing():
            before, after = Given(old), Given(new)
            changed = [name for name in old.keys() | new.keys() if old.get(name) != new.get(name)]
            done: set[Change] = set()
            for name in sorted(changed):
                if name == "Tags" and self.tagged is not None:
                    _retag(cloud, self.tagged(identifier), old, new)
                elif name not in self.changes:
                    raise not_honoured(self.type, [name], "a change of ")
                elif self.changes[name] not in done:
                    self.changes[name](cloud, identifier, after, before)
                    done.add(self.changes[name])
            return Made(id=identifier, attributes=self.attributes(cloud, identifier, new))


def not_honoured(resource_type: str, names: list[str], what: str = "") -> AwsError:
    """Return the refusal of properties that AWS knows and this region does not honour."""
    return AwsError(
        "NotUpdatable" if what else "InvalidRequest",
        f"This region does not honour {what}{', '.join(sorted(names))} of {resource_type}.",
    )


def request(given: Given, names: Mapping[str, str]) -> Record:
    """Return an API request from properties; a name on the right may be a path, as ``Options.DnsSupport``."""
    made: Record = {}
    for name, path in names.items():
        if name not in given:
            continue
        *outer, last = path.split(".")
        target = made
        for step in outer:
            target = target.setdefault(step, {})
        target[last] = given.plain(name)
    return made


def tags(given: Given, *kinds: str) -> Record:
    """Return the tag specifications of new resources of these kinds."""
    own = given.plain("Tags") or []
    if not own:
        return {}
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": own} for kind in kinds]}


def same(*names: str) -> dict[str, str]:
    """Return the names as a mapping onto themselves."""
    return {name: name for name in names}


def described(action: str, ids: str, answer: str, members: Mapping[str, str]) -> Callable[[Cloud, str, Record], Record]:
    """Return a function that reads attributes back: name of the attribute by path in the described record."""

    def attributes(cloud: Cloud, identifier: str, _properties: Record) -> Record:
        record = cloud.call(action, {ids: [identifier]})[answer][0]
        return dict(_read(record, members))

    return attributes


def nothing(_cloud: Cloud, _identifier: str, _properties: Record) -> Record:
    """Return no attributes."""
    return {}


def deleted(action: str, parameter: str, *, many: bool = False) -> Callable[[Cloud, str, Record], None]:
    """Return a function that deletes by id."""

    def delete(cloud: Cloud, identifier: str, _properties: Record) -> None:
        cloud.call(action, {parameter: [identifier] if many else identifier})

    return delete


def itself(identifier: str) -> str:
    """Return the id: the resource carries its tags under the id that Ref returns."""
    return identifier


def _read(record: Record, members: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for name, path in members.items():
        value: Any = record
        for step in path.split("."):
            value = value[int(step)] if isinstance(value, list) else value[step]
        yield name, value.isoformat() if hasattr(value, "isoformat") else value


def _retag(cloud: Cloud, identifier: str, old: Record, new: Record) -> None:
    before, after = ({tag["Key"]: tag["Value"] for tag in one.get("Tags") or []} for one in (old, new))
    gone = [{"Key": key} for key in before if key not in after]
    come = [
        {"Key": key, "Value": value}
        for key, value in after.items()
        if before.get(key) != value and not key.startswith("aws:")
    ]
    if gone:
        cloud.call("DeleteTags", {"Resources": [identifier], "Tags": gone})
    if come:
        cloud.call("CreateTags", {"Resources": [identifier], "Tags": come})
