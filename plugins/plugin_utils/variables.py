# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the fleet's variables against their argument spec: all problems at once, unknown names included.

Ansible's own validation turns a list into text where text is asked for; here that is a problem. Private to the collection."""

from __future__ import annotations

import difflib
import typing

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.parsing.convert_bool import BOOLEANS

from .trust import TrustError, check_secret

SECRET = "ringfleet_secret"


def problems(given: dict[str, typing.Any], spec: dict[str, dict]) -> list[str]:
    """One sentence with its remedy for each variable that is unknown, missing, or of the wrong type; no sentence holds a value."""
    found = [_unknown(name, spec) for name in sorted(set(given) - set(spec))]
    known = {name: value for name, value in given.items() if name in spec}
    for name, value in sorted(known.items()):
        kind = spec[name].get("type", "str")
        if not _fits(value, kind):
            found.append(f"{name} must be of the type {kind}, it is {_kind(value)}")
    missing = sorted(name for name, option in spec.items() if option.get("required") and given.get(name) in (None, ""))
    found += [f"{name} is not set: {spec[name]['description']}" for name in missing]
    if not found:
        found += ArgumentSpecValidator(_plain(spec)).validate(known).error_messages
    if isinstance(given.get(SECRET), str) and SECRET not in missing:
        try:
            check_secret(given[SECRET])
        except TrustError as error:
            found.append(str(error))
    return found


def _unknown(name: str, spec: dict[str, dict]) -> str:
    near = difflib.get_close_matches(name, spec, n=1, cutoff=0.8)
    return f"{name} is no variable of ringfleet: " + (f"is it {near[0]}?" if near else f"remove it, or use one of {', '.join(sorted(spec))}")


def _fits(value: typing.Any, kind: str) -> bool:
    if kind == "int":
        return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, str) and value.strip().isdigit())
    if kind == "bool" and isinstance(value, str):
        # As an extra variable is.
        return value.strip().lower() in BOOLEANS
    return isinstance(value, {"str": str, "dict": dict, "list": list, "bool": bool}[kind])


def _kind(value: typing.Any) -> str:
    names = {bool: "bool", int: "int", float: "float", str: "str", dict: "dict", list: "list"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), type(value).__name__)


def _plain(spec: dict[str, dict]) -> dict[str, dict]:
    """The spec without its descriptions, which Ansible's validator does not know."""
    return {name: {key: value for key, value in option.items() if key != "description"} for name, option in spec.items()}
