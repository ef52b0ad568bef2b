#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""AF_ALG with many requests at once, and with messages in many pieces.

Requests are submitted by io_submit(2) all together, to the drivers and to cryptd over
them, which then has many of them in flight; threads share a transform; messages come
in random pieces and by splice(2); the states of hashes are cloned at random; and keys
change beside all that. Every result is held against OpenSSL.

With SEED=number in the environment the random choices are those of another run, which
names it.
"""

import collections
import concurrent.futures
import contextlib
import ctypes
import errno
import itertools
import mmap
import os
import random
import socket
import struct
import sys
import threading

import af_alg
import exclusive
from af_alg import DEC, ENC, Tfm, check, check_error

SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 32))

ROUNDS = 1 if af_alg.QUICK else 2
REQUESTS = 16           # at once
THREADS = 4
AAD_MOST = 3000

LIBC = ctypes.CDLL(None, use_errno=True)

# linux/aio_abi.h; the numbers of io_setup, io_destroy, io_getevents and io_submit
IOCB_CMD_PREADV = 7
IOCB = "=QIIHhIQQqQII"
EVENT = "=QQqq"
NUMBERS = {"x86_64": (206, 207, 208, 209)}.get(os.uname().machine, (0, 1, 4, 2))


def syscall(number, *args):
    done = LIBC.syscall(ctypes.c_long(number), *args)
    if done < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return done


class Aio:
    """Reads that are submitted together, and end in any order"""

    def __init__(self, most):
        self.setup, self.destroy, self.getevents, self.submit = NUMBERS
        self.context = ctypes.c_ulong()
        self.most = most
        syscall(self.setup, ctypes.c_uint(most), ctypes.byref(self.context))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        syscall(self.destroy, self.context)

    def read(self, reads):
        """@reads: (socket, Buffers) each; gives how many were begun"""
        iocbs = [ctypes.create_string_buffer(struct.pack(
            IOCB, number, 0, 0, IOCB_CMD_PREADV, 0, sock.fileno(),
            ctypes.addressof(buffers.iovecs), len(buffers.iovecs), 0, 0, 0, 0))
                 for number, (sock, buffers) in enumerate(reads)]
        pointers = (ctypes.c_void_p * len(iocbs))(*map(ctypes.addressof, iocbs))
        return syscall(self.submit, self.context, ctypes.c_long(len(iocbs)), pointers)

    def ended(self, least):
        """{number of the read: bytes or negative error}; waits for @least of them."""
        events = ctypes.create_string_buffer(struct.calcsize(EVENT) * self.most)
        # Without time to wait in place of NULL, not one of them is waited for.
        count = syscall(self.getevents, self.context, ctypes.c_long(least),
                        ctypes.c_long(self.most), events, None if least else bytes(16))
        return {number: result for number, _, result, _ in itertools.islice(
            struct.iter_unpack(EVENT, events), count)}


class Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]


class Buffers:
    """Memory in pieces of odd sizes at odd addresses, that a read fills"""

    def __init__(self, rng, size):
        sizes = [len(part) for part in scattered(rng, bytes(size))]
        self.memory = bytearray(size + 16 * len(sizes))
        start = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        self.parts = []
        self.iovecs = (Iovec * len(sizes))()
        at = 0
        for iovec, size in zip(self.iovecs, sizes):
            at += rng.randrange(1, 16, 2)
            iovec.base, iovec.size = start + at, size
            self.parts.append(memoryview(self.memory)[at:at + size])
            at += size

    def content(self):
        return b"".join(self.parts)


def scattered(rng, data):
    """No more pieces than the kernel has room for in one call"""
    return af_alg.pieces(rng, data, rng.choice((20, 131, 1000, 5000)) + len(data) // 20)


class Request:
    """A message with one operation, and what that gives"""

    def __init__(self, op, data, want, iv=None, assoclen=None):
        self.op = op
        self.data = data
        self.want = want
        self.iv = iv
        self.assoclen = assoclen
        self.size = len(want)
        self.what = "%s, IV %s, AAD of %s, %d bytes" % (
            "decryption" if op == DEC else "encryption", iv.hex() if iv else "none",
            assoclen, len(data))

    def check(self, what, got):
        check("%s: %s" % (what, self.what), got, self.want)

    def begin(self, req, parts=None, flags=0):
        """Gives how many bytes were taken."""
        return req.sendmsg_afalg([self.data] if parts is None else parts, op=self.op,
                                 flags=flags, **af_alg.params(self.iv, self.assoclen))

    def send(self, rng, req):
        """In several calls, of several pieces each; some are empty."""
        self.begin(req, [], socket.MSG_MORE)
        calls = split(rng, scattered(rng, self.data))
        for number, parts in enumerate(calls, 1):
            send_all(req, parts, socket.MSG_MORE * (number < len(calls)))

    @staticmethod
    def finish(req, size):
        return req.recv(size)


class Sealed(Request):
    """An encryption for which the driver makes the IV; @open: gives what it should be"""

    def __init__(self, data, size, iv, header, expected):
        super().__init__(ENC, data, bytes(size), iv, header)
        self.expected = expected

    def check(self, what, got):
        own = got[self.assoclen:self.assoclen + 8]
        check("%s: %s" % (what, self.what), got, self.expected(own))


class Opened(Request):
    """A decryption that leaves a hole where the IV was"""

    def check(self, what, got):
        at, end = self.assoclen, self.assoclen + 8
        check("%s: %s" % (what, self.what), got[:at] + got[end:],
              self.want[:at] + self.want[end:])


class Message:
    """What a hash is of"""

    op = iv = assoclen = None

    def __init__(self, data, want):
        self.data = data
        self.want = want
        self.size = len(want)

    def check(self, what, got):
        check("%s: %d bytes" % (what, len(self.data)), got, self.want)

    def begin(self, req, parts=None, flags=0):
        return req.send(self.data, flags) if parts != [] else 0

    def send(self, rng, req):
        calls = split(rng, scattered(rng, self.data))
        last = rng.randrange(2)
        for number, parts in enumerate(calls, 1):
            more = number < len(calls) or not last
            send_all(req, parts, socket.MSG_MORE * more)

    @staticmethod
    def finish(req, size):
        return req.recv(size)


def send_all(req, parts, flags):
    """The kernel takes less at once where it has no memory for more."""
    sent = req.sendmsg(parts, [], flags)
    left = b"".join(parts)[sent:]
    if left:
        req.sendall(left, flags)


def split(rng, parts):
    """A list of lists: each is for one call"""
    out = [[]]
    for part in parts:
        if rng.randrange(4) == 0:
            out.append([])
        out[-1].append(part)
    # The end of a message is said with data.
    return out if out[-1] else out[:-1]


class Model:
    """Requests for one of af_alg's models, whatever its kind"""

    def __init__(self, model):
        self.model = model
        self.kind = model.kind
        self.keyed = self.kind != "hash" or bool(model.keys)

    def key(self, rng):
        if not self.keyed:
            return b""
        size = rng.choice(self.model.keys)
        return self.model.key(rng, size) if self.kind == "aead" else rng.randbytes(size)

    def tfm(self, driver, key):
        tfm = Tfm(self.kind, driver)
        try:
            return self.set_up(tfm, key)
        except OSError:
            tfm.sock.close()
            raise

    def set_up(self, tfm, key):
        if self.keyed:
            tfm.setkey(key)
        if self.kind == "aead":
            tfm.settag(16)
        return tfm

    def size(self, rng):
        """Of a message: small and large ones, at the ends of blocks and pages, too"""
        size = rng.choice((rng.randint(16, 300), rng.randint(16, 9000),
                           4096 * rng.randint(1, 5) + rng.randint(-17, 17)))
        valid = getattr(self.model, "valid", lambda n: True)
        return size if valid(size) else size // 16 * 16

    def request(self, rng, key):
        size = self.size(rng)
        data = rng.randbytes(size)
        if self.kind == "hash":
            return Message(data, self.model.func(key, data))
        if self.kind == "aead":
            return self.aead_request(rng, key, data)
        iv = list(itertools.islice(self.model.ivs(rng), 4))[rng.randrange(4)]
        want = self.model.func(key, iv, data)
        if rng.randrange(2):
            return Request(DEC, want, data, iv)
        return Request(ENC, data, want, iv)

    def aead_request(self, rng, key, data):
        iv = self.model.iv(rng)
        aad = self.model.aad(rng, rng.choice((rng.randrange(40), rng.randrange(AAD_MOST))),
                             iv)
        if isinstance(self.model, af_alg.Seqiv):
            return self.own_iv(rng, key, aad[:-8], data, iv)
        want = aad + self.model.func(key, iv, aad, data, 16)
        if rng.randrange(2):
            return Request(DEC, want, aad + data, iv, len(aad))
        return Request(ENC, aad + data, want, iv, len(aad))

    def own_iv(self, rng, key, header, data, iv):
        def expected(own):
            aad = header + own
            return aad + self.model.func(key, own, aad, data, 16)

        if rng.randrange(2):
            return Opened(DEC, expected(rng.randbytes(8)), header + bytes(8) + data, iv,
                          len(header))
        return Sealed(header + bytes(8) + data, len(header) + 8 + len(data) + 16, iv,
                      len(header), expected)


def opened(stack, tfm, count):
    return [stack.enter_context(tfm.open()) for _ in range(count)]


def in_flight(driver, model, rng, closed=False):
    """Gives how many had not ended when all were submitted.

    @closed: then their sockets are closed before they are waited for.
    """
    key = model.key(rng)
    with contextlib.ExitStack() as stack:
        aio = stack.enter_context(Aio(REQUESTS))
        tfm = stack.enter_context(model.tfm(driver, key))
        socks = opened(stack, tfm, REQUESTS)
        requests = [model.request(rng, key) for _ in socks]
        buffers = [Buffers(rng, request.size) for request in requests]
        for sock, request in zip(socks, requests):
            request.begin(sock)
        check("reads submitted", aio.read(zip(socks, buffers)), REQUESTS)
        ended = aio.ended(0)
        early = len(ended)
        if closed:
            for sock in socks:
                sock.close()
            tfm.sock.close()
        while len(ended) < REQUESTS:
            ended.update(aio.ended(1))
        for number, request in enumerate(requests):
            check("result of read %d: %s" % (number, getattr(request, "what", "")),
                  ended[number], request.size)
            request.check("read %d" % number, buffers[number].content())
        return REQUESTS - early


def submitted(driver, model, rng):
    for _ in range(ROUNDS):
        in_flight(driver, model, rng)


def by_cryptd(driver, model, rng):
    """It hands requests to a work queue. Only for AEADs AF_ALG goes on meanwhile."""
    before = af_alg.refcount(driver)
    name = "cryptd(%s)" % driver
    with Tfm(model.kind, name):
        check("references to %s by a transform of cryptd" % driver,
              af_alg.refcount(driver) > before, True)
    pending = 0
    for number in range(100):
        # A machine may be so busy that all have ended.
        if number >= ROUNDS and (pending or model.kind != "aead"):
            break
        pending += in_flight(name, model, rng, closed=number % 2)
    print("# %s: %d requests, %d in flight when all were submitted" %
          (name, number * REQUESTS, pending))
    if model.kind == "aead":
        check("requests in flight", pending > 0, True)


def failures_in_flight(driver, model, rng):
    """Those that aren't authentic, between others that are"""
    key = model.key(rng)
    name = "cryptd(%s)" % driver
    with contextlib.ExitStack() as stack:
        aio = stack.enter_context(Aio(REQUESTS))
        socks = opened(stack, stack.enter_context(model.tfm(name, key)), REQUESTS)
        requests, bad = [], set()
        while len(requests) < REQUESTS:
            request = model.request(rng, key)
            if request.op == DEC:
                requests.append(request)
        for number in range(0, REQUESTS, 3):
            data = bytearray(requests[number].data)
            data[-rng.randint(1, 16)] ^= 1 << rng.randrange(8)
            requests[number].data = bytes(data)
            bad.add(number)
        buffers = [Buffers(rng, request.size) for request in requests]
        for sock, request in zip(socks, requests):
            request.begin(sock)
        check("reads submitted", aio.read(zip(socks, buffers)), REQUESTS)
        ended = {}
        while len(ended) < REQUESTS:
            ended.update(aio.ended(1))
        check("the reads that failed", {number for number, result in ended.items()
                                        if result == -errno.EBADMSG}, bad)
        for number in set(ended) - bad:
            requests[number].check("read %d" % number, buffers[number].content())


def each_thread(work, seeds):
    with concurrent.futures.ThreadPoolExecutor(len(seeds)) as pool:
        return [done.result() for done in
                [pool.submit(work, random.Random(seed)) for seed in seeds]]


def threads(driver, model, rng):
    """Two transforms with keys of their own, and each thread with requests of both"""
    with contextlib.ExitStack() as stack:
        keys = [model.key(rng), model.key(rng)]
        tfms = [stack.enter_context(model.tfm(driver, key)) for key in keys]

        def work(own):
            with contextlib.ExitStack() as mine:
                socks = [mine.enter_context(tfm.open()) for tfm in tfms]
                for _ in range(4 * ROUNDS):
                    which = own.randrange(2)
                    request = model.request(own, keys[which])
                    request.begin(socks[which])
                    request.check("in a thread", request.finish(socks[which],
                                                                request.size))

        each_thread(work, [rng.random() for _ in range(THREADS)])


def in_pieces(driver, model, rng):
    key = model.key(rng)
    with model.tfm(driver, key) as tfm, tfm.open() as req:
        for _ in range(8 * ROUNDS):
            request = model.request(rng, key)
            request.send(rng, req)
            out = Buffers(rng, request.size)
            check("bytes returned", req.recvmsg_into(out.parts)[0], request.size)
            request.check("in pieces", out.content())


def spliced(driver, model, rng):
    """By way of a pipe from memory and from a file, and some from buffers between"""
    key = model.key(rng)
    with contextlib.ExitStack() as stack:
        req = stack.enter_context(stack.enter_context(model.tfm(driver, key)).open())
        reader, writer = os.pipe()
        stack.callback(os.close, reader)
        stack.callback(os.close, writer)
        for _ in range(4 * ROUNDS):
            request = model.request(rng, key)
            request.begin(req, [], socket.MSG_MORE)
            splice_message(rng, req, request.data, (reader, writer))
            request.check("spliced", request.finish(req, request.size))


def splice_message(rng, req, data, pipe):
    at = 0
    while at < len(data):
        size = min(rng.randint(1, 1 + len(data) // 2), len(data) - at)
        part = data[at:at + size]
        at += size
        more = at < len(data)
        how = rng.choice((vmsplice, splice_file, None))
        if not how:
            req.send(part, socket.MSG_MORE * more)
            continue
        with how(rng, part, pipe[1]):
            while size:
                size -= splice(pipe[0], req.fileno(), size, more)


@contextlib.contextmanager
def vmsplice(rng, data, writer):
    """The pages themselves, which must not change before they are used"""
    shift = rng.randrange(1, 4096, 2)
    memory = (ctypes.c_char * len(data)).from_buffer(
        mmap.mmap(-1, shift + len(data)), shift)
    ctypes.memmove(memory, data, len(data))
    iovec = Iovec(ctypes.addressof(memory), len(data))
    done = LIBC.vmsplice(writer, ctypes.byref(iovec), ctypes.c_size_t(1), 0)
    check("bytes of vmsplice()", done, len(data))
    yield memory


@contextlib.contextmanager
def splice_file(rng, data, writer):
    shift = rng.randrange(1, 4096, 2)
    with os.fdopen(os.memfd_create("message"), "w+b", buffering=0) as file:
        file.write(bytes(shift) + data)
        left = len(data)
        while left:
            left -= os.splice(file.fileno(), writer, left,
                              offset_src=shift + len(data) - left)
        yield


SPLICE_F_MORE = 4       # linux/splice.h


def splice(source, target, size, more):
    done = LIBC.splice(source, None, target, None, ctypes.c_size_t(size),
                       ctypes.c_uint(SPLICE_F_MORE * more))
    if done <= 0:
        raise OSError(ctypes.get_errno(), "splice")
    return done


def no_copy(driver, model, rng):
    """What is changed in the pipe's pages before they are hashed is hashed so."""
    key = model.key(rng)
    reader, writer = os.pipe()
    with model.tfm(driver, key) as tfm, tfm.open() as req:
        try:
            for size in (1, 64, 4097, 9000):
                data = rng.randbytes(size)
                with vmsplice(rng, bytes(size), writer) as memory:
                    ctypes.memmove(memory, data, size)
                    left = size
                    while left:
                        left -= splice(reader, req.fileno(), left, True)
                check("%d bytes of pages that changed" % size,
                      req.recv(model.model.size), model.model.func(key, data))
        finally:
            os.close(reader)
            os.close(writer)


def stream(driver, model, rng):
    """One message, each part of which is read before the next one is sent"""
    for _ in range(2 * ROUNDS):
        key = model.key(rng)
        steps = [16 * rng.choice((1, rng.randint(1, 9), rng.randint(1, 300)))
                 for _ in range(rng.randint(2, 9))]
        tail = rng.randint(1, 15) if model.model.valid(1) else 16
        data = rng.randbytes(sum(steps) + tail)
        iv = rng.randbytes(model.model.ivsize)
        want = model.model.func(key, iv, data)
        for op, source, result in ((ENC, data, want), (DEC, want, data)):
            with model.tfm(driver, key) as tfm, tfm.open() as req:
                got = model.model.stream(req, op, iv, source, steps)
            check("steps of %s bytes" % steps, got, result)


def clones(driver, model, rng):
    """A state is continued and cloned at random; some outlive what they are from."""
    key = model.key(rng)
    for _ in range(2 * ROUNDS):
        with contextlib.ExitStack() as stack:
            tfm = stack.enter_context(model.tfm(driver, key))
            states = [(stack.enter_context(tfm.open()), b"")]
            tfm.sock.close()
            count = 0
            while count < 12:
                sock, data = states.pop(rng.randrange(len(states)))
                what = rng.randrange(4)
                if what == 0 and len(states) < 8:
                    states.append((stack.enter_context(sock.accept()[0]), data))
                    count += 1
                elif what == 1 and states:
                    finish(model, key, sock, data)
                    continue
                elif what == 2 and len(states) > 2:
                    sock.close()
                    continue
                else:
                    more = rng.randbytes(rng.choice((1, rng.randint(1, 130), 5000)))
                    sock.send(more, socket.MSG_MORE)
                    data += more
                states.append((sock, data))
            finish_all(model, key, states)


def finish_all(model, key, states):
    """At once"""
    with concurrent.futures.ThreadPoolExecutor(len(states)) as pool:
        for done in [pool.submit(finish, model, key, *state) for state in states]:
            done.result()


def finish(model, key, sock, data):
    check("a state of %d bytes" % len(data), sock.recv(model.model.size),
          model.model.func(key, data))
    sock.close()


def key_in_use(driver, model, rng):
    """It is not changed beneath a request, nor is the size of a tag."""
    key = model.key(rng)
    with model.tfm(driver, key) as tfm:
        with tfm.open() as req:
            check_error("a key beside a socket of requests", errno.EBUSY, tfm.setkey,
                        model.key(rng))
            if model.kind == "aead":
                check_error("another tag", errno.EBUSY, tfm.settag, 12)
            check_error("a key of a socket of requests", errno.EOPNOTSUPP,
                        req.setsockopt, socket.SOL_ALG, socket.ALG_SET_KEY, key)
            request = model.request(rng, key)
            request.begin(req)
            request.check("after that", request.finish(req, request.size))
        other = model.key(rng)
        tfm.setkey(other)
        with tfm.open() as req:
            request = model.request(rng, other)
            request.begin(req)
            request.check("with the next key", request.finish(req, request.size))
    no_key_yet(driver, model, rng)


def no_key_yet(driver, model, rng):
    """A socket that was opened before there was a key takes the first it finds."""
    key = model.key(rng)
    with Tfm(model.kind, driver) as tfm, tfm.open() as req:
        check_error("a request without a key", errno.ENOKEY, req.send, b"data")
        tfm.setkey(model.key(rng))
        tfm.setkey(key)
        if model.kind == "aead":
            tfm.settag(16)
        request = model.request(rng, key)
        request.begin(req)
        check_error("a key, now that one is in use", errno.EBUSY, tfm.setkey, key)
        request.check("with the key", request.finish(req, request.size))


def key_changes(driver, model, rng):
    """The key changes whenever it may: each socket has one key or the other, in all."""
    keys = [model.key(rng), model.key(rng)]
    ended = threading.Event()
    changed = {"success": 0, "EBUSY": 0}

    with model.tfm(driver, keys[0]) as tfm:
        def work(own):
            seen = collections.Counter()
            while sum(seen.values()) < 8 * ROUNDS:
                seed = own.random()
                requests = [model.request(random.Random(seed), key) for key in keys]
                if requests[0].op == DEC:
                    continue        # of what one key made
                with tfm.open() as req:
                    first, second = [answer(requests[0], req) for _ in range(2)]
                wanted = [request.want for request in requests]
                check("a result by one of the keys", first in wanted, True)
                check("the next one, by the same", second, first)
                seen[wanted.index(first)] += 1
            return seen

        def change():
            own = random.Random(driver)
            for number in itertools.count(1):
                if ended.wait(own.random() / 500):
                    return
                try:
                    tfm.setkey(keys[number % 2])
                    changed["success"] += 1
                except OSError as exc:
                    changed[errno.errorcode[exc.errno]] += 1

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            changer = pool.submit(change)
            try:
                seen = sum(each_thread(work, [rng.random() for _ in range(2)]),
                           collections.Counter())
            finally:
                ended.set()
            changer.result()
    print("# %s: %s rounds by the keys; changes: %s" % (
        driver, " and ".join(map(str, seen.values())), changed))
    check("keys were set", changed["success"] > 0, True)


def answer(request, req):
    request.begin(req)
    return request.finish(req, request.size)


def tests(model):
    yield "submitted at once", submitted
    yield "threads", threads
    yield "random pieces", in_pieces
    yield "spliced", spliced
    if model.kind == "hash":
        yield "not copied", no_copy
        yield "clones", clones
    if getattr(model.model, "chained", False):
        yield "read in steps", stream
    if model.keyed:
        yield "a key in use", key_in_use
        # Where a request's answer tells the key
        if model.kind == "hash" or not isinstance(model.model, af_alg.Seqiv):
            yield "changes of keys", key_changes


def tests_by_cryptd(model):
    yield "in flight, by cryptd", by_cryptd
    if model.kind == "aead":
        yield "failures in flight, by cryptd", failures_in_flight


def ours():
    """Drivers with their models, and without what templates make of them"""
    for name, model in af_alg.algorithms().items():
        for driver in af_alg.drivers_of(name, model, af_alg.OURS)[0]:
            if "(" not in driver:
                yield driver, Model(model)


def cases():
    for driver, model in ours():
        for title, func in itertools.chain(tests(model), tests_by_cryptd(model)):
            title = "%s: %s" % (driver, title)
            yield title, lambda d=driver, m=model, f=func, t=title: f(d, m, seeded(t))


def seeded(title):
    return random.Random("%d %s" % (SEED, title))


def missing():
    before = exclusive.instances()
    try:
        with Aio(1):
            pass
    except OSError as exc:
        return "needs CONFIG_AIO: %s" % exc
    name = "cbc(aes)"
    drivers = af_alg.drivers_of(name, af_alg.algorithms()[name], af_alg.OURS)[0]
    try:
        for driver in drivers:
            Tfm("skcipher", "cryptd(%s)" % driver).sock.close()
    except OSError as exc:
        return "needs CONFIG_CRYPTO_CRYPTD: %s" % exc
    finally:
        exclusive.remove_instances(before)
    return None


def main():
    if af_alg.skipped(missing):
        return af_alg.KSFT_SKIP

    before = exclusive.instances()
    print("# SEED=%d" % SEED)
    try:
        return af_alg.run(list(cases()))
    finally:
        # Those of cryptd are preferred to what they are made of.
        exclusive.remove_instances(before)


if __name__ == "__main__":
    sys.exit(main())
