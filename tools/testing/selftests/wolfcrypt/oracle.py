# SPDX-License-Identifier: GPL-2.0-or-later
"""What the answers should be: OpenSSL, by way of Python's cryptography.

Nothing in here asks the kernel. Modes that the package does not have are put
together from those it has, as their standards define them.
"""

import hashlib
import hmac as pyhmac
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import (AESCCM, AESGCM,
                                                         ChaCha20Poly1305)
from cryptography.hazmat.primitives.cmac import CMAC

BLOCK = 16


def _aes(key, mode, data):
    ctx = Cipher(algorithms.AES(key), mode).encryptor()
    return ctx.update(data) + ctx.finalize()


def ecb(key, _iv, data):
    """SP 800-38A section 6.1"""
    return _aes(key, modes.ECB(), data)


def cbc(key, iv, data):
    """SP 800-38A section 6.2"""
    return _aes(key, modes.CBC(iv), data)


def cfb(key, iv, data):
    """SP 800-38A section 6.3, with segments of 128 bits"""
    return _aes(key, modes.CFB(iv), data)


def ofb(key, iv, data):
    """SP 800-38A section 6.4"""
    return _aes(key, modes.OFB(iv), data)


def ctr(key, iv, data):
    """SP 800-38A section 6.5, with a counter of 128 bits"""
    return _aes(key, modes.CTR(iv), data)


def cts(key, iv, data):
    """CBC-CS3 of the addendum to SP 800-38A"""
    if len(data) == BLOCK:
        return cbc(key, iv, data)
    tail = (len(data) - 1) % BLOCK + 1
    out = cbc(key, iv, data + bytes(BLOCK - tail))
    head, before, last = out[:-2 * BLOCK], out[-2 * BLOCK:-BLOCK], out[-BLOCK:]
    return head + last + before[:tail]


def xts(key, iv, data):
    """IEEE 1619, SP 800-38E"""
    if len(key) == 48:
        return _xts_from_ecb(key, iv, data)
    return _aes(key, modes.XTS(iv), data)


def _xts_from_ecb(key, iv, data):
    """XTS-AES-192 over whole blocks: OpenSSL has no such cipher."""
    half = len(key) // 2
    tweak = int.from_bytes(ecb(key[half:], None, iv), "little")
    mask = b""
    for _ in range(len(data) // BLOCK):
        mask += tweak.to_bytes(BLOCK, "little")
        tweak <<= 1
        if tweak >> 128:
            tweak ^= (1 << 128) | 0x87
    return xor(ecb(key[:half], None, xor(data, mask)), mask)


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def gcm(key, iv, aad, data, tag):
    """SP 800-38D: a shorter tag is the beginning of the full one"""
    out = AESGCM(key).encrypt(iv, data, aad)
    return out[:len(data) + tag]


def rfc4106(key, iv, aad, data, tag):
    """GCM as ESP uses it: a salt after the key, the IV copied after the AAD"""
    return gcm(key[:-4], key[-4:] + iv, aad[:-8], data, tag)


def rfc4543(key, iv, aad, data, tag):
    """GMAC as ESP uses it: nothing is encrypted, all is authenticated"""
    return data + gcm(key[:-4], key[-4:] + iv, aad + data, b"", tag)


def ccm(key, iv, aad, data, tag):
    """SP 800-38C; the kernel's IV is L - 1, the nonce, and room for L bytes"""
    return AESCCM(key, tag).encrypt(iv[1:15 - iv[0]], data, aad)


def rfc4309(key, iv, aad, data, tag):
    """CCM as ESP uses it"""
    return AESCCM(key[:-3], tag).encrypt(key[-3:] + iv, data, aad[:-8])


def chacha20(key, iv, data):
    """RFC 8439 section 2.4; OpenSSL carries from the block's number into the nonce"""
    first = int.from_bytes(iv[:4], "little")
    until_wrap = 64 * (2 ** 32 - first)
    out = b""
    for start, part in (iv, data[:until_wrap]), (bytes(4) + iv[4:], data[until_wrap:]):
        out += Cipher(algorithms.ChaCha20(key, start), None).encryptor().update(part)
    return out


def rfc7539(key, iv, aad, data, _tag):
    """RFC 8439 section 2.8"""
    return ChaCha20Poly1305(key).encrypt(iv, data, aad)


def rfc7539esp(key, iv, aad, data, tag):
    """RFC 7634: a salt after the key, the IV copied after the AAD"""
    return rfc7539(key[:-4], key[-4:] + iv, aad[:-8], data, tag)


def digest(name):
    """FIPS 180-4, FIPS 202"""
    return lambda _key, data: hashlib.new(name, data).digest()


def hmac(name):
    """FIPS 198-1"""
    return lambda key, data: pyhmac.new(key, data, name).digest()


def rfc3686(key, iv, data):
    """The key's last bytes, the IV, and the number of a block, from 1 on"""
    return ctr(key[:-4], key[-4:] + iv + struct.pack(">I", 1), data)


# The kernel's header of such a key: its own size and kind, in the order of this
# machine's bytes, and the size of the cipher's key, which is the last part
AUTHENC_HEADER = struct.Struct("=HH")
AUTHENC_KIND = 1


def authenc_key(mac_key, key):
    """As authenc() takes it: see struct crypto_authenc_key_param"""
    size = struct.pack(">I", len(key))
    return AUTHENC_HEADER.pack(AUTHENC_HEADER.size + len(size),
                               AUTHENC_KIND) + size + mac_key + key


def authenc(mode, mac):
    """Encryption, and a MAC of that and what is before it (RFC 4303 section 3.3.2)"""
    def seal(key, iv, aad, data, tag):
        at = len(key) - int.from_bytes(key[4:8], "big")
        data = mode(key[at:], iv, data)
        return data + mac(key[8:at], aad + data)[:tag]
    return seal


def cmac(key, data):
    """SP 800-38B"""
    ctx = CMAC(algorithms.AES(key))
    ctx.update(data)
    return ctx.finalize()


def essiv(key, sector):
    """dm-crypt's essiv:sha256 for one sector"""
    return ecb(hashlib.sha256(key).digest(), None, plain64(sector))


def plain64(sector):
    """dm-crypt's plain64 for one sector"""
    return sector.to_bytes(BLOCK, "little")


SECTOR = 512

DM_CRYPT = {"aes-xts-plain64": (xts, lambda key, number: plain64(number)),
            "aes-cbc-plain64": (cbc, lambda key, number: plain64(number)),
            "aes-cbc-essiv:sha256": (cbc, essiv)}


def sectors(cipher, key, data, first=0, size=SECTOR, large=False):
    """What dm-crypt writes in sectors of @size.

    @first is the number for the first IV. They count 512 bytes each, or with @large
    (iv_large_sectors) a sector.
    """
    mode, iv = DM_CRYPT[cipher]
    out = []
    for at in range(0, len(data), size):
        number = first + at // SECTOR
        if large:
            number //= size // SECTOR
        out.append(mode(key, iv(key, number), data[at:at + size]))
    return b"".join(out)


def _sealed_gcm(key, number, iv, data):
    out = gcm(key, iv, struct.pack("<Q", number) + iv, data, BLOCK)
    return out[:-BLOCK], out[-BLOCK:]


def _sealed_hmac(key, number, iv, data):
    """Encrypted with all of the key but the last 32 bytes, with which it is signed"""
    out = xts(key[:-32], iv, data)
    return out, hmac("sha256")(key[-32:], struct.pack("<Q", number) + iv + out)


# What dm-crypt writes of a sector, and its tag, by cryptsetup's name of the integrity
SEALED = {"aead": _sealed_gcm, "hmac-sha256": _sealed_hmac}


class HashDrbg:
    """Hash_DRBG with SHA-256, SP 800-90A Rev. 1 section 10.1.1."""

    SEEDLEN = 55

    def __init__(self, entropy, pers=b""):
        self.set_seed(entropy + pers)

    @staticmethod
    def hash(data):
        return hashlib.sha256(data).digest()

    def hash_df(self, data):
        bits = struct.pack(">I", 8 * self.SEEDLEN)
        return b"".join(self.hash(bytes([i]) + bits + data)
                        for i in (1, 2))[:self.SEEDLEN]

    def set_seed(self, material):
        self.v = self.hash_df(material)
        self.c = self.hash_df(b"\0" + self.v)
        self.counter = 1

    def reseed(self, entropy, addtl=b""):
        self.set_seed(b"\1" + self.v + entropy + addtl)

    def plus(self, *terms):
        total = int.from_bytes(self.v, "big") + sum(
            t if isinstance(t, int) else int.from_bytes(t, "big")
            for t in terms)
        return (total % 2 ** (8 * self.SEEDLEN)).to_bytes(self.SEEDLEN, "big")

    def generate(self, size, addtl=b""):
        if addtl:
            self.v = self.plus(self.hash(b"\2" + self.v + addtl))
        out = b"".join(self.hash(self.plus(i))
                       for i in range(-(-size // 32)))[:size]
        self.v = self.plus(self.hash(b"\3" + self.v), self.c, self.counter)
        self.counter += 1
        return out
