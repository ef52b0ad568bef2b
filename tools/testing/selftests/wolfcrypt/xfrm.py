# SPDX-License-Identifier: GPL-2.0-or-later
"""Security associations between two network namespaces, and their packets."""

import contextlib
import os
import re
import socket
import struct

import af_alg               # It skips the test without Python's cryptography.
import netns
from af_alg import check
from netns import ETH_HEADER, UDP_PORT

from ipsec_oracle import (Ah, CbcHmac, Ccm, ChaChaPoly, CtrHmac, Gcm, Gmac, Ip4, Ip6,
                          Joined, halves, udp, UDP_HEADER)
import oracle

IPS = (Ip4(["192.0.2.1", "192.0.2.2"], Ip4(["198.51.100.1", "198.51.100.2"])),
       Ip6(["2001:db8:1::1", "2001:db8:1::2"], Ip6(["2001:db8:2::1", "2001:db8:2::2"])))
MACS = [bytes.fromhex("0200c0000201"), bytes.fromhex("0200c0000202")]
ENCAP_PORT = 4500
UDP_ENCAP = 100
UDP_ENCAP_ESPINUDP = 2
MODES = [(ip, tunnel) for ip in IPS for tunnel in (False, True)]

GMAC_DRIVERS = ["rfc4543-gcm-aes-wolfcrypt"]
# On some CPUs wolfCrypt hasn't got it.
CHACHA_DRIVERS = (["rfc7539esp-chacha20-poly1305-wolfcrypt"] if af_alg.HAS_CHACHA else
                  ["rfc7539esp(chacha20-", "poly1305-"])

ESP = [
    *(Gcm(key, tag) for key in (16, 24, 32) for tag in (8, 12, 16)),
    Ccm(16, 16), Ccm(16, 12), Ccm(24, 16), Ccm(32, 8), Ccm(32, 16),
    *(Gmac(GMAC_DRIVERS, key) for key in (16, 24, 32)),
    CbcHmac(16, "sha256", 32, 16), CbcHmac(32, "sha256", 32, 16),
    CbcHmac(32, "sha384", 48, 24), CbcHmac(16, "sha1", 20, 12),
    CtrHmac(16, "sha512", 64, 32), CtrHmac(32, "sha512", 64, 32),
    ChaChaPoly(CHACHA_DRIVERS),
]
AH = [
    Ah("hmac(sha256)", oracle.hmac("sha256"), "hmac-sha256-wolfcrypt", 32, 16),
    Ah("hmac(sha512)", oracle.hmac("sha512"), "hmac-sha512-wolfcrypt", 64, 32),
    Ah("cmac(aes)", oracle.cmac, "cmac-aes-wolfcrypt", 16, 12),
]


def to_be_had(protocol):
    """With fips=1 the kernel makes no template's instance that its tests don't allow."""
    return protocol.approved or not af_alg.FIPS


class Sa:
    """What is common to the security associations of a link

    @window: the size of the replay window, 0 for none; @before: the number before
    that of the first packet; @encap: in UDP; @reqid: what a policy knows them by
    """

    def __init__(self, protocol, ip, tunnel, window=0, esn=False, before=0, encap=False,
                 reqid=0):
        self.protocol = protocol
        self.ip = ip
        self.inner = ip.within if tunnel else ip
        self.tunnel = tunnel
        self.window = window
        self.esn = esn
        self.before = before
        self.encap = encap
        self.reqid = reqid
        self.mode = "tunnel" if tunnel else "transport"
        self.title = "%s, %s, %s%s" % (protocol.title, ip.title, self.mode,
                                       ", ESN" if esn else "")

    @property
    def instance(self):
        """The algorithm's name"""
        if not self.esn:
            return self.protocol.instance
        return self.protocol.instance.replace("authenc(", "authencesn(")

    @property
    def drivers(self):
        """What the names of its drivers begin with"""
        if self.instance != self.protocol.instance:
            return self.protocol.parts
        return self.protocol.drivers

    def state(self, sender, spi, key):
        words = [ends(self.ip, sender), "proto %s spi %d mode %s reqid %d" % (
            self.protocol.proto, spi, self.mode, self.reqid), self.protocol.arguments(key)]
        if self.window:
            words.append("replay-window %d" % self.window)
        for half, value in (("", self.before), ("-hi", self.before >> 32)):
            if value:
                words += ["replay-%sseq%s %d" % (way, half, value & 0xffffffff)
                          for way in ("", "o")]
        if self.esn:
            words.append("flag esn")
        if self.encap:
            words.append("encap espinudp %d %d %s" % (ENCAP_PORT, ENCAP_PORT, self.ip.any))
        return "xfrm state add " + " ".join(words)

    def without(self, sender, spi):
        return "xfrm state delete %s proto %s spi %d" % (
            ends(self.ip, sender), self.protocol.proto, spi)

    def policies(self, host, verb="add", selector="", spis=None):
        """@spis: of the associations to send with, if there may be several"""
        if self.encap:
            # The packets around ESP aren't protected by themselves.
            selector = "proto %d dport %d" % (socket.IPPROTO_UDP, UDP_PORT)
        for sender in range(2):
            out = host == sender
            spi = "spi %d" % spis[sender] if spis and out else ""
            yield "xfrm policy %s %s %s dir %s tmpl %s proto %s %s mode %s reqid %d" % (
                verb, ends(self.inner, sender), selector, "out" if out else "in",
                ends(self.ip, sender), self.protocol.proto, spi, self.mode, self.reqid)


def ends(ip, sender):
    return "src %s dst %s" % (ip.addresses[sender], ip.addresses[1 - sender])


class Instances(netns.References):
    """The references of the drivers of one algorithm, by its name"""

    def __init__(self, name):
        super().__init__([name])

    def now(self):
        with open("/proc/crypto", encoding="ascii") as file:
            return {driver: int(count) for name, driver, count in re.findall(
                r"^name *: (.*)\ndriver *: (.*)\n(?:.+\n)*?refcnt *: (.*)$", file.read(),
                re.M) if name in self.drivers}

    def check_used(self, sa, count):
        """They are transforms of one driver, which is made of ours; gives its name."""
        used = {driver: count for driver, count in self.got().items() if count}
        check("number of drivers used for " + sa.instance, len(used), 1)
        driver = "".join(used)
        # An ahash over a shash counts for more.
        check("%s got %d references" % (driver, count), used[driver] >= count, True)
        for part in sa.drivers:
            check("%s has %s in its name" % (driver, part), part in driver, True)
        return driver

    def check_left(self):
        """Those that are dropped later would be missed in the next count."""
        check("references that are left", set(self.got(0).values()) - {0}, set())


@contextlib.contextmanager
def associations(hosts, links):
    """Sets up those of all links, which are of the same driver, at both hosts"""
    sa = links[0].sa
    references = Instances(sa.instance)
    try:
        for number, host in enumerate(hosts):
            host.ip(*(command for link in links for command in (
                *link.states(), *link.sa.policies(number))))
        print("#", references.check_used(sa, 4 * len(links)))
        yield
    finally:
        for host in hosts:
            host.ip("xfrm policy flush", "xfrm state flush")
    references.check_left()


@contextlib.contextmanager
def named(link):
    """Says with which link something is wrong, when there are several"""
    try:
        yield
    except af_alg.Wrong as exc:
        raise af_alg.Wrong("%s: %s" % (link.sa.title, exc)) from exc


class Link(netns.Link):
    """Two hosts, with an association in each direction"""

    def __init__(self, hosts, sa, rng):
        super().__init__(hosts)
        self.sa = sa
        self.rng = rng
        self.family = sa.ip.family
        self.addresses = sa.inner.addresses
        # By SPI; the last is the number of the last packet.
        self.keys, self.senders, self.numbers = {}, {}, {}
        self.spis = [self.new(0), self.new(1)]
        self.joined = [Joined(sa.ip), Joined(sa.ip)]
        self.frames = 0         # that the packets on the wire came in
        self.injectors = []

    def know(self, sender, spi, key):
        self.keys[spi] = key
        self.senders[spi] = sender
        self.numbers[spi] = self.sa.before

    def new(self, sender):
        """Another key; gives its SPI"""
        spi = (2000 if self.sa.tunnel else 1000) + len(self.keys)
        self.know(sender, spi, self.sa.protocol.keys(self.rng))
        return spi

    def states(self):
        return [self.sa.state(sender, spi, self.keys[spi])
                for sender, spi in enumerate(self.spis)]

    def __enter__(self):
        self.open()
        return self

    def __exit__(self, *_):
        self.close()

    def open(self):
        super().open()
        for host, address in zip(self.hosts, self.sa.ip.addresses):
            sock = self.socket(host, socket.AF_PACKET, socket.SOCK_RAW, 0)
            sock.bind((host.device, 0))
            self.injectors.append(sock)
            if self.sa.encap:
                sock = self.socket(host, self.family, socket.SOCK_DGRAM)
                sock.setsockopt(socket.IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP)
                sock.bind((address, ENCAP_PORT))

    # What is on the wire

    def packets(self):
        """The packets on it, whole, of the protocol; by their sender"""
        ip, inside = self.sa.ip, self.sa.protocol.number
        while True:
            frame = self.frame(ip.ethertype)
            sender = 0 if frame[6:12] == MACS[0] else 1
            packet = frame[ETH_HEADER:]
            # What comes out of a tunnel is seen, too, as if it came by this device.
            if ip.split(packet)[0] != ip.ends(sender):
                continue
            self.frames += 1
            packet = self.joined[sender].add(packet)
            if packet is None:
                continue
            _, proto, payload = ip.split(packet)
            if self.sa.encap and proto == socket.IPPROTO_UDP:
                proto, packet = inside, ip.packet(sender, inside, self.decapsulated(
                    sender, payload))
            if proto == inside:
                yield sender, packet

    def decapsulated(self, sender, payload):
        """RFC 3948; the checksum is 0 where IP allows that."""
        data = payload[UDP_HEADER:]
        expected = udp(self.sa.ip, sender, data, (ENCAP_PORT, ENCAP_PORT))
        if self.family == socket.AF_INET:
            expected = expected[:6] + bytes(2) + data
        check("UDP around ESP", payload, expected)
        return data

    def opened(self, sender):
        """The next packet, from @sender, and what the oracle finds in it"""
        whose, packet = next(self.packets())
        check("the sender", whose, sender)
        return packet, self.open_packet(sender, packet)

    def open_packet(self, sender, packet):
        at = self.sa.ip.header_size + (4 if self.sa.protocol.proto == "ah" else 0)
        spi = struct.unpack_from(">I", packet, at)[0]
        check("sender with SPI %#x" % spi, self.senders.get(spi), sender)
        self.numbers[spi] += 1
        high = halves(self.numbers[spi], self.sa.esn)[1]
        got = self.sa.protocol.open(self.keys[spi], self.sa.ip, packet, high)
        check("sequence number", got.seq, self.numbers[spi])
        if got.iv:
            self.used_once(spi, got.iv)
        return got

    def inner(self, sender, data):
        """What is in ESP or AH for a datagram, and the protocol of that"""
        ip = self.sa.inner
        data = udp(ip, sender, data, (UDP_PORT, UDP_PORT))
        if self.sa.tunnel:
            return ip.inside, ip.packet(sender, socket.IPPROTO_UDP, data)
        return socket.IPPROTO_UDP, data

    def check_inner(self, sender, got, data):
        """It is as it was sent; the kernel gives an inner packet what number it likes."""
        kind, expected = self.inner(sender, data)
        check("protocol of what is protected", got.kind, kind)
        if self.sa.tunnel:
            check("what was sent", self.sa.ip.split(got.data), self.sa.ip.split(expected))
        else:
            check("what was sent", got.data, expected)

    def send(self, sender, data):
        """Gives the packet as it was on the wire."""
        self.datagram(sender, data)
        self.arrives(1 - sender, data)
        packet, got = self.opened(sender)
        self.check_inner(sender, got, data)
        return packet

    def send_large(self, sender, data):
        """Gives the number of packets, and of frames, that it took."""
        self.datagram(sender, data)
        self.arrives(1 - sender, data)
        self.frames, packets, inside, whole = 0, 0, Joined(self.sa.inner), None
        while not whole:
            got = self.opened(sender)[1]
            whole = inside.add(got.data) if self.sa.tunnel else got.data
            packets += 1
        self.check_inner(sender, got._replace(data=whole), data)
        return packets, self.frames

    # What wasn't sent by the kernel

    def inject(self, packet, sender=0):
        frame = MACS[1 - sender] + MACS[sender] + struct.pack(
            ">H", self.sa.ip.ethertype) + packet
        self.injectors[sender].send(frame)
        # It is seen on the wire, as all others. The rest of a large one may already be
        # decrypted where it is, which packet sockets then see, too.
        start = frame[:ETH_HEADER + self.sa.ip.header_size]
        while not self.frame(self.sa.ip.ethertype).startswith(start):
            pass

    def sealed(self, sender, seq, kind, data, spi=None):
        """A packet that the oracle makes"""
        sa, spi = self.sa, spi or self.spis[sender]
        iv = self.rng.randbytes(sa.protocol.iv_size)
        payload = sa.protocol.seal(self.keys[spi], sa.ip, sender, spi, seq, sa.esn, iv,
                                   kind, data)
        if sa.encap:
            return sa.ip.packet(sender, socket.IPPROTO_UDP,
                                udp(sa.ip, sender, payload, (ENCAP_PORT, ENCAP_PORT)))
        return sa.ip.packet(sender, sa.protocol.number, payload)

    def made(self, sender, seq, data):
        """A packet with a datagram that the oracle makes"""
        return self.sealed(sender, seq, *self.inner(sender, data))

    def accepted(self, sender, seq, data):
        self.inject(self.made(sender, seq, data), sender)
        self.arrives(1 - sender, data)

    def nothing_arrived(self, receiver=1):
        self.udp[receiver].setblocking(False)
        try:
            check("what arrives", self.udp[receiver].recv(netns.MOST), None)
        except BlockingIOError:
            pass
        finally:
            self.udp[receiver].settimeout(10)

    @contextlib.contextmanager
    def refused(self, receiver=1, **expected):
        """What is injected in here is counted so, as /proc/net/xfrm_stat has it."""
        def news():
            return {name: count - before[name] for name, count in now().items()
                    if count != before[name]}

        def now():
            return statistics(self.hosts[receiver])

        before = now()
        yield
        netns.until(lambda: sum(news().values()) >= sum(expected.values()), 30)
        check("what is counted", news(), expected)
        self.nothing_arrived(receiver)


def statistics(host):
    with open(host.path("net/xfrm_stat"), encoding="ascii") as file:
        return {name: int(count) for name, count in map(str.split, file)}


@contextlib.contextmanager
def connected():
    """Two hosts that know each other's addresses, for no packets but those of the test"""
    with netns.connected() as hosts:
        for number, host in enumerate(hosts):
            commands = ["link set %s address %s" % (host.device, MACS[number].hex(":"))]
            for ip in IPS:
                commands += ["address add %s%s dev %s%s" % (
                    some.addresses[number], ip.mask, host.device,
                    " nodad" if ip.family == socket.AF_INET6 else "")
                             for some in (ip, ip.within)]
                commands += ["neighbour replace %s lladdr %s dev %s nud permanent" % (
                    some.addresses[1 - number], MACS[1 - number].hex(":"), host.device)
                             for some in (ip, ip.within)]
            host.ip(*commands)
        yield hosts


def missing():
    for name, option in (("xfrm_stat", "XFRM_STATISTICS"), ("if_inet6", "IPV6")):
        if not os.path.exists("/proc/net/" + name):
            return "needs CONFIG_" + option
    return netns.missing()
