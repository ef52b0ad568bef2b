#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Change single bits of a kernel image, within what its integrity test covers.

bits.py list IMAGE COUNT [SEED]    lines "NAME OFFSET BIT": the first and the last
                                   byte of each range; COUNT random ones, and COUNT
                                   of the functions that make and heed the test;
                                   and, with names that begin with "outside", some
                                   that the test doesn't cover
bits.py flip IMAGE OFFSET BIT OUT  writes a copy with that bit changed

IMAGE is vmlinux or wolfcrypt.ko. Of a module there are also COUNT random ones of each
field of its relocations ("reloc-"), a table's first and last relocation among them,
and some of the digest ("record").
"""

import random
import struct
import sys

MAGIC = b"wolfCrypt-seal-1"
DIGEST_SIZE = 32
ET_REL = 1
PT_LOAD = 1
SHT_SYMTAB = 2
SHT_RELA = 4
RELA_SIZE = 24


def segments(image):
    """(address, offset, size in the file) of what is loaded."""
    phoff, = struct.unpack_from("<Q", image, 32)
    size, count = struct.unpack_from("<HH", image, 54)
    for i in range(count):
        kind, _, offset, vaddr, _, filesz = struct.unpack_from("<IIQQQQ", image,
                                                               phoff + i * size)
        if kind == PT_LOAD:
            yield vaddr, offset, filesz


# Those that make the test and those that heed it.
CONTROL = ["wolfcrypt_init", "wolfcrypt_integrity_boot", "wolfcrypt_integrity_run",
           "wolfcrypt_integrity_proved", "wolfcrypt_run_selftests", "wolfcrypt_state",
           "wolfcrypt_set_state", "wolfcrypt_fips_mode", "wolfcrypt_selftest_failed",
           "wolfcrypt_selftests_init", "wolfcrypt_selftest_add",
           "wolfcrypt_status_init"]


def headers(image):
    """Those of the sections."""
    shoff, = struct.unpack_from("<Q", image, 40)
    size, count = struct.unpack_from("<HH", image, 58)
    return [struct.unpack_from("<IIQQQQII", image, shoff + i * size)
            for i in range(count)]


def symbols(image):
    """(section, value, size) by name, from the symbol table."""
    sections = headers(image)
    symtab = next(s for s in sections if s[1] == SHT_SYMTAB)
    strings = sections[symtab[6]][4]
    found = {}
    for pos in range(symtab[4], symtab[4] + symtab[5], 24):
        name, _, _, section, value, length = struct.unpack_from("<IBBHQQ", image, pos)
        end = image.index(0, strings + name)
        found[image[strings + name:end].decode()] = (section, value, length)
    return found


def functions(image, names):
    """(address, size) of functions."""
    found = symbols(image)
    return [found[name][1:] for name in names]


def file_offset(image, address):
    for vaddr, offset, size in segments(image):
        if vaddr <= address < vaddr + size:
            return offset + address - vaddr
    raise SystemExit(f"nothing at {address:#x}")


def ranges(image):
    """(name, first byte, byte after the last one) in the file."""
    record = image.index(MAGIC)
    text, text_end, rodata, rodata_end, relocs, relocs_end = struct.unpack_from(
        "<6Q", image, record + len(MAGIC) + DIGEST_SIZE)
    yield "text", text, text_end
    yield "rodata", rodata, relocs
    if relocs != relocs_end:
        yield "relocs", relocs, relocs_end
    assert relocs_end == rodata_end


def draw_bits(draw, parts, name, count):
    """Random bits of parts of the file, each as likely as any other."""
    total = sum(size for _, size in parts)
    for i in range(count):
        position = draw.randrange(total)
        for start, size in parts:
            if position < size:
                break
            position -= size
        yield f"{name}-{i}", start + position, draw.randrange(8)


def choose(image, count, seed):
    draw = random.Random(seed)
    parts = []
    for name, start, end in ranges(image):
        offset = file_offset(image, start)
        parts.append((offset, end - start))
        yield f"{name}-first", offset, draw.randrange(8)
        yield f"{name}-last", offset + end - start - 1, draw.randrange(8)

    yield from draw_bits(draw, parts, "random", count)
    control = [(file_offset(image, address), size)
               for address, size in functions(image, CONTROL)]
    yield from draw_bits(draw, control, "control", count)

    # Text that the kernel prints; the case of a letter.
    for i, text in enumerate([b"Linux version %s", b"Kernel command line: %s"]):
        yield f"outside-{i}", image.index(text[:12]), 5


# A module's loader doesn't look where a relocation leads, and follows what is far off.
RELOC_FIELDS = {"offset": (0, 14), "type": (8, 4), "symbol": (12, 9), "addend": (16, 24)}
MODULE_CONTROL = [name for name in CONTROL if name != "wolfcrypt_integrity_boot"] + [
    "wolfcrypt_integrity_load", "wolfcrypt_integrity_file_digest"]


def relocations(image, section, start, end):
    """Where those are that change a range of a section."""
    for shdr in headers(image):
        if shdr[1] == SHT_RELA and shdr[7] == section:
            for pos in range(shdr[4], shdr[4] + shdr[5], RELA_SIZE):
                offset, = struct.unpack_from("<Q", image, pos)
                if start <= offset < end:
                    yield pos


def choose_of_module(image, count, seed):
    draw = random.Random(seed)
    found = symbols(image)
    sections = headers(image)
    parts = []
    relocs = []
    edges = []
    for name in ["text", "rodata"]:
        section, start, _ = found[f"wolfcrypt_{name}_start"]
        end = found[f"wolfcrypt_{name}_end"][1]
        offset = sections[section][4] + start
        parts.append((offset, end - start))
        yield f"{name}-first", offset, draw.randrange(8)
        yield f"{name}-last", offset + end - start - 1, draw.randrange(8)
        those = list(relocations(image, section, start, end))
        relocs += those
        edges += [those[0], those[-1]]
    yield from draw_bits(draw, parts, "random", count)

    control = [(sections[found[name][0]][4] + found[name][1], found[name][2])
               for name in MODULE_CONTROL]
    yield from draw_bits(draw, control, "control", count)

    for field, (byte, bits) in RELOC_FIELDS.items():
        chosen = edges + draw.sample(relocs, count)
        for i, pos in enumerate(chosen):
            bit = draw.randrange(bits)
            yield f"reloc-{field}-{i}", pos + byte + bit // 8, bit % 8

    record = image.index(MAGIC) + len(MAGIC)
    for i in range(2):
        yield f"record-{i}", record + draw.randrange(DIGEST_SIZE), draw.randrange(8)

    # Words for modinfo, and of the compiler; the case of a letter.
    for i, text in enumerate([b"description=wolfCrypt", b"GCC: (Debian"]):
        yield f"outside-{i}", image.index(text) + len(text) - 1, 5


def main():
    with open(sys.argv[2], "rb") as file:
        image = bytearray(file.read())
    if sys.argv[1] == "list":
        seed = sys.argv[4] if len(sys.argv) > 4 else random.randrange(1 << 32)
        print(f"# seed {seed}")
        is_module = struct.unpack_from("<H", image, 16)[0] == ET_REL
        list_bits = choose_of_module if is_module else choose
        for name, offset, bit in list_bits(image, int(sys.argv[3]), str(seed)):
            print(name, offset, bit)
    else:
        image[int(sys.argv[3])] ^= 1 << int(sys.argv[4])
        with open(sys.argv[5], "wb") as file:
            file.write(image)


main()
