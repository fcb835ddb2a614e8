"""The region's front: an ASGI application that answers EC2, Run Command and quotas itself, the host all else."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from awsregion import instance_connect, json_input, service_quotas, sigv4, ssm, tunnel
from awsregion.asgi_request import action_of, form_of, headers_of, path_style, replay, sized, unsigned, wire_request
from awsregion.auth_refusals import denied, not_admitted
from awsregion.authentication import AuthenticationError, Authenticator, IssuedCredential, Reason
from awsregion.ec2.errors import AwsError
from awsregion.host_answers import answered
from awsregion.incoming import IncomingBody
from awsregion.protocols import refusal
from awsregion.throttling import throttled
from awsregion.web_guard import why_refused, without_cors
from awsregion.wire import render_error
from mcastlab_base.async_waiting import async_attempts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsregion.asgi_request import Receive, Scope, Send
    from awsregion.core import Region
    from awsregion.credentials import OwnerCredentials
    from awsregion.ministack_host import Host


_LOG: Final = logging.getLogger(__name__)
_OWN_PATHS: Final = ("/_ministack", "/_localstack", "/_aws", "/health")
"""MiniStack's own administration, which AWS has not: whoever can reset it could make the region lie."""
_GLOBAL: Final = frozenset({"iam", "sts", "s3"})
"""Services whose requests may be signed for another region."""
_SERVICES: Final = frozenset(
    {
        *("cloudformation", "ec2", "ecr", "iam", "kms", "s3", "secretsmanager", "ssm", "sts", "tagging"),
        service_quotas.SERVICE,
        instance_connect.SERVICE,
    }
)
"""The services that answer, by the name that requests are signed for."""
_OWN_JSON: Final = frozenset({service_quotas.SERVICE, instance_connect.SERVICE})
_PATIENCE_S: Final = 3.0
"""How long an answer about a stack that is under way may take."""
_LOOK_S: Final = 0.01


class Front:
    """The ASGI application."""

    def __init__(
        self,
        region: Region,
        host: asyncio.Future[Host],
        owner: OwnerCredentials,
        hosts: frozenset[str],
        tunnels: tunnel.EndpointTunnels,
    ) -> None:
        self._region = region
        self._tunnels = tunnels
        self._host = host
        self._hosts = hosts
        self._door = Authenticator(owner, region.ec2.account, self._issued)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] == "websocket":
            await self._tunnel(scope, receive, send)
            return
        headers, incoming, send = headers_of(scope), IncomingBody(receive), without_cors(send)
        if why := why_refused(scope, headers, self._hosts):
            await incoming.drain()
            await self._refuse(send, "", headers, AwsError("AccessDenied", why, 403))
            return
        if scope["path"].startswith(_OWN_PATHS):
            await _reply(send, 404, b"not found\n", {"content-type": "text/plain"})
            return
        try:
            signature, body = await self._door.admit(wire_request(scope), incoming.whole)
            self._refuse_foreign(signature.region, signature.service)
        except AuthenticationError as error:
            await incoming.drain()
            refused, service = not_admitted(error, headers, scope["query_string"].decode("latin-1"))
            await self._refuse(send, service, headers, refused)
        except AwsError as error:
            await incoming.drain()
            await self._refuse(send, incoming.service, headers, error)
        else:
            await self._answer(unsigned(scope, signature), signature.service, body, (receive, send))

    async def _answer(self, scope: Scope, service: str, body: bytes, wire: tuple[Receive, Send]) -> None:
        """Answer a request whose sender is known."""
        receive, send = wire
        headers = headers_of(scope)
        # Objects may be large, and nothing of them is looked at.
        action = action_of(headers, b"" if service == "s3" else body, scope["query_string"])
        refused = self._struck(service, action, headers)
        if refused:
            await self._refuse(send, service, headers, refused)
        elif service == "ec2":
            await self._ec2(body, scope["query_string"], send)
        elif service in _OWN_JSON or (service == "ssm" and action in ssm.ACTIONS):
            await self._own_json(service, action, body, headers, send)
        else:
            _LOG.info("%s %s", service, action or f"{scope['method']} {scope['path']}")
            try:
                handed = path_style(body) if service == "cloudformation" else body
                host = await asyncio.shield(self._host)
                if action == "DescribeStacks":
                    await _until_still(host, body)
                again = replay(handed, receive)
                await answered(host.app, sized(scope, body, handed), again, send, service)
            except AwsError as error:
                await self._refuse(send, service, headers, error)
            self._region.touched()

    async def _tunnel(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Be a tunnel to an instance, or refuse it before it opens."""
        try:
            await self._admit_tunnel({**scope, "method": "GET"})
            query = sigv4.query_without_signature(scope["query_string"].decode("latin-1"))
            _LOG.info("%s openTunnel %s", instance_connect.SERVICE, query)
            await self._tunnels.serve(query, receive, send)
        except AwsError as error:
            _LOG.info("tunnel refused: %s: %s", error.code, error.message)
            await tunnel.refuse(error, send)

    async def _admit_tunnel(self, scope: Scope) -> None:
        if why := why_refused(scope, headers_of(scope), self._hosts):
            raise AwsError("AccessDenied", why, 403)
        try:
            signature, _ = await self._door.admit(wire_request(scope), _no_body)
        except AuthenticationError as error:
            raise not_admitted(error, headers_of(scope), "")[0] from None
        self._refuse_foreign(signature.region, signature.service)
        if signature.service != instance_connect.SERVICE or scope["path"] != tunnel.PATH:
            raise AwsError("UnknownOperationException", f"There is no WebSocket at {scope['path']}.", 404)

    async def _issued(self, key: str) -> IssuedCredential | None:
        """Return what the region's own IAM or STS gave out under an access key."""
        return (await asyncio.shield(self._host)).credential(key)

    def _refuse_foreign(self, region: str, service: str) -> None:
        """Refuse what is not in this region, or is for another.

        Raises:
            AwsError: it is.
        """
        if service not in _SERVICES:
            raise AwsError("UnknownOperationException", f"The service {service} is not in this region.")
        own = self._region.ec2.region
        if region != own and service not in _GLOBAL:
            raise AwsError("AuthFailure", f"This is region {own}; the request is for {region}.", 401)

    def _struck(self, service: str, action: str, headers: Mapping[str, str]) -> AwsError | None:
        """Return with what a request is refused, as somebody asked for, or as there were too many."""
        names = (action, f"{service}:{action}", f"{service}:*")
        if self._region.faults.strike("expire", *names):
            return not_admitted(AuthenticationError(Reason.EXPIRED_TOKEN, service=service), headers, "")[0]
        # EC2's are refused where CloudFormation's handlers ask, too.
        if service != "ec2" and self._region.faults.strike("deny", *names):
            return denied(service, action)
        return self._throttled(service, action)

    def _throttled(self, service: str, action: str) -> AwsError | None:
        asked_for = self._region.faults.strike("throttle", action, f"{service}:{action}", f"{service}:*")
        if not asked_for and not (service == "ec2" and self._region.throttles(action)):
            return None
        return throttled(service)

    async def _refuse(self, send: Send, service: str, headers: Mapping[str, str], error: AwsError) -> None:
        _LOG.info("%s refused: %s: %s", service or "unsigned", error.code, error.message)
        if service == "ec2":
            await _reply(send, error.status, render_error(error, str(uuid.uuid4())), _XML)
        else:
            body, payload = refusal(error, service, headers)
            await _reply(send, error.status, body, payload)

    async def _ec2(self, body: bytes, query: bytes, send: Send) -> None:
        request_id = str(uuid.uuid4())
        action = ""
        try:
            form = dict(form_of(query or body))
            action, request = self._region.wire.parse(form)
            answer = self._region.perform(action, request)
            payload, status = self._region.wire.render(action, answer, request_id), 200
        except AwsError as error:
            payload, status = render_error(error, request_id), error.status
            _LOG.info("ec2 %s refused: %s: %s", action, error.code, error.message)
        except Exception:  # noqa: BLE001  (one request's fault must not end the region; it is logged and answered)
            _LOG.exception("ec2 %s failed", action)
            failed = AwsError("InternalError", "The region's own fault; its log says more.", 500)
            payload, status = render_error(failed, request_id), 500
        else:
            _LOG.info("ec2 %s", action)
        await _reply(send, status, payload, _XML | {"x-amzn-requestid": request_id})

    async def _own_json(self, service: str, action: str, body: bytes, headers: Mapping[str, str], send: Send) -> None:
        try:
            asked = json_input.checked(service, action, body)
            if service == service_quotas.SERVICE:
                answer = service_quotas.answer(self._region.ec2, action, asked)
            elif service == instance_connect.SERVICE:
                answer = self._region.perform_instance_connect(action, asked)
            else:
                answer = self._region.perform_ssm(action, asked)
        except AwsError as error:
            await self._refuse(send, service, headers, error)
        else:
            _LOG.info("%s %s", service, action)
            await _reply(send, 200, json.dumps(answer).encode(), {"content-type": "application/x-amz-json-1.1"})


_XML: Final = MappingProxyType({"content-type": "text/xml;charset=UTF-8"})


async def _no_body(_service: str) -> bytes:
    return b""


async def _until_still(host: Host, body: bytes) -> None:
    """Wait a moment while the stack that is asked for is under way.

    The CDK command line asks once, and then every five seconds only; so a stack that takes half a second would cost
    it five. AWS's own answers take their time too.
    """
    named = dict(form_of(body)).get("StackName")
    async for _ in async_attempts(_PATIENCE_S, every_s=_LOOK_S):
        if not named or not host.busy(named):
            return


async def _lifespan(receive: Receive, send: Send) -> None:
    """Start and stop without MiniStack's own start, which looks for scripts to run and for Docker."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _reply(send: Send, status: int, body: bytes, payload: Mapping[str, str]) -> None:
    named = {"x-amzn-requestid": str(uuid.uuid4()), **payload, "content-length": str(len(body))}
    headers = [(name.encode(), value.encode("latin-1", errors="replace")) for name, value in named.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
