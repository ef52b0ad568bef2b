/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bulk modes of AES for CPUs with AVX. wolfCrypt's assembly has four blocks in
 * flight, and no CTR or CFB; this file has one template, of which it makes
 *
 *	avx		AES-NI and AVX: xmm0-xmm15, one block per vector.
 *	vaes_avx2	VAES and AVX2: ymm0-ymm15, two blocks per vector. For
 *			AMD since Zen 3, and Intel since Alder Lake. There is no
 *			VPCLMULQDQ in it.
 *	vaes_avx512	VAES, VPCLMULQDQ and AVX-512 F, BW, DQ, VL: zmm0-zmm31,
 *			four blocks per vector. For AMD since Zen 4, and Intel
 *			since Sapphire Rapids.
 *
 * and in each of them, over whole blocks,
 *
 *	ecb_enc, ecb_dec, cbc_dec, cfb_dec, ctr, xts_enc, xts_dec
 *
 * as a wolfcrypt_aes_fn of crypto/wolfcrypt/aes.h. Functions run in an FPU
 * section, are leaves, and use no stack. What they branch on is the length, the
 * size of the key, and, in CTR, whether the counter is about to wrap.
 *
 * AESENC has a latency of three or four cycles, and there are two units for it:
 * eight xmm or ymm registers keep them busy, or four zmm registers. So the main
 * loop does eight vectors (XTS: four zmm, or six others, for want of registers),
 * and after it come steps of four, two and one vector and of a part of one. Steps
 * don't depend on each other but for the counter or tweak, and the CPU overlaps
 * them.
 */

#include <linux/cfi_types.h>
#include <linux/linkage.h>

#include "wolfcrypt-vec.S"

/* struct wolfcrypt_aes_key */
#define KEY_DEC		240
#define KEY_ROUNDS	480

.set	KEY,		%rdi	/* first round key */
.set	DST,		%rsi
.set	SRC,		%rdx
.set	LEN,		%ecx	/* what is left, less one turn of the loop */
.set	LEN64,		%rcx
.set	IV,		%r8
.set	ROUNDS,		%eax
.set	KEY_LAST,	%r9	/* last round key */
.set	CTR_END,	%r10	/* CTR: low half of the counter at the end */
.set	WRAPPED,	%r11d	/* CTR: bytes left for when it has wrapped */
.set	WRAPPED64,	%r11

/* Whichever mode: the one block of a step of one block. */
.set	BLOCK,		%xmm0

.section .rodata
.p2align 6
/* CTR: which block of a vector it is. */
.Lctr_lanes:
	.quad	0, 0, 1, 0, 2, 0, 3, 0
/* XTS: the powers of x that make a vector of tweaks of one, and 64 less them. */
.Lxts_lanes:
	.quad	0, 0, 1, 1, 2, 2, 3, 3
.Lxts_carries:
	.quad	64, 64, 63, 63, 62, 62, 61, 61
/* The same for halves of tweaks, in the order that unpacking wants. */
.Lxts_split_lanes:
	.quad	0, 2, 1, 3
.Lxts_split_carries:
	.quad	64, 62, 63, 61
.Lctr_step_16:
	.quad	1, 0
.Lctr_step_32:
	.quad	2, 0
.Lctr_step_64:
	.quad	4, 0
.Lbswap:
	.octa	0x000102030405060708090a0b0c0d0e0f
/* x^128 = x^7 + x^2 + x + 1 in the field of XTS. */
.Lxts_poly:
	.quad	0x87, 0
/* What the top bits of a tweak's halves become when it is multiplied by x. */
.Lxts_carry:
	.quad	0x87, 1
/* Carry-less products of 7 and 0 to 15. */
.Lxts_times_7:
	.byte	0x00, 0x07, 0x0e, 0x09, 0x1c, 0x1b, 0x12, 0x15
	.byte	0x38, 0x3f, 0x36, 0x31, 0x24, 0x23, 0x2a, 0x2d

.text

/*
 * Registers by role. V0-V7 hold the blocks; V8-V14 belong to the mode. Where
 * there are 32 registers, K0-K14 hold the round keys, those of shorter keys
 * aligned to the end: K0, and K5-K14 or K3-K14. Where there are 16, round keys
 * pass through KT.
 */
.macro	define_registers
	define_vectors
.if VL == 64
	.set	K0,		V16
	.set	K1,		V17
	.set	K2,		V18
	.set	K3,		V19
	.set	K4,		V20
	.set	K5,		V21
	.set	K6,		V22
	.set	K7,		V23
	.set	K8,		V24
	.set	K9,		V25
	.set	K10,		V26
	.set	K11,		V27
	.set	K12,		V28
	.set	K13,		V29
	.set	K14,		V30
.else
	.set	KT,		V15
	.set	K0,		KT
.endif
	/* CBC, CFB: a vector whose last block is the previous ciphertext. */
	.set	CHAIN,		V8
	.set	CHAIN_XMM,	%xmm8
	.set	LAST_XMM,	%xmm9	/* the last ciphertext of all */

	/* CTR: counters of the next vector, low half first; what to add. */
	.set	CTR,		V8
	.set	CTR_XMM,	%xmm8
	.set	CTR_STEP,	V9
	.set	BSWAP,		V10
	.set	BSWAP_XMM,	%xmm10

.if VL == 64
	/* XTS: the tweaks of the blocks in V0-V3, and those after them. */
	.set	T0,		V8
	.set	T1,		V9
	.set	T2,		V10
	.set	T3,		V11
	.set	NEXT0,		V12
	.set	NEXT1,		V13
	.set	NEXT2,		V14
	.set	NEXT3,		V15
	.set	T0_XMM,		%xmm8
	.set	T1_XMM,		%xmm9
	.set	POLY,		V31
.else
	/* XTS: those of the blocks in V0-V5, and the next ones in halves. */
	.set	T0,		V6
	.set	T1,		V7
	.set	T2,		V8
	.set	T3,		V9
	.set	T4,		V10
	.set	T5,		V11
	.set	T0_XMM,		%xmm6
	.set	T1_XMM,		%xmm7
	.set	LO,		V12
	.set	HI,		V13
	.set	TIMES_7,	V14
.endif
.endm

/* KEY, KEY_LAST and ROUNDS; for decryption, of the inverse cipher. */
.macro	start_key	dec
	mov		KEY_ROUNDS(KEY), ROUNDS
.if \dec
	add		$KEY_DEC, KEY
.endif
	mov		ROUNDS, %r9d
	shl		$4, %r9d
	add		KEY, KEY_LAST
.endm

.macro	load_keys
.if VL == 64
	vec_broadcast	(KEY), K0
	cmp		$12, ROUNDS
	jb		.Lload_10\@
	je		.Lload_12\@
	vec_broadcast	16*(1-14)(KEY_LAST), K1
	vec_broadcast	16*(2-14)(KEY_LAST), K2
.Lload_12\@:
	vec_broadcast	16*(3-14)(KEY_LAST), K3
	vec_broadcast	16*(4-14)(KEY_LAST), K4
.Lload_10\@:
.irp r, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14
	vec_broadcast	16*(\r-14)(KEY_LAST), K\r
.endr
.endif
.endm

/* K0 for the blocks to come. */
.macro	first_key
.if VL != 64
	vec_broadcast	(KEY), KT
.endif
.endm

/*
 * Round keys have numbers up to 14; shorter keys lack those after 0. So they are
 * found from the last one backwards.
 */

/* One round of the blocks in \n vectors; XTS has more to do meanwhile. */
.macro	round	dec, r, n, mode
.if VL != 64
	vec_broadcast	16*(\r-14)(KEY_LAST), KT
	.set	ROUND,	KT
.else
	.set	ROUND,	K\r
.endif
.irp i, 0, 1, 2, 3, 4, 5, 6, 7
.if \i < \n
.if \dec && \r == 14
	vaesdeclast	ROUND, V\i, V\i
.elseif \dec
	vaesdec		ROUND, V\i, V\i
.elseif \r == 14
	vaesenclast	ROUND, V\i, V\i
.else
	vaesenc		ROUND, V\i, V\i
.endif
.endif
.endr
.ifc \mode, xts
	xts_round	\r, \n
.endif
.endm

/* The same for BLOCK alone. */
.macro	round_block	dec, r, n, mode
.if \dec && \r == 14
	vaesdeclast	16*(\r-14)(KEY_LAST), BLOCK, BLOCK
.elseif \dec
	vaesdec		16*(\r-14)(KEY_LAST), BLOCK, BLOCK
.elseif \r == 14
	vaesenclast	16*(\r-14)(KEY_LAST), BLOCK, BLOCK
.else
	vaesenc		16*(\r-14)(KEY_LAST), BLOCK, BLOCK
.endif
.endm

/* All rounds but the addition of the first key: \round is one of these two. */
.macro	rounds	round, dec, n, mode
	cmp		$12, ROUNDS
	jb		.Lrounds_10\@
	je		.Lrounds_12\@
	\round		\dec, 1, \n, \mode
	\round		\dec, 2, \n, \mode
.Lrounds_12\@:
	\round		\dec, 3, \n, \mode
	\round		\dec, 4, \n, \mode
.Lrounds_10\@:
.irp r, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14
	\round		\dec, \r, \n, \mode
.endr
.endm

/*
 * A mode consists of these macros, with the mode's name before the underscore:
 *
 *	_start			what comes before the first block
 *	_start_vectors		what else comes before the first vector
 *	_load n, part		the input of AES into V0 to V(n - 1)
 *	_store n, part		the output of the mode from there
 *	_next n, _next_part	what comes after such a step
 *	_to_vector		what comes before the last step of one vector
 *	_to_block		what comes between it and ...
 *	_block dec		... all of a single block
 *	_end again		what goes into IV
 *
 * \part says that the vector is one, of which %k1 tells the qwords that exist.
 */

/* Modes don't have all of them. */
.irp nothing, ecb_start, \
	ecb_start_vectors, cbc_start_vectors, cfb_start_vectors, \
	ecb_next, cbc_next, cfb_next, ctr_next, \
	ecb_next_part, cbc_next_part, cfb_next_part, \
	ecb_to_vector, cbc_to_vector, cfb_to_vector, ctr_to_vector, \
	ecb_to_block, ctr_to_block, \
	ecb_end
.macro	\nothing	arg
.endm
.endr

/* V\i from, and to, the data; a part of a vector is zero beyond its end. */
.macro	load_data	i, part
.if \part
	vmovdqu64	\i*VL(SRC), V\i{%k1}{z}
.else
	vec_load		\i*VL(SRC), V\i
.endif
.endm

.macro	store_data	i, part
.if \part
	vmovdqu64	V\i, \i*VL(DST){%k1}
.else
	vec_store		V\i, \i*VL(DST)
.endif
.endm

.macro	store_all	n, part
.irp i, 0, 1, 2, 3, 4, 5, 6, 7
.if \i < \n
	store_data	\i, \part
.endif
.endr
.endm

/* V\i ^= the data there. */
.macro	xor_data	i, part
.if \part
	vpxorq		\i*VL(SRC), V\i, V\i{%k1}{z}
.else
	vec_xor		\i*VL(SRC), V\i, V\i
.endif
.endm

.macro	ecb_load	n, part
	first_key
.irp i, 0, 1, 2, 3, 4, 5, 6, 7
.if \i < \n
.if \part
	load_data	\i, \part
	vec_xor		V\i, K0, V\i
.else
	vec_xor		\i*VL(SRC), K0, V\i
.endif
.endif
.endr
.endm

.macro	ecb_store	n, part
	store_all	\n, \part
.endm

.macro	ecb_block	dec
	vmovdqu		(SRC), BLOCK
	vpxor		(KEY), BLOCK, BLOCK
	rounds		round_block, \dec
	vmovdqu		BLOCK, (DST)
.endm

/*
 * CBC and CFB decryption. The block before the first of a vector is the last
 * one of CHAIN, as the data may be in place; other previous ciphertext is read
 * from the source, all of it before the first store.
 */
.macro	chain_start
	vec_broadcast	(IV), CHAIN
	mov		LEN, LEN	/* no caller need clear the upper half */
	vmovdqu		-16(SRC, LEN64), LAST_XMM
.endm

/* CHAIN = the ciphertexts before the ones at SRC. */
.macro	chain_shift	part
.if \part
	vmovdqu64	(SRC), V10{%k1}{z}
	valignq		$6, CHAIN, V10, CHAIN
.elseif VL == 64
	vmovdqu64	(SRC), V10
	valignq		$6, CHAIN, V10, CHAIN
.elseif VL == 32
	vperm2i128	$0x21, (SRC), CHAIN, CHAIN
.endif
.endm

.macro	chain_to_block
.if VL == 32
	vextracti128	$1, CHAIN, CHAIN_XMM
.endif
.endm

.macro	chain_end
	vmovdqa		LAST_XMM, (IV)
.endm

.macro	cbc_start
	chain_start
.endm

.macro	cbc_to_block
	chain_to_block
.endm

.macro	cbc_load	n, part
	ecb_load	\n, \part
.endm

.macro	cbc_store	n, part
	chain_shift	\part
	vec_xor		CHAIN, V0, V0
.irp i, 1, 2, 3, 4, 5, 6, 7
.if \i < \n
	vec_xor		\i*VL-16(SRC), V\i, V\i
.endif
.endr
.if !\part
	vec_load		\n*VL-VL(SRC), CHAIN
.endif
	store_all	\n, \part
.endm

.macro	cbc_block	dec
	vmovdqu		(SRC), BLOCK
	vpxor		(KEY), BLOCK, BLOCK
	rounds		round_block, \dec
	vpxor		CHAIN_XMM, BLOCK, BLOCK
	vmovdqu		BLOCK, (DST)
.endm

.macro	cbc_end	again
	chain_end
.endm

.macro	cfb_start
	chain_start
.endm

.macro	cfb_to_block
	chain_to_block
.endm

.macro	cfb_load	n, part
	chain_shift	\part
	first_key
	vec_xor		CHAIN, K0, V0
.irp i, 1, 2, 3, 4, 5, 6, 7
.if \i < \n
	vec_xor		\i*VL-16(SRC), K0, V\i
.endif
.endr
.if !\part
	vec_load		\n*VL-VL(SRC), CHAIN
.endif
.endm

.macro	cfb_store	n, part
.irp i, 0, 1, 2, 3, 4, 5, 6, 7
.if \i < \n
	xor_data	\i, \part
.endif
.endr
	store_all	\n, \part
.endm

.macro	cfb_block	dec
	vpxor		(KEY), CHAIN_XMM, BLOCK
	rounds		round_block, \dec
	vpxor		(SRC), BLOCK, BLOCK
	vmovdqu		BLOCK, (DST)
.endm

.macro	cfb_end	again
	chain_end
.endm

/*
 * CTR. Only the low half of the counter is added to. Where that wraps, ctr_start
 * cuts LEN short, and ctr_end begins anew with what is WRAPPED.
 */
.macro	ctr_start
	vec_broadcast	(IV), CTR
	vec_broadcast	.Lbswap(%rip), BSWAP
	vpshufb		BSWAP, CTR, CTR

	mov		8(IV), CTR_END
	bswap		CTR_END
	mov		LEN, WRAPPED
	shr		$4, WRAPPED
	add		WRAPPED64, CTR_END
	mov		$0, WRAPPED
	jnc		.Lctr_no_wrap\@
	mov		%r10d, WRAPPED
	shl		$4, WRAPPED
	sub		WRAPPED, LEN
	xor		%r10d, %r10d
.Lctr_no_wrap\@:
.endm

.macro	ctr_start_vectors	end
.if VL == 16
	vmovdqa		.Lctr_step_16(%rip), CTR_STEP
.elseif VL == 32
	vpaddq		.Lctr_lanes(%rip), CTR, CTR
	vec_broadcast	.Lctr_step_32(%rip), CTR_STEP
.else
	vpaddq		.Lctr_lanes(%rip), CTR, CTR
	vec_broadcast	.Lctr_step_64(%rip), CTR_STEP
.endif
.endm

.macro	ctr_load	n, part
	first_key
.irp i, 0, 1, 2, 3, 4, 5, 6, 7
.if \i < \n
	vpshufb		BSWAP, CTR, V\i
	vpaddq		CTR_STEP, CTR, CTR
	vec_xor		K0, V\i, V\i
.endif
.endr
.endm

.macro	ctr_store	n, part
	cfb_store	\n, \part
.endm

.macro	ctr_next_part
	lea		(SRC, LEN64, 8), SRC
	lea		(DST, LEN64, 8), DST
.endm

.macro	ctr_block	dec
	vpshufb		BSWAP_XMM, CTR_XMM, BLOCK
	vpxor		(KEY), BLOCK, BLOCK
	rounds		round_block, \dec
	vpxor		(SRC), BLOCK, BLOCK
	vmovdqu		BLOCK, (DST)
	add		$16, SRC
	add		$16, DST
.endm

.macro	ctr_end	again
	bswap		CTR_END
	/* In one store, as the next load from there will be one. */
	vmovq		(IV), BLOCK
	vpinsrq		$1, CTR_END, BLOCK, BLOCK
	vmovdqa		BLOCK, (IV)
	test		CTR_END, CTR_END
	jnz		.Lctr_done\@
	/* The low half is 0 now, so there is a carry. */
	mov		(IV), CTR_END
	bswap		CTR_END
	inc		CTR_END
	bswap		CTR_END
	mov		CTR_END, (IV)
	mov		WRAPPED, LEN
	test		LEN, LEN
	jnz		\again
.Lctr_done\@:
.endm

/*
 * XTS. The tweak of a block is the one before it, multiplied by x in GF(2^128),
 * as a polynomial whose lowest coefficient is the lowest bit of the first byte.
 * Multiplication by x^k is a shift to the left by k bits; the k bits that fall
 * off are multiplied by 0x87 and added, as x^128 = x^7 + x^2 + x + 1.
 */

/* \dst = \src * x, in xmm registers. */
.macro	xts_mul_x	src, tmp, dst
	/* The sign of each half becomes a mask at the foot of the other one. */
	vpshufd		$0x13, \src, \tmp
	vpsrad		$31, \tmp, \tmp
	vpand		.Lxts_carry(%rip), \tmp, \tmp
	vpaddq		\src, \src, \dst
	vpxor		\tmp, \dst, \dst
.endm

.macro	xts_start
	vmovdqa		(IV), T0_XMM
	xts_mul_x	T0_XMM, BLOCK, T1_XMM
.endm

/*
 * With AVX-512, a register holds the tweaks of four blocks. At the start, and
 * never again, VPCLMULQDQ does the multiplication by 0x87.
 */

/* \dst = \src * x^\k for \k < 64, or the \k of each block by \lanes. */
.macro	xts512_mul	src, k, dst
	vpsrlq		$64 - \k, \src, V0
	vpsllq		$\k, \src, \dst
	xts512_carry	\dst
.endm

/* Add to \dst what was shifted out of both halves, which is in V0. */
.macro	xts512_carry	dst
	vpclmulqdq	$0x01, POLY, V0, V1
	vpslldq		$8, V0, V0
	vpternlogq	$0x96, V0, V1, \dst
.endm

.macro	xts512_start_vectors	end
	/* The lowest double word of each block, for xts512_round. */
	mov		$0x1111, %r10d
	kmovw		%r10d, %k2
	vec_broadcast	.Lxts_poly(%rip), POLY
	vec_broadcast	(IV), V2
	vpsrlvq		.Lxts_carries(%rip), V2, V0
	vpsllvq		.Lxts_lanes(%rip), V2, T0
	xts512_carry	T0
	cmp		$64, LEN
	jb		\end
	xts512_mul	T0, 4, T1
	xts512_mul	T0, 8, T2
	xts512_mul	T0, 12, T3
.endm

.macro	xts512_load	n, part
.irp i, 0, 1, 2, 3, 4, 5, 6, 7
.if \i < \n
	load_data	\i, \part
	vpternlogq	$0x96, K0, T\i, V\i
.endif
.endr
.endm

.macro	xts512_next	n
.if \n == 4
	vec_move		NEXT0, T0
	vec_move		NEXT1, T1
	vec_move		NEXT2, T2
	vec_move		NEXT3, T3
.elseif \n == 2
	vec_move		T2, T0
	vec_move		T3, T1
.else
	vec_move		T1, T0
.endif
.endm

/*
 * NEXT\i = T\i * x^16: two bytes to shift by, and 16 bits to be multiplied by
 * 0x87. Each block has a double word for these and their product, so one vector
 * takes them of all four, and some shifts do what four VPCLMULQDQ would, which
 * has to share its unit with AESENC. It is spread over the rounds that keys of
 * all sizes have.
 */
.macro	xts512_round	r
.if \r == 5
	vpsrldq		$14, T0, V4
	vpsrldq		$14, T1, V5
.elseif \r == 6
	vpsrldq		$14, T2, V6
	vpsrldq		$14, T3, V7
.elseif \r == 7
	vpunpckldq	V5, V4, V4
	vpunpckldq	V7, V6, V6
.elseif \r == 8
	vpunpcklqdq	V6, V4, V4
	vpslld		$1, V4, V5
	vpslld		$2, V4, V6
	vpslld		$7, V4, V7
.elseif \r == 9
	vpternlogd	$0x96, V5, V6, V4
	vpxord		V7, V4, V4
.elseif \r == 10
	vpslldq		$2, T0, NEXT0
	vpslldq		$2, T1, NEXT1
	vpslldq		$2, T2, NEXT2
	vpslldq		$2, T3, NEXT3
.elseif \r == 12
	vpsrldq		$4, V4, V5
	vpsrldq		$8, V4, V6
	vpsrldq		$12, V4, V7
	vpxord		V4, NEXT0, NEXT0{%k2}
.elseif \r == 13
	vpxord		V5, NEXT1, NEXT1{%k2}
	vpxord		V6, NEXT2, NEXT2{%k2}
	vpxord		V7, NEXT3, NEXT3
.endif
.endm

/*
 * Without, there is a register for the low halves of the tweaks of four blocks
 * (two in xmm registers), and one for the high halves. The four or two bits that
 * leave a high half are multiplied by x^7 with a shift, and by x^2 + x + 1 with
 * a table.
 */

/* Add to LO and HI their carries, which are in V0 and V1. */
.macro	xts_carry
	vpxor		V0, HI, HI
	vpsllq		$7, V1, V0
	vpshufb		V1, TIMES_7, V1
	vpxor		V0, LO, LO
	vpxor		V1, LO, LO
.endm

/* The next two vectors of tweaks, without and with moving on. */
.macro	xts_unpack	a, b
	vpunpcklqdq	HI, LO, \a
	vpunpckhqdq	HI, LO, \b
.endm

.macro	xts_tweaks	a, b
	xts_unpack	\a, \b
	vpsrlq		$64 - 2 * VL / 16, LO, V0
	vpsrlq		$64 - 2 * VL / 16, HI, V1
	vpsllq		$2 * VL / 16, LO, LO
	vpsllq		$2 * VL / 16, HI, HI
	xts_carry
.endm

.macro	xts_split_start_vectors
	vec_broadcast	.Lxts_times_7(%rip), TIMES_7
.if VL == 16
	vpunpcklqdq	T1, T0, LO
	vpunpckhqdq	T1, T0, HI
.else
	vpbroadcastq	(IV), LO
	vpbroadcastq	8(IV), HI
	vmovdqa		.Lxts_split_lanes(%rip), V2
	vmovdqa		.Lxts_split_carries(%rip), V1
	vpsrlvq		V1, LO, V0
	vpsrlvq		V1, HI, V1
	vpsllvq		V2, LO, LO
	vpsllvq		V2, HI, HI
	xts_carry
.endif
.endm

.macro	xts_split_load	n
.if \n > 1
	xts_tweaks	T0, T1
.endif
.if \n > 2
	xts_tweaks	T2, T3
.endif
.if \n > 4
	xts_tweaks	T4, T5
.endif
	first_key
.irp i, 0, 1, 2, 3, 4, 5
.if \i < \n
	vpxor		\i*VL(SRC), T\i, V\i
	vpxor		K0, V\i, V\i
.endif
.endr
.endm

.macro	xts_start_vectors	end
.if VL == 64
	xts512_start_vectors	\end
.else
	xts_split_start_vectors
.endif
.endm

.macro	xts_load	n, part
.if VL == 64
	xts512_load	\n, \part
.else
	xts_split_load	\n
.endif
.endm

.macro	xts_store	n, part
.irp i, 0, 1, 2, 3, 4, 5, 6, 7
.if \i < \n
	vec_xor		T\i, V\i, V\i
.endif
.endr
	store_all	\n, \part
.endm

.macro	xts_next	n
.if VL == 64
	xts512_next	\n
.elseif \n == 1
	vmovdqa		T1, T0
.endif
.endm

.macro	xts_round	r, n
.if VL == 64 && \n == 4
	xts512_round	\r
.endif
.endm

/* The tweak after the last block is the first that the part did not use. */
.macro	xts_next_part
	knotd		%k1, %k1
	vpcompressq	T0, T0{%k1}{z}
.endm

/* A step of one vector or block has its tweaks in T0, and those after in T1. */
.macro	xts_to_vector
.if VL != 64
	xts_unpack	T0, T1
.endif
.endm

/* BLOCK has the tweak in T0 and leaves the next one there. */
.macro	xts_to_block
.if VL == 32
	vextracti128	$1, T0, T1_XMM
.endif
.endm

.macro	xts_block	dec
	vpxor		(SRC), T0_XMM, BLOCK
	vpxor		(KEY), BLOCK, BLOCK
	rounds		round_block, \dec
	vpxor		T0_XMM, BLOCK, BLOCK
	vmovdqu		BLOCK, (DST)
	vmovdqa		T1_XMM, T0_XMM
.endm

.macro	xts_end	again
	vmovdqa		T0_XMM, (IV)
.endm

/* A step of \n vectors, or of a part of one. */
.macro	step	mode, dec, n, part=0
	\mode\()_load	\n, \part
	rounds		round, \dec, \n, \mode
	\mode\()_store	\n, \part
.if \part
	\mode\()_next_part
.else
	\mode\()_next	\n
	add		$\n * VL, SRC
	add		$\n * VL, DST
.endif
.endm

/* The function of \mode. A turn of its loop is a step of \n vectors. */
.macro	aes_function	mode, dec, n
.Lagain\@:
	start_key	\dec
	\mode\()_start
	cmp		$16, LEN
	je		.Lblock\@
	load_keys
	\mode\()_start_vectors	.Ltail\@
	sub		$\n * VL, LEN
	jb		.Lrest\@

	.p2align 5
.Lloop\@:
	step		\mode, \dec, \n
	sub		$\n * VL, LEN
	jae		.Lloop\@

.Lrest\@:
	add		$\n * VL, LEN
.Ltail\@:
.if \n > 4
	test		$4 * VL, LEN
	jz		.Lless_than_4\@
	step		\mode, \dec, 4
.Lless_than_4\@:
.endif
	test		$2 * VL, LEN
	jz		.Lless_than_2\@
	step		\mode, \dec, 2
.Lless_than_2\@:
	\mode\()_to_vector
	test		$VL, LEN
	jz		.Lless_than_1\@
	step		\mode, \dec, 1
.Lless_than_1\@:
.if VL == 16
	jmp		.Ldone\@
.elseif VL == 32
	test		$16, LEN
	jz		.Ldone\@
	\mode\()_to_block
.else
	and		$VL - 16, LEN
	jz		.Ldone\@
	shr		$3, LEN
	mov		$1, %r9d
	shl		%cl, %r9d
	dec		%r9d
	kmovd		%r9d, %k1
	step		\mode, \dec, 1, 1
	jmp		.Ldone\@
.endif
.Lblock\@:
	\mode\()_block	\dec
.Ldone\@:
	\mode\()_end	.Lagain\@
.if VL > 16
	vzeroupper
.endif
	RET
.endm

#define AES_FUNCTION(name, mode, dec, n)	\
	SYM_TYPED_FUNC_START(name) ASM_NL	\
	aes_function	mode, dec, n ASM_NL	\
	SYM_FUNC_END(name)

.set	VL, 16
define_registers
AES_FUNCTION(wolfcrypt_aes_ecb_enc_avx, ecb, 0, 8)
AES_FUNCTION(wolfcrypt_aes_ecb_dec_avx, ecb, 1, 8)
AES_FUNCTION(wolfcrypt_aes_cbc_dec_avx, cbc, 1, 8)
AES_FUNCTION(wolfcrypt_aes_cfb_dec_avx, cfb, 0, 8)
AES_FUNCTION(wolfcrypt_aes_ctr_avx, ctr, 0, 8)
AES_FUNCTION(wolfcrypt_aes_xts_enc_avx, xts, 0, 6)
AES_FUNCTION(wolfcrypt_aes_xts_dec_avx, xts, 1, 6)

.set	VL, 32
define_registers
AES_FUNCTION(wolfcrypt_aes_ecb_enc_vaes_avx2, ecb, 0, 8)
AES_FUNCTION(wolfcrypt_aes_ecb_dec_vaes_avx2, ecb, 1, 8)
AES_FUNCTION(wolfcrypt_aes_cbc_dec_vaes_avx2, cbc, 1, 8)
AES_FUNCTION(wolfcrypt_aes_cfb_dec_vaes_avx2, cfb, 0, 8)
AES_FUNCTION(wolfcrypt_aes_ctr_vaes_avx2, ctr, 0, 8)
AES_FUNCTION(wolfcrypt_aes_xts_enc_vaes_avx2, xts, 0, 6)
AES_FUNCTION(wolfcrypt_aes_xts_dec_vaes_avx2, xts, 1, 6)

.set	VL, 64
define_registers
AES_FUNCTION(wolfcrypt_aes_ecb_enc_vaes_avx512, ecb, 0, 8)
AES_FUNCTION(wolfcrypt_aes_ecb_dec_vaes_avx512, ecb, 1, 8)
AES_FUNCTION(wolfcrypt_aes_cbc_dec_vaes_avx512, cbc, 1, 8)
AES_FUNCTION(wolfcrypt_aes_cfb_dec_vaes_avx512, cfb, 0, 8)
AES_FUNCTION(wolfcrypt_aes_ctr_vaes_avx512, ctr, 0, 8)
AES_FUNCTION(wolfcrypt_aes_xts_enc_vaes_avx512, xts, 0, 4)
AES_FUNCTION(wolfcrypt_aes_xts_dec_vaes_avx512, xts, 1, 4)
