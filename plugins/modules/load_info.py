#!/usr/bin/python
# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: load_info
short_description: Show the load that the hosts of a fleet share
version_added: 1.0.0
author: The ringfleet.core authors (@ringfleet)
description:
  - Shows the fused load reports of hosts and containers, as every host shares them through the ring (steps S101 to S105 of
    the patent). A report joins resource figures from control groups, health, and findings in the log.
options:
  host:
    description: Only this host.
    type: str
  name:
    description: Only this container.
    type: str
extends_documentation_fragment:
  - ringfleet.core.ringfleet
  - ringfleet.core.ringfleet.attributes
  - ringfleet.core.ringfleet.info
  - ringfleet.core.ringfleet.actiongroup
"""

EXAMPLES = r"""
- name: The load of the whole fleet
  ringfleet.core.load_info:
  register: fleet_load

- name: One container, wherever it runs
  ringfleet.core.load_info:
    name: web
"""

RETURN = r"""
observer:
  description: The host that answered.
  returned: success
  type: str
  sample: h1
hosts:
  description: The hosts, by name.
  returned: success
  type: list
  elements: dict
  contains:
    host:
      description: The host's name in the fleet.
      type: str
    load:
      description: The host's own figures; CPU in cores, memory in bytes, pressure in percent or -1 where there is none.
      type: dict
    containers:
      description:
        - One report for each container that the host holds.
        - C(cpu_throttled) is the share of periods in which it met its own CPU limit; C(immovable) tells why it cannot move.
        - C(mode) is V(start-first) or V(stop-first), C(rebalance) whether its label C(ringfleet.rebalance) is true, and C(rules) the
          terms of its placement labels, such as V(require disk=ssd).
        - C(anomaly) is the verdict, V(none), V(mild) or V(severe), with its C(reasons). C(own_fault) says that the container does it to
          itself, so that moving it would not help; such a verdict is never V(severe).
        - C(started) is when this run began, C(restarts) how often the engine started it again, C(exit_code) how the last run ended.
          C(oom_kills) counts kills at its own memory limit since the watcher watches it.
      type: list
      elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.protocol.client import argument_spec, run


def main():
    module = AnsibleModule(argument_spec(host={'type': 'str'}, name={'type': 'str'}), supports_check_mode=True)
    run(module, lambda client: dict(client.call('load.info', host=module.params['host'] or '',
                                                name=module.params['name'] or ''), changed=False))


if __name__ == '__main__':
    main()
