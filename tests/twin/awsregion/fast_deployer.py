"""A lab's stacks synthesised in this process and deployed by boto3, as the CDK command line does it in ten seconds."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from twin.awsregion.stacks import POLL

from mcastlab.aws.cdk_install import node
from mcastlab.lab.design.names import LAB_TAG, stack_names
from mcastlab.lab_files import DEFAULT_LAB
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcastlab.aws.clients import Clients
    from mcastlab.lab.design.kept_resources import KeptResources
    from mcastlab.lab.model import Lab


def synthesised(lab: Lab, kept: KeptResources, images: Mapping[str, str] | None = None) -> dict[str, dict[str, Any]]:
    """Return the templates of a lab's stacks by name."""
    # Whoever imports the CDK starts this Node, which keeps what it is reported.
    os.environ.setdefault("JSII_NODE", str(node()))
    import aws_cdk as cdk  # noqa: PLC0415  (it starts Node)

    from stacks.lab import add_lab  # noqa: PLC0415  (it imports the CDK)

    with tempfile.TemporaryDirectory() as folder:
        context = json.loads(DEFAULT_LAB.read_text(encoding="utf-8"))["context"]
        app = cdk.App(outdir=folder, context=context)
        add_lab(app, lab, kept, images)
        app.synth()
        return {name: json.loads((Path(folder) / f"{name}.template.json").read_text()) for name in stack_names(lab)}


class FastDeployer:
    """As `CdkDeployer`, for one lab."""

    def __init__(self, clients: Clients, lab: Lab) -> None:
        self._cfn: Any = clients.cloudformation
        self._lab = lab
        self._made: dict[KeptResources, dict[str, dict[str, Any]]] = {}
        self.deployments = 0

    def synthesise(self, kept: KeptResources) -> Mapping[str, Mapping[str, Any]]:
        if kept not in self._made:
            self._made[kept] = synthesised(self._lab, kept)
        return self._made[kept]

    def deploy(self, kept: KeptResources, parameters: Mapping[tuple[str, str], str]) -> None:
        self.deployments += 1
        for name, template in self.synthesise(kept).items():
            self._stack(name, template, {key: value for (stack, key), value in parameters.items() if stack == name})

    def _stack(self, name: str, template: Mapping[str, Any], given: Mapping[str, str]) -> None:
        there = self._there(name)
        kept = {one["ParameterKey"] for one in there.get("Parameters", ())} if there else set()
        values: list[dict[str, Any]] = [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]
        values += [
            {"ParameterKey": key, "UsePreviousValue": True}
            for key in template.get("Parameters", {})
            if key in kept and key not in given
        ]
        asked: dict[str, Any] = {
            "StackName": name,
            "TemplateBody": json.dumps(template),
            "Parameters": values,
            "Capabilities": ["CAPABILITY_IAM"],
            "Tags": [{"Key": LAB_TAG, "Value": self._lab.name}],
        }
        try:
            self._cfn.create_stack(**asked) if there is None else self._cfn.update_stack(**asked)
        except ClientError as error:
            if "No updates are to be performed" in str(error):
                return
            raise RefusedError(str(error)) from error
        what = "stack_create_complete" if there is None else "stack_update_complete"
        try:
            self._cfn.get_waiter(what).wait(StackName=name, WaiterConfig=POLL)
        except Exception as error:
            events = self._cfn.describe_stack_events(StackName=name)["StackEvents"]
            why = [one.get("ResourceStatusReason", "") for one in events if one["ResourceStatus"].endswith("_FAILED")]
            raise RefusedError(f"{name}: {why}") from error
        events = self._cfn.describe_stack_events(StackName=name)["StackEvents"]
        failed = [one for one in events if one["ResourceStatus"] == "DELETE_FAILED"]
        if failed:
            raise RefusedError(f"{name}: {[one['ResourceStatusReason'] for one in failed]}")

    def _there(self, name: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._cfn.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError:
            return None
        return found

    def destroy(self) -> None:
        """Delete every stack of the lab, the last one first."""
        for name in reversed(stack_names(self._lab)):
            self._cfn.delete_stack(StackName=name)
            self._cfn.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=POLL)
