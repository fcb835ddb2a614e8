"""The body of a request in AWS's JSON protocols, checked against the service's own model before anything looks at it.

Source: Smithy's description of AWS JSON 1.1; "Common errors" of Systems Manager (SerializationException,
ValidationException).
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, StructureShape

from awsregion.ec2.errors import AwsError

if TYPE_CHECKING:
    from botocore.model import Shape

_NAMES: Final = {
    "ec2-instance-connect": "ec2-instance-connect",
    "servicequotas": "service-quotas",
    "ssm": "ssm",
}
"""Of the models, by what requests are signed for."""
_BITS: Final = {"integer": 31, "long": 63}


def checked(service: str, action: str, body: bytes) -> dict[str, Any]:
    """Return the parameters of an action; members that it has not are left out, as AWS does.

    Raises:
        AwsError: the body is no JSON object, has a value of the wrong type, or lacks a required member.
    """
    try:
        asked = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise AwsError("SerializationException", "The request's body is no JSON.") from None
    model = _model(_NAMES[service])
    shape = model.operation_model(action).input_shape if action in model.operation_names else None
    if shape is None:
        return {}
    found: dict[str, Any] = _value(shape, asked, action)
    return found


@cache
def _model(name: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(name, "service-2"), name)


def _value(shape: Shape, value: Any, path: str) -> Any:
    if isinstance(shape, StructureShape):
        given = {name: one for name, one in _of(dict, value, path).items() if one is not None}
        for name in shape.required_members:
            if name not in given:
                raise AwsError("ValidationException", f"{path}.{name}: Member must not be null")
        return {
            name: _value(shape.members[name], one, f"{path}.{name}")
            for name, one in given.items()
            if name in shape.members
        }
    if isinstance(shape, ListShape):
        return [_value(shape.member, one, path) for one in _of(list, value, path)]
    if isinstance(shape, MapShape):
        return {name: _value(shape.value, one, f"{path}.{name}") for name, one in _of(dict, value, path).items()}
    return _scalar(shape, value, path)


def _scalar(shape: Shape, value: Any, path: str) -> Any:
    match shape.type_name:
        case "integer" | "long":
            number = _of(int, value, path)
            if isinstance(value, bool) or not -(1 << _BITS[shape.type_name]) <= number < 1 << _BITS[shape.type_name]:
                raise _wrong(path)
            return number
        case "boolean":
            return _of(bool, value, path)
        case "double" | "float" | "timestamp":
            return _of((int, float), value, path)
        case _:
            text = _of(str, value, path)
            try:
                text.encode()
            except UnicodeEncodeError:
                raise _wrong(path) from None
            return text


def _of(kind: type | tuple[type, ...], value: Any, path: str) -> Any:
    if not isinstance(value, kind):
        raise _wrong(path)
    return value


def _wrong(path: str) -> AwsError:
    return AwsError("SerializationException", f"{path}: the value is of the wrong type")
