"""``down``: take a lab away: our lines out of its routers, its stacks, and the twin where it stands in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from mcastlab.aws import cdk_work
from mcastlab.aws.clients import Clients
from mcastlab.aws.stacks import await_settled, stacks_of, standing
from mcastlab.cli.compose import facts_of
from mcastlab.cli.consent import cost_of, have_agreed
from mcastlab.cli.inside import end_twin
from mcastlab.cli.prove import prove, record, show
from mcastlab.cli.stages import Stages
from mcastlab.cli.steps import push
from mcastlab.command_line import LabCommand
from mcastlab.errors import BadInputError, ExitCode, LabError, RefusedError
from mcastlab.lab.design.names import stack_names
from mcastlab.lab_files import read_lab
from mcastlab.places import state_folder
from mcastlab_twin import lifecycle

if TYPE_CHECKING:
    import argparse

    from mcastlab.lab.model import Lab


def run(arguments: argparse.Namespace) -> int:
    """Remove the lab from its target, and end the twin if that is the target. Or only say what is left."""
    command = LabCommand.of(arguments)
    lab = read_lab(arguments.lab, arguments.name)
    # What machines read stands alone on standard output.
    console = Console(stderr=arguments.json)
    if arguments.json and not arguments.prove:
        raise BadInputError("--json is about what is left", hint=command("down", "--prove", "--json"))
    if arguments.prove and not arguments.yes:
        arguments.enter(lab)
        return _prove(lab, arguments, console)
    target = arguments.enter(lab, changes=True, ended=True)
    if target.asks:
        return _down_in_account(arguments, lab, command, console)
    if lifecycle.find(lab.name) is not None:
        return _down_in_twin(arguments, lab, command, console)
    removed = lifecycle.down(lab.name)
    there = removed.was_up or removed.had_files
    told = f"what was left of the twin {lab.name} is gone" if there else f"there was no twin called {lab.name}"
    console.print(told, highlight=False)
    return ExitCode.OK


def _prove(lab: Lab, arguments: argparse.Namespace, console: Console) -> int:
    stages = Stages(console)
    with stages.shown():
        proof = prove(lab, stages)
    show(proof, as_json=arguments.json)
    return proof.exit_code


def _down_in_twin(arguments: argparse.Namespace, lab: Lab, command: LabCommand, console: Console) -> int:
    stages = Stages(console)
    proof = None
    with stages.shown():
        try:
            take_down(lab, command, stages, force=True)
            proof = prove(lab, stages) if arguments.prove else None
        finally:
            end_twin(lab, stages)
    if proof is not None:
        show(proof, as_json=arguments.json)
        return proof.exit_code
    console.print("the twin and all that was in it is gone", highlight=False)
    return ExitCode.OK


def _down_in_account(arguments: argparse.Namespace, lab: Lab, command: LabCommand, console: Console) -> int:
    stacks = _stacks(Clients(lab.region), lab)
    if not stacks:
        console.print(f"there is no stack of {lab.name} in this account and Region", highlight=False)
        return _prove(lab, arguments, console) if arguments.prove else ExitCode.OK
    options = [f"--{name}" for name in ("force", "prove", "json") if getattr(arguments, name)]
    have_agreed(
        (("delete", stacks),),
        f"The lab costs {cost_of(lab)}.",
        "Destroy",
        yes=arguments.yes,
        command=command("down", *options, "--yes"),
    )
    stages = Stages(console)
    with stages.shown():
        take_down(lab, command, stages, force=arguments.force)
    if arguments.prove:
        return _prove(lab, arguments, console)
    console.print(
        f"every stack is gone; whether anything else is left is said by: {command('down', '--prove')}",
        highlight=False,
        soft_wrap=True,
    )
    return ExitCode.OK


def _stacks(clients: Clients, lab: Lab) -> tuple[str, ...]:
    """Return the stacks that are destroyed: those of the lab as it is, and as it was deployed last from here."""
    return standing(clients, (*stack_names(lab), *cdk_work.deployed_names(state_folder() / lab.name)))


def take_down(lab: Lab, command: LabCommand, stages: Stages, *, force: bool) -> None:
    """Take our lines out of the routers, then destroy the stacks.

    Args:
        lab: the lab.
        command: how the lab is told to the CDK app and to the user.
        stages: where progress is shown.
        force: destroy the stacks even if the routers keep our lines.

    Raises:
        LabError: a step failed; run again once its reason is gone.
    """
    clients = Clients(lab.region)
    if set(stacks_of(clients, lab)) == set(stack_names(lab)):
        _clean_routers(lab, command, stages, force=force)
    if _stacks(clients, lab):
        record(lab)
        with stages.stage("cdk destroy --all") as note:
            await_settled(clients, lab, progress=note)
            cdk_work.destroy(state_folder() / lab.name, command.context, note)
            _refuse_remaining(_stacks(clients, lab), command)
            note("every stack is gone")


def _refuse_remaining(stacks: tuple[str, ...], command: LabCommand) -> None:
    """Refuse to say that all is gone: what was deployed from elsewhere is in no assembly of ours."""
    if stacks:
        raise RefusedError(
            f"these stacks are still there: {', '.join(stacks)}", hint=command.cdk("destroy", "--force", *stacks)
        )


def _clean_routers(lab: Lab, command: LabCommand, stages: Stages, *, force: bool) -> None:
    try:
        report = push(lab, facts_of(lab), stages, remove=True)
        if report.exit_code is not ExitCode.OK:
            failed = next((each for each in report.routers if each.error), None)
            text = failed.error if failed else "the routers did not take it"
            raise RefusedError(f"our lines are still in the far routers: {text}")
    except LabError as error:
        if not force:
            without = f"to destroy the stacks all the same: {command('down', '--force')}"
            raise RefusedError(error.text, hint=f"{error.hint}; {without}" if error.hint else without) from None
        with stages.stage("Routers keep our lines") as note:
            note(error.text.splitlines()[0])
