"""What a request gave, and which of it was never looked at: nothing is dropped in silence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, final

from awsregion.ec2.errors import missing


@final
class Given(Mapping[str, Any]):
    """A read-only view of a request that remembers what was read; nested structures are views too.

    >>> given = Given({"VpcId": "vpc-1", "Options": {"DnsSupport": "enable"}})
    >>> given["VpcId"], given["Options"].get("Ipv6Support")
    ('vpc-1', None)
    >>> given.unread()
    ['Options.DnsSupport']
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)
        self._read: set[str] = set()
        self._views: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Any:
        if key not in self._values:
            raise missing(key)
        value = self._values[key]
        self._read.add(key)
        if key not in self._views:
            self._views[key] = _view(value)
        return self._views[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: object) -> bool:
        """Asking whether something is given does not count as reading it."""
        return key in self._values

    def get(self, key: str, default: Any = None) -> Any:
        """Return what is given under that name, or the default."""
        return self[key] if key in self._values else default

    def plain(self, key: str, default: Any = None) -> Any:
        """Return a copy of what is given under that name, all of it counted as read."""
        self._read.add(key)
        self._views.pop(key, None)
        return _plain(self._values[key]) if key in self._values else default

    def unread(self) -> list[str]:
        """Return the paths of what was given and never read."""
        paths = [key for key in self._values if key not in self._read]
        for key, view in self._views.items():
            paths += [f"{key}.{path}" for path in _unread(view)]
        return paths


def _view(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Given(value)
    if isinstance(value, list):
        return [_view(item) for item in value]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _unread(view: Any) -> list[str]:
    if isinstance(view, Given):
        return view.unread()
    if isinstance(view, list):
        return [f"{number}.{path}" for number, item in enumerate(view, 1) for path in _unread(item)]
    return []
