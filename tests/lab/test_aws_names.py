"""What the design checks know of AWS's names is what botocore knows."""

from __future__ import annotations

import aws_names as generator
import pytest
from documents import lab_with

from mcastlab.lab import aws_names
from mcastlab.lab.checks import Severity, check


def test_table_is_the_one_that_the_installed_botocore_gives() -> None:
    assert aws_names.TABLE.read_text(encoding="utf-8") == generator.table(), "run python tests/aws_names.py"
    assert generator.regions() == aws_names.REGIONS
    assert {family: frozenset(sizes) for family, sizes in generator.families().items()} == aws_names.FAMILIES


@pytest.mark.parametrize("region", sorted(aws_names.REGIONS))
def test_every_region_of_aws_can_be_written(region: str) -> None:
    found = check(lab_with({"region": region}))
    assert [each for each in found if each.severity is not Severity.NOTE] == []


def test_only_the_very_name_that_is_opted_in_is_taken() -> None:
    changes = {"region": "us-east-9", "workarounds": {"unlisted": ["us-east-8"]}}
    assert [each.path for each in check(lab_with(changes)) if each.severity is Severity.ERROR] == ["region"]
