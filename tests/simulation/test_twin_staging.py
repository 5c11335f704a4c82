# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images come to both backups of their host before anybody needs them, on the twin; no registry is anywhere unless a test has one."""
from __future__ import annotations

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import StoreUnavailable, UnknownMove
from ansible_collections.ringfleet.core.plugins.module_utils.moves import staging
from simulation.engine import image_of
from simulation.losses import die, runs
from simulation.stagings import MANAGED, backups_of, fleet_with, has, shown, staged
from simulation.twin import Fleet

SIZE = 1 << 20


def sentence(fleet, host='h1'):
    return fleet[host].watcher.loop.sentence


def to_stage(fleet, host='h1'):
    lines = fleet[host].watcher.metrics.text().splitlines()
    return {line.partition('"')[2].partition('"')[0]: float(line.split()[-1]) for line in lines if line.startswith('ringfleet_images_to_stage{')}


def test_both_backups_get_the_image_and_nobody_else():
    fleet = fleet_with()
    fleet.run_until(lambda: staged(fleet))
    fleet.run(130)
    assert {name for name in fleet.hosts if has(fleet, name)} == {'h1', *backups_of(fleet)}
    assert all(fleet[host].engine.image('web:1')['Id'] == image_of('web:1')['Id'] for host in backups_of(fleet))
    assert shown(fleet) == shown(fleet, by='h4') == sorted(backups_of(fleet))
    assert sentence(fleet) == '1 container here'
    assert to_stage(fleet) == {host: 0 for host in backups_of(fleet)}
    assert fleet.files == {}
    assert fleet.open_moves() == []


def test_it_is_told_while_it_is_under_way():
    fleet = fleet_with()
    fleet.run_until(lambda: 'images to stage: 2' in sentence(fleet))
    fleet.run(1)
    assert to_stage(fleet) == {host: 1 for host in backups_of(fleet)}
    assert shown(fleet) == []


def test_no_verdict_is_made_while_an_image_comes_or_goes():
    fleet = fleet_with(3)
    seen = []
    for name, transfer, method in (('h1', fleet['h1'].transfer, 'send'), ('h2', fleet['h2'].transfer, 'receive')):
        def during(*args, kept=getattr(transfer, method), quiet=fleet[name].watcher.load._quiet):
            seen.append((quiet.sentence(), len(args)))
            return kept(*args)

        setattr(transfer, method, during)
    fleet.run_until(lambda: staged(fleet))
    assert {words for words, _args in seen} == {'no verdict: a transfer of images runs here'}
    assert {count for _words, count in seen} == {2, 3}
    assert not any(host.watcher.stager.streams for host in fleet.hosts.values())


def test_a_failover_then_needs_nothing_of_the_dead_host_nor_a_registry():
    fleet = fleet_with(3)
    fleet.run_until(lambda: staged(fleet))
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('c0').holder != 'h1' and runs(fleet, 'c0'))
    assert fleet.row('c0').holder in ('h2', 'h3')


def test_without_staging_it_would_wait_for_the_image():
    fleet = fleet_with(3, stage_s=0)
    fleet.run(300)
    assert not any(staging.is_channel(ident) for ident in fleet.tables.moves)
    die(fleet, 'h1')
    fleet.run(60)
    assert fleet.row('c0').holder == 'h1'


def test_many_images_come_one_at_a_time_whoever_they_come_from():
    fleet = fleet_with(3, ('a:1', 'b:1'))
    for number, name in enumerate(('c:1', 'd:1')):
        fleet['h3'].engine.add_image(image_of(name))
        fleet['h3'].engine.run('d%d' % number, name, MANAGED)
    most = 0
    while not all(has(fleet, 'h2', name) for name in ('a:1', 'b:1', 'c:1', 'd:1')):
        fleet.run(0.2)
        rows = [move for ident, move in fleet.tables.moves.items() if staging.is_channel(ident)]
        most = max(most, sum(1 for move in rows if move.id.endswith(' h2') and staging.replied(move).wants))
        assert fleet.time.now < 2000
    assert most == 1


def test_what_a_registry_has_is_pulled(monkeypatch):
    fleet = Fleet(3)
    image = dict(image_of('web:1'), RepoDigests=['registry.example/web@sha256:' + 'd' * 64])
    for host in fleet.hosts.values():
        host.settings = {'stage_s': 60}
        host.boot()
        host.transfer.refuses = True
        monkeypatch.setattr(host.engine, 'pull', lambda reference, engine=host.engine: engine.images.update({reference: image}))
    fleet['h1'].engine.add_image(image)
    fleet['h1'].engine.run('c0', 'web:1', MANAGED)
    fleet.run(10)
    fleet.run_until(lambda: staged(fleet))
    fleet.run(70)
    assert fleet['h2'].engine.image('web:1')['Id'] == image['Id']
    assert shown(fleet) == ['h2', 'h3']


def test_the_reserve_of_the_disk_stays_free():
    fleet = fleet_with(3, disk_reserve=SIZE)
    fleet['h2'].disk = 3 * SIZE - 1
    fleet.run_until(lambda: has(fleet, 'h3'))
    fleet.run(200)
    assert not has(fleet, 'h2')
    assert 'web:1 is not staged on h2: the disk has no room for 2 x 1 MiB above its reserve' in sentence(fleet)
    assert to_stage(fleet) == {'h2': 1, 'h3': 0}
    fleet['h2'].disk = 3 * SIZE
    fleet.run_until(lambda: has(fleet, 'h2'))


def test_an_image_for_another_architecture_does_not_come():
    fleet = fleet_with(3, ())
    fleet['h1'].engine.add_image(dict(image_of('web:1'), Architecture='arm64'))
    fleet['h1'].engine.run('c0', 'web:1', MANAGED)
    fleet.run(200)
    assert 'web:1 is not staged on h2: it is for arm64, this host is amd64' in sentence(fleet)
    assert not has(fleet, 'h2')


@pytest.mark.parametrize('busy', ['h1', 'h2'])
def test_nothing_is_staged_while_a_move_is_open_on_either_side(busy):
    fleet = fleet_with(3)
    mover = fleet[busy].watcher.mover
    kind = type(mover)
    fleet[busy].watcher.mover.__class__ = type('Moving', (kind,), {'active': property(lambda self: ('a move',))})
    fleet.run(300)
    assert not has(fleet, 'h2')
    # Not even a stream is on its way.
    assert [target for target, _turn in fleet.files if target == 'h2'] == []
    mover.__class__ = kind
    fleet.run_until(lambda: has(fleet, 'h2'))


def test_other_backups_get_it_when_the_first_ones_are_gone():
    fleet = fleet_with(5)
    fleet.run_until(lambda: staged(fleet))
    first = set(backups_of(fleet))
    gone = sorted(first - {'h2'})[0]
    die(fleet, gone)
    fleet.run_until(lambda: gone not in backups_of(fleet))
    (new,) = set(backups_of(fleet)) - first
    assert not has(fleet, new)
    fleet.run_until(lambda: staged(fleet))
    fleet.run(70)
    assert shown(fleet) == sorted(backups_of(fleet))


def test_the_new_holder_stages_on_its_own_backups():
    fleet = fleet_with(5)
    fleet.run_until(lambda: staged(fleet))
    die(fleet, 'h1')
    fleet.run_until(lambda: fleet.row('c0').holder != 'h1' and runs(fleet, 'c0'))
    fleet.run_until(lambda: all(has(fleet, host) for host in fleet[fleet.row('c0').holder].watcher.observer.backups()[fleet.row('c0').holder]))


def test_a_name_that_is_another_image_s_on_the_backup_stays_that_image_s():
    fleet = fleet_with(3)
    other = dict(image_of('other:1'), RepoTags=['web:1'])
    fleet['h2'].engine.add_image(other)
    fleet.run_until(lambda: has(fleet, 'h2') and has(fleet, 'h3'))
    fleet.run(70)
    assert fleet['h2'].engine.image('web:1')['Id'] == other['Id']
    assert shown(fleet) == ['h2', 'h3']
    sent = [name for name, image in fleet['h2'].engine.images.items() if image['Id'] == image_of('web:1')['Id']]
    assert sent == [image_of('web:1')['Id']]


def test_a_name_that_went_to_a_newer_image_on_the_holder_does_not_come_along():
    fleet = fleet_with(3)
    newer = dict(image_of('newer:1'), RepoTags=['web:1'])
    engine = fleet['h1'].engine
    # Its user built it anew; the container still runs on what was there before.
    engine.images[image_of('web:1')['Id']] = engine.images['web:1']
    engine.add_image(newer)
    fleet.run_until(lambda: staged(fleet))
    fleet.run(70)
    assert not any(image['Id'] == newer['Id'] for host in ('h2', 'h3') for image in fleet[host].engine.images.values())


def test_an_image_that_somebody_removed_comes_again():
    fleet = fleet_with(3)
    fleet.run_until(lambda: staged(fleet))
    fleet.run(70)
    fleet['h2'].engine.images.clear()
    fleet.run_until(lambda: shown(fleet) == ['h3'])
    fleet.run_until(lambda: staged(fleet))


def test_what_a_failover_would_not_make_elsewhere_is_not_staged():
    fleet = fleet_with(3, ())
    for name, labels, options in (('bound', MANAGED, {'Privileged': True}), ('free', {}, {}), ('stopped', MANAGED, {})):
        fleet['h1'].engine.add_image(image_of(name + ':1'))
        fleet['h1'].engine.run(name, name + ':1', labels, **options)
    fleet.run(10)
    fleet['h1'].engine.stop('stopped', 1)
    fleet.run(400)
    assert fleet['h2'].engine.images == fleet['h3'].engine.images == {}


def test_a_stream_that_fails_is_told_and_tried_again_later():
    fleet = fleet_with(3)
    fleet['h1'].transfer.refuses = True
    fleet.run_until(lambda: 'web:1 is not staged on h2: The image could not be sent to h2' in sentence(fleet))
    sends = []
    fleet['h1'].transfer.send = lambda *args, kept=fleet['h1'].transfer.send: sends.append(args) or kept(*args)
    fleet.run(300)
    assert sends == []
    fleet['h1'].transfer.refuses = False
    fleet.run_until(lambda: staged(fleet), 900)
    fleet.run(70)
    assert 'not staged' not in sentence(fleet)


def test_what_arrives_as_another_image_is_told():
    fleet = fleet_with(3)
    fleet['h1'].engine.save = lambda ref: iter([b'{"Id": "sha256:no", "RepoTags": [], "RootFS": {"Layers": ["x"]}}'])
    fleet.run_until(lambda: 'web:1 is not staged on h2: what came is another image' in sentence(fleet))
    assert fleet.files == {}


def test_a_stream_that_never_comes_is_given_up():
    fleet = fleet_with(3, transfer_s=100)
    send = fleet['h1'].transfer.send

    def hang(*args):
        raise StoreUnavailable('as if it were still under way')

    fleet['h1'].transfer.send = hang
    fleet.run_until(lambda: 'web:1 is not staged on h2: it did not come within 100 s' in sentence(fleet))
    fleet['h1'].transfer.send = send
    fleet.run_until(lambda: staged(fleet), 900)


def test_a_holder_that_dies_before_it_sent_keeps_no_other_waiting():
    fleet = fleet_with(3)

    def dies(*args):
        die(fleet, 'h1')
        raise StoreUnavailable('it is dead')

    fleet['h1'].transfer.send = dies
    fleet['h3'].engine.add_image(image_of('db:1'))
    fleet['h3'].engine.run('db', 'db:1', MANAGED)
    fleet.run_until(lambda: not fleet['h1'].alive)
    fleet.run(5)
    assert staging.replied(fleet.tables.moves[staging.channel('h1', 'h2')]).wants
    fleet.run_until(lambda: has(fleet, 'h2', 'db:1'))


def test_a_channel_is_no_move():
    fleet = fleet_with(3)
    fleet.run_until(lambda: staged(fleet))
    assert fleet['h1'].call('move.info')['moves'] == []
    with pytest.raises(UnknownMove):
        fleet['h1'].call('move.info', id=staging.channel('h1', 'h2'))


def test_letters_of_another_version_are_left_alone():
    fleet = fleet_with(3)
    fleet.run_until(lambda: staged(fleet))
    fleet.run(70)
    for host in ('h2', 'h3'):
        ident = staging.channel('h1', host)
        fleet['h1'].store.put_move(ident, request='{"jsonrpc": "2.0", "ringfleet": 99}', target_note='?')
    assert shown(fleet) == []
    fleet.run(130)
    assert shown(fleet) == ['h2', 'h3']
