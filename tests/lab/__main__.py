# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line of the lab: `PYTHONPATH=tests python -m lab up|down|inventory|load|engine|image|archive`."""

from __future__ import annotations

import argparse
import sys

from . import engine, hosts, image, inventory, jars
from .shell import LabError, say


def main(argv: list[str] | None = None) -> int:
    """Run one command; 0 when it worked, 1 with one clear line when not."""
    parser = argparse.ArgumentParser(prog="lab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("up", help="hosts and inventory; keeps those that run")
    command.add_argument("--hosts", type=int, default=3, choices=range(1, 51), metavar="N")
    command.add_argument("--web", default="all", metavar="all|none|HOST", help="which hosts get the test image")
    commands.add_parser("down", help="remove hosts, their volumes and the network, by name")
    commands.add_parser("inventory", help="write the inventory of the running hosts and print its path")
    command = commands.add_parser("load", help="load an image of this machine's engine into one host")
    command.add_argument("host")
    command.add_argument("image")
    command = commands.add_parser("engine", help="install and start a Docker engine when there is none")
    command.add_argument("--stop", action="store_true", help="stop it, if the lab started it")
    commands.add_parser("image", help="make the base image and print its name")
    commands.add_parser("archive", help="make the Cassandra archive and print its path")
    options = parser.parse_args(argv)
    try:
        _do(options)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    return 0


def _do(options: argparse.Namespace) -> None:
    if options.command == "up":
        engine.ensure()
        names = hosts.up(options.hosts, options.web)
        say(f"{', '.join(names)} up; inventory {inventory.write(names)}")
    elif options.command == "down":
        if engine.answers():
            hosts.down()
        else:
            say("no Docker engine, so no hosts")
        inventory.FILE.unlink(missing_ok=True)
    elif options.command == "inventory":
        print(inventory.write(hosts.existing()))
    elif options.command == "load":
        hosts.load(options.host, options.image)
    elif options.command == "engine" and options.stop:
        engine.stop()
    elif options.command == "engine":
        engine.ensure()
    elif options.command == "image":
        print(image.ensure())
    else:
        print(jars.archive())


if __name__ == "__main__":
    sys.exit(main())
