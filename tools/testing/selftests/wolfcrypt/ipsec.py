#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""IPsec (ESP) between two network namespaces runs on wolfCrypt.

Datagrams of many sizes go both ways. Every packet is taken from the wire and opened
with OpenSSL, and the drivers that hold the keys are named. Changed packets, and
those of another key, must not arrive.
"""

import contextlib
import os
import random
import socket
import struct
import sys

import af_alg
import netns
from af_alg import check
from netns import ADDRESSES, ETH_HEADER, ETH_P_IP, IP_HEADER, MASK, UDP_HEADER

try:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives import hashes, hmac
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.ciphers.aead import AESCCM
except ImportError as exc:
    print("TAP version 13\n1..0 # SKIP needs Python's cryptography:", exc)
    sys.exit(4)

# As many as a packet of 1500 bytes has room for, with all that ESP adds.
SIZES = (1, 2, 3, 15, 16, 17, 40, 61, 90, 255, 256, 257, 1000, 1380)


def aead_open(mode, key, salt_size, tag_size, packet, header):
    """RFC 4106 section 4, RFC 4309 section 4"""
    salt, key = key[-salt_size:], key[:-salt_size]
    iv, data = packet[8:16], packet[16:]
    if mode == "ccm":
        return AESCCM(key, tag_size).decrypt(salt + iv, data, header)
    gcm = modes.GCM(salt + iv, data[-tag_size:], min_tag_length=tag_size)
    ctx = Cipher(algorithms.AES(key), gcm).decryptor()
    ctx.authenticate_additional_data(header)
    return ctx.update(data[:-tag_size]) + ctx.finalize()


class Aead:
    """A security association with an AEAD; @high: sequence numbers of 64 bits"""

    def __init__(self, mode, key_size, tag_size, esn=False, tunnel=False):
        self.mode = mode
        self.name = {"gcm": "rfc4106(gcm(aes))", "ccm": "rfc4309(ccm(aes))"}[mode]
        self.salt_size = {"gcm": 4, "ccm": 3}[mode]
        self.key_size = key_size + self.salt_size
        self.tag_size = tag_size
        self.esn = esn
        self.tunnel = tunnel
        self.title = "%s, key of %d bits, tag of %d%s%s" % (
            self.name, 8 * key_size, 8 * tag_size, ", ESN" if esn else "",
            ", tunnel" if tunnel else "")
        # With fips=1 the one that makes the IVs itself.
        seqiv = "seqiv-" if af_alg.FIPS else ""
        self.drivers = {"gcm": [seqiv + "rfc4106-gcm-aes-wolfcrypt"],
                        "ccm": ["rfc4309-ccm-aes-wolfcrypt"]}[mode]
        self.iv_size = 8

    def keys(self, rng):
        return rng.randbytes(self.key_size)

    def arguments(self, key):
        return "aead %s 0x%s %d" % (self.name, key.hex(), 8 * self.tag_size)

    def open(self, key, packet):
        # The high half isn't sent. None here comes as far as 2^32.
        header = packet[:4] + bytes(4 * self.esn) + packet[4:8]
        try:
            return aead_open(self.mode, key, self.salt_size, self.tag_size, packet,
                             header)
        except InvalidTag as exc:
            raise af_alg.Wrong("a packet isn't authentic") from exc


class CbcHmac:
    """A security association with AES-CBC (RFC 3602) and HMAC-SHA-256 (RFC 4868)"""

    title = "cbc(aes), key of 256 bits, hmac(sha256), tag of 128"
    drivers = ["cbc-aes-wolfcrypt", "hmac-sha256-wolfcrypt"]
    esn = tunnel = False
    iv_size = 16

    @staticmethod
    def keys(rng):
        return rng.randbytes(32 + 32)

    @staticmethod
    def arguments(key):
        return "enc cbc(aes) 0x%s auth-trunc hmac(sha256) 0x%s 128" % (
            key[:32].hex(), key[32:].hex())

    @staticmethod
    def open(key, packet):
        ctx = hmac.HMAC(key[32:], hashes.SHA256())
        ctx.update(packet[:-16])
        check("the packet's MAC", packet[-16:], ctx.finalize()[:16])
        ctx = Cipher(algorithms.AES(key[:32]), modes.CBC(packet[8:24])).decryptor()
        return ctx.update(packet[24:-16]) + ctx.finalize()


ASSOCIATIONS = [
    Aead("gcm", 16, 16), Aead("gcm", 24, 16), Aead("gcm", 32, 16),
    Aead("gcm", 16, 12), Aead("gcm", 32, 8), Aead("gcm", 32, 16, esn=True),
    Aead("gcm", 32, 16, tunnel=True), Aead("ccm", 16, 16), Aead("ccm", 32, 8),
    CbcHmac(),
]


def payload(plaintext, tunnel):
    """The datagram's data; RFC 4303 section 2.4: padding, its size, what it pads"""
    padding, kind = plaintext[-2], plaintext[-1]
    check("padding", plaintext[-2 - padding:-2], bytes(range(1, padding + 1)))
    check("next header", kind, socket.IPPROTO_IPIP if tunnel else socket.IPPROTO_UDP)
    return plaintext[IP_HEADER * tunnel + UDP_HEADER:-2 - padding]


class Link(netns.Link):
    """Two hosts, with an association in each direction"""

    def __init__(self, hosts, sa, rng):
        super().__init__(hosts)
        self.sa = sa
        self.keys = [sa.keys(rng), sa.keys(rng)]
        self.references = None

    def __enter__(self):
        self.references = netns.References(self.sa.drivers)
        with contextlib.ExitStack() as undo:
            undo.callback(self.__exit__, True)
            self.set_up()
            undo.pop_all()
        return self

    def set_up(self):
        for host in self.hosts:
            host.ip(*self.states(self.keys), *self.policies(host))
        got = self.references.got()
        for name, count in got.items():
            check("%s got references by the SAs" % name, count > 0, True)
        print("# %s: %s" % (self.sa.title, ", ".join(got)))
        self.open()

    def __exit__(self, kind, *_):
        self.close()
        for host in self.hosts:
            host.ip("xfrm policy flush", "xfrm state flush")
        # Those that are dropped later would be missed in the next link's count.
        for name, count in self.references.got(0).items():
            if not kind:
                check("references to %s that are left" % name, count, 0)

    def mode(self):
        return "mode tunnel" if self.sa.tunnel else "mode transport"

    def states(self, keys):
        esn = " replay-window 32 flag esn" if self.sa.esn else ""
        for sender, key in enumerate(keys):
            yield "xfrm state add src %s dst %s proto esp spi %d %s %s%s" % (
                ADDRESSES[sender], ADDRESSES[1 - sender], 1000 + sender,
                self.mode(), self.sa.arguments(key), esn)

    def policies(self, host):
        for sender in range(2):
            ends = "src %s dst %s" % (ADDRESSES[sender], ADDRESSES[1 - sender])
            direction = "out" if host.address == ADDRESSES[sender] else "in"
            yield "xfrm policy add %s dir %s tmpl %s proto esp %s" % (
                ends, direction, ends, self.mode())

    def esp(self):
        """The next packet of ESP on the wire, with what is before it"""
        while True:
            frame = self.frame(ETH_P_IP)
            if frame[ETH_HEADER + 9] == socket.IPPROTO_ESP:
                return frame[:ETH_HEADER + IP_HEADER], frame[ETH_HEADER + IP_HEADER:]

    def send(self, sender, data):
        """Gives the packet as it was on the wire."""
        self.datagram(sender, data)
        self.arrives(1 - sender, data)
        head, packet = self.esp()
        check("SPI", struct.unpack(">I", packet[:4])[0], 1000 + sender)
        plaintext = self.sa.open(self.keys[sender], packet)
        check("what was sent", payload(plaintext, self.sa.tunnel), data)
        self.used_once(sender, packet[8:8 + self.sa.iv_size])
        return head + packet


def refused(host):
    """How many packets were not authentic, or malformed"""
    with open(host.path("net/xfrm_stat"), encoding="ascii") as file:
        return int(dict(line.split() for line in file)["XfrmInStateProtoError"])


def check_refused(link, what, before, count):
    """So many are refused, and nothing arrives."""
    netns.until(lambda: refused(link.hosts[1]) - before >= count)
    link.nothing_arrives(what)
    check("packets refused", refused(link.hosts[1]) - before, count)


def datagrams(hosts, sa, rng):
    with Link(hosts, sa, rng) as link:
        for size in SIZES:
            for sender in range(2):
                link.send(sender, rng.randbytes(size))


def changed_packets(hosts, sa, rng):
    """Any bit of a packet; the SPI is left out, by which a key is found."""
    with Link(hosts, sa, rng) as link:
        data = rng.randbytes(90)
        frame = link.send(0, data)
        start = ETH_HEADER + IP_HEADER
        places = {start + 4, start + 7, len(frame) - 1, len(frame) - 8}
        places |= set(range(start + 8, len(frame), 17))
        before = refused(hosts[1])
        for at in sorted(places):
            bad = bytearray(frame)
            bad[at] ^= 1 << rng.randrange(8)
            link.inject(bad)
        check_refused(link, "a changed packet", before, len(places))
        # It was for the change, and no other reason.
        link.inject(frame)
        link.arrives(1, data)


def another_key(hosts, sa, rng):
    with Link(hosts, sa, rng) as link:
        link.send(0, b"with the same key")
        hosts[1].ip("xfrm state flush", *link.states([sa.keys(rng), sa.keys(rng)]))
        before = refused(hosts[1])
        link.datagram(0, b"with another key")
        check_refused(link, "what has another key", before, 1)


def cases(hosts):
    for sa in ASSOCIATIONS:
        for title, func in (("datagrams", datagrams), ("changed packets", changed_packets),
                            ("another key", another_key)):
            # With ESN there is protection against replay, and all but one are replays.
            if sa.esn and func is changed_packets:
                continue
            yield ("%s: %s" % (sa.title, title),
                   lambda s=sa, f=func: f(hosts, s, random.Random(s.title)))


def missing():
    if not os.path.exists("/proc/net/xfrm_stat"):
        return "needs CONFIG_XFRM_STATISTICS"
    return netns.missing()


def main():
    if af_alg.skipped(missing):
        return af_alg.KSFT_SKIP

    with netns.connected() as hosts:
        for host in hosts:
            host.ip("address add %s%s dev %s" % (host.address, MASK, host.device))
        return af_alg.run(list(cases(hosts)))


if __name__ == "__main__":
    sys.exit(main())
