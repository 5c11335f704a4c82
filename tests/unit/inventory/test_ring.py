# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin with a session that answers as the ring does; with a real ring it is tried on the lab."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import types
import typing

import cassandra
import pytest
import yaml
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import inventory_loader

from ansible_collections.ringfleet.core.plugins.inventory import ring
from ansible_collections.ringfleet.core.plugins.module_utils.model import Beat, ContainerRow, HostLoad, HostRow
from ansible_collections.ringfleet.core.plugins.module_utils.store.cells import to_cell
from ansible_collections.ringfleet.core.plugins.module_utils.store.schema import TABLES
from ansible_collections.ringfleet.core.plugins.plugin_utils import ring_reader, trust
from ansible_collections.ringfleet.core.plugins.plugin_utils.certificates import authority

ROWS = {
    "hosts": [HostRow("h1", "normal", 2, 1000, "h1", address="10.0.0.1", facts={"disk": "ssd"}), HostRow("h2", "lost", 1, 2000, "h1", address="10.0.0.2"),
              HostRow("h3", "left", 1, 2000, "h3", address="10.0.0.3")],
    "containers": [ContainerRow("web-1.a", "h1", 3), ContainerRow("db", "h1", 1, intent="stopped"),
                   ContainerRow("old", "", 2, intent="released", previous="h1")],
    "beats": [Beat("h1", "boot", 5, 7, 1234, "1.0.0", HostLoad(cpu_capacity=4.0, cpu_used=1.0, contended=("CPU",)), {"h2": 0.5}, ("h2",))],
}
NAME = "ringfleet.core.ring"
EXAMPLES = pathlib.Path(__file__).resolve().parents[3] / "examples"
SECRET = "unit-test-secret-0123456789-abcdefghij"
CONFIG = {"plugin": "ringfleet.core.ring", "contact_points": ["10.0.0.1"], "ca": "/ca.pem", "password": "planted-password"}


def loaded() -> ring.InventoryModule:
    """The plugin as Ansible's loader makes it; the loader itself does not find collections that are imported already."""
    inventory_loader._load_config_defs(NAME, ring, ring.__file__)
    inventory_loader._update_object(obj=ring.InventoryModule, name=NAME, path=ring.__file__, redirected_names=[NAME], resolved=NAME)
    return ring.InventoryModule()


class Session:
    """What the driver gives: cells, and an empty one for every column that a row of an older release lacks."""

    def __init__(self) -> None:
        self.cluster = types.SimpleNamespace(shutdown=lambda: self.events.append("closed"))
        self.events: list[str] = []
        self.newer = False

    def execute(self, query: str) -> list[dict]:
        """All rows of a table."""
        self.events.append(query)
        (table,) = [each for each in TABLES if query == f"SELECT * FROM ringfleet.{each.name}"]
        return [self._cells(table, row) for row in ROWS[table.name]]

    def _cells(self, table: typing.Any, row: typing.Any) -> dict:
        plain = {name: getattr(row, name, 0) for name in table.columns}
        cells = {name: json.dumps(value.to_dict()) if isinstance(value, HostLoad) else to_cell(value) or None for name, value in plain.items()}
        return dict(cells, of_a_newer_release="x") if self.newer else cells


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    """The ring answers."""
    made = Session()
    monkeypatch.setattr(ring, "open_ring", lambda *given: made.events.append(given) or made)
    return made


def away(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ring does not answer."""
    def refuse(*_given: object) -> None:
        raise ring.RingAway("the ring does not answer at 10.0.0.1, port 9042: test")

    monkeypatch.setattr(ring, "open_ring", refuse)


def parsed(folder: pathlib.Path, name: str = "fleet.ring.yml", cached: bool = True, **more: object) -> InventoryManager:
    """The inventory of such a file."""
    path = folder / name
    path.write_text(yaml.safe_dump(dict(CONFIG, **more)), encoding="utf-8")
    loader = DataLoader()
    manager = InventoryManager(loader, sources=[])
    plugin = loaded()
    assert plugin.verify_file(str(path))
    plugin.parse(manager._inventory, loader, str(path), cached)
    plugin.update_cache_if_changed()
    manager.reconcile_inventory()
    return manager


def groups(manager: InventoryManager) -> dict[str, list[str]]:
    return {name: sorted(hosts) for name, hosts in manager.get_groups_dict().items() if name not in ("all", "ungrouped")}


@pytest.mark.parametrize("newer", [False, True])
def test_hosts_have_their_address_state_and_load(tmp_path: pathlib.Path, session: Session, newer: bool) -> None:
    session.newer = newer
    manager = parsed(tmp_path)
    assert groups(manager) == {"ringfleet": ["h1", "h2"], "state_normal": ["h1"], "state_lost": ["h2"], "runs_web_1_a": ["h1"]}
    told = manager.get_host("h1").get_vars()
    assert (told["ansible_host"], told["ring_state"], told["ring_generation"], told["ring_facts"]) == ("10.0.0.1", "normal", 2, {"disk": "ssd"})
    assert (told["ring_load"]["cpu_capacity"], told["ring_load"]["contended"], told["ring_suspects"]) == (4.0, ["CPU"], ["h2"])
    assert told["ring_containers"] == ["db", "web-1.a"]
    silent = manager.get_host("h2").get_vars()
    assert (silent["ring_load"], silent["ring_containers"], silent["ring_beat_at"]) == ({}, [], 0)
    assert session.events[0] == (["10.0.0.1"], 9042, "/ca.pem", "ringfleet_reader", "planted-password", 10.0)
    assert session.events[-1] == "closed"
    assert all(event.startswith("SELECT * FROM ringfleet.") for event in session.events[1:-1])


def test_groups_and_variables_of_one_s_own(tmp_path: pathlib.Path, session: Session) -> None:
    manager = parsed(tmp_path, group="fleet", exclude_states=["lost", "left"], compose={"free": "ring_load.cpu_capacity - ring_load.cpu_used"},
                     groups={"busy": "ring_load.contended | length > 0", "idle": "free > 3.5"},
                     keyed_groups=[{"key": "ring_facts.disk", "prefix": "disk"}])
    assert groups(manager) == {"fleet": ["h1"], "state_normal": ["h1"], "runs_web_1_a": ["h1"], "busy": ["h1"], "disk_ssd": ["h1"]}
    assert manager.get_host("h1").get_vars()["free"] == 3.0


def test_what_the_example_for_awx_composes_is_what_the_members_joined_with(tmp_path: pathlib.Path, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"rack": "r7", "datacenter": "dc1", "architecture": "x86_64"}
    monkeypatch.setitem(ROWS, "hosts", [HostRow("h1", "normal", 2, 1000, "h1", address="10.0.0.1", facts={**told, "disk": "ssd"}),
                                        HostRow("h2", "joining", 1, 1000, "h2", address="10.0.0.2")])
    example = yaml.safe_load((EXAMPLES / "awx" / "fleet.ring.yml").read_text(encoding="utf-8"))
    manager = parsed(tmp_path, strict=True, compose=example["compose"])
    for host, wanted in (("h1", ("10.0.0.1", "r7", {"disk": "ssd"})), ("h2", ("10.0.0.2", "rack1", {}))):
        variables = manager.get_host(host).get_vars()
        assert tuple(variables[f"ringfleet_{name}"] for name in ("address", "rack", "facts")) == wanted


def test_strict_refuses_what_cannot_be_composed(tmp_path: pathlib.Path, session: Session) -> None:
    assert parsed(tmp_path, compose={"x": "ring_load.nothing"}).get_host("h1")
    with pytest.raises(AnsibleError, match="Could not set x for host h1"):
        parsed(tmp_path, strict=True, compose={"x": "ring_load.nothing"})


def test_the_cache_is_used_and_refreshed(tmp_path: pathlib.Path, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {"cache": True, "cache_plugin": "jsonfile", "cache_connection": str(tmp_path / "cache"), "cache_timeout": 3600}
    first = groups(parsed(tmp_path, **kept))
    asked = len(session.events)
    assert groups(parsed(tmp_path, **kept)) == first
    assert len(session.events) == asked
    parsed(tmp_path, cached=False, **kept)
    assert len(session.events) > asked
    away(monkeypatch)
    assert groups(parsed(tmp_path, cached=False, strict_ring=False, **kept)) == first
    with pytest.raises(AnsibleParserError, match="does not answer"):
        parsed(tmp_path, cached=False, **kept)


def test_a_ring_that_is_away_for_longer_than_the_cache_lasts(tmp_path: pathlib.Path, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {"cache": True, "cache_plugin": "jsonfile", "cache_connection": str(tmp_path / "cache"), "cache_timeout": 60}
    first = groups(parsed(tmp_path, **kept))
    for each in (tmp_path / "cache").iterdir():
        os.utime(each, (0, 0))
    away(monkeypatch)
    assert groups(parsed(tmp_path, strict_ring=False, **kept)) == first
    with pytest.raises(AnsibleParserError, match="does not answer"):
        parsed(tmp_path, **kept)


def test_a_ring_that_is_away(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    away(monkeypatch)
    with pytest.raises(AnsibleParserError, match="the ring does not answer at 10.0.0.1, port 9042"):
        parsed(tmp_path)
    said: list[str] = []
    monkeypatch.setattr("ansible.utils.display.Display.warning", lambda self, text, *more, **named: said.append(text))
    assert groups(parsed(tmp_path, strict_ring=False)) == {"ringfleet": []}
    assert [text for text in said if text.endswith("test; the inventory is empty")]


def test_what_is_wrong_for_good_is_an_error_all_the_same(tmp_path: pathlib.Path) -> None:
    with pytest.raises(AnsibleParserError, match="neither a PEM certificate nor a file with one"):
        parsed(tmp_path, strict_ring=False, ca=str(tmp_path / "none.pem"))


@pytest.mark.parametrize(("error", "away"), [(cassandra.Unauthorized("no SELECT"), False), (cassandra.ReadTimeout("late"), True)])
def test_what_the_ring_refuses_is_no_ring_that_is_away(error: Exception, away: bool) -> None:
    def execute(_query: str) -> None:
        raise error

    with pytest.raises(ring_reader.ReaderError) as caught:
        ring_reader.read(types.SimpleNamespace(execute=execute))
    assert isinstance(caught.value, ring_reader.RingAway) is away


def test_no_driver_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring_reader, "DRIVER_ERROR", ImportError("No module named 'cassandra'"))
    with pytest.raises(ring_reader.ReaderError, match="lacks the package cassandra-driver"):
        ring_reader.open_ring(["10.0.0.1"], 9042, "/ca.pem", "u", "p", 1.0)


@pytest.mark.parametrize(("name", "fits"), [
    ("ring.yml", True), ("fleet.ring.yaml", True), ("fleet.yml", False), ("ring.yml.bak", False), ("none.ring.yml", False)])
def test_files_of_this_plugin(tmp_path: pathlib.Path, name: str, fits: bool) -> None:
    if not name.startswith("none"):
        (tmp_path / name).touch()
    assert loaded().verify_file(str(tmp_path / name)) is fits


DRIVER = """
import json, sys, types

class Anything:
    QUORUM = None
    def __init__(self, *given, **named): pass

class DriverException(Exception): pass
class AuthenticationFailed(Exception): pass
class InvalidRequest(DriverException): pass
class Unauthorized(DriverException): pass

class Session:
    def __init__(self, cluster): self.cluster = cluster
    def execute(self, query): return json.load(open({rows!r}))[query.rpartition(".")[2]]

class Cluster:
    def __init__(self, points, auth_provider, ssl_context, **more):
        json.dump({{"points": points, "login": auth_provider.given, "authorities": len(ssl_context.get_ca_certs())}}, open({seen!r}, "w"))
    def connect(self): return Session(self)
    def shutdown(self): pass

class PlainTextAuthProvider:
    def __init__(self, *given): self.given = given

for name, words in {{"cassandra.auth": ["PlainTextAuthProvider"],
                    "cassandra.cluster": ["Cluster", "EXEC_PROFILE_DEFAULT", "ExecutionProfile", "NoHostAvailable"],
                    "cassandra.policies": ["WhiteListRoundRobinPolicy"], "cassandra.query": ["dict_factory"]}}.items():
    sys.modules[name] = types.ModuleType(name)
    for word in words:
        setattr(sys.modules[name], word, globals().get(word, DriverException if word == "NoHostAvailable" else Anything))
ConsistencyLevel = Anything
"""


@pytest.mark.parametrize("number", [0, 1])
def test_an_example_is_an_inventory(tmp_path: pathlib.Path, session: Session, number: int) -> None:
    """Ansible itself reads it, through a driver that stands in for the package."""
    example = list(yaml.safe_load_all(ring.EXAMPLES))[number]
    (tmp_path / "ca.pem").write_text(authority(SECRET).pem, encoding="utf-8")
    example.update({"ca": str(tmp_path / "ca.pem")} if example["ca"].startswith("/") else {})
    example.update({"cache_connection": str(tmp_path / "cache")} if example.get("cache") else {})
    (tmp_path / "ring.yml").write_text(yaml.safe_dump(example), encoding="utf-8")
    (tmp_path / "rows.json").write_text(json.dumps({name: session.execute(f"SELECT * FROM ringfleet.{name}") for name in ROWS}), encoding="utf-8")
    (tmp_path / "cassandra.py").write_text(DRIVER.format(rows=str(tmp_path / "rows.json"), seen=str(tmp_path / "seen.json")), encoding="utf-8")
    done = subprocess.run(["ansible-inventory", "-i", str(tmp_path / "ring.yml"), "--list"], capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONPATH": str(tmp_path), "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
                               "RINGFLEET_READER_PASSWORD": "planted-by-environment", "RINGFLEET_SECRET": SECRET})
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    # What comes from the ring is data and never a template.
    assert told["_meta"]["hostvars"]["h1"]["ansible_host"] == {"__ansible_unsafe": "10.0.0.1"}
    seen = json.loads((tmp_path / "seen.json").read_text(encoding="utf-8"))
    assert (seen["points"], seen["authorities"]) == (example["contact_points"], 1)
    assert seen["login"] == ["ringfleet_reader", ["planted-by-environment", trust.password(SECRET, "ringfleet_reader")][number]]
    assert number == 0 or (told["disk_ssd"]["hosts"], told["contended"]["hosts"]) == (["h1"], ["h1"])


def test_every_column_that_is_read_is_in_the_schema() -> None:
    tables = {table.name: table for table in TABLES}
    for name, kind in ring_reader.READ.items():
        assert set(kind.__dataclass_fields__) <= set(tables[name].columns)
