# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m ringfleet.ringadmin.main COMMAND --config -`: what role ring_node has to do over CQL, one JSON line a command.

Commands: alive, removed, others, wait, auth, replication, lower, schema, forget, status. Exit 0 with {"changed": ...}, or 1 with {"error": text}."""

from __future__ import annotations

import argparse
import json
import sys

from . import auth, others, removal, replication, schema, status
from .config import RingAdminError, load

COMMANDS = {
    'alive': status.alive,
    'removed': removal.removed,
    'others': others.ensure_up,
    'wait': status.wait,
    'auth': auth.ensure,
    'replication': replication.ensure,
    'lower': replication.lower,
    'schema': schema.ensure,
    'forget': schema.forget,
    'status': status.status,
}


def main(argv=None):
    """Run one command; every failure is one line that says what is wrong."""
    parser = argparse.ArgumentParser(prog='ringadmin', description=__doc__)
    parser.add_argument('command', choices=sorted(COMMANDS))
    parser.add_argument('--config', required=True, help='a JSON file, or - for standard input')
    options = parser.parse_args(argv)
    config = None
    try:
        if options.config == '-':
            config = load(sys.stdin)
        else:
            with open(options.config, encoding='utf-8') as stream:
                config = load(stream)
        result = COMMANDS[options.command](config)
    except RingAdminError as error:
        return _failed(str(error), config)
    except Exception as error:  # pylint: disable=broad-except
        # The driver raises dozens of kinds; a role must show any of them as one line, with its kind.
        return _failed(f'{type(error).__name__}: {error}', config)
    sys.stdout.write(json.dumps(result) + '\n')
    return 0


def _failed(text, config):
    """Tell an error; a server that quotes a statement back must not tell the password in it."""
    for secret in (config.admin_password, config.watcher_password, config.reader_password) if config else ():
        text = text.replace(secret, '***') if secret else text
    sys.stdout.write(json.dumps({'error': text}) + '\n')
    return 1


if __name__ == '__main__':
    raise SystemExit(main())
