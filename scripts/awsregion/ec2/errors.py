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


_GONE: Final = "{} {} was deleted or does not exist."
_ABSENT: Final = "The {} '{}' does not exist"
_NOT_FOUND: Final = MappingProxyType(
    {
        "customer-gateway": ("InvalidCustomerGatewayID", _ABSENT, "customerGateway ID"),
        "instance": ("InvalidInstanceID", _ABSENT, "instance ID"),
        "instance-connect-endpoint": ("InvalidInstanceConnectEndpointId", _ABSENT, "instanceConnectEndpoint ID"),
        "key-pair": ("InvalidKeyPair", _ABSENT, "key pair"),
        "network-interface": ("InvalidNetworkInterfaceID", _ABSENT, "networkInterface ID"),
        "route-table": ("InvalidRouteTableID", _ABSENT, "routeTable ID"),
        "security-group": ("InvalidGroup", _ABSENT, "security group"),
        "security-group-rule": ("InvalidSecurityGroupRuleId", _ABSENT, "security group rule ID"),
        "subnet": ("InvalidSubnetID", _ABSENT, "subnet ID"),
        "transit-gateway": ("InvalidTransitGatewayID", _GONE, "Transit Gateway"),
        "transit-gateway-attachment": ("InvalidTransitGatewayAttachmentID", _GONE, "Transit Gateway Attachment"),
        "transit-gateway-multicast-domain": (
            *("InvalidTransitGatewayMulticastDomainId", _GONE, "Transit Gateway Multicast Domain"),
        ),
        "transit-gateway-route-table": ("InvalidRouteTableID", _GONE, "Transit Gateway Route Table"),
        "volume": ("InvalidVolume", f"{_ABSENT}.", "volume"),
        "vpc": ("InvalidVpcID", _ABSENT, "vpc ID"),
        "vpc-endpoint": ("InvalidVpcEndpointId", _ABSENT, "Vpc Endpoint Id"),
        "vpn-connection": ("InvalidVpnConnectionID", _ABSENT, "vpnConnection ID"),
    }
)


def not_found(table: str, identifier: str) -> AwsError:
    """Return what EC2 answers to an id of this kind that it does not know."""
    code, text, kind = _NOT_FOUND[table]
    return AwsError(f"{code}.NotFound", text.format(kind, identifier))


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
