# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWX's rules for a survey: which ones it takes (POST .../survey_spec/), and what it hands to the playbook of what a person answered."""

from __future__ import annotations

import typing

# The type of a default; that of an answer too, but for multiselect, which is answered by a list.
TYPES: dict[str, typing.Any] = {"text": str, "textarea": str, "password": str, "multiplechoice": str, "multiselect": str, "integer": int, "float": (float, int)}
CHOICES = ("multiplechoice", "multiselect")
NEEDED = {"type": str, "question_name": str, "variable": str, "required": bool}
KEYS = {*NEEDED, "question_description", "min", "max", "default", "choices", "new_question"}


def problems(survey: dict) -> list[str]:
    """What AWX would refuse about a survey, in words; [] when it takes it."""
    found = [f"{key} is no {kind.__name__}" for key, kind in (("name", str), ("description", str), ("spec", list)) if not isinstance(survey.get(key), kind)]
    if found or not survey["spec"]:
        return found or ["spec has no question"]
    names = [question.get("variable") for question in survey["spec"]]
    found += [f"{name} is asked twice" for name in sorted(set(names), key=str) if names.count(name) > 1]
    return found + [f"{question.get('variable')}: {words}" for question in survey["spec"] for words in _question(question)]


def launch(survey: dict, answers: dict) -> dict:
    """The extra variables of a job: the defaults that are valid answers, and on them what a person answered. Raises ValueError as AWX refuses a launch."""
    asked = {question["variable"]: question for question in survey["spec"]}
    if set(answers) - set(asked):
        raise ValueError(f"not allowed on launch: {', '.join(sorted(set(answers) - set(asked)))}")
    defaults = {name: question["default"] for name, question in asked.items() if "default" in question and not _answer(question, question["default"])}
    given = {**defaults, **answers}
    wrong = [f"{name} has no value" for name, question in asked.items() if question["required"] and name not in given]
    wrong += [f"{name} {words}" for name, value in answers.items() for words in _answer(asked[name], value)]
    if wrong:
        raise ValueError("; ".join(wrong))
    return given


def choices(question: dict) -> list[str]:
    """What may be chosen: a list, or one text with a line each."""
    told = question.get("choices") or []
    return [each for each in told.splitlines() if each.strip()] if isinstance(told, str) else list(told)


def _is_whole(number: object) -> bool:
    """Whether AWX takes it as a bound: a whole number or none at all. True and false are numbers to Python alone."""
    return number is None or (isinstance(number, int) and not isinstance(number, bool))


def _question(question: dict) -> list[str]:
    found = [f"{key} is missing or no {kind.__name__}" for key, kind in NEEDED.items() if not isinstance(question.get(key), kind)]
    found += [f"{key} is no key of a question" for key in sorted(set(question) - KEYS)]
    if found or question["type"] not in TYPES:
        return found or [f"{question['type']} is no type of a question"]
    default = question.get("default", "")
    if default != "" and (not isinstance(default, TYPES[question["type"]]) or isinstance(default, bool)):
        found.append(f"its default is no {question['type']}")
    found += [f"{key} is no whole number" for key in ("min", "max") if not _is_whole(question.get(key, 0))]
    if question["type"] in CHOICES:
        found += _choice(question, default)
    elif not found and default != "":
        found += _answer(question, default)
    return found


def _choice(question: dict, default: typing.Any) -> list[str]:
    offered, chosen = choices(question), str(default).splitlines()
    found = [] if offered else ["nothing can be chosen"]
    found += [f"{each!r} is no text" for each in offered if not isinstance(each, str)]
    found += [f"its default {each!r} cannot be chosen" for each in chosen if each not in offered]
    return found + (["it has two defaults"] if question["type"] == "multiplechoice" and len(chosen) > 1 else [])


def _answer(question: dict, value: typing.Any) -> list[str]:
    """What is wrong with an answer. A number is no text, and a boolean is nothing that can be answered."""
    kind, least, most = question["type"], question.get("min"), question.get("max")
    if kind in CHOICES:
        several = value if kind == "multiselect" and isinstance(value, list) else [value]
        return [f"is {each!r}, which cannot be chosen" for each in several if each not in choices(question)]
    if not isinstance(value, TYPES[kind]) or isinstance(value, bool):
        return [f"is no {kind}"]
    size = len(value) if isinstance(value, str) else value
    return (["is too small"] if least is not None and size < least else []) + (["is too large"] if most is not None and size > most else [])
