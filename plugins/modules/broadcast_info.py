#!/usr/bin/python
# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: broadcast_info
short_description: Show what was broadcast in a fleet
version_added: 1.0.0
author: The ringfleet.core authors (@ringfleet)
description:
  - Broadcasts tell every host to look now (a host joined, a container moved, a move took effect). They are kept for two hours;
    the truth is always in the tables.
options:
  since:
    description: Those of the last so many seconds; at most two hours.
    type: int
    default: 3600
  kind:
    description: Only broadcasts of this kind.
    type: str
    choices: [joined, adopted, released, moved, effective, lost, away, back, expired, leaving, drained, left]
extends_documentation_fragment:
  - ringfleet.core.ringfleet
  - ringfleet.core.ringfleet.attributes
  - ringfleet.core.ringfleet.info
  - ringfleet.core.ringfleet.actiongroup
"""

EXAMPLES = r"""
- name: What moved in the last ten minutes
  ringfleet.core.broadcast_info:
    since: 600
    kind: moved
"""

RETURN = r"""
observer:
  description: The host that answered.
  returned: success
  type: str
  sample: h1
broadcasts:
  description: The broadcasts, oldest first.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Its id.
      type: str
    kind:
      description: What happened.
      type: str
    host:
      description: The host that told it.
      type: str
    name:
      description: The container, or empty.
      type: str
    move:
      description: The move, or empty.
      type: str
    detail:
      description: More, for people.
      type: str
    sent_at:
      description: When, in milliseconds since the epoch on the sender's clock.
      type: int
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.model import BROADCAST_KINDS
from ..module_utils.protocol.client import argument_spec, run


def main():
    module = AnsibleModule(argument_spec(
        since={'type': 'int', 'default': 3600},
        kind={'type': 'str', 'choices': list(BROADCAST_KINDS)}),
        supports_check_mode=True)
    run(module, lambda client: dict(client.call('broadcast.info', since_s=module.params['since'],
                                                kind=module.params['kind'] or ''), changed=False))


if __name__ == '__main__':
    main()
