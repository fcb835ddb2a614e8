"""What of a router's configuration and of its messages is known to hold no secret. Everything else is masked.

A line below is a configuration line without its indentation and without ``no``. ``<kind>`` stands for a value of that
kind, ``a|b`` for either word, ``[...]`` for what may be left out, ``x*`` for one or more of it. A line passes as far
as it goes along one of these; so ``enable secret`` lets these two words pass and nothing behind them. A value that
could be a password, key, community or text of a person's own has no kind here.

Source: Cisco IOS XE 17, command references of each command.
"""

from __future__ import annotations

from typing import Final

KINDS: Final = {
    "address": r"(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?,?",
    "address6": r"[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*(?:/\d{1,3})?",
    "number": r"-?\d{1,10}(?:\.\d{1,5})?",
    "range": r"\d{1,5}(?:-\d{1,5})?",
    "interface": r"(?:Null|Loopback|Tunnel|Vlan|BDI|BVI|Port-channel|Serial|Dialer|Cellular|Virtual-Template|NVI"
    r"|Multilink|VirtualPortGroup|Ethernet|FastEthernet|GigabitEthernet|TwoGigabitEthernet|FiveGigabitEthernet"
    r"|TenGigabitEthernet|TwentyFiveGigE|FortyGigabitEthernet|HundredGigE|AppGigabitEthernet)\d{1,10}(?:/\d{1,4}){0,3}(?:\.\d{1,10})?",
    "name": r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,63}",
    "word": r"[a-z][a-z0-9-]{0,30}",
    "lab": r"[a-z][a-z0-9-]{0,31}:",
    "file": r"(?:bootflash|flash|disk0|harddisk|nvram|crashinfo):[\w./-]{0,80}",
    "community": r"\d{1,5}:\d{1,5}|\d{1,10}|internet|local-as|no-advertise|no-export|gshut|additive|none",
    "encryption": r"(?:aes-(?:cbc|gcm|ctr)-)?(?:128|192|256)|aes|3des|des",
    "hash": r"sha|sha1|md5|sha256|sha384|sha512",
    "transform": r"(?:esp|ah|comp)-[a-z0-9-]{1,20}|128|192|256",
    "group": r"group\d{1,2}",
    "entry": r"(?:\d{1,3}\.){3}\d{1,3},?|\d{1,5}|any|host|wildcard|bits|ip|tcp|udp|icmp|igmp|pim|gre|esp|ahp|eigrp|ospf"
    r"|ipinip|eq|neq|gt|lt|range|established|log|log-input|fragments|dscp|precedence|tos|ttl|ack|fin|psh|rst|syn|urg"
    r"|echo|echo-reply|unreachable|packet-too-big|time-exceeded|ttl-exceeded|traceroute|administratively-prohibited"
    r"|bootpc|bootps|domain|ftp|ftp-data|isakmp|non500-isakmp|ntp|pim-auto-rp|rip|snmp|snmptrap|ssh|syslog|tacacs|telnet"
    r"|tftp|www|bgp|smtp|host-report|dvmrp|ef|af\d\d|cs\d|default|\(?\d{1,10}|match(?:es)?\)?",
}
"""Regular expressions of whole words."""

OF_THE_LAB: Final = """
archive
bgp log-neighbor-changes
bgp router-id <address>
crypto ikev2 keyring|policy|profile|proposal <name>
crypto ipsec df-bit clear|copy|set
crypto ipsec profile <name>
crypto ipsec transform-set <name> <transform>*
description mcastlab <lab> GRE endpoint [and rendezvous point]
description mcastlab <lab> GRE to <name>
description mcastlab <lab> VPN tunnel <number> to the Transit Gateway
address <address> [<address>]
authentication pre-share|rsa-sig|ecdsa-sig
authentication local|remote pre-share|rsa-sig|ecdsa-sig|eap [key]
authentication pre-share|rsa-encr
dpd <number> <number> periodic|on-demand
encryption <encryption>*
group <number>*
hash <hash>
identity local address <address>
integrity <hash>*
interface <interface> [point-to-point|multipoint]
keyring [local] <name>
lifetime <number>
match address local <address>
match address local interface <interface>
match fvrf <name>
match identity [remote] address <address> [<address>]
mode tunnel|transport [require]
peer <name>
pre-shared-key [local|remote]
pre-shared-key address <address> [<address>] key
pre-shared-key address ipv6 <address6> key
pre-shared-key hostname <name> key
prf <hash>*
proposal <name>*
set ikev2-profile|isakmp-profile <name>
set pfs <group>
set security-association lifetime kilobytes|seconds|days <number>
set security-association replay disable
set security-association replay window-size <number>
set transform-set <name>*
ip access-list extended|standard <name>
permit|deny <entry>*
permit|deny object-group <name>
remark
ip address <address> <address> [secondary]
ip address dhcp|negotiated
ip igmp access-group <name>
ip igmp explicit-tracking
ip igmp helper-address <address>
ip igmp immediate-leave group-list <name>
ip igmp join-group|static-group <address> [source <address>]
ip igmp last-member-query-interval|limit|querier-timeout|query-interval|query-max-response-time|version <number>
ip igmp ssm-map enable
ip mroute [vrf <name>] <address> <address> [<interface>] [<address>] [<number>]
ip mtu <number>
ip multicast boundary <name> [filter-autorp|in|out]
ip multicast multipath
ip multicast multipath s-g-hash basic
ip multicast multipath s-g-hash next-hop-based
ip multicast route-limit|ttl-threshold <number>
ip multicast-routing [vrf <name>] [distributed]
ip pim [vrf <name>] accept-register list|route-map <name>
ip pim [vrf <name>] autorp listener
ip pim [vrf <name>] bidir-enable
ip pim [vrf <name>] bsr-candidate <interface> [<number>] [<number>]
ip pim [vrf <name>] register-rate-limit <number>
ip pim [vrf <name>] register-source <interface>
ip pim [vrf <name>] rp-address <address> [bidir|override] [<name>] [bidir|override]
ip pim [vrf <name>] rp-candidate <interface> [group-list <name>] [interval <number>] [priority <number>] [bidir]
ip pim [vrf <name>] send-rp-announce|send-rp-discovery <interface> [scope <number>] [group-list <name>] [bidir]
ip pim [vrf <name>] spt-threshold 0|infinity [group-list <name>]
ip pim [vrf <name>] ssm default
ip pim [vrf <name>] ssm range <name>
ip pim bsr-border|log-neighbor-changes|nbma-mode|passive|sparse-dense-mode|sparse-mode
ip pim dense-mode [proxy-register list|route-map <name>]
ip pim dr-priority|join-prune-interval <number>
ip pim neighbor-filter <name>
ip pim query-interval <number> [msec]
ip pim snooping|state-refresh
ip route <address> <address> [<interface>] [<address>] [<number>] [tag <number>] [name <name>] [track <number>]
ip route <address> <address> [<interface>] [<address>] [<number>] [tag <number>] [permanent] [name <name>]
ip route vrf <name> <address> <address> [<interface>] [<address>] [global] [<number>] [tag <number>] [name <name>]
ip tcp adjust-mss <number>
maximum <number>
neighbor <address> activate|as-override|next-hop-self|remove-private-as|shutdown|soft-reconfiguration|default-originate
neighbor <address> remote-as|local-as <number>
neighbor <address> timers <number> <number> [<number>]
network <address> [mask <address>] [route-map <name>]
router bgp <number>
tunnel destination <address>
tunnel destination dynamic
tunnel mode gre ip|ipv6|multipoint
tunnel mode ipsec ipv4|ipv6 [v4-overlay|v6-overlay]
tunnel mode ipip
tunnel protection ipsec profile <name> [shared]
tunnel source <interface>
tunnel source <address>
tunnel source dynamic
"""
"""What our templates print, and what verification reads."""

_WORDS: Final = """
a about access access-list activate active actually added address administrator after aborted all allowed already
ambiguous an and any applied apply applying archive are as at authentication authorization backing backup bad be
because been before being bgp bits bootflash but by cannot changed change changes characters checksum class command
commands commit completed compile config configlet configuration configurations configure configured confirm confirmed
conflict conflicting conflicts connect console contains converted copied copy could count current currently db decode
define definition deleted deleting denied destination detected device directory disabled disk does domain-name done
down due duplicate during enabled encrypted enough enter error errors exceeds exclusive exist exists expression failed
failure file files first for force found from full further gateway generating generic gre group groups has hostname
ignored illegal image in incomplete inconsistent incorrect input insufficient interface internal into invalid ip ipsec
ikev2 is it its keyring length level limit line lines list lock locked made mark marker mask match matching maximum
may memory minimum minutes missing mode more multicast must name neighbor network next no nvram nonexistent not number
occurred of off ok on one only open opening operation option or other out over overlaps parameter passes peer pending
permission permitted pim place please policy port prefix present prior privilege process processing profile proposal
protocol range reached read reason recursive redundant register registering rejected releasing reload remove removed
replace replaced requested required reverting revert rollback route router routing rp running running-config same save
saved saving seconds section sequence session set size some source space specified specify start started starting
startup startup-config state still stored string supported syntax system table temporarily terminal than that the
there this time timed timeout timer to too total tunnel type unable undefined unknown unrecognized unsupported up use
used user uses using valid value values vrf vty was when while will with within write writing wrong you building lost
left refused retry again later busy try took many few system's router's
"""
MESSAGE_WORDS: Final = frozenset(_WORDS.split())
"""Words of IOS's messages. Source: messages of IOS-XE's parser, Configuration Replace and Rollback, IFS."""

LOOKED_AT: Final = (
    "crypto ikev2 ",
    "crypto ipsec ",
    "hostname ",
    "interface ",
    "ip access-list standard ",
    "ip igmp ",
    "ip mroute ",
    "ip multicast ",
    "ip multicast-routing",
    "ip pim ",
    "ip route ",
    "router bgp ",
)
"""How the sections and lines begin that the lab has, or that decide whether its traffic flows."""
