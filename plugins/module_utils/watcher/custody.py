# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""This host's labelled containers, held against their rows: adopted, updated, released, or shown as what they are.

The truth is re-read whole when anything changed and each minute; every decision is one conditional write (ring.ownership).
A user's ``docker stop`` is intent; a destroy seen live that is not followed by the same name is a release; a container
merely absent is *missing*.
"""
from __future__ import annotations

from dataclasses import dataclass, field

from ..containers.engine import STATE
from ..containers.labels import is_managed
from ..errors import EngineError, LabelError, NoSuchContainer, SpecTooLarge
from ..model import RUNNING, STOPPED, ContainerRow, Placement
from ..names import LABEL_MANAGED, LABEL_MOVE
from ..moves.planning import immovable
from ..ring import ownership

# dockerd going down stops every container too; only a stop that the engine outlives is the user's.
_STOP_CONFIRMED_S = 10.0
# One that is created and not started for so long is meant so.
_CREATED_S = 5.0


@dataclass(frozen=True)
class View:
    """What this host knows of containers: ``rows`` of the fleet, and of its own containers what they are."""
    rows: dict = field(default_factory=dict)
    words: dict = field(default_factory=dict)
    managed: tuple = ()
    problems: dict = field(default_factory=dict)
    missing: tuple = ()
    immovable: dict = field(default_factory=dict)


class Custody:
    """Keeps View up to date. ``dirty`` says that something changed since the last look."""

    def __init__(self, store, engine, clock, owner, keeper, host, recreate_s):
        self._store = store
        self._engine = engine
        self._clock = clock
        self._owner = owner
        self._keeper = keeper
        self._host = host
        self._recreate_s = recreate_s
        self._stops = {}
        self._destroys = {}
        self._reasons = {}
        self._kept = set()
        self._created = {}
        self.dirty = True
        self.view = View()

    def event(self, event):
        """Take note of an engine's event."""
        if event.action in STATE:
            return
        self.dirty = True
        now = self._clock.monotonic()
        if event.action == 'stop':
            self._stops[event.name] = (event.id, now + _STOP_CONFIRMED_S)
        elif event.action in ('start', 'update'):
            if event.action == 'start':
                self._stops.pop(event.name, None)
            self._reasons.pop(event.id, None)
            self._kept.discard(event.id)
        elif event.action == 'destroy' and event.labels.get(LABEL_MANAGED):
            self._destroys[event.name] = (event.id, now + self._recreate_s)

    def stream_broke(self):
        """The engine went away: the stops just seen may have been its own."""
        self._stops.clear()
        self.dirty = True

    def look(self):
        """Read all, judge, act. Raises as store and engine do; half done is done again at the next look."""
        self.dirty = False
        try:
            self._look()
        except Exception:
            self.dirty = True
            raise

    def _look(self):
        summaries = self._engine.containers()
        managed, problems = self._managed(summaries)
        rows = {row.name: row for row in self._store.scan(ContainerRow)}
        words = {}
        for summary in managed:
            here = ownership.here_of(summary)
            word = ownership.judge(here, rows.get(here.name), self._host)
            if word in (ownership.ADOPT, ownership.VERSION):
                if self._starts_soon(summary):
                    continue
                word = self._take(here, rows)
            elif word == ownership.OURS and rows[here.name].intent == STOPPED and here.running:
                self._intend(rows, here.name, RUNNING)
            words[here.name] = self._known_word(word, summary)
        self._created = {ident: due for ident, due in self._created.items() if ident in {each.id for each in managed}}
        self._confirm_stops(rows, {each.name: each for each in managed})
        self._confirm_destroys(rows, {each.name for each in summaries})
        present = {each.id for each in summaries}
        missing = tuple(sorted(row.name for row in rows.values()
                               if row.holder == self._host and row.instance not in present and not row.move))
        self.view = View(rows, words, tuple(managed), problems, missing, self._immovable(managed, summaries, rows, words))

    def _starts_soon(self, summary):
        """``docker run`` creates, then starts: adopted in between, it would be taken for one that its user wants stopped."""
        if summary.state != 'created':
            self._created.pop(summary.id, None)
            return False
        return self._clock.monotonic() < self._created.setdefault(summary.id, self._clock.monotonic() + _CREATED_S)

    def _known_word(self, word, summary):
        """A copy that was this host's in an earlier epoch is told from one that a user made: the placements know it."""
        if word not in (ownership.DUPLICATE, ownership.COPY):
            return word
        known = any(each.name == summary.name and each.instance == summary.id for each in self._store.placements(self._host))
        return ownership.STALE if known else word

    @staticmethod
    def _managed(summaries):
        found, problems = [], {}
        for summary in summaries:
            if LABEL_MANAGED not in summary.labels:
                continue
            try:
                if is_managed(summary.labels):
                    found.append(summary)
            except LabelError as exc:
                problems[summary.name] = str(exc)
        return found, problems

    def _take(self, here, rows):
        """Adopt it or note its new version; the scan may have been old, so the row is read anew."""
        row = self._store.read(ContainerRow, here.name)
        word = ownership.judge(here, row, self._host)
        # The index before the owner: whoever looks for a host's containers must find at least all that it holds.
        if word == ownership.ADOPT:
            self._store.put_placement(Placement(self._host, here.name, here.instance, (row.epoch if row else 0) + 1))
            row = self._owner.adopt(here, row)
        elif word == ownership.VERSION:
            self._store.put_placement(Placement(self._host, here.name, here.instance, row.epoch))
            row = self._owner.new_version(here, row)
        if row is None:
            self.dirty = True
            return word
        rows[here.name] = row
        return ownership.judge(here, row, self._host)

    def _intend(self, rows, name, intent):
        row = self._store.read(ContainerRow, name)
        if row is not None and row.holder == self._host and not row.move and row.intent != intent:
            rows[name] = self._owner.set_intent(row, intent) or row

    def _confirm_stops(self, rows, managed):
        now = self._clock.monotonic()
        for name, (ident, due) in list(self._stops.items()):
            if due > now:
                continue
            del self._stops[name]
            summary = managed.get(name)
            if summary is not None and summary.id == ident and summary.state != 'running':
                self._intend(rows, name, STOPPED)

    def _confirm_destroys(self, rows, names):
        now = self._clock.monotonic()
        for name, (ident, due) in list(self._destroys.items()):
            if due > now:
                continue
            row = self._store.read(ContainerRow, name)
            if row is not None and row.move:
                # The move first comes to its end; it may make the container again.
                continue
            del self._destroys[name]
            if name in names or row is None or row.holder != self._host or row.instance != ident:
                continue
            released = self._owner.release(row)
            if released is None:
                self._destroys[name] = (ident, now)
            else:
                rows[name] = released
                self._store.drop_placement(self._host, name)

    def pending(self):
        """True while something that waits to be confirmed is due: look again."""
        now = self._clock.monotonic()
        waits = [due for _id, due in list(self._stops.values()) + list(self._destroys.values())]
        return any(due <= now for due in waits + list(self._created.values()))

    def _immovable(self, managed, summaries, rows, words):
        """Why containers of this host cannot move, by name; looked up once an instance and start, and with it the Spec of
        those that can is kept.
        """
        found = {}
        alive = {each.id for each in managed}
        self._reasons = {ident: why for ident, why in self._reasons.items() if ident in alive}
        self._kept &= alive
        for summary in managed:
            ours = words.get(summary.name) == ownership.OURS
            if summary.id not in self._reasons or (ours and summary.id not in self._kept and not self._reasons[summary.id]):
                try:
                    self._reasons[summary.id] = self._inspect(summary, summaries, rows if ours else {})
                except NoSuchContainer:
                    continue
            if self._reasons[summary.id]:
                found[summary.name] = self._reasons[summary.id]
        return found

    def _inspect(self, summary, summaries, rows):
        try:
            inspected = self._engine.inspect(summary.id)
            against = immovable(self._engine, inspected, summaries)
            if not against and summary.name in rows:
                kept = self._keeper.keep(inspected, rows[summary.name])
                if kept is None:
                    self.dirty = True
                    return against
                rows[summary.name] = kept
                self._kept.add(summary.id)
            return against
        except NoSuchContainer:
            raise
        except SpecTooLarge as exc:
            return (exc.message,)
        except EngineError as exc:
            return ('it cannot be inspected: %s' % exc.message,)

    def leftovers(self, open_moves):
        """Copies of moves here that are not what their row names and that no open move needs: ``[(Summary, row)]``."""
        found = []
        for summary in self._managed(self._engine.containers())[0]:
            move = summary.labels.get(LABEL_MOVE)
            row = self._store.read(ContainerRow, summary.name)
            if row is None or row.instance == summary.id:
                continue
            if row.move or move in open_moves:
                continue
            known = {each.instance for each in self._store.placements(self._host) if each.name == summary.name}
            if move or summary.id in known:
                found.append((summary, row))
        return found
