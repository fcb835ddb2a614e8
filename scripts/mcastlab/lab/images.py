"""Which machine image boots what: public SSM parameters that name the newest image of a kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcastlab.lab.model import Platform

ROUTER_IMAGE_PARAMETER: Final[Mapping[Platform, str]] = {
    "c8000v": "/aws/service/marketplace/prod-rhyp4n745z2jk/latest",
}
"""Catalyst 8000V, BYOL. Source: AWS Marketplace, product page's SSM alias; the account subscribes to it first."""

HOST_IMAGE_PARAMETER: Final = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
"""Amazon Linux 2023. Source: AWS Systems Manager user guide, Calling AMI public parameters."""
