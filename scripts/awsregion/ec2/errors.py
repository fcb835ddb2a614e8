"""What EC2 refuses, with AWS's error codes.

Source: Amazon EC2 API Reference, "Error codes for the Amazon EC2 API".
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final


class AwsError(Exception):
    """An AWS error: its code, its sentence, and the HTTP status it travels with."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


_NOT_FOUND: Final = MappingProxyType(
    {
        "customer-gateway": ("InvalidCustomerGatewayID.NotFound", "The customerGateway ID '{}' does not exist"),
        "instance": ("InvalidInstanceID.NotFound", "The instance ID '{}' does not exist"),
        "instance-connect-endpoint": (
            "InvalidInstanceConnectEndpointId.NotFound",
            "The instanceConnectEndpoint ID '{}' does not exist",
        ),
        "key-pair": ("InvalidKeyPair.NotFound", "The key pair '{}' does not exist"),
        "network-interface": ("InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '{}' does not exist"),
        "route-table": ("InvalidRouteTableID.NotFound", "The routeTable ID '{}' does not exist"),
        "security-group": ("InvalidGroup.NotFound", "The security group '{}' does not exist"),
        "security-group-rule": (
            "InvalidSecurityGroupRuleId.NotFound",
            "The security group rule ID '{}' does not exist",
        ),
        "subnet": ("InvalidSubnetID.NotFound", "The subnet ID '{}' does not exist"),
        "transit-gateway": (
            "InvalidTransitGatewayID.NotFound",
            "Transit Gateway {} was deleted or does not exist.",
        ),
        "transit-gateway-attachment": (
            "InvalidTransitGatewayAttachmentID.NotFound",
            "Transit Gateway Attachment {} was deleted or does not exist.",
        ),
        "transit-gateway-multicast-domain": (
            "InvalidTransitGatewayMulticastDomainId.NotFound",
            "Transit Gateway Multicast Domain {} was deleted or does not exist.",
        ),
        "transit-gateway-route-table": (
            "InvalidRouteTableID.NotFound",
            "Transit Gateway Route Table {} was deleted or does not exist.",
        ),
        "volume": ("InvalidVolume.NotFound", "The volume '{}' does not exist."),
        "vpc": ("InvalidVpcID.NotFound", "The vpc ID '{}' does not exist"),
        "vpc-endpoint": ("InvalidVpcEndpointId.NotFound", "The Vpc Endpoint Id '{}' does not exist"),
        "vpn-connection": ("InvalidVpnConnectionID.NotFound", "The vpnConnection ID '{}' does not exist"),
    }
)


def not_found(table: str, identifier: str) -> AwsError:
    """Return what EC2 answers to an id of this kind that it does not know."""
    code, text = _NOT_FOUND[table]
    return AwsError(code, text.format(identifier))


def invalid_value(parameter: str, value: object, why: str = "") -> AwsError:
    """Return what EC2 answers to a value that the parameter cannot have."""
    text = f"Value ({value}) for parameter {parameter} is invalid."
    return AwsError("InvalidParameterValue", f"{text} {why}".rstrip())


def missing(parameter: str) -> AwsError:
    """Return what EC2 answers where a required parameter is not given."""
    return AwsError("MissingParameter", f"The request must contain the parameter {parameter}")


def in_use(identifier: str, kind: str, dependent: str = "") -> AwsError:
    """Return what EC2 answers to deleting what something else still needs."""
    named = f" ({dependent})" if dependent else ""
    return AwsError("DependencyViolation", f"The {kind} '{identifier}' has dependencies and cannot be deleted.{named}")
