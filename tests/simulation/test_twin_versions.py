# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host of a newer version among older ones, on the twin: what it writes more is left out by them, and left alone."""
from __future__ import annotations

import json
from dataclasses import asdict, fields

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.model import Beat, ContainerRow, HostRow, LoadReport
from ansible_collections.ringfleet.core.plugins.module_utils.store.cells import to_cell, to_row
from ansible_collections.ringfleet.core.plugins.module_utils.store.memory import MemoryStore
from simulation.faults import guarded_store
from simulation.losses import assert_no_open_moves, die, fleet_of, recover, runs

MORE = {'colour': 'blue'}


class ColumnStore(MemoryStore):
    """A twin's store with columns and JSON cells as the ring has them; a ``newer`` host writes more in each row, report and letter."""

    def __init__(self, tables, cells, newer):
        super().__init__(tables)
        self._cells = cells
        self._more = MORE if newer else {}

    def read(self, kind, key):
        with self.tables.lock:
            found = self._cells.get((kind, key))
            return to_row(kind, found) if found else None

    def scan(self, kind):
        with self.tables.lock:
            return [to_row(kind, found) for (of, _key), found in self._cells.items() if of is kind]

    def _cas(self, row, expected):
        with self.tables.lock:
            at = type(row), self.key_of(row)
            before = self._cells.get(at, {})
            if before.get('nonce') != expected:
                return False
            # An UPDATE names its columns and leaves the others alone.
            self._cells[at] = dict(before, **{each.name: to_cell(getattr(row, each.name)) for each in fields(row)}, **self._more)
            return super()._cas(row, self.tables.rows[at[0]][at[1]].nonce if at[1] in self.tables.rows[at[0]] else None)

    def put_beat(self, beat):
        data = asdict(beat)
        self._cells[('beat', beat.host)] = json.dumps(dict(data, load=dict(data['load'], **self._more), **self._more))
        super().put_beat(beat)

    def beats(self):
        return [Beat.from_dict(json.loads(self._cells[('beat', each.host)])) for each in super().beats()]

    def put_loads(self, host, reports, gone=()):
        for report in reports:
            self._cells[('load', (host, report.name))] = json.dumps(dict(report.to_dict(), **self._more))
        super().put_loads(host, reports, gone)

    def loads(self, host):
        return [LoadReport.from_dict(json.loads(self._cells[('load', (host, each.name))])) for each in super().loads(host)]

    def put_move(self, ident, **columns):
        for name in {'asked', 'request'} & set(columns):
            letter = json.loads(columns[name])
            columns[name] = json.dumps(dict(letter, params=dict(letter['params'], **self._more)))
        super().put_move(ident, **columns)


@pytest.fixture
def fleet():
    """h1 is newer than h2, h3 and h4; the rings' cells are in ``fleet.cells``."""
    made = fleet_of(4)
    made.tables.beats.clear()
    made.tables.loads.clear()
    made.cells = {(kind, key): {each.name: to_cell(getattr(row, each.name)) for each in fields(row)}
                  for kind, rows in made.tables.rows.items() for key, row in rows.items()}
    for host in made.hosts.values():
        host.make_store = lambda host=host: guarded_store(ColumnStore(made.tables, made.cells, host.name == 'h1'), host.fuse)
        host.boot()
    made.run(20)
    return made


def move(fleet, target, at):
    ident = fleet[at].call('move.ask', name='web', target=target)['id']
    fleet.run_until(lambda: fleet[at].call('move.info', id=ident)['moves'][0]['outcome'] in ('done', 'aborted', 'unhealthy'))
    assert runs(fleet, 'web', target)


def test_containers_move_between_both_and_what_only_one_knows_stays(fleet):
    move(fleet, 'h2', at='h1')
    assert fleet.cells[(ContainerRow, 'web')]['colour'] == 'blue'
    move(fleet, 'h3', at='h2')
    # Only older hosts had a part in this one.
    assert fleet.cells[(ContainerRow, 'web')]['colour'] == 'blue'
    move(fleet, 'h1', at='h4')
    move(fleet, 'h2', at='h3')
    fleet['h1'].call('host.away')
    fleet['h1'].call('host.back')
    fleet.run(20)
    assert_no_open_moves(fleet)
    assert fleet.cells[(HostRow, 'h1')]['colour'] == 'blue' and 'colour' not in fleet.cells[(HostRow, 'h2')]
    assert all(each['signs'] == 'alive' and each['load'] for at in fleet.hosts for each in fleet[at].call('host.info')['hosts'])
    assert not any(host.watcher.loop.troubles for host in fleet.hosts.values())


@pytest.mark.parametrize('lost', ['h1', 'h2'])
def test_either_is_failed_over_by_the_others_and_comes_back(fleet, lost):
    if lost == 'h2':
        move(fleet, 'h2', at='h3')
    die(fleet, lost)
    fleet.run_until(lambda: fleet.row('web').holder != lost and runs(fleet, 'web'))
    recover(fleet, lost)
    fleet.run(60)
    assert fleet.tables.rows[HostRow][lost].state == 'normal'
    assert_no_open_moves(fleet)


def test_a_host_that_is_upgraded_while_it_runs_something_leaves_it_alone(fleet):
    before = fleet.copies('web')
    instance, epoch = fleet.row('web').instance, fleet.row('web').epoch
    fleet['h1'].make_store = lambda: guarded_store(ColumnStore(fleet.tables, fleet.cells, False), fleet['h1'].fuse)
    fleet['h1'].boot()
    fleet.run(30)
    assert (fleet.copies('web'), fleet.row('web').instance, fleet.row('web').epoch) == (before, instance, epoch)
