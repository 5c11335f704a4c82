# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet is brought to a newer version, host by host, around a running container. There is no way back from newer tables: it is taken apart
behind this."""
from __future__ import annotations

from chaos.ring import Ring

from life import newer


def versions(fleet):
    """{host: the version that its beat tells}."""
    return {each['host']: each['beat']['version'] for each in fleet[3].call('host.info')['hosts']}


def test_a_newer_version_comes_host_by_host_and_containers_run_on(fleet, name, tmp_path):
    collections, tables = newer.make(tmp_path / 'newer')
    fleet[1].run(name)
    fleet.adopted(name)
    before, older = fleet[1].inspect(name), versions(fleet)
    first = fleet[1].name
    code, output = fleet.playbook('upgrade', '-e', 'ringfleet_target=%s' % first, collections=collections)
    assert code == 0, output
    fleet.until(lambda: versions(fleet) == dict(older, **{first: newer.VERSION}), 'the first one to tell its version')
    after = fleet[1].inspect(name)
    assert (after['Id'], after['State']['StartedAt']) == (before['Id'], before['State']['StartedAt'])

    # Neighbours of both versions move a container, from the newer to the older and back.
    for source, target in ((fleet[1], fleet[2]), (fleet[2], fleet[1])):
        result = source.module('migrate', name=name, host=target.name)
        assert not result['failed'], result
        fleet.until(lambda target=target: fleet.row(name)['holder'] == target.name and not fleet.row(name)['move'], 'it to be there')
        fleet.assert_runs_once(name)

    code, output = fleet.playbook('upgrade', collections=collections)
    assert code == 0, output
    fleet.until(lambda: set(versions(fleet).values()) == {newer.VERSION}, 'all to tell their version')
    fleet.assert_runs_once(name)
    ring = Ring([host.name for host in fleet.hosts], tmp_path)
    try:
        assert ring.rows('fleet', 'key')['schema']['value'] == str(tables)
        # The contract tests have beats there too.
        beats = ring.rows('beats', 'host')
        assert {beats[host.name][newer.COLUMN] for host in fleet.hosts} == {'hello'}
    finally:
        ring.close()
    code, output = fleet.playbook('upgrade', '-e', 'ringfleet_target=%s' % first, collections=collections)
    assert (code, set(fleet.changes(output).values())) == (0, {0}), output
    # The older collection is told that it is, before it changes anything.
    code, output = fleet.playbook('upgrade')
    assert (code != 0, 'older than what runs on' in ' '.join(output.split())) == (True, True), output
