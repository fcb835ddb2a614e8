"""The one module that knows MiniStack: its environment, and the private names that this region hooks into.

MiniStack is the host of CloudFormation's engine, S3, IAM, STS, Secrets Manager, parameters and log groups. Everything
of EC2 and Run Command is the region's own: MiniStack's EC2 gets no request and no resource type. It is pinned to one
version because of the names below; `tests/twin/awsregion/test_server.py` is the contract that a newer one must keep.
"""

from __future__ import annotations

import copy
import importlib
import json
import sys
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

from awsregion.authentication import IssuedCredential
from awsregion.cfn.conditions import evaluate
from awsregion.cfn.ledger import RESOURCES
from awsregion.cfn.schemas import schema
from awsregion.credentials import ACCOUNT
from awsregion.ec2.catalogue import NEWER_PARAMETERS, PUBLIC_PARAMETERS
from awsregion.ec2.errors import AwsError
from awsregion.handlers import checked, handler
from awsregion.ministack_updates import UpdateRules
from mcastlab_base.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from awsregion.asgi_request import Scope
    from awsregion.cfn.resource import Record, Vault
    from awsregion.handlers import FaultyCloud, Handler

    Asgi = Callable[[Scope, Callable[..., Any], Callable[..., Any]], Awaitable[None]]


HOSTED_TYPES: Final = (
    "AWS::CDK::Metadata",
    "AWS::ECR::Repository",
    "AWS::IAM::InstanceProfile",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::KMS::Alias",
    "AWS::KMS::Key",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SSM::Parameter",
)
"""Resource types that MiniStack makes; all others of its are taken away, as their services do not answer here."""

_INTERRUPTED: Final = MappingProxyType(
    {
        "CREATE_IN_PROGRESS": "CREATE_FAILED",
        "DELETE_IN_PROGRESS": "DELETE_FAILED",
        "ROLLBACK_IN_PROGRESS": "ROLLBACK_FAILED",
        "UPDATE_IN_PROGRESS": "UPDATE_ROLLBACK_FAILED",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_ROLLBACK_FAILED",
        "UPDATE_ROLLBACK_IN_PROGRESS": "UPDATE_ROLLBACK_FAILED",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_ROLLBACK_FAILED",
    }
)
"""What becomes of a stack whose work the end of the process interrupted."""
_INTERRUPTED_REASON: Final = "The region's process ended while this was under way."

_METADATA: Final = "AWS::CDK::Metadata"
_PROFILE: Final = "AWS::IAM::InstanceProfile"
_OK: Final = 200


class Host:
    """MiniStack, imported and hooked. Importing it takes about a second; its environment must be set before."""

    def __init__(self) -> None:
        self._provisioners = importlib.import_module("ministack.services.cloudformation.provisioners")
        self._stacks = importlib.import_module("ministack.services.cloudformation.stacks")
        importlib.import_module("ministack.core.hypercorn_compat").install()
        self._persistence = importlib.import_module("ministack.core.persistence")
        self._iam = importlib.import_module("ministack.services.iam")
        self._ssm = importlib.import_module("ministack.services.ssm")
        self._sts = importlib.import_module("ministack.services.sts")
        self._services = {
            "cloudformation": importlib.import_module("ministack.services.cloudformation"),
            "ecr": importlib.import_module("ministack.services.ecr"),
            "iam": self._iam,
            "kms": importlib.import_module("ministack.services.kms"),
            "s3": importlib.import_module("ministack.services.s3"),
            "secretsmanager": importlib.import_module("ministack.services.secretsmanager"),
            "ssm": self._ssm,
        }
        self.app: Asgi = importlib.import_module("ministack.app").app
        self.vault: Vault = _Parameters(self._asked)

    def attach(self, cloud: FaultyCloud) -> None:
        """Give CloudFormation our resource types, and take away those that nothing here stands behind."""
        # A session that is over is answered as over, and is not one that nobody ever heard of.
        vars(self._sts)["_evict_expired_sessions"] = lambda: None
        # Public parameters of images: MiniStack's own name images that are not in our catalogue.
        parameters = self._ssm._PUBLIC_AMI_PARAMETERS  # noqa: SLF001
        parameters.clear()
        parameters.update(PUBLIC_PARAMETERS)
        handlers: dict[str, Handler] = self._provisioners._RESOURCE_HANDLERS  # noqa: SLF001
        # What the CDK says of itself changes with each new construct, and is of no effect.
        handlers[_METADATA] = {**handlers[_METADATA], "update": lambda identifier, *_changes: (identifier, {})}
        hosted = {name: checked(name, handlers[name], cloud.faults) for name in HOSTED_TYPES}
        hosted[_PROFILE] = self._by_name(hosted[_PROFILE])
        handlers.clear()
        handlers.update(hosted)
        handlers.update({name: handler(row, cloud) for name, row in RESOURCES.items()})
        self._resolve_conditions()
        updates = UpdateRules(self._all_stacks, self._services["cloudformation"]._exports)  # noqa: SLF001
        updates.attach(vars(self._stacks))
        # What waits for a state must not stop the loop.
        vars(self._stacks)["_runs_on_worker_thread"] = RESOURCES.__contains__
        replacing: dict[str, tuple[str, ...]] = self._provisioners._REPLACING_PROPERTIES  # noqa: SLF001
        tagged: dict[str, tuple[str, str]] = self._provisioners._STACK_TAG_PROPERTY  # noqa: SLF001
        for name, row in RESOURCES.items():
            known = schema(name)
            if known is not None:
                replacing[name] = (*known.create_only, *row.replaced_by)
                if known.tag_property is not None:
                    tagged[name] = (known.tag_property, "list")

    def publish_newer(self) -> None:
        """Let the public parameters name newer images from now on."""
        self._ssm._PUBLIC_AMI_PARAMETERS.update(NEWER_PARAMETERS)  # noqa: SLF001

    def _resolve_conditions(self) -> None:
        """Put our evaluation of conditions in the place of MiniStack's, wherever its modules have it by name."""
        engine = importlib.import_module("ministack.services.cloudformation.engine")

        def evaluated(template: Record, params: Record) -> dict[str, bool]:
            mappings = template.get("Mappings", {})

            def resolve(value: Any, known: Mapping[str, bool]) -> Any:
                return engine._resolve_refs(copy.deepcopy(value), {}, params, known, mappings, "", "")  # noqa: SLF001

            return evaluate(template.get("Conditions", {}), resolve)

        for name, module in list(sys.modules.items()):
            if name.startswith("ministack.services.cloudformation") and hasattr(module, "_evaluate_conditions"):
                vars(module)["_evaluate_conditions"] = evaluated

    def save(self) -> None:
        """Write the services' state into the state directory; the bodies of S3 objects are there already."""
        self._persistence.save_all({name: service.get_state for name, service in self._services.items()})

    def load(self) -> None:
        """Read it back. A stack that was under way when the process ended has failed."""
        for name, service in self._services.items():
            service.load_persisted_state(self._persistence.load_state(name))
        for stack in self._all_stacks():
            under_way = str(stack["StackStatus"])
            if under_way in _INTERRUPTED:
                stack["StackStatus"] = _INTERRUPTED[under_way]
                stack["StackStatusReason"] = _INTERRUPTED_REASON
                where = (stack["StackId"], stack["StackName"], stack["StackName"], "AWS::CloudFormation::Stack")
                self._stacks._add_event(*where, _INTERRUPTED[under_way], _INTERRUPTED_REASON, stack["StackId"])  # noqa: SLF001

    def busy(self, named: str | None = None) -> bool:
        """Tell whether a stack is being made, changed or deleted: any, or the one of that name or id."""
        return any(
            stack["StackStatus"] in _INTERRUPTED
            for stack in self._all_stacks()
            if named in {None, stack["StackName"], stack["StackId"]}
        )

    def _all_stacks(self) -> list[Record]:
        return list(self._services["cloudformation"]._stacks._data.values())  # noqa: SLF001

    def credential(self, access_key_id: str) -> IssuedCredential | None:
        """Return what IAM gave a user, or STS a session, under an access key; None where neither did."""
        session = self._sts._sessions.get(access_key_id)  # noqa: SLF001
        if session is not None:
            return IssuedCredential(
                account=str(session["AccountId"]),
                secret=Secret(session["SecretAccessKey"]),
                token=Secret(session["SessionToken"]),
                expires=float(session["Expiration"]),
            )
        key = self._iam._access_keys.get_scoped(ACCOUNT, None, access_key_id)  # noqa: SLF001
        if key is None or key["Status"] != "Active":
            return None
        return IssuedCredential(account=ACCOUNT, secret=Secret(key["SecretAccessKey"]))

    def instance_profile(self, named: str) -> Record | None:
        """Return an instance profile by name or ARN, as an instance shows it."""
        status, body = self._asked("iam", "GetInstanceProfile", {"InstanceProfileName": named.rpartition("/")[2]})
        if status != _OK:
            return None
        (profile,) = ET.fromstring(body).iterfind("{*}GetInstanceProfileResult/{*}InstanceProfile")  # noqa: S314  (MiniStack's own)
        found = {member.tag.rpartition("}")[2]: member.text for member in profile}
        if named not in {found["InstanceProfileName"], found["Arn"]}:
            return None
        return {"Arn": found["Arn"], "Id": found["InstanceProfileId"]}

    def _by_name(self, hosted: Handler) -> Handler:
        """Return the handler of instance profiles with Ref as the name, which refuses roles that are not there.

        MiniStack has the ARN as Ref, and drops such roles.
        """

        def check(properties: Record) -> None:
            for role in properties.get("Roles", ()):
                if self._asked("iam", "GetRole", {"RoleName": role})[0] != _OK:
                    raise ValueError(
                        f'Resource handler returned message: "The role with name {role} cannot be found. (Service: '
                        'Iam, Status Code: 404, Error Code: NoSuchEntity)" (HandlerErrorCode: NotFound)'
                    )

        def arn(name: str) -> str:
            found = self.instance_profile(name)
            return name if found is None else str(found["Arn"])

        def create(logical_id: str, properties: Record, stack_name: str) -> tuple[str, Record]:
            check(properties)
            made, attributes = hosted["create"](logical_id, properties, stack_name)
            return made.rpartition("/")[2], attributes

        def update(identifier: str, old: Record, new: Record, *where: Any) -> tuple[str, Record]:
            check(new)
            updated, attributes = hosted["update"](arn(identifier), old, new, *where)
            return updated.rpartition("/")[2], attributes

        def delete(identifier: str, properties: Record, logical_id: str) -> None:
            hosted["delete"](arn(identifier), properties, logical_id)

        return {**hosted, "create": create, "update": update, "delete": delete}

    def keep_secret(self, name: str, value: str) -> str:
        """Put a secret under a name, anew or in place of what is there; return its ARN."""
        status, body = self._asked("secretsmanager", "UpdateSecret", {"SecretId": name, "SecretString": value})
        if status != _OK:
            status, body = self._asked("secretsmanager", "CreateSecret", {"Name": name, "SecretString": value})
        if status != _OK:
            raise AwsError("InvalidRequest", f"Secrets Manager refused {name}: {json.loads(body).get('message')}")
        return str(json.loads(body)["ARN"])

    def drop_secret(self, name: str) -> None:
        """Delete a secret at once; one that is gone is no error."""
        self._asked("secretsmanager", "DeleteSecret", {"SecretId": name, "ForceDeleteWithoutRecovery": True})

    def _asked(self, service: str, action: str, request: Record) -> tuple[int, str]:
        """Return status and body of a service's answer to a request in the JSON protocol.

        MiniStack's services answer these without waiting for anything, so that no event loop is needed.
        """
        headers = {"x-amz-target": f"{service}.{action}", "content-type": "application/x-amz-json-1.1"}
        asked = self._services[service].handle_request("POST", "/", headers, json.dumps(request).encode(), {})
        try:
            asked.send(None)
        except StopIteration as answered:
            status, _headers, body = answered.value
            return int(status), body if isinstance(body, str) else bytes(body).decode()
        message = f"MiniStack's {action} waits for something"
        raise RuntimeError(message)


class _Parameters:
    """Parameter Store, where CloudFormation puts private keys."""

    def __init__(self, asked: Callable[[str, str, Record], tuple[int, str]]) -> None:
        self._asked = asked

    def put(self, name: str, value: str) -> None:
        """Store a SecureString."""
        data = {"Name": name, "Value": value, "Type": "SecureString", "Overwrite": False}
        status, body = self._asked("ssm", "PutParameter", data)
        if status != _OK:
            raise AwsError("InvalidRequest", f"Parameter Store refused {name}: {json.loads(body).get('message')}")

    def drop(self, name: str) -> None:
        """Delete a parameter; one that is gone already is no error."""
        self._asked("ssm", "DeleteParameter", {"Name": name})
