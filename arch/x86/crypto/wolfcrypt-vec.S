/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Included by assembly that is made for vectors of several lengths, of VL bytes:
 * 16, 32 or 64. Names of registers, and of instructions that go by another one
 * or have other operands in EVEX.
 */

/* V0 to V15, and to V31 where there are so many. */
.macro	define_vectors
.irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
.if VL == 64
	.set	V\i,	%zmm\i
.elseif VL == 32
	.set	V\i,	%ymm\i
.else
	.set	V\i,	%xmm\i
.endif
.endr
.if VL == 64
.irp i, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	.set	V\i,	%zmm\i
.endr
.endif
.endm

.macro	vec_load	mem, out
.if VL == 64
	vmovdqu8	\mem, \out
.else
	vmovdqu		\mem, \out
.endif
.endm

.macro	vec_store	v, mem
	vec_load	\v, \mem
.endm

.macro	vec_move	v, out
.if VL == 64
	vmovdqa64	\v, \out
.else
	vmovdqa		\v, \out
.endif
.endm

.macro	vec_xor	a, b, out
.if VL == 64
	vpxord		\a, \b, \out
.else
	vpxor		\a, \b, \out
.endif
.endm

/* Load 16 bytes into every lane. */
.macro	vec_broadcast	mem, out
.if VL == 64
	vbroadcasti32x4	\mem, \out
.elseif VL == 32
	vbroadcasti128	\mem, \out
.else
	vmovdqu		\mem, \out
.endif
.endm
