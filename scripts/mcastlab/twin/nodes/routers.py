"""Virtual routers in the fabric: the AWS router as its image boots, and a far site's as its owner set it up."""

from __future__ import annotations

import logging
import textwrap
from typing import TYPE_CHECKING, Final

from mcastlab.twin.fabric.site import provider_address
from mcastlab.twin.nodes.context import FAR_USER

if TYPE_CHECKING:

    from mcastlab.lab.model import RouterPort, Site

_KEY_LINE: Final = 72

_log = logging.getLogger(__name__)


def owner_configuration(site: Site, public_key: str) -> str:
    """Return a far router's start-up configuration before the lab touches it: ports, default route, SSH, a login.

    Sources: Cisco IOS-XE, "Secure Shell Configuration Guide" (RSA key in ``ip ssh pubkey-chain``), "Configuration
    Replace and Configuration Rollback" (archive).
    """
    wan, lan = site.router.wan, site.router.lan
    key = textwrap.wrap(public_key.split()[1], _KEY_LINE)
    lines = [
        f"hostname {site.router.ssh}",
        "ip domain name lab.example",
        f"username {FAR_USER} privilege 15",
        "ip ssh version 2",
        "ip ssh pubkey-chain",
        f" username {FAR_USER}",
        "  key-string",
        *(f"   {part}" for part in key),
        "  exit",
        "archive",
        " path bootflash:archive",
        " maximum 10",
        *_port_lines(wan, "WAN"),
        *_port_lines(lan, "LAN"),
        f"ip route 0.0.0.0 0.0.0.0 {provider_address(wan)}",
        "line vty 0 4",
        " login local",
        " transport input ssh",
        "end",
    ]
    return "\n".join(lines) + "\n"


def _port_lines(port: RouterPort, what: str) -> tuple[str, ...]:
    return (
        f"interface {port.interface}",
        f" description {what}",
        f" ip address {port.address.ip} {port.address.netmask}",
        " no shutdown",
    )
