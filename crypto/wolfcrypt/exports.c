// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the rest of the kernel may call of the module. Exports are made outside of its
 * boundary, which has no sections for them.
 */

#include <linux/export.h>
#include <linux/fips.h>

EXPORT_SYMBOL_GPL(wolfcrypt_approved);
