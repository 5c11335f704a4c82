#!/usr/bin/python
# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: leave
short_description: Take a drained or dead host out of a fleet
version_added: 1.0.0
author: The ringfleet.core authors (@ringfleet)
description:
  - Checks that a host may go, notes that it has left, and broadcasts it; the others forget it. Its row stays C(left).
  - A part of the playbook ringfleet.core.exit, which also takes its ring node out and stops its services. Ask another member than the host itself.
options:
  host:
    description: The host, by its name in the fleet.
    type: str
    required: true
  dead:
    description: It is lost and never comes back.
    type: bool
    default: false
  abandon:
    description: With O(dead=true), give up the containers that are bound to it. Nobody holds them any more; started anywhere, they are adopted there.
    type: bool
    default: false
  disarm:
    description: Accept that with fewer than three hosts no lost host is failed over.
    type: bool
    default: false
extends_documentation_fragment:
  - ringfleet.core.ringfleet
  - ringfleet.core.ringfleet.attributes
  - ringfleet.core.ringfleet.actiongroup
attributes:
  check_mode:
    support: full
    details: A host that is alive and not drained yet is no failure in check mode, since it can still be drained.
  diff_mode:
    support: full
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: May it go
  ringfleet.core.leave:
    host: h3
  check_mode: true

- name: It has gone
  ringfleet.core.leave:
    host: h3
"""

RETURN = r"""
host:
  description: The host.
  returned: success
  type: str
state:
  description: Its state.
  returned: success
  type: str
  sample: left
address:
  description: The address of its ring node.
  returned: success
  type: str
drained:
  description: Whether it is drained or dead, so that it may go at once.
  returned: success
  type: bool
abandoned:
  description: Names of the containers that go with it.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.protocol.client import argument_spec, asker, run


def leave(module, client):
    """The result of the module."""
    params = module.params
    asked = {key: params[key] for key in ('host', 'dead', 'abandon', 'disarm')}
    told = client.call('exit.check', **asked)
    before = told['state']
    if not module.check_mode:
        told = client.call('exit.leave', by=asker(), **asked)
    return dict({key: told[key] for key in ('host', 'state', 'address', 'drained', 'abandoned')}, changed=before != 'left',
                diff={'before': {'state': before}, 'after': {'state': 'left'}})


def main():
    module = AnsibleModule(argument_spec(
        host={'type': 'str', 'required': True}, dead={'type': 'bool', 'default': False}, abandon={'type': 'bool', 'default': False},
        disarm={'type': 'bool', 'default': False}), supports_check_mode=True)
    run(module, lambda client: leave(module, client))


if __name__ == '__main__':
    main()
