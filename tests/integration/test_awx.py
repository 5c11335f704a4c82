# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host is drained and taken back by the wrappers of examples/awx, as AWX runs them: by ansible-runner, with what its survey hands over."""
from __future__ import annotations

import json
import pathlib
import re

from awx import job, survey
from lab import inventory

PROJECT = pathlib.Path(__file__).resolve().parents[2] / 'examples' / 'awx'


def wrapper(folder, name, extra, *options):
    """A job of the template of this name."""
    folder.mkdir()
    return job.run(folder, PROJECT / ('%s.yml' % name), inventory.FILE, extra, *options)


def state(fleet, host):
    """A host's state in the fleet's eyes."""
    return next(each['state'] for each in fleet[1].call('host.info')['hosts'] if each['host'] == host.name)


def test_a_host_is_drained_by_its_survey_and_taken_back(fleet, name, tmp_path):
    names, leaving = ['%s-a' % name, '%s-b' % name], fleet[3]
    asked = json.loads((PROJECT / 'surveys' / 'drain.json').read_text(encoding='utf-8'))
    extra = survey.launch(asked, {'ringfleet_target': leaving.name, 'ringfleet_drain_deadline': 600, 'ringfleet_partial': 'true'})
    try:
        for each in names:
            leaving.run(each)
        fleet.adopted(*names)
        planned = wrapper(tmp_path / 'planned', 'drain', extra, '--check', '--diff')
        assert planned.rc == 0, planned.told
        assert (state(fleet, leaving), {fleet.row(each)['holder'] for each in names}) == ('normal', {leaving.name})
        done = wrapper(tmp_path / 'done', 'drain', extra)
        assert done.rc == 0, done.told
        assert state(fleet, leaving) == 'drained'
        lines = [line for line in done.told.splitlines() if re.fullmatch(r'%s: .*; \d+ of \d+ left' % re.escape(leaving.name), line)]
        assert [len(done.having(line)) for line in lines] == [1] * len(lines), done.told
        for each in names:
            # The source is through with a move a moment before its target is.
            fleet.until(lambda each=each: not fleet.row(each)['move'], 'the end of the move of %s' % each)
            fleet.assert_runs_once(each)
            assert any('%s -> %s: ' % (each, fleet.row(each)['holder']) in line for line in lines), done.told
        back = wrapper(tmp_path / 'back', 'join', {}, '--limit', leaving.name)
        assert back.rc == 0, back.told
        assert state(fleet, leaving) == 'normal'
    finally:
        fleet.remove(*names)
        leaving.call('host.join', by='the integration tests')
        fleet.until(lambda: state(fleet, leaving) == 'normal', '%s to be a member again' % leaving.name)
