# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter derived_key."""

from __future__ import annotations

DOCUMENTATION = r"""
name: derived_key
short_description: Symmetric key for one purpose, derived from the fleet's secret
version_added: "1.0.0"
author: The ringfleet.core authors (@ringfleet)
description:
  - Derives 32 bytes by HKDF-SHA256 and returns them in base64. The same secret and purpose give the same key on every controller.
positional: purpose
options:
  _input:
    description: The fleet's one secret, C(ringfleet_secret), at least 32 characters.
    type: str
    required: true
  purpose:
    description: What the key is for, for example V(seal).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Know the key that seals the specs of containers
  ansible.builtin.set_fact:
    seal_key: "{{ ringfleet_secret | ringfleet.core.derived_key('seal') }}"
  no_log: true
"""

RETURN = r"""
_value:
  description: The key in base64.
  type: str
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.ringfleet.core.plugins.plugin_utils.trust import TrustError, key


def derived_key(secret: str, purpose: str) -> str:
    """See DOCUMENTATION."""
    try:
        return key(secret, purpose)
    except TrustError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Names of the filters in this file."""

    def filters(self) -> dict:
        """Called by Ansible."""
        return {"derived_key": derived_key}
