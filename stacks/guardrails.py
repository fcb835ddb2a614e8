"""What every synthesis must pass, and what everything is tagged with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from mcastlab.lab.design.names import HOURS_TAG, LAB_TAG

if TYPE_CHECKING:
    from constructs import Construct

    from mcastlab.lab.model import Lab


def guard(app: cdk.App) -> None:
    """Make a finding of cdk-nag's AwsSolutions pack fail the synthesis.

    A finding that a lab lives with is acknowledged on the construct that has it, beside the reason.
    """
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def tag(scope: Construct, lab: Lab) -> None:
    """Tag all that takes tags with the lab's name, its time to live, and the lab file's own tags."""
    tags = cdk.Tags.of(scope)
    more = {} if lab.hours_to_live is None else {HOURS_TAG: str(lab.hours_to_live)}
    for key, value in {**lab.tags, **more}.items():
        # Other tags would replace a key pair, and by its name the router.
        tags.add(key, value, exclude_resource_types=["AWS::EC2::KeyPair"])
    tags.add(LAB_TAG, lab.name)
