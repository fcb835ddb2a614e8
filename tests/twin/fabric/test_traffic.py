"""What the running fabric carries, and what it does not: each break is one that AWS has too."""

from __future__ import annotations

import time
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

import pytest
from twin.fabric import clouds
from twin.fabric.clouds import A1, A2, B1, CLOUD, GROUP, ICMP, IGMP, PORT, TABLE_A, TABLE_B, UDP

from awsregion.cloud import Cloud, StaticMember
from mcastlab_twin.network import names

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.fabric.conftest import Driver

pytestmark = pytest.mark.twin

RECEIVER = f"""
cat > /tmp/receive.py <<'END'
import socket, struct, sys, time
group, interface, want, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
if group == "-":
    # A bystander counts what its interface gets: its kernel would hide from a socket what came unasked.
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
else:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("", {PORT}))
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack("4s4s", socket.inet_aton(group), socket.inet_aton(interface)))
end = time.monotonic() + seconds
print("joined", file=sys.stderr, flush=True)
seen = set()
try:
    while len(seen) < want and (left := end - time.monotonic()) > 0:
        sock.settimeout(left)
        packet = sock.recv(2000)
        if group != "-" or packet[16:20] == socket.inet_aton("{GROUP}") and packet[9] == socket.IPPROTO_UDP:
            seen.add(packet)
except TimeoutError:
    pass
print(len(seen))
END
"""  # noqa: E501
SENDER = f"""
cat > /tmp/send.py <<'END'
import socket, sys, time
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 8)
sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(sys.argv[1]))
for number in range(int(sys.argv[2])):
    sock.sendto(f"{{number}}".encode().ljust(int(sys.argv[3])), ((sys.argv[4:] or ["{GROUP}"])[0], {PORT}))
    time.sleep(0.002)
END
"""
IGMP_SENDER = """
cat > /tmp/igmp.py <<'END'
import socket, struct, sys
destination, body = sys.argv[1], bytes.fromhex(sys.argv[2])
total = sum(struct.unpack(f"!{len(body) // 2}H", body))
while total >> 16:
    total = (total & 0xFFFF) + (total >> 16)
body = body[:2] + struct.pack("!H", ~total & 0xFFFF) + body[4:]
sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IGMP)
sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(sys.argv[3]))
sock.sendto(body, (destination, 0))
END
"""

SENT = 50


def host(interface: Any) -> str:
    return str(interface.instance_id)


def multicast(
    driver: Driver, sender: Any, members: tuple[Any, ...], bystanders: tuple[Any, ...] = (), *, joins: bool = True
) -> dict[str, int]:
    """Have members join, wait until the domain knows them (or does not), send, and count what everybody got."""
    receivers = members + bystanders
    for each in receivers:
        group = GROUP if each in members else "-"
        script = f"python3 /tmp/receive.py {group} {each.address} {SENT} 1 > /tmp/count 2> /tmp/errors &"
        driver.node(host(each), RECEIVER + script)
    if joins:
        await_members(driver, {each.id for each in members})
    sent = driver.node(host(sender), SENDER + f"python3 /tmp/send.py {sender.address} {SENT} 100")
    assert sent["code"] == 0, sent
    return {each.id: count(driver, each) for each in receivers}


def count(driver: Driver, interface: Any) -> int:
    script = "for i in $(seq 100); do [ -s /tmp/count ] && break; sleep 0.05; done; cat /tmp/count /tmp/errors"
    reported = driver.node(host(interface), script)["stdout"]
    return int(reported.split()[0])


def await_members(driver: Driver, wanted: set[str]) -> None:
    end = time.monotonic() + 5
    while {each["network_interface_id"] for each in driver.live()["members"]} != wanted:
        assert time.monotonic() < end, driver.live()
        time.sleep(0.02)


def hears(driver: Driver, listener: Any, expression: str, cause: Callable[[], object]) -> bool:
    """Whether a packet gets to an interface while something is done; the capture runs before and until after it."""
    capture = f"timeout 3 tcpdump -c 1 -lni ens5 '{expression}' > /tmp/heard 2> /tmp/capture &"
    driver.node(host(listener), f"rm -f /tmp/heard /tmp/capture; {capture}")
    driver.node(host(listener), "for i in $(seq 100); do grep -q listening /tmp/capture && break; sleep 0.02; done")
    cause()
    return int(driver.node(host(listener), "sleep 0.2; test -s /tmp/heard")["code"]) == 0


def reaches(driver: Driver, source: Any, target: Any) -> bool:
    script = f"ping -c 3 -i 0.05 -w 1 {getattr(target, 'address', target)}"
    return int(driver.node(host(source), script)["code"]) == 0


@pytest.fixture(autouse=True)
def whole(driver: Driver) -> None:
    driver.apply(CLOUD)


def test_a_member_in_each_subnet_receives_all_and_a_host_that_did_not_join_nothing(driver: Driver) -> None:
    assert multicast(driver, A1, (B1,), (A2,)) == {B1.id: SENT, A2.id: 0}
    assert multicast(driver, B1, (A1, A2)) == {A1.id: SENT, A2.id: SENT}


def test_a_group_without_members_goes_nowhere(driver: Driver) -> None:
    assert multicast(driver, A1, (), (A2, B1), joins=False) == {A2.id: 0, B1.id: 0}


def test_without_the_domains_association_multicast_stops_and_unicast_does_not(driver: Driver) -> None:
    driver.apply(clouds.with_domain(CLOUD, subnet_ids=(clouds.SUBNET_A.id,)))
    assert multicast(driver, A1, (B1,), joins=False) == {B1.id: 0}
    assert reaches(driver, A1, B1)


def test_a_member_that_the_api_registered_receives_though_no_report_of_its_passes(driver: Driver) -> None:
    # Without IGMP among what may leave, the hosts join in their own kernels only.
    silent = clouds.with_group(CLOUD, IGMP, UDP, ICMP, egress=(clouds.rule(17, "0.0.0.0/0"),))
    member = StaticMember(group=GROUP, network_interface_id=B1.id)
    driver.apply(clouds.with_domain(silent, static_members=(member,)))
    assert multicast(driver, A1, (B1, A2), joins=False) == {B1.id: SENT, A2.id: 0}
    assert driver.live()["members"] == []


def test_without_the_igmp_rule_membership_runs_out_only_after_unheard_queries(driver: Driver) -> None:
    driver.node(host(B1), RECEIVER + f"python3 /tmp/receive.py {GROUP} {B1.address} 1 60 > /tmp/count 2>&1 &")
    await_members(driver, {B1.id})
    driver.apply(clouds.with_group(CLOUD, UDP, ICMP))
    await_members(driver, {B1.id})
    begin = time.monotonic()
    while driver.live()["members"]:
        assert time.monotonic() < begin + 60
        time.sleep(0.1)
    assert time.monotonic() - begin > 1
    driver.node(host(B1), "kill $(ps ax | grep '[r]eceive.py' | awk '{print $1}')")


def test_without_the_udp_rule_multicast_stops_at_once_though_membership_stays(driver: Driver) -> None:
    driver.apply(clouds.with_group(CLOUD, IGMP, ICMP))
    assert multicast(driver, A1, (B1,)) == {B1.id: 0}


def test_groups_are_stateful_for_unicast_and_a_missing_rule_blocks_the_request(driver: Driver) -> None:
    assert reaches(driver, A1, B1)
    driver.apply(clouds.with_group(CLOUD, IGMP, UDP))
    assert not reaches(driver, A1, B1)


def test_a_route_to_an_interface_is_followed_and_its_absence_stops_unicast(driver: Driver) -> None:
    loopback = "10.255.0.10"
    router = A2.model_copy(update={"source_dest_check": False})
    unchecked = CLOUD.model_copy(update={"network_interfaces": (A1, router, B1)})
    driver.apply(unchecked)
    driver.node(host(A2), f"ip address replace {loopback}/32 dev lo")
    assert not reaches(driver, B1, loopback)
    routed = clouds.with_routes(unchecked, TABLE_B, clouds.to_interface("10.255.0.0/28", A2))
    driver.apply(routed)
    assert reaches(driver, B1, loopback)


def test_an_interface_gets_nothing_for_others_while_the_destination_check_is_on(driver: Driver) -> None:
    loopback = "10.255.0.10"
    routed = clouds.with_routes(CLOUD, TABLE_B, clouds.to_interface("10.255.0.0/28", A2))
    for checked in (True, False):
        router = A2.model_copy(update={"source_dest_check": checked})
        driver.apply(routed.model_copy(update={"network_interfaces": (A1, router, B1)}))
        assert hears(driver, A2, f"icmp and dst {loopback}", lambda: reaches(driver, B1, loopback)) is not checked


def test_an_instance_sends_with_no_other_address_while_the_source_check_is_on(driver: Driver) -> None:
    driver.node(host(A1), "ip address replace 10.10.1.99/24 dev ens5")
    spoof = f"ping -c 2 -i 0.05 -w 1 -I 10.10.1.99 {B1.address}"
    for checked in (True, False):
        sender = A1.model_copy(update={"source_dest_check": checked})
        driver.apply(CLOUD.model_copy(update={"network_interfaces": (sender, A2, B1)}))
        assert hears(driver, B1, "icmp and src 10.10.1.99", lambda: driver.node(host(A1), spoof)) is not checked
    driver.node(host(A1), "ip address del 10.10.1.99/24 dev ens5")


def test_fragments_of_multicast_are_dropped_and_the_largest_whole_datagram_is_not(driver: Driver) -> None:
    # Groups that let everything pass, or their rules by port would stop a fragment without a port first.
    driver.apply(clouds.with_group(CLOUD, clouds.rule(-1, "0.0.0.0/0")))
    fragmented = f"ip link set ens5 mtu 1500; python3 /tmp/send.py {A1.address} 1 1900; ip link set ens5 mtu 9001"
    whole = f"python3 /tmp/send.py {A1.address} 1 8472"
    for script, arrives in ((fragmented, 0), (whole, 1)):
        receive = f"python3 /tmp/receive.py {GROUP} {B1.address} 1 1 > /tmp/count 2> /tmp/errors &"
        driver.node(host(B1), RECEIVER + receive)
        await_members(driver, {B1.id})
        driver.node(host(A1), SENDER + script)
        assert count(driver, B1) == arrives


def send_igmp(driver: Driver, sender: Any, destination: str, body: str) -> None:
    sent = driver.node(host(sender), IGMP_SENDER + f"python3 /tmp/igmp.py {destination} {body} {sender.address}")
    assert sent["code"] == 0, sent


def test_a_host_that_queries_does_not_silence_the_domains_own_querier(driver: Driver) -> None:
    send_igmp(driver, A2, "224.0.0.1", "1164000000000000")
    heard = driver.node(host(B1), "timeout 4 tcpdump -c 2 -lni ens5 'igmp[0] == 0x11 and src host 0.0.0.0'")
    assert heard["code"] == 0, heard
    assert driver.node(host(B1), f"timeout 1.5 tcpdump -c 1 -lni ens5 'igmp and src host {A2.address}'")["code"] == 124


def test_a_version_3_report_makes_no_member_and_a_version_2_report_does(driver: Driver) -> None:
    group = GROUP.packed.hex()
    send_igmp(driver, A2, "224.0.0.22", f"220000000000000104000000{group}")
    send_igmp(driver, B1, str(GROUP), f"16000000{group}")
    end = time.monotonic() + 2
    while not (members := {each["network_interface_id"] for each in driver.live()["members"]}):
        assert time.monotonic() < end
    assert members == {B1.id}
    send_igmp(driver, B1, "224.0.0.2", f"17000000{group}")
    await_members(driver, set())


def test_a_group_of_a_hundred_members_hears_no_further_report(driver: Driver) -> None:
    group = GROUP.packed.hex()
    await_members(driver, set())
    others = tuple(StaticMember(group=GROUP, network_interface_id=f"eni-{number}") for number in range(98))
    driver.apply(clouds.with_domain(CLOUD, static_members=others))
    for member in (A1, A2):
        send_igmp(driver, member, str(GROUP), f"16000000{group}")
    await_members(driver, {A1.id, A2.id})
    send_igmp(driver, B1, str(GROUP), f"16000000{group}")
    driver.node(host(B1), "sleep 0.2")
    assert {each["network_interface_id"] for each in driver.live()["members"]} == {A1.id, A2.id}
    driver.apply(clouds.with_domain(CLOUD, static_members=others[:-1]))
    send_igmp(driver, B1, str(GROUP), f"16000000{group}")
    await_members(driver, {A1.id, A2.id, B1.id})
    for member in (A1, A2, B1):
        send_igmp(driver, member, "224.0.0.2", f"17000000{group}")
    await_members(driver, set())


def test_a_leave_gives_its_place_in_a_full_group_free(driver: Driver) -> None:
    """In a group of no document, but with members that the API registered."""
    group = IPv4Address("239.9.9.9")
    await_members(driver, set())
    others = tuple(StaticMember(group=group, network_interface_id=f"eni-{number}") for number in range(99))
    driver.apply(clouds.with_domain(CLOUD, static_members=others))
    report, leave = f"16000000{group.packed.hex()}", f"17000000{group.packed.hex()}"
    send_igmp(driver, A1, str(group), report)
    await_members(driver, {A1.id})
    send_igmp(driver, B1, str(group), report)
    driver.node(host(B1), "sleep 0.2")
    assert {each["network_interface_id"] for each in driver.live()["members"]} == {A1.id}
    counted = f"nft list set bridge domains members_0_{group.packed.hex()}"
    # A host repeats its report; so the place does not run out meanwhile.
    send_igmp(driver, A1, str(group), report)
    assert names.domain_port(A1.id) in driver.sh(clouds.GATEWAY.id, counted)
    send_igmp(driver, A1, "224.0.0.2", leave)
    assert names.domain_port(A1.id) not in driver.sh(clouds.GATEWAY.id, counted)
    # The kernel clears up once a second, and a host repeats its report.
    end = time.monotonic() + 5
    while {each["network_interface_id"] for each in driver.live()["members"]} != {B1.id}:
        assert time.monotonic() < end
        send_igmp(driver, B1, str(group), report)
    send_igmp(driver, B1, "224.0.0.2", leave)
    await_members(driver, set())


def test_link_local_groups_are_not_forwarded(driver: Driver) -> None:
    driver.node(
        host(B1), RECEIVER + f"python3 /tmp/receive.py 224.0.0.251 {B1.address} 1 1 > /tmp/count 2> /tmp/errors &"
    )
    driver.node(host(B1), "for i in $(seq 100); do grep -q joined /tmp/errors && break; sleep 0.02; done")
    driver.node(host(A1), SENDER + f"python3 /tmp/send.py {A1.address} 20 100 224.0.0.251")
    assert count(driver, B1) == 0


def test_the_same_cloud_twice_runs_no_command_and_a_change_only_its_own(driver: Driver) -> None:
    again = driver.apply(CLOUD)
    assert (again["changed"], again["batches"]) == (False, 0)
    changed = driver.apply(clouds.with_routes(CLOUD, TABLE_A, clouds.to_gateway("192.168.50.0/24")))
    assert changed["changed"]
    assert 0 < changed["batches"] <= 2


def test_another_gateway_in_the_old_ones_place_takes_the_links_over(driver: Driver) -> None:
    other = clouds.GATEWAY.model_copy(update={"id": "tgw-00000000000000002"})
    moved = {"transit_gateway_id": other.id}
    driver.apply(
        clouds.with_domain(CLOUD, **moved).model_copy(
            update={
                "transit_gateways": (other,),
                "vpc_attachments": (clouds.ATTACHMENT.model_copy(update=moved),),
                "transit_gateway_route_tables": (clouds.GATEWAY_TABLE.model_copy(update=moved),),
            }
        )
    )
    # A bridge that has just come up forwards by membership only when its first query has had time to be answered.
    multicast(driver, A1, (B1,))
    assert multicast(driver, A1, (B1,), (A2,)) == {B1.id: SENT, A2.id: 0}


def test_an_instance_that_is_gone_takes_its_namespace_and_port_with_it(driver: Driver) -> None:
    smaller = CLOUD.model_copy(
        update={"instances": CLOUD.instances[:2], "network_interfaces": CLOUD.network_interfaces[:2]}
    )
    driver.apply(smaller)
    assert host(B1) not in driver.sh(None, "ip netns list")
    assert driver.live()["running"] == [host(A1), host(A2)]
    assert not reaches(driver, A1, B1)
    driver.apply(CLOUD)
    assert reaches(driver, A1, B1)
    driver.apply(Cloud())
    left = set(driver.sh(None, "ip netns list | cut -d' ' -f1").split())
    assert left == {"internet", "site.lab.router", "site.lab.lan", "device.phone-1", "device.phone-2", "device.pager-7"}


def test_what_an_instance_writes_stays_its_own(driver: Driver) -> None:
    written = driver.node(host(A1), "echo net.ipv4.ip_forward=1 > /etc/sysctl.d/99-own.conf; cat /etc/hostname")
    assert (written["code"], written["stdout"].strip()) == (0, "ip-10-10-1-11")
    assert driver.node(host(A2), "test -e /etc/sysctl.d/99-own.conf")["code"] == 1
    assert driver.node(host(A1), "touch /usr/own")["code"] != 0
    assert driver.node(host(A1), "echo 1 > /proc/sys/kernel/panic")["code"] != 0
