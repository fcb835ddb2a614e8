"""Describe actions from rows: which table, by which ids, with which filters."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from awsregion.ec2.errors import AwsError, invalid_value, not_found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from awsregion.ec2.given import Given
    from awsregion.ec2.store import Ec2, Record


def _as_stored(_ec2: Ec2, record: Record) -> Record:
    return record


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A Describe action: `answer` is its output's member, `filters` are names with the path of what they compare."""

    answer: str
    table: str
    ids: str | None = None
    names: tuple[str, ...] = ()
    """Filters whose path is their own name in camel case: ``vpc-id`` compares ``VpcId``."""
    filters: Mapping[str, str] = field(default_factory=dict)
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
        if self.ids is not None and given.get(self.ids):
            wanted = given[self.ids]
            for identifier in wanted:
                if identifier not in shown:
                    raise not_found(self.table, identifier)
            shown = {identifier: shown[identifier] for identifier in dict.fromkeys(wanted)}
        paths = {name: camel(name) for name in self.names} | dict(self.filters)
        return page(self.answer, select(shown.values(), given, paths), given)


def camel(name: str) -> str:
    """Return the API's member for a filter's name.

    >>> camel("transit-gateway-id")
    'TransitGatewayId'
    """
    return "".join(word.capitalize() for word in name.split("-"))


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
