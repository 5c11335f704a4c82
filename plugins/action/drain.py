# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of the module drain: the same result, with a line a change while it waits."""

from __future__ import annotations

import time

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.ringfleet.core.plugins.plugin_utils.progress import STATUS, line

EVERY_S = 5.0
# As the module has it.
DEADLINE_S = 3600
MORE_S = 300
# A watcher that restarts, or a ring that has no answer for a moment, is waited for.
PASSING = ("WatcherUnavailable", "StoreUnavailable")

display = Display()


class ActionModule(ActionBase):
    """Begins the drain by the module, then asks it again and again, each time without waiting on the host."""

    def run(self, tmp=None, task_vars=None):
        """Called by Ansible."""
        result = super().run(tmp, task_vars)
        args = dict(self._task.args)
        waits = boolean(args.get("wait", True), strict=False) and not self._task.check_mode
        first = self._drain(dict(args, wait=False) if waits else args, task_vars)
        result.update(first)
        if not waits or first.get("failed"):
            return result
        timeout = args.get("timeout")
        wait_s = float(timeout) if timeout is not None else float(args.get("deadline", DEADLINE_S)) + MORE_S
        result.update(self._watch(args, task_vars, first, wait_s))
        return result

    def _drain(self, args, task_vars):
        return self._execute_module(module_name="ringfleet.core.drain", module_args=args, task_vars=task_vars)

    def _watch(self, args, task_vars, told, wait_s):
        """What became of the drain: the status at its end, or a failure with the last one."""
        deadline, shown = time.monotonic() + wait_s, {}
        while True:
            if "state" in told:
                words = line(shown, told)
                if words:
                    display.display(words)
                shown = {key: told[key] for key in STATUS}
            if told.get("failed") and told.get("kind") not in PASSING:
                return dict(shown, failed=True, **{key: told[key] for key in ("msg", "kind", "remedy") if key in told})
            if shown.get("ended"):
                return shown
            if time.monotonic() >= deadline:
                left = ", ".join(shown.get("left", [])) or "an open move"
                words = f"Host {args['host']} still has {left} after {wait_s:.0f} s. Its drain goes on by itself: run this again to watch it."
                return dict(shown, failed=True, msg=words)
            time.sleep(min(EVERY_S, max(0.0, deadline - time.monotonic())))
            told = self._drain(dict(args, wait=False, begin=False), task_vars)
