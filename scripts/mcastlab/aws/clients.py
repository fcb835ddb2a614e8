"""boto3 clients of a lab's region. Where they connect is the SDK's own business."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from mcastlab.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_ec2 import EC2Client
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_ssm import SSMClient
    from types_boto3_sts import STSClient


class Clients:
    """The clients that the adapters share, each made when it is first asked for."""

    def __init__(self, region: str) -> None:
        """Read the SDK's configuration.

        Raises:
            RefusedError: it cannot be read, or names a profile that there is not.
        """
        with told("reading the AWS configuration"):
            self._session = boto3.Session(region_name=region)

    @property
    def cloudformation(self) -> CloudFormationClient:
        """Return a CloudFormation client."""
        with _making("cloudformation"):
            return self._session.client("cloudformation")

    @property
    def ec2(self) -> EC2Client:
        """Return an EC2 client."""
        with _making("ec2"):
            return self._session.client("ec2")

    @property
    def iam(self) -> Any:
        """Return an IAM client."""
        with _making("iam"):
            return self._session.client("iam")

    @property
    def secrets_manager(self) -> SecretsManagerClient:
        """Return a Secrets Manager client."""
        with _making("secretsmanager"):
            return self._session.client("secretsmanager")

    @property
    def service_quotas(self) -> Any:
        """Return a Service Quotas client."""
        with _making("service-quotas"):
            return self._session.client("service-quotas")

    @property
    def tagging(self) -> Any:
        """Return a client of the Resource Groups Tagging API."""
        with _making("resourcegroupstaggingapi"):
            return self._session.client("resourcegroupstaggingapi")

    @property
    def ssm(self) -> SSMClient:
        """Return a Systems Manager client."""
        with _making("ssm"):
            return self._session.client("ssm")

    @property
    def sts(self) -> STSClient:
        """Return a Security Token Service client."""
        with _making("sts"):
            return self._session.client("sts")


def _making(service: str) -> AbstractContextManager[None]:
    """Return what tells of a client that cannot be made: the SDK reads endpoints only then."""
    return told(f"making ready to ask {service}")


@contextmanager
def told(doing: str) -> Iterator[None]:
    """Turn what the SDK raises into an error that says what was being done; what is read of answers belongs inside.

    Raises:
        RefusedError: AWS refused, could not be reached, or answered something else than its API reference says.
    """
    try:
        yield
    except ClientError as error:
        answer = error.response.get("Error", {})
        raise RefusedError(
            f"{doing}: AWS answered {answer.get('Code', 'an error')}: {answer.get('Message', error)}",
            hint="is the lab deployed in this account and region, and may these credentials ask?",
        ) from None
    except BotoCoreError as error:
        raise RefusedError(
            f"{doing}: {error}", hint="check the credentials, the region and AWS_ENDPOINT_URL of this environment"
        ) from None
    except _UNREADABLE as error:
        raise RefusedError(
            f"{doing}: the answer is not what AWS answers ({_what(error)})",
            hint="does AWS_ENDPOINT_URL of this environment, or a proxy, lead to something else than AWS?",
        ) from None


_UNREADABLE: Final = (ResponseParserError, LookupError, ValueError, TypeError, AttributeError)
"""What the SDK's parsers raise for an answer of another form, and what reading one of another shape does."""


def _what(error: Exception) -> str:
    """Return what is wrong with an answer, without its text, which may hold a key."""
    if isinstance(error, KeyError) and isinstance(error.args[0], str):
        return f"{error.args[0]} is missing"
    parsed = not isinstance(error, ResponseParserError)
    return f"a value has another form: {type(error).__name__}" if parsed else "it cannot be parsed"


def batched(values: Sequence[str], size: int) -> Iterator[list[str]]:
    """Yield values in lists of at most so many: filters take no more.

    >>> list(batched(["a", "b", "c"], 2))
    [['a', 'b'], ['c']]
    """
    for start in range(0, len(values), size):
        yield list(values[start : start + size])
