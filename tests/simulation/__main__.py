# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m simulation [--first N] [--seeds N] [--trace]``: run seeds on all cores; the last line is the count."""
from __future__ import annotations

import argparse
import multiprocessing
import os
import sys

from simulation.simulate import simulate

# Of a seed that fails so many lines are told.
LAST_LINES = 25
# A long run tells how far it is.
OFTEN = 500


def main(argv=None):
    """0 only if no seed failed."""
    parser = argparse.ArgumentParser(prog='simulation', description=__doc__)
    parser.add_argument('--first', type=int, default=1)
    parser.add_argument('--seeds', type=int, default=100)
    parser.add_argument('--trace', action='store_true', help='the whole trace of every seed')
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    options = parser.parse_args(argv)
    failed, sums = 0, {}
    seeds = range(options.first, options.first + options.seeds)
    for done, outcome in enumerate(outcomes(seeds, options.trace, options.jobs), 1):
        for name, count in outcome.counts:
            sums[name] = sums.get(name, 0) + count
        sums['virtual seconds'] = sums.get('virtual seconds', 0) + int(outcome.seconds)
        if options.trace:
            print('\n'.join(outcome.lines))
        if outcome.problem:
            failed += 1
            if not options.trace:
                print('\n'.join(simulate(outcome.seed, verbose=True).lines[-LAST_LINES:]))
            print('seed %d failed: %s' % (outcome.seed, outcome.problem), flush=True)
        if done % OFTEN == 0 and done < len(seeds):
            print('up to seed %d: %d failed' % (outcome.seed, failed), flush=True)
    print(', '.join('%d %s' % (count, name) for name, count in sorted(sums.items())))
    print('%d seeds, %d failed' % (options.seeds, failed))
    return 1 if failed else 0


def outcomes(seeds, verbose=False, jobs=1):
    """The Outcomes of many seeds, in their order."""
    if jobs <= 1 or len(seeds) <= 1:
        yield from (simulate(seed, verbose) for seed in seeds)
        return
    with multiprocessing.get_context('spawn').Pool(jobs) as pool:
        if verbose:
            yield from pool.imap(_told, seeds, 4)
        else:
            yield from pool.imap(simulate, seeds, 4)


def _told(seed):
    return simulate(seed, verbose=True)


if __name__ == '__main__':
    sys.exit(main())
