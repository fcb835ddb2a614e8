"""Who sent a request: its signature is verified before anything of its body is looked at.

What is refused, and with which of AWS's codes, is in `auth_refusals`; a reason is named here.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from awsregion import sigv4
from awsregion.sigv4 import SignatureFormatError, signature_for, signature_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from awsregion.credentials import OwnerCredentials
    from awsregion.sigv4 import Signature, WireRequest
    from mcastlab_base.secret import Secret

SKEW_S: Final = 900
"""Seconds that a signer's clock and ours may differ. Sources: Amazon S3 API Reference, RequestTimeTooSkewed; EC2 and
CloudFormation API References, RequestExpired."""
LONGEST_PRESIGNED_S: Final = 604_800
"""Seconds that a query's signature may be valid. Source: Amazon S3 API Reference, X-Amz-Expires."""

_HASH: Final = re.compile(r"[0-9a-f]{64}")


class Reason(Enum):
    """Why a request is not let in."""

    NOT_SIGNED = auto()
    MALFORMED = auto()
    UNKNOWN_KEY = auto()
    WRONG_TOKEN = auto()
    EXPIRED_TOKEN = auto()
    SKEWED = auto()
    EXPIRED = auto()
    """A query's signature is past its time."""
    WRONG_SIGNATURE = auto()
    UNSIGNED_HEADERS = auto()
    OTHER_BODY = auto()
    """The body is not the one whose hash is signed."""


class AuthenticationError(Exception):
    """A request is not let in. `service` is what it said it is signed for, as far as that could be read."""

    def __init__(self, reason: Reason, text: str = "", *, service: str = "") -> None:
        super().__init__(text or reason.name)
        self.reason = reason
        self.text = text
        self.service = service


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCredential:
    """What an access key is verified with; a session's has a token and an end (seconds since the epoch)."""

    account: str
    secret: Secret
    token: Secret | None = None
    expires: float | None = None


class Authenticator:
    """Verifies requests with the owner's key, and with those that the region's own IAM and STS gave out."""

    def __init__(
        self,
        owner: OwnerCredentials,
        account: str,
        issued: Callable[[str], Awaitable[IssuedCredential | None]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._owner = owner
        self._account = account
        self._issued = issued
        self._clock = clock

    async def admit(self, request: WireRequest, body: Callable[[str], Awaitable[bytes]]) -> tuple[Signature, bytes]:
        """Return a request's signature, which is right, and its body.

        The body is read, by the function that is given the service, only when the head has passed as far as that can
        be reported without it.

        Raises:
            AuthenticationError: the request is not let in.
        """
        try:
            signature = signature_of(request)
        except SignatureFormatError as error:
            raise AuthenticationError(Reason.MALFORMED, str(error)) from None
        if signature is None:
            raise AuthenticationError(Reason.NOT_SIGNED)
        try:
            credential = await self._credential(signature)
            self._check_time(signature)
            _check_headers(signature, request)
            if signature.payload is not None:
                _check_signature(signature, request, credential)
                read = await body(signature.service)
                _check_body(signature, credential, read)
            else:
                read = await body(signature.service)
                _check_signature(signature, request, credential, read)
        except AuthenticationError as error:
            raise AuthenticationError(error.reason, error.text, service=signature.service) from None
        return signature, read

    async def _credential(self, signature: Signature) -> IssuedCredential:
        key = signature.access_key_id
        if key == self._owner.access_key_id:
            found: IssuedCredential | None = IssuedCredential(account=self._account, secret=self._owner.secret)
        else:
            found = await self._issued(key)
        # A session of another account's role would act where nobody looks.
        if found is None or found.account != self._account:
            raise AuthenticationError(Reason.UNKNOWN_KEY)
        expected = "" if found.token is None else found.token.reveal()
        if not _same(expected, signature.token):
            raise AuthenticationError(Reason.WRONG_TOKEN)
        if found.expires is not None and self._clock() > found.expires:
            raise AuthenticationError(Reason.EXPIRED_TOKEN)
        return found

    def _check_time(self, signature: Signature) -> None:
        now = datetime.fromtimestamp(self._clock(), UTC)
        try:
            signed = datetime.strptime(signature.time, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError:
            raise AuthenticationError(Reason.MALFORMED, f"{signature.time} is no time") from None
        skew = timedelta(seconds=SKEW_S)
        if signed > now + skew:
            late = f"Signature not yet current: {signature.time} is still later than {_amz_date(now + skew)}"
            raise AuthenticationError(Reason.SKEWED, f"{late} ({_amz_date(now)} + 15 min.)")
        if not signature.presigned:
            if signed < now - skew:
                early = f"Signature expired: {signature.time} is now earlier than {_amz_date(now - skew)}"
                raise AuthenticationError(Reason.SKEWED, f"{early} ({_amz_date(now)} - 15 min.)")
            return
        valid_s = SKEW_S if signature.expires_s is None else signature.expires_s
        if valid_s > LONGEST_PRESIGNED_S:
            raise AuthenticationError(Reason.MALFORMED, "X-Amz-Expires must be less than a week (in seconds)")
        # Only S3 lets a query's signature live longer than a header's.
        lives = timedelta(seconds=valid_s if signature.service == "s3" else min(valid_s, SKEW_S))
        if now > signed + lives:
            raise AuthenticationError(
                Reason.EXPIRED, f"Signature expired: {_amz_date(signed + lives)} is now earlier than {_amz_date(now)}"
            )


def _check_headers(signature: Signature, request: WireRequest) -> None:
    """Refuse a request whose host or one of whose x-amz headers is not signed: anybody could have put it there."""
    there = {name for name, _value in request.headers if name.startswith("x-amz-")} | {"host"}
    if loose := sorted(there - set(signature.signed_headers)):
        raise AuthenticationError(
            Reason.UNSIGNED_HEADERS, f"There were headers present in the request which were not signed: {loose}"
        )


def _check_signature(
    signature: Signature, request: WireRequest, credential: IssuedCredential, body: bytes = b""
) -> None:
    if not _same(signature_for(signature, request, credential.secret.reveal(), body), signature.value):
        raise AuthenticationError(Reason.WRONG_SIGNATURE)


def _check_body(signature: Signature, credential: IssuedCredential, body: bytes) -> None:
    payload = signature.payload or ""
    if payload in {sigv4.UNSIGNED_PAYLOAD, sigv4.UNSIGNED_CHUNKS}:
        return
    if payload in sigv4.SIGNED_CHUNKS:
        if not sigv4.chunks_are_signed(signature, credential.secret.reveal(), body):
            raise AuthenticationError(Reason.WRONG_SIGNATURE)
        return
    if not _HASH.fullmatch(payload) or not _same(payload, hashlib.sha256(body).hexdigest()):
        raise AuthenticationError(Reason.OTHER_BODY)


def _same(one: str, other: str) -> bool:
    """Compare in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode("utf-8", "surrogateescape"))


def _amz_date(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%SZ")
