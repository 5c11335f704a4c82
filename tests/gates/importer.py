# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Galaxy's own check of the built archive. It exits 0 with warnings, so its words are read."""

from __future__ import annotations

import sys

from gates import counting
from gates.part import CACHE, UNHURRIED, Log, Outcome

CONFIG = """\
[galaxy-importer]
run_ansible_doc = True
run_ansible_lint = True
offline_ansible_lint = True
run_flake8 = True
check_changelog = True
check_required_tags = True
run_ansible_test = False
local_image_docker = False
"""


def run(log: Log) -> Outcome:
    """Build the archive and import it; one test, failed by any warning or error."""
    folder = CACHE / "importer"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.tar.gz"):
        old.unlink()
    config = folder / "galaxy-importer.cfg"
    config.write_text(CONFIG, encoding="utf-8")
    code = log.run(["ansible-galaxy", "collection", "build", "--force", "--output-path", str(folder), "."])
    archives = list(folder.glob("*.tar.gz"))
    if code or len(archives) != 1:
        return Outcome(0, 1, f"the archive was not built (exit {code})")
    code = log.run(
        [sys.executable, "-m", "galaxy_importer.main", str(archives[0])], env={"GALAXY_IMPORTER_CONFIG": str(config)}, cwd=folder, minutes=UNHURRIED,
    )
    said = counting.complaints(log.read())
    if code or said:
        return Outcome(0, 1, "; ".join(said[:5]) or f"exit {code}")
    return Outcome(1, 0, archives[0].name)
