#!/usr/bin/python
# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: container_hold
short_description: Keep a container where it is while somebody works on it
version_added: 1.0.0
author: The ringfleet.core authors (@ringfleet)
description:
  - Takes or releases the hold of a container, the token of the patent. A container may be accessed through any host, and the token makes
    that access unique. While somebody has it, nobody else gets one, and nobody moves or removes the container, as during a backup.
  - It ends at its deadline by itself. The loss of its host overrides it, since there is nothing left to be kept; the decision says so.
  - Any member of the fleet can be asked. One conditional write in the container's row decides between two takers.
options:
  name:
    description: The container.
    type: str
    required: true
  state:
    description: Whether the hold shall be there.
    type: str
    choices: [present, absent]
    default: present
  reason:
    description: Why, for everybody who looks, up to 200 characters. Needed with O(state=present).
    type: str
  by:
    description:
      - Who takes or releases it, up to 200 characters. The same taker may take it again; another is refused.
      - By default the user as whom Ansible logged in on the host. Name the job where several of one user could meet.
    type: str
  duration:
    description:
      - For how many seconds from now it stands, at most 604800 (7 days).
      - Taken again by the same taker it is extended when less than nine tenths of this are left, and never made shorter.
    type: int
    default: 3600
  force:
    description: With O(state=absent), release it also when it is another's.
    type: bool
    default: false
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
    details: Taken again when less than nine tenths of O(duration) are left it is extended, which is a change.
"""

EXAMPLES = r"""
- name: Nobody moves the shop while it is saved
  ringfleet.core.container_hold:
    name: shop
    reason: nightly backup
    by: backup job
    duration: 1800

- name: The backup is done
  ringfleet.core.container_hold:
    name: shop
    by: backup job
    state: absent

- name: Somebody else's job is dead for good
  ringfleet.core.container_hold:
    name: shop
    state: absent
    force: true
"""

RETURN = r"""
name:
  description: The container.
  returned: success
  type: str
hold:
  description: The hold as it is now, or in check mode as it would be; where there is none its C(by) is empty.
  returned: success
  type: dict
  contains:
    by:
      description: Who has it.
      type: str
    reason:
      description: Why.
      type: str
    until:
      description: Until when, in milliseconds since the epoch.
      type: int
    left_s:
      description: Seconds that are left.
      type: int
"""

import getpass
import os

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.protocol.client import argument_spec, run


def shown(hold):
    """What of a hold is shown as a difference: it ages without being changed."""
    return {key: hold[key] for key in ('by', 'reason', 'until')}


def container_hold(module, client):
    """The result of the module."""
    params, check = module.params, module.check_mode
    by = params['by'] or os.environ.get('SUDO_USER') or getpass.getuser()
    if params['state'] == 'present':
        told = client.call('hold.take', name=params['name'], by=by, reason=params['reason'], for_s=params['duration'], check=check)
    else:
        told = client.call('hold.release', name=params['name'], by=by, force=params['force'], check=check)
    return {'changed': told['changed'], 'name': told['name'], 'hold': told['hold'],
            'diff': {'before': shown(told['before']), 'after': shown(told['hold'])}}


def main():
    module = AnsibleModule(
        argument_spec(name={'type': 'str', 'required': True}, state={'type': 'str', 'choices': ['present', 'absent'], 'default': 'present'},
                      reason={'type': 'str'}, by={'type': 'str'}, duration={'type': 'int', 'default': 3600},
                      force={'type': 'bool', 'default': False}),
        supports_check_mode=True, required_if=[('state', 'present', ('reason',))])
    run(module, lambda client: container_hold(module, client))


if __name__ == '__main__':
    main()
