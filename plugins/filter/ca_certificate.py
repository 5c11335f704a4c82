# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter ca_certificate."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ca_certificate
short_description: Certificate of the fleet's authority, derived from its secret
version_added: "1.0.0"
author: The ringfleet.core authors (@ringfleet)
description:
  - Returns the certificate that every member of the fleet trusts. It is no secret.
notes:
  - The controller's Python needs the package C(cryptography), 43 or newer.
positional: ca_certificate, ca_key
options:
  _input:
    description: The fleet's one secret, C(ringfleet_secret), at least 32 characters.
    type: str
    required: true
  ca_certificate:
    description: PEM certificate of an authority of your own; without it the secret determines one.
    type: str
  ca_key:
    description: PEM private key (not encrypted, EC or RSA) that belongs to O(ca_certificate).
    type: str
"""

EXAMPLES = r"""
- name: Let a client of yours trust the ring
  ansible.builtin.copy:
    content: "{{ ringfleet_secret | ringfleet.core.ca_certificate }}"
    dest: /etc/ssl/ringfleet-ca.pem
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The certificate, PEM.
  type: str
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.ringfleet.core.plugins.plugin_utils.certificates import authority
from ansible_collections.ringfleet.core.plugins.plugin_utils.trust import TrustError


def ca_certificate(secret: str, ca_certificate: str | None = None, ca_key: str | None = None) -> str:
    """See DOCUMENTATION."""
    try:
        return authority(secret, ca_certificate, ca_key).pem
    except TrustError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Names of the filters in this file."""

    def filters(self) -> dict:
        """Called by Ansible."""
        return {"ca_certificate": ca_certificate}
