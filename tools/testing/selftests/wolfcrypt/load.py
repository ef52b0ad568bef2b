#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Everything that wolfCrypt's drivers are used by, at once, for some time.

Each consumer is a process that moves data and compares them, with new keys from time to
time. Meanwhile CPUs go and come back, and with --faults allocations that can't wait
fail at random. No consumer may see other data than its own, or an error; with --faults,
of a connection or a key that fails a new one is made.
"""

import argparse
import contextlib
import glob
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time

import af_alg
import af_alg_many
import dm_crypt
import fscrypt
import ipsec_traffic
import keyring
import ktls
import macsec
import netns
import tcp_ao
import volumes
import xfrm
from af_alg import check

FORK = multiprocessing.get_context("fork")
# Seconds for what is in the way when the time is over, on a machine with sanitizers
PATIENCE = 600

DEBUGFS = "/sys/kernel/debug"
# So many percent of each eighth allocation that can't wait: of more, TCP finds no way
# through, as one large packet is dozens of them.
FAULTS = {"failslab": 2, "fail_page_alloc": 2}
INTERVAL = 8
MANY_TIMES = 1 << 30

VOLUMES = ("luks1-xts-512", "luks2-xts-512-4096", "luks2-cbc-essiv", "luks2-gcm-random",
           "luks2-xts-hmac")
SIZE = 64 << 10
ROUNDS_OF_A_KEY = 8


class Consumer:
    """What moves data. It is made before its process, and all else happens in that."""

    unit = "bytes"
    begins_anew = False     # when an allocation has failed
    faults = False

    def __init__(self, title):
        self.title = title
        self.rng = random.Random(title)
        self.rounds = self.moved = self.failures = 0
        self.work = None

    def set_up(self, stack):
        """@stack: of what is to be undone at the end"""

    def some(self):
        """Moves and compares some; gives how much. Called over and over"""
        raise NotImplementedError

    def main(self, ended, result):
        def answer(wrong=None):
            result.send((self.rounds, self.moved, self.failures, wrong))

        try:
            with contextlib.ExitStack() as stack:
                self.work = stack.enter_context(tempfile.TemporaryDirectory(dir="/dev/shm"))
                self.set_up(stack)
                result.send(None)
                while not ended.is_set():
                    self.round()
        except Exception as exc:        # It is for the one who waits.
            answer("%s: %s" % (type(exc).__name__, exc))
        else:
            answer()


    def round(self):
        try:
            self.moved += self.some()
            self.rounds += 1
        except OSError as exc:
            if not (self.faults and self.begins_anew):
                raise
            self.failures += 1
            print("# %s: %r" % (self.title, exc), flush=True)


class Volume(Consumer):
    """A LUKS volume, which is opened again from time to time"""

    def __init__(self, kind):
        super().__init__("dm-crypt: " + kind)
        self.kind = volumes.KINDS[kind]
        self.model = bytearray(SIZE)
        self.luks = None

    def set_up(self, stack):
        disk = stack.enter_context(volumes.Disk(self.work + "/disk",
                                                volumes.Luks.PAYLOAD + (4 << 20)))
        self.luks = volumes.Luks(self.kind, disk.node, self.work)
        self.luks.format()
        with self.opened() as device:
            device.write(0, bytes(self.model))

    @contextlib.contextmanager
    def opened(self):
        check("cryptsetup's status", self.luks.open(), (0, ""))
        try:
            with self.luks.device() as device:
                yield device
        finally:
            self.luks.close()

    def some(self):
        moved = 0
        with self.opened() as device:
            for _ in range(ROUNDS_OF_A_KEY):
                moved += dm_crypt.mixed(device, self.model, self.rng, 20)
                device.sync()
                moved += dm_crypt.check_model(device, self.model, self.rng)
        return moved


class Files(Consumer):
    """A file in an encrypted directory, whose key goes and comes back"""

    def __init__(self, mode):
        super().__init__("fscrypt: " + mode.title)
        self.mode = mode
        self.directory = None

    def set_up(self, stack):
        volume = stack.enter_context(fscrypt.Volume(self.work))
        stack.enter_context(volume.mounted())
        self.directory = fscrypt.Directory(volume, self.mode, self.rng)
        self.directory.create()

    def some(self):
        name = "file%d" % (self.rounds % 4)
        data = fscrypt.process(self.directory.file(name), self.rng.randrange(1 << 32))
        self.directory.written(name, data)
        check("flags of the removal", self.directory.remove(), 0)
        self.directory.add()
        check("the file with its key again", fscrypt.read(self.directory.file(name)), data)
        return (2 + 2 * fscrypt.ROUNDS) * len(data)


class Flows(Consumer):
    """TCP between two network namespaces, whose packets are protected"""

    def __init__(self, title):
        super().__init__(title)
        self.flows = []

    def connect(self, stack):
        """Gives the flows."""
        raise NotImplementedError

    def set_up(self, stack):
        self.flows = self.connect(stack)
        for flow in self.flows:
            flow.start()
            stack.callback(flow.end)
        for flow in self.flows:
            # So that all end before the first is waited for
            stack.callback(flow.ended.set)

    def some(self):
        before = sum(flow.bytes for flow in self.flows)
        time.sleep(1)
        for flow in self.flows:
            if flow.wrong:
                raise flow.wrong
        return sum(flow.bytes for flow in self.flows) - before


class Ipsec(Flows):
    """All modes and transforms"""

    def connect(self, stack):
        hosts = stack.enter_context(xfrm.connected())
        return [ipsec_traffic.Stream(hosts, sa.inner, ipsec_traffic.port(sa), stack)
                for sa in ipsec_traffic.set_up_flows(hosts, self.rng, stack)]


class Macsec(Flows):
    """One suite"""

    def __init__(self, suite):
        super().__init__("MACsec: " + suite.title)
        self.suite = suite

    def connect(self, stack):
        hosts = stack.enter_context(netns.connected())
        for number, host in enumerate(hosts):
            host.ip("link set %s address %s" % (host.device, macsec.mac_text(number)))
        link = macsec.Link(hosts, self.suite, self.rng, self.suite.first_pn)
        for number, host in enumerate(hosts):
            host.ip(*link.interface(number), *link.add(number, 0, link.keys[0]))
        return [ipsec_traffic.Stream(hosts, xfrm.Ip4(macsec.ADDRESSES), 5000, stack)]


class Connection(Consumer):
    """A TCP connection whose ends have keys, which are new ones from time to time"""

    begins_anew = True

    def set_up(self, stack):
        netns.be_alone()

    def connect(self, stack):
        """Gives its ends."""
        raise NotImplementedError

    def some(self):
        moved = 0
        with contextlib.ExitStack() as stack:
            ends = self.connect(stack)
            for sock in ends:
                sock.settimeout(netns.PATIENCE)
            for _ in range(ROUNDS_OF_A_KEY):
                moved += self.exchange(ends)
        return moved

    def exchange(self, ends):
        moved = 0
        for sender in range(2):
            data = self.rng.randbytes(self.rng.choice((1, 1000, 16384, 50000)))
            ends[sender].sendall(data)
            check("what arrives", self.receive(ends[1 - sender], len(data)), data)
            moved += len(data)
        return moved

    @staticmethod
    def receive(sock, size):
        out = b""
        while len(out) < size:
            part = sock.recv(size - len(out))
            if not part:
                raise ConnectionError("the connection ended")
            out += part
        return out


class Tls(Connection):
    """Both ends are the kernel's."""

    def __init__(self, suite):
        super().__init__("kernel TLS: " + suite.title)
        self.suite = suite

    def connect(self, stack):
        return stack.enter_context(ktls.Link(self.suite, self.rng,
                                             *ktls.FULL_DUPLEX)).ends


class TcpAo(Connection):
    """IPv4 and IPv6 in turn"""

    def __init__(self, suite):
        super().__init__("TCP-AO: " + suite.title)
        self.suite = suite

    def connect(self, stack):
        family = tcp_ao.FAMILIES[self.rounds % 2]
        key = tcp_ao.Key(self.suite, self.rng)
        client, listener = ends = [family.socket(end) for end in range(2)]
        for end, sock in enumerate(ends):
            stack.callback(tcp_ao.reset, sock)
            tcp_ao.set_option(sock, tcp_ao.TCP_AO_ADD_KEY, key.add(family, end))
            sock.settimeout(netns.PATIENCE)
        listener.listen()
        client.connect(listener.getsockname())
        server = listener.accept()[0]
        stack.callback(tcp_ao.reset, server)
        return client, server


class Requests(Consumer):
    """AF_ALG, by every driver"""

    def __init__(self, number):
        super().__init__("AF_ALG: process %d" % number)
        self.drivers = []

    def set_up(self, stack):
        self.drivers = [(driver, af_alg_many.Model(model))
                        for name, model in af_alg.algorithms().items()
                        for driver in af_alg.drivers_of(name, model, af_alg.OURS)[0]]

    def some(self):
        driver, model = self.rng.choice(self.drivers)
        key = model.key(self.rng)
        moved = 0
        with model.tfm(driver, key) as tfm, tfm.open() as req:
            for _ in range(ROUNDS_OF_A_KEY):
                request = model.request(self.rng, key)
                request.send(self.rng, req)
                out = af_alg_many.Buffers(self.rng, request.size)
                check("bytes returned", req.recvmsg_into(out.parts)[0], request.size)
                request.check("of %s" % driver, out.content())
                moved += request.size
        return moved


class EncryptedKeys(Consumer):
    """New ones, read, and made again of what was read"""

    unit = "bytes of keys"
    begins_anew = True

    def __init__(self):
        super().__init__("encrypted keys")
        self.secret = self.rng.randbytes(32)

    def set_up(self, stack):
        keyring.join()
        keyring.add("user", "master", self.secret)

    def some(self):
        size = self.rng.randrange(20, 128)
        key = keyring.add("encrypted", keyring.fresh(), "new default user:master %d" % size)
        blob = keyring.Blob.parse(keyring.read(key))
        check("size of the secret", len(blob.open(self.secret)), size)
        again = blob.load()
        check("the same key", keyring.read(again), keyring.read(key))
        keyring.unlink(again)
        keyring.unlink(key)
        return size


class Generator(Consumer):
    """Random bytes, none of which came before"""

    def __init__(self):
        super().__init__("random bytes")
        self.seen = set()
        self.sock = None

    def set_up(self, stack):
        tfm = stack.enter_context(af_alg.Tfm("rng", "drbg_nopr_sha256-wolfcrypt"))
        tfm.setkey(b"")
        self.sock = stack.enter_context(tfm.open())

    def some(self):
        data = self.sock.recv(128)
        check("bytes", len(data), 128)
        check("they came before", data in self.seen, False)
        self.seen.add(data)
        return len(data)


class Running:
    """A consumer at work"""

    def __init__(self, consumer):
        self.consumer = consumer
        self.ended = FORK.Event()
        self.answer, theirs = FORK.Pipe(False)
        self.process = FORK.Process(target=consumer.main, args=[self.ended, theirs])
        self.process.start()
        theirs.close()
        self.early = None

    def await_set_up(self):
        check("%s is set up within %d s" % (self.consumer.title, PATIENCE),
              self.answer.poll(PATIENCE), True)
        self.early = self.receive()

    def receive(self):
        try:
            return self.answer.recv()
        except EOFError:
            self.process.join()
            return 0, 0, 0, "its process ended with %s" % self.process.exitcode

    def has_ended(self):
        return self.early or self.answer.poll()

    def check(self):
        """It has ended by now, or will soon."""
        if not self.early:
            check("it ends within %d s" % PATIENCE, self.answer.poll(PATIENCE), True)
        rounds, moved, failures, wrong = self.early or self.receive()
        print("# %d rounds, %d %s%s" % (
            rounds, moved, self.consumer.unit,
            ", %d failed" % failures if self.consumer.faults else ""))
        check("what went wrong", wrong, None)
        check("it moved anything", moved > 0, True)
        self.process.join()


class Cpus:
    """All but the first go, one by one, and come back"""

    def __init__(self):
        self.controls = sorted(glob.glob("/sys/devices/system/cpu/cpu[1-9]*/online"))
        self.changes = 0

    def change(self):
        """One of them"""
        if not self.controls:
            return
        control = self.controls[self.changes % len(self.controls)]
        for state in "01":
            put(control, state)
            time.sleep(0.5)
        self.changes += 1

    def check(self):
        print("# %d times one of %d CPUs went and came back" % (self.changes,
                                                                len(self.controls)))
        check("any went", self.changes > 0, True)


def put(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


class Faults:
    """Of every task and interrupt, while it is in here"""

    def __enter__(self):
        for kind in FAULTS:
            for name, value in (("task-filter", "N"), ("ignore-gfp-wait", "Y"),
                                ("interval", str(INTERVAL)), ("verbose", "0"),
                                ("times", str(MANY_TIMES))):
                self.put(kind, name, value)
        for kind, percent in FAULTS.items():
            self.put(kind, "probability", str(percent))
        return self

    def __exit__(self, *_):
        for kind in FAULTS:
            self.put(kind, "probability", "0")

    @staticmethod
    def put(kind, name, value):
        put(os.path.join(DEBUGFS, kind, name), value)

    def check(self):
        for kind in FAULTS:
            with open(os.path.join(DEBUGFS, kind, "times"), encoding="ascii") as file:
                count = MANY_TIMES - int(file.read())
            print("# %s: %d allocations failed" % (kind, count))
            check("any failed", count > 0, True)


def asked():
    """By driver of ours, how many requests it has had"""
    return {os.path.basename(path): af_alg.requests(os.path.basename(path))
            for path in glob.glob("/sys/kernel/wolfcrypt/services/*")
            if os.path.exists(path + "/requests")}


def all_asked(before):
    """Every driver that something here uses had some."""
    more = {driver: count - before.get(driver, 0) for driver, count in asked().items()}
    for driver, count in sorted(more.items()):
        print("# %s: %d requests" % (driver, count))
    # None of them asks for prediction resistance.
    check("drivers without a request", [driver for driver, count in more.items()
                                        if not count and "_pr_" not in driver], [])


def consumers():
    yield from map(Volume, VOLUMES)
    yield from map(Files, fscrypt.MODES)
    yield Ipsec("IPsec")
    yield from map(Macsec, macsec.SUITES[1:4:2])
    yield from map(Tls, ktls.SUITES)
    yield from map(TcpAo, {suite.name: suite for suite in tcp_ao.SUITES}.values())
    yield from map(Requests, range(2))
    yield EncryptedKeys()
    yield Generator()


def start(faults):
    for consumer in consumers():
        consumer.faults = faults
        yield Running(consumer)


def go_on(running, seconds, cpus):
    """Until the time is over, or one of them has ended before"""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not any(one.has_ended() for one in running):
        cpus.change()
        time.sleep(0.2)
    for one in running:
        one.ended.set()


def at_once(seconds, faults):
    before = asked()
    cpus, injected = Cpus(), Faults() if faults else contextlib.nullcontext()
    running = []
    try:
        running.extend(start(faults))
        # faults.py has set-ups fail.
        for one in running:
            one.await_set_up()
        with injected:
            go_on(running, seconds, cpus)
        cases = [(one.consumer.title, one.check) for one in running]
        if cpus.controls:
            cases.append(("CPUs", cpus.check))
        if faults:
            cases.append(("allocations", injected.check))
        cases.append(("requests", lambda: all_asked(before)))
        return af_alg.run(cases)
    finally:
        for one in running:
            one.process.kill()


def missing():
    for module in dm_crypt, fscrypt, xfrm, macsec, ktls, tcp_ao:
        reason = module.missing()
        if reason:
            return reason
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--faults", action="store_true")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(af_alg.KSFT_FAIL))
    if af_alg.skipped(missing):
        return af_alg.KSFT_SKIP
    return at_once(args.seconds, args.faults)


if __name__ == "__main__":
    sys.exit(main())
