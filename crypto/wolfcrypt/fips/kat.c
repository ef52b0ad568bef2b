// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Known-answer tests: how each algorithm, in each direction, is run on one
 * implementation. Modes that the drivers make of an implementation's functions
 * are run through the code that the drivers use. Inputs and answers are in
 * vectors.h.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <crypto/aes.h>
#include <crypto/algapi.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "../aead.h"
#include "../aes.h"
#include "../cmac.h"
#include "../drbg.h"
#include "../gcm.h"
#include "../internal.h"
#include "../sha.h"
#include "../sha3.h"
#include "../skcipher.h"
#include "selftest.h"

/**
 * struct wolfcrypt_kat_vector - the input and the answer of one test
 * @name: the test's name
 * @key: the key, if there is one, as the driver takes it
 * @iv: IV, counter block or number of the data unit, likewise
 * @aad: associated data, likewise
 * @in: the message: plaintext, or ciphertext with its tag
 * @out: the answer
 * @key_len: bytes of @key
 * @iv_len: bytes of @iv
 * @aad_len: bytes of @aad
 * @in_len: bytes of @in
 * @out_len: bytes of @out; 0 if @in is to be rejected as not authentic
 */
struct wolfcrypt_kat_vector {
	const char *name;
	const u8 *key;
	const u8 *iv;
	const u8 *aad;
	const u8 *in;
	const u8 *out;
	unsigned int key_len;
	unsigned int iv_len;
	unsigned int aad_len;
	unsigned int in_len;
	unsigned int out_len;
};

#include "vectors.h"

#define KAT_MAX_LEN	1280
#define KAT_TAG_SIZE	AES_BLOCK_SIZE

/* Where the tests compute, one at a time: it would be much for the stack. */
static struct kat_work {
	struct wolfcrypt_aes_key key;
	struct wolfcrypt_aes_key tweak_key;
	struct wolfcrypt_cmac_key cmac_key;
	struct wolfcrypt_gcm_key gcm_key;
	struct wolfcrypt_cmac_state cmac;
	struct wolfcrypt_drbg drbg;
	u8 iv[AES_BLOCK_SIZE] __aligned(16);
	u8 in[KAT_MAX_LEN];
	u8 out[KAT_MAX_LEN];
} kat_work;

/**
 * struct wolfcrypt_kat - a test, whatever the implementation
 * @name: algorithm, key size where it matters, direction
 * @run: compute on @impl from @v and the copy of its input in @w to @w->out;
 *	 returns 0, or -EBADMSG if the input is not authentic
 * @hash: the hash function; for hashes, HMAC and the DRBG only
 * @fn: where in struct wolfcrypt_aes_impl the mode's function is; for modes
 *	that are such a function only
 * @crypt: encrypt or decrypt the first @len bytes of the message, and compute
 *	   the tag; for AEADs only
 * @enc: the direction; for AEADs, CTS and XTS only
 */
struct wolfcrypt_kat {
	const char *name;
	int (*run)(const struct wolfcrypt_kat *kat, const void *impl,
		   const struct wolfcrypt_kat_vector *v, struct kat_work *w);
	enum wolfcrypt_hash_id hash;
	size_t fn;
	int (*crypt)(const void *impl, const struct wolfcrypt_kat_vector *v,
		     struct kat_work *w, unsigned int len, bool enc, u8 *tag);
	bool enc;
};

static int kat_sha(const struct wolfcrypt_kat *kat, const void *impl,
		   const struct wolfcrypt_kat_vector *v, struct kat_work *w)
{
	wolfcrypt_sha_digest_with(&wolfcrypt_hashes[kat->hash], impl, w->in,
				  v->in_len, w->out);
	return 0;
}

/* The size of the digest tells the function. */
static int kat_sha3(const struct wolfcrypt_kat *kat, const void *impl,
		    const struct wolfcrypt_kat_vector *v, struct kat_work *w)
{
	wolfcrypt_sha3_digest_with(impl, w->in, v->in_len, w->out, v->out_len);
	return 0;
}

static int kat_hmac(const struct wolfcrypt_kat *kat, const void *impl,
		    const struct wolfcrypt_kat_vector *v, struct kat_work *w)
{
	wolfcrypt_hmac_digest_with(&wolfcrypt_hashes[kat->hash], impl, v->key,
				   v->key_len, w->in, v->in_len, w->out);
	return 0;
}

/* The seed is the input, which the other two tests of the DRBG have as their key. */
static int kat_drbg_instantiate(const struct wolfcrypt_kat *kat,
				const void *impl,
				const struct wolfcrypt_kat_vector *v,
				struct kat_work *w)
{
	wolfcrypt_drbg_instantiate(&w->drbg, impl, w->in, v->in_len, v->aad,
				   v->aad_len);
	wolfcrypt_drbg_generate(&w->drbg, impl, NULL, 0, w->out, v->out_len);
	return 0;
}

/* The second request shows what the first one has made of the state. */
static int kat_drbg_generate(const struct wolfcrypt_kat *kat, const void *impl,
			     const struct wolfcrypt_kat_vector *v,
			     struct kat_work *w)
{
	wolfcrypt_drbg_instantiate(&w->drbg, impl, v->key, v->key_len, NULL, 0);
	wolfcrypt_drbg_generate(&w->drbg, impl, w->in, v->in_len, w->out,
				v->out_len);
	wolfcrypt_drbg_generate(&w->drbg, impl, w->in, v->in_len, w->out,
				v->out_len);
	return 0;
}

static int kat_drbg_reseed(const struct wolfcrypt_kat *kat, const void *impl,
			   const struct wolfcrypt_kat_vector *v,
			   struct kat_work *w)
{
	wolfcrypt_drbg_instantiate(&w->drbg, impl, v->key, v->key_len, NULL, 0);
	wolfcrypt_drbg_reseed(&w->drbg, impl, w->in, v->in_len, v->aad,
			      v->aad_len);
	wolfcrypt_drbg_generate(&w->drbg, impl, NULL, 0, w->out, v->out_len);
	return 0;
}

static void kat_expand_key(const struct wolfcrypt_aes_impl *impl,
			   struct wolfcrypt_aes_key *key, const u8 *in_key,
			   unsigned int len)
{
	wolfcrypt_run(impl, impl->expand_key(key, in_key, len));
}

/* Both schedules, one after the other. */
static int kat_key(const struct wolfcrypt_kat *kat, const void *impl,
		   const struct wolfcrypt_kat_vector *v, struct kat_work *w)
{
	unsigned int len = (v->in_len / 4 + 7) * AES_BLOCK_SIZE;

	kat_expand_key(impl, &w->key, w->in, v->in_len);
	memcpy(w->out, w->key.enc, len);
	memcpy(w->out + len, w->key.dec, len);
	return 0;
}

static wolfcrypt_aes_fn *kat_fn(const struct wolfcrypt_kat *kat,
				const struct wolfcrypt_aes_impl *impl)
{
	return *(wolfcrypt_aes_fn *const *)((const void *)impl + kat->fn);
}

/* Whole blocks in any mode that @impl has; more only where the mode allows. */
static int kat_aes(const struct wolfcrypt_kat *kat, const void *_impl,
		   const struct wolfcrypt_kat_vector *v, struct kat_work *w)
{
	const struct wolfcrypt_aes_impl *impl = _impl;

	kat_expand_key(impl, &w->key, v->key, v->key_len);
	wolfcrypt_run(impl, wolfcrypt_stream(impl, kat_fn(kat, impl), &w->key,
					     w->out, w->in, v->in_len, w->iv));
	return 0;
}

static int kat_cts(const struct wolfcrypt_kat *kat, const void *_impl,
		   const struct wolfcrypt_kat_vector *v, struct kat_work *w)
{
	const struct wolfcrypt_aes_impl *impl = _impl;

	kat_expand_key(impl, &w->key, v->key, v->key_len);
	wolfcrypt_run(impl, wolfcrypt_cts(impl, &w->key, w->out, w->in,
					  v->in_len, w->iv, kat->enc));
	return 0;
}

static int kat_xts(const struct wolfcrypt_kat *kat, const void *_impl,
		   const struct wolfcrypt_kat_vector *v, struct kat_work *w)
{
	const struct wolfcrypt_aes_impl *impl = _impl;
	unsigned int half = v->key_len / 2;

	kat_expand_key(impl, &w->key, v->key, half);
	kat_expand_key(impl, &w->tweak_key, v->key + half, half);
	wolfcrypt_run(impl, impl->ecb_enc(&w->tweak_key, w->iv, w->iv,
					  AES_BLOCK_SIZE, NULL));
	wolfcrypt_run(impl, wolfcrypt_xts(impl, &w->key, w->out, w->in,
					  v->in_len, w->iv, kat->enc));
	return 0;
}

static int kat_cmac(const struct wolfcrypt_kat *kat, const void *impl,
		    const struct wolfcrypt_kat_vector *v, struct kat_work *w)
{
	kat_expand_key(impl, &w->cmac_key.aes, v->key, v->key_len);
	wolfcrypt_cmac_subkeys(&w->cmac_key, impl);
	memset(&w->cmac, 0, sizeof(w->cmac));
	wolfcrypt_cmac_update(impl, &w->cmac_key, &w->cmac, w->in, v->in_len);
	wolfcrypt_cmac_final(impl, &w->cmac_key, &w->cmac, w->out);
	return 0;
}

/*
 * A GCM implementation works from a key that AES has expanded: the one that
 * will do it for the drivers. The powers of H may be made by the C code, too:
 * decryption is tested with those.
 */
static int kat_gcm_key(const struct wolfcrypt_gcm_impl *impl,
		       const u8 *key, unsigned int len, struct kat_work *w,
		       bool enc)
{
	const struct wolfcrypt_gcm_impl *by = enc ? impl : &wolfcrypt_gcm_c;
	int err;

	err = wolfcrypt_aes_setkey(&w->gcm_key.aes, key, len);
	if (err)
		return err;
	if (impl->powers)
		wolfcrypt_run(by, by->expand(&w->gcm_key));
	return 0;
}

static int kat_gcm(const void *impl, const struct wolfcrypt_kat_vector *v,
		   struct kat_work *w, unsigned int len, bool enc, u8 *tag)
{
	int err;

	err = kat_gcm_key(impl, v->key, v->key_len, w, enc);
	if (err)
		return err;

	wolfcrypt_gcm_crypt_with(impl, &w->gcm_key, w->iv, v->aad, v->aad_len,
				 w->out, w->in, len, enc, tag);
	return 0;
}

static int kat_ccm(const void *impl, const struct wolfcrypt_kat_vector *v,
		   struct kat_work *w, unsigned int len, bool enc, u8 *tag)
{
	kat_expand_key(impl, &w->key, v->key, v->key_len);
	return wolfcrypt_ccm_crypt_with(impl, &w->key, w->iv, v->aad,
					v->aad_len, w->out, w->in, len, enc,
					tag);
}

/* What of a vector for rfc4106 or rfc4309 is one for GCM or CCM. */
static int kat_esp(struct wolfcrypt_kat_vector *v, u8 *salt,
		   unsigned int salt_size)
{
	int key_len = wolfcrypt_esp_split_key(v->key, v->key_len, salt,
					      salt_size);
	int aad_len = wolfcrypt_esp_aad_len(v->aad_len);

	if (key_len < 0 || aes_check_keylen(key_len) || aad_len < 0)
		return -EINVAL;

	v->key_len = key_len;
	v->aad_len = aad_len;
	return 0;
}

static int kat_rfc4106(const void *impl, const struct wolfcrypt_kat_vector *v,
		       struct kat_work *w, unsigned int len, bool enc, u8 *tag)
{
	struct wolfcrypt_kat_vector gcm = *v;
	u8 salt[WOLFCRYPT_RFC4106_SALT_SIZE];
	int err;

	err = kat_esp(&gcm, salt, sizeof(salt));
	if (err)
		return err;

	wolfcrypt_rfc4106_iv(w->iv, salt, v->iv);
	return kat_gcm(impl, &gcm, w, len, enc, tag);
}

static int kat_rfc4543(const void *impl, const struct wolfcrypt_kat_vector *v,
		       struct kat_work *w, unsigned int len, bool enc, u8 *tag)
{
	u8 salt[WOLFCRYPT_RFC4106_SALT_SIZE];
	int key_len, err;

	key_len = wolfcrypt_esp_split_key(v->key, v->key_len, salt,
					  sizeof(salt));
	err = kat_gcm_key(impl, v->key, key_len, w, enc);
	if (err)
		return err;

	wolfcrypt_rfc4106_iv(w->iv, salt, v->iv);
	wolfcrypt_gmac_with(impl, &w->gcm_key, w->iv, v->aad, v->aad_len,
			    w->out, w->in, len, tag);
	return 0;
}

static int kat_rfc4309(const void *impl, const struct wolfcrypt_kat_vector *v,
		       struct kat_work *w, unsigned int len, bool enc, u8 *tag)
{
	struct wolfcrypt_kat_vector ccm = *v;
	u8 salt[WOLFCRYPT_RFC4309_SALT_SIZE];
	int err;

	err = kat_esp(&ccm, salt, sizeof(salt));
	if (err)
		return err;

	wolfcrypt_rfc4309_iv(w->iv, salt, v->iv);
	return kat_ccm(impl, &ccm, w, len, enc, tag);
}

/* Ciphertext goes with the tag after it. */
static int kat_aead(const struct wolfcrypt_kat *kat, const void *impl,
		    const struct wolfcrypt_kat_vector *v, struct kat_work *w)
{
	unsigned int len = kat->enc ? v->in_len : v->in_len - KAT_TAG_SIZE;
	u8 tag[KAT_TAG_SIZE];
	int err;

	err = kat->crypt(impl, v, w, len, kat->enc, tag);
	if (err)
		return err;

	if (!kat->enc)
		return crypto_memneq(tag, w->in + len, KAT_TAG_SIZE) ?
		       -EBADMSG : 0;
	memcpy(w->out + len, tag, KAT_TAG_SIZE);
	return 0;
}

#define KAT_AES(_name, _fn)						\
	{ .name = _name, .run = kat_aes,					\
	  .fn = offsetof(struct wolfcrypt_aes_impl, _fn) }

#define KAT_AEAD(_name, _crypt, _enc)					\
	{ .name = _name, .run = kat_aead, .crypt = _crypt, .enc = _enc }

static const struct wolfcrypt_kat hash_kats[] = {
	{ .name = "sha1", .run = kat_sha, .hash = WOLFCRYPT_SHA1 },
	{ .name = "hmac-sha1", .run = kat_hmac, .hash = WOLFCRYPT_SHA1 },
	{ .name = "sha224", .run = kat_sha, .hash = WOLFCRYPT_SHA224 },
	{ .name = "hmac-sha224", .run = kat_hmac, .hash = WOLFCRYPT_SHA224 },
	{ .name = "sha256", .run = kat_sha, .hash = WOLFCRYPT_SHA256 },
	{ .name = "hmac-sha256", .run = kat_hmac, .hash = WOLFCRYPT_SHA256 },
	{ .name = "sha384", .run = kat_sha, .hash = WOLFCRYPT_SHA384 },
	{ .name = "hmac-sha384", .run = kat_hmac, .hash = WOLFCRYPT_SHA384 },
	{ .name = "sha512", .run = kat_sha, .hash = WOLFCRYPT_SHA512 },
	{ .name = "hmac-sha512", .run = kat_hmac, .hash = WOLFCRYPT_SHA512 },
};

static const struct wolfcrypt_kat sha3_kats[] = {
	{ .name = "sha3-224", .run = kat_sha3 },
	{ .name = "sha3-256", .run = kat_sha3 },
	{ .name = "sha3-384", .run = kat_sha3 },
	{ .name = "sha3-512", .run = kat_sha3 },
};

/* NIST SP 800-90A section 11.3. */
static const struct wolfcrypt_kat drbg_kats[] = {
	{ .name = "drbg-sha256-instantiate", .run = kat_drbg_instantiate,
	  .hash = WOLFCRYPT_SHA256 },
	{ .name = "drbg-sha256-generate", .run = kat_drbg_generate,
	  .hash = WOLFCRYPT_SHA256 },
	{ .name = "drbg-sha256-reseed", .run = kat_drbg_reseed,
	  .hash = WOLFCRYPT_SHA256 },
};

/* In the "reject" tests the last bit of the tag is wrong. */
static const struct wolfcrypt_kat aes_kats[] = {
	{ .name = "key-aes-128", .run = kat_key },
	{ .name = "key-aes-192", .run = kat_key },
	{ .name = "key-aes-256", .run = kat_key },
	KAT_AES("ecb-aes-128-encrypt", ecb_enc),
	KAT_AES("ecb-aes-128-decrypt", ecb_dec),
	KAT_AES("ecb-aes-192-encrypt", ecb_enc),
	KAT_AES("ecb-aes-192-decrypt", ecb_dec),
	KAT_AES("ecb-aes-256-encrypt", ecb_enc),
	KAT_AES("ecb-aes-256-decrypt", ecb_dec),
	KAT_AES("cbc-aes-encrypt", cbc_enc),
	KAT_AES("cbc-aes-decrypt", cbc_dec),
	{ .name = "cts-cbc-aes-encrypt", .run = kat_cts, .enc = true },
	{ .name = "cts-cbc-aes-decrypt", .run = kat_cts },
	KAT_AES("cfb-aes-encrypt", cfb_enc),
	KAT_AES("cfb-aes-decrypt", cfb_dec),
	KAT_AES("ofb-aes-encrypt", ofb),
	KAT_AES("ofb-aes-decrypt", ofb),
	KAT_AES("ctr-aes-encrypt", ctr),
	KAT_AES("ctr-aes-decrypt", ctr),
	{ .name = "xts-aes-128-encrypt", .run = kat_xts, .enc = true },
	{ .name = "xts-aes-128-decrypt", .run = kat_xts },
	{ .name = "xts-aes-256-encrypt", .run = kat_xts, .enc = true },
	{ .name = "xts-aes-256-decrypt", .run = kat_xts },
	{ .name = "cmac-aes", .run = kat_cmac },
	KAT_AEAD("ccm-aes-encrypt", kat_ccm, true),
	KAT_AEAD("ccm-aes-decrypt", kat_ccm, false),
	KAT_AEAD("ccm-aes-reject", kat_ccm, false),
	KAT_AEAD("rfc4309-ccm-aes-encrypt", kat_rfc4309, true),
	KAT_AEAD("rfc4309-ccm-aes-decrypt", kat_rfc4309, false),
	KAT_AEAD("rfc4309-ccm-aes-reject", kat_rfc4309, false),
};

static const struct wolfcrypt_kat gcm_kats[] = {
	KAT_AEAD("gcm-aes-encrypt", kat_gcm, true),
	KAT_AEAD("gcm-aes-decrypt", kat_gcm, false),
	KAT_AEAD("gcm-aes-reject", kat_gcm, false),
	KAT_AEAD("rfc4106-gcm-aes-encrypt", kat_rfc4106, true),
	KAT_AEAD("rfc4106-gcm-aes-decrypt", kat_rfc4106, false),
	KAT_AEAD("rfc4106-gcm-aes-reject", kat_rfc4106, false),
	KAT_AEAD("rfc4543-gcm-aes-encrypt", kat_rfc4543, true),
	KAT_AEAD("rfc4543-gcm-aes-decrypt", kat_rfc4543, false),
	KAT_AEAD("rfc4543-gcm-aes-reject", kat_rfc4543, false),
};

static const struct wolfcrypt_kat_vector *kat_vector(const char *name)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(wolfcrypt_kat_vectors); i++) {
		if (!strcmp(wolfcrypt_kat_vectors[i].name, name))
			return &wolfcrypt_kat_vectors[i];
	}
	return NULL;
}

static int kat_add(const struct wolfcrypt_kat *kat, const void *impl,
		   const char *impl_name)
{
	struct wolfcrypt_selftest *test;
	char name[sizeof(test->name)];

	snprintf(name, sizeof(name), "%s-%s", kat->name,
		 *impl_name ? impl_name : "c");
	test = wolfcrypt_selftest_add(name, wolfcrypt_kat_run);
	if (!test)
		return -ENOMEM;

	test->kat = kat;
	test->impl = impl;
	test->vector = kat_vector(test->name);
	return 0;
}

/* One for each implementation that this CPU can run; the tables are of many types. */
#define kat_add_usable(_kat, _impls)					\
({									\
	typeof((_impls)[0]) const *__i = (_impls);			\
	int __err = 0;							\
									\
	for (; *__i && !__err; __i++) {					\
		if (!(*__i)->usable || (*__i)->usable())		\
			__err = kat_add(_kat, *__i, (*__i)->name);	\
	}								\
	__err;								\
})

static int kat_add_hash(const struct wolfcrypt_kat *kat)
{
	return kat_add_usable(kat, wolfcrypt_hashes[kat->hash].impls);
}

/**
 * wolfcrypt_kat_add_all() - put all tests on the list of self-tests
 *
 * Hash and HMAC come first.
 *
 * Return: 0 or -ENOMEM.
 */
int wolfcrypt_kat_add_all(void)
{
	int i, err = 0;

	for (i = 0; i < ARRAY_SIZE(hash_kats) && !err; i++)
		err = kat_add_hash(&hash_kats[i]);
	for (i = 0; i < ARRAY_SIZE(sha3_kats) && !err; i++)
		err = kat_add_usable(&sha3_kats[i], wolfcrypt_sha3_impls);
	for (i = 0; i < ARRAY_SIZE(drbg_kats) && !err; i++)
		err = kat_add_hash(&drbg_kats[i]);
	for (i = 0; i < ARRAY_SIZE(aes_kats) && !err; i++)
		err = kat_add_usable(&aes_kats[i], wolfcrypt_aes_impls);
	for (i = 0; i < ARRAY_SIZE(gcm_kats) && !err; i++)
		err = kat_add_usable(&gcm_kats[i], wolfcrypt_gcm_impls);
	return err;
}

/**
 * wolfcrypt_kat_run_for_integrity() - test what the integrity test rests on
 *
 * That is SHA-256 and HMAC in portable C: their tests of the list, which is not made
 * yet. They are run again with the others. If one fails, the integrity test is what
 * fails later, and the log tells why.
 *
 * Context: the boot CPU, at the start of the boot; or the module's init function.
 * Return: did both pass?
 */
bool wolfcrypt_kat_run_for_integrity(void)
{
	struct wolfcrypt_selftest test = { .impl = &wolfcrypt_sha256_c };
	unsigned int passed = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(hash_kats); i++) {
		test.kat = &hash_kats[i];
		if (test.kat->hash != WOLFCRYPT_SHA256)
			continue;
		snprintf(test.name, sizeof(test.name), "%s-c", test.kat->name);
		test.vector = kat_vector(test.name);
		if (wolfcrypt_kat_run(&test))
			passed++;
		else
			pr_emerg("self-test %s failed, on which that of integrity rests\n",
				 test.name);
	}
	return passed == 2;
}

/**
 * wolfcrypt_kat_run() - run one test
 * @test: the test
 *
 * An implementation that has no vector fails, as it must not be used.
 *
 * Context: process context. One test at a time.
 * Return: did the implementation give the right answer?
 */
bool wolfcrypt_kat_run(const struct wolfcrypt_selftest *test)
{
	const struct wolfcrypt_kat_vector *v = test->vector;
	struct kat_work *w = &kat_work;
	int ret;

	if (!v || v->in_len > KAT_MAX_LEN || v->out_len > KAT_MAX_LEN ||
	    v->iv_len > AES_BLOCK_SIZE)
		return false;

	memset(w, 0, sizeof(*w));
	memcpy(w->iv, v->iv, v->iv_len);
	memcpy(w->in, v->in, v->in_len);
	wolfcrypt_inject(test->name, w->in, v->in_len);

	ret = test->kat->run(test->kat, test->impl, v, w);
	if (!v->out_len)
		return ret == -EBADMSG;
	return !ret && !memcmp(w->out, v->out, v->out_len);
}
