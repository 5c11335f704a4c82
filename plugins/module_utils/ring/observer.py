# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""This host as an observer of the others: who lives, whom it suspects, who backs up whom (design, section 4).

What follows from it is the coordinator's (watcher/coordinator.py). The judging itself is pure: liveness.py, losses.py and backups.py.
"""
from __future__ import annotations

from dataclasses import replace

from . import backups, liveness, losses
from .membership import LEFT, LOST, NORMAL


class Observer:
    """Judgements of one host on the others.

    :param gossip: what it reads. :param routes: network.rtt.RouteTimes, for the guards' answers.
    :param settings: for ``host`` and ``lost_after_s``. :param token_of: name to token, the ring's partitioner.
    """

    def __init__(self, gossip, routes, membership, clock, settings, token_of):
        self._gossip = gossip
        self._routes = routes
        self._membership = membership
        self._clock = clock
        self._me = settings.host
        self._lost_after_s = settings.lost_after_s
        self._token_of = token_of
        self._declared = {}

    def look(self):
        """Take note of who is declared lost, once a beat. Returns the HostRows whose guards should be asked at once."""
        now = self._clock.monotonic()
        lost = {(row.host, row.generation) for row in self._membership.hosts() if row.state == LOST}
        self._declared = {key: self._declared.get(key, now) for key in lost}
        return [row for row in self._others() if liveness.in_doubt(self._signs(row), self._gossip.reads, now, self._lost_after_s)]

    def probe_age(self, row):
        """Seconds since the guard of a host last answered, or None."""
        answered = self._routes.answers_of(row.host).answered
        return None if answered is None else max(0.0, self._clock.monotonic() - answered)

    def judgement(self, row):
        """The Judgement on a host; one does not judge oneself."""
        if row.host == self._me:
            return liveness.Judgement(liveness.ALIVE, alive=True)
        away_s = max(0.0, (row.away_until - self._clock.wall()) / 1000.0)
        return liveness.judge(self._signs(row), self._gossip.reads, self._clock.monotonic(), self._lost_after_s, away_s)

    def judges_nobody(self):
        """Why this observer judges nobody now, or ''."""
        return self._gossip.reads.judges_nobody(self._clock.monotonic(), self._lost_after_s)

    def suspects(self):
        """Names of the members that this observer takes for lost, sorted."""
        return tuple(sorted(row.host for row in self._others() if self.judgement(row).word == liveness.LOST))

    def backups(self):
        """{host: names of its backups} of all hosts but those that left."""
        return backups.all_backups(self._places(), self._token_of)

    def finding(self, row):
        """The losses.Finding on a host that has not left: whether this observer would declare it lost."""
        now = self._clock.monotonic()
        members = [self._member(each, now) for each in self._membership.hosts() if each.state != LEFT]
        observers = set(backups.observed_by(row.host, self._places(), self._token_of)) - {self._me}
        return losses.may_declare(row.host, self.judgement(row), members, observers)

    def losses(self):
        """{host: sentence} of the members that this host may declare lost now: those that it observes, and those whose
        observers are lost with them.
        """
        suspects = set(self.suspects())
        if not suspects:
            # Asked each second: the walk round the ring is for those seconds in which somebody died.
            return {}
        found, backed = {}, self.backups()
        members = {row.host: row for row in self._others()}
        for host in sorted(suspects):
            observers = backed.get(host, ())
            if self._me in observers or all(each in suspects or each not in members for each in observers):
                finding = self.finding(members[host])
                if finding.word == liveness.LOST:
                    found[host] = finding.sentence
        return found

    def sentence(self, row):
        """The finding's sentence; '' for this host itself and for one that left."""
        return '' if row.host == self._me or row.state == LEFT else self.finding(row).sentence

    def _others(self):
        return [row for row in self._membership.hosts() if row.host != self._me and row.state not in (LEFT, LOST)]

    def _signs(self, row):
        answers = self._routes.answers_of(row.host)
        return replace(self._gossip.signals_of(row.host), probe=liveness.Probed(answers.answered, answers.unanswered))

    def _places(self):
        return [self._place(row) for row in self._membership.hosts() if row.state != LEFT]

    def _place(self, row):
        endpoint = self._gossip.endpoint_of(row.address)
        tokens = tuple(int(token) for token in endpoint.tokens) if endpoint is not None else ()
        return backups.Place(row.host, tokens, row.facts.get('rack', ''), row.state == NORMAL)

    def _member(self, row, now):
        since, judged = self._declared.get((row.host, row.generation)), self.judgement(row)
        declared_s = now - (now if since is None else since) if row.state == LOST else None
        beat = self._gossip.beat_of(row.host)
        can_be_asked = row.host != self._me and beat is not None and liveness.BEAT not in judged.silent
        return losses.Member(row.host, judged.alive, tuple(beat.suspects) if can_be_asked else None, declared_s)
