// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every function of every implementation of AES that this CPU can run, against
 * the modes made of the kernel's generic AES, one block at a time.
 */

#include <crypto/aes.h>
#include <crypto/algapi.h>
#include <crypto/gf128mul.h>
#include <linux/byteorder/generic.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/stddef.h>

#include "../aes.h"
#include "../internal.h"
#include "tests.h"

/* Beyond thrice the widest loop of any implementation, of 32 blocks. */
#define MAX_BLOCKS	100
#define MAX_LEN		(MAX_BLOCKS * AES_BLOCK_SIZE)
#define MAX_IVS		(MAX_BLOCKS + 1)

static const unsigned int keysizes[] = {
	AES_KEYSIZE_128, AES_KEYSIZE_192, AES_KEYSIZE_256,
};

/* One block of a mode. @dst isn't @src; @iv goes on to the next block. */
typedef void block_fn(const struct crypto_aes_ctx *ctx, u8 *dst, const u8 *src,
		      u8 *iv);

static void ecb_enc(const struct crypto_aes_ctx *ctx, u8 *dst, const u8 *src,
		    u8 *iv)
{
	aes_encrypt(ctx, dst, src);
}

static void ecb_dec(const struct crypto_aes_ctx *ctx, u8 *dst, const u8 *src,
		    u8 *iv)
{
	aes_decrypt(ctx, dst, src);
}

static void cbc_enc(const struct crypto_aes_ctx *ctx, u8 *dst, const u8 *src,
		    u8 *iv)
{
	crypto_xor(iv, src, AES_BLOCK_SIZE);
	aes_encrypt(ctx, iv, iv);
	memcpy(dst, iv, AES_BLOCK_SIZE);
}

static void cbc_dec(const struct crypto_aes_ctx *ctx, u8 *dst, const u8 *src,
		    u8 *iv)
{
	aes_decrypt(ctx, dst, src);
	crypto_xor(dst, iv, AES_BLOCK_SIZE);
	memcpy(iv, src, AES_BLOCK_SIZE);
}

static void cfb_enc(const struct crypto_aes_ctx *ctx, u8 *dst, const u8 *src,
		    u8 *iv)
{
	aes_encrypt(ctx, iv, iv);
	crypto_xor(iv, src, AES_BLOCK_SIZE);
	memcpy(dst, iv, AES_BLOCK_SIZE);
}

static void cfb_dec(const struct crypto_aes_ctx *ctx, u8 *dst, const u8 *src,
		    u8 *iv)
{
	aes_encrypt(ctx, dst, iv);
	crypto_xor(dst, src, AES_BLOCK_SIZE);
	memcpy(iv, src, AES_BLOCK_SIZE);
}

static void ofb(const struct crypto_aes_ctx *ctx, u8 *dst, const u8 *src,
		u8 *iv)
{
	aes_encrypt(ctx, iv, iv);
	crypto_xor_cpy(dst, src, iv, AES_BLOCK_SIZE);
}

static void ctr(const struct crypto_aes_ctx *ctx, u8 *dst, const u8 *src,
		u8 *iv)
{
	aes_encrypt(ctx, dst, iv);
	crypto_xor(dst, src, AES_BLOCK_SIZE);
	crypto_inc(iv, AES_BLOCK_SIZE);
}

static void next_tweak(u8 *iv)
{
	le128 tweak;

	memcpy(&tweak, iv, sizeof(tweak));
	gf128mul_x_ble(&tweak, &tweak);
	memcpy(iv, &tweak, sizeof(tweak));
}

static void xts_enc(const struct crypto_aes_ctx *ctx, u8 *dst, const u8 *src,
		    u8 *iv)
{
	crypto_xor_cpy(dst, src, iv, AES_BLOCK_SIZE);
	aes_encrypt(ctx, dst, dst);
	crypto_xor(dst, iv, AES_BLOCK_SIZE);
	next_tweak(iv);
}

static void xts_dec(const struct crypto_aes_ctx *ctx, u8 *dst, const u8 *src,
		    u8 *iv)
{
	crypto_xor_cpy(dst, src, iv, AES_BLOCK_SIZE);
	aes_decrypt(ctx, dst, dst);
	crypto_xor(dst, iv, AES_BLOCK_SIZE);
	next_tweak(iv);
}

static void cbcmac(const struct crypto_aes_ctx *ctx, u8 *dst, const u8 *src,
		   u8 *iv)
{
	crypto_xor(iv, src, AES_BLOCK_SIZE);
	aes_encrypt(ctx, iv, iv);
}

/* @fn_at: where in struct wolfcrypt_aes_impl the function of the mode is */
struct mode {
	const char *name;
	size_t fn_at;
	block_fn *block;
	bool no_iv;
	bool no_dst;
};

#define FN(_fn)	offsetof(struct wolfcrypt_aes_impl, _fn)

static const struct mode modes[] = {
	{ "ecb_enc", FN(ecb_enc), ecb_enc, .no_iv = true },
	{ "ecb_dec", FN(ecb_dec), ecb_dec, .no_iv = true },
	{ "cbc_enc", FN(cbc_enc), cbc_enc },
	{ "cbc_dec", FN(cbc_dec), cbc_dec },
	{ "cfb_enc", FN(cfb_enc), cfb_enc },
	{ "cfb_dec", FN(cfb_dec), cfb_dec },
	{ "ofb", FN(ofb), ofb },
	{ "ctr", FN(ctr), ctr },
	{ "xts_enc", FN(xts_enc), xts_enc },
	{ "xts_dec", FN(xts_dec), xts_dec },
	{ "cbcmac", FN(cbcmac), cbcmac, .no_dst = true },
};

static wolfcrypt_aes_fn *mode_fn(const struct wolfcrypt_aes_impl *impl,
				 const struct mode *mode)
{
	return *(wolfcrypt_aes_fn *const *)((const void *)impl + mode->fn_at);
}

/* What a case is run for: the implementations, and each mode of each. */
struct subject {
	const struct wolfcrypt_aes_impl *impl;
	const struct mode *mode;
};

#define MAX_IMPLS	8

static struct subject impl_subjects[MAX_IMPLS];
static unsigned int n_impls;
static struct subject mode_subjects[MAX_IMPLS * ARRAY_SIZE(modes)];
static unsigned int n_modes;

static int aes_suite_init(struct kunit_suite *suite)
{
	const struct wolfcrypt_aes_impl *const *i;
	unsigned int m;

	n_impls = 0;
	n_modes = 0;
	for (i = wolfcrypt_aes_impls; *i; i++) {
		if ((*i)->usable && !(*i)->usable())
			continue;
		if (n_impls == MAX_IMPLS)
			return -ENOSPC;
		impl_subjects[n_impls++].impl = *i;
		for (m = 0; m < ARRAY_SIZE(modes); m++) {
			mode_subjects[n_modes].impl = *i;
			mode_subjects[n_modes++].mode = &modes[m];
		}
	}
	return 0;
}

static const void *each_impl(const void *prev, char *desc)
{
	const struct subject *s = prev;

	s = s ? s + 1 : impl_subjects;
	if (s == impl_subjects + n_impls)
		return NULL;
	strscpy(desc, test_isa(s->impl->name), KUNIT_PARAM_DESC_SIZE);
	return s;
}

static const void *each_mode(const void *prev, char *desc)
{
	const struct subject *s = prev;

	s = s ? s + 1 : mode_subjects;
	if (s == mode_subjects + n_modes)
		return NULL;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s %s",
		 test_isa(s->impl->name), s->mode->name);
	return s;
}

/**
 * struct aes_test - the state of a case
 * @ctx: the key, for the generic AES
 * @keysize: its size
 * @in: a message
 * @out: what the mode makes of it
 * @iv: the IV before each block of it, and after the last one
 * @rnd: where random data come from
 * @key: the key, for the implementation
 * @key_page: where that is
 * @user_key_page: where the key's bytes are
 * @iv_page: where the IV is
 * @src_page: where the input is
 * @dst_page: where the output is
 */
struct aes_test {
	struct crypto_aes_ctx ctx;
	unsigned int keysize;
	u8 in[MAX_LEN];
	u8 out[MAX_LEN];
	u8 iv[MAX_IVS][AES_BLOCK_SIZE];
	struct rnd_state rnd;
	struct wolfcrypt_aes_key *key;
	u8 *key_page;
	u8 *user_key_page;
	u8 *iv_page;
	u8 *src_page;
	u8 *dst_page;
};

static int aes_init(struct kunit *test)
{
	struct aes_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	prandom_seed_state(&t->rnd, TEST_SEED);
	t->key_page = test_page(test);
	t->user_key_page = test_page(test);
	t->iv_page = test_page(test);
	t->src_page = test_page(test);
	t->dst_page = test_page(test);
	test->priv = t;
	return 0;
}

/* A new key, expanded by both. */
static void new_key(struct kunit *test, const struct wolfcrypt_aes_impl *impl,
		    unsigned int keysize, enum test_place place)
{
	struct aes_test *t = test->priv;
	u8 *user_key = test_place(t->user_key_page, keysize, place, &t->rnd);

	prandom_bytes_state(&t->rnd, user_key, keysize);
	t->keysize = keysize;
	KUNIT_ASSERT_EQ(test, 0, aes_expandkey(&t->ctx, user_key, keysize));

	t->key = test_place_aligned(t->key_page, sizeof(*t->key), place);
	test_poison(t->key_page, t->key, sizeof(*t->key));
	wolfcrypt_run(impl, impl->expand_key(t->key, user_key, keysize));
}

/* A new message, for the present key. */
static void new_message(struct aes_test *t, const struct mode *mode,
			const u8 *iv)
{
	u8 chain[AES_BLOCK_SIZE] __aligned(16);
	unsigned int i;

	prandom_bytes_state(&t->rnd, t->in, sizeof(t->in));
	memcpy(chain, iv, AES_BLOCK_SIZE);
	for (i = 0; i < MAX_BLOCKS; i++) {
		memcpy(t->iv[i], chain, AES_BLOCK_SIZE);
		mode->block(&t->ctx, t->out + i * AES_BLOCK_SIZE,
			    t->in + i * AES_BLOCK_SIZE, chain);
	}
	memcpy(t->iv[i], chain, AES_BLOCK_SIZE);
}

static void new_random_message(struct aes_test *t, const struct mode *mode)
{
	u8 iv[AES_BLOCK_SIZE];

	prandom_bytes_state(&t->rnd, iv, sizeof(iv));
	new_message(t, mode, iv);
}

/* Blocks @first to @first + @n of the message, in one call. */
static void check_blocks(struct kunit *test, const struct subject *s,
			 unsigned int first, unsigned int n,
			 enum test_place place, bool in_place)
{
	wolfcrypt_aes_fn *fn = mode_fn(s->impl, s->mode);
	const unsigned int len = n * AES_BLOCK_SIZE;
	struct aes_test *t = test->priv;
	const u8 *in = t->in + first * AES_BLOCK_SIZE;
	const u8 *out = t->out + first * AES_BLOCK_SIZE;
	u8 *dst_page = in_place ? t->src_page : t->dst_page;
	u8 *iv = NULL, *src, *dst;

	if (!s->mode->no_iv) {
		iv = test_place_aligned(t->iv_page, AES_BLOCK_SIZE, place);
		test_poison(t->iv_page, iv, AES_BLOCK_SIZE);
		memcpy(iv, t->iv[first], AES_BLOCK_SIZE);
	}
	src = test_place(t->src_page, len, place, &t->rnd);
	dst = in_place ? src : test_place(t->dst_page, len, place, &t->rnd);
	test_poison(t->src_page, src, len);
	test_poison(dst_page, dst, len);
	memcpy(src, in, len);

	wolfcrypt_run(s->impl, fn(t->key, s->mode->no_dst ? NULL : dst, src,
				  len, iv));

	if (!s->mode->no_dst)
		KUNIT_ASSERT_MEMEQ_MSG(test, dst, out, len,
				       "%s of %s: AES-%u, block %u, %u blocks, %s, src + %lu, dst + %lu",
				       s->mode->name, test_isa(s->impl->name),
				       t->keysize * 8, first, n,
				       test_place_names[place],
				       offset_in_page(src),
				       offset_in_page(dst));
	if (iv)
		KUNIT_ASSERT_MEMEQ_MSG(test, iv, t->iv[first + n],
				       AES_BLOCK_SIZE,
				       "IV after %s of %s: AES-%u, block %u, %u blocks, %s",
				       s->mode->name, test_isa(s->impl->name),
				       t->keysize * 8, first, n,
				       test_place_names[place]);

	if (!in_place)
		KUNIT_ASSERT_MEMEQ(test, src, in, len);
	KUNIT_ASSERT_TRUE_MSG(test,
			      test_only_wrote(t->src_page, src, len) &&
			      (s->mode->no_dst ||
			       test_only_wrote(dst_page, dst, len)) &&
			      (!iv || test_only_wrote(t->iv_page, iv,
						      AES_BLOCK_SIZE)),
			      "%s of %s wrote beside its output: %u blocks, %s",
			      s->mode->name, test_isa(s->impl->name), n,
			      test_place_names[place]);
}

/* The schedules are those of the generic AES, which has them as words. */
static void aes_test_expand_key(struct kunit *test)
{
	const struct subject *s = test->param_value;
	struct aes_test *t = test->priv;
	u32 enc[AES_MAX_KEYLENGTH_U32], dec[AES_MAX_KEYLENGTH_U32];
	unsigned int i, k, size;

	for (k = 0; k < ARRAY_SIZE(keysizes); k++) {
		for (i = 0; i < 32; i++) {
			new_key(test, s->impl, keysizes[k], i % TEST_PLACES);

			memcpy(enc, t->ctx.key_enc, sizeof(enc));
			memcpy(dec, t->ctx.key_dec, sizeof(dec));
			cpu_to_le32_array(enc, ARRAY_SIZE(enc));
			cpu_to_le32_array(dec, ARRAY_SIZE(dec));

			KUNIT_ASSERT_EQ(test, t->key->rounds,
					keysizes[k] / 4 + 6);
			size = (t->key->rounds + 1) * AES_BLOCK_SIZE;
			KUNIT_ASSERT_MEMEQ_MSG(test, t->key->enc, enc, size,
					       "AES-%u", keysizes[k] * 8);
			KUNIT_ASSERT_MEMEQ_MSG(test, t->key->dec, dec, size,
					       "AES-%u", keysizes[k] * 8);
			KUNIT_ASSERT_TRUE(test,
					  test_only_wrote(t->key_page, t->key,
							  sizeof(*t->key)));
		}
		cond_resched();
	}
}

/* Nothing of a key is left after a shorter one. */
static void aes_test_shorter_key(struct kunit *test)
{
	struct aes_test *t = test->priv;
	unsigned int end = 11 * AES_BLOCK_SIZE;
	u8 bytes[AES_MAX_KEY_SIZE];

	prandom_bytes_state(&t->rnd, bytes, sizeof(bytes));
	t->key = test_place_aligned(t->key_page, sizeof(*t->key), 0);
	KUNIT_ASSERT_EQ(test, 0, wolfcrypt_aes_setkey(t->key, bytes,
						      AES_KEYSIZE_256));
	KUNIT_ASSERT_NOT_NULL(test, memchr_inv(t->key->enc + end, 0,
					       sizeof(t->key->enc) - end));
	KUNIT_ASSERT_EQ(test, 0, wolfcrypt_aes_setkey(t->key, bytes,
						      AES_KEYSIZE_128));
	KUNIT_EXPECT_NULL(test, memchr_inv(t->key->enc + end, 0,
					   sizeof(t->key->enc) - end));
	KUNIT_EXPECT_NULL(test, memchr_inv(t->key->dec + end, 0,
					   sizeof(t->key->dec) - end));
}

/* All lengths at both ends of a page and unaligned, by turns in place. */
static void aes_test_lengths(struct kunit *test)
{
	const struct subject *s = test->param_value;
	struct aes_test *t = test->priv;
	unsigned int k, n, place;

	for (k = 0; k < ARRAY_SIZE(keysizes); k++) {
		for (place = 0; place < TEST_PLACES; place++) {
			new_key(test, s->impl, keysizes[k], place);
			new_random_message(t, s->mode);
			for (n = 1; n <= MAX_BLOCKS; n++)
				check_blocks(test, s, 0, n, place,
					     (n + place) % 2);
			cond_resched();
		}
	}
}

/* A message in pieces; each is given the IV that the one before must leave. */
static void aes_test_pieces(struct kunit *test)
{
	const struct subject *s = test->param_value;
	struct aes_test *t = test->priv;
	unsigned int i, first, n;

	for (i = 0; i < 24; i++) {
		new_key(test, s->impl, keysizes[i % ARRAY_SIZE(keysizes)],
			TEST_ANYWHERE);
		new_random_message(t, s->mode);
		for (first = 0; first < MAX_BLOCKS; first += n) {
			n = 1 + prandom_u32_state(&t->rnd) % 70;
			n = min(n, MAX_BLOCKS - first);
			check_blocks(test, s, first, n, TEST_ANYWHERE,
				     prandom_u32_state(&t->rnd) % 2);
		}
		cond_resched();
	}
}

/* Input and output at each alignment to 16 bytes, around a loop's length. */
static void aes_test_alignments(struct kunit *test)
{
	static const unsigned int blocks[] = { 1, 3, 4, 8, 13 };
	const struct subject *s = test->param_value;
	wolfcrypt_aes_fn *fn = mode_fn(s->impl, s->mode);
	struct aes_test *t = test->priv;
	unsigned int i, n, src, dst;

	new_key(test, s->impl, AES_KEYSIZE_128, TEST_AT_END);
	new_random_message(t, s->mode);
	for (i = 0; i < 16 * 16; i++) {
		n = blocks[i % ARRAY_SIZE(blocks)];
		src = i % 16;
		dst = i / 16;
		memcpy(t->src_page + src, t->in, n * AES_BLOCK_SIZE);
		memcpy(t->iv_page, t->iv[0], AES_BLOCK_SIZE);

		wolfcrypt_run(s->impl,
			      fn(t->key,
				 s->mode->no_dst ? NULL : t->dst_page + dst,
				 t->src_page + src, n * AES_BLOCK_SIZE,
				 s->mode->no_iv ? NULL : t->iv_page));

		if (!s->mode->no_dst)
			KUNIT_ASSERT_MEMEQ_MSG(test, t->dst_page + dst, t->out,
					       n * AES_BLOCK_SIZE,
					       "%s of %s: %u blocks, src + %u, dst + %u",
					       s->mode->name,
					       test_isa(s->impl->name), n, src,
					       dst);
		KUNIT_ASSERT_MEMEQ_MSG(test, t->iv_page, t->iv[n],
				       s->mode->no_iv ? 0 : AES_BLOCK_SIZE,
				       "IV after %s of %s: %u blocks, src + %u, dst + %u",
				       s->mode->name, test_isa(s->impl->name),
				       n, src, dst);
	}
}

/* The counter carries from each of its bytes, at each place of a message. */
static void aes_test_ctr_carry(struct kunit *test)
{
	static const struct mode mode = { "ctr", FN(ctr), ctr };
	const struct subject *impl = test->param_value;
	const struct subject s = {
		.impl = impl->impl,
		.mode = &mode,
	};
	struct aes_test *t = test->priv;
	unsigned int bytes, before;
	u8 iv[AES_BLOCK_SIZE];

	new_key(test, s.impl, AES_KEYSIZE_256, TEST_AT_END);
	for (bytes = 1; bytes <= AES_BLOCK_SIZE; bytes++) {
		for (before = 1; before <= MAX_BLOCKS; before++) {
			prandom_bytes_state(&t->rnd, iv, sizeof(iv));
			memset(iv + AES_BLOCK_SIZE - bytes, 0xff, bytes);
			iv[AES_BLOCK_SIZE - 1] -= before - 1;
			new_message(t, s.mode, iv);
			check_blocks(test, &s, 0, MAX_BLOCKS, TEST_AT_END,
				     before % 2);
		}
		cond_resched();
	}
}

static struct kunit_case aes_cases[] = {
	KUNIT_CASE_PARAM(aes_test_expand_key, each_impl),
	KUNIT_CASE(aes_test_shorter_key),
	KUNIT_CASE_PARAM(aes_test_lengths, each_mode),
	KUNIT_CASE_PARAM(aes_test_pieces, each_mode),
	KUNIT_CASE_PARAM(aes_test_alignments, each_mode),
	KUNIT_CASE_PARAM(aes_test_ctr_carry, each_impl),
	{}
};

static struct kunit_suite aes_suite = {
	.name		= "wolfcrypt_aes",
	.suite_init	= aes_suite_init,
	.init		= aes_init,
	.test_cases	= aes_cases,
};

kunit_test_suite(aes_suite);
