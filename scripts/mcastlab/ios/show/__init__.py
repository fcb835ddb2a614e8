"""What routers answer, as values. Pure: text in, frozen values out.

- ``multicast``: PIM, IGMP, multicast routes, reverse paths;
- ``vpn``: IKEv2, IPsec, BGP;
- ``routing``: the unicast route that an address takes;
- ``system``: version, interfaces, archive, pending change, throughput, ping;
- ``tables``: TextFSM, with ntc-templates where those read what IOS-XE 17 prints, and with ``templates/`` where they do
  not (multicast routes behind which ``flags:`` stands, groups by interface) or have nothing;
- ``times``: IOS's ages in seconds.

Every parser raises `UnreadableError` for a text that is not the command's answer, and names the line.
"""
