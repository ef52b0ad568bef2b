#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The signatures of modules are verified with wolfCrypt's SHA-2.

  modules.py DIGEST=FILE...

Each is a module with a signature over that digest (sha256, sha384 or sha512) by the
kernel's key, but for other=FILE, by a key that the kernel doesn't know. None of them
may be loaded. The kernel must have been booted with module.sig_enforce=1. The right ones
are loaded; changed ones, and those without a signature or by the other key, are refused,
and it is seen whose driver of the digest is used for that.
"""

import ctypes
import errno
import os
import random
import re
import struct
import sys
import time

import af_alg
import usage
from af_alg import check, check_error
from changes import flip

# asm/unistd_64.h
INIT_MODULE = 175
DELETE_MODULE = 176

# linux/module_signature.h
MAGIC = b"~Module signature appended~\n"
INFO = struct.Struct(">5B3xI")

ENFORCE = "/sys/module/module/parameters/sig_enforce"

LIBC = ctypes.CDLL(None, use_errno=True)


class Module:
    """The image of one, and its signature"""

    def __init__(self, path):
        with open(path, "rb") as file:
            image = file.read()
        if not image.endswith(MAGIC):
            raise af_alg.Wrong("%s has no signature" % path)
        end = len(image) - len(MAGIC) - INFO.size
        self.info = image[end:-len(MAGIC)]
        size = INFO.unpack(self.info)[-1]
        self.code, self.signature = image[:end - size], image[end - size:end]

    def image(self, code=None, signature=None):
        return (code or self.code) + (signature or self.signature) + self.info + MAGIC


def syscall(*args):
    if LIBC.syscall(*args):
        raise OSError(ctypes.get_errno(), "module")


def load(image):
    syscall(ctypes.c_long(INIT_MODULE), image, ctypes.c_long(len(image)), b"")


def unload(name):
    syscall(ctypes.c_long(DELETE_MODULE), name.encode(), ctypes.c_long(os.O_NONBLOCK))


def loaded():
    with open("/proc/modules", encoding="ascii") as file:
        return {line.split()[0] for line in file}


def good(module, before):
    load(module.image())
    try:
        name, = loaded() - before
        with open("/sys/module/%s/taint" % name, encoding="ascii") as file:
            check("taint for a lack of a signature", "E" in file.read(), False)
    finally:
        for name in loaded() - before:
            unload(name)


def changed(module, rng):
    """In the code, and in what is the number of RSA at the signature's end"""
    size = len(module.code)
    for at in [0, size - 1] + rng.sample(range(size), 10 if af_alg.QUICK else 100):
        image = module.image(code=flip(module.code, at, 1 << rng.randrange(8)))
        check_error("byte %d of %d is changed" % (at, size), errno.EKEYREJECTED, load, image)
    for cut in 1, 4096:
        check_error("%d bytes are missing" % cut, errno.EKEYREJECTED, load,
                    module.image(code=module.code[:-cut]))
    check_error("a byte is added", errno.EKEYREJECTED, load,
                module.image(code=module.code + b"\0"))
    size = len(module.signature)
    for at in range(size - 256, size):
        check_error("byte %d of the signature is changed" % at, errno.EKEYREJECTED, load,
                    module.image(signature=flip(module.signature, at)))


def driver(digest, module):
    """While one is refused over and over, for it is the same until then"""
    image = module.image(code=flip(module.code, len(module.code) // 2))

    def refused():
        try:
            load(image)
        except OSError:
            return
        raise af_alg.Wrong("a changed module was loaded")

    usage.runs_on({digest: digest + "-wolfcrypt"}, refused)


def unsigned(module):
    refused("unsigned module", module.code)
    refused("unsigned module", module.image()[:-1])


def refused(reason, image):
    """By what the kernel says: the error is the same."""
    with open("/dev/kmsg", "rb", buffering=0) as log:
        os.set_blocking(log.fileno(), False)
        log.seek(0, os.SEEK_END)
        check_error(reason, errno.EKEYREJECTED, load, image)
        said = b""
        end = time.monotonic() + 10
        while not re.search(b"Loading of .* is rejected", said) and time.monotonic() < end:
            said = log.read() or b""
    check("what the kernel says", b"Loading of %s is rejected" % reason.encode() in said,
          True)


def cases(modules):
    before = loaded()
    for digest, module in modules.items():
        if digest == "other":
            yield "the key of another", lambda m=module: refused(
                "module with unavailable key", m.image())
            continue
        yield digest + ": right", lambda m=module: good(m, before)
        yield digest + ": changed", lambda d=digest, m=module: changed(m, random.Random(d))
        yield digest + ": the driver is ours", lambda d=digest, m=module: driver(d, m)
        yield digest + ": no signature", lambda m=module: unsigned(m)
        yield digest + ": right, after that", lambda m=module: good(m, before)


def missing():
    try:
        with open(ENFORCE, encoding="ascii") as file:
            enforced = file.read().strip()
    except OSError:
        return "needs CONFIG_MODULE_SIG"
    return None if enforced == "Y" else "needs module.sig_enforce=1"


def main():
    files = [arg.partition("=") for arg in sys.argv[1:]]
    if not files or not all(path for _, _, path in files):
        print("usage: modules.py DIGEST=FILE...", file=sys.stderr)
        return 2
    if af_alg.skipped(missing):
        return af_alg.KSFT_SKIP
    return af_alg.run(list(cases({digest: Module(path) for digest, _, path in files})))


if __name__ == "__main__":
    sys.exit(main())
