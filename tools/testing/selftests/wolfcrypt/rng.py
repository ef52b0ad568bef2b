#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""wolfCrypt's random number generators, and what user space is served.

Their answers to given entropy are held against a Hash_DRBG in Python. Without
that, all that can be told of random bytes is that they differ.
"""

import ctypes
import errno
import os
import random
import socket
import sys
import threading

import af_alg
import oracle
from af_alg import Tfm, check, check_error

ALG_SET_DRBG_ENTROPY = 6
MOST = 128      # bytes that AF_ALG gives at once

NOPR = "drbg_nopr_sha256-wolfcrypt"
PR = "drbg_pr_sha256-wolfcrypt"


def is_default():
    before = af_alg.refcount(NOPR)
    with Tfm("rng", "stdrng"):
        check("references to %s with a stdrng" % NOPR,
              af_alg.refcount(NOPR), before + 1)


def lengths(driver):
    with Tfm("rng", driver) as tfm, tfm.open() as req:
        seen = set()
        for n in range(1, MOST + 1):
            data = req.recv(n)
            check("bytes", len(data), n)
            if n >= 8:
                check("%d bytes come again" % n, data[:8] in seen, False)
                seen.add(data[:8])


def transforms_differ(driver):
    """Also on one CPU, with the same personalization string"""
    seen = set()
    for _ in range(20):
        with Tfm("rng", driver).setkey(b"personalization") as tfm:
            with tfm.open() as req:
                seen.add(req.recv(32))
    check("different ones of 20", len(seen), 20)


def known_answers(driver):
    rng = random.Random(driver)
    for size in (32, 33, 48, 64, 128):
        for pers in (None, rng.randbytes(1), rng.randbytes(70)):
            entropy = rng.randbytes(size)
            with Tfm("rng", driver) as tfm:
                tfm.sock.setsockopt(socket.SOL_ALG, ALG_SET_DRBG_ENTROPY,
                                    entropy)
                if pers is not None:
                    tfm.setkey(pers)
                model = oracle.HashDrbg(entropy, pers or b"")
                with tfm.open() as req:
                    for n in (1, 31, 32, 33, 64, 100, MOST):
                        addtl = rng.randbytes(rng.choice((0, 0, 5, 64, 100)))
                        answer(driver, req, model, entropy, addtl, n)


def answer(driver, req, model, entropy, addtl, n):
    if addtl:
        req.send(addtl)
    if driver == PR:
        model.reseed(entropy, addtl)
        want = model.generate(n)
    else:
        want = model.generate(n, addtl)
    check("%d bytes, %d of additional input" % (n, len(addtl)), req.recv(n),
          want)


def many_threads(read):
    """What threads read at once has no two equal pieces."""
    pieces, lock = [], threading.Lock()

    def reader():
        for _ in range(50):
            data = read()
            with lock:
                pieces.extend(data[i:i + 16] for i in range(0, len(data), 16))

    threads = [threading.Thread(target=reader) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check("pieces", len(pieces), 8 * 50 * len(read()) // 16)
    check("different pieces", len(set(pieces)), len(pieces))


def threads_on_one(driver):
    with Tfm("rng", driver) as tfm, tfm.open() as req:
        many_threads(lambda: req.recv(MOST))


def read_file(path, size):
    with open(path, "rb", buffering=0) as file:
        data = b""
        while len(data) < size:
            data += file.read(size - len(data))
        return data


def user_sizes(read):
    for n in (0, 1, 31, 32, 33, 255, 256, 257, 4095, 4096, 4097, 1 << 20):
        data = read(n)
        check("bytes", len(data), n)
        pieces = [data[i:i + 16] for i in range(0, n - 15, 16)]
        check("different pieces of %d bytes" % n, len(set(pieces)),
              len(pieces))


def user_fault():
    libc = ctypes.CDLL(None, use_errno=True)

    def into_nowhere():
        if libc.getrandom(ctypes.c_void_p(8), ctypes.c_size_t(16), 0) < 0:
            raise OSError(ctypes.get_errno(), "getrandom")
    check_error("a bad address", errno.EFAULT, into_nowhere)


def cases():
    yield "stdrng is ours", is_default
    for driver in NOPR, PR:
        yield driver + ": lengths", lambda d=driver: lengths(d)
        yield (driver + ": transforms differ",
               lambda d=driver: transforms_differ(d))
        yield driver + ": known answers", lambda d=driver: known_answers(d)
    yield NOPR + ": threads", lambda: threads_on_one(NOPR)
    for name, read in (
            ("getrandom", lambda n: os.getrandom(n) if n <= 4096
             else read_file("/dev/random", n)),
            ("/dev/urandom", lambda n: read_file("/dev/urandom", n))):
        yield name + ": sizes", lambda r=read: user_sizes(r)
        yield (name + ": threads",
               lambda r=read: many_threads(lambda: r(512)))
    yield "getrandom: a bad address", user_fault


def missing():
    try:
        with Tfm("rng", NOPR) as tfm:
            tfm.sock.setsockopt(socket.SOL_ALG, ALG_SET_DRBG_ENTROPY, b"1")
    except OSError as exc:
        return "needs CONFIG_CRYPTO_USER_API_RNG_CAVP: %s" % exc
    return None


if __name__ == "__main__":
    if af_alg.skipped(missing):
        sys.exit(af_alg.KSFT_SKIP)
    sys.exit(af_alg.run(list(cases())))
