# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names by which users speak of things: labels of containers, names of containers, hosts and facts, and their rules."""
from __future__ import annotations

import re

from .errors import InvalidName

LABEL_MANAGED = 'ringfleet.managed'
LABEL_MODE = 'ringfleet.mode'
LABEL_MOVE = 'ringfleet.move'
# Docker compose's own: the project of a container.
LABEL_PROJECT = 'com.docker.compose.project'
# And what it puts on the container that will take another one's place and name.
LABEL_REPLACE = 'com.docker.compose.replace'
# And on what runs for once (docker compose run), with all labels of the service besides.
LABEL_ONEOFF = 'com.docker.compose.oneoff'
LABEL_LOG_ERRORS = 'ringfleet.log.errors'
LABEL_REQUIRE = 'ringfleet.require'
LABEL_PREFER = 'ringfleet.prefer'
LABEL_AVOID = 'ringfleet.avoid'
LABEL_REBALANCE = 'ringfleet.rebalance'
LABEL_PRIORITY = 'ringfleet.priority'
LABEL_EXCLUSIVE = 'ringfleet.exclusive'
LABEL_RESTART = 'ringfleet.restart'
LABEL_ON_CONFLICT = 'ringfleet.on_conflict'

# The engine's words for a container whose processes are there.
UP = ('running', 'restarting', 'paused')

# What placement labels ask for besides a user's own facts: no name for one of those.
RESERVED_FACTS = ('host', 'container', 'architecture', 'rack', 'datacenter')

# Docker's own rule for container names (moby daemon/names).
_CONTAINER_NAME = re.compile(r'^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$')
_HOST_NAME = re.compile(r'^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,252}$')
_FACT_NAME = re.compile(r'[a-z0-9_]+')
_ASIDE = '%s.stale-%s'
_BEFORE_ITS_NAME = re.compile(r'[0-9a-f]{12}_.')


def check_container_name(name):
    """The name, when it is one; else InvalidName with the rule."""
    if not isinstance(name, str) or not _CONTAINER_NAME.match(name):
        raise InvalidName('%r is not a container name' % (name,),
                          'A name begins with a letter or digit and goes on with letters, digits, "_", "." or "-".')
    return name


def aside_name(name, ident):
    """What a stale copy of a container is called once it gave the name up, by the engine's id of the copy."""
    return _ASIDE % (name, ident[:12])


def is_aside(name, ident):
    """Whether the copy of this id gave its container's name up."""
    return name.endswith(aside_name('', ident))


def container_of(name, ident):
    """The name of the container whose copy this is, whether it gave that up or not."""
    return name[:-len(aside_name('', ident))] if is_aside(name, ident) else name


def is_before_its_name(name, labels, state):
    """Whether compose made a container that is called otherwise until the one before it is stopped and removed (compose v2, recreate)."""
    return state == 'created' and LABEL_REPLACE in labels and _BEFORE_ITS_NAME.match(name) is not None


def is_behind_its_name(name, ident, state):
    """Whether compose took the name of a container that it stopped for the one which takes its place, and has yet to make that (compose v1,
    recreate). By the engine's id of the container.
    """
    return state not in UP and name.startswith(ident[:12] + '_')


def check_host_name(name):
    """The name, when it is one; else InvalidName with the rule."""
    if not isinstance(name, str) or not _HOST_NAME.match(name):
        raise InvalidName('%r is not a host name' % (name,),
                          'A host is called by its inventory_hostname: letters, digits, "_", "." or "-".')
    return name


def is_fact_name(name):
    """Whether a text can be the name of a host's fact."""
    return _FACT_NAME.fullmatch(name) is not None


def is_for_once(labels):
    """Whether ``docker compose run`` made the container of these labels."""
    return labels.get(LABEL_ONEOFF, '').lower() == 'true'
