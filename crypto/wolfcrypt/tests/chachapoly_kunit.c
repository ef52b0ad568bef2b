// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every implementation of ChaCha20 and Poly1305 that this CPU can run, against the
 * kernel's portable library.
 */

#include <crypto/chacha.h>
#include <crypto/internal/chacha.h>
#include <crypto/internal/poly1305.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/unaligned.h>

#include "../chachapoly.h"
#include "../internal.h"
#include "tests.h"

/* Beyond twice the widest loop of any implementation, and the block of the key */
#define MAX_LEN		(2 * WOLFCRYPT_CHACHA_CHUNK + 2 * CHACHA_BLOCK_SIZE)
#define MAX_BLOCKS	(WOLFCRYPT_CHACHA_CHUNK / CHACHA_BLOCK_SIZE)

/**
 * struct chachapoly_test - the state of a case
 * @key: the key
 * @nonce: the nonce of the message
 * @aad: its associated data
 * @aad_len: and their size
 * @plain: its plaintext
 * @crypt: what the library encrypts it to
 * @len: the size of both
 * @tag: the tag that the library computes
 * @mac_data: what that is made of
 * @rnd: where random data come from
 * @aad_page: where a copy of the associated data is
 * @src_page: where the input is
 * @dst_page: where the output is
 * @tag_page: where the tag is
 */
struct chachapoly_test {
	u8 key[CHACHA_KEY_SIZE];
	u8 nonce[CHACHAPOLY_IV_SIZE];
	u8 aad[MAX_LEN];
	unsigned int aad_len;
	u8 plain[MAX_LEN];
	u8 crypt[MAX_LEN];
	unsigned int len;
	u8 tag[POLY1305_DIGEST_SIZE];
	u8 mac_data[2 * MAX_LEN + 3 * POLY1305_BLOCK_SIZE];
	struct rnd_state rnd;
	u8 *aad_page;
	u8 *src_page;
	u8 *dst_page;
	u8 *tag_page;
};

static int chachapoly_init(struct kunit *test)
{
	struct chachapoly_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	prandom_seed_state(&t->rnd, TEST_SEED);
	t->aad_page = test_page(test);
	t->src_page = test_page(test);
	t->dst_page = test_page(test);
	t->tag_page = test_page(test);
	test->priv = t;
	return 0;
}

static const void *each_impl(const void *prev, char *desc)
{
	const struct wolfcrypt_chachapoly_impl *const *i = prev;

	i = i ? i + 1 : wolfcrypt_chachapoly_impls;
	while (*i && (*i)->usable && !(*i)->usable())
		i++;
	if (!*i)
		return NULL;
	strscpy(desc, test_isa((*i)->name), KUNIT_PARAM_DESC_SIZE);
	return i;
}

static const struct wolfcrypt_chachapoly_impl *impl_of(struct kunit *test)
{
	return *(const struct wolfcrypt_chachapoly_impl *const *)test->param_value;
}

static void library_poly1305(const u8 *key, const u8 *data, unsigned int blocks,
			     u8 *tag)
{
	struct poly1305_core_key core;
	struct poly1305_state state;
	u32 pad[4];
	int i;

	poly1305_core_setkey(&core, key);
	poly1305_core_init(&state);
	poly1305_core_blocks(&state, &core, data, blocks, 1);
	for (i = 0; i < ARRAY_SIZE(pad); i++)
		pad[i] = get_unaligned_le32(key + 16 + 4 * i);
	poly1305_core_emit(&state, pad, tag);
}

static void library_state(u32 *state, const u8 *key, u32 block, const u8 *nonce)
{
	u8 iv[CHACHA_IV_SIZE];
	u32 words[8];
	int i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = get_unaligned_le32(key + 4 * i);
	put_unaligned_le32(block, iv);
	memcpy(iv + 4, nonce, CHACHAPOLY_IV_SIZE);
	chacha_init_generic(state, words, iv);
}

static unsigned int pad_to_block(u8 *data, unsigned int len)
{
	unsigned int end = round_up(len, POLY1305_BLOCK_SIZE);

	memset(data + len, 0, end - len);
	return end;
}

/* RFC 8439 section 2.8 */
static void library_encrypt(struct chachapoly_test *t)
{
	u32 state[CHACHA_STATE_WORDS];
	u8 poly_key[CHACHA_BLOCK_SIZE] = {};
	unsigned int n;

	library_state(state, t->key, 0, t->nonce);
	chacha_crypt_generic(state, poly_key, poly_key, sizeof(poly_key), 20);
	chacha_crypt_generic(state, t->crypt, t->plain, t->len, 20);

	memcpy(t->mac_data, t->aad, t->aad_len);
	n = pad_to_block(t->mac_data, t->aad_len);
	memcpy(t->mac_data + n, t->crypt, t->len);
	n = pad_to_block(t->mac_data, n + t->len);
	put_unaligned_le64(t->aad_len, t->mac_data + n);
	put_unaligned_le64(t->len, t->mac_data + n + 8);
	library_poly1305(poly_key, t->mac_data, n / POLY1305_BLOCK_SIZE + 1,
			 t->tag);
}

static void new_message(struct chachapoly_test *t, unsigned int aad_len,
			unsigned int len)
{
	t->aad_len = aad_len;
	t->len = len;
	prandom_bytes_state(&t->rnd, t->key, sizeof(t->key));
	prandom_bytes_state(&t->rnd, t->nonce, sizeof(t->nonce));
	prandom_bytes_state(&t->rnd, t->aad, aad_len);
	prandom_bytes_state(&t->rnd, t->plain, len);
	library_encrypt(t);
}

static void check_message(struct kunit *test, bool enc, bool in_place,
			  enum test_place place)
{
	const struct wolfcrypt_chachapoly_impl *impl = impl_of(test);
	struct chachapoly_test *t = test->priv;
	const u8 *in = enc ? t->plain : t->crypt;
	const u8 *out = enc ? t->crypt : t->plain;
	u8 *dst_page = in_place ? t->src_page : t->dst_page;
	u8 *aad, *src, *dst, *tag;

	aad = test_place(t->aad_page, t->aad_len, place, &t->rnd);
	src = test_place(t->src_page, t->len, place, &t->rnd);
	dst = in_place ? src : test_place(t->dst_page, t->len, place, &t->rnd);
	tag = test_place(t->tag_page, sizeof(t->tag), place, &t->rnd);
	memcpy(aad, t->aad, t->aad_len);
	test_poison(t->src_page, src, t->len);
	test_poison(dst_page, dst, t->len);
	test_poison(t->tag_page, tag, sizeof(t->tag));
	memcpy(src, in, t->len);

	wolfcrypt_chachapoly_crypt_with(impl, t->key, t->nonce, aad, t->aad_len,
					dst, src, t->len, enc, tag);

	KUNIT_ASSERT_MEMEQ_MSG(test, dst, out, t->len, "%s of %s: %u + %u bytes, %s",
			       enc ? "encrypt" : "decrypt", test_isa(impl->name),
			       t->aad_len, t->len, test_place_names[place]);
	KUNIT_ASSERT_MEMEQ_MSG(test, tag, t->tag, sizeof(t->tag),
			       "tag, %s of %s: %u + %u bytes, %s",
			       enc ? "encrypt" : "decrypt", test_isa(impl->name),
			       t->aad_len, t->len, test_place_names[place]);
	if (!in_place)
		KUNIT_ASSERT_MEMEQ(test, src, in, t->len);
	KUNIT_ASSERT_TRUE_MSG(test,
			      test_only_wrote(t->src_page, src, t->len) &&
			      test_only_wrote(dst_page, dst, t->len) &&
			      test_only_wrote(t->tag_page, tag, sizeof(t->tag)),
			      "%s of %s wrote beside its output: %u + %u bytes, %s",
			      enc ? "encrypt" : "decrypt", test_isa(impl->name),
			      t->aad_len, t->len, test_place_names[place]);
}

static void check_all_places(struct kunit *test, bool in_place)
{
	enum test_place place;

	for (place = 0; place < TEST_PLACES; place++) {
		check_message(test, true, in_place, place);
		check_message(test, false, in_place, place);
	}
}

/* All lengths of data, with the incomplete blocks */
static void chachapoly_test_lengths(struct kunit *test)
{
	unsigned int len;

	for (len = 0; len <= MAX_LEN; len++) {
		new_message(test->priv, len % 33, len);
		check_all_places(test, len % 2);
		cond_resched();
	}
}

/* All lengths of associated data */
static void chachapoly_test_aad_lengths(struct kunit *test)
{
	unsigned int len;

	for (len = 0; len <= MAX_LEN; len++) {
		new_message(test->priv, len, len % 7);
		check_all_places(test, true);
		cond_resched();
	}
}

/* The number of the block wraps without a carry into the nonce. */
static void check_crypt(struct kunit *test, unsigned int block,
			void (*crypt)(u32 *state, u8 *dst, const u8 *src),
			unsigned int len, bool with_src)
{
	const struct wolfcrypt_chachapoly_impl *impl = impl_of(test);
	u32 state[CHACHA_STATE_WORDS], want[CHACHA_STATE_WORDS];
	struct chachapoly_test *t = test->priv;

	library_state(state, t->key, block, t->nonce);
	library_state(want, t->key, block, t->nonce);
	chacha_crypt_generic(want, t->crypt, t->plain, len, 20);

	memset(t->dst_page, 0, len + 1);
	wolfcrypt_run(impl, crypt(state, t->dst_page,
				  with_src ? t->plain : NULL));
	if (!with_src)
		crypto_xor(t->dst_page, t->plain, len);
	KUNIT_ASSERT_MEMEQ(test, t->dst_page, t->crypt, len);
	KUNIT_ASSERT_EQ(test, t->dst_page[len], 0);
	KUNIT_ASSERT_MEMEQ(test, state, want, sizeof(state));
}

/* As much as may be absorbed while a chunk is encrypted or decrypted in place */
static void check_crypt_absorb(struct kunit *test, unsigned int block,
			       unsigned int n)
{
	const struct wolfcrypt_chachapoly_impl *impl = impl_of(test);
	u32 state[CHACHA_STATE_WORDS], want[CHACHA_STATE_WORDS];
	u8 tag[POLY1305_DIGEST_SIZE], want_tag[POLY1305_DIGEST_SIZE];
	struct wolfcrypt_poly1305 poly;
	struct chachapoly_test *t = test->priv;

	library_state(state, t->key, block, t->nonce);
	library_state(want, t->key, block, t->nonce);
	chacha_crypt_generic(want, t->crypt, t->plain, impl->chunk, 20);
	library_poly1305(t->key, t->plain, 4 * n, want_tag);

	memcpy(t->dst_page, t->plain, impl->chunk);
	impl->begin(&poly, t->key);
	wolfcrypt_run(impl, impl->crypt_absorb(state, t->dst_page, t->dst_page,
					       &poly, t->dst_page, n));
	impl->end(&poly, tag);
	KUNIT_ASSERT_MEMEQ(test, t->dst_page, t->crypt, impl->chunk);
	KUNIT_ASSERT_MEMEQ(test, state, want, sizeof(state));
	KUNIT_ASSERT_MEMEQ(test, tag, want_tag, sizeof(tag));
}

static void chachapoly_test_chunk(struct kunit *test)
{
	const struct wolfcrypt_chachapoly_impl *impl = impl_of(test);
	unsigned int i;

	for (i = 0; i < 4 * (MAX_BLOCKS + 1); i++) {
		new_message(test->priv, 0, WOLFCRYPT_CHACHA_CHUNK);
		check_crypt(test, -i, impl->crypt, impl->chunk, i % 2);
		if (impl->few)
			check_crypt(test, -i, impl->few, impl->few_len, i % 2);
		if (impl->crypt_absorb)
			check_crypt_absorb(test, -i, 1 + i % (impl->chunk /
							      CHACHA_BLOCK_SIZE));
	}
}

/* Bytes of keys and data by which words of Poly1305 carry, or are all ones. */
static const u8 edges[] = { 0x00, 0x01, 0x02, 0x04, 0xfa, 0xfb, 0xfc, 0xfe, 0xff };

/* All but the lowest byte, and that */
static void put_edge(u8 *out, u8 rest, u8 lowest)
{
	memset(out, rest, POLY1305_BLOCK_SIZE);
	*out = lowest;
}

static void check_poly1305(struct kunit *test, const u8 *key, const u8 *data,
			   unsigned int blocks)
{
	const struct wolfcrypt_chachapoly_impl *impl = impl_of(test);
	u8 tag[POLY1305_DIGEST_SIZE], want[POLY1305_DIGEST_SIZE];
	struct wolfcrypt_poly1305 poly;

	impl->begin(&poly, key);
	wolfcrypt_run(impl, impl->absorb(&poly, data, blocks));
	impl->end(&poly, tag);
	library_poly1305(key, data, blocks, want);
	KUNIT_ASSERT_MEMEQ_MSG(test, tag, want, sizeof(tag),
			       "%s: %u blocks, r %02x.. and %02x.., %02x%02x.. and %02x%02x..",
			       test_isa(impl->name), blocks, key[0], key[1],
			       data[0], data[1], data[16], data[17]);
}

/* A sum between 2^130 - 5 and 2^130, and others that are near to a carry */
static void chachapoly_test_poly1305_edges(struct kunit *test)
{
	u8 key[POLY1305_KEY_SIZE], data[3 * POLY1305_BLOCK_SIZE];
	unsigned int i, n = ARRAY_SIZE(edges);

	for (i = 0; i < n * n * n * n; i++) {
		put_edge(key, i % 2 ? 0xff : 0x00, edges[i % n]);
		memset(key + 16, i % 3 ? 0xff : 0x00, 16);
		put_edge(data, i % 5 ? 0xff : 0x00, edges[i / n % n]);
		put_edge(data + 16, i % 7 ? 0xff : 0x00, edges[i / n / n % n]);
		put_edge(data + 32, i % 4 ? 0xff : 0x00, edges[i / n / n / n]);
		check_poly1305(test, key, data, 1 + i % 3);
	}
}

/*
 * What makes several sums side by side does so of many blocks only: likewise of these.
 * The blocks that are absorbed before make a sum with which the others begin.
 */
static void chachapoly_test_poly1305_sums(struct kunit *test)
{
	const struct wolfcrypt_chachapoly_impl *impl = impl_of(test);
	u8 tag[POLY1305_DIGEST_SIZE], want[POLY1305_DIGEST_SIZE];
	struct wolfcrypt_poly1305 poly;
	struct chachapoly_test *t = test->priv;
	unsigned int i, j, before, blocks, n = ARRAY_SIZE(edges);
	u8 key[POLY1305_KEY_SIZE];

	for (i = 0; i < 20000; i++) {
		put_edge(key, i % 2 ? 0xff : 0x00, edges[i % n]);
		memset(key + 16, i % 3 ? 0xff : 0x00, 16);
		before = i % 5;
		blocks = 1 + i / 5 % (MAX_LEN / POLY1305_BLOCK_SIZE);
		if (i % 7)
			for (j = 0; j < before + blocks; j++)
				put_edge(t->mac_data + j * POLY1305_BLOCK_SIZE,
					 (i + j) % 11 ? 0xff : 0x00,
					 edges[(i / 7 + j) % n]);
		else
			prandom_bytes_state(&t->rnd, t->mac_data,
					    (before + blocks) *
					    POLY1305_BLOCK_SIZE);

		impl->begin(&poly, key);
		if (before)
			wolfcrypt_run(impl, impl->absorb(&poly, t->mac_data,
							 before));
		wolfcrypt_run(impl, impl->absorb(&poly, t->mac_data +
						 before * POLY1305_BLOCK_SIZE,
						 blocks));
		impl->end(&poly, tag);
		library_poly1305(key, t->mac_data, before + blocks, want);
		KUNIT_ASSERT_MEMEQ_MSG(test, tag, want, sizeof(tag),
				       "%s: %u and %u blocks, case %u",
				       test_isa(impl->name), before, blocks, i);
		cond_resched();
	}
}

static struct kunit_case chachapoly_cases[] = {
	KUNIT_CASE_PARAM(chachapoly_test_lengths, each_impl),
	KUNIT_CASE_PARAM(chachapoly_test_aad_lengths, each_impl),
	KUNIT_CASE_PARAM(chachapoly_test_chunk, each_impl),
	KUNIT_CASE_PARAM(chachapoly_test_poly1305_edges, each_impl),
	KUNIT_CASE_PARAM(chachapoly_test_poly1305_sums, each_impl),
	{}
};

static struct kunit_suite chachapoly_suite = {
	.name		= "wolfcrypt_chachapoly",
	.init		= chachapoly_init,
	.test_cases	= chachapoly_cases,
};

kunit_test_suite(chachapoly_suite);
