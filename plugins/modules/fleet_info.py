#!/usr/bin/python
# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_info
short_description: Show what holds for a whole fleet
version_added: 1.0.0
author: The ringfleet.core authors (@ringfleet)
description:
  - Shows the members of a fleet and the weights of formula (1-1), by which targets are chosen, whether it is paused, and whether
    the containers of a lost host are made elsewhere.
  - Shows how many more hosts may be lost, what would be stuck with each, and what waits for a place now and why, also of a failover that
    another host coordinates.
extends_documentation_fragment:
  - ringfleet.core.ringfleet
  - ringfleet.core.ringfleet.attributes
  - ringfleet.core.ringfleet.info
  - ringfleet.core.ringfleet.actiongroup
"""

EXAMPLES = r"""
- name: What holds here
  ringfleet.core.fleet_info:
  register: fleet
"""

RETURN = r"""
observer:
  description: The host that answered.
  returned: success
  type: str
  sample: h1
hosts:
  description: The members' names.
  returned: success
  type: list
  elements: str
weights:
  description: The weights C(alpha) of the CPU, C(beta) of the memory and C(tau) of the route time.
  returned: success
  type: dict
  sample: {alpha: 1.0, beta: 1.0, tau: 1.0}
pause:
  description: Whether the fleet is paused, so that it decides nothing by itself; without a pause its C(reason) is empty.
  returned: success
  type: dict
  contains:
    reason:
      description: Why.
      type: str
    by:
      description: Who paused it.
      type: str
    since_at:
      description: Since when, in milliseconds since the epoch.
      type: int
    age_s:
      description: For how many seconds.
      type: int
failover:
  description: Whether the loss of a host leads to a failover.
  returned: success
  type: dict
  contains:
    armed:
      description: Whether it does.
      type: bool
    why_not:
      description: Why it does not; empty when it does.
      type: str
    tolerance:
      description:
        - How many more C(hosts) may be lost, whichever they are, so that the ring keeps a quorum of every row, a strict majority may still
          declare the loss, and the failover stays armed. C(why) says what one more than that would take.
        - Copies of a lost ring node are missing until it returns or is replaced and repaired.
      type: dict
      sample: {hosts: 1, why: ["2 ring nodes down: some row may have no quorum of its 3 copies", "1 of 3 hosts alive is no majority"]}
    pending:
      description:
        - Containers of lost hosts that wait for a place, whoever coordinates their failover. Each has its C(name), the lost C(host), its
          C(coordinator), empty as long as nobody claimed the failover, C(why) it waits, and C(under_way), V(true) while its failover goes on.
      type: list
      elements: dict
    stuck:
      description:
        - What would be stuck if a host alone were lost now, for each C(host) in state C(normal), with its C(backups). Each of C(stuck) has the
          C(name) of a running container and C(why) it would wait, as being bound to its host or for want of room.
      type: list
      elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.protocol.client import argument_spec, run


def fleet_info(client):
    """The result of the module."""
    told, stuck = client.call('fleet.info'), client.call('fleet.rehearsal')['hosts']
    return dict(told, failover=dict(told['failover'], stuck=stuck), changed=False)


def main():
    module = AnsibleModule(argument_spec(), supports_check_mode=True)
    run(module, fleet_info)


if __name__ == '__main__':
    main()
