/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-1 and SHA-2 (FIPS 180-4): the compression functions of one
 * implementation, and the hash functions made of them. The state objects are
 * the kernel's own, so that an exported hash state has the kernel's format.
 */
#ifndef _CRYPTO_WOLFCRYPT_SHA_H
#define _CRYPTO_WOLFCRYPT_SHA_H

#include <crypto/internal/hash.h>
#include <crypto/sha1.h>
#include <crypto/sha2.h>
#include <linux/types.h>

#include "internal.h"

/**
 * struct wolfcrypt_sha_impl - one implementation of one compression function
 * @name: suffix of the driver names ("avx2"); empty for the portable C code
 * @simd: must be called in a kernel-mode FPU section
 * @usable: can this CPU run it? NULL: any CPU can
 * @blocks: absorb @n whole blocks of @src into @state, which is the chaining
 *	    value, or struct sha1_state, sha256_state or sha512_state, which begin
 *	    with that; what comes after it is left alone
 */
struct wolfcrypt_sha_impl {
	const char *name;
	bool simd;
	bool (*usable)(void);
	void (*blocks)(void *state, const u8 *src, unsigned int n);
};

extern const struct wolfcrypt_sha_impl wolfcrypt_sha1_c;
extern const struct wolfcrypt_sha_impl wolfcrypt_sha1_ni;
extern const struct wolfcrypt_sha_impl wolfcrypt_sha256_c;
extern const struct wolfcrypt_sha_impl wolfcrypt_sha256_avx;
extern const struct wolfcrypt_sha_impl wolfcrypt_sha256_avx2;
extern const struct wolfcrypt_sha_impl wolfcrypt_sha256_ni;
extern const struct wolfcrypt_sha_impl wolfcrypt_sha512_c;
extern const struct wolfcrypt_sha_impl wolfcrypt_sha512_avx;
extern const struct wolfcrypt_sha_impl wolfcrypt_sha512_avx2;

/* Every implementation of this build, best first, NULL-terminated. */
extern const struct wolfcrypt_sha_impl *const wolfcrypt_sha1_impls[];
extern const struct wolfcrypt_sha_impl *const wolfcrypt_sha256_impls[];
extern const struct wolfcrypt_sha_impl *const wolfcrypt_sha512_impls[];

/* The best ones for this CPU; set once, before any driver is registered. */
extern const struct wolfcrypt_sha_impl *wolfcrypt_sha1;
extern const struct wolfcrypt_sha_impl *wolfcrypt_sha256;
extern const struct wolfcrypt_sha_impl *wolfcrypt_sha512;

/* The index of each hash function in wolfcrypt_hashes[]. */
enum wolfcrypt_hash_id {
	WOLFCRYPT_SHA1,
	WOLFCRYPT_SHA224,
	WOLFCRYPT_SHA256,
	WOLFCRYPT_SHA384,
	WOLFCRYPT_SHA512,
	WOLFCRYPT_HASHES,
};

/* Room for the state of any of them. */
union wolfcrypt_hash_state {
	struct sha1_state sha1;
	struct sha256_state sha256;
	struct sha512_state sha512;
};

/**
 * struct wolfcrypt_hash - one hash function
 * @name: its name in the crypto API ("sha256")
 * @digest_size: bytes of the digest (FIPS 180-4 figure 1)
 * @block_size: bytes of a message block
 * @chain_size: bytes of the chaining value
 * @state_size: bytes of the kernel's state object, the fields of which are:
 * @count: where in it the message's length so far is, in bytes; of one u64, or
 *	   of two with the low one first if blocks have 128 bytes
 * @buf: where in it the incomplete block is
 * @iv: the initial hash value (section 5.3), as words of the host
 * @impls: every implementation of this build
 * @best: the one picked at boot
 * @portable: the one for contexts without the FPU
 */
struct wolfcrypt_hash {
	const char *name;
	unsigned int digest_size;
	unsigned int block_size;
	unsigned int chain_size;
	unsigned int state_size;
	unsigned int count;
	unsigned int buf;
	const void *iv;
	const struct wolfcrypt_sha_impl *const *impls;
	const struct wolfcrypt_sha_impl *const *best;
	const struct wolfcrypt_sha_impl *portable;
};

extern const struct wolfcrypt_hash wolfcrypt_hashes[WOLFCRYPT_HASHES];

/* As wolfcrypt_aes_pick(). */
static inline const struct wolfcrypt_sha_impl *
wolfcrypt_hash_pick(const struct wolfcrypt_hash *hash)
{
	return crypto_simd_usable() ? *hash->best : hash->portable;
}

/* Bytes of an incomplete block of the message under way */
static inline unsigned int wolfcrypt_hash_used(const struct wolfcrypt_hash *hash,
					       const void *state)
{
	const u64 *length = state + hash->count;

	return *length & (hash->block_size - 1);
}

/*
 * The same for who opens the FPU sections: it opens none of its own. To be called in one
 * if @impl is to.
 */
static inline struct wolfcrypt_sha_impl
wolfcrypt_sha_in_section(const struct wolfcrypt_sha_impl *impl)
{
	struct wolfcrypt_sha_impl inside = *impl;

	inside.simd = false;
	return inside;
}

void wolfcrypt_hash_start(const struct wolfcrypt_hash *hash, void *state,
			  const void *chain, u64 count);
void wolfcrypt_hash_update(const struct wolfcrypt_hash *hash,
			   const struct wolfcrypt_sha_impl *impl, void *state,
			   const u8 *data, unsigned int len);
void wolfcrypt_hash_final(const struct wolfcrypt_hash *hash,
			  const struct wolfcrypt_sha_impl *impl, void *state,
			  u8 *out);
void wolfcrypt_hash_alg_init(struct shash_alg *alg,
			     const struct wolfcrypt_hash *hash);

/**
 * struct wolfcrypt_hmac_key - an HMAC key, immutable once set
 * @inner: the chaining value after K0 ^ ipad
 * @outer: the chaining value after K0 ^ opad
 */
struct wolfcrypt_hmac_key {
	u64 inner[SHA512_DIGEST_SIZE / sizeof(u64)];
	u64 outer[SHA512_DIGEST_SIZE / sizeof(u64)];
};

int wolfcrypt_hmac_check_keylen(unsigned int keylen);
void wolfcrypt_hmac_expand_key(const struct wolfcrypt_hash *hash,
			       const struct wolfcrypt_sha_impl *impl,
			       struct wolfcrypt_hmac_key *hk,
			       const u8 *key, unsigned int keylen);
void wolfcrypt_hmac_finish(const struct wolfcrypt_hash *hash,
			   const struct wolfcrypt_sha_impl *impl,
			   const struct wolfcrypt_hmac_key *hk, void *state,
			   u8 *out);

/* Whole messages on an implementation of choice, for the self-tests. */
void wolfcrypt_sha_digest_with(const struct wolfcrypt_hash *hash,
			       const struct wolfcrypt_sha_impl *impl,
			       const u8 *data, unsigned int len, u8 *out);
void wolfcrypt_hmac_digest_with(const struct wolfcrypt_hash *hash,
				const struct wolfcrypt_sha_impl *impl,
				const u8 *key, unsigned int keylen,
				const u8 *data, unsigned int len, u8 *out);

#endif /* _CRYPTO_WOLFCRYPT_SHA_H */
