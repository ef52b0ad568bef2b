/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In place of arch/um/include/asm/fpu/api.h. Interrupts are signals of the
 * host, which saves the vector registers; only a switch of tasks would lose
 * them.
 */
#ifndef _ASM_UM_FPU_API_H
#define _ASM_UM_FPU_API_H

#include <asm/cpufeature.h>
#include <linux/preempt.h>
#include <linux/types.h>

#define XFEATURE_MASK_SSE	(1 << 1)
#define XFEATURE_MASK_YMM	(1 << 2)
#define XFEATURE_MASK_AVX512	(7 << 5)

static inline void kernel_fpu_begin(void)
{
	preempt_disable();
}

static inline void kernel_fpu_end(void)
{
	preempt_enable();
}

static inline bool irq_fpu_usable(void)
{
	return true;
}

int cpu_has_xfeatures(u64 xfeatures_mask, const char **feature_name);

#endif /* _ASM_UM_FPU_API_H */
