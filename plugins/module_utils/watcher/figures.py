# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentences without their figures: what is told anew only when more than a figure changed is compared by these."""
from __future__ import annotations

import re

_NUMBER = re.compile(r'\d+(\.\d+)?')


def without_figures(text):
    """The text without any number."""
    return _NUMBER.sub('', text)
