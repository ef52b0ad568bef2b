#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""eCryptfs encrypts files, and their keys, with wolfCrypt's AES.

Files of the directory below are opened with OpenSSL, from the key that the passphrase
gives or that an encrypted key holds, and read back after another mount. Without the key
there is no mount, and with another one no file. A bit changed below isn't noticed, for
eCryptfs has no MAC: it spoils its own block and a bit of the next. IVs are by MD5, which
isn't wolfCrypt's; with fips=1 there is none, and so no eCryptfs.

  ecryptfs.py              all of it
  ecryptfs.py create DIR   leave encrypted files and their key in DIR, for another kernel
  ecryptfs.py check DIR    read those that another kernel left there
"""

import contextlib
import errno
import hashlib
import itertools
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

import af_alg
import fscrypt
import interop
import keyring
import usage
from af_alg import check, check_error
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

# What mount says where MD5 is missing
NO_MD5 = errno.EACCES

KEY_SIZES = af_alg.AES_KEYS
SIZES = (0, 1, 15, 16, 17, 4095, 4096, 4097, 65537)

EXTENT = 4096
HEADER = 8192
BLOCK = 16

# linux/ecryptfs.h
FEKEK_SIZE = 64
VERSION = 4
PASSWORD = 0
KEY_SET = 2
SHA512 = 10
AUTH_TOK = struct.Struct("=HHI588x32xIiIII64s17s8s3x")
ITERATIONS = 65536

# fs/ecryptfs/ecryptfs_kernel.h: from octet 8 of a file on
MARKER = 0x3c81b7f5
TAG_3, TAG_11 = 0x8c, 0xed
PACKETS = 26
FILE_KEY = PACKETS + 2 + 13
# Of RFC 2440, by the size of the key
CIPHERS = {16: 7, 24: 8, 32: 9}


class Key:
    """What encrypts the keys of files; its name is all that the disk says of it."""

    def __init__(self, fekek, signature):
        self.fekek = fekek
        self.signature = signature


class Passphrase(Key):
    """As a user's tools derive it and put it into a key of the type user"""

    def __init__(self, passphrase, salt):
        fekek = salt + passphrase
        for _ in range(ITERATIONS):
            fekek = hashlib.sha512(fekek).digest()
        super().__init__(fekek, hashlib.sha512(fekek).hexdigest()[:16])
        self.salt = salt

    def add(self):
        return keyring.add("user", self.signature, AUTH_TOK.pack(
            VERSION, PASSWORD, 0, 0, SHA512, ITERATIONS, FEKEK_SIZE, KEY_SET, self.fekek,
            self.signature.encode(), self.salt))


class Encrypted(Key):
    """One that is an encrypted key"""

    def add(self):
        master = os.urandom(32)
        keyring.add("user", "wolfcrypt-ecryptfs", master)
        blob = keyring.Blob.seal(self.fekek, os.urandom(16), "ecryptfs",
                                 "user:wolfcrypt-ecryptfs", master)
        return keyring.add("encrypted", self.signature, "load %s" % blob)


def new_key(kind, rng):
    if kind is Passphrase:
        return Passphrase(rng.randbytes(20).hex().encode(), rng.randbytes(8))
    return Encrypted(rng.randbytes(FEKEK_SIZE), rng.randbytes(8).hex())


class Directory:
    """One that is encrypted: what is below, and what is seen above with the key"""

    numbers = itertools.count()

    def __init__(self, volume, key, key_size):
        self.key = key
        self.key_size = key_size
        path = os.path.join(volume.root, str(next(self.numbers)))
        self.lower, self.upper = path + ".lower", path + ".upper"
        os.mkdir(self.lower)
        os.mkdir(self.upper)

    def mount(self, key=None):
        options = "ecryptfs_sig=%s,ecryptfs_cipher=aes,ecryptfs_key_bytes=%d" % (
            (key or self.key).signature, self.key_size)
        fscrypt.libc("mount", self.lower.encode(), self.upper.encode(), b"ecryptfs", 0,
                     options.encode())

    @contextlib.contextmanager
    def mounted(self, key=None):
        self.mount(key)
        try:
            yield self
            fscrypt.libc("umount2", self.upper.encode(), 0)
        except BaseException:
            fscrypt.libc("umount2", self.upper.encode(), fscrypt.MNT_DETACH)
            raise

    def write(self, name, data):
        with open(os.path.join(self.upper, name), "wb") as file:
            file.write(data)

    def read(self, name):
        return fscrypt.read(os.path.join(self.upper, name))

    def below(self, name):
        return os.path.join(self.lower, name)

    def decrypted(self, name):
        return decrypt(fscrypt.read(self.below(name)), self.key, self.key_size)


def packets(data):
    """Of the header, by tag; the lengths here are of one byte."""
    found = {}
    while data[0]:
        found[data[0]] = data[2:2 + data[1]]
        data = data[2 + data[1]:]
    return found


def decrypt(file, key, key_size):
    """A file from below, by the format in fs/ecryptfs/crypto.c and keystore.c"""
    size, mark, unmark, flags, extent, extents = struct.unpack_from(">QIIIIH", file)
    check("marker", mark ^ unmark, MARKER)
    check("version and flags", flags, 0x03000002)
    check("header", extent * extents, HEADER)
    found = packets(file[PACKETS:])
    check("packets", sorted(found), [TAG_3, TAG_11])
    check("signature", found[TAG_11][-8:].hex(), key.signature)
    check("cipher, and how the passphrase is hashed",
          found[TAG_3][:4], bytes([4, CIPHERS[key_size], 3, 1]))
    fek = cipher(key.fekek[:key_size], modes.ECB(), found[TAG_3][13:])
    check("what pads the file's key", fek[key_size:].strip(b"\0"), b"")
    fek = fek[:key_size]

    data = file[HEADER:]
    check("whole extents", len(data), -(-size // EXTENT) * EXTENT)
    root = hashlib.md5(fek).digest()
    plain = b"".join(
        cipher(fek, modes.CBC(hashlib.md5(root + str(number).encode().ljust(16, b"\0")).digest()),
               data[number * EXTENT:(number + 1) * EXTENT])
        for number in range(len(data) // EXTENT))
    check("what is behind the end", plain[size:].strip(b"\0"), b"")
    return plain[:size]


def cipher(key, mode, data):
    ctx = Cipher(algorithms.AES(key), mode).decryptor()
    return ctx.update(data) + ctx.finalize()


def directory(volume, kind, key_size, rng):
    keyring.clear()
    made = Directory(volume, new_key(kind, rng), key_size)
    made.key.add()
    return made


def files(volume, kind, key_size, rng):
    made = directory(volume, kind, key_size, rng)
    data = {"file%d" % size: rng.randbytes(size) for size in SIZES}
    with made.mounted():
        for name in data:
            made.write(name, data[name])
        part = rng.randbytes(9000)
        with open(os.path.join(made.upper, "file65537"), "r+b") as file:
            file.seek(5000)
            file.write(part)
        data["file65537"] = (data["file65537"][:5000] + part +
                             data["file65537"][5000 + len(part):])
    for name in data:
        check(name + ", decrypted", made.decrypted(name), data[name])
    with made.mounted():
        for name in data:
            check(name, made.read(name), data[name])


def drivers(volume, kind, key_size, rng):
    """One for the keys of all files, as of the first; one for each file that is used"""
    made = directory(volume, kind, key_size, rng)
    with made.mounted():
        made.write("first", b"data")
        usage.held("ecb(aes)", "ecb-aes-wolfcrypt")
        before = usage.references("cbc(aes)")
        made.write("second", b"data")
        after = usage.references("cbc(aes)")
        used = {driver: count - before[driver] for driver, count in after.items()
                if count != before[driver]}
        usage.show("cbc(aes)", used)
        check("references for a second file", list(used.values()), [1])
        check("whose", min(used).startswith("cbc-aes-wolfcrypt"), True)


def wrong_key(volume, kind, key_size, rng):
    made = directory(volume, kind, key_size, rng)
    data = rng.randbytes(5000)
    with made.mounted():
        made.write("file", data)
    keyring.clear()
    check_error("mount without a key", errno.ENOENT, made.mount)
    other = new_key(kind, rng)
    other.add()
    check_error("mount with another key there", errno.ENOENT, made.mount)
    with made.mounted(other):
        check_error("a file of another key", errno.EIO, made.read, "file")
    # That it says it is the right one makes it none.
    other.signature = made.key.signature
    other.add()
    with made.mounted():
        check("what is read is the data", made.read("file") == data, False)
    keyring.clear()
    made.key.add()
    with made.mounted():
        check("what is read", made.read("file"), data)


def changed_below(volume, kind, key_size, rng):
    made = directory(volume, kind, key_size, rng)
    data = rng.randbytes(3 * EXTENT)
    with made.mounted():
        made.write("file", data)
    at = EXTENT + 1000
    flip(made.below("file"), HEADER + at)
    with made.mounted():
        observed = made.read("file")
    flip(made.below("file"), HEADER + at)
    block = at // BLOCK * BLOCK
    expected = bytearray(data)
    expected[block:block + BLOCK] = observed[block:block + BLOCK]
    expected[at + BLOCK] ^= 1
    check("what is read", observed, bytes(expected))
    check("the block is spoilt", observed[block:block + BLOCK] != data[block:block + BLOCK],
          True)
    # The file's key, in the header
    flip(made.below("file"), FILE_KEY)
    with made.mounted():
        check("what is read is the data", made.read("file") == data, False)
    flip(made.below("file"), FILE_KEY)
    with made.mounted():
        check("what is read", made.read("file"), data)


def flip(path, at):
    with open(path, "r+b", buffering=0) as file:
        byte = os.pread(file.fileno(), 1, at)[0]
        os.pwrite(file.fileno(), bytes([byte ^ 1]), at)


def none_with_fips(volume, rng):
    made = directory(volume, Passphrase, 16, rng)
    check_error("mount", NO_MD5, made.mount)


def create(volume, path):
    """Files from below, the key's name and the key in each name"""
    for kind, key_size in KINDS:
        rng = random.SystemRandom()
        made = directory(volume, kind, key_size, rng)
        with made.mounted():
            for size in SIZES:
                made.write("file%d" % size, content(size))
        target = os.path.join(path, "%s-%d" % (kind.__name__, key_size))
        copy(made.lower, target)
        with open(target + ".key", "w", encoding="ascii") as file:
            print(made.key.fekek.hex(), made.key.signature, file=file)


def copy(source, target):
    """The files alone: of their attributes some belong to the file system."""
    shutil.copytree(source, target, copy_function=shutil.copyfile, dirs_exist_ok=True)


def load(volume, path):
    for kind, key_size in KINDS:
        source = os.path.join(path, "%s-%d" % (kind.__name__, key_size))
        with open(source + ".key", encoding="ascii") as file:
            fekek, signature = file.read().split()
        keyring.clear()
        made = Directory(volume, Encrypted(bytes.fromhex(fekek), signature), key_size)
        made.key.add()
        copy(source, made.lower)
        with made.mounted():
            for size in SIZES:
                check("%d bytes" % size, made.read("file%d" % size), content(size))


def content(size):
    return random.Random(size).randbytes(size)


CASES = (
    ("the drivers are ours", drivers),
    ("files", files),
    ("another key", wrong_key),
    ("changed below", changed_below),
)

KINDS = [(Passphrase, 32)] + [(Encrypted, size) for size in KEY_SIZES]


def cases(volume):
    if af_alg.FIPS:
        yield "not with fips=1", lambda: none_with_fips(volume, random.Random(0))
        return
    for kind, size in KINDS:
        for title, func in CASES:
            title = "%s, AES-%d: %s" % (kind.__name__.lower(), 8 * size, title)
            yield title, lambda f=func, k=kind, s=size, t=title: f(volume, k, s,
                                                                   random.Random(t))


def missing():
    keyring.join()
    for kind in "encrypted", "user":
        if not keyring.known(kind):
            return "needs keys of type " + kind
    reason = fscrypt.missing()
    if reason:
        return reason
    subprocess.run(["modprobe", "-q", "ecryptfs"], check=False)
    with open("/proc/filesystems", encoding="ascii") as file:
        return None if "\tecryptfs\n" in file.read() else "needs CONFIG_ECRYPT_FS"


def main():
    args = interop.arguments(__doc__)
    if interop.skipped(args, missing):
        return af_alg.KSFT_SKIP
    with contextlib.ExitStack() as stack:
        work = stack.enter_context(tempfile.TemporaryDirectory(dir="/dev/shm"))
        volume = stack.enter_context(fscrypt.Volume(work))
        stack.enter_context(volume.mounted())
        if args.mode == "all":
            return af_alg.run(list(cases(volume)))
        path = os.path.join(args.dir, "ecryptfs")
        return af_alg.run([("eCryptfs: " + args.mode, lambda: (
            create if args.mode == "create" else load)(volume, path))])


if __name__ == "__main__":
    sys.exit(main())
