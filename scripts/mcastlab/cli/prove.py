"""What ``down --prove`` does: say what a lab has left behind, and change nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mcastlab.aws.clients import Clients
from mcastlab.aws.leftovers import account_leftovers, ids_now
from mcastlab.cli.compose import far_routers_of
from mcastlab.leftovers.inventory import Inventory
from mcastlab.leftovers.routers import router_leftovers
from mcastlab.leftovers.values import Proof
from mcastlab.places import state_folder
from mcastlab.routers.records import Records

if TYPE_CHECKING:
    from mcastlab.cli.stages import Stages
    from mcastlab.lab.model import Lab


def record(lab: Lab) -> None:
    """Keep the ids of what the lab has in its account now, beside those of before.

    Raises:
        RefusedError: AWS does not tell.
    """
    inventory_of(lab).add(ids_now(Clients(lab.region), lab))


def inventory_of(lab: Lab) -> Inventory:
    """Return where the ids of a lab are kept."""
    return Inventory(state_folder(), lab.name, lab.region)


def prove(lab: Lab, stages: Stages) -> Proof:
    """Return what is left of a lab in its account and in its far routers.

    Raises:
        RefusedError: AWS does not tell.
    """
    inventory, clients = inventory_of(lab), Clients(lab.region)
    with stages.stage("What is left in the account") as note:
        note(f"by the tag {lab.name} and {len(inventory.ids())} recorded ids")
        record(lab)
        recorded = inventory.ids()
        in_account = account_leftovers(clients, lab, recorded)
        if not in_account:
            inventory.keep(())
        note(_told(len(in_account)))
    with stages.stage("What is left in the far routers") as note:
        routers = far_routers_of(lab, progress=note)
        in_routers, unknown = router_leftovers(lab, routers, Records(state_folder(), lab.name))
        note(_told(len(in_routers)))
    return Proof(
        lab=lab.name,
        left=(*in_account, *in_routers),
        unknown=unknown,
        asked=(
            f"{lab.region}: stacks, what is tagged mcastlab:lab={lab.name}, {len(recorded)} ids that it had",
            *(router.name for router in routers),
        ),
    )


def _told(count: int) -> str:
    return f"{count} things" if count else "nothing"


def show(proof: Proof, *, as_json: bool) -> None:
    """Print a proof."""
    print(json.dumps(proof.as_json(), indent=2) if as_json else proof.as_text())
