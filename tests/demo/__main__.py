# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make demo`: three hosts, join, labelled containers started three ways, their load as each host sees it, a move,
contention from which a host frees itself, a host that dies and comes back, one that is emptied by playbook, and the report.

Leaves everything up to look around; `make clean` removes it."""

from __future__ import annotations

import pathlib
import sys
import time
import urllib.error
import urllib.request

from lab import engine, hosts, inventory
from lab.shell import CACHE, LabError, wait_for

from . import ask, contention, loss, parting, show

FILES = pathlib.Path(__file__).parent / "files"
CONTAINERS = {"shop": 1, "wiki": 2, "blog": 3}
MOVED, PORT, TARGET = "shop", 8081, 3

AFTERWARDS = """The lab is left up. Look around:
  . .cache/venv/bin/activate
  export ANSIBLE_COLLECTIONS_PATH={cache}:{cache}/vendor
  ansible -i {inventory} {h1} -m ringfleet.core.host_info
  ansible -i {inventory} {h1} -m ringfleet.core.move_info
  ansible -i {inventory} {h2} -m ringfleet.core.migrate -a "name={moved} host={h2}"
  docker exec {h1} journalctl -u ringfleet-watcher -f
  docker exec {h1} /opt/ringfleet/bin/ringfleet-nodetool status
Remove it:
  make clean"""


class Story:
    """Prints what happens, with the time since the start."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def tell(self, text: str) -> None:
        """One paragraph."""
        print(f"[{time.monotonic() - self._start:5.0f} s] {text}", flush=True)


def main() -> int:
    """Run the demo; 1 with one clear message when a part of it fails."""
    try:
        _run(Story())
    except LabError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    return 0


def _run(story: Story) -> None:
    story.tell("Three hosts, each with systemd, sshd and Docker of its own")
    engine.ensure()
    names = hosts.up(3)
    stock = inventory.write(names)
    story.tell("ansible-playbook ringfleet.core.join: a ring node and a watcher on each host")
    ask.playbook("ringfleet.core.join", stock)
    story.tell("The hosts, as the first one sees them:")
    print(show.members(ask.module("ringfleet.core.host_info", names[0], stock)[names[0]]))

    story.tell("Three containers with the label ringfleet.managed=true: by docker run, docker-compose and community.docker")
    if not set(CONTAINERS) <= set(_holders(stock)):
        # On a lab that has seen the demo already they are there, perhaps on other hosts: started again they would be duplicates.
        ask.playbook(str(FILES / "containers.yml"), stock)
    story.tell("The watchers adopt them, and share their load:")
    answers: dict[str, dict] = {}
    wait_for("each host to see all three containers", lambda: _all_seen(answers, stock), 60, 1.0)
    print(show.loads(answers))

    source, target = hosts.name(CONTAINERS[MOVED]), hosts.name(TARGET)
    if _holders(stock)[MOVED] == target:
        target = source
    story.tell(f"Move {MOVED} to {target}, asked for on {hosts.name(2)}, which has no part in it:")
    move = ask.module("ringfleet.core.migrate", hosts.name(2), stock, {"name": MOVED, "host": target})[hosts.name(2)]["move"]
    print(show.steps(move))
    url = f"http://{hosts.address(int(target[len(hosts.PREFIX):]))}:{PORT}/cgi-bin/where"
    story.tell(f"{MOVED} answers at {url}: container {_answer(url)}")
    contention.tell(story, stock, _answer)
    loss.tell(story, stock)
    parting.tell(story, stock)
    print(AFTERWARDS.format(cache=CACHE, inventory=stock, moved=MOVED, h1=hosts.name(1), h2=hosts.name(2)))


def _all_seen(answers: dict[str, dict], stock: pathlib.Path) -> bool:
    answers.update(ask.module("ringfleet.core.load_info", "ringfleet", stock))
    return all(set(CONTAINERS) <= {container["name"] for host in answer["hosts"] for container in host["containers"]} for answer in answers.values())


def _holders(stock: pathlib.Path) -> dict[str, str]:
    """Each container of the fleet and the host that holds it."""
    answer = ask.module("ringfleet.core.container_info", hosts.name(1), stock)[hosts.name(1)]
    return {container["name"]: container["holder"] for container in answer["containers"] if container["holder"]}


def _answer(url: str) -> str:
    said: list[str] = []

    def fetched() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=3) as reply:
                said.append(reply.read().decode().strip())
        except urllib.error.URLError:
            return False
        return True

    wait_for(f"an answer at {url}", fetched, 20)
    return said[-1]


if __name__ == "__main__":
    sys.exit(main())
