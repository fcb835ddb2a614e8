"""What the region offers: images, the public parameters that name them, and instance types.

Add a row to offer one more. Image ids are the twin's own: on AWS they differ by region and change with every release,
which is why templates name the parameters instead.
"""

from __future__ import annotations

# By its module: every public function of this one is an action.
import dataclasses
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from awsregion.ec2.common import zone_names
from awsregion.ec2.describe import listed
from awsregion.ec2.errors import AwsError

if TYPE_CHECKING:
    from awsregion.ec2.parameters import Given
    from awsregion.ec2.store import Ec2, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineImage:
    """An image: what it boots in the twin, and where AWS publishes its id."""

    id: str
    name: str
    description: str
    owner: str
    owner_alias: Literal["amazon", "aws-marketplace"]
    boots: Literal["ios-xe", "linux"]
    root_device: str
    root_gib: int
    parameter: str | None = None
    dated: str | None = None
    """The public parameter that names this release for good, beside the one that follows the newest."""
    tokens: bool = False
    """It says that it speaks IMDSv2: ImdsSupport is v2.0. Source: EC2 API reference, Image."""
    product_code: str | None = None


IMAGES: Final = (
    MachineImage(
        id="ami-0c8000171203a0001",
        name="Cisco-C8K-17.12.03a-42cb6e93-8d9d-490b-a73c-e3e56077ffd1",
        description="Cisco-C8K-17.12.03a",
        owner="679593333241",
        owner_alias="aws-marketplace",
        boots="ios-xe",
        root_device="/dev/xvda",
        root_gib=16,
        parameter="/aws/service/marketplace/prod-rhyp4n745z2jk/latest",
        dated="/aws/service/marketplace/prod-rhyp4n745z2jk/17.12.03a",
        product_code="3ycwqehancx46bkpb3xkifiz5",
    ),
    MachineImage(
        id="ami-0c5e100170301b001",
        name="cisco-CSR-.17.03.01-BYOL-624f5bb1-7f8e-4f7c-ad2c-03ae1cd1c2d3",
        description="cisco-CSR-.17.03.01-BYOL",
        owner="679593333241",
        owner_alias="aws-marketplace",
        boots="ios-xe",
        root_device="/dev/xvda",
        root_gib=8,
        product_code="5tiyrfb5tasxk9gmnab39b843",
    ),
    MachineImage(
        id="ami-0a12023061000a001",
        name="al2023-ami-2023.9.20261020.0-kernel-6.1-x86_64",
        description="Amazon Linux 2023 AMI 2023.9.20261020.0 x86_64 HVM kernel-6.1",
        owner="137112412989",
        owner_alias="amazon",
        boots="linux",
        root_device="/dev/xvda",
        root_gib=8,
        parameter="/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
        tokens=True,
    ),
    MachineImage(
        id="ami-0ec5202604140a001",
        name="al2023-ami-ecs-hvm-2023.0.20260414-kernel-6.1-x86_64",
        description="Amazon Linux AMI 2023.0.20260414 x86_64 ECS HVM EBS",
        owner="591542846629",
        owner_alias="amazon",
        boots="linux",
        root_device="/dev/xvda",
        root_gib=30,
        dated="/aws/service/ecs/optimized-ami/amazon-linux-2023/"
        "al2023-ami-ecs-hvm-2023.0.20260414-kernel-6.1-x86_64/image_id",
        tokens=True,
    ),
)

NEWER: Final = tuple(
    dataclasses.replace(
        each, id=f"{each.id[:-4]}{int(each.id[-4:], 16) + 1:04x}", name=f"{each.name}-newer", dated=None
    )
    for each in IMAGES
    if each.parameter or each.product_code
)
"""What `publish` brings out beside them."""

PUBLIC_PARAMETERS: Final = MappingProxyType(
    {name: image.id for image in IMAGES for name in (image.parameter, image.dated) if name}
)
"""AWS's public SSM parameters that name images."""

NEWER_PARAMETERS: Final = MappingProxyType({image.parameter: image.id for image in NEWER if image.parameter})
"""What these name once newer images are published."""

_IMAGES_BY_ID: Final = MappingProxyType({image.id: image for image in (*IMAGES, *NEWER)})


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceType:
    """An instance type. Only those on the Nitro system may send multicast.

    Source: AWS Transit Gateway user guide, Multicast on transit gateways, Considerations.
    """

    name: str
    vcpus: int
    memory_mib: int
    interfaces: int
    addresses: int
    nitro: bool = True


INSTANCE_TYPES: Final = (
    InstanceType(name="t2.medium", vcpus=2, memory_mib=4096, interfaces=3, addresses=6, nitro=False),
    InstanceType(name="c4.large", vcpus=2, memory_mib=3840, interfaces=3, addresses=10, nitro=False),
    InstanceType(name="t3.micro", vcpus=2, memory_mib=1024, interfaces=2, addresses=2),
    InstanceType(name="t3.small", vcpus=2, memory_mib=2048, interfaces=3, addresses=4),
    InstanceType(name="t3.medium", vcpus=2, memory_mib=4096, interfaces=3, addresses=6),
    InstanceType(name="t3.large", vcpus=2, memory_mib=8192, interfaces=3, addresses=12),
    InstanceType(name="c5.large", vcpus=2, memory_mib=4096, interfaces=3, addresses=10),
    InstanceType(name="c5.xlarge", vcpus=4, memory_mib=8192, interfaces=4, addresses=15),
    InstanceType(name="c5n.large", vcpus=2, memory_mib=5376, interfaces=3, addresses=10),
    InstanceType(name="c5n.xlarge", vcpus=4, memory_mib=10752, interfaces=4, addresses=15),
    InstanceType(name="m5.large", vcpus=2, memory_mib=8192, interfaces=3, addresses=10),
    InstanceType(name="m5n.large", vcpus=2, memory_mib=8192, interfaces=3, addresses=10),
    InstanceType(name="m5n.xlarge", vcpus=4, memory_mib=16384, interfaces=4, addresses=15),
)


def image(identifier: str) -> MachineImage:
    """Return an image of the catalogue.

    Raises:
        AwsError: there is none of that id.
    """
    if identifier not in _IMAGES_BY_ID:
        raise AwsError("InvalidAMIID.NotFound", f"The image id '[{identifier}]' does not exist")
    return _IMAGES_BY_ID[identifier]


def product_code(identifier: str) -> str | None:
    """Return the Marketplace product of an image; None where it has none, or is none."""
    found = _IMAGES_BY_ID.get(identifier)
    return None if found is None else found.product_code


def instance_type(name: str) -> InstanceType:
    """Return an instance type of the catalogue.

    Raises:
        AwsError: there is none of that name.
    """
    for one in INSTANCE_TYPES:
        if one.name == name:
            return one
    raise AwsError("InvalidParameterValue", f"Invalid value '{name}' for InstanceType.")


def describe_images(ec2: Ec2, given: Given) -> Record:
    """List images; owners are account ids, ``self``, ``amazon`` or ``aws-marketplace``."""
    wanted, owners = given.get("ImageIds") or [], given.get("Owners") or []
    for identifier in wanted:
        image(identifier)
    given.get("IncludeDeprecated")
    shown = [
        _image(one)
        for one in (*IMAGES, *(newer for newer in NEWER if newer.id in wanted))
        if (not wanted or one.id in wanted) and (not owners or {one.owner, one.owner_alias} & set(owners))
    ]
    also = {"owner-alias": "ImageOwnerAlias", "product-code": "ProductCodes.ProductCodeId"}
    return listed(ec2, "DescribeImages", shown, given, also)


def describe_instance_types(ec2: Ec2, given: Given) -> Record:
    """List instance types."""
    names = given.get("InstanceTypes") or [one.name for one in INSTANCE_TYPES]
    shown = [_type(instance_type(name)) for name in names]
    return listed(ec2, "DescribeInstanceTypes", shown, given)


def describe_instance_type_offerings(ec2: Ec2, given: Given) -> Record:
    """List where instance types can be had: everywhere."""
    kind = given.get("LocationType", "region")
    places = {"region": (ec2.region,), "availability-zone": zone_names(ec2.region)}.get(kind, ())
    shown = [
        {"InstanceType": one.name, "LocationType": kind, "Location": place}
        for place in places
        for one in INSTANCE_TYPES
    ]
    return listed(ec2, "DescribeInstanceTypeOfferings", shown, given)


def _image(one: MachineImage) -> Record:
    record = {
        "Architecture": "x86_64",
        "BlockDeviceMappings": [
            {
                "DeviceName": one.root_device,
                "Ebs": {"DeleteOnTermination": True, "VolumeSize": one.root_gib, "VolumeType": "gp2"},
            }
        ],
        "Description": one.description,
        "EnaSupport": True,
        "Hypervisor": "xen",
        "ImageId": one.id,
        "ImageLocation": f"{one.owner_alias}/{one.name}",
        "ImageOwnerAlias": one.owner_alias,
        "ImageType": "machine",
        "Name": one.name,
        "OwnerId": one.owner,
        "Public": True,
        "RootDeviceName": one.root_device,
        "RootDeviceType": "ebs",
        "State": "available",
        "VirtualizationType": "hvm",
    }
    if one.tokens:
        record["ImdsSupport"] = "v2.0"
    if one.product_code:
        record["ProductCodes"] = [{"ProductCodeId": one.product_code, "ProductCodeType": "marketplace"}]
    return record


def _type(one: InstanceType) -> Record:
    return {
        "CurrentGeneration": one.nitro,
        "Hypervisor": "nitro" if one.nitro else "xen",
        "InstanceType": one.name,
        "MemoryInfo": {"SizeInMiB": one.memory_mib},
        "NetworkInfo": {
            "Ipv4AddressesPerInterface": one.addresses,
            "MaximumNetworkInterfaces": one.interfaces,
        },
        "ProcessorInfo": {"SupportedArchitectures": ["x86_64"]},
        "VCpuInfo": {"DefaultVCpus": one.vcpus},
    }
