"""AWS's published schemas of resource types, and whether properties conform to them.

The schemas are read from cfn-lint's data, one small file a type; cfn-lint's code is not run: importing it takes longer
than the region may take to start. Of JSON schema this checks what the provider schemas use for structure: types,
required and unknown keys, enumerations, patterns, sizes.

Source: CloudFormation registry, resource provider schemas; CloudFormation user guide, "Resource type schema".
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PUBLISHED_IN: Final = "us-east-1"
"""The region with the most types; a type's schema differs little between regions."""

_PREFIX: Final = "/properties/"


class Schema:
    """The schema of one resource type."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self.type = str(document["typeName"])

    @property
    def properties(self) -> tuple[str, ...]:
        """All properties, read-only ones too."""
        return tuple(self._document["properties"])

    @property
    def create_only(self) -> tuple[str, ...]:
        """Properties whose change replaces the resource."""
        return self._top_level("createOnlyProperties")

    @property
    def read_only(self) -> tuple[str, ...]:
        """Properties that only Fn::GetAtt knows."""
        return self._top_level("readOnlyProperties")

    @property
    def tag_property(self) -> str | None:
        """The property that holds tags, where the type has them."""
        tagging = self._document.get("tagging", {})
        named = str(tagging.get("tagProperty", "")).removeprefix(_PREFIX)
        return named or None

    def problems(self, properties: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with resolved properties, in CloudFormation's words."""
        given = [name for name in properties if name in self.read_only]
        wrong = [f"#: Encountered unsupported property {name}" for name in given]
        return wrong + list(self._check(self._document, properties, "#"))

    def _top_level(self, keyword: str) -> tuple[str, ...]:
        names = (str(path).removeprefix(_PREFIX) for path in self._document.get(keyword, ()))
        return tuple(name for name in names if "/" not in name)

    def _check(self, rule: Mapping[str, Any], value: Any, at: str) -> Iterator[str]:
        if "$ref" in rule:
            target = rule["$ref"].removeprefix("#/definitions/")
            yield from self._check(self._document["definitions"][target], value, at)
            return
        kinds = rule.get("type", ())
        kinds = (kinds,) if isinstance(kinds, str) else kinds
        if kinds and not any(_is_a(kind, value) for kind in kinds):
            yield f"{at}: expected type: {' or '.join(kinds).title()}, found: {_kind_of(value)}"
            return
        if "enum" in rule and value not in rule["enum"] and str(value) not in map(str, rule["enum"]):
            yield f"{at}: {value} is not a valid enum value. Supported values: {rule['enum']}"
        if isinstance(value, dict):
            yield from self._check_object(rule, value, at)
        elif isinstance(value, list):
            yield from self._check_array(rule, value, at)
        elif isinstance(value, str):
            yield from _check_string(rule, value, at)

    def _check_object(self, rule: Mapping[str, Any], value: dict[str, Any], at: str) -> Iterator[str]:
        members = rule.get("properties", {})
        for name in rule.get("required", ()):
            if name not in value:
                yield f"{at}: required key [{name}] not found"
        patterns = rule.get("patternProperties", {})
        for name, below in value.items():
            if name in members:
                yield from self._check(members[name], below, f"{at}/{name}")
            elif rule.get("additionalProperties", True) is False and not any(_matches(one, name) for one in patterns):
                yield f"{at}: extraneous key [{name}] is not permitted"

    def _check_array(self, rule: Mapping[str, Any], value: list[Any], at: str) -> Iterator[str]:
        low, high = rule.get("minItems", 0), rule.get("maxItems", len(value))
        if not low <= len(value) <= high:
            yield f"{at}: expected {low} to {high} items, found: {len(value)}"
        for number, one in enumerate(value):
            yield from self._check(rule.get("items", {}), one, f"{at}/{number}")


def _check_string(rule: Mapping[str, Any], value: str, at: str) -> Iterator[str]:
    low, high = rule.get("minLength", 0), rule.get("maxLength", len(value))
    if not low <= len(value) <= high:
        yield f"{at}: expected length: {low} to {high}, found: {len(value)}"
    if not _matches(rule.get("pattern", ""), value):
        yield f"{at}: string [{value}] does not match pattern {rule['pattern']}"


def _matches(pattern: str, value: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is None or compiled.search(value) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    r"""Return a pattern of the schemas, or None for one that only JavaScript's engine reads (``\\p{L}``)."""
    try:
        return re.compile(pattern)
    except re.error:
        return None


def _is_a(kind: str, value: Any) -> bool:
    """Tell whether CloudFormation takes a value for a JSON type: it reads numbers and booleans from text too."""
    match kind:
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "boolean":
            return isinstance(value, bool) or value in ("true", "false")
        case "integer":
            return not isinstance(value, bool) and bool(re.fullmatch(r"-?\d+", str(value)))
        case "number":
            return not isinstance(value, bool) and bool(re.fullmatch(r"-?\d+(\.\d+)?", str(value)))
        case _:
            return not isinstance(value, (dict, list))


def _kind_of(value: Any) -> str:
    kinds = {dict: "JSONObject", list: "JSONArray", bool: "Boolean", int: "Integer", str: "String"}
    return kinds.get(type(value), type(value).__name__)


@cache
def schema(resource_type: str) -> Schema | None:
    """Return the published schema of a type, or None where there is none."""
    name = _index().get(resource_type)
    if name is None:
        return None
    text = (_folder() / "resources" / f"{name}.json").read_text(encoding="utf-8")
    return Schema(json.loads(text))


@cache
def _index() -> dict[str, str]:
    found: dict[str, str] = json.loads((_folder() / "providers" / f"{_PUBLISHED_IN}.json").read_text(encoding="utf-8"))
    return found


@cache
def _folder() -> Path:
    package = find_spec("cfnlint")
    if package is None or package.origin is None:
        message = "cfn-lint is not installed; its data holds the resource schemas"
        raise RuntimeError(message)
    return Path(package.origin).parent / "data" / "schemas"
