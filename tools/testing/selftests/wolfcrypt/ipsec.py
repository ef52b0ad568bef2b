#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""IPsec (ESP) between two network namespaces runs on wolfCrypt.

Datagrams of many sizes go both ways. Every packet is taken from the wire and opened
with OpenSSL, and the drivers that hold the keys are named. Changed packets, and
those of another key, must not arrive.
"""

import contextlib
import ctypes
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import time

import af_alg
from af_alg import check

try:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives import hashes, hmac
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.ciphers.aead import AESCCM
except ImportError as exc:
    print("TAP version 13\n1..0 # SKIP needs Python's cryptography:", exc)
    sys.exit(4)

ETH_P_ALL = 0x0003      # what is sent, too
ETH_P_IP = 0x0800
ETH_HEADER = 14
IP_HEADER = 20
UDP_HEADER = 8
UDP_PORT = 4000
CLONE_NEWNET = 0x40000000

ADDRESSES = ["192.0.2.1", "192.0.2.2"]
MASK = "/24"

# As many as a packet of 1500 bytes has room for, with all that ESP adds.
SIZES = (1, 2, 3, 15, 16, 17, 40, 61, 90, 255, 256, 257, 1000, 1380)

LIBC = ctypes.CDLL(None, use_errno=True)


class Host:
    """One end: a network namespace with one interface"""

    def __init__(self, number):
        self.address = ADDRESSES[number]
        self.device = "wc%d" % number
        # It says that it is there when it has its namespace.
        self.process = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; exec cat"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def path(self, name):
        return "/proc/%d/%s" % (self.process.pid, name)

    def ip(self, *commands):
        """Runs all of these commands of ip, each a text"""
        done = subprocess.run(["nsenter", "--net=" + self.path("ns/net"),
                               "ip", "-batch", "-"], check=False, text=True,
                              input="\n".join(commands), stderr=subprocess.PIPE)
        if done.returncode:
            raise af_alg.Wrong("ip: " + done.stderr.strip())

    def socket(self, *args):
        """A socket of this host; the namespace is looked at when it is made."""
        with open("/proc/self/ns/net", "rb") as own, \
             open(self.path("ns/net"), "rb") as other:
            enter(other)
            try:
                return socket.socket(*args)
            finally:
                enter(own)

    def statistic(self, name):
        with open(self.path("net/xfrm_stat"), encoding="ascii") as file:
            return int(dict(line.split() for line in file)[name])

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def enter(namespace):
    if LIBC.setns(namespace.fileno(), CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


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


class Link:
    """Two hosts, with an association in each direction"""

    def __init__(self, hosts, sa, rng):
        self.hosts = hosts
        self.sa = sa
        self.keys = [sa.keys(rng), sa.keys(rng)]
        self.ivs = set()
        self.udp = []
        self.wire = None
        self.before = {}

    def __enter__(self):
        self.before = references(self.sa.drivers)
        try:
            self.set_up()
        except BaseException:
            self.tear_down()
            raise
        return self

    def __exit__(self, kind, *_):
        self.tear_down()
        if not kind:
            self.await_references()

    def set_up(self):
        for host in self.hosts:
            host.ip(*self.states(self.keys), *self.policies(host))
        for name, count in references(self.sa.drivers).items():
            check("%s got references by the SAs" % name, count > self.before[name],
                  True)
        print("# %s: %s" % (self.sa.title, ", ".join(references(self.sa.drivers))))
        for host in self.hosts:
            sock = host.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind((host.address, UDP_PORT))
            sock.settimeout(10)
            self.udp.append(sock)
        self.wire = self.hosts[0].socket(socket.AF_PACKET, socket.SOCK_RAW,
                                         socket.htons(ETH_P_ALL))
        self.wire.bind((self.hosts[0].device, ETH_P_ALL))
        self.wire.settimeout(10)

    def tear_down(self):
        for sock in self.udp:
            sock.close()
        if self.wire:
            self.wire.close()
        for host in self.hosts:
            host.ip("xfrm policy flush", "xfrm state flush")

    def await_references(self):
        """What an SA has held is given back some time after the SA is gone."""
        end = time.monotonic() + 10
        while references(self.sa.drivers) != self.before and time.monotonic() < end:
            time.sleep(0.05)
        check("references after", references(self.sa.drivers), self.before)

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
            frame = self.wire.recv(2048)
            if struct.unpack_from(">H", frame, 12)[0] != ETH_P_IP:
                continue
            if frame[ETH_HEADER + 9] == socket.IPPROTO_ESP:
                return frame[:ETH_HEADER + IP_HEADER], frame[ETH_HEADER + IP_HEADER:]

    def send(self, sender, data):
        """Gives the packet as it was on the wire."""
        self.udp[sender].sendto(data, (ADDRESSES[1 - sender], UDP_PORT))
        check("what arrives", self.udp[1 - sender].recv(2048), data)
        head, packet = self.esp()
        check("SPI", struct.unpack(">I", packet[:4])[0], 1000 + sender)
        plaintext = self.sa.open(self.keys[sender], packet)
        check("what was sent", payload(plaintext, self.sa.tunnel), data)
        iv = (sender, packet[8:8 + self.sa.iv_size])
        check("an IV was used before", iv in self.ivs, False)
        self.ivs.add(iv)
        return head + packet

    def inject(self, frame):
        """As if it came from the first host"""
        self.wire.send(frame)

    def nothing_arrives(self, what):
        self.udp[1].settimeout(0.2)
        try:
            check(what + " arrives", self.udp[1].recv(2048), None)
        except TimeoutError:
            pass
        finally:
            self.udp[1].settimeout(10)


def references(drivers):
    return {alg["driver"]: int(alg["refcnt"]) for alg in af_alg.proc_crypto()
            if "(" not in alg["driver"] and alg["driver"].startswith(tuple(drivers))}


def datagrams(hosts, sa, rng):
    with Link(hosts, sa, rng) as link:
        for size in SIZES:
            for sender in range(2):
                link.send(sender, rng.randbytes(size))


def changed_packets(hosts, sa, rng):
    """Any bit of a packet; the SPI is left out, by which a key is found."""
    with Link(hosts, sa, rng) as link:
        frame = link.send(0, rng.randbytes(90))
        start = ETH_HEADER + IP_HEADER
        places = {start + 4, start + 7, len(frame) - 1, len(frame) - 8}
        places |= set(range(start + 8, len(frame), 17))
        before = hosts[1].statistic("XfrmInStateProtoError")
        for at in sorted(places):
            bad = bytearray(frame)
            bad[at] ^= 1 << rng.randrange(8)
            link.inject(bad)
        link.nothing_arrives("a changed packet")
        check("packets refused", hosts[1].statistic("XfrmInStateProtoError") - before,
              len(places))
        # It was for the change, and no other reason.
        link.inject(frame)
        check("the packet as it was arrives", len(link.udp[1].recv(2048)), 90)


def another_key(hosts, sa, rng):
    with Link(hosts, sa, rng) as link:
        link.send(0, b"with the same key")
        hosts[1].ip("xfrm state flush", *link.states([sa.keys(rng), sa.keys(rng)]))
        before = hosts[1].statistic("XfrmInStateProtoError")
        link.udp[0].sendto(b"with another key", (ADDRESSES[1], UDP_PORT))
        link.nothing_arrives("what has another key")
        check("packets refused", hosts[1].statistic("XfrmInStateProtoError") - before, 1)


def cases(hosts):
    for sa in ASSOCIATIONS:
        for title, func in (("datagrams", datagrams), ("changed packets", changed_packets),
                            ("another key", another_key)):
            # With ESN there is protection against replay, and all but one are replays.
            if sa.esn and func is changed_packets:
                continue
            yield ("%s: %s" % (sa.title, title),
                   lambda s=sa, f=func: f(hosts, s, random.Random(s.title)))


def connect(hosts):
    first, second = hosts
    first.ip("link add %s type veth peer name %s netns %d" %
             (first.device, second.device, second.process.pid))
    for host in hosts:
        host.ip("address add %s%s dev %s" % (host.address, MASK, host.device),
                "link set %s up" % host.device)


def missing():
    for command in "ip", "unshare", "nsenter":
        if not shutil.which(command):
            return "needs " + command
    if not os.path.exists("/proc/net/xfrm_stat"):
        return "needs CONFIG_XFRM_STATISTICS"
    return None


def main():
    print("TAP version 13")
    reason = af_alg.skip_reason(af_alg.OURS) or missing()
    if reason:
        print("1..0 # SKIP", reason)
        return af_alg.KSFT_SKIP

    with contextlib.ExitStack() as stack:
        hosts = [Host(0), Host(1)]
        for host in hosts:
            stack.callback(host.end)
        connect(hosts)
        return af_alg.run(list(cases(hosts)))


if __name__ == "__main__":
    sys.exit(main())
