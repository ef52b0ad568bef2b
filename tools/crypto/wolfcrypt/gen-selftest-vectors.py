#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Write the vectors of wolfCrypt's self-tests, crypto/wolfcrypt/fips/vectors.h.

That file is what it prints.

The answers come from python3-cryptography, which is OpenSSL: a source
independent of the code under test. So are key schedules and the DRBG, which it does
not have, and which are computed here and held against NIST's examples. The output
depends on nothing else, so that it can be reproduced byte for byte.

Every test has a vector of its own, that of no other test: spoiling one of them
in the kernel's image breaks one test. Keys and messages are drawn from SHAKE256
of the test's name.
"""

import hashlib
import os
import struct
import sys
import warnings

from cryptography.hazmat.primitives import cmac, hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM
from cryptography.utils import CryptographyDeprecationWarning

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../../testing/selftests/wolfcrypt"))
from oracle import HashDrbg  # noqa: E402

# Newer versions are going to move CFB and OFB elsewhere, and say so.
warnings.simplefilter("ignore", CryptographyDeprecationWarning)

BLOCK = 16

# The implementations of each primitive, as the kernel calls them; "c" is the
# portable one.
SHA1_IMPLS = ["ni", "c"]
SHA256_IMPLS = ["ni", "avx2", "avx", "c"]
SHA512_IMPLS = ["avx2", "avx", "c"]
SHA3_IMPLS = ["bmi2", "c"]
AES_IMPLS = ["vaes-avx512", "vaes-avx2", "avx", "aesni", "c"]
GCM_IMPLS = ["vaes-avx512", "vaes-avx2", "avx2", "avx", "aesni", "c"]

# More associated data than the drivers let wait for the first data.
AAD_LEN = 5 * BLOCK + 5

GCM_IV_SIZE = 12

# ESP: the header, with a sequence number of 32 bits or of 64, the packet's IV,
# and what is before that in a nonce.
ESP_HEADER = 8
ESP_HEADER_ESN = 12
ESP_IV_SIZE = 8
RFC4106_SALT_SIZE = 4
RFC4309_SALT_SIZE = 3


# Blocks that are enough for a turn of an implementation's widest loop or for two,
# and for all of the narrower steps that come after it.
BLOCKS = {"vaes-avx512": 63, "vaes-avx2": 47, "avx": 23}
BLOCKS_ELSE = 10


def blocks_len(name):
    """Bytes of a message of whole blocks."""
    for impl, blocks in BLOCKS.items():
        if name.endswith(f"-{impl}"):
            return blocks * BLOCK
    return BLOCKS_ELSE * BLOCK


def partial_len(name):
    """The same with a part of a block, where the mode allows it."""
    return blocks_len(name) + 5


def draw(name, what, size):
    """Bytes that belong to one use in one test."""
    seed = f"wolfcrypt self-test {name} {what}"
    return hashlib.shake_256(seed.encode()).digest(size)


def sha(name, algorithm, size):
    message = draw(name, "message", size)
    ctx = hashes.Hash(algorithm)
    ctx.update(message)
    return {"in": message, "out": ctx.finalize()}


def hmac_sha(name, algorithm, size):
    # Longer than a block in the tests of the portable code: hashed first.
    key = draw(name, "key", 2 * algorithm.block_size + 3
               if name.endswith("-c") else algorithm.digest_size)
    message = draw(name, "message", size)
    ctx = hmac.HMAC(key, algorithm)
    ctx.update(message)
    return {"key": key, "in": message, "out": ctx.finalize()}


def check_drbg():
    """Examples of NIST's CAVP: with personalization and additional input, and
    with prediction resistance, which is a reseed before each request."""
    entropy = ("69ed82a9c57bbfe51d2fcb7ad3507d96b4b92b50775127743374baf130df8edf"
               "871d87bc96b2c3a7ed605e614e51291a")
    pers = "74a6e008f927ee1d6e3c282087ddd7543147784be56da373a965b110c1dc777c"
    addtl = ("74d36ddae8d6865f6301fdf27d06296d94d166f0d272674e77c53d9e03e3a578",
             "f6b63df07c2604c58bcd3e6a9f9c3a2edb4787e58e005e2b747fa6f680cd9b21")
    drbg = HashDrbg(bytes.fromhex(entropy), bytes.fromhex(pers))
    for text in addtl:
        out = drbg.generate(128, bytes.fromhex(text))
    assert out[:16].hex() == "a571243111fe13e1a82412fb37a127a5"

    entropy = ("72884ccd6c855770f70b8b86c1ebd24e3614ab18c49cc9cf1ae8f77b024973d7"
               "f1427dc63f292decd366513f1d8d5b4e")
    reseeds = (
        "389c91fac2a3468956083f6273d522a929633a1de55d5e4f67b0677a5e9e0c62",
        "b28f36b2f68d3913fa6c66cf628a7e8c1233719c69e4a5f08ceeeb9cf5319831")
    drbg = HashDrbg(bytes.fromhex(entropy))
    for text in reseeds:
        drbg.reseed(bytes.fromhex(text))
        out = drbg.generate(128)
    assert out[:16].hex() == "527ba3ad7177a449420461c7f0afa5fd"


# Many outputs of the hash, and a part of one.
DRBG_LEN = 1000


def drbg(name, what):
    seed = draw(name, "seed", 48)
    addtl = draw(name, "additional", 41)
    if what == "instantiate":
        ctx = HashDrbg(seed, addtl)
        return {"in": seed, "aad": addtl, "out": ctx.generate(DRBG_LEN)}
    ctx = HashDrbg(seed)
    if what == "generate":
        ctx.generate(DRBG_LEN, addtl)
        return {"key": seed, "in": addtl, "out": ctx.generate(DRBG_LEN, addtl)}
    entropy = draw(name, "entropy", 32)
    ctx.reseed(entropy, addtl)
    return {"key": seed, "in": entropy, "aad": addtl,
            "out": ctx.generate(DRBG_LEN)}


def gf_mul(a, b):
    """Product in GF(2^8), FIPS 197 section 4.2."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = a << 1 ^ (0x11b if a & 0x80 else 0)
        b >>= 1
    return product


def sub_byte(a):
    """The S-box, FIPS 197 section 5.1.1."""
    inverse = next((x for x in range(256) if gf_mul(a, x) == 1), 0)
    bits = inverse * 0x101
    return 0x63 ^ (inverse ^ bits >> 7 ^ bits >> 6 ^ bits >> 5 ^ bits >> 4) & 0xff


def expand_key(key):
    """The round keys, FIPS 197 section 5.2."""
    nk = len(key) // 4
    words = [key[i:i + 4] for i in range(0, len(key), 4)]
    rcon = 1
    for i in range(nk, 4 * (nk + 7)):
        word = words[i - 1]
        if i % nk == 0:
            word = bytes(map(sub_byte, word[1:] + word[:1]))
            word = bytes([word[0] ^ rcon]) + word[1:]
            rcon = gf_mul(rcon, 2)
        elif nk > 6 and i % nk == 4:
            word = bytes(map(sub_byte, word))
        words.append(bytes(a ^ b for a, b in zip(word, words[i - nk])))
    stream = b"".join(words)
    return [stream[i:i + BLOCK] for i in range(0, len(stream), BLOCK)]


def inv_mix_columns(block):
    """FIPS 197 section 5.3.3."""
    out = bytearray()
    for col in range(0, BLOCK, 4):
        for row in range(4):
            out.append(0)
            for i, factor in enumerate((0x0e, 0x0b, 0x0d, 0x09)):
                out[-1] ^= gf_mul(block[col + (row + i) % 4], factor)
    return bytes(out)


def check_expand_key():
    """The last words of the examples in FIPS 197 appendix A."""
    examples = {
        "2b7e151628aed2a6abf7158809cf4f3c": "b6630ca6",
        "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b": "01002202",
        "603deb1015ca71be2b73aef0857d7781"
        "1f352c073b6108d72d9810a30914dff4": "706c631e",
    }
    for key, last in examples.items():
        assert expand_key(bytes.fromhex(key))[-1][-4:].hex() == last


def aes_key(name, bits):
    """Both schedules, in their order of use (FIPS 197 section 5.3.5)."""
    key = draw(name, "key", bits // 8)
    enc = expand_key(key)
    dec = [enc[-1], *map(inv_mix_columns, enc[-2:0:-1]), enc[0]]
    return {"in": key, "out": b"".join(enc + dec)}


def encrypt(key, mode, plaintext):
    ctx = Cipher(algorithms.AES(key), mode).encryptor()
    return ctx.update(plaintext) + ctx.finalize()


def ordered(name, plaintext, ciphertext):
    """Which of the two goes in, and which must come out."""
    if "-decrypt" in name:
        return {"in": ciphertext, "out": plaintext}
    return {"in": plaintext, "out": ciphertext}


def aes(name, bits, mode, length):
    """A mode of SP 800-38A or 38E that the library has by itself."""
    size = length(name)
    key = draw(name, "key", bits // 8)
    iv = draw(name, "iv", BLOCK) if mode is not modes.ECB else b""
    plaintext = draw(name, "message", size)
    ciphertext = encrypt(key, mode(iv) if iv else mode(), plaintext)
    return {"key": key, "iv": iv, **ordered(name, plaintext, ciphertext)}


def aes_ctr(name, bits, length):
    """CTR, with a counter the low 64 bits of which overflow on the way."""
    size = length(name)
    key = draw(name, "key", bits // 8)
    iv = draw(name, "iv", BLOCK // 2) + struct.pack(">Q", 2**64 - 3)
    plaintext = draw(name, "message", size)
    ciphertext = encrypt(key, modes.CTR(iv), plaintext)
    return {"key": key, "iv": iv, **ordered(name, plaintext, ciphertext)}


def aes_cts(name, bits, length):
    """CBC-CS3, SP 800-38A addendum: CBC of the padded message, then a swap."""
    size = length(name)
    key = draw(name, "key", bits // 8)
    iv = draw(name, "iv", BLOCK)
    plaintext = draw(name, "message", size)
    ciphertext = encrypt(key, modes.CBC(iv), plaintext + bytes(-size % BLOCK))
    head = (size - 1) // BLOCK * BLOCK
    ciphertext = (ciphertext[:head - BLOCK] + ciphertext[head:] +
                  ciphertext[head - BLOCK:head])[:size]
    return {"key": key, "iv": iv, **ordered(name, plaintext, ciphertext)}


def aes_cmac(name, bits, length):
    size = length(name)
    key = draw(name, "key", bits // 8)
    message = draw(name, "message", size)
    ctx = cmac.CMAC(algorithms.AES(key))
    ctx.update(message)
    return {"key": key, "in": message, "out": ctx.finalize()}


def aead(name, key, construct, nonce, aad):
    plaintext = draw(name, "message", partial_len(name))
    return sealed(name, plaintext, construct(key).encrypt(nonce, plaintext, aad))


def sealed(name, plaintext, ciphertext):
    """The ciphertext is followed by the tag; a rejected one by a wrong tag."""
    if "-reject" in name:
        wrong = ciphertext[:-1] + bytes([ciphertext[-1] ^ 1])
        return {"in": wrong, "out": b""}
    return ordered(name, plaintext, ciphertext)


def aes_gcm(name, bits):
    key = draw(name, "key", bits // 8)
    iv = draw(name, "iv", GCM_IV_SIZE)
    aad = draw(name, "aad", AAD_LEN)
    return {"key": key, "iv": iv, "aad": aad,
            **aead(name, key, AESGCM, iv, aad)}


def aes_ccm(name, bits):
    """The driver's IV is a counter block: L - 1, the nonce, L bytes of 0."""
    key = draw(name, "key", bits // 8)
    nonce = draw(name, "nonce", BLOCK - 1 - 2)
    iv = bytes([2 - 1]) + nonce + bytes(2)
    aad = draw(name, "aad", AAD_LEN)
    return {"key": key, "iv": iv, "aad": aad,
            **aead(name, key, AESCCM, nonce, aad)}


def aes_esp(name, construct, salt_size, bits, header_size):
    """GCM or CCM with the nonces of ESP: a salt and the packet's IV.

    RFC 4106 and RFC 4309, sections 4 and 5. To the driver, the key ends with
    the salt, and the associated data with the IV, which isn't authenticated.
    """
    key = draw(name, "key", bits // 8)
    salt = draw(name, "salt", salt_size)
    iv = draw(name, "iv", ESP_IV_SIZE)
    header = draw(name, "aad", header_size)
    return {"key": key + salt, "iv": iv, "aad": header + iv,
            **aead(name, key, construct, salt + iv, header)}


# All of it is associated data, which no implementation takes by more blocks at once.
GMAC_LEN = 21 * BLOCK + 5


def aes_gmac_esp(name, bits, header_size):
    """RFC 4543: the message is authenticated as it is, after the packet's IV."""
    key = draw(name, "key", bits // 8)
    salt = draw(name, "salt", RFC4106_SALT_SIZE)
    iv = draw(name, "iv", ESP_IV_SIZE)
    aad = draw(name, "aad", header_size) + iv
    message = draw(name, "message", min(partial_len(name), GMAC_LEN))
    tag = AESGCM(key).encrypt(salt + iv, b"", aad + message)
    return {"key": key + salt, "iv": iv, "aad": aad,
            **sealed(name, message, message + tag)}


HASH_TESTS = [
    ("sha1", SHA1_IMPLS, hashes.SHA1(), 200),
    ("sha224", SHA256_IMPLS, hashes.SHA224(), 200),
    ("sha256", SHA256_IMPLS, hashes.SHA256(), 200),
    ("sha384", SHA512_IMPLS, hashes.SHA384(), 400),
    ("sha512", SHA512_IMPLS, hashes.SHA512(), 400),
]

# Whole blocks and a part of one, for every rate.
SHA3_TESTS = [
    ("sha3-224", hashes.SHA3_224(), 400),
    ("sha3-256", hashes.SHA3_256(), 400),
    ("sha3-384", hashes.SHA3_384(), 400),
    ("sha3-512", hashes.SHA3_512(), 400),
]

RFC4106 = aes_esp, AESGCM, RFC4106_SALT_SIZE
RFC4309 = aes_esp, AESCCM, RFC4309_SALT_SIZE

AES_TESTS = [
    ("key-aes-128", aes_key, 128),
    ("key-aes-192", aes_key, 192),
    ("key-aes-256", aes_key, 256),
    ("ecb-aes-128-encrypt", aes, 128, modes.ECB, blocks_len),
    ("ecb-aes-128-decrypt", aes, 128, modes.ECB, blocks_len),
    ("ecb-aes-192-encrypt", aes, 192, modes.ECB, blocks_len),
    ("ecb-aes-192-decrypt", aes, 192, modes.ECB, blocks_len),
    ("ecb-aes-256-encrypt", aes, 256, modes.ECB, blocks_len),
    ("ecb-aes-256-decrypt", aes, 256, modes.ECB, blocks_len),
    ("cbc-aes-encrypt", aes, 256, modes.CBC, blocks_len),
    ("cbc-aes-decrypt", aes, 256, modes.CBC, blocks_len),
    ("cts-cbc-aes-encrypt", aes_cts, 128, partial_len),
    ("cts-cbc-aes-decrypt", aes_cts, 128, partial_len),
    ("cfb-aes-encrypt", aes, 192, modes.CFB, partial_len),
    ("cfb-aes-decrypt", aes, 192, modes.CFB, partial_len),
    ("ofb-aes-encrypt", aes, 192, modes.OFB, partial_len),
    ("ofb-aes-decrypt", aes, 192, modes.OFB, partial_len),
    ("ctr-aes-encrypt", aes_ctr, 128, partial_len),
    ("ctr-aes-decrypt", aes_ctr, 128, partial_len),
    ("xts-aes-128-encrypt", aes, 2 * 128, modes.XTS, partial_len),
    ("xts-aes-128-decrypt", aes, 2 * 128, modes.XTS, partial_len),
    ("xts-aes-256-encrypt", aes, 2 * 256, modes.XTS, partial_len),
    ("xts-aes-256-decrypt", aes, 2 * 256, modes.XTS, partial_len),
    ("cmac-aes", aes_cmac, 256, partial_len),
    ("ccm-aes-encrypt", aes_ccm, 128),
    ("ccm-aes-decrypt", aes_ccm, 128),
    ("ccm-aes-reject", aes_ccm, 192),
    ("rfc4309-ccm-aes-encrypt", *RFC4309, 256, ESP_HEADER),
    ("rfc4309-ccm-aes-decrypt", *RFC4309, 256, ESP_HEADER_ESN),
    ("rfc4309-ccm-aes-reject", *RFC4309, 256, ESP_HEADER),
]

GCM_TESTS = [
    ("gcm-aes-encrypt", aes_gcm, 256),
    ("gcm-aes-decrypt", aes_gcm, 256),
    ("gcm-aes-reject", aes_gcm, 192),
    ("rfc4106-gcm-aes-encrypt", *RFC4106, 128, ESP_HEADER),
    ("rfc4106-gcm-aes-decrypt", *RFC4106, 128, ESP_HEADER_ESN),
    ("rfc4106-gcm-aes-reject", *RFC4106, 128, ESP_HEADER),
    ("rfc4543-gcm-aes-encrypt", aes_gmac_esp, 256, ESP_HEADER),
    ("rfc4543-gcm-aes-decrypt", aes_gmac_esp, 256, ESP_HEADER_ESN),
    ("rfc4543-gcm-aes-reject", aes_gmac_esp, 128, ESP_HEADER),
]


def all_vectors():
    for name, impls, algorithm, size in HASH_TESTS:
        for impl in impls:
            test = f"{name}-{impl}"
            yield test, sha(test, algorithm, size)
        for impl in impls:
            test = f"hmac-{name}-{impl}"
            yield test, hmac_sha(test, algorithm, size)

    for name, algorithm, size in SHA3_TESTS:
        for impl in SHA3_IMPLS:
            test = f"{name}-{impl}"
            yield test, sha(test, algorithm, size)

    for impl in SHA256_IMPLS:
        for what in "instantiate", "generate", "reseed":
            test = f"drbg-sha256-{what}-{impl}"
            yield test, drbg(test, what)

    for tests, impls in (AES_TESTS, AES_IMPLS), (GCM_TESTS, GCM_IMPLS):
        for impl in impls:
            for name, make, *args in tests:
                test = f"{name}-{impl}"
                yield test, make(test, *args)


def c_bytes(data):
    lines = []
    for i in range(0, len(data), BLOCK):
        text = "".join(f"\\x{byte:02x}" for byte in data[i:i + BLOCK])
        lines.append(f'\t\t\t"{text}"')
    return "(const u8 []){\n" + "\n".join(lines) + "\n\t\t}"


def c_vector(name, vector):
    lines = ["\t{", f'\t\t.name = "{name}",']
    for field in "key", "iv", "aad", "in", "out":
        if vector.get(field):
            lines.append(f"\t\t.{field} = {c_bytes(vector[field])},")
            lines.append(f"\t\t.{field}_len = {len(vector[field])},")
    lines.append("\t},")
    return "\n".join(lines)


def main():
    check_expand_key()
    check_drbg()
    vectors = list(all_vectors())
    for field in "key", "in":
        drawn = [v[field] for _, v in vectors if field in v]
        assert len(set(drawn)) == len(drawn)

    print("/* SPDX-License-Identifier: GPL-2.0-or-later */")
    print("/* Made by the script in tools/crypto/wolfcrypt/; don't edit. */")
    print()
    print("static const struct wolfcrypt_kat_vector wolfcrypt_kat_vectors[] = {")
    for name, vector in vectors:
        print(c_vector(name, vector))
    print("};")
    return 0


if __name__ == "__main__":
    sys.exit(main())
