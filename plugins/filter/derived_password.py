# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter derived_password."""

from __future__ import annotations

DOCUMENTATION = r"""
name: derived_password
short_description: Password of a ring role, derived from the fleet's secret
version_added: "1.0.0"
author: The ringfleet.core authors (@ringfleet)
description:
  - Derives a password by HKDF-SHA256. The same secret and user give the same password on every controller.
positional: user
options:
  _input:
    description: The fleet's one secret, C(ringfleet_secret), at least 32 characters.
    type: str
    required: true
  user:
    description: Name of the role, for example V(ringfleet_watcher).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show nothing, but know the password of the watcher's role
  ansible.builtin.set_fact:
    store_password: "{{ ringfleet_secret | ringfleet.core.derived_password('ringfleet_watcher') }}"
  no_log: true
"""

RETURN = r"""
_value:
  description: The password, 32 characters of letters, digits, C(-) and C(_).
  type: str
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.ringfleet.core.plugins.plugin_utils.trust import TrustError, password


def derived_password(secret: str, user: str) -> str:
    """See DOCUMENTATION."""
    try:
        return password(secret, user)
    except TrustError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Names of the filters in this file."""

    def filters(self) -> dict:
        """Called by Ansible."""
        return {"derived_password": derived_password}
