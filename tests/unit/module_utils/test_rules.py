# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Placement labels: what parses, what a term holds for, and properties of all rules."""
from __future__ import annotations

import json

import pytest
from ansible_collections.ringfleet.core.plugins.module_utils.errors import LabelError
from ansible_collections.ringfleet.core.plugins.module_utils.placement.rules import (
    Rules,
    Term,
    leaning,
    parse_rules,
    reasons_against,
)
from hypothesis import given
from hypothesis import strategies as st

FACTS = {'host': 'h1', 'architecture': 'amd64', 'rack': 'r1', 'datacenter': 'dc1', 'disk': 'hdd', 'zone': 'West'}
CONTAINERS = ('db', 'web-2', 'web-1')

TERMS = st.builds(Term, st.sampled_from(['host', 'container', 'rack', 'disk', 'gpu']),
                  st.text('abdhrsw12*?[]!=-. ', min_size=1, max_size=8).map(str.strip).filter(bool), st.booleans())
RULES = st.builds(Rules, *[st.lists(TERMS, max_size=4).map(tuple)] * 3)
HOSTS = st.dictionaries(st.sampled_from(['host', 'rack', 'disk']), st.text('abdhrsw12', min_size=1, max_size=4)).map(
    lambda facts: dict({'host': 'h1'}, **facts))
NAMES = st.frozensets(st.text('abdhrsw12', min_size=1, max_size=4), max_size=4)


def labels_of(rules):
    return {'ringfleet.%s' % word: ','.join(str(term) for term in getattr(rules, word)) for word in ('require', 'prefer', 'avoid')}


@given(RULES)
def test_what_is_written_is_what_is_read(rules):
    assert parse_rules(labels_of(rules)) == rules


@given(RULES)
def test_rules_travel_in_a_report(rules):
    assert Rules.from_texts(json.loads(json.dumps(rules.to_texts()))) == rules


@given(TERMS, HOSTS, NAMES)
def test_a_term_and_its_negation_never_agree(term, facts, containers):
    assert term.holds(facts, containers) != Term(term.key, term.pattern, not term.negated).holds(facts, containers)


@given(RULES, HOSTS, NAMES)
def test_a_host_is_excluded_once_a_term_that_does_not_hold(rules, facts, containers):
    reasons = reasons_against(rules, facts, containers)
    assert len(reasons) == sum(not term.holds(facts, containers) for term in rules.require)
    assert all(reason.startswith('it does not meet ringfleet.require ') for reason in reasons)


@given(RULES, HOSTS, NAMES)
def test_leaning_stays_within_its_terms_and_turns_when_they_swap(rules, facts, containers):
    lean = leaning(rules, facts, containers)
    assert -len(rules.avoid) <= lean <= len(rules.prefer)
    assert leaning(Rules(rules.require, rules.avoid, rules.prefer), facts, containers) == -lean


@pytest.mark.parametrize('text, holds', [
    ('disk=hdd', True), ('disk=ssd', False), ('disk!=ssd', True), ('disk!=hdd', False), ('disk=h*', True), ('disk=H*', False),
    ('disk=?dd', True), ('disk=[!s]dd', True), ('gpu=*', False), ('gpu!=*', True), ('host=h1', True), ('host!=h1', False),
    ('container=web-*', True), ('container=cache', False), ('container!=web-*', False), ('container!=cache', True),
    ('architecture=amd64', True), ('zone=West', True), ('zone=west', False), (' rack = r1 ', True)])
def test_terms(text, holds):
    assert (reasons_against(parse_rules({'ringfleet.require': text}), FACTS, CONTAINERS) == ()) == holds


@pytest.mark.parametrize('text, sentence', [
    ('disk=ssd', 'it does not meet ringfleet.require disk=ssd (its disk is hdd)'),
    ('gpu=*', 'it does not meet ringfleet.require gpu=* (it has no gpu)'),
    ('host=h[23]', 'it does not meet ringfleet.require host=h[23] (it is h1)'),
    ('container=cache', 'it does not meet ringfleet.require container=cache (no such container is there)'),
    ('container!=web-*', 'it does not meet ringfleet.require container!=web-* (container web-1 is there)')])
def test_the_sentence_says_what_is_so(text, sentence):
    assert reasons_against(parse_rules({'ringfleet.require': text}), FACTS, CONTAINERS) == (sentence,)


def test_leaning_counts_each_term():
    rules = parse_rules({'ringfleet.prefer': 'rack=r1,disk=ssd,host=h*', 'ringfleet.avoid': 'container=db,container=mail'})
    assert leaning(rules, FACTS, CONTAINERS) == 1
    assert reasons_against(rules, FACTS, CONTAINERS) == ()


@pytest.mark.parametrize('name', ['ringfleet.require', 'ringfleet.prefer', 'ringfleet.avoid'])
@pytest.mark.parametrize('text, words', [
    ('disk', 'term "disk" has neither'), ('rack=r1,,disk=ssd', 'term "" has neither'), ('rack=r1,', 'term "" has neither'),
    ('=ssd', 'has no key before its "="'), ('!=ssd', 'has no key before its "!="'), ('Disk=ssd', 'has no key'),
    ('my disk=ssd', 'has no key'), ('disk=', 'has no pattern'), ('disk!=', 'has no pattern'), ('disk>=3', 'has no key')])
def test_a_label_that_does_not_parse_is_named(name, text, words):
    with pytest.raises(LabelError) as caught:
        parse_rules({name: text})
    assert 'Label %s=%s does not parse: ' % (name, text) in caught.value.message
    assert words in caught.value.message
    assert 'KEY!=PATTERN' in caught.value.remedy
    assert 'datacenter' in caught.value.remedy


def test_no_label_and_a_blank_one_are_no_rules():
    assert parse_rules({}) == parse_rules({'ringfleet.require': ' ', 'ringfleet.avoid': None}) == Rules()


def test_a_newer_neighbours_words_are_left_out():
    assert Rules.from_texts(('require disk=ssd', 'demand x=y')) == Rules((Term('disk', 'ssd'),))
    with pytest.raises(LabelError):
        Rules.from_texts(('require disk',))
