"""What of a caller's environment would lead AWS tools away from a local region, whatever else is set.

Sources: AWS SDKs and Tools Reference Guide, Environment variables list, Service-specific endpoints, Dual-stack and FIPS
endpoints; botocore's environment provider, which reads AWS_CREDENTIAL_EXPIRATION.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

FOREIGN_VARIABLES: Final = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
)

_OF_ONE_SERVICE: Final = "AWS_ENDPOINT_URL_"
"""Begins the name of a variable that goes before AWS_ENDPOINT_URL for one service."""


def foreign(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names that are to go: all that always are, and those of single services' endpoints that are there.

    >>> foreign(["AWS_ENDPOINT_URL_EC2", "PATH"])[-1]
    'AWS_ENDPOINT_URL_EC2'
    """
    return (*FOREIGN_VARIABLES, *sorted(name for name in names if name.startswith(_OF_ONE_SERVICE)))
