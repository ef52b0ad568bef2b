// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's own word on the built-in module, from outside of its boundary: a boot
 * with fips=1 does not go on without it, whatever kept it from saying so itself.
 */

#include <linux/fips.h>
#include <linux/init.h>
#include <linux/panic.h>

#include "fips.h"

/* As it was before the module ran: a changed bit may have made it clear the other. */
static int fips_wanted __initdata;

static int __init guard_remember(void)
{
	fips_wanted = fips_enabled;
	return 0;
}
early_initcall(guard_remember);

static int __init guard_check(void)
{
	if (fips_wanted &&
	    (!fips_enabled || wolfcrypt_state() != WOLFCRYPT_OPERATIONAL))
		panic("wolfcrypt: not operational in FIPS mode");
	return 0;
}
late_initcall(guard_check);
