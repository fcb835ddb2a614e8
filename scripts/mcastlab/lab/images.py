"""Which machine image boots what: AMIs, or public SSM parameters that name the newest image of a kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcastlab.lab.model import AwsRouter
    from mcastlab.lab.types import Platform

ROUTER_IMAGE_PARAMETER: Final[Mapping[Platform, str]] = {
    "c8000v": "/aws/service/marketplace/prod-rhyp4n745z2jk/latest",
}
"""Catalyst 8000V, BYOL. Source: AWS Marketplace, the product's SSM alias; the account subscribes to the product first.

The CSR 1000V has none: a document with one names its AMI.
"""

HOST_IMAGE_PARAMETER: Final = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
"""Amazon Linux 2023. Source: AWS Systems Manager user guide, Calling AMI public parameters."""

ROUTER_IMAGE_PIN: Final = "RouterImage"
HOST_IMAGE_PIN: Final = "HostImage"
"""The parameters of stacks that hold the image that stays."""


def router_image(router: AwsRouter) -> str:
    """Return the image of the AWS router: the lab file's, or its platform's own.

    Raises:
        KeyError: the platform has none of its own and the lab file names none, which a design check refuses.
    """
    return router.image or ROUTER_IMAGE_PARAMETER[router.platform]
