/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GCM (SP 800-38D): what one implementation of it offers to the drivers. */
#ifndef _CRYPTO_WOLFCRYPT_GCM_H
#define _CRYPTO_WOLFCRYPT_GCM_H

#include "aes.h"

/* The powers of H: 16 blocks are absorbed at a time by what has the most. */
#define WOLFCRYPT_GCM_POWERS	16

/**
 * struct wolfcrypt_gcm_key - a GCM key, immutable once set
 * @powers: H^16, ... H^1 of the hash subkey H, each divided by x, as 128-bit
 *	    little-endian numbers whose most significant bit is the coefficient
 *	    of x^0; only there if the implementation for this CPU wants them
 * @aes: the expanded key
 *
 * As with &struct wolfcrypt_aes_key, all implementations work from the same
 * object. Vectors of the powers may be read beyond the last one, into @aes.
 */
struct wolfcrypt_gcm_key {
	u8 powers[WOLFCRYPT_GCM_POWERS][AES_BLOCK_SIZE] __aligned(16);
	struct wolfcrypt_aes_key aes;
};

/**
 * struct wolfcrypt_gcm_state - one message under way, on the caller's stack
 * @ghash: the running GHASH value
 * @counter: the next counter block
 * @h: the hash subkey, for implementations that don't read its powers
 * @tag_mask: E(K, J0)
 *
 * The byte order of each field is the implementation's own affair: a message
 * is finished by the implementation that began it. Wiped by the caller.
 */
struct wolfcrypt_gcm_state {
	u8 ghash[AES_BLOCK_SIZE] __aligned(16);
	u8 counter[AES_BLOCK_SIZE] __aligned(16);
	u8 h[AES_BLOCK_SIZE] __aligned(16);
	u8 tag_mask[AES_BLOCK_SIZE] __aligned(16);
};

#define WOLFCRYPT_GCM_IV_SIZE	12

/**
 * struct wolfcrypt_gcm_impl - one implementation of GCM
 * @name: suffix of the driver names ("avx2"); empty for the portable C code
 * @simd: the functions below must be called in a kernel-mode FPU section
 * @usable: can this CPU run it? NULL: any CPU can
 * @powers: the functions after @expand read the powers of H
 * @expand: fill the powers of a key whose AES key is set; NULL if it can't,
 *	    which the portable C code can on behalf of the others
 * @init: start a message with a 96-bit IV
 * @aad: absorb @len bytes of associated data, not 0; only the last call of a
 *	 message may have a @len that isn't a multiple of 16 (it is padded with
 *	 zeros)
 * @encrypt: encrypt and absorb @len bytes; the same rule for @len
 * @decrypt: absorb and decrypt @len bytes; the same rule for @len
 * @final: the whole 16-byte tag, given both lengths in bytes
 */
struct wolfcrypt_gcm_impl {
	const char *name;
	bool simd;
	bool (*usable)(void);
	bool powers;
	void (*expand)(struct wolfcrypt_gcm_key *key);
	void (*init)(const struct wolfcrypt_gcm_key *key,
		     struct wolfcrypt_gcm_state *st, const u8 *iv);
	void (*aad)(const struct wolfcrypt_gcm_key *key,
		    struct wolfcrypt_gcm_state *st, const u8 *src,
		    unsigned int len);
	void (*encrypt)(const struct wolfcrypt_gcm_key *key,
			struct wolfcrypt_gcm_state *st, u8 *dst, const u8 *src,
			unsigned int len);
	void (*decrypt)(const struct wolfcrypt_gcm_key *key,
			struct wolfcrypt_gcm_state *st, u8 *dst, const u8 *src,
			unsigned int len);
	void (*final)(const struct wolfcrypt_gcm_key *key,
		      struct wolfcrypt_gcm_state *st, unsigned int aad_len,
		      unsigned int crypt_len, u8 *tag);
};

extern const struct wolfcrypt_gcm_impl wolfcrypt_gcm_c;
extern const struct wolfcrypt_gcm_impl wolfcrypt_gcm_aesni;
extern const struct wolfcrypt_gcm_impl wolfcrypt_gcm_avx;
extern const struct wolfcrypt_gcm_impl wolfcrypt_gcm_avx2;
extern const struct wolfcrypt_gcm_impl wolfcrypt_gcm_vaes_avx2;
extern const struct wolfcrypt_gcm_impl wolfcrypt_gcm_vaes_avx512;

/* Every implementation of this build, best first, NULL-terminated. */
extern const struct wolfcrypt_gcm_impl *const wolfcrypt_gcm_impls[];

/* The best one for this CPU; set once, before any driver is registered. */
extern const struct wolfcrypt_gcm_impl *wolfcrypt_gcm;

/* As wolfcrypt_aes_pick(). */
static inline const struct wolfcrypt_gcm_impl *wolfcrypt_gcm_pick(void)
{
	return crypto_simd_usable() ? wolfcrypt_gcm : &wolfcrypt_gcm_c;
}

void wolfcrypt_gcm_crypt_with(const struct wolfcrypt_gcm_impl *impl,
			      const struct wolfcrypt_gcm_key *key,
			      const u8 *iv, const u8 *aad, unsigned int aad_len,
			      u8 *dst, const u8 *src, unsigned int len,
			      bool enc, u8 *tag);

#endif /* _CRYPTO_WOLFCRYPT_GCM_H */
