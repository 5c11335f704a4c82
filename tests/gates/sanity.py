# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-test sanity, on a staged copy: ansible-test refuses a collection whose path goes through a symbolic link."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from gates import counting
from gates.part import CACHE, ROOT, UNHURRIED, Log, Outcome

STAGE = CACHE / "stage" / "ansible_collections" / "ringfleet" / "core"
HOME = CACHE / "ansible-test-home"
# The pip that ansible-test of ansible-core 2.19 bootstraps its environments with.
PIP = "24.2"
# Fewer than these mean that ansible-test took the stage for something else. 24 ran when this was written.
AT_LEAST = 20

_GET_PIP = '''\
"""Stands in for get-pip.py, which ansible-test would fetch from a host that may be out of reach."""
import runpy
import sys

sys.path.insert(0, {wheel!r})
sys.argv = ["pip", "install"] + [a for a in sys.argv[1:] if a not in ("--no-setuptools", "--no-wheel")]
runpy.run_module("pip", run_name="__main__")
'''


def stage(log: Log) -> None:
    """Copy what git knows or would take (no ignored file) to the stage. Raises CalledProcessError."""
    STAGE.mkdir(parents=True, exist_ok=True)
    listed = subprocess.run(["git", "ls-files", "-coz", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True).stdout
    # A file deleted but not yet committed is still listed.
    names = b"\0".join(name for name in listed.split(b"\0") if name and os.path.lexists(ROOT / os.fsdecode(name)))
    for old in STAGE.iterdir():
        if old.name != ".git":
            shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
    subprocess.run(["rsync", "-a", "--from0", "--files-from=-", "./", f"{STAGE}/"], cwd=ROOT, input=names, check=True)
    # Without a repository of its own, a stage inside an ignored folder is "All targets skipped", with exit code 0.
    subprocess.run(["git", "init", "-q"], cwd=STAGE, check=True)
    log.write(f"staged {names.count(bytes(1)) + 1} files in {STAGE}\n")


def substitute_pip() -> None:
    """Put a wheel of pip, and a script that runs it, where ansible-test looks before it downloads. Raises CalledProcessError."""
    folder = HOME / ".ansible" / "test" / "cache"
    script = folder / f"get_pip_{PIP.replace('.', '_')}.py"
    if script.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps", "-d", str(folder), f"pip=={PIP}"], check=True
    )
    (wheel,) = folder.glob(f"pip-{PIP}-*.whl")
    script.write_text(_GET_PIP.format(wheel=str(wheel)), encoding="utf-8")


def user_pip_settings() -> None:
    """Give the redirected home the pip settings in force here (an index, a certificate): ansible-test passes no PIP_* variable on."""
    listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True).stdout
    config = HOME / ".config" / "pip" / "pip.conf"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.touch(mode=0o600)
    config.write_text(counting.pip_conf(listed), encoding="utf-8")


def environment() -> dict[str, str]:
    """HOME in the cache; the real Python's folder first on PATH, for version managers' shims fail for versions that are not active."""
    real = Path(sys.base_prefix) / "bin"
    return {"HOME": str(HOME), "PATH": f"{CACHE / 'venv' / 'bin'}:{real}:{os.environ['PATH']}", "PYTHONPATH": ""}


def run(log: Log) -> Outcome:
    """All sanity tests, with no ignore file; counted by what ansible-test says that it ran."""
    ignored = sorted(path.name for path in (ROOT / "tests" / "sanity").glob("ignore*"))
    if ignored:
        return Outcome(0, len(ignored), f"ignore files are not wanted: {', '.join(ignored)}")
    stage(log)
    substitute_pip()
    user_pip_settings()
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    code = log.run(["ansible-test", "sanity", "--local", "--color", "no", "--python", python], env=environment(), cwd=STAGE, minutes=UNHURRIED)
    ran, skips = counting.sanity_tests(log.read()), counting.sanity_skips(log.read())
    if code:
        failed = max(counting.sanity_failures(log.read()), 1)
        return Outcome(max(len(ran) - failed, 0), failed, f"exit {code}")
    if len(ran) < AT_LEAST or skips:
        return Outcome(0, 1, f"only {len(ran)} tests ran; {'; '.join(skips[:3])}")
    return Outcome(len(ran), 0)
