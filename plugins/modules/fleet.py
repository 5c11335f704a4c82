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
"""

RETURN = r"""
weights:
  description: The weights as they are now, or in check mode as they would be.
  returned: success
  type: dict
  sample: {alpha: 1.0, beta: 3.0, tau: 1.0}
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.protocol.client import argument_spec, run

WEIGHTS = ('alpha', 'beta', 'tau')


def fleet(module, client):
    """The result of the module."""
    now = client.call('fleet.info')['weights']
    wanted = {name: float(now[name] if module.params[name] is None else module.params[name]) for name in WEIGHTS}
    told = client.call('fleet.set', check=module.check_mode, **wanted)
    return {'changed': told['changed'], 'weights': told['weights'],
            'diff': {'before': told['before'], 'after': told['weights']}}


def main():
    module = AnsibleModule(argument_spec(**{name: {'type': 'float'} for name in WEIGHTS}), supports_check_mode=True)
    run(module, lambda client: fleet(module, client))


if __name__ == '__main__':
    main()
