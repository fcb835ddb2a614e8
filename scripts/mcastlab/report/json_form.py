"""A verification for machines, and the schema of it. Source: JSON Schema, draft 2020-12."""

from __future__ import annotations

from typing import Any

from mcastlab.lab.schema import described_schema
from mcastlab.verify.report import VerificationReport


def as_json(report: VerificationReport) -> str:
    """Return a verification as `report_schema` says it."""
    return report.model_dump_json(indent=2)


def report_schema() -> dict[str, Any]:
    """Return the schema, each field described by the sentence that stands below it in the model."""
    return described_schema(VerificationReport, "Verification by mcastlab", "serialization")
