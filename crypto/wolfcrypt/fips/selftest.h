/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the self-tests, their runner and their status files share. */
#ifndef _CRYPTO_WOLFCRYPT_SELFTEST_H
#define _CRYPTO_WOLFCRYPT_SELFTEST_H

#include <linux/kconfig.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/types.h>

struct wolfcrypt_kat;
struct wolfcrypt_selftest;
struct wolfcrypt_kat_vector;

/* Runs a test, and tells whether it passes. */
typedef bool wolfcrypt_selftest_fn(const struct wolfcrypt_selftest *test);

enum wolfcrypt_selftest_result {
	WOLFCRYPT_NOT_RUN,
	WOLFCRYPT_PASS,
	WOLFCRYPT_FAIL,
};

/**
 * struct wolfcrypt_selftest - the integrity test, or one algorithm on one
 *			       implementation
 * @list: entry in wolfcrypt_selftests
 * @attr: its file in /sys/kernel/wolfcrypt/selftests
 * @name: the file's name: algorithm, direction, implementation
 * @run: how it is run
 * @kat: for known-answer tests, as are the rest: what is computed
 * @impl: the implementation, of the type that @kat expects
 * @vector: input and answer; NULL if there is none, and the test will fail
 * @result: of the last run
 * @time_ns: how long the last run took
 */
struct wolfcrypt_selftest {
	struct list_head list;
	struct kobj_attribute attr;
	char name[40];
	wolfcrypt_selftest_fn *run;
	const struct wolfcrypt_kat *kat;
	const void *impl;
	const struct wolfcrypt_kat_vector *vector;
	enum wolfcrypt_selftest_result result;
	u64 time_ns;
};

extern struct list_head wolfcrypt_selftests;

int wolfcrypt_selftests_init(void);
void wolfcrypt_selftests_exit(void);

struct wolfcrypt_selftest *
wolfcrypt_selftest_add(const char *name, wolfcrypt_selftest_fn *run);

int wolfcrypt_kat_add_all(void);
wolfcrypt_selftest_fn wolfcrypt_kat_run;
bool wolfcrypt_kat_run_for_integrity(void);

/* The health tests of the entropy source; each has a self-test of its name. */
#define WOLFCRYPT_ENTROPY_REPETITION	"entropy-repetition"
#define WOLFCRYPT_ENTROPY_PROPORTION	"entropy-proportion"
wolfcrypt_selftest_fn wolfcrypt_entropy_run;

wolfcrypt_selftest_fn wolfcrypt_integrity_run;
const u8 *wolfcrypt_integrity_digest(void);

#if IS_ENABLED(CONFIG_CRYPTO_WOLFCRYPT_FIPS_BREAK)
void wolfcrypt_inject(const char *name, u8 *in, unsigned int len);
void wolfcrypt_inject_entropy(u8 *bytes, unsigned int len);
const char *wolfcrypt_inject_missed(void);
#else
static inline void wolfcrypt_inject(const char *name, u8 *in, unsigned int len)
{
}

static inline void wolfcrypt_inject_entropy(u8 *bytes, unsigned int len)
{
}

static inline const char *wolfcrypt_inject_missed(void)
{
	return NULL;
}
#endif

#if IS_ENABLED(CONFIG_CRYPTO_WOLFCRYPT_FIPS_BREAK) && defined(CONFIG_X86) && !defined(MODULE)
void wolfcrypt_inject_early(const char *cmdline);
#else
static inline void wolfcrypt_inject_early(const char *cmdline)
{
}
#endif

#endif /* _CRYPTO_WOLFCRYPT_SELFTEST_H */
