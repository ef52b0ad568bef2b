# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests that leave something for another kernel, or find out what another one left"""

import argparse
import os

import af_alg


def arguments(doc):
    """What is to be done: all, create or check; and the directory of the last two"""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("mode", nargs="?", default="all", choices=["all", "create", "check"],
                        help="create: leave something in DIR, for another kernel to read; "
                        "check: read what another one left there. They run on kernels "
                        "without wolfCrypt, too.")
    parser.add_argument("dir", nargs="?")
    args = parser.parse_args()
    if (args.mode == "all") != (args.dir is None):
        parser.error("a directory belongs to create and check")
    if args.mode == "create":
        os.makedirs(args.dir, exist_ok=True)
    return args


def skipped(args, missing):
    """As af_alg's; only the whole test is about wolfCrypt's drivers."""
    return af_alg.skipped(missing, af_alg.OURS if args.mode == "all" else ".")
