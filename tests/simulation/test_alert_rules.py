# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped alert rules: shaped as Prometheus reads them, over metrics that a watcher has, with help that is there."""
from __future__ import annotations

import pathlib
import re

import pytest
import yaml
from ansible_collections.ringfleet.core.plugins.module_utils.errors import StoreUnavailable
from ansible_collections.ringfleet.core.plugins.module_utils.network.rtt import Probe
from prometheus_client.parser import text_string_to_metric_families
from simulation.losses import bind_and_stop, coordinator_of, die, fleet_of

DOCS = pathlib.Path(__file__).resolve().parents[2] / 'docs'
RULES = yaml.safe_load((DOCS / 'alerts' / 'ringfleet.rules.yml').read_text(encoding='utf-8'))
ALERTS = [rule for group in RULES['groups'] for rule in group['rules']]


@pytest.fixture(scope='module')
def exported():
    """Names of the samples that a watcher exports, those of metrics without any just now included."""
    names = set()
    for family in text_string_to_metric_families(fleet_of(3)['h1'].watcher.metrics.text()):
        ends = {'counter': ('_total',), 'histogram': ('_bucket', '_sum', '_count')}.get(family.type, ('',))
        names.update(family.name + end for end in ends)
    return names


def anchors(page):
    """What may stand behind '#' of a page: its headings as GitHub links them."""
    heads = re.findall(r'^#+ (.*)$', (DOCS / page).read_text(encoding='utf-8'), re.MULTILINE)
    return {re.sub(r'[^a-z0-9 -]', '', head.lower()).replace(' ', '-') for head in heads}


def test_the_file_has_groups_of_rules():
    assert set(RULES) == {'groups'}
    assert all(set(group) <= {'name', 'interval', 'rules'} and group['rules'] for group in RULES['groups'])
    assert len({rule['alert'] for rule in ALERTS}) == len(ALERTS) >= 8


@pytest.mark.parametrize('rule', ALERTS, ids=lambda rule: rule['alert'])
def test_a_rule_is_shaped_as_prometheus_reads_it(rule):
    assert {'alert', 'expr', 'labels', 'annotations'} <= set(rule) <= {'alert', 'expr', 'for', 'labels', 'annotations'}
    assert re.fullmatch(r'Ringfleet[A-Za-z]+', rule['alert'])
    assert re.fullmatch(r'\d+[smh]', rule.get('for', '1m'))
    assert rule['labels']['severity'] in ('critical', 'warning')
    assert all(rule['expr'].count(left) == rule['expr'].count(right) for left, right in ('()', '[]', '{}'))


@pytest.mark.parametrize('rule', ALERTS, ids=lambda rule: rule['alert'])
def test_a_rule_asks_for_what_a_watcher_exports(rule, exported):
    asked = set(re.findall(r'ringfleet_\w+', rule['expr']))
    assert asked
    assert asked - exported == set()


@pytest.mark.parametrize('rule', ALERTS, ids=lambda rule: rule['alert'])
def test_a_rule_says_what_is_so_and_what_to_do(rule):
    assert rule['annotations']['summary'].endswith('.')
    (page, anchor), = re.findall(r'docs/([a-z]+\.md)#([a-z-]+)', rule['annotations']['description'])
    assert anchor in anchors(page)


def test_every_alert_is_in_the_documentation():
    assert [rule['alert'] for rule in ALERTS if rule['alert'] not in (DOCS / 'metrics.md').read_text(encoding='utf-8')] == []


def test_every_metric_is_in_the_documentation(exported):
    text = (DOCS / 'metrics.md').read_text(encoding='utf-8')
    names = {re.sub(r'_(bucket|sum|count)$', '', name) for name in exported if name.startswith('ringfleet_')}
    assert sorted(name for name in names if '`%s' % name not in text) == []


def firing(rule, samples):
    """Label sets of the samples that the first selector of a rule's expression chooses and whose number is 1, as far as such rules need it."""
    name, matchers = re.search(r'(ringfleet_\w+)(?:\{([^}]*)\})?', rule['expr']).groups()
    wanted = re.findall(r'(\w+)(=~|!~|=|!=)"([^"]*)"', matchers or '')
    tests = {'=': lambda text, other: text == other, '!=': lambda text, other: text != other,
             '=~': lambda text, other: bool(re.fullmatch(other, text)), '!~': lambda text, other: not re.fullmatch(other, text)}
    return [sample.labels for sample in samples if sample.name == name and sample.value == 1
            and all(tests[how](sample.labels.get(label, ''), text) for label, how, text in wanted)]


def alerts(fleet, at):
    """{alert: label sets} of what a host tells, of the rules that ask whether something is 1; whoever it is joined with is not looked at."""
    samples = [sample for family in text_string_to_metric_families(fleet[at].watcher.metrics.text()) for sample in family.samples]
    return {rule['alert']: firing(rule, samples) for rule in ALERTS if rule['expr'].endswith('== 1')}


def test_a_person_is_called_for_what_needs_one_and_not_for_what_is_pinned_or_stopped():
    fleet = fleet_of(4)
    fleet['h1'].engine.run('large', 'web:1', {'ringfleet.managed': 'true', 'twin.cores': '0.3'})
    bind_and_stop(fleet)
    die(fleet, 'h1')
    fleet.run(60)
    told = alerts(fleet, coordinator_of(fleet, 'h1').name)
    assert [each['container'] for each in told['RingfleetFailoverPending']] == ['large']
    assert [each['container'] for each in told['RingfleetWaitsForItsHost']] == ['bound']


def test_what_does_not_work_on_a_host_that_lives_is_told():
    fleet = fleet_of(4)
    real = fleet.probe
    fleet['h2'].watcher.routes._look = lambda address, port: Probe(error='timed out') if address == '10.0.0.4' else real(address, port)
    fleet['h1'].watcher.store._store.put_loads = refuse
    fleet['h3'].up = False
    fleet['h1'].engine.stop('web', 1)
    fleet['h1'].engine.remove('web')
    fleet.run(20)
    told = alerts(fleet, 'h2')
    assert [each['host'] for each in told['RingfleetWatcherDown']] == ['h3']
    assert [each['host'] for each in told['RingfleetGuardUnreachable']] == ['h4']
    told = alerts(fleet, 'h1')
    assert [each['container'] for each in told['RingfleetContainerMissing']] == ['web']
    assert told['RingfleetDutyTroubled']


def clocks_off(fleet):
    """Hosts for which the rule on clocks fires, by what all hosts of a fleet tell."""
    (expr,) = [rule['expr'] for rule in ALERTS if rule['alert'] == 'RingfleetClockOff']
    name, limit_s, part = re.fullmatch(r'avg by \(host\) \(abs\((\w+)\) > bool (\S+)\) >= (\S+)', expr).groups()
    told = {}
    for host in fleet.hosts.values():
        for family in text_string_to_metric_families(host.watcher.metrics.text()):
            for sample in family.samples:
                if sample.name == name:
                    told.setdefault(sample.labels['host'], []).append(abs(sample.value) > float(limit_s))
    return sorted(host for host, words in told.items() if sum(words) / len(words) >= float(part))


@pytest.mark.parametrize('size, by_s, named', [(3, 5, ['h3']), (4, -5, ['h3']), (4, 1.9, []), (4, 0, []), (3, -1.9, [])])
def test_of_clocks_that_differ_the_one_is_named_that_is_off(size, by_s, named):
    fleet = fleet_of(size)
    fleet['h3'].clock.jump(int(by_s * 1000))
    fleet.run(30)
    assert clocks_off(fleet) == named


def test_of_two_hosts_nobody_knows_whose_clock_is_off():
    fleet = fleet_of(2)
    fleet['h2'].clock.jump(5000)
    fleet.run(30)
    assert clocks_off(fleet) == ['h1', 'h2']


def refuse(*_args, **_kwargs):
    raise StoreUnavailable('The ring is out of reach: test')
