# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter host_certificate."""

from __future__ import annotations

DOCUMENTATION = r"""
name: host_certificate
short_description: Key and certificate of a host, derived from the fleet's secret
version_added: "1.0.0"
author: The ringfleet.core authors (@ringfleet)
description:
  - Makes an EC P-256 key and a certificate that is valid for the host's name, its address and the common name C(ringfleet-node).
  - The result is byte-equal whenever it is made from the same input, so that a second run, from any controller, changes nothing.
notes:
  - The controller's Python needs the package C(cryptography), 43 or newer.
positional: host, address
options:
  _input:
    description: The fleet's one secret, C(ringfleet_secret), at least 32 characters.
    type: str
    required: true
  host:
    description: Name of the host in the fleet, 1 to 64 ASCII characters.
    type: str
    required: true
  address:
    description: IP address of the host for the ring.
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
- name: Write what a ring node needs to prove itself
  ansible.builtin.copy:
    content: "{{ cert.key }}{{ cert.certificate }}{{ cert.ca }}"
    dest: /etc/ringfleet/tls/node.pem
    mode: "0600"
  vars:
    cert: "{{ ringfleet_secret | ringfleet.core.host_certificate(inventory_hostname, '10.0.0.11') }}"
  no_log: true
"""

RETURN = r"""
_value:
  description: The host's key and certificates.
  type: dict
  contains:
    key:
      description: Private key, PEM (PKCS8).
      type: str
    certificate:
      description: The host's certificate, PEM.
      type: str
    ca:
      description: Certificate of the authority, PEM.
      type: str
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.ringfleet.core.plugins.plugin_utils.certificates import authority, host_certificate as make_certificate
from ansible_collections.ringfleet.core.plugins.plugin_utils.trust import TrustError


def host_certificate(secret: str, host: str, address: str, ca_certificate: str | None = None, ca_key: str | None = None) -> dict:
    """See DOCUMENTATION."""
    try:
        return make_certificate(secret, authority(secret, ca_certificate, ca_key), host, address)
    except TrustError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Names of the filters in this file."""

    def filters(self) -> dict:
        """Called by Ansible."""
        return {"host_certificate": host_certificate}
