# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report with everything on it: what real watchers of a twin fleet answer, through the role that writes the page."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

from simulation.engine import image_of
from simulation.twin import Fleet

ANSWERS = {"hosts": "host.info", "fleet": "fleet.info", "containers": "container.info", "load": "load.info", "moves": "move.info",
           "decisions": "decision.info"}
EVIL = "<script>alert('x')</script> & {{ 7 * 191 }}"
IMAGE = "registry.example.com/a-quite-long-path/with-many-parts/for-an-image-of-one-s-own:2026-11-23-with-a-long-tag"
PLAYBOOK = """
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - name: Write it
      ansible.builtin.include_role:
        name: ringfleet.core.ring_report
        tasks_from: write
"""


def fleet_with_everything() -> Fleet:
    """Moves and decisions, one host silent, one container immovable, one held, one released, a pause, a clock that is off; words that no page may believe."""
    fleet = Fleet(5)
    for host in fleet.hosts.values():
        host.engine.add_image(image_of("web:1"))
        host.engine.add_image(image_of(IMAGE))
    managed = {"ringfleet.managed": "true"}
    fleet["h1"].engine.run("web", "web:1", managed)
    fleet["h1"].engine.run("shop", IMAGE, managed, Privileged=True)
    fleet["h2"].engine.run("given-up", "web:1", managed)
    fleet["h4"].engine.run("a-name-as-long-as-docker-lets-it-be-" + "x" * 90, "web:1", managed)
    fleet["h2"].engine.run("odd", "web:1", dict(managed, **{"ringfleet.log.errors": EVIL}))
    fleet["h3"].engine.run("odder", "web:1", {"ringfleet.managed": EVIL})
    fleet.run(40)
    fleet["h2"].call("move.ask", name="web", by=EVIL)
    fleet.run(20)
    fleet["h2"].call("hold.take", name="shop", by="ada", reason=EVIL, for_s=3600)
    fleet["h2"].call("container.set", state="released", name="given-up")
    fleet["h2"].call("fleet.pause", reason=EVIL, by="ada")
    fleet["h4"].clock.jump(60000)
    fleet["h5"].up = False
    fleet.run(20)
    return fleet


def answers(fleet: Fleet) -> dict:
    """What the modules of one member return."""
    told = {f"ring_report_{name}": fleet["h3"].call(method) for name, method in ANSWERS.items()}
    return json.loads(json.dumps(told, default=lambda row: row.to_dict()))


def written(folder: pathlib.Path, told: dict) -> pathlib.Path:
    """The page, and where it is."""
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")
    # As a module's results are: data that is never a template.
    names = "".join(f"    {name}: \"{{{{ (lookup('ansible.builtin.file', '{folder}/told.json') | from_json).{name} }}}}\"\n" for name in told)
    path = folder / "report.html"
    variables = f"  vars:\n    ansible_python_interpreter: \"{sys.executable}\"\n    ring_report_path: {path}\n{names}"
    (folder / "play.yml").write_text(PLAYBOOK + variables, encoding="utf-8")
    done = subprocess.run(["ansible-playbook", "-i", "localhost,", str(folder / "play.yml")], capture_output=True, text=True, check=False,
                          env={**os.environ, "ANSIBLE_NOCOLOR": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    return path
