"""What a test asks of a lab that cannot be: more than the AWS router carries, or what a device cannot take.

Pure.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from mcastlab.lab.appliances import groups_of
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
    """Return the steps that send what a device which receives it cannot play, or takes for something else."""
    devices = [device for site in lab.sites for device in site.devices]
    received = {
        device.name: {each.name for each in groups_of(device.receives, lab.groups, lab.blocks)} for device in devices
    }
    talks = [(talk.step, talk.group, talk.stream, script.devices[talk.device].name) for talk in script.talks]
    own = {talk[:3] for talk in talks}
    talks += [(talk.step, talk.group, talk.stream, script.appliances[talk.appliance].name) for talk in script.awaited]
    listening = {(stay.step, stay.group, script.devices[stay.device].name) for stay in script.stays}
    for (step, group, stream), sent in groupby(sorted(talks), key=lambda talk: talk[:3]):
        name, senders = script.groups[group].name, {sender for *_, sender in sent}
        for device in devices:
            hears = name in received[device.name] if device.is_appliance else (step, group, device.name) in listening
            if not hears or senders == {device.name}:
                continue
            if device.plays and stream not in device.plays:
                played = " and ".join(device.plays)
                text = (
                    f"{device.name} receives {name} and plays {played}, not {stream}; write stream: {device.plays[0]}, "
                    "or name another group"
                )
                yield StepError(step, "stream", text)
            if test.in_band_timestamps and device.is_appliance and (step, group, stream) in own:
                text = (
                    f"{device.name} receives {name}, and takes in-band timestamps for sound; take in_band_timestamps "
                    "out, or name another group"
                )
                yield StepError(step, "to" if test.steps[step].page is not None else "group", text)
