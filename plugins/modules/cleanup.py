#!/usr/bin/python
# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: cleanup
short_description: Remove copies of containers that a move left behind on a host
version_added: 1.0.0
author: The ringfleet.core authors (@ringfleet)
description:
  - A finished move cleans up by itself (steps S301 and S302 of the patent). This removes what was left over nevertheless on
    the host it runs on, that is a copy made or replaced by a move, which its row does not name and no open move needs.
  - A copy is kept when nobody holds its container, or its holder is lost, silent or does not report it, since it may be the only
    one, and while somebody has a hold of its container (M(ringfleet.core.container_hold)). What a user made is never removed.
options:
  name:
    description: Only copies of this container.
    type: str
extends_documentation_fragment:
  - ringfleet.core.ringfleet
  - ringfleet.core.ringfleet.attributes
  - ringfleet.core.ringfleet.actiongroup
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details: The result lists what is removed.
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: What is left over here
  ringfleet.core.cleanup:
  check_mode: true

- name: Remove what is left over of one container
  ringfleet.core.cleanup:
    name: web
"""

RETURN = r"""
host:
  description: The host that was cleaned up.
  returned: success
  type: str
removed:
  description: The copies removed, or in check mode those that would be.
  returned: success
  type: list
  elements: dict
kept:
  description: Copies kept, each with C(why).
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.protocol.client import argument_spec, run


def cleanup(module, client):
    """The result of the module."""
    method = 'cleanup.check' if module.check_mode else 'cleanup.run'
    told = client.call(method, name=module.params['name'] or '')
    return dict(told, changed=bool(told['removed']))


def main():
    module = AnsibleModule(argument_spec(name={'type': 'str'}), supports_check_mode=True)
    run(module, lambda client: cleanup(module, client))


if __name__ == '__main__':
    main()
