// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The self-tests of cryptographic algorithms (ISO/IEC 19790 section 7.10.3.2):
 * their list, and their run before any driver is registered. What each of them
 * does is in kat.c.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/fips.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/panic.h>
#include <linux/printk.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>

#include "fips.h"
#include "selftest.h"

/* In the order of the run; made once, before any status file shows it. */
LIST_HEAD(wolfcrypt_selftests);

/**
 * wolfcrypt_selftest_add() - append a test to the list
 * @kat_name: the algorithm and the direction
 * @impl_name: the implementation's name; empty for the portable C code
 *
 * Return: the test, which the caller completes; NULL if there is no memory.
 */
struct wolfcrypt_selftest * __init
wolfcrypt_selftest_add(const char *kat_name, const char *impl_name)
{
	struct wolfcrypt_selftest *test;

	test = kzalloc(sizeof(*test), GFP_KERNEL);
	if (!test)
		return NULL;

	snprintf(test->name, sizeof(test->name), "%s-%s", kat_name,
		 *impl_name ? impl_name : "c");
	list_add_tail(&test->list, &wolfcrypt_selftests);
	return test;
}

/**
 * wolfcrypt_selftests_init() - list the tests that this CPU can run
 *
 * Return: 0 or -ENOMEM.
 */
int __init wolfcrypt_selftests_init(void)
{
	int err;

	err = wolfcrypt_kat_add_all();
	if (err)
		wolfcrypt_selftests_exit();
	return err;
}

/**
 * wolfcrypt_selftests_exit() - free the list
 */
void wolfcrypt_selftests_exit(void)
{
	struct wolfcrypt_selftest *test, *next;

	list_for_each_entry_safe(test, next, &wolfcrypt_selftests, list) {
		list_del(&test->list);
		kfree(test);
	}
}

/* ktime has the resolution of a tick this early in the boot. */
static bool selftest_run(struct wolfcrypt_selftest *test)
{
	u64 start = local_clock();
	bool pass = wolfcrypt_kat_run(test);

	test->time_ns = local_clock() - start;
	test->result = pass ? WOLFCRYPT_PASS : WOLFCRYPT_FAIL;
	return pass;
}

/* ISO/IEC 19790 section 7.10.1: the error state, and an indicator of it. */
static int selftest_fail(const char *name)
{
	wolfcrypt_set_state(WOLFCRYPT_ERROR);
	pr_emerg("self-test %s failed\n", name);
	fips_fail_notify();
	if (fips_enabled)
		panic(KBUILD_MODNAME ": self-test %s failed", name);
	return -ELIBBAD;
}

/**
 * wolfcrypt_run_selftests() - run all the tests, in the order of the list
 *
 * The first failure ends the run, because no cryptography may be done in the
 * error state; the tests after it stay as they were. It latches that state,
 * and panics if the whole kernel is in FIPS mode. Likewise if a test was to be
 * broken that doesn't exist.
 *
 * Context: process context. One run at a time.
 * Return: 0, or -ELIBBAD on a failure, when no driver may be registered.
 */
int wolfcrypt_run_selftests(void)
{
	struct wolfcrypt_selftest *test;
	u64 start = local_clock();
	unsigned int passed = 0;
	const char *missed;

	wolfcrypt_set_state(WOLFCRYPT_SELF_TEST);

	missed = wolfcrypt_inject_missed();
	if (missed) {
		pr_emerg("there is no self-test %s to break\n", missed);
		return selftest_fail(missed);
	}

	list_for_each_entry(test, &wolfcrypt_selftests, list) {
		if (!selftest_run(test))
			return selftest_fail(test->name);
		passed++;
	}

	pr_info("%u self-tests passed in %llu us\n", passed,
		div_u64(local_clock() - start, NSEC_PER_USEC));
	return 0;
}
