# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard's other duty: what it decides, the files it goes by, and that real processes end."""
from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.guard import main as guard
from ansible_collections.ringfleet.core.plugins.module_utils.guard.fence import KILL, TERM, Fence
from ansible_collections.ringfleet.core.plugins.module_utils.guard.orders import NEVER, Orders, Post, Receipt
from ansible_collections.ringfleet.core.plugins.module_utils.guard.processes import Processes

ID, OTHER = 'a' * 64, 'b' * 64


class Kernel:
    """Processes by container; ``signals`` are those sent."""

    def __init__(self, **running):
        self.running = {ident: list(pids) for ident, pids in running.items()}
        self.signals = []
        self.looks = []

    def of(self, idents):
        self.looks.append(set(idents))
        return {ident: tuple(self.running[ident]) for ident in idents if self.running.get(ident)}

    def signal(self, ident, pid, number):
        self.signals.append((ident, pid, number))


def orders(sequence=1, boot='boot', **deadlines):
    return Orders(boot, sequence, deadlines)


def test_before_the_deadline_nothing_is_even_looked_at():
    kernel = Kernel(web=[1])
    receipt = Fence('boot', kernel).step(orders(web=20.0), 19.9)
    assert receipt == Receipt('boot', 1, (), {})
    assert kernel.looks == [] and kernel.signals == []


def test_at_the_deadline_it_asks_and_after_two_seconds_it_kills_until_none_is_left():
    kernel = Kernel(web=[1, 2], db=[3])
    fence, told = Fence('boot', kernel), orders(web=20.0, db=99.0)
    assert fence.step(told, 20.0).down == ()
    assert kernel.signals == [('web', 1, TERM), ('web', 2, TERM)]
    fence.step(told, 21.9)
    assert len(kernel.signals) == 2
    kernel.running['web'] = [2]
    fence.step(told, 22.0)
    kernel.running['web'] = [7]
    fence.step(told, 22.25)
    assert kernel.signals[2:] == [('web', 2, KILL), ('web', 7, KILL)]
    kernel.running['web'] = []
    receipt = fence.step(told, 22.5)
    assert receipt.down == ('web',)
    assert receipt.fenced == {'web': 22.25}


def test_when_it_comes_late_it_kills_at_once():
    kernel = Kernel(web=[1], db=[2], old=[3])
    Fence('boot', kernel).step(orders(web=20.0, db=20.1, old=NEVER), 22.0)
    assert sorted(kernel.signals) == [('db', 2, TERM), ('old', 3, KILL), ('web', 1, KILL)]


def test_what_is_down_is_held_down():
    kernel = Kernel(web=[])
    fence, told = Fence('boot', kernel), orders(web=0.0)
    assert fence.step(told, 5.0).down == ('web',)
    kernel.running['web'] = [9]
    # Not looked for more often than each second.
    assert fence.step(told, 5.5).down == ('web',)
    assert fence.step(told, 6.0).down == ()
    assert kernel.signals == [('web', 9, KILL)]
    # Until new orders come.
    fence.step(orders(2, web=50.0), 6.25)
    kernel.running['web'] = []
    assert fence.step(orders(2, web=50.0), 6.5) == Receipt('boot', 2, (), {'web': 6.25})
    kernel.running['web'] = [10]
    fence.step(orders(2, web=50.0), 30.0)
    assert kernel.signals[-1][1] == 9


def test_a_fence_that_was_begun_comes_to_its_end_though_the_deadline_was_moved():
    kernel = Kernel(web=[1])
    fence = Fence('boot', kernel)
    fence.step(orders(web=20.0), 20.0)
    fence.step(orders(2, web=40.0), 20.5)
    fence.step(orders(2, web=40.0), 22.0)
    assert [number for _ident, _pid, number in kernel.signals] == [TERM, KILL]


@pytest.mark.parametrize('told', [None, orders(boot='the one before', web=0.0)])
def test_orders_of_another_boot_fence_nothing(told):
    kernel = Kernel(web=[1])
    assert Fence('boot', kernel).step(told, 1e9) == Receipt('boot', 0, (), {})
    assert kernel.signals == []


def test_only_what_is_held_at_deadline_is_forgotten_with_its_orders():
    kernel = Kernel(web=[1])
    fence = Fence('boot', kernel)
    fence.step(orders(web=0.0), 1.0)
    kernel.running['web'] = []
    fence.step(orders(web=0.0), 1.5)
    assert fence.step(orders(2), 2.0) == Receipt('boot', 2, (), {})


# -- files ------------------------------------------------------------------------------------------------------------

@pytest.fixture
def post(tmp_path):
    return Post(str(tmp_path / 'orders.json'), str(tmp_path / 'receipt.json'))


def test_orders_and_receipts_come_back_as_they_went(post):
    assert post.orders() is None and post.changed() is None and post.receipt() == Receipt()
    told, receipt = Orders('boot', 3, {ID: 12.5, OTHER: 0.0}), Receipt('boot', 3, (OTHER,), {OTHER: 11.0})
    post.give(told)
    before = post.changed()
    post.acknowledge(receipt)
    assert (post.orders(), post.receipt()) == (told, receipt)
    post.give(told)
    assert post.changed() != before


def test_the_other_user_may_read_them_whatever_the_umask(post, tmp_path):
    before = os.umask(0o077)
    try:
        post.give(Orders('boot', 1, {}))
    finally:
        os.umask(before)
    assert (tmp_path / 'orders.json').stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize('text', ['{', '[]', '{"boot_id": "b"}', '{"boot_id": "b", "sequence": 1, "deadlines": [1]}'])
def test_orders_that_are_none_leave_the_last_ones_in_force(post, tmp_path, text, capsys):
    kernel = Kernel(**{ID: [5]})
    orderly = guard.Orderly(post, Fence('boot', kernel))
    post.give(Orders('boot', 1, {ID: 10.0}))
    orderly.step(1.0)
    (tmp_path / 'orders.json').write_text(text)
    orderly.step(11.0)
    assert kernel.signals == [(ID, 5, TERM)]
    assert 'the orders cannot be read' in capsys.readouterr().err
    (tmp_path / 'receipt.json').write_text(text)
    assert post.receipt() == Receipt()


def test_it_acknowledges_each_order_once(post):
    orderly = guard.Orderly(post, Fence('boot', Kernel()))
    post.give(Orders('boot', 4, {}))
    orderly.step(1.0)
    assert post.receipt().sequence == 4
    made = os.stat(post._receipt_path).st_ino
    orderly.step(1.25)
    assert os.stat(post._receipt_path).st_ino == made


# -- real processes ---------------------------------------------------------------------------------------------------

@pytest.fixture
def spawned():
    """Makes processes, some of which do not heed SIGTERM, and ends what is left of them."""
    made = []

    def spawn(heeds=True):
        code = 'import signal, sys, time\n%sprint(flush=True)\ntime.sleep(600)' % (
            '' if heeds else 'signal.signal(signal.SIGTERM, signal.SIG_IGN)\n')
        made.append(subprocess.Popen([sys.executable, '-c', code], stdout=subprocess.PIPE))
        made[-1].stdout.readline()
        return made[-1]

    yield spawn
    for process in made:
        process.kill()
        process.wait()
        process.stdout.close()


def proc_of(tmp_path, members):
    """A folder like /proc, in which processes ({pid: container id}) belong to containers."""
    for pid, ident in members.items():
        folder = tmp_path / 'proc' / str(pid)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / 'cgroup').write_text('0::/system.slice/docker-%s.scope\n' % ident)
        if not (folder / 'stat').exists():
            (folder / 'stat').symlink_to('/proc/%d/stat' % pid)
    (tmp_path / 'proc' / 'meminfo').mkdir(exist_ok=True)
    return str(tmp_path / 'proc')


def until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_real_processes_are_asked_then_killed_and_zombies_do_not_count(tmp_path, spawned):
    polite, stubborn, foreign = spawned(), spawned(heeds=False), spawned()
    processes = Processes(proc_of(tmp_path, {polite.pid: ID, stubborn.pid: ID, foreign.pid: OTHER}))
    fence, told = Fence('boot', processes), Orders('boot', 1, {ID: 100.0})
    assert sorted(processes.of([ID])[ID]) == sorted([polite.pid, stubborn.pid])
    fence.step(told, 100.0)
    # Nobody waits for it yet: a zombie.
    until(lambda: processes.of([ID]) == {ID: [stubborn.pid]})
    fence.step(told, 102.0)
    until(lambda: processes.of([ID]) == {})
    assert fence.step(told, 102.5).down == (ID,)
    assert (polite.wait(), stubborn.wait()) == (-signal.SIGTERM, -signal.SIGKILL)
    assert foreign.poll() is None


def test_a_number_that_is_another_process_s_by_now_is_not_signalled(tmp_path, spawned):
    one = spawned()
    processes = Processes(proc_of(tmp_path, {one.pid: OTHER}))
    processes.signal(ID, one.pid, KILL)
    processes.signal(ID, 2 ** 22 + 1, KILL)
    one.terminate()
    assert one.wait() == -signal.SIGTERM


def test_an_order_that_is_no_id_matches_nothing(tmp_path, spawned):
    one = spawned()
    assert Processes(proc_of(tmp_path, {one.pid: ID})).of(['', 'a', 'docker']) == {}


def test_the_real_proc_can_be_read():
    assert Processes().of([ID]) == {}


def test_the_process_answers_fences_and_ends(tmp_path, spawned):
    """The guard as systemd runs it, but for the folder that it takes for /proc."""
    stubborn = spawned(heeds=False)
    proc = proc_of(tmp_path, {stubborn.pid: ID})
    post = Post(str(tmp_path / 'orders.json'), str(tmp_path / 'receipt.json'))
    post.give(Orders(guard.boot_id(), 7, {ID: 0.0}))
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    code = ('import functools, sys\nfrom %s import main\nmain.Processes = functools.partial(main.Processes, %r)\n'
            'sys.exit(main.main(sys.argv[1:]))' % (guard.__package__, proc))
    with subprocess.Popen([sys.executable, '-c', code, '--address', '127.0.0.1', '--port', str(port), '--host', 'h1', '--orders',
                           str(tmp_path / 'orders.json'), '--receipt', str(tmp_path / 'receipt.json')],
                          env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)), stderr=subprocess.PIPE) as process:
        try:
            until(lambda: process.poll() is not None or post.receipt().down == (ID,))
            assert post.receipt().sequence == 7
            assert stubborn.wait() == -signal.SIGKILL
            with socket.create_connection(('127.0.0.1', port), timeout=10) as conn:
                assert json.loads(conn.makefile().readline())['host'] == 'h1'
        finally:
            process.terminate()
        assert process.wait() == 0
        assert b'must not run here' in process.stderr.read()
