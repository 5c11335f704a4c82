# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backup's side of staging: looks what it has, pulls what a registry has, and wants the rest from its holder, one image at
a time, as long as the disk's reserve stays free.
"""
from __future__ import annotations

from dataclasses import dataclass, replace

from ..containers import images
from ..containers.engine import architecture_of
from ..errors import EngineError, EngineUnavailable, NoSuchImage
from . import steps
from .staging import Answer, offered, replied, reply, row_of, sent

# One that failed is tried again after so long, then after twice that.
_AGAIN_S = 600.0
_LONGEST_S = 6 * 3600.0


@dataclass(frozen=True)
class _Failure:
    """How often an image failed in a row, why at last, and until when it is left alone."""
    count: int
    why: str
    until: float


class StageTarget:
    """Answers and takes.

    :param waits: () to True while something else moves here.
    """

    def __init__(self, parts, waits):
        self._parts = parts
        self._waits = waits
        self._failures = {}
        self._turns = {}
        self.taking = False

    @property
    def under_way(self):
        """Whether an image is on its way here."""
        return bool(self._turns)

    def look(self, holders):
        """Bring on the staging for these hosts. Raises as store and engine do."""
        rows = [row_of(self._parts.store, holder, self._parts.host) for holder in holders]
        wants = {each.id: offered(each) for each in rows}
        has = {ident: {key for key, each in wanted.items() if self._is_here(each)} for ident, wanted in wants.items()}
        turn, answers = '', {}
        for move in rows:
            answer = self._kept_want(move, wants[move.id], has[move.id]) if not turn else Answer()
            answers[move.id], turn = answer, turn or answer.turn
        if not turn:
            for move in rows:
                answers[move.id] = self._next_want(wants[move.id], has[move.id])
                turn = answers[move.id].turn
                if turn:
                    break
        for gone in set(self._turns) - {turn}:
            self._parts.transfer.discard(gone)
        self._turns = {turn: self._turns.get(turn, self._parts.clock.monotonic())} if turn else {}
        for move in rows:
            self._say(move, replace(answers[move.id], has=tuple(sorted(has[move.id])),
                                    lacks=self._lacks(wants[move.id], has[move.id], answers[move.id].wants)))

    def _is_here(self, image):
        return bool(images.ref_of(self._parts.engine, image.name, image.id, image.layers))

    def _kept_want(self, move, wanted, has):
        """What was wanted by this row, brought on: an Answer that wants it still, or an empty one when it is over."""
        before = replied(move)
        if not before.turn:
            return Answer()
        image, now = wanted.get(before.wants), self._parts.clock.monotonic()
        since = self._turns.setdefault(before.turn, now)
        if image is None or before.wants in has:
            return Answer()
        if self._waits():
            self._turns[before.turn] = now
            return before
        turn, note = sent(move)
        if turn != before.turn:
            if now - since <= self._parts.settings.transfer_s:
                return before
            self._fail(image, 'it did not come within %d s' % self._parts.settings.transfer_s)
        elif move.source_step == steps.IMAGE_SENT:
            self._take(image, turn, note)
            has |= {image.key} if image.key not in self._failures else set()
        else:
            self._fail(image, note)
        return Answer()

    def _take(self, image, turn, sha256):
        parts, self.taking = self._parts, True
        try:
            with parts.transfer.receive(turn, sha256) as stream:
                parts.engine.load(stream)
            if not self._is_here(image):
                raise EngineError('what came is another image')
            self._failures.pop(image.key, None)
        except EngineUnavailable:
            raise
        except EngineError as exc:
            self._fail(image, str(exc))
        finally:
            self.taking = False

    def _next_want(self, wanted, has):
        """The first image that may come: pulled at once where a registry has it, else an Answer that wants it."""
        for key, image in sorted(wanted.items(), key=lambda item: item[1].name):
            if self._waits():
                break
            if key in has or self._against(image):
                continue
            by = 'name' if self._is_free(image.name) else 'id'
            if self._pull(image, by):
                has.add(key)
                continue
            return Answer(wants=key, turn=self._parts.new_id(), by=by)
        return Answer()

    def _pull(self, image, by):
        self.taking = True
        try:
            return images.fetch(self._parts.engine, image.name if by == 'name' else '', image.digest, image.layers)
        finally:
            self.taking = False

    def _is_free(self, name):
        """Whether no image has this name here. One that has it is a user's, or of an earlier version: it keeps its name."""
        try:
            self._parts.engine.image(name)
        except NoSuchImage:
            return True
        return False

    def _against(self, image):
        """Why an image may not come now, or ''."""
        here = architecture_of(self._parts.engine)
        if image.architecture and image.architecture != here:
            return 'it is for %s, this host is %s' % (image.architecture, here)
        # On its way it is there twice: as the stream and as the image.
        if 2 * image.size + self._parts.settings.disk_reserve > self._parts.free_disk():
            return 'the disk has no room for 2 x %d MiB above its reserve' % (image.size >> 20)
        failure = self._failures.get(image.key)
        return failure.why if failure is not None and self._parts.clock.monotonic() < failure.until else ''

    def _lacks(self, wanted, has, wants):
        against = {key: self._against(image) for key, image in wanted.items() if key not in has and key != wants}
        return {key: why for key, why in against.items() if why}

    def _fail(self, image, why):
        count = self._failures[image.key].count + 1 if image.key in self._failures else 1
        wait_s = min(_LONGEST_S, _AGAIN_S * 2 ** (count - 1))
        self._failures[image.key] = _Failure(count, why, self._parts.clock.monotonic() + wait_s)

    def _say(self, move, answer):
        letter = reply(move.id, answer)
        if move.request and move.target_note != letter:
            step = steps.IMAGE_WANTED if answer.wants else steps.STAGED
            self._parts.store.put_move(move.id, target_step=step, target_note=letter)
