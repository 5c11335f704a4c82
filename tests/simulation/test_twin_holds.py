# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds (the patent's token) on the twin: one taker at a time, nobody moves or removes what is held, a dead host overrides it."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import Conflict, HoldRefused, MoveRefused, UnknownContainer
from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow
from simulation.losses import die, fleet_of, recover, runs


@pytest.fixture
def fleet():
    return fleet_of(3)


def take(fleet, at='h2', by='ada', reason='nightly backup', for_s=600, **more):
    return fleet[at].call('hold.take', name='web', by=by, reason=reason, for_s=for_s, **more)


def release(fleet, at='h3', by='ada', **more):
    return fleet[at].call('hold.release', name='web', by=by, **more)


def shown(fleet, at='h1'):
    told = fleet[at].call('container.info', name='web')['containers'][0]
    return told['hold_by'], told['hold_for'], told['hold_s']


def test_one_is_taken_shown_and_released_through_any_member(fleet):
    told = take(fleet)
    assert (told['changed'], told['before']['by'], told['hold']['by'], told['hold']['left_s']) == (True, '', 'ada', 600)
    assert shown(fleet) == ('ada', 'nightly backup', 600)
    assert release(fleet)['changed']
    assert shown(fleet) == ('', '', 0)
    assert not release(fleet)['changed']


def test_a_second_taker_is_told_who_has_it_why_and_for_how_long(fleet):
    take(fleet)
    fleet.run(60)
    with pytest.raises(HoldRefused, match=r'held by ada \(nightly backup\) until 2025-.* UTC, for 5[34]\d s more'):
        take(fleet, 'h3', by='bob')
    assert shown(fleet)[0] == 'ada'


def test_of_two_that_take_it_at_once_one_gets_it(fleet):
    swap = fleet['h3'].store.swap

    def beaten(before, after):
        fleet['h3'].store.swap = swap
        take(fleet, 'h2')
        return swap(before, after)

    fleet['h3'].store.swap = beaten
    with pytest.raises(HoldRefused, match='held by ada'):
        take(fleet, 'h3', by='bob')


def test_the_same_taker_again_changes_nothing_until_it_asks_for_more(fleet):
    take(fleet)
    until = fleet.row('web').hold_until
    fleet.run(50)
    assert not take(fleet, 'h3')['changed']
    assert fleet.row('web').hold_until == until
    # Less than nine tenths are left.
    fleet.run(20)
    assert take(fleet, 'h3')['changed']
    extended = fleet.row('web').hold_until
    assert 60000 < extended - until < 80000
    assert not take(fleet, for_s=60)['changed']
    assert fleet.row('web').hold_until == extended
    assert take(fleet, reason='restore')['changed']
    assert shown(fleet)[1] == 'restore'


def test_it_ends_at_its_deadline_by_itself(fleet):
    take(fleet, for_s=30)
    fleet.run(31)
    assert shown(fleet) == ('', '', 0)
    assert not release(fleet)['changed']
    assert take(fleet, by='bob')['changed']


def test_only_who_has_it_releases_it_unless_forced(fleet):
    take(fleet)
    with pytest.raises(HoldRefused, match='which is not bob'):
        release(fleet, by='bob')
    assert shown(fleet)[0] == 'ada'
    assert release(fleet, by='bob', force=True)['changed']
    assert shown(fleet)[0] == ''


def test_checked_it_changes_nothing(fleet):
    assert take(fleet, check=True)['hold']['by'] == 'ada'
    assert shown(fleet)[0] == ''
    take(fleet)
    assert release(fleet, check=True)['changed']
    assert shown(fleet)[0] == 'ada'
    with pytest.raises(HoldRefused):
        take(fleet, by='bob', check=True)


@pytest.mark.parametrize('more, words', [
    ({'for_s': 0}, 'at most 604800'), ({'for_s': 604801}, 'at most 604800'), ({'by': ' '}, '1 to 200 characters'),
    ({'reason': ''}, '1 to 200 characters'), ({'reason': 'x' * 201}, '1 to 200 characters')])
def test_what_makes_no_sense_is_refused(fleet, more, words):
    with pytest.raises(HoldRefused, match=words):
        take(fleet, **more)


def test_nobody_holds_what_is_not_there_or_is_on_its_way(fleet):
    with pytest.raises(UnknownContainer):
        fleet['h2'].call('hold.take', name='nobody', by='ada', reason='r', for_s=60)
    fleet['h1'].call('move.ask', name='web', target='h2')
    fleet.run_until(lambda: fleet.row('web').move)
    with pytest.raises(HoldRefused, match='is in move'):
        take(fleet)


def test_a_row_that_is_written_again_and_again_is_given_up(fleet):
    def never(before, after):
        raise Conflict('taken')

    fleet['h2'].store.swap = never
    with pytest.raises(Conflict):
        take(fleet)


def test_a_person_s_move_is_refused_with_who_and_until_when(fleet):
    take(fleet)
    for method in ('move.check', 'move.ask'):
        for target in ('h2', ''):
            with pytest.raises(MoveRefused, match=r'held by ada \(nightly backup\) until 2025-'):
                fleet['h3'].call(method, name='web', target=target)
    assert not fleet['h3'].call('move.ask', name='web', target='h1')['moves']
    release(fleet)
    assert fleet['h3'].call('move.check', name='web', target='h2')['moves']


def test_a_move_that_was_asked_for_before_the_hold_is_refused_by_its_holder(fleet):
    ident = fleet['h3'].call('move.ask', name='web', target='h2')['id']
    take(fleet)
    fleet.run(20)
    told = fleet['h3'].call('move.info', id=ident)['moves'][0]
    assert (told['outcome'], 'held by ada' in told['source_note']) == ('aborted', True)
    assert runs(fleet, 'web', 'h1')


def test_a_hold_that_comes_while_the_move_is_planned_wins_or_loses_whole(fleet):
    ident = fleet['h3'].call('move.ask', name='web', target='h2')['id']
    index = fleet['h1'].store.index_move

    def taken_meanwhile(host, move):
        fleet['h1'].store.index_move = index
        index(host, move)
        take(fleet)

    fleet['h1'].store.index_move = taken_meanwhile
    fleet.run(30)
    assert fleet['h3'].call('move.info', id=ident)['moves'][0]['outcome'] == 'aborted'
    assert shown(fleet)[0] == 'ada'
    assert runs(fleet, 'web', 'h1')


def test_the_reliever_leaves_it_alone_and_says_so():
    fleet = fleet_of(3)
    fleet['h1'].engine.run('hot', 'web:1', {'ringfleet.managed': 'true', 'ringfleet.mode': 'start-first', 'twin.cores': '0.2'})
    fleet.run(15)
    fleet['h2'].call('hold.take', name='hot', by='ada', reason='backup', for_s=86400)
    fleet['h1'].cgroups.cores = 0.3
    fleet.run_until(lambda: 'hot: it is held by ada (backup) until ' in fleet['h1'].watcher.reliever.sentence)
    assert fleet.row('hot').holder == 'h1'
    fleet['h2'].call('hold.release', name='hot', by='ada')
    fleet.run_until(lambda: fleet.row('hot').holder != 'h1')


def test_clean_up_keeps_its_copies(fleet):
    fleet['h2'].engine.run('web', 'web:1', {'ringfleet.managed': 'true', 'ringfleet.move': 'long-ago'})
    fleet.run(5)
    take(fleet)
    told = fleet['h2'].call('cleanup.run')
    assert (told['removed'], 'held by ada' in told['kept'][0]['why']) == ([], True)
    release(fleet)
    assert len(fleet['h2'].call('cleanup.run')['removed']) == 1


def test_the_loss_of_its_host_overrides_it_and_the_decision_says_so(fleet):
    take(fleet, for_s=6000)
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))
    (decision,) = fleet['h3'].call('decision.info', name='web')['decisions']
    assert 'it is held by ada (nightly backup) until ' in decision['sentence']
    assert 'which the loss overrides' in decision['sentence']
    assert shown(fleet, 'h3')[0] == 'ada'


def test_a_stale_copy_is_stopped_and_waits_for_the_end_of_the_hold(fleet):
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('web').holder != 'h1' and runs(fleet, 'web'))
    take(fleet, for_s=7200)
    recover(fleet, 'h1')
    fleet.run_until(lambda: [each for each in fleet.copies('web') if each[0] == 'h1'][0][1] == 'exited')
    fleet.run(3700)
    assert [each[1] for each in fleet.copies('web') if each[0] == 'h1'] == ['exited']
    release(fleet)
    fleet.run(10)
    assert [each[0] for each in fleet.copies('web')] == [fleet.row('web').holder]


def test_what_its_user_removes_is_held_no_longer_and_what_he_makes_again_is(fleet):
    take(fleet, for_s=6000)
    fleet['h1'].engine.stop('web', 1)
    fleet['h1'].engine.remove('web')
    fleet['h1'].engine.run('web', 'web:1', {'ringfleet.managed': 'true'})
    fleet.run(40)
    assert shown(fleet)[0] == 'ada'
    fleet['h1'].engine.stop('web', 1)
    fleet['h1'].engine.remove('web')
    fleet.run_until(lambda: fleet.row('web').holder == '')
    assert fleet.row('web').hold_by == ''
    with pytest.raises(HoldRefused, match='on no host'):
        take(fleet)


def test_a_hold_that_ended_in_the_row_is_nobody_s(fleet):
    row = fleet.row('web')
    fleet.tables.rows[ContainerRow]['web'] = replace(row, hold_by='ada', hold_for='r', hold_until=fleet['h1'].clock.wall())
    assert shown(fleet) == ('', '', 0)
    assert fleet['h3'].call('move.check', name='web', target='h2')['moves']
