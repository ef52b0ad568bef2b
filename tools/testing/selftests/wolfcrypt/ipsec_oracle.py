# SPDX-License-Identifier: GPL-2.0-or-later
"""What IPsec puts on the wire: IP, ESP and AH in Python, their ciphers from OpenSSL.

Nothing in here asks the kernel.
"""

import collections
import socket
import struct

import oracle
from af_alg import Wrong, check

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

UDP_HEADER = 8

# @iv: empty with AH; @kind: the protocol of @data
Opened = collections.namedtuple("Opened", "spi seq iv kind data")


def checksum(data):
    """RFC 1071"""
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return struct.pack(">H", total ^ 0xffff)


class Ip4:
    """IPv4 between the two hosts (RFC 791); @within: what tunnels have in them"""

    title = "IPv4"
    family = socket.AF_INET
    ethertype = 0x0800
    header_size = 20
    inside = socket.IPPROTO_IPIP
    mask = "/24"
    any = "0.0.0.0"

    def __init__(self, addresses, within=None):
        self.addresses = addresses
        self.within = within

    def ends(self, sender):
        return b"".join(socket.inet_pton(self.family, self.addresses[host])
                        for host in (sender, 1 - sender))

    @staticmethod
    def finished(header):
        return header[:10] + checksum(header[:10] + header[12:]) + header[12:]

    def packet(self, sender, proto, payload, offset=0, more=False, ident=1):
        return self.finished(struct.pack(
            ">BBHHHBBH8s", 0x45, 0, self.header_size + len(payload), ident,
            more << 13 | offset // 8, 64, proto, 0, self.ends(sender))) + payload

    def split(self, packet):
        """Gives its sender's and receiver's address, its protocol and its payload"""
        check("length in the IPv4 header", struct.unpack_from(">H", packet, 2)[0],
              len(packet))
        return packet[12:20], packet[9], packet[self.header_size:]

    @staticmethod
    def fragment(packet):
        """Gives where in the whole it begins, and whether more follow"""
        field = struct.unpack_from(">H", packet, 6)[0]
        return 8 * (field & 0x1fff), bool(field & 0x2000)

    def whole(self, first, payload):
        """The packet whose first fragment this is"""
        size = struct.pack(">H", self.header_size + len(payload))
        return self.finished(first[:2] + size + first[4:6] + bytes(2) +
                             first[8:self.header_size]) + payload

    @staticmethod
    def immutable(packet):
        """The header without what changes on the way (RFC 4302 section 3.3.3.1.1)"""
        return (packet[:1] + bytes(1) + packet[2:6] + bytes(3) + packet[9:10] +
                bytes(2) + packet[12:20])

    def on_the_way(self, packet):
        """Changed as by routers: another class of traffic, and one hop less"""
        return self.finished(packet[:1] + b"\x28" + packet[2:8] +
                             bytes([packet[8] - 1]) + packet[9:self.header_size]
                             ) + packet[self.header_size:]

    def from_elsewhere(self, packet):
        """With another sender's address"""
        return self.finished(packet[:15] + bytes([packet[15] ^ 1]) +
                             packet[16:self.header_size]) + packet[self.header_size:]


class Ip6(Ip4):
    """IPv6 between the two hosts (RFC 8200)"""

    title = "IPv6"
    family = socket.AF_INET6
    ethertype = 0x86dd
    header_size = 40
    inside = socket.IPPROTO_IPV6
    mask = "/64"
    any = "::"

    def packet(self, sender, proto, payload, offset=0, more=False, ident=1):
        if offset or more:
            payload = struct.pack(">BBHI", proto, 0, offset | more, ident) + payload
            proto = socket.IPPROTO_FRAGMENT
        return struct.pack(">IHBB32s", 6 << 28, len(payload), proto, 64,
                           self.ends(sender)) + payload

    def split(self, packet):
        check("length in the IPv6 header", struct.unpack_from(">H", packet, 4)[0],
              len(packet) - self.header_size)
        payload = packet[self.header_size:]
        if packet[6] == socket.IPPROTO_FRAGMENT:
            return packet[8:40], payload[0], payload[8:]
        return packet[8:40], packet[6], payload

    @staticmethod
    def fragment(packet):
        if packet[6] != socket.IPPROTO_FRAGMENT:
            return 0, False
        field = struct.unpack_from(">H", packet, 42)[0]
        return field & 0xfff8, bool(field & 1)

    def whole(self, first, payload):
        proto = self.split(first)[1]
        return first[:4] + struct.pack(">HB", len(payload), proto) + first[7:40] + payload

    @staticmethod
    def immutable(packet):
        """RFC 4302 section 3.3.3.1.2"""
        return b"\x60" + bytes(3) + packet[4:7] + bytes(1) + packet[8:40]

    @staticmethod
    def on_the_way(packet):
        return b"\x62\x81\x23\x45" + packet[4:7] + bytes([packet[7] - 1]) + packet[8:]

    @staticmethod
    def from_elsewhere(packet):
        return packet[:23] + bytes([packet[23] ^ 1]) + packet[24:]


class Joined:
    """Whole packets of fragments, which come one after the other"""

    def __init__(self, ip):
        self.ip = ip
        self.first = None
        self.payload = b""

    def add(self, packet):
        """Gives the whole packet, when this was all of it"""
        offset, more = self.ip.fragment(packet)
        payload = self.ip.split(packet)[2]
        check("where a fragment begins", offset, len(self.payload))
        if not offset:
            self.first = packet
        self.payload += payload
        if more:
            return None
        whole = self.ip.whole(self.first, self.payload) if offset else packet
        self.payload = b""
        return whole


def udp(ip, sender, data, ports):
    """A datagram; its checksum covers the addresses, too (RFC 768, RFC 8200)."""
    size = UDP_HEADER + len(data)
    header = struct.pack(">HHH", *ports, size)
    pseudo = ip.ends(sender) + struct.pack(">II", size, socket.IPPROTO_UDP)
    total = checksum(pseudo + header + bytes(2) + data)
    return header + (total if any(total) else b"\xff\xff") + data


def halves(seq, esn):
    """A sequence number: what is sent of it, and the high half, which isn't"""
    return (struct.pack(">I", seq & 0xffffffff),
            struct.pack(">I", seq >> 32) if esn else b"")


class Esp:
    """ESP (RFC 4303) with one of the transforms below"""

    proto = "esp"
    number = socket.IPPROTO_ESP
    approved = True
    iv_size = 8
    block = 4

    def seal(self, key, _ip, _sender, spi, seq, esn, iv, kind, data):
        """The payload of an IP packet"""
        low, high = halves(seq, esn)
        padding = -(len(data) + 2) % self.block
        data += bytes(range(1, padding + 1)) + bytes([padding, kind])
        return self.sealed(key, struct.pack(">I", spi), low, high, iv, data)

    def sealed(self, key, spi, low, high, iv, data):
        return spi + low + iv + self.encrypt(key, spi, low, high, iv, data)

    def open(self, key, ip, packet, high):
        """@high: the high half of the sequence number, as halves() gives it"""
        packet = ip.split(packet)[2]
        spi, low, packet = packet[:4], packet[4:8], packet[8:]
        iv, packet = packet[:self.iv_size], packet[self.iv_size:]
        try:
            data = self.decrypt(key, spi, low, high, iv, packet)
        except InvalidTag as exc:
            raise Wrong("a packet isn't authentic") from exc
        padding = data[-2]
        check("padding", data[-2 - padding:-2], bytes(range(1, padding + 1)))
        check("it is no longer than needed", padding < self.block, True)
        return Opened(int.from_bytes(spi, "big"), int.from_bytes(high + low, "big"), iv,
                      data[-1], data[:-2 - padding])


class Aead(Esp):
    """An AEAD whose nonce is a salt, from the key, and the IV of the packet"""

    geniv = "seqiv"
    salt_size = 4

    def __init__(self, name, drivers, key_size, tag_size=16):
        self.name = name
        self.drivers = drivers
        self.instance = "seqiv(%s)" % name
        self.key_size = key_size + self.salt_size
        self.tag_size = tag_size
        self.title = "%s, key of %d bits, tag of %d" % (name, 8 * key_size, 8 * tag_size)

    def keys(self, rng):
        return rng.randbytes(self.key_size)

    def arguments(self, key):
        return "aead %s 0x%s %d" % (self.name, key.hex(), 8 * self.tag_size)

    def nonce(self, key, iv):
        return key[:-self.salt_size], key[-self.salt_size:] + iv


class Gcm(Aead):
    """RFC 4106"""

    def __init__(self, key_size, tag_size):
        super().__init__("rfc4106(gcm(aes))", ["rfc4106-gcm-aes-wolfcrypt"], key_size,
                         tag_size)

    def encrypt(self, key, spi, low, high, iv, data):
        key, nonce = self.nonce(key, iv)
        return oracle.gcm(key, nonce, spi + high + low, data, self.tag_size)

    def decrypt(self, key, spi, low, high, iv, data):
        key, nonce = self.nonce(key, iv)
        data, tag = data[:-self.tag_size], data[-self.tag_size:]
        mode = modes.GCM(nonce, tag, min_tag_length=self.tag_size)
        ctx = Cipher(algorithms.AES(key), mode).decryptor()
        ctx.authenticate_additional_data(spi + high + low)
        return ctx.update(data) + ctx.finalize()


class Ccm(Aead):
    """RFC 4309"""

    salt_size = 3

    def __init__(self, key_size, tag_size):
        super().__init__("rfc4309(ccm(aes))", ["rfc4309-ccm-aes-wolfcrypt"], key_size,
                         tag_size)

    def encrypt(self, key, spi, low, high, iv, data):
        key, nonce = self.nonce(key, iv)
        return AESCCM(key, self.tag_size).encrypt(nonce, data, spi + high + low)

    def decrypt(self, key, spi, low, high, iv, data):
        key, nonce = self.nonce(key, iv)
        return AESCCM(key, self.tag_size).decrypt(nonce, data, spi + high + low)


class Gmac(Aead):
    """RFC 4543, ENCR_NULL_AUTH_AES_GMAC: the payload isn't encrypted"""

    approved = False

    def __init__(self, drivers, key_size):
        super().__init__("rfc4543(gcm(aes))", drivers, key_size)

    def encrypt(self, key, spi, low, high, iv, data):
        key, nonce = self.nonce(key, iv)
        return data + AESGCM(key).encrypt(nonce, b"", spi + high + low + iv + data)

    def decrypt(self, key, spi, low, high, iv, data):
        key, nonce = self.nonce(key, iv)
        data, tag = data[:-16], data[-16:]
        AESGCM(key).decrypt(nonce, tag, spi + high + low + iv + data)
        return data


class ChaChaPoly(Aead):
    """RFC 7634"""

    approved = False

    def __init__(self, drivers):
        super().__init__("rfc7539esp(chacha20,poly1305)", drivers, 32)

    def encrypt(self, key, spi, low, high, iv, data):
        key, nonce = self.nonce(key, iv)
        return ChaCha20Poly1305(key).encrypt(nonce, data, spi + high + low)

    def decrypt(self, key, spi, low, high, iv, data):
        key, nonce = self.nonce(key, iv)
        return ChaCha20Poly1305(key).decrypt(nonce, data, spi + high + low)


class CipherHmac(Esp):
    """A cipher, and then HMAC (RFC 2404, RFC 4868), whose key is after the other

    @parts: what the names of drivers begin with of which a template makes this: always with
    ESN; @drivers: without, where for one of the digests @bound there is a single one
    """

    def __init__(self, cipher, key_size, digest, auth_size, tag_size):
        self.cipher = cipher
        self.digest = digest
        self.key_size = key_size
        self.auth_size = auth_size
        self.tag_size = tag_size
        self.name = "authenc(hmac(%s),%s)" % (digest, cipher)
        self.instance = "%s(%s)" % (self.geniv, self.name)
        self.title = "%s, key of %d bits, tag of %d" % (
            self.name, 8 * (key_size - self.salt_size), 8 * tag_size)
        self.parts = ["hmac-%s-wolfcrypt" % digest, self.cipher_driver]
        self.drivers = self.parts
        if digest in self.bound:
            self.drivers = ["authenc-hmac-%s-%s-wolfcrypt" % (digest, self.mode)]

    def keys(self, rng):
        return rng.randbytes(self.key_size + self.auth_size)

    def arguments(self, key):
        return "enc %s 0x%s auth-trunc hmac(%s) 0x%s %d" % (
            self.cipher, key[:self.key_size].hex(), self.digest,
            key[self.key_size:].hex(), 8 * self.tag_size)

    def tag(self, key, *data):
        return oracle.hmac(self.digest)(key[self.key_size:],
                                        b"".join(data))[:self.tag_size]

    def encrypt(self, key, spi, low, high, iv, data):
        data = self.cipher_encrypt(key[:self.key_size], iv, data)
        return data + self.tag(key, spi, low, iv, data, high)

    def decrypt(self, key, spi, low, high, iv, data):
        data, tag = data[:-self.tag_size], data[-self.tag_size:]
        check("the packet's MAC", tag, self.tag(key, spi, low, iv, data, high))
        return self.cipher_decrypt(key[:self.key_size], iv, data)


class CbcHmac(CipherHmac):
    """RFC 3602"""

    mode = "cbc-aes"
    cipher_driver = "cbc-aes-wolfcrypt"
    bound = ("sha1", "sha256", "sha512")
    geniv = "echainiv"
    iv_size = block = 16
    salt_size = 0

    def __init__(self, key_size, *digest):
        super().__init__("cbc(aes)", key_size, *digest)

    @staticmethod
    def cipher_encrypt(key, iv, data):
        return oracle.cbc(key, iv, data)

    @staticmethod
    def cipher_decrypt(key, iv, data):
        ctx = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
        return ctx.update(data) + ctx.finalize()


class CtrHmac(CipherHmac):
    """RFC 3686: the key's last bytes, the IV, and a block's number, from 1 on"""

    mode = "rfc3686-ctr-aes"
    cipher_driver = "ctr-aes-wolfcrypt"
    bound = ("sha1", "sha256", "sha384", "sha512")
    geniv = "seqiv"
    salt_size = 4

    def __init__(self, key_size, *digest):
        super().__init__("rfc3686(ctr(aes))", key_size + self.salt_size, *digest)

    @staticmethod
    def cipher_encrypt(key, iv, data):
        return oracle.rfc3686(key, iv, data)

    cipher_decrypt = cipher_encrypt


class Ah:
    """AH (RFC 4302): the MAC covers the IP header, too, where it doesn't change."""

    proto = "ah"
    number = socket.IPPROTO_AH
    approved = True
    iv_size = 0
    FIXED = 12

    def __init__(self, name, mac, driver, key_size, tag_size):
        self.instance = self.name = name
        self.mac = mac
        self.drivers = [driver]
        self.key_size = key_size
        self.tag_size = tag_size
        # Linux pads it so with IPv4, too.
        self.size = -(-(self.FIXED + tag_size) // 8) * 8
        self.title = "AH, %s, tag of %d bits" % (name, 8 * tag_size)

    def keys(self, rng):
        return rng.randbytes(self.key_size)

    def arguments(self, key):
        return "auth-trunc %s 0x%s %d" % (self.name, key.hex(), 8 * self.tag_size)

    def tag(self, key, ip, packet, fixed, rest, high):
        """@packet: with this header of IP; @rest: what is after the MAC"""
        return self.mac(key, ip.immutable(packet) + fixed + bytes(self.tag_size) +
                        rest + high)[:self.tag_size]

    def seal(self, key, ip, sender, spi, seq, esn, _iv, kind, data):
        low, high = halves(seq, esn)
        fixed = struct.pack(">BBHI", kind, self.size // 4 - 2, 0, spi) + low
        rest = bytes(self.size - self.FIXED - self.tag_size) + data
        packet = ip.packet(sender, self.number, fixed + bytes(self.tag_size) + rest)
        return fixed + self.tag(key, ip, packet, fixed, rest, high) + rest

    def open(self, key, ip, packet, high):
        payload = ip.split(packet)[2]
        fixed, payload = payload[:self.FIXED], payload[self.FIXED:]
        kind, size, _, spi, low = struct.unpack(">BBHII", fixed)
        tag, rest = payload[:self.tag_size], payload[self.tag_size:]
        check("size of AH", (size + 2) * 4, self.size)
        check("the packet's MAC", tag, self.tag(key, ip, packet, fixed, rest, high))
        return Opened(spi, int.from_bytes(high, "big") << 32 | low, b"", kind,
                      payload[self.size - self.FIXED:])
