# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A slower link, for kernels without netem: what goes to one address goes through a TUN device and leaves some time later.

Run on a lab host as root: ``python3 slow_link.py ADDRESS MILLISECONDS``; the link is as before as soon as it ends.
"""

from __future__ import annotations

import fcntl
import heapq
import os
import select
import socket
import struct
import subprocess
import sys
import time

TUN = "/dev/net/tun"
NAME = b"rflab-slow"
TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x0001 | 0x1000
UPLINK = b"eth0"


def device() -> int:
    """A new TUN device; it goes away with its file."""
    if not os.path.exists(TUN):
        os.makedirs(os.path.dirname(TUN), exist_ok=True)
        os.mknod(TUN, 0o600 | 0o020000, os.makedev(10, 200))
    tun = os.open(TUN, os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", NAME, IFF_TUN_NO_PI))
    return tun


def main(address: str, delay_s: float) -> None:
    """Delay until killed."""
    tun = device()
    own = subprocess.run(["ip", "-4", "-o", "route", "get", address], capture_output=True, text=True, check=True).stdout.split(" src ")[1].split()[0]
    subprocess.run(["ip", "link", "set", NAME.decode(), "up"], check=True)
    subprocess.run(["ip", "route", "add", f"{address}/32", "dev", NAME.decode(), "src", own], check=True)
    # Bound to the uplink, its packets do not take the route that was just made.
    out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    out.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, UPLINK)
    waiting: list[tuple[float, int, bytes]] = []
    count = 0
    while True:
        left = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        if select.select([tun], [], [], left)[0]:
            count += 1
            heapq.heappush(waiting, (time.monotonic() + delay_s, count, os.read(tun, 65536)))
        while waiting and waiting[0][0] <= time.monotonic():
            out.sendto(heapq.heappop(waiting)[2], (address, 0))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]) / 1000.0)
