// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The approved-service indicator: what it says of each driver, in the approved mode
 * (fips=1) and without; and that a driver refuses what it doesn't tell apart.
 */

#include <crypto/aead.h>
#include <crypto/aes.h>
#include <crypto/hash.h>
#include <crypto/internal/cipher.h>
#include <crypto/rng.h>
#include <crypto/skcipher.h>
#include <crypto/xts.h>
#include <linux/fips.h>
#include <linux/scatterlist.h>

#include "../fips/fips.h"
#include "tests.h"

#define MAX_KEY_SIZE	68

KUNIT_DEFINE_ACTION_WRAPPER(free_block_cipher, crypto_free_cipher,
			    struct crypto_cipher *);
KUNIT_DEFINE_ACTION_WRAPPER(free_cipher, crypto_free_skcipher,
			    struct crypto_skcipher *);
KUNIT_DEFINE_ACTION_WRAPPER(free_aead, crypto_free_aead, struct crypto_aead *);
KUNIT_DEFINE_ACTION_WRAPPER(free_hash, crypto_free_shash, struct crypto_shash *);
KUNIT_DEFINE_ACTION_WRAPPER(free_ahash, crypto_free_ahash, struct crypto_ahash *);
KUNIT_DEFINE_ACTION_WRAPPER(free_rng, crypto_free_rng, struct crypto_rng *);
KUNIT_DEFINE_ACTION_WRAPPER(free_table, sg_free_table, struct sg_table *);

static void add_action(struct kunit *test, kunit_action_t *action, void *ctx)
{
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, action, ctx));
}

static const u8 *new_key(struct kunit *test)
{
	u8 *key = kunit_kmalloc(test, MAX_KEY_SIZE, GFP_KERNEL);
	struct rnd_state rnd;

	KUNIT_ASSERT_NOT_NULL(test, key);
	prandom_seed_state(&rnd, TEST_SEED);
	prandom_bytes_state(&rnd, key, MAX_KEY_SIZE);
	return key;
}

/* @yes: by the security policy, in the approved mode */
static void expect_approved(struct kunit *test, const struct crypto_tfm *tfm,
			    enum wolfcrypt_use use, unsigned int len, bool yes)
{
	KUNIT_EXPECT_EQ_MSG(test, yes && fips_enabled,
			    wolfcrypt_approved(tfm, use, len), "%s, use %d, %u bytes",
			    crypto_tfm_alg_driver_name((struct crypto_tfm *)tfm), use,
			    len);
}

/* None of the uses that its kind of algorithm doesn't have */
static void expect_no_other_use(struct kunit *test, const struct crypto_tfm *tfm,
				enum wolfcrypt_use first, enum wolfcrypt_use last)
{
	enum wolfcrypt_use use;

	for (use = WOLFCRYPT_ENCRYPT; use <= WOLFCRYPT_GENERATE; use++) {
		if (use < first || use > last)
			expect_approved(test, tfm, use, 0, false);
	}
}

static struct crypto_skcipher *new_cipher(struct kunit *test, const char *name)
{
	struct crypto_skcipher *tfm = crypto_alloc_skcipher(name, 0, 0);

	KUNIT_ASSERT_NOT_ERR_OR_NULL_MSG(test, tfm, "%s", name);
	add_action(test, free_cipher, tfm);
	return tfm;
}

static const struct {
	const char *name;
	unsigned int key_len;
	unsigned int bad_len;	/* which the API leaves for the driver to refuse */
	bool whole_blocks;
} ciphers[] = {
	{ "ecb(aes)", 16, 17 },
	{ "cbc(aes)", 24, 17 },
	{ "cts(cbc(aes))", 32, 17 },
	{ "ctr(aes)", 16, 17 },
	{ "cfb(aes)", 16, 17, true },
	{ "ofb(aes)", 32, 17 },
	{ "xts(aes)", 64, 33 },
};

static void service_test_ciphers(struct kunit *test)
{
	const u8 *key = new_key(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ciphers); i++) {
		struct crypto_skcipher *cipher = new_cipher(test, ciphers[i].name);
		struct crypto_tfm *tfm = crypto_skcipher_tfm(cipher);
		enum wolfcrypt_use use;

		expect_approved(test, tfm, WOLFCRYPT_ENCRYPT, 0, false);
		KUNIT_ASSERT_EQ(test, 0, crypto_skcipher_setkey(cipher, key,
								ciphers[i].key_len));
		for (use = WOLFCRYPT_ENCRYPT; use <= WOLFCRYPT_DECRYPT; use++) {
			expect_approved(test, tfm, use, 0, true);
			expect_approved(test, tfm, use, 160, true);
			expect_approved(test, tfm, use, 161, !ciphers[i].whole_blocks);
		}
		expect_no_other_use(test, tfm, WOLFCRYPT_ENCRYPT, WOLFCRYPT_DECRYPT);

		/* A key that is refused leaves none. */
		KUNIT_ASSERT_EQ(test, -EINVAL,
				crypto_skcipher_setkey(cipher, key, ciphers[i].bad_len));
		expect_approved(test, tfm, WOLFCRYPT_ENCRYPT, 0, false);
	}
}

/* Of this one the API doesn't know whether it has a key. */
static void service_test_single_blocks(struct kunit *test)
{
	struct crypto_cipher *cipher = crypto_alloc_cipher("aes", 0, 0);
	struct crypto_tfm *tfm;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cipher);
	add_action(test, free_block_cipher, cipher);
	tfm = crypto_cipher_tfm(cipher);
	KUNIT_ASSERT_EQ(test, 0, crypto_cipher_setkey(cipher, new_key(test), 24));
	expect_approved(test, tfm, WOLFCRYPT_ENCRYPT, AES_BLOCK_SIZE, true);
	expect_approved(test, tfm, WOLFCRYPT_DECRYPT, AES_BLOCK_SIZE, true);
	expect_no_other_use(test, tfm, WOLFCRYPT_ENCRYPT, WOLFCRYPT_DECRYPT);
}

static const struct {
	const char *name;
	unsigned int key_len;
	bool encrypts;
	unsigned int tags[8];
	unsigned int min_tag;
	bool authenc;
} aeads[] = {
	{ "gcm(aes)", 32, false, { 4, 8, 12, 13, 14, 15, 16 }, 12 },
	{ "rfc4106(gcm(aes))", 20, false, { 8, 12, 16 }, 12 },
	{ "seqiv(rfc4106(gcm(aes)))", 36, true, { 8, 12, 16 }, 12 },
	{ "ccm(aes)", 16, true, { 4, 6, 8, 10, 12, 14, 16 }, 8 },
	{ "rfc4309(ccm(aes))", 19, true, { 8, 12, 16 }, 8 },
	{ "authenc(hmac(sha1),cbc(aes))", 48, true, { 1, 3, 4, 12, 20 }, 4, true },
	{ "authenc(hmac(sha256),cbc(aes))", 64, true, { 3, 4, 16, 32 }, 4, true },
	{ "authenc(hmac(sha512),cbc(aes))", 56, true, { 3, 4, 32, 64 }, 4, true },
	{ "authenc(hmac(sha1),rfc3686(ctr(aes)))", 52, true, { 3, 4, 20 }, 4, true },
	{ "authenc(hmac(sha256),rfc3686(ctr(aes)))", 68, true, { 3, 4, 32 }, 4, true },
	{ "authenc(hmac(sha384),rfc3686(ctr(aes)))", 52, true, { 3, 4, 48 }, 4, true },
	{ "authenc(hmac(sha512),rfc3686(ctr(aes)))", 52, true, { 3, 4, 64 }, 4, true },
};

static int set_authenc_key(struct crypto_aead *aead, const u8 *key, unsigned int len)
{
	u8 buf[TEST_AUTHENC_HEADER + MAX_KEY_SIZE];

	return crypto_aead_setkey(aead, buf, test_authenc_key(buf, key, len));
}

static void service_test_aeads(struct kunit *test)
{
	const u8 *key = new_key(test);
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(aeads); i++) {
		struct crypto_aead *aead = crypto_alloc_aead(aeads[i].name, 0, 0);
		struct crypto_tfm *tfm;

		KUNIT_ASSERT_NOT_ERR_OR_NULL_MSG(test, aead, "%s", aeads[i].name);
		add_action(test, free_aead, aead);
		tfm = crypto_aead_tfm(aead);
		expect_approved(test, tfm, WOLFCRYPT_DECRYPT, 0, false);
		KUNIT_ASSERT_EQ(test, 0, aeads[i].authenc ?
				set_authenc_key(aead, key, aeads[i].key_len) :
				crypto_aead_setkey(aead, key, aeads[i].key_len));
		for (j = 0; aeads[i].tags[j]; j++) {
			unsigned int tag = aeads[i].tags[j];

			KUNIT_ASSERT_EQ(test, 0, crypto_aead_setauthsize(aead, tag));
			expect_approved(test, tfm, WOLFCRYPT_ENCRYPT, 33,
					aeads[i].encrypts && tag >= aeads[i].min_tag);
			expect_approved(test, tfm, WOLFCRYPT_DECRYPT, 33,
					tag >= aeads[i].min_tag);
		}
		expect_no_other_use(test, tfm, WOLFCRYPT_ENCRYPT, WOLFCRYPT_DECRYPT);
	}
}

static const struct {
	const char *name;
	bool keyed;
} hashes[] = {
	{ "sha1" }, { "sha224" }, { "sha256" }, { "sha384" }, { "sha512" },
	{ "sha3-224" }, { "sha3-256" }, { "sha3-384" }, { "sha3-512" },
	{ "hmac(sha1)", true }, { "hmac(sha224)", true }, { "hmac(sha256)", true },
	{ "hmac(sha384)", true }, { "hmac(sha512)", true }, { "cmac(aes)", true },
};

/* Both interfaces of the API lead to the same driver. */
static void service_test_hashes(struct kunit *test)
{
	const u8 *key = new_key(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hashes); i++) {
		struct crypto_shash *shash = crypto_alloc_shash(hashes[i].name, 0, 0);
		struct crypto_ahash *ahash = crypto_alloc_ahash(hashes[i].name, 0, 0);

		KUNIT_ASSERT_NOT_ERR_OR_NULL_MSG(test, shash, "%s", hashes[i].name);
		add_action(test, free_hash, shash);
		KUNIT_ASSERT_NOT_ERR_OR_NULL_MSG(test, ahash, "%s", hashes[i].name);
		add_action(test, free_ahash, ahash);
		if (hashes[i].keyed) {
			expect_approved(test, crypto_shash_tfm(shash), WOLFCRYPT_DIGEST,
					0, false);
			expect_approved(test, crypto_ahash_tfm(ahash), WOLFCRYPT_DIGEST,
					0, false);
			KUNIT_ASSERT_EQ(test, 0, crypto_shash_setkey(shash, key, 16));
			KUNIT_ASSERT_EQ(test, 0, crypto_ahash_setkey(ahash, key, 16));
		}
		expect_approved(test, crypto_shash_tfm(shash), WOLFCRYPT_DIGEST, 7, true);
		expect_approved(test, crypto_ahash_tfm(ahash), WOLFCRYPT_DIGEST, 7, true);
		expect_no_other_use(test, crypto_shash_tfm(shash), WOLFCRYPT_DIGEST,
				    WOLFCRYPT_DIGEST);
	}
}

static void service_test_generators(struct kunit *test)
{
	static const char *const names[] = {
		"stdrng", "drbg_nopr_sha256-wolfcrypt", "drbg_pr_sha256-wolfcrypt",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		struct crypto_rng *rng = crypto_alloc_rng(names[i], 0, 0);

		KUNIT_ASSERT_NOT_ERR_OR_NULL_MSG(test, rng, "%s", names[i]);
		add_action(test, free_rng, rng);
		expect_approved(test, crypto_rng_tfm(rng), WOLFCRYPT_GENERATE, 0, true);
		expect_no_other_use(test, crypto_rng_tfm(rng), WOLFCRYPT_GENERATE,
				    WOLFCRYPT_GENERATE);
	}
}

/* Another driver, and a template around two of ours: this module can't tell. */
static void service_test_others(struct kunit *test)
{
	struct crypto_shash *crc = crypto_alloc_shash("crc32c", 0, 0);
	struct crypto_skcipher *rfc3686 = new_cipher(test, "rfc3686(ctr(aes))");

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, crc);
	add_action(test, free_hash, crc);
	expect_approved(test, crypto_shash_tfm(crc), WOLFCRYPT_DIGEST, 0, false);
	KUNIT_ASSERT_EQ(test, 0, crypto_skcipher_setkey(rfc3686, new_key(test), 20));
	expect_approved(test, crypto_skcipher_tfm(rfc3686), WOLFCRYPT_ENCRYPT, 0, false);
}

/* Many times the same page, for data units that are larger than a test may take. */
static void service_test_xts_length(struct kunit *test)
{
	const unsigned int max = XTS_BLOCK_SIZE << 20;
	struct crypto_skcipher *tfm = new_cipher(test, "xts(aes)");
	struct skcipher_request *req;
	u8 *page = test_page(test), iv[XTS_BLOCK_SIZE] = {};
	struct sg_table *table = kunit_kzalloc(test, sizeof(*table), GFP_KERNEL);
	struct scatterlist *sg;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, table);
	KUNIT_ASSERT_EQ(test, 0, sg_alloc_table(table, max / TEST_PAGE + 1, GFP_KERNEL));
	add_action(test, free_table, table);
	for_each_sgtable_sg(table, sg, i)
		sg_set_page(sg, vmalloc_to_page(page), TEST_PAGE, 0);

	req = kunit_kzalloc(test, sizeof(*req) + crypto_skcipher_reqsize(tfm), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, req);
	skcipher_request_set_tfm(req, tfm);
	KUNIT_ASSERT_EQ(test, 0, crypto_skcipher_setkey(tfm, new_key(test), 64));

	skcipher_request_set_crypt(req, table->sgl, table->sgl, max, iv);
	KUNIT_EXPECT_EQ(test, 0, crypto_skcipher_encrypt(req));
	KUNIT_EXPECT_EQ(test, 0, crypto_skcipher_decrypt(req));
	skcipher_request_set_crypt(req, table->sgl, table->sgl, max + 1, iv);
	KUNIT_EXPECT_EQ(test, fips_enabled ? -EINVAL : 0, crypto_skcipher_encrypt(req));
	KUNIT_EXPECT_EQ(test, fips_enabled ? -EINVAL : 0, crypto_skcipher_decrypt(req));
}

static int service_suite_init(struct kunit_suite *suite)
{
	if (wolfcrypt_state() == WOLFCRYPT_OPERATIONAL)
		return 0;
	kunit_err(suite, "the drivers are not registered\n");
	return -ENODEV;
}

static struct kunit_case service_cases[] = {
	KUNIT_CASE(service_test_ciphers),
	KUNIT_CASE(service_test_single_blocks),
	KUNIT_CASE(service_test_aeads),
	KUNIT_CASE(service_test_hashes),
	KUNIT_CASE(service_test_generators),
	KUNIT_CASE(service_test_others),
	KUNIT_CASE(service_test_xts_length),
	{}
};

static struct kunit_suite service_suite = {
	.name		= "wolfcrypt_service",
	.suite_init	= service_suite_init,
	.test_cases	= service_cases,
};

kunit_test_suite(service_suite);
