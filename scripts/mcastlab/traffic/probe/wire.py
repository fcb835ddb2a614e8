"""What is on the wire: our datagrams' header, RTP, and the time of sampling that a packet in RTP may have in it."""

from __future__ import annotations

import struct

MAGIC = 0x6D63_6C32
# Magic and run, flow, sequence number, time of sending in nanoseconds of the sender's clock.
HEADER = struct.Struct("!QIIQ")
# Version and contributing sources, marker and payload type, sequence number, timestamp, SSRC. Source: RFC 3550, 5.1.
RTP = struct.Struct("!BBHII")
RTP_VERSION, RTP_VERSION_MASK, RTP_MARKER, RTP_EXTENDED = 0x80, 0xC0, 0x80, 0x10
NTP_ERA_S = 2_208_988_800
# Elements with a header of an octet, in three words: the first has eight octets more, a time in NTP's form; then zeros.
# Sources: RFC 8285, section 4.2; RFC 6051, section 3.3.
IN_BAND = struct.Struct("!HHBQ3x")
IN_BAND_HEAD = 0xBEDE, 3, 0x17
UDP_HEADER = 8
LARGEST_DATAGRAM = 65535


def in_band(packet: bytes, sampled_ns: int) -> bytes:
    """Return a packet in RTP with the time at which it was sampled in it."""
    second, rest_ns = divmod(sampled_ns, 1_000_000_000)
    ntp = (second + NTP_ERA_S & 0xFFFFFFFF) << 32 | (rest_ns << 32) // 1_000_000_000
    head = bytes([packet[0] | RTP_EXTENDED]) + packet[1 : RTP.size]
    return head + IN_BAND.pack(*IN_BAND_HEAD, ntp) + packet[RTP.size :]


def sampled_ns(packet: memoryview) -> int:
    """Return at which time a packet in RTP was sampled, by its sender's clock; 0 if it does not say."""
    if not packet[0] & RTP_EXTENDED or len(packet) < RTP.size + IN_BAND.size:
        return 0
    *head, ntp = IN_BAND.unpack_from(packet, RTP.size)
    if tuple(head) != IN_BAND_HEAD:
        return 0
    return int(((ntp >> 32) - NTP_ERA_S) * 1_000_000_000 + ((ntp & 0xFFFFFFFF) * 1_000_000_000 >> 32))
