#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""MACsec (IEEE 802.1AE) between two network namespaces runs on wolfCrypt.

Datagrams of many sizes go both ways. Every frame is taken from the wire and opened
with OpenSSL, and the driver that holds the keys is named. Changed and replayed
frames, and those of another key, must not arrive, and be counted for what they are.
The key changes while datagrams go on.
"""

import collections
import concurrent.futures
import contextlib
import json
import random
import struct
import subprocess
import sys
import threading

import af_alg               # It skips the test without Python's cryptography.
import netns
import oracle
from af_alg import check
from netns import ADDRESSES, IP_HEADER, MASK, UDP_HEADER

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ETH_P_MACSEC = 0x88e5
MACS = [bytes.fromhex("0200c0000201"), bytes.fromhex("0200c0000202")]
PORT = 1
ICV = 16
DRIVER = "gcm-aes-wolfcrypt"

# Where a frame has the SecTAG's TCI and AN, SL, PN, and SCI if there is one
TCI, SL, PN, SCI = 14, 15, 16, 20
# The bits of the first
VERSION, ES, SC, SCB, E, C, AN = 0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x03

# Less than this, with its EtherType, is short: SL says its size.
SHORT = 48

# 17 is the last that is short. 1440 is as many as a frame has room for.
SIZES = (1, 2, 3, 4, 15, 16, 17, 18, 19, 40, 61, 90, 255, 256, 257, 1000, 1439, 1440)

# What frames are refused for. IPv6 on the wire itself is InPktsNoTag.
REFUSALS = ("InPktsBadTag", "InPktsNoSCI", "InPktsLate", "InPktsNotUsingSA",
            "InPktsNotValid")


def on_off(flag):
    return "on" if flag else "off"


class Suite:
    """A cipher suite, and how it is used; @xpn: packet numbers of 64 bits"""

    def __init__(self, cipher, key_size, xpn=False, encrypt=True, send_sci=True):
        self.cipher = cipher
        self.key_size = key_size
        self.xpn = xpn
        self.encrypt = encrypt
        self.send_sci = send_sci
        self.variant = (("" if encrypt else ", integrity only") +
                        ("" if send_sci else ", no SCI"))
        self.title = cipher.upper() + self.variant
        self.tci = (SC if send_sci else 0) | (E | C if encrypt else 0)
        self.tag_end = SCI + 8 * send_sci
        # A few frames before the upper half changes, which isn't sent
        self.first_pn = 2 ** 32 - 5 if xpn else 1

    def options(self):
        """Without protection against replay, which is the default"""
        return "cipher %s encrypt %s send_sci %s" % (
            self.cipher, on_off(self.encrypt), on_off(self.send_sci))

    def key(self, rng):
        return Key(rng.randbytes(self.key_size), rng.randbytes(12), self.xpn)


class Key:
    """A SAK, which both ends send with; with XPN it has a salt."""

    def __init__(self, key, salt, xpn):
        self.key = key
        self.salt = salt
        self.xpn = xpn

    def arguments(self, sender, pn):
        number = "pn %d" % pn
        if self.xpn:
            number = "xpn %d salt %s ssci %d" % (pn, self.salt.hex(), ssci(sender))
        return "%s on key 00 %s" % (number, self.key.hex())

    def iv(self, sender, pn):
        """IEEE 802.1AE-2018 sections 14.5 and 14.7"""
        if not self.xpn:
            return sci(sender) + struct.pack(">I", pn)
        return oracle.xor(self.salt, struct.pack(">IQ", ssci(sender), pn))

    def open(self, sender, pn, suite, frame):
        header, data = frame[:suite.tag_end], frame[suite.tag_end:]
        aead, iv = AESGCM(self.key), self.iv(sender, pn)
        if suite.encrypt:
            return aead.decrypt(iv, data, header)
        aead.decrypt(iv, data[-ICV:], header + data[:-ICV])
        return data[:-ICV]

    def opens(self, *args):
        try:
            self.open(*args)
            return True
        except InvalidTag:
            return False


SUITES = [
    Suite("gcm-aes-128", 16), Suite("gcm-aes-256", 32),
    Suite("gcm-aes-xpn-128", 16, xpn=True), Suite("gcm-aes-xpn-256", 32, xpn=True),
    Suite("gcm-aes-128", 16, encrypt=False), Suite("gcm-aes-256", 32, send_sci=False),
]
if af_alg.QUICK:
    SUITES = SUITES[1:3]


def mac_text(host):
    return MACS[host].hex(":")


def sci(host):
    return MACS[host] + struct.pack(">H", PORT)


def ssci(host):
    return host + 1


class Link(netns.Link):
    """Two hosts with MACsec interfaces, whose AN 0 has a key"""

    def __init__(self, hosts, suite, rng, first_pn=1):
        super().__init__(hosts)
        self.suite = suite
        self.keys = {0: suite.key(rng)}
        self.pns = collections.defaultdict(lambda: 1)
        for sender in range(2):
            self.pns[sender, 0] = first_pn
        self.references = None
        self.undo = None

    def __enter__(self):
        self.references = netns.References([DRIVER])
        with contextlib.ExitStack() as undo:
            undo.callback(self.remove)
            for number, host in enumerate(self.hosts):
                host.ip(*self.interface(number), *self.add(number, 0, self.keys[0]))
            self.holds(4)
            print("# %s: %s" % (self.suite.title, ", ".join(self.references.got())))
            undo.callback(self.close)
            self.open()
            self.undo = undo.pop_all()
        return self

    def __exit__(self, kind, *_):
        self.undo.close()
        if not kind:
            self.holds(0)

    def interface(self, number):
        """A MACsec interface; no datagrams but the test's go over it."""
        host = self.hosts[number]
        yield "link add link %s %s type macsec port %d %s" % (
            host.device, name(host), PORT, self.suite.options())
        yield "link set %s addrgenmode none" % name(host)
        yield "address add %s%s dev %s" % (host.address, MASK, name(host))
        yield "link set %s up" % name(host)
        yield "neighbour add %s lladdr %s nud permanent dev %s" % (
            ADDRESSES[1 - number], mac_text(1 - number), name(host))
        yield "macsec add %s %s on" % (name(host), self.peer(number))

    def remove(self):
        """What isn't removed keeps its references."""
        for host in self.hosts:
            with contextlib.suppress(af_alg.Wrong):
                host.ip("link del " + name(host))
        self.references.got(0)

    @staticmethod
    def peer(number):
        """How a host's receiving channel is named"""
        return "rx port %d address %s" % (PORT, mac_text(1 - number))

    def sas(self, number, an):
        """Whose frames, and how the two associations of a host are named"""
        yield number, "%s tx sa %d" % (name(self.hosts[number]), an)
        yield 1 - number, "%s %s sa %d" % (name(self.hosts[number]),
                                           self.peer(number), an)

    def add(self, number, an, key):
        for sender, sa in self.sas(number, an):
            yield "macsec add %s %s" % (sa, key.arguments(sender,
                                                          self.pns[sender, an]))

    def delete(self, number, an):
        for _, sa in self.sas(number, an):
            yield "macsec set %s off" % sa
            yield "macsec del %s" % sa

    def holds(self, count):
        """One driver is held by so many associations."""
        got = self.references.got(count)
        check("references of the SAs to " + ", ".join(got), list(got.values()), [count])

    def macsec(self):
        """The next frame of MACsec on the wire"""
        return self.frame(ETH_P_MACSEC)

    def check_frame(self, sender, frame):
        """Gives the plaintext."""
        an = frame[TCI] & AN
        pn = self.pns[sender, an]
        self.pns[sender, an] += 1
        check("MAC addresses", frame[:12], MACS[1 - sender] + MACS[sender])
        check("TCI", frame[TCI] & ~AN, self.suite.tci)
        check("PN", struct.unpack_from(">I", frame, PN)[0], pn & 0xffffffff)
        if self.suite.send_sci:
            check("SCI", frame[SCI:SCI + 8], sci(sender))
        # veth takes frames of any size: there is no padding after the ICV.
        size = len(frame) - self.suite.tag_end - ICV
        check("SL", frame[SL], size if size < SHORT else 0)
        self.used_once(self.keys[an].key, self.keys[an].iv(sender, pn))
        try:
            return self.keys[an].open(sender, pn, self.suite, frame)
        except InvalidTag as exc:
            raise af_alg.Wrong("a frame isn't authentic") from exc

    def send(self, sender, data):
        """Gives the frame as it was on the wire."""
        self.datagram(sender, data)
        self.arrives(1 - sender, data)
        frame = self.macsec()
        plaintext = self.check_frame(sender, frame)
        check("what was sent", plaintext[2 + IP_HEADER + UDP_HEADER:], data)
        return frame

    def counters(self, number=1):
        """What that host counts"""
        host = self.hosts[number]
        device, = json.loads(host.run("ip", "-s", "-j", "macsec", "show", name(host)))
        return {**device, **device["rx_sc"][0]}

    def refused(self, what, expected):
        """Nothing arrives; all that was refused is counted, from the link's start."""
        netns.until(lambda: self.refusals() == expected)
        self.nothing_arrives(what)
        check("counters of " + what, self.refusals(), expected)

    def refusals(self):
        counters = self.counters()
        return {at: counters[at] for at in REFUSALS if counters[at]}


def name(host):
    return host.device + "s"


def datagrams(hosts, suite, rng):
    with Link(hosts, suite, rng, suite.first_pn) as link:
        for size in SIZES:
            for sender in range(2):
                link.send(sender, rng.randbytes(size))
        check("InPktsOK", link.counters()["InPktsOK"], len(SIZES))


def refusal(suite, bad):
    """What a changed frame is counted as, as IEEE 802.1AE and Linux have it"""
    tci, sl = bad[TCI], bad[SL]
    if tci & (E | C) == E:
        return None     # It is not for this port, and so it isn't counted.
    if tci & SC and bad[SCI:SCI + 8] != sci(0):
        return "InPktsNoSCI"
    size = len(bad) - SCI - 8 * bool(tci & SC) - ICV
    if (tci & VERSION or tci & SC and tci & (ES | SCB) or sl > 0x3f or
            (size != sl if sl else size < SHORT) or
            not suite.xpn and not any(bad[PN:PN + 4])):
        return "InPktsBadTag"
    if tci & AN:
        return "InPktsNotUsingSA"
    return "InPktsNotValid"


def changed_frames(hosts, suite, rng):
    """Every bit of the SecTAG, and some after it, of a short frame and another"""
    with Link(hosts, suite, rng) as link:
        datas = [rng.randbytes(10), rng.randbytes(90)]
        frames = [link.send(0, data) for data in datas]
        expected = collections.Counter()
        for frame in frames:
            places = set(range(suite.tag_end, len(frame), 11))
            places |= {len(frame) - ICV - 1, len(frame) - ICV, len(frame) - 1}
            bits = {8 * at + rng.randrange(8) for at in places}
            bits |= set(range(8 * TCI, 8 * suite.tag_end))
            for bit in sorted(bits):
                bad = flipped(frame, bit)
                link.inject(bad)
                expected[refusal(suite, bad)] += 1
        del expected[None]
        link.refused("changed frames", dict(expected))
        # It was for the changes, and no other reason.
        for frame, data in zip(frames, datas):
            link.inject(frame)
            link.arrives(1, data)


def flipped(frame, bit):
    bad = bytearray(frame)
    bad[bit // 8] ^= 1 << bit % 8
    return bytes(bad)


def replay(hosts, suite, rng):
    with Link(hosts, suite, rng) as link:
        frame = link.send(0, b"once")
        link.inject(frame)
        link.arrives(1, b"once")
        hosts[1].ip("link set %s type macsec replay on window 0" % name(hosts[1]))
        link.inject(frame)
        link.refused("a replayed frame", {"InPktsLate": 1})
        link.send(0, b"the next one")


def another_key(hosts, suite, rng):
    with Link(hosts, suite, rng) as link:
        link.send(0, b"with the same key")
        other = suite.key(rng)
        hosts[1].ip(*link.delete(1, 0), *link.add(1, 0, other))
        link.datagram(0, b"with another key")
        frame = link.macsec()
        link.check_frame(0, frame)
        link.refused("a frame of another key", {"InPktsNotValid": 1})
        hosts[1].ip(*link.delete(1, 0), *link.add(1, 0, link.keys[0]))
        link.inject(frame)
        link.arrives(1, b"with another key")


def key_change(hosts, suite, rng):
    """Datagrams go on, and none is lost."""
    with Link(hosts, suite, rng) as link:
        old = link.send(0, b"with the old key")
        link.keys[1] = suite.key(rng)
        ans = {0: [], 1: []}
        started, stop = threading.Event(), threading.Event()

        def traffic():
            last = False
            try:
                while not last:
                    last = stop.is_set()
                    for sender, seen in ans.items():
                        seen.append(link.send(sender, b"on and on")[TCI] & AN)
                    started.set()
            finally:
                started.set()   # What it failed with is told by its result.

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            going = pool.submit(traffic)
            try:
                started.wait()
                for number, host in enumerate(hosts):
                    host.ip(*link.add(number, 1, link.keys[1]))
                link.holds(8)
                for host in hosts:
                    host.ip("link set %s type macsec encodingsa 1" % name(host))
            finally:
                stop.set()
            going.result()

        for sender, seen in ans.items():
            check("ANs under traffic, in order", seen, sorted(seen))
            check("the first and the last of them", (seen[0], seen[-1]), (0, 1))
            frame = link.send(sender, b"with the new key")
            pn = link.pns[sender, 1] - 1
            for an, opens in (0, False), (1, True):
                check("the key of AN %d opens AN 1" % an,
                      link.keys[an].opens(sender, pn, suite, frame), opens)

        for number, host in enumerate(hosts):
            host.ip(*link.delete(number, 0))
        link.holds(4)
        link.inject(old)
        link.refused("a frame of the old key", {"InPktsNotUsingSA": 1})
        link.send(0, b"with the new key alone")


def cases(hosts):
    for suite in SUITES:
        todo = [("datagrams", datagrams), ("changed frames", changed_frames)]
        # These don't depend on what a frame looks like.
        if not suite.variant:
            todo += [("replay", replay), ("another key", another_key),
                     ("key change", key_change)]
        for title, func in todo:
            yield ("%s: %s" % (suite.title, title),
                   lambda s=suite, f=func: f(hosts, s, random.Random(s.title)))


def missing():
    reason = netns.missing()
    if not reason and subprocess.run(["ip", "macsec", "show"], check=False,
                                     stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL).returncode:
        return "needs CONFIG_MACSEC"
    return reason


def main():
    if af_alg.skipped(missing):
        return af_alg.KSFT_SKIP

    with netns.connected() as hosts:
        for number, host in enumerate(hosts):
            host.ip("link set %s address %s" % (host.device, mac_text(number)))
        return af_alg.run(list(cases(hosts)))


if __name__ == "__main__":
    sys.exit(main())
