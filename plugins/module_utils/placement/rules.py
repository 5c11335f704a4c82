# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Placement labels: where a container must, should and should rather not be. Pure.

``ringfleet.require`` excludes hosts; ``ringfleet.prefer`` and ``ringfleet.avoid`` only lean. Each is a comma separated list
of terms ``KEY=PATTERN`` or ``KEY!=PATTERN``. KEY is a fact of the host (its name, ``host``, is one) or ``container``: the
managed containers that the host holds or that are on their way there. PATTERN is a glob as of ``fnmatch``, case sensitive.
"""
from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ..errors import LabelError
from ..names import LABEL_AVOID, LABEL_PREFER, LABEL_REQUIRE, RESERVED_FACTS, is_fact_name

CONTAINER = 'container'
HOST = 'host'

_LABELS = {'require': LABEL_REQUIRE, 'prefer': LABEL_PREFER, 'avoid': LABEL_AVOID}
_TERM = re.compile(r'([^!=]*)(!?=)(.*)', re.DOTALL)
_REMEDY = 'Write KEY=PATTERN or KEY!=PATTERN, several with commas between; KEY is %s, or a fact of your own (a-z, 0-9, "_").' % (
    ', '.join(RESERVED_FACTS))


@dataclass(frozen=True)
class Term:
    """``KEY=PATTERN``, or ``KEY!=PATTERN`` where ``negated``."""
    key: str
    pattern: str
    negated: bool = False

    def __str__(self):
        return '%s%s%s' % (self.key, '!=' if self.negated else '=', self.pattern)

    def matching(self, facts, containers):
        """The sorted texts under this key that the pattern matches; a fact that the host does not have gives none."""
        if self.key == CONTAINER:
            texts = sorted(containers)
        else:
            texts = [facts[self.key]] if self.key in facts else []
        return [each for each in texts if fnmatchcase(each, self.pattern)]

    def holds(self, facts, containers):
        """Whether a host with these facts and containers meets the term."""
        return bool(self.matching(facts, containers)) != self.negated


@dataclass(frozen=True)
class Rules:
    """The Terms of a container's placement labels, in the order of the labels' texts."""
    require: tuple = ()
    prefer: tuple = ()
    avoid: tuple = ()

    def to_texts(self):
        """A flat tuple for a report, as ``('require disk=ssd', 'prefer rack=r1')``."""
        return tuple('%s %s' % (word, term) for word in _LABELS for term in getattr(self, word))

    @classmethod
    def from_texts(cls, texts):
        """The Rules of ``to_texts``; words that this version does not know are left out (a newer neighbour's).

        :raises LabelError: for a term that does not parse.
        """
        found = {word: [] for word in _LABELS}
        for text in texts:
            word, _space, term = text.partition(' ')
            if word in found:
                found[word].append(_term(_LABELS[word], text, term))
        return cls(**{word: tuple(terms) for word, terms in found.items()})


def parse_rules(labels):
    """The Rules in a container's labels; an absent or blank label is none.

    :raises LabelError: naming the label, the first term that does not parse, and what may stand there.
    """
    found = {}
    for word, label in _LABELS.items():
        text = labels.get(label) or ''
        found[word] = tuple(_term(label, text, each) for each in text.split(',')) if text.strip() else ()
    return Rules(**found)


def _term(label, text, written):
    match = _TERM.fullmatch(written.strip())
    if not match:
        raise LabelError('Label %s=%s does not parse: term "%s" has neither "=" nor "!="' % (label, text, written.strip()), _REMEDY)
    key, sign, pattern = (each.strip() for each in match.groups())
    if not is_fact_name(key):
        raise LabelError('Label %s=%s does not parse: term "%s" has no key before its "%s"' % (
            label, text, written.strip(), sign), _REMEDY)
    if not pattern:
        raise LabelError('Label %s=%s does not parse: term "%s" has no pattern' % (label, text, written.strip()), _REMEDY)
    return Term(key, pattern, sign == '!=')


def reasons_against(rules, facts, containers):
    """Why a host must not take the container: a tuple of sentences, one a term of ``require`` that does not hold.

    :param facts: the host's facts, ``{name: text}``: those of its row (model.HostRow.facts), and its name under ``host``.
    :param containers: names of the managed containers that the host holds or that are on their way there, without the
        one that these rules are of.
    """
    return tuple('it does not meet %s %s (%s)' % (LABEL_REQUIRE, term, _why(term, facts, containers))
                 for term in rules.require if not term.holds(facts, containers))


def _why(term, facts, containers):
    """What is so on the host where a term does not hold."""
    if term.key == CONTAINER:
        return 'container %s is there' % term.matching(facts, containers)[0] if term.negated else 'no such container is there'
    if term.key not in facts:
        return 'it has no %s' % term.key
    return 'it is %s' % facts[HOST] if term.key == HOST else 'its %s is %s' % (term.key, facts[term.key])


def leaning(rules, facts, containers):
    """How much the container leans to a host: +1 for each term of ``prefer`` and -1 for each of ``avoid`` that holds.

    :param facts: as in ``reasons_against``. :param containers: likewise.
    """
    return sum(term.holds(facts, containers) for term in rules.prefer) - sum(
        term.holds(facts, containers) for term in rules.avoid)
