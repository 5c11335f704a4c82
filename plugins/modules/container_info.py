#!/usr/bin/python
# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: container_info
short_description: Show the managed containers of a fleet
version_added: 1.0.0
author: The ringfleet.core authors (@ringfleet)
description:
  - Shows each managed container's holder, epoch and instance, and whether it can move.
  - For containers of the host that answers it also shows how it would be recreated. Values of its environment and of labels
    that are not ringfleet's are masked, since they may be secret.
options:
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
- name: All managed containers
  ringfleet.core.container_info:
  register: fleet

- name: Where a container runs
  ringfleet.core.container_info:
    name: web
  register: web
"""

RETURN = r"""
observer:
  description: The host that answered.
  returned: success
  type: str
  sample: h1
containers:
  description: The containers, by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The container's name.
      type: str
    holder:
      description: The host that holds it; empty once it was released.
      type: str
    epoch:
      description: Counts its holders.
      type: int
    instance:
      description: Docker's id of it on its holder.
      type: str
    image:
      description: The image it was created from.
      type: str
    intent:
      description: V(running) or V(stopped), as its user wants it, or V(released) with M(ringfleet.core.container).
      type: str
    move:
      description: The open move's id, C(replace-...) while the one elsewhere that it replaces is not known to be down, or empty.
      type: str
    move_to:
      description: The open move's target, or empty.
      type: str
    previous:
      description: The holder before the last move, or of the version before it; of a released one the host where it goes on.
      type: str
    moved_at:
      description: When the last move took effect, in milliseconds since the epoch; 0 when it never moved.
      type: int
    moved_for:
      description:
        - The trigger of the last move, C(asked), C(contention), C(anomaly), C(rebalance), C(drain) or C(lost); empty after its user made a
          new version.
      type: str
    unrest:
      description: How many moves in a row nobody asked for; each doubles the time for which it is left alone.
      type: int
    exclusive:
      description: Whether it runs only under its holder's lease, so that two copies of it never run at once.
      type: bool
    priority:
      description: Which containers of a lost host come first; the higher number does.
      type: int
    hold_by:
      description: Who keeps it where it is until C(hold_until) with M(ringfleet.core.container_hold), empty when nobody does.
      type: str
    hold_for:
      description: The reason that was given for that.
      type: str
    hold_until:
      description: Until when it is kept there, in milliseconds since the epoch.
      type: int
    hold_s:
      description: Seconds that are left of that; 0 when nobody keeps it.
      type: int
    spec_hash:
      description: Identifies its creation request, which the fleet keeps sealed.
      type: str
    here:
      description: What a container of this name on the answering host is. V(ours), V(duplicate), V(replacement), V(released), V(copy of a move) ... or empty.
      type: str
    missing:
      description: Whether the answering host holds it and has no such container.
      type: bool
    immovable:
      description: Why it cannot move; empty when it can.
      type: list
      elements: str
    staged_on:
      description:
        - Those of its holder's backups that have its image already, so that a failover needs neither the holder nor a registry.
      type: list
      elements: str
    request:
      description: The masked creation request, or null when it is not on the answering host.
      type: dict
problems:
  description: Containers of the answering host that somebody has to look after, with the reason. Labels do not parse, a container of that name is
    held elsewhere, or Docker cannot start it.
  returned: success
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.protocol.client import argument_spec, run


def main():
    module = AnsibleModule(argument_spec(name={'type': 'str'}), supports_check_mode=True)
    run(module, lambda client: dict(client.call('container.info', name=module.params['name'] or ''), changed=False))


if __name__ == '__main__':
    main()
