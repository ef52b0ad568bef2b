# SPDX-License-Identifier: GPL-2.0-or-later
"""Encrypted block devices: their making, their I/O, and what of them is on the disk."""

import collections
import contextlib
import itertools
import mmap
import os
import struct
import subprocess

import af_alg
from af_alg import check

SECTOR = 512

# There is no udev in a small guest, to make the nodes of devices.
if not os.path.exists("/run/udev/control"):
    os.environ["DM_DISABLE_UDEV"] = "1"

NUMBERS = itertools.count()


def new_name():
    """Of a device mapper's device"""
    return "wolfcrypt-test-%d-%d" % (os.getpid(), next(NUMBERS))


def status(*args, text=None):
    """Runs a command that reads @text; gives its exit status and what it says"""
    done = subprocess.run(args, check=False, text=True, input=text or "",
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout if done.returncode == 0 else done.stderr


def command(*args, text=None):
    """The same of one that must not fail; gives what it says"""
    code, said = status(*args, text=text)
    if code:
        raise af_alg.Wrong("%s: status %d: %s" % (" ".join(args[:2]), code, said.strip()))
    return said


class Disk:
    """A loop device over a sparse file"""

    def __init__(self, path, size=None):
        self.path = path
        if size is not None:
            with open(path, "wb") as file:
                file.truncate(size)
        self.node = command("losetup", "--find", "--show", path).strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        command("losetup", "--detach", self.node)
        os.unlink(self.path)

    def read(self, at, size):
        with open(self.path, "rb") as file:
            return os.pread(file.fileno(), size, at)

    def write(self, at, data):
        """Through the loop device, so that nothing older is in its page cache"""
        with open(self.node, "r+b", buffering=0) as file:
            check("bytes written", os.pwrite(file.fileno(), data, at), len(data))
            os.fsync(file.fileno())

    def flip(self, at):
        self.write(at, bytes([self.read(at, 1)[0] ^ 1]))

    def blocks(self):
        """That its file takes, of 512 bytes"""
        return os.stat(self.path).st_blocks


class Device:
    """A block device, by direct I/O and through the page cache"""

    def __init__(self, path, sector=SECTOR):
        self.path = path
        self.sector = sector
        self.direct = os.open(path, os.O_RDWR | os.O_DIRECT)
        self.buffered = os.open(path, os.O_RDWR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.direct)
        os.close(self.buffered)

    def size(self):
        return os.lseek(self.buffered, 0, os.SEEK_END)

    def memory(self, size, rng):
        """Some pieces, each whole sectors, at any address of which that is allowed"""
        most = max(1, size // self.sector // 3)
        pool = memoryview(mmap.mmap(-1, 5 * size + 8 * self.sector))
        at, out = self.sector * rng.randrange(8), []
        while size:
            part = min(size, self.sector * rng.randint(1, most))
            out.append(pool[at:at + part])
            at += part + self.sector * rng.randrange(4) * (part > 3 * self.sector)
            size -= part
        return out

    def write(self, at, data, rng=None):
        """Direct, from scattered memory, if there is @rng to scatter it"""
        if not rng:
            check("bytes written", os.pwrite(self.buffered, data, at), len(data))
            return
        parts, begin = self.memory(len(data), rng), 0
        for part in parts:
            part[:] = data[begin:begin + len(part)]
            begin += len(part)
        check("bytes written", os.pwritev(self.direct, parts, at), len(data))

    def read(self, at, size, rng=None):
        if not rng:
            return os.pread(self.buffered, size, at)
        parts = self.memory(size, rng)
        check("bytes read", os.preadv(self.direct, parts, at), size)
        return b"".join(parts)

    def sync(self):
        """Writes all out, and forgets it"""
        os.fsync(self.buffered)
        os.posix_fadvise(self.buffered, 0, 0, os.POSIX_FADV_DONTNEED)


class Drivers:
    """Who does the work: which drivers of @algorithms got references since"""

    def __init__(self, algorithms):
        self.algorithms = algorithms
        self.before = self.references()

    def references(self):
        out = collections.Counter()
        for alg in af_alg.proc_crypto():
            if alg["name"] in self.algorithms:
                # The first one is the registration's own.
                out[alg["name"], alg["driver"]] += int(alg["refcnt"]) - 1
        return out

    def check(self):
        """One of each, and that it is wolfCrypt's, where there is wolfCrypt"""
        got = self.references() - self.before
        print("# %s" % ", ".join("%s: %d" % (driver, got[name, driver])
                                 for name, driver in sorted(got)))
        if not os.path.exists("/sys/kernel/wolfcrypt"):
            return
        check("algorithms in use", sorted(name for name, _ in got), sorted(self.algorithms))
        check("drivers in use that are not wolfCrypt's",
              [driver for _, driver in got if af_alg.OURS not in driver or "(" in driver], [])


@contextlib.contextmanager
def mapped(target, sectors, *args, options=()):
    """A device of one target; gives its path"""
    name = new_name()
    table = [0, sectors, target, *args]
    if options:
        table += [len(options), *options]
    command("dmsetup", "create", name, text=" ".join(map(str, table)))
    try:
        yield "/dev/mapper/" + name
    finally:
        command("dmsetup", "remove", "--retry", name)


# What of a volume is where: the first sector of data on its device, and what else the
# table says
Crypt = collections.namedtuple("Crypt", "cipher iv_offset start")


def crypt_table(name):
    fields = command("dmsetup", "table", name).split()
    check("target", fields[2], "crypt")
    return Crypt(fields[3], int(fields[5]), int(fields[7]))


class Integrity:
    """Where dm-integrity puts things. See struct superblock in drivers/md/dm-integrity.c."""

    JOURNAL_MAC, FIXED_PADDING, FIXED_HMAC = 0x1, 0x8, 0x10

    def __init__(self, disk, start):
        self.disk = disk
        (magic, _version, self.interleave, self.tag_size, journal, self.sectors,
         flags, self.block) = struct.unpack("<8sBBHIQIB", disk.read(start, 29))
        check("dm-integrity's magic", magic, b"integrt\0")
        self.salt = disk.read(start + 48, 16) if flags & self.FIXED_HMAC else b""
        self.begin = start + SECTOR * (8 + journal * self.journal_section(flags))
        padding = 8 * SECTOR if flags & self.FIXED_PADDING else SECTOR << 8
        tags = self.tag_size << self.interleave - self.block
        self.run = -(-tags // padding) * padding

    def journal_section(self, flags):
        """Sectors of one: eight of them have its entries, the others their data."""
        entry = 8 + (8 << self.block) + self.tag_size
        room = SECTOR - 8 - (8 if flags & self.JOURNAL_MAC else 0)
        entries = room // (-(-entry // 8) * 8) * 8
        return (entries << self.block) + 8

    def area(self, sector):
        """The place of its area's tags, and its number in the area"""
        area, number = divmod(sector, 1 << self.interleave)
        return self.begin + area * (self.run + (SECTOR << self.interleave)), number

    def data_at(self, sector):
        begin, number = self.area(sector)
        return begin + self.run + number * SECTOR

    def tag_at(self, sector):
        begin, number = self.area(sector)
        return begin + (number >> self.block) * self.tag_size

    def data(self, sector):
        return self.disk.read(self.data_at(sector), SECTOR << self.block)

    def tag(self, sector):
        return self.disk.read(self.tag_at(sector), self.tag_size)


# @key_size is in bits and without that of the HMAC
Kind = collections.namedtuple("Kind", "luks cipher key_size sector integrity algorithms",
                              defaults=[SECTOR, None, ("xts(aes)",)])

KINDS = {
    "luks1-xts-512": Kind("luks1", "aes-xts-plain64", 512),
    "luks2-xts-256": Kind("luks2", "aes-xts-plain64", 256),
    "luks2-xts-512": Kind("luks2", "aes-xts-plain64", 512),
    "luks2-xts-512-4096": Kind("luks2", "aes-xts-plain64", 512, 4096),
    "luks2-cbc-essiv": Kind("luks2", "aes-cbc-essiv:sha256", 256,
                            algorithms=("cbc(aes)",)),
    "luks2-cbc-plain64": Kind("luks2", "aes-cbc-plain64", 128,
                              algorithms=("cbc(aes)",)),
    "luks2-gcm-random": Kind("luks2", "aes-gcm-random", 256, integrity="aead",
                             algorithms=("gcm(aes)",)),
    "luks2-xts-hmac": Kind("luks2", "aes-xts-plain64", 512, integrity="hmac-sha256",
                           algorithms=("xts(aes)", "hmac(sha256)")),
}

# The wrong one is refused with this exit status.
NO_PERMISSION = 2


class Luks:
    """A volume with a header, on a device or in a file"""

    PAYLOAD = 2 << 20
    PBKDF = ("--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000")

    def __init__(self, kind, node, work, passphrase=b"correct horse battery staple"):
        self.kind = kind
        self.node = node
        self.work = work
        self.name = new_name()
        self.path = "/dev/mapper/" + self.name
        self.passphrase = self.file("passphrase", passphrase)

    def file(self, name, data):
        """One that a command can read a secret from"""
        path = os.path.join(self.work, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def format(self, wipe=True):
        options = ["--type", self.kind.luks, "--cipher", self.kind.cipher,
                   "--key-size", str(self.kind.key_size),
                   "--offset", str(self.PAYLOAD // SECTOR)]
        if self.kind.luks == "luks2":
            options += ["--sector-size", str(self.kind.sector),
                        "--luks2-metadata-size", "16k", "--luks2-keyslots-size", "1m"]
        if self.kind.integrity:
            options += ["--integrity", self.kind.integrity]
            if not wipe:
                options.append("--integrity-no-wipe")
        command("cryptsetup", "luksFormat", "--batch-mode", *self.PBKDF, *options,
                "--key-file", self.passphrase, self.node)

    def open(self, passphrase=None, *options):
        """Gives cryptsetup's exit status, and what it says"""
        return status("cryptsetup", "open", *options,
                      "--key-file", passphrase or self.passphrase, self.node, self.name)

    def close(self):
        command("cryptsetup", "close", self.name)

    @contextlib.contextmanager
    def opened(self, *options, passphrase=None):
        drivers = Drivers(self.kind.algorithms)
        check("cryptsetup's status", self.open(passphrase, *options), (0, ""))
        try:
            drivers.check()
            yield
        finally:
            self.close()

    def device(self):
        """It can't be mounted while there is one."""
        return Device(self.path, self.kind.sector)

    @contextlib.contextmanager
    def accessed(self, passphrase=None):
        with self.opened(passphrase=passphrase), self.device() as device:
            yield device

    def check_refused(self, what, passphrase):
        """It has to be the passphrase for which it is."""
        check("status for " + what, self.open(passphrase)[0], NO_PERMISSION)
        check("there is a device", os.path.exists(self.path), False)

    def key(self):
        """As its header has it"""
        path = os.path.join(self.work, "volume-key")
        command("cryptsetup", "luksDump", "--batch-mode", "--dump-volume-key",
                "--volume-key-file", path, "--key-file", self.passphrase, self.node)
        with open(path, "rb") as file:
            key = file.read()
        os.unlink(path)
        return key

    def table(self):
        return crypt_table(self.name)

    def integrity(self, disk):
        """Its dm-integrity, while it is open"""
        fields = command("dmsetup", "table", self.name + "_dif").split()
        check("target", fields[2], "integrity")
        return Integrity(disk, int(fields[4]) * SECTOR)


@contextlib.contextmanager
def mounted(path, root, *options):
    command("mount", *options, path, root)
    try:
        yield
    finally:
        command("umount", root)
