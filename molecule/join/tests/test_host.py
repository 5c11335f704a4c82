# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each member by itself: units, files, sockets, ports."""

from __future__ import annotations

import json
import ssl
import socket

import pytest
from outside import CQL_OPTIONS, CQL_PORT, INTERNODE_PORT, JMX_PORT, plain_answer
from testinfra.host import Host

WATCHER = "ringfleet-watcher"
NODE = "ringfleet-node"


@pytest.mark.parametrize("unit", [NODE, WATCHER, "ringfleet-away", "docker"])
def test_unit_runs_and_starts_at_boot(host: Host, unit: str) -> None:
    service = host.service(unit)
    assert service.is_running
    assert service.is_enabled


def test_nothing_failed(host: Host) -> None:
    assert host.check_output("systemctl list-units --failed --plain --no-legend") == ""


def test_the_watcher_is_watched(host: Host) -> None:
    shown = dict(line.split("=", 1) for line in host.check_output(f"systemctl show -p Type,WatchdogUSec,NRestarts,NoNewPrivileges {WATCHER}").splitlines())
    assert shown["Type"] == "notify"
    assert shown["WatchdogUSec"] not in ("0", "infinity")
    assert shown["NRestarts"] == "0"
    assert shown["NoNewPrivileges"] == "yes"


def test_the_ring_node_has_a_memory_limit(host: Host) -> None:
    assert int(host.check_output(f"systemctl show -p MemoryMax --value {NODE}")) < 4 << 30


@pytest.mark.parametrize("path", ["/etc/ringfleet/watcher.json", "/etc/ringfleet/secret.json", "/run/ringfleet/watcher.sock"])
def test_what_is_roots_alone(host: Host, path: str) -> None:
    found = host.file(path)
    assert (found.user, found.group, found.mode) == ("root", "root", 0o600)


def test_nobody_else_may_ask_the_watcher(host: Host) -> None:
    ask = "import socket; s = socket.socket(socket.AF_UNIX); s.connect('/run/ringfleet/watcher.sock')"
    done = host.run(f'setpriv --reuid=65534 --regid=65534 --clear-groups /usr/bin/python3 -c "{ask}"')
    assert done.rc != 0
    assert "PermissionError" in done.stderr


def test_the_configuration_is_valid_by_the_watchers_own_word(host: Host) -> None:
    done = host.run("/opt/ringfleet/venv/bin/python -m ringfleet.watcher.main --config /etc/ringfleet/watcher.json --check")
    assert done.rc == 0, done.stdout + done.stderr


def test_no_secret_in_a_process_list(host: Host) -> None:
    secret = json.loads(host.file("/etc/ringfleet/secret.json").content_string)
    listed = host.check_output("cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    assert secret["store_password"] not in listed
    assert secret["seal_key"] not in listed
    assert "planted-molecule-secret" not in listed


@pytest.mark.parametrize("port", [CQL_PORT, INTERNODE_PORT])
def test_a_port_of_the_ring_refuses_clear_text(host: Host, addresses: dict[str, str], port: int) -> None:
    assert plain_answer(addresses[host.backend.host], port, CQL_OPTIONS) in (b"", *_ALERTS)


# A TLS alert record (type 21) of any minor version: "this is no TLS".
_ALERTS = tuple(bytes([21, 3, minor, 0, 2, level, code]) for minor in range(5) for level in (1, 2) for code in range(128))


def test_the_clients_port_speaks_tls_by_the_fleets_authority(host: Host, addresses: dict[str, str]) -> None:
    context = ssl.create_default_context(cadata=host.file("/etc/ringfleet/tls/ca.pem").content_string)
    context.check_hostname = False
    with socket.create_connection((addresses[host.backend.host], CQL_PORT), timeout=5) as plain, context.wrap_socket(plain) as tls:
        tls.sendall(CQL_OPTIONS)
        assert tls.recv(9)[4:5] == b"\x06"  # SUPPORTED


def test_metrics_are_served_on_loopback_alone(host: Host, addresses: dict[str, str]) -> None:
    ask = "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:9044/metrics', timeout=5).read().decode())"
    assert "ringfleet_store_up 1.0" in host.check_output(f'/usr/bin/python3 -c "{ask}"').splitlines()
    with pytest.raises(OSError, match="refused"):
        plain_answer(addresses[host.backend.host], 9044, b"x")


def test_jmx_does_not_listen_outside(host: Host, addresses: dict[str, str]) -> None:
    with pytest.raises(OSError, match="refused"):
        plain_answer(addresses[host.backend.host], JMX_PORT, b"x")
