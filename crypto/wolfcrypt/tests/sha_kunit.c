// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every implementation of the compression functions that this CPU can run,
 * against the kernel's generic ones.
 */

#include <crypto/sha1_base.h>
#include <crypto/sha256_base.h>
#include <crypto/sha512_base.h>
#include <linux/minmax.h>
#include <linux/sched.h>

#include "../internal.h"
#include "../sha.h"
#include "tests.h"

/* Less than a page, to leave room for every alignment. */
#define MAX_BLOCKS(_size) min_t(unsigned int, 40, PAGE_SIZE / (_size) - 1)

/**
 * struct sha_core - one compression function
 * @name: of the hash function
 * @impls: every implementation of this build
 * @block_size: bytes of a block
 * @chain_size: bytes of the chaining value, with which the state begins
 * @state_size: bytes of the state
 * @update: the generic implementation, which absorbs whole blocks at once
 */
struct sha_core {
	const char *name;
	const struct wolfcrypt_sha_impl *const *impls;
	unsigned int block_size;
	unsigned int chain_size;
	unsigned int state_size;
	int (*update)(struct shash_desc *desc, const u8 *data,
		      unsigned int len);
};

static const struct sha_core cores[] = {
	{
		.name		= "sha1",
		.impls		= wolfcrypt_sha1_impls,
		.block_size	= SHA1_BLOCK_SIZE,
		.chain_size	= SHA1_DIGEST_SIZE,
		.state_size	= sizeof(struct sha1_state),
		.update		= crypto_sha1_update,
	}, {
		.name		= "sha256",
		.impls		= wolfcrypt_sha256_impls,
		.block_size	= SHA256_BLOCK_SIZE,
		.chain_size	= SHA256_DIGEST_SIZE,
		.state_size	= sizeof(struct sha256_state),
		.update		= crypto_sha256_update,
	}, {
		.name		= "sha512",
		.impls		= wolfcrypt_sha512_impls,
		.block_size	= SHA512_BLOCK_SIZE,
		.chain_size	= SHA512_DIGEST_SIZE,
		.state_size	= sizeof(struct sha512_state),
		.update		= crypto_sha512_update,
	},
};

/* What a case is run for. */
struct subject {
	const struct sha_core *core;
	const struct wolfcrypt_sha_impl *impl;
};

static struct subject subjects[16];
static unsigned int n_subjects;

static int sha_suite_init(struct kunit_suite *suite)
{
	const struct wolfcrypt_sha_impl *const *i;
	const struct sha_core *core;

	n_subjects = 0;
	for (core = cores; core < cores + ARRAY_SIZE(cores); core++) {
		for (i = core->impls; *i; i++) {
			if ((*i)->usable && !(*i)->usable())
				continue;
			if (n_subjects == ARRAY_SIZE(subjects))
				return -ENOSPC;
			subjects[n_subjects].core = core;
			subjects[n_subjects++].impl = *i;
		}
	}
	return 0;
}

static const void *each_impl(const void *prev, char *desc)
{
	const struct subject *s = prev;

	s = s ? s + 1 : subjects;
	if (s == subjects + n_subjects)
		return NULL;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s %s", s->core->name,
		 test_isa(s->impl->name));
	return s;
}

/**
 * struct sha_test - the state of a case
 * @in: a message
 * @chain: the chaining value before each block of it, and after the last one
 * @desc: for the generic implementation
 * @rnd: where random data come from
 * @src_page: where the input is
 * @st_page: where the state is
 */
struct sha_test {
	u8 in[PAGE_SIZE];
	u8 chain[41][SHA512_DIGEST_SIZE];
	struct shash_desc *desc;
	struct rnd_state rnd;
	u8 *src_page;
	u8 *st_page;
};

static int sha_init(struct kunit *test)
{
	struct sha_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	t->desc = kunit_kzalloc(test, sizeof(*t->desc) +
				      sizeof(union wolfcrypt_hash_state),
				GFP_KERNEL);
	if (!t->desc)
		return -ENOMEM;
	prandom_seed_state(&t->rnd, TEST_SEED);
	t->src_page = test_page(test);
	t->st_page = test_page(test);
	test->priv = t;
	return 0;
}

/* A new message, and any chaining value before it. */
static void new_message(struct kunit *test, const struct sha_core *core)
{
	struct sha_test *t = test->priv;
	void *state = shash_desc_ctx(t->desc);
	unsigned int i, n = MAX_BLOCKS(core->block_size);

	prandom_bytes_state(&t->rnd, t->in, n * core->block_size);
	memset(state, 0, core->state_size);
	prandom_bytes_state(&t->rnd, state, core->chain_size);
	for (i = 0; i < n; i++) {
		memcpy(t->chain[i], state, core->chain_size);
		core->update(t->desc, t->in + i * core->block_size,
			     core->block_size);
	}
	memcpy(t->chain[i], state, core->chain_size);
}

/* Blocks @first to @first + @n of the message, in one call. */
static void check_blocks(struct kunit *test, unsigned int first,
			 unsigned int n, enum test_place place)
{
	const struct subject *s = test->param_value;
	const struct sha_core *core = s->core;
	const unsigned int len = n * core->block_size;
	struct sha_test *t = test->priv;
	u8 *src, *state;

	src = test_place(t->src_page, len, place, &t->rnd);
	state = test_place_aligned(t->st_page, core->state_size, place);
	memcpy(src, t->in + first * core->block_size, len);
	test_poison(t->st_page, state, core->state_size);
	memcpy(state, t->chain[first], core->chain_size);

	wolfcrypt_run(s->impl, s->impl->blocks(state, src, n));

	KUNIT_ASSERT_MEMEQ_MSG(test, state, t->chain[first + n],
			       core->chain_size,
			       "%s of %s: block %u, %u blocks, %s, src + %lu",
			       core->name, test_isa(s->impl->name), first, n,
			       test_place_names[place], offset_in_page(src));
	KUNIT_ASSERT_MEMEQ(test, src, t->in + first * core->block_size, len);
	KUNIT_ASSERT_TRUE_MSG(test,
			      test_only_wrote(t->st_page, state,
					      core->chain_size),
			      "%s of %s wrote beside its output: %u blocks, %s",
			      core->name, test_isa(s->impl->name), n,
			      test_place_names[place]);
}

static void sha_test_lengths(struct kunit *test)
{
	const struct subject *s = test->param_value;
	unsigned int n, place;

	for (place = 0; place < TEST_PLACES; place++) {
		new_message(test, s->core);
		for (n = 1; n <= MAX_BLOCKS(s->core->block_size); n++)
			check_blocks(test, 0, n, place);
		cond_resched();
	}
}

static void sha_test_pieces(struct kunit *test)
{
	const struct subject *s = test->param_value;
	unsigned int total = MAX_BLOCKS(s->core->block_size);
	struct sha_test *t = test->priv;
	unsigned int i, first, n;

	for (i = 0; i < 16; i++) {
		new_message(test, s->core);
		for (first = 0; first < total; first += n) {
			n = 1 + prandom_u32_state(&t->rnd) % 9;
			n = min(n, total - first);
			check_blocks(test, first, n, TEST_ANYWHERE);
		}
		cond_resched();
	}
}

static struct kunit_case sha_cases[] = {
	KUNIT_CASE_PARAM(sha_test_lengths, each_impl),
	KUNIT_CASE_PARAM(sha_test_pieces, each_impl),
	{}
};

static struct kunit_suite sha_suite = {
	.name		= "wolfcrypt_sha",
	.suite_init	= sha_suite_init,
	.init		= sha_init,
	.test_cases	= sha_cases,
};

kunit_test_suite(sha_suite);
