# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""This host as an observer of the others: who lives, whom it suspects, who backs up whom (design, section 4).

What follows from it is the coordinator's (watcher/coordinator.py). The judging itself is pure: liveness.py, losses.py and backups.py.
"""
from __future__ import annotations

from dataclasses import replace

from . import backups, liveness, losses
from .states import LEFT, LOST, NORMAL
from .tolerance import Node

# Who is no observer of a silent host waits so long for those that are.
SWEEP_S = 30.0
# Whom this host backs up is found anew so often: the tokens of a node that joins come some seconds after its row.
_WALK_S = 10.0


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
        self._doubted = self._observed = frozenset()
        self._walk_due = 0.0

    def look(self):
        """Take note of who is declared lost, once a beat. Returns the HostRows whose guards should be asked at once: those in doubt, and those
        that this host backs up, so that a silence begins with the death and not with the first read that brings nothing.
        """
        now = self._clock.monotonic()
        if now >= self._walk_due:
            self._observed, self._walk_due = frozenset(backups.observes(self._me, self.places(), self._token_of)), now + _WALK_S
        lost = {(row.host, row.generation) for row in self._membership.hosts() if row.state == LOST}
        self._declared = {key: self._declared.get(key, now) for key in lost}
        others = self._others()
        self._doubted = {row.host for row in others if liveness.in_doubt(self._signs(row), self._gossip.reads, now, self._lost_after_s)}
        return [row for row in others if row.host in self._doubted or row.host in self._observed]

    def alert(self):
        """Whether somebody may be dying, or was declared lost within the last minute: then every second counts."""
        now = self._clock.monotonic()
        return bool(self._doubted or self.suspects() or any(now - since <= losses.TOGETHER_S for since in self._declared.values()))

    def probe_age(self, row):
        """Seconds since the guard of a host last answered, or None."""
        answered = self._routes.answers_of(row.host).answered
        return None if answered is None else max(0.0, self._clock.monotonic() - answered)

    def judgement(self, row):
        """The Judgement on a host; one does not judge oneself."""
        if row.host == self._me:
            return liveness.Judgement(liveness.ALIVE, alive=True)
        away_s = self._membership.away_left_s(row)
        return liveness.judge(self._signs(row), self._gossip.reads, self._clock.monotonic(), self._lost_after_s, away_s)

    def judges_nobody(self):
        """Why this observer judges nobody now, or ''."""
        return self._gossip.reads.judges_nobody(self._clock.monotonic(), self._lost_after_s)

    def suspects(self):
        """Names of the members that this observer takes for lost, sorted."""
        return tuple(sorted(row.host for row in self._others() if self.judgement(row).word == liveness.LOST))

    def backups(self):
        """{host: names of its backups} of all hosts but those that left."""
        return backups.all_backups(self.places(), self._token_of)

    def finding(self, row):
        """The losses.Finding on a host that has not left: whether this observer would declare it lost."""
        now = self._clock.monotonic()
        members = [self._member(each, now) for each in self._members()]
        return losses.may_declare(row.host, self.judgement(row), members, set(self.observers(row)) - {self._me})

    def losses(self):
        """{host: sentence} of the members that this host may declare lost now: those that it observes, and those that nobody declared for
        a while.
        """
        suspects = set(self.suspects())
        if not suspects:
            # Asked each second: the walk round the ring is for those seconds in which somebody died.
            return {}
        found = {}
        for row in self._others():
            if row.host in suspects and self._is_mine(row):
                finding = self.finding(row)
                if finding.word == liveness.LOST:
                    found[row.host] = finding.sentence
        return found

    def observers(self, row):
        """Names of the hosts that observe another one, as this one sees it: the first two others on its walk that can judge it now."""
        able = [replace(self._place(each), living=each.state == NORMAL and self._is_able(each)) for each in self._members()]
        return backups.observed_by(row.host, able, self._token_of)

    def _is_able(self, row):
        # What this host itself can is in its own judgements.
        return row.host == self._me or self._opinion(row) is not None

    def _is_mine(self, row):
        """Whether it is this host's to declare a suspect: its observers', and after a while anybody's."""
        observers = self.observers(row)
        return self._me in observers or not observers or self.judgement(row).since_s >= SWEEP_S

    def nodes(self):
        """tolerance.Nodes of all hosts that have not left, as this observer sees them."""
        now = self._clock.monotonic()
        return [self._node(row, now) for row in self._members()]

    def _node(self, row, now):
        member = self._member(row, now)
        declared = member.declared_s is not None
        return Node(row.host, member.alive and not declared, not declared and liveness.GOSSIP not in self.judgement(row).silent,
                    not declared or member.declared_s <= losses.TOGETHER_S)

    def sentence(self, row):
        """The finding's sentence; '' for this host itself and for one that left."""
        return '' if row.host == self._me or row.state == LEFT else self.finding(row).sentence

    def _members(self):
        return [row for row in self._membership.hosts() if row.state != LEFT]

    def _others(self):
        return [row for row in self._membership.hosts() if row.host != self._me and row.state not in (LEFT, LOST)]

    def _signs(self, row):
        answers = self._routes.answers_of(row.host)
        # Of a host that is just back the silence before is over, though it has said nothing yet.
        return replace(self._gossip.signals_of(row.host), probe=liveness.Probed(answers.answered, answers.unanswered),
                       listed=self._membership.listed(row.host))

    def places(self):
        """A backups.Place of every host that has not left."""
        return [self._place(row) for row in self._members()]

    def _place(self, row):
        endpoint = self._gossip.endpoint_of(row.address)
        tokens = tuple(int(token) for token in endpoint.tokens) if endpoint is not None else ()
        return backups.Place(row.host, tokens, row.facts.get('rack', ''), row.state == NORMAL)

    def _member(self, row, now):
        since, judged = self._declared.get((row.host, row.generation)), self.judgement(row)
        declared_s = now - (now if since is None else since) if row.state == LOST else None
        return losses.Member(row.host, judged.alive, self._opinion(row), declared_s)

    def _opinion(self, row):
        """Hosts that another one suspects by its beat, None where it has no opinion: its beat is silent, or says that it judges nobody."""
        beat = self._gossip.beat_of(row.host)
        if row.host == self._me or beat is None or beat.judges_nobody or liveness.BEAT in self.judgement(row).silent:
            return None
        return tuple(beat.suspects)
