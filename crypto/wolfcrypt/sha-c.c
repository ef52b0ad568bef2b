// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The compression functions in wolfCrypt's portable C, for any CPU and context.
 *
 * wolfCrypt's Update functions, given a fresh object and whole blocks, do no
 * more than compress: no input is held back for a later call. The one error
 * they know, a missing argument, cannot occur. A call works on an object of its
 * own since the kernel's state objects have another layout.
 */

#include <linux/build_bug.h>
#include <linux/string.h>

#include "sha.h"

/* After the kernel's headers, for which the port redefines some macros. */
#include <wolfssl/wolfcrypt/sha.h>
#include <wolfssl/wolfcrypt/sha256.h>
#include <wolfssl/wolfcrypt/sha512.h>

/* Words of the message, and of the chaining value, in what were frames of wolfCrypt's. */
WOLFCRYPT_DEFINE_WIPE(wipe_schedule, 1024)

static void sha1_blocks_c(void *state, const u8 *src, unsigned int n)
{
	struct sha1_state *st = state;
	wc_Sha sha = {};

	static_assert(sizeof(sha.digest) == sizeof(st->state));
	memcpy(sha.digest, st->state, sizeof(st->state));
	wc_ShaUpdate(&sha, src, n * SHA1_BLOCK_SIZE);
	wipe_schedule();
	memcpy(st->state, sha.digest, sizeof(st->state));
	memzero_explicit(&sha, sizeof(sha));
}

static void sha256_blocks_c(void *state, const u8 *src, unsigned int n)
{
	struct sha256_state *st = state;
	wc_Sha256 sha = {};

	static_assert(sizeof(sha.digest) == sizeof(st->state));
	memcpy(sha.digest, st->state, sizeof(st->state));
	wc_Sha256Update(&sha, src, n * SHA256_BLOCK_SIZE);
	wipe_schedule();
	memcpy(st->state, sha.digest, sizeof(st->state));
	memzero_explicit(&sha, sizeof(sha));
}

static void sha512_blocks_c(void *state, const u8 *src, unsigned int n)
{
	struct sha512_state *st = state;
	wc_Sha512 sha = {};

	static_assert(sizeof(sha.digest) == sizeof(st->state));
	memcpy(sha.digest, st->state, sizeof(st->state));
	wc_Sha512Update(&sha, src, n * SHA512_BLOCK_SIZE);
	wipe_schedule();
	memcpy(st->state, sha.digest, sizeof(st->state));
	memzero_explicit(&sha, sizeof(sha));
}

const struct wolfcrypt_sha_impl wolfcrypt_sha1_c = {
	.name = "",
	.blocks = sha1_blocks_c,
};

const struct wolfcrypt_sha_impl wolfcrypt_sha256_c = {
	.name = "",
	.blocks = sha256_blocks_c,
};

const struct wolfcrypt_sha_impl wolfcrypt_sha512_c = {
	.name = "",
	.blocks = sha512_blocks_c,
};
