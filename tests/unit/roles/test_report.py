# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report: well formed, whole, and of nobody's making but ours, whatever names and labels say."""

from __future__ import annotations

import html.parser
import pathlib
import re

import pytest
from report.page import answers, fleet_with_everything, written

from ansible_collections.ringfleet.core.plugins.filter.ring_points import ring_points

TEMPLATE = pathlib.Path(__file__).resolve().parents[3] / "roles" / "ring_report" / "templates" / "report.html.j2"
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(html.parser.HTMLParser):
    """Reads a page whole: every element with its attributes, what stands open at the end, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.elements: list[tuple[str, dict]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, tag: str, **attributes: str) -> list[dict]:
        """The attributes of each such element."""
        return [attrs for name, attrs in self.elements if name == tag and all(attrs.get(key.rstrip("_")) == value for key, value in attributes.items())]


@pytest.fixture(scope="module")
def told() -> dict:
    """A fleet's answers."""
    return answers(fleet_with_everything())


@pytest.fixture(scope="module")
def raw(told: dict, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of that fleet."""
    return written(tmp_path_factory.mktemp("report"), told).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(raw: str) -> Page:
    """The same, read."""
    return Page(raw)


def test_it_is_well_formed_and_self_contained(page: Page, raw: str) -> None:
    assert (page.wrong, page.open) == ([], [])
    assert raw.startswith("<!DOCTYPE html>")
    assert not [tag for tag, _attrs in page.elements if tag in ("script", "link", "img", "iframe", "object")]
    given = [(name, value) for _tag, attrs in page.elements for name, value in attrs.items()]
    assert not [each for each in given if each[0].startswith("on") or each[0] in ("src", "href")]
    assert all(value.startswith("width:") for name, value in given if name == "style")
    assert "url(http" not in raw and "@import" not in raw
    assert {each["id"] for each in page.all("h2")} == {"hosts", "ring", "containers", "moves", "decisions"}


def test_words_of_users_are_words(page: Page, raw: str) -> None:
    assert "<script" not in raw
    assert "1337" not in raw
    text = "".join(page.text)
    # The pause, the hold, the label that does not parse (as its repr), the move's and the decision's author.
    assert text.count("<script>alert(") >= 5
    assert "{{ 7 * 191 }}" in text


def test_one_row_a_host_and_one_a_container(page: Page, told: dict) -> None:
    assert len(page.all("tr", class_="host")) == len(told["ring_report_hosts"]["hosts"]) == 5
    assert len(page.all("tr", class_="container")) == len(told["ring_report_containers"]["containers"]) >= 3
    text = " ".join("".join(page.text).split())
    for words in ("normal, watcher down", "does not move: ", "goes on at h2", "held by ada", "Paused by ada", "nobody", "clock at least 59."):
        assert words in text, words


def test_a_lost_host_s_last_reports_are_not_taken_for_what_runs_now(told: dict, tmp_path: pathlib.Path) -> None:
    holder = next(each for each in told["ring_report_containers"]["containers"] if each["holder"])
    fresh = next(each for each in told["ring_report_load"]["hosts"] if each["host"] == holder["holder"])
    stale = {"name": holder["name"], "cpu_used": 77.0, "memory_used": 1, "anomaly": "none", "reasons": []}
    hosts = [*told["ring_report_load"]["hosts"], {"host": "zz", "load": None, "containers": [stale]}]
    page = written(tmp_path, dict(told, ring_report_load=dict(told["ring_report_load"], hosts=hosts))).read_text(encoding="utf-8")
    assert fresh["containers"]
    assert "77.00 cores" not in page


def test_a_host_that_left_is_named_and_no_more(told: dict, tmp_path: pathlib.Path) -> None:
    gone = dict(told["ring_report_hosts"]["hosts"][0], host="h9", state="left", backups=[])
    hosts = dict(told["ring_report_hosts"], hosts=[*told["ring_report_hosts"]["hosts"], gone])
    page = Page(written(tmp_path, dict(told, ring_report_hosts=hosts)).read_text(encoding="utf-8"))
    assert len(page.all("tr", class_="host")) == len(page.all("circle", r="12")) == 5
    assert "Left the fleet: h9" in "".join(page.text)


def test_the_ring_has_an_arrow_to_each_backup(page: Page, told: dict) -> None:
    backups = sum(len(each["backups"]) for each in told["ring_report_hosts"]["hosts"])
    assert len(page.all("line")) == backups >= 8
    assert len(page.all("circle", r="12")) == 5
    assert len(page.all("circle", r="12", class_="bad")) == 1


def test_decisions_have_their_candidates(page: Page, told: dict) -> None:
    decisions = told["ring_report_decisions"]["decisions"]
    assert len(page.all("details", class_="decision")) == len(decisions) >= 1
    assert len(page.all("details", class_="move")) == len(told["ring_report_moves"]["moves"]) >= 1
    assert len([attrs for attrs in page.all("td") if attrs.get("data-label") == "Candidate"]) == sum(len(each["candidates"]) for each in decisions)


def test_a_fleet_of_which_nothing_is_known_has_a_page_too(told: dict, tmp_path: pathlib.Path) -> None:
    empty = dict(told, ring_report_containers={"containers": [], "problems": {}}, ring_report_moves={"moves": []}, ring_report_decisions={"decisions": []},
                 ring_report_hosts=dict(told["ring_report_hosts"], hosts=[dict(told["ring_report_hosts"]["hosts"][0], load=None, backups=[])]))
    page = Page(written(tmp_path, empty).read_text(encoding="utf-8"))
    assert (page.wrong, page.open, len(page.all("tr", class_="host")), "".join(page.text).count("None.")) == ([], [], 1, 3)


def test_everything_that_is_told_is_escaped() -> None:
    """A page is made of macros of our own, and of what is escaped last."""
    shown = re.findall(r"{{(.+?)}}", TEMPLATE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(shown) > 50
    assert [each for each in shown if not re.search(r"\|\s*e\s*$", each) and not re.match(r"\s*(at|figure|bar)\(.+\)\s*$", each, re.DOTALL)] == []


def test_places_around_the_ring() -> None:
    assert ring_points(["a", "b", "c", "d"], 100.0, 150.0) == {
        "a": {"x": 150.0, "y": 50.0}, "b": {"x": 250.0, "y": 150.0}, "c": {"x": 150.0, "y": 250.0}, "d": {"x": 50.0, "y": 150.0}}
    assert ring_points([]) == {}
