// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What this CPU can do at best, for the benchmark to hold drivers against: how
 * long an instruction takes if nothing is in its way. Read from
 * /sys/kernel/debug/wolfcrypt-bench-limits.
 */

#include <asm/fpu/api.h>
#include <linux/cpufeature.h>
#include <linux/debugfs.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/seq_file.h>

#include "bench.h"

/* Instructions of a loop, that take some 10 us; and how often it is timed. */
#define LIMIT_INSNS	32000
#define LIMIT_RUNS	200

#define LIMIT_TURN(_insn)						\
	".irp i, 0, 1, 2, 3, 4, 5, 6, 7\n\t" _insn "\n\t.endr"

#define LIMIT_LOOP(_name, _insn)					\
static void limit_##_name(void)						\
{									\
	unsigned int i;							\
									\
	for (i = 0; i < LIMIT_INSNS / 8; i++)				\
		asm volatile(LIMIT_TURN(_insn));			\
}

/* On eight registers, so that none waits for the one before. */
LIMIT_LOOP(aesenc_128, "aesenc %xmm8, %xmm\\i")
LIMIT_LOOP(aesenc_256, "vaesenc %ymm8, %ymm\\i, %ymm\\i")
LIMIT_LOOP(aesenc_512, "vaesenc %zmm8, %zmm\\i, %zmm\\i")
LIMIT_LOOP(clmul_128, "pclmulqdq $0x10, %xmm8, %xmm\\i")
LIMIT_LOOP(clmul_256, "vpclmulqdq $0x10, %ymm8, %ymm\\i, %ymm\\i")
LIMIT_LOOP(clmul_512, "vpclmulqdq $0x10, %zmm8, %zmm\\i, %zmm\\i")

/* Each waits for the one before. */
LIMIT_LOOP(aesenc_latency, "aesenc %xmm8, %xmm0")

/* A cycle of the core's clock: what an addition takes that another waits for. */
static void limit_cycle(void)
{
	unsigned long x = 0, one = 1;
	unsigned int i;

	for (i = 0; i < LIMIT_INSNS / 8; i++)
		asm volatile(LIMIT_TURN("add %1, %0") : "+r" (x) : "r" (one));
}

static bool limit_has_vaes(void)
{
	return boot_cpu_has(X86_FEATURE_AVX2) &&
	       boot_cpu_has(X86_FEATURE_VAES) &&
	       boot_cpu_has(X86_FEATURE_VPCLMULQDQ) &&
	       cpu_has_xfeatures(XFEATURE_MASK_SSE | XFEATURE_MASK_YMM, NULL);
}

static bool limit_has_avx512(void)
{
	return limit_has_vaes() && boot_cpu_has(X86_FEATURE_AVX512F) &&
	       cpu_has_xfeatures(XFEATURE_MASK_SSE | XFEATURE_MASK_YMM |
				 XFEATURE_MASK_AVX512, NULL);
}

static bool limit_has_aes(void)
{
	return boot_cpu_has(X86_FEATURE_AES);
}

static bool limit_has_clmul(void)
{
	return boot_cpu_has(X86_FEATURE_PCLMULQDQ);
}

static const struct {
	const char *name;
	void (*loop)(void);
	bool (*usable)(void);
} limits[] = {
	{ "cycle", limit_cycle },
	{ "aesenc-latency", limit_aesenc_latency, limit_has_aes },
	{ "aesenc-128", limit_aesenc_128, limit_has_aes },
	{ "aesenc-256", limit_aesenc_256, limit_has_vaes },
	{ "aesenc-512", limit_aesenc_512, limit_has_avx512 },
	{ "clmul-128", limit_clmul_128, limit_has_clmul },
	{ "clmul-256", limit_clmul_256, limit_has_vaes },
	{ "clmul-512", limit_clmul_512, limit_has_avx512 },
};

/* The shortest time of the loop, per instruction, in femtoseconds. */
static u64 limit_measure(void (*loop)(void))
{
	u64 start, best = U64_MAX;
	int i;

	for (i = 0; i < LIMIT_RUNS; i++) {
		kernel_fpu_begin();
		start = ktime_get_ns();
		loop();
		best = min(best, ktime_get_ns() - start);
		if (limit_has_vaes())
			asm volatile("vzeroupper");
		kernel_fpu_end();
		cond_resched();
	}
	return div_u64(best * 1000000, LIMIT_INSNS);
}

static int limits_show(struct seq_file *seq, void *unused)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		if (limits[i].usable && !limits[i].usable())
			continue;
		seq_printf(seq, "%s %llu\n", limits[i].name,
			   limit_measure(limits[i].loop));
	}
	return 0;
}

DEFINE_SHOW_ATTRIBUTE(limits);

/**
 * bench_limits_create() - the file that measures whenever it is read
 *
 * Return: the file, in debugfs, or an error pointer.
 */
struct dentry *bench_limits_create(void)
{
	return debugfs_create_file("wolfcrypt-bench-limits", 0400, NULL, NULL,
				   &limits_fops);
}
