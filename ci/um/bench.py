#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The plan of ci/bench, and its report.

    bench.py plan DIR [--quick] [--drivers A,B]     writes DIR/jobs
    bench.py report DIR BUILD                       reads DIR/results
"""

import argparse
import datetime
import json
import re
import sys

SIZES = [16, 64, 256, 512, 1420, 4096, 16384]
QUICK_SIZES = [16, 512, 4096]
CRYPT = ["encrypt", "decrypt", "encrypt-in-place", "decrypt-in-place"]

# The drivers of 6.12, the fastest of which is the yardstick, on whatever CPU.
# Templates are named over the fastest primitive, as the API would not compose
# them while ours has a driver for the whole.
STOCK = {
    "aes": ["aes-aesni"],
    "ecb": ["ecb-aes-aesni"],
    "cbc": ["cbc-aes-aesni"],
    "cts-cbc": ["cts-cbc-aes-aesni"],
    "ctr": ["ctr-aes-aesni"],
    "xts": ["xts-aes-aesni", "xts-aes-aesni-avx", "xts-aes-vaes-avx2",
            "xts-aes-vaes-avx10_256", "xts-aes-vaes-avx10_512"],
    "gcm": ["generic-gcm-aesni", "generic-gcm-aesni-avx",
            "generic-gcm-vaes-avx10_256", "generic-gcm-vaes-avx10_512"],
    "rfc4543-gcm": ["rfc4543(generic-gcm-aesni)", "rfc4543(generic-gcm-aesni-avx)",
                    "rfc4543(generic-gcm-vaes-avx10_256)",
                    "rfc4543(generic-gcm-vaes-avx10_512)"],
    "ccm": ["ccm_base(ctr-aes-aesni,cbcmac(aes-aesni))"],
    "cmac": ["cmac(aes-aesni)"],
    "chacha20": ["chacha20-simd"],
    "rfc7539-chacha20-poly1305": ["rfc7539(chacha20-simd,poly1305-simd)"],
    "sha1": ["sha1-ssse3", "sha1-avx", "sha1-avx2", "sha1-ni"],
    "sha256": ["sha256-ssse3", "sha256-avx", "sha256-avx2", "sha256-ni"],
    "sha512": ["sha512-ssse3", "sha512-avx", "sha512-avx2"],
}
STOCK |= {f"hmac-{name}": [f"hmac({driver})" for driver in STOCK[name]]
          for name in ("sha1", "sha256", "sha512")}
STOCK |= {f"authenc-hmac-{name}-cbc": [f"authenc(hmac({driver}),cbc-aes-aesni)"
                                       for driver in STOCK[name]]
          for name in ("sha1", "sha256", "sha512")}
STOCK |= {f"sha3-{bits}": [f"sha3-{bits}-generic"] for bits in (256, 512)}
# Nothing of theirs stands beside these in 6.12.
STOCK |= {"cfb": [], "ofb": []}

AES_OURS = ["", "-aesni", "-avx", "-vaes-avx2", "-vaes-avx512"]
GCM_OURS = ["", "-aesni", "-avx", "-avx2", "-vaes-avx2", "-vaes-avx512"]
SHA_OURS = ["", "-ni", "-avx", "-avx2", "-bmi2"]
CHACHA_OURS = ["-avx2", "-avx512"]


def ours(algorithm):
    """All names that our driver may have; a CPU has one of them."""
    if "sha" in algorithm and "authenc" not in algorithm:
        return [f"{algorithm}-wolfcrypt{isa}" for isa in SHA_OURS]
    if "chacha" in algorithm:
        return [f"{algorithm}-wolfcrypt{isa}" for isa in CHACHA_OURS]
    isas = GCM_OURS if "gcm" in algorithm else AES_OURS
    name = "aes" if algorithm == "aes" else f"{algorithm}-aes"
    return [f"{name}-wolfcrypt{isa}" for isa in isas]


def kind(algorithm):
    if algorithm == "aes":
        return "cipher"
    if algorithm.startswith("authenc"):
        return "authenc"
    if algorithm in ("gcm", "rfc4543-gcm", "ccm", "rfc7539-chacha20-poly1305"):
        return "aead"
    if "sha" in algorithm or algorithm == "cmac":
        return "shash"
    return "skcipher"


def keys(algorithm, quick):
    """Key sizes in bytes."""
    if algorithm.startswith("sha"):
        return [0]
    if algorithm.startswith("hmac"):
        return [32]
    if "chacha" in algorithm:
        return [32]
    sizes = [32] if quick else [16, 32]
    if algorithm == "xts":
        return [2 * size for size in sizes]
    return [size + 4 for size in sizes] if algorithm.startswith("rfc") else sizes


def sizes(algorithm, quick):
    """Bytes of a request. One of 1420, as in a packet, isn't whole blocks."""
    if algorithm == "aes":
        return [16]
    wanted = QUICK_SIZES if quick else SIZES
    whole = algorithm in ("ecb", "cbc") or kind(algorithm) == "authenc"
    return [size & -16 for size in wanted] if whole else wanted


def operations(algorithm, quick):
    if kind(algorithm) == "shash":
        return ["digest"]
    # What isn't authentic the stock driver doesn't decrypt, and in place it is so once.
    if kind(algorithm) == "authenc":
        return ["encrypt-in-place", "decrypt"] if quick else CRYPT[:3]
    return CRYPT[2:] if quick else CRYPT


def plan(directory, quick, only):
    jobs = []
    for algorithm, stock in STOCK.items():
        drivers = stock + ours(algorithm)
        if only:
            drivers = [driver for driver in drivers if driver in only]
        for key in keys(algorithm, quick) if drivers else []:
            common = {"algorithm": algorithm, "type": kind(algorithm), "key": key,
                      "rounds": 30 if quick else 80, "drivers": drivers}
            for op in operations(algorithm, quick):
                for size in sizes(algorithm, quick):
                    jobs.append({**common, "op": op, "size": size})
            if key:
                jobs.append({**common, "op": "setkey", "size": 0})
    if not jobs:
        sys.exit("no algorithm has a driver of that name")
    with open(f"{directory}/jobs", "w", encoding="ascii") as file:
        json.dump(jobs, file)


def is_ours(driver):
    return "-wolfcrypt" in driver


def best(job, which):
    """The fastest driver of a job for which @which holds, and its result."""
    rows = [(row["min_ps"], name) for name, row in job["drivers"].items()
            if which(name) and row["clean"]]
    return min(rows)[1] if rows else None


def unsure(row):
    """Do the halves of the run disagree by more than a twentieth?"""
    a, b = row["first_half_ps"], row["second_half_ps"]
    return not a or not b or abs(a - b) > 0.05 * min(a, b)


# Modes in which a block must wait for the one before; the others do many at once.
CHAINED = {("cbc", "encrypt"), ("cts-cbc", "encrypt"), ("cfb", "encrypt"), ("ofb", "encrypt"),
           ("ofb", "decrypt"), ("aes", "encrypt"), ("aes", "decrypt"), ("ccm", "encrypt"), ("ccm", "decrypt"), ("cmac", "digest")}


def limit_ns(job, limits):
    """The time that the rounds of AES alone take at least, if it is AES: by the
    latency of AESENC where blocks are chained, else by the best rate of any
    length of vector."""
    no_aes = ("sha" in job["algorithm"] or "chacha" in job["algorithm"] or
              job["algorithm"] == "rfc4543-gcm")
    if not job["size"] or no_aes or "aesenc-128" not in limits:
        return None
    key = job["key"] // 2 if job["algorithm"] == "xts" else job["key"]
    rounds = (key // 4 + 6) * job["size"] / 16
    if (job["algorithm"], job["op"].removesuffix("-in-place")) in CHAINED:
        return rounds * limits["aesenc-latency"] / 1e6
    return rounds * min(limits[f"aesenc-{bits}"] * 128 / bits for bits in (128, 256, 512)
                        if f"aesenc-{bits}" in limits) / 1e6


def compare(job, limits):
    """What a line of the table says."""
    mine, theirs = best(job, is_ours), best(job, lambda name: not is_ours(name))
    line = {"algorithm": job["algorithm"], "bits": 8 * job["key"], "op": job["op"],
            "size": job["size"], "ours": mine, "stock": theirs}
    for who, name in ("ours", mine), ("stock", theirs):
        if name:
            line[f"{who}_ns"] = job["drivers"][name]["min_ps"] / 1000
    if mine and job["size"]:
        line["cycles_per_byte"] = line["ours_ns"] / limits["cycle"] * 1e6 / job["size"]
        limit = limit_ns(job, limits)
        if limit:
            line["of_limit"] = limit / line["ours_ns"]
    if mine and theirs:
        line["ratio"] = line["stock_ns"] / line["ours_ns"]
        line["unsure"] = any(unsure(job["drivers"][name]) for name in (mine, theirs))
    return line


def speed(size, ns):
    if not ns:
        return "-"
    return f"{ns:.1f} ns {size * 1000 / ns:>5.0f} MB/s" if size else f"{ns:.1f} ns"


def cpu(flags):
    """The host's name of it, and those of the guest's flags that matter."""
    info = open("/proc/cpuinfo", encoding="utf-8").read()
    model = re.search(r"^model name\s*: (.*)$", info, re.M)[1]
    wanted = ["aes", "pclmulqdq", "avx", "avx2", "vaes", "vpclmulqdq", "avx512f", "avx512vl",
              "avx512_bf16", "sha_ni"]
    return model, [flag for flag in wanted if flag in flags]


def boot_cost(times):
    """The times of guest.py's boot_us(), with their sum."""
    count = times.pop("count")
    total = times["digest_linked"] + times["digest_patched"] + times["selftests"]
    return {"selftests": count, "us": {**times, "total": total}}


def text(model, flags, build, boot, limits, lines, clean, tried):
    yield f"{datetime.date.today()}, {model} ({' '.join(flags)}), build {build}"
    us = boot["us"]
    yield (f"At boot: digests {us['digest_linked']} us and {us['digest_patched']} us; in FIPS mode "
           f"{boot['selftests']} self-tests {us['selftests']} us, of which integrity {us['integrity']} us; "
           f"in all {us['total']} us")
    yield (f"{tried - clean} of {tried} batches dropped, "
           "because something else slowed the core meanwhile")
    yield "A ratio above 1: ours is faster than the fastest stock driver, named behind it."
    yield "?: two interleaved halves of the run disagree by more than 5 %."
    yield "c/B: cycles of the core per byte. Limit: how much of its time the rounds of AES alone take at least."
    yield f"A cycle takes {limits['cycle'] / 1e6:.3f} ns. At best, in cycles: " + ", ".join(
        f"{name} {value / limits['cycle']:.2f}" for name, value in limits.items() if name != "cycle")
    group = None
    for line in lines:
        now = (line["algorithm"], line["bits"], line["op"])
        if now != group:
            group = now
            bits = f", {line['bits']}-bit key" if line["bits"] else ""
            yield ""
            yield f"{line['algorithm']}{bits}, {line['op']}: {line['ours']}"
            yield f"{'bytes':>7} {'ours':>22} {'c/B':>7} {'limit':>5} {'stock':>22} {'ratio':>6}"
        ratio = f"{line['ratio']:.2f}{'?' if line['unsure'] else ''}" if "ratio" in line else ""
        cycles = f"{line['cycles_per_byte']:.3f}" if "cycles_per_byte" in line else ""
        limit = f"{line['of_limit']:.0%}" if "of_limit" in line else ""
        yield (f"{line['size']:>7} {speed(line['size'], line.get('ours_ns')):>22} {cycles:>7} {limit:>5} "
               f"{speed(line['size'], line.get('stock_ns')):>22} {ratio:>6}  {line['stock'] or ''}").rstrip()


def svg(lines):
    """Ratios over sizes, a row of bars per algorithm and key size."""
    groups = {}
    for line in lines:
        if "ratio" in line and line["op"] in ("encrypt-in-place", "digest"):
            groups.setdefault((line["algorithm"], line["bits"]), []).append(line)
    sizes = sorted({line["size"] for rows in groups.values() for line in rows})
    cell, height, left, top = 84, 30, 130, 46
    width = left + cell * len(sizes) + 20
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
           f'height="{top + height * len(groups) + 20}" font-family="sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="white"/>',
           f'<text x="{left}" y="16">Speed against the fastest stock driver (line: 1.0), by bytes a request</text>']
    out += [f'<text x="{left + i * cell}" y="36">{size}</text>' for i, size in enumerate(sizes)]
    for j, ((algorithm, bits), rows) in enumerate(groups.items()):
        y = top + j * height
        out.append(f'<text x="8" y="{y + 15}">{algorithm}{f" {bits}" if bits else ""}</text>')
        for line in rows:
            x = left + sizes.index(line["size"]) * cell
            bar = min(line["ratio"], 3) / 3 * (cell - 24)
            colour = "#2a7f4f" if line["ratio"] >= 1 else "#b5452c"
            out.append(f'<rect x="{x}" y="{y + 4}" width="{bar:.1f}" height="14" fill="{colour}"/>')
            out.append(f'<line x1="{x + (cell - 24) / 3:.1f}" x2="{x + (cell - 24) / 3:.1f}" '
                       f'y1="{y + 2}" y2="{y + 20}" stroke="black"/>')
            out.append(f'<text x="{x + bar + 3:.1f}" y="{y + 15}" font-size="10">{line["ratio"]:.2f}</text>')
    out.append("</svg>")
    return "\n".join(out)


def report(directory, build):
    results = json.load(open(f"{directory}/results", encoding="ascii"))
    if results["state"] != "operational":
        sys.exit(f"wolfCrypt's self-tests did not pass: its state is {results['state']}")
    untested = [name for job in results["jobs"] for name in job["drivers"]
                if results["selftests"].get(name) != "passed"]
    if untested:
        sys.exit(f"the kernel's own tests did not pass: {' '.join(sorted(set(untested)))}")
    limits = results["limits"]
    lines = [compare(job, limits) for job in results["jobs"]]
    rows = [row for job in results["jobs"] for row in job["drivers"].values()]
    clean, tried = sum(row["clean"] for row in rows), sum(row["tried"] for row in rows)
    model, flags = cpu(results["flags"])
    boot = boot_cost(results["boot"])
    for line in text(model, flags, build, boot, limits, lines, clean, tried):
        print(line)
    with open(f"{directory}/bench.json", "w", encoding="utf-8") as file:
        json.dump({"date": str(datetime.date.today()), "cpu": model, "isa": flags, "build": build, "boot": boot, "limits_fs": limits, "batches": tried,
                   "dirty": tried - clean, "comparison": lines, "jobs": results["jobs"]}, file, indent=1)
    with open(f"{directory}/bench.svg", "w", encoding="utf-8") as file:
        file.write(svg(lines))


def names(text):
    """Of drivers, with a comma between two. Those of templates have some of their own."""
    found, depth = [""], 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "," and not depth:
            found.append("")
        else:
            found[-1] += char
    return set(filter(None, found))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    planner = verbs.add_parser("plan")
    planner.add_argument("directory")
    planner.add_argument("--quick", action="store_true")
    planner.add_argument("--drivers", default="")
    reporter = verbs.add_parser("report")
    reporter.add_argument("directory")
    reporter.add_argument("build")
    args = parser.parse_args()
    if args.verb == "plan":
        plan(args.directory, args.quick, names(args.drivers))
    else:
        report(args.directory, args.build)


if __name__ == "__main__":
    main()
