"""Verifications as they could come out, for tests of what is made of them."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from report.check_samples import check_results, subject
from report.traffic_samples import traffic

from mcastlab.follow.trace import FollowedJoin, FollowTrace
from mcastlab.lab.design.names import aws_router_name, remote_router_name
from mcastlab.traffic.results import LatencyBound, Path, Stall, StallKind
from mcastlab.verify.findings import CheckResult, Diagnosis, Verdict
from mcastlab.verify.report import VerificationReport

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab
    from mcastlab.traffic.results import TrafficReport

NOTES: Final = (
    "Latency, jitter and throughput are this machine's own.",
    "How long IOS takes to find a neighbour may be longer elsewhere.",
)
VERSIONS: Final = {
    "mcastlab": "0.1.0",
    "aws-router": "IOS-XE 17.9.4a on C8000V",
    "lab-router": "IOS-XE 17.9.4a on C8000V",
    "doppel-1": "Linux 6.1.0",
}


FOLLOWED: Final = FollowTrace(
    duration_s=9.5,
    joins=tuple(
        FollowedJoin(
            group=IPv4Address(f"239.9.1.{n}"),
            by=("berlin",),
            joined_at_s=0.4 * n,
            after_s=0.08 + 0.03 * n,
            left_at_s=8.0 if n % 2 else None,
        )
        for n in range(1, 9)
    ),
    refused=("239.9.2.1: calls has 8 live groups, as many as its ceiling allows",),
)


def configurations(lab: Lab) -> dict[str, str]:
    names = (aws_router_name(lab), *(remote_router_name(lab, site) for site in lab.sites))
    return {
        name: f"hostname {name.replace('/', '-')}\n!\ncrypto ikev2 keyring aws\n peer one\n  pre-shared-key ***\n"
        "!\ninterface Tunnel200\n ip address 172.16.200.1 255.255.255.252\n ip pim sparse-mode\n!\nend\n"
        for name in names
    }


def report(
    lab: Lab,
    *,
    results: tuple[CheckResult, ...],
    diagnoses: tuple[Diagnosis, ...] = (),
    heard: TrafficReport | None = None,
) -> VerificationReport:
    holds = (
        not diagnoses
        and all(result.verdict is not Verdict.FAILS for result in results)
        and (heard is None or heard.holds)
    )
    return VerificationReport(
        lab=lab.name,
        started=datetime(2026, 11, 24, 12, 30, 5, tzinfo=UTC),
        duration_s=11.4,
        verdict=Verdict.HOLDS if holds else Verdict.FAILS,
        diagnoses=diagnoses,
        checks=results,
        traffic=heard,
        configurations=configurations(lab),
        versions=VERSIONS,
        notes=NOTES,
    )


def sound(lab: Lab) -> VerificationReport:
    return report(lab, results=check_results(lab), heard=traffic(lab)).model_copy(update={"followed": FOLLOWED})


def no_mroute(lab: Lab) -> VerificationReport:
    """The remote router's reverse path to the rendezvous point leads into the VPN."""
    site = lab.sites[0]
    router, rp = remote_router_name(lab, site), lab.router.loopback
    seen = f"RPF for {rp} is Tunnel101, unicast (bgp {site.router.asn})"
    cause = Diagnosis(
        key="mroute-missing",
        sentence=f"{router}'s reverse path to {rp} leads to Tunnel101, where PIM does not run, so its joins go nowhere",
        fix=f"ip mroute {rp} 255.255.255.255 {site.gre_interface}",
        fix_where=f"{router}, global configuration",
        checks=("rpf",),
        subjects=(subject("router", router, site.name), subject("gre_tunnel", site.gre_interface, site.name)),
    )
    devices = {device.name for device in site.machines}
    heard = traffic(lab, lose=lambda sender, receiver: 1.0 if {sender, receiver} & devices else 0.0)
    return report(lab, results=check_results(lab, {"rpf": seen}, where=(site.name,)), diagnoses=(cause,), heard=heard)


def queries_blocked(lab: Lab) -> VerificationReport:
    """Packets still flow, and the members expire later."""
    group = subject("security_group", f"{lab.name}-hosts")
    cause = Diagnosis(
        key="igmp-queries-blocked",
        sentence=f"{group.name} lets no IGMP from 0.0.0.0/32 in, so the hosts hear no query and expire as members "
        "after six minutes",
        fix="aws ec2 authorize-security-group-ingress --group-id sg-0123456789abcdef0 --protocol 2 --cidr 0.0.0.0/32",
        fix_where="shell",
        checks=("security_groups",),
        subjects=(group,),
        flows_still=True,
    )
    return report(
        lab,
        results=check_results(lab, {"security_groups": "no rule of protocol 2 with 0.0.0.0/32"}),
        diagnoses=(cause,),
        heard=traffic(lab),
    )


def two_causes(lab: Lab) -> VerificationReport:
    """Loss on the way to a site, a leak, and a fragmenting MTU."""
    rpf, igmp = no_mroute(lab), queries_blocked(lab)
    seen = {"security_groups": "no rule of protocol 2 with 0.0.0.0/32", "rpf": "Tunnel101, unicast (bgp 65001)"}
    heard = traffic(lab, lose=lambda sender, _receiver: 0.14 if sender == lab.host_names[0] else 0, leak=17)
    return report(lab, results=check_results(lab, seen), diagnoses=(*rpf.diagnoses, *igmp.diagnoses), heard=heard)


def vpn_down(lab: Lab) -> VerificationReport:
    """Nothing beyond the VPN is reached, traffic neither."""
    site = lab.sites[0]
    cause = Diagnosis(
        key="pre-shared-key",
        sentence=f"{remote_router_name(lab, site)} and AWS hold different pre-shared keys: IKE_AUTH fails",
        fix="./scripts/lab configure",
        fix_where="shell",
        checks=("vpn", "bgp"),
        subjects=tuple(subject("vpn_tunnel", f"Tunnel{number}", site.name) for number in (101, 102)),
    )
    results = check_results(
        lab, {"vpn": "IKE_AUTH: authentication failed; AWS says DOWN"}, stop_after="vpn", where=(site.name,)
    )
    return report(lab, results=results, diagnoses=(cause,))


def one_way_and_busy(lab: Lab) -> VerificationReport:
    """What goes to a site is never answered, and a host was busy meanwhile."""
    heard = traffic(lab)
    bound = LatencyBound(lower_ms=0.18, upper_ms=241.2)
    stall = Stall(host=lab.host_names[0], kind=StallKind.QUEUE_FULL, at_ms=2624.5, duration_ms=312.6, lost=20, round=1)
    deliveries = tuple(
        each.model_copy(
            update={
                "latency": None,
                "bound": bound,
                "timeline": tuple(part.model_copy(update={"latency_median_us": None}) for part in each.timeline),
            }
        )
        if each.path is Path.TO_SITE
        else each
        for each in heard.deliveries
    )
    return report(
        lab, results=check_results(lab), heard=heard.model_copy(update={"deliveries": deliveries, "stalls": (stall,)})
    )


HOSTILE: Final = "</pre><script>alert('seen')</script><img src=x onerror=alert(1)>\x1b[31m"


def hostile(lab: Lab) -> VerificationReport:
    """A router answers with what a browser or a terminal would obey."""
    base = no_mroute(lab)
    return base.model_copy(
        update={
            "diagnoses": (base.diagnoses[0].model_copy(update={"sentence": HOSTILE, "fix": HOSTILE}),),
            "checks": check_results(lab, {"rpf": HOSTILE}),
            "configurations": {HOSTILE: HOSTILE},
            "versions": {HOSTILE: HOSTILE},
            "notes": (HOSTILE,),
        }
    )
