"""Keywords that IOS-XE 17 has and this router has not, by mode and by the words before them.

A word that is short for one of them and for one of ours is ambiguous, as it is on IOS; written out it is invalid here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

GHOSTS: Final[Mapping[str, Mapping[str, str]]] = {
    "config": {
        "": """
            access-session alarm alias appfw arp authentication banner bfd bridge bridge-domain call cdp chat-script
            class-map clock cns config-register control-plane-host cts define device-tracking dialer-list dot1x eem
            epm event exception fabric file flow format gatekeeper global-address-family-cfg help iox ipv6 isdn key
            keymap kerberos kron l2 l2tp lacp ldap lldp location logging mac macro map-class map-list memory monitor
            mpls netconf netconf-yang ntp object-group parameter-map parser password performance policy-map ppp
            priority-list privilege process process-max-time prompt queue-list radius regexp resource restconf rmon
            route-map route-tag sampler scheduler security setup smart snmp-server standby subscriber table-map
            tacacs template tftp-server time-range track transceiver tunnel udld virtual-service vrf vstack vtp wsma
            xconnect zone zone-pair
        """,
        "ip": """
            access-group accounting-list as-path bgp-community bootp cef community-list default-gateway
            default-network dhcp dhcp-client dns explicit-path extcommunity-list finger flow ftp gratuitous-arps
            host host-list icmp identd igmp inspect local nat name-server nbar nhrp policy prefix-list radius rcmd
            routing rsvp sap scp-client sla source-route tacacs tcp telnet tftp urlfilter vrf wccp
        """,
        "ip pim": """
            accept-register accept-rp autorp bidir-enable bsr-candidate cache dm-fallback log-neighbor-changes
            register-rate-limit rp-announce-filter rp-candidate send-rp-announce send-rp-discovery snooping sparse
            state-refresh v1-rp-reachability vrf
        """,
        "crypto": """
            ca dynamic-map engine gdoi gkm identity isakmp keyring map mib pki provisioning ssl tls-tunnel vpn wui
            xauth
        """,
        "router": """
            eigrp isis iso-igrp lisp mobile odr ospf ospfv3 rip
        """,
    },
    "config-if": {
        "": """
            access-expression arp authentication autodetect backup bfd bridge-group carrier-delay cdp channel-group
            clns cts crypto custom-queue-list dampening delay dot1q duplex encapsulation ethernet fair-queue
            flowcontrol help history hold-queue ipv6 isis l2protocol lacp lldp load-interval logging loopback mac
            mac-address macro map-group media-type mpls mtu nat netbios nhrp ntp ospfv3 performance plim policy-map
            ppp pppoe rate-limit service service-policy snmp source speed standby stackwise tag-switching timeout
            track traffic-shape tx-ring-limit udld vlan-id vrf vrrp xconnect zone-member
        """,
        "ip": """
            access-group accounting authentication bandwidth-percent bgp broadcast-address cef cgmp dampening dhcp
            directed-broadcast dvmrp flow hello-interval helper-address hold-time inspect load-sharing local
            mask-reply multicast nat nbar nhrp ospf policy probe proxy-arp rarp-server rip route-cache rsvp rtp sap
            security split-horizon summary-address unnumbered unreachables urlfilter verify vrf wccp
        """,
    },
    "exec": {
        "": """
            access-enable access-profile access-template archive bfe calendar cd clear clock cns connect crypto
            debug delete dir emm erase ethernet format fsck help ip isdn l2trace license lock login lsdb-mgr mkdir
            monitor more mpls mrinfo mrm mstat mtrace name-connection ncia no pad partition platform ppp pwd
            redundancy release reload rename renew request resume rlogin rmdir rsh sdlc send set setup slip software
            spec-file ssh start-chat systat tarp tclquit tclsh telnet test traceroute tunnel udld undebug undelete
            upgrade verify voice vtp where which-route xconnect
        """,
        "show": """
            aaa access-expression access-lists access-session adjacency aliases archive arp authentication auto
            banner bfd bgp boot bootvar bridge buffers call cdp cef class-map cns configuration context
            control-plane controllers cts debugging dhcp diagnostic dialer dns eigrp environment errdisable ethernet
            event exception facility-alarm fips file flow fm frame-relay hardware history hosts hsrp idmgr identity
            inventory ipc ipv6 isis iox key keymap l2tp lacp ldap license line lisp lldp location login mac macro
            memory microcode mld mls module monitor mpls mrib nat netconf network-clocks nhrp ntp object-group
            ospfv3 parameter-map parser performance platform policy-map port-security power ppp privilege processes
            protocols queue queueing radius redundancy region reload resource rib rmon romvar route-map rpc sampler
            sessions snmp software spanning-tree ssh ssl stacks standby storm-control subscriber subsys tacacs tcp
            tech-support template terminal tftp time-range track tunnel udp users vlan vpdn vrf vrrp vtp xconnect
            zone zone-pair
        """,
        "show ip": """
            access-lists accounting admission aliases arp as-path-access-list audit auth-proxy bootp cache casa cef
            community-list ddns device dhcp dns dvmrp eigrp explicit-paths extcommunity-list flow host-list http
            icmp inspect ips irdp local masks mcache mds mfib mobile mrib msdp multicast nat nbar nhrp ospf packet
            policy port-map prefix-list protocols redirects rip rsvp rtp sap sla slb snat sockets source-track ssh
            static tcp traffic trigger-authentication trm urlfilter verify virtual-reassembly vrf wccp
        """,
    },
}
