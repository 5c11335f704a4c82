#!/usr/bin/python
# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: migrate
short_description: Move a container to another host of its fleet
version_added: 1.0.0
author: The ringfleet.core authors (@ringfleet)
description:
  - Asks the holder of a container to move it to a host, and waits until the move ended (steps S204, S2041 to S2043, S301 and
    S302 of the patent). Can be run on any member.
  - A container with the label C(ringfleet.mode=start-first) is started on the target before it stops on the source; any other
    is stopped first.
  - A container that cannot be recreated elsewhere without changing it is refused with the reason, and not touched.
options:
  name:
    description: The container.
    type: str
    required: true
  host:
    description:
      - The host it shall be on, by its name in the fleet.
      - Without it the container leaves its host for the best other one, by formula (1-1) of the patent; see
        M(ringfleet.core.target_info). A host that declines is passed over for the next best. This moves it each time it is run.
    type: str
  wait:
    description: Whether to wait until the move ended. Without it the module returns as soon as the move was asked for.
    type: bool
    default: true
  timeout:
    description: How many seconds to wait. A move that takes longer goes on by itself; the module fails and tells how far it is.
    type: int
    default: 300
extends_documentation_fragment:
  - ringfleet.core.ringfleet
  - ringfleet.core.ringfleet.attributes
  - ringfleet.core.ringfleet.actiongroup
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details: With O(host) it is; without, every run moves the container.
"""

EXAMPLES = r"""
- name: Move a container
  ringfleet.core.migrate:
    name: web
    host: h2

- name: Ask where it would go, and what that would do to both hosts
  ringfleet.core.migrate:
    name: web
  check_mode: true
  register: plan

- name: Let it go to the best host
  ringfleet.core.migrate:
    name: web
"""

RETURN = r"""
name:
  description: The container.
  returned: success
  type: str
source:
  description: The host that held it.
  returned: success
  type: str
target:
  description: The host asked for, or chosen.
  returned: success
  type: str
sentence:
  description: What formula (1-1) says of the candidates, in words.
  returned: success
  type: str
candidates:
  description: Every candidate with C, M, T, A and why it is excluded, as RV(ringfleet.core.target_info#module:candidates).
  returned: success
  type: list
  elements: dict
predicted:
  description: The utilisation of both hosts afterwards, C(cpu) and C(memory) from 0 to 1, by host.
  returned: success
  type: dict
move:
  description: The move, as RV(ringfleet.core.move_info#module:moves) has it; null when nothing was to be done, and in check mode.
  returned: success or when the move failed
  type: dict
"""

import time

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.errors import MoveRefused
from ..module_utils.protocol.client import argument_spec, asker, run

ENDED = ('done', 'unhealthy', 'aborted')


def migrate(module, client):
    """The result of the module, or MoveRefused."""
    params = module.params
    check = client.call('move.check', name=params['name'], target=params['host'] or '')
    result = {'changed': check['moves'], 'name': check['name'], 'source': check['source'], 'target': check['target'],
              'sentence': check['sentence'], 'candidates': check['candidates'], 'predicted': check['predicted'],
              'move': None, 'diff': {'before': {'holder': check['source']}, 'after': {'holder': check['target']}}}
    if module.check_mode or not check['moves']:
        return result
    asked = client.call('move.ask', name=params['name'], target=params['host'] or '', by=asker())

    def told(answer):
        return answer['moves'][0]

    if not params['wait']:
        return dict(result, move=told(client.call('move.info', id=asked['id'])))
    ident, deadline = asked['id'], time.monotonic() + params['timeout']
    while ident:
        # A host that declines passes it on to the next best, in a move of its own.
        move = told(client.poll(lambda answer: told(answer)['outcome'] in ENDED, 'move.info',
                                timeout_s=max(0.0, deadline - time.monotonic()), id=ident))
        ident = move['next']
    if move['outcome'] == 'aborted':
        module.fail_json(msg='Container %s stays on %s: %s' % (move['name'], move['source'], move['source_note']),
                         move=move, changed=False)
    if move['outcome'] == 'unhealthy':
        module.fail_json(msg='Container %s is on %s now and is not healthy there: %s. It stays there: look at its log; migrate moves it again.' % (
            move['name'], move['target'], move['target_note']), move=move, changed=True)
    if move['outcome'] != 'done':
        raise MoveRefused('Move %s of container %s is still %s after %d s: source %s, target %s (%s)' % (
            move['id'], move['name'], move['outcome'], params['timeout'], move['source_step'] or 'silent',
            move['target_step'] or 'silent', move['target_note'] or 'no note'),
            'It goes on by itself: look at it with move_info; look at the watchers of both hosts.')
    return dict(result, move=move, target=move['target'])


def main():
    module = AnsibleModule(argument_spec(
        name={'type': 'str', 'required': True}, host={'type': 'str'},
        wait={'type': 'bool', 'default': True}, timeout={'type': 'int', 'default': 300}), supports_check_mode=True)
    run(module, lambda client: migrate(module, client))


if __name__ == '__main__':
    main()
