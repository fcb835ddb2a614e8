"""JSON schemas of models, and of lab files: from that one an editor completes them.

Source: JSON Schema, draft 2020-12.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic.json_schema import models_json_schema

from mcastlab.lab.descriptions import descriptions, models_in
from mcastlab.lab.model import BLOCKS, GroupBlock, Lab

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab_base.frozen import Frozen

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"

FILLED_IN: Final = (("Lab", "router"), ("AwsRouter", "subnet"), ("Hosts", "subnet"), ("RemoteRouter", "loopback"))
"""Fields that every lab has and a document may leave out, because they follow from others."""


def lab_schema() -> dict[str, Any]:
    """Return the schema of lab files, each field described by the sentence that stands below it in the model."""
    schema = described_schema(Lab, "Lab file of mcastlab", "validation")
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


def described_schema(top: type[Frozen], title: str, mode: Literal["validation", "serialization"]) -> dict[str, Any]:
    """Return the JSON schema of a model, each field described by the sentence that stands below it in its model."""
    models = tuple(dict.fromkeys(models_below(top)))
    _, schema = models_json_schema([(model, mode) for model in models])
    definitions = schema["$defs"]
    for model in models:
        computed = model.model_computed_fields.items()
        sentences = {name: inspect.getdoc(field.wrapped_property) or "" for name, field in computed}
        sentences |= descriptions(model)
        for name, field in definitions[model.__name__]["properties"].items():
            field.pop("title", None)
            if name in sentences:
                field["description"] = sentences[name]
    return {"$schema": DRAFT, **definitions.pop(top.__name__), "title": title, "$defs": definitions}


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
