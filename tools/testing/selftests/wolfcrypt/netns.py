# SPDX-License-Identifier: GPL-2.0-or-later
"""Two network namespaces with a wire between them, and what is on the wire."""

import contextlib
import ctypes
import os
import shutil
import socket
import struct
import subprocess
import time

import af_alg
from af_alg import check

ETH_P_ALL = 0x0003      # what is sent, too
ETH_P_IP = 0x0800
ETH_HEADER = 14
IP_HEADER = 20
UDP_HEADER = 8
UDP_PORT = 4000
MOST = 1 << 17          # more than a frame has
CLONE_NEWNET = 0x40000000

# Seconds for what comes sooner or later, on a machine that has much else to do
PATIENCE = 60

ADDRESSES = ["192.0.2.1", "192.0.2.2"]
MASK = "/24"

LIBC = ctypes.CDLL(None, use_errno=True)


class Host:
    """One end: a network namespace with one interface"""

    def __init__(self, number):
        self.address = ADDRESSES[number]
        self.device = "wc%d" % number
        # It says that it is there when it has its namespace.
        self.process = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "echo; exec cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if not self.process.stdout.readline():
            raise af_alg.Wrong("unshare: no network namespace")

    def path(self, name):
        return "/proc/%d/%s" % (self.process.pid, name)

    def run(self, *command, text=None):
        """Runs a command that reads @text; gives what it prints"""
        done = subprocess.run(["nsenter", "--net=" + self.path("ns/net"), *command],
                              check=False, text=True, input=text,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode:
            raise af_alg.Wrong("%s: %s" % (command[0], done.stderr.strip()))
        return done.stdout

    def ip(self, *commands):
        """Runs all of these commands of ip, each a text"""
        self.run("ip", "-batch", "-", text="\n".join(commands))

    def socket(self, *args):
        """A socket of this host; the namespace is looked at when it is made."""
        with open("/proc/self/ns/net", "rb") as own, \
             open(self.path("ns/net"), "rb") as other:
            enter(other)
            try:
                return socket.socket(*args)
            finally:
                enter(own)

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def until(done, seconds=PATIENCE):
    """Waits for something that may take a while on a busy machine; it may not come."""
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.02)


def be_alone():
    """Makes this process a network namespace of its own, with the loopback device"""
    if LIBC.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def enter(namespace):
    if LIBC.setns(namespace.fileno(), CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


class Link:
    """Datagrams between two hosts, and the wire that they go over"""

    family = socket.AF_INET
    addresses = ADDRESSES

    def __init__(self, hosts):
        self.hosts = hosts
        self.ivs = set()
        self.sockets = contextlib.ExitStack()
        self.udp = []
        self.wire = None

    def open(self):
        for host, address in zip(self.hosts, self.addresses):
            sock = self.socket(host, self.family, socket.SOCK_DGRAM)
            sock.bind((address, UDP_PORT))
            self.udp.append(sock)
        self.wire = self.socket(self.hosts[0], socket.AF_PACKET, socket.SOCK_RAW,
                                socket.htons(ETH_P_ALL))
        self.wire.bind((self.hosts[0].device, ETH_P_ALL))

    def socket(self, host, *args):
        sock = self.sockets.enter_context(host.socket(*args))
        sock.settimeout(PATIENCE)
        return sock

    def close(self):
        self.sockets.close()

    def frame(self, ethertype):
        """The next frame of this kind on the wire"""
        while True:
            frame = self.wire.recv(MOST)
            if struct.unpack_from(">H", frame, 12)[0] == ethertype:
                return frame

    def datagram(self, sender, data):
        self.udp[sender].sendto(data, (self.addresses[1 - sender], UDP_PORT))

    def arrives(self, receiver, data):
        check("what arrives", self.udp[receiver].recv(MOST), data)

    def nothing_arrives(self, what):
        self.udp[1].settimeout(0.2)
        try:
            check(what + " arrives", self.udp[1].recv(MOST), None)
        except TimeoutError:
            pass
        finally:
            self.udp[1].settimeout(PATIENCE)

    def inject(self, frame):
        """As if it came from the first host"""
        self.wire.send(frame)

    def used_once(self, *iv):
        """@iv: with what says which key it was"""
        check("an IV was used before", iv in self.ivs, False)
        self.ivs.add(iv)


class References:
    """How many references drivers got whose names begin with one of @drivers"""

    def __init__(self, drivers):
        self.drivers = tuple(drivers)
        self.before = self.now()

    def now(self):
        return {alg["driver"]: int(alg["refcnt"]) for alg in af_alg.proc_crypto()
                if "(" not in alg["driver"] and alg["driver"].startswith(self.drivers)}

    def got(self, most=None):
        """By the driver's name; with @most, after the others were dropped.

        RCU and a work queue do that, some time after an SA is deleted.
        """
        if most is not None:
            until(lambda: sum(self.got().values()) <= most, 60)
        # One that was made meanwhile has its registration's own.
        return {driver: count - self.before.get(driver, 1)
                for driver, count in self.now().items()}


@contextlib.contextmanager
def connected():
    """Two hosts whose interfaces are the ends of one wire"""
    with contextlib.ExitStack() as stack:
        hosts = [Host(0), Host(1)]
        for host in hosts:
            stack.callback(host.end)
        first, second = hosts
        first.ip("link add %s type veth peer name %s netns %d" %
                 (first.device, second.device, second.process.pid))
        for host in hosts:
            host.ip("link set %s up" % host.device)
        yield hosts


def missing():
    for command in "ip", "unshare", "nsenter":
        if not shutil.which(command):
            return "needs " + command
    if not os.path.exists("/proc/self/ns/net"):
        return "needs CONFIG_NET_NS"
    if not os.path.exists("/proc/net/packet"):
        return "needs CONFIG_PACKET"
    return None
