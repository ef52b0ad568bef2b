# SPDX-License-Identifier: GPL-2.0-or-later
"""What somebody may have done to data"""


def flip(data, at, bit=1):
    """Other bits in one byte"""
    return data[:at] + bytes([data[at] ^ bit]) + data[at + 1:]
