#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""With fips=1, whatever is asked for, wolfCrypt's drivers or none are used.

Without, or with wolfcrypt.exclusive=0, all that is refused there must work:
that is how this test knows that what it tries can be had at all.
"""

import errno
import os
import socket
import struct
import subprocess
import sys
import tempfile

import af_alg
from af_alg import Tfm, check, check_error

NETLINK_CRYPTO = 21
CRYPTO_MSG_NEWALG = 0x10
CRYPTO_MSG_DELALG = 0x11
CRYPTO_MSG_UPDATEALG = 0x12
CRYPTOCFGA_PRIORITY_VAL = 1
NLM_F_REQUEST_ACK = 0x5

# Below that of generic drivers, some of which have 0
LOWEST = -1

# Whose generic driver the kernel's entropy source asks for by its name
SHARED = "sha3-256"

# What the API can build in place of our drivers, by the names that it would have.
GENERIC_GCM = "gcm_base(ctr(aes-generic),ghash-generic)"
GENERIC_CCM = "ccm_base(ctr(aes-generic),cbcmac(aes-generic))"
INSTANCES = {
    "ecb(aes)": ["ecb(aes-generic)", "ecb(aes-aesni)"],
    "cbc(aes)": ["cbc(aes-generic)", "cryptd(cbc(aes-generic))"],
    "ctr(aes)": ["ctr(aes-generic)"],
    "cts(cbc(aes))": ["cts(cbc(aes-generic))", "cts({cbc(aes)})"],
    "xts(aes)": ["xts(ecb(aes-generic))", "xts({ecb(aes)})"],
    "gcm(aes)": [GENERIC_GCM, "gcm_base({ctr(aes)},ghash-generic)"],
    "rfc4106(gcm(aes))": ["rfc4106(%s)" % GENERIC_GCM, "rfc4106({gcm(aes)})"],
    "rfc4543(gcm(aes))": ["rfc4543(%s)" % GENERIC_GCM, "rfc4543({gcm(aes)})"],
    "seqiv(rfc4106(gcm(aes)))": ["seqiv(rfc4106(%s))" % GENERIC_GCM,
                                 "seqiv({rfc4106(gcm(aes))})"],
    "ccm(aes)": [GENERIC_CCM, "ccm_base({ctr(aes)},cbcmac(aes-generic))"],
    "rfc4309(ccm(aes))": ["rfc4309(%s)" % GENERIC_CCM, "rfc4309({ccm(aes)})"],
    "cmac(aes)": ["cmac(aes-generic)"],
    "authenc(hmac(sha256),cbc(aes))": ["authenc({hmac(sha256)},{cbc(aes)})",
                                       "authenc(hmac(sha256-generic),{cbc(aes)})",
                                       "authenc({hmac(sha256)},cbc(aes-generic))"],
    "sha3-512": ["cryptd(sha3-512-generic)"],
    "sha256": ["cryptd(sha256-generic)"],
    "hmac(sha256)": ["hmac(sha256-generic)", "hmac({sha256})"],
    "hmac(sha512)": ["hmac(sha512-generic)"],
}

# Of other names, but they would run stock code of an algorithm that we offer.
OVER_OTHERS = [
    ("aead", "authenc(hmac(sha384-generic),{cbc(aes)})"),
    ("aead", "authenc({hmac(sha384)},cbc(aes-generic))"),
    ("skcipher", "essiv(cbc(aes-generic),{sha256})"),
    ("skcipher", "rfc3686(ctr(aes-generic))"),
    ("hash", "hmac(sha3-512-generic)"),
]

# These run on our drivers.
OVER_OURS = [
    ("aead", "authenc(hmac(sha384),cbc(aes))"),
    ("skcipher", "essiv(cbc(aes),sha256)"),
    ("skcipher", "rfc3686(ctr(aes))"),
    ("skcipher", "cryptd({cbc(aes)})"),
    ("hash", "cryptd({sha256})"),
    ("hash", "hmac(sha3-256)"),
]


def module_parameter(name):
    path = "/sys/module/wolfcrypt/parameters/" + name
    with open(path, encoding="ascii") as file:
        return file.read().strip() == "Y"


def ours(driver):
    return af_alg.OURS in driver


def registered(name):
    return {alg["driver"]: int(alg["refcnt"]) for alg in af_alg.proc_crypto()
            if alg["name"] == name}


def our_driver(name):
    return next(driver for driver in registered(name) if ours(driver))


def spell(text):
    """Each {NAME} becomes our driver of that algorithm."""
    for name in MODELS:
        if "{%s}" % name in text:
            text = text.replace("{%s}" % name, our_driver(name))
    return text


def bind(kind, name):
    Tfm(kind, name).sock.close()


def by_driver_name(name, kind):
    others = [driver for driver in registered(name) if not ours(driver)]
    for driver in others:
        check_error(driver, 0 if name == SHARED else REFUSED, bind, kind, driver)
    print("# %s: %d other drivers" % (name, len(others)))


def by_instance(name, kind):
    before = set(registered(name))
    for text in INSTANCES[name]:
        if "aesni" in text and "aes-aesni" not in registered("aes"):
            print("# %s: this CPU has no AES-NI" % text)
            continue
        check_error(spell(text), REFUSED, bind, kind, spell(text))
    if EXCLUSIVE:
        check("drivers of " + name, set(registered(name)), before)


def over_others(kind, text):
    check_error(spell(text), REFUSED, bind, kind, spell(text))


def over_ours(kind, text):
    check_error(spell(text), 0, bind, kind, spell(text))


def netlink(message, name, driver, attributes=b""):
    """A request to the API's configuration, as crconf makes it"""
    alg = struct.pack("64s64s64sIIII", name.encode(), driver.encode(), b"",
                      0, 0, 0, 0)
    body = alg + attributes
    head = struct.pack("IHHII", 16 + len(body), message, NLM_F_REQUEST_ACK,
                       1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                       NETLINK_CRYPTO) as sock:
        sock.bind((0, 0))
        sock.send(head + body)
        answer = sock.recv(4096)
    err = -struct.unpack_from("i", answer, 16)[0]
    if err:
        raise OSError(err, os.strerror(err))


def set_priority(name, driver, priority):
    netlink(CRYPTO_MSG_UPDATEALG, name, driver,
            struct.pack("HHi", 8, CRYPTOCFGA_PRIORITY_VAL, priority))


def priority_of(driver):
    return next(int(alg["priority"]) for alg in af_alg.proc_crypto()
                if alg["driver"] == driver)


def carrier(kind, name):
    """The drivers that a new transform of this name holds"""
    before = registered(name)
    with Tfm(kind, name):
        return [driver for driver, count in registered(name).items()
                if count > before.get(driver, 0)]


def by_priority(name, kind):
    driver = our_driver(name)
    priority = priority_of(driver)
    alone = registered(name).keys() == {driver}
    set_priority(name, driver, LOWEST)
    try:
        check("ours carries %s at the lowest priority" % name,
              carrier(kind, name) == [driver],
              EXCLUSIVE and name != SHARED or alone)
    finally:
        set_priority(name, driver, priority)
    check("who carries %s after that" % name, carrier(kind, name), [driver])


def under_essiv():
    """The cipher that encrypts the IVs is asked for by the name of the algorithm"""
    driver = our_driver("aes")
    priority = priority_of(driver)
    alone = registered("aes").keys() == {driver}

    def encrypts():
        before = registered("aes")[driver]
        with Tfm("skcipher", "essiv(cbc(aes),sha256)"):
            return registered("aes")[driver] > before

    set_priority("aes", driver, LOWEST)
    try:
        check("ours encrypts the IVs at the lowest priority", encrypts(),
              EXCLUSIVE or alone)
    finally:
        set_priority("aes", driver, priority)
    check("ours encrypts the IVs after that", encrypts(), True)


def by_netlink():
    # Not one of those that the kernel's own tests make to compare with.
    check_error("a new instance", REFUSED, netlink, CRYPTO_MSG_NEWALG,
                "hmac(sha384)", spell("hmac({sha384})"))


def dm_crypt(disk, spec):
    table = "0 64 crypt %s-plain64 %s 0 %s 0" % (spec, "5a" * 16 + "a5" * 16,
                                                disk)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL,
             "env": {**os.environ, "DM_DISABLE_UDEV": "1"}}
    made = subprocess.run(["dmsetup", "create", "exclusive", "--table", table],
                          check=False, **quiet).returncode == 0
    if made:
        subprocess.run(["dmsetup", "remove", "exclusive"], check=True, **quiet)
    return made


def by_dm_crypt():
    """A user inside the kernel, who takes any name"""
    with tempfile.NamedTemporaryFile() as file:
        file.truncate(64 * 512)
        disk = subprocess.run(["losetup", "-f", "--show", file.name],
                              check=True, stdout=subprocess.PIPE,
                              text=True).stdout.strip()
        try:
            check("a volume on ours", dm_crypt(disk, "capi:xts(aes)"), True)
            for spec in "capi:cbc(aes-generic)", "capi:xts(ecb(aes-generic))":
                check("a volume on " + spec, dm_crypt(disk, spec),
                      not EXCLUSIVE)
        finally:
            subprocess.run(["losetup", "-d", disk], check=True)


def cases():
    for name, model in MODELS.items():
        yield (name + ", by driver name",
               lambda n=name, k=model.kind: by_driver_name(n, k))
        yield (name + ", by priority",
               lambda n=name, k=model.kind: by_priority(n, k))
    for name in filter(MODELS.__contains__, INSTANCES):
        yield (name + ", by an instance",
               lambda n=name: by_instance(n, MODELS[n].kind))
    for kind, text in OVER_OTHERS:
        yield text, lambda k=kind, t=text: over_others(k, t)
    for kind, text in OVER_OURS:
        yield text, lambda k=kind, t=text: over_ours(k, t)
    yield "the cipher under ESSIV, by priority", under_essiv
    yield "by the API's configuration", by_netlink
    yield "in the kernel, by dm-crypt", by_dm_crypt


def instances():
    return {alg["driver"]: alg["name"] for alg in af_alg.proc_crypto()
            if "(" in alg["driver"]}


def remove_instances(but):
    """What the API has built stays, and may be preferred. The outer ones first."""
    for _ in range(4):
        for driver, name in instances().items() - but.items():
            try:
                netlink(CRYPTO_MSG_DELALG, name, driver)
            except OSError:
                pass    # still in use by another one, or gone with it


if __name__ == "__main__":
    if af_alg.skipped():
        sys.exit(af_alg.KSFT_SKIP)
    EXCLUSIVE = af_alg.FIPS and module_parameter("exclusive")
    REFUSED = errno.ENOENT if EXCLUSIVE else 0
    MODELS = af_alg.algorithms()
    BEFORE = instances()
    STATUS = af_alg.run(list(cases()))
    remove_instances(BEFORE)
    sys.exit(STATUS)
