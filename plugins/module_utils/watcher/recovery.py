# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Missing containers (design, section 5): this host holds one, its user did not remove it, and the engine has none of it, as
after a new disk. It is made again here from its kept spec; what that lacks is told as the reason why it waits.

Everything may be done twice: the copy carries the label of this recovery, so one that a crash left behind is found and used.
"""
from __future__ import annotations

from dataclasses import replace

from ..containers import images
from ..containers.labels import is_exclusive
from ..containers.spec import differences, request_of
from ..errors import Conflict, EngineError, RingfleetError, StoreError
from ..model import RUNNING, ContainerRow, Placement
from ..moves.parts import NO_RESTART
from ..moves.specs import kept
from ..names import LABEL_MOVE

_AGAIN_S = 10.0
_MAY_DIFFER = ('HostConfig.RestartPolicy',)


class Recovery:
    """Recovers this host's missing containers, each in a job of its own.

    :param custody: whose View names them. :param asking: watcher.image_asking.ImageAsking. :param jobs: as watcher.jobs.Jobs.
    :param after_s: how long one has to be missing: its user may be about to make it again.
    """

    def __init__(self, store, engine, clock, key, custody, asking, jobs, host, after_s, log):
        self._store = store
        self._engine = engine
        self._clock = clock
        self._key = key
        self._custody = custody
        self._asking = asking
        self._jobs = jobs
        self._host = host
        self._after_s = after_s
        self._log = log
        self._due = {}
        self.reasons = {}

    def look(self):
        """Begin what is due."""
        missing, now = self._custody.lacking(), self._clock.monotonic()
        self._due = {name: self._due.get(name, now + self._after_s) for name in missing}
        self.reasons = {name: why for name, why in self.reasons.items() if name in missing}
        for name, due in self._due.items():
            if now >= due and self._jobs.start('recover ' + name, lambda name=name: self._recover(name)):
                self._due[name] = now + _AGAIN_S

    def _recover(self, name):
        try:
            why = self._try(name)
        except StoreError:
            # It says nothing about this container: look again later.
            return
        except RingfleetError as exc:
            why = str(exc)
        if why:
            self.reasons[name] = why
        self._custody.dirty = True

    def _try(self, name):
        """Make it again; why not, or ''."""
        row = self._store.read(ContainerRow, name)
        if row is None or row.holder != self._host or row.move:
            return ''
        if row.intent != RUNNING:
            return 'its user stopped it'
        if not row.spec_hash:
            return 'its spec was never kept: it could not run elsewhere either'
        ident = 'recovery-%d-%s' % (row.epoch, row.instance[:12])
        here = [each for each in self._engine.containers() if each.name == name or each.id == row.instance]
        if any(each.labels.get(LABEL_MOVE) != ident for each in here):
            return ''
        spec = kept(self._store, self._key, name, row.spec_hash)
        if row.exclusive != is_exclusive(spec.config.get('Labels') or {}):
            return 'its row and its spec do not agree on whether it is exclusive'
        image = spec.image
        wanted = spec.config['Image']
        if not images.is_here(self._engine, wanted, image.id, image.layers) and not images.fetch(
                self._engine, wanted, image.digest, image.layers):
            waits = self._asking.bring(wanted, image)
            if waits:
                return 'its image %s is not here, and no registry has it: %s' % (wanted, waits)
        made = here[0].id if here else self._engine.create(spec.request, ident, NO_RESTART)
        inspected = self._engine.inspect(made)
        differ = differences(spec.request, request_of(inspected, self._engine.image(inspected['Image'])), _MAY_DIFFER)
        if differ:
            raise EngineError('Recreated here, container %s differs in %s' % (name, ', '.join(differ)))
        # The index first, so that a copy which comes too late, behind a failover, is known as stale.
        self._store.put_placement(Placement(self._host, name, made, row.epoch))
        if not row.exclusive:
            # What is exclusive is started once the row names it, under the lease (watcher/exclusives.py).
            self._engine.start(made)
            self._engine.set_restart(made, spec.config['HostConfig'].get('RestartPolicy') or NO_RESTART)
        try:
            self._store.swap(row, replace(row, instance=made))
        except Conflict:
            return ''
        self._log.warning('container %s was missing here: made again (%s)', name, made[:12])
        return ''
