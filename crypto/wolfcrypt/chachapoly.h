/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ChaCha20 and Poly1305 (RFC 8439): both of one implementation. */
#ifndef _CRYPTO_WOLFCRYPT_CHACHAPOLY_H
#define _CRYPTO_WOLFCRYPT_CHACHAPOLY_H

#include <crypto/chacha.h>
#include <crypto/poly1305.h>
#include <linux/types.h>

#include "aead.h"

/* At most that much of a key stream is made at once. */
#define WOLFCRYPT_CHACHA_CHUNK	(8 * CHACHA_BLOCK_SIZE)

/* What is enough for a short message takes less time. */
#define WOLFCRYPT_CHACHA_FEW	(4 * CHACHA_BLOCK_SIZE)

/**
 * struct wolfcrypt_poly1305 - a message of Poly1305 (section 2.5)
 * @r: the multiplier, clamped
 * @s1: 5 * r[1] / 4
 * @h: the accumulator, in words of 64 bits
 * @pad: what is added at the end
 * @portable: all there is for the portable C code, which has words of other sizes
 */
struct wolfcrypt_poly1305 {
	union {
		struct {
			u64 r[2];
			u64 s1;
			u64 h[3];
			u64 pad[2];
		};
		u64 portable[12];
	};
};

/**
 * struct wolfcrypt_chachapoly_impl - one implementation of both
 * @name: suffix of the driver names ("avx2"); empty for the portable C code
 * @simd: @crypt and @few need the FPU; the others don't
 * @chunk: bytes of key stream that @crypt makes: a multiple of CHACHA_BLOCK_SIZE, at
 *	   most WOLFCRYPT_CHACHA_CHUNK
 * @usable: can this CPU run it? NULL: any CPU can
 * @crypt: XOR @chunk bytes at @src with the key stream that begins with the block whose
 *	   number is in @state, which is moved on; or with @src NULL, put the key stream
 *	   to @dst. Before that, or at the same time, absorb @n times 64 bytes at @hash
 *	   into @poly, at most @chunk bytes. @src may be @dst, and @hash may be @src;
 *	   @dst is written only when all of @hash was read. @poly and @hash aren't looked
 *	   at if @n is 0.
 * @few: put WOLFCRYPT_CHACHA_FEW bytes of the key stream to @stream; NULL if a chunk is
 *	 no more than that
 * @begin: begin a message of Poly1305 with a key of POLY1305_KEY_SIZE bytes
 * @absorb: absorb @n blocks of POLY1305_BLOCK_SIZE bytes, n > 0
 * @end: the tag, of POLY1305_DIGEST_SIZE bytes
 */
struct wolfcrypt_chachapoly_impl {
	const char *name;
	bool simd;
	unsigned int chunk;
	bool (*usable)(void);
	void (*crypt)(u32 *state, u8 *dst, const u8 *src,
		      struct wolfcrypt_poly1305 *poly, const u8 *hash,
		      unsigned int n);
	void (*few)(u32 *state, u8 *stream);
	void (*begin)(struct wolfcrypt_poly1305 *poly, const u8 *key);
	void (*absorb)(struct wolfcrypt_poly1305 *poly, const u8 *src,
		       unsigned int n);
	void (*end)(struct wolfcrypt_poly1305 *poly, u8 *tag);
};

extern const struct wolfcrypt_chachapoly_impl wolfcrypt_chachapoly_c;
extern const struct wolfcrypt_chachapoly_impl wolfcrypt_chachapoly_avx2;

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
