"""Actions that list things: by ids, with filters, in pages, as the API's own model has them."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from awsregion.ec2.errors import AwsError, invalid_value, not_found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from awsregion.ec2.parameters import Given
    from awsregion.ec2.store import Ec2, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeShape:
    """What the API says of an action that lists things."""

    answer: str
    """The output's member that is listed."""
    ids: str
    """The input's member that names ids; empty where there is none."""
    filters: Mapping[str, str]
    """The filters that AWS documents, with the path of what each compares, as far as that follows from its name."""


def _as_stored(_ec2: Ec2, record: Record) -> Record:
    return record


@dataclass(frozen=True, slots=True)
class Listing:
    """A Describe action over a table."""

    action: str
    table: str
    also: Mapping[str, str] = field(default_factory=dict)
    """Filters whose names do not say the path of what they compare."""
    view: Callable[[Ec2, Record], Record] = _as_stored
    only: Mapping[str, str] = field(default_factory=dict)
    """Fields that a record of the table must have to be listed here."""

    def __call__(self, ec2: Ec2, given: Given) -> Record:
        """Answer the action.

        Raises:
            AwsError: an id that is not there, a filter that AWS does not have, a token that is none.
        """
        shown = {
            identifier: ec2.tagged(identifier, self.view(ec2, record))
            for identifier, record in ec2.listed(self.table).items()
            if all(record.get(name) == value for name, value in self.only.items())
        }
        if wanted := given.get(ec2.describes(self.action).ids):
            for identifier in wanted:
                if identifier not in shown:
                    raise not_found(self.table, identifier)
            shown = {identifier: shown[identifier] for identifier in dict.fromkeys(wanted)}
        return listed(ec2, self.action, shown.values(), given, self.also)


def listed(
    ec2: Ec2, action: str, records: Iterable[Record], given: Given, also: Mapping[str, str] | None = None
) -> Record:
    """Answer an action that lists things: those that the filters let through, a page at a time.

    Raises:
        AwsError: a filter that AWS does not have, a token that is none.
    """
    shape = ec2.describes(action)
    return page(shape.answer, select(records, given, {**shape.filters, **(also or {})}), given)


def select(records: Iterable[Record], given: Given, paths: Mapping[str, str]) -> list[Record]:
    """Return the records that every given filter lets through; values may hold ``*`` and ``?``.

    Raises:
        AwsError: a filter that is not among `paths`.
    """
    found = list(records)
    for entry in given.get("Filters") or []:
        name, patterns = entry["Name"], entry.get("Values") or []
        if name.startswith("tag:"):
            wanted = name.removeprefix("tag:")
            found = [record for record in found if _any(_tag_values(record, wanted), patterns)]
        elif name == "tag-key":
            found = [record for record in found if _any((tag["Key"] for tag in record.get("Tags", ())), patterns)]
        elif name in paths:
            found = [record for record in found if _any(_walk(record, paths[name].split(".")), patterns)]
        else:
            raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
    return found


def page(answer: str, records: list[Record], given: Given) -> Record:
    """Return the page that MaxResults and NextToken ask for.

    Raises:
        AwsError: a token that this API did not give.
    """
    start, count = _offset(given.get("NextToken")), given.get("MaxResults")
    end = len(records) if count is None else start + int(count)
    result: Record = {answer: records[start:end]}
    if end < len(records):
        result["NextToken"] = base64.b64encode(str(end).encode()).decode()
    return result


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.b64decode(token, validate=True))
    except (ValueError, binascii.Error) as error:
        raise invalid_value("nextToken", token) from error


def _tag_values(record: Record, key: str) -> Iterable[str]:
    return (tag["Value"] for tag in record.get("Tags", ()) if tag["Key"] == key)


def _any(values: Iterable[Any], patterns: list[str]) -> bool:
    texts = [str(value).lower() if isinstance(value, bool) else str(value) for value in values]
    return any(fnmatchcase(text, pattern) for text in texts for pattern in patterns)


def _walk(value: Any, path: list[str]) -> Iterable[Any]:
    """Yield what stands at the end of a path; a list on the way means each of its items."""
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, path)
    elif not path:
        if value is not None:
            yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _walk(value[path[0]], path[1:])
