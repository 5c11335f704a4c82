# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the socket offers around the way into the fleet and out of it, through any member.

What the fleet knows is asked of the host where it is; what it does not know yet is looked for on this host alone.
"""
from __future__ import annotations

from fnmatch import fnmatchcase

from ..errors import HandoverRefused, RingfleetError, UnknownContainer
from ..model import RELEASED, ContainerRow
from ..moves import errands
from ..names import LABEL_PROJECT, check_container_name
from ..ring.states import LEFT, LOST
from .handover import MANAGED, STATES
from .lookups import hosts_of

METHOD = 'container.to_state'


class HandoverMethods:
    """The methods of one watcher.

    :param built: watcher.build.Built. :param handover: watcher.handover.Handover.
    """

    def __init__(self, built, handover):
        self._b = built
        self._handover = handover

    def offer(self, registry, peers):
        """Add the methods to the socket's registry, and to that of the other hosts."""
        registry.add('container.set', self.container_set,
                     {'state': str, 'name': str, 'project': str, 'pattern': str, 'check': bool, 'wait_s': int},
                     ('name', 'project', 'pattern', 'check', 'wait_s'))
        registry.add('container.told', self.container_told, {'asked': dict})
        peers.add(METHOD, self._handover.to_state, {'names': list, 'project': str, 'state': str, 'check': bool})

    def container_set(self, state, name='', project='', pattern='', check=False, wait_s=30):
        """Bring the containers of that name, compose project or pattern (of fnmatch) into a state.

        :return: ``outcomes`` of this host's own, and ``asked``: {errand: host} of the others, for ``container.told``.
        :raises UnknownContainer: when there is none of that name.
        """
        if state not in STATES or sum(bool(each) for each in (name, project, pattern)) != 1:
            raise HandoverRefused('Containers are chosen by name, project or pattern, one of them, and are %s' % ' or '.join(STATES))
        if name:
            check_container_name(name)
        wanted = self._wanted(state, project, lambda other: fnmatchcase(other, pattern) if pattern else name in ('', other))
        if name and not wanted and state == MANAGED:
            self._check_known(name)
        me, until = self._b.settings.host, self._b.clock.wall() + wait_s * 1000
        gone = {row.host: row.state for row in hosts_of(self._b) if row.state in (LOST, LEFT)}
        outcomes, asked = self._handover.to_state(sorted(wanted.pop(me, ())), project, state, check), {}
        for host, names in sorted(wanted.items()):
            if host in gone:
                outcomes.extend(self._of_gone(host, gone[host], sorted(names), project, state, check))
            else:
                asked[errands.send(self._b.store, self._b.new_id(), host, METHOD, {
                    'names': sorted(names), 'project': project, 'state': state, 'check': check}, until)] = host
        if name and state == RELEASED and not outcomes and not asked:
            self._check_known(name)
        return {'outcomes': outcomes, 'asked': asked}

    def _wanted(self, state, project, chosen):
        """{host: names} of those that may have to be changed, where they are."""
        found, me = {}, self._b.settings.host
        for row in self._b.store.scan(ContainerRow):
            where = row.holder if state == RELEASED else row.previous if not row.holder and row.intent == RELEASED else ''
            if where and chosen(row.name):
                found.setdefault(where, set()).add(row.name)
        if state == MANAGED:
            for each in self._b.engine.containers():
                if chosen(each.name) and project in ('', each.labels.get(LABEL_PROJECT)):
                    found.setdefault(me, set()).add(each.name)
        return found

    def _check_known(self, name):
        if self._b.store.read(ContainerRow, name) is None:
            raise UnknownContainer('No container %s is on %s, and the fleet knows none of that name' % (name, self._b.settings.host),
                                   'Run it on the host that has it.')

    def _of_gone(self, host, state, names, project, wanted, check):
        """A lost host's containers are released on its behalf; what it has of a project nobody can say."""
        found = []
        for name in names:
            row = self._b.store.read(ContainerRow, name)
            outcome = {'name': name, 'host': host, 'changed': False, 'refused': ''}
            if wanted == MANAGED:
                outcome['refused'] = 'it is on %s, which is %s' % (host, state)
            elif project:
                continue
            elif self._handover.against(row):
                outcome['refused'] = self._handover.against(row)
            elif row.holder == host:
                outcome['changed'] = check or self._handover.give_up(row) is not None
                outcome['refused'] = '' if outcome['changed'] else 'its row was changed by others'
            found.append(outcome)
        return found

    def container_told(self, asked):
        """What the hosts that were asked have answered: ``outcomes``, and ``silent`` {errand: host} of those that have not."""
        outcomes, silent = [], {}
        for ident, host in sorted(asked.items()):
            try:
                told = errands.answer(self._b.store, ident)
            except RingfleetError as exc:
                told = [{'name': '', 'host': host, 'changed': False, 'refused': str(exc)}]
            if told is None:
                silent[ident] = host
            else:
                outcomes.extend(told)
        return {'outcomes': outcomes, 'silent': silent}
