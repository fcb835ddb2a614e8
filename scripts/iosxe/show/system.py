"""``show version``, ``show clock``, the configurations, and ``ping``."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from iosxe.show.ages import uptime

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from ipaddress import IPv4Address

    from iosxe.platforms import RouterImage
    from iosxe.state import PingResult

NVRAM_BYTES: Final = 33554432
LOG_BYTES: Final = 102400
LOG_REST: Final = "0 flushes, 0 overruns, xml disabled, filtering disabled)"


def version(image: RouterImage, hostname: str, up_s: float, booted_at: datetime) -> str:
    """Return ``show version``. The serial number is made from the hostname, so that it stays the same."""
    serial = "9" + hashlib.sha256(hostname.encode()).hexdigest()[:10].upper()
    return (
        f"Cisco IOS XE Software, Version {image.release}\n"
        f"Cisco IOS Software [{image.train}], Virtual XE Software ({image.library}), Version {_classic(image)}, "
        "RELEASE SOFTWARE (fc1)\n"
        "Technical Support: http://www.cisco.com/techsupport\n"
        "\n\n"
        "ROM: IOS-XE ROMMON\n"
        "\n"
        f"{hostname} uptime is {uptime(up_s)}\n"
        f"Uptime for this control processor is {uptime(up_s)}\n"
        "System returned to ROM by reload\n"
        f"System restarted at {booted_at:%H:%M:%S} UTC {booted_at:%a %b} {booted_at.day} {booted_at:%Y}\n"
        f'System image file is "bootflash:packages.conf"\n'
        "Last reload reason: reload\n"
        "\n\n"
        "License Level: network-advantage\n"
        "License Type: Perpetual\n"
        "Next reload license Level: network-advantage\n"
        "\n"
        f"cisco {image.chassis} (VXE) processor (revision VXE) with 2028465K/3075K bytes of memory.\n"
        f"Processor board ID {serial}\n"
        "Router operating mode: Autonomous\n"
        "1 Gigabit Ethernet interface\n"
        "32768K bytes of non-volatile configuration memory.\n"
        "3965112K bytes of physical memory.\n"
        "11526144K bytes of virtual hard disk at bootflash:.\n"
        "\n"
        "Configuration register is 0x2102\n"
        "\n"
    )


def _classic(image: RouterImage) -> str:
    """Return the release without the zeros that IOS-XE pads it with: 17.9.4a."""
    return ".".join(part.lstrip("0") or "0" for part in image.release.split("."))


def clock(now: datetime) -> str:
    """Return ``show clock``; the star says that no server has set it."""
    return f"*{now:%H:%M:%S}.{now.microsecond // 1000:03} UTC {now:%a %b} {now.day} {now:%Y}\n"


def logging(lines: Sequence[str]) -> str:
    """Return ``show logging``."""
    count = len(lines)
    head = [
        f"Syslog logging: enabled (0 messages dropped, 0 messages rate-limited, {LOG_REST}",
        "",
        "No Active Message Discriminator.",
        "",
        "",
        "",
        "No Inactive Message Discriminator.",
        "",
        "",
        f"    Console logging: level debugging, {count} messages logged, xml disabled,",
        "                     filtering disabled",
        "    Monitor logging: level debugging, 0 messages logged, xml disabled,",
        "                     filtering disabled",
        f"    Buffer logging:  level debugging, {count} messages logged, xml disabled,",
        "                    filtering disabled",
        "    Exception Logging: size (4096 bytes)",
        "    Count and timestamp logging messages: disabled",
        "    Persistent logging: disabled",
        "",
        "No active filter modules.",
        "",
        f"    Trap logging: level informational, {count} message lines logged",
        "        Logging Source-Interface:       VRF Name:",
        "",
        f"Log Buffer ({LOG_BYTES} bytes):",
        "",
    ]
    return "".join(f"{line}\n" for line in (*head, *lines))


def _changed(changed: tuple[datetime, str] | None) -> str:
    if changed is None:
        return "!\n! No configuration change since last restart\n!\n"
    moment, user = changed
    by = f" by {user}" if user else ""
    return f"!\n! Last configuration change at {moment:%H:%M:%S} UTC {moment:%a %b} {moment.day} {moment:%Y}{by}\n!\n"


def running(text: str, changed: tuple[datetime, str] | None) -> str:
    """Return ``show running-config``."""
    body = _changed(changed) + text
    return f"Building configuration...\n\nCurrent configuration : {len(body)} bytes\n{body}\n"


def running_part(lines: list[str]) -> str:
    """Return ``show running-config interface``."""
    body = "!\n" + "\n".join([*lines, "end", ""])
    return f"Building configuration...\n\nCurrent configuration : {len(body)} bytes\n{body}\n"


def startup(text: str | None) -> str:
    """Return ``show startup-config``."""
    if text is None:
        return "startup-config is not present\n"
    return f"Using {len(text)} out of {NVRAM_BYTES} bytes\n!\n{text}\n"


def ping(
    destination: IPv4Address,
    source: IPv4Address | None,
    size: int,
    timeout_s: int,
    result: PingResult,
    *,
    whole: bool = False,
) -> str:
    """Return what ``ping`` prints; with `whole`, of packets that may not be fragmented."""
    lines = [
        "Type escape sequence to abort.",
        f"Sending {result.sent}, {size}-byte ICMP Echos to {destination}, timeout is {timeout_s} seconds:",
    ]
    if source is not None:
        lines.append(f"Packet sent with a source address of {source} ")
    if whole:
        lines.append("Packet sent with the DF bit set")
    marks = "!" * result.received + "." * (result.sent - result.received)
    lines += [marks[at : at + 70] for at in range(0, len(marks), 70)]
    rate = 100 * result.received // result.sent if result.sent else 0
    times = result.round_trip_ms
    spread = ""
    if times:
        low, mean, high = (round(each) for each in (min(times), sum(times) / len(times), max(times)))
        spread = f", round-trip min/avg/max = {low}/{mean}/{high} ms"
    lines.append(f"Success rate is {rate} percent ({result.received}/{result.sent}){spread}")
    return "\n".join(lines) + "\n"
