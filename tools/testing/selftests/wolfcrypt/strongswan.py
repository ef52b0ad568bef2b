#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""IPsec as strongSwan sets it up, with IKEv2, runs on wolfCrypt.

Two of its daemons, each in a network namespace, agree on keys, with a secret that both
have. The drivers of what they ask the kernel for are named, and datagrams go both
ways; every packet is taken from the wire and opened with OpenSSL and the keys that the
kernel then has, before and after these are replaced. With another secret there are none.
"""

import contextlib
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

import af_alg
import netns
import xfrm
from af_alg import check
from ipsec_oracle import CbcHmac, Ccm, ChaChaPoly, Gcm, Gmac
from xfrm import AH, CHACHA_DRIVERS, GMAC_DRIVERS, MODES, Sa

DAEMON = "charon-systemd"
NAMES = ("left", "right")
SIZES = (0, 1, 15, 16, 90, 500, 1300)

IKE = "aes128gcm16-prfsha256-ecp256"

SETTINGS = """
charon-systemd {{
	load = random nonce openssl kdf kernel-netlink socket-default vici
	install_routes = no
	plugins {{
		vici {{
			socket = {uri}
		}}
	}}
	filelog {{
		log {{
			path = {log}
			default = 1
			flush_line = yes
		}}
	}}
}}
swanctl {{
	load = random openssl
}}
"""

CONNECTIONS = """
connections {{
	net {{
		version = 2
		mobike = no
		local_addrs = {own}
		remote_addrs = {other}
		proposals = {ike}
		local {{
			auth = psk
			id = {name}
		}}
		remote {{
			auth = psk
			id = {peer}
		}}
		children {{
			net {{
				mode = {mode}
				local_ts = {own_inner}
				remote_ts = {other_inner}
				{proto}_proposals = {proposal}
			}}
		}}
	}}
}}
secrets {{
	ike {{
		secret = {secret}
	}}
}}
"""


class Daemon:
    """strongSwan on a host, with its files in a directory of its own"""

    def __init__(self, host, number, directory):
        self.host = host
        self.number = number
        self.base = os.path.join(directory, NAMES[number])
        self.uri = "unix://%s.vici" % self.base
        self.write("conf", SETTINGS.format(uri=self.uri, log=self.base + ".log"))
        self.process = subprocess.Popen(
            ["nsenter", "--net=" + host.path("ns/net"), DAEMON], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=dict(os.environ, STRONGSWAN_CONF=self.base + ".conf"))
        netns.until(lambda: os.path.exists(self.base + ".vici"), 60)

    def write(self, suffix, text):
        with open("%s.%s" % (self.base, suffix), "w", encoding="ascii") as file:
            file.write(text)
        return file.name

    def control(self, *words):
        return self.host.run("env", "STRONGSWAN_CONF=" + self.base + ".conf", "swanctl",
                             *words, "--uri", self.uri)

    def log(self):
        with open(self.base + ".log", encoding="utf-8") as file:
            return file.read()

    def load(self, sa, proposal, secret):
        own, other = self.number, 1 - self.number
        self.control("--load-all", "--file", self.write("swanctl", CONNECTIONS.format(
            own=sa.ip.addresses[own], other=sa.ip.addresses[other],
            own_inner=sa.inner.addresses[own], other_inner=sa.inner.addresses[other],
            name=NAMES[own], peer=NAMES[other], ike=IKE, mode=sa.mode,
            proto=sa.protocol.proto, proposal=proposal, secret=secret)))

    def end(self):
        self.process.terminate()
        self.process.wait()


def installed(host, sa):
    """Sender, SPI and key of each association that the host has"""
    found = []
    for source, text in re.findall(r"^src (\S+) .*\n((?:\t.*\n)+)",
                                   host.run("ip", "xfrm", "state"), re.M):
        check("it has a mode", "mode %s\n" % sa.mode in text, True)
        # That of authenc's MAC comes first, and second in what the oracle takes.
        keys = re.findall(r"\) 0x([0-9a-f]+)", text)
        found.append((sa.ip.addresses.index(source),
                      int(re.search(r"\bspi 0x([0-9a-f]+)", text)[1], 16),
                      bytes.fromhex("".join(reversed(keys)))))
    return sorted(found)


def learn(link):
    """Two new ones, the same at both ends

    The former are still taken from the other host for a while, but not sent with.
    """
    def states():
        return [[state for state in installed(host, link.sa)
                 if state[0] == number or state[1] not in old]
                for number, host in enumerate(link.hosts)]

    def agree():
        first, second = states()
        return first == second and len(first) == 2 and not old & {
            spi for _, spi, _ in first}

    old = set(link.spis)
    netns.until(agree, 60)
    first, second = states()
    check("associations of the second host", second, first)
    check("their senders", [sender for sender, _, _ in first], [0, 1])
    check("some of the former associations", old & {spi for _, spi, _ in first}, set())
    for sender, spi, key in first:
        check("bytes of keys", len(key), len(link.sa.protocol.keys(link.rng)))
        link.know(sender, spi, key)
        link.spis[sender] = spi


def datagrams(link):
    for size in SIZES:
        for sender in range(2):
            link.send(sender, link.rng.randbytes(size))


def load(daemons, sa, proposal, secrets):
    for daemon, secret in zip(daemons, secrets):
        daemon.load(sa, proposal, secret)


def agreed(hosts, daemons, sa, proposal, rng):
    load(daemons, sa, proposal, [rng.randbytes(16).hex()] * 2)
    references = xfrm.Instances(sa.instance)
    link = xfrm.Link(hosts, sa, rng)
    daemons[0].control("--initiate", "--child", "net")
    try:
        learn(link)
        print("#", references.check_used(sa, 4))
        text = daemons[1].control("--list-sas")
        check("what IKE uses: %s\nis AES-GCM, HMAC-SHA-256, P-256" % text,
              "AES_GCM_16-128/PRF_HMAC_SHA2_256/ECP_256" in text, True)
        with link:
            datagrams(link)
            daemons[1].control("--rekey", "--child", "net")
            learn(link)
            datagrams(link)
    finally:
        daemons[0].control("--terminate", "--ike", "net")
    references.check_left()


def another_secret(hosts, daemons, sa, proposal, rng):
    check("trouble with a secret before", "AUTHENTICATION_FAILED" in daemons[0].log(), False)
    load(daemons, sa, proposal, [rng.randbytes(16).hex(), rng.randbytes(16).hex()])
    try:
        daemons[0].control("--initiate", "--child", "net")
    except af_alg.Wrong:
        check("it was for the secret", "AUTHENTICATION_FAILED" in daemons[0].log(), True)
    else:
        check("they agreed", True, False)
    for host in hosts:
        netns.until(lambda: not host.run("ip", "xfrm", "state"), 60)
        check("associations", host.run("ip", "xfrm", "state"), "")


# What swanctl calls them
ASSOCIATIONS = [
    *((Sa(Gcm(16, 16), *mode), "aes128gcm16") for mode in MODES),
    (Sa(Gcm(32, 16), *MODES[1], esn=True), "aes256gcm16-ecp256-esn"),
    (Sa(Ccm(16, 16), *MODES[2]), "aes128ccm16"),
    (Sa(CbcHmac(32, "sha256", 32, 16), *MODES[3]), "aes256-sha256"),
    (Sa(Gmac(GMAC_DRIVERS, 16), *MODES[0]), "aes128gmac"),
    (Sa(ChaChaPoly(CHACHA_DRIVERS), *MODES[1]), "chacha20poly1305"),
    (Sa(AH[0], *MODES[2]), "sha256"),
]


def cases(hosts, daemons):
    def case(title, func, sa, proposal):
        title = "%s, %s: %s" % (proposal, sa.title, title)
        return title, lambda: func(hosts, daemons, sa, proposal, random.Random(title))

    for sa, proposal in ASSOCIATIONS:
        if xfrm.to_be_had(sa.protocol):
            yield case("packets", agreed, sa, proposal)
    yield case("another secret", another_secret, *ASSOCIATIONS[1])


def missing():
    for command in DAEMON, "swanctl":
        if not shutil.which(command):
            return "needs " + command
    return xfrm.missing()


def main():
    if af_alg.skipped(missing):
        return af_alg.KSFT_SKIP

    with xfrm.connected() as hosts, contextlib.ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        daemons = []
        for number, host in enumerate(hosts):
            daemons.append(Daemon(host, number, directory))
            stack.callback(daemons[-1].end)
        return af_alg.run(list(cases(hosts, daemons)))


if __name__ == "__main__":
    sys.exit(main())
