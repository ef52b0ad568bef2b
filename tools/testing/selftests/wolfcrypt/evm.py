#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""EVM protects attributes of files with wolfCrypt's HMAC-SHA-1.

security.evm, as the kernel writes it, is held against Python's hmac, with the key that an
encrypted key has brought into the kernel. What is changed on the disk, the digest of IMA,
a capability, the owner or the mode, is refused, but for the one who knows the key.

  evm.py              all of it
  evm.py create DIR   leave a file system and its key in DIR, for another kernel
  evm.py check DIR    open the files that another kernel left there

A kernel takes EVM's key once, and keeps it until the next boot. So this runs once in each,
and should not on a machine that is used.
"""

import contextlib
import errno
import functools
import gzip
import os
import random
import shutil
import struct
import sys
import tempfile

import af_alg
import fscrypt
import ima
import interop
import keyring
import oracle
import usage
from af_alg import check, check_error
from changes import flip

EVM = ima.SECURITYFS + "/evm"
MASTER = "user:wolfcrypt-evm"
# It is padded with zeros up to this.
HMAC_KEY = 128

LABEL = "security.evm"
CAPABILITY = "security.capability"
# security/integrity/integrity.h
TYPE_HMAC = 2
TYPE_SIGNATURE = 3

FS_IOC_GETVERSION = 0x80087601

# What it covers here, in this order
COVERED = (ima.LABEL, CAPABILITY)

# linux/capability.h: permitted and effective
CAPABILITIES = [struct.pack("<5I", 0x02000001, 1 << number, 0, 0, 0) for number in (10, 21)]


class Volume(ima.Volume):
    """One whose files are appraised; they are protected by @key."""

    def __init__(self, work, key, image=None):
        super().__init__(work + "/volume", "appraise func=FILE_CHECK", image)
        self.key = key

    def hmac(self, path, **changed):
        """What security.evm should be; @changed: of the inode, or an attribute"""
        stat = os.stat(path)
        values = [changed.get(name.partition(".")[2], attribute(path, name))
                  for name in COVERED]
        generation = fscrypt.ioctl(path, FS_IOC_GETVERSION, bytes(8))[:4]
        inode = struct.pack("=Q4sIIH2x", stat.st_ino, generation, stat.st_uid, stat.st_gid,
                            changed.get("mode", stat.st_mode))
        uuid = self.uuid.bytes if with_uuid() else b""
        return bytes([TYPE_HMAC]) + oracle.hmac("sha1")(
            self.key.ljust(HMAC_KEY, b"\0"), b"".join(values) + inode + uuid)

    def check(self, path):
        check("security.evm of " + path, os.getxattr(path, LABEL), self.hmac(path))

    def debugfs(self, *requests):
        """Changes it as another system would"""
        script = self.image + ".debugfs"
        with open(script, "w", encoding="ascii") as file:
            print(*requests, sep="\n", file=file)
        said = fscrypt.command("debugfs", "-w", "-f", script, self.device).splitlines()
        check("what debugfs says", [line for line in said if line[:8] != "debugfs:"], [])

    def set_attribute(self, name, attr, value):
        path = self.image + ".value"
        with open(path, "wb") as file:
            file.write(value)
        self.debugfs("ea_set -f %s /%s %s" % (path, name, attr))


def attribute(path, name):
    try:
        return os.getxattr(path, name)
    except OSError as exc:
        if exc.errno != errno.ENODATA:
            raise
        return b""


@functools.lru_cache
def with_uuid():
    """The file system's is in the HMAC, or not, by the kernel's configuration."""
    with gzip.open("/proc/config.gz", "rt") as file:
        return "CONFIG_EVM_ATTR_FSUUID=y\n" in file.read()


def state():
    with open(EVM, encoding="ascii") as file:
        return file.read()


def enable():
    with open(EVM, "w", encoding="ascii") as file:
        file.write("1")


def give_key(key):
    """By an encrypted key that the oracle makes"""
    master = os.urandom(32)
    keyring.add(*MASTER.split(":"), master)
    blob = keyring.Blob.seal(key, os.urandom(16), "default", MASTER, master)
    keyring.add("encrypted", "evm-key", "load %s" % blob)
    enable()
    check("state of EVM", state(), "1")


def no_key():
    check("state of EVM", state(), "0")
    check_error("to enable it without a key", errno.ENOENT, enable)
    check("state of EVM", state(), "0")


def key_is_given(volume):
    before = usage.references("hmac(sha1)")
    give_key(volume.key)
    check_error("to enable it again", errno.EPERM, enable)
    with volume.mounted():
        volume.check(volume.write("first", b"data"))
    after = usage.references("hmac(sha1)")
    used = {driver for driver, count in after.items() if count > before.get(driver, 0)}
    usage.show("hmac(sha1)", used)
    check("drivers that got references", [driver.startswith("hmac-sha1-wolfcrypt")
                                          for driver in used], [True])


def protected(volume, rng):
    """After each change by this kernel"""
    with volume.mounted():
        for size in ima.SIZES[::3]:
            path = volume.write("file%d" % size, rng.randbytes(size))
            volume.check(path)
        path = volume.write("file", rng.randbytes(100))
        for func, *args in ((os.chmod, 0o600), (os.chmod, 0o4755), (os.chown, 1000, 0),
                            (os.chown, 1000, 77), (os.chown, 0, 0),
                            (os.setxattr, CAPABILITY, CAPABILITIES[0]),
                            (os.setxattr, CAPABILITY, CAPABILITIES[1]),
                            (os.removexattr, CAPABILITY)):
            former = os.getxattr(path, LABEL)
            func(path, *args)
            check("%s changes security.evm" % func.__name__,
                  os.getxattr(path, LABEL) != former, True)
            volume.check(path)
        for name in ima.ALGORITHMS:
            data = ima.read(path) + b"more"
            with open(path, "wb") as file:
                file.write(data)
            volume.check(path)
            ima.set_label(path, name, data)
            volume.check(path)
        os.rename(path, path + "-renamed")
        volume.check(path + "-renamed")
    with volume.mounted():
        for size in ima.SIZES[::3]:
            check("bytes read", len(ima.read(volume.path("file%d" % size))), size)
        check("what is read", ima.read(path + "-renamed"), data)


def not_by_hand(volume, rng):
    with volume.mounted():
        path = volume.write("mine", rng.randbytes(100))
        value = os.getxattr(path, LABEL)
        check_error("an HMAC from user space", errno.EPERM, os.setxattr, path, LABEL, value)
        check_error("no value", errno.EINVAL, os.setxattr, path, LABEL, b"")


def changed_offline(volume, rng):
    """Each change is refused, until it's undone."""
    data = rng.randbytes(70000)
    other = flip(data, 0, 1 << 3)
    with volume.mounted():
        path = volume.write("file", data)
        second = volume.write("second", data)
        os.setxattr(path, CAPABILITY, CAPABILITIES[0])
        good = os.getxattr(path, LABEL)
        own = os.getxattr(path, ima.LABEL)
        another = next(value for value in (ima.label(name, data) for name in ima.ALGORITHMS)
                       if value != own)
        values = [(ima.LABEL, own, another),
                  (CAPABILITY, CAPABILITIES[0], CAPABILITIES[1]),
                  (LABEL, good, os.getxattr(second, LABEL)),
                  (LABEL, good, good[:-1]),
                  (LABEL, good, good + b"\0"),
                  (LABEL, good, bytes([TYPE_SIGNATURE]) + good[1:])]
        values += [(LABEL, good, flip(good, at)) for at in (1, 10, 20)]
    for attr, before, after in values:
        volume.set_attribute("file", attr, after)
        refused(volume, path, "%s is %s" % (attr, after.hex()))
        volume.set_attribute("file", attr, before)
        accepted(volume, path, data)
    for attr, before in (CAPABILITY, CAPABILITIES[0]), (LABEL, good):
        volume.debugfs("ea_rm /file " + attr)
        refused(volume, path, "no " + attr)
        volume.set_attribute("file", attr, before)
        accepted(volume, path, data)
    for field, before, after in (("mode", "0100644", "0100666"), ("uid", 0, 1000),
                                 ("gid", 0, 5), ("generation", None, 12345)):
        if before is None:
            with volume.mounted():
                before, = struct.unpack("=I4x", fscrypt.ioctl(path, FS_IOC_GETVERSION,
                                                              bytes(8)))
        volume.debugfs("set_inode_field /file %s %s" % (field, after))
        refused(volume, path, "%s is %s" % (field, after))
        volume.debugfs("set_inode_field /file %s %s" % (field, before))
        accepted(volume, path, data)
    # For IMA alone this would be a good file.
    volume.flip_data(data)
    volume.set_attribute("file", ima.LABEL, ima.label("sha256", other))
    refused(volume, path, "other data, with their digest")


def refused(volume, path, what):
    with volume.mounted():
        check_error(what, errno.EACCES, ima.read, path)
        check_error("chmod, for " + what, errno.EPERM, os.chmod, path, 0o600)


def accepted(volume, path, data):
    with volume.mounted():
        check("what is read", ima.read(path), data)


def by_oracle(volume, rng):
    """Who knows the key can make such changes."""
    data = rng.randbytes(70000)
    with volume.mounted():
        path = volume.write("oracle", data)
        mode = os.stat(path).st_mode ^ 0o022
        value = volume.hmac(path, ima=ima.label("sha512", data), mode=mode)
    volume.debugfs("set_inode_field /oracle mode 0%o" % mode)
    volume.set_attribute("oracle", ima.LABEL, ima.label("sha512", data))
    refused(volume, path, "another mode and label")
    volume.set_attribute("oracle", LABEL, value)
    accepted(volume, path, data)


def created(volume, rng):
    give_key(volume.key)
    with volume.mounted():
        for size in ima.SIZES[::3]:
            path = volume.write("file%d" % size, rng.randbytes(size))
            os.chmod(path, rng.choice((0o600, 0o640, 0o755)))
            os.chown(path, size, size)
            if rng.randrange(2):
                os.setxattr(path, CAPABILITY, rng.choice(CAPABILITIES))
            volume.check(path)


def checked(volume):
    give_key(volume.key)
    with volume.mounted():
        for size in ima.SIZES[::3]:
            path = volume.path("file%d" % size)
            check("bytes read", len(ima.read(path)), size)
            volume.check(path)
    size = ima.SIZES[0]
    volume.debugfs("set_inode_field /file%d uid 12345" % size)
    refused(volume, volume.path("file%d" % size), "another owner")


def cases(volume):
    yield "no key", no_key
    yield "the key, and the driver is ours", lambda: key_is_given(volume)
    for title, func in (("what is protected", protected), ("not by hand", not_by_hand),
                        ("changed on the disk", changed_offline),
                        ("changed with the key", by_oracle)):
        yield title, lambda t=title, f=func: f(volume, random.Random(t))


def missing():
    keyring.join()
    reason = ima.missing()
    if reason:
        return reason
    if not shutil.which("debugfs"):
        return "needs debugfs, of e2fsprogs"
    if not os.path.exists("/proc/config.gz"):
        return "needs CONFIG_IKCONFIG_PROC"
    if not keyring.known("encrypted"):
        return "needs CONFIG_ENCRYPTED_KEYS"
    with ima.securityfs():
        if not os.path.exists(EVM):
            return "needs CONFIG_EVM"
        if state() != "0":
            return "needs a boot in which EVM has no key yet"
    return None


def run(args, work, stack):
    stack.enter_context(ima.securityfs())
    if args.mode == "all":
        volume = stack.enter_context(Volume(work, random.Random("key").randbytes(32)))
        return af_alg.run(list(cases(volume)))
    image, key = (os.path.join(args.dir, name) for name in ("evm.ext4", "evm.key"))
    if args.mode == "create":
        volume = stack.enter_context(Volume(work, os.urandom(HMAC_KEY)))
        status = af_alg.run([("EVM: create", lambda: created(volume, random.Random()))])
        shutil.copyfile(volume.image, image)
        with open(key, "wb") as file:
            file.write(volume.key)
        return status
    volume = stack.enter_context(Volume(work, ima.read(key), image))
    return af_alg.run([("EVM: check", lambda: checked(volume))])


def main():
    args = interop.arguments(__doc__)
    if interop.skipped(args, missing):
        return af_alg.KSFT_SKIP
    with contextlib.ExitStack() as stack:
        work = stack.enter_context(tempfile.TemporaryDirectory(dir="/dev/shm"))
        return run(args, work, stack)


if __name__ == "__main__":
    sys.exit(main())
