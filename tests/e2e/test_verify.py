"""Each break yields its own cause, as the first line of the report; two at once give both; a sound lab gives none.

The breaks are made by SSH and by the EC2 API, on two labs of other names, addresses and numbers of sites than the
default's. That a break leaves no other cause behind shows that it was repaired.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import jsonschema
import pytest
from defusedxml import ElementTree

from mcastlab.cli.answers import schema_of
from mcastlab.cli.connections import Connections
from mcastlab.cli.main import main
from mcastlab.lab_files import PROJECT
from mcastlab.report.json_form import report_schema
from mcastlab_base.errors import ExitCode

from . import breaks
from .conftest import Deployed, in_twin
from .verifier import Verifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.twin

ONE_SITE: Final = """\
name: kestrel
vpc: {cidr: 172.22.0.0/16}
hosts:
- {name: buoy, count: 2}
sites:
- name: turku
  router: {ssh: turku-router, asn: 65077, wan: 198.51.100.2/30, lan: 10.31.7.1/24}
  devices:
  - {name: turku-phone, address: 10.31.7.20}
groups:
- {name: paging, address: 239.77.7.1}
"""
TWO_SITES: Final = """\
name: heron
vpc: {cidr: 10.91.0.0/16}
hosts:
- {name: mast, count: 1}
sites:
- name: malmo
  router: {ssh: malmo-router, asn: 65101, wan: 198.51.100.6/30, lan: 192.168.61.1/24}
  devices:
  - {name: malmo-desk, address: 192.168.61.30}
- name: gdansk
  router: {ssh: gdansk-router, asn: 65102, wan: 203.0.113.10/30, lan: 192.168.62.1/24}
  devices:
  - {name: gdansk-desk, address: 192.168.62.40}
groups:
- {name: alarm, address: 239.90.1.1, port: 6100}
"""


@pytest.fixture(scope="module")
def one_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    path = tmp_path_factory.mktemp("kestrel") / "lab.yaml"
    path.write_text(ONE_SITE, encoding="utf-8")
    yield from in_twin(path)


@pytest.fixture(scope="module")
def two_sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    path = tmp_path_factory.mktemp("heron") / "lab.yaml"
    path.write_text(TWO_SITES, encoding="utf-8")
    yield from in_twin(path)


@pytest.fixture
def one(one_site: Deployed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Verifier:
    return Verifier(one_site, monkeypatch, capsys)


@pytest.fixture
def two(two_sites: Deployed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Verifier:
    return Verifier(two_sites, monkeypatch, capsys)


def test_a_sound_lab_has_no_cause(one: Verifier) -> None:
    found = one.until([], "--no-traffic")
    assert (found.code, found.keys, found.report["verdict"]) == (ExitCode.OK, [], "holds")


# What stops packets: the traffic is not sent, and the first line says why.


STOPPING: Final = [
    # Security groups
    ("no UDP rule in", breaks.without_udp_in, "security_group_data_in", ["UDP 5004", "10.31.7.0/24"]),
    ("no UDP rule out", breaks.without_udp_out, "security_group_data_out", ["239.77.7.1/32"]),
    ("no IGMP rule out", breaks.without_igmp_reports, "security_group_igmp_report", ["239.77.7.1/32"]),
    # Routes
    ("no VPC route to the loopback", breaks.without_vpc_route, "vpc_route_missing", ["172.31.255.0/28", "eni-"]),
    ("loopback not in the gateway's table", breaks.without_propagation, "gateway_propagation_off", ["172.31.255.0/27"]),
    ("black hole in the gateway's table", breaks.with_black_hole, "gateway_route_elsewhere", ["172.31.255.10/32"]),
    # Reverse paths
    (
        "no mroute for the RP",
        breaks.without_rp_mroute,
        "reverse_path_wrong",
        ["172.31.255.10", "Tunnel101", "ip mroute"],
    ),
    ("no mroute for the VPC", breaks.without_vpc_mroute, "reverse_path_wrong", ["buoy-1", "172.22.0.0 255.255.0.0"]),
    ("no mroute for the LAN", breaks.without_lan_mroute, "reverse_path_wrong", ["aws-router", "10.31.7.0"]),
    # PIM
    ("PIM off on the remote LAN", breaks.without_pim_on_lan, "pim_off", ["GigabitEthernet2", "turku-router"]),
    ("PIM off on GRE", breaks.without_pim_on_gre, "pim_off", ["Tunnel", "aws-router"]),
    ("RP mismatch", breaks.with_another_rp, "rendezvous_point_differs", ["10.9.9.9", "172.31.255.10"]),
    # Endpoints
    ("no TTL", breaks.with_ttl_1, "ttl_too_small", ["buoy-1", "TTL 1", "2 routers"]),
    ("sender elsewhere", breaks.with_a_sender_elsewhere, "sender_elsewhere", ["turku-phone", "10.31.8.9"]),
    ("source/destination check", breaks.with_source_dest_check, "source_dest_check", ["--no-source-dest-check"]),
    # Groups, registering and keys
    ("no join-group", breaks.without_join_group, "no_join_group", ["ip igmp join-group 239.77.7.1"]),
    ("register source", breaks.without_register_source, "register_source_wrong", ["Loopback0"]),
    ("other pre-shared keys", breaks.with_other_keys, "vpn_other_key", ["Tunnel101 and Tunnel102", "pre-shared key"]),
]
"""Three of a kind follow each other, so that the gate's sample has one of each."""


@pytest.mark.series(gate=6)
@pytest.mark.parametrize(
    ("broken", "key", "words"), [pytest.param(broken, key, words, id=name) for name, broken, key, words in STOPPING]
)
def test_what_stops_packets_is_the_first_line(one: Verifier, broken: breaks.Break, key: str, words: list[str]) -> None:
    with broken(one.deployed):
        found = one.until([key])
    assert (found.code, found.keys, found.traffic) == (ExitCode.CHECK_FAILED, [key], "not_reached"), found.report
    assert [word for word in words if word not in found.reported] == [], found.reported


# What breaks only later: packets still flow, and are seen to.


LATER: Final = [
    ("IGMP queries blocked", breaks.without_igmp_queries, "security_group_igmp_query", ["six minutes", "0.0.0.0/32"]),
    ("MTU too large", breaks.with_large_mtu, "mtu_too_large", ["1476", "ip mtu 1380"]),
    ("host not forced to IGMPv2", breaks.with_igmpv3, "host_igmp_version", ["buoy-1", "force_igmp_version=2"]),
]


@pytest.mark.parametrize(
    ("broken", "key", "words"), [pytest.param(broken, key, words, id=name) for name, broken, key, words in LATER]
)
def test_what_breaks_only_later_is_reported_now(
    one: Verifier, broken: breaks.Break, key: str, words: list[str]
) -> None:
    with broken(one.deployed):
        found = one.until([key], "--no-traffic")
    assert (found.code, found.keys) == (ExitCode.CHECK_FAILED, [key]), found.report
    assert found.report["diagnoses"][0]["flows_still"]
    assert [word for word in words if word not in found.reported] == [], found.reported


def test_packets_still_flow_by_tunnel_2_while_tunnel_1_is_down(one: Verifier) -> None:
    with breaks.with_tunnel_1_down(one.deployed):
        found = one.until(["vpn_tunnel_shut_down"])
    assert (found.code, found.keys, found.traffic) == (ExitCode.CHECK_FAILED, ["vpn_tunnel_shut_down"], "holds")
    assert found.report["diagnoses"][0]["flows_still"]
    assert "Tunnel102 alone" in found.reported


def test_the_lab_is_sound_again_with_exit_code_0(one: Verifier) -> None:
    found = one.until([])
    assert (found.code, found.keys, found.traffic) == (ExitCode.OK, [], "holds"), found.report


def test_a_sound_lab_gives_a_page_and_a_junit_report_and_says_what_the_twin_cannot_vouch_for(
    one: Verifier, tmp_path: Path
) -> None:
    page, junit = tmp_path / "page.html", tmp_path / "junit.xml"
    found = one.run("--no-traffic", "--html", str(page), "--junit", str(junit))
    jsonschema.Draft202012Validator(report_schema()).validate(found.report)
    assert any("the twin's own" in note for note in found.report["notes"])
    html = page.read_text(encoding="utf-8")
    assert all(note.replace("'", "&#39;") in html for note in found.report["notes"])
    keys = [tunnel.pre_shared_key.reveal() for tunnel in Connections(one.deployed.lab).facts().sites["turku"].tunnels]
    assert keys
    assert not any(key in text for key in keys for text in (html, junit.read_text(encoding="utf-8"), str(found.report)))
    suites = ElementTree.fromstring(junit.read_text(encoding="utf-8"))
    assert (suites.get("failures"), suites.get("errors")) == ("0", "0")
    assert {suite.get("name") for suite in suites} == {
        f"{each['layer']}.{each['key']}" for each in found.report["checks"]
    }


@pytest.mark.parametrize(
    "words",
    [("status",), ("drift",), ("configure", "--dry-run"), ("traffic",)],
    ids=lambda words: words[0],
)
def test_what_a_verb_prints_as_json_is_as_its_schema_says(
    one: Verifier, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    main([*words, "--lab", str(one.deployed.command_line.lab_file), "--json"])
    jsonschema.Draft202012Validator(schema_of(words[0])).validate(json.loads(capsys.readouterr().out))


def test_status_tells_what_there_is_and_fails_while_a_neighbour_is_missing(
    one: Verifier, capsys: pytest.CaptureFixture[str]
) -> None:
    def status() -> tuple[int, dict[str, Any]]:
        code = main(["status", "--lab", str(one.deployed.command_line.lab_file), "--json"])
        return code, json.loads(capsys.readouterr().out)

    code, reported = status()
    assert (code, reported["deployed"], reported["verdict"]) == (ExitCode.OK, True, "holds"), reported
    assert all(part["sound"] for part in reported["parts"])
    assert [(each["group"], each["domain"]) for each in reported["members"]] == [("paging", 1)]
    # PIM says hello through the tunnel all the time.
    assert {rate["subject"]["name"] for rate in reported["rates"]} == {"kestrel/aws-router", "kestrel/turku-router"}
    assert sum(rate["in_pps"] for rate in reported["rates"]) > 0
    with breaks.without_pim_on_gre(one.deployed):
        code, reported = status()
    assert code == ExitCode.CHECK_FAILED
    assert "pim_interfaces" in {check["key"] for check in reported["checks"] if check["verdict"] == "fails"}


def test_a_watch_prints_a_line_a_look_and_ends_well_when_it_is_interrupted(one: Verifier) -> None:
    line = one.deployed.command_line
    # What runs in a shell's background ignores Ctrl-C from its birth; a watch in a terminal does not.
    program = (
        "import signal, sys\n"
        "from mcastlab.cli.main import main\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, "status", "--lab", str(line.lab_file), "--watch", "--json"],
        cwd=PROJECT,
        env=line.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as watch:
        assert watch.stdout is not None
        looks = [json.loads(watch.stdout.readline()) for _ in range(2)]
        watch.send_signal(signal.SIGINT)
        _, complaints = watch.communicate(timeout=60)
    assert [look["verdict"] for look in looks] == ["holds", "holds"]
    assert looks[0]["taken"] < looks[1]["taken"]
    assert (watch.returncode, complaints) == (ExitCode.OK, "target: twin kestrel on this machine\n")


# Two sites: whose cause it is, and two causes at once.


def test_a_lab_of_two_sites_is_sound(two: Verifier) -> None:
    found = two.until([])
    assert (found.code, found.keys, found.traffic) == (ExitCode.OK, [], "holds"), found.report


@pytest.mark.parametrize(
    ("broken", "keys", "sites"),
    [
        pytest.param(
            [breaks.without_rp_mroute, breaks.without_pim_on_lan],
            ["pim_off", "reverse_path_wrong"],
            ["malmo", "malmo"],
            id="on one router",
        ),
        pytest.param(
            [breaks.without_vpc_route, breaks.with_igmpv3],
            ["vpc_route_missing", "host_igmp_version"],
            [None, None],
            id="a route and a host",
        ),
        pytest.param(
            [breaks.at_second_site(breaks.with_other_keys), breaks.without_lan_mroute],
            ["vpn_other_key", "reverse_path_wrong"],
            ["gdansk", "malmo"],
            id="one site's keys and the other's mroute",
        ),
    ],
)
def test_two_breaks_at_once_give_both_causes(
    two: Verifier, broken: list[breaks.Break], keys: list[str], sites: list[str | None]
) -> None:
    with ExitStack() as stack:
        for each in broken:
            stack.enter_context(each(two.deployed))
        found = two.until(keys)
    assert (found.code, found.keys) == (ExitCode.CHECK_FAILED, keys), found.report
    assert [cause["subjects"][0]["site"] for cause in found.report["diagnoses"]] == sites


def test_a_site_alone_holds_while_the_other_is_broken(two: Verifier) -> None:
    with breaks.at_second_site(breaks.without_pim_on_lan)(two.deployed):
        other = two.until(["pim_off"], "--site", "gdansk", "--no-traffic")
        own = two.until([], "--site", "malmo", "--no-traffic")
    assert (other.code, other.keys) == (ExitCode.CHECK_FAILED, ["pim_off"])
    assert (own.code, own.keys) == (ExitCode.OK, []), own.report
