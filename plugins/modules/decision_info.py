#!/usr/bin/python
# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: decision_info
short_description: Show why containers were moved, or not
version_added: 1.0.0
author: The ringfleet.core authors (@ringfleet)
description:
  - Shows the decisions that hosts recorded, with every candidate's C, M, T and A and the weights, so that anybody can compute the
    choice again. Decisions are kept for 30 days.
options:
  name:
    description: Only decisions on this container, and those on another one or on its whole host that say why this one stayed.
    type: str
  host:
    description: Only decisions of this host.
    type: str
  days:
    description: How many days to look back, today included; at most 31.
    type: int
    default: 1
extends_documentation_fragment:
  - ringfleet.core.ringfleet
  - ringfleet.core.ringfleet.attributes
  - ringfleet.core.ringfleet.info
  - ringfleet.core.ringfleet.actiongroup
"""

EXAMPLES = r"""
- name: Why is this container where it is
  ringfleet.core.decision_info:
    name: web
    days: 7
"""

RETURN = r"""
observer:
  description: The host that answered.
  returned: success
  type: str
  sample: h1
decisions:
  description: The decisions, newest first.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Its id.
      type: str
    host:
      description: The host that decided.
      type: str
    trigger:
      description: What made it decide; C(asked), C(contention) of its host, C(anomaly) of the container, C(rebalance) of the fleet, C(drain), or C(lost).
      type: str
    name:
      description: The container; empty where nothing moved on a whole host.
      type: str
    move:
      description: The move that followed.
      type: str
    choice:
      description: The host chosen; empty where nothing moved.
      type: str
    sentence:
      description: Why, in words.
      type: str
    brakes:
      description: Why each container stayed that might have gone instead.
      type: list
      elements: str
    stayed:
      description: Those of them that speak of the container that was asked for; empty where none was.
      type: list
      elements: str
    need:
      description: The cores C(cpu) and bytes C(memory) for which a host was looked for.
      type: dict
    rules:
      description: The container's placement labels at that time.
      type: list
      elements: str
    weights:
      description: The weights alpha, beta and tau at that time.
      type: dict
    candidates:
      description: Every candidate with C, M, T, A and why it was excluded.
      type: list
    decided_at:
      description: When, in milliseconds since the epoch on the deciding host's clock.
      type: int
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.protocol.client import argument_spec, run


def main():
    module = AnsibleModule(argument_spec(name={'type': 'str'}, host={'type': 'str'}, days={'type': 'int', 'default': 1}),
                           supports_check_mode=True)
    run(module, lambda client: dict(client.call(
        'decision.info', name=module.params['name'] or '', host=module.params['host'] or '', days=module.params['days']),
        changed=False))


if __name__ == '__main__':
    main()
