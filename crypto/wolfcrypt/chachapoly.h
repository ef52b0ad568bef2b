/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ChaCha20 and Poly1305 (RFC 8439): both of one implementation. */
#ifndef _CRYPTO_WOLFCRYPT_CHACHAPOLY_H
#define _CRYPTO_WOLFCRYPT_CHACHAPOLY_H

#include <crypto/chacha.h>
#include <crypto/poly1305.h>
#include <linux/types.h>

#include "aead.h"

/* At most that much of a key stream is made at once. */
#define WOLFCRYPT_CHACHA_CHUNK	(16 * CHACHA_BLOCK_SIZE)

/**
 * struct wolfcrypt_poly1305 - a message of Poly1305 (section 2.5)
 * @r: the multiplier, clamped
 * @s1: 5 * r[1] / 4
 * @h: the accumulator, in words of 64 bits
 * @pad: what is added at the end
 * @has_powers: @powers were computed
 * @powers: those of r, in an order and in words of an implementation's own
 * @portable: all there is for the portable C code, which has words of other sizes
 */
struct wolfcrypt_poly1305 {
	union {
		struct {
			u64 r[2];
			u64 s1;
			u64 h[3];
			u64 pad[2];
			bool has_powers;
			u64 powers[3][8];
		};
		u64 portable[12];
	};
};

/**
 * struct wolfcrypt_chachapoly_impl - one implementation of both
 * @name: suffix of the driver names ("avx2"); empty for the portable C code
 * @simd: the functions need the FPU
 * @chunk: bytes of key stream that @crypt makes: CHACHA_BLOCK_SIZE times a power of
 *	   two, at most WOLFCRYPT_CHACHA_CHUNK
 * @few_len: bytes of key stream that @few makes, in less time: at most half of @chunk
 * @usable: can this CPU run it? NULL: any CPU can
 * @crypt: XOR @chunk bytes at @src with the key stream that begins with the block whose
 *	   number is in @state, which is moved on; or with @src NULL, put the key stream
 *	   to @dst. @src may be @dst.
 * @few: the same of @few_len bytes; NULL if @few_len is 0
 * @crypt_absorb: as @crypt, and absorb @n times 64 bytes at @hash into @poly at the same
 *		  time, at most @chunk bytes, n > 0. @hash may be @src, too; @dst is
 *		  written only when all of @hash was read. NULL if it would take no less
 *		  time than one after the other.
 * @begin: begin a message of Poly1305 with a key of POLY1305_KEY_SIZE bytes
 * @absorb: absorb @n blocks of POLY1305_BLOCK_SIZE bytes, n > 0
 * @end: the tag, of POLY1305_DIGEST_SIZE bytes
 */
struct wolfcrypt_chachapoly_impl {
	const char *name;
	bool simd;
	unsigned int chunk;
	unsigned int few_len;
	bool (*usable)(void);
	void (*crypt)(u32 *state, u8 *dst, const u8 *src);
	void (*few)(u32 *state, u8 *dst, const u8 *src);
	void (*crypt_absorb)(u32 *state, u8 *dst, const u8 *src,
			     struct wolfcrypt_poly1305 *poly, const u8 *hash,
			     unsigned int n);
	void (*begin)(struct wolfcrypt_poly1305 *poly, const u8 *key);
	void (*absorb)(struct wolfcrypt_poly1305 *poly, const u8 *src,
		       unsigned int n);
	void (*end)(struct wolfcrypt_poly1305 *poly, u8 *tag);
};

extern const struct wolfcrypt_chachapoly_impl wolfcrypt_chachapoly_c;
extern const struct wolfcrypt_chachapoly_impl wolfcrypt_chachapoly_avx2;
extern const struct wolfcrypt_chachapoly_impl wolfcrypt_chachapoly_avx512;

/* Every implementation of this build, best first, NULL-terminated. */
extern const struct wolfcrypt_chachapoly_impl *const wolfcrypt_chachapoly_impls[];

/* The best one for this CPU; set once, before any driver is registered. */
extern const struct wolfcrypt_chachapoly_impl *wolfcrypt_chachapoly;

/* The one to use in this context. */
static inline const struct wolfcrypt_chachapoly_impl *
wolfcrypt_chachapoly_pick(void)
{
	if (wolfcrypt_chachapoly->simd && !crypto_simd_usable())
		return &wolfcrypt_chachapoly_c;
	return wolfcrypt_chachapoly;
}

/**
 * struct wolfcrypt_chacha - a key stream
 * @impl: the implementation
 * @state: the state of its next block
 * @left: bytes at the end of @stream that weren't used
 * @made: how many were made, at most
 * @stream: the last chunk
 */
struct wolfcrypt_chacha {
	const struct wolfcrypt_chachapoly_impl *impl;
	u32 state[CHACHA_STATE_WORDS];
	unsigned int left;
	unsigned int made;
	u8 stream[WOLFCRYPT_CHACHA_CHUNK];
};

/* A whole message on an implementation of choice, for the tests. */
void wolfcrypt_chachapoly_crypt_with(const struct wolfcrypt_chachapoly_impl *impl,
				     const u8 *key, const u8 *nonce,
				     const u8 *aad, unsigned int aad_len,
				     u8 *dst, const u8 *src, unsigned int len,
				     bool enc, u8 *tag);

#endif /* _CRYPTO_WOLFCRYPT_CHACHAPOLY_H */
