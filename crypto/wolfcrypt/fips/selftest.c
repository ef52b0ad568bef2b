// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The self-tests: of the integrity of the module, and of cryptographic algorithms
 * (ISO/IEC 19790 sections 7.10.2.2 and 7.10.3.2). Their list, and their run before
 * any driver is registered. What they do is in integrity.c and in kat.c.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/fips.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/mutex.h>
#include <linux/panic.h>
#include <linux/printk.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>

#include "../internal.h"
#include "fips.h"
#include "selftest.h"

/* The tests compute in one place, so they are run by one caller at a time. */
static DEFINE_MUTEX(run_mutex);

/* In the order of the run; made once, before any status file shows it. */
LIST_HEAD(wolfcrypt_selftests);

/**
 * wolfcrypt_selftest_add() - append a test to the list
 * @name: its name
 * @run: how it is run
 *
 * Return: the test, which the caller completes; NULL if there is no memory.
 */
struct wolfcrypt_selftest *
wolfcrypt_selftest_add(const char *name, wolfcrypt_selftest_fn *run)
{
	struct wolfcrypt_selftest *test;

	test = kzalloc(sizeof(*test), GFP_KERNEL);
	if (!test)
		return NULL;

	strscpy(test->name, name);
	test->run = run;
	list_add_tail(&test->list, &wolfcrypt_selftests);
	return test;
}

/**
 * wolfcrypt_selftests_init() - list the tests that this CPU can run
 *
 * Return: 0 or -ENOMEM.
 */
int wolfcrypt_selftests_init(void)
{
	if (IS_ENABLED(CONFIG_CRYPTO_WOLFCRYPT_INTEGRITY) &&
	    !wolfcrypt_selftest_add("integrity", wolfcrypt_integrity_run))
		goto err;
	if (wolfcrypt_kat_add_all())
		goto err;
	if (!wolfcrypt_selftest_add(WOLFCRYPT_ENTROPY_REPETITION,
				    wolfcrypt_entropy_run) ||
	    !wolfcrypt_selftest_add(WOLFCRYPT_ENTROPY_PROPORTION,
				    wolfcrypt_entropy_run))
		goto err;
	return 0;

err:
	wolfcrypt_selftests_exit();
	return -ENOMEM;
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
	bool pass = test->run(test);

	test->time_ns = local_clock() - start;
	test->result = pass ? WOLFCRYPT_PASS : WOLFCRYPT_FAIL;
	return pass;
}

/**
 * wolfcrypt_selftest_failed() - enter the error state, and say so
 * @name: what failed
 *
 * ISO/IEC 19790 section 7.10.1. From now on the drivers refuse all that is asked of
 * them. Panics if the whole kernel is in FIPS mode.
 *
 * Return: -ELIBBAD.
 */
int wolfcrypt_selftest_failed(const char *name)
{
	wolfcrypt_set_state(WOLFCRYPT_ERROR);
	wolfcrypt_refuse();
	pr_emerg("self-test %s failed\n", name);
	fips_fail_notify();
	if (fips_enabled)
		panic(KBUILD_MODNAME ": self-test %s failed", name);
	return -ELIBBAD;
}

static int run_all(void)
{
	struct wolfcrypt_selftest *test;
	u64 start = local_clock();
	unsigned int passed = 0;
	const char *missed;

	missed = wolfcrypt_inject_missed();
	if (missed) {
		pr_emerg("there is no self-test %s to break\n", missed);
		return wolfcrypt_selftest_failed(missed);
	}

	list_for_each_entry(test, &wolfcrypt_selftests, list) {
		if (!selftest_run(test))
			return wolfcrypt_selftest_failed(test->name);
		passed++;
	}

	pr_info("%u self-tests passed in %llu us\n", passed,
		div_u64(local_clock() - start, NSEC_PER_USEC));
	return 0;
}

/**
 * wolfcrypt_run_selftests() - run all the tests, in the order of the list
 *
 * The first failure ends the run, because no cryptography may be done in the
 * error state; the tests after it stay as they were. It latches that state,
 * and panics if the whole kernel is in FIPS mode. Likewise if a test was to be
 * broken that doesn't exist.
 *
 * When drivers are registered already, they go on meanwhile, and end with a failure.
 *
 * Context: process context; may sleep.
 * Return: 0 in the operational state; -ELIBBAD in the error state, entered now or
 * before, in which no driver may be registered.
 */
int wolfcrypt_run_selftests(void)
{
	int err;

	mutex_lock(&run_mutex);
	wolfcrypt_set_state(WOLFCRYPT_SELF_TEST);
	err = wolfcrypt_state() == WOLFCRYPT_ERROR ? -ELIBBAD : run_all();
	if (!err)
		wolfcrypt_set_state(WOLFCRYPT_OPERATIONAL);
	mutex_unlock(&run_mutex);
	return err;
}
