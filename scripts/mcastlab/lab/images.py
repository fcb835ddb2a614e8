"""Which machine image boots what: AMIs, or public SSM parameters that name a kind's newest image, or a dated one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcastlab.lab.types import Platform

ROUTER_IMAGE_PARAMETER: Final[Mapping[Platform, str]] = {
    "c8000v": "/aws/service/marketplace/prod-rhyp4n745z2jk/latest",
}
"""Catalyst 8000V, BYOL. Source: AWS Marketplace, the product's SSM alias; the account subscribes to the product first.

The CSR 1000V has none: a document with one names its AMI.
"""

ROUTER_IMAGE_DATED: Final[Mapping[Platform, str]] = {
    "c8000v": "/aws/service/marketplace/prod-rhyp4n745z2jk/17.12.03a",
}
"""The same product at one version, for a stack that nobody gave an image.

Source: AWS Marketplace, Seller guide, AMI aliases: a version has an alias of its own beside the newest one.
"""

HOST_IMAGE_PARAMETER: Final = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
"""Amazon Linux 2023. Source: AWS Systems Manager user guide, Calling AMI public parameters."""

HOST_IMAGE_DATED: Final = (
    "/aws/service/ecs/optimized-ami/amazon-linux-2023/al2023-ami-ecs-hvm-2023.0.20260414-kernel-6.1-x86_64/image_id"
)
"""Amazon Linux 2023 of one date, for a stack that nobody gave an image; plain Amazon Linux has no dated parameters.

Source: Amazon ECS developer guide, Retrieving Amazon ECS-optimized Linux AMI metadata.
"""

ROUTER_IMAGE_PIN: Final = "RouterImage"
HOST_IMAGE_PIN: Final = "HostImage"
"""The parameters of stacks that hold the image that stays."""

ROUTER_TOKENS: Final = "RouterMetadataTokens"
"""The parameter of the router's stack that says whether its metadata service demands session tokens."""

IMAGES_CONTEXT: Final = "images"
"""The context value of the CDK app that holds the images of new stacks, by the parameter that holds them."""
