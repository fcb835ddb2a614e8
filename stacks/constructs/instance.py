"""An EC2 instance of a lab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT_DEVICE: Final = "/dev/xvda"
"""Of Amazon Linux 2023 and of Cisco's images. Source: describe-images, RootDeviceName."""

NAG_ACKNOWLEDGED: Final = {
    "AwsSolutions-EC28": "A lab lives for hours and is measured by its own probes; detailed monitoring adds cost only.",
    "CloudFormation-Validate::E1152": "It takes the defaults of parameters for ids: an empty one, and a public "
    "parameter's name, which CloudFormation resolves.",
    "AwsSolutions-EC29": "A lab is made to be destroyed by one command; termination protection would leave it behind.",
}
"""Findings of cdk-nag that hold for every instance of a lab, with the reason to live with them."""


class LabInstance(Construct):
    """An instance with its root volume encrypted and session tokens demanded by its metadata service.

    It stands either on interfaces of its own, in the order of their device indexes, or in a subnet with security
    groups.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        image_id: str,
        instance_type: str,
        user_data: str,
        interface_ids: Sequence[str] | None = None,
        subnet_id: str | None = None,
        security_group_ids: Sequence[str] | None = None,
        key_name: str | None = None,
        instance_profile: str | None = None,
        metadata_tokens: str = "required",
    ) -> None:
        super().__init__(scope, id_)
        instance = ec2.CfnInstance(
            self,
            "Resource",
            image_id=image_id,
            instance_type=instance_type,
            key_name=key_name,
            iam_instance_profile=instance_profile,
            subnet_id=subnet_id,
            security_group_ids=None if security_group_ids is None else list(security_group_ids),
            network_interfaces=None
            if interface_ids is None
            else [
                ec2.CfnInstance.NetworkInterfaceProperty(device_index=str(index), network_interface_id=interface_id)
                for index, interface_id in enumerate(interface_ids)
            ],
            metadata_options=ec2.CfnInstance.MetadataOptionsProperty(http_tokens=metadata_tokens),
            block_device_mappings=[
                ec2.CfnInstance.BlockDeviceMappingProperty(
                    device_name=ROOT_DEVICE, ebs=ec2.CfnInstance.EbsProperty(encrypted=True)
                )
            ],
            user_data=cdk.Fn.base64(user_data),
        )
        cdk.Tags.of(instance).add("Name", name)
        self.instance_id = instance.ref
        for rule, reason in NAG_ACKNOWLEDGED.items():
            cdk.Validations.of(instance).acknowledge(cdk.Acknowledgment(id=rule, reason=reason))


def staying_image(scope: Construct, parameter: str, dated: str, pinned: str = "") -> str:
    """Return the AMI's id that a parameter of the stack holds, or of a dated public parameter where it holds none.

    A deployment keeps the parameter's value, and what a dated parameter names does not change either. `pinned` is the
    value in a new stack.
    """
    pin = cdk.CfnParameter(
        scope,
        parameter,
        default=pinned,
        allowed_pattern="^(ami-[0-9a-f]{8,17})?$",
        description="The AMI that stays; empty takes the one of a fixed date",
    )
    is_set = cdk.CfnCondition(
        scope,
        f"Has{parameter}",
        expression=cdk.Fn.condition_not(cdk.Fn.condition_equals(pin.value_as_string, "")),
    )
    return cdk.Fn.condition_if(is_set.logical_id, pin.value_as_string, image_id(scope, dated)).to_string()


def metadata_tokens(scope: Construct, parameter: str) -> str:
    """Return whether metadata services demand session tokens, as a parameter of the stack says: optional at first."""
    return cdk.CfnParameter(
        scope,
        parameter,
        default="optional",
        allowed_values=["optional", "required"],
        description="Whether the metadata service demands session tokens (IMDSv2), by what the image says of itself",
    ).value_as_string


def image_id(scope: Construct, image: str) -> str:
    """Return an AMI's id: `image` itself, or what the public SSM parameter of that name holds at deployment."""
    if image.startswith("ami-"):
        return image
    return ec2.MachineImage.from_ssm_parameter(image).get_image(scope).image_id
