# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the rooms pass on to each other: frozen data classes without behaviour of their own.

Times named ``*_at`` are wall-clock milliseconds since the epoch, for people and for rows; nothing is ordered by another
host's clock. Memory is in bytes, CPU in cores.
"""
from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields

START_FIRST = 'start-first'
STOP_FIRST = 'stop-first'
# How a lost host's container is made elsewhere: there is no copy to stop, and nobody waits for its health.
FAILOVER = 'failover'

RUNNING = 'running'
STOPPED = 'stopped'
# Its user took it out of the fleet's hands, and it goes on where it is.
RELEASED = 'released'

# Epoch of the Placement of a container that its user released; no holder ever has it.
GIVEN_UP = -1

# What is told to everybody: node states, and what became of a container.
BROADCAST_KINDS = ('joined', 'adopted', RELEASED, 'moved', 'effective', 'lost', 'away', 'back', 'expired', 'leaving', 'drained', 'left')


class FromDict:
    """To and from plain dictionaries; keys that this version does not know are left out (a newer neighbour's)."""

    @classmethod
    def from_dict(cls, data):
        known = {each.name for each in fields(cls)}
        return cls(**{key: tuple(value) if isinstance(value, list) else value
                      for key, value in data.items() if key in known and value is not None})

    def to_dict(self):
        return asdict(self)


@dataclass(frozen=True)
class ContainerRow(FromDict):
    """The one authority on a container (design: table ``containers``). Written by conditional writes only.

    The truth is (holder, epoch, instance). A released container keeps its row and epoch and has no holder; one that its user
    released where it runs also keeps its instance, and ``previous`` is the host.
    ``move`` is the open move's id, ``move_to`` its target; ``previous`` the holder before the last commit, which was at
    ``moved_at`` for the trigger ``moved_for``; ``unrest`` counts the automatic moves in a row. An ``exclusive`` one runs
    only under its holder's lease. ``hold_by`` keeps it where it is until ``hold_until``, for the reason ``hold_for``.
    """
    name: str
    holder: str = ''
    epoch: int = 0
    instance: str = ''
    spec_hash: str = ''
    image: str = ''
    intent: str = RUNNING
    move: str = ''
    move_to: str = ''
    previous: str = ''
    moved_at: int = 0
    moved_for: str = ''
    unrest: int = 0
    exclusive: bool = False
    priority: int = 0
    hold_by: str = ''
    hold_for: str = ''
    hold_until: int = 0
    nonce: str = ''


@dataclass(frozen=True)
class HostRow(FromDict):
    """A host's life and how to reach it (table ``hosts``). Written by conditional writes only.

    ``ssh_host_key`` and ``ssh_user_key`` are public keys in OpenSSH's one-line form: how image streams between hosts
    are pinned (design, section 9). ``facts`` is {name: text} of what placement labels may ask about the host
    besides its name. Until ``away_until`` its silence is an orderly absence, as during a reboot, told for ``away_for_s``
    seconds (0: by an older program). Its lease: how often it was renewed (which never goes back),
    for how many seconds it is good (0: it has none), and whether an observer saw it run out.
    """
    host: str
    state: str = ''
    generation: int = 0
    since_at: int = 0
    by: str = ''
    boot_id: str = ''
    address: str = ''
    ssh_port: int = 22
    ssh_host_key: str = ''
    ssh_user_key: str = ''
    coordinator: str = ''
    failover_epoch: int = 0
    facts: dict = field(default_factory=dict)
    away_until: int = 0
    away_for_s: int = 0
    renewals: int = 0
    lease_ttl_s: float = 0.0
    lease_expired: bool = False
    nonce: str = ''


@dataclass(frozen=True)
class FleetRow(FromDict):
    """One fleet-wide value (table ``fleet``). Written by conditional writes only."""
    key: str
    value: str = ''
    nonce: str = ''


@dataclass(frozen=True)
class HostLoad(FromDict):
    """A host's own figures: capacity and use of its top control group where that is limited, else of the machine.

    ``contended`` says what is too much, in words, while its host is contended (S201); ``unjudged`` why no verdict is made
    now, '' otherwise.
    """
    cpu_capacity: float = 0.0
    cpu_used: float = 0.0
    memory_capacity: int = 0
    memory_used: int = 0
    cpu_pressure: float = -1.0
    memory_pressure: float = -1.0
    io_pressure: float = -1.0
    cpu_some60: float = -1.0
    memory_full60: float = -1.0
    io_full60: float = -1.0
    contended: tuple = ()
    unjudged: str = ''
    containers: int = 0

    @property
    def cpu_free(self):
        """C of formula (1-1), in cores."""
        return max(0.0, self.cpu_capacity - self.cpu_used)

    @property
    def memory_free(self):
        """M of formula (1-1), in bytes."""
        return max(0, self.memory_capacity - self.memory_used)


@dataclass(frozen=True)
class Beat(FromDict):
    """A host's heartbeat in the state table: plain, each second, by the host alone (table ``beats``).

    ``counter`` only grows within a ``boot_id`` and ``started_at``; observers judge its change on their own clock.
    ``routes`` maps other hosts to the smoothed route time from this one, in milliseconds (T of formula (1-1)).
    ``suspects`` are the hosts that this one takes for lost; ``judges_nobody`` is why it judges nobody now, so that nobody may ask it, and
    '' while it does, or where its program is too old to say. ``repaired_at`` is when its ring node's ranges were last repaired in full.
    """
    host: str
    boot_id: str = ''
    started_at: int = 0
    counter: int = 0
    beat_at: int = 0
    version: str = ''
    load: HostLoad = field(default_factory=HostLoad)
    routes: dict = field(default_factory=dict)
    suspects: tuple = ()
    repaired_at: int = 0
    judges_nobody: str = ''

    @classmethod
    def from_dict(cls, data):
        load = data.get('load')
        return super().from_dict(dict(data, load=HostLoad.from_dict(load) if isinstance(load, dict) else load))


@dataclass(frozen=True)
class LoadReport(FromDict):
    """One container's fused report (S104, F8.8): resource figures, health and log findings of one round.

    ``anomaly`` and its ``reasons`` are the verdict of S201: none, mild or severe; with ``own_fault`` moving it would not help.
    Rates cover the time since the round before. Pressure is PSI in percent, "some avg10" where no other row is named, -1
    where the kernel has none. ``started`` is the engine's word for when this run began; ``oom_kills`` counts since the
    instance is watched, over all of its runs; ``restarts`` are the engine's own.
    ``rules`` (flat, as placement.rules writes them), ``mode`` and ``rebalance`` are what its labels ask for, so that any
    member can plan for it.
    """
    name: str
    host: str = ''
    instance: str = ''
    status: str = ''
    started: str = ''
    exit_code: int = 0
    cpu_used: float = 0.0
    cpu_limit: float = 0.0
    cpu_throttled: float = 0.0
    cpu_pressure: float = -1.0
    cpu_some60: float = -1.0
    memory_used: int = 0
    memory_limit: int = 0
    memory_pressure: float = -1.0
    memory_full60: float = -1.0
    io_pressure: float = -1.0
    io_full60: float = -1.0
    oom_kills: int = 0
    restarts: int = 0
    health: str = ''
    log_standard: str = ''
    log_errors: int = 0
    log_over: bool = False
    findings: tuple = ()
    anomaly: str = 'none'
    reasons: tuple = ()
    own_fault: bool = False
    immovable: tuple = ()
    rules: tuple = ()
    mode: str = STOP_FIRST
    rebalance: bool = False
    sampled_at: int = 0


@dataclass(frozen=True)
class Placement(FromDict):
    """Index of what runs where (table ``placements``); a hint that readers verify against ``containers``.

    With the epoch GIVEN_UP it is a note of that host to itself: this instance was released by its user, and whatever becomes of
    the row under its name, the fleet leaves it alone.
    """
    host: str
    name: str
    instance: str = ''
    epoch: int = 0

    def gave_up(self, instance):
        """Whether this is the note that ``instance`` was released."""
        return self.epoch == GIVEN_UP and self.instance == instance


@dataclass(frozen=True)
class MovePlan(FromDict):
    """What the source asks of the target (F9.4): all that the target needs besides the sealed spec.

    In mode ``failover`` the source is lost, or its lease ran out, and the coordinator of its failover has the source's part.
    An ``exclusive`` container is started behind the commit alone, under the target's lease.
    """
    id: str
    name: str
    source: str
    target: str
    trigger: str = 'asked'
    mode: str = STOP_FIRST
    exclusive: bool = False
    epoch: int = 0
    instance: str = ''
    spec_hash: str = ''
    image: str = ''
    image_id: str = ''
    image_digest: str = ''
    image_layers: tuple = ()
    image_size: int = 0
    architecture: str = ''
    running: bool = True
    stop_timeout: int = 10
    health_grace: int = 0
    ports: tuple = ()
    networks: tuple = ()
    memory: int = 0
    cpu: float = 0.0
    planned_at: int = 0


@dataclass(frozen=True)
class MoveRow(FromDict):
    """Progress of a move (table ``moves``): a log and a channel, never the authority. Each column has one writer.

    Who wants the move writes ``asked`` (an envelope to the holder); the source writes ``request`` (an envelope with the
    plan to the target) and ``source_*``; the target writes ``target_*`` and ``instance``. ``*_times`` map each step to
    the wall-clock millisecond at which its writer took it.
    """
    id: str
    asked: str = ''
    request: str = ''
    source_step: str = ''
    source_note: str = ''
    source_times: dict = field(default_factory=dict)
    target_step: str = ''
    target_note: str = ''
    target_times: dict = field(default_factory=dict)
    instance: str = ''


@dataclass(frozen=True)
class Broadcast(FromDict):
    """A hint to look now (table ``broadcasts``): joined, moved, effective, released, adopted ..."""
    id: str
    kind: str
    host: str
    name: str = ''
    move: str = ''
    detail: str = ''
    sent_at: int = 0


@dataclass(frozen=True)
class Decision(FromDict):
    """Why something was moved, or not (table ``decisions``): with every candidate's C, M, T and A, the choice can be
    recomputed. ``need``: the cores (cpu) and bytes (memory) that it was made for, ``rules`` its placement labels.
    ``brakes``: why each container stayed that might have gone instead. ``choice`` is '' where nothing moved.
    """
    id: str
    host: str
    trigger: str
    name: str = ''
    move: str = ''
    choice: str = ''
    sentence: str = ''
    weights: dict = field(default_factory=dict)
    candidates: tuple = ()
    brakes: tuple = ()
    need: dict = field(default_factory=dict)
    rules: tuple = ()
    decided_at: int = 0
