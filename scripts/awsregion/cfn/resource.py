"""How a resource type is made, changed and deleted through EC2's actions: what a row of the table says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from awsregion.ec2.errors import AwsError
from awsregion.ec2.parameters import Given

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

Record: TypeAlias = dict[str, Any]


class Vault(Protocol):
    """Where CloudFormation puts the private half of a key pair that it makes."""

    def put(self, name: str, value: str) -> None:
        """Store a value under a name."""

    def drop(self, name: str) -> None:
        """Forget it."""


class Ec2Actions(Protocol):
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


Change: TypeAlias = Callable[[Ec2Actions, str, Given, Given], None]
"""Carry a property's change out: the resource's id, all new and all old properties."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """The EC2 action that makes a resource."""

    action: str
    made: str
    """The path of the id in the answer, as ``Vpc.VpcId``."""
    takes: Mapping[str, str]
    """Properties, and where the request has them."""
    tags: str = ""
    """The kind of resource that the request's tags are of; empty where it takes none."""
    then: tuple[str, ...] = ()
    """Properties that are set after it, as they are changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomCreation:
    """A function that makes a resource: of the properties and the name that CloudFormation would generate, its id."""

    make: Callable[[Ec2Actions, Given, str], str]
    reads: tuple[str, ...]
    """The properties that it honours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource type."""

    type: str
    create: Creation | CustomCreation
    delete: Callable[[Ec2Actions, str, Record], None]
    attributes: Callable[[Ec2Actions, str, Record], Record] | str
    """What Fn::GetAtt returns; a name alone is the attribute that holds the id."""
    changes: Mapping[str, Change] = field(default_factory=dict)
    replaced_by: tuple[str, ...] = ()
    """Properties whose change replaces the resource although the schema does not say so."""
    tagged: bool = True
    """Its tags change in place; it carries them under the id that Ref returns."""

    @property
    def honoured(self) -> frozenset[str]:
        """The properties that can be seen again through EC2 or in what the fabric does."""
        made = self.create
        own = made.reads if isinstance(made, CustomCreation) else (*made.takes, *made.then)
        tags = {"Tags"} if isinstance(made, Creation) and made.tags else set()
        return frozenset({*own, *self.changes, *tags})

    def described(self, cloud: Ec2Actions, identifier: str, properties: Record) -> Record:
        """Return what Fn::GetAtt does."""
        return (
            {self.attributes: identifier}
            if isinstance(self.attributes, str)
            else self.attributes(cloud, identifier, properties)
        )

    def make(self, cloud: Ec2Actions, properties: Record, name: str) -> Made:
        """Make a resource.

        Raises:
            AwsError: EC2 refuses, or a property is not honoured; then nothing is left of it.
        """
        with cloud.all_or_nothing():
            given = Given(properties)
            identifier = self._made(cloud, given, name)
            if unread := given.unread():
                raise not_honoured(self.type, unread)
            return Made(id=identifier, attributes=self.described(cloud, identifier, properties))

    def _made(self, cloud: Ec2Actions, given: Given, name: str) -> str:
        how = self.create
        if isinstance(how, CustomCreation):
            return how.make(cloud, given, name)
        asked = request(given, how.takes) | (tags(given, how.tags) if how.tags else {})
        identifier = str(_at(cloud.call(how.action, asked), how.made))
        for later in how.then:
            if later in given:
                self.changes[later](cloud, identifier, given, given)
        return identifier

    def change(self, cloud: Ec2Actions, identifier: str, old: Record, new: Record) -> Made:
        """Change a resource in place.

        Raises:
            AwsError: EC2 refuses, or the property does not change in place here; then nothing has changed.
        """
        with cloud.all_or_nothing():
            before, after = Given(old), Given(new)
            changed = [name for name in old.keys() | new.keys() if old.get(name) != new.get(name)]
            done: set[Change] = set()
            for name in sorted(changed):
                if name == "Tags" and self.tagged:
                    _retag(cloud, identifier, old, new)
                elif name not in self.changes:
                    raise not_honoured(self.type, [name], "a change of ")
                elif self.changes[name] not in done:
                    self.changes[name](cloud, identifier, after, before)
                    done.add(self.changes[name])
            return Made(id=identifier, attributes=self.described(cloud, identifier, new))


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


def described(
    action: str, ids: str, answer: str, members: Mapping[str, str]
) -> Callable[[Ec2Actions, str, Record], Record]:
    """Return a function that reads attributes back: name of the attribute by path in the described record."""

    def attributes(cloud: Ec2Actions, identifier: str, _properties: Record) -> Record:
        record = cloud.call(action, {ids: [identifier]})[answer][0]
        return dict(_read(record, members))

    return attributes


def deleted(action: str, parameter: str, *, many: bool = False) -> Callable[[Ec2Actions, str, Record], None]:
    """Return a function that deletes by id."""

    def delete(cloud: Ec2Actions, identifier: str, _properties: Record) -> None:
        cloud.call(action, {parameter: [identifier] if many else identifier})

    return delete


def _read(record: Record, members: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for name, path in members.items():
        value = _at(record, path)
        yield name, value.isoformat() if hasattr(value, "isoformat") else value


def _at(value: Any, path: str) -> Any:
    for step in path.split("."):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def _retag(cloud: Ec2Actions, identifier: str, old: Record, new: Record) -> None:
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
