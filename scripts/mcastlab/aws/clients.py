"""boto3 clients of a lab's region. Where they connect is the SDK's own business."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from mcastlab.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
        self._made: dict[str, Any] = {}
        # A session is not to be used by two threads at once; its clients may be. Source: boto3, Multithreading.
        self._making = threading.Lock()

    def _client(self, service: str) -> Any:
        """Return the client of a service; the SDK reads endpoints only when one is made."""
        with self._making:
            if service not in self._made:
                # The stubs know a signature for each service's own name, and none for any name.
                make: Any = self._session.client
                with told(f"making ready to ask {service}"):
                    self._made[service] = make(service)
            return self._made[service]

    @property
    def cloudformation(self) -> CloudFormationClient:
        """Return a CloudFormation client."""
        client: CloudFormationClient = self._client("cloudformation")
        return client

    @property
    def ec2(self) -> EC2Client:
        """Return an EC2 client."""
        client: EC2Client = self._client("ec2")
        return client

    @property
    def iam(self) -> Any:
        """Return an IAM client."""
        return self._client("iam")

    @property
    def secrets_manager(self) -> SecretsManagerClient:
        """Return a Secrets Manager client."""
        client: SecretsManagerClient = self._client("secretsmanager")
        return client

    @property
    def service_quotas(self) -> Any:
        """Return a Service Quotas client."""
        return self._client("service-quotas")

    @property
    def tagging(self) -> Any:
        """Return a client of the Resource Groups Tagging API."""
        return self._client("resourcegroupstaggingapi")

    @property
    def ssm(self) -> SSMClient:
        """Return a Systems Manager client."""
        client: SSMClient = self._client("ssm")
        return client

    @property
    def sts(self) -> STSClient:
        """Return a Security Token Service client."""
        client: STSClient = self._client("sts")
        return client


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
