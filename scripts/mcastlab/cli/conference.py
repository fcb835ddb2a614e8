"""The small conference at a demo's end: every device of the lab speaks in turn, and the others say how well they heard.

It asks nothing of the network, as the verification before it has: it shows what a test of devices is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.cli.context import Context
    from mcastlab.lab.model import Lab
    from mcastlab.scenario.results import DeviceTestReport

MOST_DEVICES: Final = 8
"""With more, each would have to speak too long for a demo."""
TURN_MS: Final = 750
CURL: Final = "curl"
"""What triggers commonly are, the demo's own too."""


def small_conference(context: Context) -> DeviceTestReport | None:
    """Return what the lab's devices heard of each other in a conference; None where no group is for all of them.

    Raises:
        LabError: a host cannot be reached.
    """
    from mcastlab.lab.device_tests import ConferenceStep, DeviceTest, TestStep  # noqa: PLC0415  (help needs none of it)
    from mcastlab.scenario.appliances import Appliances  # noqa: PLC0415
    from mcastlab.scenario.planned_devices import devices_of  # noqa: PLC0415
    from mcastlab.scenario.planner import script_of  # noqa: PLC0415
    from mcastlab.scenario.play import play  # noqa: PLC0415
    from mcastlab.scenario.step_errors import ScriptError  # noqa: PLC0415

    missing = tuple(missing_programs(context.lab))
    lab = _without_appliances(context.lab) if missing else context.lab
    if not lab.groups:
        return None
    speakers = len(devices_of(lab)) + len(Appliances(lab).triggered(lab.groups[0].name, "*"))
    if not 1 < speakers <= MOST_DEVICES:
        return None
    step = ConferenceStep.model_validate(
        {"group": lab.groups[0].name, "members": "*", "turn": TURN_MS, "for": speakers * TURN_MS}
    )
    test = DeviceTest(name="conference", steps=(TestStep(conference=step),))
    try:
        script = script_of(test, lab)
    except ScriptError:
        return None
    if missing:
        context.stages.tell(
            f"The conference is without appliances, as this machine lacks {', '.join(missing)}: "
            f"apt-get install {' '.join(missing)}"
        )
    with context.stages.stage(f"A conference of {speakers} devices") as note:
        connections = context.connections
        shells, sessions = connections.shells(connections.facts()), connections.site_sessions(note)
        report = play(test, script, lab, shells, progress=note, sessions=sessions)
        scores = [row.mos[0] for row in report.heard if row.mos is not None]
        note(f"mean opinion score {min(scores):.2f} and better" if scores else "no score")
    return report


def missing_programs(lab: Lab) -> Iterator[str]:
    """Yield what this machine lacks for a lab's appliances to speak: what they are made of, what triggers them."""
    from mcastlab_twin.sandbox.machine import APPLIANCE, find_program  # noqa: PLC0415

    triggers = [device.trigger for site in lab.sites for device in site.appliances if device.trigger is not None]
    if triggers:
        pressed_by = (CURL,) if any(CURL in trigger.split() for trigger in triggers) else ()
        yield from (each for each in (APPLIANCE, *pressed_by) if find_program(each) is None)


def _without_appliances(lab: Lab) -> Lab:
    sites = tuple(site.model_copy(update={"devices": site.machines}) for site in lab.sites)
    return lab.model_copy(update={"sites": sites})
