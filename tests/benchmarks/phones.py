"""A thousand phones in one process: every 20 ms a packet of each in RTP, many of them in one call of the kernel.

    python phones.py BEGIN_NS COUNT FIRST_SSRC ADDRESS:PORT...

It is cheap, so that a benchmark on two processors measures the receiver. Source of the structures: sendmmsg(2).
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import sys
import time

PACKET_NS = 20_000_000
PARTS = 20
SAMPLES = 160
ODD = 0x9E3779B1
HEADER = struct.Struct("!BBHII")


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Message(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.POINTER(_Vector)),
        ("vectors_length", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
        ("gap", ctypes.c_uint32),
        ("sent", ctypes.c_uint32),
    )


def main(words: list[str]) -> None:
    """Send all packets, and print how many were sent, and how many milliseconds late at most."""
    begin_ns, count, first_ssrc = (int(word) for word in words[:3])
    places = [word.partition(":")[::2] for word in words[3:]]
    number, size = len(places), HEADER.size + SAMPLES
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 4)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 << 20)
    packets = ctypes.create_string_buffer(b"\x55" * size * number)
    names = [
        ctypes.create_string_buffer(
            struct.pack("=H", socket.AF_INET) + struct.pack("!H", int(port)) + socket.inet_aton(to) + bytes(8), 16
        )
        for to, port in places
    ]
    vectors = (_Vector * number)(*(_Vector(ctypes.addressof(packets) + each * size, size) for each in range(number)))
    messages = (_Message * number)()
    for each in range(number):
        messages[each].name, messages[each].name_length = ctypes.addressof(names[each]), 16
        messages[each].vectors, messages[each].vectors_length = ctypes.pointer(vectors[each]), 1
    ssrcs = [(first_ssrc + each * ODD) % 2**32 for each in range(number)]
    library, sent, late_ns = ctypes.CDLL(None, use_errno=True), 0, 0
    for sequence in range(count):
        for place, ssrc in enumerate(ssrcs):
            stamp = ((ssrc ^ 0xFFFFFFFF) + sequence * SAMPLES) & 0xFFFFFFFF
            marked = 0 if sequence else 0x80
            HEADER.pack_into(packets, place * size, 0x80, marked, ((ssrc >> 16) + sequence) & 0xFFFF, stamp, ssrc)
        done = 0
        for part in range(1, PARTS + 1):
            # Not all at one moment: a kernel's queue between namespaces has a thousand places.
            due_ns = begin_ns + sequence * PACKET_NS + (part - 1) * PACKET_NS // PARTS
            ahead_ns = due_ns - time.time_ns()
            late_ns = max(late_ns, -ahead_ns)
            time.sleep(max(0, ahead_ns) / 1e9)
            until = number * part // PARTS
            while done < until:
                first = ctypes.byref(messages, done * ctypes.sizeof(_Message))
                more = library.sendmmsg(sock.fileno(), first, until - done, 0)
                if more < 0:
                    sys.exit(os.strerror(ctypes.get_errno()))
                done += more
        sent += done
    print(sent, late_ns // 1_000_000)


if __name__ == "__main__":
    main(sys.argv[1:])
