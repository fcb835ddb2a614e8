"""What routers answer, as values. Pure: text in, frozen values out.

- ``multicast``: PIM, IGMP, multicast routes, reverse paths;
- ``vpn``: IKEv2, IPsec, BGP;
- ``routing``: the unicast route that an address takes;
- ``archive``: the archive, a pending change, what a save and a rollback say;
- ``system``: version, interfaces, throughput, ping;
- ``tables``: ages in seconds, and TextFSM: ``templates/`` name the lines that are needed and pass over all others;
  ntc-templates reads the version.

Every parser raises `UnreadableError` for a text that is not the command's answer, and names the line.
"""
