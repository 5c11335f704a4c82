# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command ``ringfleet``: what a host knows, over the watcher's socket. ``--json`` gives the answers as they are.

Exit status: 0 healthy, 1 something is wrong (and was shown), 2 the question was wrong, 3 the watcher does not answer.
"""
from __future__ import annotations

import argparse
import json
import sys

from ..errors import RingfleetError, WatcherUnavailable
from ..protocol.client import SOCKET, Client
from . import tables

HEALTHY, WRONG, BAD_QUESTION, NO_ANSWER = 0, 1, 2, 3


def status(client, _arguments):
    """The watcher's own sentence, and whether all is well: this watcher, every host's signs, nothing missing or stuck."""
    told = client.call('watcher.status')
    troubles = ['%s: %s' % item for item in sorted(told['troubles'].items())]
    if not troubles:
        troubles.extend('host %s is %s' % (each['host'], each['signs']) for each in client.call('host.info')['hosts']
                        if each['signs'] != 'alive')
        found = client.call('container.info')
        troubles.extend('container %s is missing here' % each['name'] for each in found['containers'] if each['missing'])
        troubles.extend('container %s: %s' % item for item in sorted(found['problems'].items()))
    troubles.extend(held(client) if not told['troubles'] else ())
    lines = ['%s, version %s: %s' % (told['host'], told['version'], told['sentence'])]
    lines.extend('WRONG: %s' % trouble for trouble in troubles)
    return dict(told, wrong=troubles), '\n'.join(lines), not troubles


def held(client):
    """What keeps the fleet from helping itself: a pause, a failover that is not armed, containers without a place."""
    answer = client.call('fleet.info')
    pause, failover = answer['pause'], answer['failover']
    found = ['pending: %s (%s)' % (each['name'], each['why']) for each in failover['pending']]
    if pause['reason']:
        found.append('the fleet is paused by %s since %d min: %s' % (pause['by'], pause['age_s'] // 60, pause['reason']))
    elif not failover['armed']:
        found.append('a lost host is not failed over: %s' % failover['why_not'])
    return found


def hosts(client, arguments):
    """Every host as this one sees it."""
    answer = client.call('host.info')
    return answer, tables.hosts(answer), all(each['signs'] == 'alive' for each in answer['hosts'])


def containers(client, arguments):
    """Every managed container."""
    answer = client.call('container.info')
    well = not answer['problems'] and not any(each['missing'] for each in answer['containers'])
    return answer, tables.containers(answer), well


def moves(client, arguments):
    """Moves, newest first; only open ones unless --all."""
    answer = client.call('move.info', open=not arguments.all)
    return answer, tables.moves(answer), True


def log(client, arguments):
    """What was broadcast in the last hour."""
    answer = client.call('broadcast.info', since_s=3600)
    return answer, tables.log(answer), True


def why(client, arguments):
    """Why a container is where and how it is."""
    name = arguments.name
    answers = (client.call('container.info', name=name), client.call('load.info', name=name),
               client.call('decision.info', name=name, days=7), client.call('move.info', name=name))
    return dict(zip(('containers', 'load', 'decisions', 'moves'), answers)), tables.why(name, *answers), True


QUESTIONS = {'status': status, 'hosts': hosts, 'containers': containers, 'why': why, 'moves': moves, 'log': log}


def _parser():
    parser = argparse.ArgumentParser(prog='ringfleet', description='Ask the watcher of this host.')
    parser.add_argument('--json', action='store_true', help='the answer as it is')
    parser.add_argument('--socket', default=SOCKET)
    questions = parser.add_subparsers(dest='question', required=True)
    for name, question in QUESTIONS.items():
        one = questions.add_parser(name, help=question.__doc__)
        if name == 'why':
            one.add_argument('name', metavar='CONTAINER')
        if name == 'moves':
            one.add_argument('--all', action='store_true', help='ended ones too')
    return parser


def main(argv=None, out=sys.stdout, err=sys.stderr):
    """Ask, show, and return the exit status."""
    arguments = _parser().parse_args(argv)
    try:
        answer, text, well = QUESTIONS[arguments.question](Client(arguments.socket), arguments)
    except WatcherUnavailable as exc:
        err.write('%s\n' % exc)
        return NO_ANSWER
    except RingfleetError as exc:
        err.write('%s\n' % exc)
        return BAD_QUESTION
    out.write('%s\n' % (json.dumps(answer, indent=2) if arguments.json else text))
    return HEALTHY if well else WRONG


if __name__ == '__main__':
    raise SystemExit(main())
