#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""IPsec between two network namespaces runs on wolfCrypt: ESP with every transform, AH.

In transport and tunnel mode, over IPv4 and IPv6, datagrams of many sizes go both
ways. Every packet is taken from the wire and opened with OpenSSL, others are made
with it and must arrive, and the drivers that hold the keys are named. Packets with
any change, and those of another key, must not arrive, and be counted for what they
are.
"""

import random
import socket
import sys

import af_alg
import netns
import xfrm
from af_alg import check
from xfrm import AH, ESP, Link, MODES, Sa

# The last is as many as a packet of 1500 bytes has room for, or nearly.
FEW = (0, 1, 15, 16, 90, 1339)
MORE = () if af_alg.QUICK else (*range(2, 101), 255, 256, 257, 1000)

# One of each kind
KINDS = list({protocol.name: protocol for protocol in ESP + AH}.values())


def links_of(hosts, protocol, rng):
    """In every mode"""
    return [Link(hosts, Sa(protocol, *mode), rng) for mode in MODES]


def both_ways(hosts, protocol, rng):
    links = links_of(hosts, protocol, rng)
    chosen = rng.choice(links) if protocol in KINDS else None
    with xfrm.associations(hosts, links):
        for link in links:
            with link, xfrm.named(link):
                datagrams(link, MORE if link is chosen else ())
                made_packets(link)


def datagrams(link, more):
    for size in FEW:
        for sender in range(2):
            link.send(sender, link.rng.randbytes(size))
    for size in more:
        link.send(size % 2, link.rng.randbytes(size))


def made_packets(link):
    """The oracle's are accepted, with any number if there is no replay window."""
    for size in FEW[::2]:
        for sender in range(2):
            link.accepted(sender, link.rng.randrange(1, 2 ** 32),
                          link.rng.randbytes(size))


def flipped(rng, packet, at):
    """With a bit of this byte changed"""
    return packet[:at] + bytes([packet[at] ^ 1 << rng.randrange(8)]) + packet[at + 1:]


def changed_packets(hosts, protocol, rng):
    links = links_of(hosts, protocol, rng)
    if protocol.proto == "esp":
        # What is outside of ESP makes no difference to it.
        links = rng.sample(links, 1 if af_alg.QUICK else 2)
    with xfrm.associations(hosts, links):
        for link in links:
            with link, xfrm.named(link):
                changed(link)
                another_key(link)


def changed(link):
    sa, rng = link.sa, link.rng
    # Another association with the same receiver, in whose name a packet may come
    other = link.new(0)
    link.hosts[1].ip(sa.state(0, other, link.keys[other]))
    data = rng.randbytes(40)
    packet = link.send(0, data)
    start = sa.ip.header_size
    spi = start + (4 if sa.protocol.proto == "ah" else 0)
    places = sorted(set(range(start, len(packet))) - set(range(spi, spi + 4)))
    with link.refused(XfrmInStateProtoError=len(places)):
        for at in places:
            link.inject(flipped(rng, packet, at))
    with link.refused(XfrmInStateProtoError=1):
        link.inject(packet[:spi] + other.to_bytes(4, "big") + packet[spi + 4:])
    with link.refused(XfrmInNoStates=1):
        link.inject(packet[:spi] + bytes.fromhex("0000fff0") + packet[spi + 4:])
    too_short(link, packet)
    in_clear(link)
    # It was for the change, and no other reason.
    link.inject(packet)
    link.arrives(1, data)
    if sa.protocol.proto == "ah":
        outside(link, packet, data)
    else:
        useless(link)
    link.send(1, b"the other way")


def too_short(link, packet):
    """It may end almost anywhere."""
    ip, protocol = link.sa.ip, link.sa.protocol
    payload = ip.split(packet)[2]
    # What has no whole header has no SPI and no number.
    header = 12 if protocol.proto == "ah" else 8
    sizes = range(header, len(payload), 5)
    with link.refused(XfrmInStateProtoError=len(sizes)):
        for size in sizes:
            link.inject(ip.packet(0, protocol.number, payload[:size]))
    with link.refused(XfrmInHdrError=header - 1):
        for size in range(1, header):
            link.inject(ip.packet(0, protocol.number, payload[:size]))


def in_clear(link):
    """A datagram that nothing protects, where the policy has it protected"""
    with link.refused(XfrmInTmplMismatch=1):
        link.inject(link.sa.inner.packet(0, socket.IPPROTO_UDP, xfrm.udp(
            link.sa.inner, 0, b"in clear", (netns.UDP_PORT, netns.UDP_PORT))))


def outside(link, packet, data):
    """AH covers IP's header, but for what changes on the way."""
    link.inject(link.sa.ip.on_the_way(packet))
    link.arrives(1, data)
    with link.refused(XfrmInStateProtoError=1):
        link.inject(link.sa.ip.from_elsewhere(packet))


def useless(link):
    """Authentic packets with which nothing can be done"""
    sa, key, spi = link.sa, link.keys[link.spis[0]], link.spis[0].to_bytes(4, "big")
    with link.refused(XfrmInStateProtoError=2):
        # More padding than packet; a dummy (RFC 4303 section 2.6)
        link.inject(sa.ip.packet(0, sa.protocol.number, sa.protocol.sealed(
            key, spi, bytes(4), b"", bytes(sa.protocol.iv_size), b"\xff" * 32)))
        link.inject(link.sealed(0, 3, socket.IPPROTO_NONE, bytes(40)))
    if sa.tunnel:
        with link.refused(XfrmInStateModeError=1):
            link.inject(link.sealed(0, 4, socket.IPPROTO_UDP, bytes(40)))


def another_key(link):
    spi = link.spis[0]
    link.keys[spi] = link.sa.protocol.keys(link.rng)
    link.hosts[1].ip(link.sa.without(0, spi), link.sa.state(0, spi, link.keys[spi]))
    with link.refused(XfrmInStateProtoError=1):
        link.datagram(0, b"with another key")
    link.accepted(0, 1, b"with that key")


def not_approved(hosts, protocol, rng):
    """With fips=1 there is no such association."""
    sa = Sa(protocol, *rng.choice(MODES))
    try:
        hosts[0].ip(sa.state(0, 1000, protocol.keys(rng)))
    except af_alg.Wrong:
        return
    hosts[0].ip("xfrm state flush")
    check("an association with " + sa.instance, True, False)


def cases(hosts):
    def case(protocol, title, func):
        title = "%s: %s" % (protocol.title, title)
        return title, lambda: func(hosts, protocol, random.Random(title))

    for protocol in ESP + AH:
        if not xfrm.to_be_had(protocol):
            yield case(protocol, "not approved", not_approved)
            continue
        yield case(protocol, "both ways", both_ways)
        if protocol in KINDS:
            yield case(protocol, "changes and another key", changed_packets)


def main():
    if af_alg.skipped(xfrm.missing):
        return af_alg.KSFT_SKIP

    with xfrm.connected() as hosts:
        return af_alg.run(list(cases(hosts)))


if __name__ == "__main__":
    sys.exit(main())
