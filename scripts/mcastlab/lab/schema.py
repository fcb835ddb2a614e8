"""The JSON schema of lab documents, from which an editor completes them.

Source: JSON Schema, draft 2020-12.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic.json_schema import models_json_schema

from mcastlab.lab.descriptions import descriptions
from mcastlab.lab.model import (
    AwsRouter,
    Device,
    FarRouter,
    Group,
    Hosts,
    Lab,
    RouterPort,
    Site,
    Subnet,
    Vpc,
    Workarounds,
)
from mcastlab.lab.vpn import VpnOptions

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"

MODELS: Final = (
    Lab,
    Vpc,
    Subnet,
    AwsRouter,
    Hosts,
    Site,
    FarRouter,
    RouterPort,
    Device,
    Group,
    VpnOptions,
    Workarounds,
)

FILLED_IN: Final = {("Lab", "router"), ("AwsRouter", "subnet"), ("Hosts", "subnet"), ("FarRouter", "loopback")}
"""Fields that every lab has and a document may leave out, because they follow from others."""


def lab_schema() -> dict[str, Any]:
    """Return the schema, each field described by the sentence that stands below it in the model."""
    _, schema = models_json_schema([(model, "validation") for model in MODELS])
    definitions = schema["$defs"]
    for model in MODELS:
        definition = definitions[model.__name__]
        sentences = descriptions(model)
        for name, field in definition["properties"].items():
            field.pop("title", None)
            if name in sentences:
                field["description"] = sentences[name]
        required = [name for name in definition.get("required", ()) if (model.__name__, name) not in FILLED_IN]
        definition["required"] = required
    top = definitions.pop(Lab.__name__)
    return {"$schema": DRAFT, **top, "title": "Lab document of mcastlab", "$defs": definitions}
