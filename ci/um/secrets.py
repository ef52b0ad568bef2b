#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Process 1 of a User-Mode Linux whose memory is searched for secrets.

The directory that the kernel's command line names with secrets= has the program, and
is where ci/lib/guest/secrets and the host talk to each other. There are no volumes.
"""

import ctypes
import os
import re
import subprocess
from pathlib import Path

RB_POWER_OFF = 0x4321FEDC
SCRIPT = Path(__file__).parents[1] / "lib/guest/secrets"


def mount(kind, where, options="defaults"):
    subprocess.run(["mount", "-n", "-t", kind, "-o", options, "none", where], check=True)


def main():
    mount("proc", "/proc")
    mount("sysfs", "/sys")
    # Each driver has threads, of which so little memory would allow no more.
    Path("/proc/sys/kernel/threads-max").write_text("10000", encoding="ascii")
    directory = re.search(r"\bsecrets=(\S+)", open("/proc/cmdline", encoding="ascii").read())[1]
    mount("tmpfs", "/mnt")
    os.mkdir("/mnt/out")
    mount("hostfs", "/mnt/out", directory)
    done = subprocess.run([SCRIPT, "/mnt/out/secrets"], check=False, env={
        **os.environ, "TMPDIR": "/mnt", "OUT": "/mnt/out", "NO_VOLUMES": "1"})
    Path("/mnt/out/status").write_text(f"{done.returncode}\n", encoding="ascii")


if __name__ == "__main__":
    try:
        main()
    finally:
        os.sync()
        ctypes.CDLL(None).reboot(RB_POWER_OFF)
