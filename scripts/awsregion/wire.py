"""The EC2 query protocol, both ways, from botocore's model of the service: nothing here knows an action by name.

Source: botocore's data for EC2; AWS's description of the protocol in Smithy, "AWS EC2 query protocol".
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

from botocore.exceptions import ParamValidationError
from botocore.model import ListShape, OperationNotFoundError, StructureShape
from botocore.utils import parse_timestamp

from awsregion.ec2.describe import DescribeShape
from awsregion.ec2.errors import AwsError, invalid_value, missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from botocore.model import OperationModel, ServiceModel, Shape

_NOT_IN_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FILTER: Final = re.compile(r"<li>\s*<p>\s*<code>([\w.-]+)</code>")
"""How the model's documentation names the filters of an action."""
_BOOLEANS: Final = {"true": True, "false": False}


class Wire:
    """Requests into parameters in the shape of the API's input, answers into XML."""

    def __init__(self, model: ServiceModel) -> None:
        self._model = model
        self._described: dict[str, DescribeShape] = {}
        self._namespace = f"http://ec2.amazonaws.com/doc/{model.api_version}/"

    def parse(self, form: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
        """Return the action of a request and its parameters.

        Raises:
            AwsError: no such action or parameter, a value of the wrong kind, or a required one missing.
        """
        action = form.get("Action", "")
        operation = self._operation(action)
        tree: dict[str, Any] = {}
        for name, value in form.items():
            if name not in {"Action", "Version"}:
                _plant(tree, name.split("."), value)
        shape = operation.input_shape
        if shape is None:
            return action, {}
        return action, self.checked(action, _from_form(shape, tree, ""))

    def checked(self, action: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters with every value in its own type; text is taken for numbers and booleans.

        Raises:
            AwsError: as `parse` does.
        """
        shape = self._operation(action).input_shape
        checked: dict[str, Any] = {} if shape is None else _typed(shape, values, "")
        return checked

    def describes(self, action: str) -> DescribeShape:
        """Return what an action that lists things lists, by which ids, and with which filters.

        Raises:
            AwsError: there is no such action.
        """
        if action not in self._described:
            self._described[action] = _describe_shape(self._operation(action))
        return self._described[action]

    def render(self, action: str, answer: Mapping[str, Any], request_id: str) -> bytes:
        """Return the XML of an answer.

        Raises:
            KeyError: the answer has a member that the API's output has not.
        """
        root = ET.Element(f"{action}Response", xmlns=self._namespace)
        ET.SubElement(root, "requestId").text = request_id
        shape = self._operation(action).output_shape
        if shape is None:
            # EC2 tells success of actions that have nothing else to tell.
            ET.SubElement(root, "return").text = "true"
        else:
            _members(root, shape, answer)
        return _document(root)

    def _operation(self, action: str) -> OperationModel:
        try:
            return self._model.operation_model(action)
        except OperationNotFoundError as error:
            raise AwsError("InvalidAction", f"The action {action} is not valid for this web service.") from error


def render_error(error: AwsError, request_id: str) -> bytes:
    """Return the XML of an error."""
    root = ET.Element("Response")
    entry = ET.SubElement(ET.SubElement(root, "Errors"), "Error")
    ET.SubElement(entry, "Code").text = error.code
    ET.SubElement(entry, "Message").text = printable(error.message)
    ET.SubElement(root, "RequestID").text = request_id
    return _document(root)


def printable(text: str) -> str:
    """Return a text without what XML cannot hold. Source: Extensible Markup Language 1.0, 2.2."""
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def _describe_shape(operation: OperationModel) -> DescribeShape:
    members = operation.input_shape.members if operation.input_shape else {}
    name, listed = next((name, one) for name, one in _lists(operation.output_shape))
    # Instances are listed by the reservation that they were launched with.
    for inner, shape in _lists(listed.member):
        if operation.name == f"Describe{inner}":
            name, listed = inner, shape
    documented = _FILTER.findall(members["Filters"].documentation) if "Filters" in members else ()
    paths = {one: _path(listed.member, one.split(".")) for one in documented}
    return DescribeShape(
        answer=name,
        ids=next((one for one in members if one.endswith("Ids")), ""),
        filters={one: ".".join(path) for one, path in paths.items() if path},
    )


def _lists(shape: Shape | None) -> Iterator[tuple[str, ListShape]]:
    members = shape.members.items() if isinstance(shape, StructureShape) else ()
    return ((name, one) for name, one in members if isinstance(one, ListShape))


def _path(shape: Shape, steps: list[str]) -> list[str]:
    """Return the members that a filter's name leads to, as ``attachment.instance-id``; none where it leads nowhere."""
    while isinstance(shape, ListShape):
        shape = shape.member
    if not isinstance(shape, StructureShape):
        return []
    camel = "".join(word.capitalize() for word in steps[0].split("-"))
    for name in (camel, f"{camel}s", f"{camel}Set"):
        if name in shape.members:
            below = shape.members[name]
            if len(steps) == 1:
                return [] if _is_structure(below) else [name]
            if path := _path(below, steps[1:]):
                return [name, *path]
    return []


def _is_structure(shape: Shape) -> bool:
    while isinstance(shape, ListShape):
        shape = shape.member
    return isinstance(shape, StructureShape)


def _plant(tree: dict[str, Any], path: list[str], value: str) -> None:
    for step in path[:-1]:
        below = tree.setdefault(step, {})
        if not isinstance(below, dict):
            raise AwsError("InvalidParameterCombination", f"The parameter {'.'.join(path)} is given in two ways.")
        tree = below
    tree[path[-1]] = value


def _query_name(name: str, shape: Shape) -> str:
    """Return what the protocol calls a member."""
    serialization = shape.serialization
    if "queryName" in serialization:
        return str(serialization["queryName"])
    wire = str(serialization.get("name", name))
    return wire[:1].upper() + wire[1:]


def _from_form(shape: Shape, tree: Any, path: str) -> Any:
    """Return the parameters that a tree of form fields says, still as text."""
    if isinstance(shape, StructureShape):
        names = {_query_name(name, member): name for name, member in shape.members.items()}
        values = {}
        for wire, below in _branches(tree, path).items():
            if wire not in names:
                raise AwsError("UnknownParameter", f"The parameter {_at(path, wire)} is not recognized")
            member = names[wire]
            values[member] = _from_form(shape.members[member], below, _at(path, wire))
        return values
    if isinstance(shape, ListShape):
        if tree == "":
            return []
        branches = _branches(tree, path)
        if any(not number.isdigit() for number in branches):
            raise AwsError("UnknownParameter", f"The parameter {path} is a list: its items are numbered.")
        return [_from_form(shape.member, branches[number], _at(path, number)) for number in sorted(branches, key=int)]
    if isinstance(tree, dict):
        raise AwsError("UnknownParameter", f"The parameter {_at(path, next(iter(tree)))} is not recognized")
    return tree


def _branches(tree: Any, path: str) -> dict[str, Any]:
    if not isinstance(tree, dict):
        raise AwsError("InvalidParameterValue", f"The parameter {path} has members; it is not a value itself.")
    return tree


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _typed(shape: Shape, value: Any, path: str) -> Any:
    if isinstance(shape, StructureShape):
        if not hasattr(value, "items"):
            raise invalid_value(path, value)
        for name in value:
            if name not in shape.members:
                raise AwsError("UnknownParameter", f"The parameter {_at(path, name)} is not recognized")
        for name in shape.required_members:
            if name not in value:
                raise missing(_at(path, name))
        return {name: _typed(shape.members[name], one, _at(path, name)) for name, one in value.items()}
    if isinstance(shape, ListShape):
        if not isinstance(value, (list, tuple)):
            raise invalid_value(path, value, "A list is needed.")
        return [_typed(shape.member, one, f"{path}.{number}") for number, one in enumerate(value, 1)]
    typed = _scalar(shape, value, path)
    choices = getattr(shape, "enum", None)
    if choices and typed not in choices:
        raise invalid_value(path, value, f"Valid values are {', '.join(choices)}.")
    return typed


def _scalar(shape: Shape, value: Any, path: str) -> Any:
    try:
        match shape.type_name:
            case "boolean":
                return value if isinstance(value, bool) else _BOOLEANS[str(value)]
            case "integer" | "long":
                return int(str(value)) if not isinstance(value, bool) else _BOOLEANS[""]
            case "double" | "float":
                return float(value)
            case "timestamp":
                return value if isinstance(value, datetime) else parse_timestamp(value)
            case "blob":
                return value if isinstance(value, bytes) else base64.b64decode(value, validate=True)
            case _:
                return _text(value)
    except (ValueError, KeyError, TypeError, binascii.Error, ParamValidationError) as error:
        raise invalid_value(path, value) from error


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        raise TypeError(value)
    return str(value)


def _members(parent: ET.Element, shape: StructureShape, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if name.startswith("_") or value is None:
            continue
        member = shape.members[name]
        _element(parent, str(member.serialization.get("name", name)), member, value)


def _element(parent: ET.Element, name: str, shape: Shape, value: Any) -> None:
    element = ET.SubElement(parent, name)
    if isinstance(shape, StructureShape):
        _members(element, shape, value)
    elif isinstance(shape, ListShape):
        item = str(shape.member.serialization.get("name", "member"))
        for one in value:
            _element(element, item, shape.member, one)
    else:
        element.text = _as_text(value)


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return printable(str(value))


def _document(root: ET.Element) -> bytes:
    body: bytes = ET.tostring(root, encoding="utf-8", short_empty_elements=False)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body
