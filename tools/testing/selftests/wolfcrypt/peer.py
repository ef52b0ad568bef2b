#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Two machines exchange data by IPsec, MACsec, kernel TLS, TCP-AO and TCP-MD5.

usage: peer.py serve DEVICE     on a machine with another kernel's drivers
       peer.py run DEVICE       on one with wolfCrypt, which prints the results

The DEVICEs are network cards on the same Ethernet of which nothing else makes use:
until the end they are in a network namespace of this test's own.

Both ends have the keys from a table of cases, by its names. Each sends to the other:
datagrams from none to many bytes, and a stream, and both are compared there. What
leaves a machine must be encapsulated. Each end names the drivers that hold the keys:
here wolfCrypt's alone, and there none of them. With another key nothing may arrive.
"""

import argparse
import concurrent.futures
import contextlib
import errno
import functools
import hashlib
import json
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import traceback

import af_alg               # It skips the test without Python's cryptography.
import ktls
import macsec
import netns
import tcp_ao
import xfrm
from af_alg import check, check_error

# By family and end. Those of netns.ADDRESSES are MACsec's.
CONTROL = ("198.51.100.1", "198.51.100.2")
ON_LINK = {socket.AF_INET: ("203.0.113.1", "203.0.113.2"),
           socket.AF_INET6: ("2001:db8::1", "2001:db8::2")}
IN_TUNNEL = {socket.AF_INET: ("10.0.0.1", "10.0.0.2"),
             socket.AF_INET6: ("2001:db8:1::1", "2001:db8:1::2")}
FAMILIES = {socket.AF_INET: "IPv4", socket.AF_INET6: "IPv6"}
PORT = 4000

# Without data, up to where a packet is full, and in many of them
SIZES = (0, 1, 15, 16, 17, 255, 1000, 1380, 1400, 1420, 1440, 1472, 1473, 3000, 9000, 20000)
STREAM = ktls.STREAM // 2

DEADLINE = 60               # of data; the other machine may be slow
PATIENCE = 5 * DEADLINE     # for the other end's part of a step
START = 900                 # of the other end, which may have to boot

# linux/if_packet.h, linux/in.h, linux/in6.h
PACKET_OUTGOING = 4
IPPROTO_FRAGMENT = 44
PROTOCOLS = {50: "ESP", 51: "AH"}

# linux/tcp.h
TCP_MD5SIG = 14

# A template's part that does nothing
NOTHING = "ecb-cipher_null"


class Here(netns.Host):
    """This machine, in the namespace that it is in by now"""

    def __init__(self, end, device):            # pylint: disable=super-init-not-called
        self.end = end
        self.device = device
        self.address = netns.ADDRESSES[end]

    def path(self, name):
        return "/proc/self/" + name

    def move(self):
        """Takes the device into a namespace of its own"""
        with open("/proc/self/ns/net", "rb") as outside:
            netns.be_alone()
            subprocess.run(["nsenter", "--net=/proc/self/fd/%d" % outside.fileno(),
                            "ip", "link", "set", self.device, "netns", str(os.getpid())],
                           check=True, pass_fds=[outside.fileno()])
        self.ip(*self.addresses())

    def addresses(self):
        """Without any packet but the test's"""
        here, there = self.end, 1 - self.end
        yield "link set %s address %s addrgenmode none" % (self.device, macsec.mac_text(here))
        yield "link set %s up" % self.device
        for pair, prefix in ((CONTROL, 24), (ON_LINK[socket.AF_INET], 24),
                             (ON_LINK[socket.AF_INET6], 64)):
            nodad = " nodad" if prefix == 64 else ""
            yield "address add %s/%d dev %s%s" % (pair[here], prefix, self.device, nodad)
            yield "neighbour add %s lladdr %s nud permanent dev %s" % (
                pair[there], macsec.mac_text(there), self.device)
        for family, pair in IN_TUNNEL.items():
            yield "address add %s dev lo" % pair[here]
            yield "route add %s via %s dev %s" % (
                pair[there], ON_LINK[family][there], self.device)


class Failed(Exception):
    """The other end could not go on."""


class Peer:
    """The connection to the other end, by which both keep step"""

    def __init__(self, host, sock, any_driver=False):
        self.host = host
        self.end = host.end
        self.any_driver = any_driver
        self.sock = sock
        # It notices when the other end has gone without a word.
        sock.settimeout(PATIENCE)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option in socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL:
            sock.setsockopt(socket.IPPROTO_TCP, option, 10)
        # One file for both would forget what it has read ahead when it is written to.
        self.incoming = sock.makefile("r")
        self.outgoing = sock.makefile("w")
        self.number = 0
        self.drivers = None
        self.undo = None

    def send(self, **message):
        self.outgoing.write(json.dumps({"number": self.number, **message}) + "\n")
        self.outgoing.flush()

    def receive(self):
        try:
            line = self.incoming.readline()
        except OSError:
            line = ""
        return json.loads(line) if line else {"number": self.number, "gone": True}

    def meet(self, at, **message):
        """Waits for the other end to come here too; gives what it says."""
        self.send(at=at, **message)
        while True:
            message = self.receive()
            # What is left of an earlier case that failed isn't of interest.
            if message["number"] == self.number:
                break
        if "failed" in message or "gone" in message:
            raise Failed(message.get("failed", "it has gone"))
        check("what the other end has come to", message["at"], at)
        return message

    def play(self, title, func):
        """This end's part of a case"""
        self.drivers = Drivers()
        try:
            with contextlib.ExitStack() as self.undo:
                func(self, random.Random(title))
        finally:
            self.drivers.await_drop()
        check("drivers that are still used", self.drivers.used(), [])

    def ready(self, expected):
        """Names the drivers; @expected: how the names of ours begin, if it is ours"""
        ours = self.drivers.used()
        theirs = self.meet("the keys are set", drivers=ours)["drivers"]
        if self.end == 0:
            return
        print("# here %s; there %s" % (", ".join(ours), ", ".join(theirs)))
        for prefix in expected:
            check("a driver %s* is used" % prefix,
                  any(name.startswith(prefix) for name in ours), True)
        if expected:
            check("drivers here that aren't wolfCrypt's",
                  [name for name in ours if af_alg.OURS not in name], [])
        check("drivers are used there", bool(theirs), True)
        if not self.any_driver:
            check("drivers there that are wolfCrypt's",
                  [name for name in theirs if af_alg.OURS in name], [])

    def socket(self, family, kind):
        sock = self.undo.enter_context(socket.socket(family, kind))
        sock.settimeout(DEADLINE)
        return sock

    def moved(self, count):
        """@count: the bytes that came from the other end, and were right"""
        count += self.meet("all is there", bytes=count)["bytes"]
        if self.end:
            print("# %d bytes" % count)


class Drivers:
    """What had its references counted before a case"""

    def __init__(self):
        self.before = self.references()

    @staticmethod
    def references():
        return {alg["driver"]: int(alg["refcnt"]) for alg in af_alg.proc_crypto()}

    def used(self):
        """The registration has a reference, too."""
        return sorted(name for name, count in self.references().items()
                      if count > self.before.get(name, 1) and name != NOTHING)

    def await_drop(self):
        """RCU and work queues give references back."""
        netns.until(lambda: not self.used(), DEADLINE)


class Wire:
    """What leaves by this end's device, but for the control connection"""

    def __init__(self, peer):
        self.sock = peer.undo.enter_context(socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
        self.sock.setsockopt(socket.SOL_SOCKET, tcp_ao.SO_RCVBUFFORCE, 1 << 23)
        self.sock.bind((peer.host.device, netns.ETH_P_ALL))
        self.sock.setblocking(False)

    @staticmethod
    def kind(frame):
        """Or None for what isn't of a case"""
        ethertype, = struct.unpack_from(">H", frame, 12)
        if ethertype == macsec.ETH_P_MACSEC:
            return "MACsec"
        header = frame[netns.ETH_HEADER:]
        if ethertype == tcp_ao.ETH_P_IPV6 and header[24] != 0xff:      # multicast
            protocol = header[40] if header[6] == IPPROTO_FRAGMENT else header[6]
            return PROTOCOLS.get(protocol, "clear")
        if ethertype == netns.ETH_P_IP and header[12:16] != socket.inet_aton(CONTROL[0]) and (
                header[12:16] != socket.inet_aton(CONTROL[1])):
            return PROTOCOLS.get(header[9], "clear")
        return None

    def kinds(self):
        found = set()
        with contextlib.suppress(BlockingIOError):
            while True:
                frame, address = self.sock.recvfrom(128)
                if address[2] == PACKET_OUTGOING:
                    found.add(self.kind(frame))
        return sorted(found - {None})


def exchange(peer, family, addresses, rng):
    """Datagrams, and then a stream, both ways at once"""
    data = [[rng.randbytes(size) for size in SIZES] for _ in range(2)]
    sock = peer.socket(family, socket.SOCK_DGRAM)
    sock.bind((addresses[peer.end], PORT))
    peer.meet("datagrams")
    for datagram in data[peer.end]:
        sock.sendto(datagram, (addresses[1 - peer.end], PORT))
    # Fragments take another way to the receiver: the order is none of theirs.
    arrived = sorted((sock.recv(1 << 16) for _ in SIZES), key=len)
    for datagram, expected in zip(arrived, data[1 - peer.end]):
        check("a datagram of %d bytes" % len(expected), datagram, expected)
    sock = connection(peer, family, addresses)
    stream(peer, sock, rng, STREAM)
    return sum(SIZES) + STREAM


def connection(peer, family, addresses, prepare=lambda sock: None):
    """TCP's, from end 1 to end 0; @prepare is done with each end's first socket."""
    sock = peer.socket(family, socket.SOCK_STREAM)
    sock.bind((addresses[peer.end], 0))
    prepare(sock)
    if peer.end == 0:
        sock.listen()
    port = peer.meet("connection", port=sock.getsockname()[1])["port"]
    if peer.end == 1:
        sock.connect((addresses[0], port))
        return sock
    sock = peer.undo.enter_context(sock.accept()[0])
    sock.settimeout(DEADLINE)
    return sock


def stream(peer, sock, rng, size):
    data = [rng.randbytes(size), rng.randbytes(size)]
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        sent = pool.submit(ktls.send_stream, sock, data[peer.end], random.Random(0))
        digest = ktls.receive_stream(sock, random.Random(1), size)
        check("the stream", digest, hashlib.sha256(data[1 - peer.end]).digest())
        sent.result()


def dropped(peer, addresses, counter):
    """A datagram of each end doesn't arrive, and is counted."""
    sock = peer.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((addresses[peer.end], PORT))
    before = counter()
    peer.meet("datagrams")
    sock.sendto(b"with another key", (addresses[1 - peer.end], PORT))
    netns.until(lambda: counter() > before, DEADLINE)
    check("what was refused", counter() - before, 1)
    sock.setblocking(False)
    check_error("a datagram", errno.EAGAIN, sock.recv, 99)
    peer.meet("refused")


class Association:
    """@algorithms: kind, name, sizes of key and tag as ip has them, in bytes and bits"""

    def __init__(self, drivers, *algorithms, proto="esp", fips=True):
        self.drivers = drivers
        self.algorithms = algorithms
        self.proto = proto
        self.fips = fips
        self.title = "%s %s, key material of %d bits" % (
            proto.upper(), " ".join(name for _, name, _, _ in algorithms),
            8 * algorithms[0][2])

    def arguments(self, rng):
        return " ".join("%s %s 0x%s %s" % (kind, name, rng.randbytes(size).hex(), tag)
                        for kind, name, size, tag in self.algorithms)


# With fips=1 the driver is the one that makes the IVs itself.
RFC4106 = ["seqiv-rfc4106-gcm-aes-wolfcrypt" if af_alg.FIPS else "rfc4106-gcm-aes-wolfcrypt"]
CHACHA_ESP = ["rfc7539esp-chacha20-poly1305-wolfcrypt"] if af_alg.HAS_CHACHA else []
ASSOCIATIONS = (
    Association(RFC4106, ("aead", "rfc4106(gcm(aes))", 20, 128)),
    Association(RFC4106, ("aead", "rfc4106(gcm(aes))", 36, 128)),
    Association(["rfc4309-ccm-aes-wolfcrypt"], ("aead", "rfc4309(ccm(aes))", 19, 128)),
    Association(["gcm-aes-wolfcrypt"], ("aead", "rfc4543(gcm(aes))", 20, 128), fips=False),
    Association(["authenc-hmac-sha256-cbc-aes-wolfcrypt"],
                ("enc", "cbc(aes)", 32, ""), ("auth-trunc", "hmac(sha256)", 32, 128)),
    Association(["authenc-hmac-sha512-rfc3686-ctr-aes-wolfcrypt"],
                ("enc", "rfc3686(ctr(aes))", 36, ""), ("auth-trunc", "hmac(sha512)", 64, 256)),
    Association(["hmac-sha256-wolfcrypt"], ("auth-trunc", "hmac(sha256)", 32, 128),
                proto="ah"),
    Association(CHACHA_ESP, ("aead", "rfc7539esp(chacha20,poly1305)", 36, 128), fips=False),
)


def associate(peer, rng, sa, family, tunnel, wrong=False):
    """IPsec between the ends; gives the addresses between which it is."""
    outer = ON_LINK[family]
    inner = IN_TUNNEL[family] if tunnel else outer
    mode = "tunnel" if tunnel else "transport"
    keys = [sa.arguments(rng), sa.arguments(rng)]
    if wrong and peer.end:
        keys = [sa.arguments(rng), sa.arguments(rng)]
    peer.undo.callback(peer.host.ip, "xfrm policy flush", "xfrm state flush")
    for sender, key in enumerate(keys):
        ends = "src %s dst %s proto %s" % (outer[sender], outer[1 - sender], sa.proto)
        direction = "out" if sender == peer.end else "in"
        peer.host.ip("xfrm state add %s spi %d mode %s %s" % (ends, 1000 + sender, mode, key),
                     "xfrm policy add src %s dst %s dir %s tmpl %s mode %s" % (
                         inner[sender], inner[1 - sender], direction, ends, mode))
    peer.ready(sa.drivers)
    return inner


def by_ipsec(sa, family, tunnel, peer, rng):
    addresses = associate(peer, rng, sa, family, tunnel)
    wire = Wire(peer)
    count = exchange(peer, family, addresses, rng)
    check("what left", wire.kinds(), [sa.proto.upper()])
    peer.moved(count)


def other_ipsec_key(sa, peer, rng):
    addresses = associate(peer, rng, sa, socket.AF_INET, False, wrong=True)
    dropped(peer, addresses,
            lambda: xfrm.statistics(peer.host)["XfrmInStateProtoError"])


MACSEC = [macsec.Suite("gcm-aes-%s%d" % (xpn, bits), bits // 8, bool(xpn), encrypt)
          for xpn in ("", "xpn-") for bits in (128, 256) for encrypt in (True, False)]


def macsec_link(suite, peer, rng, wrong=False):
    """This end's half of one"""
    host = peer.host
    link = macsec.Link({peer.end: host}, suite, rng, suite.first_pn)
    key = suite.key(rng) if wrong and peer.end else link.keys[0]
    peer.undo.callback(host.ip, "link del " + macsec.name(host))
    host.ip(*link.interface(peer.end), *link.add(peer.end, 0, key))
    peer.ready([macsec.DRIVER])
    return link


def by_macsec(suite, peer, rng):
    macsec_link(suite, peer, rng)
    wire = Wire(peer)
    count = exchange(peer, socket.AF_INET, netns.ADDRESSES, rng)
    check("what left", wire.kinds(), ["MACsec"])
    peer.moved(count)


def other_macsec_key(suite, peer, rng):
    link = macsec_link(suite, peer, rng, wrong=True)
    dropped(peer, netns.ADDRESSES, lambda: link.counters(peer.end)["InPktsNotValid"])


TLS = [*ktls.SUITES, *(suite for suite in ktls.CHACHA_SUITES if suite not in ktls.SUITES)]


def tls_connection(suite, peer, rng, wrong=False):
    """With the kernel's TLS in both directions"""
    sock = connection(peer, socket.AF_INET, ON_LINK[socket.AF_INET])
    sock.setsockopt(socket.IPPROTO_TCP, ktls.TCP_ULP, b"tls")
    directions = [suite.direction(rng), suite.direction(rng)]
    if wrong and peer.end:
        directions = [suite.direction(rng), suite.direction(rng)]
    before = ktls.statistics()
    sock.setsockopt(ktls.SOL_TLS, ktls.TLS_TX, directions[peer.end].info())
    sock.setsockopt(ktls.SOL_TLS, ktls.TLS_RX, directions[1 - peer.end].info())
    for name in "TlsTxSw", "TlsRxSw":
        check(name, ktls.statistics()[name] - before[name], 1)
    peer.ready([suite.driver] if suite.driver else [])
    return sock


def by_tls(suite, peer, rng):
    sock = tls_connection(suite, peer, rng)
    stream(peer, sock, rng, ktls.STREAM)
    files = [rng.randbytes(100000), rng.randbytes(100000)]
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        sent = pool.submit(ktls.send_file, sock, files[peer.end], 0)
        check("a file", ktls.receive(sock, 100000), files[1 - peer.end])
        sent.result()
    peer.moved(ktls.STREAM + 100000)


def other_tls_key(suite, peer, rng):
    sock = tls_connection(suite, peer, rng, wrong=True)
    before = ktls.decrypt_errors()
    sock.sendall(b"with another key")
    check_error("a record", errno.EBADMSG, sock.recv, 99)
    check("records that weren't authentic", ktls.decrypt_errors() - before, 1)
    peer.meet("refused")


def signed_connection(peer, family, set_key, drivers):
    """Each of its segments has a MAC."""
    sock = connection(peer, family, ON_LINK[family], set_key)
    peer.undo.callback(tcp_ao.reset, sock)
    peer.ready(drivers)
    return sock


def no_connection(peer, family, set_key, counter):
    """No segment of an end with another key has an answer."""
    addresses = ON_LINK[family]
    sock = peer.socket(family, socket.SOCK_STREAM)
    sock.bind((addresses[peer.end], 0))
    set_key(sock)
    if peer.end == 0:
        sock.listen()
    before = tcp_ao.counters([counter])
    port = peer.meet("connection", port=sock.getsockname()[1])["port"]
    if peer.end == 1:
        sock.settimeout(5)
        try:
            sock.connect((addresses[0], port))
            raise af_alg.Wrong("there is a connection")
        except TimeoutError:
            pass
    peer.meet("no connection")
    if peer.end == 0:
        check(counter + " has grown", tcp_ao.counters([counter]) > before, True)
        sock.setblocking(False)
        check_error("a connection", errno.EAGAIN, sock.accept)


AO = (tcp_ao.Suite("hmac(sha1)", 20), tcp_ao.Suite("hmac(sha256)", 32),
      tcp_ao.Suite("cmac(aes128)", 16))


def ao_setter(suite, family, peer, rng, wrong=False):
    addresses = tcp_ao.Family(FAMILIES[family], family, None, ON_LINK[family])
    keys = [tcp_ao.Key(suite, rng), tcp_ao.Key(suite, rng)]
    key = keys[wrong and peer.end]
    return lambda sock: tcp_ao.set_option(sock, tcp_ao.TCP_AO_ADD_KEY,
                                          key.add(addresses, peer.end))


def by_tcp_ao(suite, family, peer, rng):
    before, = tcp_ao.counters(["TCPAOGood"])
    sock = signed_connection(peer, family, ao_setter(suite, family, peer, rng), [suite.driver])
    stream(peer, sock, rng, STREAM)
    good = tcp_ao.counters(["TCPAOGood"])[0] - before
    check("so many good segments: %d" % good, good > STREAM // (1 << 16), True)
    peer.moved(STREAM)


def other_ao_key(suite, family, peer, rng):
    no_connection(peer, family, ao_setter(suite, family, peer, rng, wrong=True), "TCPAOBad")


def md5_setter(family, peer, rng, wrong=False):
    keys = [rng.randbytes(16), rng.randbytes(16)]
    key = keys[wrong and peer.end]
    addresses = tcp_ao.Family(FAMILIES[family], family, None, ON_LINK[family])
    # struct tcp_md5sig
    option = struct.pack("=128s2BHi80s", addresses.sockaddr(1 - peer.end), 0, 0, len(key), 0,
                         key)
    return lambda sock: tcp_ao.set_option(sock, TCP_MD5SIG, option)


def by_md5(family, peer, rng):
    sock = signed_connection(peer, family, md5_setter(family, peer, rng), [])
    stream(peer, sock, rng, STREAM)
    peer.moved(STREAM)


def other_md5_key(family, peer, rng):
    no_connection(peer, family, md5_setter(family, peer, rng, wrong=True), "TCPMD5Failure")


def all_cases():
    """Title, function, and whether there is such a thing with fips=1"""
    for sa in ASSOCIATIONS:
        for family, name in FAMILIES.items():
            for tunnel, mode in (False, "transport"), (True, "tunnel"):
                yield ("IPsec: %s, %s, %s" % (sa.title, mode, name),
                       functools.partial(by_ipsec, sa, family, tunnel), sa.fips)
        yield ("IPsec: %s, another key" % sa.title,
               functools.partial(other_ipsec_key, sa), sa.fips)
    for suite in MACSEC:
        yield "MACsec: " + suite.title, functools.partial(by_macsec, suite), True
        yield ("MACsec: %s, another key" % suite.title,
               functools.partial(other_macsec_key, suite), True)
    for suite in TLS:
        fips = suite.driver is not None
        yield "TLS: " + suite.title, functools.partial(by_tls, suite), fips
        yield ("TLS: %s, another key" % suite.title,
               functools.partial(other_tls_key, suite), fips)
    for family, name in FAMILIES.items():
        for suite in AO:
            yield ("TCP-AO: %s, %s" % (suite.name, name),
                   functools.partial(by_tcp_ao, suite, family), True)
            yield ("TCP-AO: %s, %s, another key" % (suite.name, name),
                   functools.partial(other_ao_key, suite, family), True)
        yield "TCP-MD5: " + name, functools.partial(by_md5, family), False
        yield "TCP-MD5: %s, another key" % name, functools.partial(other_md5_key, family), False


def one(peer, title, func):
    """A case, by the end that runs them"""
    peer.number += 1
    peer.send(begin=title)
    try:
        peer.play(title, func)
    except Failed as exc:
        raise af_alg.Wrong("the other end: %s" % exc) from exc
    except Exception as exc:
        peer.send(failed=str(exc))
        raise


def connect(here):
    """To the other end, when it is there"""
    socks = []

    def connected():
        try:
            socks.append(socket.create_connection((CONTROL[0], PORT), 5))
        except OSError:
            return False
        return True

    netns.until(connected, START)
    check("connections to the other end", len(socks), 1)
    return Peer(here, socks[0])


def run(device, any_driver, only):
    here = Here(1, device)
    here.move()
    peer = connect(here)
    peer.any_driver = any_driver
    todo = [(title, functools.partial(one, peer, title, func))
            for title, func, fips in all_cases()
            if only in title and (fips or not af_alg.FIPS)]
    status = af_alg.run(todo)
    peer.send(end=True)
    return status


def serve_one(peer):
    """Until the other end has had all of its cases; not if it goes before."""
    cases = {title: func for title, func, _ in all_cases()}
    while True:
        message = peer.receive()
        if "end" in message or "gone" in message:
            return "end" in message
        if "begin" not in message:
            continue
        peer.number = message["number"]
        print(message["begin"], flush=True)
        try:
            peer.play(message["begin"], cases[message["begin"]])
        except Exception as exc:        # pylint: disable=broad-except
            traceback.print_exc()
            peer.send(failed="%s: %s" % (type(exc).__name__, exc))


def serve(device):
    here = Here(0, device)
    here.move()
    with socket.create_server((CONTROL[0], PORT)) as listener:
        done = False
        while not done:
            listener.settimeout(START)
            with listener.accept()[0] as sock:
                done = serve_one(Peer(here, sock))
    return 0


def missing():
    for command in "ip", "nsenter":
        if not shutil.which(command):
            return "needs " + command
    return ktls.missing() or macsec.missing() or tcp_ao.missing()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("serve", "run"))
    parser.add_argument("device")
    parser.add_argument("--any-driver", action="store_true",
                        help="the other end may have wolfCrypt's drivers, too")
    parser.add_argument("--only", default="", help="a part of the cases' titles")
    args = parser.parse_args()
    if args.part == "serve":
        return serve(args.device)
    if af_alg.skipped(missing):
        return af_alg.KSFT_SKIP
    return run(args.device, args.any_driver, args.only)


if __name__ == "__main__":
    sys.exit(main())
