#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What IPsec on wolfCrypt does with traffic: replays, fragments, new keys, many flows.

Between two network namespaces: replayed and late packets must be counted and not
arrive, numbers go on above 2^32 with ESN, and come to an end without. Datagrams have
sizes around the MTU and above, up to 64 KiB, in one frame or in fragments. Keys are
replaced while datagrams go on, and many flows, each with associations of its own, go
on at once.
"""

import contextlib
import fcntl
import random
import re
import socket
import struct
import sys
import threading
import time

import af_alg
import netns
import xfrm
from af_alg import check
from xfrm import AH, ESP, Instances, Link, MODES, Sa

SECONDS = 2 if af_alg.QUICK else 6
REKEYS = 2 if af_alg.QUICK else 4
SO_RCVBUFFORCE = 33
SIOCSIFMTU = 0x8922
MTU = 1500

# One of each kind
KINDS = list({protocol.name: protocol for protocol in ESP + AH
              if xfrm.to_be_had(protocol)}.values())
GCM, CBC, HMAC = (next(kind for kind in KINDS if kind.name == name) for name in (
    "rfc4106(gcm(aes))", "authenc(hmac(sha256),cbc(aes))", "hmac(sha256)"))


def replays(link):
    sa = link.sa
    bottom = 1000 - sa.window + 1
    packets = [link.send(0, b"packet %d" % number) for number in range(40)]
    with link.refused(XfrmInStateSeqError=41):
        for packet in packets:
            link.inject(packet)
        link.inject(link.made(0, 0, b"there is no number 0"))
    # In the window they come in any order, each once.
    inside = (1000, bottom, 999, bottom + 1)
    for seq in inside:
        link.accepted(0, seq, b"number %d" % seq)
    with link.refused(XfrmInStateSeqError=len(inside)):
        for seq in inside:
            link.inject(link.made(0, seq, b"number %d again" % seq))
    # What is before the window has the high half of later ones with ESN.
    late = "XfrmInStateProtoError" if sa.esn else "XfrmInStateSeqError"
    with link.refused(**{late: 1 + len(packets)}):
        link.inject(link.made(0, bottom - 1, b"too late"))
        for packet in packets:
            link.inject(packet)
    # Only what is authentic moves the window.
    with link.refused(XfrmInStateProtoError=1):
        link.inject(link.made(0, 5000, b"changed")[:-1] + b"?")
    link.accepted(0, bottom + 2, b"still in the window")
    link.send(1, b"the other way")


def rollover(link):
    """The low half of the numbers begins anew, while the high half isn't sent."""
    packets = [link.send(sender, link.rng.randbytes(70))
               for _ in range(8) for sender in range(2)]
    check("the half that was sent is small again",
          [link.numbers[spi] & 0xffffffff for spi in link.spis], [3, 3])
    with link.refused(XfrmInStateSeqError=8):
        for packet in packets[::2]:
            link.inject(packet)
    for sender in range(2):
        link.accepted(sender, link.numbers[link.spis[sender]] + 100, b"made")


def last_number(link):
    """Without ESN nothing is sent after number 2^32 - 1."""
    for number in range(2):
        link.send(0, b"%d before the end" % (1 - number))
    with link.refused(receiver=0, XfrmOutStateSeqError=1), \
         contextlib.suppress(OSError):
        link.datagram(0, b"one too many")
    link.nothing_arrived()
    link.send(1, b"the other way")


def around(link):
    """Sizes at which packets become longer than the MTU, every one with GCM"""
    step = 7 if af_alg.QUICK or link.sa.protocol is not GCM else 1
    frames = [link.send_large(size % 2, link.rng.randbytes(size))[1]
              for size in range(1300, 1480, step)]
    check("frames", frames, [1] * frames.count(1) + [2] * frames.count(2))
    check("both numbers of frames", set(frames), {1, 2})


def fragments(link):
    """Of what is protected, which Linux does in IPv6's tunnels; and else of packets"""
    before = link.sa.tunnel and link.family == socket.AF_INET6
    for size in (1500, 2000, 2968, 4001, 9000, 20011, 60000):
        for sender in range(2):
            packets, frames = link.send_large(sender, link.rng.randbytes(size))
            check("datagram of %d bytes: frames for a packet" % size,
                  frames > 1 and packets == (frames if before else 1), True)
    made_fragments(link)


def pieces(ip, packet, size):
    """The fragments of a packet, with so much data each"""
    ends, proto, payload = ip.split(packet)
    sender = 0 if ends == ip.ends(0) else 1
    for at in range(0, len(payload), size):
        yield ip.packet(sender, proto, payload[at:at + size], at, at + size < len(payload))


def made_fragments(link):
    """The oracle's, in any order"""
    ip, rng = link.sa.ip, link.rng
    for number, size in enumerate((64, 1000, 1400)):
        data = rng.randbytes(2500)
        parts = list(pieces(ip, link.made(0, 500 + number, data), size))
        rng.shuffle(parts)
        for part in parts:
            link.inject(part)
        link.arrives(1, data)
    if link.sa.tunnel:
        data = rng.randbytes(2500)
        kind, inner = link.inner(0, data)
        parts = list(enumerate(pieces(ip.within, inner, 1000)))
        rng.shuffle(parts)
        for number, part in parts:
            link.inject(link.sealed(0, 600 + number, kind, part))
        link.arrives(1, data)


def set_mtu(host, size):
    with host.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SIOCSIFMTU, struct.pack("16si12x", host.device.encode(), size))


@contextlib.contextmanager
def mtu(hosts, size):
    try:
        for host in hosts:
            set_mtu(host, size)
        yield
    finally:
        for host in hosts:
            set_mtu(host, MTU)


def jumbo(link):
    """Large frames, and just before what needs two"""
    for most, sizes in ((9000, (1400, 4095, 4096, 8000, 8800)),
                        (65535, (9000, 16384, 32768, 65000, 65300))):
        with mtu(link.hosts, most):
            for at, size in enumerate(sizes):
                check("packets and frames for %d bytes" % size,
                      link.send_large(at % 2, link.rng.randbytes(size)), (1, 1))
            link.accepted(1, most, link.rng.randbytes(most - 300))
            if most < 65535:
                check("frames for the MTU",
                      link.send_large(0, link.rng.randbytes(most))[1], 2)


def nat_traversal(link):
    for size in (0, 1, 15, 16, 90, 1000, 1300):
        for sender in range(2):
            link.send(sender, link.rng.randbytes(size))
            link.accepted(sender, 5000 + size, link.rng.randbytes(size))
    packet = link.send(0, b"in ESP in UDP")
    with link.refused(XfrmInStateMismatch=1):
        link.inject(packet)         # not in UDP
    with link.refused(XfrmInNoStates=1):
        link.inject(link.sealed(0, 6000, *link.inner(0, b"unknown"), spi=link.new(0)))


class Traffic(threading.Thread):
    """Goes both ways between two sockets, until it is ended"""

    def __init__(self, port):
        super().__init__(name="port %d" % port)
        self.rng = random.Random(port)
        self.socks = []
        self.packets = self.bytes = 0
        self.ended = threading.Event()
        self.wrong = None

    def run(self):
        try:
            while not self.ended.is_set():
                for sender in range(2):
                    self.some(sender)
        except (OSError, af_alg.Wrong) as exc:
            self.wrong = exc

    def goes_on(self):
        """Waits for more than what was on its way"""
        count = self.packets + 50
        netns.until(lambda: self.packets >= count or self.wrong, 60)

    def end(self):
        self.ended.set()
        self.join()
        if self.wrong:
            raise af_alg.Wrong("%s, after %d packets: %s" % (self.name, self.packets,
                                                             self.wrong))
        check("nothing went over " + self.name, self.packets == 0, False)


class Datagrams(Traffic):
    """A few at a time, none of which may be lost"""

    UNIT = "packets"
    AT_ONCE = 8
    SIZES = (20, 64, 200, 700, 1300)

    def __init__(self, hosts, ip, port, stack):
        super().__init__(port)
        self.addresses = [(address, port) for address in ip.addresses]
        for host, address in zip(hosts, self.addresses):
            sock = stack.enter_context(host.socket(ip.family, socket.SOCK_DGRAM))
            sock.settimeout(60)
            sock.bind(address)
            self.socks.append(sock)

    def some(self, sender):
        # With their number in front: those of another CPU may come first.
        sent = [struct.pack(">I", self.packets + at) +
                self.rng.randbytes(self.rng.choice(self.SIZES))
                for at in range(self.AT_ONCE)]
        for data in sent:
            self.socks[sender].sendto(data, self.addresses[1 - sender])
        got = sorted(self.socks[1 - sender].recv(netns.MOST) for _ in sent)
        for one, expected in zip(got, sent):
            check("what arrives", one, expected)
        self.packets += len(sent)
        self.bytes += sum(map(len, sent))

    def check_counted(self, counts):
        check("packets counted of " + self.name, counts, [self.packets // 2] * 2)


class Stream(Traffic):
    """TCP, whose large packets the kernel cuts into those that are protected"""

    UNIT = "writes"
    SIZES = (1, 1000, 32768)

    def __init__(self, hosts, ip, port, stack):
        super().__init__(port)
        ends = [(address, port) for address in ip.addresses]
        socks = [stack.enter_context(host.socket(ip.family, socket.SOCK_STREAM))
                 for host in hosts]
        for sock, end in zip(socks, ends):
            sock.settimeout(60)
            sock.bind(end)
        socks[1].listen()
        socks[0].connect(ends[1])
        self.socks = [socks[0], stack.enter_context(socks[1].accept()[0])]
        self.sent = [0, 0]
        self.socks[1].settimeout(60)

    def some(self, sender):
        data = self.rng.randbytes(self.rng.choice(self.SIZES))
        self.socks[sender].sendall(data)
        got = b""
        while len(got) < len(data):
            part = self.socks[1 - sender].recv(len(data) - len(got))
            check("the connection ended", part == b"", False)
            got += part
        check("what arrives", got, data)
        self.packets += 1
        self.bytes += len(data)
        self.sent[sender] += len(data)

    def check_counted(self, counts):
        """Each has the MSS at most, and some have nothing but an acknowledgment."""
        for sender in range(2):
            check("packets from end %d of %s are enough" % (sender, self.name),
                  counts[sender] > self.sent[sender] // MTU, True)


def rekey(link):
    """The new association is there at both ends before the first packet goes with it."""
    sa, hosts = link.sa, link.hosts
    link.wire.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 28)
    before = [xfrm.statistics(host) for host in hosts]
    # Without an SPI the kernel would send with the newest, which only one host may have.
    send_with(link.spis, link)
    with contextlib.ExitStack() as stack:
        flow = Datagrams(hosts, sa.inner, 5000, stack)
        flow.start()
        stack.callback(flow.ended.set)
        for _ in range(REKEYS):
            flow.goes_on()
            old, link.spis = link.spis, [link.new(0), link.new(1)]
            for host in hosts:
                host.ip(*link.states())
            send_with(link.spis, link)
            flow.goes_on()
            for host in hosts:
                host.ip(*(sa.without(sender, spi) for sender, spi in enumerate(old)))
        flow.goes_on()
        flow.end()
    check("errors", [xfrm.statistics(host) for host in hosts], before)
    opened_all(link, flow.packets)
    print("# %d packets, %d bytes, %d keys" % (flow.packets, flow.bytes, len(link.keys)))


def send_with(spis, link):
    for number, host in enumerate(link.hosts):
        host.ip(*link.sa.policies(number, "update", spis=spis))


def opened_all(link, count):
    """Each packet, with the key that its SPI says, is from the flow."""
    used = set()
    for _, (sender, packet) in zip(range(count), link.packets()):
        used.add(link.open_packet(sender, packet).spi)
    check("the keys that were used", used, set(link.keys))


def counters(host):
    """The number of packets with each SPI, as the kernel counts them"""
    return {int(spi, 16): int(count) for spi, count in re.findall(
        r"\bspi 0x([0-9a-f]+).*?(\d+)\(packets\)", host.run("ip", "-s", "xfrm", "state"),
        re.S)}


def port(sa):
    return 5000 + sa.reqid


def spi(sa, sender):
    return 1000 + 2 * sa.reqid + sender


def set_up_flows(hosts, rng, stack):
    """Gives what has associations and policies of its own: all modes and transforms"""
    sas = [Sa(protocol, *MODES[(at + more) % 4], reqid=1 + 2 * at + more)
           for at, protocol in enumerate(KINDS) for more in range(2)]
    references = [(sa, Instances(sa.instance)) for sa in sas[::2]]
    states = [sa.state(sender, spi(sa, sender), sa.protocol.keys(rng))
              for sa in sas for sender in range(2)]
    # ip knows no protocol's name without a list of them.
    selectors = [(sa, "proto %d sport %d dport %d" % (proto, port(sa), port(sa)))
                 for sa in sas for proto in (socket.IPPROTO_UDP, socket.IPPROTO_TCP)]
    for number, host in enumerate(hosts):
        stack.callback(host.ip, "xfrm policy flush", "xfrm state flush")
        host.ip(*states, *(policy for sa, selector in selectors
                           for policy in sa.policies(number, selector=selector)))
    for sa, instances in references:
        print("#", instances.check_used(sa, 8))
    return sas


def many_flows(hosts, kind, rng):
    with contextlib.ExitStack() as stack:
        sas = set_up_flows(hosts, rng, stack)
        before = [xfrm.statistics(host) for host in hosts]
        flows = [kind(hosts, sa.inner, port(sa), stack) for sa in sas]
        for flow in flows:
            stack.callback(flow.ended.set)
            flow.start()
        time.sleep(SECONDS)
        for flow in flows:
            flow.ended.set()
        for flow in flows:
            flow.end()
        print("# %d flows: %d %s, %d bytes" % (
            len(flows), sum(flow.packets for flow in flows), kind.UNIT,
            sum(flow.bytes for flow in flows)))
        check("errors", [xfrm.statistics(host) for host in hosts], before)
        for host in hosts:
            counted = counters(host)
            for sa, flow in zip(sas, flows):
                flow.check_counted([counted[spi(sa, sender)] for sender in range(2)])


def in_modes(hosts, func, sas, rng):
    links = [Link(hosts, sa, rng) for sa in sas]
    with xfrm.associations(hosts, links):
        for link in links:
            with link, xfrm.named(link):
                func(link)


def cases(hosts):
    def case(title, func, *args):
        return title, lambda: func(hosts, *args, random.Random(title))

    def each(title, func, protocols, **options):
        """In one mode each"""
        for at, protocol in enumerate(protocols):
            sa = Sa(protocol, *MODES[at % 4], **options)
            yield case("%s: %s" % (sa.title, title), in_modes, func, [sa])

    def every(title, func, protocols, **options):
        """In every mode"""
        for protocol in protocols:
            yield case("%s: %s" % (protocol.title, title), in_modes, func,
                       [Sa(protocol, *mode, **options) for mode in MODES])

    some = GCM, CBC, HMAC
    others = [kind for kind in KINDS if kind not in some]
    for window, esn in (32, False), (128, False), (128, True):
        yield from each("replays, window of %d" % window, replays,
                        some if esn else [GCM, HMAC], window=window, esn=esn)
    for high, kinds in (1, KINDS), (6, [GCM]):
        yield from each("numbers around %d * 2^32" % high, rollover, kinds, window=128,
                        esn=True, before=(high << 32) - 5)
    yield from each("the last number", last_number, [GCM, HMAC], before=2 ** 32 - 3)
    yield from each("sizes around the MTU", around, KINDS)
    for title, func in ("fragments", fragments), ("jumbo frames", jumbo):
        yield from every(title, func, some[:1] if af_alg.QUICK else some)
        yield from each(title, func, others)
    # Over IPv6 in transport mode nothing arrives, whatever the transform.
    yield case("%s: in UDP" % GCM.title, in_modes, nat_traversal,
               [Sa(GCM, ip, tunnel, encap=True) for ip, tunnel in MODES
                if tunnel or ip is MODES[0][0]])
    yield from each("in UDP", nat_traversal, [CBC], encap=True)
    yield from each("new keys under traffic", rekey, some)
    yield case("many flows of datagrams", many_flows, Datagrams)
    yield case("many flows of TCP", many_flows, Stream)


def main():
    if af_alg.skipped(xfrm.missing):
        return af_alg.KSFT_SKIP

    with xfrm.connected() as hosts:
        return af_alg.run(list(cases(hosts)))


if __name__ == "__main__":
    sys.exit(main())
