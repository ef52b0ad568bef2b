// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every implementation of GCM that this CPU can run, against the kernel's
 * AES-GCM library.
 */

#include <crypto/algapi.h>
#include <crypto/gcm.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/unaligned.h>

#include "../gcm.h"
#include "../internal.h"
#include "tests.h"

/* Beyond twice the widest loop of any implementation. */
#define MAX_LEN		(40 * AES_BLOCK_SIZE)
#define TAG_SIZE	AES_BLOCK_SIZE

static const unsigned int keysizes[] = {
	AES_KEYSIZE_128, AES_KEYSIZE_192, AES_KEYSIZE_256,
};

/**
 * struct gcm_test - the state of a case
 * @ctx: the key, for the library
 * @keysize: its size
 * @iv: the IV of the message
 * @aad: its associated data
 * @aad_len: and their size
 * @plain: its plaintext
 * @crypt: what the library encrypts it to
 * @len: the size of both
 * @tag: the tag that the library computes
 * @rnd: where random data come from
 * @key: the key, for the implementation
 * @key_page: where that is
 * @st_page: where the state is
 * @iv_page: where a copy of the IV is
 * @aad_page: where a copy of the associated data is
 * @src_page: where the input is
 * @dst_page: where the output is
 * @tag_page: where the tag is
 */
struct gcm_test {
	struct aesgcm_ctx ctx;
	unsigned int keysize;
	u8 iv[WOLFCRYPT_GCM_IV_SIZE];
	u8 aad[MAX_LEN];
	unsigned int aad_len;
	u8 plain[MAX_LEN];
	u8 crypt[MAX_LEN];
	unsigned int len;
	u8 tag[TAG_SIZE];
	struct rnd_state rnd;
	struct wolfcrypt_gcm_key *key;
	u8 *key_page;
	u8 *st_page;
	u8 *iv_page;
	u8 *aad_page;
	u8 *src_page;
	u8 *dst_page;
	u8 *tag_page;
};

static int gcm_init(struct kunit *test)
{
	struct gcm_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	prandom_seed_state(&t->rnd, TEST_SEED);
	t->key_page = test_page(test);
	t->st_page = test_page(test);
	t->iv_page = test_page(test);
	t->aad_page = test_page(test);
	t->src_page = test_page(test);
	t->dst_page = test_page(test);
	t->tag_page = test_page(test);
	test->priv = t;
	return 0;
}

static const void *each_impl(const void *prev, char *desc)
{
	const struct wolfcrypt_gcm_impl *const *i = prev;

	i = i ? i + 1 : wolfcrypt_gcm_impls;
	while (*i && (*i)->usable && !(*i)->usable())
		i++;
	if (!*i)
		return NULL;
	strscpy(desc, test_isa((*i)->name), KUNIT_PARAM_DESC_SIZE);
	return i;
}

static const struct wolfcrypt_gcm_impl *impl_of(struct kunit *test)
{
	return *(const struct wolfcrypt_gcm_impl *const *)test->param_value;
}

static void new_key(struct kunit *test, unsigned int keysize,
		    enum test_place place)
{
	const struct wolfcrypt_gcm_impl *impl = impl_of(test);
	struct gcm_test *t = test->priv;
	u8 user_key[AES_MAX_KEY_SIZE];

	prandom_bytes_state(&t->rnd, user_key, keysize);
	t->keysize = keysize;
	KUNIT_ASSERT_EQ(test, 0, aesgcm_expandkey(&t->ctx, user_key, keysize,
						  TAG_SIZE));
	t->key = test_place_aligned(t->key_page, sizeof(*t->key), place);
	wolfcrypt_aes_c.expand_key(&t->key->aes, user_key, keysize);
	if (impl->powers)
		wolfcrypt_run(impl, impl->expand(t->key));
}

static void new_message(struct gcm_test *t, unsigned int aad_len,
			unsigned int len)
{
	t->aad_len = aad_len;
	t->len = len;
	prandom_bytes_state(&t->rnd, t->iv, sizeof(t->iv));
	prandom_bytes_state(&t->rnd, t->aad, aad_len);
	prandom_bytes_state(&t->rnd, t->plain, len);
	aesgcm_encrypt(&t->ctx, t->crypt, t->plain, len, t->aad, aad_len,
		       t->iv, t->tag);
}

/**
 * struct gcm_call - how a message is given to the implementation
 * @enc: encrypt, else decrypt
 * @in_place: the output replaces the input
 * @place: where all of its buffers are
 * @aad_cut: bytes of associated data in the first call, or 0; whole blocks
 * @cut: bytes of data in the first call, or 0; whole blocks
 */
struct gcm_call {
	bool enc;
	bool in_place;
	enum test_place place;
	unsigned int aad_cut;
	unsigned int cut;
};

/* In an FPU section. As the drivers do, not called for no data at all. */
static void gcm_run(const struct wolfcrypt_gcm_impl *impl,
		    const struct gcm_test *t, const struct gcm_call *call,
		    struct wolfcrypt_gcm_state *st, const u8 *iv,
		    const u8 *aad, u8 *dst, const u8 *src, u8 *tag)
{
	const unsigned int cut = call->cut, aad_cut = call->aad_cut;
	typeof(impl->encrypt) crypt = call->enc ? impl->encrypt : impl->decrypt;

	impl->init(t->key, st, iv);
	if (aad_cut)
		impl->aad(t->key, st, aad, aad_cut);
	if (t->aad_len > aad_cut)
		impl->aad(t->key, st, aad + aad_cut,
			  t->aad_len - aad_cut);
	if (cut)
		crypt(t->key, st, dst, src, cut);
	if (t->len > cut)
		crypt(t->key, st, dst + cut, src + cut, t->len - cut);
	impl->final(t->key, st, t->aad_len, t->len, tag);
}

static void check_message(struct kunit *test, const struct gcm_call *call)
{
	const struct wolfcrypt_gcm_impl *impl = impl_of(test);
	const enum test_place place = call->place;
	struct gcm_test *t = test->priv;
	const u8 *in = call->enc ? t->plain : t->crypt;
	const u8 *out = call->enc ? t->crypt : t->plain;
	u8 *dst_page = call->in_place ? t->src_page : t->dst_page;
	struct wolfcrypt_gcm_state *st;
	u8 *iv, *aad, *src, *dst, *tag;

	st = test_place_aligned(t->st_page, sizeof(*st), place);
	iv = test_place(t->iv_page, sizeof(t->iv), place, &t->rnd);
	aad = test_place(t->aad_page, t->aad_len, place, &t->rnd);
	src = test_place(t->src_page, t->len, place, &t->rnd);
	dst = call->in_place ? src :
			       test_place(t->dst_page, t->len, place, &t->rnd);
	tag = test_place(t->tag_page, TAG_SIZE, place, &t->rnd);
	memcpy(iv, t->iv, sizeof(t->iv));
	memcpy(aad, t->aad, t->aad_len);
	test_poison(t->st_page, st, sizeof(*st));
	test_poison(t->src_page, src, t->len);
	test_poison(dst_page, dst, t->len);
	test_poison(t->tag_page, tag, TAG_SIZE);
	memcpy(src, in, t->len);

	wolfcrypt_run(impl, gcm_run(impl, t, call, st, iv, aad, dst, src, tag));

	KUNIT_ASSERT_MEMEQ_MSG(test, dst, out, t->len,
			       "%s of %s: AES-%u, %u (%u) + %u (%u) bytes, %s",
			       call->enc ? "encrypt" : "decrypt",
			       test_isa(impl->name), t->keysize * 8, t->aad_len,
			       call->aad_cut, t->len, call->cut,
			       test_place_names[place]);
	KUNIT_ASSERT_MEMEQ_MSG(test, tag, t->tag, TAG_SIZE,
			       "tag, %s of %s: AES-%u, %u (%u) + %u (%u) bytes, %s",
			       call->enc ? "encrypt" : "decrypt",
			       test_isa(impl->name), t->keysize * 8, t->aad_len,
			       call->aad_cut, t->len, call->cut,
			       test_place_names[place]);

	if (!call->in_place)
		KUNIT_ASSERT_MEMEQ(test, src, in, t->len);
	KUNIT_ASSERT_TRUE_MSG(test,
			      test_only_wrote(t->src_page, src, t->len) &&
			      test_only_wrote(dst_page, dst, t->len) &&
			      test_only_wrote(t->tag_page, tag, TAG_SIZE) &&
			      test_only_wrote(t->st_page, st, sizeof(*st)),
			      "%s of %s wrote beside its output: %u + %u bytes, %s",
			      call->enc ? "encrypt" : "decrypt",
			      test_isa(impl->name), t->aad_len, t->len,
			      test_place_names[place]);
}

static void check_both_ways(struct kunit *test, enum test_place place,
			    bool in_place)
{
	struct gcm_call call = { .place = place, .in_place = in_place };

	call.enc = true;
	check_message(test, &call);
	call.enc = false;
	check_message(test, &call);
}

/* All lengths of data, with the incomplete blocks. */
static void gcm_test_lengths(struct kunit *test)
{
	struct gcm_test *t = test->priv;
	unsigned int len, blocks, place;

	for (len = 0; len <= MAX_LEN; len++) {
		blocks = len / AES_BLOCK_SIZE;
		place = blocks % TEST_PLACES;
		new_key(test, keysizes[len % ARRAY_SIZE(keysizes)], place);
		new_message(t, len % 33, len);
		for (place = 0; place < TEST_PLACES; place++)
			check_both_ways(test, place, (len + blocks + place) % 2);
		cond_resched();
	}
}

/* All lengths of associated data. */
static void gcm_test_aad_lengths(struct kunit *test)
{
	struct gcm_test *t = test->priv;
	unsigned int len;

	for (len = 0; len <= MAX_LEN; len++) {
		new_key(test, keysizes[len % ARRAY_SIZE(keysizes)],
			TEST_AT_END);
		new_message(t, len, len % 7);
		check_both_ways(test, TEST_AT_END, true);
		check_both_ways(test, TEST_AT_START, true);
		check_both_ways(test, TEST_ANYWHERE, true);
		cond_resched();
	}
}

static unsigned int random_cut(struct gcm_test *t, unsigned int len)
{
	return round_down(prandom_u32_state(&t->rnd) % (len + 1),
			  AES_BLOCK_SIZE);
}

/* Associated data and data in two pieces each. */
static void gcm_test_pieces(struct kunit *test)
{
	struct gcm_test *t = test->priv;
	struct gcm_call call = {};
	unsigned int i;

	for (i = 0; i < 100; i++) {
		new_key(test, keysizes[i % ARRAY_SIZE(keysizes)], TEST_AT_END);
		new_message(t, prandom_u32_state(&t->rnd) % MAX_LEN,
			    prandom_u32_state(&t->rnd) % MAX_LEN);
		call.aad_cut = random_cut(t, t->aad_len);
		call.cut = random_cut(t, t->len);
		call.enc = i % 2;
		call.in_place = i % 4 < 2;
		call.place = i % TEST_PLACES;
		check_message(test, &call);
		cond_resched();
	}
}

/* A key may be expanded by the C code, and then be used by any. */
static void gcm_test_expand(struct kunit *test)
{
	const struct wolfcrypt_gcm_impl *impl = impl_of(test);
	struct gcm_test *t = test->priv;
	struct wolfcrypt_gcm_key *key;
	unsigned int i;

	if (!impl->powers)
		kunit_skip(test, "it doesn't read the powers of H");

	key = kunit_kmalloc(test, sizeof(*key), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, key);
	for (i = 0; i < 100; i++) {
		new_key(test, keysizes[i % ARRAY_SIZE(keysizes)],
			i % 2 ? TEST_AT_START : TEST_AT_END);
		memcpy(key, t->key, sizeof(*key));
		memset(key->powers, 0xa5, sizeof(key->powers));
		wolfcrypt_gcm_c.expand(key);
		KUNIT_ASSERT_MEMEQ(test, t->key, key, sizeof(*key));
	}
}

/*
 * The orders in which implementations have the bytes of the counter block:
 * byte i is at place i ^ order. Returns the mask, or -1 if it is another.
 */
static int counter_order(const struct wolfcrypt_gcm_state *st, const u8 *block)
{
	static const u8 orders[] = { 0, 7, 15, 3 };
	unsigned int i, k;

	for (k = 0; k < ARRAY_SIZE(orders); k++) {
		for (i = 0; i < AES_BLOCK_SIZE; i++)
			if (st->counter[i ^ orders[k]] != block[i])
				break;
		if (i == AES_BLOCK_SIZE)
			return orders[k];
	}
	return -1;
}

/* A message whose counter block is @block, at first, in two calls each way. */
static void check_counter(struct kunit *test, const u8 *block, int order,
			  unsigned int cut)
{
	const struct wolfcrypt_gcm_impl *impl = impl_of(test);
	struct gcm_test *t = test->priv;
	struct wolfcrypt_gcm_state st;
	unsigned int i, enc;

	for (enc = 0; enc < 2; enc++) {
		typeof(impl->encrypt) crypt = enc ? impl->encrypt :
						    impl->decrypt;
		const u8 *in = enc ? t->plain : t->crypt;
		const u8 *out = enc ? t->crypt : t->plain;

		wolfcrypt_run(impl, impl->init(t->key, &st, t->iv));
		for (i = 0; i < AES_BLOCK_SIZE; i++)
			st.counter[i ^ order] = block[i];
		wolfcrypt_run(impl, crypt(t->key, &st, t->dst_page, in, cut));
		wolfcrypt_run(impl, crypt(t->key, &st, t->dst_page + cut,
					  in + cut, MAX_LEN - cut));
		KUNIT_ASSERT_MEMEQ_MSG(test, t->dst_page, out, MAX_LEN,
				       "%s of %s: from counter %08x, cut at %u",
				       enc ? "encrypt" : "decrypt",
				       test_isa(impl->name),
				       get_unaligned_be32(block + 12), cut);
	}
}

/*
 * The 32-bit counter carries from each of its bytes, and wraps without a carry
 * into the IV. No message that a driver takes is that long: the state is set.
 */
static void gcm_test_counter(struct kunit *test)
{
	const struct wolfcrypt_gcm_impl *impl = impl_of(test);
	struct gcm_test *t = test->priv;
	struct wolfcrypt_gcm_state st;
	unsigned int bytes, before, i;
	u8 block[AES_BLOCK_SIZE];
	int order;
	u32 first;

	new_key(test, AES_KEYSIZE_128, TEST_AT_END);
	for (bytes = 1; bytes <= 4; bytes++) {
		for (before = 1; before <= 18; before++) {
			new_message(t, 0, MAX_LEN);
			memcpy(block, t->iv, sizeof(t->iv));
			put_unaligned_be32(2, block + sizeof(t->iv));
			wolfcrypt_run(impl, impl->init(t->key, &st, t->iv));
			order = counter_order(&st, block);
			KUNIT_ASSERT_GE_MSG(test, order, 0,
					    "%s: unknown form of counter",
					    test_isa(impl->name));

			first = (u32)(1ULL << (8 * bytes)) - before;
			for (i = 0; i < MAX_LEN / AES_BLOCK_SIZE; i++) {
				u8 *crypt = t->crypt + i * AES_BLOCK_SIZE;

				put_unaligned_be32(first + i,
						   block + sizeof(t->iv));
				aes_encrypt(&t->ctx.aes_ctx, crypt, block);
				crypto_xor(crypt, t->plain + i * AES_BLOCK_SIZE,
					   AES_BLOCK_SIZE);
			}
			put_unaligned_be32(first, block + sizeof(t->iv));
			check_counter(test, block, order,
				      (1 + before % 20) * AES_BLOCK_SIZE);
		}
		cond_resched();
	}
}

static struct kunit_case gcm_cases[] = {
	KUNIT_CASE_PARAM(gcm_test_lengths, each_impl),
	KUNIT_CASE_PARAM(gcm_test_aad_lengths, each_impl),
	KUNIT_CASE_PARAM(gcm_test_pieces, each_impl),
	KUNIT_CASE_PARAM(gcm_test_counter, each_impl),
	KUNIT_CASE_PARAM(gcm_test_expand, each_impl),
	{}
};

static struct kunit_suite gcm_suite = {
	.name		= "wolfcrypt_gcm",
	.init		= gcm_init,
	.test_cases	= gcm_cases,
};

kunit_test_suite(gcm_suite);
