"""A Linux node runs scripts as an instance does: apart from the machine, within its time, with what it printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from twin.fabric import clouds
from twin.fabric.clouds import A1, CLOUD

if TYPE_CHECKING:
    from typing import Any

    from twin.fabric.conftest import Driver

pytestmark = pytest.mark.twin


@pytest.fixture(scope="module", autouse=True)
def up(driver: Driver) -> None:
    failing = "#!/bin/bash\necho from user data > /root/reported\nexit 3\n"
    instances = (clouds.host(A1, failing), *CLOUD.instances[1:])
    driver.apply(CLOUD.model_copy(update={"instances": instances}))


def run(driver: Driver, script: str, timeout_s: float = 20) -> dict[str, Any]:
    return driver.node(A1.instance_id, script, timeout_s)


def test_an_instance_runs_though_its_user_data_failed_half_way(driver: Driver) -> None:
    assert run(driver, "cat /root/reported")["stdout"] == "from user data\n"


def test_status_and_streams_come_back_apart(driver: Driver) -> None:
    reported = run(driver, "echo out; echo err >&2; exit 7")
    assert (reported["code"], reported["stdout"], reported["stderr"]) == (7, "out\n", "err\n")


def test_a_script_whose_time_is_over_is_killed_with_its_children(driver: Driver) -> None:
    reported = run(driver, "echo before; sleep 4321 & sleep 4321", timeout_s=0.4)
    assert (reported["timed_out"], reported["stdout"]) == (True, "before\n")
    assert run(driver, "pgrep -x sleep -a | grep -c 4321")["stdout"] == "0\n"


def test_what_a_script_leaves_in_the_background_runs_on_and_holds_nothing_up(driver: Driver) -> None:
    reported = run(driver, "sleep 1111 &\necho $!")
    assert not reported["timed_out"]
    assert run(driver, f"kill {reported['stdout']}")["code"] == 0


def test_a_nodes_root_cannot_change_the_machine(driver: Driver) -> None:
    assert run(driver, "id -u")["stdout"] == "0\n"
    for attempt in (
        "mount -o remount,rw /",
        "mount -t tmpfs tmpfs /usr",
        "touch /usr/x",
        "echo 1 > /proc/sys/kernel/panic",
        "mknod /tmp/disk b 254 0",
        "umount /usr /etc /proc/sys",
        "nsenter --target 1 --mount true",
        "hostname other",
    ):
        before = run(driver, "cat /proc/mounts")["stdout"]
        reported = run(driver, attempt)
        assert reported["code"] != 0, (attempt, reported)
        assert run(driver, "cat /proc/mounts")["stdout"] == before


def test_a_node_sees_its_own_processes_and_devices_only(driver: Driver) -> None:
    assert "python" not in run(driver, "ps -A -o comm=")["stdout"]
    devices = set(run(driver, "ls /dev")["stdout"].split())
    assert {"null", "urandom", "tty", "net", "pts"} <= devices
    assert not {name for name in devices if name.startswith(("sd", "vd", "nvme", "mem"))}
    assert run(driver, "ls /run /home /root -A | grep -c twin")["stdout"] == "0\n"


def test_its_own_networks_settings_are_its_own(driver: Driver) -> None:
    assert run(driver, "sysctl -qw net.ipv4.igmp_max_memberships=77")["code"] == 0
    other = driver.node(clouds.A2.instance_id, "sysctl -n net.ipv4.igmp_max_memberships")
    assert other["stdout"] != "77\n"


def test_a_script_may_open_its_own_streams_anew(driver: Driver) -> None:
    reported = run(driver, "echo out > /dev/stdout; echo err > /dev/stderr")
    assert (reported["code"], reported["stdout"], reported["stderr"]) == (0, "out\n", "err\n")


def test_it_reads_its_links_and_no_other_part_of_the_kernel_s_devices(driver: Driver) -> None:
    assert run(driver, "ls /sys/class/net; cat /sys/class/net/ens5/mtu")["stdout"] == "ens5\nlo\n9001\n"
    found = run(driver, "find /sys -mindepth 1 -maxdepth 3 -printf '%P '")["stdout"].split()
    assert sorted(found) == ["class", "class/net", "devices", "devices/virtual", "devices/virtual/net"]


def test_root_may_become_another_user_of_the_node(driver: Driver) -> None:
    reported = run(
        driver,
        "touch /tmp/x; chown nobody:nogroup /tmp/x; setpriv --reuid 65534 --regid 65534 --clear-groups rm /tmp/x",
    )
    assert reported["code"] == 0, reported
    assert run(driver, "setpriv --reuid 1000 --regid 1000 --clear-groups touch /etc/x")["code"] != 0
