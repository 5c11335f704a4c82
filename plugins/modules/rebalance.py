#!/usr/bin/python
# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: rebalance
short_description: Level the load of a whole fleet
version_added: 1.0.0
author: The ringfleet.core authors (@ringfleet)
description:
  - Plans for the whole fleet, again and again, the one move that lowers the spread of the hosts' loads most, and lets the containers' holders
    carry them out, one after the other. So hosts that are new or came back receive load.
  - Keeps to the rules of automatic moves. A move gains 5 points at least, its target stays under 70 %, placement labels hold, only start-first
    containers go unless they are labelled C(ringfleet.rebalance=true), and what moved lately is left alone. The highest load never rises.
  - Of a paused fleet nothing is moved.
options:
  max_moves:
    description: How many containers move at most, from 0 to 1000.
    type: int
    default: 5
  timeout:
    description: How many seconds to wait for each move. It goes on by itself after that, and no further one is begun, as behind one that ends unhealthy.
    type: int
    default: 900
extends_documentation_fragment:
  - ringfleet.core.ringfleet
  - ringfleet.core.ringfleet.attributes
  - ringfleet.core.ringfleet.actiongroup
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: The utilisation of every host before and, as planned, after.
  idempotent:
    support: full
    details: A fleet that is level, or whose moves are not worth it, is no change.
"""

EXAMPLES = r"""
- name: What would be moved
  ringfleet.core.rebalance:
  check_mode: true
  register: plan

- name: Level the fleet, a little each night
  ringfleet.core.rebalance:
    max_moves: 2
"""

RETURN = r"""
observer:
  description: The host that planned.
  returned: success or when a move did not end well
  type: str
  sample: h1
paused:
  description: Why the fleet is paused, so that nothing is moved; else empty.
  returned: success or when a move did not end well
  type: str
moves:
  description: The moves, in their order.
  returned: success or when a move did not end well
  type: list
  elements: dict
  contains:
    name:
      description: The container.
      type: str
    source:
      description: The host that it leaves.
      type: str
    target:
      description: The host that takes it.
      type: str
    resource:
      description: What its host has least of, V(cpu) or V(memory).
      type: str
    gain:
      description: By how much the larger load of both hosts falls, of 1.
      type: float
    spread:
      description: The spread of all loads behind it.
      type: float
    reason:
      description: Why, in words.
      type: str
    move:
      description: The move, as RV(ringfleet.core.move_info#module:moves) has it; empty where none was begun.
      type: str
    outcome:
      description:
        - V(planned) if none was begun, V(done), V(unhealthy), V(open) when it did not end in time, or V(aborted) when its holder or the target found it worth
          no more, or failed; C(note) says why.
      type: str
    note:
      description: Why it did not end well; else empty.
      type: str
stays:
  description: Containers that go nowhere for a reason of their own.
  returned: success or when a move did not end well
  type: list
  elements: dict
  contains:
    name:
      description: The container.
      type: str
    why:
      description: Why it stays.
      type: str
before:
  description: The utilisation of every host that counts, C(cpu) and C(memory) from 0 to 1, by host. Its load is the larger of both.
  returned: success or when a move did not end well
  type: dict
after:
  description: The same as it would be behind all moves. Predicted by the plan, whatever became of them; load_info tells what is so.
  returned: success or when a move did not end well
  type: dict
spread_before:
  description: The spread of the loads, their standard deviation.
  returned: success or when a move did not end well
  type: float
spread_after:
  description: The same as it would be behind all moves, predicted like RV(after).
  returned: success or when a move did not end well
  type: float
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.errors import MoveRefused
from ..module_utils.protocol.client import argument_spec, asker, run

ENDED = ('done', 'unhealthy', 'aborted')


def rebalance(module, client):
    """The result of the module."""
    params = module.params
    plan = client.call('rebalance.plan', max_moves=params['max_moves'])
    moves = [dict(each, move='', outcome='planned', note='') for each in plan['moves']]
    paused = bool(plan['paused'])
    result = dict(plan, moves=moves, changed=bool(moves) and not paused,
                  diff={'before': plan['before'], 'after': plan['before'] if paused else plan['after']})
    if module.check_mode or not result['changed']:
        return result
    for each in moves:
        each.update(_move(client, each, params['timeout']))
        if each['outcome'] in ('open', 'unhealthy'):
            # What is wrong with one may be wrong with the next one, as with its image's registry or its target.
            break
    result['changed'] = any(each['outcome'] in ('done', 'unhealthy') for each in moves)
    wrong = ['%(name)s to %(target)s is %(outcome)s (%(note)s)' % each for each in moves if each['outcome'] in ('unhealthy', 'open')]
    if wrong:
        module.fail_json(msg='Not all moves ended well: %s' % '; '.join(wrong), **result)
    return result


def _move(client, shift, timeout):
    """What became of one move."""
    try:
        asked = client.call('rebalance.ask', by=asker(), **{key: shift[key] for key in ('name', 'target', 'resource', 'reason')})
    except MoveRefused as exc:
        return {'outcome': 'aborted', 'note': str(exc)}
    move = client.poll(lambda answer: answer['moves'][0]['outcome'] in ENDED, 'move.info', timeout_s=timeout, id=asked['id'])['moves'][0]
    if move['outcome'] not in ENDED:
        return {'move': move['id'], 'outcome': 'open', 'note': 'still open after %d s: it goes on by itself, see move_info' % timeout}
    note = {'done': '', 'unhealthy': move['target_note'], 'aborted': move['source_note']}[move['outcome']]
    return {'move': move['id'], 'outcome': move['outcome'], 'note': note}


def main():
    module = AnsibleModule(argument_spec(
        max_moves={'type': 'int', 'default': 5}, timeout={'type': 'int', 'default': 900}), supports_check_mode=True)
    run(module, lambda client: rebalance(module, client))


if __name__ == '__main__':
    main()
