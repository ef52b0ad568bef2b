/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AES: the key object, and the table of functions that one implementation of
 * the block cipher and its bulk modes offers to the drivers.
 */
#ifndef _CRYPTO_WOLFCRYPT_AES_H
#define _CRYPTO_WOLFCRYPT_AES_H

#include <crypto/aes.h>
#include <linux/align.h>
#include <linux/types.h>

#include "internal.h"

/**
 * struct wolfcrypt_aes_key - an expanded AES key, immutable once set
 * @enc: round keys of FIPS 197 section 5.2, as bytes in the order of use
 * @dec: round keys of the equivalent inverse cipher (FIPS 197 section 5.3.5),
 *	 in the order of use; read by SIMD implementations only
 * @rounds: 10, 12 or 14
 *
 * All implementations work from the same object, so that a request may run on
 * any of them. SIMD code reads the schedules with aligned loads.
 */
struct wolfcrypt_aes_key {
	u8 enc[AES_MAX_KEYLENGTH] __aligned(16);
	u8 dec[AES_MAX_KEYLENGTH] __aligned(16);
	unsigned int rounds;
};

/**
 * typedef wolfcrypt_aes_fn - one bulk mode over contiguous data
 * @key: the expanded key
 * @dst: output; may be the same as @src, else the two don't overlap
 * @src: input
 * @len: bytes; a multiple of AES_BLOCK_SIZE, and not 0
 * @iv: AES_BLOCK_SIZE bytes, 16-byte aligned: the chaining value, counter or
 *	tweak, updated for the next call; ignored by ECB
 */
typedef void wolfcrypt_aes_fn(const struct wolfcrypt_aes_key *key, u8 *dst,
			      const u8 *src, unsigned int len, u8 *iv);

/**
 * struct wolfcrypt_aes_impl - one implementation of AES
 * @name: suffix of the driver names ("aesni"); empty for the portable C code
 * @simd: the functions below must be called in a kernel-mode FPU section
 * @usable: can this CPU run it? NULL: any CPU can
 * @expand_key: fill @key from @len (16, 24 or 32; checked by the caller) bytes
 * @ecb_enc: ECB encryption (SP 800-38A section 6.1)
 * @ecb_dec: ECB decryption
 * @cbc_enc: CBC encryption (6.2)
 * @cbc_dec: CBC decryption
 * @cfb_enc: CFB128 encryption (6.3)
 * @cfb_dec: CFB128 decryption
 * @ofb: OFB (6.4), either direction
 * @ctr: CTR (6.5), either direction, with a 128-bit big-endian counter
 * @xts_enc: XTS (SP 800-38E, IEEE 1619) over whole blocks; @iv is the
 *	     encrypted tweak of the first block and becomes that of the next
 * @xts_dec: XTS decryption, likewise
 * @cbcmac: CBC-MAC: absorbs @len bytes of @src into @iv; @dst is unused (NULL)
 *
 * All of them run in time that does not depend on key or data.
 */
struct wolfcrypt_aes_impl {
	const char *name;
	bool simd;
	bool (*usable)(void);
	void (*expand_key)(struct wolfcrypt_aes_key *key, const u8 *in_key,
			   unsigned int len);
	wolfcrypt_aes_fn *ecb_enc;
	wolfcrypt_aes_fn *ecb_dec;
	wolfcrypt_aes_fn *cbc_enc;
	wolfcrypt_aes_fn *cbc_dec;
	wolfcrypt_aes_fn *cfb_enc;
	wolfcrypt_aes_fn *cfb_dec;
	wolfcrypt_aes_fn *ofb;
	wolfcrypt_aes_fn *ctr;
	wolfcrypt_aes_fn *xts_enc;
	wolfcrypt_aes_fn *xts_dec;
	wolfcrypt_aes_fn *cbcmac;
};

extern const struct wolfcrypt_aes_impl wolfcrypt_aes_c;
extern const struct wolfcrypt_aes_impl wolfcrypt_aes_aesni;
extern const struct wolfcrypt_aes_impl wolfcrypt_aes_avx;
extern const struct wolfcrypt_aes_impl wolfcrypt_aes_vaes_avx2;
extern const struct wolfcrypt_aes_impl wolfcrypt_aes_vaes_avx512;

/* Every implementation of this build, best first, NULL-terminated. */
extern const struct wolfcrypt_aes_impl *const wolfcrypt_aes_impls[];

/* The best one for this CPU; set once, before any driver is registered. */
extern const struct wolfcrypt_aes_impl *wolfcrypt_aes;

/**
 * wolfcrypt_aes_pick() - the implementation for a request in this context
 *
 * The answer holds for the whole of a synchronous request: the context that
 * decides whether the FPU may be used does not change under it.
 *
 * Return: the best implementation for this CPU, or the portable one.
 */
static inline const struct wolfcrypt_aes_impl *wolfcrypt_aes_pick(void)
{
	return crypto_simd_usable() ? wolfcrypt_aes : &wolfcrypt_aes_c;
}

int wolfcrypt_aes_setkey(struct wolfcrypt_aes_key *key, const u8 *in_key,
			 unsigned int len);

#endif /* _CRYPTO_WOLFCRYPT_AES_H */
