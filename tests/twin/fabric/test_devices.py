"""A remote site's devices answer SSH as a Linux machine with an OpenSSH server does, judged by the OpenSSH client."""

from __future__ import annotations

import subprocess
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from awsregion.cloud import Cloud
from mcastlab_twin import lifecycle

if TYPE_CHECKING:
    from pathlib import Path

    from twin.fabric.conftest import Driver

pytestmark = pytest.mark.twin


@pytest.fixture(scope="module", autouse=True)
def up(driver: Driver) -> None:
    driver.apply(Cloud(), ("device", "phone-1"), ("device", "phone-2"), ("device", "pager-7"))


def ssh(
    driver: Driver, host: str, *command: str, given: str | bytes = b"", options: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["ssh", "-F", str(driver.twin.ssh_config), "-o", "BatchMode=yes", *options, host, *command],
        input=given.encode() if isinstance(given, str) else given,
        capture_output=True,
        timeout=20,
        check=False,
    )


def test_a_program_on_standard_input_runs_in_the_devices_own_network(driver: Driver) -> None:
    program = "import subprocess; subprocess.run(['ip', '-br', '-4', 'address'])"
    done = ssh(driver, "phone-1", "python3 -", given=program)
    assert done.returncode == 0, done.stderr
    assert b"eth0" in done.stdout
    assert b"192.168.50.20/24" in done.stdout


def test_streams_and_exit_status_come_back_apart(driver: Driver) -> None:
    for _ in range(10):
        done = ssh(driver, "phone-2", "echo out; echo err >&2; exit 7")
        assert (done.stdout, done.stderr, done.returncode) == (b"out\n", b"err\n", 7)


def test_streams_may_be_opened_anew(driver: Driver) -> None:
    done = ssh(driver, "phone-2", "echo out > /dev/stdout; echo err > /dev/stderr")
    assert (done.stdout, done.stderr, done.returncode) == (b"out\n", b"err\n", 0)


def test_bytes_pass_unchanged_and_in_full_both_ways(driver: Driver) -> None:
    data = bytes(range(256)) * 4096
    done = ssh(driver, "phone-1", "cat", given=data)
    assert (done.returncode, done.stdout == data) == (0, True)


def test_the_hosts_are_distinguished_by_their_own_names(driver: Driver) -> None:
    assert [ssh(driver, host, "hostname").stdout for host in ("phone-1", "phone-2")] == [b"phone-1\n", b"phone-2\n"]


def test_without_the_twins_key_nobody_gets_in(driver: Driver) -> None:
    refused = ssh(driver, "phone-1", "true", options=("-o", "IdentityFile=/dev/null", "-o", "IdentityAgent=none"))
    assert refused.returncode == 0  # the configuration's own key is tried as well
    other = ("-i", "/dev/null", "-o", "PubkeyAuthentication=no")
    assert ssh(driver, "phone-1", "true", options=other).returncode == 255


def test_another_machine_behind_the_port_is_noticed(driver: Driver) -> None:
    known = driver.twin.known_hosts.read_text()
    first, second = known.splitlines()[1:3]
    swapped = f"{first.split(' ', 1)[0]} {second.split(' ', 1)[1]}\n"
    forged = driver.twin.run_dir / "forged"
    forged.write_text(swapped)
    done = ssh(driver, "phone-1", "true", options=("-o", f"UserKnownHostsFile={forged}"))
    assert done.returncode == 255
    assert b"REMOTE HOST IDENTIFICATION HAS CHANGED" in done.stderr


def test_a_client_that_hangs_up_leaves_no_process_behind(driver: Driver) -> None:
    client = subprocess.Popen(
        ["ssh", "-F", str(driver.twin.ssh_config), "phone-1", "echo started; sleep 1234"], stdout=subprocess.PIPE
    )
    assert client.stdout is not None
    assert client.stdout.readline() == b"started\n"
    client.kill()
    client.wait()
    client.stdout.close()
    script = "for i in $(seq 100); do pgrep -f '^sleep 1234$' > /dev/null || exit 0; sleep 0.05; done; exit 1"
    assert driver.node("phone-1", script)["code"] == 0


def test_files_that_lead_in_are_the_owners_alone(driver: Driver) -> None:
    for name in ("client_key", "ssh_config", "known_hosts", "status.json", "twin.json"):
        assert (driver.twin.run_dir / name).stat().st_mode & 0o077 == 0


def button(driver: Driver, method: str, target: str) -> int:
    connection = HTTPConnection(driver.twin.buttons["pager-7"], timeout=10)
    connection.request(method, target)
    return connection.getresponse().status


PAGE = "/page?group=239.1.1.1&port=5004&seconds=1"


def test_an_appliance_has_a_button_and_no_shell(driver: Driver) -> None:
    assert "pager-7" not in driver.twin.ssh_config.read_text()
    assert lifecycle.environment(driver.twin)["MCASTLAB_APPLIANCES"] == f"pager-7={driver.twin.buttons['pager-7']}"
    assert button(driver, "GET", "/shell") == 404
    assert button(driver, "POST", PAGE.replace("239.1.1.1", "239.1.1.9")) == 400, "it does not send to that group"
    assert button(driver, "GET", "/heard?group=239.1.1.1") == 404


def test_an_appliance_sends_what_tshark_takes_for_a_phones_rtp(driver: Driver, tmp_path: Path) -> None:
    capture = "timeout 9 tcpdump -q -Z root -i eth0 -c 50 -w - udp port 5004 2> /dev/null"
    with subprocess.Popen(
        ["ssh", "-F", str(driver.twin.ssh_config), "phone-1", f"ip link set eth0 promisc on; {capture}"],
        stdout=subprocess.PIPE,
    ) as captured:
        assert driver.node("phone-1", "until pgrep -x tcpdump; do sleep 0.02; done; sleep 0.2")["code"] == 0
        assert button(driver, "POST", PAGE) == 200
        (tmp_path / "page.pcap").write_bytes(captured.communicate(timeout=20)[0])
    fields = ("ip.src", "rtp.version", "rtp.p_type", "rtp.ext", "udp.length", "_ws.malformed")
    words = [word for field in fields for word in ("-e", field)]
    asked = ["tshark", "-r", str(tmp_path / "page.pcap"), "-d", "udp.port==5004,rtp", "-T", "fields", *words]
    rows = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()
    assert set(rows) == {"192.168.50.31\t2\t0\t0\t180\t"}
    assert len(rows) == 50


def test_an_appliance_has_heard_what_others_send_and_not_itself(driver: Driver) -> None:
    heard = "/heard?group=239.1.1.1"
    assert button(driver, "GET", heard) == 404
    tone = "sine=frequency=440:sample_rate=8000:samples_per_frame=160:duration=3,arealtime"
    to = "'rtp://239.1.1.1:5004?pkt_size=172'"
    assert driver.node("phone-2", f"ffmpeg -v error -f lavfi -i {tone} -c:a pcm_mulaw -f rtp {to}")["code"] == 0
    assert button(driver, "GET", heard) == 200
