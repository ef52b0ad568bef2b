#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""IMA measures and appraises files with wolfCrypt's SHA-1 and SHA-2.

The digests in the list of measurements, of the files and of the list's entries, are held
against Python's hashlib, and so are those that IMA itself gives to files. A file with the
digest that hashlib has is opened; after a change on the disk, of the file or the digest, it
is not. The rules that are added to IMA's policy are for the test's own file systems. They
stay after it.
"""

import contextlib
import errno
import glob
import hashlib
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import uuid

import af_alg
import fscrypt
import usage
from af_alg import check, check_error
from changes import flip

SECURITYFS = "/sys/kernel/security"
IMA = SECURITYFS + "/ima/"
POLICY = IMA + "policy"
MEASUREMENTS = IMA + "ascii_runtime_measurements"
AHASH_MINSIZE = "/sys/module/ima/parameters/ahash_minsize"
LABEL = "security.ima"

PCR = "10"

# linux/hash_info.h
ALGORITHMS = {"sha1": 2, "sha256": 4, "sha384": 5, "sha512": 6, "sha224": 7}
# security/integrity/integrity.h
DIGEST, DIGEST_NG = 1, 4

SIZES = (1, 55, 56, 63, 64, 65, 111, 112, 119, 120, 127, 128, 129, 4095, 4096, 4097,
         65536, 300001)

# So much that its digest takes a while
LARGE = 1 << 20

# Of an ext4's superblock
UUID = slice(1024 + 104, 1024 + 120)


class Volume(fscrypt.Volume):
    """One that is known to the policy; @image: it is a copy of that"""

    def __init__(self, work, rule, image=None):
        os.mkdir(work)
        super().__init__(work)
        self.rule = rule
        self.given = image
        self.uuid = None

    def __enter__(self):
        if self.given:
            os.mkdir(self.root)
            shutil.copyfile(self.given, self.image)
            self.device = fscrypt.command("losetup", "--find", "--show", self.image).strip()
        else:
            super().__enter__()
        with open(self.image, "rb") as file:
            self.uuid = uuid.UUID(bytes=file.read(UUID.stop)[UUID])
        with open(POLICY, "wb", buffering=0) as file:
            file.write(("%s fsuuid=%s\n" % (self.rule, self.uuid)).encode())
        return self

    def path(self, name):
        return os.path.join(self.root, name)

    def write(self, name, data):
        path = self.path(name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def flip_data(self, data):
        """A bit of the first byte of a file with these data"""
        with open(self.image, "rb") as file:
            at = file.read().index(data[1:fscrypt.BLOCK])
        self.flip(at - 1, 3)


def measured_volume(work):
    return Volume(work + "/measured", "measure func=FILE_CHECK mask=MAY_READ")


def appraised_volume(work):
    return Volume(work + "/appraised", "appraise func=FILE_CHECK")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def label(name, data):
    """What IMA writes to security.ima"""
    digest = hashlib.new(name, data).digest()
    if name == "sha1":
        return bytes([DIGEST]) + digest
    return bytes([DIGEST_NG, ALGORITHMS[name]]) + digest


def set_label(path, name, data):
    os.setxattr(path, LABEL, label(name, data))


def default_algorithm(volume):
    """The one of ima_hash= or of the kernel's configuration"""
    with volume.mounted():
        volume.write("default", b"data")
        value = os.getxattr(volume.path("default"), LABEL)
        os.unlink(volume.path("default"))
    return next(name for name in ALGORITHMS if label(name, b"data") == value)


def entry_digest(name, digest, path, algorithm):
    """Of an entry of the template ima-ng: sizes and values of its fields"""
    fields = name.encode() + b":\0" + digest, path.encode() + b"\0"
    packed = b"".join(struct.pack("<I", len(field)) + field for field in fields)
    return hashlib.new(algorithm, packed).hexdigest()


def listings():
    """The digests that the entries of each have are by its algorithm."""
    yield "sha1", MEASUREMENTS
    for path in glob.glob(MEASUREMENTS + "_*"):
        yield path.rpartition("_")[2], path


def check_measured(files):
    """@files: for each path the algorithm, and what was measured, in this order"""
    for algorithm, listing in listings():
        found = {path: [] for path in files}
        with open(listing, encoding="utf-8") as file:
            for line in file:
                *words, path = line.rstrip("\n").split(" ", 4)
                if path in found:
                    found[path].append(words)
        for path, (name, *contents) in files.items():
            expected = []
            for data in contents:
                digest = hashlib.new(name, data).digest()
                expected.append([PCR, entry_digest(name, digest, path, algorithm), "ima-ng",
                                 "%s:%s" % (name, digest.hex())])
            check("measurements of %s, in %s" % (path, listing), found[path], expected)


@contextlib.contextmanager
def by_ahash():
    """As IMA does it for files of this size or more, if it is told to"""
    with open(AHASH_MINSIZE, encoding="ascii") as file:
        before = file.read()
    try:
        set_parameter("1")
        yield
    finally:
        set_parameter(before)


def set_parameter(value):
    with open(AHASH_MINSIZE, "w", encoding="ascii") as file:
        file.write(value)


def measure(volume, rng, title):
    files = {}
    with volume.mounted():
        for name in ALGORITHMS:
            for size in SIZES:
                data = rng.randbytes(size)
                path = volume.write("%s-%s-%d" % (title, name, size), data)
                # The digest isn't looked at where there is no appraisal.
                set_label(path, name, b"")
                check("what is read", read(path), data)
                files[path] = name, data
    check_measured(files)


def measured(volume, rng):
    measure(volume, rng, "shash")


def measured_by_ahash(volume, rng, default):
    """It holds the transform of the default algorithm from the first time on."""
    before = usage.references(default)
    with by_ahash():
        measure(volume, rng, "ahash")
    after = usage.references(default)
    used = {driver for driver, count in after.items() if count > before[driver]}
    usage.show(default, used)
    check("drivers that got references", [driver.startswith(default + "-wolfcrypt")
                                          for driver in used], [True])


def measured_again(volume, rng):
    """A file that was changed is, and no other."""
    contents = [rng.randbytes(5000)]
    with volume.mounted():
        path = volume.write("changing", contents[0])
        set_label(path, "sha256", b"")
        for _ in range(3):
            read(path)
            read(path)
            check_measured({path: ("sha256", *contents)})
            contents.append(contents[-1] + rng.randbytes(1))
            with open(path, "ab") as file:
                file.write(contents[-1][-1:])


def labels(volume, rng, default):
    """What IMA gives to new files and, whatever there was, to those that were changed"""
    files = {}
    with volume.mounted():
        for size in SIZES:
            data = rng.randbytes(size)
            path = volume.write("new%d" % size, data)
            check("label of %d bytes" % size, os.getxattr(path, LABEL), label(default, data))
            files[path] = data
        for name in ALGORITHMS:
            data = rng.randbytes(3000)
            path = volume.write("changed-" + name, data)
            set_label(path, name, data)
            with open(path, "r+b") as file:
                file.write(b"other")
            data = b"other" + data[5:]
            check("label after the change", os.getxattr(path, LABEL), label(default, data))
            files[path] = data
    with volume.mounted():
        for path, data in files.items():
            check("what is read", read(path), data)


def appraised(volume, rng):
    """By the digest that is with the file"""
    with volume.mounted():
        for name in ALGORITHMS:
            for size in SIZES[::4]:
                data = rng.randbytes(size)
                path = volume.write("%s-%d" % (name, size), data)
                set_label(path, name, data)
                check("what is read", read(path), data)

                good = label(name, data)
                for at in range(1, len(good)):
                    os.setxattr(path, LABEL, flip(good, at, 0x10))
                    check_error("%s, byte %d of the label" % (name, at), errno.EACCES,
                                read, path)
                os.setxattr(path, LABEL, good[:-1])
                check_error("%s, a short label" % name, errno.EACCES, read, path)
                os.removexattr(path, LABEL)
                check_error("%s, no label" % name, errno.EACCES, read, path)
                set_label(path, name, data + b"\0")
                check_error("%s, of other data" % name, errno.EACCES, read, path)
                set_label(path, name, data)
                check("what is read", read(path), data)


def changed_offline(volume, rng):
    data = {name: rng.randbytes(70000) for name in ALGORITHMS}
    with volume.mounted():
        for name in ALGORITHMS:
            set_label(volume.write("offline-" + name, data[name]), name, data[name])
    for name in ALGORITHMS:
        path = volume.path("offline-" + name)
        volume.flip_data(data[name])
        with volume.mounted():
            check_error("a file with a bit changed, " + name, errno.EACCES, read, path)
        volume.flip_data(data[name])
        with volume.mounted():
            check("what is read", read(path), data[name])


def drivers(volume, rng, default):
    """Those of the lists are held for good, the others as long as a file is appraised."""
    held = {default} | {algorithm for algorithm, _ in listings()}
    for name in sorted(held):
        usage.held(name, name + "-wolfcrypt")
    data = rng.randbytes(LARGE)
    with volume.mounted():
        path = volume.write("large", data)
        for name in ALGORITHMS:
            def appraise(value=label(name, data)):
                os.setxattr(path, LABEL, value)
                with open(path, "rb"):
                    pass
            if name not in held:
                usage.runs_on({name: name + "-wolfcrypt"}, appraise)


def cases(work, stack):
    stack.enter_context(securityfs())
    measuring = stack.enter_context(measured_volume(work))
    appraising = stack.enter_context(appraised_volume(work))
    default = default_algorithm(appraising)
    print("# default algorithm:", default)
    for title, func, args in (
            ("measurement", measured, [measuring]),
            ("measurement again", measured_again, [measuring]),
            ("measurement by the other interface", measured_by_ahash,
             [measuring, default]),
            ("labels", labels, [appraising, default]),
            ("appraisal", appraised, [appraising]),
            ("changed on the disk", changed_offline, [appraising]),
            ("the drivers are ours", drivers, [appraising, default])):
        volume, *rest = args
        yield title, lambda f=func, v=volume, t=title, r=rest: f(v, random.Random(t), *r)


@contextlib.contextmanager
def securityfs():
    """Mounted as long as it's needed, unless it is already"""
    mounted = os.path.exists(IMA)
    if not mounted:
        fscrypt.command("mount", "-t", "securityfs", "securityfs", SECURITYFS)
    try:
        yield
    finally:
        if not mounted:
            fscrypt.command("umount", SECURITYFS)


def missing():
    if not os.path.isdir(SECURITYFS):
        return "needs CONFIG_SECURITYFS"
    for tool in "mkfs.ext4", "losetup":
        if not shutil.which(tool):
            return "needs " + tool
    subprocess.run(["modprobe", "-q", "-a", "ext4", "loop"], check=False)
    if not os.path.exists("/dev/loop-control"):
        return "needs CONFIG_BLK_DEV_LOOP"
    with securityfs():
        if not os.path.exists(IMA):
            return "needs CONFIG_IMA"
        if not os.path.exists(POLICY) or not os.stat(POLICY).st_mode & 0o200:
            return "needs CONFIG_IMA_WRITE_POLICY"
    if not os.path.exists("/sys/fs/ext4/features"):
        return "needs CONFIG_EXT4_FS"
    return None


def main():
    if af_alg.skipped(missing):
        return af_alg.KSFT_SKIP
    with contextlib.ExitStack() as stack:
        work = stack.enter_context(tempfile.TemporaryDirectory(dir="/dev/shm"))
        return af_alg.run(list(cases(work, stack)))


if __name__ == "__main__":
    sys.exit(main())
