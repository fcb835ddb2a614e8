"""The state of EC2 in one region: tables of records, and transactions over them."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from awsregion.ec2.errors import AwsError, not_found
from awsregion.live import Live
from awsregion.slowness import LINGERING, RegionClock, Slowness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from awsregion.ec2.describe import DescribeShape

Record: TypeAlias = dict[str, Any]
"""A resource in the shape of the EC2 API's output. Keys that begin with ``_`` never leave the region.

A record is never changed where it stands: `Ec2.change` puts a new one in its place.
"""

Tables: TypeAlias = dict[str, dict[str, Record]]

RETENTION: Final = timedelta(seconds=60)
"""How long what was deleted stays listed. AWS keeps attachments, VPN connections and instances about an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """What EC2 asks other services for."""

    instance_profile: Callable[[str], Record | None]
    """An instance profile by name or ARN, as ``{"Arn": ..., "Id": ...}``."""
    keep_secret: Callable[[str, str], str] | None = None
    """Put a secret into Secrets Manager under a name, anew or in place of what is there; return its ARN."""
    drop_secret: Callable[[str], None] | None = None
    """Delete the secret of that name; one that is gone is no error."""


class Ec2:
    """EC2's resources in one region of one account.

    Tables are named by the resource types of tag specifications (``vpc``, ``transit-gateway-attachment``, ...).
    """

    def __init__(
        self,
        *,
        region: str,
        account: str,
        neighbours: Neighbours,
        describes: Callable[[str], DescribeShape],
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self.region = region
        self.account = account
        self.neighbours = neighbours
        self.describes = describes
        """What the API says of an action that lists things."""
        self.time = RegionClock()
        self.now = now or self.time.date
        self.clock: Callable[[], float] = self.time.seconds
        self.live = Live()
        self.settle_s = 0.0
        """Seconds that a state takes which AWS takes time for, as pending or deleting."""
        self.pace: dict[str, float] = {}
        """Where a table's states take another time than `settle_s`."""
        self.slowness = Slowness()
        self.quotas: dict[str, int] = {}
        """Quotas that this account has had raised, by their name in `quotas`."""
        self.settled_at = 0.0
        """When, by the clock, the last state that was begun has settled."""
        self._tables: Tables = {}
        self._tags: dict[str, dict[str, str]] = {}
        self._answers: dict[tuple[str, str], Record] = {}
        self._generation = 0

    @property
    def generation(self) -> int:
        """A number that rises with every change."""
        return self._generation

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Undo every change made inside if an error leaves the block."""
        tables = {name: dict(table) for name, table in self._tables.items()}
        tags = {identifier: dict(values) for identifier, values in self._tags.items()}
        generation = self._generation
        try:
            yield
        except BaseException:
            self._tables, self._tags, self._generation = tables, tags, generation
            raise

    def dump(self) -> dict[str, Any]:
        """Return the state as plain values and datetimes, without what the fabric reports: what `restore` takes."""
        return {
            "tables": {name: dict(table) for name, table in self._tables.items()},
            "tags": {identifier: dict(values) for identifier, values in self._tags.items()},
            "answers": [[*key, answer] for key, answer in self._answers.items()],
            "pace": dict(self.pace),
            "slowness": self.slowness.model_dump(),
            "clock": {"seconds": self.time.seconds(), "rate": self.time.rate},
        }

    def restore(self, dumped: Mapping[str, Any]) -> None:
        """Take over a state that `dump` gave."""
        self._tables = dumped["tables"]
        self._tags = dumped["tags"]
        self._answers = {(action, token): answer for action, token, answer in dumped["answers"]}
        self.pace = dumped["pace"]
        self.slowness = Slowness.model_validate(dumped["slowness"])
        self.time.run(dumped["clock"]["rate"])
        self.time.advance(max(0.0, dumped["clock"]["seconds"] - self.time.seconds()))
        self._generation += 1

    def new_id(self, prefix: str) -> str:
        """Return an id that nothing has: the prefix and 17 hexadecimal digits."""
        return f"{prefix}-0{secrets.token_hex(8)}"

    def arn(self, resource: str) -> str:
        """Return the ARN of a resource of EC2."""
        return f"arn:aws:ec2:{self.region}:{self.account}:{resource}"

    def add(self, table: str, identifier: str, record: Record) -> Record:
        """Put a new record in a table."""
        self._tables.setdefault(table, {})[identifier] = record
        self._generation += 1
        return record

    def change(self, table: str, identifier: str, **fields: Any) -> Record:
        """Replace fields of a record."""
        return self.add(table, identifier, {**self._there(table, identifier), **fields})

    def remove(self, table: str, identifier: str) -> None:
        """Take a record and its tags away."""
        self._tables[table].pop(identifier)
        self._tags.pop(identifier, None)
        self._generation += 1

    def _there(self, table: str, identifier: str) -> Record:
        self.get(table, identifier)
        return self._tables[table][identifier]

    def settling(self, table: str, identifier: str, state: str = "pending", *, at_least_s: float = 0) -> Record:
        """Show a record in another state until the time has passed that its table's states take."""
        lasts = max(at_least_s, self.pace.get(table, self.settle_s))
        record = self._tables[table][identifier]
        if lasts <= 0:
            return record
        until = self.clock() + lasts
        self.settled_at = max(self.settled_at, until)
        return self.add(table, identifier, {**record, "_until": until, "_meanwhile": state})

    def settle_now(self, table: str, identifier: str) -> None:
        """Let a record be at once in the state to which it is on its way."""
        self.add(table, identifier, {**self._tables[table][identifier], "_until": 0.0})

    def retire(
        self, table: str, identifier: str, *, leaving: str = "deleting", brief: bool = False, **fields: Any
    ) -> Record:
        """Delete a record, and keep it listed for a while in the state that `fields` give it.

        It is in state `leaving` before. A `brief` one is not listed after that.
        """
        gone = self.now() - (2 * RETENTION if brief else timedelta())
        self.add(table, identifier, {**self._there(table, identifier), **fields, "_gone": gone})
        return self.settling(
            table, identifier, leaving, at_least_s=self.slowness.deleting_s if table in LINGERING else 0
        )

    def prune(self) -> None:
        """Forget what was deleted long enough ago; as it was deleted already, that is no change."""
        before = self.now() - RETENTION
        for table in self._tables.values():
            for identifier in [
                key
                for key, record in table.items()
                if record.get("_gone", before) < before and not self._in_between(record)
            ]:
                table.pop(identifier)
                self._tags.pop(identifier, None)

    def get(self, table: str, identifier: str) -> Record:
        """Return a record.

        Raises:
            AwsError: there is none of that id, or it has been deleted, or is being so.
        """
        record = self.find(table, identifier)
        if record is None:
            if self._in_between(self._tables.get(table, {}).get(identifier, {})):
                raise AwsError("IncorrectState", f"{identifier} is in invalid state: it is being deleted.")
            raise not_found(table, identifier)
        return record

    def ready(self, table: str, identifier: str) -> Record:
        """Return a record whose state has settled.

        Raises:
            AwsError: as `get` does; or its state has not settled yet.
        """
        record = self.get(table, identifier)
        if self._in_between(record):
            raise AwsError("IncorrectState", f"{identifier} is in invalid state: {record['_meanwhile']}.")
        return record

    def find(self, table: str, identifier: str | None) -> Record | None:
        """Return a record, or None where there is none of that id or it has been deleted."""
        record = self._tables.get(table, {}).get(identifier or "")
        return None if record is None or "_gone" in record else self._now(record)

    def all(self, table: str, **where: Any) -> list[Record]:
        """Return the records whose fields have these values, oldest first, without the deleted ones."""
        return [
            self._now(record)
            for record in self._tables.get(table, {}).values()
            if "_gone" not in record and all(record.get(field) == value for field, value in where.items())
        ]

    def holding(self, table: str, **where: Any) -> list[Record]:
        """Return what `all` does, and what is being deleted still: AWS counts it where a deletion depends on it."""
        return [
            self._now(record)
            for record in self._tables.get(table, {}).values()
            if ("_gone" not in record or self._in_between(record))
            and all(record.get(field) == value for field, value in where.items())
        ]

    def listed(self, table: str) -> dict[str, Record]:
        """Return every record that a Describe action shows, by id, the lately deleted ones included."""
        return {key: self._now(record) for key, record in self._tables.get(table, {}).items()}

    def _in_between(self, record: Record) -> bool:
        until: float = record.get("_until", 0.0)
        return until > 0 and self.clock() < until

    def _now(self, record: Record) -> Record:
        return {**record, "State": record["_meanwhile"]} if self._in_between(record) else record

    def kind_of(self, identifier: str) -> str | None:
        """Return the table that holds this id."""
        return next((name for name in self._tables if self.find(name, identifier) is not None), None)

    def identifiers(self) -> list[tuple[str, str]]:
        """Return the table and id of every resource."""
        return [(name, key) for name, table in self._tables.items() for key in table if self.find(name, key)]

    def answered(self, action: str, token: str | None) -> Record | None:
        """Return what was answered to the action when this client token came first."""
        return self._answers.get((action, token)) if token else None

    def remember(self, action: str, token: str | None, answer: Record) -> None:
        """Keep an answer for when its client token comes again."""
        if token:
            self._answers[action, token] = answer

    def tags(self, identifier: str) -> dict[str, str]:
        """Return a resource's tags."""
        return dict(self._tags.get(identifier, {}))

    def tag(self, identifier: str, tags: Mapping[str, str]) -> None:
        """Set tags of a resource; those of other keys stay.

        Raises:
            AwsError: more than 50 tags, or a reserved key.
        """
        merged = self.tags(identifier) | dict(tags)
        if len([key for key in merged if not key.startswith("aws:")]) > _MAX_TAGS:
            raise AwsError("TagLimitExceeded", f"The maximum number of tags for a resource is {_MAX_TAGS}.")
        self._tags[identifier] = merged
        self._generation += 1

    def untag(self, identifier: str, keys: Mapping[str, str | None]) -> None:
        """Remove tags of these keys; where a value is named, only if the tag has it."""
        kept = {
            key: value
            for key, value in self.tags(identifier).items()
            if not (key in keys and keys[key] in {None, value})
        }
        self._tags[identifier] = kept
        self._generation += 1

    def tagged(self, identifier: str, record: Record) -> Record:
        """Return the record with its tags."""
        return {**record, "Tags": [{"Key": key, "Value": value} for key, value in self.tags(identifier).items()]}


_MAX_TAGS: Final = 50
