"""A verification for machines, and the schema of it. Source: JSON Schema, draft 2020-12."""

from __future__ import annotations

import json
from typing import Any, Final

from mcastlab.lab.schema import described_schema
from mcastlab.verify.findings import CheckResult, Diagnosis
from mcastlab.verify.report import VerificationReport

PUBLISHED: Final = {Diagnosis.__name__: "Cause", CheckResult.__name__: "Rung"}
"""Definitions that the schema has under other names than these models."""


def as_json(report: VerificationReport) -> str:
    """Return a verification as `report_schema` says it."""
    return report.model_dump_json(indent=2)


def report_schema() -> dict[str, Any]:
    """Return the schema, each field described by the sentence that stands below it in the model."""
    text = json.dumps(described_schema(VerificationReport, "Verification by mcastlab", "serialization"))
    for name, published in PUBLISHED.items():
        text = text.replace(f'"#/$defs/{name}"', f'"#/$defs/{published}"').replace(f'"{name}"', f'"{published}"')
    schema = json.loads(text)
    return {**schema, "$defs": dict(sorted(schema["$defs"].items()))}
