// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Entropy for the DRBG: the kernel's jitterentropy, which tests its noise itself, and
 * the health tests of NIST SP 800-90B section 4.4 on what comes from it, so that a
 * source that is stuck, or was put in its place, is noticed.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <crypto/internal/rng.h>
#include <crypto/rng.h>
#include <linux/crypto.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kconfig.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/random.h>
#include <linux/string.h>

#include "drbg.h"
#include "fips/fips.h"
#include "fips/selftest.h"

/*
 * If built in, this may be asked for by the program that would load a module, which
 * must not wait for that.
 */
#define SOURCE_MASK	(IS_BUILTIN(CONFIG_CRYPTO_WOLFCRYPT) ? CRYPTO_NOLOAD : 0)

/* Tries, as jitterentropy starts anew when its own tests have failed by chance. */
#define SOURCE_TRIES	5

/*
 * The cutoffs of the two tests, for 4 bits of entropy in each byte, half of what the
 * source claims, and a false alarm in 2^30 bytes from a source that has no more than
 * these: 1 + 30/4 rounded up; and 1 + the number of equal bytes which a window
 * exceeds with that probability.
 */
#define HEALTH_REPETITIONS	9
#define HEALTH_WINDOW		512
#define HEALTH_PROPORTION	71

/**
 * struct health - the tests of one stream of bytes
 * @last: the byte before
 * @repetitions: how often it came without a pause; 0 before the first one
 * @first: the first byte of the window
 * @seen: bytes of the window so far; 0 before the first one
 * @equal: those that are @first
 */
struct health {
	u8 last;
	u8 first;
	unsigned int repetitions;
	unsigned int seen;
	unsigned int equal;
};

/* Section 4.4.1. */
static bool health_repetition(struct health *h, u8 byte)
{
	h->repetitions = h->repetitions && byte == h->last ?
			 h->repetitions + 1 : 1;
	h->last = byte;
	return h->repetitions < HEALTH_REPETITIONS;
}

/* Section 4.4.2. */
static bool health_proportion(struct health *h, u8 byte)
{
	if (!h->seen) {
		h->first = byte;
		h->equal = 0;
	}
	h->equal += byte == h->first;
	h->seen = (h->seen + 1) % HEALTH_WINDOW;
	return h->equal < HEALTH_PROPORTION;
}

/* Returns the name of the test that failed, or NULL. */
static const char *health_test(struct health *h, const u8 *bytes,
			       unsigned int len)
{
	unsigned int i;

	for (i = 0; i < len; i++) {
		if (!health_repetition(h, bytes[i]))
			return WOLFCRYPT_ENTROPY_REPETITION;
		if (!health_proportion(h, bytes[i]))
			return WOLFCRYPT_ENTROPY_PROPORTION;
	}
	return NULL;
}

/**
 * wolfcrypt_entropy_run() - the self-test of a health test
 * @test: the test
 *
 * The last byte of its input is the one too many; without it all is well.
 *
 * Context: process context.
 * Return: did the health test notice that byte, and nothing before it?
 */
bool wolfcrypt_entropy_run(const struct wolfcrypt_selftest *test)
{
	bool repetition = !strcmp(test->name, WOLFCRYPT_ENTROPY_REPETITION);
	unsigned int equal = repetition ? HEALTH_REPETITIONS : HEALTH_PROPORTION;
	unsigned int step = repetition ? 1 : 2;
	u8 bytes[2 * HEALTH_PROPORTION];
	unsigned int len = (equal - 1) * step + 1, i;
	struct health h = {};
	const char *failed;

	for (i = 0; i < len; i++)
		bytes[i] = i % step ? i : 0x80;
	wolfcrypt_inject(test->name, bytes, len);
	if (health_test(&h, bytes, len - 1))
		return false;
	failed = health_test(&h, bytes + len - 1, 1);
	return failed && !strcmp(failed, test->name);
}

/* One source for all, and its tests. */
static DEFINE_MUTEX(source_lock);
static struct crypto_rng *source;
static struct health source_health;

static int source_read(u8 *out, unsigned int len)
{
	unsigned int tries = SOURCE_TRIES;
	struct crypto_rng *rng;
	int err;

	/* Not before it is needed: its initcall comes after that of this module. */
	if (!source) {
		rng = crypto_alloc_rng("jitterentropy_rng", 0, SOURCE_MASK);
		if (IS_ERR(rng))
			return PTR_ERR(rng);
		source = rng;
	}

	do {
		err = crypto_rng_get_bytes(source, out, len);
	} while (err == -EAGAIN && --tries);
	/* EAGAIN would have the crypto API try again for good. */
	return err == -EAGAIN ? -EIO : err;
}

static int entropy_of_kernel(u8 *out, unsigned int len, int err)
{
	pr_notice_once("no jitterentropy (error %d): seeds are those of the kernel\n",
		       err);
	get_random_bytes(out, len);
	return 0;
}

/**
 * wolfcrypt_entropy() - entropy input for a DRBG
 * @out: the bytes, each with 8 bits of entropy as the source has it
 * @len: their number
 * @wait: wait for others that draw from the source
 *
 * If the source doesn't work, the bytes are those of get_random_bytes(), but in FIPS
 * mode there are none.
 *
 * Context: process context; may sleep.
 * Return: 0; -EBUSY if there are others and @wait is false; -ELIBBAD if a health test
 * fails, when the module goes to the error state; or an error of the source. @out is
 * wiped then.
 */
int wolfcrypt_entropy(u8 *out, unsigned int len, bool wait)
{
	const char *failed = NULL;
	int err;

	if (wait)
		mutex_lock(&source_lock);
	else if (!mutex_trylock(&source_lock))
		return -EBUSY;
	err = source_read(out, len);
	if (!err) {
		wolfcrypt_inject_entropy(out, len);
		failed = health_test(&source_health, out, len);
	}
	mutex_unlock(&source_lock);

	if (failed)
		err = wolfcrypt_selftest_failed(failed);
	else if (err && !wolfcrypt_fips_mode())
		err = entropy_of_kernel(out, len, err);
	if (err)
		memzero_explicit(out, len);
	return err;
}

/**
 * wolfcrypt_entropy_exit() - give the source back
 */
void wolfcrypt_entropy_exit(void)
{
	crypto_free_rng(source);
	source = NULL;
}
