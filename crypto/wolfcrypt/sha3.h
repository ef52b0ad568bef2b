/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-3 (FIPS 202): the sponge of one implementation, and the hash functions made of
 * it. The state object is the kernel's own, so that an exported hash state has the
 * kernel's format.
 */
#ifndef _CRYPTO_WOLFCRYPT_SHA3_H
#define _CRYPTO_WOLFCRYPT_SHA3_H

#include <crypto/internal/hash.h>
#include <crypto/sha3.h>
#include <linux/types.h>

/**
 * struct wolfcrypt_sha3_impl - one implementation of Keccak
 * @name: suffix of the driver names ("bmi2"); empty for the portable C code
 * @usable: can this CPU run it? NULL: any CPU can
 * @absorb: absorb @n whole blocks of @rate bytes, n > 0, into the state (FIPS 202
 *	    section 4): each is a XOR, and a permutation after it
 *
 * None of them uses vector registers: all run in any context.
 */
struct wolfcrypt_sha3_impl {
	const char *name;
	bool (*usable)(void);
	void (*absorb)(u64 *state, const u8 *src, unsigned int n,
		       unsigned int rate);
};

extern const struct wolfcrypt_sha3_impl wolfcrypt_sha3_c;
extern const struct wolfcrypt_sha3_impl wolfcrypt_sha3_bmi2;

/* Every implementation of this build, best first, NULL-terminated. */
extern const struct wolfcrypt_sha3_impl *const wolfcrypt_sha3_impls[];

/* The best one for this CPU; set once, before any driver is registered. */
extern const struct wolfcrypt_sha3_impl *wolfcrypt_sha3;

/* A whole message on an implementation of choice, for the self-tests. */
void wolfcrypt_sha3_digest_with(const struct wolfcrypt_sha3_impl *impl,
				const u8 *data, unsigned int len,
				u8 *out, unsigned int digest_size);

#endif /* _CRYPTO_WOLFCRYPT_SHA3_H */
