#!/usr/bin/python
# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: target_info
short_description: Show which host is the best for a container, and why
version_added: 1.0.0
author: The ringfleet.core authors (@ringfleet)
description:
  - Computes formula (1-1) of the patent, A = (C * alpha + M * beta) / (T * tau), for every host as a target for a container. It is
    what M(ringfleet.core.migrate) would choose without a host.
  - A name that is not managed yet is placed wherever it is best, so that a play can create it there with C(delegate_to).
options:
  name:
    description: The container, managed or new.
    type: str
    required: true
extends_documentation_fragment:
  - ringfleet.core.ringfleet
  - ringfleet.core.ringfleet.attributes
  - ringfleet.core.ringfleet.info
  - ringfleet.core.ringfleet.actiongroup
"""

EXAMPLES = r"""
- name: Where would it go
  ringfleet.core.target_info:
    name: web
  register: best

- name: Create a new container on the best host
  community.docker.docker_container:
    name: fresh
    image: nginx
    labels:
      ringfleet.managed: "true"
  delegate_to: "{{ best.target }}"
"""

RETURN = r"""
observer:
  description: The host that answered.
  returned: success
  type: str
  sample: h1
name:
  description: The container.
  returned: success
  type: str
source:
  description: The host that holds it, or empty.
  returned: success
  type: str
target:
  description: The best host, or empty when nobody can take it.
  returned: success
  type: str
sentence:
  description: Why, in words.
  returned: success
  type: str
candidates:
  description: Every host, best first.
  returned: success
  type: list
  elements: dict
  contains:
    host:
      description: The candidate.
      type: str
    C:
      description: Its free CPU over the best candidate's.
      type: float
    M:
      description: Its available memory over the best candidate's.
      type: float
    T:
      description: The smoothed route time from the source to it in milliseconds, not under 1.
      type: float
    A:
      description: The result of the formula; 0 for those excluded.
      type: float
    leaning:
      description: How much placement labels like it; the greatest goes before A.
      type: int
    excluded:
      description: Why it cannot be chosen; empty when it can.
      type: list
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.protocol.client import argument_spec, run


def main():
    module = AnsibleModule(argument_spec(name={'type': 'str', 'required': True}), supports_check_mode=True)
    run(module, lambda client: dict(client.call('target.info', name=module.params['name']), changed=False))


if __name__ == '__main__':
    main()
