"""Network interfaces: those that users make, and those that services put into subnets.

Source: Amazon VPC User Guide, "Subnet CIDR blocks" (the five addresses that AWS reserves).
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from awsregion.ec2.common import address, network, required, tag_new
from awsregion.ec2.describe import Listing
from awsregion.ec2.errors import AwsError
from awsregion.ec2.quotas import within
from awsregion.ec2.security_groups import checked_groups, groups_of

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from awsregion.ec2.parameters import Given
    from awsregion.ec2.store import Ec2, Record

_RESERVED_AT_START: Final = 4


def make_interface(
    ec2: Ec2,
    *,
    subnet: Record,
    groups: list[str],
    wanted: str | None = None,
    description: str = "",
    kind: str = "interface",
    source_dest_check: bool = True,
    requester: str | None = None,
) -> Record:
    """Put an interface into a subnet, at the wanted address or the lowest free one.

    Raises:
        AwsError: the address is not the subnet's, is reserved or taken, or none is free.
    """
    within(ec2, "network-interface", len(ec2.all("network-interface")))
    own = _wanted(ec2, subnet, wanted) if wanted else _lowest_free(ec2, subnet)
    identifier = ec2.new_id("eni")
    return ec2.add(
        "network-interface",
        identifier,
        {
            "NetworkInterfaceId": identifier,
            "AvailabilityZone": subnet["AvailabilityZone"],
            "Description": description,
            "InterfaceType": kind,
            "Ipv6Addresses": [],
            "MacAddress": "0a:" + ":".join(identifier[start : start + 2] for start in range(-12, -2, 2)),
            "OwnerId": ec2.account,
            "PrivateDnsName": dns_name(ec2, str(own)),
            "PrivateIpAddress": str(own),
            "RequesterManaged": requester is not None,
            "SourceDestCheck": source_dest_check,
            "Status": "in-use" if requester else "available",
            "SubnetId": subnet["SubnetId"],
            "VpcId": subnet["VpcId"],
            "_groups": groups,
            "_instance": None,
            "_requester": requester,
        },
    )


def dns_name(ec2: Ec2, private: str) -> str:
    """Return the host name that EC2 gives an address.

    Source: Amazon EC2 User Guide, "EC2 instance hostnames".
    """
    domain = "ec2.internal" if ec2.region == "us-east-1" else f"{ec2.region}.compute.internal"
    return f"ip-{private.replace('.', '-')}.{domain}"


def release_interfaces(ec2: Ec2, requester: str) -> None:
    """Remove the interfaces that a service put into subnets for one of its resources."""
    for interface in ec2.all("network-interface", _requester=requester):
        remove_interface(ec2, interface["NetworkInterfaceId"])


def remove_interface(ec2: Ec2, identifier: str) -> None:
    """Remove an interface, and with it its group memberships by API, which AWS clears away too."""
    for member in ec2.all("multicast-group-member", NetworkInterfaceId=identifier):
        ec2.remove("multicast-group-member", member["_key"])
    ec2.remove("network-interface", identifier)


def create_network_interface(ec2: Ec2, given: Given) -> Record:
    """Make an interface that is to be attached to an instance."""
    subnet = ec2.get("subnet", required(given, "SubnetId"))
    interface = make_interface(
        ec2,
        subnet=subnet,
        groups=checked_groups(ec2, given.plain("Groups"), subnet["VpcId"]),
        wanted=given.get("PrivateIpAddress"),
        description=given.get("Description", ""),
    )
    tag_new(ec2, given, {"network-interface": [interface["NetworkInterfaceId"]]})
    return {"NetworkInterface": _shown(ec2, interface)}


def delete_network_interface(ec2: Ec2, given: Given) -> Record:
    """Delete an interface; refused while an instance or a service has it."""
    interface = ec2.get("network-interface", required(given, "NetworkInterfaceId"))
    identifier = interface["NetworkInterfaceId"]
    if interface["Status"] == "in-use":
        raise AwsError("InvalidParameterValue", f"Network interface '{identifier}' is currently in use.")
    # A route to it stays, as a blackhole.
    remove_interface(ec2, identifier)
    return {}


def modify_network_interface_attribute(ec2: Ec2, given: Given) -> Record:
    """Change groups, description, source/destination check or what happens when the instance ends."""
    interface = ec2.get("network-interface", required(given, "NetworkInterfaceId"))
    changes: Record = {}
    if "SourceDestCheck" in given:
        changes["SourceDestCheck"] = bool(given["SourceDestCheck"]["Value"])
    if "Description" in given:
        changes["Description"] = given["Description"]["Value"]
    if "Groups" in given:
        changes["_groups"] = checked_groups(ec2, given.plain("Groups"), interface["VpcId"])
    if "Attachment" in given:
        asked = given["Attachment"]
        attachment = interface.get("Attachment")
        if attachment is None or attachment["AttachmentId"] != asked["AttachmentId"]:
            raise AwsError("InvalidAttachmentID.NotFound", f"The attachment '{asked['AttachmentId']}' does not exist.")
        changes["Attachment"] = attachment | {"DeleteOnTermination": bool(asked["DeleteOnTermination"])}
    ec2.change("network-interface", interface["NetworkInterfaceId"], **changes)
    return {}


def attach(ec2: Ec2, interface: Record, instance_id: str, index: int, *, delete: bool) -> Record:
    """Give an interface to an instance.

    Raises:
        AwsError: it is in use.
    """
    identifier = interface["NetworkInterfaceId"]
    if interface["Status"] == "in-use":
        raise AwsError("InvalidNetworkInterface.InUse", f"Interface: [{identifier}] in use.")
    attachment = {
        "AttachTime": ec2.now(),
        "AttachmentId": ec2.new_id("eni-attach"),
        "DeleteOnTermination": delete,
        "DeviceIndex": index,
        "InstanceId": instance_id,
        "InstanceOwnerId": ec2.account,
        "NetworkCardIndex": 0,
        "Status": "attached",
    }
    return ec2.change("network-interface", identifier, Attachment=attachment, Status="in-use", _instance=instance_id)


def detach_all(ec2: Ec2, instance_id: str) -> None:
    """Take an ended instance's interfaces away: those made with it end with it, the others become free."""
    for interface in ec2.all("network-interface", _instance=instance_id):
        identifier = interface["NetworkInterfaceId"]
        if interface["Attachment"]["DeleteOnTermination"]:
            remove_interface(ec2, identifier)
        else:
            left = {key: value for key, value in interface.items() if key != "Attachment"}
            ec2.add("network-interface", identifier, left | {"Status": "available", "_instance": None})


def addresses(interface: Record) -> list[Record]:
    """Return what EC2 lists as an interface's private addresses."""
    return [
        {
            "Primary": True,
            "PrivateDnsName": interface["PrivateDnsName"],
            "PrivateIpAddress": interface["PrivateIpAddress"],
        }
    ]


def _wanted(ec2: Ec2, subnet: Record, text: str) -> IPv4Address:
    wanted, block = address(text, "privateIpAddress"), network(subnet["CidrBlock"])
    if wanted not in block:
        raise AwsError("InvalidParameterValue", f"Address {text} does not fall within the subnet's address range")
    if int(wanted) - int(block.network_address) < _RESERVED_AT_START or wanted == block.broadcast_address:
        raise AwsError("InvalidParameterValue", f"Address {text} is in subnet's reserved address range")
    if str(wanted) in _taken(ec2, subnet):
        raise AwsError("InvalidIPAddress.InUse", f"Address {text} is in use.")
    return wanted


def _lowest_free(ec2: Ec2, subnet: Record) -> IPv4Address:
    taken, block = _taken(ec2, subnet), network(subnet["CidrBlock"])
    # hosts() leaves out the first and the last address; three more after the first are reserved.
    for candidate in islice(block.hosts(), _RESERVED_AT_START - 1, None):
        if str(candidate) not in taken:
            return candidate
    raise AwsError(
        "InsufficientFreeAddressesInSubnet",
        f"The specified subnet does not have enough free addresses to satisfy the request: {subnet['SubnetId']}",
    )


def _taken(ec2: Ec2, subnet: Record) -> set[str]:
    return {one["PrivateIpAddress"] for one in ec2.all("network-interface", SubnetId=subnet["SubnetId"])}


def _view(ec2: Ec2, interface: Record) -> Record:
    return {
        **interface,
        "Groups": groups_of(ec2, interface["_groups"]),
        "PrivateIpAddresses": addresses(interface),
    }


def _shown(ec2: Ec2, interface: Record) -> Record:
    # EC2 calls an interface's tags TagSet.
    shown = ec2.tagged(interface["NetworkInterfaceId"], _view(ec2, interface))
    return {**{key: value for key, value in shown.items() if key != "Tags"}, "TagSet": shown["Tags"]}


def describe_network_interfaces(ec2: Ec2, given: Given) -> Record:
    """List interfaces."""
    listed = _LISTING(ec2, given)
    for interface in listed["NetworkInterfaces"]:
        interface["TagSet"] = interface.pop("Tags")
    return listed


_LISTING: Final = Listing(
    "DescribeNetworkInterfaces",
    "network-interface",
    also={
        "addresses.private-ip-address": "PrivateIpAddresses.PrivateIpAddress",
        "addresses.primary": "PrivateIpAddresses.Primary",
        "group-id": "Groups.GroupId",
    },
    view=_view,
)
