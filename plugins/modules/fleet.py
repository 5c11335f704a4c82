#!/usr/bin/python
# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: fleet
short_description: Set what holds for a whole fleet
version_added: 1.0.0
author: The ringfleet.core authors (@ringfleet)
description:
  - Sets the weights of formula (1-1), A = (C * alpha + M * beta) / (T * tau), for every member at once. Those not given stay.
  - Pauses what the fleet decides by itself, with a reason that is shown wherever somebody looks, and lets it go on. Moves that are
    open come to their end, and what a person asks for is still done.
  - O(tau) scales A and cannot change a choice; it is there because the patent has it.
options:
  alpha:
    description: Weight of free CPU; greater than 0.
    type: float
  beta:
    description: Weight of available memory; greater than 0.
    type: float
  tau:
    description: Weight of the route time; greater than 0.
    type: float
  paused:
    description: Whether the fleet decides nothing by itself.
    type: bool
  reason:
    description: Why it is paused, for everybody who looks; needed with O(paused=true).
    type: str
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
    support: full
"""

EXAMPLES = r"""
- name: Memory counts three times as much as CPU
  ringfleet.core.fleet:
    alpha: 1
    beta: 3

- name: Nothing moves by itself while the switches are replaced
  ringfleet.core.fleet:
    paused: true
    reason: switches are replaced, ask Ada

- name: Go on
  ringfleet.core.fleet:
    paused: false
"""

RETURN = r"""
weights:
  description: The weights as they are now, or in check mode as they would be.
  returned: success
  type: dict
  sample: {alpha: 1.0, beta: 3.0, tau: 1.0}
pause:
  description: The pause as it is now, or in check mode as it would be; without one its C(reason) is empty.
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
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.protocol.client import argument_spec, asker, run

WEIGHTS = ('alpha', 'beta', 'tau')


def fleet(module, client):
    """The result of the module."""
    now, check, params = client.call('fleet.info'), module.check_mode, module.params
    result = {'changed': False, 'weights': now['weights'], 'pause': now['pause'],
              'diff': {'before': dict(now['weights'], pause=now['pause']['reason']), 'after': {}}}
    if any(params[name] is not None for name in WEIGHTS):
        wanted = {name: float(now['weights'][name] if params[name] is None else params[name]) for name in WEIGHTS}
        told = client.call('fleet.set', check=check, **wanted)
        result.update(changed=told['changed'], weights=told['weights'])
    if params['paused'] is not None:
        reason = params['reason'] if params['paused'] else ''
        told = client.call('fleet.pause', reason=reason, by=asker(), check=check)
        result.update(changed=told['changed'] or result['changed'], pause=told['pause'])
    result['diff']['after'] = dict(result['weights'], pause=result['pause']['reason'])
    return result


def main():
    module = AnsibleModule(argument_spec(paused={'type': 'bool'}, reason={'type': 'str'}, **{name: {'type': 'float'} for name in WEIGHTS}),
                           supports_check_mode=True, required_if=[('paused', True, ('reason',))])
    run(module, lambda client: fleet(module, client))


if __name__ == '__main__':
    main()
