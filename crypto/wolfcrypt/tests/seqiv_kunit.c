// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * seqiv(rfc4106(gcm(aes))), which makes its own IVs: that none comes twice, and that
 * rfc4106(gcm(aes)), which is tested by vectors, reads what it writes.
 */

#include <crypto/aead.h>
#include <linux/completion.h>
#include <linux/fips.h>
#include <linux/limits.h>
#include <linux/scatterlist.h>
#include <linux/sort.h>
#include <linux/unaligned.h>
#include <linux/workqueue.h>

#include "../aead.h"
#include "../fips/fips.h"
#include "../gcm.h"
#include "tests.h"

#define IV_SIZE		WOLFCRYPT_ESP_IV_SIZE
#define MAX_HEADER	12
#define MAX_DATA	600
#define TAG_SIZE	16
#define KEY_SIZE	20
#define BUF_SIZE	(MAX_HEADER + IV_SIZE + MAX_DATA + TAG_SIZE)

KUNIT_DEFINE_ACTION_WRAPPER(free_aead, crypto_free_aead, struct crypto_aead *);

static u64 next_iv(struct kunit *test, struct wolfcrypt_seqiv *seqiv)
{
	u8 iv[IV_SIZE];

	KUNIT_ASSERT_EQ(test, 0, wolfcrypt_seqiv_next(seqiv, iv));
	return get_unaligned_be64(iv);
}

static void seqiv_test_counts(struct kunit *test)
{
	struct wolfcrypt_seqiv seqiv = { .start = U64_MAX - 1 };

	KUNIT_EXPECT_EQ(test, U64_MAX - 1, next_iv(test, &seqiv));
	KUNIT_EXPECT_EQ(test, U64_MAX, next_iv(test, &seqiv));
	KUNIT_EXPECT_EQ(test, 0ULL, next_iv(test, &seqiv));
	KUNIT_EXPECT_EQ(test, 1ULL, next_iv(test, &seqiv));
}

/* When all have been used there are no more, ever. */
static void seqiv_test_ends(struct kunit *test)
{
	struct wolfcrypt_seqiv seqiv = { .start = 7, .used = U64_MAX - 1 };
	u8 iv[IV_SIZE] = {};

	KUNIT_EXPECT_EQ(test, 5ULL, next_iv(test, &seqiv));
	KUNIT_EXPECT_EQ(test, -EOVERFLOW, wolfcrypt_seqiv_next(&seqiv, iv));
	KUNIT_EXPECT_EQ(test, -EOVERFLOW, wolfcrypt_seqiv_next(&seqiv, iv));
	KUNIT_EXPECT_EQ(test, 0ULL, get_unaligned_be64(iv));
}

#define WORKERS		4
#define EACH		20000

struct worker {
	struct work_struct work;
	struct completion *start;
	struct wolfcrypt_seqiv *seqiv;
	u64 *ivs;
	int err;
};

static void worker_run(struct work_struct *work)
{
	struct worker *w = container_of(work, struct worker, work);
	unsigned int i;
	u8 iv[IV_SIZE];

	wait_for_completion(w->start);
	for (i = 0; i < EACH && !w->err; i++) {
		w->err = wolfcrypt_seqiv_next(w->seqiv, iv);
		w->ivs[i] = get_unaligned_be64(iv);
	}
}

static int compare_u64(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* None twice, none left out, whoever asks at the same time. */
static void seqiv_test_concurrency(struct kunit *test)
{
	struct wolfcrypt_seqiv seqiv = { .start = 1000 };
	DECLARE_COMPLETION_ONSTACK(start);
	struct worker workers[WORKERS] = {};
	unsigned int i;
	u64 *ivs;

	ivs = vmalloc(WORKERS * EACH * sizeof(*ivs));
	KUNIT_ASSERT_NOT_NULL(test, ivs);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, test_vfree, ivs));

	for (i = 0; i < WORKERS; i++) {
		workers[i].start = &start;
		workers[i].seqiv = &seqiv;
		workers[i].ivs = ivs + i * EACH;
		INIT_WORK_ONSTACK(&workers[i].work, worker_run);
		queue_work(system_unbound_wq, &workers[i].work);
	}
	complete_all(&start);
	for (i = 0; i < WORKERS; i++) {
		flush_work(&workers[i].work);
		destroy_work_on_stack(&workers[i].work);
		KUNIT_EXPECT_EQ(test, 0, workers[i].err);
	}

	sort(ivs, WORKERS * EACH, sizeof(*ivs), compare_u64, NULL);
	for (i = 0; i < WORKERS * EACH; i++)
		KUNIT_ASSERT_EQ(test, 1000ULL + i, ivs[i]);
}

/**
 * struct packets - a sender and two receivers, which have the same key
 * @seqiv: the driver under test, of both ends
 * @rfc4106: the driver that takes the IV from its caller
 * @req: for @seqiv
 * @plain_req: for @rfc4106
 * @iv: what the caller has
 * @header_len: bytes of what the packet begins with
 * @data: what the packet has
 * @buf: the packet
 * @out: where it goes if that is elsewhere
 */
struct packets {
	struct crypto_aead *seqiv;
	struct crypto_aead *rfc4106;
	struct aead_request *req;
	struct aead_request *plain_req;
	u8 iv[IV_SIZE];
	unsigned int header_len;
	u8 data[MAX_DATA];
	u8 buf[BUF_SIZE];
	u8 out[BUF_SIZE];
};

static struct crypto_aead *new_aead(struct kunit *test, const char *name,
				    const u8 *key)
{
	struct crypto_aead *tfm = crypto_alloc_aead(name, 0, 0);

	KUNIT_ASSERT_NOT_ERR_OR_NULL_MSG(test, tfm, "%s", name);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_aead, tfm));
	KUNIT_ASSERT_NOT_NULL_MSG(test, strstr(crypto_aead_driver_name(tfm), "-wolfcrypt"),
				  "%s is not ours", crypto_aead_driver_name(tfm));
	KUNIT_ASSERT_EQ(test, 0, crypto_aead_setauthsize(tfm, TAG_SIZE));
	KUNIT_ASSERT_EQ(test, 0, crypto_aead_setkey(tfm, key, KEY_SIZE));
	return tfm;
}

static struct aead_request *new_request(struct kunit *test, struct crypto_aead *tfm)
{
	struct aead_request *req = kunit_kzalloc(test, sizeof(*req) +
						 crypto_aead_reqsize(tfm), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, req);
	aead_request_set_tfm(req, tfm);
	return req;
}

static struct packets *new_packets(struct kunit *test)
{
	struct packets *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	struct rnd_state rnd;
	u8 key[KEY_SIZE];

	if (!fips_enabled)
		kunit_skip(test, "there with fips=1 only");
	KUNIT_ASSERT_NOT_NULL(test, p);
	prandom_seed_state(&rnd, TEST_SEED);
	prandom_bytes_state(&rnd, key, sizeof(key));
	prandom_bytes_state(&rnd, p->data, sizeof(p->data));
	p->seqiv = new_aead(test, "seqiv(rfc4106(gcm(aes)))", key);
	p->rfc4106 = new_aead(test, "rfc4106(gcm(aes))", key);
	p->req = new_request(test, p->seqiv);
	p->plain_req = new_request(test, p->rfc4106);
	p->header_len = 8;
	return p;
}

/* The header and @len bytes of data; where the IV goes there is none yet. */
static void fill(struct packets *p, unsigned int len)
{
	memset(p->buf, 0, sizeof(p->buf));
	memset(p->buf, 0x11, p->header_len);
	memcpy(p->buf + p->header_len + IV_SIZE, p->data, len);
	memset(p->out, 0, sizeof(p->out));
	memcpy(p->out, p->buf, p->header_len);
}

/* @len: with the IV; and with the tag, to decrypt */
static int run_request(struct packets *p, u8 *dst, unsigned int len, bool enc)
{
	struct scatterlist src_sg, dst_sg;

	sg_init_one(&src_sg, p->buf, sizeof(p->buf));
	sg_init_one(&dst_sg, dst, BUF_SIZE);
	aead_request_set_ad(p->req, p->header_len);
	aead_request_set_crypt(p->req, &src_sg, dst == p->buf ? &src_sg : &dst_sg, len,
			       p->iv);
	return enc ? crypto_aead_encrypt(p->req) : crypto_aead_decrypt(p->req);
}

/* What was encrypted to @dst is a packet that rfc4106 reads, with @iv in it. */
static void expect_packet(struct kunit *test, struct packets *p, u8 *dst,
			  unsigned int len, u64 iv)
{
	unsigned int aad_len = p->header_len + IV_SIZE;
	u8 *copy = kunit_kzalloc(test, BUF_SIZE, GFP_KERNEL);
	struct scatterlist sg;

	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_EXPECT_EQ(test, iv, get_unaligned_be64(p->iv));
	KUNIT_EXPECT_EQ(test, iv, get_unaligned_be64(dst + p->header_len));
	KUNIT_EXPECT_MEMNEQ(test, dst + aad_len, p->data, len);
	memcpy(copy, dst, BUF_SIZE);
	sg_init_one(&sg, copy, BUF_SIZE);
	aead_request_set_ad(p->plain_req, aad_len);
	aead_request_set_crypt(p->plain_req, &sg, &sg, len + TAG_SIZE, p->iv);
	KUNIT_ASSERT_EQ(test, 0, crypto_aead_decrypt(p->plain_req));
	KUNIT_EXPECT_MEMEQ(test, copy + aad_len, p->data, len);
	kunit_kfree(test, copy);
}

static const unsigned int lengths[] = { 16, 17, 64, 255, MAX_DATA };

/* In place and elsewhere, and back again: IVs go on by one, whatever happens. */
static void seqiv_test_packets(struct kunit *test)
{
	struct packets *p = new_packets(test);
	unsigned int i, elsewhere, len;
	u64 iv = 0;
	bool first = true;
	u8 *dst;

	for (p->header_len = 8; p->header_len <= MAX_HEADER; p->header_len += 4) {
		for (i = 0; i < 2 * ARRAY_SIZE(lengths); i++) {
			len = lengths[i / 2];
			elsewhere = i % 2;
			dst = elsewhere ? p->out : p->buf;
			fill(p, len);
			memset(p->iv, 0, sizeof(p->iv));
			KUNIT_ASSERT_EQ(test, 0, run_request(p, dst, IV_SIZE + len, true));
			iv = first ? get_unaligned_be64(p->iv) : iv + 1;
			first = false;
			expect_packet(test, p, dst, len, iv);

			memcpy(p->buf, dst, sizeof(p->buf));
			memset(p->iv, 0, sizeof(p->iv));
			KUNIT_ASSERT_EQ(test, 0, run_request(p, dst, IV_SIZE + len + TAG_SIZE,
							     false));
			KUNIT_EXPECT_EQ(test, iv, get_unaligned_be64(p->iv));
			KUNIT_EXPECT_MEMEQ(test, dst + p->header_len + IV_SIZE, p->data, len);
		}
	}
}

/* Another key is no reason to begin anew: the caller may have set the same one. */
static void seqiv_test_new_key(struct kunit *test)
{
	struct packets *p = new_packets(test);
	u8 key[KEY_SIZE] = {};
	u64 iv;

	fill(p, 64);
	KUNIT_ASSERT_EQ(test, 0, run_request(p, p->buf, IV_SIZE + 64, true));
	iv = get_unaligned_be64(p->iv);
	KUNIT_ASSERT_EQ(test, 0, crypto_aead_setkey(p->seqiv, key, sizeof(key)));
	KUNIT_ASSERT_EQ(test, 0, crypto_aead_setkey(p->rfc4106, key, sizeof(key)));
	fill(p, 64);
	KUNIT_ASSERT_EQ(test, 0, run_request(p, p->buf, IV_SIZE + 64, true));
	expect_packet(test, p, p->buf, 64, iv + 1);
}

/* Two transforms have the same IVs with a chance of 1 in 2^59 at most. */
static void seqiv_test_start(struct kunit *test)
{
	struct packets *p = new_packets(test), *q = new_packets(test);
	u64 iv, other;

	fill(p, 16);
	fill(q, 16);
	KUNIT_ASSERT_EQ(test, 0, run_request(p, p->buf, IV_SIZE + 16, true));
	KUNIT_ASSERT_EQ(test, 0, run_request(q, q->buf, IV_SIZE + 16, true));
	iv = get_unaligned_be64(p->iv);
	other = get_unaligned_be64(q->iv);
	KUNIT_EXPECT_GT(test, iv - other + 16, 32ULL);
}

static void seqiv_test_bad_requests(struct kunit *test)
{
	struct packets *p = new_packets(test);
	unsigned int i;

	fill(p, 64);
	for (i = 0; i < IV_SIZE; i++)
		KUNIT_EXPECT_EQ(test, -EINVAL, run_request(p, p->buf, i, true));
	for (i = 0; i < IV_SIZE + TAG_SIZE; i++)
		KUNIT_EXPECT_EQ(test, -EINVAL, run_request(p, p->buf, i, false));
	for (i = 0; i < 24; i++) {
		p->header_len = i;
		KUNIT_EXPECT_EQ(test, i == 8 || i == 12 ? 0 : -EINVAL,
				run_request(p, p->buf, IV_SIZE + 64, true));
	}

	p->header_len = 8;
	fill(p, 64);
	KUNIT_ASSERT_EQ(test, 0, run_request(p, p->buf, IV_SIZE + 64, true));
	for (i = 0; i < 8 + IV_SIZE + 64 + TAG_SIZE; i++) {
		p->buf[i] ^= 1;
		KUNIT_EXPECT_EQ_MSG(test, -EBADMSG,
				    run_request(p, p->out, IV_SIZE + 64 + TAG_SIZE, false),
				    "byte %u", i);
		p->buf[i] ^= 1;
	}
	KUNIT_EXPECT_EQ(test, 0, run_request(p, p->out, IV_SIZE + 64 + TAG_SIZE, false));
}

static int seqiv_suite_init(struct kunit_suite *suite)
{
	if (wolfcrypt_state() == WOLFCRYPT_OPERATIONAL)
		return 0;
	kunit_err(suite, "the drivers are not registered\n");
	return -ENODEV;
}

static struct kunit_case seqiv_cases[] = {
	KUNIT_CASE(seqiv_test_counts),
	KUNIT_CASE(seqiv_test_ends),
	KUNIT_CASE(seqiv_test_concurrency),
	KUNIT_CASE(seqiv_test_packets),
	KUNIT_CASE(seqiv_test_new_key),
	KUNIT_CASE(seqiv_test_start),
	KUNIT_CASE(seqiv_test_bad_requests),
	{}
};

static struct kunit_suite seqiv_suite = {
	.name		= "wolfcrypt_seqiv",
	.suite_init	= seqiv_suite_init,
	.test_cases	= seqiv_cases,
};

kunit_test_suite(seqiv_suite);
