# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The project in examples/awx: AWX takes each file, each fits the playbooks as they are, and the playbooks take what AWX hands over."""

from __future__ import annotations

import itertools
import json
import pathlib
import re

import jinja2
import pytest
import yaml
from ansible_builder._target_scripts import introspect
from ansible_builder.user_definition import UserDefinition
from awx import survey

from ansible_collections.ringfleet.core.plugins.plugin_utils.variables import problems

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROJECT = ROOT / "examples" / "awx"
PLAYBOOKS = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))
SURVEYS = sorted(path.stem for path in (PROJECT / "surveys").iterdir())
CREDENTIALS = sorted(path.stem for path in (PROJECT / "credentials").iterdir())
# As AWX finds the playbooks of a project: a line of the file, and the short names alone.
LISTED = re.compile(r"^\s*?-?\s*?(?:hosts|include|import_playbook):\s*?.*?$", re.MULTILINE)
FLEET = {"ringfleet_secret": "unit-test-secret-0123456789-abcdefghij", "ringfleet_cassandra_archive": "/none", "ringfleet_cassandra_checksum": "sha256:0"}
QUESTION = {"question_name": "How many?", "type": "integer", "variable": "n", "required": True, "min": 1, "max": 9, "default": 3}
CHOICE = {"question_name": "Really?", "type": "multiplechoice", "variable": "b", "required": True, "choices": ["false", "true"], "default": "false"}


def read(*parts: str) -> dict | list:
    """A file of the project."""
    path = PROJECT.joinpath(*parts)
    return json.loads(path.read_text(encoding="utf-8")) if path.suffix == ".json" else yaml.safe_load(path.read_text(encoding="utf-8"))


def wrappers() -> dict[str, str]:
    """The playbooks of the project, with the one that each imports."""
    found = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in PROJECT.glob("*.yml")}
    return {name: plays[0]["import_playbook"] for name, plays in found.items() if isinstance(plays, list)}


def variables(playbook: str) -> dict[str, dict]:
    """Every variable that a playbook takes, from the tables of the roles by which it checks them."""
    text = (ROOT / "playbooks" / f"{playbook}.yml").read_text(encoding="utf-8")
    roles = {"ring_join", *re.findall(r"name: ringfleet\.core\.(\w+)\n\s+tasks_from: variables", text)}
    tables = [yaml.safe_load(path.read_text(encoding="utf-8")) for role in sorted(roles) for path in sorted((ROOT / "roles" / role / "vars").glob("*.yml"))]
    found = {name: option for table in tables for key, spec in table.items() if key.endswith("_spec") for name, option in spec.items()}
    takes = yaml.safe_load((ROOT / "roles" / "ring_care" / "vars" / "main.yml").read_text(encoding="utf-8"))["ring_care_takes"]
    return {**found, **takes.get(playbook, {})}


def every_answer(asked: dict) -> list[dict]:
    """All ways to answer the questions that offer choices, with one answer to each other question."""
    one = {"text": "h1, h2", "integer": 600}
    values = [survey.choices(question) or [one[question["type"]]] for question in asked["spec"]]
    return [dict(zip((question["variable"] for question in asked["spec"]), each, strict=True)) for each in itertools.product(*values)]


def test_each_playbook_has_a_wrapper_of_its_name() -> None:
    assert wrappers() == {name: f"ringfleet.core.{name}" for name in PLAYBOOKS}


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_awx_lists_it_as_a_playbook(name: str) -> None:
    assert LISTED.search((PROJECT / f"{name}.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(path.name for path in PROJECT.glob("*.yml")))
def test_awx_lists_nothing_else(name: str) -> None:
    assert bool(LISTED.search((PROJECT / name).read_text(encoding="utf-8"))) == (pathlib.Path(name).stem in PLAYBOOKS)


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_a_wrapper_names_the_survey_that_is_there(name: str) -> None:
    named = re.findall(r"surveys/(\w+)\.json", (PROJECT / f"{name}.yml").read_text(encoding="utf-8"))
    assert named == ([name] if name in SURVEYS else [])


@pytest.mark.parametrize("name", SURVEYS)
def test_awx_takes_the_survey(name: str) -> None:
    assert survey.problems(read("surveys", f"{name}.json")) == []


@pytest.mark.parametrize("name", SURVEYS)
def test_each_question_is_whole(name: str) -> None:
    for question in read("surveys", f"{name}.json")["spec"]:
        assert set(question) == survey.KEYS
        assert question["question_description"]


@pytest.mark.parametrize("name", SURVEYS)
def test_a_survey_asks_for_variables_of_its_playbook(name: str) -> None:
    known = variables(name)
    for question in read("surveys", f"{name}.json")["spec"]:
        kind = known[question["variable"]].get("type", "str")
        assert question["type"] == {"int": "integer", "bool": "multiplechoice"}.get(kind, "text")
        assert kind != "bool" or question["choices"] == ["false", "true"]


@pytest.mark.parametrize("name", SURVEYS)
def test_the_playbook_takes_what_awx_hands_over(name: str) -> None:
    asked, known = read("surveys", f"{name}.json"), variables(name)
    for answers in every_answer(asked):
        given = {key: value.split(",") if known[key]["type"] == "list" else value for key, value in survey.launch(asked, answers).items()}
        assert problems({**FLEET, **given}, known) == []


def test_what_nobody_answered_is_the_playbook_s_default_or_asked_again() -> None:
    asked = read("surveys", "exit.json")
    with pytest.raises(ValueError, match="^ringfleet_target has no value$"):
        survey.launch(asked, {})
    given = survey.launch(asked, {"ringfleet_target": "h1"})
    assert given.pop("ringfleet_drain_deadline") == 3600
    assert set(given.pop(name) for name in list(given) if name != "ringfleet_target") == {"false"}


@pytest.mark.parametrize(("given", "path"), [({}, "ringfleet-report.html"), ({"ringfleet_report": ""}, "ringfleet-report.html"),
                                             ({"ringfleet_report": "/x"}, "/x")])
def test_an_empty_answer_is_none(given: dict, path: str) -> None:
    handed = yaml.safe_load((ROOT / "playbooks" / "fleet" / "roles.yml").read_text(encoding="utf-8"))
    assert jinja2.Environment().from_string(handed["ring_report_path"]).render(given) == path


@pytest.mark.parametrize(("change", "words"), [
    ({"type": "boolean"}, "boolean is no type of a question"),
    ({"default": "3"}, "its default is no integer"),
    ({"default": True}, "its default is no integer"),
    ({"default": 10}, "is too large"),
    ({"min": "1"}, "min is no whole number"),
    ({"required": "true"}, "required is missing or no bool"),
    ({"variable": None}, "variable is missing or no str"),
    ({"help": "x"}, "help is no key of a question"),
])
def test_a_wrong_question_is_seen(change: dict, words: str) -> None:
    assert survey.problems({"name": "", "description": "", "spec": [QUESTION]}) == []
    assert words in "; ".join(survey.problems({"name": "", "description": "", "spec": [{**QUESTION, **change}]}))


@pytest.mark.parametrize(("change", "words"), [
    ({"choices": []}, "nothing can be chosen"),
    ({"choices": [False, True]}, "False is no text"),
    ({"default": "no"}, "its default 'no' cannot be chosen"),
    ({"default": "false\ntrue"}, "it has two defaults"),
])
def test_a_wrong_choice_is_seen(change: dict, words: str) -> None:
    assert survey.problems({"name": "", "description": "", "spec": [CHOICE, {**CHOICE, "variable": "c", "choices": "false\n\ntrue\n"}]}) == []
    assert words in "; ".join(survey.problems({"name": "", "description": "", "spec": [{**CHOICE, **change}]}))


@pytest.mark.parametrize(("wrong", "words"), [
    ({"description": "", "spec": [QUESTION]}, "name is no str"),
    ({"name": "", "description": "", "spec": []}, "spec has no question"),
    ({"name": "", "description": "", "spec": [QUESTION, QUESTION]}, "n is asked twice"),
])
def test_a_wrong_survey_is_seen(wrong: dict, words: str) -> None:
    assert words in survey.problems(wrong)


@pytest.mark.parametrize(("answers", "words"), [({"n": "4"}, "n is no integer"), ({"n": 0}, "n is too small"), ({"b": True}, "cannot be chosen"),
                                                ({"c": 1}, "not allowed on launch: c")])
def test_a_wrong_answer_is_seen(answers: dict, words: str) -> None:
    asked = {"name": "", "description": "", "spec": [QUESTION, CHOICE]}
    assert survey.launch(asked, {"n": 4, "b": "true"}) == {"n": 4, "b": "true"}
    with pytest.raises(ValueError, match=words):
        survey.launch(asked, answers)


@pytest.mark.parametrize("name", CREDENTIALS)
def test_a_credential_type_is_one(name: str) -> None:
    made = read("credentials", f"{name}.json")
    fields = {field["id"]: field for field in made["inputs"]["fields"]}
    assert (set(made), made["kind"]) == ({"name", "description", "kind", "inputs", "injectors"}, "cloud")
    assert set(made["inputs"]["required"]) == set(fields)
    assert set(re.findall(r"{{ (\w+) }}", json.dumps(made["injectors"]))) == set(fields)
    assert all(field["type"] == "string" and field["label"] for field in fields.values())
    assert all(field.get("secret") for key, field in fields.items() if key in ("secret", "password"))


def test_credentials_are_handed_to_what_reads_them() -> None:
    fleet, reader = read("credentials", "fleet.json")["injectors"], read("credentials", "reader.json")["injectors"]
    assert set(fleet["extra_vars"]) <= set(variables("join"))
    plugin = (ROOT / "plugins" / "inventory" / "ring.py").read_text(encoding="utf-8")
    assert all(f"- name: {name}\n" in plugin for name in reader["env"])


def test_the_inventory_source_is_one_of_the_plugin_s() -> None:
    given = read("fleet.ring.yml")
    assert given["plugin"] == "ringfleet.core.ring"
    assert set(given["compose"]) <= set(variables("join"))


def test_ansible_builder_takes_the_execution_environment() -> None:
    definition = UserDefinition(str(PROJECT / "execution-environment.yml"))
    definition.validate()
    assert (definition.version, (PROJECT / definition.raw["dependencies"]["galaxy"]).is_file()) == (3, True)
    assert [each["name"] for each in read("collections", "requirements.yml")["collections"]] == ["ringfleet.core"]


def test_the_collection_says_what_it_needs_of_an_execution_environment() -> None:
    python, system = introspect.process_collection(str(ROOT))
    needed = {re.split(r"[<>=]", line)[0] for line in python if not line.startswith("#")}
    assert needed == {"cassandra-driver", "cryptography"}
    assert {line.split()[0] for line in system} == {"openssh-clients", "openssh-client"}


def test_what_it_needs_is_what_the_tests_run_with() -> None:
    pinned = (ROOT / "tests" / "requirements.txt").read_text(encoding="utf-8")
    for line in introspect.process_collection(str(ROOT))[0]:
        name, least = line.split(">=")
        found = re.search(rf"^{name}==([\d.]+)$", pinned, re.MULTILINE)
        assert [int(each) for each in found[1].split(".")][:2] >= [int(each) for each in least.split(".")]
    core = read("execution-environment.yml")["dependencies"]["ansible_core"]["package_pip"]
    assert re.search(r"^ansible-core==([\d.]+)\.\d+$", pinned, re.MULTILINE)[1] in core
