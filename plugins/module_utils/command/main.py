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
_UNIT_S = {'s': 1, 'm': 60, 'h': 3600}


def status(client, _arguments):
    """The watcher's own sentence, and whether all is well: this watcher, every host's life, nothing missing or stuck."""
    told = client.call('watcher.status')
    troubles = ['%s: %s' % item for item in sorted(told['troubles'].items())]
    if not troubles:
        troubles.extend(unwell(client.call('host.info')))
        found = client.call('container.info')
        troubles.extend('container %s is missing here' % each['name'] for each in found['containers'] if each['missing'])
        troubles.extend('container %s: %s' % item for item in sorted(found['problems'].items()))
        troubles.extend('move %s of container %s is %s' % (each['id'], each['name'], tables.stuck(each))
                        for each in client.call('move.info', open=True)['moves'] if each['stuck_s'])
    lines = ['%s, version %s: %s' % (told['host'], told['version'], told['sentence'])]
    if not told['troubles']:
        troubles.extend(leased(client, told))
        fleet = client.call('fleet.info')
        troubles.extend(held(fleet))
        told['tolerance'] = fleet['failover']['tolerance']
        lines.append(tables.tolerance(told['tolerance']))
    lines.extend('WRONG: %s' % trouble for trouble in troubles)
    return dict(told, wrong=troubles), '\n'.join(lines), not troubles


def unwell(answer):
    """What is wrong with hosts, in words: all that this one does not see alive, by beat, gossip and the guard's answer, and whose clock is off.

    :param answer: that of host.info.
    """
    found = []
    for each in answer['hosts']:
        word = tables.taken_for(each)
        if each['state'] != 'left' and word != 'alive':
            found.append('host %s is %s' % (each['host'], tables.liveness(each) if word == 'away' else word))
    found.extend(tables.clock_off(each) for each in answer['hosts'] if each['clock']['skewed'])
    if answer['judges_nobody'] and any(each['host'] != answer['observer'] and each['state'] != 'left' for each in answer['hosts']):
        found.append('this host judges nobody now: %s' % answer['judges_nobody'])
    return found


def leased(client, told):
    """What is wrong with exclusive containers: leases that ran out, what waits for its lease or its guard here."""
    found = ["the lease of host %s ran out: what is exclusive there is taken over" % each['host']
             for each in client.call('host.info')['hosts'] if each['lease']['expired']]
    return found + ['exclusive: %s' % each for each in told['exclusive']]


def held(fleet):
    """What keeps the fleet from helping itself: a pause, a failover that is not armed, containers without a place.

    :param fleet: the answer of fleet.info.
    """
    pause, failover = fleet['pause'], fleet['failover']
    found = ['pending: %s (%s)' % (each['name'], each['why']) for each in failover['pending']]
    if pause['reason']:
        found.append('the fleet is paused by %s since %d min: %s' % (pause['by'], pause['age_s'] // 60, pause['reason']))
    elif not failover['armed']:
        found.append('a lost host is not failed over: %s' % failover['why_not'])
    return found


def hosts(client, arguments):
    """Every host as this one sees it."""
    answer = client.call('host.info')
    return answer, tables.hosts(answer), not unwell(answer)


def containers(client, arguments):
    """Every managed container that somebody holds; with --all those that were removed too."""
    answer = client.call('container.info')
    shown = answer if arguments.all else tables.held_or_noted(answer)
    well = not answer['problems'] and not any(each['missing'] for each in answer['containers'])
    return answer, tables.containers(shown, len(answer['containers']) - len(shown['containers'])), well


def moves(client, arguments):
    """Moves, newest first; only open ones unless --all."""
    answer = client.call('move.info', open=not arguments.all)
    return answer, tables.moves(answer), not any(each['stuck_s'] for each in answer['moves'])


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


def away(client, arguments):
    """This host goes away in order, as for maintenance: its silence is no death until then. A shutdown or reboot tells that itself."""
    answer = client.call('host.away', **({'for_s': arguments.seconds} if arguments.seconds else {}))
    return answer, '%s is away until %s UTC; ringfleet back, or its next start, ends that' % (answer['host'], tables.clock(answer['away_until'])), True


def back(client, arguments):
    """This host is back: its silence is judged as any other's."""
    answer = client.call('host.back')
    return answer, '%s is back' % answer['host'], True


def join(client, _arguments):
    """This host stays, or is a member again: undoes its drain, or that it left. The playbook ringfleet.core.join runs it."""
    answer = client.call('host.join', by='ringfleet join')
    return answer, '%s is %s, generation %d' % (answer['host'], answer['state'] or 'no member yet', answer['generation']), True


QUESTIONS = {'status': status, 'hosts': hosts, 'containers': containers, 'why': why, 'moves': moves, 'log': log, 'away': away, 'back': back, 'join': join}


# Of which questions there is a longer answer, and what that tells more.
_ALL = {'moves': 'ended ones too', 'containers': 'those that nobody holds too'}


def seconds(text):
    """A time as people write it, in whole seconds: 90, 90s, 10m, 2h.

    :raises argparse.ArgumentTypeError: with what may stand there.
    """
    number, unit = (text[:-1], text[-1]) if text[-1:] in _UNIT_S else (text, 's')
    if not number.isdecimal() or not int(number):
        raise argparse.ArgumentTypeError('%r is no time: write 90, 90s, 10m or 2h' % text)
    return int(number) * _UNIT_S[unit]


def _parser():
    parser = argparse.ArgumentParser(prog='ringfleet', description='Ask the watcher of this host.')
    parser.add_argument('--json', action='store_true', help='the answer as it is')
    parser.add_argument('--socket', default=SOCKET)
    questions = parser.add_subparsers(dest='question', required=True)
    for name, question in QUESTIONS.items():
        one = questions.add_parser(name, help=question.__doc__)
        # Also behind the question, where people write it; suppressed, so that its absence there takes nothing back.
        one.add_argument('--json', action='store_true', default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        if name == 'why':
            one.add_argument('name', metavar='CONTAINER')
        if name in _ALL:
            one.add_argument('--all', action='store_true', help=_ALL[name])
        if name == 'away':
            one.add_argument('--for', dest='seconds', type=seconds, metavar='TIME', help="as 10m or 2h; by default the watcher's setting away_s")
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
