// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SHA-1, SHA-224, SHA-256, SHA-384 and SHA-512 (FIPS 180-4). The five are rows
 * of one table, worked by one core that HMAC and the self-tests use as well.
 */

#include <crypto/internal/hash.h>
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "internal.h"
#include "sha.h"

const struct wolfcrypt_sha_impl *const wolfcrypt_sha1_impls[] = {
#if IS_ENABLED(CONFIG_CRYPTO_WOLFCRYPT_X86)
	&wolfcrypt_sha1_ni,
#endif
	&wolfcrypt_sha1_c,
	NULL
};

const struct wolfcrypt_sha_impl *const wolfcrypt_sha256_impls[] = {
#if IS_ENABLED(CONFIG_CRYPTO_WOLFCRYPT_X86)
	&wolfcrypt_sha256_ni,
	&wolfcrypt_sha256_avx2,
	&wolfcrypt_sha256_avx,
#endif
	&wolfcrypt_sha256_c,
	NULL
};

const struct wolfcrypt_sha_impl *const wolfcrypt_sha512_impls[] = {
#if IS_ENABLED(CONFIG_CRYPTO_WOLFCRYPT_X86)
	&wolfcrypt_sha512_avx2,
	&wolfcrypt_sha512_avx,
#endif
	&wolfcrypt_sha512_c,
	NULL
};

const struct wolfcrypt_sha_impl *wolfcrypt_sha1 __ro_after_init;
const struct wolfcrypt_sha_impl *wolfcrypt_sha256 __ro_after_init;
const struct wolfcrypt_sha_impl *wolfcrypt_sha512 __ro_after_init;

static const u32 sha1_iv[] = {
	SHA1_H0, SHA1_H1, SHA1_H2, SHA1_H3, SHA1_H4,
};

static const u32 sha224_iv[] = {
	SHA224_H0, SHA224_H1, SHA224_H2, SHA224_H3,
	SHA224_H4, SHA224_H5, SHA224_H6, SHA224_H7,
};

static const u32 sha256_iv[] = {
	SHA256_H0, SHA256_H1, SHA256_H2, SHA256_H3,
	SHA256_H4, SHA256_H5, SHA256_H6, SHA256_H7,
};

static const u64 sha384_iv[] = {
	SHA384_H0, SHA384_H1, SHA384_H2, SHA384_H3,
	SHA384_H4, SHA384_H5, SHA384_H6, SHA384_H7,
};

static const u64 sha512_iv[] = {
	SHA512_H0, SHA512_H1, SHA512_H2, SHA512_H3,
	SHA512_H4, SHA512_H5, SHA512_H6, SHA512_H7,
};

static_assert(WOLFCRYPT_DRIVER_SHA3 - WOLFCRYPT_DRIVER_SHA == WOLFCRYPT_HASHES);
static_assert(WOLFCRYPT_DRIVER_DRBG - WOLFCRYPT_DRIVER_HMAC == WOLFCRYPT_HASHES);

#define SHA1_LAYOUT					\
	.block_size = SHA1_BLOCK_SIZE,			\
	.chain_size = sizeof(sha1_iv),			\
	.state_size = sizeof(struct sha1_state),	\
	.count = offsetof(struct sha1_state, count),	\
	.buf = offsetof(struct sha1_state, buffer),	\
	.impls = wolfcrypt_sha1_impls,			\
	.best = &wolfcrypt_sha1,			\
	.portable = &wolfcrypt_sha1_c

#define SHA256_LAYOUT					\
	.block_size = SHA256_BLOCK_SIZE,		\
	.chain_size = sizeof(sha256_iv),		\
	.state_size = sizeof(struct sha256_state),	\
	.count = offsetof(struct sha256_state, count),	\
	.buf = offsetof(struct sha256_state, buf),	\
	.impls = wolfcrypt_sha256_impls,		\
	.best = &wolfcrypt_sha256,			\
	.portable = &wolfcrypt_sha256_c

#define SHA512_LAYOUT					\
	.block_size = SHA512_BLOCK_SIZE,		\
	.chain_size = sizeof(sha512_iv),		\
	.state_size = sizeof(struct sha512_state),	\
	.count = offsetof(struct sha512_state, count),	\
	.buf = offsetof(struct sha512_state, buf),	\
	.impls = wolfcrypt_sha512_impls,		\
	.best = &wolfcrypt_sha512,			\
	.portable = &wolfcrypt_sha512_c

const struct wolfcrypt_hash wolfcrypt_hashes[WOLFCRYPT_HASHES] = {
	[WOLFCRYPT_SHA1] = {
		.name = "sha1",
		.digest_size = SHA1_DIGEST_SIZE,
		.iv = sha1_iv,
		SHA1_LAYOUT,
	},
	[WOLFCRYPT_SHA224] = {
		.name = "sha224",
		.digest_size = SHA224_DIGEST_SIZE,
		.iv = sha224_iv,
		SHA256_LAYOUT,
	},
	[WOLFCRYPT_SHA256] = {
		.name = "sha256",
		.digest_size = SHA256_DIGEST_SIZE,
		.iv = sha256_iv,
		SHA256_LAYOUT,
	},
	[WOLFCRYPT_SHA384] = {
		.name = "sha384",
		.digest_size = SHA384_DIGEST_SIZE,
		.iv = sha384_iv,
		SHA512_LAYOUT,
	},
	[WOLFCRYPT_SHA512] = {
		.name = "sha512",
		.digest_size = SHA512_DIGEST_SIZE,
		.iv = sha512_iv,
		SHA512_LAYOUT,
	},
};

/* SHA-384 and SHA-512 have 64-bit words and a 128-bit message length. */
static bool hash_is_wide(const struct wolfcrypt_hash *hash)
{
	return hash->block_size == SHA512_BLOCK_SIZE;
}

/* @len is a multiple of the block size, as WOLFCRYPT_FPU_CHUNK is. */
static void hash_blocks(const struct wolfcrypt_hash *hash,
			const struct wolfcrypt_sha_impl *impl, void *state,
			const u8 *src, unsigned int len)
{
	while (len) {
		unsigned int chunk = min(len, WOLFCRYPT_FPU_CHUNK);
		unsigned int n = chunk / hash->block_size;

		wolfcrypt_run(impl, impl->blocks(state, src, n));
		src += chunk;
		len -= chunk;
	}
}

/**
 * wolfcrypt_hash_start() - start a message, or continue one at a block boundary
 * @hash: the hash function
 * @state: its state object, to be filled
 * @chain: the chaining value to start from; @hash->iv for a new message
 * @count: bytes of the message behind that chaining value
 */
void wolfcrypt_hash_start(const struct wolfcrypt_hash *hash, void *state,
			  const void *chain, u64 count)
{
	u64 *length = state + hash->count;

	memcpy(state, chain, hash->chain_size);
	length[0] = count;
	if (hash_is_wide(hash))
		length[1] = 0;
}

/**
 * wolfcrypt_hash_update() - absorb the next piece of a message
 * @hash: the hash function
 * @impl: the implementation to run
 * @state: the message under way
 * @data: the piece
 * @len: its length; 0 is fine
 *
 * Context: any in which @impl may run. FPU sections are opened here, none if
 * no block becomes complete.
 */
void wolfcrypt_hash_update(const struct wolfcrypt_hash *hash,
			   const struct wolfcrypt_sha_impl *impl, void *state,
			   const u8 *data, unsigned int len)
{
	unsigned int bs = hash->block_size;
	u64 *length = state + hash->count;
	unsigned int used = wolfcrypt_hash_used(hash, state);
	u8 *buf = state + hash->buf;

	if (!len)
		return;

	length[0] += len;
	if (hash_is_wide(hash) && length[0] < len)
		length[1]++;

	if (used) {
		unsigned int n = min(len, bs - used);

		memcpy(buf + used, data, n);
		if (used + n < bs)
			return;
		hash_blocks(hash, impl, state, buf, bs);
		data += n;
		len -= n;
	}

	hash_blocks(hash, impl, state, data, len & ~(bs - 1));
	memcpy(buf, data + (len & ~(bs - 1)), len & (bs - 1));
}

static void hash_output(const struct wolfcrypt_hash *hash, const void *state,
			u8 *out)
{
	const u64 *wide = state;
	const u32 *narrow = state;
	unsigned int i;

	if (hash_is_wide(hash)) {
		for (i = 0; i < hash->digest_size / sizeof(*wide); i++)
			put_unaligned_be64(wide[i], out + i * sizeof(*wide));
		return;
	}
	for (i = 0; i < hash->digest_size / sizeof(*narrow); i++)
		put_unaligned_be32(narrow[i], out + i * sizeof(*narrow));
}

/**
 * wolfcrypt_hash_final() - pad the message (FIPS 180-4 section 5.1) and output
 * @hash: the hash function
 * @impl: the implementation to run
 * @state: the message; wiped
 * @out: the digest
 *
 * Context: any in which @impl may run. FPU sections are opened here.
 */
void wolfcrypt_hash_final(const struct wolfcrypt_hash *hash,
			  const struct wolfcrypt_sha_impl *impl, void *state,
			  u8 *out)
{
	unsigned int bs = hash->block_size;
	unsigned int length_at = bs - bs / 8;
	u64 *length = state + hash->count;
	unsigned int used = wolfcrypt_hash_used(hash, state);
	u8 *buf = state + hash->buf;

	buf[used++] = 0x80;
	if (used > length_at) {
		memset(buf + used, 0, bs - used);
		hash_blocks(hash, impl, state, buf, bs);
		used = 0;
	}
	memset(buf + used, 0, length_at - used);
	if (hash_is_wide(hash))
		put_unaligned_be64(length[1] << 3 | length[0] >> 61,
				   buf + length_at);
	put_unaligned_be64(length[0] << 3, buf + bs - sizeof(u64));
	hash_blocks(hash, impl, state, buf, bs);

	hash_output(hash, state, out);
	memzero_explicit(state, hash->state_size);
}

/**
 * wolfcrypt_sha_digest_with() - hash a whole message on a given implementation
 * @hash: the hash function
 * @impl: one of @hash->impls that this CPU can run
 * @data: the message
 * @len: its length
 * @out: the digest
 *
 * Context: any in which @impl may run.
 */
void wolfcrypt_sha_digest_with(const struct wolfcrypt_hash *hash,
			       const struct wolfcrypt_sha_impl *impl,
			       const u8 *data, unsigned int len, u8 *out)
{
	union wolfcrypt_hash_state state;

	wolfcrypt_hash_start(hash, &state, hash->iv, 0);
	wolfcrypt_hash_update(hash, impl, &state, data, len);
	wolfcrypt_hash_final(hash, impl, &state, out);
}

static struct shash_alg sha_algs[WOLFCRYPT_HASHES];

/* sha_algs[] runs parallel to wolfcrypt_hashes[]. */
static const struct wolfcrypt_hash *sha_hash(struct shash_desc *desc)
{
	return &wolfcrypt_hashes[crypto_shash_alg(desc->tfm) - sha_algs];
}

static int sha_init(struct shash_desc *desc)
{
	const struct wolfcrypt_hash *hash = sha_hash(desc);

	wolfcrypt_hash_start(hash, shash_desc_ctx(desc), hash->iv, 0);
	return 0;
}

static int sha_update(struct shash_desc *desc, const u8 *data,
		      unsigned int len)
{
	const struct wolfcrypt_hash *hash = sha_hash(desc);

	wolfcrypt_hash_update(hash, wolfcrypt_hash_pick(hash),
			      shash_desc_ctx(desc), data, len);
	return 0;
}

static void sha_finish(const struct wolfcrypt_hash *hash,
		       const struct wolfcrypt_sha_impl *impl, void *state,
		       const u8 *data, unsigned int len, u8 *out)
{
	wolfcrypt_hash_update(hash, impl, state, data, len);
	wolfcrypt_hash_final(hash, impl, state, out);
}

/* In one FPU section, if that isn't too long */
static int sha_finup(struct shash_desc *desc, const u8 *data,
		     unsigned int len, u8 *out)
{
	const struct wolfcrypt_hash *hash = sha_hash(desc);
	const struct wolfcrypt_sha_impl *impl = wolfcrypt_hash_pick(hash);
	struct wolfcrypt_sha_impl inside = wolfcrypt_sha_in_section(impl);
	void *state = shash_desc_ctx(desc);

	wolfcrypt_count(WOLFCRYPT_DRIVER_SHA + (hash - wolfcrypt_hashes));
	if (len > WOLFCRYPT_FPU_CHUNK) {
		wolfcrypt_hash_update(hash, impl, state, data, len);
		len = 0;
	}
	wolfcrypt_run(impl, sha_finish(hash, &inside, state, data, len, out));
	return 0;
}

static int sha_final(struct shash_desc *desc, u8 *out)
{
	return sha_finup(desc, NULL, 0, out);
}

static int sha_digest(struct shash_desc *desc, const u8 *data,
		      unsigned int len, u8 *out)
{
	return sha_init(desc) ?: sha_finup(desc, data, len, out);
}

static struct shash_alg sha_algs[WOLFCRYPT_HASHES] = {
	[0 ... WOLFCRYPT_HASHES - 1] = {
		.init = sha_init,
		.update = sha_update,
		.final = sha_final,
		.finup = sha_finup,
		.digest = sha_digest,
	},
};

/**
 * wolfcrypt_hash_alg_init() - fill in what follows from the hash function
 * @alg: a driver that keeps @hash's state object in its descriptor
 * @hash: the hash function
 */
void wolfcrypt_hash_alg_init(struct shash_alg *alg,
			     const struct wolfcrypt_hash *hash)
{
	alg->digestsize = hash->digest_size;
	alg->descsize = hash->state_size;
	alg->base.cra_blocksize = hash->block_size;
	alg->base.cra_priority = WOLFCRYPT_PRIORITY;
	alg->base.cra_module = THIS_MODULE;
}

int wolfcrypt_sha_register(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < WOLFCRYPT_HASHES; i++) {
		const struct wolfcrypt_hash *hash = &wolfcrypt_hashes[i];
		struct crypto_alg *base = &sha_algs[i].base;

		wolfcrypt_hash_alg_init(&sha_algs[i], hash);
		strscpy(base->cra_name, hash->name, sizeof(base->cra_name));
		snprintf(base->cra_driver_name, sizeof(base->cra_driver_name),
			 "%s-wolfcrypt", hash->name);
		err = wolfcrypt_alg_init(base, (*hash->best)->name,
					 WOLFCRYPT_DRIVER_SHA + i);
		if (err)
			return err;
	}
	return crypto_register_shashes(sha_algs, WOLFCRYPT_HASHES);
}

void wolfcrypt_sha_unregister(void)
{
	crypto_unregister_shashes(sha_algs, WOLFCRYPT_HASHES);
}

void wolfcrypt_sha_refuse(void)
{
	wolfcrypt_refuse_shashes(sha_algs, WOLFCRYPT_HASHES);
}

void wolfcrypt_sha_select(void)
{
	wolfcrypt_sha1 = wolfcrypt_best(wolfcrypt_sha1_impls);
	wolfcrypt_sha256 = wolfcrypt_best(wolfcrypt_sha256_impls);
	wolfcrypt_sha512 = wolfcrypt_best(wolfcrypt_sha512_impls);
}

MODULE_ALIAS_CRYPTO("sha1");
MODULE_ALIAS_CRYPTO("sha224");
MODULE_ALIAS_CRYPTO("sha256");
MODULE_ALIAS_CRYPTO("sha384");
MODULE_ALIAS_CRYPTO("sha512");
