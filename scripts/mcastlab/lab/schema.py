"""JSON schemas of models, and of lab files: from that one an editor completes them.

Source: JSON Schema, draft 2020-12.
"""

from __future__ import annotations

import inspect
from dataclasses import is_dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_args, get_type_hints

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from mcastlab.lab.descriptions import descriptions, models_in
from mcastlab.lab.model import BLOCKS, GroupBlock, Lab
from mcastlab_base.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"

FILLED_IN: Final = (("Lab", "router"), ("AwsRouter", "subnet"), ("Hosts", "subnet"), ("RemoteRouter", "loopback"))
"""Fields that every lab has and a document may leave out, because they follow from others."""


def lab_schema() -> dict[str, Any]:
    """Return the schema of lab files, each field described by the sentence that stands below it in the model."""
    from mcastlab.lab.device_tests import DeviceTest  # noqa: PLC0415  (as few labs have tests)

    schema = described_schema(Lab, "Lab file of mcastlab", "validation")
    test = described_schema(DeviceTest, "A test of devices", "validation")
    schema["$defs"] |= {**test.pop("$defs"), DeviceTest.__name__: test}
    schema["properties"]["tests"]["items"] = {"$ref": f"#/$defs/{DeviceTest.__name__}"}
    definitions = {Lab.__name__: schema, **schema["$defs"]}
    for definition in definitions.values():
        definition.setdefault("required", [])
    for model, field in FILLED_IN:
        definitions[model]["required"].remove(field)
    definitions[GroupBlock.__name__]["required"].append("bridge")
    groups = schema["properties"]["groups"]
    block = schema["properties"].pop(BLOCKS)["items"]
    schema["properties"]["groups"] = {**groups, "items": {"anyOf": [groups["items"], block]}, "minItems": 1}
    return schema


def answer_schema(top: type, title: str, version: int = 1, **more: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of what a verb prints: a model or dataclass, its version first, and more properties."""
    schema = TypeAdapter(top).json_schema(mode="serialization")
    definitions = {top.__name__: schema, **schema.pop("$defs", {})}
    for each in dict.fromkeys(_classes_below(top)):
        # One that serialises itself has no definition.
        _describe(definitions.get(each.__name__, {}), descriptions(each))
    own = schema["properties"].get("schema_version", {}).get("default", version)
    added = {"schema_version": {"const": own, "type": "integer", "description": "Rises with the form."}, **more}
    schema["properties"] = {**added, **{k: v for k, v in schema["properties"].items() if k != "schema_version"}}
    schema["required"] = list(dict.fromkeys((*added, *schema.get("required", ()))))
    return {"$schema": DRAFT, **definitions.pop(top.__name__), "title": title, "$defs": definitions}


def _describe(definition: dict[str, Any], sentences: Mapping[str, str]) -> None:
    for name, field in definition.get("properties", {}).items():
        field.pop("title", None)
        if name in sentences:
            field["description"] = sentences[name]


def _classes_below(kind: object) -> Iterator[type]:
    """Yield a model or dataclass and those that its fields are made of; one may come again."""
    if isinstance(kind, type) and (is_dataclass(kind) or issubclass(kind, Frozen)):
        yield kind
        for annotation in get_type_hints(kind).values():
            yield from _classes_below(annotation)
    for part in get_args(kind):
        yield from _classes_below(part)


def described_schema(top: type[Frozen], title: str, mode: Literal["validation", "serialization"]) -> dict[str, Any]:
    """Return the JSON schema of a model, each field described by the sentence that stands below it in its model."""
    models = tuple(dict.fromkeys(models_below(top)))
    _, schema = models_json_schema([(model, mode) for model in models])
    definitions = schema["$defs"]
    for model in models:
        computed = model.model_computed_fields.items()
        sentences = {name: inspect.getdoc(field.wrapped_property) or "" for name, field in computed}
        words = {name: field.alias or name for name, field in model.model_fields.items()}
        sentences |= {words.get(name, name): sentence for name, sentence in descriptions(model).items()}
        for name, field in definitions[model.__name__]["properties"].items():
            field.pop("title", None)
            if name in sentences:
                field["description"] = sentences[name]
    own = definitions.pop(top.__name__)
    # Some are of values that a document writes as text.
    referred = {name: each for name, each in definitions.items() if f"#/$defs/{name}" in str((own, definitions))}
    return {"$schema": DRAFT, **own, "title": title, "$defs": referred}


def models_below(model: type[Frozen]) -> Iterator[type[Frozen]]:
    """Yield a model and all that its fields are made of; one may come again."""
    yield model
    annotations = (
        *(field.annotation for field in model.model_fields.values()),
        *(field.return_type for field in model.model_computed_fields.values()),
    )
    for annotation in annotations:
        for below in models_in(annotation):
            yield from models_below(below)
