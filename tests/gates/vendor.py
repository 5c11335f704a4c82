# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collections that the lab and molecule need, without Galaxy: taken out of the ``ansible`` package's wheel.

``python -m gates.vendor`` fills ``.cache/vendor``; again, it does nothing.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

# The release of the community package that goes with the pinned ansible-core.
WHEEL = "ansible==12.3.0"
COLLECTIONS = ("community/docker", "community/library_inventory_filtering_v1")
ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / ".cache" / "vendor"


def unpack(wheel: Path, into: Path) -> int:
    """Unpack the wanted collections; the number of files. Raises ValueError if one of them is not in the wheel."""
    prefixes = {name: f"ansible_collections/{name}/" for name in COLLECTIONS}
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        for name, prefix in prefixes.items():
            if not any(member.startswith(prefix) for member in names):
                raise ValueError(f"{wheel.name} does not carry the collection {name}")
        members = [member for member in names if member.startswith(tuple(prefixes.values())) and "/tests/" not in member]
        archive.extractall(into, members)
    return len(members)


def main() -> int:
    """Fetch the wheel, unpack, move into place in one step, and leave a stamp of what it was made from."""
    made_from = VENDOR / "made-from"
    wanted = f"{WHEEL} {' '.join(COLLECTIONS)}\n"
    if made_from.is_file() and made_from.read_text(encoding="utf-8") == wanted:
        return 0
    with tempfile.TemporaryDirectory(dir=ROOT / ".cache") as name:
        folder = Path(name)
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps", "-d", str(folder), WHEEL],
            check=True,
        )
        (wheel,) = folder.glob("*.whl")
        fresh = folder / "vendor"
        files = unpack(wheel, fresh)
        (fresh / "made-from").write_text(wanted, encoding="utf-8")
        shutil.rmtree(VENDOR, ignore_errors=True)
        shutil.move(fresh, VENDOR)
    print(f"bootstrap: {files} files of {', '.join(COLLECTIONS)} out of {WHEEL}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
