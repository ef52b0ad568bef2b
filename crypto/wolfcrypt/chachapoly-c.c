// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ChaCha20 and Poly1305 in wolfCrypt's portable C, for contexts without the FPU. Its
 * functions are given whole blocks, of which they hold none back, and have no errors
 * that could occur.
 */

#include <linux/build_bug.h>
#include <linux/string.h>

#include "chachapoly.h"
#include "internal.h"

/* After the kernel's headers, for which the port redefines some macros. */
#include <wolfssl/wolfcrypt/chacha.h>
/* It has constants of these names and values. */
#undef POLY1305_BLOCK_SIZE
#undef POLY1305_DIGEST_SIZE
#include <wolfssl/wolfcrypt/poly1305.h>

/* What was a block of key stream in a frame of wolfCrypt's. */
WOLFCRYPT_DEFINE_WIPE(wipe_block, 256)

static Poly1305 *portable(struct wolfcrypt_poly1305 *poly)
{
	static_assert(sizeof(Poly1305) <= sizeof(poly->portable));
	return (Poly1305 *)poly->portable;
}

static void poly1305_begin_c(struct wolfcrypt_poly1305 *poly, const u8 *key)
{
	wc_Poly1305SetKey(portable(poly), key, POLY1305_KEY_SIZE);
}

static void poly1305_absorb_c(struct wolfcrypt_poly1305 *poly, const u8 *src,
			      unsigned int n)
{
	wc_Poly1305Update(portable(poly), src, n * POLY1305_BLOCK_SIZE);
}

static void poly1305_end_c(struct wolfcrypt_poly1305 *poly, u8 *tag)
{
	wc_Poly1305Final(portable(poly), tag);
}

static void chacha20_crypt_c(u32 *state, u8 *dst, const u8 *src)
{
	ChaCha chacha = {};

	if (!src) {
		memset(dst, 0, CHACHA_BLOCK_SIZE);
		src = dst;
	}

	static_assert(sizeof(chacha.X) == CHACHA_BLOCK_SIZE);
	memcpy(chacha.X, state, sizeof(chacha.X));
	wc_Chacha_Process(&chacha, dst, src, CHACHA_BLOCK_SIZE);
	memcpy(state, chacha.X, sizeof(chacha.X));
	wipe_block();
	memzero_explicit(&chacha, sizeof(chacha));
}

const struct wolfcrypt_chachapoly_impl wolfcrypt_chachapoly_c = {
	.name	= "",
	.chunk	= CHACHA_BLOCK_SIZE,
	.crypt	= chacha20_crypt_c,
	.begin	= poly1305_begin_c,
	.absorb	= poly1305_absorb_c,
	.end	= poly1305_end_c,
};
