"""How each of AWS's services says that it does not let a request in.

Sources: EC2 API Reference, "Error codes" (AuthFailure, MissingAuthenticationToken, RequestExpired); "Common errors" of
CloudFormation, IAM, STS, Systems Manager and Service Quotas; Amazon S3 API Reference, "Error responses".
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from awsregion.authentication import AuthenticationError, Reason
from awsregion.ec2.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

Family: TypeAlias = Literal["ec2", "query", "json", "s3"]

_QUERY: Final = frozenset({"cloudformation", "iam", "sts"})
_MISMATCH: Final = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
_INVALID_TOKEN: Final = "The security token included in the request is invalid."  # noqa: S105  (a sentence)
_EXPIRED_TOKEN: Final = "The security token included in the request is expired"  # noqa: S105
_NOT_VALIDATED: Final = ("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
_REQUEST_EXPIRED: Final = ("RequestExpired", "Request has expired.", 400)
_BAD_SIGNATURE: Final = ("SignatureDoesNotMatch", _MISMATCH, 403)
_BAD_JSON_SIGNATURE: Final = ("InvalidSignatureException", _MISMATCH, 400)

_UNAUTHENTICATED: Final = ("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
_INCOMPLETE: Final = ("IncompleteSignature", "", 400)
_UNKNOWN: Final = ("InvalidClientTokenId", _INVALID_TOKEN, 403)
_UNRECOGNISED: Final = ("UnrecognizedClientException", _INVALID_TOKEN, 400)
_MISMATCHED: Final = ("SignatureDoesNotMatch", "", 403)
_MISMATCHED_JSON: Final = ("InvalidSignatureException", "", 400)
_NO_S3_KEY: Final = "The AWS Access Key Id you provided does not exist in our records."
_SKEWED_S3: Final = "The difference between the request time and the current time is too large."
_OTHER_S3_BODY: Final = "The provided 'x-amz-content-sha256' header does not match what was computed."

_ANSWERS: Final[Mapping[Family, Mapping[Reason, tuple[str, str, int]]]] = MappingProxyType(
    {
        "ec2": dict.fromkeys(Reason, _NOT_VALIDATED)
        | dict.fromkeys((Reason.EXPIRED_TOKEN, Reason.SKEWED, Reason.EXPIRED), _REQUEST_EXPIRED)
        | {Reason.NOT_SIGNED: _UNAUTHENTICATED, Reason.MALFORMED: _INCOMPLETE},
        "query": dict.fromkeys((Reason.UNKNOWN_KEY, Reason.WRONG_TOKEN), _UNKNOWN)
        | dict.fromkeys((Reason.SKEWED, Reason.EXPIRED, Reason.UNSIGNED_HEADERS), _MISMATCHED)
        | dict.fromkeys((Reason.WRONG_SIGNATURE, Reason.OTHER_BODY), _BAD_SIGNATURE)
        | {
            Reason.NOT_SIGNED: _UNAUTHENTICATED,
            Reason.MALFORMED: _INCOMPLETE,
            Reason.EXPIRED_TOKEN: ("ExpiredToken", _EXPIRED_TOKEN, 403),
        },
        "json": dict.fromkeys((Reason.UNKNOWN_KEY, Reason.WRONG_TOKEN), _UNRECOGNISED)
        | dict.fromkeys((Reason.SKEWED, Reason.EXPIRED, Reason.UNSIGNED_HEADERS), _MISMATCHED_JSON)
        | dict.fromkeys((Reason.WRONG_SIGNATURE, Reason.OTHER_BODY), _BAD_JSON_SIGNATURE)
        | {
            Reason.NOT_SIGNED: ("MissingAuthenticationTokenException", "Missing Authentication Token", 400),
            Reason.MALFORMED: ("IncompleteSignatureException", "", 400),
            Reason.EXPIRED_TOKEN: ("ExpiredTokenException", _EXPIRED_TOKEN, 400),
        },
        "s3": {
            Reason.NOT_SIGNED: ("AccessDenied", "Access Denied", 403),
            Reason.MALFORMED: ("AuthorizationHeaderMalformed", "", 400),
            Reason.UNKNOWN_KEY: ("InvalidAccessKeyId", _NO_S3_KEY, 403),
            Reason.WRONG_TOKEN: ("InvalidToken", "The provided token is malformed or otherwise invalid.", 400),
            Reason.EXPIRED_TOKEN: ("ExpiredToken", "The provided token has expired.", 400),
            Reason.SKEWED: ("RequestTimeTooSkewed", _SKEWED_S3, 403),
            Reason.EXPIRED: ("AccessDenied", "Request has expired", 403),
            Reason.WRONG_SIGNATURE: _BAD_SIGNATURE,
            Reason.UNSIGNED_HEADERS: ("AccessDenied", "", 403),
            Reason.OTHER_BODY: ("XAmzContentSHA256Mismatch", _OTHER_S3_BODY, 400),
        },
    }
)
"""Code, sentence (empty: the reason's own) and HTTP status."""


def not_admitted(error: AuthenticationError, headers: Mapping[str, str], query: str) -> tuple[AwsError, str]:
    """Return what AWS answers, and the service in whose protocol it is to be said."""
    family = _family(error.service, headers, query)
    code, text, status = _ANSWERS[family][error.reason]
    return AwsError(code, text or error.text, status), error.service or ("ec2" if family == "query" else family)


def denied(service: str, action: str) -> AwsError:
    """Return what a service answers to a caller whose policies do not allow an action."""
    family = _family(service, {}, "")
    code, status = ("AccessDeniedException", 400) if family == "json" else ("AccessDenied", 403)
    return AwsError(code, f"User is not authorized to perform: {service}:{action}", status)


def _family(service: str, headers: Mapping[str, str], query: str) -> Family:
    """Return the family of a service; where none is named, that of the protocol which the request seems to be in."""
    if service == "ec2":
        return "ec2"
    if service == "s3":
        return "s3"
    if service in _QUERY:
        return "query"
    if service or headers.get("x-amz-target") or "json" in headers.get("content-type", ""):
        return "json"
    form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    return "query" if form or "Action=" in query else "s3"
