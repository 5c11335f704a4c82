# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base image of a lab host: what a user's bare Docker host has, plus what the README requires of one.

From `debian:12` where a registry has it, else by debootstrap; cached in the engine and in .cache/lab by the hash of its recipe."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

from .engine import ensure as ensure_engine, install
from .shell import CACHE, LAB_CACHE, digest, run, say, succeeds

FILES = pathlib.Path(__file__).parent / "files"
SUITE = "bookworm"
REPOSITORY = "rflab-base"
PULL_TIMEOUT = 20
PACKAGES = (
    "busybox-static", "ca-certificates", "curl", "dbus", "docker-compose", "docker.io", "haproxy", "iproute2", "iptables",
    "openjdk-17-jre-headless", "openssh-client", "openssh-server", "procps", "python3", "python3-requests", "python3-venv",
    "rsync", "systemd", "systemd-sysv",
)


def recipe() -> str:
    """The key of the image: changes with the packages and with any file that goes into it."""
    return digest(SUITE, *PACKAGES, *(path.read_bytes() for path in sorted(FILES.iterdir()) if path.is_file()))


def tag() -> str:
    """Name of the finished image in the engine."""
    return f"{REPOSITORY}:{recipe()}"


def ensure() -> str:
    """Build the image unless it is there; return its name."""
    ensure_engine()
    name = tag()
    if succeeds("docker", "image", "inspect", name):
        return name
    base = _base()
    say(f"finishing {name}")
    # The classic builder: the lab must not depend on a client plugin. It is offline here, everything is in the base.
    run("docker", "build", "-q", "-t", name, "--build-arg", f"BASE={base}", str(FILES), env=dict(os.environ, DOCKER_BUILDKIT="0"))
    return name


def _base() -> str:
    """An image with Debian and the packages: from a registry when one answers, else made here."""
    name = f"{REPOSITORY}-packages:{digest(SUITE, *PACKAGES)}"
    if succeeds("docker", "image", "inspect", name):
        return name
    rootfs = LAB_CACHE / f"rootfs-{digest(SUITE, *PACKAGES)}.tar"
    if not rootfs.exists() and _pull():
        say("installing the packages on debian:12")
        recipe_text = ("FROM debian:12\nRUN apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "
                       + " ".join(PACKAGES) + " && rm -rf /var/lib/apt/lists/*\n")
        run("docker", "build", "-q", "-t", name, "-", text=recipe_text, env=dict(os.environ, DOCKER_BUILDKIT="0"))
        return name
    if not rootfs.exists():
        _debootstrap(rootfs)
    run("docker", "import", str(rootfs), name)
    return name


def _pull() -> bool:
    """True when a registry gave debian:12; a machine without one answers within seconds, or is given up."""
    try:
        return subprocess.run(["docker", "pull", "-q", "debian:12"], stdin=subprocess.DEVNULL, capture_output=True, check=False,
                              timeout=PULL_TIMEOUT).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def _debootstrap(rootfs: pathlib.Path) -> None:
    """Make the root file system with Debian's own tool (about a minute, 0.9 GB) and keep it as a tar file."""
    if not shutil.which("debootstrap"):
        install("debootstrap")
    say(f"debootstrap {SUITE} with {len(PACKAGES)} packages (about a minute)")
    packages = CACHE / "debs"
    packages.mkdir(parents=True, exist_ok=True)
    tree = LAB_CACHE / "rootfs"
    LAB_CACHE.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(tree, ignore_errors=True)
    run("debootstrap", "--variant=minbase", f"--cache-dir={packages}", f"--include={','.join(PACKAGES)}", SUITE, str(tree))
    partial = rootfs.with_suffix(".partial")
    run("tar", "-C", str(tree), "--exclude=./var/cache/apt/archives/*.deb", "--exclude=./var/lib/apt/lists/*", "-cf", str(partial), ".")
    partial.rename(rootfs)
    shutil.rmtree(tree)
