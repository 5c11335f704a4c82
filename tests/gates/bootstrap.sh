#!/bin/sh
# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Makes the controller's environment out of a bare Debian: system packages that are missing, the virtual environment,
# the collection's place on Ansible's path, vendor collections. Run again it does nothing, in a tenth of a second.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p .cache
exec 9> .cache/bootstrap.lock
flock 9

say() { echo "bootstrap: $*" >&2; }

apt_install() {
    say "installing $*"
    if [ "$(id -u)" != 0 ]; then
        say "not root: run 'apt-get install $*' and try again"
        exit 1
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "$@" > .cache/apt.log 2>&1 ||
        { tail -n 20 .cache/apt.log >&2; exit 1; }
}

# The first Python of 3.11 or newer that really runs (a version manager's shims may be there for ones that do not).
find_python() {
    for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then
            echo "$candidate"
            return
        fi
    done
}

missing=""
for pair in git:git rsync:rsync debootstrap:debootstrap ssh-keygen:openssh-client java:openjdk-17-jdk-headless mvn:maven \
    chromium-headless-shell:chromium-headless-shell; do
    command -v "${pair%%:*}" > /dev/null || missing="$missing ${pair#*:}"
done
python=$(find_python)
[ -n "$python" ] || missing="$missing python3"
# shellcheck disable=SC2086 # a list of packages
[ -z "$missing" ] || apt_install $missing
python=$(find_python)
[ -n "$python" ] || { say "no Python of 3.11 or newer: name one by PYTHON=..."; exit 1; }
"$python" -c 'import ensurepip, venv' 2> /dev/null || apt_install python3-venv

want=$({ "$python" --version; cat tests/requirements.txt tests/constraints.txt; } | sha256sum | cut -c1-16)
if [ "$(cat .cache/venv/made-from 2> /dev/null)" != "$want" ]; then
    say "making .cache/venv with $("$python" --version)"
    rm -rf .cache/venv
    "$python" -m venv .cache/venv
    .cache/venv/bin/python -m pip install -q --disable-pip-version-check -r tests/requirements.txt -c tests/constraints.txt
    echo "$want" > .cache/venv/made-from
fi

mkdir -p .cache/ansible_collections/ringfleet .cache/logs
ln -sfn ../../.. .cache/ansible_collections/ringfleet/core
PYTHONPATH=tests .cache/venv/bin/python -m gates.vendor
