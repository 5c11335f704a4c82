# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What root's watcher orders the guard, and what the guard answers: two files of JSON, each with one writer.

No command comes over the network. A file is replaced whole (rename(2)), so nobody reads half of one. What is ordered counts
for one start of the kernel, which it names: its deadlines are seconds of CLOCK_BOOTTIME, the clock that all processes share.
"""
from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field

# A deadline that is always past: such a container must not run at all.
NEVER = 0.0


@dataclass(frozen=True)
class Orders:
    """``deadlines``: {container id: second from which on it must not run}. Each change has a higher ``sequence``."""
    boot_id: str = ''
    sequence: int = 0
    deadlines: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Receipt:
    """``sequence``: of the orders that the guard goes by. ``down``: ids that must not run, and of which no process was found.
    ``fenced``: {id: second at which the guard last signalled a process of it}.
    """
    boot_id: str = ''
    sequence: int = 0
    down: tuple = ()
    fenced: dict = field(default_factory=dict)


class Post:
    """Both files.

    :param orders_path: written by the watcher. :param receipt_path: written by the guard.
    """

    def __init__(self, orders_path, receipt_path):
        self._orders_path = orders_path
        self._receipt_path = receipt_path

    def give(self, orders):
        """Write the Orders. :raises OSError: when that does not work; then the last ones count."""
        _write(self._orders_path, asdict(orders))

    def orders(self):
        """The Orders, or None where there are none. :raises ValueError: for what is none."""
        return _read(self._orders_path, lambda told: Orders(
            str(told['boot_id']), int(told['sequence']), {str(ident): float(at) for ident, at in told['deadlines'].items()}))

    def changed(self):
        """Something that differs when the orders were written anew; cheap."""
        try:
            stat = os.stat(self._orders_path)
        except FileNotFoundError:
            return None
        return stat.st_ino, stat.st_mtime_ns, stat.st_size

    def acknowledge(self, receipt):
        """Write the Receipt. :raises OSError: when that does not work."""
        _write(self._receipt_path, asdict(receipt))

    def receipt(self):
        """The Receipt; an empty one where there is none that could be read."""
        try:
            return _read(self._receipt_path, lambda told: Receipt(
                str(told['boot_id']), int(told['sequence']), tuple(told['down']), dict(told['fenced']))) or Receipt()
        except (OSError, ValueError):
            return Receipt()


def _write(path, data):
    made = '%s.new' % path
    with open(made, 'w', encoding='utf-8') as stream:
        # Nothing in it is secret, and the other side is another user, whatever the umask.
        os.fchmod(stream.fileno(), 0o644)
        json.dump(data, stream)
    os.replace(made, path)


def _read(path, parse):
    try:
        with open(path, encoding='utf-8') as stream:
            return parse(json.load(stream))
    except FileNotFoundError:
        return None
    except (AttributeError, KeyError, TypeError) as exc:
        raise ValueError('%s: %s: %s' % (path, type(exc).__name__, exc)) from exc
