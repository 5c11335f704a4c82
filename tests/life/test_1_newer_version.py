# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet is brought to a newer version, host by host, around a running container. There is no way back from newer tables: it is taken apart
behind this."""
from __future__ import annotations

from chaos.ring import Ring

from life import newer


def versions(three):
    """{host: the version that its beat tells}."""
    return {each['host']: each['beat']['version'] for each in three[3].call('host.info')['hosts']}


def test_a_newer_version_comes_host_by_host_and_containers_run_on(three, name, tmp_path):
    collections, tables = newer.make(tmp_path / 'newer')
    three[1].run(name)
    three.adopted(name)
    before, older = three[1].inspect(name), versions(three)
    first = three[1].name
    code, output = three.playbook('upgrade', '-e', 'ringfleet_target=%s' % first, collections=collections)
    assert code == 0, output
    three.until(lambda: versions(three) == dict(older, **{first: newer.VERSION}), 'the first one to tell its version')
    after = three[1].inspect(name)
    assert (after['Id'], after['State']['StartedAt']) == (before['Id'], before['State']['StartedAt'])

    # Neighbours of both versions move a container, from the newer to the older and back.
    for source, target in ((three[1], three[2]), (three[2], three[1])):
        result = source.module('migrate', name=name, host=target.name)
        assert not result['failed'], result
        three.until(lambda target=target: three.row(name)['holder'] == target.name and not three.row(name)['move'], 'it to be there')
        three.assert_runs_once(name)

    code, output = three.playbook('upgrade', collections=collections)
    assert code == 0, output
    three.until(lambda: set(versions(three).values()) == {newer.VERSION}, 'all to tell their version')
    three.assert_runs_once(name)
    ring = Ring([host.name for host in three.hosts], tmp_path)
    try:
        assert ring.rows('fleet', 'key')['schema']['value'] == str(tables)
        assert {row[newer.COLUMN] for row in ring.rows('beats', 'host').values()} == {'hello'}
    finally:
        ring.close()
    code, output = three.playbook('upgrade', collections=collections)
    assert (code, set(three.changes(output).values())) == (0, {0}), output
    # The older collection is told that it is, before it changes anything.
    code, output = three.playbook('upgrade')
    assert (code != 0, 'older than what runs on' in ' '.join(output.split())) == (True, True), output
