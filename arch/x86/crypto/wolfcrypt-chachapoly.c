// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ChaCha20 and Poly1305 for x86-64, see wolfcrypt-chachapoly-avx2.S and
 * wolfcrypt-chachapoly-avx512.S.
 */

#include <linux/array_size.h>
#include <linux/bits.h>
#include <linux/linkage.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "chachapoly.h"
#include "internal.h"
#include "wolfcrypt-cpu.h"

asmlinkage void wolfcrypt_chachapoly_avx2_crypt(u32 *state, u8 *dst, const u8 *src,
						struct wolfcrypt_poly1305 *poly,
						const u8 *hash, unsigned int n);
asmlinkage void wolfcrypt_chacha20_avx2_few(u32 *state, u8 *dst, const u8 *src);
asmlinkage void wolfcrypt_chacha20_avx512_crypt(u32 *state, u8 *dst, const u8 *src);
asmlinkage void wolfcrypt_chacha20_avx512_few(u32 *state, u8 *dst, const u8 *src);
asmlinkage void wolfcrypt_poly1305_bmi2(struct wolfcrypt_poly1305 *poly,
					const u8 *src, unsigned int n);
asmlinkage void wolfcrypt_poly1305_ifma(u64 h[3], const u64 powers[3][8], const u8 *src,
					unsigned int n);

/* How many sums of Poly1305 IFMA makes side by side */
#define SUMS		8

/* For fewer blocks it takes more time to put them together, */
#define WORTH_SUMS	16
/* and to have the powers of r. */
#define WORTH_POWERS	24

/* For IFMA the 130 bits of Poly1305 are in three limbs. */
#define LIMB_BITS	44
#define LIMB_MASK	GENMASK_ULL(LIMB_BITS - 1, 0)
#define TOP_BITS	(130 - 2 * LIMB_BITS)
#define TOP_MASK	GENMASK_ULL(TOP_BITS - 1, 0)

/* RFC 8439 section 2.5.1: some bits of r are clear. */
static void poly1305_begin(struct wolfcrypt_poly1305 *poly, const u8 *key)
{
	poly->r[0] = get_unaligned_le64(key) & 0x0ffffffc0fffffff;
	poly->r[1] = get_unaligned_le64(key + 8) & 0x0ffffffc0ffffffc;
	poly->s1 = poly->r[1] + (poly->r[1] >> 2);
	poly->pad[0] = get_unaligned_le64(key + 16);
	poly->pad[1] = get_unaligned_le64(key + 24);
	memset(poly->h, 0, sizeof(poly->h));
	poly->has_powers = false;
}

/*
 * h is less than 2 * (2^130 - 5). If h + 5 has bit 130, then it is this, less the bit,
 * that remains modulo 2^130 - 5. Which of both goes into the tag is chosen by a mask.
 */
static void poly1305_end(struct wolfcrypt_poly1305 *poly, u8 *tag)
{
	unsigned __int128 sum;
	u64 low, high, mask;

	sum = (unsigned __int128)poly->h[0] + 5;
	low = sum;
	sum = (sum >> 64) + poly->h[1];
	high = sum;
	mask = -(((u64)(sum >> 64) + poly->h[2]) >> 2);
	low = (low & mask) | (poly->h[0] & ~mask);
	high = (high & mask) | (poly->h[1] & ~mask);

	sum = (unsigned __int128)low + poly->pad[0];
	put_unaligned_le64(sum, tag);
	put_unaligned_le64((u64)(sum >> 64) + high + poly->pad[1], tag + 8);
}

static void limbs_split(u64 *limbs, const u64 *words)
{
	limbs[0] = words[0] & LIMB_MASK;
	limbs[1] = (words[0] >> LIMB_BITS | words[1] << (64 - LIMB_BITS)) &
		   LIMB_MASK;
	limbs[2] = words[1] >> (2 * LIMB_BITS - 64) |
		   words[2] << (128 - 2 * LIMB_BITS);
}

/* Of limbs below 2^48; then there is no more than a little over 2^130. */
static void limbs_join(u64 *words, const u64 *limbs)
{
	u128 sum;

	sum = limbs[0] + ((u128)limbs[1] << LIMB_BITS);
	words[0] = sum;
	sum = (sum >> 64) + ((u128)limbs[2] << (2 * LIMB_BITS - 64));
	words[1] = sum;
	words[2] = sum >> 64;

	sum = (u128)words[0] + 5 * (words[2] >> 2);
	words[0] = sum;
	sum = (sum >> 64) + words[1];
	words[1] = sum;
	words[2] = (words[2] & 3) + (u64)(sum >> 64);
}

/*
 * out = a * b mod 2^130 - 5, but for a little over it. What comes to 2^132 times is 20
 * times. With limbs below 2^45 no sum of products reaches 2^96, nor a carry 2^52.
 */
static void limbs_mul(u64 *out, const u64 *a, const u64 *b)
{
	u64 s1 = 20 * b[1], s2 = 20 * b[2], low;
	u128 sum0, sum1, sum2;

	sum0 = (u128)a[0] * b[0] + (u128)a[1] * s2 + (u128)a[2] * s1;
	sum1 = (u128)a[0] * b[1] + (u128)a[1] * b[0] + (u128)a[2] * s2;
	sum2 = (u128)a[0] * b[2] + (u128)a[1] * b[1] + (u128)a[2] * b[0];
	sum1 += (u64)(sum0 >> LIMB_BITS);
	sum2 += (u64)(sum1 >> LIMB_BITS);
	low = (sum0 & LIMB_MASK) + 5 * (u64)(sum2 >> TOP_BITS);
	out[0] = low & LIMB_MASK;
	out[1] = (sum1 & LIMB_MASK) + (low >> LIMB_BITS);
	out[2] = sum2 & TOP_MASK;
}

/* What was a power of r in the frame of the next function */
WOLFCRYPT_DEFINE_WIPE(wipe_powers, 512)

/* r to r^8, which are where vectors have the blocks that they belong to */
static noinline_for_stack void poly1305_powers(struct wolfcrypt_poly1305 *poly)
{
	/* Of r^(i + 1) */
	static const u8 lane[SUMS] = { 7, 5, 3, 1, 6, 4, 2, 0 };
	u64 r[3] = { poly->r[0], poly->r[1] };
	u64 powers[SUMS][3];
	int i, limb;

	limbs_split(powers[0], r);
	for (i = 1; i < SUMS; i++)
		limbs_mul(powers[i], powers[i / 2], powers[(i - 1) / 2]);
	for (i = 0; i < SUMS; i++)
		for (limb = 0; limb < ARRAY_SIZE(poly->powers); limb++)
			poly->powers[limb][lane[i]] = powers[i][limb];
	poly->has_powers = true;
}

static void poly1305_absorb_ifma(struct wolfcrypt_poly1305 *poly, const u8 *src,
				 unsigned int n)
{
	unsigned int rest = n % SUMS;
	u64 limbs[3];

	if (n < (poly->has_powers ? WORTH_SUMS : WORTH_POWERS)) {
		wolfcrypt_poly1305_bmi2(poly, src, n);
		return;
	}
	if (!poly->has_powers) {
		poly1305_powers(poly);
		wipe_powers();
	}
	limbs_split(limbs, poly->h);
	wolfcrypt_poly1305_ifma(limbs, poly->powers, src, n / SUMS);
	limbs_join(poly->h, limbs);
	memzero_explicit(limbs, sizeof(limbs));
	if (rest)
		wolfcrypt_poly1305_bmi2(poly,
					src + (n - rest) * POLY1305_BLOCK_SIZE,
					rest);
}

static void avx2_crypt(u32 *state, u8 *dst, const u8 *src)
{
	wolfcrypt_chachapoly_avx2_crypt(state, dst, src, NULL, NULL, 0);
}

static bool avx2_usable(void)
{
	return ymm_usable() && boot_cpu_has(X86_FEATURE_AVX2) &&
	       boot_cpu_has(X86_FEATURE_BMI2);
}

/* Of those with BF16, Cooper Lake has no IFMA. */
static bool avx512_usable(void)
{
	return fast_zmm_usable() && boot_cpu_has(X86_FEATURE_AVX512IFMA);
}

const struct wolfcrypt_chachapoly_impl wolfcrypt_chachapoly_avx2 = {
	.name	= "avx2",
	.simd	= true,
	.chunk	= 8 * CHACHA_BLOCK_SIZE,
	.few_len = 4 * CHACHA_BLOCK_SIZE,
	.usable	= avx2_usable,
	.crypt	= avx2_crypt,
	.few	= wolfcrypt_chacha20_avx2_few,
	.crypt_absorb = wolfcrypt_chachapoly_avx2_crypt,
	.begin	= poly1305_begin,
	.absorb	= wolfcrypt_poly1305_bmi2,
	.end	= poly1305_end,
};

const struct wolfcrypt_chachapoly_impl wolfcrypt_chachapoly_avx512 = {
	.name	= "avx512",
	.simd	= true,
	.chunk	= 16 * CHACHA_BLOCK_SIZE,
	.few_len = 8 * CHACHA_BLOCK_SIZE,
	.usable	= avx512_usable,
	.crypt	= wolfcrypt_chacha20_avx512_crypt,
	.few	= wolfcrypt_chacha20_avx512_few,
	.begin	= poly1305_begin,
	.absorb	= poly1305_absorb_ifma,
	.end	= poly1305_end,
};
