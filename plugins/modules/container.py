#!/usr/bin/python
# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: container
short_description: Hand containers over to the fleet, or take them out of its hands
version_added: 1.0.0
author: The ringfleet.core authors (@ringfleet)
description:
  - Releases containers where they run. They go on untouched, with their own restart policy, and are no longer moved, restarted elsewhere or
    judged. One that was released is not adopted again although its label C(ringfleet.managed=true) is still there. A new instance under
    its name is, and so is the same one with O(state=managed).
  - Hands over containers as they are, without making them again, with or without the label C(ringfleet.managed). The label is the usual way,
    and one that says no is obeyed.
  - Can be run on any member. What the fleet knows is asked of the host where it is. What it does not know yet is looked for on the host on
    which the module runs.
options:
  name:
    description: The container.
    type: str
  project:
    description: The containers of this compose project, which have it in the label C(com.docker.compose.project).
    type: str
  pattern:
    description: The containers whose names match this pattern of C(fnmatch), as V(shop-*); case counts.
    type: str
  state:
    description: Whether they shall be in the fleet's hands.
    type: str
    choices: [managed, released]
    default: managed
  timeout:
    description: For how many seconds other hosts are waited for. What one did not begin by then it does not do later.
    type: int
    default: 30
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
- name: The shop is left alone from now on, wherever its containers run
  ringfleet.core.container:
    project: shop
    state: released

- name: Hand over one that was made without the label
  ringfleet.core.container:
    name: web

- name: Which ones would that be
  ringfleet.core.container:
    pattern: "test-*"
    state: released
  check_mode: true
  register: would
"""

RETURN = r"""
names:
  description: The containers that were changed, or in check mode would be.
  returned: success or when some were refused
  type: list
  elements: str
containers:
  description: The containers that were chosen and are, or were, in the fleet's hands.
  returned: success or when some were refused
  type: list
  elements: dict
  contains:
    name:
      description: The container.
      type: str
    host:
      description: Where it is.
      type: str
    changed:
      description: Whether it was changed.
      type: bool
    refused:
      description: Why it could not be changed, or empty.
      type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.protocol.client import argument_spec, run

CHOICES = ('name', 'project', 'pattern')
OTHER = {'managed': 'released', 'released': 'managed'}


def container(module, client):
    """The result of the module."""
    params = module.params
    told = client.call('container.set', state=params['state'], check=module.check_mode, wait_s=params['timeout'],
                       **{key: params[key] for key in CHOICES if params[key]})
    answers = client.poll(lambda answer: not answer['silent'], 'container.told', timeout_s=params['timeout'], asked=told['asked'])
    found = sorted(told['outcomes'] + answers['outcomes'], key=lambda each: (each['name'], each['host']))
    names = [each['name'] for each in found if each['changed']]
    result = {'changed': bool(names), 'names': names, 'containers': found,
              'diff': {'before': {name: OTHER[params['state']] for name in names}, 'after': {name: params['state'] for name in names}}}
    wrong = ['%s on %s: %s' % (each['name'], each['host'], each['refused']) for each in found if each['refused']]
    wrong += ['%s did not answer within %d s: look at its watcher, and run this again' % (host, params['timeout'])
              for host in sorted(set(answers['silent'].values()))]
    if wrong:
        module.fail_json(msg='Not %s: %s' % (params['state'], '; '.join(wrong)), **result)
    return result


def main():
    module = AnsibleModule(
        argument_spec(state={'type': 'str', 'choices': ['managed', 'released'], 'default': 'managed'},
                      timeout={'type': 'int', 'default': 30}, **{key: {'type': 'str'} for key in CHOICES}),
        supports_check_mode=True, mutually_exclusive=[CHOICES], required_one_of=[CHOICES])
    run(module, lambda client: container(module, client))


if __name__ == '__main__':
    main()
