# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many tests ran, and other readings of what the tools say. Pure, and tested: a part that counts wrong passes unseen."""

from __future__ import annotations

import ast
import re
import xml.etree.ElementTree as ET

from gates.part import Outcome

_WIDTH = 300
_LINTED = re.compile(r"Passed: 0 failure\(s\), 0 warning\(s\)(?: \(.*?\))? in (\d+) files")
_SANITY = re.compile(r"^Running sanity test \"([^\"]+)\"", re.MULTILINE)
_FAILED = re.compile(r"^FATAL: The (\d+) sanity test", re.MULTILINE)
_COMPLAINT = re.compile(r"^(?:WARNING|ERROR)\b.*", re.MULTILINE)
_SKIPPED = re.compile(r"^WARNING: (?:Skipping|All targets skipped).*", re.MULTILINE)


def junit(text: str) -> Outcome:
    """Pytest's junit file. A skipped test counts as failed: it proved nothing."""
    passed = skipped = 0
    names = []
    for case in ET.fromstring(text).iter("testcase"):
        troubles = [child for child in case if child.tag in ("skipped", "failure", "error")]
        skipped += any(child.tag == "skipped" for child in troubles)
        passed += not troubles
        if troubles:
            names.append(f"{case.get('classname')}.{case.get('name')}: {_first_line(troubles[0])}")
    return Outcome(passed, len(names), f"{skipped} skipped" if skipped else "", tuple(names))


def _first_line(trouble: ET.Element) -> str:
    """Its first line that says more than that something was wrong."""
    lines = [line.strip() for line in (trouble.get("message") or trouble.text or "").splitlines()]
    return next((line for line in lines if line not in ("", "AssertionError:")), trouble.tag)[:_WIDTH]


def linted_files(output: str) -> int:
    """Files that ansible-lint looked at, if it found nothing; else 0."""
    found = _LINTED.search(output)
    return int(found.group(1)) if found else 0


def sanity_tests(output: str) -> list[str]:
    """The sanity tests that ran, by name."""
    return _SANITY.findall(output)


def sanity_failures(output: str) -> int:
    """How many sanity tests ansible-test says failed; 0 when it does not come to say so."""
    found = _FAILED.search(output)
    return int(found.group(1)) if found else 0


def sanity_skips(output: str) -> list[str]:
    """What ansible-test said it left out, though its exit code is 0."""
    return _SKIPPED.findall(output)


def complaints(output: str) -> list[str]:
    """Lines by which galaxy-importer warns or errs; it exits 0 with both."""
    return _COMPLAINT.findall(output)


def pip_conf(listed: str) -> str:
    """A pip.conf that says what ``pip config list`` lists; the environment's settings win, as they do in pip."""
    settings: dict[str, str] = {}
    for line in sorted(listed.splitlines(), key=lambda line: line.startswith(":env:")):
        name, _equals, value = line.partition("=")
        if name.startswith((":env:.", "global.")):
            settings[name.partition(".")[2]] = str(ast.literal_eval(value)).replace("\n", "\n ")
    return "".join(["[global]\n", *(f"{name} = {value}\n" for name, value in settings.items())])
