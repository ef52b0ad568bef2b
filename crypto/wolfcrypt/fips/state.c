// SPDX-License-Identifier: GPL-2.0-or-later
/* The states of the module, and whether it is in FIPS mode at all. */

#include <linux/atomic.h>
#include <linux/fips.h>
#include <linux/module.h>

#include "fips.h"

static bool fips;
module_param(fips, bool, 0444);
MODULE_PARM_DESC(fips, "prove the module by its self-tests before use, as fips=1 does for the kernel");

static atomic_t current_state = ATOMIC_INIT(WOLFCRYPT_POWER_ON);

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
 * wolfcrypt_state() - the state that the module is in
 *
 * Context: any.
 * Return: that state, which may be another one by now unless it is the error
 * state.
 */
enum wolfcrypt_state wolfcrypt_state(void)
{
	return atomic_read(&current_state);
}

/**
 * wolfcrypt_set_state() - go to another state
 * @state: the new state
 *
 * There is no way out of the error state: the call then does nothing, whoever
 * it races with.
 *
 * Context: any.
 */
void wolfcrypt_set_state(enum wolfcrypt_state state)
{
	int old = atomic_read(&current_state);

	do {
		if (old == WOLFCRYPT_ERROR)
			return;
	} while (!atomic_try_cmpxchg(&current_state, &old, state));
}
