# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks that look after members: a reboot in order, what a loss would do, and the weekly repair."""
from __future__ import annotations

# The lab's hosts are containers: a reboot ends them, and somebody has to start them again.
RESTART = """
- name: Restart the lab's host in order
  ansible.builtin.command:
    argv: [docker, restart, -t, "60", "{{ inventory_hostname }}"]
  delegate_to: localhost
  changed_when: true

- name: Wait until it can be reached
  ansible.builtin.wait_for_connection:
    timeout: 120
"""


def host(fleet, name):
    return next(each for each in fleet[1].call('host.info')['hosts'] if each['host'] == name)


def test_a_reboot_in_order_moves_nothing(fleet, name, tmp_path):
    fleet[3].run(name, '--restart', 'always')
    fleet.adopted(name)
    before, started = fleet.row(name), fleet[3].inspect(name)['State']['StartedAt']
    (tmp_path / 'restart.yml').write_text(RESTART, encoding='utf-8')
    words = ('-e', 'ringfleet_target=%s' % fleet[3].name, '-e', 'ring_care_restart=%s' % (tmp_path / 'restart.yml'))
    code, output = fleet.playbook('reboot', *words, '--check')
    assert (code, '%s would be rebooted' % fleet[3].name in output) == (0, True), output
    assert fleet[3].inspect(name)['State']['StartedAt'] == started
    code, output = fleet.playbook('reboot', *words)
    assert code == 0, output
    fleet.until(lambda: fleet[3].inspect(name)['State']['StartedAt'] != started, 'the container to be started again')
    after = fleet.row(name)
    assert (after['holder'], after['epoch'], after['instance']) == (fleet[3].name, before['epoch'], before['instance'])
    fleet.assert_runs_once(name)
    assert (host(fleet, fleet[3].name)['state'], host(fleet, fleet[3].name)['away_until']) == ('normal', 0)


def test_the_plan_of_a_loss_fails_where_something_would_wait_and_changes_nothing(fleet, name):
    fleet[3].run(name, '-v', '/srv:/srv')
    fleet.adopted(name)
    fleet.until(lambda: fleet.row(name)['immovable'], 'why it cannot move')
    words = ('-e', 'ringfleet_target=%s' % fleet[3].name)
    code, output = fleet.playbook('failover_plan', *words)
    told = ' '.join(output.split())
    assert (code != 0, '%s: %s waits: ' % (fleet[3].name, name) in told) == (True, True), output
    code, output = fleet.playbook('failover_plan', *words, '-e', 'ringfleet_accept=%s' % name)
    assert (code, set(fleet.changes(output).values())) == (0, {0}), output
    assert fleet.row(name)['holder'] == fleet[3].name


def test_each_host_repairs_its_ranges_and_every_member_knows_when(fleet):
    assert 'ringfleet-repair.timer' in fleet[3].sh('systemctl', 'list-timers', '--all', '--no-legend')
    fleet[3].sh('systemctl', 'start', 'ringfleet-repair.service')
    fleet.until(lambda: (host(fleet, fleet[3].name)['repair']['age_s'] or 3600) < 600, 'the age of the repair')
