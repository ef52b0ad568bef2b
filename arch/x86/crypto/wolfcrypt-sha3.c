// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SHA-3 for x86-64, on wolfCrypt's assembly for BMI1 and BMI2. That uses general
 * registers alone, and is faster than the other for AVX2.
 */

#include <linux/linkage.h>

#include "sha3.h"
#include "wolfcrypt-cpu.h"

asmlinkage void sha3_block_n_bmi2(u64 *state, const u8 *data, u32 n, u64 rate);

static void sha3_absorb_bmi2(u64 *state, const u8 *src, unsigned int n,
			     unsigned int rate)
{
	sha3_block_n_bmi2(state, src, n, rate);
}

static bool bmi2_usable(void)
{
	return boot_cpu_has(X86_FEATURE_BMI1) &&
	       boot_cpu_has(X86_FEATURE_BMI2);
}

const struct wolfcrypt_sha3_impl wolfcrypt_sha3_bmi2 = {
	.name	= "bmi2",
	.usable	= bmi2_usable,
	.absorb	= sha3_absorb_bmi2,
};
