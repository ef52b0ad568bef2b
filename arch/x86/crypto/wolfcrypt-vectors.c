// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an FPU section leaves in the vector registers: round keys, powers of H, data.
 * The kernel takes a task's own ones back on the way to user space only, and a kernel
 * thread has none; so until then, whatever saves registers would have them.
 */

#include <linux/cache.h>
#include <linux/compiler.h>

#include "internal.h"
#include "wolfcrypt-cpu.h"

enum vectors {
	VECTORS_XMM,	/* 0 to 15 */
	VECTORS_YMM,	/* 0 to 15 */
	VECTORS_ZMM,	/* 0 to 31 */
};

static enum vectors vectors __ro_after_init;

/**
 * wolfcrypt_vectors_select() - find out which registers may be used on this CPU
 *
 * Context: the module's init function, before any FPU section.
 */
void wolfcrypt_vectors_select(void)
{
	if (zmm_usable())
		vectors = VECTORS_ZMM;
	else if (ymm_usable())
		vectors = VECTORS_YMM;
}

/**
 * wolfcrypt_vectors_clear() - clear the vector registers, whole
 *
 * Instructions with VEX or EVEX encoding clear the part of a register that they don't
 * name. All of these are done when registers are renamed, and take little time for it.
 *
 * Context: an FPU section, at its end.
 */
void wolfcrypt_vectors_clear(void)
{
	if (vectors == VECTORS_XMM) {
		asm volatile(".irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
			     "pxor %xmm\\i, %xmm\\i\n"
			     ".endr");
		return;
	}

	asm volatile(".irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
		     "vpxor %xmm\\i, %xmm\\i, %xmm\\i\n"
		     ".endr");
	if (vectors == VECTORS_ZMM)
		asm volatile(".irp i, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
			     "vpxorq %xmm\\i, %xmm\\i, %xmm\\i\n"
			     ".endr");
}
