#!/usr/bin/python
# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: drain
short_description: Move everything managed away from a host
version_added: 1.0.0
author: The ringfleet.core authors (@ringfleet)
description:
  - Puts a host into the state C(leaving) and waits until it is C(drained). The host's own watcher moves its managed containers away, some at a
    time, exclusive ones last, by the same planner as every move. It goes on when this task or its controller is gone.
  - A leaving or drained host adopts nothing and takes nothing, until the playbook ringfleet.core.join takes that back.
  - Any member of the fleet can be asked, for any host. Run as a task it prints what moved where, at most a line each 5 seconds.
options:
  host:
    description: The host to be drained, by its name in the fleet.
    type: str
    required: true
  together:
    description:
      - Other hosts that are drained in the same run. Nothing goes there, and the fleet has to carry what all of them run before anything is begun.
    type: list
    elements: str
    default: []
  partial:
    description: Begin also when the other hosts would not carry all, and move what fits.
    type: bool
    default: false
  deadline:
    description: Seconds after which no further move is begun, at most 604800. The host then stays C(leaving), and the failure names what is left and why.
    type: int
    default: 3600
  begin:
    description: With V(false) nothing is begun, a drain that is under way is only looked at.
    type: bool
    default: true
  wait:
    description: Wait for the end of the drain.
    type: bool
    default: true
  timeout:
    description: How many seconds to wait; by default until the deadline and 300 seconds more for moves that are open then. The drain goes on after it.
    type: int
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
    details: A host that is drained, or is being drained, is no change.
"""

EXAMPLES = r"""
- name: Where would it all go
  ringfleet.core.drain:
    host: h3
  check_mode: true
  register: plan

- name: Empty it for maintenance
  ringfleet.core.drain:
    host: h3
    deadline: 1800
"""

RETURN = r"""
host:
  description: The host.
  returned: success or when it was not drained
  type: str
state:
  description: Its state.
  returned: success or when it was not drained
  type: str
  sample: drained
total:
  description: How many managed containers it had when the drain began, as far as is known.
  returned: success or when it was not drained
  type: int
moved:
  description: What moved. C(outcome) is V(done), or V(unhealthy) for what runs there and is not well.
  returned: success or when it was not drained
  type: list
  elements: dict
  contains: &move
    name:
      description: The container.
      type: str
    target:
      description: Where it goes, or is.
      type: str
    step:
      description: The step of its move, as RV(ringfleet.core.move_info#module:moves) has it.
      type: str
    move:
      description: The move.
      type: str
    outcome:
      description: The move in one word.
      type: str
under_way:
  description: What moves now.
  returned: success or when it was not drained
  type: list
  elements: dict
  contains: *move
left:
  description: Names of the containers that it still holds.
  returned: success or when it was not drained
  type: list
  elements: str
blockers:
  description: Why some of them stay for now. One with the host's own name keeps all of them, as a watcher there that is silent.
  returned: success or when it was not drained
  type: list
  elements: dict
  contains:
    name:
      description: The container, or the host.
      type: str
    why:
      description: Why it stays.
      type: str
    remedy:
      description: What can be done about it.
      type: str
deadline_at:
  description: When nothing further is begun, in milliseconds since the epoch; 0 when no drain was begun.
  returned: success or when it was not drained
  type: int
ended:
  description: Whether the drain is over, well or not.
  returned: success or when it was not drained
  type: bool
departures:
  description: Where everything would go, planned before the drain was begun, of the hosts in O(together) too. Empty with O(begin=false).
  returned: success, when it was refused or when it was not drained
  type: list
  elements: dict
  contains:
    name:
      description: The container.
      type: str
    host:
      description: The host that it leaves.
      type: str
    target:
      description: Where it would go, empty where it would stay.
      type: str
    bound:
      description: Why it stays whatever room there is, or empty.
      type: str
    sentence:
      description: Why there, or why not at all.
      type: str
    candidates:
      description: Every candidate, as RV(ringfleet.core.target_info#module:candidates).
      type: list
before:
  description: The utilisation of every host, C(cpu) and C(memory) from 0 to 1, by host. Empty with O(begin=false).
  returned: success, when it was refused or when it was not drained
  type: dict
after:
  description: The same as it would be afterwards. Empty with O(begin=false).
  returned: success, when it was refused or when it was not drained
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.errors import DrainRefused
from ..module_utils.protocol.client import argument_spec, asker, run

STATUS = ('host', 'state', 'total', 'moved', 'under_way', 'left', 'blockers', 'deadline_at', 'ended')
MORE_S = 300


def drain(module, client):
    """The result of the module."""
    params, host, plan = module.params, module.params['host'], {'departures': [], 'before': {}, 'after': {}}
    if params['begin']:
        plan = client.call('drain.plan', hosts=[host] + [each for each in params['together'] if each != host])
        told = _begun(module, client, plan)
    else:
        told = dict(client.call('drain.status', host=host), changed=False)
    changed = told['changed']
    if params['wait'] and not module.check_mode:
        wait_s = params['deadline'] + MORE_S if params['timeout'] is None else params['timeout']
        told = client.poll(lambda answer: answer['ended'], 'drain.status', timeout_s=wait_s, every_s=1.0, host=host)
    result = dict({key: told[key] for key in STATUS}, changed=changed, departures=plan['departures'], before=plan['before'], after=plan['after'],
                  diff={'before': plan['before'], 'after': plan['after'] if changed else plan['before']})
    if module.check_mode:
        return result
    if told['failure']:
        module.fail_json(msg=told['failure'], **result)
    if params['wait'] and not told['ended']:
        module.fail_json(msg='Host %s still has %s after %d s. Its drain goes on by itself: run this again to watch it.' % (
            host, ', '.join(told['left']) or 'an open move', wait_s), **result)
    return result


def _begun(module, client, plan):
    """The status behind the begin, or what it would be; what is refused is told with the plan, which says why."""
    params = module.params
    try:
        return client.call('drain.start', host=params['host'], by=asker(), deadline_s=params['deadline'],
                           partial=params['partial'], avoid=params['together'], check=module.check_mode)
    except DrainRefused as exc:
        module.fail_json(msg=str(exc), kind=type(exc).__name__, remedy=exc.remedy, changed=False, departures=plan['departures'],
                         before=plan['before'], after=plan['after'])


def main():
    module = AnsibleModule(argument_spec(
        host={'type': 'str', 'required': True}, together={'type': 'list', 'elements': 'str', 'default': []},
        partial={'type': 'bool', 'default': False}, deadline={'type': 'int', 'default': 3600}, begin={'type': 'bool', 'default': True},
        wait={'type': 'bool', 'default': True}, timeout={'type': 'int'}), supports_check_mode=True)
    run(module, lambda client: drain(module, client))


if __name__ == '__main__':
    main()
