#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernel TLS on a TCP connection runs on wolfCrypt.

One end of the connection is the kernel's TLS, and the other one is OpenSSL, which
opens or seals each record as the standards say; then both ends are the kernel's,
with keys of the test's choice, and with those of a handshake. The driver that holds
the keys is named. Changed records, those of another key and replayed ones must be
refused.
"""

import concurrent.futures
import datetime
import errno
import hashlib
import os
import random
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile

import af_alg
import netns
import oracle
from af_alg import check, check_error

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.ciphers.aead import (AESCCM, AESGCM,
                                                             ChaCha20Poly1305)
except ImportError as exc:
    print("TAP version 13\n1..0 # SKIP needs Python's cryptography:", exc)
    sys.exit(4)

# linux/tcp.h and linux/tls.h
TCP_ULP = 31
SOL_TLS = 282
TLS_TX = 1
TLS_RX = 2
TLS_RX_EXPECT_NO_PAD = 4
TLS_SET_RECORD_TYPE = 1
TLS_GET_RECORD_TYPE = 2
SSL_OP_ENABLE_KTLS = 1 << 3     # ssl.OP_ENABLE_KTLS, since Python 3.12
OPTIONS = {TLS_TX: "TLS_TX", TLS_RX: "TLS_RX"}

# RFC 8446 section 5.1
ALERT = 21
HANDSHAKE = 22
DATA = 23
HEADER = 5
WIRE_VERSION = 0x0303       # in a record of TLS 1.3, too
MOST = 1 << 14

TAG = 16
EXPLICIT = 8                # the part of a nonce that TLS 1.2 sends

SIZES = (1, 15, 16, 17, 255, 1000, 4096, 16384, 16385, 100000)
# To each cipher of AES another one with a struct of the same size
AS_LONG = {51: 53, 52: 54, 53: 51}

# Bytes that each end sends to the other when both do at once
STREAM = (1 << 17) if af_alg.QUICK else (1 << 19)

FULL_DUPLEX = ((0, TLS_TX), (0, TLS_RX), (1, TLS_TX), (1, TLS_RX))


class Direction:
    """The keys of one sender, and the sequence number of the next record"""

    version = None

    def __init__(self, suite, rng):
        self.rng = rng
        self.cipher = suite.cipher
        self.key = rng.randbytes(suite.key_size)
        self.salt = rng.randbytes(suite.salt_size)
        # Both have carries soon.
        self.iv = rng.randbytes(10 - suite.salt_size) + b"\xff\xfd"
        self.sequence = int.from_bytes(rng.randbytes(4) + b"\0\xff\xff\xfb", "big")
        self.aead = suite.aead(self.key)

    def info(self, version=None, cipher=None, key=None):
        """struct tls12_crypto_info_*, for the records from the next one on"""
        head = struct.pack("=HH", self.version if version is None else version,
                           self.cipher if cipher is None else cipher)
        return (head + self.iv + (key or self.key) + self.salt +
                struct.pack(">Q", self.sequence))

    def number(self):
        """The next record's sequence number, as it is authenticated"""
        self.sequence += 1
        return struct.pack(">Q", self.sequence - 1)

    def nonce(self):
        """RFC 8446 section 5.3, RFC 7905"""
        return oracle.xor(self.salt + self.iv, bytes(4) + self.number())

    def decrypt(self, nonce, data, aad):
        try:
            return self.aead.decrypt(nonce, data, aad)
        except InvalidTag as exc:
            raise af_alg.Wrong("a record isn't authentic") from exc


class Tls12(Direction):
    """RFC 5246 section 6.2.3.3, with the nonces of RFC 5288 and RFC 6655"""

    title = "TLS 1.2"
    version = 0x0303
    overhead = HEADER + EXPLICIT + TAG

    def __init__(self, suite, rng):
        super().__init__(suite, rng)
        self.nonces = set()

    def seal(self, data, kind=DATA):
        # No receiver may expect any order of them.
        explicit = self.rng.randbytes(EXPLICIT)
        aad = self.number() + struct.pack(">BHH", kind, WIRE_VERSION, len(data))
        body = explicit + self.aead.encrypt(self.salt + explicit, data, aad)
        return struct.pack(">BHH", kind, WIRE_VERSION, len(body)) + body

    def open(self, header, body):
        """Type and data of a record"""
        explicit, data = body[:EXPLICIT], body[EXPLICIT:]
        check("a nonce was used before", explicit in self.nonces, False)
        self.nonces.add(explicit)
        aad = self.number() + header[:3] + struct.pack(">H", len(data) - TAG)
        return header[0], self.decrypt(self.salt + explicit, data, aad)


class Tls12Implicit(Direction):
    """RFC 7905: ChaCha20-Poly1305 in TLS 1.2 has the nonces of TLS 1.3"""

    title = "TLS 1.2"
    version = 0x0303
    overhead = HEADER + TAG

    def aad(self, kind, size):
        return struct.pack(">QBHH", self.sequence, kind, WIRE_VERSION, size)

    def seal(self, data, kind=DATA):
        aad = self.aad(kind, len(data))
        body = self.aead.encrypt(self.nonce(), data, aad)
        return struct.pack(">BHH", kind, WIRE_VERSION, len(body)) + body

    def open(self, header, body):
        """Type and data of a record"""
        aad = self.aad(header[0], len(body) - TAG)
        return header[0], self.decrypt(self.nonce(), body, aad)


class Tls13(Direction):
    """RFC 8446 sections 5.2 to 5.4"""

    title = "TLS 1.3"
    version = 0x0304
    overhead = HEADER + 1 + TAG

    def seal(self, data, kind=DATA):
        padding = self.rng.choice((0, 0, 1, 16, 99))
        inner = data + bytes([kind]) + bytes(min(padding, MOST - len(data)))
        header = struct.pack(">BHH", DATA, WIRE_VERSION, len(inner) + TAG)
        return header + self.aead.encrypt(self.nonce(), inner, header)

    def open(self, header, body):
        """Type and data of a record"""
        check("the type outside", header[0], DATA)
        inner = self.decrypt(self.nonce(), body, header).rstrip(b"\0")
        check("there is a type inside", bool(inner), True)
        return inner[-1], inner[:-1]


class Suite:
    """A version of TLS with a cipher; @cipher: its number in linux/tls.h"""

    salt_size = 4

    def __init__(self, version, cipher, key_size, mode):
        self.version = version
        self.cipher = cipher
        self.key_size = key_size
        self.aead = {"gcm": AESGCM, "ccm": lambda key: AESCCM(key, TAG)}[mode]
        self.driver = mode + "-aes-wolfcrypt"
        self.title = "%s, AES-%d-%s" % (version.title, 8 * key_size, mode.upper())

    def direction(self, rng):
        return self.version(self, rng)


class ChaChaSuite:
    """ChaCha20-Poly1305, which has all of its nonce in the key material, and no salt"""

    cipher = 54
    key_size = 32
    salt_size = 0
    aead = ChaCha20Poly1305
    # On a CPU without AVX2 it is the kernel's own.
    driver = "rfc7539-chacha20-poly1305-wolfcrypt" if af_alg.HAS_CHACHA else None

    def __init__(self, version):
        self.version = version
        self.title = version.title + ", CHACHA20-POLY1305"

    def direction(self, rng):
        return self.version(self, rng)


SUITES = [Suite(version, *cipher) for version in (Tls12, Tls13)
          for cipher in ((51, 16, "gcm"), (52, 32, "gcm"), (53, 16, "ccm"))]
CHACHA_SUITES = [ChaChaSuite(version) for version in (Tls12Implicit, Tls13)]
if af_alg.HAS_CHACHA:
    SUITES += CHACHA_SUITES


def connect():
    """The two ends of a connection"""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        ends = [socket.create_connection(listener.getsockname(), 10),
                listener.accept()[0]]
    for sock in ends:
        sock.settimeout(10)
        # Each call's bytes are to make a segment of their own.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return ends


class Link:
    """A connection; each end has a direction in which it sends

    @settings: (end, option) for what the kernel's TLS is to do
    """

    def __init__(self, suite, rng, *settings):
        self.directions = [suite.direction(rng), suite.direction(rng)]
        self.settings = settings
        self.ends = []

    def __enter__(self):
        self.ends = connect()
        for sock in self.ends:
            sock.setsockopt(socket.IPPROTO_TCP, TCP_ULP, b"tls")
        for end, option in self.settings:
            self.set(end, option)
        return self

    def __exit__(self, *_):
        for sock in self.ends:
            sock.close()

    def direction(self, end, option):
        return self.directions[end if option == TLS_TX else 1 - end]

    def set(self, end, option, **changes):
        info = self.direction(end, option).info(**changes)
        self.ends[end].setsockopt(SOL_TLS, option, info)

    def seal(self, data, kind=DATA):
        """As many records as it takes, from the first end"""
        return b"".join(self.directions[0].seal(data[at:at + MOST], kind)
                        for at in range(0, max(len(data), 1), MOST))

    def next_record(self):
        """Type and data of the first end's next record, opened by OpenSSL"""
        header = receive(self.ends[1], HEADER)
        version, size = struct.unpack(">HH", header[1:])
        check("version", hex(version), hex(WIRE_VERSION))
        kind, data = self.directions[0].open(header, receive(self.ends[1], size))
        check("a record's data is longer than TLS allows", len(data) > MOST, False)
        return kind, data

    def next_data(self, size):
        """That many bytes, and no more, of the first end's next records"""
        out = b""
        while len(out) < size:
            kind, data = self.next_record()
            check("type", kind, DATA)
            out += data
        return out


def receive(sock, size, most=1 << 20):
    """All of that many bytes, with room for @most of them in a call"""
    data = bytearray(size)
    at = 0
    while at < size:
        count = sock.recv_into(memoryview(data)[at:at + most])
        check("bytes before the end of the connection", at if not count else size, size)
        at += count
    return bytes(data)


def send_record(sock, kind, data):
    sock.sendmsg([data], [(SOL_TLS, TLS_SET_RECORD_TYPE, bytes([kind]))])


def receive_record(sock):
    """Type and data"""
    data, control, _, _ = sock.recvmsg(MOST, socket.CMSG_SPACE(1))
    check("control messages", [entry[:2] for entry in control],
          [(SOL_TLS, TLS_GET_RECORD_TYPE)])
    return control[0][2][0], data


def references(driver):
    return sum(int(alg["refcnt"]) for alg in af_alg.proc_crypto()
               if alg["driver"].startswith(driver))


def statistics():
    with open("/proc/net/tls_stat", encoding="ascii") as file:
        return {name: int(count) for name, count in map(str.split, file)}


def decrypt_errors():
    return statistics()["TlsDecryptError"]


def ours(suite, rng):
    """Each key is a reference to the driver, for as long as its socket is open."""
    before = count = references(suite.driver)
    with Link(suite, rng) as link:
        for end, option in FULL_DUPLEX:
            link.set(end, option)
            count += 1
            check("references to %s after %s" % (suite.driver, OPTIONS[option]),
                  references(suite.driver), count)
        print("# %s: %s" % (suite.title, ", ".join(
            alg["driver"] for alg in af_alg.proc_crypto()
            if alg["driver"].startswith(suite.driver))))
        link.ends[0].close()
        check("references after one end's close", references(suite.driver), before + 2)
    check("references after both", references(suite.driver), before)


def sent(suite, rng):
    with Link(suite, rng, (0, TLS_TX)) as link:
        sock = link.ends[0]
        for size in SIZES:
            data = rng.randbytes(size)
            sock.sendall(data)
            check("%d bytes" % size, link.next_data(size), data)

            parts = af_alg.pieces(rng, data, 1 + size // 7)
            check("bytes sent", sock.sendmsg(parts), size)
            check("%d bytes in pieces" % size, link.next_data(size), data)

            send_file(sock, data, size // 3)
            check("%d bytes of a file" % (size - size // 3),
                  link.next_data(size - size // 3), data[size // 3:])

        data = rng.randbytes(1000)
        sock.send(data[:333], socket.MSG_MORE)
        sock.send(data[333:])
        check("one record of two calls", link.next_record(), (DATA, data))

        sock.close()
        check("after the last record", link.ends[1].recv(1), b"")


def send_file(sock, data, start):
    with os.fdopen(os.memfd_create("ktls"), "w+b") as file:
        file.write(data)
        file.flush()
        check("bytes of sendfile()", sock.sendfile(file, start), len(data) - start)
        file.seek(0)
        check("the file afterwards", file.read(), data)


def received(suite, rng):
    with Link(suite, rng, (1, TLS_RX)) as link:
        received_by(link, rng)
        if suite.version is Tls13:
            # Straight into the reader's memory, as TLS 1.2 does
            link.ends[1].setsockopt(SOL_TLS, TLS_RX_EXPECT_NO_PAD, 1)
            received_by(link, rng)
        link.ends[0].close()
        check("after the last record", link.ends[1].recv(1), b"")


def received_by(link, rng):
    raw, sock = link.ends
    for size in SIZES:
        # Only where there is room for a record is it put there straight.
        for most in (size, 1 + size // 3):
            data = rng.randbytes(size)
            raw.sendall(link.seal(data))
            check("%d bytes, up to %d at once" % (size, most),
                  receive(sock, size, most), data)

    parts = [rng.randbytes(size) for size in (100, 1, 0, 16, 17, 4096, 0, 15, 255)]
    data = b"".join(parts)
    for most in (len(data), 50):
        raw.sendall(b"".join(link.seal(part) for part in parts))
        check("records in one segment, up to %d at once" % most,
              receive(sock, len(data), most), data)

    for size in (3, 1000, 16000):
        cut_record(link, rng.randbytes(size))


def cut_record(link, data):
    """In the header, the nonce, the data and the tag"""
    raw, sock = link.ends
    record = link.seal(data)
    cuts = sorted({0, 1, 4, HEADER, HEADER + 3, HEADER + EXPLICIT, len(record) // 2,
                   len(record) - TAG, len(record) - 1})
    sock.setblocking(False)
    for start, end in zip(cuts, cuts[1:]):
        raw.sendall(record[start:end])
        check_error("%d of %d bytes of a record" % (end, len(record)), errno.EAGAIN,
                    sock.recv, 1)
    sock.settimeout(10)
    raw.sendall(record[cuts[-1]:])
    check("%d bytes in several segments" % len(data), receive(sock, len(data)), data)


def both_ways(suite, rng):
    """Sent and received by threads of their own at both ends"""
    with Link(suite, rng, *FULL_DUPLEX) as link, \
         concurrent.futures.ThreadPoolExecutor(4) as pool:
        streams = [rng.randbytes(STREAM), rng.randbytes(STREAM)]
        work = [pool.submit(send_stream, link.ends[end], streams[end],
                            random.Random(end)) for end in range(2)]
        digests = [pool.submit(receive_stream, link.ends[1 - end],
                               random.Random(2 + end)) for end in range(2)]
        for end in range(2):
            check("what end %d sent" % end, digests[end].result(),
                  hashlib.sha256(streams[end]).digest())
            work[end].result()


def send_stream(sock, data, rng):
    at = 0
    while at < len(data):
        size = rng.choice((rng.randint(1, 2000), rng.randint(1, 50000)))
        sock.sendall(data[at:at + size])
        at += size


def receive_stream(sock, rng, size=STREAM):
    ctx = hashlib.sha256()
    left = size
    while left:
        data = sock.recv(min(left, rng.choice((rng.randint(1, 2000), 50000))))
        check("end of the connection", bool(data), True)
        ctx.update(data)
        left -= len(data)
    return ctx.digest()


def control_records(suite, rng):
    alert = (ALERT, b"\1\0")
    finished = (HANDSHAKE, rng.randbytes(300))

    with Link(suite, rng, (0, TLS_TX)) as link:
        sock = link.ends[0]
        for record in (alert, (DATA, b"data"), finished):
            send_record(sock, *record)
            check("type and data", link.next_record(), record)
        # What was held back has to go before it, with its own type.
        sock.send(b"held back", socket.MSG_MORE)
        send_record(sock, *alert)
        for record in ((DATA, b"held back"), alert):
            check("type and data", link.next_record(), record)

    with Link(suite, rng, (1, TLS_RX)) as link:
        raw, sock = link.ends
        order = ((DATA, b"before"), alert, finished, (DATA, b"after"))
        raw.sendall(b"".join(link.seal(data, kind) for kind, data in order))
        for record in order:
            check("type and data", receive_record(sock), record)
        raw.sendall(link.seal(alert[1], ALERT))
        check_error("an alert without room for its type", errno.EIO, sock.recv, 99)
        check("the alert afterwards", receive_record(sock), alert)

    with Link(suite, rng, *FULL_DUPLEX) as link:
        for sender, receiver in (link.ends, link.ends[::-1]):
            sender.sendall(b"before")
            send_record(sender, *alert)
            sender.sendall(b"after")
            for record in ((DATA, b"before"), alert, (DATA, b"after")):
                check("type and data", receive_record(receiver), record)


def refused(link, what, record, size):
    """@record, of @size bytes of data, is not authentic."""
    raw, sock = link.ends
    before = decrypt_errors()
    raw.sendall(record)
    # Without room for all of it the kernel decrypts to memory of its own. With
    # room, TLS 1.2 decrypts straight to the reader's, and nothing wipes that.
    data = bytearray(size - 1)
    check_error(what, errno.EBADMSG, sock.recv_into, data)
    check("what the reader has", bytes(data), bytes(size - 1))
    check("records that weren't authentic", decrypt_errors() - before, 1)
    check_error(what + ", again", errno.EBADMSG, sock.recv, size)


def changed_records(suite, rng):
    size = 90
    end = size + suite.version.overhead
    places = {HEADER, HEADER + EXPLICIT - 1, end - TAG - 1, end - TAG, end - 1}
    places |= set(range(HEADER + EXPLICIT, end, 23))
    if suite.version is not Tls13:
        # In TLS 1.3 the type outside is always the same, and not looked at.
        places.add(0)
    for at in sorted(places):
        with Link(suite, rng, (1, TLS_RX)) as link:
            record = unpadded(link, rng, size)
            check("bytes of a record", len(record), end)
            bad = bytearray(record)
            bad[at] ^= 1 << rng.randrange(8)
            refused(link, "byte %d of %d changed" % (at, end), bad, size)

    # A header that takes a byte too few, for which the tag is another.
    with Link(suite, rng, (1, TLS_RX)) as link:
        bad = bytearray(unpadded(link, rng, size))
        bad[HEADER - 1] -= 1
        refused(link, "a length too small by 1", bad, size - 1)


def unpadded(link, rng, size):
    """A record of the smallest length, and one before it that is received"""
    raw, sock = link.ends
    raw.sendall(link.seal(b"before"))
    check("the record before", receive(sock, 6), b"before")
    direction = link.directions[0]
    data = rng.randbytes(size)
    while True:
        number = direction.sequence
        record = direction.seal(data)
        if len(record) == size + direction.overhead:
            return record
        direction.sequence = number


def bad_headers(suite, rng):
    """What net/tls/tls_sw.c says to them, without decryption"""
    least = suite.version.overhead - HEADER - (suite.version is Tls13)
    most = suite.version.overhead - HEADER + MOST
    for what, header, expected in (
            ("another version", (DATA, 0x0302, 100), errno.EINVAL),
            ("too short", (DATA, WIRE_VERSION, least - 1), errno.EBADMSG),
            ("too long", (DATA, WIRE_VERSION, most + 1), errno.EMSGSIZE)):
        with Link(suite, rng, (1, TLS_RX)) as link:
            raw, sock = link.ends
            before = decrypt_errors()
            raw.sendall(struct.pack(">BHH", *header) + bytes(200))
            check_error(what, expected, sock.recv, 200)
            check(what + ": decrypted", decrypt_errors() - before, 0)


def other_records(suite, rng):
    """Records that are authentic elsewhere"""
    data = rng.randbytes(50)
    with Link(suite, rng, (1, TLS_RX)) as link:
        link.directions[0] = suite.direction(rng)
        refused(link, "another key", link.seal(data), len(data))

    with Link(suite, rng, (1, TLS_RX)) as link:
        raw, sock = link.ends
        record = link.seal(data)
        raw.sendall(record)
        check("the record, first", receive(sock, len(data)), data)
        refused(link, "the record, replayed", record, len(data))

    with Link(suite, rng, (1, TLS_RX)) as link:
        link.seal(data)
        refused(link, "a record with one left out", link.seal(data), len(data))

    # What was good before it is not lost.
    with Link(suite, rng, (1, TLS_RX)) as link:
        raw, sock = link.ends
        record = link.seal(data)
        raw.sendall(record + record)
        check("the record before", sock.recv(2 * len(data)), data)
        check_error("the record, replayed", errno.EBADMSG, sock.recv, len(data))


def refused_settings(suite, rng):
    """The errors of net/tls/tls_main.c"""
    before = references(suite.driver)
    with Link(suite, rng) as link:
        for option, name in OPTIONS.items():
            bad_settings(link, option, name)
        check("references by what was refused", references(suite.driver) - before, 0)

        link.set(0, TLS_TX)
        for option, changes, expected in (
                (TLS_TX, {}, errno.EBUSY),
                (TLS_TX, {"key": rng.randbytes(suite.key_size)}, errno.EBUSY),
                (TLS_RX, {"version": 0x0607 - suite.version.version}, errno.EINVAL),
                (TLS_RX, {"cipher": AS_LONG.get(suite.cipher, 51)}, errno.EINVAL),
                (TLS_RX, {}, 0),
                (TLS_RX, {}, errno.EBUSY),
                (TLS_RX, {"key": rng.randbytes(suite.key_size)}, errno.EBUSY)):
            check_error("%s after TLS_TX, changes: %s" % (OPTIONS[option], changes),
                        expected, link.set, 0, option, **changes)
        check("references", references(suite.driver) - before, 2)

        link.ends[0].sendall(b"with the first key")
        check("a record", link.next_record(), (DATA, b"with the first key"))


def bad_settings(link, option, name):
    for version in (0, 0x0302, 0x0305):
        check_error("%s, version %#06x" % (name, version), errno.EINVAL,
                    link.set, 0, option, version=version)
    for cipher in (0, 50, 59, 0xffff):
        check_error("%s, cipher %d" % (name, cipher), errno.EINVAL,
                    link.set, 0, option, cipher=cipher)
    info = link.direction(0, option).info()
    for value in (b"", info[:3], info[:4], info[:-1], info + b"\0"):
        check_error("%s, %d bytes of %d" % (name, len(value), len(info)), errno.EINVAL,
                    link.ends[0].setsockopt, SOL_TLS, option, value)


def sockets():
    """Before there are keys"""
    with socket.socket() as sock:
        check_error("without a connection", errno.ENOTCONN, sock.setsockopt,
                    socket.IPPROTO_TCP, TCP_ULP, b"tls")
    suite, rng = SUITES[0], random.Random("sockets")
    first, second = connect()
    with first, second:
        info = suite.direction(rng).info()
        check_error("TLS_TX without the ULP", errno.ENOPROTOOPT, first.setsockopt,
                    SOL_TLS, TLS_TX, info)
        for expected in (0, errno.EEXIST):
            check_error("the ULP", expected, first.setsockopt, socket.IPPROTO_TCP,
                        TCP_ULP, b"tls")
        check_error("an option that there is not", errno.ENOPROTOOPT,
                    first.setsockopt, SOL_TLS, 99, info)


def certificate():
    """A key, and a certificate that it signed itself, as PEM"""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ktls")])
    now = datetime.datetime.utcnow()
    day = datetime.timedelta(days=1)
    cert = x509.CertificateBuilder(name, name, key.public_key(), 1, now - day,
                                   now + day).sign(key, hashes.SHA256())
    return (key.private_bytes(serialization.Encoding.PEM,
                              serialization.PrivateFormat.PKCS8,
                              serialization.NoEncryption()) +
            cert.public_bytes(serialization.Encoding.PEM))


def context(protocol, version):
    ctx = ssl.SSLContext(protocol)
    ctx.minimum_version = ctx.maximum_version = version
    # Those of TLS 1.3 are not set by this, and the first is the right one.
    ctx.set_ciphers("ECDHE-ECDSA-AES256-GCM-SHA384")
    ctx.options |= SSL_OP_ENABLE_KTLS
    return ctx


def handshake(pool, version, cipher=None):
    """Two ends for which OpenSSL has agreed on keys, and given them to the kernel

    @cipher: of TLS 1.2, if it isn't to be OpenSSL's choice
    """
    server = context(ssl.PROTOCOL_TLS_SERVER, version)
    with tempfile.NamedTemporaryFile() as file:
        file.write(certificate())
        file.flush()
        server.load_cert_chain(file.name)
    client = context(ssl.PROTOCOL_TLS_CLIENT, version)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    for end in (server, client) if cipher else ():
        end.set_ciphers(cipher)
    first, second = connect()
    accepted = pool.submit(server.wrap_socket, first, server_side=True)
    second = client.wrap_socket(second)
    return accepted.result(), second


def of_handshake(version, cipher, driver):
    """OpenSSL 3.0 lets the kernel receive with TLS 1.2 alone."""
    before, references_before = statistics(), references(driver)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        first, second = handshake(pool, version, None if version == ssl.TLSVersion.TLSv1_3
                                  else cipher)
        with first, second:
            check("cipher", first.cipher()[0], cipher)
            after = statistics()
            sends = after["TlsTxSw"] - before["TlsTxSw"]
            check("ends that send by the kernel", sends, 2)
            receives = after["TlsRxSw"] - before["TlsRxSw"]
            if version == ssl.TLSVersion.TLSv1_2:
                check("ends that receive by the kernel", receives, 2)
            check("references to " + driver, references(driver) - references_before,
                  sends + receives)
            for sender, receiver in ((first, second), (second, first)):
                data = random.Random(cipher).randbytes(STREAM)
                done = pool.submit(send_stream, sender, data, random.Random(cipher))
                check("what was sent", receive_stream(receiver, random.Random(cipher)),
                      hashlib.sha256(data).digest())
                done.result()
    check("references afterwards", references(driver), references_before)


def openssl_has_ktls():
    """If so, a socket is made ready for it, whatever the kernel then says to keys."""
    try:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            first, second = handshake(pool, ssl.TLSVersion.TLSv1_3)
            with first, second:
                ulp = first.getsockopt(socket.IPPROTO_TCP, TCP_ULP, 16)
    except OSError:
        return True     # The case will fail, and tell.
    return ulp.startswith(b"tls")


CASES = (
    ("the driver is ours", ours),
    ("records sent", sent),
    ("records received", received),
    ("both ways at once", both_ways),
    ("control records", control_records),
    ("changed records", changed_records),
    ("bad headers", bad_headers),
    ("other records", other_records),
    ("refused settings", refused_settings),
)


def cases():
    yield "sockets without keys", sockets
    for suite in SUITES:
        for title, func in CASES:
            title = "%s: %s" % (suite.title, title)
            yield title, lambda s=suite, f=func, t=title: f(s, random.Random(t))
    handshakes = [
        (ssl.TLSVersion.TLSv1_2, "TLS 1.2, AES-256-GCM", "ECDHE-ECDSA-AES256-GCM-SHA384",
         "gcm-aes-wolfcrypt"),
        (ssl.TLSVersion.TLSv1_3, "TLS 1.3, AES-256-GCM", "TLS_AES_256_GCM_SHA384",
         "gcm-aes-wolfcrypt")]
    if af_alg.HAS_CHACHA:
        handshakes.append((ssl.TLSVersion.TLSv1_2, "TLS 1.2, CHACHA20-POLY1305",
                           "ECDHE-ECDSA-CHACHA20-POLY1305", ChaChaSuite.driver))
    for version, title, cipher, driver in handshakes:
        title += ": keys of a handshake"
        if openssl_has_ktls():
            yield title, lambda v=version, c=cipher, d=driver: of_handshake(v, c, d)
        else:
            yield title + " # SKIP OpenSSL without kernel TLS", lambda: None


def missing():
    if not shutil.which("ip"):
        return "needs ip"
    subprocess.run(["modprobe", "-q", "tls"], check=False)
    if not os.path.exists("/proc/net/tls_stat"):
        return "needs CONFIG_TLS"
    return None


def main():
    if af_alg.skipped(missing):
        return af_alg.KSFT_SKIP

    netns.be_alone()
    return af_alg.run(list(cases()))


if __name__ == "__main__":
    sys.exit(main())
