# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter variable_problems."""

from __future__ import annotations

DOCUMENTATION = r"""
name: variable_problems
short_description: Check the fleet's variables, all of them at once
version_added: "1.0.0"
author: The ringfleet.core authors (@ringfleet)
description:
  - Compares variables with an argument spec and returns a sentence for each that is unknown, missing or of the wrong type.
  - No sentence holds a value, so that the result may be shown.
positional: spec
options:
  _input:
    description: Names and values of the variables that are set.
    type: dict
    required: true
  spec:
    description: Argument spec, one entry a variable, each with a description.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse what is not known
  ansible.builtin.assert:
    that: "{'ringfleet_sekret': 'x'} | ringfleet.core.variable_problems({'ringfleet_secret': {'type': 'str', 'description': 'The secret.'}}) == []"
"""

RETURN = r"""
_value:
  description: One sentence a problem, with its remedy.
  type: list
  elements: str
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.ringfleet.core.plugins.plugin_utils.variables import problems


def variable_problems(given: dict, spec: dict) -> list:
    """See DOCUMENTATION."""
    if not isinstance(given, dict) or not isinstance(spec, dict):
        raise AnsibleFilterError("variable_problems needs two dictionaries")
    return problems(given, spec)


class FilterModule:
    """Names of the filters in this file."""

    def filters(self) -> dict:
        """Called by Ansible."""
        return {"variable_problems": variable_problems}
