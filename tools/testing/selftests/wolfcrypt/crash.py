#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is left on encrypted volumes of a machine that dies while it writes to them.

  crash.py write PLACE...       write until the machine dies
  crash.py check LOG PLACE...   LOG has what that had said: see what is left

A place is a block device or a directory. Each sector that is written says where it
belongs and which write it is of, and is otherwise what follows from these, so that
afterwards none can be anything but a whole sector of one write. Now and then all is
flushed, of which there is a line on stdout: what it says is durable must be there.

Runs on a kernel without wolfCrypt, too.
"""

import argparse
import ctypes
import hashlib
import os
import random
import re
import stat
import struct
import sys
import threading

import af_alg
import usage
from af_alg import check

SECTOR = 512
SECTORS = 8192              # of a place that are written to
HEADER = struct.Struct("<QQ")
LONGEST = 200               # sectors of one write
FILE_EVERY = 5              # flushes
SYNC_FILE_RANGE_WRITE = 2   # linux/fs.h

LIBC = ctypes.CDLL(None, use_errno=True)


def sector(index, write):
    header = HEADER.pack(index, write)
    return header + hashlib.shake_128(header).digest(SECTOR - HEADER.size)


def extent(place, write):
    """First sector and number of them; the first write is of all."""
    if not write:
        return 0, SECTORS
    rng = random.Random("%s %d" % (place, write))
    count = rng.randint(1, LONGEST)
    return rng.randrange(SECTORS - count + 1), count


def is_flushed(place, write):
    return write == 0 or random.Random("%s flush %d" % (place, write)).randrange(4) == 0


def content(write):
    """Of a file that is made after that write"""
    seed = b"file %d" % write
    return hashlib.shake_128(seed).digest(random.Random(seed).randrange(1, 100000))


class Place:
    """Where sectors are written to; and if it is a directory, files"""

    def __init__(self, path):
        self.path = path
        self.is_directory = not stat.S_ISBLK(os.stat(path).st_mode)
        self.sectors = os.path.join(path, "sectors") if self.is_directory else path

    def file(self, write):
        return os.path.join(self.path, "file%d" % write)

    def clear(self):
        """Of what was there before"""
        if self.is_directory:
            for name in os.listdir(self.path):
                os.unlink(os.path.join(self.path, name))
            with open(self.sectors, "wb") as file:
                file.truncate(SECTOR * SECTORS)

    def write(self):
        self.clear()
        flushes = 0
        with open(self.sectors, "r+b", buffering=0) as file:
            write = 0
            while True:
                first, count = extent(self.path, write)
                data = b"".join(sector(first + at, write) for at in range(count))
                check("bytes written", os.pwrite(file.fileno(), data, SECTOR * first),
                      len(data))
                # Some are on their way to the disk at any time.
                LIBC.sync_file_range(file.fileno(), ctypes.c_int64(SECTOR * first),
                                     ctypes.c_int64(len(data)), SYNC_FILE_RANGE_WRITE)
                if is_flushed(self.path, write):
                    os.fdatasync(file.fileno())
                    flushes += 1
                    if self.is_directory and flushes % FILE_EVERY == 0:
                        self.write_file(write)
                    say("durable %d %s" % (write, self.path))
                write += 1

    def write_file(self, write):
        with open(self.file(write), "wb", buffering=0) as file:
            file.write(content(write))
            os.fsync(file.fileno())
        directory = os.open(self.path, os.O_RDONLY)
        os.fsync(directory)
        os.close(directory)

    def check_sectors(self, durable):
        least = [0] * SECTORS
        for write in range(durable + 1):
            first, count = extent(self.path, write)
            least[first:first + count] = [write] * count
        later = 0
        with open(self.sectors, "rb", buffering=0) as file:
            for index in range(SECTORS):
                data = os.pread(file.fileno(), SECTOR, SECTOR * index)
                check("size of sector %d" % index, len(data), SECTOR)
                where, write = HEADER.unpack_from(data)
                check("sector %d is of one write" % index, data, sector(index, write))
                check("place", where, index)
                check("sector %d is of write %d, and of %d at least" % (
                    index, write, least[index]), write >= least[index], True)
                first, count = extent(self.path, write)
                check("write %d was to sector %d" % (write, index),
                      first <= index < first + count, True)
                later += write > durable
        print("# %d writes that were durable, and %d sectors of later ones" % (
            durable + 1, later))

    def check_files(self, durable):
        flushes = files = 0
        for write in range(durable + 1):
            flushes += is_flushed(self.path, write)
            if is_flushed(self.path, write) and flushes % FILE_EVERY == 0:
                with open(self.file(write), "rb") as file:
                    check("file %d" % write, file.read(), content(write))
                files += 1
        check("there is any file", files > 0, True)
        print("# %d files" % files)


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def write(places):
    driver()
    threads = [threading.Thread(target=place.write, daemon=True) for place in places]
    for thread in threads:
        thread.start()
    # None of them ends by itself.
    while all(thread.is_alive() for thread in threads):
        threads[0].join(1)
    return af_alg.KSFT_FAIL


def driver():
    """The volumes' is wolfCrypt's, where there is wolfCrypt."""
    ours = os.path.exists("/sys/kernel/wolfcrypt")
    usage.held("xts(aes)", "xts-aes-wolfcrypt" if ours else "")


def last_durable(log, place):
    with open(log, encoding="ascii", errors="replace") as file:
        writes = re.findall(r"^durable (\d+) %s$" % re.escape(place.path), file.read(), re.M)
    check("any write to %s is durable" % place.path, bool(writes), True)
    return int(writes[-1])


def cases(log, places):
    yield "the driver", driver
    for place in places:
        yield "%s: sectors" % place.path, (
            lambda p=place: p.check_sectors(last_durable(log, p)))
        if place.is_directory:
            yield "%s: files" % place.path, (
                lambda p=place: p.check_files(last_durable(log, p)))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = parser.add_subparsers(dest="mode", required=True)
    mode = modes.add_parser("write")
    mode.add_argument("places", nargs="+", type=Place)
    mode = modes.add_parser("check")
    mode.add_argument("log")
    mode.add_argument("places", nargs="+", type=Place)
    args = parser.parse_args()
    if args.mode == "write":
        return write(args.places)
    if af_alg.skipped(pattern="."):
        return af_alg.KSFT_SKIP
    return af_alg.run(list(cases(args.log, args.places)))


if __name__ == "__main__":
    sys.exit(main())
