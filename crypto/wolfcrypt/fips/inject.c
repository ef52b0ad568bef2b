// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fault injection: spoils the input of one self-test, or what the entropy source
 * gives, to show that the test can fail and what the module does then. For tests and
 * for the lab.
 */

#include <linux/compiler.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/string.h>

#include "selftest.h"

static char *fips_break;
module_param(fips_break, charp, 0444);
MODULE_PARM_DESC(fips_break, "name of the self-test that is made to fail");

enum entropy_break {
	ENTROPY_STUCK = 1,
	ENTROPY_BIASED,
};

static unsigned int entropy_break;
module_param(entropy_break, uint, 0600);
MODULE_PARM_DESC(entropy_break, "1: the entropy source is stuck, 2: every other byte of it is");

#if defined(CONFIG_X86) && !defined(MODULE)
#include <asm/cmdline.h>

/**
 * wolfcrypt_inject_early() - heed fips_break before parameters are parsed
 * @cmdline: the command line
 *
 * For the tests that are run at the start of the boot.
 *
 * Context: the boot CPU, before setup_arch().
 */
void wolfcrypt_inject_early(const char *cmdline)
{
	static char name[sizeof_field(struct wolfcrypt_selftest, name)];

	if (cmdline_find_option(cmdline, "wolfcrypt.fips_break", name,
				sizeof(name)) > 0)
		fips_break = name;
}
#endif

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
 * wolfcrypt_inject_entropy() - spoil entropy, if that is chosen
 * @bytes: what the source gave
 * @len: their number
 */
void wolfcrypt_inject_entropy(u8 *bytes, unsigned int len)
{
	unsigned int step = READ_ONCE(entropy_break), i;

	if (step != ENTROPY_STUCK && step != ENTROPY_BIASED)
		return;
	for (i = 0; i < len; i += step)
		bytes[i] = 0;
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
