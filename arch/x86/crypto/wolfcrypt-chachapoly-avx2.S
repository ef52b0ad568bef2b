/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ChaCha20 and Poly1305 (RFC 8439) for CPUs with AVX2 and BMI2: for Intel since
 * Haswell, AMD since Zen.
 *
 * ChaCha20 is made of vector instructions alone, Poly1305 here of those on general
 * registers alone, MULX above all. The CPU has units of both, so one function does both
 * at once: while it makes eight blocks of the key stream it absorbs up to 512 bytes of
 * another part of the message. That is all a multiplication modulo 2^130 - 5 needs, each
 * of which waits for the one before; no powers of the key are computed.
 *
 * What the functions branch on is lengths, and whether there is a source.
 */

#include <linux/cfi_types.h>
#include <linux/linkage.h>

/* struct wolfcrypt_poly1305 */
#define POLY_R0		0
#define POLY_R1		8
#define POLY_S1		16
#define POLY_H0		24
#define POLY_H1		32
#define POLY_H2		40

/* The frame of the key stream's function */
#define PARK_01		0	/* words 8 and 9, of eight blocks each */
#define PARK_23		64	/* 10 and 11 */
#define PARK_CD		128	/* 8 to 15 at the end */
#define PARKED		384
#define SAVED_STATE	384
#define SAVED_DST	392
#define SAVED_SRC	400
#define SAVED_POLY	408
#define POLY_ROUNDS	416
#define ROUNDS		420	/* without Poly1305 */
#define FRAME		448

.section .rodata.wolfcrypt_chachapoly, "a", @progbits
.p2align 5
/* For vpshufb: rotate words by so many bits to the left. */
.Lrot16:
	.octa	0x0d0c0f0e09080b0a0504070601000302
	.octa	0x0d0c0f0e09080b0a0504070601000302
.Lrot8:
	.octa	0x0e0d0c0f0a09080b0605040702010003
	.octa	0x0e0d0c0f0a09080b0605040702010003
/* Which block of the eight it is */
.Llanes:
	.long	0, 1, 2, 3, 4, 5, 6, 7
/* The same for two blocks in a vector: the first two of four, and the others */
.Lpairs:
	.long	0, 0, 0, 0, 1, 0, 0, 0
	.long	2, 0, 0, 0, 3, 0, 0, 0

.text

/*
 * Poly1305: h = (h + block + 2^128) * r mod 2^130 - 5, but for a little that is left
 * over 2^130. h has 64 bits in each word but the last. As r1 is a multiple of 4, what
 * comes to 2^128 or more times it folds into a lower word, by s1 = 5 * r1 / 4:
 *
 *	h0 + h1 * 2^64 + h2 * 2^128 =
 *		h0 * r0 + h1 * s1 +
 *		(h0 * r1 + h1 * r0 + h2 * s1) * 2^64 +
 *		h2 * r0 * 2^128
 *
 * r0 and r1 have 60 bits, s1 has 61, and h2 few: so these products need no third word.
 */
.set	HASH_SRC,	%r8
.set	R0,		%r9
.set	R1,		%rsi
.set	S1,		%rdi
.set	H0,		%r10
.set	H1,		%r11
.set	H2,		%r12
.set	H2_32,		%r12d
.set	LOW,		%r13	/* the sums of the first line, */
.set	LOW_HIGH,	%r14
.set	MID,		%r15	/* and of the second */
.set	MID_HIGH,	%rbx
.set	T0,		%rax
.set	T1,		%rcx

.macro	poly_load	poly
	movq	POLY_R0(\poly), R0
	movq	POLY_R1(\poly), R1
	movq	POLY_H0(\poly), H0
	movq	POLY_H1(\poly), H1
	movq	POLY_H2(\poly), H2
	movq	POLY_S1(\poly), S1
.endm

.macro	poly_store	poly
	movq	H0, POLY_H0(\poly)
	movq	H1, POLY_H1(\poly)
	movq	H2, POLY_H2(\poly)
.endm

/* A block, in four parts, for others to come between them. */
.macro	poly_part	part
.if \part == 1
	addq	(HASH_SRC), H0
	adcq	8(HASH_SRC), H1
	adcq	$1, H2
	movq	H0, %rdx
	mulxq	R0, LOW, LOW_HIGH
	mulxq	R1, MID, MID_HIGH
.elseif \part == 2
	movq	H1, %rdx
	mulxq	S1, T0, T1
	addq	T0, LOW
	adcq	T1, LOW_HIGH
	mulxq	R0, T0, T1
	addq	T0, MID
	adcq	T1, MID_HIGH
.elseif \part == 3
	movq	H2, T0
	imulq	S1, T0
	imulq	R0, H2
	addq	T0, MID
	adcq	$0, MID_HIGH
	addq	LOW_HIGH, MID
	adcq	MID_HIGH, H2
.else
	/* 5 * (h2 >> 2) goes to the lowest word. */
	movq	H2, T0
	movq	H2, T1
	andq	$-4, T0
	shrq	$2, T1
	andl	$3, H2_32
	addq	T1, T0
	addq	T0, LOW
	adcq	$0, MID
	adcq	$0, H2
	movq	LOW, H0
	movq	MID, H1
	addq	$16, HASH_SRC
.endif
.endm

/* That much of a block of Poly1305, in the rounds that have one */
.macro	between		part
.if WITH_POLY
	poly_part \part
.endif
.endm

/* Rotate to the left, a word of each block in both; the next two are free. */
.macro	rotate_words	x, y, bits
	vpslld	$\bits, %ymm\x, %ymm10
	vpslld	$\bits, %ymm\y, %ymm11
	vpsrld	$(32 - \bits), %ymm\x, %ymm\x
	vpsrld	$(32 - \bits), %ymm\y, %ymm\y
	vpor	%ymm10, %ymm\x, %ymm\x
	vpor	%ymm11, %ymm\y, %ymm\y
.endm

.macro	rotate_bytes	x, y, how
	vpshufb	\how, %ymm\x, %ymm\x
	vpshufb	\how, %ymm\y, %ymm\y
.endm

/* x += y, z ^= x */
.macro	add_xor		x, y, z
	vpaddd	%ymm\y, %ymm\x, %ymm\x
	vpxor	%ymm\x, %ymm\z, %ymm\z
.endm

/* Two quarter rounds (RFC 8439 section 2.1) */
.macro	quarter_rounds	a, b, c, d, e, f, g, h
	add_xor		\a, \b, \d
	add_xor		\e, \f, \h
	rotate_bytes	\d, \h, .Lrot16(%rip)
	between		1
	add_xor		\c, \d, \b
	add_xor		\g, \h, \f
	rotate_words	\b, \f, 12
	between		2
	add_xor		\a, \b, \d
	add_xor		\e, \f, \h
	rotate_bytes	\d, \h, .Lrot8(%rip)
	between		3
	add_xor		\c, \d, \b
	add_xor		\g, \h, \f
	rotate_words	\b, \f, 7
	between		4
.endm

/* ymm8 and ymm9: from words 8 and 9 to 10 and 11, or back */
.macro	change_words	from, to
	vmovdqa	%ymm8, \from(%rsp)
	vmovdqa	%ymm9, \from+32(%rsp)
	vmovdqa	\to(%rsp), %ymm8
	vmovdqa	\to+32(%rsp), %ymm9
.endm

/* Words 0 to 7 are in ymm0 to ymm7, 12 to 15 in ymm12 to ymm15. */
.macro	double_round
	quarter_rounds	0, 4, 8, 12,  1, 5, 9, 13
	change_words	PARK_01, PARK_23
	quarter_rounds	2, 6, 8, 14,  3, 7, 9, 15
	quarter_rounds	0, 5, 8, 15,  1, 6, 9, 12
	change_words	PARK_23, PARK_01
	quarter_rounds	2, 7, 8, 13,  3, 4, 9, 14
.endm

/* Add a word of the state at rdi. */
.macro	add_state	word, x, free
	vpbroadcastd	4*\word(%rdi), %ymm\free
	vpaddd	%ymm\free, %ymm\x, %ymm\x
.endm

/*
 * Four words of eight blocks, to four words of blocks 0 and 4, 1 and 5, 2 and 6, 3 and
 * 7; ymm8 to ymm11 are free.
 */
.macro	transpose	a, b, c, d
	vpunpckldq	%ymm\b, %ymm\a, %ymm8
	vpunpckhdq	%ymm\b, %ymm\a, %ymm9
	vpunpckldq	%ymm\d, %ymm\c, %ymm10
	vpunpckhdq	%ymm\d, %ymm\c, %ymm11
	vpunpcklqdq	%ymm10, %ymm8, %ymm\a
	vpunpckhqdq	%ymm10, %ymm8, %ymm\b
	vpunpcklqdq	%ymm11, %ymm9, %ymm\c
	vpunpckhqdq	%ymm11, %ymm9, %ymm\d
.endm

/* Half of a block: XOR with the source at rdx if there is one, to rsi. */
.macro	put_half	where, x
.if WITH_SRC
	vpxor	\where(%rdx), %ymm\x, %ymm\x
.endif
	vmovdqu	%ymm\x, \where(%rsi)
.endm

/* From \where on in block \block and in the fourth after it */
.macro	put_pair	block, where, x, y
	vperm2i128	$0x20, %ymm\y, %ymm\x, %ymm8
	vperm2i128	$0x31, %ymm\y, %ymm\x, %ymm9
	put_half	(64 * \block + \where), 8
	put_half	(64 * (\block + 4) + \where), 9
.endm

/* A half of each block, of whose words ymm0 to ymm7 have one each */
.macro	put_halves	where
	transpose	0, 1, 2, 3
	transpose	4, 5, 6, 7
	put_pair	0, \where, 0, 4
	put_pair	1, \where, 1, 5
	put_pair	2, \where, 2, 6
	put_pair	3, \where, 3, 7
.endm

.macro	put_blocks	with_src
.set	WITH_SRC, \with_src
	put_halves	0
.irp i, 0, 1, 2, 3, 4, 5, 6, 7
	vmovdqa		PARK_CD+32*\i(%rsp), %ymm\i
.endr
	put_halves	32
.endm

/*
 * void wolfcrypt_chachapoly_avx2_crypt(u32 *state, u8 *dst, const u8 *src,
 *				  struct wolfcrypt_poly1305 *poly,
 *				  const u8 *hash, unsigned int n);
 *
 * As crypt_absorb of struct wolfcrypt_chachapoly_impl; n is 8 at most.
 */
SYM_TYPED_FUNC_START(wolfcrypt_chachapoly_avx2_crypt)
	pushq	%rbp
	movq	%rsp, %rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	subq	$FRAME, %rsp
	andq	$-32, %rsp
	movq	%rdi, SAVED_STATE(%rsp)
	movq	%rsi, SAVED_DST(%rsp)
	movq	%rdx, SAVED_SRC(%rsp)
	movq	%rcx, SAVED_POLY(%rsp)

.irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vpbroadcastd	4*\i(%rdi), %ymm\i
.endr
	vpaddd	.Llanes(%rip), %ymm12, %ymm12
	vmovdqa	%ymm10, PARK_23(%rsp)
	vmovdqa	%ymm11, PARK_23+32(%rsp)

	/* Of the ten double rounds, n have 64 bytes of Poly1305 in each. */
	movl	$10, %eax
	subl	%r9d, %eax
	movl	%eax, ROUNDS(%rsp)
	testl	%r9d, %r9d
	jz	.Lrounds

	movl	%r9d, POLY_ROUNDS(%rsp)
	poly_load %rcx
.set	WITH_POLY, 1
.p2align 5
.Lpoly_rounds:
	double_round
	decl	POLY_ROUNDS(%rsp)
	jnz	.Lpoly_rounds
	movq	SAVED_POLY(%rsp), %rcx
	poly_store %rcx

.set	WITH_POLY, 0
.p2align 5
.Lrounds:
	double_round
	decl	ROUNDS(%rsp)
	jnz	.Lrounds

	/* Add the state to the words, of which the upper ones wait. */
	movq	SAVED_STATE(%rsp), %rdi
	movq	SAVED_DST(%rsp), %rsi
	movq	SAVED_SRC(%rsp), %rdx
	vpaddd	.Llanes(%rip), %ymm12, %ymm12
.irp i, 12, 13, 14, 15
	add_state	\i, \i, 10
	vmovdqa		%ymm\i, PARK_CD+32*(\i-8)(%rsp)
.endr
.irp i, 8, 9
	add_state	\i, \i, 10
	vmovdqa		%ymm\i, PARK_CD+32*(\i-8)(%rsp)
.endr
	vmovdqa		PARK_23(%rsp), %ymm10
	vmovdqa		PARK_23+32(%rsp), %ymm11
.irp i, 10, 11
	add_state	\i, \i, 12
	vmovdqa		%ymm\i, PARK_CD+32*(\i-8)(%rsp)
.endr
.irp i, 0, 1, 2, 3, 4, 5, 6, 7
	add_state	\i, \i, 8
.endr
	addl	$8, 4*12(%rdi)

	testq	%rdx, %rdx
	jz	.Lno_src
	put_blocks 1
	jmp	.Lwipe
.Lno_src:
	put_blocks 0

.Lwipe:
	vpxor	%xmm0, %xmm0, %xmm0
.set	i, 0
.rept	PARKED / 32
	vmovdqa	%ymm0, 32*i(%rsp)
.set	i, i + 1
.endr
	vzeroupper
	leaq	-40(%rbp), %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	RET
SYM_FUNC_END(wolfcrypt_chachapoly_avx2_crypt)

/* Rotate the rows of the state, so that diagonals become columns, or back. */
.macro	rotate_rows	one, three
.irp i, 1, 5
	vpshufd	$\one, %ymm\i, %ymm\i
.endr
.irp i, 2, 6
	vpshufd	$0x4e, %ymm\i, %ymm\i
.endr
.irp i, 3, 7
	vpshufd	$\three, %ymm\i, %ymm\i
.endr
.endm

/* Two blocks, of which four vectors have a row each */
.macro	put_two		where, a, b, c, d
	vperm2i128	$0x20, %ymm\b, %ymm\a, %ymm8
	vperm2i128	$0x20, %ymm\d, %ymm\c, %ymm9
	vperm2i128	$0x31, %ymm\b, %ymm\a, %ymm10
	vperm2i128	$0x31, %ymm\d, %ymm\c, %ymm11
	put_half	\where, 8
	put_half	\where+32, 9
	put_half	\where+64, 10
	put_half	\where+96, 11
.endm

.macro	put_few		with_src
.set	WITH_SRC, \with_src
	put_two		0, 0, 1, 2, 3
	put_two		128, 4, 5, 6, 7
.endm

/*
 * void wolfcrypt_chacha20_avx2_few(u32 *state, u8 *dst, const u8 *src);
 *
 * Four blocks. A vector has a row of two of them: that takes two thirds of the time of
 * eight blocks, bound by the latency of the rounds.
 */
SYM_TYPED_FUNC_START(wolfcrypt_chacha20_avx2_few)
	vbroadcasti128	(%rdi), %ymm0
	vbroadcasti128	16(%rdi), %ymm1
	vbroadcasti128	32(%rdi), %ymm2
	vbroadcasti128	48(%rdi), %ymm7
	vpaddd	.Lpairs(%rip), %ymm7, %ymm3
	vpaddd	.Lpairs+32(%rip), %ymm7, %ymm7
	vmovdqa	%ymm0, %ymm4
	vmovdqa	%ymm1, %ymm5
	vmovdqa	%ymm2, %ymm6
	vmovdqa	%ymm0, %ymm8
	vmovdqa	%ymm1, %ymm9
	vmovdqa	%ymm2, %ymm12
	vmovdqa	%ymm3, %ymm13
	vmovdqa	%ymm7, %ymm14

	movl	$10, %eax
.set	WITH_POLY, 0
.p2align 5
.Lfew_rounds:
	quarter_rounds	0, 1, 2, 3,  4, 5, 6, 7
	rotate_rows	0x39, 0x93
	quarter_rounds	0, 1, 2, 3,  4, 5, 6, 7
	rotate_rows	0x93, 0x39
	decl	%eax
	jnz	.Lfew_rounds

	vpaddd	%ymm8, %ymm0, %ymm0
	vpaddd	%ymm9, %ymm1, %ymm1
	vpaddd	%ymm12, %ymm2, %ymm2
	vpaddd	%ymm13, %ymm3, %ymm3
	vpaddd	%ymm8, %ymm4, %ymm4
	vpaddd	%ymm9, %ymm5, %ymm5
	vpaddd	%ymm12, %ymm6, %ymm6
	vpaddd	%ymm14, %ymm7, %ymm7
	addl	$4, 4*12(%rdi)
	testq	%rdx, %rdx
	jz	.Lfew_no_src
	put_few	1
	jmp	.Lfew_end
.Lfew_no_src:
	put_few	0
.Lfew_end:
	vzeroupper
	RET
SYM_FUNC_END(wolfcrypt_chacha20_avx2_few)

/*
 * void wolfcrypt_poly1305_bmi2(struct wolfcrypt_poly1305 *poly, const u8 *src,
 *				unsigned int n);
 *
 * Absorb n blocks of 16 bytes, n > 0. In any context.
 */
SYM_TYPED_FUNC_START(wolfcrypt_poly1305_bmi2)
	pushq	%rbp
	movq	%rsp, %rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushq	%rdi
	pushq	%rdx
	movq	%rsi, HASH_SRC
	movq	%rdi, %rcx
	poly_load %rcx
.p2align 5
.Lpoly_blocks:
	poly_part 1
	poly_part 2
	poly_part 3
	poly_part 4
	decl	(%rsp)
	jnz	.Lpoly_blocks
	popq	%rdx
	popq	%rcx
	poly_store %rcx
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	RET
SYM_FUNC_END(wolfcrypt_poly1305_bmi2)
