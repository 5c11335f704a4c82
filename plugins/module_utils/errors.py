# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of ringfleet: one small tree, each with a sentence that names the thing and one that names the remedy.

They travel over the socket as the ``data`` of a JSON-RPC error and become the same class again on the other side, so
that a module fails with the very words the watcher chose.
"""
from __future__ import annotations


class RingfleetError(Exception):
    """Base of all errors.

    :param message: what is wrong, with the name of the thing.
    :param remedy: what the reader can do about it; may be empty where nothing can be done.
    """

    def __init__(self, message, remedy=''):
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self):
        return '%s. %s' % (self.message.rstrip('.'), self.remedy) if self.remedy else self.message

    def to_data(self):
        """The error as JSON-RPC error data: ``{kind, message, remedy}``."""
        return {'kind': type(self).__name__, 'message': self.message, 'remedy': self.remedy}


class ConfigError(RingfleetError):
    """A setting is missing, unknown or of the wrong type."""


class WatcherUnavailable(RingfleetError):
    """The local watcher cannot be reached over its socket."""


class ProtocolError(RingfleetError):
    """A malformed envelope, an unknown method or version; carries a JSON-RPC 2.0 error code."""

    def __init__(self, message, remedy='', code=-32600):
        super().__init__(message, remedy)
        self.code = code


class StoreError(RingfleetError):
    """Anything the fleet's store answers that is not a result."""


class StoreUnavailable(StoreError):
    """The store did not serve the request; a conditional write was certainly not applied."""


class OutcomeUnknown(StoreError):
    """A conditional write may or may not have been applied, and settling it did not succeed yet."""


class Conflict(StoreError):
    """The row is no longer as it was read: somebody else wrote first."""


class EngineError(RingfleetError):
    """The Docker engine refused or failed."""


class EngineUnavailable(EngineError):
    """The Docker engine cannot be reached."""


class NoSuchContainer(EngineError):
    """The engine has no such container."""


class NoSuchImage(EngineError):
    """The engine has no such image."""


class InvalidName(RingfleetError):
    """A name that is none."""


class UnknownHost(RingfleetError):
    """No host of that name in the fleet."""


class UnknownContainer(RingfleetError):
    """No managed container of that name in the fleet."""


class UnknownMove(RingfleetError):
    """No move of that id."""


class LabelError(RingfleetError):
    """A label of ringfleet does not parse."""


class NotMovable(RingfleetError):
    """The container cannot be recreated elsewhere without changing it."""


class MoveRefused(RingfleetError):
    """The move cannot be begun: wrong holder, another move open, or the host is no target.

    :param considered: the hosts that were looked at, as moves.considered.Considered; it stays on this side of the socket.
    """

    def __init__(self, message, remedy='', considered=None):
        super().__init__(message, remedy)
        self.considered = considered


class HandoverRefused(RingfleetError):
    """A container cannot be handed over or released now: it is on its way, or not where it was."""


class HoldRefused(RingfleetError):
    """The hold of a container cannot be taken or released: another has it, or the container is on its way."""


class StateRefused(RingfleetError):
    """The state in which a host is does not allow what is asked for."""


class DrainRefused(RingfleetError):
    """The drain of a host cannot be begun: it is the last one, or the others would not carry what it runs."""


class ExitRefused(RingfleetError):
    """A host cannot be taken out of the fleet: it has containers, or those that stay could not go on without it."""


class SpecTooLarge(NotMovable):
    """The sealed creation request is larger than a row may be (1 MiB)."""


class SealError(RingfleetError):
    """A sealed specification cannot be opened with this host's key."""


class SampleError(RingfleetError):
    """A resource figure cannot be read from the kernel's files."""


def _subclasses(base):
    yield base
    for child in base.__subclasses__():
        yield from _subclasses(child)


def from_data(data, message=''):
    """The error that ``to_data`` described; a kind this version does not know becomes a RingfleetError."""
    kinds = {kind.__name__: kind for kind in _subclasses(RingfleetError)}
    data = data if isinstance(data, dict) else {}
    kind = kinds.get(data.get('kind'), RingfleetError)
    return kind(data.get('message', message), data.get('remedy', ''))
