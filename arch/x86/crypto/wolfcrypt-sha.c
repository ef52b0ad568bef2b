// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SHA-1, SHA-256 and SHA-512 for x86-64, on wolfCrypt's assembly, and for SHA-1
 * on that of wolfcrypt-sha1-ni.S:
 *
 *	ni	SHA extensions (SHA-1 and SHA-256 only)
 *	avx2	AVX2 and BMI2, two blocks side by side
 *	avx	AVX
 *
 * The functions run in FPU sections that their callers open.
 */

#include <linux/build_bug.h>
#include <linux/cpufeature.h>
#include <linux/linkage.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "sha.h"
#include "wolfcrypt-cpu.h"

/*
 * What wolfCrypt's assembly expects at its fixed places in its state objects.
 * That for AVX2, which takes blocks by two, copies an odd block to @buffer. The
 * others of SHA-256 use the digest alone, and that is where the kernel's state
 * object has it.
 */
struct sha256_object {
	u32 digest[SHA256_DIGEST_SIZE / 4];
	u8 buffer[SHA256_BLOCK_SIZE];
};

struct sha512_object {
	u64 digest[SHA512_DIGEST_SIZE / 8];
	u8 buffer[SHA512_BLOCK_SIZE];
	u8 unused[32];
	const u8 *data;
};

static_assert(offsetof(struct sha256_object, buffer) == 32);
static_assert(offsetof(struct sha256_state, state) ==
	      offsetof(struct sha256_object, digest));
static_assert(offsetof(struct sha512_object, buffer) == 64);
static_assert(offsetof(struct sha512_object, data) == 224);

asmlinkage void wolfcrypt_sha1_blocks_ni(u32 *state, const u8 *src,
					 unsigned int n);
asmlinkage void wolfcrypt_sha512_blocks_avx2(u64 *state, const u8 *src,
					     unsigned int n);

typedef int sha256_asm_fn(struct sha256_object *sha, const u8 *data,
			  unsigned long len);
typedef int sha512_asm_fn(struct sha512_object *sha, unsigned long len);

asmlinkage sha256_asm_fn Transform_Sha256_SSE2_Sha_Len;
asmlinkage sha256_asm_fn Transform_Sha256_AVX2_RORX_Len;
asmlinkage sha256_asm_fn Transform_Sha256_AVX1_Len;
asmlinkage sha512_asm_fn Transform_Sha512_AVX1_Len;

/*
 * That assembly leaves the message schedule in its frames, which take at most 1140
 * bytes for SHA-256, with one for an odd block, and 200 for SHA-512.
 */
WOLFCRYPT_DEFINE_WIPE(wipe_sha256, 1280)
WOLFCRYPT_DEFINE_WIPE(wipe_sha512, 320)

static void sha1_blocks_ni(void *state, const u8 *src, unsigned int n)
{
	struct sha1_state *st = state;

	wolfcrypt_sha1_blocks_ni(st->state, src, n);
}

static void sha256_blocks_ni(void *state, const u8 *src, unsigned int n)
{
	Transform_Sha256_SSE2_Sha_Len(state, src, n * SHA256_BLOCK_SIZE);
}

static void sha256_blocks_avx2(void *state, const u8 *src, unsigned int n)
{
	struct sha256_state *st = state;
	struct sha256_object sha;

	memcpy(sha.digest, st->state, sizeof(sha.digest));
	Transform_Sha256_AVX2_RORX_Len(&sha, src, n * SHA256_BLOCK_SIZE);
	wipe_sha256();
	memcpy(st->state, sha.digest, sizeof(sha.digest));
	memzero_explicit(&sha, sizeof(sha));
}

static void sha256_blocks_avx(void *state, const u8 *src, unsigned int n)
{
	Transform_Sha256_AVX1_Len(state, src, n * SHA256_BLOCK_SIZE);
	wipe_sha256();
}

/* Clears the schedule itself. */
static void sha512_blocks_avx2(void *state, const u8 *src, unsigned int n)
{
	struct sha512_state *st = state;

	wolfcrypt_sha512_blocks_avx2(st->state, src, n);
}

static void sha512_blocks_avx(void *state, const u8 *src, unsigned int n)
{
	struct sha512_state *st = state;
	struct sha512_object sha;

	sha.data = src;
	memcpy(sha.digest, st->state, sizeof(sha.digest));
	Transform_Sha512_AVX1_Len(&sha, n * SHA512_BLOCK_SIZE);
	wipe_sha512();
	memcpy(st->state, sha.digest, sizeof(sha.digest));
	memzero_explicit(&sha, sizeof(sha));
}

static bool ni_usable(void)
{
	return boot_cpu_has(X86_FEATURE_SHA_NI) &&
	       boot_cpu_has(X86_FEATURE_XMM4_1);
}

static bool avx_usable(void)
{
	return ymm_usable();
}

static bool avx2_usable(void)
{
	return avx_usable() && boot_cpu_has(X86_FEATURE_AVX2) &&
	       boot_cpu_has(X86_FEATURE_BMI2);
}

#define SHA_IMPL(_hash, _isa)					\
const struct wolfcrypt_sha_impl wolfcrypt_##_hash##_##_isa = {	\
	.name	= #_isa,					\
	.simd	= true,						\
	.usable	= _isa##_usable,				\
	.blocks	= _hash##_blocks_##_isa,			\
}

SHA_IMPL(sha1, ni);
SHA_IMPL(sha256, ni);
SHA_IMPL(sha256, avx2);
SHA_IMPL(sha256, avx);
SHA_IMPL(sha512, avx2);
SHA_IMPL(sha512, avx);
