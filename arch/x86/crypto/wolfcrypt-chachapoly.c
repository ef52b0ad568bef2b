// SPDX-License-Identifier: GPL-2.0-or-later
/* ChaCha20 and Poly1305 for x86-64, see wolfcrypt-chachapoly-avx2.S. */

#include <linux/linkage.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "chachapoly.h"
#include "wolfcrypt-cpu.h"

asmlinkage void wolfcrypt_chachapoly_avx2_crypt(u32 *state, u8 *dst, const u8 *src,
						struct wolfcrypt_poly1305 *poly,
						const u8 *hash, unsigned int n);
asmlinkage void wolfcrypt_chacha20_avx2_few(u32 *state, u8 *stream);
asmlinkage void wolfcrypt_poly1305_bmi2(struct wolfcrypt_poly1305 *poly,
					const u8 *src, unsigned int n);

/* RFC 8439 section 2.5.1: some bits of r are clear. */
static void poly1305_begin(struct wolfcrypt_poly1305 *poly, const u8 *key)
{
	poly->r[0] = get_unaligned_le64(key) & 0x0ffffffc0fffffff;
	poly->r[1] = get_unaligned_le64(key + 8) & 0x0ffffffc0ffffffc;
	poly->s1 = poly->r[1] + (poly->r[1] >> 2);
	poly->pad[0] = get_unaligned_le64(key + 16);
	poly->pad[1] = get_unaligned_le64(key + 24);
	memset(poly->h, 0, sizeof(poly->h));
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

static bool avx2_usable(void)
{
	return ymm_usable() && boot_cpu_has(X86_FEATURE_AVX2) &&
	       boot_cpu_has(X86_FEATURE_BMI2);
}

const struct wolfcrypt_chachapoly_impl wolfcrypt_chachapoly_avx2 = {
	.name	= "avx2",
	.simd	= true,
	.chunk	= WOLFCRYPT_CHACHA_CHUNK,
	.usable	= avx2_usable,
	.crypt	= wolfcrypt_chachapoly_avx2_crypt,
	.few	= wolfcrypt_chacha20_avx2_few,
	.begin	= poly1305_begin,
	.absorb	= wolfcrypt_poly1305_bmi2,
	.end	= poly1305_end,
};
