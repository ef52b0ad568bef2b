// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sponge in wolfCrypt's portable C, for any CPU. As in sha-c.c, its Update
 * functions are given a fresh object and whole blocks, of which they hold none back,
 * and have no errors that could occur. There is one for each rate.
 */

#include <linux/build_bug.h>
#include <linux/string.h>

#include "internal.h"
#include "sha3.h"

/* After the kernel's headers, for which the port redefines some macros. */
#include <wolfssl/wolfcrypt/sha3.h>

/* What was a state in a frame of wolfCrypt's. */
WOLFCRYPT_DEFINE_WIPE(wipe_state, 768)

static void sha3_absorb_c(u64 *state, const u8 *src, unsigned int n,
			  unsigned int rate)
{
	wc_Sha3 sha3 = {};

	static_assert(sizeof(sha3.s) == sizeof_field(struct sha3_state, st));
	memcpy(sha3.s, state, sizeof(sha3.s));
	switch (rate) {
	case SHA3_224_BLOCK_SIZE:
		wc_Sha3_224_Update(&sha3, src, n * rate);
		break;
	case SHA3_256_BLOCK_SIZE:
		wc_Sha3_256_Update(&sha3, src, n * rate);
		break;
	case SHA3_384_BLOCK_SIZE:
		wc_Sha3_384_Update(&sha3, src, n * rate);
		break;
	default:
		wc_Sha3_512_Update(&sha3, src, n * rate);
	}
	wipe_state();
	memcpy(state, sha3.s, sizeof(sha3.s));
	memzero_explicit(&sha3, sizeof(sha3));
}

const struct wolfcrypt_sha3_impl wolfcrypt_sha3_c = {
	.name	= "",
	.absorb	= sha3_absorb_c,
};
