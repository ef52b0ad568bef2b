/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compression function of SHA-512 (FIPS 180-4 section 6.4.2) with AVX2 and BMI2.
 * wolfCrypt's takes two blocks at once and needs 1.6 KiB of stack, which takes longer to
 * clear than a short message to hash; this one takes a block at a time, and 128 bytes.
 *
 *	void wolfcrypt_sha512_blocks_avx2(u64 state[8], const u8 *src,
 *					  unsigned int n);
 *
 * absorbs @n (not 0) whole blocks of @src, in an FPU section. Nothing in it depends on the
 * data.
 *
 * The rounds are done in general registers, with words that vector registers have added
 * the constants to and left on the stack. Meanwhile these make the words of sixteen rounds
 * later, four at a time. Of those, the last two depend on the first two, so that a part
 * of this is done twice, on halves of a register.
 */

#include <linux/linkage.h>

.set	STATE,		%rdi	/* on entry; then it is in the frame */
.set	K,		%rdi	/* the constants of the next sixteen words */
.set	SRC,		%rsi

.set	A,		%rax
.set	B,		%rbx
.set	C,		%rcx
.set	D,		%r8
.set	E,		%rdx
.set	F,		%r9
.set	G,		%r10
.set	H,		%r11
.set	T0,		%r12
.set	T1,		%r13
.set	AB,		%r14	/* AB and BC take turns */
.set	BC,		%r15

.set	W0,		%ymm0	/* the last 16 words of the schedule */
.set	W1,		%ymm1
.set	W2,		%ymm2
.set	W3,		%ymm3
.set	X0,		%ymm4
.set	X1,		%ymm5
.set	X2,		%ymm6
.set	X0_LOW,		%xmm4
.set	X1_LOW,		%xmm5
.set	X2_LOW,		%xmm6
.set	SUM,		%ymm7
.set	SUM_LOW,	%xmm7
.set	BSWAP,		%ymm8
.set	ROR8,		%ymm9

/* The frame: words with their constants, and what is needed once a block */
.set	WK,		0
.set	SAVED_STATE,	128
.set	BLOCKS,		136
.set	GROUPS,		140
.set	FRAME,		144
.set	PUSHED,		5 * 8

.section .rodata.wolfcrypt_sha512, "a", @progbits
.p2align 5
/* Big-endian words */
.Lbswap:
	.octa	0x08090a0b0c0d0e0f0001020304050607
	.octa	0x08090a0b0c0d0e0f0001020304050607
/* Words turned right by 8 bits */
.Lror8:
	.octa	0x080f0e0d0c0b0a090007060504030201
	.octa	0x080f0e0d0c0b0a090007060504030201
/* FIPS 180-4 section 4.2.3 */
.Lk:
	.quad	0x428a2f98d728ae22, 0x7137449123ef65cd
	.quad	0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc
	.quad	0x3956c25bf348b538, 0x59f111f1b605d019
	.quad	0x923f82a4af194f9b, 0xab1c5ed5da6d8118
	.quad	0xd807aa98a3030242, 0x12835b0145706fbe
	.quad	0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2
	.quad	0x72be5d74f27b896f, 0x80deb1fe3b1696b1
	.quad	0x9bdc06a725c71235, 0xc19bf174cf692694
	.quad	0xe49b69c19ef14ad2, 0xefbe4786384f25e3
	.quad	0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65
	.quad	0x2de92c6f592b0275, 0x4a7484aa6ea6e483
	.quad	0x5cb0a9dcbd41fbd4, 0x76f988da831153b5
	.quad	0x983e5152ee66dfab, 0xa831c66d2db43210
	.quad	0xb00327c898fb213f, 0xbf597fc7beef0ee4
	.quad	0xc6e00bf33da88fc2, 0xd5a79147930aa725
	.quad	0x06ca6351e003826f, 0x142929670a0e6e70
	.quad	0x27b70a8546d22ffc, 0x2e1b21385c26c926
	.quad	0x4d2c6dfc5ac42aed, 0x53380d139d95b3df
	.quad	0x650a73548baf63de, 0x766a0abb3c77b2a8
	.quad	0x81c2c92e47edaee6, 0x92722c851482353b
	.quad	0xa2bfe8a14cf10364, 0xa81a664bbc423001
	.quad	0xc24b8b70d0f89791, 0xc76c51a30654be30
	.quad	0xd192e819d6ef5218, 0xd69906245565a910
	.quad	0xf40e35855771202a, 0x106aa07032bbd1b8
	.quad	0x19a4c116b8d2d0c8, 0x1e376c085141ab53
	.quad	0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8
	.quad	0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb
	.quad	0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3
	.quad	0x748f82ee5defb2fc, 0x78a5636f43172f60
	.quad	0x84c87814a1f0ab72, 0x8cc702081a6439ec
	.quad	0x90befffa23631e28, 0xa4506cebde82bde9
	.quad	0xbef9a3f7b2c67915, 0xc67178f2e372532b
	.quad	0xca273eceea26619c, 0xd186b8c721c0c207
	.quad	0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178
	.quad	0x06f067aa72176fba, 0x0a637dc5a2c898a6
	.quad	0x113f9804bef90dae, 0x1b710b35131c471b
	.quad	0x28db77f523047d84, 0x32caab7b40c72493
	.quad	0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c
	.quad	0x4cc5d4becb3e42b6, 0x597f299cfc657e2a
	.quad	0x5fcb6fab3ad6faec, 0x6c44198c4a475817

.text

/*
 * A round, with the word in slot \i. What is added to \h, which becomes the next round's
 * a, and to \d, which becomes its e, is on the path that the rounds wait for: S1(e) goes
 * last. Maj(a, b, c) is ((a ^ b) & (b ^ c)) ^ b, and a ^ b is the b ^ c of the next round.
 */
.macro	round	i, a, b, c, d, e, f, g, h, ab, bc
	addq	WK + 8 * \i(%rsp), \h
	rorxq	$14, \e, T0
	rorxq	$18, \e, T1
	xorq	T1, T0
	rorxq	$41, \e, T1
	xorq	T1, T0
	movq	\f, T1
	xorq	\g, T1
	andq	\e, T1
	xorq	\g, T1
	addq	T1, \h
	addq	T0, \h
	addq	\h, \d

	rorxq	$28, \a, T0
	rorxq	$34, \a, T1
	xorq	T1, T0
	rorxq	$39, \a, T1
	xorq	T1, T0
	movq	\a, \ab
	xorq	\b, \ab
	andq	\ab, \bc
	xorq	\b, \bc
	addq	T0, \h
	addq	\bc, \h
.endm

/* s1 of the two words in \x, to \to; and \tmp is used */
.macro	sigma1	x, to, tmp
	vpsrlq	$19, \x, \to
	vpsllq	$45, \x, \tmp
	vpxor	\tmp, \to, \to
	vpsrlq	$61, \x, \tmp
	vpxor	\tmp, \to, \to
	vpsllq	$3, \x, \tmp
	vpxor	\tmp, \to, \to
	vpsrlq	$6, \x, \tmp
	vpxor	\tmp, \to, \to
.endm

/*
 * Words t to t + 3 take the place of words t - 16 to t - 13, which are in \w0; \w3 has the
 * last ones. Step 1: SUM = s0(W[t-15]) + W[t-16] + W[t-7], each of four words.
 */
.macro	schedule_1	w0, w1
	vperm2i128	$0x21, \w1, \w0, X0
	vpalignr	$8, \w0, X0, X0		/* W[t-15] */
	vpsrlq		$1, X0, X1
	vpsllq		$63, X0, X2
	vpxor		X2, X1, X1
	vpshufb		ROR8, X0, X2
	vpxor		X2, X1, X1
	vpsrlq		$7, X0, X2
	vpxor		X2, X1, X1
	vpaddq		\w0, X1, SUM
.endm

.macro	schedule_2	w2, w3
	vperm2i128	$0x21, \w3, \w2, X0
	vpalignr	$8, \w2, X0, X0		/* W[t-7] */
	vpaddq		X0, SUM, SUM
	vextracti128	$1, \w3, X0_LOW		/* W[t-2] and W[t-1] */
.endm

.macro	schedule_3
	sigma1		X0_LOW, X1_LOW, X2_LOW
	vpaddq		X1_LOW, SUM_LOW, X0_LOW	/* the first two are done */
.endm

.macro	schedule_4	i, w0
	vextracti128	$1, SUM, SUM_LOW
	sigma1		X0_LOW, X1_LOW, X2_LOW
	vpaddq		X1_LOW, SUM_LOW, X1_LOW
	vinserti128	$1, X1_LOW, X0, \w0
	vpaddq		8 * \i(K), \w0, X0
.endm

/* Rounds \i to \i + 3 of sixteen, and the words of sixteen rounds later. */
.macro	rounds_and_schedule	i, a, b, c, d, e, f, g, h, w0, w1, w2, w3
	schedule_1	\w0, \w1
	round		(\i), \a, \b, \c, \d, \e, \f, \g, \h, AB, BC
	schedule_2	\w2, \w3
	round		(\i + 1), \h, \a, \b, \c, \d, \e, \f, \g, BC, AB
	schedule_3
	round		(\i + 2), \g, \h, \a, \b, \c, \d, \e, \f, AB, BC
	schedule_4	\i, \w0
	round		(\i + 3), \f, \g, \h, \a, \b, \c, \d, \e, BC, AB
	vmovdqa		X0, WK + 8 * \i(%rsp)
.endm

.macro	rounds	i, a, b, c, d, e, f, g, h
	round		(\i), \a, \b, \c, \d, \e, \f, \g, \h, AB, BC
	round		(\i + 1), \h, \a, \b, \c, \d, \e, \f, \g, BC, AB
	round		(\i + 2), \g, \h, \a, \b, \c, \d, \e, \f, AB, BC
	round		(\i + 3), \f, \g, \h, \a, \b, \c, \d, \e, BC, AB
.endm

/* Words 4 * \i to 4 * \i + 3 of the block */
.macro	load	i, w
	vmovdqu		32 * \i(SRC), \w
	vpshufb		BSWAP, \w, \w
	vpaddq		32 * \i(K), \w, X0
	vmovdqa		X0, WK + 32 * \i(%rsp)
.endm

.macro	add_state	i, x
	addq		8 * \i(T0), \x
	movq		\x, 8 * \i(T0)
.endm

SYM_FUNC_START(wolfcrypt_sha512_blocks_avx2)
	pushq		%rbp
	movq		%rsp, %rbp
	pushq		%rbx
	pushq		%r12
	pushq		%r13
	pushq		%r14
	pushq		%r15
	subq		$FRAME, %rsp
	andq		$-32, %rsp
	movq		STATE, SAVED_STATE(%rsp)
	movl		%edx, BLOCKS(%rsp)

	vmovdqa		.Lbswap(%rip), BSWAP
	vmovdqa		.Lror8(%rip), ROR8
	movq		0 * 8(STATE), A
	movq		1 * 8(STATE), B
	movq		2 * 8(STATE), C
	movq		3 * 8(STATE), D
	movq		4 * 8(STATE), E
	movq		5 * 8(STATE), F
	movq		6 * 8(STATE), G
	movq		7 * 8(STATE), H

.Lnext_block:
	leaq		.Lk(%rip), K
	load		0, W0
	load		1, W1
	load		2, W2
	load		3, W3
	movl		$4, GROUPS(%rsp)
	movq		B, BC
	xorq		C, BC

.Lnext_rounds:
	addq		$128, K
	rounds_and_schedule 0, A, B, C, D, E, F, G, H, W0, W1, W2, W3
	rounds_and_schedule 4, E, F, G, H, A, B, C, D, W1, W2, W3, W0
	rounds_and_schedule 8, A, B, C, D, E, F, G, H, W2, W3, W0, W1
	rounds_and_schedule 12, E, F, G, H, A, B, C, D, W3, W0, W1, W2
	decl		GROUPS(%rsp)
	jnz		.Lnext_rounds

	rounds		0, A, B, C, D, E, F, G, H
	rounds		4, E, F, G, H, A, B, C, D
	rounds		8, A, B, C, D, E, F, G, H
	rounds		12, E, F, G, H, A, B, C, D

	movq		SAVED_STATE(%rsp), T0
	add_state	0, A
	add_state	1, B
	add_state	2, C
	add_state	3, D
	add_state	4, E
	add_state	5, F
	add_state	6, G
	add_state	7, H
	addq		$128, SRC
	decl		BLOCKS(%rsp)
	jnz		.Lnext_block

	/* The schedule would tell the last block. */
	vpxor		%xmm0, %xmm0, %xmm0
.irp	i, 0, 1, 2, 3
	vmovdqa		%ymm0, WK + 32 * \i(%rsp)
.endr
	vzeroupper
	leaq		-PUSHED(%rbp), %rsp
	popq		%r15
	popq		%r14
	popq		%r13
	popq		%r12
	popq		%rbx
	popq		%rbp
	RET
SYM_FUNC_END(wolfcrypt_sha512_blocks_avx2)
