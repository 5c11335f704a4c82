# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of parts, in four groups: how they are run is in running.py."""

from __future__ import annotations

import os

from gates import importer, lab, lint, sanity
from gates.part import UNHURRIED, Part
from gates.tests import pytest

# Tests that share nothing, no lab and no fixed port, are spread over the machine.
CORES = os.cpu_count() or 1

# Seconds each: the first that fails ends the run.
EARLY = (
    Part("gates", "rules of the repository itself", pytest("tests/gates")),
    Part("lint", "yamllint, ansible-lint (production)", lint.ansible),
    Part("shell", "shellcheck", lint.shell),
    Part("changelog", "changelog fragments", lint.changelog),
)
# Minutes of both cores, and no lab: they take what the lab's parts leave, which wait for most of their time.
PATIENT = (
    Part("units", "units, the lab's own too", pytest("tests/unit", "tests/lab", minutes=UNHURRIED, workers=CORES)),
    Part("twin", "whole hosts in one process: simulation, store contract on the twin",
         pytest("tests/simulation", "tests/contract", marker="not lab", minutes=UNHURRIED, workers=CORES)),
    Part("sanity", "ansible-test sanity, no ignore file", sanity.run),
    Part("importer", "galaxy-importer, no warning", importer.run),
)
# What all others on the lab stand on.
GROUND = (
    Part("lab", "three fresh hosts", lab.up),
    Part("join", "bare hosts become a ring, idempotence, verified from outside", lab.molecule("join", "converge", "idempotence")),
)
ON_LAB = (
    Part("balance", "contention in, decision and move out, verified from outside", lab.molecule("balance", "converge")),
    Part("failover", "a host is killed and comes back, verified from outside", lab.molecule("failover", "converge")),
    Part("drain", "a host is emptied and taken back, verified from outside", lab.molecule("drain", "converge")),
    Part("exit", "a host leaves for good and joins again, verified from outside", lab.molecule("exit", "converge")),
    Part("rebalance", "a crowded host shares its load with the others, verified from outside", lab.molecule("rebalance", "converge")),
    Part("contract", "store contract on real Cassandra, engine contract on real Docker", pytest("tests/contract", marker="lab")),
    Part("integration", "modules, crashes, secrets on the lab", pytest("tests/integration", minutes=55)),
    Part("life", "a newer version host by host; apart, and together again", pytest("tests/life", minutes=40)),
)
PARTS = EARLY + PATIENT + GROUND + ON_LAB
