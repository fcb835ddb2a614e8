"""The document that a user starts from: every field that most labs need, and what the others are."""

from __future__ import annotations

from typing import Final

STARTING_DOCUMENT: Final = """\
# A lab document of mcastlab. See what it makes: ./scripts/lab check --lab THIS_FILE
# An editor completes it with the schema that `./scripts/lab schema > lab.schema.json` writes:
# yaml-language-server: $schema=lab.schema.json

name: my-lab                  # stacks begin with it; labs of different names live side by side
region: us-east-1

vpc:
  cidr: 10.10.0.0/16
  subnets:                    # without them: one /24 called members in zone a
  - {name: members, cidr: 10.10.1.0/24, zone: a}

router:                       # the IOS-XE router in the VPC: GRE end and rendezvous point
  platform: c8000v            # or csr1000v, with image: ami-...
  instance_type: c5n.large    # Nitro, or it cannot send multicast
  # public_key: ssh-rsa ...   # who logs in; without it AWS makes a pair and keeps its private half
  # loopback: 10.255.0.10     # outside the VPC
  # template: aws-router.j2   # lines of your own for it; router_templates/README.md says how

hosts:                        # EC2 hosts that run virtual devices: doppel-1, doppel-2
- {name: doppel, count: 2, instance_type: m5n.large}

sites:                        # the labs far away, one or many
- name: berlin
  router:                     # an IOS-XE router that is there already
    ssh: berlin-router        # its name in your SSH client configuration
    asn: 65001                # its BGP number; the gateway's is 64512
    wan: 203.0.113.2/30       # towards AWS, on GigabitEthernet1; or {interface: ..., address: ...}
    lan: 192.168.50.1/24      # on GigabitEthernet2
    # public_address: 198.51.100.7   # what AWS sees, if a NAT stands between
    # host_key: SHA256:...      # its SSH key's fingerprint; else you are asked at first use
    # template: berlin.j2       # lines of your own for it
  devices:                    # Linux devices in that LAN that send and receive for the proof
  - {name: phone-1, address: 192.168.50.20}
  # gre, gre_tunnel, tunnels and router.loopback are generated from the site's name

groups:
- name: paging
  address: 239.1.1.1          # or a range: 239.1.1.1-239.1.1.40
  port: 5004
  senders: all                # or a list of hosts entries and sites; VPC senders stand in the router's subnet
  receivers: all
  bridge: join                # or static, for load: the gateway's API registers the router

# vpn: {encryption: AES256, integrity: SHA2-256, dh_group: 14}
# tags: {owner: somebody}
# hours_to_live: 12
# budget_usd_per_hour: 1.5
"""
