"""What is known to hold no secret of the lines that stand beside the lab's on a router in use; see `harmless`."""

from __future__ import annotations

from typing import Final

OF_OTHERS: Final = """
aaa authentication|authorization|accounting
aaa group server radius|tacacs+ <name>
aaa new-model
aaa server radius dynamic-author
aaa session-id common
access-class <name> in|out [vrf-also]
access-list <number> permit|deny <entry>*
access-list <number> remark
accept-lifetime
address ipv4 <address> [auth-port <number>] [acct-port <number>] [key]
address-family ipv4|ipv6|vpnv4 [unicast|multicast] [vrf <name>]
advertisement-interval <number>
aggregate-address <address> <address> [summary-only]
alias exec|configure|interface
area <number> authentication [message-digest]
area <number> nssa|stub [no-summary]
area <number> range <address> <address>
area <number> virtual-link <address> [message-digest-key <number> md5]
area <number> virtual-link <address> authentication-key
area-password
arp timeout <number>
auto-cost reference-bandwidth <number>
auto-summary
bandwidth [percent|remaining] [percent] <number>
banner exec|incoming|login|motd|prompt-timeout
bfd interval <number> min_rx <number> multiplier <number>
bgp bestpath|cluster-id|dampening|graceful-restart
bgp bestpath as-path multipath-relax
bgp default ipv4-unicast
boot system [<file>]
boot-end-marker
boot-start-marker
cdp enable|run
certificate
channel-group <number> mode active|passive|on
class <name>
class-map [match-all|match-any] <name>
clear-df
cli
client <address> [vrf <name>] server-key
clock summer-time <name> recurring
clock timezone <name> <number> [<number>]
clock-period <number>
control-plane
crypto gdoi group <name>
crypto ikev2 dpd <number> <number> periodic|on-demand
crypto ikev2 nat keepalive <number>
crypto ipsec fragmentation after-encryption|before-encryption
crypto ipsec security-association lifetime kilobytes|seconds <number>
crypto ipsec security-association replay window-size <number>
crypto isakmp invalid-spi-recovery
crypto isakmp keepalive <number> [<number>] [on-demand|periodic]
crypto isakmp key
crypto isakmp nat keepalive <number>
crypto isakmp policy <number>
crypto isakmp profile <name>
crypto key
crypto keyring <name>
crypto map <name> [<number>] [ipsec-isakmp|gdoi]
crypto pki certificate chain <name>
crypto pki trustpoint <name>
default-information originate [always]
default-metric <number>
default-router <address>*
delay <number>
delay down|up <number> [down|up] [<number>]
description
diagnostic bootup level minimal|complete
dialer
digest secret
distance [bgp|eigrp] <number>*
dns-server <address>*
domain-name <name>
domain-password
duplex auto|full|half
eigrp log-neighbor-changes
eigrp router-id <address>
eigrp stub <word>*
enable password|secret [level]
encapsulation dot1Q <number> [native]
encapsulation ppp|hdlc
end
enrollment pkcs12|selfsigned|terminal
enrollment url
event manager applet <name>
event manager environment
exec-timeout <number> [<number>]
exit
exit-address-family
fair-queue
frequency <number>
history size <number>
hold-queue <number> in|out
hostname <name>
icmp-echo <address> [source-interface <interface>] [source-ip <address>]
ip access-group <name> in|out
ip access-list resequence <name> <number> <number>
ip bgp-community new-format
ip bootp server
ip cef [distributed]
ip classless
ip default-gateway <address>
ip dhcp excluded-address <address> [<address>]
ip dhcp pool <name>
ip directed-broadcast
ip domain list <name>
ip domain lookup [source-interface <interface>]
ip domain name [vrf] <name>
ip domain-lookup
ip domain-name <name>
ip flow ingress|egress
ip flow monitor <name> input|output
ip forward-protocol nd
ip ftp source-interface <interface>
ip ftp password|username
ip helper-address <address>
ip host <name> <address>*
ip http authentication local
ip http client password|username
ip http secure-server|server
ip msdp default-peer <address>
ip msdp originator-id <interface>
ip msdp peer <address> [connect-source <interface>] [remote-as <number>]
ip msdp password peer <address>
ip msdp sa-filter in|out <address> [list <name>]
ip name-server [vrf <name>] <address>*
ip nat inside source list <name> interface <interface> [overload]
ip nat inside source static <address> <address>
ip nat inside|outside
ip nhrp authentication
ip nhrp holdtime|network-id <number>
ip nhrp map <address> <address>
ip nhrp map multicast dynamic|<address>
ip nhrp nhs <address>
ip nhrp redirect|shortcut
ip ospf <number> area <number>
ip ospf authentication [message-digest|null]
ip ospf authentication-key
ip ospf cost|dead-interval|hello-interval|priority|retransmit-interval <number>
ip ospf message-digest-key <number> md5
ip ospf mtu-ignore
ip ospf network broadcast|non-broadcast|point-to-multipoint|point-to-point
ip policy route-map <name>
ip prefix-list <name> [seq <number>] permit|deny <address> [ge <number>] [le <number>]
ip prefix-list <name> description
ip proxy-arp|redirects|unreachables
ip redirects
ip sla <number>
ip sla schedule <number> life forever start-time now
ip source-route
ip split-horizon
ip ssh authentication-retries|time-out|version <number>
ip ssh pubkey-chain
ip ssh rsa keypair-name <name>
ip ssh server algorithm encryption|mac|hostkey|kex
ip ssh source-interface <interface>
ip subnet-zero
ip tcp path-mtu-discovery
ip tcp synwait-time|window-size <number>
ip tftp source-interface <interface>
ip unnumbered <interface>
ip verify unicast source reachable-via any|rx
ip virtual-reassembly [in|out]
ip vrf [forwarding] <name>
ipv6 address <address6>
ipv6 enable|unicast-routing
isis password
keepalive [<number>] [<number>]
key
key chain <name>
key config-key
key-string
lease <number> [<number>]
length <number>
license boot level <word>
license smart
license udi
line aux|con|vty <number> [<number>]
load-interval <number>
local-address <address>
log config
log-adjacency-changes [detail]
logging [host] <address>
logging buffered <number> [<word>]
logging buffered alerts|critical|debugging|emergencies|errors|informational|notifications|warnings
logging console|monitor|trap alerts|critical|debugging|emergencies|errors|informational|notifications|warnings
logging console|monitor|trap
logging enable
logging facility local0|local1|local2|local3|local4|local5|local6|local7
logging on|synchronous
logging size <number>
logging source-interface <interface> [vrf <name>]
login [local]
login authentication <name>
login block-for <number> attempts <number> within <number>
login on-failure|on-success log
match access-group name <name>
match dscp|precedence <word>
match interface <interface>*
match ip address [prefix-list] <name>*
match ip dscp|precedence <word>
match ip precedence <number>
match protocol <word>
match tag <number>
maximum-paths [eibgp|ibgp] <number>
maximum-prefix <number>
media-type <word>
memory free low-watermark processor <number>
mop enabled|sysid
mtu <number>
multilink bundle-name authenticated
negotiation auto
neighbor <name> peer-group
neighbor <name> activate|next-hop-self|shutdown
neighbor <name> remote-as|local-as <number>
neighbor <address> advertisement-interval|weight|maximum-prefix <number>
neighbor <address> allowas-in [<number>]
neighbor <address> default-originate
neighbor <address> ebgp-multihop [<number>]
neighbor <address> fall-over [bfd]
neighbor <address> inherit peer-policy|peer-session <name>
neighbor <address> password
neighbor <name> password
neighbor <address> description
neighbor <address> peer-group <name>
neighbor <address> prefix-list|route-map|filter-list|distribute-list <name> in|out
neighbor <address> send-community [both|extended|standard]
neighbor <address> soft-reconfiguration inbound
neighbor <address> ttl-security hops <number>
neighbor <address> update-source <interface>
neighbor <address> version 4
network <address> [<address>] [area] [<number>]
notify syslog
ntp authenticate
ntp authentication-key <number> md5|hmac-sha1|hmac-sha2-256|cmac-aes-128
ntp logging
ntp server [vrf <name>] <address> [prefer] [source <interface>]
ntp source <interface>
ntp update-calendar
pac key
path [<file>]
passive-interface default
passive-interface <interface>
password
platform console auto|serial|virtual
platform hardware throughput level MB <number>
platform punt-keepalive disable-kernel-core
platform qfp utilization monitor load <number>
policy-map <name>
ppp authentication chap|pap|ms-chap|ms-chap-v2|eap
ppp chap|pap
priority [percent] <number>
privilege level <number>
radius server <name>
radius-server host <address> [auth-port <number>] [acct-port <number>] [key]
radius-server key
rd <community>
redistribute connected|static [metric <number>] [route-map <name>] [subnets]
redistribute bgp|eigrp|ospf <number> [metric <number>] [route-map <name>] [subnets]
redundancy
revocation-check crl|none|ocsp
route-map <name> [permit|deny] [<number>]
route-target both|export|import <community>
router eigrp <name>
router isis [<name>]
router ospf <number> [vrf <name>]
router rip
router-id <address>
rsakeypair <name>
send-lifetime
server name <name>
server-private <address> [auth-port <number>] [acct-port <number>] [key]
service compress-config|nagle|pad|password-encryption|sequence-numbers|tcp-keepalives-in|tcp-keepalives-out
service timestamps debug|log datetime [localtime] [msec] [show-timezone] [year]
service timestamps debug|log uptime
service-policy [input|output] <name>
session-timeout <number>
set as-path prepend <number>*
set community <community>*
set dscp <word>
set ip next-hop <address>*
set ip precedence <number>
set local-preference|metric|tag|weight <number>
set origin egp|igp|incomplete
set peer <address>
set session-key inbound|outbound ah|esp
shutdown
snmp-server community
snmp-server contact|location
snmp-server enable traps <word>*
snmp-server group <name> v1|v2c|v3 [auth|noauth|priv]
snmp-server host <address> [vrf <name>] [informs|traps] [version] [1|2c|3] [auth|noauth|priv]
snmp-server ifindex persist
snmp-server trap-source <interface>
snmp-server user
spanning-tree extend system-id
spanning-tree mode mst|pvst|rapid-pvst
speed <number>
speed auto
stopbits 1|2
subject-name
subscriber templating
switchport access|voice vlan <number>
switchport mode access|trunk
switchport trunk allowed vlan <range>
synchronization
tacacs server <name>
tacacs-server host <address> [key]
tacacs-server key
time-period <number>
timeout <number>
timers <number> <number>
timers bgp <number> <number> [<number>]
track <number> interface <interface> line-protocol
track <number> ip sla <number> reachability
transport input|output|preferred all|none|ssh|telnet [ssh|telnet]
tunnel bandwidth receive|transmit <number>
tunnel checksum|path-mtu-discovery|sequence-datagrams
tunnel key
tunnel tos|ttl <number>
tunnel vrf <name>
username <name> [privilege <number>] [one-time] [view] [password|secret]
version <name>
vrf definition|forwarding <name>
vrrp|standby|glbp <number> authentication [md5|text] [key-string|key-chain]
vrrp|standby|glbp authentication [md5|text] [key-string|key-chain]
vrrp|standby|glbp <number> ip <address> [secondary]
vrrp|standby|glbp <number> preempt
vrrp|standby|glbp <number> preempt delay minimum|reload <number>
vrrp|standby|glbp <number> priority <number>
vrrp|standby|glbp <number> timers [msec] <number> [msec] <number>
vrrp|standby|glbp <number> track <name> [decrement] [<number>]
standby version 1|2
vrrp version v2|v3
width <number>
write-memory
hidekeys
zone-member security <name>
"""
"""What stands beside it on a router in use: so far as it goes, so that a person sees of what kind a line is."""
