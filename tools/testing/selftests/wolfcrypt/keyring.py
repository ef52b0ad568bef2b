# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's keyrings, and what an encrypted key is outside of them

Documentation/security/keys/trusted-encrypted.rst has the commands; how the key is
encrypted is for security/keys/encrypted-keys/encrypted.c to say.
"""

import ctypes
import errno
import hashlib
import itertools
import os

import oracle
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

# asm/unistd_64.h
ADD_KEY = 248
KEYCTL = 250
# linux/keyctl.h
SESSION_KEYRING = -3
JOIN_SESSION_KEYRING = 1
UPDATE = 2
CLEAR = 7
UNLINK = 9
READ = 11

BLOCK = 16
DIGEST = 32

NUMBERS = itertools.count()

LIBC = ctypes.CDLL(None, use_errno=True)


def syscall(*args):
    args = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
    result = LIBC.syscall(*args)
    if result < 0:
        raise OSError(ctypes.get_errno(), "keyctl")
    return result


def text(data):
    return data.encode() if isinstance(data, str) else data


def join():
    """A session keyring of this process and those that it starts, gone with them"""
    syscall(KEYCTL, JOIN_SESSION_KEYRING, None)


def add(kind, name, payload):
    """Adds a key to the session keyring, or updates it there; gives its number."""
    payload = text(payload)
    return syscall(ADD_KEY, text(kind), text(name), payload, len(payload), SESSION_KEYRING)


def fresh():
    """A name that no key has yet: one that is added again would be updated instead.

    Of the form that keys for eCryptfs must have
    """
    return "%08x%08x" % (os.getpid(), next(NUMBERS))


def update(key, payload):
    payload = text(payload)
    syscall(KEYCTL, UPDATE, key, payload, len(payload))


def read(key):
    size = syscall(KEYCTL, READ, key, None, 0)
    data = ctypes.create_string_buffer(size)
    size = syscall(KEYCTL, READ, key, data, size)
    return data.raw[:size]


def unlink(key):
    syscall(KEYCTL, UNLINK, key, SESSION_KEYRING)


def clear():
    syscall(KEYCTL, CLEAR, SESSION_KEYRING)


class Refused(Exception):
    """The oracle finds a blob wrong."""


class Blob:
    """An encrypted key as user space sees it; @sealed: the IV, the data and the MAC"""

    def __init__(self, form, master, size, sealed):
        self.form = form
        self.master = master
        self.size = size
        self.sealed = sealed

    @classmethod
    def parse(cls, data):
        form, master, size, sealed = data.decode().split(" ")
        return cls(form, master, int(size), bytes.fromhex(sealed))

    @classmethod
    def seal(cls, secret, iv, form, master, master_key, old=False):
        """@old: as before there were formats, of which the MAC then says nothing"""
        padded = secret.ljust(-(-len(secret) // BLOCK) * BLOCK, b"\0")
        data = oracle.cbc(derive(b"ENC_KEY", master_key), iv, padded)
        blob = cls(form, master, len(secret), iv + b"\0" + data + bytes(DIGEST))
        blob.sealed = blob.sealed[:-DIGEST] + blob.mac(master_key, old)
        return blob

    def mac(self, master_key, old=False):
        words = [] if old else [self.form]
        words += [self.master, str(self.size)]
        covered = "".join(word + "\0" for word in words).encode() + self.sealed[:-DIGEST]
        return oracle.hmac("sha256")(derive(b"AUTH_KEY", master_key), covered)

    def open(self, master_key):
        """The secret, if the blob is what the kernel would have made of it"""
        if self.mac(master_key) != self.sealed[-DIGEST:]:
            raise Refused("the MAC")
        iv, data = self.sealed[:BLOCK], self.sealed[BLOCK + 1:-DIGEST]
        ctx = Cipher(algorithms.AES(derive(b"ENC_KEY", master_key)),
                     modes.CBC(iv)).decryptor()
        plain = ctx.update(data) + ctx.finalize()
        if plain[self.size:].strip(b"\0") or len(plain) - self.size >= BLOCK:
            raise Refused("the padding")
        return plain[:self.size]

    def __str__(self):
        return "%s %s %d %s" % (self.form, self.master, self.size, self.sealed.hex())

    def load(self, form=True):
        """Adds it as a key; gives its number"""
        return add("encrypted", fresh(), "load " + str(self).split(" ", not form)[-1])


def derive(purpose, master_key):
    """Both have the size of the longer purpose, and that of a digest at least."""
    size = max(len(b"AUTH_KEY") + 1 + len(master_key), DIGEST)
    return hashlib.sha256((purpose + b"\0" + master_key).ljust(size, b"\0")).digest()


def known(kind):
    """Whether the kernel has this type of keys"""
    try:
        unlink(add(kind, "wolfcrypt-test", ""))
    except OSError as exc:
        return exc.errno != errno.ENODEV
    return True
