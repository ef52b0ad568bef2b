#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""TCP's authentication option (RFC 5925, RFC 5926) runs on wolfCrypt.

Data go both ways over the loopback device. Every segment is taken from the wire, and
its MAC is computed with OpenSSL. The driver that holds the keys is named. Changed
segments, and those of another key or none, must not arrive, and are counted.
"""

import errno
import os
import random
import shutil
import socket
import struct
import sys
import time

import af_alg
import netns
import oracle
from af_alg import check, check_error

# linux/tcp.h; the bit fields as a little-endian machine has them
TCP_REPAIR = 19
TCP_REPAIR_OFF_NO_WP = -1
TCP_AO_ADD_KEY = 38
TCP_AO_DEL_KEY = 39
TCP_AO_INFO = 40
TCP_AO_REPAIR = 42
TCP_AO_KEYF_EXCLUDE_OPT = 1 << 1
SET_CURRENT = 1 << 0
SET_RNEXT = 1 << 1
MAX_KEY = 80
TCP_SYN_SENT = 2

# RFC 9293 section 3.1, RFC 5925 section 2.2
FIN, SYN, RST, ACK = 1 << 0, 1 << 1, 1 << 2, 1 << 4
TCP_HEADER = 20
SEQUENCE, ACKNOWLEDGMENT, OFFSET, CHECKSUM = 4, 8, 12, 16
END, NOP, TIMESTAMPS, AO = 0, 1, 8, 29
AO_HEADER = 4

SO_RCVBUFFORCE = 33         # asm-generic/socket.h

# linux/if_ether.h
ETH_P_IP = 0x0800
ETH_P_IPV6 = 0x86dd

ALGORITHMS = {"hmac(sha1)": (oracle.hmac("sha1"), 20, "hmac-sha1-wolfcrypt"),
              "hmac(sha256)": (oracle.hmac("sha256"), 32, "hmac-sha256-wolfcrypt"),
              "cmac(aes)": (oracle.cmac, 16, "cmac-aes-wolfcrypt")}

# The last ones don't fit in a page, nor in a segment.
SIZES = (1, 15, 16, 64, 1000, 4097, 60000, 100000)

COUNTERS = ("TCPAOBad", "TCPAOKeyNotFound", "TCPAORequired")


class Suite:
    """An algorithm with its sizes; @exclude: other options are not in the MAC"""

    def __init__(self, name, key_size, mac_size=12, exclude=False):
        self.name = name
        self.algorithm = name.replace("aes128", "aes")
        self.prf, self.traffic_key_size, self.driver = ALGORITHMS[self.algorithm]
        self.key_size = key_size
        self.mac_size = mac_size
        self.exclude = exclude
        self.title = "%s, key of %d bits, MAC of %d%s" % (
            name, 8 * key_size, 8 * mac_size, ", without options" if exclude else "")

    def traffic_key(self, key, context):
        """RFC 5926 section 3.1.1; its KDF_HMAC_SHA1 with another hash, too"""
        if self.algorithm == "cmac(aes)" and len(key) != 16:
            key = oracle.cmac(bytes(16), key)
        return self.prf(key, b"\1TCP-AO" + context +
                        struct.pack(">H", 8 * self.traffic_key_size))

    def mac(self, key, segment, isns, sne):
        """RFC 5925 sections 5.1 and 5.2; @isns: those of sender and receiver"""
        context = segment.addresses + segment.header[:4] + struct.pack(">II", *isns)
        header = bytearray(segment.header)
        header[CHECKSUM:CHECKSUM + 2] = bytes(2)
        at = segment.option(AO)
        end = at + header[at + 1]
        header[at + AO_HEADER:end] = bytes(end - at - AO_HEADER)
        if self.exclude:
            header = header[:TCP_HEADER] + header[at:end]
        data = struct.pack(">I", sne) + segment.pseudo_header() + header
        return self.prf(self.traffic_key(key, context),
                        data + segment.data)[:self.mac_size]


SUITES = [
    Suite("hmac(sha1)", 20), Suite("hmac(sha1)", 80, exclude=True),
    Suite("cmac(aes128)", 16), Suite("cmac(aes128)", 21),
    Suite("cmac(aes128)", 16, 16, exclude=True),
    Suite("hmac(sha256)", 32), Suite("hmac(sha256)", 32, 16),
    Suite("hmac(sha256)", 20, 16, exclude=True),
]


class Family:
    """IPv4 or IPv6, and an address of each end"""

    def __init__(self, title, number, protocol, addresses):
        self.title = title
        self.number = number
        self.protocol = protocol
        self.addresses = addresses
        self.packed = [socket.inet_pton(number, address) for address in addresses]

    def sockaddr(self, end, port=0):
        """struct sockaddr_in or sockaddr_in6"""
        flow = b"" if self.number == socket.AF_INET else bytes(4)
        return struct.pack("=H", self.number) + struct.pack(">H", port) + (
            flow + self.packed[end])

    def socket(self, end, kind=socket.SOCK_STREAM, protocol=0):
        sock = socket.socket(self.number, kind, protocol)
        sock.bind((self.addresses[end], 0))
        sock.settimeout(10)
        return sock

    def segment(self, packet):
        if self.number == socket.AF_INET:
            start, size = 4 * (packet[0] & 15), struct.unpack_from(">H", packet, 2)[0]
            return Segment(packet[12:20], packet[start:size])
        size = struct.unpack_from(">H", packet, 4)[0]
        return Segment(packet[8:40], packet[40:40 + size])


FAMILIES = [
    Family("IPv4", socket.AF_INET, ETH_P_IP, ("127.0.0.1", "127.0.0.2")),
    Family("IPv6", socket.AF_INET6, ETH_P_IPV6, ("::1", "::1")),
]


class Segment:
    """@addresses: source and destination"""

    def __init__(self, addresses, tcp):
        self.addresses = addresses
        size = 4 * (tcp[OFFSET] >> 4)
        self.header = bytearray(tcp[:size])
        self.data = tcp[size:]
        self.ports = struct.unpack_from(">HH", tcp)
        self.sequence = struct.unpack_from(">I", tcp, SEQUENCE)[0]
        self.flags = tcp[OFFSET + 1]

    def option(self, kind):
        """Where it is in the header"""
        at = TCP_HEADER
        while at < len(self.header) and self.header[at] not in (kind, END):
            at += 1 if self.header[at] == NOP else max(self.header[at + 1], 2)
        check("there is an option %d" % kind,
              at < len(self.header) and self.header[at] == kind, True)
        return at

    def pseudo_header(self):
        size = len(self.header) + len(self.data)
        if len(self.addresses) == 8:
            return self.addresses + struct.pack(">HH", socket.IPPROTO_TCP, size)
        return self.addresses + struct.pack(">II", size, socket.IPPROTO_TCP)

    def wire(self):
        """With the checksum that it should have"""
        self.header[CHECKSUM:CHECKSUM + 2] = bytes(2)
        data = self.pseudo_header() + self.header + self.data
        data += bytes(len(data) % 2)
        words = struct.unpack(">%dH" % (len(data) // 2), data)
        # A sum with the carries added is a remainder.
        struct.pack_into(">H", self.header, CHECKSUM, 0xffff - sum(words) % 0xffff)
        return bytes(self.header) + self.data


class Key:
    """A master key; @ids: what each end sends as its KeyID"""

    def __init__(self, suite, rng, ids=(100, 200)):
        self.suite = suite
        self.master = rng.randbytes(suite.key_size)
        self.ids = ids

    def add(self, family, end, bits=0, **changes):
        """struct tcp_ao_add, for that end"""
        prefix = 8 * len(family.packed[0])
        key = changes.get("key", self.master)
        flags = TCP_AO_KEYF_EXCLUDE_OPT if self.suite.exclude else 0
        return struct.pack(
            "=128s64siIH6B80s", changes.get("address", family.sockaddr(1 - end)),
            changes.get("name", self.suite.name).encode(), changes.get("ifindex", 0),
            bits, changes.get("reserved", 0), changes.get("prefix", prefix),
            changes.get("sndid", self.ids[end]),
            changes.get("rcvid", self.ids[1 - end]),
            changes.get("mac_size", self.suite.mac_size), changes.get("flags", flags),
            changes.get("key_size", len(key)), key)

    def delete(self, family, end):
        """struct tcp_ao_del"""
        return struct.pack("=128siIH6B", family.sockaddr(1 - end), 0, 0, 0,
                           8 * len(family.packed[0]), self.ids[end], self.ids[1 - end],
                           0, 0, 0).ljust(152, b"\0")

    def info(self, end, bits):
        """struct tcp_ao_info_opt"""
        return struct.pack("=IHBB5Q", bits, 0, self.ids[end], self.ids[1 - end],
                           *[0] * 5)


def set_option(sock, option, value):
    sock.setsockopt(socket.IPPROTO_TCP, option, value)


class Link:
    """A connection between a client, end 0, and a server, end 1"""

    def __init__(self, family, *keys):
        self.family = family
        self.keys = list(keys)
        self.sockets = []
        self.ends = []
        self.ports = ()
        self.wire = None
        self.isns = [None, None]
        self.next = [None, None]
        self.sne = [0, 0]
        self.seen = set()

    def __enter__(self):
        try:
            self.set_up()
        except BaseException:
            self.tear_down()
            raise
        return self

    def __exit__(self, *_):
        self.tear_down()

    def keep(self, sock):
        self.sockets.append(sock)
        return sock

    def set_up(self):
        self.wire = self.keep(socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM))
        self.wire.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 20)
        # What is sent too is only seen with ETH_P_ALL.
        self.wire.bind(("lo", self.family.protocol))
        self.wire.settimeout(10)
        client = self.keep(self.family.socket(0))
        listener = self.keep(self.family.socket(1))
        self.ports = tuple(sock.getsockname()[1] for sock in (client, listener))
        for key in self.keys:
            self.add(client, 0, key)
            self.add(listener, 1, key)
        listener.listen()
        client.connect(listener.getsockname())
        server = self.keep(listener.accept()[0])
        listener.close()
        self.ends = [client, server]
        for sock in self.ends:
            sock.settimeout(10)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.await_flags((0, SYN), (1, SYN | ACK), (0, 0))

    def add(self, sock, end, key, bits=0):
        set_option(sock, TCP_AO_ADD_KEY, key.add(self.family, end, bits))

    def tear_down(self):
        for sock in self.sockets:
            if sock is not self.wire and sock.fileno() >= 0:
                reset(sock)
        if self.wire:
            self.wire.close()

    def segment(self):
        """The next one of this connection, the MAC of which was right"""
        while True:
            segment = self.family.segment(self.wire.recv(1 << 17))
            if segment.ports in (self.ports, self.ports[::-1]):
                break
        end = self.sender(segment)
        if segment.flags & SYN:
            self.isns[end] = segment.sequence
            self.next[end] = (segment.sequence + 1) % (1 << 32)
        at = segment.option(AO)
        key = self.key(end, segment.header[at + 2])
        check("a length of the option", segment.header[at + 1],
              AO_HEADER + key.suite.mac_size)
        check("a MAC of %d bytes of data with flags %#x" %
              (len(segment.data), segment.flags),
              bytes(segment.header[at + AO_HEADER:at + segment.header[at + 1]]),
              self.mac(segment, key))
        flags = segment.flags & (FIN | SYN | RST | (ACK * bool(segment.flags & SYN)))
        self.seen.add((end, flags))
        return segment

    def sender(self, segment):
        return self.ports.index(segment.ports[0])

    def key(self, end, number):
        """The one with that KeyID"""
        check("a KeyID that both have", number in [key.ids[end] for key in self.keys],
              True)
        return next(key for key in self.keys if key.ids[end] == number)

    def mac(self, segment, key):
        end = self.sender(segment)
        first = segment.flags & (SYN | ACK) == SYN
        isns = self.isns[end], 0 if first else self.isns[1 - end]
        return key.suite.mac(key.master, segment, isns, self.sne[end])

    def await_flags(self, *flags):
        while not self.seen.issuperset(flags):
            self.segment()

    def send(self, end, data, key=None, rnext=None):
        """Gives the last segment; @key, @rnext: those that they must name"""
        key = key or self.keys[0]
        rnext = rnext or key
        self.ends[end].sendall(data)
        check("what arrives", receive(self.ends[1 - end], len(data)), data)
        sent = b""
        while len(sent) < len(data):
            segment = self.segment()
            if (self.sender(segment), segment.sequence) != (end, self.next[end]):
                continue
            if not segment.data:
                continue
            at = segment.option(AO)
            check("KeyID and RNextKeyID", tuple(segment.header[at + 2:at + 4]),
                  (key.ids[end], rnext.ids[1 - end]))
            sent += segment.data
            self.next[end] = (self.next[end] + len(segment.data)) % (1 << 32)
        check("what was sent", sent, data)
        return segment

    def inject(self, segment):
        """As if it came from the client"""
        with self.family.socket(0, socket.SOCK_RAW, socket.IPPROTO_TCP) as raw:
            raw.sendto(segment.wire(), (self.family.addresses[1], 0))

    def make(self, like, data, key=None):
        """A segment that the client could send next, with timestamps"""
        header = like.header + bytes([NOP, NOP, TIMESTAMPS, 10, 1, 2, 3, 4, 5, 6, 7, 8])
        header[OFFSET] = len(header) // 4 << 4
        struct.pack_into(">II", header, SEQUENCE, self.next[0], self.next[1])
        segment = Segment(like.addresses, bytes(header) + data)
        return self.sign(segment, key or self.keys[0])

    def sign(self, segment, key):
        at = segment.option(AO) + AO_HEADER
        segment.header[at:at + key.suite.mac_size] = self.mac(segment, key)
        return segment


def reset(sock):
    """Closed without a state in which the keys are held for a minute"""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def receive(sock, size):
    out = b""
    while len(out) < size:
        part = sock.recv(size - len(out))
        check("end of the connection", bool(part), True)
        out += part
    return out


def references():
    return {alg["driver"]: int(alg["refcnt"]) for alg in af_alg.proc_crypto()
            if alg["name"] in ALGORITHMS}


def await_references(expected):
    """What a socket has held is given back some time after it is closed."""
    end = time.monotonic() + 10
    while references() != expected and time.monotonic() < end:
        time.sleep(0.02)
    check("references without a socket", references(), expected)


def counters(names=COUNTERS):
    with open("/proc/net/netstat", encoding="ascii") as file:
        lines = [line.split() for line in file if line.startswith("TcpExt:")]
    counts = dict(zip(*lines))
    return [int(counts[name]) for name in names]


class Counted:
    """These many segments are refused, and for these reasons alone

    @most: or more, up to so many times as many
    """

    def __init__(self, what, most=1, **expected):
        self.what = what
        self.most = most
        self.expected = [expected.get(name, 0) for name in COUNTERS]
        self.before = []

    def __enter__(self):
        self.before = counters()

    def __exit__(self, kind, *_):
        if kind:
            return
        end = time.monotonic() + 5
        while self.observed() != self.expected and time.monotonic() < end:
            time.sleep(0.01)
        check("%s: %s" % (self.what, ", ".join(COUNTERS)), self.observed(),
              self.expected)

    def observed(self):
        """What is within bounds is as expected."""
        return [least if least <= now - then <= self.most * least else now - then
                for now, then, least in zip(counters(), self.before, self.expected)]


def vectors():
    """RFC 9235 sections 4.1.1 and 5.1.1"""
    for name, packet in (
            ("hmac(sha1)",
             "45e0004cdd0f4000ff06bf6b0a0b0c0dac1b1c1de9d700b3fbfbab5a00000000"
             "e002ffffcac40000020405b401030308040208"
             "0a00155ab7000000001d103d542ee437c6f8ede6d7c4d602e7"),
            ("cmac(aes128)",
             "45e0004c7b9f4000ff0620dc0a0b0c0dac1b1c1dc4fa00b3787a1ddf00000000"
             "e002ffff5a0f0000020405b401030308040208"
             "0a00017ed0000000001d103d54e477e99c8040765498e55091")):
        segment = FAMILIES[0].segment(bytes.fromhex(packet))
        suite = Suite(name, 10)
        check(name, bytes(segment.header[-12:]),
              suite.mac(b"testvector", segment, (segment.sequence, 0), 0))


def ours(family, suite, rng, before):
    """A key is a reference to the driver, until the last socket is closed."""
    await_references(before)
    key = Key(suite, rng)
    with family.socket(0) as sock:
        set_option(sock, TCP_AO_ADD_KEY, key.add(family, 0))
        after = references()
        grown = [driver for driver, count in after.items()
                 if count > before.get(driver, 0)]
        check("a driver got references by the key", bool(grown), True)
        check("drivers that got them and aren't " + suite.driver,
              [name for name in grown if not name.startswith(suite.driver)], [])
        print("# %s: %s" % (suite.title, ", ".join(grown)))
        with Link(family, key):
            check("references in a connection", references(), after)
        check("references after the connection", references(), after)
    await_references(before)


def both_ways(family, suite, rng):
    with Link(family, Key(suite, rng)) as link:
        for size in SIZES:
            for sender in range(2):
                link.send(sender, rng.randbytes(size))
        # Each end is the first to close, with one of the families.
        first = FAMILIES.index(family)
        link.ends[first].shutdown(socket.SHUT_WR)
        check("after the last byte", link.ends[1 - first].recv(1), b"")
        link.await_flags((first, FIN))
        reset(link.ends[1 - first])
        link.await_flags((1 - first, RST))


def high_half(family, suite, rng):
    """RFC 5925 section 6.2: the part of sequence numbers that isn't sent"""
    with Link(family, Key(suite, rng)) as link:
        link.sne = [0x01020304, 0xfffefdfc]
        for end, sock in enumerate(link.ends):
            sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
            set_option(sock, TCP_AO_REPAIR, struct.pack(
                ">II", link.isns[end], link.isns[1 - end]) + struct.pack(
                "=II", link.sne[end], link.sne[1 - end]))
            sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP)
        for sender in range(2):
            link.send(sender, rng.randbytes(100))


def changed_segments(family, suite, rng):
    """Any bit but those by which a socket, an option or a key is found"""
    with Link(family, Key(suite, rng)) as link:
        link.send(1, b"before")
        good = link.make(link.send(0, b"before"), rng.randbytes(90))
        at, stamps = good.option(AO), good.option(TIMESTAMPS)
        header = len(good.header)
        places = set(range(SEQUENCE, CHECKSUM)) | {CHECKSUM + 2, CHECKSUM + 3}
        places |= {at + 3, header, header + 89} | set(range(header, header + 90, 17))
        places |= set(range(at + AO_HEADER, at + AO_HEADER + suite.mac_size))
        if not suite.exclude:
            places |= set(range(stamps + 2, stamps + 10))
        with Counted("changed segments", TCPAOBad=len(places)):
            for place in sorted(places):
                # The other half of that byte is where the data start.
                bit = rng.randrange(4 if place == OFFSET else 8)
                link.inject(changed(good, place, bit))
        nothing_arrives(link)
        with Counted("the segment as it was"):
            # What is not in the MAC can be another.
            link.inject(changed(good, stamps + 9, 0) if suite.exclude else good)
            check("what arrives", receive(link.ends[1], 90), good.data)


def changed(segment, place, bit):
    out = segment.header + segment.data
    out[place] ^= 1 << bit
    return Segment(segment.addresses, bytes(out))


def nothing_arrives(link):
    link.ends[1].setblocking(False)
    check_error("a segment that was refused", errno.EAGAIN, link.ends[1].recv, 1)
    link.ends[1].settimeout(10)


def other_segments(family, suite, rng):
    """Segments that are authentic elsewhere, or nowhere"""
    key = Key(suite, rng)
    with Link(family, key) as link:
        link.send(1, b"before")
        like = link.send(0, b"before")
        data = rng.randbytes(50)
        at = like.option(AO)

        with Counted("another key", TCPAOBad=1):
            link.inject(link.make(like, data, Key(suite, rng)))

        segment = link.make(like, data)
        segment.header[at + 2] ^= 1
        with Counted("an unknown KeyID", TCPAOKeyNotFound=1):
            link.inject(link.sign(segment, key))

        segment = link.make(like, data)
        segment.header[at:at + AO_HEADER + suite.mac_size] = bytes([NOP]) * (
            AO_HEADER + suite.mac_size)
        with Counted("no option", TCPAORequired=1):
            link.inject(segment)

        segment = link.make(like, data)
        segment.header[at + 1] -= 4
        end = at + AO_HEADER + suite.mac_size
        segment.header[end - 4:end] = bytes([NOP]) * 4
        with Counted("a shorter MAC", TCPAOBad=1):
            link.inject(short_mac(link, segment, key))

        link.sne[0] = 1
        with Counted("another high half", TCPAOBad=1):
            link.inject(link.make(like, data))
        link.sne[0] = 0

        isns, link.isns = link.isns, link.isns[::-1]
        with Counted("another connection", TCPAOBad=1):
            link.inject(link.make(like, data))
        link.isns = isns

        nothing_arrives(link)
        with Counted("the segment as it should be"):
            link.inject(link.make(like, data))
            check("what arrives", receive(link.ends[1], 50), data)


def short_mac(link, segment, key):
    """Right, as far as it goes"""
    at = segment.option(AO)
    size = segment.header[at + 1] - AO_HEADER
    segment.header[at + AO_HEADER:at + AO_HEADER + size] = link.mac(segment, key)[:size]
    return segment


def no_connection(family, suite, rng):
    key = Key(suite, rng)
    other_id = Key(suite, rng, (101, 200))
    other_id.master = key.master
    for what, client, server, reason in (
            ("another key", Key(suite, rng), key, "TCPAOBad"),
            ("another id", other_id, key, "TCPAOKeyNotFound"),
            ("no key", None, key, "TCPAORequired"),
            ("a server without a key", key, None, "TCPAOKeyNotFound")):
        with family.socket(0) as sock, family.socket(1) as listener:
            for end, (mine, at) in enumerate(((client, sock), (server, listener))):
                if mine:
                    set_option(at, TCP_AO_ADD_KEY, mine.add(family, end))
            listener.listen()
            sock.setblocking(False)
            listener.setblocking(False)
            # A SYN is sent again after a second.
            with Counted(what, most=10, **{reason: 1}):
                check_error(what, errno.EINPROGRESS, sock.connect,
                            listener.getsockname())
            check(what + ": the client's state", sock.getsockopt(
                socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0], TCP_SYN_SENT)
            check_error(what, errno.EAGAIN, listener.accept)


def rollover(family, suite, rng):
    """To keys of another algorithm"""
    other = SUITES[(SUITES.index(suite) + 3) % len(SUITES)]
    first = Key(suite, rng)
    second, third = Key(other, rng, (101, 99)), Key(other, rng, (7, 8))
    with Link(family, first) as link:
        for key in (second, third):
            for end, sock in enumerate(link.ends):
                link.add(sock, end, key)
            link.keys.append(key)
        for sender in range(2):
            link.send(sender, rng.randbytes(100), first)

        for end, sock in enumerate(link.ends):
            set_option(sock, TCP_AO_INFO, second.info(end, SET_CURRENT | SET_RNEXT))
        for sender in range(2):
            link.send(sender, rng.randbytes(1000), second)

        # What the server asks for the client does.
        set_option(link.ends[1], TCP_AO_INFO, third.info(1, SET_RNEXT))
        link.send(1, rng.randbytes(10), second, third)
        like = link.send(0, rng.randbytes(100), third, second)
        link.send(1, rng.randbytes(100), second, third)

        # A key that is gone is not taken.
        good = link.make(like, rng.randbytes(60), third)
        set_option(link.ends[1], TCP_AO_DEL_KEY, first.delete(family, 1))
        at = good.option(AO)
        bad = Segment(good.addresses, bytes(good.header) + good.data)
        bad.header[at + 2] = first.ids[0]
        with Counted("the first key", TCPAOKeyNotFound=1):
            link.inject(bad)
        nothing_arrives(link)
        with Counted("the third key"):
            link.inject(good)
            check("what arrives", receive(link.ends[1], 60), good.data)


def refused_settings(family, suite, rng):
    """The errors of net/ipv4/tcp_ao.c"""
    key = Key(suite, rng)
    bits = 8 * len(family.packed[0])
    short = errno.EINVAL if af_alg.FIPS else 0
    if suite.algorithm == "cmac(aes)":
        short = 0       # It is made a key of 16 bytes.
    other = FAMILIES[1 - FAMILIES.index(family)]
    with family.socket(0) as sock:
        for what, expected, changes in (
                ("a key too long", errno.EINVAL, {"key_size": MAX_KEY + 1}),
                ("an AES key of 17 bytes", errno.EINVAL,
                 {"name": "cmac(aes)", "key": rng.randbytes(17)}),
                ("a MAC too long", errno.EMSGSIZE, {"mac_size": 17}),
                ("an unknown flag", errno.EINVAL, {"flags": 1 << 2}),
                ("a reserved field", errno.EINVAL, {"reserved": 1}),
                ("a reserved bit", errno.EINVAL, {"bits": 1 << 2}),
                ("an interface without its flag", errno.EINVAL, {"ifindex": 1}),
                ("a port", errno.EINVAL, {"address": family.sockaddr(1, 1)}),
                ("another family", errno.EINVAL, {"address": other.sockaddr(1)}),
                ("a prefix too long", errno.EINVAL, {"prefix": bits + 1}),
                ("an address outside its prefix", errno.EINVAL, {"prefix": bits - 8}),
                ("no prefix", errno.EINVAL, {"prefix": 0}),
                ("a key of 13 bytes", short, {"key": rng.randbytes(13),
                                              "sndid": 1, "rcvid": 2}),
                ("the key", 0, {}),
                ("the key again", errno.EEXIST, {}),
                ("the same SendID", errno.EEXIST, {"rcvid": 5}),
                ("the same RecvID", errno.EEXIST, {"sndid": 5}),
                ("ids that are swapped", 0, {"sndid": 200, "rcvid": 100})):
            check_error(what, expected, set_option, sock, TCP_AO_ADD_KEY,
                        key.add(family, 0, **changes))
        check_error("a struct too short", errno.EINVAL, set_option, sock,
                    TCP_AO_ADD_KEY, key.add(family, 0, sndid=6, rcvid=7)[:-1])
        check_error("an id that there is not", errno.ENOENT, set_option, sock,
                    TCP_AO_INFO, Key(suite, rng, (9, 9)).info(0, SET_CURRENT))
        sock.listen()
        check_error("a current key of a listener", errno.EINVAL, set_option, sock,
                    TCP_AO_ADD_KEY, key.add(family, 0, SET_CURRENT, sndid=6, rcvid=7))

    # A connection without keys does not get any.
    with family.socket(1) as listener, family.socket(0) as sock:
        listener.listen()
        sock.connect(listener.getsockname())
        check_error("a key in a connection", errno.EISCONN, set_option, sock,
                    TCP_AO_ADD_KEY, key.add(family, 0))
        reset(sock)


def unknown_algorithm():
    """Just once: the kernel takes its time to look for a module."""
    family = FAMILIES[0]
    key = Key(SUITES[0], random.Random("unknown"))
    with family.socket(0) as sock:
        check_error("hmac(none)", errno.ENOENT, set_option, sock, TCP_AO_ADD_KEY,
                    key.add(family, 0, name="hmac(none)"))


CASES = (
    ("both ways", both_ways),
    ("changed segments", changed_segments),
    ("high half of sequence numbers", high_half),
    ("other segments", other_segments),
    ("no connection", no_connection),
    ("rollover", rollover),
    ("refused settings", refused_settings),
)


def cases():
    before = references()
    yield "the oracle: RFC 9235", vectors
    done = set()
    for family in FAMILIES:
        for suite in SUITES:
            # All of them with the first suite of an algorithm only
            is_first = (family, suite.algorithm) not in done
            done.add((family, suite.algorithm))
            for title, func in CASES if is_first else CASES[:2]:
                title = "%s, %s: %s" % (family.title, suite.title, title)
                yield title, lambda n=family, s=suite, f=func, t=title: f(
                    n, s, random.Random(t))
            if is_first:
                title = "%s, %s: the driver is ours" % (family.title, suite.title)
                yield title, lambda n=family, s=suite, t=title: ours(
                    n, s, random.Random(t), before)
    yield "an unknown algorithm", unknown_algorithm
    yield "no reference is left", lambda: await_references(before)


def missing():
    if not shutil.which("ip"):
        return "needs ip"
    if not os.path.exists("/proc/net/if_inet6"):
        return "needs CONFIG_IPV6"
    with socket.socket() as sock:
        try:
            set_option(sock, TCP_AO_INFO, bytes(48))
        except OSError as exc:
            if exc.errno == errno.ENOPROTOOPT:
                return "needs CONFIG_TCP_AO"
            raise
    return None


def main():
    if af_alg.skipped(missing):
        return af_alg.KSFT_SKIP

    netns.be_alone()
    return af_alg.run(list(cases()))


if __name__ == "__main__":
    sys.exit(main())
