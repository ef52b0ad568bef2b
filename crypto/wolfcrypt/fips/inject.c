// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fault injection: spoils the input of one self-test, to show that this test
 * can fail and what the module does then. For tests and for the lab.
 */

#include <linux/list.h>
#include <linux/module.h>
#include <linux/string.h>

#include "selftest.h"

static char *fips_break;
module_param(fips_break, charp, 0444);
MODULE_PARM_DESC(fips_break, "name of the self-test that is made to fail");

/**
 * wolfcrypt_inject() - spoil the input of a test, if it is the chosen one
 * @name: the test
 * @in: its input
 * @len: bytes of @in
 *
 * Every algorithm must notice the last bit of its input. In a test that a
 * tampered tag is rejected the tampering is that bit, and is undone.
 */
void wolfcrypt_inject(const char *name, u8 *in, unsigned int len)
{
	if (fips_break && !strcmp(fips_break, name))
		in[len - 1] ^= 1;
}

/**
 * wolfcrypt_inject_missed() - did the user name a test that doesn't exist?
 *
 * Return: what was named then, else NULL. A run that wasn't broken must not
 * look like one that stood the breaking.
 */
const char *wolfcrypt_inject_missed(void)
{
	const struct wolfcrypt_selftest *test;

	if (!fips_break)
		return NULL;

	list_for_each_entry(test, &wolfcrypt_selftests, list) {
		if (!strcmp(fips_break, test->name))
			return NULL;
	}
	return fips_break;
}
