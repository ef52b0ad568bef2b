# SPDX-License-Identifier: GPL-2.0-or-later
"""Which drivers something runs on, by the references to them in /proc/crypto

Who holds a transform for no longer than one operation is watched while doing it over
and over. Who holds it for good got it at some time: nobody may hold another driver's.
"""

import multiprocessing
import time

import af_alg
from af_alg import check

# Looks at /proc/crypto after all were seen: by then the others would have been, too.
MORE = 10


def references(name):
    """To each driver of the algorithm, without the one for being registered"""
    return {alg["driver"]: int(alg["refcnt"]) - 1 for alg in af_alg.proc_crypto()
            if alg["name"] == name}


def repeat(func):
    while True:
        func()


def in_use(names, func, seconds=120):
    """The drivers of each algorithm that get references while @func runs"""
    before = {name: references(name) for name in names}
    seen = {name: set() for name in names}
    last = {name: set() for name in names}
    process = multiprocessing.get_context("fork").Process(target=repeat, args=[func])
    process.start()
    try:
        more = MORE
        end = time.monotonic() + seconds
        while more and process.is_alive() and time.monotonic() < end:
            for name in names:
                now = {driver for driver, count in references(name).items()
                       if count > before[name].get(driver, 0)}
                # A look-up has each that it compares for a moment.
                seen[name] |= now & last[name]
                last[name] = now
            if all(seen.values()):
                more -= 1
        check("what was watched goes on", process.is_alive(), True)
    finally:
        process.kill()
        process.join()
    return seen


def runs_on(drivers, func):
    """@drivers: by the algorithm, how the name of the one begins that @func must get"""
    for name, seen in in_use(drivers, func).items():
        show(name, seen)
        check("drivers of %s that are used" % name, len(seen), 1)
        check("%s begins with %s" % (seen, drivers[name]),
              min(seen).startswith(drivers[name]), True)


def held(name, driver):
    """Someone holds it, and no one another driver of the algorithm."""
    holders = {found for found, count in references(name).items() if count}
    show(name, holders)
    check("drivers of %s that are held" % name, len(holders), 1)
    check("%s begins with %s" % (holders, driver), min(holders).startswith(driver), True)


def show(name, drivers):
    print("# %s: %s" % (name, ", ".join(sorted(drivers)) or "none"))
