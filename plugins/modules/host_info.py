#!/usr/bin/python
# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: host_info
short_description: Show the hosts of a fleet as one of them sees them
version_added: 1.0.0
author: The ringfleet.core authors (@ringfleet)
description:
  - Asks the local watcher for the hosts of the fleet, with the three signals of life it has of each, told apart. The watcher's
    beat in the state table, the heartbeat of the ring node in Cassandra's gossip, and the answer of the guard to a probe.
  - Ages are judged by the observer's own clock, from the change of a counter.
  - Tells what this observer makes of each host, who its backups are, and whether it would be declared lost; and its lease.
options:
  name:
    description: Only this host, by its name in the fleet (its C(inventory_hostname) at join).
    type: str
extends_documentation_fragment:
  - ringfleet.core.ringfleet
  - ringfleet.core.ringfleet.attributes
  - ringfleet.core.ringfleet.info
  - ringfleet.core.ringfleet.actiongroup
"""

EXAMPLES = r"""
- name: Who is in the fleet
  ringfleet.core.host_info:
  register: fleet

- name: One host
  ringfleet.core.host_info:
    name: h1
"""

RETURN = r"""
observer:
  description: The host that answered.
  returned: success
  type: str
  sample: h1
suspects:
  description: The hosts that this observer takes for lost, silent by all three signals; what its beat tells the others.
  returned: success
  type: list
  elements: str
  sample: [h3]
judges_nobody:
  description:
    - Why this observer judges nobody now, as after a pause of its own or while it cannot read; empty when it does.
  returned: success
  type: str
  sample: "it paused for 3.2 s, over for 1.0 of 5 s"
hosts:
  description: The hosts, by name.
  returned: success
  type: list
  elements: dict
  contains:
    host:
      description: The host's name in the fleet.
      type: str
    state:
      description: V(joining), V(normal), V(leaving), V(drained), V(left) or V(lost).
      type: str
    generation:
      description: How many times it joined.
      type: int
    since_at:
      description: Since when it is in this state, in milliseconds since the epoch.
      type: int
    by:
      description: Who put it into this state.
      type: str
    away_until:
      description:
        - Until when its silence is no death, since it shut down or reboots in order, in milliseconds since the epoch. 0 when it is not away.
      type: int
    away_s:
      description: Seconds that are left of that by the observer's clock, 0 when none are.
      type: int
    address:
      description: The address by which the others reach it.
      type: str
    boot_id:
      description: The kernel's boot id.
      type: str
    facts:
      description:
        - What placement labels may ask about it besides its name. C(rack), C(datacenter), C(architecture) as soon as its engine
          answered once, and its own facts.
      type: dict
      sample: {architecture: amd64, rack: rack1, datacenter: dc1, disk: ssd}
    signs:
      description: V(alive), V(watcher down), V(ring node down), V(silent), or V(unseen) by this observer so far. By beat and gossip alone.
      type: str
    beat:
      description:
        - The watcher's signal of life. C(age_s) is null as long as it was never seen. C(silent) is true once it is judged silent.
      type: dict
    gossip:
      description: The ring node's signal of life, with C(age_s) and C(silent) alike, and what gossip tells of it.
      type: dict
    probe:
      description:
        - The guard's signal of life. C(age_s) is the time since its last answer, null where there was none. C(boot_id) is what it
          told then, C(error) why the last probe had no answer. C(silent) is true once it had none for as long as makes a host lost.
      type: dict
    liveness:
      description:
        - What this observer makes of the host. C(word) is V(alive), V(lost), V(away) during an orderly absence, V(not judged), or which
          of V(watcher down), V(ring node down) and V(unreachable) it is; C(since_s) for how many seconds, null where nothing is silent.
        - C(finding) says whether this observer would declare it lost and why, or why not. Empty for the observer itself.
      type: dict
      sample: {word: lost, since_s: 6.0, finding: "h3 is lost: silent for 6 s by beat, gossip and probe, h2 sees it so too, 2 of 3 hosts are alive"}
    lease:
      description:
        - Its lease, under which its exclusive containers run. C(held) is whether it has one that did not run out, C(renewals) how often
          it was renewed, C(ttl_s) for how many seconds it is good, 0 without one, C(expired) whether an observer saw it run out.
        - C(age_s) is the time since it was renewed, as this observer saw it, null where there is nothing to be seen. C(fence_in_s) is, for
          the observer itself, in how many seconds its guard would end what is exclusive, negative once that is past, else null.
      type: dict
      sample: {held: true, renewals: 812, ttl_s: 30.0, expired: false, age_s: 1.2, fence_in_s: null}
    clock:
      description:
        - How far its clock is off the observer's, by the times in its beats. C(ahead_s) is the seconds by which it is at least ahead, negative
          those by which it is at least behind, 0 where neither is sure. Null where it is not known, as of a host that does not beat, and for
          its first ten beats.
        - C(skewed) is whether that is more than the 2 s with which a host may join. Where one observer says so of all the others, its own is off.
      type: dict
      sample: {ahead_s: -4.1, skewed: true}
    repair:
      description:
        - The last full repair of its ring node's ranges, which is due each week. C(age_s) is the time since its end by the observer's clock,
          null where none is known; C(ended_at) the same in milliseconds since the epoch, 0 where none is known.
      type: dict
      sample: {age_s: 262144, ended_at: 1750000000000}
    backups:
      description: The hosts that observe it and are asked first to take over what it runs, at most two; the same whoever is asked.
      type: list
      sample: [h2, h3]
    suspects:
      description: The hosts that it takes for lost itself, by its last beat.
      type: list
    routes:
      description: The route times from it to the other hosts in milliseconds, smoothed; T of formula (1-1).
      type: dict
    load:
      description:
        - The host's load in its last beat; CPU in cores, memory in bytes, pressure in percent or -1 where there is none.
        - C(contended) says what is too much, in words. C(unjudged) says why no verdict is made now, as while a move runs there.
      type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.protocol.client import argument_spec, run


def main():
    module = AnsibleModule(argument_spec(name={'type': 'str'}), supports_check_mode=True)
    run(module, lambda client: dict(client.call('host.info', name=module.params['name'] or ''), changed=False))


if __name__ == '__main__':
    main()
