#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Encrypted keys are made by wolfCrypt's AES-CBC, SHA-256 and HMAC; and big keys.

What the kernel gives out of an encrypted key is opened by OpenSSL and Python's hashlib,
which make some for the kernel, too. Another master key opens none, and neither does the
right one if a bit was changed. Big keys run on the kernel's library and not on drivers:
here it is shown that they keep what is put into them.

  keys.py              all of it
  keys.py create DIR   leave encrypted keys in DIR for another kernel
  keys.py check DIR    load those that another kernel left there
"""

import concurrent.futures
import errno
import multiprocessing
import os
import random
import sys

import af_alg       # says if there is no cryptography, before the others need it
import interop
import keyring
import usage
from af_alg import check, check_error
from changes import flip
from keyring import Blob

MASTER = "user:wolfcrypt-master"
OTHER = "user:wolfcrypt-other"

SIZES = {"default": [20, 21, 31, 32, 33, 47, 48, 64, 100, 255, 1024, 4095, 4096],
         "ecryptfs": [64], "enc32": [32]}
# The shortest gets to 32 bytes before it is hashed; 23 bytes do with the words before.
MASTER_SIZES = [1, 8, 16, 22, 23, 24, 32, 55, 64, 119, 1000, 32767]

# Of a sealed key: the IV, a byte that nobody looks at, the data, the MAC
IGNORED = keyring.BLOCK

BIG_MAX = (1 << 20) - 1
BIG_SIZES = [1, 100, 151, 152, 4079, 4080, 4096, 65537, BIG_MAX - 1, BIG_MAX]

PROCESSES = 4

DRIVERS = {"hmac(sha256)": "hmac-sha256-wolfcrypt", "cbc(aes)": "cbc-aes-wolfcrypt"}


class Master:
    """A key of the type user that encrypted ones are encrypted with"""

    def __init__(self, rng, desc=MASTER, size=32):
        self.desc = desc
        self.key = rng.randbytes(size)

    def add(self):
        return keyring.add(*self.desc.split(":"), self.key)


def new(form, size, desc=MASTER, name=None):
    return keyring.add("encrypted", name or keyring.fresh(),
                       "new %s %s %d" % (form, desc, size))


def blob(key):
    return Blob.parse(keyring.read(key))


def every_size():
    return [(form, size) for form, sizes in SIZES.items() for size in sizes]


def drivers(rng):
    """SHA-256 is held for good, the others as long as a key is read or loaded."""
    Master(rng).add()
    usage.held("sha256", "sha256-wolfcrypt")
    key = new("default", 4096)
    usage.runs_on(DRIVERS, lambda: keyring.read(key))
    made = blob(key)
    usage.runs_on(DRIVERS, lambda: keyring.unlink(made.load()))


def made_by_kernel(rng):
    master = Master(rng)
    master.add()
    secrets = set()
    for form, size in every_size():
        for _ in range(2):
            key = new(form, size)
            made = blob(key)
            check("format and size", (made.form, made.size), (form, size))
            secrets.add(made.open(master.key))
            check("what is read again", str(blob(key)), str(made))
            keyring.unlink(key)
    check("different secrets", len(secrets), 2 * len(every_size()))


def made_by_oracle(rng):
    master = Master(rng)
    master.add()
    for form, size in every_size():
        secret = rng.randbytes(size)
        made = Blob.seal(secret, rng.randbytes(16), form, MASTER, master.key)
        check("what is read of %s, %d bytes" % (form, size), str(blob(made.load())),
              str(made))
    # It is read with its format, and that changes the MAC.
    secret = rng.randbytes(32)
    made = Blob.seal(secret, rng.randbytes(16), "default", MASTER, master.key, old=True)
    loaded = blob(made.load(form=False))
    check("the MAC is another", loaded.sealed == made.sealed, False)
    check("the secret of one without a format", loaded.open(master.key), secret)
    check_error("its MAC, of one with a format", errno.EINVAL, made.load)


def master_sizes(rng):
    for size in MASTER_SIZES:
        master = Master(rng, size=size)
        master.add()
        secret = rng.randbytes(40)
        made = Blob.seal(secret, rng.randbytes(16), "default", MASTER, master.key)
        check("what is read", str(blob(made.load())), str(made))
        made = blob(new("default", 40))
        check("size of what a key of %d bytes opens" % size, len(made.open(master.key)), 40)
        keyring.clear()


def changed(rng):
    master = Master(rng)
    master.add()
    good = Blob.seal(rng.randbytes(32), rng.randbytes(16), "default", MASTER, master.key)
    for at in range(len(good.sealed)):
        made = Blob(good.form, MASTER, good.size,
                    flip(good.sealed, at, 1 << rng.randrange(8)))
        check_error("byte %d is changed" % at, 0 if at == IGNORED else errno.EINVAL,
                    made.load)
    for cut in 1, 16, 32:
        made = Blob(good.form, MASTER, good.size, good.sealed[:-cut])
        check_error("%d bytes are missing" % cut, errno.EINVAL, made.load)
        made = Blob(good.form, MASTER, good.size, good.sealed + bytes(cut))
        check_error("%d bytes too many" % cut, errno.EINVAL, made.load)

    # The names and the size are in the MAC.
    keyring.add(*OTHER.split(":"), master.key)
    for form, desc, size in (("enc32", MASTER, 32), ("default", OTHER, 32),
                             ("default", MASTER, 31), ("default", MASTER, 20)):
        made = Blob(form, desc, size, good.sealed)
        check_error("%s, %s, %d bytes" % (form, desc, size), errno.EINVAL, made.load)
    check_error("unchanged", 0, good.load)


def wrong_master(rng):
    master = Master(rng)
    made = Blob.seal(rng.randbytes(32), rng.randbytes(16), "default", MASTER, master.key)
    check_error("no master key", errno.ENOKEY, made.load)
    for key in (rng.randbytes(32), master.key[:-1], master.key + b"\0",
                flip(master.key, 31)):
        number = keyring.add(*MASTER.split(":"), key)
        check_error("another master key", errno.EINVAL, made.load)
    keyring.update(number, master.key)
    key = made.load()
    keyring.unlink(number)
    check_error("read when the master key is gone", errno.ENOKEY, keyring.read, key)
    master.add()
    check("read when it is there again", str(blob(key)), str(made))


def updates(rng):
    """An encrypted key goes over to another master key, and keeps its secret."""
    masters = [Master(rng), Master(rng, OTHER, 64)]
    for master in masters:
        master.add()
    key = new("default", 100)
    secret = blob(key).open(masters[0].key)
    for master in masters[1], masters[0]:
        keyring.update(key, "update " + master.desc)
        made = blob(key)
        check("the master key's name", made.master, master.desc)
        check("the secret", made.open(master.key), secret)
    check_error("to a key of another type", errno.EINVAL, keyring.update, key,
                "update trusted:wolfcrypt-master")
    check_error("to no name", errno.EINVAL, keyring.update, key, "update user:")
    keyring.update(key, "update user:wolfcrypt-none")
    check_error("read, with no such master key", errno.ENOKEY, keyring.read, key)
    keyring.update(key, "update " + MASTER)
    check("the secret", blob(key).open(masters[0].key), secret)


def parameters(rng):
    Master(rng).add()
    for form, size in (("default", 0), ("default", 19), ("default", 4097),
                       ("ecryptfs", 63), ("ecryptfs", 65), ("enc32", 31), ("enc32", 33),
                       ("enc16", 32)):
        check_error("%s of %d bytes" % (form, size), errno.EINVAL, new, form, size)
    for name in "0123456789abcde", "0123456789abcdef0", "0123456789abcdeg":
        check_error("ecryptfs by the name of " + name, errno.EINVAL, new, "ecryptfs", 64,
                    name=name)
    for desc in "wolfcrypt-master", "logon:wolfcrypt-master", "user:":
        check_error("a master key " + desc, errno.EINVAL, new, "default", 32, desc)
    check_error("no such master key, when it is read", errno.ENOKEY, keyring.read,
                new("default", 32, OTHER))


def at_once(rng):
    """Processes that read one key, and others of their own"""
    master = Master(rng)
    master.add()
    key = new("default", 4096)
    expected = keyring.read(key)
    fork = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(PROCESSES, fork) as pool:
        work = [pool.submit(reader, key, master, number) for number in range(PROCESSES)]
        for done in work:
            check("what was read", done.result(120), {expected})


def reader(key, master, number):
    got = set()
    for _ in range(10 if af_alg.QUICK else 30):
        got.add(keyring.read(key))
        blob(new("default", 20 + number)).open(master.key)
    return got


def big_keys(rng):
    for size in BIG_SIZES:
        data = [rng.randbytes(size), rng.randbytes(size)]
        key = keyring.add("big_key", "wolfcrypt-big", data[0])
        check("%d bytes" % size, keyring.read(key), data[0])
        # keyctl's own update takes a page at most.
        keyring.add("big_key", "wolfcrypt-big", data[1])
        check("%d bytes after the update" % size, keyring.read(key), data[1])
        keyring.unlink(key)
    for size in 0, BIG_MAX + 1:
        check_error("%d bytes" % size, errno.EINVAL, keyring.add, "big_key",
                    "wolfcrypt-big", bytes(size))


CASES = (
    ("encrypted: the drivers are ours", drivers),
    ("encrypted: made by the kernel", made_by_kernel),
    ("encrypted: made by the oracle", made_by_oracle),
    ("encrypted: sizes of master keys", master_sizes),
    ("encrypted: changed", changed),
    ("encrypted: another master key", wrong_master),
    ("encrypted: updates", updates),
    ("encrypted: bad parameters", parameters),
    ("encrypted: processes at once", at_once),
    ("big keys", big_keys),
)


def create(path):
    """A line for each: the master key, the secret and the blob"""
    rng = random.SystemRandom()
    master = Master(rng)
    master.add()
    with open(path, "w", encoding="ascii") as file:
        for form, size in every_size():
            made = blob(new(form, size))
            print(master.key.hex(), made.open(master.key).hex(), made, file=file)


def load(path):
    with open(path, encoding="ascii") as file:
        lines = file.read().splitlines()
    check("keys", len(lines), len(every_size()))
    for line in lines:
        master, secret, text = line.split(" ", 2)
        keyring.add(*MASTER.split(":"), bytes.fromhex(master))
        key = Blob.parse(text.encode()).load()
        check("what is read", keyring.read(key).decode(), text)
        keyring.update(key, "update " + MASTER)
        check("the secret", blob(key).open(bytes.fromhex(master)).hex(), secret)
        keyring.add(*MASTER.split(":"), bytes(32))
        check_error("another master key", errno.EINVAL, Blob.parse(text.encode()).load)


def case(title, func):
    keyring.clear()
    func(random.Random(title))


def missing():
    keyring.join()
    for kind, option in ("encrypted", "ENCRYPTED_KEYS"), ("big_key", "BIG_KEYS"):
        if not keyring.known(kind):
            return "needs CONFIG_" + option
    return None


def main():
    args = interop.arguments(__doc__)
    if interop.skipped(args, missing):
        return af_alg.KSFT_SKIP
    if args.mode == "all":
        return af_alg.run([(title, lambda t=title, f=func: case(t, f))
                           for title, func in CASES])
    path = os.path.join(args.dir, "keys")
    return af_alg.run([("encrypted keys: " + args.mode,
                        lambda: (create if args.mode == "create" else load)(path))])


if __name__ == "__main__":
    sys.exit(main())
