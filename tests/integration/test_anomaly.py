# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts on real containers, side by side: four that are at fault themselves, one whose log alone is over its standard, and
a host that really has too little CPU. The first four are never severe and stay where they are."""
from __future__ import annotations

import uuid

import pytest

SHELL = ('--entrypoint', '/bin/sh')
# Seconds of reports in which an own fault must never become severe: well over three rounds.
WATCHED_S = 60
STANDARD = '5/m ERROR'
FAULTS = {
    'oom': (('--memory', '24m', '--memory-swap', '24m', '--restart', 'always', *SHELL), ('-c', 'x=0123456789abcdef; while :; do x=$x$x; done')),
    'throttled': (('--cpus', '0.05', *SHELL), ('-c', 'while :; do :; done')),
    'crash': (('--restart', 'always', *SHELL), ('-c', 'exit 1')),
    'sick': (('--health-cmd', 'false', '--health-interval', '2s', '--health-retries', '1'), ())}
SENTENCES = {
    'oom': 'at its own memory limit of 24 MiB', 'throttled': 'throttled at its own limit of 0.05 cores', 'crash': 'in a crash loop',
    'sick': 'its health check fails and nothing on its host explains it'}
NOISY = (('--label', 'ringfleet.log.errors=%s' % STANDARD, *SHELL), ('-c', 'while :; do echo an ERROR; sleep 1; done'))


class Stage:
    """The containers by what they do, and every report that was ever looked at."""

    def __init__(self, fleet):
        self.fleet = fleet
        self.mark = uuid.uuid4().hex[:6]
        self.seen = []

    def name(self, what):
        return 'it-%s-%s' % (what, self.mark)

    def run(self, number, what, options=(), command=()):
        self.fleet[number].run(self.name(what), *options, command=command)

    def look(self):
        """{what: report} of the containers that have one now."""
        hosts = self.fleet[1].call('load.info')['hosts']
        found = {each['name'].split('-')[1]: each for host in hosts for each in host['containers']
                 if each['name'].endswith('-' + self.mark)}
        self.seen.extend(found.items())
        return found

    def until(self, what, level, *words):
        """Wait for the verdict ``level`` with all ``words`` in its reasons; the report."""
        def judged():
            report = self.look().get(what)
            told = '; '.join(report['reasons']) if report else ''
            return report if report and report['anomaly'] == level and all(word in told for word in words) else None
        return self.fleet.until(judged, 'a verdict %s on %s: %s' % (level, self.name(what), ', '.join(words)), 240)

    @staticmethod
    def host(what):
        """Where a fault is: what only fails is not beside those that burn, which might explain it."""
        return 1 if what == 'sick' else 2

    def calm(self, number):
        """Whether nothing on a host explains anything."""
        load = self.load(number)
        return not load['unjudged'] and not load['contended'] and load['cpu_used'] < load['cpu_capacity'] / 2

    def load(self, number):
        return self.fleet[number].call('host.info', name=self.fleet[number].name)['hosts'][0]['load']


@pytest.fixture(scope='module')
def stage(fleet):
    made = Stage(fleet)
    # What an earlier test restarted is busy for a while, and would have a part in what a container does to itself.
    for number in (1, 2, 3):
        fleet.until(lambda number=number: made.calm(number), '%s to be calm' % fleet[number].name, 300)
    for what, (options, command) in FAULTS.items():
        made.run(made.host(what), what, options, command)
    made.run(3, 'noisy', *NOISY)
    made.run(3, 'plain')
    fleet.adopted(*(made.name(what) for what in (*FAULTS, 'noisy', 'plain')))
    made.rows = {what: fleet.row(made.name(what)) for what in FAULTS}
    yield made
    fleet.remove(*(made.name(what) for what in (*FAULTS, 'noisy', 'plain', 'burner')))


@pytest.mark.parametrize('what', FAULTS)
def test_what_a_container_does_to_itself_is_its_own_fault(stage, what):
    report = stage.until(what, 'mild', SENTENCES[what])
    assert report['own_fault']
    assert report['host'] == stage.fleet[stage.host(what)].name


def test_logs_alone_are_mild(stage):
    report = stage.until('noisy', 'mild', STANDARD)
    assert (report['reasons'], report['own_fault']) == (['its log is over the standard "%s"' % STANDARD], False)


def test_metrics_alone_are_mild_and_with_the_log_severe(stage):
    # Few shares: the host lacks CPU, and its ring node still gets what it needs.
    stage.fleet[3].docker('run', '-d', '--name', stage.name('burner'), '--label', 'rflab=it', '--cpu-shares', '64', *SHELL, 'rflab-web:1',
                          '-c', 'while :; do :; done & while :; do :; done')
    try:
        (why,) = stage.fleet.until(lambda: stage.load(3)['contended'], 'contention of %s' % stage.fleet[3].name, 240)
        assert 'of the time somebody waits for it' in why
        metrics = stage.until('plain', 'mild', 'its host is contended')
        assert (metrics['reasons'], metrics['own_fault']) == (['its host is contended'], False)
        both = stage.until('noisy', 'severe', STANDARD, 'its host is contended')
        assert (len(both['reasons']), both['own_fault']) == (2, False)
    finally:
        stage.fleet[3].docker('rm', '-f', stage.name('burner'))


def test_a_container_that_ends_by_itself_is_told_from_one_that_its_user_stops(stage, name):
    stage.fleet[2].docker('stop', '-t', '0', stage.name('throttled'))
    stage.fleet.until(lambda: stage.fleet.row(stage.name('throttled'))['intent'] == 'stopped', 'the intent')
    stage.fleet[2].run(name, *SHELL, command=('-c', 'sleep 10; exit 3'))

    def ended():
        found = stage.fleet[2].call('load.info', name=name)['hosts'][1]['containers']
        return found[0] if found and found[0]['reasons'] else None

    # What the test before made move came here, perhaps: a minute without verdicts follows.
    stage.fleet.until(lambda: not stage.load(2)['unjudged'], '%s to be judged' % stage.fleet[2].name, 240)
    report = stage.fleet.until(ended, 'the verdict on %s' % name)
    assert (report['anomaly'], report['own_fault'], report['reasons']) == ('mild', True, ['it exited by itself with code 3'])
    assert stage.until('throttled', 'none')['reasons'] == []


def test_an_own_fault_never_moves_a_container(stage):
    def watched():
        stage.look()
        times = {what: [report['sampled_at'] for other, report in stage.seen if other == what] for what in FAULTS}
        return all(max(each) - min(each) > WATCHED_S * 1000 for each in times.values())

    stage.fleet.until(watched, 'a minute of reports')
    for what, report in stage.seen:
        assert what not in FAULTS or report['anomaly'] != 'severe', (what, report)
    for what, before in stage.rows.items():
        row = stage.fleet.row(stage.name(what))
        assert (row['holder'], row['epoch'], row['instance']) == (before['holder'], before['epoch'], before['instance'])


def test_a_move_here_stops_all_verdicts(stage):
    ident = stage.fleet[1].call('move.ask', name=stage.name('plain'), target=stage.fleet[1].name, by='test')['id']
    stage.fleet.until(lambda: 'a move' in stage.load(3)['unjudged'], 'a host that is not judged for the move')
    assert stage.fleet.ended(ident)['outcome'] == 'done'
    stage.fleet.until(lambda: stage.load(3)['unjudged'] == 'no verdict until 60 s after a move', 'the minute after')
    assert 'no verdict' in stage.fleet[3].sh('ringfleet', 'hosts')
    assert all(each['anomaly'] == 'none' for host in stage.fleet[1].call('load.info', host=stage.fleet[3].name)['hosts']
               for each in host['containers'])
