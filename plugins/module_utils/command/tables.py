# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of the watcher as plain tables and sentences, for people at three in the morning. Pure."""
from __future__ import annotations

from datetime import datetime, timezone


def table(head, rows):
    """Columns as wide as their widest cell; '-' for what is not there."""
    cells = [[str(cell) if cell not in (None, '') else '-' for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in [list(head)] + cells) for at in range(len(head))]
    lines = ['  '.join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in [list(head)] + cells]
    return '\n'.join(lines)


def clock(at):
    """A wall-clock millisecond as people read it, in UTC."""
    return datetime.fromtimestamp(at / 1000.0, tz=timezone.utc).strftime('%Y-%m-%d %H:%M:%S') if at else ''


def percent(part, whole):
    """``part`` of ``whole``, or '' where there is no whole."""
    return '%d%%' % round(100.0 * part / whole) if whole else ''


def liveness(host):
    """What a host is taken for, and how much is left of its orderly absence."""
    word, left = host['liveness']['word'], host['away_s']
    if not left:
        return word
    return 'away for %d s more' % left if word == 'away' else '%s, goes away for %d s' % (word, left)


def taken_for(host):
    """What a host is taken for in a word: by all its signs of life, or where this observer judges nobody by beat and gossip alone."""
    word = host['liveness']['word']
    return host['signs'] if word in ('alive', 'not judged') else word


def clock_off(host):
    """By how much a host's clock is off, and in which direction."""
    ahead = host['clock']['ahead_s']
    return "the clock of host %s is at least %.1f s %s this host's" % (host['host'], abs(ahead), 'ahead of' if ahead > 0 else 'behind')


def stuck(move):
    """For how long an open move has only waited, and for what."""
    waits = move['waits_for']
    return 'stuck for %d min%s' % (move['stuck_s'] // 60, ': it waits for %s' % waits if waits else '')


def hosts(answer):
    """host.info."""
    rows = []
    for each in answer['hosts']:
        load = each['load'] or {}
        rows.append((each['host'], each['state'], clock(each['since_at']), each['by'], each['signs'],
                     each['beat']['age_s'], each['gossip']['age_s'], each['probe']['age_s'], each['clock']['ahead_s'],
                     liveness(each), lease(each['lease']), ', '.join(each['backups']),
                     percent(load.get('cpu_used', 0), load.get('cpu_capacity')),
                     percent(load.get('memory_used', 0), load.get('memory_capacity')), load.get('containers'),
                     '; '.join(load.get('contended', ())) or load.get('unjudged')))
    return table(('HOST', 'STATE', 'SINCE (UTC)', 'BY', 'SIGNS', 'BEAT s', 'GOSSIP s', 'PROBE s', 'CLOCK s', 'LIVENESS', 'LEASE', 'BACKUPS',
                  'CPU', 'MEMORY', 'CONTAINERS', 'CONTENDED'), rows)


def lease(told):
    """A host's lease in a word or two; nothing where it has none."""
    if told['expired']:
        return 'ran out'
    return 'held' if told['held'] and told['age_s'] is None else 'held, %d s old' % told['age_s'] if told['held'] else ''


def tolerance(told):
    """How many more hosts may be lost, and what one more would take."""
    return 'may lose %d more host%s; one more than that: %s' % (told['hosts'], '' if told['hosts'] == 1 else 's', '; '.join(told['why']))


def held(row):
    """Who has the hold of a container, why, and for how long."""
    return 'held by %s (%s) until %s UTC, for %d min more' % (row['hold_by'], row['hold_for'], clock(row['hold_until']), row['hold_s'] // 60)


def held_or_noted(answer):
    """container.info without what nobody holds and nothing is said of: containers that were removed keep their row and epoch for good."""
    def matters(each):
        return each['holder'] or each['intent'] == 'released' or each['move'] or each['missing'] or each['hold_by'] or each['here'] \
            or each['name'] in answer['problems']
    return dict(answer, containers=[each for each in answer['containers'] if matters(each)])


def containers(answer, unshown=0):
    """container.info. ``unshown``: of so many containers more nothing is shown."""
    rows, named = [], {each['name'] for each in answer['containers']}
    for each in answer['containers']:
        notes = ['exclusive'] if each['exclusive'] else []
        notes.extend(['missing on its holder'] if each['missing'] else [])
        if not each['holder'] and each['intent'] == 'released':
            notes.append('goes on at %s' % each['previous'])
        if each['here'] not in ('', 'ours'):
            notes.append('here: %s' % each['here'])
        if each['priority']:
            notes.append('priority %d' % each['priority'])
        if each['hold_by']:
            notes.append(held(each))
        if each['immovable']:
            notes.append('does not move: %s' % '; '.join(each['immovable']))
        notes.extend([answer['problems'][each['name']]] if each['name'] in answer['problems'] else [])
        rows.append((each['name'], each['holder'] or 'nobody', each['epoch'], each['intent'], each['move'], '; '.join(notes)))
    rows.extend((name, 'not managed', '', '', '', problem) for name, problem in sorted(answer['problems'].items()) if name not in named)
    text = table(('CONTAINER', 'HOLDER', 'EPOCH', 'INTENT', 'OPEN MOVE', 'NOTE'), rows)
    return text + '\n%d more that nobody holds: --all' % unshown if unshown else text


def moves(answer):
    """move.info."""
    rows = [(each['id'], each['name'], each['source'], each['target'], each['outcome'], each['source_step'],
             each['target_step'], stuck(each) if each['stuck_s'] else each['waits_for'] or each['source_note']) for each in answer['moves']]
    return table(('MOVE', 'CONTAINER', 'FROM', 'TO', 'OUTCOME', 'SOURCE', 'TARGET', 'WAITS FOR, OR WHY'), rows)


def log(answer):
    """broadcast.info."""
    rows = [(clock(each['sent_at']), each['host'], each['kind'], each['name'], each['detail']) for each in answer['broadcasts']]
    return table(('WHEN (UTC)', 'HOST', 'WHAT', 'CONTAINER', 'DETAIL'), rows)


def why(name, containers_answer, load_answer, decisions_answer, moves_answer):
    """All that is known of why a container is where and how it is, as sentences."""
    row = containers_answer['containers'][0]
    lines = ['%s is %s, epoch %d, and shall be %s.' % (
        name, 'held by %s' % row['holder'] if row['holder'] else 'held by nobody', row['epoch'], row['intent'])]
    if row['hold_by']:
        lines.append('It is %s: until then nobody moves or removes it.' % held(row))
    for host in load_answer['hosts']:
        for report in host['containers']:
            because = ': %s' % '; '.join(report['reasons']) if report['reasons'] else ''
            fault = ', its own fault' if report['own_fault'] else ''
            lines.append('On %s it is %s (health %s), anomaly %s%s%s.' % (
                host['host'], report['status'], report['health'], report['anomaly'], fault, because))
    lines.append('It does not move: %s.' % '; '.join(row['immovable']) if row['immovable'] else 'It can move.')
    for decision in decisions_answer['decisions'][:3]:
        lines.append('%s %s decided, %s' % (clock(decision['decided_at']), decision['host'], decision['sentence']))
        # Of a decision on another container, or on its whole host, the figures are not this one's.
        lines.extend('    stayed, %s' % each for each in decision['stayed'])
        lines.extend('    %-12s C %.2f  M %.2f  T %.1f ms  A %.3f  %s' % (
            each['host'], each['C'], each['M'], each['T'], each['A'], '; '.join(each['excluded']))
            for each in decision['candidates'] if decision['name'] == name)
    for move in moves_answer['moves'][:3]:
        lines.append('Move %s from %s to %s is %s%s.' % (
            move['id'], move['source'], move['target'], move['outcome'],
            ': %s' % move['source_note'] if move['source_note'] else ''))
    return '\n'.join(lines)
