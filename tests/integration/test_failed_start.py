# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker tries once to start what is to run behind a boot; where it could not, the host tries again."""
from __future__ import annotations

import pytest

PORT = '8098'
TAKER = 'rflab-taker'


@pytest.fixture
def restarted(fleet, name):
    """Docker of the last host came up while something else had the port of a container there, which lies since."""
    host = fleet[3]
    host.run(name, '--restart', 'always', '-p', '%s:80' % PORT)
    fleet.adopted(name)
    host.sh('systemctl', 'stop', 'docker.socket', 'docker.service')
    try:
        host.sh('systemd-run', '--quiet', '--unit', TAKER, 'python3', '-m', 'http.server', PORT)
        fleet.until(lambda: host.sh('ss', '-Hltn', 'sport = :%s' % PORT), 'the port to be taken')
    finally:
        host.sh('systemctl', 'start', 'docker.service')
    yield host
    host.sh('systemctl', 'stop', TAKER, check=False)


def test_it_is_started_once_that_is_possible(fleet, name, restarted):
    before = fleet.row(name)
    fleet.until(lambda: '%s does not start: ' % name in restarted.call('watcher.status')['sentence'], 'a try in vain')
    assert restarted.inspect(name)['State']['Status'] == 'exited'
    restarted.sh('systemctl', 'stop', TAKER)
    fleet.until(lambda: restarted.inspect(name)['State']['Status'] == 'running', 'its start')
    after = fleet.row(name)
    assert (after['holder'], after['epoch'], after['instance'], after['intent']) == (restarted.name, before['epoch'], before['instance'], 'running')
    fleet.assert_runs_once(name)
