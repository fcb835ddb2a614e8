"""Deploy a lab, or change one that stands in place, in an order that AWS takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Protocol

import yaml

from mcastlab.aws.clients import asking, ec2_filter, list_all
from mcastlab.aws.deployment_plan import kept_of, plan_of, site_stacks
from mcastlab.aws.stacks import changes_of_deployment, delete_and_await, every_stack
from mcastlab.lab.design.names import LAB_TAG, OutputKey, StackRole, aws_router_name, stack_name, within_lab
from mcastlab_base.errors import BadInputError
from mcastlab_base.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mcastlab.aws.clients import Clients
    from mcastlab.aws.deployment_plan import DeploymentPlan
    from mcastlab.aws.images import LabImages
    from mcastlab.lab.design.kept_resources import KeptResources
    from mcastlab.lab.model import Lab

LEAVE_S: Final = 60.0
"""How long a router's leave may take until the gateway lists it no more; by its user guide a leave acts at once."""


class Deployer(Protocol):
    """Makes templates of a lab, and stacks of them."""

    def synthesise(self, kept: KeptResources) -> Mapping[str, Mapping[str, Any]]:
        """Return the templates of the lab's stacks by name."""

    def deploy(self, kept: KeptResources, parameters: Mapping[tuple[str, str], str]) -> None:
        """Deploy all stacks, with values of parameters by stack and name; all others keep theirs."""


def planned(
    clients: Clients, lab: Lab, deployer: Deployer, images: LabImages, *, replace_router: bool = False
) -> DeploymentPlan:
    """Return what a deployment does to a lab; nothing is changed.

    Raises:
        RefusedError: AWS does not tell, or the lab cannot be synthesised.
    """
    deployed = {name: _template(clients, name) for name in changes_of_deployment(clients, lab).updated}
    removed = departed_stacks(clients, lab)
    if not deployed:
        return plan_of(lab, {}, {}, images, removed)
    wanted = deployer.synthesise(kept_of(lab, deployed))
    return plan_of(lab, deployed, wanted, images, removed, replace_router=replace_router)


def refuse_impossible(plan: DeploymentPlan, *, move: str) -> None:
    """Refuse what AWS cannot change in place, before anything is touched.

    Raises:
        BadInputError: there is such a thing; all are named.
    """
    if plan.refused:
        raise BadInputError(
            "the lab that stands cannot become this one in place:\n" + "\n".join(plan.refused), hint=move
        )


def deploy_lab(
    clients: Clients,
    lab: Lab,
    deployer: Deployer,
    images: LabImages,
    plan: DeploymentPlan,
    *,
    leave: Callable[[Sequence[str]], None],
    progress: Callable[[str], None],
) -> None:
    """Carry a plan out.

    Args:
        clients: the clients of AWS.
        lab: the lab as its file has it.
        deployer: what makes its stacks.
        images: the images of its instances.
        plan: what is to be done; nothing of it is refused.
        leave: has the AWS router leave groups by IGMP.
        progress: receives what is done.

    Raises:
        LabError: a step failed; the same call goes on.
    """
    joined = _joined(clients, lab, plan.static_members)
    if joined:
        progress(f"the AWS router leaves {', '.join(joined)}, which the API registers")
        leave(joined)
        wait_for(
            lambda: (
                f"the gateway to list the AWS router no more in {', '.join(_joined(clients, lab, joined))}"
                if _joined(clients, lab, joined)
                else ""
            ),
            timeout_s=LEAVE_S,
            every_s=0.5,
            progress=progress,
            hint=f"lab ssh {within_lab(aws_router_name(lab))} -- show ip igmp groups tells what it is a member of",
        )
    gone = (*plan.removed_stacks, *((stack_name(lab, StackRole.ROUTER),) if plan.router else ()))
    for name in gone:
        progress(f"{name} is deleted")
        delete_and_await(clients, name, progress=progress)
    for kept in filter(None, (plan.first_kept, plan.kept)):
        deployer.deploy(kept, images.parameters)


def _joined(clients: Clients, lab: Lab, groups: Sequence[str]) -> list[str]:
    """Return of which of some groups the AWS router is a member by IGMP."""
    if not groups:
        return []
    network, router = (
        every_stack(clients).get(stack_name(lab, role)) for role in (StackRole.NETWORK, StackRole.ROUTER)
    )
    if network is None or router is None:
        return []
    outputs = {
        one["OutputKey"]: one["OutputValue"] for one in (*network.get("Outputs", ()), *router.get("Outputs", ()))
    }
    with asking("reading the members of the multicast domain"):
        instance = ec2_filter("instance-id", [outputs.get(OutputKey.ROUTER_INSTANCE.value, "")])
        found = list_all(clients.ec2, "describe_instances", "Reservations", "Instances", Filters=instance)
        own = {each["NetworkInterfaceId"] for one in found for each in one.get("NetworkInterfaces", ())}
        rows = list_all(
            clients.ec2,
            "search_transit_gateway_multicast_groups",
            "MulticastGroups",
            TransitGatewayMulticastDomainId=outputs[OutputKey.MULTICAST_DOMAIN.value],
        )
    members = {
        row["GroupIpAddress"] for row in rows if row.get("MemberType") == "igmp" and row["NetworkInterfaceId"] in own
    }
    return sorted(members.intersection(groups))


def _template(clients: Clients, name: str) -> Mapping[str, Any]:
    with asking(f"reading the template of {name}"):
        body: Any = clients.cloudformation.get_template(StackName=name)["TemplateBody"]
    if isinstance(body, str):
        body = json.loads(body) if body.lstrip().startswith("{") else yaml.safe_load(body)
    found: Mapping[str, Any] = body
    return found


def departed_stacks(clients: Clients, lab: Lab) -> tuple[str, ...]:
    """Return the stacks of sites that the lab file has no more.

    Raises:
        RefusedError: AWS does not tell.
    """
    labs = {
        name: next((tag["Value"] for tag in stack.get("Tags", ()) if tag["Key"] == LAB_TAG), "")
        for name, stack in every_stack(clients).items()
    }
    return site_stacks(lab, labs)
