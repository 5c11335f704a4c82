# Copyright (c) 2026, the ringfleet.core authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tiny container image for the fleet's containers, made without any registry: a static busybox with a web server.

`rflab-web:1` answers on port 80; `/cgi-bin/where` names the container that answers. `busybox httpd -f -p 80` works as a command too,
but as PID 1 it ignores SIGTERM and takes the whole stop timeout: the image's own command obeys at once. `/bin/crunch 4 9` serves and is
busy as well."""

from __future__ import annotations

import io
import subprocess
import tarfile

from . import image
from .shell import LabError, digest, run, say, succeeds

NAME = "rflab-web:1"
KEY_LABEL = "rflab.recipe"
APPLETS = ("sh", "cat", "cp", "dd", "echo", "env", "grep", "hostname", "httpd", "id", "kill", "ls", "mkdir", "nc", "ps", "rm", "sleep", "sync",
           "touch", "true", "false", "wget", "yes")
# Busy by processor time, not by the clock: on a crowded host it wants as much as on an idle one. Several processes at once make
# the host's tasks wait for each other, which one process that burns as long never does.
CRUNCH = """#!/bin/sh
# crunch PROCESSES TICKS: the web server, and each second so many processes that use TICKS hundredths of a second of CPU each
trap 'exit 0' TERM INT
httpd -f -p "${PORT:-80}" -h /www &
work() {
  while :; do
    spins=0; while [ $spins -lt 2000 ]; do spins=$((spins + 1)); done
    read -r _ _ _ _ _ _ _ _ _ _ _ _ _ user system _ < /proc/self/stat
    [ $((user + system)) -ge "$1" ] && exit
  done
}
while :; do
  workers=''; count=0
  while [ $count -lt "$1" ]; do count=$((count + 1)); work "$2" & workers="$workers $!"; done
  wait $workers
  sleep 1 & wait $!
done
"""
FILES = {
    "bin/web": (0o755, "#!/bin/sh\n# PID 1 has no default signal handlers: without the trap a stop would wait for the kill.\n"
                       "trap 'kill $!; exit 0' TERM INT\nhttpd -f -p \"${PORT:-80}\" -h /www &\nwait $!\n"),
    "bin/crunch": (0o755, CRUNCH),
    "etc/passwd": (0o644, "root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1000:web:/www:/bin/sh\n"),
    "etc/group": (0o644, "root:x:0:\nweb:x:1000:\n"),
    "www/index.html": (0o644, "rflab-web\n"),
    "www/cgi-bin/where": (0o755, "#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n'\nhostname\n"),
}


def ensure() -> str:
    """Make the image unless the engine has it by this recipe; return its name."""
    base = image.ensure()
    key = digest(*APPLETS, repr(FILES), image.SUITE)
    if succeeds("docker", "image", "inspect", NAME) and key == run(
            "docker", "image", "inspect", "-f", f'{{{{index .Config.Labels "{KEY_LABEL}"}}}}', NAME).strip():
        return NAME
    say(f"making {NAME}")
    busybox = subprocess.run(["docker", "run", "--rm", "--network", "none", "--entrypoint", "/bin/cat", base, "/bin/busybox"],
                             capture_output=True, check=False)
    if busybox.returncode:
        raise LabError(f"no static busybox in {base}: {busybox.stderr.decode(errors='replace')}")
    changes = ("ENV PATH=/bin", "EXPOSE 80", 'CMD ["/bin/web"]', f"LABEL {KEY_LABEL}={key}")
    argv = ["docker", "import", *(word for change in changes for word in ("-c", change)), "-", NAME]
    done = subprocess.run(argv, input=_tree(busybox.stdout), capture_output=True, check=False)
    if done.returncode:
        raise LabError(f"docker import of {NAME} failed: {done.stderr.decode(errors='replace')}")
    return NAME


def _tree(busybox: bytes) -> bytes:
    """The image's only layer as a tar file, with fixed times."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, mode in (("bin", 0o755), ("etc", 0o755), ("tmp", 0o1777), ("www", 0o755), ("www/cgi-bin", 0o755), ("data", 0o777)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            tar.addfile(entry)
        for name, mode, content in (("bin/busybox", 0o755, busybox), *((n, m, text.encode()) for n, (m, text) in FILES.items())):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            tar.addfile(entry, io.BytesIO(content))
        for applet in APPLETS:
            entry = tarfile.TarInfo(f"bin/{applet}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(entry)
    return out.getvalue()
