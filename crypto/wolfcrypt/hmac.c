// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * HMAC (FIPS 198-1) with SHA-1 and SHA-2. The descriptor holds the state of the
 * inner hash and nothing else: an exported state has the format of the kernel's
 * own template.
 */

#include <crypto/hmac.h>
#include <crypto/internal/hash.h>
#include <linux/fips.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>

#include "internal.h"
#include "sha.h"

/* SP 800-131A revision 2 section 10: shorter keys are disallowed. */
#define HMAC_FIPS_MIN_KEYLEN	(112 / 8)

#define HMAC_PAD(_value)	((_value) * 0x0101010101010101ULL)

/**
 * wolfcrypt_hmac_check_keylen() - may a key of this length be set?
 * @keylen: the length, in bytes
 *
 * Return: 0, or -EINVAL if fips=1 is set and the key is shorter than 112 bits.
 */
int wolfcrypt_hmac_check_keylen(unsigned int keylen)
{
	if (fips_enabled && keylen < HMAC_FIPS_MIN_KEYLEN)
		return -EINVAL;
	return 0;
}

/* @k0 is left as K0 ^ opad. */
static void hmac_absorb_key(const struct wolfcrypt_hash *hash,
			    const struct wolfcrypt_sha_impl *impl,
			    struct wolfcrypt_hmac_key *hk, u64 *k0)
{
	unsigned int words = hash->block_size / sizeof(*k0);
	unsigned int i;

	for (i = 0; i < words; i++)
		k0[i] ^= HMAC_PAD(HMAC_IPAD_VALUE);
	impl->blocks(hk->inner, (const u8 *)k0, 1);

	for (i = 0; i < words; i++)
		k0[i] ^= HMAC_PAD(HMAC_IPAD_VALUE ^ HMAC_OPAD_VALUE);
	impl->blocks(hk->outer, (const u8 *)k0, 1);
}

/**
 * wolfcrypt_hmac_expand_key() - FIPS 198-1 table 1, what depends on the key alone
 * @hash: the hash function
 * @impl: one of @hash->impls that this CPU can run
 * @hk: the expanded key
 * @key: the key
 * @keylen: its length, which is not checked
 *
 * These are the steps 1 to 4 and 7, and the first blocks of 6 and 9. The inner hash
 * then starts from @hk->inner, a block on.
 *
 * Context: any in which @impl may run.
 */
void wolfcrypt_hmac_expand_key(const struct wolfcrypt_hash *hash,
			       const struct wolfcrypt_sha_impl *impl,
			       struct wolfcrypt_hmac_key *hk,
			       const u8 *key, unsigned int keylen)
{
	u64 k0[SHA512_BLOCK_SIZE / sizeof(u64)] = {};
	struct wolfcrypt_hmac_key new;

	if (keylen > hash->block_size)
		wolfcrypt_sha_digest_with(hash, impl, key, keylen, (u8 *)k0);
	else
		memcpy(k0, key, keylen);

	/* At no time is there in @hk what no key has gone into. */
	memcpy(new.inner, hash->iv, hash->chain_size);
	memcpy(new.outer, hash->iv, hash->chain_size);
	wolfcrypt_run(impl, hmac_absorb_key(hash, impl, &new, k0));
	memcpy(hk->inner, new.inner, hash->chain_size);
	memcpy(hk->outer, new.outer, hash->chain_size);
	memzero_explicit(&new, sizeof(new));
	memzero_explicit(k0, sizeof(k0));
}

/**
 * wolfcrypt_hmac_finish() - the MAC, from the inner hash
 * @hash: the hash function
 * @impl: one of @hash->impls that this CPU can run
 * @hk: the expanded key
 * @state: the inner hash, complete but for its padding; wiped
 * @out: the whole MAC, of @hash->digest_size bytes
 *
 * Context: any in which @impl may run.
 */
void wolfcrypt_hmac_finish(const struct wolfcrypt_hash *hash,
			   const struct wolfcrypt_sha_impl *impl,
			   const struct wolfcrypt_hmac_key *hk, void *state,
			   u8 *out)
{
	u8 inner[SHA512_DIGEST_SIZE];

	wolfcrypt_hash_final(hash, impl, state, inner);
	wolfcrypt_hash_start(hash, state, hk->outer, hash->block_size);
	wolfcrypt_hash_update(hash, impl, state, inner, hash->digest_size);
	wolfcrypt_hash_final(hash, impl, state, out);
	memzero_explicit(inner, sizeof(inner));
}

/**
 * wolfcrypt_hmac_digest_with() - HMAC of a message on a given implementation
 * @hash: the hash function
 * @impl: one of @hash->impls that this CPU can run
 * @key: the key
 * @keylen: its length, which is not checked
 * @data: the message
 * @len: its length
 * @out: the whole MAC, of @hash->digest_size bytes
 *
 * Context: any in which @impl may run.
 */
void wolfcrypt_hmac_digest_with(const struct wolfcrypt_hash *hash,
				const struct wolfcrypt_sha_impl *impl,
				const u8 *key, unsigned int keylen,
				const u8 *data, unsigned int len, u8 *out)
{
	union wolfcrypt_hash_state state;
	struct wolfcrypt_hmac_key hk;

	wolfcrypt_hmac_expand_key(hash, impl, &hk, key, keylen);
	wolfcrypt_hash_start(hash, &state, hk.inner, hash->block_size);
	wolfcrypt_hash_update(hash, impl, &state, data, len);
	wolfcrypt_hmac_finish(hash, impl, &hk, &state, out);
	memzero_explicit(&hk, sizeof(hk));
}

static struct shash_alg hmac_algs[WOLFCRYPT_HASHES];

/* hmac_algs[] runs parallel to wolfcrypt_hashes[]. */
static const struct wolfcrypt_hash *hmac_hash(struct crypto_shash *tfm)
{
	return &wolfcrypt_hashes[crypto_shash_alg(tfm) - hmac_algs];
}

static int hmac_setkey(struct crypto_shash *tfm, const u8 *key,
		       unsigned int keylen)
{
	const struct wolfcrypt_hash *hash = hmac_hash(tfm);
	int err;

	err = wolfcrypt_hmac_check_keylen(keylen);
	if (err)
		return err;

	wolfcrypt_hmac_expand_key(hash, wolfcrypt_hash_pick(hash),
				  crypto_shash_ctx(tfm), key, keylen);
	return 0;
}

static int hmac_init(struct shash_desc *desc)
{
	const struct wolfcrypt_hmac_key *hk = crypto_shash_ctx(desc->tfm);
	const struct wolfcrypt_hash *hash = hmac_hash(desc->tfm);

	wolfcrypt_hash_start(hash, shash_desc_ctx(desc), hk->inner,
			     hash->block_size);
	return 0;
}

static int hmac_update(struct shash_desc *desc, const u8 *data,
		       unsigned int len)
{
	const struct wolfcrypt_hash *hash = hmac_hash(desc->tfm);

	wolfcrypt_hash_update(hash, wolfcrypt_hash_pick(hash),
			      shash_desc_ctx(desc), data, len);
	return 0;
}

static void hmac_finish(const struct wolfcrypt_hash *hash,
			const struct wolfcrypt_sha_impl *impl,
			const struct wolfcrypt_hmac_key *hk, void *state,
			const u8 *data, unsigned int len, u8 *out)
{
	wolfcrypt_hash_update(hash, impl, state, data, len);
	wolfcrypt_hmac_finish(hash, impl, hk, state, out);
}

/* As sha_finup() */
static int hmac_finup(struct shash_desc *desc, const u8 *data,
		      unsigned int len, u8 *out)
{
	const struct wolfcrypt_hmac_key *hk = crypto_shash_ctx(desc->tfm);
	const struct wolfcrypt_hash *hash = hmac_hash(desc->tfm);
	const struct wolfcrypt_sha_impl *impl = wolfcrypt_hash_pick(hash);
	struct wolfcrypt_sha_impl inside = wolfcrypt_sha_in_section(impl);
	void *state = shash_desc_ctx(desc);

	wolfcrypt_count(WOLFCRYPT_DRIVER_HMAC + (hash - wolfcrypt_hashes));
	if (len > WOLFCRYPT_FPU_CHUNK) {
		wolfcrypt_hash_update(hash, impl, state, data, len);
		len = 0;
	}
	wolfcrypt_run(impl, hmac_finish(hash, &inside, hk, state, data, len,
					out));
	return 0;
}

static int hmac_final(struct shash_desc *desc, u8 *out)
{
	return hmac_finup(desc, NULL, 0, out);
}

static int hmac_digest(struct shash_desc *desc, const u8 *data,
		       unsigned int len, u8 *out)
{
	return hmac_init(desc) ?: hmac_finup(desc, data, len, out);
}

/* The core marks the clone as keyed if the original is, so copy the key. */
static int hmac_clone_tfm(struct crypto_shash *dst, struct crypto_shash *src)
{
	memcpy(crypto_shash_ctx(dst), crypto_shash_ctx(src),
	       sizeof(struct wolfcrypt_hmac_key));
	return 0;
}

static struct shash_alg hmac_algs[WOLFCRYPT_HASHES] = {
	[0 ... WOLFCRYPT_HASHES - 1] = {
		.setkey = hmac_setkey,
		.init = hmac_init,
		.update = hmac_update,
		.final = hmac_final,
		.finup = hmac_finup,
		.digest = hmac_digest,
		.clone_tfm = hmac_clone_tfm,
		.base.cra_ctxsize = sizeof(struct wolfcrypt_hmac_key),
	},
};

int wolfcrypt_hmac_register(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < WOLFCRYPT_HASHES; i++) {
		const struct wolfcrypt_hash *hash = &wolfcrypt_hashes[i];
		struct crypto_alg *base = &hmac_algs[i].base;

		wolfcrypt_hash_alg_init(&hmac_algs[i], hash);
		snprintf(base->cra_name, sizeof(base->cra_name), "hmac(%s)",
			 hash->name);
		snprintf(base->cra_driver_name, sizeof(base->cra_driver_name),
			 "hmac-%s-wolfcrypt", hash->name);
		err = wolfcrypt_alg_init(base, (*hash->best)->name,
					 WOLFCRYPT_DRIVER_HMAC + i);
		if (err)
			return err;
	}
	return crypto_register_shashes(hmac_algs, WOLFCRYPT_HASHES);
}

void wolfcrypt_hmac_unregister(void)
{
	crypto_unregister_shashes(hmac_algs, WOLFCRYPT_HASHES);
}

void wolfcrypt_hmac_refuse(void)
{
	wolfcrypt_refuse_shashes(hmac_algs, WOLFCRYPT_HASHES);
}

MODULE_ALIAS_CRYPTO("hmac(sha1)");
MODULE_ALIAS_CRYPTO("hmac(sha224)");
MODULE_ALIAS_CRYPTO("hmac(sha256)");
MODULE_ALIAS_CRYPTO("hmac(sha384)");
MODULE_ALIAS_CRYPTO("hmac(sha512)");
