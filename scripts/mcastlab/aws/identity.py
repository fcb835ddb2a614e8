"""Who this environment's credentials are, and where its AWS API is: asked before anything is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)

from mcastlab.aws.clients import UNANSWERED, asking, is_of_aws
from mcastlab_base.errors import BadInputError, LabError, RefusedError

_SOON: Final = Config(connect_timeout=5, read_timeout=15, retries={"total_max_attempts": 2})
"""A person waits for this answer before anything is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The account that the credentials belong to, and as whom they act in it."""

    account: str
    arn: str
    """Of a user, a role's session, or the account's root."""


def has_credentials() -> bool:
    """Say whether the environment, its files or its machine give credentials of AWS; whether they serve shows later.

    Raises:
        BadInputError: they name a profile that is not there, or are half of what is needed.
        RefusedError: they could not be fetched.
    """
    try:
        return boto3.Session().get_credentials() is not None
    except BotoCoreError as error:
        raise _unusable(error) from None


def endpoint_of(region: str) -> str | None:
    """Return the URL of the API that the environment names instead of AWS's own; None for AWS's own.

    Raises:
        BadInputError: the environment names a profile that is not there.
        RefusedError: the SDK refuses the environment.
    """
    with asking("reading the AWS configuration"):
        try:
            url: str = boto3.Session(region_name=region).client("cloudformation").meta.endpoint_url
        except BotoCoreError as error:
            raise _unusable(error) from None
    return None if is_of_aws(url) else url


def caller(region: str) -> Identity:
    """Return whom the credentials belong to.

    Source: AWS STS API Reference, GetCallerIdentity, which needs no permission.

    Args:
        region: where it is asked.

    Raises:
        BadInputError: there are no credentials.
        RefusedError: they are refused, have expired, or nobody answers.
    """
    with asking("asking whose credentials these are"):
        try:
            answer = boto3.Session(region_name=region).client("sts", config=_SOON).get_caller_identity()
        except ClientError as error:
            said = error.response.get("Error", {})
            raise RefusedError(
                f"AWS refuses the credentials of this environment: {said.get('Code')}: {said.get('Message')}",
                hint="renew them, for example with: aws sso login",
            ) from None
        except UNANSWERED:
            raise
        except BotoCoreError as error:
            raise _unusable(error) from None
        return Identity(account=str(answer["Account"]), arn=str(answer["Arn"]))


def _unusable(error: BotoCoreError) -> LabError:
    kind = BadInputError if isinstance(error, NoCredentialsError | PartialCredentialsError | ProfileNotFound) else None
    return (kind or RefusedError)(
        f"the AWS credentials of this environment cannot be used: {error}",
        hint="set AWS_PROFILE to a profile of yours and renew its session, for example with: aws sso login",
    )
