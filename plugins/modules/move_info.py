#!/usr/bin/python
# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: move_info
short_description: Show moves of containers, step by step
version_added: 1.0.0
author: The ringfleet.core authors (@ringfleet)
description:
  - Shows moves with each step, its time and the side that took it (steps S201 to S302 and figure 9 of the patent). Moves are
    kept for 30 days.
options:
  id:
    description: Only this move.
    type: str
  name:
    description: Only moves of this container.
    type: str
  open:
    description: Only moves that did not end yet.
    type: bool
    default: false
extends_documentation_fragment:
  - ringfleet.core.ringfleet
  - ringfleet.core.ringfleet.attributes
  - ringfleet.core.ringfleet.info
  - ringfleet.core.ringfleet.actiongroup
"""

EXAMPLES = r"""
- name: What is on its way now
  ringfleet.core.move_info:
    open: true

- name: Where a container has been
  ringfleet.core.move_info:
    name: web
"""

RETURN = r"""
observer:
  description: The host that answered.
  returned: success
  type: str
  sample: h1
moves:
  description: The moves, newest first.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Its id.
      type: str
    name:
      description: The container.
      type: str
    source:
      description: The host it leaves.
      type: str
    target:
      description: The host it goes to.
      type: str
    trigger:
      description: Why it was begun.
      type: str
    by:
      description: Who asked for it.
      type: str
    mode:
      description: V(start-first) or V(stop-first); empty until it is planned.
      type: str
    outcome:
      description:
        - V(open), V(committed), V(done), V(unhealthy) (it is there and not well), V(aborted), or V(abandoned) (no host has a part in it and it
          did not end, as when whoever asked for it died meanwhile).
      type: str
    source_step:
      description: The source's last step.
      type: str
    source_note:
      description: What the source says of it; the reason of an abort.
      type: str
    target_step:
      description: The target's last step.
      type: str
    target_note:
      description: What the target says of it.
      type: str
    next:
      description: The move that asks the next best host after this one was declined, or empty.
      type: str
    waits_for:
      description: What the answering host, where it is a side of the move, waits for.
      type: str
    stuck_s:
      description: Seconds for which it has only waited, once that is over three minutes (with an image on its way, over its time limit); else 0.
      type: int
    steps:
      description: Each step and its time in milliseconds since the epoch, on the clock of the side that took it.
      type: list
      elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.protocol.client import argument_spec, run


def main():
    module = AnsibleModule(argument_spec(id={'type': 'str'}, name={'type': 'str'},
                                         open={'type': 'bool', 'default': False}), supports_check_mode=True)
    run(module, lambda client: dict(client.call(
        'move.info', id=module.params['id'] or '', name=module.params['name'] or '', open=module.params['open']),
        changed=False))


if __name__ == '__main__':
    main()
