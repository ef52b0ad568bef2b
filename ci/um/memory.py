#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Copy what a process of User-Mode Linux can write to: memory.py LINUX FILE

That is the memory of its guest, the kernel's own data, and the stacks on which the
host saved its registers. LINUX is the program, which may run once.
"""

import os
import sys

PAGE = 4096


def kernel_of(program):
    """The process that all others of this program are descendants of."""
    parents = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/exe") == program:
                with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                    parents[pid] = file.read().rpartition(")")[2].split()[1]
        except OSError:
            pass
    roots = [pid for pid, parent in parents.items() if parent not in parents]
    if len(roots) != 1:
        sys.exit(f"{len(roots)} kernels of {program}")
    return roots[0]


def ranges(pid):
    with open(f"/proc/{pid}/maps", encoding="ascii") as file:
        for line in file:
            where, mode, *_ = line.split()
            if mode.startswith("rw"):
                yield [int(end, 16) for end in where.split("-")]


def main():
    pid = kernel_of(os.path.realpath(sys.argv[1]))
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory, open(sys.argv[2], "wb") as out:
        for start, end in ranges(pid):
            memory.seek(start)
            while start < end:
                data = memory.read(min(end - start, 256 * PAGE))
                if not data:
                    sys.exit("the process has ended")
                if data.count(0) == len(data):
                    out.seek(len(data), os.SEEK_CUR)
                else:
                    out.write(data)
                start += len(data)
        out.truncate()


if __name__ == "__main__":
    main()
