#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""kexec_file_load(), whose digest of the new kernel is by wolfCrypt's SHA-256.

  kexec.py [--change] KERNEL [PARAMETERS]...

This is to be run by each kernel anew, and starts the next one as often as there are
PARAMETERS, which it adds to those of the first. In the last one it ends. Before a kernel
starts, code of its own computes the digest again, and stops if it finds another: that a
kernel arrives says that both are the same. With --change a bit of what was loaded is changed
in memory, and it must not arrive.
"""

import argparse
import ctypes
import errno
import mmap
import os
import re
import sys

import af_alg
import usage
from af_alg import check, check_error

# asm/unistd_64.h
KEXEC_FILE_LOAD = 320
# linux/kexec.h
UNLOAD = 1
NO_INITRAMFS = 4
# linux/reboot.h
REBOOT_KEXEC = 0x45584543

LOADED = "/sys/kernel/kexec_loaded"
PAGE = 4096
MIB = 1 << 20
# Says to a kernel the number of those before it. What comes after it is for it alone.
MARK = " wolfcrypt_kexec="
# Documentation/arch/x86/boot.rst: sectors of the part that isn't loaded
SETUP_SECTORS = 0x1f1
SECTOR = 512

LIBC = ctypes.CDLL(None, use_errno=True)


def kexec_file_load(path, parameters, flags=NO_INITRAMFS):
    line = parameters.encode() + b"\0"
    with open(path, "rb") as file:
        if LIBC.syscall(ctypes.c_long(KEXEC_FILE_LOAD), ctypes.c_long(file.fileno()),
                        ctypes.c_long(-1), ctypes.c_long(len(line)), line,
                        ctypes.c_long(flags)):
            raise OSError(ctypes.get_errno(), "kexec_file_load")


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read().strip()


def load(kernel, parameters):
    kexec_file_load(kernel, parameters)
    check("a kernel is loaded", read(LOADED), "1")


def unload(kernel):
    kexec_file_load(kernel, "", UNLOAD)
    check("a kernel is loaded", read(LOADED), "0")


def no_kernel():
    check_error("what is no kernel", errno.ENOEXEC, kexec_file_load, sys.executable, "")
    check("a kernel is loaded", read(LOADED), "0")


def driver(kernel, parameters):
    usage.runs_on({"sha256": "sha256-wolfcrypt"}, lambda: load(kernel, parameters))


def arrived(parameters):
    check("what ends the kernel's parameters", read("/proc/cmdline").endswith(parameters),
          True)
    fips = "fips=1" in read("/proc/cmdline").split()
    check("fips_enabled", read("/proc/sys/crypto/fips_enabled"), str(int(fips)))
    check("state of wolfCrypt", read("/sys/kernel/wolfcrypt/state").split()[0],
          "operational")


def memory():
    """The kernel's memory: address and size of each part"""
    for line in read("/proc/iomem").splitlines():
        found = re.match(r"(\w+)-(\w+) : System RAM", line)
        if found:
            start, end = (int(text, 16) for text in found.groups())
            # The first MiB is the firmware's, in part, and no kernel is loaded there.
            start = max(start, MIB)
            if end > start:
                yield start, (end + 1 - start) // PAGE * PAGE


def change(kernel):
    """A bit in the middle, wherever there is a copy of that page"""
    with open(kernel, "rb") as file:
        image = file.read()
    setup = (image[SETUP_SECTORS] + 1) * SECTOR
    at = setup + (len(image) - setup) // 2 // PAGE * PAGE
    page = image[at:at + PAGE]
    changed = 0
    with open("/dev/mem", "r+b", buffering=0) as file:
        for start, size in memory():
            with mmap.mmap(file.fileno(), size, offset=start) as mem:
                for at in range(0, size, MIB):
                    found = mem[at:at + MIB].find(page)
                    if found >= 0:
                        mem[at + found] ^= 1
                        changed += 1
    print("# copies of the page:", changed)
    check("there is one", changed > 0, True)


def go():
    sys.stdout.flush()
    os.sync()
    LIBC.reboot(REBOOT_KEXEC)
    return "reboot: " + os.strerror(ctypes.get_errno())


def missing():
    return None if os.path.exists(LOADED) else "needs CONFIG_KEXEC_FILE"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--change", action="store_true")
    parser.add_argument("kernel")
    parser.add_argument("parameters", nargs="*")
    args = parser.parse_args()

    line, mark, own = read("/proc/cmdline").partition(MARK)
    number = int(own.split()[0]) if mark else 0
    cases = [("the kernel is the new one", lambda: arrived(own))] if mark else []
    last = number == len(args.parameters)
    if not last:
        line += "%s%d %s" % (MARK, number + 1, args.parameters[number])
        cases += [("what is no kernel", no_kernel),
                  ("load", lambda: load(args.kernel, line)),
                  ("unload", lambda: unload(args.kernel)),
                  ("the driver is ours", lambda: driver(args.kernel, line)),
                  ("load, after that", lambda: load(args.kernel, line))]
        if args.change:
            cases += [("change it", lambda: change(args.kernel))]
    if af_alg.skipped(missing):
        return af_alg.KSFT_SKIP
    status = af_alg.run(cases)
    return status if last or status else go()


if __name__ == "__main__":
    sys.exit(main())
