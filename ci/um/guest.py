#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Process 1 of the User-Mode Linux that ci/bench runs: does the jobs.

The host's files are its root, read-only; the directory that the kernel's
command line names with bench= is writable, and has

    jobs     a JSON list of jobs, in
    results  a JSON object, out
"""

import ctypes
import json
import os
import re
import subprocess
import traceback

BENCH = "/sys/kernel/debug/wolfcrypt-bench"
LIMITS = "/sys/kernel/debug/wolfcrypt-bench-limits"
RB_POWER_OFF = 0x4321FEDC
FIELDS = ("min_ps", "median_ps", "first_half_ps", "second_half_ps", "clean", "tried")


def mount(kind, where, options="defaults", what="none"):
    subprocess.run(["mount", "-n", "-t", kind, "-o", options, what, where], check=True)


def run(kind, key, size, op, rounds, drivers):
    """One job of the kernel's benchmark: {driver: result}."""
    line = f"{kind} {key} {size} {op} {rounds} {' '.join(drivers)}"
    fd = os.open(BENCH, os.O_RDWR)
    try:
        os.write(fd, line.encode())
        text = os.read(fd, 65536).decode()
    finally:
        os.close(fd)
    results = {}
    for row in text.splitlines():
        name, *values = row.split()
        results[name] = dict(zip(FIELDS, map(int, values)))
    return results


def limits():
    """Instruction -> its shortest time, in femtoseconds."""
    text = open(LIMITS, encoding="ascii").read()
    return {name: int(value) for name, value in map(str.split, text.splitlines())}


def available(job):
    """The drivers of a job that this CPU has, by trying each."""
    found = []
    for driver in job["drivers"]:
        try:
            run(job["type"], job["key"], 16, job["op"], 1, [driver])
            found.append(driver)
        except OSError:
            pass
    return found


def selftests():
    """Driver -> what the kernel's own tests of it said."""
    text = open("/proc/crypto", encoding="ascii").read()
    return dict(re.findall(r"^driver *: (\S+)$.*?^selftest *: (\w+)$", text, re.M | re.S))


def flags():
    """Of the CPU, as this kernel sees it."""
    text = open("/proc/cpuinfo", encoding="ascii").read()
    return re.search(r"^flags\s*: (.*)$", text, re.M)[1].split()


def state():
    """Of the module; its own self-tests ran on this CPU's instructions."""
    return open("/sys/kernel/wolfcrypt/state", encoding="ascii").read().strip()


def boot_us():
    """What the module did before its drivers were there -> its time in microseconds."""
    log = subprocess.run(["dmesg"], check=True, capture_output=True, text=True).stdout
    linked, patched = re.search(
        r"wolfcrypt: digest in (\d+) us as linked, in (\d+) us as patched", log).groups()
    count, tests = re.search(r"wolfcrypt: (\d+) self-tests passed in (\d+) us", log).groups()
    integrity = open("/sys/kernel/wolfcrypt/selftests/integrity", encoding="ascii").read()
    times = {"digest_linked": linked, "digest_patched": patched,
             "integrity": re.fullmatch(r"pass (\d+) us\n", integrity)[1],
             "selftests": tests, "count": count}
    return {name: int(value) for name, value in times.items()}


def work(directory):
    jobs = json.load(open(f"{directory}/jobs", encoding="ascii"))
    cache = {}
    out = []
    boot = boot_us()
    before = limits()
    for job in jobs:
        what = (job["type"], job["key"], job["op"], *job["drivers"])
        if what not in cache:
            cache[what] = available(job)
        if not cache[what]:
            continue
        result = run(job["type"], job["key"], job["size"], job["op"], job["rounds"], cache[what])
        out.append({**job, "drivers": result})
    after = limits()
    best = {name: min(before[name], after[name]) for name in before}
    with open(f"{directory}/results", "w", encoding="ascii") as file:
        json.dump({"jobs": out, "selftests": selftests(), "state": state(),
                   "flags": flags(), "limits": best, "boot": boot}, file)


def main():
    mount("proc", "/proc")
    mount("sysfs", "/sys")
    mount("debugfs", "/sys/kernel/debug")
    directory = re.search(r"\bbench=(\S+)", open("/proc/cmdline", encoding="ascii").read())[1]
    mount("tmpfs", "/mnt")
    mount("hostfs", "/mnt", directory)
    work("/mnt")


if __name__ == "__main__":
    try:
        main()
    except BaseException:
        traceback.print_exc()
    os.sync()
    ctypes.CDLL(None).reboot(RB_POWER_OFF)
