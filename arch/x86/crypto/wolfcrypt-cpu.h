/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What more than one of the implementations asks of the CPU. */
#ifndef _ARCH_X86_CRYPTO_WOLFCRYPT_CPU_H
#define _ARCH_X86_CRYPTO_WOLFCRYPT_CPU_H

#include <asm/fpu/api.h>
#include <linux/cpufeature.h>

/* AVX, whose registers the kernel saves. */
static inline bool ymm_usable(void)
{
	return boot_cpu_has(X86_FEATURE_AVX) &&
	       cpu_has_xfeatures(XFEATURE_MASK_SSE | XFEATURE_MASK_YMM, NULL);
}

/* AVX-512, likewise, for vectors of any width. */
static inline bool zmm_usable(void)
{
	return ymm_usable() && boot_cpu_has(X86_FEATURE_AVX512F) &&
	       boot_cpu_has(X86_FEATURE_AVX512VL) &&
	       cpu_has_xfeatures(XFEATURE_MASK_AVX512, NULL);
}

/*
 * Whatever CPU has VAES has the rest. QEMU 7.2 emulates VAES without VPCLMULQDQ,
 * and gives wrong results on 256 bits.
 */
static inline bool vaes_avx2_usable(void)
{
	return ymm_usable() && boot_cpu_has(X86_FEATURE_AVX2) &&
	       boot_cpu_has(X86_FEATURE_AES) &&
	       boot_cpu_has(X86_FEATURE_PCLMULQDQ) &&
	       boot_cpu_has(X86_FEATURE_XMM4_1) &&
	       boot_cpu_has(X86_FEATURE_VAES) &&
	       boot_cpu_has(X86_FEATURE_VPCLMULQDQ);
}

/*
 * The first CPUs with AVX-512 slow down for 512-bit vectors, and for what runs after
 * them: up to Ice Lake, Tiger Lake, Rocket Lake. Those that don't also have BF16:
 * Sapphire Rapids, Zen 4, and what came later.
 */
static inline bool fast_zmm_usable(void)
{
	return zmm_usable() && boot_cpu_has(X86_FEATURE_AVX2) &&
	       boot_cpu_has(X86_FEATURE_BMI2) &&
	       boot_cpu_has(X86_FEATURE_AVX512BW) &&
	       boot_cpu_has(X86_FEATURE_AVX512DQ) &&
	       boot_cpu_has(X86_FEATURE_AVX512_BF16);
}

static inline bool vaes_avx512_usable(void)
{
	return vaes_avx2_usable() && fast_zmm_usable();
}

#endif /* _ARCH_X86_CRYPTO_WOLFCRYPT_CPU_H */
