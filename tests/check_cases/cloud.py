"""Cases of names, tags, the VPC, machines and the budget."""

from __future__ import annotations

from check_cases.case import Case, group, site
from mcastlab.lab.checks import Severity

CLOUD = (
    Case(
        check="router_has_an_interface_beside_senders",
        base="two_subnets",
        change={
            "vpc.subnets": [{"name": f"net-{number}", "cidr": f"10.20.{number}.0/24"} for number in range(1, 5)],
            "hosts": [{"name": f"host-{number}", "subnet": f"net-{number}"} for number in range(1, 5)],
            "groups.2.senders": "all",
        },
        at="router.instance_type",
        says="the router needs 4 interfaces (net-1, net-2, net-3, net-4), and a c5n.large takes 3",
    ),
    Case(
        check="router_has_an_interface_beside_senders",
        base="two_subnets",
        change={"router": {"instance_type": "c9zn.large"}, "workarounds": {"unlisted": ["c9zn.large"]}},
        at="router.instance_type",
        says="the router needs 2 interfaces (front, back), and how many a c9zn.large takes is not known here",
        severity=Severity.WARNING,
    ),
    Case(
        check="names_are_unique",
        change={"sites.0.devices.0.name": "doppel-2"},
        at="sites[berlin].devices[0].name",
        says="doppel-2 is the name of hosts[0].name already",
    ),
    Case(
        check="names_are_unique",
        change={"sites.0.router.ssh": "phone-1"},
        at="sites[berlin].devices[0].name",
        says="phone-1 is the name of sites[berlin].router.ssh already",
    ),
    Case(
        check="names_are_unique", change={"hosts.1": {"name": "berlin"}}, at="sites[0].name", says="berlin is the name"
    ),
    Case(
        check="names_are_unique", change={"hosts.1": {"name": "doppel"}}, at="hosts[1].name", says="doppel is the name"
    ),
    Case(
        check="names_are_unique",
        change={"vpc.subnets": [{"name": "one", "cidr": "10.10.1.0/24"}, {"name": "one", "cidr": "10.10.2.0/24"}]},
        at="vpc.subnets[1].name",
        says="one is the name",
    ),
    Case(
        check="names_are_unique",
        change={"groups.1": group("239.1.1.2", name="paging")},
        at="groups[1].name",
        says="paging is the name",
    ),
    Case(
        check="names_are_unique",
        change={"sites.0.name": "aws"},
        at="sites[0].name",
        says="aws-router, what reports call the router of sites[0], is what reports call the AWS router already",
    ),
    Case(
        check="shell_names_differ",
        change={"sites.0.router.ssh": "router"},
        at="sites[berlin].router.ssh",
        says="router is the AWS router's Name tag already",
        severity=Severity.WARNING,
    ),
    Case(
        check="shell_names_differ",
        change={"sites.0.devices.0.name": "internet"},
        at="sites[berlin].devices[0].name",
        says="internet is what the twin calls the network between AWS and the sites already",
        severity=Severity.WARNING,
    ),
    Case(
        check="shell_names_differ",
        change={"sites.0.devices.0.name": "berlin-lan"},
        at="sites[berlin].devices[0].name",
        says="berlin-lan is the twin's LAN of sites[0] already",
        severity=Severity.WARNING,
    ),
    Case(
        check="names_are_unique",
        change={"hosts.0.name": "lyon-router", "sites.1": site(ssh="r2")},
        at="hosts[0].name",
        says="lyon-router is what reports call the router of sites[1] already",
    ),
    Case(
        check="names_are_unique",
        change={"sites.0.router.ssh": "R1.example.com", "sites.1": site(ssh="r1.Example.com.")},
        at="sites[lyon].router.ssh",
        says="is the name of sites[berlin].router.ssh already, but for letters' case",
    ),
    Case(
        check="names_are_no_aws_ids",
        change={"sites.0.devices.0.name": "tgw-0123456789abcdef0"},
        at="sites[berlin].devices[0].name",
        says="tgw-0123456789abcdef0 looks like the id of an AWS resource",
    ),
    Case(
        check="logical_ids_differ",
        change={"vpc.subnets": [{"name": "a-b", "cidr": "10.10.1.0/24"}, {"name": "ab", "cidr": "10.10.2.0/24"}]},
        at="vpc.subnets[1].name",
        says="ab is, without its hyphens, a-b of vpc.subnets[0].name",
    ),
    Case(
        check="logical_ids_differ",
        change={
            "groups": [
                {"name": "page", "address": "239.1.1.1-239.1.1.11", "bridge": "static"},
                group("239.1.1.12", name="page-1-1", bridge="static"),
            ]
        },
        at="groups[11].name",
        says="page-1-1 is, without its hyphens, page-11 of groups[10].name",
    ),
    Case(check="tags_can_be_set", change={"tags": {"aws:owner": "me"}}, at="tags.aws:owner", says="AWS keeps keys"),
    Case(check="tags_can_be_set", change={"tags": {"Name": "me"}}, at="tags.Name", says="sets this tag itself"),
    Case(check="tags_can_be_set", change={"tags": {"k" * 129: "v"}}, at="tags." + "k" * 129, says="too long"),
    Case(check="tags_can_be_set", change={"tags": {"a?": "v"}}, at="tags", says="characters"),
    Case(check="tags_can_be_set", change={"tags": {f"k{n}": "v" for n in range(48)}}, at="tags", says="more than 50"),
    Case(check="vpc_block_can_be_had", change={"vpc.cidr": "10.0.0.0/8"}, at="vpc.cidr", says="no size for a VPC"),
    Case(check="vpc_block_can_be_had", change={"vpc.cidr": "169.254.0.0/16"}, at="vpc.cidr", says="not for hosts"),
    Case(
        check="subnets_lie_in_the_vpc",
        change={"vpc.subnets": [{"name": "one", "cidr": "10.11.1.0/24"}]},
        at="vpc.subnets[one].cidr",
        says="no part of the VPC's 10.10.0.0/16",
    ),
    Case(
        check="subnets_lie_in_the_vpc",
        change={"vpc.subnets": [{"name": "one", "cidr": "10.10.1.0/29"}]},
        at="vpc.subnets[one].cidr",
        says="no size for a subnet",
    ),
    Case(
        check="subnets_do_not_overlap",
        change={"vpc.subnets": [{"name": "one", "cidr": "10.10.0.0/23"}, {"name": "two", "cidr": "10.10.1.0/24"}]},
        at="vpc.subnets[two].cidr",
        says="overlaps 10.10.0.0/23 of vpc.subnets[one].cidr",
    ),
    Case(
        check="subnets_are_large_enough",
        change={"vpc.subnets": [{"name": "one", "cidr": "10.10.1.0/28"}], "hosts.0.count": 6},
        at="vpc.subnets[one].cidr",
        says="has 11 addresses to give, and 12 are needed",
    ),
    Case(
        check="zones_exist_in_the_region",
        change={"vpc.subnets": [{"name": "one", "cidr": "10.10.1.0/24", "zone": "e"}], "region": "eu-west-1"},
        at="vpc.subnets[one].zone",
        says="the Region has eu-west-1a, eu-west-1b, eu-west-1c only",
        hint="workarounds: {unlisted: [eu-west-1e]}",
    ),
    Case(
        check="zones_exist_in_the_region",
        change={
            "vpc.subnets": [{"name": "one", "cidr": "10.10.1.0/24", "zone": "d"}],
            "region": "eu-west-1",
            "workarounds": {"unlisted": ["eu-west-1d"]},
        },
        at="vpc.subnets[one].zone",
        says="eu-west-1d is taken as the lab file says",
        severity=Severity.WARNING,
    ),
    Case(
        check="zones_exist_in_the_region",
        change={
            "vpc.subnets": [{"name": "one", "cidr": "10.10.1.0/24", "zone": "b"}],
            "region": "ap-northeast-1",
        },
        at="vpc.subnets[one].zone",
        says="in older accounts only",
        severity=Severity.WARNING,
    ),
    Case(
        check="region_exists",
        change={"region": "eu-centrl-1"},
        at="region",
        says="eu-centrl-1: AWS has no Region of this name",
        hint="did you mean eu-central-1? ",
    ),
    Case(
        check="region_exists",
        change={"region": "us-east-9", "workarounds": {"unlisted": ["us-east-9"]}},
        at="region",
        says="us-east-9 is taken as the lab file says",
        severity=Severity.WARNING,
    ),
    Case(
        check="instance_types_exist",
        change={"router": {"instance_type": "c5n.huge"}},
        at="router.instance_type",
        says="c5n.huge: the family c5n has no size huge",
    ),
    Case(
        check="instance_types_exist",
        change={"hosts.0.instance_type": "m5nn.large"},
        at="hosts[doppel].instance_type",
        says="m5nn.large: the family m5nn is not known here",
        hint="did you mean m5n.large?",
    ),
    Case(
        check="instance_types_exist",
        change={"hosts.0.instance_type": "m99x.large", "workarounds": {"unlisted": ["m99x.large"]}},
        at="hosts[doppel].instance_type",
        says="m99x.large is taken as the lab file says",
        severity=Severity.WARNING,
    ),
    Case(
        check="loopback_lies_outside_the_vpc",
        change={"router": {"loopback": "10.10.200.10"}},
        at="router.loopback",
        says="inside the VPC's 10.10.0.0/16",
        hint="write loopback: 10.255.0.10",
    ),
    Case(
        check="loopback_is_free_in_its_subnet",
        change={"router": {"loopback": "10.255.0.3"}},
        at="router.loopback",
        says="kept by AWS in 10.255.0.0/28",
        hint="write an address from 10.255.0.4 to 10.255.0.14",
    ),
    Case(
        check="loopback_is_free_in_its_subnet",
        change={"router": {"loopback": "10.255.0.31"}},
        at="router.loopback",
        says="kept by AWS in 10.255.0.16/28",
    ),
    Case(
        check="loopback_block_can_join_the_vpc",
        change={"router": {"loopback": "172.31.0.10"}},
        at="router.loopback",
        says="AWS does not add its block 172.31.0.0/27 to a VPC of 10.10.0.0/16",
    ),
    Case(
        check="loopback_block_can_join_the_vpc",
        change={"router": {"loopback": "10.0.255.10"}, "vpc.cidr": "10.1.0.0/16"},
        at="router.loopback",
        says="AWS does not add",
    ),
    Case(
        check="instances_are_of_nitro",
        change={"router": {"instance_type": "c4.large"}},
        at="router.instance_type",
        says="not of the Nitro generation",
    ),
    Case(
        check="instances_are_of_nitro",
        change={"hosts.0.instance_type": "t2.medium"},
        at="hosts[doppel].instance_type",
        says="not of the Nitro generation",
    ),
    Case(
        check="instances_are_of_nitro",
        change={"hosts.0.instance_type": "zz9.large"},
        at="hosts[doppel].instance_type",
        says="the family zz9 is not known",
        severity=Severity.WARNING,
    ),
    Case(
        check="instances_boot_their_image",
        change={"hosts.0.instance_type": "m7g.large"},
        at="hosts[doppel].instance_type",
        says="Arm processor",
    ),
    Case(
        check="router_has_an_image",
        change={"router": {"platform": "csr1000v"}},
        at="router.image",
        says="no public parameter names an image of the csr1000v",
    ),
    Case(
        check="throughput_is_licensed",
        change={"router.throughput_mbps": 500},
        at="router.throughput_mbps",
        says="more than 250 Mbit/s need the licence HSECK9",
        severity=Severity.WARNING,
    ),
    Case(
        check="an_hour_is_within_the_budget",
        change={"budget_usd_per_hour": 0.5},
        at="budget_usd_per_hour",
        says="an hour costs about 0.53 USD",
        hint="write at least 0.53",
    ),
)
