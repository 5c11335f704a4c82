# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forced command of the ssh user ``ringfleet``: takes one image stream into one folder, and nothing else.

It runs as an unprivileged user with ``SSH_ORIGINAL_COMMAND`` = ``image MOVE``; the watcher checks and loads the file.
"""
from __future__ import annotations

import os
import re
import shutil
import sys

_COMMAND = re.compile(r'^image ([0-9a-zA-Z-]{8,64})$')


def main(folder, command, stream):
    """Write ``stream`` into ``folder``; returns the exit status."""
    match = _COMMAND.match(command)
    if not match:
        sys.stderr.write('ringfleet: only "image MOVE" is served here\n')
        return 2
    path = os.path.join(folder, '%s.tar' % match.group(1))
    with open(path + '.part', 'wb') as target:
        shutil.copyfileobj(stream, target, 1 << 20)
        target.flush()
        os.fsync(target.fileno())
    os.replace(path + '.part', path)
    return 0


if __name__ == '__main__':
    raise SystemExit(main(sys.argv[1], os.environ.get('SSH_ORIGINAL_COMMAND', ''), sys.stdin.buffer))
