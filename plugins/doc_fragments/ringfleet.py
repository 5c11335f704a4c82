# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation of all modules shares."""
from __future__ import annotations


class ModuleDocFragment:
    """Fragments of documentation."""

    DOCUMENTATION = r"""
options:
  socket:
    description:
      - The local watcher's Unix socket. It is root's own, so the task needs C(become).
    type: path
    default: /run/ringfleet/watcher.sock
requirements:
  - A member of a fleet, as made by the playbook ringfleet.core.join. No Python package beyond the standard library.
"""

    ATTRIBUTES = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode and return what it would do, changing nothing.
  diff_mode:
    description: Returns what changed, or would change, in diff mode.
  idempotent:
    description: Run again without a change in between, it changes nothing.
"""

    INFO = r"""
options: {}
attributes:
  check_mode:
    support: full
    details: It never changes anything.
  diff_mode:
    support: N/A
    details: It never changes anything.
  idempotent:
    support: full
    details: It never changes anything.
"""

    ACTIONGROUP = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/ringfleet.core.ringfleet) in C(module_defaults) to set options for all modules of the collection.
    support: full
    membership:
      - ringfleet.core.ringfleet
"""
