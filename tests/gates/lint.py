# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Linters of what is not a test: YAML, Ansible content, shell, the changelog."""

from __future__ import annotations

import subprocess

from gates import counting
from gates.part import ROOT, Log, Outcome


def ansible(log: Log) -> Outcome:
    """yamllint and ansible-lint (production profile, offline); two tests."""
    if log.run(["yamllint", "--strict", "."]):
        return Outcome(0, 1, "yamllint")
    code = log.run(["ansible-lint", "--nocolor"])
    files = counting.linted_files(log.read())
    if code or not files:
        return Outcome(1, 1, f"ansible-lint: exit {code}, {files} files")
    return Outcome(2, 0, f"{files} files")


def shell(log: Log) -> Outcome:
    """shellcheck of every shell script that the collection carries, templates apart; a test a file."""
    scripts = sorted(path for path in _files() if _is_shell(path))
    failed = [path for path in scripts if log.run(["shellcheck", path])]
    return Outcome(len(scripts) - len(failed), len(failed), " ".join(failed))


def changelog(log: Log) -> Outcome:
    """antsibull-changelog over the fragments; one test, and there is something to tell."""
    told = [*(ROOT / "changelogs" / "fragments").glob("*.yml"), *(ROOT / "changelogs").glob("changelog.yaml")]
    if not told:
        return Outcome(0, 1, "no fragment and no changelog")
    code = log.run(["antsibull-changelog", "lint"])
    return Outcome(0, 1, f"exit {code}") if code else Outcome(1, 0, f"{len(told)} files")


def _files() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-coz", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def _is_shell(name: str) -> bool:
    if name.endswith(".j2"):
        return False
    with (ROOT / name).open("rb") as stream:
        first = stream.readline()
    return name.endswith(".sh") or first.startswith((b"#!/bin/sh", b"#!/bin/bash", b"#!/usr/bin/env bash"))
