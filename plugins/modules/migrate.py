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
    description: The host it shall be on, by its name in the fleet.
    type: str
    required: true
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
    support: full
"""

EXAMPLES = r"""
- name: Move a container
  ringfleet.core.migrate:
    name: web
    host: h2

- name: Ask whether it could move
  ringfleet.core.migrate:
    name: web
    host: h2
  check_mode: true
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
  description: The host asked for.
  returned: success
  type: str
move:
  description: The move, as RV(ringfleet.core.move_info#module:moves) has it; null when nothing was to be done, and in check mode.
  returned: success or when the move failed
  type: dict
"""

import getpass

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.errors import MoveRefused
from ..module_utils.protocol.client import argument_spec, run

ENDED = ('done', 'aborted')


def migrate(module, client):
    """The result of the module, or MoveRefused."""
    params = module.params
    check = client.call('move.check', name=params['name'], target=params['host'])
    result = {'changed': check['moves'], 'name': check['name'], 'source': check['source'], 'target': check['target'],
              'move': None, 'diff': {'before': {'holder': check['source']}, 'after': {'holder': check['target']}}}
    if module.check_mode or not check['moves']:
        return result
    asked = client.call('move.ask', name=params['name'], target=params['host'], by='%s by Ansible' % getpass.getuser())

    def told(answer):
        return answer['moves'][0]

    if not params['wait']:
        return dict(result, move=told(client.call('move.info', id=asked['id'])))
    move = told(client.poll(lambda answer: told(answer)['outcome'] in ENDED, 'move.info',
                            timeout_s=params['timeout'], id=asked['id']))
    if move['outcome'] == 'aborted':
        module.fail_json(msg='Container %s stays on %s: %s' % (move['name'], move['source'], move['source_note']),
                         move=move, changed=False)
    if move['outcome'] != 'done':
        raise MoveRefused('Move %s of container %s is still %s after %d s: source %s, target %s (%s)' % (
            move['id'], move['name'], move['outcome'], params['timeout'], move['source_step'] or 'silent',
            move['target_step'] or 'silent', move['target_note'] or 'no note'),
            'It goes on by itself: look at it with move_info; look at the watchers of both hosts.')
    return dict(result, move=move)


def main():
    module = AnsibleModule(argument_spec(
        name={'type': 'str', 'required': True}, host={'type': 'str', 'required': True},
        wait={'type': 'bool', 'default': True}, timeout={'type': 'int', 'default': 300}), supports_check_mode=True)
    run(module, lambda client: migrate(module, client))


if __name__ == '__main__':
    main()
