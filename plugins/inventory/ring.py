# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventory plugin ring."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ring
short_description: The hosts of a fleet, as its ring knows them
version_added: "1.0.0"
author: The ringfleet.core authors (@ringfleet)
description:
  - Reads the members of a fleet from the ring itself, over TLS, as a role that may read the fleet's tables and nothing else.
  - Each host has its address as C(ansible_host), and as variables C(ring_state), C(ring_generation), C(ring_since_at), C(ring_by),
    C(ring_facts), C(ring_load), C(ring_suspects), C(ring_beat_at) and C(ring_containers), the names of the containers that it holds.
  - Each host is in the group O(group), in C(state_) with its state, and in C(runs_) with the name of each container that it holds and that
    shall run.
  - The file's name ends with C(ring.yml) or C(ring.yaml).
notes:
  - The controller's Python needs the package C(cassandra-driver), and must reach the contact points' port for CQL.
extends_documentation_fragment:
  - constructed
  - inventory_cache
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [ringfleet.core.ring]
  contact_points:
    description: Addresses of some members; one that answers is enough.
    type: list
    elements: str
    required: true
  port:
    description: The ring's port for CQL.
    type: int
    default: 9042
  ca:
    description:
      - Certificate of the fleet's authority, as a PEM text or as the path of a file with it.
      - It derives from the fleet's secret by P(ringfleet.core.ca_certificate#filter), and is no secret.
    type: str
    required: true
    env:
      - name: RINGFLEET_CA
  user:
    description: The ring's role that reads.
    type: str
    default: ringfleet_reader
    env:
      - name: RINGFLEET_READER_USER
  password:
    description:
      - Its password, which derives from the fleet's secret by P(ringfleet.core.derived_password#filter).
      - May be encrypted by a vault, or be a template.
    type: str
    required: true
    env:
      - name: RINGFLEET_READER_PASSWORD
  timeout:
    description: Seconds to wait for a node.
    type: float
    default: 10
  group:
    description: The group of all hosts.
    type: str
    default: ringfleet
  exclude_states:
    description: Hosts in these states are left out.
    type: list
    elements: str
    default: [left]
  strict_ring:
    description:
      - Whether a ring that does not answer is an error.
      - If V(false), it is a warning, and the inventory is what the cache has, or empty.
    type: bool
    default: true
"""

EXAMPLES = r"""
# fleet.ring.yml: the password in the environment variable RINGFLEET_READER_PASSWORD
plugin: ringfleet.core.ring
contact_points: [10.0.0.11, 10.0.0.12, 10.0.0.13]
ca: /etc/ansible/ringfleet-ca.pem

---
# prod.ring.yml: from the fleet's secret, with groups of one's own, and a cache
plugin: ringfleet.core.ring
contact_points: [10.0.0.11]
ca: "{{ lookup('ansible.builtin.env', 'RINGFLEET_SECRET') | ringfleet.core.ca_certificate }}"
password: "{{ lookup('ansible.builtin.env', 'RINGFLEET_SECRET') | ringfleet.core.derived_password('ringfleet_reader') }}"
strict_ring: false
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/ringfleet/inventory
cache_timeout: 60
compose:
  ansible_user: "'root'"
  cpu_free: ring_load.cpu_capacity - ring_load.cpu_used
groups:
  contended: ring_load.contended | length > 0
keyed_groups:
  - key: ring_facts.disk | default('unknown')
    prefix: disk
"""

import typing

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable, get_cache_plugin

from ansible_collections.ringfleet.core.plugins.module_utils.model import RUNNING
from ansible_collections.ringfleet.core.plugins.plugin_utils.ring_reader import ReaderError, RingAway, open_ring, read


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """See DOCUMENTATION."""

    NAME = "ringfleet.core.ring"

    def verify_file(self, path: str) -> bool:
        """Whether the file is one of this plugin's, by its name."""
        return super().verify_file(path) and path.endswith(("ring.yml", "ring.yaml"))

    def parse(self, inventory: typing.Any, loader: typing.Any, path: str, cache: bool = True) -> None:
        """Fill the inventory from the ring, or from the cache."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        self.load_cache_plugin()
        self._fill(self._tables(self.get_cache_key(path), cache))

    def _tables(self, key: str, use_cache: bool) -> dict[str, list[dict]]:
        keeps = self.get_option("cache")
        if keeps and use_cache and key in self._cache:
            return self._cache[key]
        try:
            tables = self._ask()
        except RingAway as error:
            if self.get_option("strict_ring"):
                raise AnsibleParserError(f"{self.NAME}: {error}") from error
            kept = self._kept(key) if keeps else None
            self.display.warning(f"{self.NAME}: {error}; {'what the cache has is used' if kept else 'the inventory is empty'}")
            return kept or {"hosts": [], "containers": [], "beats": []}
        except ReaderError as error:
            raise AnsibleParserError(f"{self.NAME}: {error}") from error
        if keeps:
            self._cache[key] = tables
        return tables

    def _kept(self, key: str) -> dict[str, list[dict]] | None:
        """What the cache has, also past its timeout: an old answer of a ring that is away is better than none."""
        options = {f"_{name}": self.get_option(f"cache_{option}") for name, option in (("uri", "connection"), ("prefix", "prefix"))}
        ageless = get_cache_plugin(self.get_option("cache_plugin"), _timeout=0, **{name: value for name, value in options.items() if value is not None})
        return self._cache.get(key) or ageless.get(key)

    def _ask(self) -> dict[str, list[dict]]:
        ca, user, password = (self.templar.template(self.get_option(name)) for name in ("ca", "user", "password"))
        session = open_ring(self.get_option("contact_points"), self.get_option("port"), ca, user, password, self.get_option("timeout"))
        try:
            return read(session)
        finally:
            session.cluster.shutdown()

    def _fill(self, tables: dict[str, list[dict]]) -> None:
        beats = {beat["host"]: beat for beat in tables["beats"]}
        everybody = self.inventory.add_group(self._sanitize_group_name(self.get_option("group")))
        for row in tables["hosts"]:
            if row["state"] in self.get_option("exclude_states") or not row["state"]:
                continue
            held = [each for each in tables["containers"] if each["holder"] == row["host"]]
            self._add(row, beats.get(row["host"]), held)
            groups = [everybody, f"state_{row['state']}", *(f"runs_{each['name']}" for each in held if each["intent"] == RUNNING)]
            for name in groups:
                self.inventory.add_child(self.inventory.add_group(self._sanitize_group_name(name)), row["host"])
            self._construct(row["host"])

    def _add(self, row: dict, beat: dict | None, held: list[dict]) -> None:
        self.inventory.add_host(row["host"])
        told = {f"ring_{name}": row[name] for name in ("state", "generation", "since_at", "by", "facts")}
        told.update(ansible_host=row["address"], ring_containers=[each["name"] for each in held],
                    ring_load=beat["load"] if beat else {}, ring_suspects=beat["suspects"] if beat else [], ring_beat_at=beat["beat_at"] if beat else 0)
        for name, value in told.items():
            self.inventory.set_variable(row["host"], name, value)

    def _construct(self, host: str) -> None:
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), self.inventory.get_host(host).get_vars(), host, strict=strict)
        variables = self.inventory.get_host(host).get_vars()
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict=strict)
