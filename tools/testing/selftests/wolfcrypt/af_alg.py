#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every wolfCrypt driver through AF_ALG, against OpenSSL in user space.

Each driver is bound by its driver name, as /proc/crypto shows it. For each
algorithm it is shown too that its plain name leads to a wolfCrypt driver.

With QUICK=1 in the environment there are fewer lengths, for slow kernels.
"""

import argparse
import errno
import os
import random
import re
import socket
import subprocess
import sys

try:
    import oracle
except ImportError as exc:
    print("TAP version 13\n1..0 # SKIP needs Python's cryptography:", exc)
    sys.exit(4)

KSFT_FAIL = 1
KSFT_SKIP = 4

OURS = "-wolfcrypt"

ENC = socket.ALG_OP_ENCRYPT
DEC = socket.ALG_OP_DECRYPT

QUICK = os.environ.get("QUICK") == "1"
SOME = sorted({0, 1, 2, 7, 8, 23, 40, 100, 200, 300} |
              {b + d for b in (16, 32, 48, 64, 80, 96, 112, 128, 192, 256)
               for d in (-1, 0, 1)})
EVERY = SOME if QUICK else range(301)
LARGE = (1024, 1500, 4095, 4096, 4097, 12305, 65536) if QUICK else (
    511, 512, 513, 1008, 1024, 1500, 2047, 4080, 4095, 4096, 4097, 4112, 8192,
    12305, 16384, 32784, 65520, 65535, 65536)
AES_KEYS = (16, 24, 32)


class Wrong(Exception):
    """An observation that is not the expected one."""


def show(value):
    if not isinstance(value, (bytes, bytearray)):
        return str(value)
    text = value[:64].hex()
    return text + ("... (%d bytes)" % len(value) if len(value) > 64 else "")


def check(what, observed, expected):
    if observed == expected:
        return
    note = ""
    if isinstance(expected, bytes):
        same = os.path.commonprefix([bytes(observed), expected])
        at = len(same)
        note = ", first difference at byte %d" % at
        observed, expected = observed[at:], expected[at:]
    raise Wrong("%s%s\n  expected %s\n  observed %s" %
                (what, note, show(expected), show(observed)))


def name_of(err):
    return errno.errorcode.get(err, str(err)) if err else "success"


def check_error(what, expected, func, *args, **kwargs):
    """@func must fail with the error number @expected; 0: must succeed."""
    observed = 0
    try:
        func(*args, **kwargs)
    except OSError as exc:
        observed = exc.errno
    check(what, name_of(observed), name_of(expected))


class Tfm:
    """A transform: an AF_ALG socket, which takes the key."""

    def __init__(self, kind, name):
        self.name = name
        self.sock = socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET, 0)
        try:
            self.sock.bind((kind, name))
        except OSError:
            self.sock.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def setkey(self, key):
        self.sock.setsockopt(socket.SOL_ALG, socket.ALG_SET_KEY, key)
        return self

    def settag(self, size):
        self.sock.setsockopt(socket.SOL_ALG, socket.ALG_SET_AEAD_AUTHSIZE,
                             None, size)
        return self

    def open(self):
        """The socket of one stream of requests"""
        return self.sock.accept()[0]


def params(iv, assoclen):
    """Those control messages that the kind of algorithm takes"""
    out = {"iv": iv, "assoclen": assoclen}
    return {name: value for name, value in out.items() if value is not None}


def crypt(req, op, data, size, iv=None, assoclen=None):
    """One request with one buffer in and one out, of @size bytes.

    Reading nothing would not run the request: ask for more than there is.
    """
    req.sendmsg_afalg([data], op=op, **params(iv, assoclen))
    return req.recv(size or 16)


def pieces(rng, data, most=37):
    """@data in pieces of odd sizes, each at an odd address"""
    out = []
    while data:
        n = rng.randint(1, most)
        shift = rng.randrange(1, 16, 2)
        buf = bytearray(shift) + data[:n]
        out.append(memoryview(buf)[shift:])
        data = data[n:]
    return out


def crypt_split(rng, req, op, data, size, iv=None, assoclen=None):
    """One request fed by several calls, answered into many small buffers"""
    parts = pieces(rng, data, 1 + len(data) // 3)
    first, rest = parts[:2], parts[2:]
    more = socket.MSG_MORE if rest else 0
    req.sendmsg_afalg(first, op=op, flags=more, **params(iv, assoclen))
    while rest:
        part = rest.pop(0)
        req.send(part, socket.MSG_MORE if rest else 0)

    out = pieces(rng, bytes(size), max(37, size // 100))
    got = req.recvmsg_into(out)[0]
    check("bytes returned", got, size)
    return b"".join(out)


class Skcipher:
    """A mode of operation without authentication"""

    kind = "skcipher"
    types = ("skcipher",)

    def __init__(self, func, keys=AES_KEYS, odd=None, ivsize=16, valid=None,
                 chained=False):
        self.func = func
        self.keys = keys
        self.oddkeys = odd or {}
        self.ivsize = ivsize
        self.valid = valid or (lambda n: True)
        self.chained = chained

    def tests(self):
        yield "every length", self.every_length
        yield "key sizes", self.key_sizes
        yield "large requests", self.large
        yield "split buffers", self.split
        if self.chained:
            yield "chaining", self.chaining
        yield "bad parameters", self.bad_parameters
        if self.func is oracle.xts:
            yield "equal key halves", self.weak_key

    def ivs(self, rng):
        """IVs, some of which make a counter wrap at 32, 64 or 128 bits"""
        while True:
            for low in (0, 4, 8, 16):
                iv = rng.randbytes(16 - low) + b"\xff" * low
                yield iv[:self.ivsize] or None

    def one(self, req, key, iv, data, run=crypt):
        what = "%d-bit key, IV %s, %d bytes" % (
            8 * len(key), iv.hex() if iv else "none", len(data))
        if not self.valid(len(data)):
            for op in (ENC, DEC):
                check_error(what, errno.EINVAL, run, req, op, data, len(data),
                            iv)
            return
        want = self.func(key, iv, data)
        check("encrypt, " + what, run(req, ENC, data, len(data), iv), want)
        check("decrypt, " + what, run(req, DEC, want, len(data), iv), data)

    def lengths(self, tfm, rng, keysize, lengths):
        ivs = self.ivs(rng)
        key = rng.randbytes(keysize)
        with tfm.setkey(key).open() as req:
            for n in lengths:
                self.one(req, key, next(ivs), rng.randbytes(n))

    def every_length(self, tfm, rng):
        self.lengths(tfm, rng, self.keys[-1], EVERY)

    def key_sizes(self, tfm, rng):
        for size in self.keys:
            self.lengths(tfm, rng, size, SOME)
        for size in range(70):
            want = 0 if size in self.keys else errno.EINVAL
            want = self.oddkeys.get(size, want)
            check_error("%d-byte key" % size, want, tfm.setkey,
                        rng.randbytes(size))
        for size, err in self.oddkeys.items():
            if not err:
                self.lengths(tfm, rng, size, (16, 32, 160, 512))

    def large(self, tfm, rng):
        self.lengths(tfm, rng, self.keys[0], LARGE)
        self.lengths(tfm, rng, self.keys[-1], LARGE)

    def split(self, tfm, rng):
        key = rng.randbytes(self.keys[-1])
        ivs = self.ivs(rng)

        def run(*args):
            return crypt_split(rng, *args)

        with tfm.setkey(key).open() as req:
            for n in list(range(16, 301, 7)) + list(range(16, 301, 16)) + [
                    4096, 4097, 4112, 8200, 16384, 65535, 65536]:
                if self.valid(n):
                    self.one(req, key, next(ivs), rng.randbytes(n), run)

    def chaining(self, tfm, rng):
        """The IV that a request leaves behind continues the stream."""
        steps = (16, 32, 48, 112, 128, 144, 16, 256, 4096, 64)
        tail = 16 if self.func is oracle.cbc else 13
        key = rng.randbytes(self.keys[-1])
        data = rng.randbytes(sum(steps) + tail)
        for iv in (rng.randbytes(16), b"\xff" * 16):
            want = self.func(key, iv, data)
            for op, src, dst in ((ENC, data, want), (DEC, want, data)):
                with tfm.setkey(key).open() as req:
                    got = self.stream(req, op, iv, src, steps)
                check("%s, IV %s" % ("decrypt" if op else "encrypt", iv.hex()),
                      got, dst)

    @staticmethod
    def stream(req, op, iv, data, steps):
        more = socket.MSG_MORE
        req.sendmsg_afalg([data[:steps[0]]], op=op, iv=iv, flags=more)
        out = req.recv(steps[0])
        for n in steps[1:]:
            req.send(data[len(out):len(out) + n], more)
            out += req.recv(n)
        req.send(data[len(out):])
        return out + req.recv(len(data) - len(out))

    def bad_parameters(self, tfm, rng):
        with tfm.open() as req:
            check_error("request without a key", errno.ENOKEY, crypt, req,
                        ENC, bytes(16), 16, bytes(self.ivsize) or None)
        tfm.setkey(rng.randbytes(self.keys[0]))
        for size in {0, 8, 12, 15, 16, 17, 32} - {self.ivsize}:
            with tfm.open() as req:
                check_error("%d-byte IV" % size, errno.EINVAL, crypt, req,
                            ENC, bytes(16), 16, bytes(size))

    def weak_key(self, tfm, rng):
        """SP 800-38E, and FIPS 140-3 IG C.I: the two keys must differ."""
        key = rng.randbytes(32) * 2
        check_error("equal halves", errno.EINVAL if FIPS else 0, tfm.setkey,
                    key)
        if FIPS:
            return
        ctx = oracle.ecb(key[32:], None, bytes(16))
        data = rng.randbytes(16)
        want = oracle.xor(oracle.ecb(key[:32], None, oracle.xor(data, ctx)), ctx)
        with tfm.open() as req:
            check("encrypt", crypt(req, ENC, data, 16, bytes(16)), want)


class Aead:
    """Authenticated encryption; @esp: as RFC 4106 and 4309 define it"""

    kind = "aead"
    types = ("aead",)

    def __init__(self, func, ivsize, tags, salt=0, keys=AES_KEYS):
        self.func = func
        self.ivsize = ivsize
        self.tags = tags
        self.salt = salt
        self.keys = tuple(n + salt for n in keys)
        self.esp = salt != 0
        self.ccm = func is oracle.ccm
        self.valid = lambda n: True
        # Of ChaCha20-Poly1305 the kernel takes any that has an IV.
        self.sizes_of_aad = range(8, 34) if func is oracle.rfc7539esp else (16, 20)

    def tests(self):
        yield "every length", self.every_length
        yield "key sizes", self.key_sizes
        yield "associated data", self.associated_data
        yield "tag sizes", self.tag_sizes
        if self.ccm:
            yield "nonce sizes", self.nonce_sizes
        yield "large requests", self.large
        yield "split buffers", self.split
        yield "forgeries", self.forgeries
        yield "bad parameters", self.bad_parameters

    @staticmethod
    def key(rng, size):
        return rng.randbytes(size)

    def iv(self, rng):
        if self.ccm:
            size = rng.randint(2, 4)
            return (bytes([size - 1]) + rng.randbytes(15 - size) + bytes(size))
        return rng.randbytes(self.ivsize)

    def aad(self, rng, size, iv):
        """ESP: SPI, sequence number of 4 or 8 bytes, IV"""
        if self.esp:
            return rng.randbytes(8 + 4 * (size % 2)) + iv
        return rng.randbytes(size)

    def one(self, req, key, iv, aad, data, tag=16, run=crypt):
        what = "%d-byte key, IV %s, %d + %d bytes, tag of %d" % (
            len(key), iv.hex(), len(aad), len(data), tag)
        want = aad + self.func(key, iv, aad, data, tag)
        check("encrypt, " + what,
              run(req, ENC, aad + data, len(want), iv, len(aad)), want)
        check("decrypt, " + what,
              run(req, DEC, want, len(want) - tag, iv, len(aad)), aad + data)

    def lengths(self, tfm, rng, keysize, lengths, run=crypt):
        key = self.key(rng, keysize)
        with tfm.setkey(key).settag(16).open() as req:
            for n in lengths:
                iv = self.iv(rng)
                if self.ccm and n >= 65536:
                    iv = b"\x02" + iv[1:13] + bytes(3)
                aad = self.aad(rng, n * 7 % 41, iv)
                self.one(req, key, iv, aad, rng.randbytes(n), run=run)

    def every_length(self, tfm, rng):
        self.lengths(tfm, rng, self.keys[-1], EVERY)

    def key_sizes(self, tfm, rng):
        for size in self.keys:
            self.lengths(tfm, rng, size, SOME)
        for size in range(45):
            check_error("%d-byte key" % size,
                        0 if size in self.keys else errno.EINVAL,
                        tfm.setkey, rng.randbytes(size))

    def associated_data(self, tfm, rng):
        key = self.key(rng, self.keys[0])
        sizes = list(range(66)) + [127, 128, 129, 255, 256, 257, 4096, 4111,
                                   65279, 65280, 65281]
        with tfm.setkey(key).settag(16).open() as req:
            for n in sizes[:2] if self.esp else sizes:
                for size in (0, 1, 16, 37, 64):
                    iv = self.iv(rng)
                    self.one(req, key, iv, self.aad(rng, n, iv),
                             rng.randbytes(size))

    def tag_sizes(self, tfm, rng):
        key = self.key(rng, self.keys[0])
        tfm.setkey(key)
        for tag in range(19):
            check_error("tag of %d" % tag,
                        0 if tag in self.tags else errno.EINVAL,
                        tfm.settag, tag)
            if tag not in self.tags:
                continue
            with tfm.open() as req:
                for n in (0, 1, 16, 33, 200):
                    iv = self.iv(rng)
                    self.one(req, key, iv, self.aad(rng, n, iv),
                             rng.randbytes(n), tag)

    def nonce_sizes(self, tfm, rng):
        key = self.key(rng, self.keys[0])
        with tfm.setkey(key).settag(16).open() as req:
            for size in range(2, 9):
                iv = bytes([size - 1]) + rng.randbytes(15)
                for n in (0, 20, 64, 300):
                    self.one(req, key, iv, rng.randbytes(n % 23),
                             rng.randbytes(n))

    def large(self, tfm, rng):
        self.lengths(tfm, rng, self.keys[0], LARGE)
        self.lengths(tfm, rng, self.keys[-1], LARGE)

    def split(self, tfm, rng):
        def run(*args):
            return crypt_split(rng, *args)

        self.lengths(tfm, rng, self.keys[-1],
                     list(range(1, 301, 7)) + [4096, 4097, 8200, 16384, 65535],
                     run)

    def forgeries(self, tfm, rng):
        """One flipped bit anywhere must be noticed, whatever the sizes."""
        for tag in self.tags:
            key = self.key(rng, self.keys[-1])
            tfm.setkey(key).settag(tag)
            for n in (0, 1, 15, 16, 47, 64, 257, 4100):
                iv = self.iv(rng)
                aad = self.aad(rng, 21, iv)
                n = n if self.valid(n) else n // 16 * 16
                good = aad + self.func(key, iv, aad, rng.randbytes(n), tag)
                at = set(range(len(good) - tag, len(good)))     # the tag
                at |= {0, 7, len(aad), len(good) - tag - 1}
                if self.esp:
                    # The copy of the IV in the AAD is not authenticated.
                    at -= set(range(len(aad) - 8, len(aad)))
                self.forge(tfm, rng, iv, aad, good, tag, at)

    @staticmethod
    def forge(tfm, rng, iv, aad, good, tag, at):
        size = len(good) - tag
        with tfm.open() as req:
            for i in sorted(at):
                bad = bytearray(good)
                bad[i] ^= 1 << rng.randrange(8)
                check_error("AAD of %d, %d bytes, tag of %d, byte %d flipped" %
                            (len(aad), size - len(aad), tag, i),
                            errno.EBADMSG, crypt, req, DEC, bad, size, iv,
                            len(aad))
            bad = bytearray(iv)
            bad[3] ^= 1
            check_error("other IV", errno.EBADMSG, crypt, req, DEC, good, size,
                        bytes(bad), len(aad))
            check_error("no change", 0, crypt, req, DEC, good, size, iv,
                        len(aad))

    def bad_parameters(self, tfm, rng):
        iv = self.iv(rng)
        with tfm.open() as req:
            check_error("request without a key", errno.ENOKEY, crypt, req,
                        ENC, bytes(32), 48, iv, 16)
        tfm.setkey(self.key(rng, self.keys[0])).settag(16)
        for size in {0, 7, 8, 11, 12, 13, 15, 16, 17} - {self.ivsize}:
            with tfm.open() as req:
                check_error("%d-byte IV" % size, errno.EINVAL, crypt, req,
                            ENC, bytes(32), 48, bytes(size), 16)
        if self.esp:
            self.bad_esp(tfm, iv, self.sizes_of_aad)
        if self.ccm:
            self.bad_ccm(tfm)

    @staticmethod
    def bad_esp(tfm, iv, good):
        for size in range(34):
            want = 0 if size in good else errno.EINVAL
            for op, data in ((ENC, bytes(size + 9)), (DEC, bytes(size + 25))):
                if op == DEC and not want:
                    want = errno.EBADMSG
                with tfm.open() as req:
                    check_error("AAD of %d" % size, want, crypt, req, op, data,
                                len(data) + (16 if op == ENC else -16), iv,
                                size)

    @staticmethod
    def bad_ccm(tfm):
        for first in (0, 8, 9, 16, 128, 255):
            for op, size in ((ENC, 48), (DEC, 16)):
                with tfm.open() as req:
                    check_error("L' of %d" % first, errno.EINVAL, crypt, req,
                                op, bytes(32), size,
                                bytes([first]) + bytes(15), 0)
        with tfm.open() as req:
            check_error("message longer than L allows", errno.EOVERFLOW, crypt,
                        req, ENC, bytes(65552), 65568, b"\x01" + bytes(15), 0)


class Authenc(Aead):
    """A cipher, and HMAC of the result; @keys: of the cipher"""

    MAC_KEY = 32

    def __init__(self, mode, digest, size, ivsize, keys, valid=lambda n: True):
        super().__init__(oracle.authenc(mode, oracle.hmac(digest)), ivsize,
                         (4, 12, 16, size), keys=keys)
        self.mac = oracle.hmac(digest)
        self.most = size
        self.valid = valid

    def tests(self):
        for title, test in super().tests():
            if title == "key sizes":
                yield title, self.parts_of_keys
            elif title == "tag sizes":
                yield title, self.every_tag
            else:
                yield title, test

    def key(self, rng, size):
        return oracle.authenc_key(rng.randbytes(self.MAC_KEY), rng.randbytes(size))

    def one(self, req, key, iv, aad, data, tag=16, run=crypt):
        if self.valid(len(data)):
            super().one(req, key, iv, aad, data, tag, run)
            return
        what = "%d + %d bytes" % (len(aad), len(data))
        size = len(aad) + len(data)
        check_error("encrypt, " + what, errno.EINVAL, run, req, ENC, aad + data,
                    size + tag, iv, len(aad))
        # Whether it is authentic comes first.
        at = len(key) - int.from_bytes(key[4:8], "big")
        good = aad + data + self.mac(key[8:at], aad + data)[:tag]
        bad = good[:-1] + bytes([good[-1] ^ 1])
        for packet, want in ((good, errno.EINVAL), (bad, errno.EBADMSG)):
            check_error("decrypt, " + what, want, run, req, DEC, packet, size, iv,
                        len(aad))

    def forge(self, tfm, rng, iv, aad, good, tag, at):
        """The IV isn't authenticated but by those who have it in the AAD, too."""
        size = len(good) - tag
        with tfm.open() as req:
            for i in sorted(at):
                bad = bytearray(good)
                bad[i] ^= 1 << rng.randrange(8)
                check_error("AAD of %d, %d bytes, tag of %d, byte %d flipped" %
                            (len(aad), size - len(aad), tag, i), errno.EBADMSG,
                            crypt, req, DEC, bad, size, iv, len(aad))
            check_error("no change", 0, crypt, req, DEC, good, size, iv, len(aad))
            self.nothing_decrypted(req, iv, aad, good, size)

    @staticmethod
    def nothing_decrypted(req, iv, aad, good, size):
        """As with the template: what isn't authentic isn't decrypted, however it lies."""
        plain = crypt(req, DEC, good, size, iv, len(aad))
        bad = good[:-1] + bytes([good[-1] ^ 1])
        for count in 1, 2, 5:
            out = [bytearray(n) for n in [size // count] * (count - 1) +
                   [size - size // count * (count - 1)]]
            check_error("forged, into %d buffers" % count, errno.EBADMSG, lambda: (
                req.sendmsg_afalg([bad], op=DEC, **params(iv, len(aad))),
                req.recvmsg_into(out)))
            got = b"".join(out)
            found = [i for i in range(len(aad), size - 15, 16)
                     if got[i:i + 16] == plain[i:i + 16]]
            check("%d + %d bytes, forged, into %d buffers: blocks of the plaintext" %
                  (len(aad), size - len(aad), count), found, [])

    def parts_of_keys(self, tfm, rng):
        for size in self.keys:
            self.lengths(tfm, rng, size, SOME)
        mac_keys = (14, 20, 63, 64, 65, 128, 129, 200) + (() if FIPS else (0, 1, 13))
        for size in mac_keys:
            key = oracle.authenc_key(rng.randbytes(size), rng.randbytes(self.keys[0]))
            with tfm.setkey(key).settag(16).open() as req:
                for n in (0, 16, 160):
                    self.one(req, key, self.iv(rng), b"AAD", rng.randbytes(n))
        for size in set(range(40)) - set(self.keys):
            check_error("%d-byte key of the cipher" % size, errno.EINVAL, tfm.setkey,
                        self.key(rng, size))
        if FIPS:
            check_error("13-byte key of the MAC", errno.EINVAL, tfm.setkey,
                        oracle.authenc_key(bytes(13), bytes(self.keys[0])))
        good = self.key(rng, self.keys[0])
        for what, bad in (("shorter than its header", good[:7]), ("no header", good[8:]),
                          ("another kind", good[:2] + b"\7" + good[3:]),
                          ("a cipher's key longer than all", good[:4] + b"\xff" + good[5:]),
                          ("a header longer than all", b"\xfc" + good[1:])):
            check_error(what, errno.EINVAL, tfm.setkey, bad)

    def every_tag(self, tfm, rng):
        key = self.key(rng, self.keys[-1])
        tfm.setkey(key)
        for tag in range(self.most + 3):
            valid = 0 < tag <= self.most
            check_error("tag of %d" % tag, 0 if valid else errno.EINVAL, tfm.settag, tag)
            if valid:
                with tfm.open() as req:
                    for n in (0, 16, 32, 208):
                        self.one(req, key, self.iv(rng), rng.randbytes(n % 23),
                                 rng.randbytes(n), tag)


class Seqiv(Aead):
    """RFC 4106 with IVs of the driver's own, which it puts before the ciphertext"""

    def __init__(self, func, ivsize, tags, salt):
        super().__init__(func, ivsize, tags, salt)
        self.last = None

    def seal(self, req, header, data, size, iv, run=crypt):
        """A packet, and the IV in it: the one after that of the last packet"""
        out = run(req, ENC, header + bytes(8) + data, size, iv, len(header))
        own = out[len(header):][:8]
        number = int.from_bytes(own, "big")
        if self.last is not None:
            check("IV", own.hex(),
                  ((self.last + 1) % 2**64).to_bytes(8, "big").hex())
        self.last = number
        return out, own

    def one(self, req, key, iv, aad, data, tag=16, run=crypt):
        what = "%d-byte key, %d + %d bytes, tag of %d" % (
            len(key), len(aad), len(data), tag)
        header = aad[:-8]
        size = len(aad) + len(data) + tag
        got, own = self.seal(req, header, data, size, iv, run)
        want = header + own + self.func(key, own, header + own, data, tag)
        check("encrypt, " + what, got, want)
        # Where the IV was, nothing is put.
        got = run(req, DEC, want, size - tag, iv, len(header))
        check("decrypt, " + what, got[:len(header)] + got[len(aad):],
              header + data)

    def each(self, test):
        """@test with the IVs of one transform of its own"""
        def run(tfm, rng):
            self.last = None
            test(tfm, rng)
        return run

    def tests(self):
        for title, test in super().tests():
            yield title, self.each(test)

    def forge(self, tfm, rng, iv, aad, good, tag, at):
        size, header = len(good) - tag, len(aad) - 8
        with tfm.open() as req:
            # The IV in the packet is what counts.
            for i in sorted(at | set(range(header, len(aad)))):
                bad = bytearray(good)
                bad[i] ^= 1 << rng.randrange(8)
                check_error("header of %d, %d bytes, tag of %d, byte %d flipped" %
                            (header, size - len(aad), tag, i), errno.EBADMSG,
                            crypt, req, DEC, bad, size, iv, header)
            check_error("another IV from the caller", 0, crypt, req, DEC, good,
                        size, bytes(8), header)

    @staticmethod
    def bad_esp(tfm, iv, good):
        for size in range(26):
            # What is sent has no IV.
            want = 0 if size + 8 in good else errno.EINVAL
            with tfm.open() as req:
                check_error("header of %d" % size, want, crypt, req, ENC,
                            bytes(size + 17), size + 33, iv, size)
                check_error("header of %d" % size, want and errno.EINVAL or
                            errno.EBADMSG, crypt, req, DEC, bytes(size + 33),
                            size + 17, iv, size)
        for size in range(8):
            with tfm.open() as req:
                check_error("%d bytes, no room for an IV" % size, errno.EINVAL,
                            crypt, req, ENC, bytes(8 + size), 24 + size, iv, 8)


class Hash:
    """A digest, or with @keys a MAC"""

    kind = "hash"
    types = ("shash", "ahash")

    def __init__(self, func, size, keys=None, badkeys=()):
        self.func = func
        self.size = size
        self.keys = keys or ()
        self.badkeys = badkeys

    def tests(self):
        yield "every length", self.every_length
        if self.keys:
            yield "key sizes", self.key_sizes
        yield "large requests", self.large
        yield "split updates", self.split
        yield "scattered buffers", self.scattered
        yield "clones", self.clones

    def key(self, tfm, rng, size=None):
        if not self.keys:
            return b""
        key = rng.randbytes(size or rng.choice(self.keys))
        tfm.setkey(key)
        return key

    def digest(self, req, data):
        if data:
            req.send(data)
        return req.recv(self.size)

    def lengths(self, tfm, rng, key, lengths):
        with tfm.open() as req:
            for n in lengths:
                data = rng.randbytes(n)
                check("%d bytes" % n, self.digest(req, data),
                      self.func(key, data))

    def every_length(self, tfm, rng):
        self.lengths(tfm, rng, self.key(tfm, rng), EVERY)

    def key_sizes(self, tfm, rng):
        with tfm.open() as req:
            check_error("request without a key", errno.ENOKEY, req.send,
                        b"data")
        for size in self.keys:
            key = self.key(tfm, rng, size)
            self.lengths(tfm, rng, key, (0, 1, 16, 63, 64, 65, 128, 200))
        for size in self.badkeys:
            check_error("%d-byte key" % size, errno.EINVAL, tfm.setkey,
                        rng.randbytes(size))

    def large(self, tfm, rng):
        self.lengths(tfm, rng, self.key(tfm, rng), LARGE)

    def split(self, tfm, rng):
        key = self.key(tfm, rng)
        with tfm.open() as req:
            for i in range(150):
                data = rng.randbytes(rng.choice((rng.randrange(300),
                                                 rng.randrange(3000))))
                for part in pieces(rng, data, rng.choice((3, 65, 131, 999))):
                    req.send(part, socket.MSG_MORE)
                if i % 2:
                    more = rng.randbytes(rng.randint(1, 150))
                    req.send(more)
                    data += more
                check("%d bytes in pieces" % len(data), req.recv(self.size),
                      self.func(key, data))

    def scattered(self, tfm, rng):
        key = self.key(tfm, rng)
        with tfm.open() as req:
            for n in list(range(1, 301, 3)) + [4095, 4096, 4097, 65536]:
                data = rng.randbytes(n)
                req.sendmsg(pieces(rng, data, max(37, n // 100)))
                check("%d bytes in pieces" % n, req.recv(self.size),
                      self.func(key, data))

    def clones(self, tfm, rng):
        """Exported, imported, and both go their own way."""
        key = self.key(tfm, rng)
        for n in list(range(1, 40)) + list(range(40, 301, 9)) + [5000]:
            start = rng.randbytes(n)
            ends = [rng.randbytes(rng.randrange(1, 200)) for _ in range(3)]
            with tfm.open() as req:
                req.send(start, socket.MSG_MORE)
                with req.accept()[0] as one, one.accept()[0] as two:
                    for which, end in zip((one, req, two), ends):
                        which.send(end)
                        check("%d bytes, cloned after %d" %
                              (n + len(end), n), which.recv(self.size),
                              self.func(key, start + end))


def read_flag(path):
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip() == "1"
    except FileNotFoundError:
        return False


FIPS = read_flag("/proc/sys/crypto/fips_enabled")


def cpu_has(*flags):
    with open("/proc/cpuinfo", encoding="ascii") as file:
        found = re.search(r"^flags\s*:(.*)$", file.read(), re.M)
    return bool(found) and set(flags) <= set(found[1].split())


# It isn't approved, and on other CPUs the kernel's own is the faster one.
HAS_CHACHA = not FIPS and cpu_has("avx2", "bmi2")


def whole(n):
    return n % 16 == 0


def algorithms():
    """Everything that wolfCrypt offers, and what it is to be held against"""
    xts_odd = {48: errno.EINVAL if FIPS else 0}
    algs = {
        "ecb(aes)": Skcipher(oracle.ecb, ivsize=0, valid=whole),
        "cbc(aes)": Skcipher(oracle.cbc, valid=whole, chained=True),
        "cts(cbc(aes))": Skcipher(oracle.cts, valid=lambda n: n >= 16),
        "ctr(aes)": Skcipher(oracle.ctr, chained=True),
        "cfb(aes)": Skcipher(oracle.cfb, chained=True),
        "ofb(aes)": Skcipher(oracle.ofb, chained=True),
        "xts(aes)": Skcipher(oracle.xts, keys=(32, 64), odd=xts_odd,
                             valid=lambda n: n >= 16),
        "gcm(aes)": Aead(oracle.gcm, 12, (4, 8, 12, 13, 14, 15, 16)),
        "rfc4106(gcm(aes))": Aead(oracle.rfc4106, 8, (8, 12, 16), 4),
        "ccm(aes)": Aead(oracle.ccm, 16, (4, 6, 8, 10, 12, 14, 16)),
        "rfc4309(ccm(aes))": Aead(oracle.rfc4309, 8, (8, 12, 16), 3),
        "cmac(aes)": Hash(oracle.cmac, 16, AES_KEYS,
                          set(range(40)) - set(AES_KEYS)),
    }
    if FIPS:
        algs["seqiv(rfc4106(gcm(aes)))"] = Seqiv(oracle.rfc4106, 8, (8, 12, 16), 4)
    else:
        algs["rfc4543(gcm(aes))"] = Aead(oracle.rfc4543, 8, (16,), 4)
    if HAS_CHACHA:
        algs["chacha20"] = Skcipher(oracle.chacha20, keys=(32,))
        algs["rfc7539(chacha20,poly1305)"] = Aead(oracle.rfc7539, 12, (16,), keys=(32,))
        algs["rfc7539esp(chacha20,poly1305)"] = Aead(oracle.rfc7539esp, 8, (16,), 4, (32,))
    # SP 800-131A: a key of an HMAC has 112 bits at least
    keys = [14, 16, 20, 32, 63, 64, 65, 127, 128, 129, 200, 300]
    short = [1, 13]
    for bits, size in ((1, 20), (224, 28), (256, 32), (384, 48), (512, 64)):
        name = "sha%d" % bits
        algs[name] = Hash(oracle.digest(name), size)
        algs["hmac(%s)" % name] = Hash(oracle.hmac(name), size,
                                       keys if FIPS else short + keys,
                                       [0] + short if FIPS else ())
    for bits, size in ((1, 20), (256, 32), (384, 48), (512, 64)):
        name = "sha%d" % bits
        # Of this the kernel has no test, nor wolfCrypt a driver.
        if bits != 384:
            algs["authenc(hmac(%s),cbc(aes))" % name] = Authenc(
                oracle.cbc, name, size, 16, AES_KEYS, whole)
        algs["authenc(hmac(%s),rfc3686(ctr(aes)))" % name] = Authenc(
            oracle.rfc3686, name, size, 8, [size + 4 for size in AES_KEYS])
    for bits in 224, 256, 384, 512:
        algs["sha3-%d" % bits] = Hash(oracle.digest("sha3_%d" % bits), bits // 8)
    return algs


def proc_crypto():
    """The entries of /proc/crypto that a name can lead to"""
    with open("/proc/crypto", encoding="ascii") as file:
        for entry in file.read().split("\n\n"):
            alg = dict(re.findall(r"^(\w+) *: (.*)$", entry, re.M))
            if alg and alg["type"] != "larval" and alg["internal"] == "no":
                yield alg


def refcount(driver):
    return sum(int(alg["refcnt"]) for alg in proc_crypto()
               if alg["driver"] == driver)


def requests(driver):
    """How many requests it has taken, if it is one of ours, which count them"""
    path = "/sys/kernel/wolfcrypt/services/%s/requests" % driver
    try:
        with open(path, encoding="ascii") as file:
            return int(file.read())
    except FileNotFoundError:
        return None


def drivers_of(name, model, pattern):
    """Drivers of ours for an algorithm, and the one that its name leads to"""
    try:
        with Tfm(model.kind, name):
            pass        # Templates come into being when they are asked for.
    except OSError:
        return [], None
    algs = [alg for alg in proc_crypto()
            if alg["name"] == name and alg["type"] in model.types]
    algs.sort(key=lambda alg: -int(alg["priority"]))
    ours = [alg["driver"] for alg in algs if re.search(pattern, alg["driver"])]
    return ours, algs[0]["driver"] if algs else None


def is_default(name, model, pattern):
    """By priority, and by the reference that a new transform takes"""
    ours, best = drivers_of(name, model, pattern)
    check("a driver that matches " + pattern, bool(ours), True)
    check("the driver of the highest priority is ours", best, ours[0])
    before = refcount(best)
    with Tfm(model.kind, name):
        # A shash that is used as an ahash is held twice.
        check("%s makes references to %s" % (name, best),
              refcount(best) > before, True)
    check("references after", refcount(best), before)


def untested(pattern, algs):
    """A driver that this test does not know is a hole in it.

    Instances over our drivers aren't ours; rng.py tests the generators; and the
    cipher of single blocks can't be had here: tests of ESSIV are its.
    """
    known = [alg["driver"] for alg in proc_crypto() if alg["name"] in algs]
    check("drivers without a test",
          [alg["driver"] for alg in proc_crypto()
           if re.search(pattern, alg["driver"]) and "(" not in alg["driver"]
           and alg["type"] not in ("rng", "cipher") and alg["driver"] not in known], [])


def cases(pattern, only):
    algs = algorithms()
    for name, model in algs.items():
        if only and only not in name:
            continue
        yield name + " is ours", lambda n=name, m=model: is_default(n, m,
                                                                   pattern)
        for driver in drivers_of(name, model, pattern)[0]:
            for title, func in model.tests():
                def case(func=func, driver=driver, kind=model.kind):
                    with Tfm(kind, driver) as tfm:
                        func(tfm, random.Random(driver))
                yield "%s: %s" % (driver, title), case
            if OURS in driver:
                yield (driver + ": requests are counted",
                       lambda d=driver, n=requests(driver):
                       check("more than %d requests" % n, requests(d) > n, True))
    if not only:
        yield "no driver without a test", lambda: untested(pattern, algs)


def passes(func):
    try:
        func()
        return True
    except Wrong as exc:
        text = str(exc)
    except Exception as exc:    # One case is lost by it, and not all after it.
        text = "unexpected error: %r" % exc
    print("\n".join("# " + line for line in text.splitlines()))
    return False


def run(todo):
    """Runs (title, function) pairs as TAP cases; returns the exit status"""
    print("1..%d" % len(todo))
    failed = 0
    for number, (title, func) in enumerate(todo, 1):
        good = passes(func)
        failed += not good
        print("%s %d %s" % ("ok" if good else "not ok", number, title),
              flush=True)
    print("# Totals: pass:%d fail:%d xfail:0 xpass:0 skip:0 error:0" %
          (len(todo) - failed, failed))
    return KSFT_FAIL if failed else 0


def skip_reason(pattern):
    if os.geteuid() != 0:
        return "needs root"
    if pattern == OURS:
        subprocess.run(["modprobe", "-q", "wolfcrypt"], check=False)
        if not os.path.exists("/sys/kernel/wolfcrypt"):
            return "needs CONFIG_CRYPTO_WOLFCRYPT"
    if not os.path.exists("/proc/crypto"):
        return "needs /proc/crypto"
    for kind, name in (("skcipher", "ecb(aes)"), ("aead", "gcm(aes)"),
                       ("hash", "sha256")):
        try:
            Tfm(kind, name).sock.close()
        except OSError as exc:
            return "needs CONFIG_CRYPTO_USER_API_*: %s %s" % (name, exc)
    return None


def skipped(missing=lambda: None, pattern=OURS):
    """Begins the output. If it ends there, for what is missing, says so."""
    print("TAP version 13")
    reason = skip_reason(pattern) or missing()
    if reason:
        print("1..0 # SKIP", reason)
    return bool(reason)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pattern", default=OURS,
                        help="the drivers to test: a regular expression, to "
                        "be found in a driver's name")
    parser.add_argument("--only", help="a part of the algorithm's name")
    args = parser.parse_args()

    if skipped(pattern=args.pattern):
        return KSFT_SKIP

    return run(list(cases(args.pattern, args.only)))


if __name__ == "__main__":
    sys.exit(main())
