"""What a test asks of a lab that cannot be: more than the AWS router carries, or what a device cannot take.

Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.scenario.rates import highest_rate
from mcastlab.scenario.step_errors import ScriptError, StepError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.lab.device_tests import DeviceTest
    from mcastlab.lab.model import Lab
    from mcastlab.scenario.script import Script


def refuse_impossible(test: DeviceTest, script: Script, lab: Lab) -> None:
    """Refuse a test that asks of a lab what cannot be.

    Raises:
        ScriptError: it does; a line for each step that is wrong.
    """
    errors = [*_too_fast(test, script, lab), *_unheard_of(test, script, lab)]
    if errors:
        raise ScriptError(errors)


def _too_fast(test: DeviceTest, script: Script, lab: Lab) -> Iterator[StepError]:
    """Return the step with which the AWS router begins to carry more than it is licensed for."""
    highest, licensed = highest_rate(script, lab), lab.router.throughput_mbps
    if highest is not None and highest[0] > licensed * 1_000_000:
        talk = highest[1]
        field = "talkers" if test.steps[talk.step].conference is not None else "stream"
        text = (
            f"the AWS router would carry {highest[0] / 1e6:.0f} Mbit/s, and is licensed for {licensed}; "
            "write fewer talkers or another stream, or more in router.throughput_mbps"
        )
        yield StepError(talk.step, field, text)


def _unheard_of(test: DeviceTest, script: Script, lab: Lab) -> Iterator[StepError]:
    """Return the steps that send what an appliance which receives it takes for something else."""
    appliances = [device for site in lab.sites for device in site.appliances]
    talks = {(talk.step, script.groups[talk.group].name, talk.stream) for talk in script.talks}
    for step, group, _ in sorted(talks):
        field = "to" if test.steps[step].page is not None else "group"
        for device in appliances:
            if test.in_band_timestamps and group in device.receives:
                text = (
                    f"{device.name} receives {group}, and takes in-band timestamps for sound; take in_band_timestamps "
                    "out, or name another group"
                )
                yield StepError(step, field, text)
