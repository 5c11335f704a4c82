# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m ringfleet.ringadmin.may_start`: what the ring node's unit runs before each start of a node that has joined.

Exit status: 3 when the node was removed from the ring while it was away, so that it must not start; 0 otherwise, also where nobody
can say or the watcher is not installed yet: a node is kept out by a word of the others alone.
"""

from __future__ import annotations

import argparse
import sys

from .. import settings as settings_room
from ..errors import ConfigError
from .config import Config, RingAdminError
from .removal import is_removed

KEPT_OUT = 3
SETTINGS = '/etc/ringfleet/watcher.json'


def main(argv=None, err=sys.stderr):
    """Entry point; returns the exit status."""
    parser = argparse.ArgumentParser(prog='ringfleet-may-start', description=__doc__.split('\n', 1)[0])
    parser.add_argument('--config', default=SETTINGS)
    parser.add_argument('--host-id', default=Config.host_id_file)
    arguments = parser.parse_args(argv)
    try:
        settings = settings_room.load(arguments.config)
        secrets = settings_room.load_secrets(settings.secret_file)
        others = tuple(address for address in settings.contact_points if address != settings.address)
        config = Config(settings.address, '', secrets.store_password, contact_points=others, port=settings.native_port,
                        datacenter=settings.datacenter, ca_file=settings.ca_file, host_id_file=arguments.host_id)
        if not is_removed(config, secrets.store_user, secrets.store_password):
            return 0
    except (ConfigError, RingAdminError) as error:
        err.write('nobody was asked whether this node was removed from the ring, it is started: %s\n' % error)
        return 0
    err.write('This node was removed from the ring while it was away (playbook exit): it is not started, since its data are old. '
              'Run the playbook ringfleet.core.join to make this host a member again; it keeps the old data aside.\n')
    return KEPT_OUT


if __name__ == '__main__':
    raise SystemExit(main())
