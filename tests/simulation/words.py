# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values as a trace tells them: short, and the same in every process."""
from __future__ import annotations

from ansible_collections.ringfleet.core.plugins.module_utils.model import ContainerRow


def short(value):
    """A value in a few words."""
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    if isinstance(value, str):
        return value if len(value) < 60 else value[:12]
    if isinstance(value, ContainerRow):
        move = ' move %s to %s' % (value.move, value.move_to) if value.move else ''
        return '%s@%s epoch %d %s %s%s nonce %s' % (
            value.name, value.holder or '-', value.epoch, value.instance[:6] or '-', value.intent, move, value.nonce)
    if hasattr(value, 'nonce'):
        return '%s %s' % (getattr(value, 'host', '') or getattr(value, 'key', ''), ' '.join(
            '%s=%s' % (key, getattr(value, key)) for key in ('state', 'generation', 'coordinator', 'failover_epoch', 'value', 'nonce') if hasattr(value, key)))
    if isinstance(value, dict):
        return '{%s}' % ', '.join(sorted(map(str, value)))
    return type(value).__name__
