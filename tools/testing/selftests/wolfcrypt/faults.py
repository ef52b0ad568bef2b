#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What wolfCrypt's drivers and their users do when there is no memory.

Each thing is done over and over: with its first allocation refused, then its second,
until it has no more of them. Then it must have failed, with an error that says so, or
have done what it should; and done again with nothing refused, it must succeed. All
results are held against OpenSSL. See Documentation/fault-injection/fault-injection.rst;
the kernel needs FAILSLAB and FAIL_PAGE_ALLOC.
"""

import argparse
import contextlib
import ctypes
import errno
import itertools
import mmap
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

import af_alg
import af_alg_many
import keyring
import ktls
import macsec
import netns
import oracle
import tcp_ao
import volumes
import xfrm
from af_alg import check
from netns import LIBC

DEBUGFS = "/sys/kernel/debug"
# Any allocation may be refused, and nothing is said of it.
SETTINGS = {"failslab": {"ignore-gfp-wait": "N", "verbose": "0"},
            "fail_page_alloc": {"ignore-gfp-wait": "N", "ignore-gfp-highmem": "N",
                                "min-order": "0", "verbose": "0"}}
MCL_CURRENT, MCL_FUTURE = 1, 2

# For a file, a socket and a packet that there is no memory for
NO_MEMORY = (errno.ENOMEM, errno.ENFILE, errno.ENOBUFS)
MOST = 5000             # allocations of one thing


class Task:
    """A task, of whose allocations from now on one can be refused"""

    def __init__(self, name):
        self.control = os.open("/proc/%s/fail-nth" % name, os.O_RDWR)

    def refuse(self, nth):
        os.pwrite(self.control, b"%d" % nth, 0)

    def refused(self):
        """Whether one was. From now on, none is."""
        left = int(os.pread(self.control, 16, 0))
        self.refuse(0)
        return left == 0

    def close(self):
        os.close(self.control)


class Trial:
    """What is done with the nth allocation refused"""

    def __init__(self, task, nth):
        self.task = task
        self.nth = nth
        self.refused = False
        self.error = 0

    @contextlib.contextmanager
    def refusing(self):
        """Only in here"""
        self.task.refuse(self.nth)
        try:
            yield
        except OSError as exc:
            # A time-out of Python's own has no number.
            self.error = exc.errno or errno.ETIMEDOUT
        finally:
            self.refused = self.task.refused()


class Trials:
    """Counts, over all that is tried in a case"""

    def __init__(self):
        self.task = Task("thread-self")
        self.refused = self.failed = 0

    def over(self, func, errors=NO_MEMORY):
        """func(trial) again and again, until nothing is left to be refused"""
        for nth in range(1, MOST):
            trial = Trial(self.task, nth)
            try:
                func(trial)
                self.judge(trial, errors)
            except af_alg.Wrong as exc:
                raise af_alg.Wrong("allocation %d%s: %s" % (
                    nth, " was refused" if trial.refused else "", exc)) from exc
            if not trial.refused:
                return
        raise af_alg.Wrong("more than %d allocations" % MOST)

    def judge(self, trial, errors):
        self.refused += trial.refused
        self.failed += bool(trial.error)
        if trial.error:
            check("%s although nothing was refused" % af_alg.name_of(trial.error),
                  trial.refused, True)
            check("%s is one of %s" % (af_alg.name_of(trial.error),
                                       ", ".join(map(af_alg.name_of, errors))),
                  trial.error in errors, True)

    def end(self):
        self.task.close()
        check("something was refused", self.refused > 0, True)
        check("something failed by that", self.failed > 0, True)
        print("# %d allocations refused, %d failures" % (self.refused, self.failed))


# AF_ALG

def transform(trials, driver, model, rng):
    """From the socket to a key in the transform"""
    key = model.key(rng)
    request = model.request(rng, key)

    def attempt(trial):
        with contextlib.ExitStack() as stack:
            with trial.refusing():
                tfm = stack.enter_context(model.tfm(driver, key))
            if trial.error:
                tfm = stack.enter_context(model.tfm(driver, key))
            answers(tfm, request)

    trials.over(attempt)


def answers(tfm, request):
    with tfm.open() as req:
        request.begin(req)
        request.check("afterwards", request.finish(req, request.size))


def other_key(trials, driver, model, rng):
    """Where there was one already"""
    keys = [model.key(rng) for _ in range(2)]
    request = model.request(rng, keys[1])

    def attempt(trial):
        with model.tfm(driver, keys[0]) as tfm:
            with trial.refusing():
                tfm.setkey(keys[1])
            if trial.error:
                tfm.setkey(keys[1])
            answers(tfm, request)

    trials.over(attempt)


def requests(trials, driver, model, rng):
    """In pieces of odd sizes, at odd addresses"""
    key = model.key(rng)
    seed = rng.random()
    with model.tfm(driver, key) as tfm:
        for _ in range(1 if af_alg.QUICK else 3):
            request = model.request(rng, key)

            def attempt(trial, request=request):
                out = af_alg_many.Buffers(random.Random(seed), request.size)
                with tfm.open() as req:
                    with trial.refusing():
                        request.send(random.Random(seed), req)
                        got = req.recvmsg_into(out.parts)[0]
                    if not trial.error:
                        check("bytes returned", got, request.size)
                        request.check("in pieces", out.content())
                answers(tfm, request)

            trials.over(attempt)


def states(trials, driver, model, rng):
    """Of a hash: it is cloned, and both go on."""
    key = model.key(rng)
    parts = [rng.randbytes(size) for size in (200, 100)]
    want = model.model.func(key, b"".join(parts))
    with model.tfm(driver, key) as tfm:

        def attempt(trial):
            got = []
            with contextlib.ExitStack() as stack:
                req = stack.enter_context(tfm.open())
                with trial.refusing():
                    req.send(parts[0], socket.MSG_MORE)
                    both = stack.enter_context(req.accept()[0]), req
                    for sock in both:
                        sock.send(parts[1])
                        got.append(sock.recv(model.model.size))
            if not trial.error:
                check("digests", got, [want, want])
            with tfm.open() as req:
                req.send(b"".join(parts))
                check("digest afterwards", req.recv(model.model.size), want)

        trials.over(attempt)


def generator(trials, driver):
    """From the socket to the first bytes; the seeding is a setkey() here."""
    def attempt(trial):
        got = b""
        with contextlib.ExitStack() as stack:
            with trial.refusing():
                tfm = stack.enter_context(af_alg.Tfm("rng", driver))
                tfm.setkey(bytes(48))
                got = stack.enter_context(tfm.open()).recv(64)
            if not trial.error:
                check("bytes", len(got), 64)
                check("they are not zero", any(got), True)

    trials.over(attempt)


# Who else uses the drivers

def tls_keys(trials, suite, rng):
    data = rng.randbytes(5000)

    def attempt(trial):
        with ktls.Link(suite, rng) as link:
            with trial.refusing():
                for end, option in ktls.FULL_DUPLEX:
                    link.set(end, option)
            if not trial.error:
                exchange(link, data)
        if trial.error:
            with ktls.Link(suite, rng, *ktls.FULL_DUPLEX) as link:
                exchange(link, data)

    trials.over(attempt)


def exchange(link, data):
    for sender in range(2):
        link.ends[sender].sendall(data)
        check("what arrives", ktls.receive(link.ends[1 - sender], len(data)), data)


def tls_records(trials, suite, rng):
    """A failure to open a record is EBADMSG for the reader, whatever it was."""
    data = rng.randbytes(20000)

    def attempt(trial):
        with ktls.Link(suite, rng, *ktls.FULL_DUPLEX) as link:
            with trial.refusing():
                link.ends[0].sendall(data)
                check("what arrives", ktls.receive(link.ends[1], len(data)), data)

    trials.over(attempt, NO_MEMORY + (errno.EBADMSG,))


def tcp_ao_key(trials, suite, rng):
    family = tcp_ao.FAMILIES[0]
    key = tcp_ao.Key(suite, rng)

    def attempt(trial):
        with family.socket(0) as sock:
            args = sock, tcp_ao.TCP_AO_ADD_KEY, key.add(family, 0)
            with trial.refusing():
                tcp_ao.set_option(*args)
            if trial.error:
                tcp_ao.set_option(*args)

    trials.over(attempt)
    with tcp_ao.Link(family, key) as link:
        link.send(0, rng.randbytes(5000))


def encrypted_key(trials, rng):
    """A new one, and it is read"""
    secret = rng.randbytes(32)
    keyring.add("user", "master", secret)

    def attempt(trial):
        name, keys = keyring.fresh(), []
        with trial.refusing():
            keys.append(keyring.add("encrypted", name, "new default user:master 32"))
            blob = keyring.read(keys[0])
        if trial.error and not keys:
            keys.append(keyring.add("encrypted", name, "new default user:master 32"))
        if trial.error:
            blob = keyring.read(keys[0])
        check("size of the secret",
              len(keyring.Blob.parse(blob).open(secret)), 32)
        keyring.unlink(keys[0])

    trials.over(attempt)


def volume(trials, rng, cipher, key_size):
    """Its sectors are encrypted by the task that writes them."""
    size = 1 << 16
    key = rng.randbytes(key_size)
    options = ["no_read_workqueue", "no_write_workqueue"]
    memory = mmap.mmap(-1, size)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as work, \
         volumes.Disk(work + "/disk", size) as disk, \
         volumes.mapped("crypt", size // volumes.SECTOR, cipher, key.hex(), 0, disk.node, 0,
                        options=options) as path, volumes.Device(path) as device:
        model = bytearray(size)
        device.write(0, bytes(model))
        device.sync()

        def attempt(trial):
            model[:] = rng.randbytes(size)
            memory[:] = bytes(model)
            with trial.refusing():
                check("bytes written", os.pwrite(device.direct, memory, 0), size)
                memory[:] = bytes(size)
                check("bytes read", os.preadv(device.direct, [memory], 0), size)
            if not trial.error:
                check("what is read", memory[:], bytes(model))
            else:
                memory[:] = bytes(model)
                check("bytes written again", os.pwrite(device.direct, memory, 0), size)
            check("what is read afterwards", device.read(0, size, rng), bytes(model))
            check("the ciphertext", disk.read(0, size),
                  oracle.sectors(cipher, key, bytes(model)))

        trials.over(attempt, NO_MEMORY + (errno.EIO,))


class Ip:
    """A command of ip at a host, whose allocations are refused"""

    def __init__(self, host):
        self.process = subprocess.Popen(
            ["nsenter", "--net=" + host.path("ns/net"), "ip", "-batch", "-"], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        netns.until(self.waits)
        self.task = Task(self.process.pid)

    def waits(self):
        """It is ip by now, and reads its commands."""
        with open("/proc/%d/comm" % self.process.pid, encoding="ascii") as comm, \
             open("/proc/%d/syscall" % self.process.pid, encoding="ascii") as call:
            return comm.read() == "ip\n" and call.read().startswith("0 0x0 ")

    def run(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.close()
        # Its allocations are counted until it is waited for.
        os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT)

    def end(self):
        """Gives its error"""
        said = self.process.stderr.read()
        self.process.stderr.close()
        self.task.close()
        if not self.process.wait():
            return 0
        if not re.search("Cannot allocate memory|No buffer space|Too many open files in system"
                         # What xfrm says of any error of a transform
                         "|unable to initialize cryptographic operations", said):
            raise af_alg.Wrong("ip says: " + said.strip())
        return errno.ENOMEM


def by_ip(trials, host, add, remove):
    """@add makes what @remove removes."""
    host.ip(*add)       # Instances of templates are made by another task.
    host.ip(*remove)

    def attempt(trial):
        *before, last = add
        host.ip(*before)
        command = Ip(host)
        trial.task = command.task
        with trial.refusing():
            command.run(last)
        error = command.end()
        if error:
            trial.error = error
            # It may be there, and the answer have been what there was no memory for.
            with contextlib.suppress(af_alg.Wrong):
                host.ip(*remove)
            host.ip(*add)
        host.ip(*remove)

    trials.over(attempt)


def association(trials, protocol, rng):
    with xfrm.connected() as hosts:
        sa = xfrm.Sa(protocol, *xfrm.MODES[0])
        by_ip(trials, hosts[0], [sa.state(0, 1000, protocol.keys(rng))],
              [sa.without(0, 1000)])


def packets(trials, protocol, rng):
    """A datagram is lost, or the sender has an error; and none is another one."""
    with xfrm.connected() as hosts:
        link = xfrm.Link(hosts, xfrm.Sa(protocol, *xfrm.MODES[0]), rng)
        with xfrm.associations(hosts, [link]), link:

            def attempt(trial):
                data, after = (b"%d " % trial.nth + rng.randbytes(1000) for _ in range(2))
                with trial.refusing():
                    link.datagram(0, data)
                link.datagram(0, after)
                got = link.udp[1].recv(netns.MOST)
                if got != after:
                    check("what arrives", got, data)
                    link.arrives(1, after)

            trials.over(attempt)


def macsec_key(trials, rng):
    with netns.connected() as hosts:
        for number, host in enumerate(hosts):
            host.ip("link set %s address %s" % (host.device, macsec.mac_text(number)))
        link = macsec.Link(hosts, macsec.SUITES[0], rng)
        hosts[0].ip(*link.interface(0))
        add = list(link.add(0, 0, link.keys[0]))
        by_ip(trials, hosts[0], add, list(link.delete(0, 0)))


def driver_cases():
    for name, model in af_alg.algorithms().items():
        many = af_alg_many.Model(model)
        todo = [transform, requests]
        if many.keyed:
            todo.append(other_key)
        if many.kind == "hash":
            todo.append(states)
        for driver in af_alg.drivers_of(name, model, af_alg.OURS)[0]:
            for func in todo:
                yield "%s: %s" % (driver, func.__name__.replace("_", " ")), (
                    func, driver, many, random.Random(driver))


def consumer_cases():
    rng = random.Random("consumers")
    yield "generator", (generator, "drbg_nopr_sha256-wolfcrypt")
    for suite in ktls.SUITES:
        yield "kernel TLS: %s: keys" % suite.title, (tls_keys, suite, rng)
        yield "kernel TLS: %s: records" % suite.title, (tls_records, suite, rng)
    for suite in {suite.name: suite for suite in tcp_ao.SUITES}.values():
        yield "TCP-AO: %s" % suite.title, (tcp_ao_key, suite, rng)
    yield "encrypted keys", (encrypted_key, rng)
    for cipher, size in (("aes-xts-plain64", 64), ("aes-cbc-essiv:sha256", 32)):
        yield "dm-crypt: " + cipher, (volume, rng, cipher, size)
    protocols = {some.name: some for some in xfrm.ESP + xfrm.AH if xfrm.to_be_had(some)}
    for protocol in protocols.values():
        yield "IPsec: %s: packets" % protocol.title, (packets, protocol, rng)
    # With the sanitizers such a case takes minutes: an AEAD, a template, and a hash.
    for name in "rfc4106(gcm(aes))", "authenc(hmac(sha256),cbc(aes))", "hmac(sha256)":
        protocol = protocols[name]
        yield "IPsec: %s: association" % protocol.title, (association, protocol, rng)
    yield "MACsec: key", (macsec_key, rng)


def cases(only):
    for title, (func, *args) in itertools.chain(driver_cases(), consumer_cases()):
        if not re.search(only, title):
            continue

        def case(func=func, args=tuple(args)):
            trials = Trials()
            func(trials, *args)
            trials.end()

        yield title, case


def set_up():
    for kind, settings in SETTINGS.items():
        for name, value in settings.items():
            with open("%s/%s/%s" % (DEBUGFS, kind, name), "w", encoding="ascii") as file:
                file.write(value)
    # This program's own memory isn't to be refused.
    if LIBC.mlockall(MCL_CURRENT | MCL_FUTURE):
        raise OSError(ctypes.get_errno(), "mlockall")
    netns.be_alone()
    keyring.join()


def missing():
    if not os.path.exists("/proc/self/fail-nth"):
        return "needs CONFIG_FAULT_INJECTION"
    for kind in SETTINGS:
        if not os.path.exists(os.path.join(DEBUGFS, kind)):
            return "needs CONFIG_%s and FAULT_INJECTION_DEBUG_FS" % kind.upper()
    return tcp_ao.missing() or xfrm.missing() or macsec.missing()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="a regular expression of the titles")
    args = parser.parse_args()
    # So that what was set up goes when the time is over, too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(af_alg.KSFT_FAIL))
    if af_alg.skipped(missing):
        return af_alg.KSFT_SKIP
    set_up()
    begin = time.monotonic()
    status = af_alg.run(list(cases(args.only)))
    print("# %d s" % (time.monotonic() - begin))
    return status


if __name__ == "__main__":
    sys.exit(main())
