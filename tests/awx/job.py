# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job as AWX runs it: ansible-runner, whose events are all that AWX shows of a job."""

from __future__ import annotations

import dataclasses
import pathlib

import ansible_runner


@dataclasses.dataclass(frozen=True)
class Job:
    """A job that ended. Its events have the keys of ansible-runner: event, stdout, event_data ..."""

    rc: int
    events: tuple[dict, ...]

    @property
    def told(self) -> str:
        """What a person reads."""
        return "\n".join(event["stdout"] for event in self.events)

    def having(self, text: str) -> list[dict]:
        """The events that hold this text as a line of their own."""
        return [event for event in self.events for line in event["stdout"].splitlines() if line == text]


def run(folder: pathlib.Path, playbook: pathlib.Path, inventory: pathlib.Path, extra: dict, *options: str) -> Job:
    """Run the playbook with these extra variables, and options such as --check; *folder* is the job's own, and must be there and empty."""
    events: list[dict] = []
    done = ansible_runner.run(
        private_data_dir=str(folder), playbook=str(playbook), inventory=str(inventory), extravars=extra, cmdline=" ".join(options) or None,
        envvars={"ANSIBLE_NOCOLOR": "1"}, quiet=True, event_handler=lambda event: events.append(event) or True)
    return Job(done.rc, tuple(events))
