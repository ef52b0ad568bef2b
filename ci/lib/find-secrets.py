#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Search the memory of a guest for the secrets of ci/lib/guest/secrets.c.

find-secrets.py RAM LIST [KALLSYMS]

LIST says which secrets there were, one "live|gone NUMBER LENGTH ALGORITHM DRIVER" per
line. A live one must be found, as its driver keeps it; of one that is gone nothing
may be found: neither the secret nor what is derived from it, whole or in parts. Each
line of the output is about a thing that is found, with the place of its longest part,
or that should be and isn't; the status is 1 if there is any. With the guest's
KALLSYMS, a line also names the functions whose return addresses are nearby, to tell
on whose stack the place is.
"""

import bisect
import hashlib
import mmap
import os
import re
import struct
import sys
from collections import namedtuple
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tools/testing/selftests/wolfcrypt"))
import oracle  # noqa: E402

PAGE = 4096
CHUNK = 16 * PAGE
WINDOW = 8
# An interrupt saves registers on the stack, each of which may have a word of a secret:
# shorter runs are no defect of the code that ran.
MIN_RUN = 16

# As in secrets.c, which makes its secrets, data and IVs likewise.
DATA_SIZE = 5008
MASK64 = (1 << 64) - 1


def secret(number, length):
    def byte(i):
        x = (number * 0x9E3779B97F4A7C15 + i * 0xBF58476D1CE4E5B9 + 1) & MASK64
        x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & MASK64
        x = ((x ^ x >> 27) * 0x94D049BB133111EB) & MASK64
        return (x ^ x >> 31) & 255
    return bytes(byte(i) for i in range(length))


DATA = bytes((7 * i + 13) & 255 for i in range(DATA_SIZE))
IV = bytes([3] + [0xa0 + i for i in range(1, 12)] + [0] * 4)


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


# AES (FIPS 197), bytes as they are in memory.

def xtime(x):
    return (x << 1) ^ (0x11b if x & 0x80 else 0)


def gf_mul(x, y):
    r = 0
    while y:
        r ^= x if y & 1 else 0
        x, y = xtime(x), y >> 1
    return r


def make_sbox():
    sbox = bytearray(256)
    for x in range(256):
        inverse = next((y for y in range(256) if gf_mul(x, y) == 1), 0)
        bits = inverse * 0x101010101 & 0xfffffffff
        sbox[x] = (bits ^ bits >> 4 ^ bits >> 5 ^ bits >> 6 ^ bits >> 7) & 255 ^ 0x63
    return bytes(sbox)


SBOX = make_sbox()
MUL = {k: bytes(gf_mul(x, k) for x in range(256)) for k in (2, 3, 9, 11, 13, 14)}


def mix(state, factors):
    """MixColumns() or its inverse."""
    a, b, c, d = (MUL.get(k, bytes(range(256))) for k in factors)
    out = bytearray()
    for i in range(0, 16, 4):
        w, x, y, z = state[i:i + 4]
        out += bytes((a[w] ^ b[x] ^ c[y] ^ d[z], d[w] ^ a[x] ^ b[y] ^ c[z],
                      c[w] ^ d[x] ^ a[y] ^ b[z], b[w] ^ c[x] ^ d[y] ^ a[z]))
    return bytes(out)


class Aes:
    def __init__(self, key):
        if len(key) not in (16, 24, 32):
            raise ValueError("no AES key")
        nk = len(key) // 4
        words = [key[i:i + 4] for i in range(0, len(key), 4)]
        rcon = 1
        for i in range(nk, 4 * (nk + 7)):
            t = words[-1]
            if i % nk == 0:
                t = bytes(SBOX[x] for x in t[1:] + t[:1])
                t = bytes([t[0] ^ rcon]) + t[1:]
                rcon = xtime(rcon)
            elif nk > 6 and i % nk == 4:
                t = bytes(SBOX[x] for x in t)
            words.append(xor(words[i - nk], t))
        flat = b"".join(words)
        self.enc = [flat[i:i + 16] for i in range(0, len(flat), 16)]
        inner = [mix(k, (14, 11, 13, 9)) for k in reversed(self.enc[1:-1])]
        self.dec = [self.enc[-1]] + inner + [self.enc[0]]

    def encrypt(self, block):
        s = xor(block, self.enc[0])
        for i, key in enumerate(self.enc[1:]):
            s = bytes(SBOX[s[j * 5 % 16]] for j in range(16))
            if i < len(self.enc) - 2:
                s = mix(s, (2, 3, 1, 1))
            s = xor(s, key)
        return s


def bitsliced(key):
    """A round key as the eight planes of aes-ct.c."""
    planes = [0] * 8
    for pos, byte in enumerate(key):
        row, column = pos % 4, pos // 4
        for bit in range(8):
            planes[bit] |= (byte >> bit & 1) * 15 << 16 * row + 4 * column
    return b"".join(p.to_bytes(8, "little") for p in planes)


# SHA-1 and SHA-2 (FIPS 180-4): with the message schedule, which hashlib has not.

def root(n, k):
    """The integer part of the k-th root."""
    low, high = 0, 1 << n.bit_length() // k + 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle ** k <= n else (low, middle - 1)
    return low


PRIMES = [p for p in range(2, 410) if all(p % q for q in range(2, p))]


def fractions(primes, k, bits):
    return [root(p << k * bits, k) & (1 << bits) - 1 for p in primes]


Hash = namedtuple("Hash", "word block iv constants digest rotations")

SHA256_ROT = ((7, 18, 3), (17, 19, 10), (6, 11, 25), (2, 13, 22))
SHA512_ROT = ((1, 8, 7), (19, 61, 6), (14, 18, 41), (28, 34, 39))
SHA1_IV = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]
K64 = fractions(PRIMES[:80], 3, 64)
K32 = [k >> 32 for k in K64[:64]]
SHA384_IV = fractions(PRIMES[8:16], 2, 64)

HASHES = {
    "sha1": Hash(4, 64, SHA1_IV, [], 20, None),
    "sha224": Hash(4, 64, [v & 0xffffffff for v in SHA384_IV], K32, 28, SHA256_ROT),
    "sha256": Hash(4, 64, fractions(PRIMES[:8], 2, 32), K32, 32, SHA256_ROT),
    "sha384": Hash(8, 128, SHA384_IV, K64, 48, SHA512_ROT),
    "sha512": Hash(8, 128, fractions(PRIMES[:8], 2, 64), K64, 64, SHA512_ROT),
}


def rotate(x, n, bits):
    return (x >> n | x << bits - n) & (1 << bits) - 1


def schedule(h, block):
    bits = 8 * h.word
    w = [int.from_bytes(block[i:i + h.word], "big")
         for i in range(0, h.block, h.word)]
    if not h.constants:
        for t in range(16, 80):
            w.append(rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 31, 32))
        return w
    for t in range(16, len(h.constants)):
        s0, s1 = (rotate(x, r[0], bits) ^ rotate(x, r[1], bits) ^ x >> r[2]
                  for x, r in zip((w[t - 15], w[t - 2]), h.rotations))
        w.append(s1 + w[t - 7] + s0 + w[t - 16] & (1 << bits) - 1)
    return w


def compress_sha1(chain, w):
    a, b, c, d, e = chain
    for t in range(80):
        f, k = ((b & c | ~b & d, 0x5a827999), (b ^ c ^ d, 0x6ed9eba1),
                (b & c | b & d | c & d, 0x8f1bbcdc), (b ^ c ^ d, 0xca62c1d6))[t // 20]
        t = rotate(a, 27, 32) + f + e + k + w[t] & 0xffffffff
        a, b, c, d, e = t, a, rotate(b, 2, 32), c, d
    return [a, b, c, d, e]


def compress_sha2(h, chain, w):
    bits = 8 * h.word

    def sigma(x, r):
        return rotate(x, r[0], bits) ^ rotate(x, r[1], bits) ^ rotate(x, r[2], bits)

    v = list(chain)
    for k, word in zip(h.constants, w):
        t = v[7] + sigma(v[4], h.rotations[2]) + (v[4] & v[5] ^ ~v[4] & v[6]) + k + word
        u = sigma(v[0], h.rotations[3]) + (v[0] & v[1] ^ v[0] & v[2] ^ v[1] & v[2])
        v = [t + u] + v[:7]
        v[4] += t
        v[0] &= (1 << bits) - 1
        v[4] &= (1 << bits) - 1
    return v


def compress(h, chain, block):
    w = schedule(h, block)
    v = compress_sha2(h, chain, w) if h.constants else compress_sha1(chain, w)
    return [x + y & (1 << 8 * h.word) - 1 for x, y in zip(chain, v)]


def padded(h, message, before=0):
    length = 8 * (before + len(message))
    zeros = -(len(message) + 1 + h.block // 8) % h.block
    return message + b"\x80" + bytes(zeros) + length.to_bytes(h.block // 8, "big")


def blocks(h, data):
    return [data[i:i + h.block] for i in range(0, len(data), h.block)]


def digest(h, message):
    chain = h.iv
    for block in blocks(h, padded(h, message)):
        chain = compress(h, chain, block)
    return b"".join(v.to_bytes(h.word, "big") for v in chain)[:h.digest]


# SHA-3 (FIPS 202), on lanes as they are in memory: lane x + 5 * y is A[x, y].

SPONGES = {f"sha3-{bits}": 200 - bits // 4 for bits in (224, 256, 384, 512)}


def round_constants():
    """Section 3.2.5, from the linear feedback shift register of rc()."""
    register, bits = 1, []
    for _ in range(7 * 24):
        bits.append(register & 1)
        register = register << 1 ^ (0x171 if register & 0x80 else 0)
    return [sum(bits[j + 7 * i] << (1 << j) - 1 for j in range(7)) for i in range(24)]


KECCAK_RC = round_constants()


def rotate_left(x, n):
    return (x << n | x >> 64 - n) & MASK64


def keccak(state):
    """Keccak-f[1600], section 3.3."""
    for constant in KECCAK_RC:
        column = [state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20]
                  for x in range(5)]
        state = [lane ^ column[(i + 4) % 5] ^ rotate_left(column[(i + 1) % 5], 1)
                 for i, lane in enumerate(state)]
        moved, x, y, shift = list(state), 1, 0, 0
        for t in range(24):
            shift = (shift + t + 1) % 64
            moved[y + 5 * ((2 * x + 3 * y) % 5)] = rotate_left(state[x + 5 * y], shift)
            x, y = y, (2 * x + 3 * y) % 5
        state = [moved[i] ^ ~moved[i // 5 * 5 + (i + 1) % 5] & moved[i // 5 * 5 + (i + 2) % 5]
                 & MASK64 for i in range(25)]
        state[0] ^= constant
    return state


def sponge_states(rate, message):
    """The state before and after each permutation, as bytes."""
    padded_message = bytearray(message + b"\x06" + bytes(-(len(message) + 1) % rate))
    padded_message[-1] |= 0x80
    state = bytes(200)
    for at in range(0, len(padded_message), rate):
        state = xor(state, padded_message[at:at + rate].ljust(200, b"\0"))
        before = state
        lanes = [int.from_bytes(state[i:i + 8], "little") for i in range(0, 200, 8)]
        state = b"".join(lane.to_bytes(8, "little") for lane in keccak(lanes))
        yield before, state


def sponge_parts(rate, message):
    """The first state is the first block, which is looked for in any case; of the last
    one the digest is public."""
    states = list(sponge_states(rate, message))
    for i, (before, after) in enumerate(states):
        if i:
            yield f"block {i}, state with it", before, {}
        if i < len(states) - 1:
            yield f"block {i}, state after it", after, {}
    yield "last state", states[-1][1][(200 - rate) // 2:], {}


# GF(2^128) of GCM: bit 0 of a block, its most significant one, is the constant term.

GCM_R = 0xe1 << 120


def ghash_mul(x, y):
    r = 0
    for i in range(127, -1, -1):
        if y >> i & 1:
            r ^= x
        x = x >> 1 ^ (GCM_R if x & 1 else 0)
    return r


def ghash_div_x(v):
    return ((v << 1) & (1 << 128) - 1) ^ (1 | 0xc2 << 120 if v >> 127 else 0)


def reverse_bits(v):
    return int(f"{v:064b}"[::-1], 2)


def check_arithmetic():
    """Against FIPS 197 appendix C, hashlib, and the first GCM test with a block."""
    aes = Aes(bytes(range(32)))
    block = bytes.fromhex("00112233445566778899aabbccddeeff")
    assert aes.encrypt(block).hex() == "8ea2b7ca516745bfeafc49904b496089"
    for name, h in HASHES.items():
        for size in (3, 111, 300):
            assert digest(h, DATA[:size]) == hashlib.new(name, DATA[:size]).digest()
    for name, rate in SPONGES.items():
        size = (200 - rate) // 2
        states = list(sponge_states(rate, DATA[:300]))
        assert states[-1][1][:size] == hashlib.new(name.replace("-", "_"), DATA[:300]).digest()
    h = int.from_bytes(Aes(bytes(16)).encrypt(bytes(16)), "big")
    x = 0x0388dace60b6a392f328c2b971b2fe78
    assert ghash_mul(ghash_mul(x, h) ^ 128, h) == 0xf38cbb1ad69223dcc3457ae5b6b0f885


class Part:
    """Bytes to look for. What a driver keeps as long as it has the key is required;
    gone is what was, and isn't any more while the key is live. A run of min_run bytes
    is a find, seen by a window at each multiple of step."""

    def __init__(self, owner, what, data, required=False, gone=False, step=1,
                 min_run=MIN_RUN):
        self.owner = owner
        self.what = what
        self.data = bytes(data)
        self.required = required
        self.gone = gone
        self.step = step
        self.min_run = min(min_run, len(data))


def aes_parts(key, what=""):
    aes = Aes(key)
    yield what + "encryption schedule", b"".join(aes.enc), {"required": True}
    yield what + "decryption schedule", b"".join(aes.dec), {"required": True}
    # A plane has 16 bits of a key only, and in other data, too, some nibbles repeat.
    yield (what + "bitsliced schedule", b"".join(map(bitsliced, aes.enc)),
           {"step": 8, "min_run": 32})


def counter_stream(aes, block, count):
    value = int.from_bytes(block, "big")
    return b"".join(aes.encrypt((value + i).to_bytes(16, "big")) for i in range(count))


def feedback_stream(aes, data):
    out, block = b"", IV
    for i in range(0, DATA_SIZE, 16):
        out += aes.encrypt(block)
        block = xor(out[-16:], data[i:i + 16])
    return out


def skcipher_parts(alg, key):
    if alg == "xts(aes)":
        half = len(key) // 2
        yield from aes_parts(key[:half], "data key, ")
        yield from aes_parts(key[half:], "tweak key, ")
        tweak = int.from_bytes(Aes(key[half:]).encrypt(IV), "little")
        tweaks = []
        for _ in range(DATA_SIZE // 16 + 1):
            tweaks.append(tweak.to_bytes(16, "little"))
            tweak = (tweak << 1) & (1 << 128) - 1 ^ (0x87 if tweak >> 127 else 0)
        yield "tweaks", b"".join(tweaks), {}
        return
    yield from aes_parts(key)
    aes = Aes(key)
    if alg == "ctr(aes)":
        yield "key stream", counter_stream(aes, IV, DATA_SIZE // 16), {}
    elif alg == "cfb(aes)":
        yield "key stream", feedback_stream(aes, DATA), {}
    elif alg == "ofb(aes)":
        yield "key stream", feedback_stream(aes, bytes(DATA_SIZE)), {}


def gcm_parts(key, iv, blocks_of_stream=DATA_SIZE // 16):
    yield from gcm_key_parts(key)
    # The first block of it is the mask of the tag.
    yield ("key stream",
           counter_stream(Aes(key), iv + bytes([0, 0, 0, 1]), blocks_of_stream), {})


def gcm_key_parts(key):
    yield from aes_parts(key)
    aes = Aes(key)
    h = int.from_bytes(aes.encrypt(bytes(16)), "big")
    power = h
    for i in range(1, 17):
        for name, value in ((f"H^{i}", power), (f"H^{i}/x", ghash_div_x(power))):
            yield name, value.to_bytes(16, "big"), {}
            yield name + ", reversed", value.to_bytes(16, "little"), {}
            # The factors of Karatsuba's multiplication in gcm-ct.c.
            hi, lo = value >> 64, value & MASK64
            factor = [hi, lo, hi ^ lo]
            factor += [reverse_bits(v) for v in factor]
            yield (name + ", factors",
                   b"".join(v.to_bytes(8, "little") for v in factor), {})
        power = ghash_mul(power, h)


def ccm_parts(key, counter):
    yield from aes_parts(key)
    yield "key stream", counter_stream(Aes(key), counter, DATA_SIZE // 16), {}


def cmac_parts(key):
    def double(v):
        return (v << 1) & (1 << 128) - 1 ^ (0x87 if v >> 127 else 0)

    yield from aes_parts(key)
    el = Aes(key).encrypt(bytes(16))
    k1 = double(int.from_bytes(el, "big"))
    yield "L", el, {}
    yield "subkeys", b"".join(v.to_bytes(16, "big") for v in (k1, double(k1))), {
        "required": True}


def words(h, values):
    return [v.to_bytes(h.word, "little") for v in values]


def dependent(one, other):
    """Runs of the items that are not the same for another secret."""
    run = b""
    for x, y in zip(one, other):
        if x != y:
            run += x
            continue
        yield run
        run = b""
    yield run


def block_words(h, block):
    w = schedule(h, block)
    yield "message schedule", words(h, w)
    mask = (1 << 8 * h.word) - 1
    yield "message schedule with constants", words(
        h, [x + k & mask for x, k in zip(w, h.constants)])
    yield "block", [block[i:i + 1] for i in range(h.block)]


def block_parts(h, what, block, other):
    """What is in memory while a block is hashed; other is that of another secret."""
    for (name, one), (_, two) in zip(block_words(h, block), block_words(h, other)):
        for run in dependent(one, two):
            if len(run) >= MIN_RUN:
                yield f"{what}, {name}", run, {}


def message_parts(h, message, what="message"):
    other = bytes(x ^ 255 for x in message)
    chain = h.iv
    for i, (one, two) in enumerate(zip(blocks(h, padded(h, message)),
                                       blocks(h, padded(h, other)))):
        yield from block_parts(h, f"{what}, block {i}", one, two)
        chain = compress(h, chain, one)
        if i < len(padded(h, message)) // h.block - 1:
            yield f"{what}, chaining value {i}", b"".join(words(h, chain)), {}


def hmac_parts(h, key):
    k0, other = key, bytes(x ^ 255 for x in key)
    if len(key) > h.block:
        yield from message_parts(h, key, "key")
        k0, other = digest(h, key), digest(h, other)
        yield "K0", k0, {}
    for name, pad in (("inner", 0x36), ("outer", 0x5c)):
        one, two = (bytes(x ^ pad for x in k.ljust(h.block, b"\0"))
                    for k in (k0, other))
        yield from block_parts(h, name, one, two)
        yield (f"{name} chaining value", b"".join(words(h, compress(h, h.iv, one))),
               {"required": True})


def chacha_block(key, count, nonce):
    """RFC 8439 section 2.3"""
    if len(key + nonce) != 44:
        raise ValueError("a key of another size")
    first = struct.unpack("<16I", b"expand 32-byte k" + key + struct.pack("<I", count) + nonce)
    x = list(first)

    def quarter(a, b, c, d):
        for into, by, other, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            x[into] = x[into] + x[by] & 0xffffffff
            mixed = x[other] ^ x[into]
            x[other] = (mixed << bits | mixed >> 32 - bits) & 0xffffffff

    for _ in range(10):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return struct.pack("<16I", *(a + b & 0xffffffff for a, b in zip(x, first)))


def chacha_parts(key, count, nonce):
    blocks = [chacha_block(key, count + i, nonce) for i in range(DATA_SIZE // 64 + 1)]
    yield "key stream", b"".join(blocks), {}


def chachapoly_parts(key, nonce):
    yield from chacha_parts(key, 1, nonce)
    poly_key = chacha_block(key, 0, nonce)
    clamp = 0x0ffffffc0ffffffc0ffffffc0fffffff
    r = int.from_bytes(poly_key[:16], "little") & clamp
    yield "block 0", poly_key, {}
    yield "r", r.to_bytes(16, "little"), {}
    limbs = (r & (1 << 44) - 1, r >> 44 & (1 << 44) - 1, r >> 88)
    yield "r, 44 bits in a word", b"".join(v.to_bytes(8, "little") for v in limbs), {}
    # In the order of the lanes of a vector
    powers = [pow(r, i, (1 << 130) - 5) for i in (8, 4, 7, 3, 6, 2, 5, 1)]
    for shift in 0, 44, 88:
        row = (power >> shift & (1 << 44) - 1 for power in powers)
        yield (f"powers of r from bit {shift} on",
               b"".join(v.to_bytes(8, "little") for v in row), {})


class Drbg(oracle.HashDrbg):
    """One that keeps what it hashes"""

    def __init__(self, entropy):
        self.hashed = []
        super().__init__(entropy)

    def hash(self, data):
        self.hashed.append(data)
        return super().hash(data)


def authenc_parts(alg, key):
    """32 bytes for the MAC, and the rest for the cipher"""
    digest, mode = re.fullmatch(r"authenc\(hmac\((\w+)\),(.*)\)", alg).groups()
    yield from hmac_parts(HASHES[digest], key[:32])
    if mode == "cbc(aes)":
        yield from aes_parts(key[32:])
        return
    aes = Aes(key[32:-4])
    yield from aes_parts(key[32:-4])
    counter = key[-4:] + IV[:8] + (1).to_bytes(4, "big")
    yield "key stream", counter_stream(aes, counter, DATA_SIZE // 16), {}


def drbg_parts(entropy, predict):
    """After two requests of 64 bytes. What the next one begins with is all that may be
    left of the state (SP 800-90A section 8.8: backtracking resistance)."""
    drbg = Drbg(entropy)
    old = [("V", drbg.v)]
    for _ in range(2):
        if predict:
            old += [("C", drbg.c)]
            drbg.reseed(entropy)
            old += [("V", drbg.v)]
        old += [("H", oracle.HashDrbg.hash(b"\3" + drbg.v))]
        drbg.generate(64)
        old += [("V", drbg.v)]
    old.pop()
    yield "V", drbg.v, {"required": True}
    yield "C", drbg.c, {"required": True}
    for name, value in old:
        yield "old " + name, value, {"gone": True}
    for i, data in enumerate(drbg.hashed):
        # The entropy itself is the caller's.
        for what, run, options in message_parts(HASHES["sha256"], data, f"hash {i}"):
            yield what, run, {"gone": entropy not in data, **options}


def derived(alg, key, driver):
    if alg == "stdrng":
        return drbg_parts(key, driver.startswith("drbg_pr_"))
    if alg == "gcm(aes)":
        return gcm_parts(key, IV[:12])
    if alg == "rfc4106(gcm(aes))":
        return gcm_parts(key[:-4], key[-4:] + IV[:8])
    if alg == "rfc4543(gcm(aes))":
        return gcm_parts(key[:-4], key[-4:] + IV[:8], 1)
    if alg == "seqiv(rfc4106(gcm(aes)))":
        return gcm_key_parts(key[:-4])  # Its IVs are its own.
    if alg == "ccm(aes)":
        return ccm_parts(key, IV)
    if alg == "rfc4309(ccm(aes))":
        return ccm_parts(key[:-3], b"\3" + key[-3:] + IV[:8] + bytes(4))
    if alg == "cmac(aes)":
        return cmac_parts(key)
    if alg == "chacha20":
        return chacha_parts(key, int.from_bytes(IV[:4], "little"), IV[4:])
    if alg == "rfc7539(chacha20,poly1305)":
        return chachapoly_parts(key, IV[:12])
    if alg == "rfc7539esp(chacha20,poly1305)":
        return chachapoly_parts(key[:32], key[32:] + IV[:8])
    if alg.startswith("authenc("):
        return authenc_parts(alg, key)
    if alg.startswith("hmac("):
        return hmac_parts(HASHES[alg[5:-1]], key)
    if alg in HASHES:
        return message_parts(HASHES[alg], key)
    if alg in SPONGES:
        return sponge_parts(SPONGES[alg], key)
    if alg == "essiv(cbc(aes),sha256)":
        return essiv_parts(key)
    return skcipher_parts(alg, key)


def essiv_parts(key):
    """The driver of SHA-256 hashes a key here. The hash, the salt, is left out:
    essiv_skcipher_setkey() of the kernel's crypto/essiv.c leaves it on its stack."""
    yield from aes_parts(key)
    yield from message_parts(HASHES["sha256"], key, "key")
    # What of the salt's schedules isn't the salt, which is two round keys long.
    salt = Aes(hashlib.sha256(key).digest())
    yield "salt, encryption schedule", b"".join(salt.enc[2:]), {"required": True}
    yield "salt, decryption schedule", b"".join(salt.dec[:-2]), {"required": True}
    yield ("salt, bitsliced schedule", b"".join(map(bitsliced, salt.enc[2:])),
           {"step": 8, "min_run": 32})


def secret_parts(number, length, alg, driver):
    key = secret(number, length)
    owner = f"{number} {driver}"
    yield Part(owner, "secret", key, alg in HASHES or alg in SPONGES)
    try:
        for what, data, options in derived(alg, key, driver):
            yield Part(owner, what, data, **options)
    except ValueError:
        pass    # one that is refused: nothing is derived from it


def windows(parts):
    """A dictionary of numbers to look for: (part, offset) of each."""
    wanted = {}
    for part in parts:
        for offset in range(0, len(part.data) - WINDOW + 1, part.step):
            window = part.data[offset:offset + WINDOW]
            # Text, zeros and such are no proof.
            if len(set(window)) >= 5 or part.step == WINDOW:
                value = int.from_bytes(window, "little")
                wanted.setdefault(value, []).append((part, offset))
    return wanted


def hits(ram, wanted):
    """(position, number): those at multiples of 4. A window of any offset is among
    the wanted, so that a secret anywhere is seen if it has 11 bytes in a row."""
    values = wanted.keys()
    numbers = set(values)
    zeros = bytes(CHUNK)
    for pos in range(0, len(ram), CHUNK):
        data = ram[pos:pos + CHUNK + WINDOW]
        if data[:CHUNK] == zeros:
            continue
        for shift in (0, 4):
            end = shift + (len(data) - shift) // WINDOW * WINDOW
            view = memoryview(data)[shift:min(end, shift + CHUNK)].cast("Q")
            if numbers.isdisjoint(view):
                continue
            for i, value in enumerate(view):
                if value in numbers:
                    yield pos + shift + i * WINDOW, value


def run_around(ram, pos, data, offset):
    """How far the memory at pos is like the data at offset."""
    base, start, end = pos - offset, offset, offset + WINDOW
    while start > 0 and base + start > 0 and ram[base + start - 1] == data[start - 1]:
        start -= 1
    while end < len(data) and base + end < len(ram) and ram[base + end] == data[end]:
        end += 1
    return start, end


def find(ram, parts):
    """(part, position, start and end in the part) of every run."""
    wanted = windows(parts)
    seen = {}
    for pos, value in hits(ram, wanted):
        for part, offset in wanted[value]:
            if seen.get((part, pos - offset), -1) >= offset:
                continue
            start, end = run_around(ram, pos, part.data, offset)
            seen[part, pos - offset] = end
            if end - start >= part.min_run:
                yield part, pos - offset + start, start, end


class Symbols:
    def __init__(self, path):
        self.table = []
        if path:
            with open(path, encoding="ascii") as file:
                rows = (line.split()[:3] for line in file)
                self.table = sorted((int(address, 16), name)
                                    for address, kind, name in rows if kind in "tT")
        names = {name: address for address, name in self.table}
        self.start, self.end = names.get("_stext", 0), names.get("_etext", 0)

    def name(self, address):
        if not self.start <= address < self.end:
            return None
        at, name = self.table[bisect.bisect(self.table, (address, "~")) - 1]
        return f"{name}+{address - at:#x}" if address > at else None

    def around(self, ram, pos, reach=1024, count=6):
        """The nearest return addresses: the callers' are above."""
        pos &= ~7
        for label, positions in (("below", range(pos - 8, max(pos - reach, 0), -8)),
                                 ("above", range(pos, min(pos + reach, len(ram) - 8), 8))):
            names = (self.name(int.from_bytes(ram[p:p + 8], "little"))
                     for p in positions)
            found = [name for name in names if name][:count]
            if found:
                yield f"{label}: {' '.join(found)}"


def read_list(path):
    """Parts of the live secrets, and of those that are gone."""
    parts = {"live": [], "gone": []}
    with open(path, encoding="ascii") as file:
        for line in file:
            state, number, length, alg, driver = line.split()
            for part in secret_parts(int(number), int(length), alg, driver):
                parts["gone" if part.gone else state].append(part)
    return parts["live"], parts["gone"]


def main():
    check_arithmetic()
    live, gone = read_list(sys.argv[2])
    symbols = Symbols(sys.argv[3] if len(sys.argv) > 3 else None)
    file = os.open(sys.argv[1], os.O_RDONLY)
    ram = mmap.mmap(file, 0, prot=mmap.PROT_READ)

    found, strays = set(), {}
    is_gone = set(gone)
    for part, pos, start, end in find(ram, live + gone):
        if part in is_gone:
            strays.setdefault(part, []).append((end - start, pos, start))
        elif end - start == len(part.data) or part.what == "secret":
            found.add(part)

    required = [part for part in live if part.required]
    missing = [part for part in required if part not in found]
    for part in missing:
        print(f"MISSING: {part.owner}: {part.what}")
    for part, places in strays.items():
        size, pos, start = max(places)
        print(f"LEFT: {part.owner}: {part.what}: {len(places)} place(s), as at {pos:#x} "
              f"bytes {start} to {start + size - 1} of {len(part.data)}",
              *symbols.around(ram, pos), sep="; ")
    print(f"searched: {len(required)} things to be there, {len(missing)} missing; "
          f"{len(gone)} to be gone, {len(strays)} left")
    return 1 if missing or strays else 0


if __name__ == "__main__":
    sys.exit(main())
