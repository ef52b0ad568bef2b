// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hash_DRBG on every implementation of SHA-256 that this CPU can run, against a plain
 * one on lib/crypto: with states in which a carry goes far, which no seed would give.
 */

#include <crypto/internal/rng.h>
#include <crypto/rng.h>
#include <crypto/sha2.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/string.h>

#include "../drbg.h"
#include "../internal.h"
#include "tests.h"

#define SEEDLEN	WOLFCRYPT_DRBG_SEEDLEN
#define MAX_LEN	4200

static const struct wolfcrypt_sha_impl *subjects[8];
static unsigned int n_subjects;

static int drbg_suite_init(struct kunit_suite *suite)
{
	const struct wolfcrypt_sha_impl *const *i;

	n_subjects = 0;
	for (i = wolfcrypt_sha256_impls; *i; i++) {
		if ((*i)->usable && !(*i)->usable())
			continue;
		if (n_subjects == ARRAY_SIZE(subjects))
			return -ENOSPC;
		subjects[n_subjects++] = *i;
	}
	return 0;
}

static const void *each_impl(const void *prev, char *desc)
{
	const struct wolfcrypt_sha_impl *const *s = prev;

	s = s ? s + 1 : subjects;
	if (s == subjects + n_subjects)
		return NULL;
	strscpy(desc, test_isa((*s)->name), KUNIT_PARAM_DESC_SIZE);
	return s;
}

/* What the states are made of. */
struct start {
	const char *name;
	u8 fill;		/* of V; C is random */
	unsigned int ones;	/* bytes of 0xff at its end */
};

static const struct start starts[] = {
	{ "V of ones", 0xff, 0 },
	{ "the low word about to overflow", 0x12, 8 },
	{ "two words about to overflow", 0x34, 16 },
	{ "all but the first byte", 0x56, SEEDLEN - 1 },
	{ "V of zeros", 0, 0 },
};

static const unsigned int lengths[] = {
	0, 1, 31, 32, 33, 63, 64, 65, 2047, 2048, 2049, 4095, 4096, 4097, MAX_LEN,
};

/**
 * struct drbg_test - the state of a case
 * @ours: as the code under test leaves it
 * @plain: as it should be
 * @out: what the code under test gives
 * @want: what it should give
 * @rnd: where random data come from
 */
struct drbg_test {
	struct wolfcrypt_drbg ours;
	struct wolfcrypt_drbg plain;
	u8 out[MAX_LEN];
	u8 want[MAX_LEN + SHA256_DIGEST_SIZE];
	struct rnd_state rnd;
};

static void plain_add(u8 *v, const u8 *x, int len)
{
	int i, j;

	for (i = 0; i < len; i++) {
		unsigned int sum = x[len - 1 - i];

		for (j = SEEDLEN - 1 - i; j >= 0 && sum; j--) {
			sum += v[j];
			v[j] = sum;
			sum >>= 8;
		}
	}
}

static void plain_hash(u8 prefix, const u8 *v, const u8 *addtl,
		       unsigned int addtl_len, u8 *out)
{
	u8 buf[1 + SEEDLEN + 64];

	buf[0] = prefix;
	memcpy(buf + 1, v, SEEDLEN);
	memcpy(buf + 1 + SEEDLEN, addtl, addtl_len);
	sha256(buf, 1 + SEEDLEN + addtl_len, out);
}

/* NIST SP 800-90A section 10.1.1.4, step by step. */
static void plain_generate(struct wolfcrypt_drbg *d, const u8 *addtl,
			   unsigned int addtl_len, u8 *out, unsigned int len)
{
	const u8 one = 1;
	__be64 counter = cpu_to_be64(d->reseed_counter++);
	u8 w[SHA256_DIGEST_SIZE], data[SEEDLEN];
	unsigned int i;

	if (addtl_len) {
		plain_hash(2, d->v, addtl, addtl_len, w);
		plain_add(d->v, w, sizeof(w));
	}
	memcpy(data, d->v, SEEDLEN);
	for (i = 0; i < len; i += sizeof(w)) {
		sha256(data, SEEDLEN, out + i);
		plain_add(data, &one, 1);
	}
	plain_hash(3, d->v, NULL, 0, w);
	plain_add(d->v, w, sizeof(w));
	plain_add(d->v, d->c, SEEDLEN);
	plain_add(d->v, (const u8 *)&counter, sizeof(counter));
}

static void check_request(struct kunit *test, struct drbg_test *t,
			  const struct start *start, unsigned int addtl_len,
			  unsigned int len)
{
	const struct wolfcrypt_sha_impl *impl =
		*(const struct wolfcrypt_sha_impl *const *)test->param_value;
	u8 addtl[64];

	prandom_bytes_state(&t->rnd, addtl, sizeof(addtl));
	wolfcrypt_drbg_generate(&t->ours, impl, addtl, addtl_len, t->out, len);
	plain_generate(&t->plain, addtl, addtl_len, t->want, len);

	KUNIT_EXPECT_MEMEQ_MSG(test, t->out, t->want, len, "%s: %u bytes",
			       start->name, len);
	KUNIT_EXPECT_MEMEQ_MSG(test, &t->ours, &t->plain, sizeof(t->ours),
			       "%s: the state after %u bytes", start->name, len);
}

static void drbg_test_carries(struct kunit *test)
{
	struct drbg_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	const struct start *start;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, t);
	prandom_seed_state(&t->rnd, TEST_SEED);
	for (start = starts; start < starts + ARRAY_SIZE(starts); start++) {
		for (i = 0; i < ARRAY_SIZE(lengths); i++) {
			memset(t->ours.v, start->fill, SEEDLEN);
			memset(t->ours.v + SEEDLEN - start->ones, 0xff,
			       start->ones);
			prandom_bytes_state(&t->rnd, t->ours.c, SEEDLEN);
			t->ours.reseed_counter = 1;
			t->plain = t->ours;
			check_request(test, t, start, 0, lengths[i]);
			check_request(test, t, start, 41, lengths[i]);
			cond_resched();
		}
	}
}

#define LONG_LEN	(3 * WOLFCRYPT_DRBG_MAX_REQUEST + 4321)

/* The driver makes several requests of what is too much for one. */
static void drbg_test_long(struct kunit *test)
{
	static const u8 entropy[48] = "entropy input and nonce, as a test gives them";
	struct wolfcrypt_drbg plain;
	struct crypto_rng *rng;
	u8 *out, *want;
	int n, i;

	out = kunit_kzalloc(test, LONG_LEN, GFP_KERNEL);
	want = kunit_kzalloc(test, LONG_LEN + SHA256_DIGEST_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, out);
	KUNIT_ASSERT_NOT_NULL(test, want);
	rng = crypto_alloc_rng("drbg_nopr_sha256-wolfcrypt", 0, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rng));

	crypto_rng_set_entropy(rng, entropy, sizeof(entropy));
	KUNIT_EXPECT_EQ(test, 0, crypto_rng_reset(rng, entropy, 5));
	KUNIT_EXPECT_EQ(test, 0, crypto_rng_generate(rng, entropy, 7, out,
						     LONG_LEN));
	wolfcrypt_drbg_instantiate(&plain, &wolfcrypt_sha256_c, entropy,
				   sizeof(entropy), entropy, 5);
	for (i = 0; i < LONG_LEN; i += n) {
		n = min_t(int, LONG_LEN - i, WOLFCRYPT_DRBG_MAX_REQUEST);
		plain_generate(&plain, entropy, 7, want + i, n);
	}
	KUNIT_EXPECT_MEMEQ(test, out, want, LONG_LEN);
	crypto_free_rng(rng);
}

/* Of the driver, by @what, and as it should be, of @plain, which has its seed. */
static void check_driver(struct kunit *test, struct crypto_rng *rng,
			 struct wolfcrypt_drbg *plain, const char *what)
{
	u8 out[SHA256_DIGEST_SIZE], want[SHA256_DIGEST_SIZE];

	KUNIT_EXPECT_EQ(test, 0, crypto_rng_get_bytes(rng, out, sizeof(out)));
	plain_generate(plain, NULL, 0, want, sizeof(want));
	KUNIT_EXPECT_MEMEQ_MSG(test, out, want, sizeof(want), "%s", what);
}

/* A seed is good for so many requests, and for so long. */
static void drbg_test_reseed(struct kunit *test)
{
	static const u8 entropy[48] = "entropy input and nonce, as a test gives them";
	struct wolfcrypt_drbg_instance *inst;
	struct wolfcrypt_drbg_ctx *ctx;
	struct wolfcrypt_drbg plain;
	struct crypto_rng *rng;

	rng = crypto_alloc_rng("drbg_nopr_sha256-wolfcrypt", 0, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rng));
	crypto_rng_set_entropy(rng, entropy, sizeof(entropy));
	KUNIT_EXPECT_EQ(test, 0, crypto_rng_reset(rng, entropy, 5));
	wolfcrypt_drbg_instantiate(&plain, &wolfcrypt_sha256_c, entropy,
				   sizeof(entropy), entropy, 5);

	/* That of a transform whose entropy is given. */
	ctx = crypto_rng_ctx(rng);
	inst = per_cpu_ptr(ctx->instances, 0);
	inst->drbg.reseed_counter = WOLFCRYPT_DRBG_RESEED_REQUESTS;
	plain.reseed_counter = WOLFCRYPT_DRBG_RESEED_REQUESTS;
	check_driver(test, rng, &plain, "the last request of a seed");
	wolfcrypt_drbg_reseed(&plain, &wolfcrypt_sha256_c, entropy,
			      sizeof(entropy), NULL, 0);
	check_driver(test, rng, &plain, "one more");
	check_driver(test, rng, &plain, "the next");

	inst->reseed_at = jiffies - 1;
	wolfcrypt_drbg_reseed(&plain, &wolfcrypt_sha256_c, entropy,
			      sizeof(entropy), NULL, 0);
	check_driver(test, rng, &plain, "after that time");
	check_driver(test, rng, &plain, "soon after");
	crypto_free_rng(rng);
}

static struct kunit_case drbg_cases[] = {
	KUNIT_CASE_PARAM(drbg_test_carries, each_impl),
	KUNIT_CASE(drbg_test_long),
	KUNIT_CASE(drbg_test_reseed),
	{}
};

static struct kunit_suite drbg_suite = {
	.name		= "wolfcrypt_drbg",
	.suite_init	= drbg_suite_init,
	.test_cases	= drbg_cases,
};

kunit_test_suite(drbg_suite);
