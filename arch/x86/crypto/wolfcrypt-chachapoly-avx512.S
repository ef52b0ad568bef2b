/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ChaCha20 and Poly1305 (RFC 8439) for CPUs with AVX-512 and its IFMA.
 *
 * ChaCha20: a vector has a word of 16 blocks, and all words are in registers. There is an
 * instruction that rotates.
 *
 * Poly1305: there are eight sums side by side, each of every eighth block, in limbs of 44,
 * 44 and 42 bits, which IFMA multiplies: it adds the lower or the upper 52 bits of a
 * product of 104.
 *
 * Neither leaves the other much to do meanwhile, as in wolfcrypt-chachapoly-avx2.S: so
 * they take turns. What the functions branch on is lengths, and whether there is a source.
 */

#include <linux/cfi_types.h>
#include <linux/linkage.h>

.section .rodata.wolfcrypt_chachapoly_avx512, "a", @progbits
.p2align 6
/* Which block of the 16 it is */
.Llanes:
	.long	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
/* The same for four blocks in a vector: the first four of eight, and the others */
.Lrows:
	.long	0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0
	.long	4, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0
.Lmask44:
	.quad	(1 << 44) - 1
.Lmask42:
	.quad	(1 << 42) - 1
/* 2^128, in the highest limb */
.Lbit128:
	.quad	1 << 40

.text

/* x += y, z = (z ^ x) rotated to the left, twice */
.macro	add_xor_rotate	x, y, z, p, q, r, bits
	vpaddd	%zmm\y, %zmm\x, %zmm\x
	vpaddd	%zmm\q, %zmm\p, %zmm\p
	vpxord	%zmm\x, %zmm\z, %zmm\z
	vpxord	%zmm\p, %zmm\r, %zmm\r
	vprold	$\bits, %zmm\z, %zmm\z
	vprold	$\bits, %zmm\r, %zmm\r
.endm

/* Two quarter rounds (RFC 8439 section 2.1) */
.macro	quarter_rounds	a, b, c, d, e, f, g, h
	add_xor_rotate	\a, \b, \d, \e, \f, \h, 16
	add_xor_rotate	\c, \d, \b, \g, \h, \f, 12
	add_xor_rotate	\a, \b, \d, \e, \f, \h, 8
	add_xor_rotate	\c, \d, \b, \g, \h, \f, 7
.endm

/* Of the words of the state: columns, then diagonals */
.macro	double_round
	quarter_rounds	0, 4, 8, 12,  1, 5, 9, 13
	quarter_rounds	2, 6, 10, 14,  3, 7, 11, 15
	quarter_rounds	0, 5, 10, 15,  1, 6, 11, 12
	quarter_rounds	2, 7, 8, 13,  3, 4, 9, 14
.endm

/*
 * Four words of 16 blocks, to four words of blocks i, i + 4, i + 8, i + 12, with i = 0 in
 * a, to i = 3 in d; the rest is free.
 */
.macro	transpose	a, b, c, d, w, x, y, z
	vpunpckldq	%zmm\b, %zmm\a, %zmm\w
	vpunpckhdq	%zmm\b, %zmm\a, %zmm\x
	vpunpckldq	%zmm\d, %zmm\c, %zmm\y
	vpunpckhdq	%zmm\d, %zmm\c, %zmm\z
	vpunpcklqdq	%zmm\y, %zmm\w, %zmm\a
	vpunpckhqdq	%zmm\y, %zmm\w, %zmm\b
	vpunpcklqdq	%zmm\z, %zmm\x, %zmm\c
	vpunpckhqdq	%zmm\z, %zmm\x, %zmm\d
.endm

/* XOR with the source at rdx if there is one, to rsi. */
.macro	put_block	block, x
.if WITH_SRC
	vpxord	64*(\block)(%rdx), %zmm\x, %zmm\x
.endif
	vmovdqu64 %zmm\x, 64*(\block)(%rsi)
.endm

/*
 * Four blocks, of which a, b, c and d have a quarter of each: the first of them is
 * \block, and the next ones are \step further. w, x, y and z are free.
 */
.macro	put_four	block, step, a, b, c, d, w, x, y, z
	vshufi32x4	$0x44, %zmm\b, %zmm\a, %zmm\w
	vshufi32x4	$0xee, %zmm\b, %zmm\a, %zmm\x
	vshufi32x4	$0x44, %zmm\d, %zmm\c, %zmm\y
	vshufi32x4	$0xee, %zmm\d, %zmm\c, %zmm\z
	vshufi32x4	$0x88, %zmm\y, %zmm\w, %zmm\a
	vshufi32x4	$0xdd, %zmm\y, %zmm\w, %zmm\b
	vshufi32x4	$0x88, %zmm\z, %zmm\x, %zmm\c
	vshufi32x4	$0xdd, %zmm\z, %zmm\x, %zmm\d
	put_block	\block, \a
	put_block	\block+\step, \b
	put_block	\block+2*\step, \c
	put_block	\block+3*\step, \d
.endm

.macro	put_blocks	with_src
.set	WITH_SRC, \with_src
	put_four	0, 4,  0, 4, 8, 12,  16, 17, 18, 19
	put_four	1, 4,  1, 5, 9, 13,  20, 21, 22, 23
	put_four	2, 4,  2, 6, 10, 14,  24, 25, 26, 27
	put_four	3, 4,  3, 7, 11, 15,  28, 29, 30, 31
.endm

/*
 * void wolfcrypt_chacha20_avx512_crypt(u32 *state, u8 *dst, const u8 *src);
 *
 * As crypt of struct wolfcrypt_chachapoly_impl, of 16 blocks.
 */
SYM_TYPED_FUNC_START(wolfcrypt_chacha20_avx512_crypt)
.irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vpbroadcastd	4*\i(%rdi), %zmm\i
.endr
	vpaddd	.Llanes(%rip), %zmm12, %zmm12

	movl	$10, %eax
.p2align 5
.Lrounds:
	double_round
	decl	%eax
	jnz	.Lrounds

	vpaddd	.Llanes(%rip), %zmm12, %zmm12
.irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vpaddd	4*\i(%rdi){1to16}, %zmm\i, %zmm\i
.endr
	addl	$16, 4*12(%rdi)

	transpose	0, 1, 2, 3,  16, 17, 18, 19
	transpose	4, 5, 6, 7,  20, 21, 22, 23
	transpose	8, 9, 10, 11,  24, 25, 26, 27
	transpose	12, 13, 14, 15,  28, 29, 30, 31
	testq	%rdx, %rdx
	jz	.Lno_src
	put_blocks	1
	jmp	.Lend
.Lno_src:
	put_blocks	0
.Lend:
	vzeroupper
	RET
SYM_FUNC_END(wolfcrypt_chacha20_avx512_crypt)

/* Rotate the rows of the state, so that diagonals become columns, or back. */
.macro	rotate_rows	one, three
.irp i, 1, 5
	vpshufd	$\one, %zmm\i, %zmm\i
.endr
.irp i, 2, 6
	vpshufd	$0x4e, %zmm\i, %zmm\i
.endr
.irp i, 3, 7
	vpshufd	$\three, %zmm\i, %zmm\i
.endr
.endm

.macro	put_few		with_src
.set	WITH_SRC, \with_src
	put_four	0, 1,  0, 1, 2, 3,  8, 9, 10, 11
	put_four	4, 1,  4, 5, 6, 7,  12, 13, 14, 15
.endm

/*
 * void wolfcrypt_chacha20_avx512_few(u32 *state, u8 *dst, const u8 *src);
 *
 * Eight blocks. A vector has a row of four of them: bound by the latency of the rounds.
 */
SYM_TYPED_FUNC_START(wolfcrypt_chacha20_avx512_few)
	vbroadcasti32x4	(%rdi), %zmm16
	vbroadcasti32x4	16(%rdi), %zmm17
	vbroadcasti32x4	32(%rdi), %zmm18
	vbroadcasti32x4	48(%rdi), %zmm20
	vpaddd	.Lrows(%rip), %zmm20, %zmm19
	vpaddd	.Lrows+64(%rip), %zmm20, %zmm20
	vmovdqa64	%zmm16, %zmm0
	vmovdqa64	%zmm17, %zmm1
	vmovdqa64	%zmm18, %zmm2
	vmovdqa64	%zmm19, %zmm3
	vmovdqa64	%zmm16, %zmm4
	vmovdqa64	%zmm17, %zmm5
	vmovdqa64	%zmm18, %zmm6
	vmovdqa64	%zmm20, %zmm7

	movl	$10, %eax
.p2align 5
.Lfew_rounds:
	quarter_rounds	0, 1, 2, 3,  4, 5, 6, 7
	rotate_rows	0x39, 0x93
	quarter_rounds	0, 1, 2, 3,  4, 5, 6, 7
	rotate_rows	0x93, 0x39
	decl	%eax
	jnz	.Lfew_rounds

	vpaddd	%zmm16, %zmm0, %zmm0
	vpaddd	%zmm17, %zmm1, %zmm1
	vpaddd	%zmm18, %zmm2, %zmm2
	vpaddd	%zmm19, %zmm3, %zmm3
	vpaddd	%zmm16, %zmm4, %zmm4
	vpaddd	%zmm17, %zmm5, %zmm5
	vpaddd	%zmm18, %zmm6, %zmm6
	vpaddd	%zmm20, %zmm7, %zmm7
	addl	$8, 4*12(%rdi)
	testq	%rdx, %rdx
	jz	.Lfew_no_src
	put_few	1
	jmp	.Lfew_end
.Lfew_no_src:
	put_few	0
.Lfew_end:
	vzeroupper
	RET
SYM_FUNC_END(wolfcrypt_chacha20_avx512_few)

/* Poly1305: eight sums, of which a vector has a limb each, */
.set	H0,	%zmm0
.set	H1,	%zmm1
.set	H2,	%zmm2
/* the factor, */
.set	R0,	%zmm3
.set	R1,	%zmm4
.set	R2,	%zmm5
/* 20 times R1 and R2: what comes to 2^132 times is 20 times, modulo 2^130 - 5. */
.set	S1,	%zmm6
.set	S2,	%zmm7
/* The lower parts of the products, and the upper ones */
.set	LOW0,	%zmm8
.set	LOW1,	%zmm9
.set	LOW2,	%zmm10
.set	HIGH0,	%zmm11
.set	HIGH1,	%zmm12
.set	HIGH2,	%zmm13
/* Eight blocks */
.set	M0,	%zmm14
.set	M1,	%zmm15
.set	M2,	%zmm16
.set	T0,	%zmm17
.set	T1,	%zmm18
.set	MASK44,	%zmm19
.set	MASK42,	%zmm20
.set	BIT128,	%zmm21

/* To limbs, of blocks 0, 4, 1, 5, 2, 6, 3, 7 */
.macro	load_blocks
	vmovdqu64	(%rdx), T0
	vmovdqu64	64(%rdx), T1
	vpunpcklqdq	T1, T0, M0
	vpunpckhqdq	T1, T0, M1
	vpsrlq		$24, M1, M2
	vpsllq		$20, M1, M1
	vpsrlq		$44, M0, T0
	vporq		BIT128, M2, M2
	/* (M1 | T0) & MASK44 */
	vpternlogq	$0xa8, MASK44, T0, M1
	vpandq		MASK44, M0, M0
	addq		$128, %rdx
.endm

/* out = 20 * in */
.macro	times_20	in, out
	vpsllq	$4, \in, T0
	vpsllq	$2, \in, \out
	vpaddq	T0, \out, \out
.endm

.macro	multiply_add	x, y, z, low, high
	vpmadd52luq	\x, H0, \low
	vpmadd52huq	\x, H0, \high
	vpmadd52luq	\y, H1, \low
	vpmadd52huq	\y, H1, \high
	vpmadd52luq	\z, H2, \low
	vpmadd52huq	\z, H2, \high
.endm

/*
 * h *= r. With limbs of h below 2^46, and those of r below 2^45, no sum overflows, and
 * these are below 2^44 and a little again. What is 2^52 times in a limb is 2^8 times
 * in the next one, and in the highest 2^10 times 2^130.
 */
.macro	multiply
.irp v, LOW0, LOW1, LOW2, HIGH0, HIGH1, HIGH2
	vpxorq	\v, \v, \v
.endr
	multiply_add	R0, S2, S1, LOW0, HIGH0
	multiply_add	R1, R0, S2, LOW1, HIGH1
	multiply_add	R2, R1, R0, LOW2, HIGH2

	vpsrlq	$44, LOW0, T0
	vpsllq	$8, HIGH0, HIGH0
	vpandq	MASK44, LOW0, H0
	vpaddq	HIGH0, LOW1, LOW1
	vpaddq	T0, LOW1, LOW1

	vpsrlq	$44, LOW1, T0
	vpsllq	$8, HIGH1, HIGH1
	vpandq	MASK44, LOW1, H1
	vpaddq	HIGH1, LOW2, LOW2
	vpaddq	T0, LOW2, LOW2

	vpsrlq	$42, LOW2, T0
	vpsllq	$10, HIGH2, HIGH2
	vpandq	MASK42, LOW2, H2
	vpaddq	HIGH2, T0, T0
	/* 5 times that */
	vpsllq	$2, T0, T1
	vpaddq	T0, H0, H0
	vpaddq	T1, H0, H0

	vpsrlq	$44, H0, T0
	vpandq	MASK44, H0, H0
	vpaddq	T0, H1, H1
.endm

.macro	add_blocks
	vpaddq	M0, H0, H0
	vpaddq	M1, H1, H1
	vpaddq	M2, H2, H2
.endm

/* The sum of the quadwords of vector \i to memory */
.macro	sum		i, where
	vextracti64x4	$1, %zmm\i, %ymm17
	vpaddq		%ymm17, %ymm\i, %ymm\i
	vextracti128	$1, %ymm\i, %xmm8
	vpaddq		%xmm8, %xmm\i, %xmm\i
	vpunpckhqdq	%xmm\i, %xmm\i, %xmm8
	vpaddq		%xmm8, %xmm\i, %xmm\i
	vmovq		%xmm\i, \where(%rdi)
.endm

/*
 * void wolfcrypt_poly1305_ifma(u64 h[3], const u64 powers[3][8], const u8 *src,
 *				unsigned int n);
 *
 * Absorb n times eight blocks, n > 0. h is in limbs of 44, 44, and 42 bits, which may be
 * up to 2^47 afterwards. powers has these limbs of r^8, r^4, r^7, r^3, r^6, r^2, r^5, r.
 */
SYM_TYPED_FUNC_START(wolfcrypt_poly1305_ifma)
	vpbroadcastq	.Lmask44(%rip), MASK44
	vpbroadcastq	.Lmask42(%rip), MASK42
	vpbroadcastq	.Lbit128(%rip), BIT128
	vpbroadcastq	(%rsi), R0
	vpbroadcastq	64(%rsi), R1
	vpbroadcastq	128(%rsi), R2
	times_20	R1, S1
	times_20	R2, S2
	/* What came before is added to the first block. */
	vmovq	(%rdi), %xmm0
	vmovq	8(%rdi), %xmm1
	vmovq	16(%rdi), %xmm2
	load_blocks
	add_blocks
	decl	%ecx
	jz	.Labsorbed
.p2align 5
.Labsorb:
	load_blocks
	multiply
	add_blocks
	decl	%ecx
	jnz	.Labsorb

.Labsorbed:
	vmovdqu64	(%rsi), R0
	vmovdqu64	64(%rsi), R1
	vmovdqu64	128(%rsi), R2
	times_20	R1, S1
	times_20	R2, S2
	multiply
	sum	0, 0
	sum	1, 8
	sum	2, 16
	vzeroupper
	RET
SYM_FUNC_END(wolfcrypt_poly1305_ifma)
