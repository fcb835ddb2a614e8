"""boto3 clients of a lab's region. Where they connect is the SDK's own business."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError
from botocore.exceptions import ConnectionError as NotConnectedError
from botocore.parsers import ResponseParserError

from mcastlab_base.errors import RefusedError, cause_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_ec2 import EC2Client
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_ssm import SSMClient
    from types_boto3_sts import STSClient


@cache
def _loader() -> Any:
    """The reader of the SDK's models, one for all sessions: EC2's alone takes 0.3 s and 25 MB to read."""
    return botocore.session.get_session().get_component("data_loader")


PATIENT: Final = 10
"""How often something is asked at most. What AWS throttles, and what fails by the way, is asked again after pauses that
grow to 20 s.

Source: AWS SDKs and Tools Reference Guide, Retry behavior.
"""
UNREACHED: Final = 3
"""How often an endpoint is asked at most that takes no connection, as by default: it refuses, as it has ended, or has
answered nothing so far, as there is no network, no such Region or no way through a proxy. None of these is a busy AWS.
"""
UNANSWERED: Final = (NotConnectedError, HTTPClientError)
"""What the SDK raises where no answer came, whoever asks: there was no connection, or it ended before the answer."""
CONNECTED_WITHIN_S: Final = 10
"""How long a connection may take. The SDK waits a minute for each; what is slow about AWS is its answers."""


class Clients:
    """The clients that the adapters share, each made once, when it is first asked for."""

    def __init__(self, region: str | None, *, attempts: int = PATIENT) -> None:
        """Read the SDK's configuration; None is its own Region.

        Args:
            region: where AWS is asked.
            attempts: how often something is asked at most that AWS throttles, or that fails by the way.

        Raises:
            RefusedError: it cannot be read, or names a profile that there is not.
        """
        with asking("reading the AWS configuration"):
            core = botocore.session.get_session()
            core.register_component("data_loader", _loader())
            self._session = boto3.Session(region_name=region, botocore_session=core)
        self._config = Config(
            connect_timeout=CONNECTED_WITHIN_S, retries={"mode": "standard", "total_max_attempts": attempts}
        )
        self._made: dict[str, Any] = {}
        self._answered: set[str] = set()
        # A session is not to be used by two threads at once; its clients may. Source: boto3, Clients, Multithreading.
        self._lock = threading.Lock()

    def _client(self, service: str) -> Any:
        # The SDK reads endpoints only when it makes a client.
        with self._lock, asking(f"making ready to ask {service}"):
            if service not in self._made:
                made = self._session.client(service, config=self._config)  # type: ignore[call-overload]
                made.meta.events.register_first("needs-retry", self._give_up)
                self._made[service] = made
            return self._made[service]

    def _give_up(self, endpoint: Any, attempts: int, caught_exception: Exception | None, **_: object) -> None:
        """Ask no more where no connection is to be expected.

        Source: botocore, the event ``needs-retry``; what its handler raises is the answer.
        """
        if caught_exception is None:
            self._answered.add(endpoint.host)
        elif (
            attempts >= UNREACHED
            and isinstance(caught_exception, NotConnectedError)
            and (endpoint.host not in self._answered or cause_in(caught_exception, ConnectionRefusedError))
        ):
            raise caught_exception

    @property
    def cloudformation(self) -> CloudFormationClient:
        """The client of CloudFormation."""
        client: CloudFormationClient = self._client("cloudformation")
        return client

    @property
    def ec2(self) -> EC2Client:
        """The client of EC2."""
        client: EC2Client = self._client("ec2")
        return client

    @property
    def iam(self) -> Any:
        """The client of IAM."""
        return self._client("iam")

    @property
    def instance_connect(self) -> Any:
        """The client of EC2 Instance Connect."""
        return self._client("ec2-instance-connect")

    def presigned(self, url: str, service: str, *, valid_s: int) -> str:
        """Return a URL that is signed for a GET, by the credentials of the moment.

        Source: IAM user guide, Signature Version 4, query parameters.

        Raises:
            RefusedError: there are no credentials, or they could not be renewed.
        """
        with self._lock, asking(f"signing a request to {service}"):
            credentials = self._session.get_credentials()
            if credentials is None:
                raise NoCredentialsError
            request = AWSRequest(method="GET", url=url)
            frozen = credentials.get_frozen_credentials()
            SigV4QueryAuth(frozen, service, self._session.region_name, expires=valid_s).add_auth(request)
            return str(request.url)

    @property
    def secrets_manager(self) -> SecretsManagerClient:
        """The client of Secrets Manager."""
        client: SecretsManagerClient = self._client("secretsmanager")
        return client

    @property
    def service_quotas(self) -> Any:
        """The client of Service Quotas."""
        return self._client("service-quotas")

    @property
    def tagging(self) -> Any:
        """The client of the Resource Groups Tagging API."""
        return self._client("resourcegroupstaggingapi")

    @property
    def ssm(self) -> SSMClient:
        """The client of Systems Manager."""
        client: SSMClient = self._client("ssm")
        return client

    @property
    def sts(self) -> STSClient:
        """The client of the Security Token Service."""
        client: STSClient = self._client("sts")
        return client


_OF_AWS: Final = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".api.amazonwebservices.com.cn")


def is_of_aws(url: str) -> bool:
    """Say whether a URL is of AWS's own API, and not of what the environment names instead.

    >>> is_of_aws("https://ec2.us-east-1.amazonaws.com"), is_of_aws("http://127.0.0.1:4566")
    (True, False)
    """
    return (urlsplit(url).hostname or "").endswith(_OF_AWS)


_EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
"""What services answer to a session's token that is past its time. Source: IAM user guide, Common errors."""


class ExpiredCredentialsError(RefusedError):
    """The credentials were good, and are past their time.

    Args:
        doing: what was being done.
    """

    def __init__(self, doing: str) -> None:
        super().__init__(
            f"{doing}: the credentials of this environment have expired",
            hint="renew them, for example with: aws sso login; the same command then goes on",
        )


@contextmanager
def asking(doing: str) -> Iterator[None]:
    """Turn what the SDK raises into an error that says what was being done; what is read of answers belongs inside.

    Raises:
        RefusedError: AWS refused, could not be reached, or answered something else than its API reference says.
    """
    try:
        yield
    except ClientError as error:
        answer = error.response.get("Error", {})
        if answer.get("Code") in _EXPIRED:
            raise ExpiredCredentialsError(doing) from None
        raise RefusedError(
            f"{doing}: AWS answered {answer.get('Code', 'an error')}: {answer.get('Message', error)}",
            hint="is the lab deployed in this account and region, and may these credentials ask?",
        ) from None
    except UNANSWERED as error:
        raise RefusedError(
            f"{doing}: {_with_reason(error)}",
            hint="check this machine's network, the region, HTTPS_PROXY and AWS_ENDPOINT_URL of this environment: "
            "unset it if it is of a twin or region that has ended",
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


def _with_reason(error: BotoCoreError) -> str:
    """Return what the SDK says of an answer that did not come, and what the system says of it."""
    said, reason = str(error), cause_in(error.kwargs["error"], OSError)
    why = str(reason.strerror or reason) if reason else said
    return said if why in said else f"{said}: {why}"


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


def list_all(client: Any, action: str, *keys: str, **request: Any) -> list[Any]:
    """Return what an action lists, of all of its pages.

    Args:
        client: the service's client.
        action: the action, as the client's method.
        keys: the member of each page that lists it; of what is listed in lists of lists, each one's.
        request: what the action is asked.
    """
    found = list(client.get_paginator(action).paginate(**request))
    for key in keys:
        found = [each for part in found for each in part[key]]
    return found


def ec2_filter(name: str, values: Sequence[str]) -> list[dict[str, Any]]:
    """Return EC2's filters for a name that has one of some values."""
    return [{"Name": name, "Values": list(values)}]
