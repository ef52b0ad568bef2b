#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Keys that a TPM 2.0 has sealed, as master keys of encrypted ones.

The TPM itself is asked for what is in the kernel's sealed keys, and OpenSSL opens with
that what wolfCrypt's AES and HMAC have made of an encrypted key. A sealed key that was
changed isn't loaded.

  trusted.py               all of it
  trusted.py create DIR    leave a sealed key, and one encrypted with it, in DIR
  trusted.py check DIR     load what was left there, with the same TPM
  trusted.py refuse DIR    with another TPM, it isn't loaded
"""

import argparse
import errno
import os
import random
import struct
import sys

import af_alg
import keyring
import usage
from af_alg import check, check_error
from changes import flip

DEVICE = "/dev/tpmrm0"
MASTER = "trusted:wolfcrypt-trusted"

# Of keys and options. For larger ones the TPM's answer may be too long for the kernel.
SEALED = [(size, option) for size in (32, 33, 48, 64)
          for option in ("", " hash=sha1", " migratable=0")] + [(32, " hash=sha384")]

# Trusted Platform Module Library, part 2: Structures
SESSIONS, NO_SESSIONS = 0x8002, 0x8001
EVICT_CONTROL, CREATE_PRIMARY, LOAD, UNSEAL = 0x120, 0x131, 0x157, 0x15e
FLUSH_CONTEXT = 0x165
OWNER, PASSWORD = 0x40000001, 0x40000009
PARENT = 0x81000001
# P-256 with AES-128-CFB: fixed, made by the TPM, for decryption, with a password
TEMPLATE = struct.pack(">HHIH 3H H HH HH", 0x23, 0x0b, 0x30072, 0, 6, 128, 0x43, 0x10,
                       3, 0x10, 0, 0)


class TpmError(Exception):
    """A code that the TPM has returned"""


class Tpm:
    """For commands with empty passwords"""

    def __init__(self):
        self.fd = os.open(DEVICE, os.O_RDWR)

    def command(self, code, handles, parameters, authorized=1):
        body = struct.pack(">%dI" % len(handles), *handles)
        if authorized:
            body += struct.pack(">IIHBH", 9, PASSWORD, 0, 0, 0)
        body += parameters
        os.write(self.fd, struct.pack(">HII", SESSIONS if authorized else NO_SESSIONS,
                                      10 + len(body), code) + body)
        answer = os.read(self.fd, 4096)
        result = struct.unpack_from(">HII", answer)[2]
        if result:
            raise TpmError("command %#x: %#x" % (code, result))
        return answer[10:]

    def make_parent(self):
        """The storage key, which the TPM makes of its seed, gets its usual handle."""
        answer = self.command(CREATE_PRIMARY, [OWNER], struct.pack(">HHH", 4, 0, 0) +
                              sized(TEMPLATE) + struct.pack(">HI", 0, 0))
        handle, = struct.unpack_from(">I", answer)
        try:
            self.command(EVICT_CONTROL, [OWNER, PARENT], struct.pack(">I", PARENT))
        except TpmError:
            pass        # There was none.
        self.command(EVICT_CONTROL, [OWNER, handle], struct.pack(">I", PARENT))
        self.command(FLUSH_CONTEXT, [], struct.pack(">I", handle), authorized=0)

    def unseal(self, blob):
        """What the kernel's blob has in it"""
        public, private = sealed_parts(blob)
        handle, = struct.unpack_from(">I", self.command(LOAD, [PARENT], private + public))
        answer = self.command(UNSEAL, [handle], b"")
        self.command(FLUSH_CONTEXT, [], struct.pack(">I", handle), authorized=0)
        size, = struct.unpack_from(">H", answer, 4)
        return answer[6:6 + size]


def sized(data):
    return struct.pack(">H", len(data)) + data


def der(data):
    """The first element's tag and contents, and what comes after it"""
    size, at = data[1], 2
    if size & 0x80:
        at += size & 0x7f
        size = int.from_bytes(data[2:at], "big")
    return data[0], data[at:at + size], data[at + size:]


def sealed_parts(blob):
    """A TSS2 key: a sequence of type, [0] for no password, parent, public, private"""
    elements = []
    rest = der(blob)[1]
    while rest:
        tag, contents, rest = der(rest)
        elements.append((tag, contents))
    check("tags", [tag for tag, _ in elements], [0x06, 0xa0, 0x02, 0x04, 0x04])
    check("parent", int.from_bytes(elements[2][1], "big"), PARENT)
    return elements[3][1], elements[4][1]


def name():
    return MASTER.partition(":")[2]


def seal(size, option=""):
    return keyring.add("trusted", name(), "new %d keyhandle=%#x%s" % (size, PARENT, option))


def load(blob):
    return keyring.add("trusted", name(), "load %s keyhandle=%#x" % (blob.hex(), PARENT))


def blob_of(key):
    return bytes.fromhex(keyring.read(key).decode())


def encrypted(size=32):
    return keyring.add("encrypted", keyring.fresh(), "new default %s %d" % (MASTER, size))


def opened(tpm, _rng):
    """With what the TPM says is sealed"""
    for size, option in SEALED:
        keyring.clear()
        master = tpm.unseal(blob_of(seal(size, option)))
        check("bytes that are sealed", len(master), size)
        made = keyring.Blob.parse(keyring.read(encrypted(100)))
        check("bytes of the secret", len(made.open(master)), 100)
        made = keyring.Blob.seal(os.urandom(48), os.urandom(16), "default", MASTER, master)
        check("what is read", keyring.read(made.load()).decode(), str(made))


def again(_tpm, _rng):
    blob = blob_of(seal(32))
    made = keyring.Blob.parse(keyring.read(encrypted()))
    keyring.clear()
    check_error("without the trusted key", errno.ENOKEY, made.load)
    check("what is sealed", blob_of(load(blob)), blob)
    check("what is read", keyring.read(made.load()).decode(), str(made))
    keyring.clear()
    seal(32)
    check_error("another trusted key", errno.EINVAL, made.load)


def changed(_tpm, rng):
    blob = blob_of(seal(32))
    public, private = sealed_parts(blob)
    keyring.clear()
    for part in public, private:
        start = blob.index(part)
        for at in [start + 2] + [rng.randrange(start + 2, start + len(part))
                                 for _ in range(10 if af_alg.QUICK else 30)]:
            try:
                load(flip(blob, at))
            except OSError:
                continue
            raise af_alg.Wrong("byte %d of %d is changed, and it is loaded" %
                               (at - start, len(part)))
    check("what is sealed", blob_of(load(blob)), blob)


def drivers(_tpm, _rng):
    seal(32)
    key = encrypted(4096)
    usage.runs_on({"hmac(sha256)": "hmac-sha256-wolfcrypt", "cbc(aes)": "cbc-aes-wolfcrypt"},
                  lambda: keyring.read(key))


def create(path):
    blob = blob_of(seal(32))
    with open(path, "w", encoding="ascii") as file:
        print(blob.hex(), keyring.read(encrypted()).decode(), file=file)


def left(path):
    with open(path, encoding="ascii") as file:
        blob, text = file.read().rstrip("\n").split(" ", 1)
    return bytes.fromhex(blob), text


def reload(path):
    blob, text = left(path)
    load(blob)
    check("what is read", keyring.read(keyring.Blob.parse(text.encode()).load()).decode(),
          text)


def refuse(path):
    check_error("what another TPM has sealed", errno.EPERM, load, left(path)[0])


CASES = (
    ("the drivers are ours", drivers),
    ("opened by TPM and oracle", opened),
    ("loaded again", again),
    ("changed", changed),
)


def case(title, func, tpm):
    keyring.clear()
    func(tpm, random.Random(title))


def missing():
    keyring.join()
    if not os.path.exists(DEVICE):
        return "needs a TPM 2.0"
    for kind in "trusted", "encrypted":
        if not keyring.known(kind):
            return "needs CONFIG_%s_KEYS" % kind.upper()
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mode", nargs="?", default="all",
                        choices=["all", "create", "check", "refuse"])
    parser.add_argument("dir", nargs="?", default=".")
    args = parser.parse_args()
    if af_alg.skipped(missing, af_alg.OURS if args.mode == "all" else "."):
        return af_alg.KSFT_SKIP
    tpm = Tpm()
    tpm.make_parent()
    if args.mode == "all":
        return af_alg.run([(title, lambda t=title, f=func: case(t, f, tpm))
                           for title, func in CASES])
    os.makedirs(args.dir, exist_ok=True)
    func = {"create": create, "check": reload, "refuse": refuse}[args.mode]
    return af_alg.run([("trusted keys: " + args.mode,
                        lambda: func(os.path.join(args.dir, "trusted")))])


if __name__ == "__main__":
    sys.exit(main())
