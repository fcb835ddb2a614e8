"""boto3 clients of a lab's region. Where they connect is the SDK's own business."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from mcastlab.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_ec2 import EC2Client
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_ssm import SSMClient
    from types_boto3_sts import STSClient


class Clients:
    """The clients that the adapters share, each made when it is first asked for."""

    def __init__(self, region: str) -> None:
        self._session = boto3.Session(region_name=region)

    @property
    def cloudformation(self) -> CloudFormationClient:
        """Return a CloudFormation client."""
        return self._session.client("cloudformation")

    @property
    def ec2(self) -> EC2Client:
        """Return an EC2 client."""
        return self._session.client("ec2")

    @property
    def iam(self) -> Any:
        """Return an IAM client."""
        return self._session.client("iam")

    @property
    def secrets_manager(self) -> SecretsManagerClient:
        """Return a Secrets Manager client."""
        return self._session.client("secretsmanager")

    @property
    def service_quotas(self) -> Any:
        """Return a Service Quotas client."""
        return self._session.client("service-quotas")

    @property
    def tagging(self) -> Any:
        """Return a client of the Resource Groups Tagging API."""
        return self._session.client("resourcegroupstaggingapi")

    @property
    def ssm(self) -> SSMClient:
        """Return a Systems Manager client."""
        return self._session.client("ssm")

    @property
    def sts(self) -> STSClient:
        """Return a Security Token Service client."""
        return self._session.client("sts")


@contextmanager
def told(doing: str) -> Iterator[None]:
    """Turn what the SDK raises into an error that says what was being done.

    Raises:
        RefusedError: AWS refused, or could not be reached.
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
