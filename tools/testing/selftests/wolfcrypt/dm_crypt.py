#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Encrypted volumes (dm-crypt, LUKS, dm-integrity) run on wolfCrypt.

What is on the disk is held against OpenSSL, sector by sector, and so are the tags of
those that are authenticated. The drivers that hold the keys are named. Other keys and
passphrases are refused or give other data; what was changed on the disk gives an error.

  dm_crypt.py                      all of it
  dm_crypt.py create DIR           volumes of each kind, for another kernel to read
  dm_crypt.py check DIR            read what another kernel wrote

The last two run on a kernel without wolfCrypt, too.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import errno
import fcntl
import mmap
import multiprocessing
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile

import af_alg
import oracle
import volumes
from af_alg import check, check_error
from volumes import KINDS, SECTOR, Device, Disk, Drivers, Integrity, Luks, command

BLKDISCARD = 0x1277             # linux/fs.h

SIZE = (64 << 10) if af_alg.QUICK else (256 << 10)
# Room before and behind it that must not be written to
MARGIN = 64 << 10
LUKS_SIZE = 8 << 20

Plain = collections.namedtuple("Plain", "cipher key_size algorithm")

PLAIN = [Plain("aes-xts-plain64", 256, "xts(aes)"),
         Plain("aes-xts-plain64", 512, "xts(aes)"),
         Plain("aes-cbc-essiv:sha256", 256, "cbc(aes)"),
         Plain("aes-cbc-plain64", 128, "cbc(aes)")]

Sectors = collections.namedtuple("Sectors", "size large options")

SECTORS = [Sectors(512, False, ()),
           Sectors(4096, False, ("sector_size:4096",)),
           Sectors(4096, True, ("sector_size:4096", "iv_large_sectors"))]

# Those that are no test of itself, and how many arguments they take
MODES = {"create": 1, "check": 1}

WRITERS = 8
REGION = (256 << 10) if af_alg.QUICK else (1 << 20)
ROUNDS = 20 if af_alg.QUICK else 60
SAMPLE = 64


def mixed(device, model, rng, count, begin=0):
    """Writes of many sizes to the device, some over others; gives the bytes.

    By direct I/O from scattered memory, or to any byte through the page cache. @model
    has what should be in the device from @begin on.
    """
    moved = 0
    for _ in range(count):
        direct = rng.random() < 0.5
        step = device.sector if direct else 1
        size = rng.choice((1, 2, 3, 7, 16, 33, 100, 255)) * (step if direct else 97)
        size = min(size, len(model) // 2 // step * step)
        at = rng.randrange((len(model) - size) // step + 1) * step
        data = rng.randbytes(size)
        device.write(begin + at, data, rng if direct else None)
        model[at:at + size] = data
        moved += size
    return moved


def check_model(device, model, rng, begin=0):
    """Reads it in both ways, in pieces of odd sizes; gives the bytes."""
    for direct in (True, False):
        at = 0
        while at < len(model):
            size = rng.randrange(1, 200) * (device.sector if direct else 1009)
            size = min(size, len(model) - at)
            check("%d bytes at %d" % (size, begin + at),
                  device.read(begin + at, size, rng if direct else None),
                  bytes(model[at:at + size]))
            at += size
    return 2 * len(model)


def same_sectors(one, two, size=SECTOR):
    """How many of them are"""
    return sum(one[at:at + size] == two[at:at + size] for at in range(0, len(one), size))


def plain_table(disk, key, mode, sectors, iv_offset=0, start=0, size=SIZE, options=()):
    return volumes.mapped("crypt", size // SECTOR, mode.cipher, key.hex(), iv_offset,
                          disk.node, start // SECTOR,
                          options=[*sectors.options, *options])


def plain(work, rng, mode, sectors):
    key, other = rng.randbytes(mode.key_size // 8), rng.randbytes(mode.key_size // 8)
    # The second time, the numbers are of more than 32 bits from the middle on.
    middle = SIZE // SECTOR // 2
    for iv_offset in 0, (1 << (35 if sectors.large else 32)) - middle:
        drivers = Drivers([mode.algorithm])
        args = iv_offset, MARGIN
        with Disk(work + "/disk", MARGIN + SIZE + MARGIN) as disk:
            with plain_table(disk, key, mode, sectors, *args) as path, \
                 Device(path, sectors.size) as device:
                drivers.check()
                model = bytearray(rng.randbytes(SIZE))
                device.write(0, model, rng)
                mixed(device, model, rng, 40)
                device.sync()
                check_model(device, model, rng)
                bad_requests(device)
            raw = disk.read(0, MARGIN + SIZE + MARGIN)
            check("the ciphertext", raw[MARGIN:-MARGIN],
                  oracle.sectors(mode.cipher, key, bytes(model), iv_offset,
                                 sectors.size, sectors.large))
            check("what is before and behind it", raw[:MARGIN] + raw[-MARGIN:],
                  bytes(2 * MARGIN))
            with plain_table(disk, other, mode, sectors, *args) as path, \
                 Device(path, sectors.size) as device:
                check("sectors that are the same under another key",
                      same_sectors(device.read(0, SIZE, rng), model), 0)


def bad_requests(device):
    """Direct I/O wants whole sectors, in memory as well."""
    size = device.sector
    memory = memoryview(mmap.mmap(-1, 2 * size))
    for what, part, at in (("half a sector", memory[:size // 2], 0),
                           ("a sector at half a sector", memory[:size], size // 2),
                           ("a sector from an odd address", memory[1:size + 1], 0)):
        check_error("direct write of " + what, errno.EINVAL, os.pwritev, device.direct,
                    [part], at)


def luks(work, rng, kind):
    """The key is in the header, the data are what OpenSSL makes of it."""
    with Disk(work + "/disk", Luks.PAYLOAD + LUKS_SIZE) as disk:
        volume = Luks(kind, disk.node, work)
        volume.format()
        volume.check_refused("a wrong passphrase", volume.file("wrong", b"wrong"))
        key = volume.key()
        check("size of the key", 8 * len(key),
              kind.key_size + (256 if kind.integrity == "hmac-sha256" else 0))
        model = bytearray(rng.randbytes(SIZE))
        with volume.opened():
            with volume.device() as device:
                device.write(0, model, rng)
                mixed(device, model, rng, 20)
                device.sync()
                check_model(device, model, rng)
        check_payload(volume, disk, key, bytes(model))
        with volume.opened():
            write_files(volume)
        with volume.opened():
            read_files(volume)


def check_payload(volume, disk, key, data):
    """The volume begins with @data."""
    kind = volume.kind
    if kind.integrity:
        layout = Integrity(disk, Luks.PAYLOAD)
        check_sealed(layout, kind, key, {at // SECTOR: data[at:at + kind.sector]
                                         for at in range(0, len(data), kind.sector)})
    else:
        check("the ciphertext", disk.read(Luks.PAYLOAD, len(data)),
              oracle.sectors(kind.cipher, key, data, size=kind.sector))


def check_sealed(layout, kind, key, model):
    """Sectors on the disk, and their tags: each the tag itself, and what IV it has"""
    ivs = set()
    for sector, data in model.items():
        tag = layout.tag(sector)
        if kind.integrity == "aead":
            tag, iv = tag[:16], tag[16:]
            check("IVs that were used before", iv in ivs, False)
            ivs.add(iv)
        else:
            iv = oracle.plain64(sector)
        want, want_tag = oracle.SEALED[kind.integrity](key, sector, iv, data)
        check("sector %d" % sector, layout.data(sector), want)
        check("tag of sector %d" % sector, tag, want_tag)


def content():
    return "".join("%d\n" % number for number in range(300000)).encode()


def write_files(volume):
    root = tempfile.mkdtemp(dir=volume.work)
    command("mkfs.ext4", "-q", volume.path)
    with volumes.mounted(volume.path, root), open(root + "/numbers", "wb") as file:
        file.write(content())


def read_files(volume):
    root = tempfile.mkdtemp(dir=volume.work)
    with volumes.mounted(volume.path, root, "-o", "ro"), \
         open(root + "/numbers", "rb") as file:
        check("the file", file.read(), content())


def key_slots(work, rng, kind):
    with Disk(work + "/disk", Luks.PAYLOAD + LUKS_SIZE) as disk:
        volume = Luks(kind, disk.node, work)
        volume.format()
        first, key = volume.passphrase, volume.key()
        second = volume.file("second", b"\0 another\n")
        volume.check_refused("the second before it is there", second)
        command("cryptsetup", "luksAddKey", "--batch-mode", *Luks.PBKDF, "--key-file", first,
                disk.node, second)
        data = rng.randbytes(SIZE)
        with volume.accessed() as device:
            device.write(0, data, rng)
        with volume.accessed(passphrase=second) as device:
            check("data by the second", device.read(0, SIZE, rng), data)
        command("cryptsetup", "luksRemoveKey", "--batch-mode", disk.node, first)
        volume.check_refused("the first after it was removed", first)
        with volume.accessed(passphrase=second) as device:
            check("data by the second", device.read(0, SIZE, rng), data)
        volume.passphrase = second
        check("the key by the second", volume.key(), key)


def changed(work, rng, kind):
    """A byte of a sector, of its tag or IV, on the disk: its data are not given out."""
    with Disk(work + "/disk", Luks.PAYLOAD + LUKS_SIZE) as disk:
        volume = Luks(kind, disk.node, work)
        volume.format(wipe=False)
        layout = Integrity(disk, Luks.PAYLOAD)
        model = {sector: rng.randbytes(SECTOR) for sector in [*range(40), layout.sectors - 1]}
        with volume.accessed() as device:
            for sector, data in model.items():
                device.write(sector * SECTOR, data, rng)
            check_error("a sector that was never written", errno.EILSEQ, device.read,
                        100 * SECTOR, SECTOR, rng)
        check_sealed(layout, kind, volume.key(), model)
        for what, broken in changes(disk, layout):
            with volume.accessed() as device:
                check_integrity(what, device, model, broken, rng)


def changes(disk, layout):
    """Makes them, gives a name and what sectors are broken; and takes them back."""
    last = layout.sectors - 1
    places = {0: layout.data_at(0), 5: layout.data_at(6) - 1, 7: layout.data_at(7) + 100,
              20: layout.tag_at(20), 22: layout.tag_at(23) - 1, last: layout.data_at(last)}
    for broken in set(places), set():
        for at in places.values():
            disk.flip(at)
        yield "bytes that were changed", broken
    # With their tags, each of which is right for its data, and their IVs
    for broken in {3, 4}, set():
        swap(disk, layout, 3, 4)
        yield "two sectors that were swapped", broken


def swap(disk, layout, one, two):
    for func, at in (layout.data, layout.data_at), (layout.tag, layout.tag_at):
        first, second = func(one), func(two)
        disk.write(at(one), second)
        disk.write(at(two), first)


def check_integrity(what, device, model, broken, rng):
    for sector, data in model.items():
        if sector in broken:
            check_error("%s: sector %d" % (what, sector), errno.EILSEQ, device.read,
                        sector * SECTOR, device.sector, rng)
        else:
            check("%s: sector %d" % (what, sector),
                  device.read(sector * SECTOR, device.sector, rng), data)


def stand_alone(work, rng):
    """dm-integrity without encryption: its tags are HMACs of number and data."""
    key = rng.randbytes(32)
    with open(work + "/key", "wb") as file:
        file.write(key)
    options = ["--integrity", "hmac-sha256", "--integrity-key-size", "32",
               "--integrity-key-file", work + "/key"]

    @contextlib.contextmanager
    def accessed():
        name, drivers = volumes.new_name(), Drivers(["hmac(sha256)"])
        command("integritysetup", "open", *options, disk.node, name)
        try:
            drivers.check()
            with Device("/dev/mapper/" + name) as device:
                yield device
        finally:
            command("integritysetup", "close", name)

    with Disk(work + "/disk", LUKS_SIZE) as disk:
        command("integritysetup", "format", "--batch-mode", "--tag-size", "32",
                "--sector-size", "512", *options, disk.node)
        layout = Integrity(disk, 0)
        model = {sector: rng.randbytes(SECTOR) for sector in [*range(40), layout.sectors - 1]}
        with accessed() as device:
            for sector, data in model.items():
                device.write(sector * SECTOR, data, rng)
            check("a sector that was never written", device.read(100 * SECTOR, SECTOR, rng),
                  bytes(SECTOR))
        for sector, data in model.items():
            check("sector %d" % sector, layout.data(sector), data)
            check("tag of sector %d" % sector, layout.tag(sector), oracle.hmac("sha256")(
                key, layout.salt + struct.pack("<Q", sector) + data))
        for what, broken in changes(disk, layout):
            with accessed() as device:
                check_integrity(what, device, model, broken, rng)
        with open(work + "/key", "wb") as file:
            file.write(rng.randbytes(32))
        with accessed() as device:
            check_integrity("another key", device, model, set(model), rng)


def discards(work, rng, allowed):
    """A discard is a hole in the file below, or there is none."""
    mode, sectors = PLAIN[1], SECTORS[0]
    key = rng.randbytes(64)
    at = size = SIZE // 4
    with Disk(work + "/disk", SIZE) as disk, \
         plain_table(disk, key, mode, sectors,
                     options=["allow_discards"] if allowed else []) as path, \
         Device(path) as device:
        model = bytearray(rng.randbytes(SIZE))
        device.write(0, model, rng)
        device.sync()
        check("blocks of the file", disk.blocks(), SIZE // SECTOR)
        check_error("discard", 0 if allowed else errno.EOPNOTSUPP, fcntl.ioctl,
                    device.buffered, BLKDISCARD, struct.pack("QQ", at, size))
        check("blocks after the discard", disk.blocks(),
              (SIZE - (size if allowed else 0)) // SECTOR)
        raw = bytearray(oracle.sectors(mode.cipher, key, bytes(model)))
        if allowed:
            raw[at:at + size] = bytes(size)
        check("the disk", disk.read(0, SIZE), bytes(raw))
        if allowed:
            hole = device.read(at, size, rng)
            check("the hole, encrypted", oracle.sectors(mode.cipher, key, hole, at // SECTOR),
                  bytes(size))
            model[at:at + size] = hole
        check_model(device, model, rng)


def writers(work, rng):
    mode, sectors = PLAIN[1], SECTORS[0]
    key = rng.randbytes(64)
    fork = multiprocessing.get_context("fork")
    with Disk(work + "/disk", WRITERS * REGION) as disk, \
         plain_table(disk, key, mode, sectors, size=WRITERS * REGION) as path:
        with concurrent.futures.ProcessPoolExecutor(WRITERS, fork) as pool:
            work = [pool.submit(writer, path, number) for number in range(WRITERS)]
            done = [result.result() for result in work]
        moved = sum(count for _, count in done)
        with Device(path) as device:
            device.sync()
            for number, (model, _) in enumerate(done):
                moved += check_model(device, model, rng, number * REGION)
        for number, (model, _) in enumerate(done):
            for at, observed in sample(disk, number * REGION, REGION, rng):
                check("the sector at %d of region %d" % (at, number), observed,
                      oracle.sectors(mode.cipher, key, model[at:at + SECTOR],
                                     (number * REGION + at) // SECTOR))
    print("# %d bytes moved, of %d sectors the ciphertext was looked at" %
          (moved, WRITERS * SAMPLE))


def sample(disk, begin, size, rng):
    """Some sectors of the disk, each with its place"""
    for at in rng.sample(range(0, size, SECTOR), SAMPLE):
        yield at, disk.read(begin + at, SECTOR)


def writer(path, number):
    """Gives what should be in its region, and how many bytes it has moved."""
    rng = random.Random(number)
    begin = number * REGION
    with Device(path) as device:
        model = bytearray(rng.randbytes(REGION))
        device.write(begin, model, rng)
        moved = REGION
        for _ in range(4):
            moved += mixed(device, model, rng, ROUNDS // 4, begin)
            os.fsync(device.buffered)
            moved += check_model(device, model, rng, begin)
    return bytes(model), moved


def reencryption(work, rng):
    """To another key of another size, while the volume is in use"""
    kind, size = KINDS["luks2-xts-256"], (4 << 20) if af_alg.QUICK else LUKS_SIZE
    with Disk(work + "/disk", Luks.PAYLOAD + size) as disk:
        volume = Luks(kind, disk.node, work)
        volume.format()
        old = volume.key()
        with volume.accessed() as device:
            model = bytearray(rng.randbytes(size))
            device.write(0, model, rng)
            for at, observed in sample(disk, Luks.PAYLOAD, size, rng):
                check("the sector at %d by the old key" % at, observed, oracle.sectors(
                    kind.cipher, old, bytes(model[at:at + SECTOR]), at // SECTOR))
            moved, rounds = 0, 0
            with subprocess.Popen(
                    ["cryptsetup", "reencrypt", "--batch-mode", *Luks.PBKDF, "--key-size",
                     "512", "--hotzone-size", "512k", "--key-file", volume.passphrase,
                     "--active-name", volume.name], stdin=subprocess.DEVNULL,
                    stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
                while process.poll() is None:
                    moved += mixed(device, model, rng, 5)
                    at = rng.randrange(size - SIZE) // SECTOR * SECTOR
                    os.fsync(device.buffered)
                    check_model(device, model[at:at + SIZE // 8], rng, at)
                    rounds += 1
                said = process.stderr.read()
            check("cryptsetup's status: " + said, process.returncode, 0)
            print("# %d rounds of I/O, %d bytes written meanwhile" % (rounds, moved))
            check("a few rounds of I/O meanwhile", rounds >= 3, True)
            device.sync()
            check_model(device, model, rng)
        new = volume.key()
        check("size of the key", 8 * len(new), 512)
        for at, observed in sample(disk, Luks.PAYLOAD, size, rng):
            data = bytes(model[at:at + SECTOR]), at // SECTOR
            check("the sector at %d by the new key" % at, observed,
                  oracle.sectors(kind.cipher, new, *data))
            check("the sector at %d is still that of the old key" % at,
                  observed == oracle.sectors(kind.cipher, old, *data), False)
        with volume.accessed() as device:
            check_model(device, model, rng)


def create(work, _rng, directory, name):
    with Disk(work + "/disk", Luks.PAYLOAD + LUKS_SIZE) as disk:
        volume = Luks(KINDS[name], disk.node, work)
        volume.format()
        with volume.opened():
            write_files(volume)
        command("cp", "--sparse=always", disk.path, image(directory, name))


def check_created(work, _rng, directory, name):
    command("cp", "--sparse=always", image(directory, name), work + "/disk")
    with Disk(work + "/disk") as disk:
        volume = Luks(KINDS[name], disk.node, work)
        volume.check_refused("a wrong passphrase", volume.file("wrong", b"wrong"))
        with volume.opened():
            read_files(volume)


def image(directory, name):
    return os.path.join(directory, name + ".img")


def bind(work, todo):
    """Cases of these, each with a directory and random data of its own"""
    for title, func, *args in todo:
        def case(func=func, args=args, title=title):
            with tempfile.TemporaryDirectory(dir=work) as directory:
                func(directory, random.Random(title), *args)
        yield title, case


def cases():
    for mode in PLAIN:
        for sectors in SECTORS:
            title = "%s, %d bits, sectors of %d%s" % (
                mode.cipher, mode.key_size, sectors.size,
                ", by whose number the IV is" if sectors.large else "")
            yield title, plain, mode, sectors
    for name, kind in KINDS.items():
        yield name, luks, kind
    for name in "luks1-xts-512", "luks2-xts-512":
        yield name + ": key slots", key_slots, KINDS[name]
    for name, kind in KINDS.items():
        if kind.integrity:
            yield name + ": changed on the disk", changed, kind
    yield "dm-integrity with hmac-sha256", stand_alone
    yield "discards that are not allowed", discards, False
    yield "discards that are allowed", discards, True
    yield "%d writers in parallel" % WRITERS, writers
    yield "online re-encryption under I/O", reencryption


def cases_of(mode, args):
    if mode:
        func = {"create": create, "check": check_created}[mode]
        return [("%s %s" % (mode, name), func, *args, name) for name in KINDS]
    return cases()


def missing():
    for tool in ("cryptsetup", "integritysetup", "dmsetup", "losetup", "mkfs.ext4"):
        if not shutil.which(tool):
            return "needs " + tool
    subprocess.run(["modprobe", "-q", "-a", "loop", "dm-crypt", "dm-integrity", "ext4"],
                   check=False)
    if not os.path.exists("/dev/loop-control"):
        return "needs CONFIG_BLK_DEV_LOOP"
    targets = volumes.status("dmsetup", "targets")[1]
    for target in "crypt", "integrity":
        if target not in targets:
            return "needs CONFIG_DM_" + target.upper()
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="a regular expression of the titles")
    parser.add_argument("mode", nargs="?", choices=list(MODES))
    parser.add_argument("args", nargs="*")
    args = parser.parse_args()
    if len(args.args) != MODES.get(args.mode, 0):
        parser.error("wrong number of arguments")
    # So that what was set up goes when the time is over, too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(af_alg.KSFT_FAIL))
    if af_alg.skipped(missing, "." if args.mode else af_alg.OURS):
        return af_alg.KSFT_SKIP
    if args.mode == "create":
        os.makedirs(args.args[0], exist_ok=True)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as work:
        todo = [case for case in cases_of(args.mode, args.args)
                if re.search(args.only, case[0])]
        return af_alg.run(list(bind(work, todo)))


if __name__ == "__main__":
    sys.exit(main())
