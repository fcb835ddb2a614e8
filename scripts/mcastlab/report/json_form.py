"""A verification for machines, and the schema of it. Source: JSON Schema, draft 2020-12."""

from __future__ import annotations

import inspect
import json
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from mcastlab.lab.descriptions import descriptions
from mcastlab.lab.schema import DRAFT
from mcastlab.traffic.results import (
    Delivery,
    Latency,
    LatencyBound,
    Payload,
    Rate,
    Silence,
    Slice,
    Stall,
    TrafficReport,
)
from mcastlab.verify.findings import CheckResult, Diagnosis, Finding, Subject
from mcastlab.verify.report import VerificationReport

MODELS: Final = (
    VerificationReport,
    Diagnosis,
    CheckResult,
    Finding,
    Subject,
    TrafficReport,
    Delivery,
    Latency,
    LatencyBound,
    Slice,
    Silence,
    Payload,
    Rate,
    Stall,
)

PUBLISHED: Final = {Diagnosis.__name__: "Cause", CheckResult.__name__: "Rung"}
"""Definitions that the schema has under other names than these models."""


def as_json(report: VerificationReport) -> str:
    """Return a verification as `report_schema` says it."""
    return report.model_dump_json(indent=2)


def report_schema() -> dict[str, Any]:
    """Return the schema, each field described by the sentence that stands below it in the model."""
    _, schema = models_json_schema([(model, "serialization") for model in MODELS])
    definitions = schema["$defs"]
    for model in MODELS:
        definition = definitions[model.__name__]
        sentences = {
            **{
                name: inspect.getdoc(field.wrapped_property) or ""
                for name, field in model.model_computed_fields.items()
            },
            **descriptions(model),
        }
        for name, field in definition["properties"].items():
            field.pop("title", None)
            if name in sentences:
                field["description"] = sentences[name]
    top = definitions.pop(VerificationReport.__name__)
    text = json.dumps({"$schema": DRAFT, **top, "title": "Verification by mcastlab", "$defs": definitions})
    for name, published in PUBLISHED.items():
        text = text.replace(f'"#/$defs/{name}"', f'"#/$defs/{published}"').replace(f'"{name}"', f'"{published}"')
    schema = json.loads(text)
    return {**schema, "$defs": dict(sorted(schema["$defs"].items()))}
