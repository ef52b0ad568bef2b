#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Encryption by ext4 (fscrypt, policies of version 2) runs on wolfCrypt.

Contents and names are taken from the disk and held against OpenSSL, keys and all,
and read back after another mount. The drivers that hold the keys are named. Without
the key, or with another one, nothing may be read or created.
"""

import base64
import collections
import concurrent.futures
import contextlib
import ctypes
import errno
import fcntl
import hashlib
import multiprocessing
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

import af_alg
import oracle
from af_alg import check, check_error

try:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF
except ImportError as exc:
    print("TAP version 13\n1..0 # SKIP needs Python's cryptography:", exc)
    sys.exit(4)

# linux/fscrypt.h
FS_IOC_SET_ENCRYPTION_POLICY = 0x800c6613
FS_IOC_GET_ENCRYPTION_POLICY_EX = 0xc0096616
FS_IOC_ADD_ENCRYPTION_KEY = 0xc0506617
FS_IOC_REMOVE_ENCRYPTION_KEY = 0xc0406618
FS_IOC_GET_ENCRYPTION_KEY_STATUS = 0xc080661a
FS_IOC_GET_ENCRYPTION_NONCE = 0x8010661b
POLICY_V2 = 2
POLICY_SIZE = 24
KEY_SPEC_TYPE_IDENTIFIER = 2
KEY_SPEC_SIZE = 40
IDENTIFIER_SIZE = 16
FILES_BUSY = 1
ABSENT, PRESENT, INCOMPLETELY_REMOVED = 1, 2, 3

FIBMAP = 1                  # linux/fs.h
MNT_DETACH = 2              # sys/mount.h

# fs/crypto/fscrypt_private.h
KEY_SIZES = range(16, 65)
CONTEXT_KEY_IDENTIFIER = 1
CONTEXT_PER_FILE_ENC_KEY = 2

# fs/crypto/fname.c
SHORTEST_NAME = 16
LONGEST_NAME = 255
NOKEY_HASH = 8
NOKEY_BYTES = 149

BLOCK = 4096
AES_BLOCK = 16
VOLUME_SIZE = 32 << 20

SIZES = (0, 1, 15, 16, 17, 4095, 4096, 4097, 65537)
NAME_SIZES = (1, 4, 15, 16, 17, 20, 31, 32, 33, 47, 48, 49, 100, 144, 148, 149, 150,
              200, 240, 252, 253, 255)

LIBC = ctypes.CDLL(None, use_errno=True)

# Bytes of the largest file: at the ends of a data unit, and in it
CHANGED = (0, 5 * BLOCK + 1000, 9 * BLOCK - 1, 16 * BLOCK)

PROCESSES = 4
ROUNDS = 2 if af_alg.QUICK else 4


def derive(master, context, info, size):
    """The "Key derivation function" of Documentation/filesystems/fscrypt.rst"""
    return HKDF(hashes.SHA512(), size, None,
                b"fscrypt\0" + bytes([context]) + info).derive(master)


def xts(key, unit, data):
    return oracle.xts(key, oracle.plain64(unit), data)


def cbc_essiv(key, unit, data):
    return oracle.cbc(key, oracle.essiv(key, unit), data)


def cts(key, name):
    return oracle.cts(key, bytes(AES_BLOCK), name)


Cipher = collections.namedtuple("Cipher", "title number key_size func drivers")

XTS = Cipher("AES-256-XTS", 1, 64, xts, ["xts-aes-wolfcrypt"])
CBC = Cipher("AES-128-CBC-ESSIV", 5, 16, cbc_essiv,
             ["cbc-aes-wolfcrypt", "sha256-wolfcrypt"])
CTS_256 = Cipher("AES-256-CTS-CBC", 4, 32, cts, ["cts-cbc-aes-wolfcrypt"])
CTS_128 = Cipher("AES-128-CTS-CBC", 6, 16, cts, ["cts-cbc-aes-wolfcrypt"])
# Of which nothing is wolfCrypt's
HCTR2 = Cipher("AES-256-HCTR2", 10, 32, None, [])

KEY_DRIVER = "hmac-sha512-wolfcrypt"


class Mode:
    """What a policy says; names are padded to 4 << @pad bytes"""

    def __init__(self, contents, names, pad, unit=BLOCK):
        self.contents = contents
        self.names = names
        self.pad = pad
        self.unit = unit
        self.title = "%s, %s" % (contents.title, names.title)
        if unit != BLOCK:
            self.title += ", data units of %d" % unit
        # The least size of a master key
        self.strength = 16 if contents is CBC else 32

    def policy(self, identifier):
        unit_bits = 0 if self.unit == BLOCK else self.unit.bit_length() - 1
        return struct.pack("=5B3x16s", POLICY_V2, self.contents.number,
                           self.names.number, self.pad, unit_bits, identifier)

    def block(self, key, number, data):
        """That block of a file, as it is on the disk; what is behind the end is 0."""
        data = data.ljust(BLOCK, b"\0")
        first = number * BLOCK // self.unit
        return b"".join(self.contents.func(key, first + at // self.unit,
                                           data[at:at + self.unit])
                        for at in range(0, BLOCK, self.unit))

    def name(self, key, name):
        """A name, as it is on the disk"""
        step = 4 << self.pad
        size = -(-max(len(name), SHORTEST_NAME) // step) * step
        return self.names.func(key, name.ljust(min(size, LONGEST_NAME), b"\0"))


MODES = [Mode(XTS, CTS_256, 0), Mode(CBC, CTS_128, 1)]


class Volume:
    """A loop device over a file on tmpfs, with an ext4 in it"""

    def __init__(self, work):
        self.image = os.path.join(work, "image")
        self.root = os.path.join(work, "root")
        self.device = None

    def __enter__(self):
        os.mkdir(self.root)
        with open(self.image, "wb") as file:
            file.truncate(VOLUME_SIZE)
        command("mkfs.ext4", "-q", "-F", "-O", "encrypt", "-b", str(BLOCK), self.image)
        self.device = command("losetup", "--find", "--show", self.image).strip()
        return self

    def __exit__(self, *_):
        command("losetup", "--detach", self.device)

    @contextlib.contextmanager
    def mounted(self):
        libc("mount", self.device.encode(), self.root.encode(), b"ext4", 0, None)
        try:
            yield
            libc("umount2", self.root.encode(), 0)
        except BaseException:
            libc("umount2", self.root.encode(), MNT_DETACH)
            raise

    def read(self, block):
        with open(self.image, "rb") as file:
            return os.pread(file.fileno(), BLOCK, block * BLOCK)

    def flip(self, at, bit):
        with open(self.device, "r+b", buffering=0) as file:
            byte = os.pread(file.fileno(), 1, at)[0]
            os.pwrite(file.fileno(), bytes([byte ^ 1 << bit]), at)


def libc(name, *args):
    """mount(8) and umount(8) would take most of the test's time."""
    if getattr(LIBC, name)(*args):
        raise OSError(ctypes.get_errno(), name)


def command(*args):
    """Gives what it says."""
    done = subprocess.run(args, check=False, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        raise af_alg.Wrong("%s: %s" % (args[0], done.stderr.strip()))
    return done.stdout


def ioctl(path, number, data):
    fd = os.open(path, os.O_RDONLY)
    try:
        return fcntl.ioctl(fd, number, data)
    finally:
        os.close(fd)


def nonce(path):
    return ioctl(path, FS_IOC_GET_ENCRYPTION_NONCE, bytes(16))


def policy(path):
    size, data = struct.unpack("=Q%ds" % POLICY_SIZE, ioctl(
        path, FS_IOC_GET_ENCRYPTION_POLICY_EX,
        struct.pack("=Q%dx" % POLICY_SIZE, POLICY_SIZE)))
    return data[:size]


class MasterKey:
    """A key of the file system's keyring"""

    def __init__(self, volume, key):
        self.volume = volume
        self.key = key
        self.identifier = derive(key, CONTEXT_KEY_IDENTIFIER, b"", IDENTIFIER_SIZE)

    def ioctl(self, number, identifier, data):
        spec = struct.pack("=I4x32s", KEY_SPEC_TYPE_IDENTIFIER, identifier)
        return ioctl(self.volume.root, number, spec + data)[KEY_SPEC_SIZE - 32:]

    def add(self):
        out = self.ioctl(FS_IOC_ADD_ENCRYPTION_KEY, b"",
                         struct.pack("=I36x", len(self.key)) + self.key)
        check("identifier of a key of %d bytes" % len(self.key),
              out[:IDENTIFIER_SIZE], self.identifier)

    def remove(self):
        """Gives the status flags."""
        out = self.ioctl(FS_IOC_REMOVE_ENCRYPTION_KEY, self.identifier, bytes(24))
        return struct.unpack_from("=I", out, 32)[0]

    def status(self):
        out = self.ioctl(FS_IOC_GET_ENCRYPTION_KEY_STATUS, self.identifier, bytes(88))
        return struct.unpack_from("=I", out, 32 + 24)[0]


File = collections.namedtuple("File", "path data nonce blocks")


class Directory(MasterKey):
    """One that is encrypted, with a key of its own"""

    def __init__(self, volume, mode, rng):
        super().__init__(volume, rng.randbytes(rng.randint(mode.strength, 64)))
        self.mode = mode
        self.path = os.path.join(volume.root, rng.randbytes(8).hex())

    def create(self):
        os.mkdir(self.path)
        self.add()
        ioctl(self.path, FS_IOC_SET_ENCRYPTION_POLICY,
              self.mode.policy(self.identifier))

    def file(self, name):
        return os.path.join(self.path, name)

    def write(self, name, data):
        with open(self.file(name), "wb") as file:
            file.write(data)
        return self.written(name, data)

    def written(self, name, data):
        path = self.file(name)
        with open(path, "rb") as file:
            os.fsync(file.fileno())
            blocks = [struct.unpack("=i", fcntl.ioctl(file.fileno(), FIBMAP,
                                                      struct.pack("=i", number)))[0]
                      for number in range(-(-len(data) // BLOCK))]
        return File(path, data, nonce(path), blocks)

    def check_disk(self, file):
        """Blocks on the disk; those that are 0 are holes."""
        key = derive(self.key, CONTEXT_PER_FILE_ENC_KEY, file.nonce,
                     self.mode.contents.key_size)
        for number, block in enumerate(file.blocks):
            data = file.data[number * BLOCK:(number + 1) * BLOCK]
            if block:
                check("%d bytes, block %d on the disk" % (len(file.data), number),
                      self.volume.read(block), self.mode.block(key, number, data))
            else:
                check("a hole", data, bytes(len(data)))

    def check_locked(self, names):
        """There are as many names, none of them one of @names, and no way in."""
        found = os.listdir(self.path)
        check("names without the key", len(found), len(names))
        check("names that are plain", set(found) & set(names), set())
        for name in found:
            check_error("a file without the key", errno.ENOKEY, read, self.file(name))
        for name in names:
            check_error("a plain name without the key", errno.ENOENT, os.stat,
                        self.file(name))
        new = self.file("new")
        check_error("a new file without the key", errno.ENOKEY, open, new, "wb")
        check_error("a new directory without the key", errno.ENOKEY, os.mkdir, new)
        check_error("a new link without the key", errno.ENOKEY, os.symlink, "x", new)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def check_read(files):
    for file in files:
        check("%d bytes, read back" % len(file.data), read(file.path), file.data)


def references(mode):
    """To each driver of ours that a policy can use"""
    return {driver: sum(int(alg["refcnt"]) for alg in af_alg.proc_crypto()
                        if alg["driver"].startswith(driver))
            for driver in mode.contents.drivers + mode.names.drivers + [KEY_DRIVER]}


class References:
    """Those that come and go with keys, beyond those there were before"""

    def __init__(self, mode):
        self.mode = mode
        self.before = self.settled()

    def settled(self):
        """When what was given back before has been for a while"""
        end = time.monotonic() + 10
        now, since = references(self.mode), time.monotonic()
        while time.monotonic() - since < 0.3 and time.monotonic() < end:
            time.sleep(0.02)
            if references(self.mode) != now:
                now, since = references(self.mode), time.monotonic()
        return now

    def expected(self, keys, directories, files):
        out = dict(self.before)
        for drivers, count in (([KEY_DRIVER], keys),
                               (self.mode.names.drivers, directories),
                               (self.mode.contents.drivers, files)):
            for driver in drivers:
                out[driver] += count
        return out

    def check(self, what, *counts):
        check("references " + what, references(self.mode), self.expected(*counts))

    def check_none(self, what):
        """What an inode has held may be given back some time after."""
        end = time.monotonic() + 60
        while references(self.mode) != self.before and time.monotonic() < end:
            time.sleep(0.05)
        self.check(what, 0, 0, 0)


def ours(volume, mode, rng):
    """A master key, a directory and a file each hold a transform."""
    directory = Directory(volume, mode, rng)
    with volume.mounted():
        # Instances of templates come into being when they are asked for.
        directory.create()
        directory.write("first", b"data")
        directory.remove()
    refs = References(mode)
    with volume.mounted():
        directory.add()
        refs.check("after a master key", 1, 0, 0)
        check("names", os.listdir(directory.path), ["first"])
        refs.check("after a directory", 1, 1, 0)
        for count in range(1, 4):
            directory.write("new%d" % count, b"data")
            refs.check("after %d files" % count, 1, 1, count)
        check("the file from before", read(directory.file("first")), b"data")
        refs.check("after the file from before", 1, 1, 4)
        print("# %s: %s" % (mode.title, ", ".join(
            alg["driver"] for alg in af_alg.proc_crypto()
            if alg["driver"].startswith(tuple(refs.before)) and
            int(alg["refcnt"]) > 1)))

        check("flags of the removal", directory.remove(), 0)
        refs.check_none("after the removal")
        directory.add()
        check("the file from before", read(directory.file("first")), b"data")
        refs.check("after the key was added again", 1, 1, 1)
    refs.check_none("after umount")


def contents(volume, mode, rng):
    directory = Directory(volume, mode, rng)
    with volume.mounted():
        directory.create()
        files = [directory.write("file%d" % size, rng.randbytes(size))
                 for size in SIZES]
        files += [in_parts(directory, rng), sent(directory, rng)]
        check("nonces", len({file.nonce for file in files}), len(files))
        for path in [directory.path] + [file.path for file in files]:
            check("policy", policy(path), mode.policy(directory.identifier))
    for file in files:
        directory.check_disk(file)

    with volume.mounted():
        directory.add()
        check_read(files)
        # A file is locked, and unlocked again, without umount as well.
        check("flags of the removal", directory.remove(), 0)
        directory.check_locked([os.path.basename(file.path) for file in files])
        directory.add()
        check_read(files)


def in_parts(directory, rng):
    """A file written to here and there, cut and made longer"""
    model = bytearray(90000)
    with open(directory.file("parts"), "w+b", buffering=0) as file:
        file.truncate(len(model))
        for at, size in ((5000, 100), (30000, 9000), (31000, 4097), (40960, 4096),
                         (61439, 2), (89999, 1)):
            part = rng.randbytes(size)
            model[at:at + size] = part
            check("bytes written", os.pwrite(file.fileno(), part, at), size)
            os.fsync(file.fileno())
        for size in (61440, 70000):
            file.truncate(size)
            model = model[:61440].ljust(size, b"\0")
    done = directory.written("parts", bytes(model))
    check("blocks that are not holes", sum(map(bool, done.blocks)), 6)
    return done


def sent(directory, rng):
    """A file that another one is sent to by the kernel"""
    data = rng.randbytes(3 * BLOCK + 5)
    source = directory.write("source", data)
    with open(source.path, "rb") as src, open(directory.file("copy"), "wb") as dst:
        check("bytes sent", os.sendfile(dst.fileno(), src.fileno(), 0, len(data)),
              len(data))
    os.unlink(source.path)
    return directory.written("copy", data)


def names(volume, mode, rng):
    """As they are on the disk, but for what is told of long ones by a hash alone"""
    directory = Directory(volume, mode, rng)
    letters = [byte for byte in range(1, 256) if byte not in b"./"]
    with volume.mounted():
        directory.create()
        tops = [os.fsencode(directory.path)]
        tops.append(os.path.join(tops[0], b"sub"))
        os.mkdir(tops[1])
        plain, nokey = [], []
        for top in tops:
            for size in NAME_SIZES:
                with open(os.path.join(top, bytes(rng.choices(letters, k=size))), "xb"):
                    pass
            key = derive(directory.key, CONTEXT_PER_FILE_ENC_KEY, nonce(top),
                         mode.names.key_size)
            plain.append(inodes(top))
            nokey.append({nokey_bytes(mode.name(key, name)): inode
                          for name, inode in plain[-1].items()})
        check("names", [len(found) for found in plain],
              [len(NAME_SIZES) + 1, len(NAME_SIZES)])

    with volume.mounted():
        check_names("names without the key", inodes(tops[0], decoded), nokey[0])
        sub, = [entry.path for entry in os.scandir(tops[0]) if entry.is_dir()]
        check_names("names below, without the key", inodes(sub, decoded), nokey[1])
        directory.add()
        for top, found in zip(tops, plain):
            check_names("names with the key", inodes(top), found)
            for name, inode in found.items():
                check("inode", os.stat(os.path.join(top, name)).st_ino, inode)


def inodes(path, name=lambda text: text):
    return {name(entry.name): entry.inode() for entry in os.scandir(path)}


def decoded(text):
    """struct fscrypt_nokey_name without the hash of the directory's index"""
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))[NOKEY_HASH:]


def nokey_bytes(name):
    rest = name[NOKEY_BYTES:]
    return name[:NOKEY_BYTES] + (hashlib.sha256(rest).digest() if rest else b"")


def check_names(what, observed, expected):
    """Dictionaries of inodes; by inode, so that it is told which name is wrong"""
    check(what, len(observed), len(expected))
    observed = {inode: name for name, inode in observed.items()}
    for name, inode in expected.items():
        check("%s, %d bytes" % (what, len(name)), observed.get(inode), name)


def links(volume, mode, rng):
    """Their targets are encrypted as names are, in the inode or in a block."""
    directory = Directory(volume, mode, rng)
    targets = {"link%d" % size: "x" * size for size in (1, 16, 57, 58, 59, 255, 4000)}
    with volume.mounted():
        directory.create()
        for name, target in targets.items():
            os.symlink(target, directory.file(name))
    with volume.mounted():
        for name in os.listdir(directory.path):
            target = os.readlink(directory.file(name))
            check("a target that is plain without the key", "xxx" in target, False)
        directory.add()
        check("targets", {name: os.readlink(directory.file(name))
                          for name in os.listdir(directory.path)}, targets)


def without_key(volume, mode, rng):
    directory = Directory(volume, mode, rng)
    other = MasterKey(volume, rng.randbytes(64))
    with volume.mounted():
        check("status", directory.status(), ABSENT)
        directory.create()
        check("status", directory.status(), PRESENT)
        files = [directory.write("one", b"first"), directory.write("two", b"second")]
    with volume.mounted():
        check("status after another mount", directory.status(), ABSENT)
        directory.check_locked(["one", "two"])
        check_error("removal of no key", errno.ENOKEY, directory.remove)

        other.add()
        check("status of another key", other.status(), PRESENT)
        check("status with another key", directory.status(), ABSENT)
        directory.check_locked(["one", "two"])

        directory.add()
        check_read(files)
        check("flags of the other's removal", other.remove(), 0)
        check_read(files)


def removal(volume, mode, rng):
    """A file that is open keeps its key."""
    directory = Directory(volume, mode, rng)
    refs = References(mode)
    with volume.mounted():
        directory.create()
        directory.write("one", b"first")
        directory.write("two", b"second")
        with open(directory.file("one"), "rb", buffering=0) as file:
            check("flags of the removal", directory.remove(), FILES_BUSY)
            check("status", directory.status(), INCOMPLETELY_REMOVED)
            refs.check("by what is open", 0, 1, 1)
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            check("what is open", file.read(), b"first")
            check_error("what is not", errno.ENOKEY, read, directory.file("two"))
            check("flags of the next removal", directory.remove(), FILES_BUSY)

            directory.add()
            check("status", directory.status(), PRESENT)
            check("what was not open", read(directory.file("two")), b"second")
            check("flags of the removal", directory.remove(), FILES_BUSY)
        check("status after the close", directory.status(), INCOMPLETELY_REMOVED)
        check("flags of the removal", directory.remove(), 0)
        check("status", directory.status(), ABSENT)
        directory.check_locked(["one", "two"])
        refs.check_none("after the removal")


def changed_blocks(volume, mode, rng):
    """A bit that is changed on the disk: no other data than its own may suffer."""
    directory = Directory(volume, mode, rng)
    with volume.mounted():
        directory.create()
        file = directory.write("file", rng.randbytes(SIZES[-1]))
    bits = [(at, rng.randrange(8)) for at in CHANGED]

    def flip():
        for at, bit in bits:
            volume.flip(file.blocks[at // BLOCK] * BLOCK + at % BLOCK, bit)

    flip()
    with volume.mounted():
        directory.add()
        data = read(file.path)
    flip()
    check("size", len(data), len(file.data))
    wrong = {block for block in range(-(-len(data) // AES_BLOCK))
             if differs(block, data, file.data)}
    expected = {at // AES_BLOCK for at in CHANGED}
    if mode.contents is CBC:
        # The bit is changed in the next block, too, if that's of the same data unit.
        for at, bit in bits:
            after = at + AES_BLOCK
            if after % mode.unit >= AES_BLOCK and after < len(data):
                expected.add(after // AES_BLOCK)
                check("byte %d" % after, data[after], file.data[after] ^ 1 << bit)
    check("blocks of 16 bytes that differ", sorted(wrong), sorted(expected))
    # It was for the change, and no other reason.
    with volume.mounted():
        directory.add()
        check_read([file])


def differs(block, one, two):
    part = slice(block * AES_BLOCK, (block + 1) * AES_BLOCK)
    return one[part] != two[part]


def at_once(volume, mode, rng):
    """Processes that write and read, each a file of its own"""
    directory = Directory(volume, mode, rng)
    fork = multiprocessing.get_context("fork")
    with volume.mounted():
        directory.create()
        with concurrent.futures.ProcessPoolExecutor(PROCESSES, fork) as pool:
            work = [pool.submit(process, directory.file(str(number)), number)
                    for number in range(PROCESSES)]
            files = [directory.written(str(number), done.result(60))
                     for number, done in enumerate(work)]
    for file in files:
        directory.check_disk(file)
    with volume.mounted():
        directory.add()
        check_read(files)


def process(path, seed):
    """Gives the file's data, after a few rounds."""
    rng = random.Random(seed)
    data = bytearray(rng.randrange(100000, 150000))
    with open(path, "w+b", buffering=0) as file:
        file.truncate(len(data))
        for _ in range(ROUNDS):
            for _ in range(5):
                at = rng.randrange(len(data))
                part = rng.randbytes(rng.randrange(1, 30000))[:len(data) - at]
                data[at:at + len(part)] = part
                check("bytes written", os.pwrite(file.fileno(), part, at), len(part))
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            file.seek(0)
            check("process %d's data" % seed, file.read(), bytes(data))
    return bytes(data)


def master_keys(volume, rng):
    """Identifiers for every size, and the sizes that are none"""
    with volume.mounted():
        for size in KEY_SIZES:
            key = MasterKey(volume, rng.randbytes(size))
            key.add()
            check("status", key.status(), PRESENT)
            check("flags of the removal", key.remove(), 0)
            check("status", key.status(), ABSENT)
        for size in (0, 1, 15, 65, 128):
            key = MasterKey(volume, rng.randbytes(size))
            check_error("a key of %d bytes" % size, errno.EINVAL, key.add)

        directory = Directory(volume, MODES[0], rng)
        MasterKey.__init__(directory, volume, rng.randbytes(31))
        directory.create()
        check_error("a key of 31 bytes for AES-256", errno.ENOKEY, open,
                    directory.file("new"), "wb")


CASES = (
    ("the driver is ours", ours),
    ("contents", contents),
    ("names", names),
    ("links", links),
    ("without the key", without_key),
    ("removal of the key", removal),
    ("changed blocks", changed_blocks),
    ("processes at once", at_once),
)


def cases(volume):
    yield "master keys", lambda: master_keys(volume, random.Random("master keys"))
    todo = [(mode, case) for mode in MODES for case in CASES]
    todo += [(Mode(XTS, CTS_256, 3, unit=512), case) for case in CASES
             if case[1] in (contents, changed_blocks)]
    # In FIPS mode the kernel has no HCTR2.
    if not af_alg.FIPS:
        todo.append((Mode(XTS, HCTR2, 2), ("contents", contents)))
    for mode, (title, func) in todo:
        title = "%s: %s" % (mode.title, title)
        yield title, lambda m=mode, f=func, t=title: f(volume, m, random.Random(t))


def missing():
    for tool in "mkfs.ext4", "losetup":
        if not shutil.which(tool):
            return "needs " + tool
    subprocess.run(["modprobe", "-q", "-a", "ext4", "loop"], check=False)
    if not os.path.exists("/sys/fs/ext4/features/encryption"):
        return "needs CONFIG_EXT4_FS and CONFIG_FS_ENCRYPTION"
    if not os.path.exists("/dev/loop-control"):
        return "needs CONFIG_BLK_DEV_LOOP"
    return None


def main():
    if af_alg.skipped(missing):
        return af_alg.KSFT_SKIP

    # So that what was set up goes when the time is over, too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(af_alg.KSFT_FAIL))
    with tempfile.TemporaryDirectory(dir="/dev/shm") as work, Volume(work) as volume:
        return af_alg.run(list(cases(volume)))


if __name__ == "__main__":
    sys.exit(main())
