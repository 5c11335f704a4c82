# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ringfleet asks of a container engine: one abstract class, so that the very same watcher runs in a simulator."""
from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Summary:
    """A container as a listing shows it. ``state`` is Docker's word: created, running, exited, paused ..."""
    id: str
    name: str
    state: str
    image: str
    labels: dict = field(default_factory=dict)
    network_mode: str = ''


# What changes which containers there are, or what they are.
LIFE = ('create', 'start', 'kill', 'die', 'stop', 'destroy', 'prune', 'rename', 'pause', 'unpause', 'update')
# What changes only how one of them does.
STATE = ('health_status', 'oom')


@dataclass(frozen=True)
class Event:
    """A container's event: one of LIFE or STATE; of a prune, which ends with it, without name and id. Others are not told: each health
    check alone makes three (exec_*).
    """
    action: str
    id: str
    name: str
    labels: dict = field(default_factory=dict)
    at: int = 0


def architecture_of(engine):
    """Docker's own word for the architecture of an engine's host, also where the engine says it as ``uname`` does."""
    word = engine.about()['architecture']
    return {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(word, word)


class Engine(ABC):
    """The Docker engine of one host.

    All methods raise EngineUnavailable when it cannot be reached, EngineError when it refuses, NoSuchContainer or
    NoSuchImage where the thing is not there. ``ref`` is a container's id or name.
    """

    @abstractmethod
    def containers(self):
        """Summaries of all containers, running or not."""

    @abstractmethod
    def inspect(self, ref):
        """The engine's inspect of a container, as it is."""

    @abstractmethod
    def layer_size(self, ref):
        """Bytes in the container's writable layer."""

    @abstractmethod
    def create(self, request, move, restart):
        """Create from a creation request and return the new id.

        :param move: the move's id, kept as a label on the copy.
        :param restart: Docker's restart policy to begin with.
        :raises EngineError: also when the engine warns: a dropped option would change the container silently.
        """

    @abstractmethod
    def start(self, ref):
        """Start; nothing when it runs already."""

    @abstractmethod
    def stop(self, ref, timeout_s):
        """Stop by the container's stop signal, kill after ``timeout_s``; nothing when it does not run."""

    @abstractmethod
    def remove(self, ref):
        """Remove a stopped container, and nothing of its volumes."""

    @abstractmethod
    def rename(self, ref, name):
        """Give a container another name, running or not."""

    @abstractmethod
    def set_restart(self, ref, policy):
        """Set Docker's restart policy, as ``{'Name': 'always', 'MaximumRetryCount': 0}``."""

    @abstractmethod
    def image(self, ref):
        """The engine's inspect of an image."""

    @abstractmethod
    def pull(self, reference):
        """Pull ``repository@sha256:...``."""

    @abstractmethod
    def save(self, ref):
        """The image as an iterator of byte chunks (a tar stream)."""

    @abstractmethod
    def load(self, stream):
        """Load an image from a readable binary stream."""

    @abstractmethod
    def tag(self, ref, name):
        """Give an image a name."""

    @abstractmethod
    def log_lines(self, ref, since_ns, limit):
        """Log lines after ``since_ns``: ``[(nanoseconds, text), ...]``, oldest first, the last ``limit`` at most."""

    @abstractmethod
    def events(self, since_s):
        """A blocking iterator of Events from the Unix second ``since_s`` on; ends when the connection does."""

    @abstractmethod
    def about(self):
        """``{architecture, api_version, version, root}`` of the engine; ``root`` is where its images lie."""
