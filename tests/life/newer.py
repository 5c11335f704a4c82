# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A newer version of this collection, made of this one: tables one version on with one column more, which its watchers write."""
from __future__ import annotations

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VERSION = '1.1.0'
COLUMN = 'greeting'
_PARTS = ('plugins', 'roles', 'playbooks', 'meta', 'galaxy.yml')
_TABLES = Path('plugins', 'module_utils', 'store', 'schema.py')
# What is found in a file, and what stands there instead.
_CHANGES = {
    Path('galaxy.yml'): (r'^version: .*$', 'version: %s' % VERSION),
    Path('plugins', 'module_utils', 'watcher', 'build.py'): (r"^VERSION = '.*'$", "VERSION = '%s'" % VERSION),
    Path('plugins', 'module_utils', 'model.py'): (r"^    judges_nobody: str = ''$", "    judges_nobody: str = ''\n    %s: str = 'hello'" % COLUMN),
    Path('plugins', 'module_utils', 'store', 'cassandra.py'): (r'beat\.judges_nobody\)$', 'beat.judges_nobody, beat.%s)' % COLUMN),
    Path('plugins', 'module_utils', 'store', 'cql.py'): (r'judges_nobody\) VALUES \(', 'judges_nobody, %s) VALUES (?, ' % COLUMN),
    _TABLES: (r'judges_nobody text', 'judges_nobody text, %s text' % COLUMN),
}


def make(folder):
    """Put it into a folder; (what ANSIBLE_COLLECTIONS_PATH shall be, the version of its tables)."""
    target = folder / 'ansible_collections' / 'ringfleet' / 'core'
    target.mkdir(parents=True)
    for part in _PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, target / part, ignore=shutil.ignore_patterns('__pycache__'))
        else:
            shutil.copy(source, target / part)
    for path, (found, instead) in _CHANGES.items():
        _change(target / path, found, instead)
    tables = int(re.search(r'^SCHEMA_VERSION = (\d+)$', (target / _TABLES).read_text(encoding='utf-8'), re.MULTILINE)[1]) + 1
    _change(target / _TABLES, r'^SCHEMA_VERSION = \d+$', 'SCHEMA_VERSION = %d' % tables)
    return '%s:%s' % (folder, ROOT / '.cache' / 'vendor'), tables


def _change(path, found, instead):
    text, count = re.subn(found, instead, path.read_text(encoding='utf-8'), flags=re.MULTILINE)
    assert count == 1, '%s: %r is there %d times' % (path, found, count)
    path.write_text(text, encoding='utf-8')
