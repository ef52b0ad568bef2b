/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In place of arch/um/include/asm/fpu/api.h. Interrupts are signals of the
 * host, which saves the vector registers; only a switch of tasks would lose
 * them. What may be done where is as on x86.
 */
#ifndef _ASM_UM_FPU_API_H
#define _ASM_UM_FPU_API_H

#include <asm/cpufeature.h>
#include <linux/compiler.h>
#include <linux/preempt.h>
#include <linux/types.h>

#define XFEATURE_MASK_SSE	(1 << 1)
#define XFEATURE_MASK_YMM	(1 << 2)
#define XFEATURE_MASK_AVX512	(7 << 5)

extern bool um_in_kernel_fpu;

static inline void kernel_fpu_begin(void)
{
	preempt_disable();
	WRITE_ONCE(um_in_kernel_fpu, true);
	barrier();
}

static inline void kernel_fpu_end(void)
{
	barrier();
	WRITE_ONCE(um_in_kernel_fpu, false);
	preempt_enable();
}

static inline bool irq_fpu_usable(void)
{
	return !READ_ONCE(um_in_kernel_fpu) &&
	       (!in_hardirq() || !softirq_count());
}

int cpu_has_xfeatures(u64 xfeatures_mask, const char **feature_name);

#endif /* _ASM_UM_FPU_API_H */
