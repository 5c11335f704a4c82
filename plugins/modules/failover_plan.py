#!/usr/bin/python
# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: failover_plan
short_description: Show what the loss of a host would do now
version_added: 1.0.0
author: The ringfleet.core authors (@ringfleet)
description:
  - Plans the failover of each of some hosts, as if it alone were lost now, by the same planner and in the same order as a real one. It changes nothing.
  - Shows who would take what, what would wait and why, which rows of the ring would have no quorum, and whether a failover is armed at all.
  - Fails when one of the hosts cannot be lost, for a schedule that warns before it happens.
options:
  hosts:
    description: Hosts by their names in the fleet; by default every member, one after the other.
    type: list
    elements: str
    default: []
  accept:
    description:
      - Globs of names of containers that may wait for their host, as those bound to it. They are told, and make no host one that cannot be lost.
    type: list
    elements: str
    default: []
  fail:
    description: Fail when one of the hosts cannot be lost.
    type: bool
    default: true
extends_documentation_fragment:
  - ringfleet.core.ringfleet
  - ringfleet.core.ringfleet.attributes
  - ringfleet.core.ringfleet.info
  - ringfleet.core.ringfleet.actiongroup
"""

EXAMPLES = r"""
- name: Could any one host be lost now
  ringfleet.core.failover_plan:
    accept: [backup-*]

- name: What would become of this one
  ringfleet.core.failover_plan:
    hosts: [h3]
    fail: false
  register: plan
"""

RETURN = r"""
observer:
  description: The host that answered.
  returned: success or when a host cannot be lost
  type: str
  sample: h1
armed:
  description: Whether a loss leads to a failover.
  returned: success or when a host cannot be lost
  type: bool
why_not:
  description: Why it does not; empty when it does.
  returned: success or when a host cannot be lost
  type: str
copies:
  description: How many copies the ring keeps of each row.
  returned: success or when a host cannot be lost
  type: int
hosts:
  description: What the loss of each host would do.
  returned: success or when a host cannot be lost
  type: list
  elements: dict
  contains:
    host:
      description: The host.
      type: str
    can_be_lost:
      description: Whether everything that runs there would run again, but for what is accepted to wait.
      type: bool
    against:
      description: Why it cannot be lost, a sentence each.
      type: list
      elements: str
    backups:
      description: Its backups.
      type: list
      elements: str
    takes:
      description: What would be made elsewhere, in the order in which it is asked for.
      type: list
      elements: dict
      contains:
        name:
          description: The container.
          type: str
        target:
          description: The host that would take it.
          type: str
        priority:
          description: Its priority.
          type: int
        after:
          description: What it would wait for first, as the lease of what is exclusive; empty for nothing.
          type: str
        sentence:
          description: Why there.
          type: str
    waits:
      description: What would wait for its host, or for room.
      type: list
      elements: dict
      contains:
        name:
          description: The container.
          type: str
        why:
          description: Why.
          type: str
        stopped:
          description: Whether its user stopped it, so that nothing is missing.
          type: bool
        accepted:
          description: Whether O(accept) names it.
          type: bool
    rows:
      description: Which rows of the fleet's tables would have no quorum, together with the ring nodes that are down already.
      type: dict
      contains:
        share:
          description: The share of all rows, from 0 to 1; null where the tokens of some ring node are not known.
          type: float
        containers:
          description: Containers whose row is one of them.
          type: list
          elements: str
        hosts:
          description: Hosts whose row is one of them.
          type: list
          elements: str
        why:
          description: The same in words, empty where every row would have its quorum.
          type: str
        unknown:
          description: Hosts whose tokens are not known.
          type: list
          elements: str
    before:
      description: The utilisation of every other host, C(cpu) and C(memory) from 0 to 1, by host.
      type: dict
    after:
      description: The same as it would be behind the failover.
      type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.protocol.client import argument_spec, run


def failover_plan(module, client):
    """The result of the module."""
    params = module.params
    told = dict(client.call('failover.plan', hosts=params['hosts'], accept=params['accept']), changed=False)
    wrong = ['%s (%s)' % (each['host'], '; '.join(each['against'])) for each in told['hosts'] if not each['can_be_lost']]
    if wrong and params['fail']:
        module.fail_json(msg='Cannot be lost now: %s' % ', '.join(wrong), **told)
    return told


def main():
    module = AnsibleModule(argument_spec(
        hosts={'type': 'list', 'elements': 'str', 'default': []}, accept={'type': 'list', 'elements': 'str', 'default': []},
        fail={'type': 'bool', 'default': True}), supports_check_mode=True)
    run(module, lambda client: failover_plan(module, client))


if __name__ == '__main__':
    main()
