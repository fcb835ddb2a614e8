"""An instance's disk: kept over a stop, a start and a reboot, gone with the instance; user data runs once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from twin.fabric import clouds
from twin.fabric.clouds import A1, CLOUD
from twin.fabric.waiting import until

if TYPE_CHECKING:
    from twin.fabric.conftest import Driver

    from awsregion.cloud import Cloud

pytestmark = pytest.mark.twin

COUNT = """#!/bin/bash
echo booted >> /root/boots
mkdir -p /etc/sysctl.d /etc/systemd/system/multi-user.target.wants
echo net.ipv4.conf.all.force_igmp_version=2 > /etc/sysctl.d/90-own.conf
cd /etc/systemd/system
printf '[Service]\\nType=oneshot\\nExecStart=/bin/sh -c "echo started >> /root/units"\\n' > own.service
printf '[Service]\\nExecStart=/bin/sh -c "echo daemon >> /root/units"\\n' > daemon.service
ln -s ../own.service ../daemon.service /etc/systemd/system/multi-user.target.wants/
"""
INSTANCE = clouds.host(A1, COUNT)
OTHERS = CLOUD.instances[1:]
STOPPED = CLOUD.model_copy(update={"instances": OTHERS, "stopped": (A1.instance_id,)})
TERMINATED = CLOUD.model_copy(update={"instances": OTHERS})


def running(boots: int = 0) -> Cloud:
    return CLOUD.model_copy(update={"instances": (INSTANCE.model_copy(update={"boots": boots}), *OTHERS)})


def say(driver: Driver, script: str) -> str:
    reported = driver.node(str(A1.instance_id), script)
    assert reported["code"] == 0, reported
    return str(reported["stdout"])


@pytest.fixture(scope="module", autouse=True)
def up(driver: Driver) -> None:
    driver.apply(running())
    say(driver, "echo mine > /etc/mine; echo home > /home/file; echo fleeting > /tmp/file; echo log > /var/log/x")


def test_files_stay_over_a_stop_and_a_start_and_user_data_does_not_run_again(driver: Driver) -> None:
    driver.apply(STOPPED)
    driver.apply(running())
    assert say(driver, "cat /etc/mine /home/file /var/log/x /root/boots") == "mine\nhome\nlog\nbooted\n"
    assert say(driver, "ls /tmp") == ""


def test_a_later_boot_applies_settings_and_runs_the_units_that_user_data_left(driver: Driver) -> None:
    driver.apply(STOPPED)
    driver.apply(running())
    assert say(driver, "sysctl -n net.ipv4.conf.all.force_igmp_version") == "2\n"
    assert set(say(driver, "cat /root/units").split()) == {"started"}


def test_a_reboot_ends_processes_and_keeps_files(driver: Driver) -> None:
    say(driver, "sleep 7654 >/dev/null 2>&1 & true")
    assert say(driver, "pgrep -cf 'sleep 7654$' || true") == "1\n"
    driver.apply(running(boots=1))
    until(lambda: bool(driver.look()["settled"]), 20)
    assert say(driver, "pgrep -cf 'sleep 7654$' || true") == "0\n"
    assert say(driver, "cat /etc/mine /root/boots") == "mine\nbooted\n"


def test_a_terminated_instance_leaves_nothing(driver: Driver) -> None:
    driver.apply(TERMINATED)
    assert driver.sh(None, f"ls /run/twin/nodes | grep -c {A1.instance_id} || true") == "0\n"
    driver.apply(running())
    assert say(driver, "cat /root/boots; ls /etc/mine /home/file 2>&1 | grep -c 'No such'") == "booted\n2\n"
