/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What C compiled with -mindirect-branch=thunk-extern and -mfunction-return=
 * thunk-extern calls: retpolines, and a return as on CPUs that need nothing more
 * than the jump to it.
 */

#include <linux/linkage.h>

.text

.macro	retpoline	reg
SYM_FUNC_START(__x86_indirect_thunk_\reg)
	call	.Ltarget\@
.Lspeculation\@:
	pause
	lfence
	jmp	.Lspeculation\@
.Ltarget\@:
	mov	%\reg, (%rsp)
	ret
	int3
SYM_FUNC_END(__x86_indirect_thunk_\reg)
.endm

.irp reg, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
	retpoline	\reg
.endr

SYM_FUNC_START(__x86_return_thunk)
	ret
	int3
SYM_FUNC_END(__x86_return_thunk)
