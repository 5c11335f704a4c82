# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""This host's managed containers, held against their rows: adopted, updated, released, or shown as what they are.

The truth is re-read whole when anything changed and each minute; every decision is one conditional write (ring.ownership).
A user's ``docker stop`` is intent; a destroy seen live that is not followed by the same name is a release (watcher/endings.py);
a container merely absent is *missing*.
"""
from __future__ import annotations

from dataclasses import replace

from ..containers.engine import STATE
from ..containers.labels import is_exclusive
from ..errors import EngineError, NoSuchContainer, SpecTooLarge
from ..model import RUNNING, STOPPED, ContainerRow, HostRow, Placement
from ..names import LABEL_MANAGED, LABEL_MOVE, is_aside, is_before_its_name, is_behind_its_name
from ..moves.planning import immovable
from ..moves.steps import took_effect
from ..moves.wishes import priority, replaces
from ..ring import ownership
from ..ring.replacing import advice
from ..ring.states import PARTING
from .endings import Endings
from .managed import managed_of
from .renames import Renames
from .view import View

# One that is created and not started for so long is meant so.
_CREATED_S = 5.0
# A look inspects containers for so long at most.
_INSPECTING_S = 1.0


class Custody:
    """Keeps View up to date. ``dirty`` says that something changed since the last look, which began at ``looked_at``.

    :param gate: watcher.gate.Gate, asked before an exclusive container becomes this host's.
    :param replacement: watcher.replacement.Replacement.
    """

    def __init__(self, store, engine, clock, owner, keeper, gate, replacement, host, recreate_s):
        self._store = store
        self._engine = engine
        self._clock = clock
        self._owner = owner
        self._keeper = keeper
        self._gate = gate
        self._replacement = replacement
        self._host = host
        self._endings = Endings(clock, recreate_s)
        self._renames = Renames(store, owner, host)
        self._reasons = {}
        self._kept = set()
        self._created = {}
        self.dirty = True
        self.looked_at = None
        self.view = View()

    def event(self, event):
        """Take note of an engine's event."""
        known = event.labels.get(LABEL_MANAGED) or LABEL_MOVE in event.labels or event.name in self.view.words
        # Without a label only its name of before says that a renamed one is known.
        if event.action in STATE or not (known or event.action in ('rename', 'prune')):
            return
        self.dirty = True
        if event.action in ('kill', 'stop') and known and not self._gate.stopped(event.id):
            self._endings.halted(event)
        if event.action in ('start', 'destroy'):
            self._gate.forget_stop(event.id)
        if event.action in ('start', 'update', 'rename'):
            if event.action == 'start':
                self._endings.started(event)
            self._reasons.pop(event.id, None)
            self._kept.discard(event.id)
        elif event.action == 'destroy' and known:
            self._endings.destroyed(event)
        elif event.action == 'prune':
            self._endings.pruned()

    def stream_broke(self):
        """The engine went away: the stops just seen may have been its own."""
        self._endings.broke()
        self.dirty = True

    def look(self):
        """Read all, judge, act. Raises as store and engine do; half done is done again at the next look."""
        self.dirty = False
        began = self._clock.monotonic()
        try:
            self._look()
            self.looked_at = began
        except Exception:
            self.dirty = True
            raise

    def _look(self):
        summaries = self._engine.containers()
        placed = self._placed()
        managed, problems = managed_of(summaries, placed)
        rows = {row.name: row for row in self._store.scan(ContainerRow)}
        words, renamed = {}, self._renames.release(summaries, rows, placed)
        self.dirty = self.dirty or bool(renamed)
        for summary in managed:
            if is_aside(summary.name, summary.id):
                words[summary.name] = ownership.STALE
                continue
            if summary.id in renamed or is_before_its_name(summary.name, summary.labels, summary.state):
                continue
            if is_behind_its_name(summary.name, summary.id, summary.state):
                continue
            here = self._replacement.seen(self.here(summary), rows.get(summary.name), placed.get(summary.name))
            word = ownership.judge(here, rows.get(here.name), self._host, placed.get(here.name))
            if word == ownership.ADOPT and self._is_left_over(here):
                word = ownership.COPY
            if word in (ownership.ADOPT, ownership.VERSION):
                if self._starts_soon(summary) or self._waits(here, problems):
                    continue
                word = self._take(here, rows, placed)
            elif word == ownership.REPLACES:
                word = ownership.REFUSED if self._parts() else self._replacement.take(here, placed.get(here.name), rows, problems)
            elif word == ownership.OURS and here.exclusive != rows[here.name].exclusive:
                self._mend(here, rows, problems)
            elif word == ownership.OURS and rows[here.name].intent == STOPPED and here.running:
                self._intend(rows, here.name, RUNNING)
            elif word == ownership.DUPLICATE:
                problems.setdefault(here.name, advice(here, rows[here.name]))
            if word == ownership.REFUSED:
                problems[here.name] = 'Container %s is not adopted: its host %s takes none. Start it elsewhere, or run ringfleet.core.join' % (
                    here.name, self._host)
            words[here.name] = word
        self._created = {ident: due for ident, due in self._created.items() if ident in {each.id for each in managed}}
        self._confirm_stops(rows, {each.name: each for each in managed})
        self._confirm_destroys(rows, {each.name for each in managed} | set(problems))
        present = {each.id for each in summaries}
        missing = tuple(sorted(row.name for row in rows.values()
                               if row.holder == self._host and row.instance not in present and not row.move))
        self.view = View(rows, words, tuple(managed), problems, missing, self._immovable(managed, summaries, rows, words))

    @staticmethod
    def here(summary):
        """Here of a managed container's Summary. :raises LabelError: for a label that does not parse."""
        return replace(ownership.here_of(summary, priority(summary.labels)), exclusive=is_exclusive(summary.labels),
                       replaces=replaces(summary.labels))

    def _starts_soon(self, summary):
        """``docker run`` creates, then starts: adopted in between, it would be taken for one that its user wants stopped."""
        if summary.state != 'created':
            self._created.pop(summary.id, None)
            return False
        return self._clock.monotonic() < self._created.setdefault(summary.id, self._clock.monotonic() + _CREATED_S)

    def _waits(self, here, problems):
        """An exclusive container is this host's only once it is under the lease: what nobody holds is not taken over."""
        against = self._gate.admit(here.name, here.instance) if here.exclusive else ''
        if against:
            problems[here.name] = 'it is exclusive and not adopted yet: %s' % against
            self.dirty = True
        return bool(against)

    def _is_left_over(self, here):
        """Whether a move made it and never took effect: of a container that its user removed meanwhile it is nothing to go on with."""
        move = self._store.move(here.move) if here.move else None
        return move is not None and not took_effect(move)

    def _mend(self, here, rows, problems):
        """It was adopted by a release that did not know the label yet."""
        row = self._store.read(ContainerRow, here.name)
        if row is not None and row.holder == self._host and row.instance == here.instance and not self._waits(here, problems):
            rows[here.name] = self._owner.set_exclusive(row, here.exclusive) or row

    def listed(self):
        """(Summaries of the managed containers, {name: this host's Placement}), as they are now."""
        placed = self._placed()
        return managed_of(self._engine.containers(), placed)[0], placed

    def _placed(self):
        return {each.name: each for each in self._store.placements(self._host)}

    def _take(self, here, rows, placed):
        """Adopt it or note its new version; the scan may have been old, so the row is read anew."""
        row = self._store.read(ContainerRow, here.name)
        word = ownership.judge(here, row, self._host, placed.get(here.name))
        # The index before the owner: whoever looks for a host's containers must find at least all that it holds.
        if word == ownership.ADOPT and self._parts():
            return ownership.REFUSED
        if word == ownership.ADOPT:
            self._store.put_placement(Placement(self._host, here.name, here.instance, (row.epoch if row else 0) + 1))
            row = self._owner.adopt(here, row)
        elif word == ownership.VERSION:
            self._store.put_placement(Placement(self._host, here.name, here.instance, row.epoch))
            row = self._owner.new_version(here, row)
        if row is None:
            self.dirty = True
            self._unplace(here)
            return word
        rows[here.name] = row
        return ownership.judge(here, row, self._host)

    def _unplace(self, here):
        """Another host was first: what the index says would make this container one that was replaced elsewhere."""
        now = self._store.read(ContainerRow, here.name)
        if now is not None and now.holder not in ('', self._host):
            self._store.drop_placement(self._host, here.name)

    def _parts(self):
        """Whether this host is leaving, drained, or left: by its row itself, since what was last read of the hosts may be old."""
        own = self._store.read(HostRow, self._host)
        return own is not None and own.state in PARTING

    def _intend(self, rows, name, intent):
        row = self._store.read(ContainerRow, name)
        if row is not None and row.holder == self._host and not row.move and row.intent != intent:
            rows[name] = self._owner.set_intent(row, intent) or row

    def stopping(self, name):
        """Whether a stop of a container was just seen, so that it may be its user's."""
        return self._endings.stopping(name)

    def intend(self, name, intent):
        """Note what shall become of a container of this host."""
        self._intend(self.view.rows, name, intent)
        self.dirty = True

    def _confirm_stops(self, rows, managed):
        for name, ident in self._endings.stops():
            summary = managed.get(name)
            if summary is None or summary.id != ident or summary.state == 'running' or self._is_noted(rows, name, ident):
                self._endings.drop_stop(name)

    def _is_noted(self, rows, name, ident):
        """Whether the row says that its user stopped a container, or is not about it any more; a write that is lost is made again."""
        row = self._store.read(ContainerRow, name)
        if row is None or (row.holder, row.instance) != (self._host, ident) or row.intent == STOPPED:
            return True
        # A move comes to its end first.
        made = self._owner.set_intent(row, STOPPED) if not row.move else None
        rows[name] = made or row
        return made is not None

    def _confirm_destroys(self, rows, names):
        for name, gone in self._endings.removals():
            row = self._store.read(ContainerRow, name)
            if row is not None and row.move:
                # The move first comes to its end; it may make the container again.
                continue
            ours = name not in names and row is not None and row.holder == self._host and row.instance == gone.ident
            # Who prunes wants the disk: what only happened to lie, and is wanted to run, is missing.
            if ours and not (gone.pruned and not gone.by_hand and row.intent == RUNNING):
                released = self._owner.release(row)
                if released is None:
                    continue
                rows[name] = released
                self._store.drop_placement(self._host, name)
            self._endings.drop(name)

    def lacking(self):
        """Names of the containers that are missing here, without those whose removal was seen and may be a release."""
        return tuple(name for name in self.view.missing if not self._endings.removing(name))

    def pending(self):
        """True while something that waits to be confirmed is due: look again."""
        now = self._clock.monotonic()
        return self._endings.pending() or any(due <= now for due in self._created.values())

    def _immovable(self, managed, summaries, rows, words):
        """Why containers of this host cannot move, by name; looked up once an instance and start, and with it the Spec of
        those that can is kept.
        """
        found = {}
        alive = {each.id for each in managed}
        self._reasons = {ident: why for ident, why in self._reasons.items() if ident in alive}
        self._kept &= alive
        enough = self._clock.monotonic() + _INSPECTING_S
        for summary in managed:
            ours = words.get(summary.name) == ownership.OURS
            if is_aside(summary.name, summary.id):
                continue
            if summary.id not in self._reasons or (ours and summary.id not in self._kept and not self._reasons[summary.id]):
                if self._clock.monotonic() > enough:
                    # Behind a start of the watcher these are all of them, and beats wait meanwhile: the next look goes on.
                    self.dirty = True
                    continue
                try:
                    self._reasons[summary.id] = self._inspect(summary, summaries, rows if ours else {})
                except NoSuchContainer:
                    continue
            if self._reasons.get(summary.id):
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
