// SPDX-License-Identifier: GPL-2.0-or-later
/* The states of the module, and whether it is in FIPS mode at all. */

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/fips.h>
#include <linux/module.h>

#include "fips.h"

static bool fips;
module_param(fips, bool, 0444);
MODULE_PARM_DESC(fips, "prove the module by its self-tests before use, as fips=1 does for the kernel");

static bool exclusive = true;
module_param(exclusive, bool, 0444);
MODULE_PARM_DESC(exclusive, "with fips=1, let the crypto API use no other drivers of these algorithms");

static int current_state = WOLFCRYPT_POWER_ON;

/**
 * wolfcrypt_fips_mode() - is the module to prove itself before use?
 *
 * Return: true if the whole kernel (fips=1) or the module alone
 * (wolfcrypt.fips=1) is in FIPS mode.
 */
bool wolfcrypt_fips_mode(void)
{
	return fips_enabled || fips;
}

/**
 * wolfcrypt_exclusive() - are other drivers of the same algorithms to be shut out?
 *
 * Return: true with fips=1, unless wolfcrypt.exclusive=0. The module's own FIPS mode
 * is no matter of other drivers.
 */
bool wolfcrypt_exclusive(void)
{
	return fips_enabled && exclusive;
}

/**
 * wolfcrypt_state() - the state that the module is in
 *
 * Context: any.
 * Return: that state, which may be another one by now unless it is the error
 * state.
 */
enum wolfcrypt_state wolfcrypt_state(void)
{
	return READ_ONCE(current_state);
}

/**
 * wolfcrypt_set_state() - go to another state
 * @state: the new state
 *
 * There is no way out of the error state: the call then does nothing, whoever
 * it races with. With fips=1, the way to the operational state is by the
 * self-tests: any other is an error. That asks for fips_enabled anew, as a changed
 * bit may have led around the self-tests.
 *
 * Context: any.
 */
void wolfcrypt_set_state(enum wolfcrypt_state state)
{
	int old = READ_ONCE(current_state);
	int new;

	/* Not atomic_t: its LOCK prefixes are patched when a second CPU comes. */
	do {
		if (old == WOLFCRYPT_ERROR)
			return;
		new = state;
		if (new == WOLFCRYPT_OPERATIONAL && fips_enabled &&
		    old != WOLFCRYPT_SELF_TEST)
			new = WOLFCRYPT_ERROR;
	} while (!sync_try_cmpxchg(&current_state, &old, new));
}
