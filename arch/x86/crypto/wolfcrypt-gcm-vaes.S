/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AES-GCM (NIST SP 800-38D) for x86-64 CPUs with vector AES. wolfCrypt has no
 * assembly for these.
 *
 * One template makes the functions below for two instruction sets:
 *
 *	vaes_avx2	VAES, VPCLMULQDQ, AVX2: 32-byte vectors, 16 registers.
 *			AMD since Zen 3, Intel since Alder Lake.
 *	vaes_avx512	likewise with AVX-512 (F, BW, VL), BMI2: 64-byte vectors,
 *			32 registers, masks, three-way XOR. AMD since Zen 4,
 *			Intel since Sapphire Rapids.
 *
 *	void wolfcrypt_gcm_aad_*(const struct wolfcrypt_gcm_key *key,
 *				 struct wolfcrypt_gcm_state *st,
 *				 const u8 *src, unsigned int len);
 *	void wolfcrypt_gcm_encrypt_*(const struct wolfcrypt_gcm_key *key,
 *				     struct wolfcrypt_gcm_state *st, u8 *dst,
 *				     const u8 *src, unsigned int len);
 *	void wolfcrypt_gcm_decrypt_*(likewise);
 *
 * and for both, as there is one block only to work on,
 *
 *	void wolfcrypt_gcm_init_vaes(const struct wolfcrypt_gcm_key *key,
 *				     struct wolfcrypt_gcm_state *st,
 *				     const u8 *iv);
 *	void wolfcrypt_gcm_final_vaes(const struct wolfcrypt_gcm_key *key,
 *				      struct wolfcrypt_gcm_state *st,
 *				      unsigned int aad_len,
 *				      unsigned int crypt_len, u8 *tag);
 *	void wolfcrypt_gcm_expand_vaes(struct wolfcrypt_gcm_key *key);
 *
 * struct wolfcrypt_gcm_impl says what they do. They run in an FPU section,
 * call nothing, use no stack, and touch no byte outside of their buffers. All
 * branches and addresses depend on lengths only.
 *
 * GHASH
 * -----
 *
 * GHASH evaluates a polynomial at H, with the blocks X_1 ... X_n as its
 * coefficients, in GF(2^128) modulo x^128 + x^7 + x^2 + x + 1. Horner's rule
 * wants a multiplication after every block, each waiting for the one before;
 * but 16 blocks are one step of the same rule in H^16,
 *
 *	Y' = (Y + X_1) H^16 + X_2 H^15 + ... + X_16 H,
 *
 * in which all multiplications are independent, and one reduction modulo the
 * polynomial does for their sum. The key has H^16 ... H^1 in this order, so
 * that for n blocks the powers to load are the n last ones. Vectors of the
 * powers may go beyond H^1, as far as data are padded with zeros there.
 *
 * GCM has the coefficient of x^0 in the first, most significant bit of a block.
 * So the bytes of each are reversed, to get 128-bit numbers whose bit 127 is
 * that coefficient. The carry-less product of two of them has 255 bits, and its
 * bit 254 is that of x^0: as a 256-bit number that starts with x^0 at bit 255,
 * it is the product times x. The key makes up for that: what it has as H^i is
 * H^i / x. This also holds for powers: (H^i / x) (H / x) x = H^(i+1) / x.
 *
 * A product is the sum of four of halves. (Karatsuba's trick does with three,
 * but as a rule the sums of halves that it wants cost as much as they save.)
 * The three columns
 *
 *	bits 255 ... 128	HI	high * high
 *	bits 191 ... 64		MI	high * low + low * high
 *	bits 127 ... 0		LO	low * low
 *
 * are added up over all blocks, then reduced by moving the last 64 bits up,
 * twice. Let v be the low half of LO, which stands for v x^192. As
 *
 *	v x^192 = v x^64 x^128 = v x^64 (1 + x + x^2 + x^7),
 *
 * the 1 puts v into the high half of MI, 128 bits further up. In MI the high
 * half of LO belongs to the low half, so that LO with its halves swapped does
 * both. Multiplications by x, x^2, x^7 move v from there by 1, 2, 7 bits to the
 * right, that is, relative to the low half of MI, by 63, 62, 57 to the left:
 * this is the carry-less product of v by the number with these three bits,
 * 0xc200000000000000. The same then takes MI into HI.
 */

#include <linux/cfi_types.h>
#include <linux/linkage.h>

#include "wolfcrypt-vec.S"

/* struct wolfcrypt_gcm_key */
.set	OFF_POWERS,	0
.set	OFF_POWERS_END,	256
.set	OFF_AES,	256
.set	OFF_ROUNDS,	736

/* struct wolfcrypt_gcm_state */
.set	OFF_GHASH,	0
.set	OFF_COUNTER,	16
.set	OFF_TAG_MASK,	48

/* Bytes that a turn of the main loop takes; each 16 have their power of H. */
.set	BATCH,		256

/* Arguments */
.set	KEY,		%rdi
.set	ST,		%rsi
.set	DST,		%rdx
.set	SRC,		%rcx
.set	LEN,		%r8
.set	LEN32,		%r8d

.set	LAST,		%r9	/* the last AES round key */
.set	POWERS,		%r10	/* those of H that the next vector takes */
.set	ROUNDS,		%r11d
.set	TMP,		%rax
.set	TMP32,		%eax

.section .rodata.wolfcrypt_gcm_vaes, "a", @progbits
.p2align 6
/* Reverses the bytes of each block. */
.Lbswap:
.rept 4
	.octa	0x000102030405060708090a0b0c0d0e0f
.endr
/* What the counters of a vector's blocks differ by. */
.Llanes:
	.octa	0, 1, 2, 3
/* How far it is to those of the next vector, of 4 and of 2 blocks. */
.Lstep4:
	.octa	4, 4, 4, 4
/* x + x^2 + x^7, in both halves: see above. */
.Lpoly:
.rept 4
	.octa	0xc200000000000000c200000000000000
.endr
.Lstep2:
	.octa	2, 2
/* 1 / x = x^127 + x^6 + x + 1 */
.Linverse:
	.octa	0xc2000000000000000000000000000001
/* From .Lmask + 32 - n on: n bytes of ones, then zeros. */
.Lmask:
	.octa	0xffffffffffffffffffffffffffffffff
	.octa	0xffffffffffffffffffffffffffffffff
	.octa	0, 0
/*
 * For VPSHUFB: from .Lshift - n on, move a block up by n bytes; from
 * .Lshift + n on, down.
 */
	.octa	0xffffffffffffffffffffffffffffffff
.Lshift:
	.octa	0x0f0e0d0c0b0a09080706050403020100
	.octa	0xffffffffffffffffffffffffffffffff

.text

/* The registers of a vector length of \vl bytes, by their roles. */
.macro	set_registers	vl
.set	VL, \vl
.set	VECS, BATCH / VL
define_vectors
/* A0 ... A7: blocks that AES works on, from V0 on */
.irp i, 0,1,2,3,4,5,6,7
	.set	A\i, V\i
.endr
.set	SUM,	V7	/* in tails: what to add to the first block */
.set	SUM_X,	%xmm7
.set	CTR,	V8	/* the next counters, bytes reversed */
.set	CTR_X,	%xmm8
.set	RK,	V9	/* a round key, in all lanes */
.set	RK_X,	%xmm9
.set	LO,	V10	/* columns of the sum of products */
.set	LO_X,	%xmm10
.set	MI,	V11
.set	MI_X,	%xmm11
.set	HI,	V12	/* after a reduction: the GHASH value, in lane 0 */
.set	HI_Y,	%ymm12
.set	HI_X,	%xmm12
.set	T,	V13
.set	T_Y,	%ymm13
.set	T_X,	%xmm13
.set	D,	V14	/* data */
.set	D_X,	%xmm14
.set	BSWAP,	V15
.set	BSWAP_X, %xmm15
/* More of them, or operands in memory */
.if VL == 64
	.set	STEP,	%zmm16
	.set	POLY,	%zmm17
	.set	T2,	%zmm18
	.set	G0,	V4	/* ciphertext, in the main loop */
	.set	G1,	V5
	.set	G2,	V6
	.set	G3,	V7
	.set	H0,	%zmm20	/* powers of H, in the main loop */
	.set	H1,	%zmm21
	.set	H2,	%zmm22
	.set	H3,	%zmm23
	.set	H01,	%zmm24	/* the sums of the halves of H0 and H1 */
	.set	H23,	%zmm25
	.set	D2,	%zmm19
	.set	T3,	%zmm26
	.set	T4,	%zmm27
	.set	T5,	%zmm28
	.set	STEPS,	9
.else
	.set	STEPS,	19
.endif
.endm

.macro	load_constants
.if VL == 64
	vmovdqa64	.Lbswap(%rip), BSWAP
	vmovdqa64	.Lpoly(%rip), POLY
	vmovdqa64	.Lstep4(%rip), STEP
.else
	vmovdqa		.Lbswap(%rip), BSWAP
.endif
.endm

/* The counters of the vector after \ctr */
.macro	next_counters
.if VL == 64
	vpaddd		STEP, CTR, CTR
.else
	vpaddd		.Lstep2(%rip), CTR, CTR
.endif
.endm

/*
 * GHASH
 */

/*
 * Add the products of D and the powers \h, a register or memory, to the columns
 * HI and LO; or set these if \first.
 */
.macro	mul_outer	h, first=0
.if \first
	vpclmulqdq	$0x00, \h, D, LO
	vpclmulqdq	$0x11, \h, D, HI
.else
	vpclmulqdq	$0x00, \h, D, T
	vec_xor		T, LO, LO
	vpclmulqdq	$0x11, \h, D, T
	vec_xor		T, HI, HI
.endif
.endm

/* Likewise the column MI, which has two products. */
.macro	mul_inner	h, first=0
.if \first
	vpclmulqdq	$0x01, \h, D, MI
	vpclmulqdq	$0x10, \h, D, T
	vec_xor		T, MI, MI
.elseif VL == 64
	vpclmulqdq	$0x01, \h, D, T
	vpclmulqdq	$0x10, \h, D, T2
	vpternlogd	$0x96, T2, T, MI
.else
	vpclmulqdq	$0x01, \h, D, T
	vec_xor		T, MI, MI
	vpclmulqdq	$0x10, \h, D, T
	vec_xor		T, MI, MI
.endif
.endm

/* Move the low half of \from into \to, the column that is 64 bits above. */
.macro	fold	from, to
.if VL == 64
	vpclmulqdq	$0x00, POLY, \from, T
	vpshufd		$0x4e, \from, \from
	vpternlogd	$0x96, T, \from, \to
.else
	vpclmulqdq	$0x00, .Lpoly(%rip), \from, T
	vpshufd		$0x4e, \from, \from
	vpxor		\from, \to, \to
	vpxor		T, \to, \to
.endif
.endm

/* Add up the lanes of HI. The others are cleared by writing a shorter one. */
.macro	add_lanes
.if VL == 64
	vextracti64x4	$1, HI, T_Y
	vpxor		T_Y, HI_Y, HI_Y
.endif
.if VL >= 32
	vextracti128	$1, HI_Y, T_X
	vpxor		T_X, HI_X, HI_X
.endif
.endm

.macro	reduce
	fold		LO, MI
	fold		MI, HI
	add_lanes
.endm

/*
 * The GHASH of a batch at \offset(\src), in STEPS steps to put between others.
 *
 * With 32 registers, the data are in G0 ... G3, not to load them twice: most of
 * the loads would touch two cache lines. And Karatsuba's trick does save
 * something: unpacking two
 * vectors gives the low halves of both in one and the high halves in another,
 * so that one addition makes the sums of halves of both. This costs three
 * instructions, and saves two multiplications and two additions. The powers are
 * prepared likewise, before the loop. MI gets
 *
 *	(low + high) (low' + high') - LO - HI.
 */
.macro	sum_halves	a, b, out, tmp
	vpunpckhqdq	\b, \a, \tmp
	vpunpcklqdq	\b, \a, \out
	vpxord		\tmp, \out, \out
.endm

.macro	ghash_step_zmm	s
.if \s == 0
	vpshufb		BSWAP, G0, D
	vpxord		HI, D, D
	mul_outer	H0, 1
.elseif \s == 1
	vpshufb		BSWAP, G1, D2
	vpclmulqdq	$0x00, H1, D2, T3
	vpclmulqdq	$0x11, H1, D2, T4
.elseif \s == 2
	sum_halves	D, D2, D, T
	vpclmulqdq	$0x00, H01, D, MI
	vpclmulqdq	$0x11, H01, D, T5
.elseif \s == 3
	vpshufb		BSWAP, G2, D
	vpclmulqdq	$0x00, H2, D, T
	vpclmulqdq	$0x11, H2, D, T2
.elseif \s == 4
	vpternlogd	$0x96, T3, T, LO
	vpternlogd	$0x96, T4, T2, HI
	vpshufb		BSWAP, G3, D2
	vpclmulqdq	$0x00, H3, D2, T3
	vpclmulqdq	$0x11, H3, D2, T4
.elseif \s == 5
	sum_halves	D, D2, D, T
	vpclmulqdq	$0x00, H23, D, T
	vpclmulqdq	$0x11, H23, D, T2
	vpxord		T3, LO, LO
	vpxord		T4, HI, HI
.elseif \s == 6
	vpternlogd	$0x96, T, T5, MI
	vpternlogd	$0x96, LO, HI, T2
	vpxord		T2, MI, MI
	fold		LO, MI
.elseif \s == 7
	fold		MI, HI
.elseif \s == 8
	add_lanes
.endif
.endm

/* Otherwise two steps for each vector, then three to reduce the sum. */
.macro	ghash_step	s, offset, src
.if VL == 64
	ghash_step_zmm	\s
	.exitm
.endif
.irp i, 0,1,2,3,4,5,6,7
.if \s == 2 * \i
	vmovdqu		\offset+\i*VL(\src), D
	vpshufb		BSWAP, D, D
.if \i == 0
	vpxor		HI, D, D
.endif
	mul_outer	OFF_POWERS+\i*VL(KEY), (\i==0)
.elseif \s == 2 * \i + 1
	mul_inner	OFF_POWERS+\i*VL(KEY), (\i==0)
.endif
.endr
.if \s == 16
	fold		LO, MI
.elseif \s == 17
	fold		MI, HI
.elseif \s == 18
	add_lanes
.endif
.endm

/* The steps that go into slot \slot of \slots. */
.macro	ghash_slot	slot, slots, offset, src
.irp s, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18
.if \s >= \slot * STEPS / \slots && \s < (\slot + 1) * STEPS / \slots
	ghash_step	\s, \offset, \src
.endif
.endr
.endm

/*
 * AES in counter mode
 */

/* Make the counter blocks of \n vectors, and add round key 0. */
.macro	aes_begin	n
	vec_broadcast	OFF_AES(KEY), RK
.irp i, 0,1,2,3,4,5,6,7
.if \i < \n
	vpshufb		BSWAP, CTR, A\i
	next_counters
	vec_xor		RK, A\i, A\i
.endif
.endr
.endm

/* The round with the key \back keys before the last one */
.macro	aes_round	back, n
	vec_broadcast	-16*\back(LAST), RK
.irp i, 0,1,2,3,4,5,6,7
.if \i < \n
	vaesenc		RK, A\i, A\i
.endif
.endr
.endm

/* The rounds that only AES-192 and AES-256 have */
.macro	aes_extra_rounds	n
	cmp		$12, ROUNDS
	jb		.Laes128\@
	je		.Laes192\@
	aes_round	13, \n
	aes_round	12, \n
.Laes192\@:
	aes_round	11, \n
	aes_round	10, \n
.Laes128\@:
.endm

/*
 * The rest but the last round, with the GHASH of the batch at \offset(\src)
 * among them, if \src is given. The multiplications wait for the same units,
 * but mostly for each other, so they are spread evenly.
 */
.macro	aes_rounds	n, offset=0, src
.irp back, 9,8,7,6,5,4,3,2,1
	aes_round	\back, \n
.ifnb \src
	ghash_slot	(9-\back), 9, \offset, \src
.endif
.endr
	vec_broadcast	(LAST), RK
.endm

/*
 * The last round of vector \i, and the XOR of the data, in one: the round ends
 * with the addition of its key.
 */
.macro	aes_last_round	i, data
	vec_xor		\data, RK, T
	vaesenclast	T, A\i, A\i
.endm

/*
 * Encrypt or decrypt a batch, and absorb that at \offset(\src): the same when
 * decrypting, else the one before.
 */
.macro	crypt_batch	enc, offset=0, src
.if VL == 64 && !\enc
	vmovdqu8	0*VL(SRC), G0
	vmovdqu8	1*VL(SRC), G1
	vmovdqu8	2*VL(SRC), G2
	vmovdqu8	3*VL(SRC), G3
.endif
	aes_begin	VECS
	aes_extra_rounds VECS
	aes_rounds	VECS, \offset, \src
.irp i, 0,1,2,3,4,5,6,7
.if \i < VECS
.if VL == 64 && \enc
	vpxord		\i*VL(SRC), RK, T
	vaesenclast	T, A\i, G\i
	vmovdqu8	G\i, \i*VL(DST)
.elseif VL == 64
	aes_last_round	\i, G\i
	vmovdqu8	A\i, \i*VL(DST)
.else
	aes_last_round	\i, \i*VL(SRC)
	vmovdqu		A\i, \i*VL(DST)
.endif
.endif
.endr
	add		$BATCH, SRC
	add		$BATCH, DST
	sub		$BATCH, LEN
.endm

/*
 * The last vector of a message, of which there are LEN bytes, less than VL and
 * not 16
 */

/*
 * Load the bytes from \offset to LEN, at least 1 and less than 16, at SRC,
 * padded with zeros. Two words that overlap cover them.
 */
.macro	load_block	offset, out, tmp
	lea		.Lshift + \offset(%rip), TMP
	sub		LEN, TMP		/* moves up by LEN - offset */
	cmp		$\offset + 8, LEN32
	jb		.Lload4\@
	vmovq		\offset(SRC), \out
	vmovq		-8(SRC, LEN), \tmp
	vpshufb		8(TMP), \tmp, \tmp
	jmp		.Lor\@
.Lload4\@:
	cmp		$\offset + 4, LEN32
	jb		.Lload1\@
	vmovd		\offset(SRC), \out
	vmovd		-4(SRC, LEN), \tmp
	vpshufb		4(TMP), \tmp, \tmp
	jmp		.Lor\@
.Lload1\@:
	vpxor		\out, \out, \out
	vpinsrb		$0, \offset(SRC), \out, \out
	cmp		$\offset + 2, LEN32
	jb		.Lloaded\@
	vpxor		\tmp, \tmp, \tmp
	vpinsrw		$0, -2(SRC, LEN), \tmp, \tmp
	vpshufb		2(TMP), \tmp, \tmp
.Lor\@:
	vpor		\tmp, \out, \out
.Lloaded\@:
.endm

/* Store \v in the bytes from \offset to LEN at DST, likewise. */
.macro	store_block	offset, v, tmp
	lea		.Lshift - \offset(%rip), TMP
	add		LEN, TMP		/* moves down by LEN - offset */
	cmp		$\offset + 8, LEN32
	jb		.Lstore4\@
	vmovq		\v, \offset(DST)
	vpshufb		-8(TMP), \v, \tmp
	vmovq		\tmp, -8(DST, LEN)
	jmp		.Lstored\@
.Lstore4\@:
	cmp		$\offset + 4, LEN32
	jb		.Lstore1\@
	vmovd		\v, \offset(DST)
	vpshufb		-4(TMP), \v, \tmp
	vmovd		\tmp, -4(DST, LEN)
	jmp		.Lstored\@
.Lstore1\@:
	vpextrb		$0, \v, \offset(DST)
	cmp		$\offset + 2, LEN32
	jb		.Lstored\@
	vpshufb		-2(TMP), \v, \tmp
	vpextrw		$0, \tmp, -2(DST, LEN)
.Lstored\@:
.endm

/* Load them at SRC to D, padded with zeros. Makes a mask in %k1. */
.macro	load_last
.if VL == 64
	mov		$-1, TMP
	bzhi		LEN, TMP, TMP
	kmovq		TMP, %k1
	vmovdqu8	(SRC), D{%k1}{z}
.else
	cmp		$16, LEN32
	jb		.Llow\@
	vmovdqu		(SRC), D_X
	load_block	16, T_X, %xmm6
	vinserti128	$1, T_X, D, D
	jmp		.Ldone\@
.Llow\@:
	load_block	0, D_X, T_X
.Ldone\@:
.endif
.endm

/* Store them from A\i, of which the rest is lost, at DST. */
.macro	store_last	i
.if VL == 64
	vmovdqu8	A\i, (DST){%k1}
.else
	cmp		$16, LEN32
	jb		.Llow\@
	vmovdqu		%xmm\i, (DST)
	vextracti128	$1, A\i, %xmm\i
	store_block	16, %xmm\i, T_X
	jmp		.Ldone\@
.Llow\@:
	store_block	0, %xmm\i, T_X
.Ldone\@:
.endif
.endm

/* D = the first LEN bytes of A\i, padded with zeros */
.macro	mask_last	i
.if VL == 64
	vmovdqu8	A\i, D{%k1}{z}
.else
	lea		.Lmask + 32(%rip), TMP
	sub		LEN, TMP
	vpand		(TMP), A\i, D
.endif
.endm

/*
 * Messages
 */

/* Begin to add up products, with the GHASH value so far in SUM. */
.macro	columns_begin
	vmovdqa		HI_X, SUM_X
.if VL < 64
	vpxor		LO, LO, LO
	vpxor		MI, MI, MI
	vpxor		HI, HI, HI
.endif
.endm

/*
 * Absorb the vector \data, the one with number \i, if that matters: number 0
 * comes with the value so far. The powers of H are those at \i * VL(POWERS).
 */
.macro	absorb	data, i
	vpshufb		BSWAP, \data, D
.if \i == 0
	vec_xor		SUM, D, D
.endif
.if VL == 64
	vmovdqu8	\i*VL(POWERS), H0
	mul_outer	H0, (\i==0)
	mul_inner	H0, (\i==0)
.else
	mul_outer	\i*VL(POWERS)
	mul_inner	\i*VL(POWERS)
.endif
.endm

/* Have POWERS end with H^1 after the \len bytes that are left, padded. */
.macro	powers_for	len
	lea		15(\len), TMP32
	and		$-16, TMP32
	lea		OFF_POWERS_END(KEY), POWERS
	sub		TMP, POWERS
.endm

/* Encrypt or decrypt, and absorb, vector \i, which is a whole one. */
.macro	crypt_whole	enc, i
	vec_load	\i*VL(SRC), D
	aes_last_round	\i, D
	vec_store	A\i, \i*VL(DST)
.if \enc
	absorb		A\i, \i
.else
	absorb		D, \i
.endif
.endm

/*
 * The same for vector \i, the last one, in its most usual sizes first. What
 * makes it of one block clears the others.
 */
.macro	crypt_last	enc, i
.if \i > 0
	add		$\i*VL, SRC
	add		$\i*VL, DST
	sub		$\i*VL, LEN
.endif
	cmp		$VL, LEN32
	je		.Lwhole\@
	cmp		$16, LEN32
	jne		.Lpart\@
	vmovdqu		(SRC), D_X
	vpxor		D_X, RK_X, T_X
	vaesenclast	T_X, %xmm\i, %xmm\i
	vmovdqu		%xmm\i, (DST)
.if \enc
	vmovdqa		%xmm\i, D_X
.endif
	jmp		.Labsorb\@

.Lwhole\@:
	vec_load	(SRC), D
	aes_last_round	\i, D
	vec_store	A\i, (DST)
.if \enc
	vec_move	A\i, D
.endif
	jmp		.Labsorb\@

.Lpart\@:
	load_last
	aes_last_round	\i, D
.if \enc
	mask_last	\i
.endif
	store_last	\i
.Labsorb\@:
	absorb		D, \i
.endm

/* The end of a message, in \n vectors */
.macro	crypt_tail	enc, n
	aes_begin	\n
	aes_extra_rounds \n
	aes_rounds	\n
.irp i, 0,1,2
.if \i < \n - 1
	crypt_whole	\enc, \i
.endif
.endr
.irp i, 0,1,2,3
.if \i == \n - 1
	crypt_last	\enc, \i
.endif
.endr
.endm

/*
 * Encrypt or decrypt. When encrypting, the main loop absorbs what the turn
 * before has encrypted, to have something to do beside AES. What fits in one
 * vector of 64 bytes is done sooner in vectors of 32, by \small.
 */
.macro	crypt	enc, small
.if VL == 64
	cmp		$VL, LEN32
	jbe		\small
.endif
	mov		LEN32, LEN32
	mov		OFF_ROUNDS(KEY), ROUNDS
	mov		ROUNDS, TMP32
	shl		$4, TMP32
	lea		OFF_AES(KEY, TMP), LAST
	load_constants

	/* The state gets the counter for the next call at once. */
	vec_broadcast	OFF_COUNTER(ST), CTR
	vpshufb		BSWAP, CTR, CTR
	lea		15(LEN), TMP32
	shr		$4, TMP32
	vmovd		TMP32, T_X
	vpaddd		CTR_X, T_X, T_X
	vpshufb		BSWAP_X, T_X, T_X
	vmovdqu		T_X, OFF_COUNTER(ST)
	vpaddd		.Llanes(%rip), CTR, CTR

	vmovdqu		OFF_GHASH(ST), HI_X
	cmp		$BATCH, LEN32
	jb		.Ltail\@
.if VL == 64
	vmovdqu8	OFF_POWERS+0*VL(KEY), H0
	vmovdqu8	OFF_POWERS+1*VL(KEY), H1
	vmovdqu8	OFF_POWERS+2*VL(KEY), H2
	vmovdqu8	OFF_POWERS+3*VL(KEY), H3
	sum_halves	H0, H1, H01, T
	sum_halves	H2, H3, H23, T
.endif
.if \enc
	crypt_batch	1
	cmp		$BATCH, LEN32
	jb		.Llast_batch\@
.Lloop\@:
	crypt_batch	1, -BATCH, DST
	cmp		$BATCH, LEN32
	jae		.Lloop\@
.Llast_batch\@:
	ghash_slot	0, 1, -BATCH, DST
.else
.Lloop\@:
	crypt_batch	0, 0, SRC
	cmp		$BATCH, LEN32
	jae		.Lloop\@
.endif
	test		LEN32, LEN32
	jz		.Lend\@

.Ltail\@:
	powers_for	LEN
	columns_begin
.if VL == 32
	/* Up to 8 vectors are left: make these 4. */
	cmp		$4*VL, LEN32
	jbe		.Lfour\@
	aes_begin	4
	aes_extra_rounds 4
	aes_rounds	4
.irp i, 0,1,2,3
	crypt_whole	\enc, \i
.endr
	vpxor		SUM_X, SUM_X, SUM_X
	add		$4*VL, SRC
	add		$4*VL, DST
	sub		$4*VL, LEN
	add		$4*VL, POWERS
.Lfour\@:
.endif
	cmp		$2*VL, LEN32
	ja		.Lmore\@
	cmp		$1*VL, LEN32
	ja		.Ltwo\@
	crypt_tail	\enc, 1
	jmp		.Lreduce\@
.Ltwo\@:
	crypt_tail	\enc, 2
	jmp		.Lreduce\@
.Lmore\@:
	cmp		$3*VL, LEN32
	ja		.Lmost\@
	crypt_tail	\enc, 3
	jmp		.Lreduce\@
.Lmost\@:
	crypt_tail	\enc, 4
.Lreduce\@:
	reduce
.Lend\@:
	vmovdqu		HI_X, OFF_GHASH(ST)
	vzeroupper
	RET
.endm

/* HI = D * \h */
.macro	multiply	h
	mul_outer	\h, 1
	mul_inner	\h, 1
	fold		LO, MI
	fold		MI, HI
.endm

/* As absorb, for a loop */
.macro	absorb_next	data
	vpshufb		BSWAP, \data, D
	vec_xor		SUM, D, D
	vpxor		SUM_X, SUM_X, SUM_X
	vec_load	(POWERS), A0
	mul_outer	A0
	mul_inner	A0
.endm

/*
 * Absorb associated data: of ESP, TLS and MACsec one or two blocks, so the case
 * of one is kept short, and others go by the vector.
 */
.macro	aad	vl
	mov		%ecx, LEN32
	mov		%rdx, SRC

set_registers 16
	cmp		$16, LEN32
	ja		.Lmany\@
	jb		.Lpart\@
	vmovdqu		(SRC), D
	jmp		.Lmultiply\@
.Lpart\@:
	load_block	0, D, T
.Lmultiply\@:
	vpshufb		.Lbswap(%rip), D, D
	vpxor		OFF_GHASH(ST), D, D
	vmovdqu		OFF_POWERS_END-16(KEY), A0
	multiply	A0
	vmovdqu		HI, OFF_GHASH(ST)
	RET

.Lmany\@:
set_registers \vl
	load_constants
	vmovdqu		OFF_GHASH(ST), HI_X

	/* DST counts what is left after this turn, of up to BATCH bytes. */
.Lbatch\@:
	mov		LEN32, %edx
	mov		$BATCH, TMP32
	cmp		TMP32, LEN32
	cmova		TMP32, LEN32
	sub		LEN32, %edx
	powers_for	LEN
	columns_begin
.if VL == 64
	vpxor		LO_X, LO_X, LO_X
	vpxor		MI_X, MI_X, MI_X
	vpxor		HI_X, HI_X, HI_X
.endif

.Lvector\@:
	cmp		$VL, LEN32
	jbe		.Llast\@
	vec_load	(SRC), D
	absorb_next	D
	add		$VL, SRC
	add		$VL, POWERS
	sub		$VL, LEN
	jmp		.Lvector\@
.Llast\@:
	je		.Lwhole\@
	cmp		$16, LEN32
	je		.Lblock\@
	load_last
	jmp		.Labsorb\@
.Lblock\@:
	vmovdqu		(SRC), D_X
	jmp		.Labsorb\@
.Lwhole\@:
	vec_load	(SRC), D
.Labsorb\@:
	absorb_next	D
	add		LEN, SRC
	reduce
	mov		%edx, LEN32
	test		LEN32, LEN32
	jnz		.Lbatch\@

	vmovdqu		HI_X, OFF_GHASH(ST)
	vzeroupper
	RET
.endm

.macro	gcm_functions	isa, vl
set_registers \vl
SYM_TYPED_FUNC_START(wolfcrypt_gcm_aad_\isa)
	aad		\vl
SYM_FUNC_END(wolfcrypt_gcm_aad_\isa)
SYM_TYPED_FUNC_START(wolfcrypt_gcm_encrypt_\isa)
	crypt		1, wolfcrypt_gcm_encrypt_vaes_avx2
SYM_FUNC_END(wolfcrypt_gcm_encrypt_\isa)
SYM_TYPED_FUNC_START(wolfcrypt_gcm_decrypt_\isa)
	crypt		0, wolfcrypt_gcm_decrypt_vaes_avx2
SYM_FUNC_END(wolfcrypt_gcm_decrypt_\isa)
.endm

gcm_functions	vaes_avx2, 32
gcm_functions	vaes_avx512, 64

set_registers 16

/* A0 = E(K, A0) */
.macro	aes_block
	mov		OFF_ROUNDS(KEY), ROUNDS
	mov		ROUNDS, TMP32
	shl		$4, TMP32
	lea		OFF_AES(KEY, TMP), LAST
	vpxor		OFF_AES(KEY), A0, A0
	aes_extra_rounds 1
	aes_rounds	1
	vaesenclast	RK, A0, A0
.endm

SYM_TYPED_FUNC_START(wolfcrypt_gcm_init_vaes)
	/* J0: the IV and 1, big endian */
	mov		$1 << 24, TMP32
	vmovq		(%rdx), A0
	vpinsrd		$2, 8(%rdx), A0, A0
	vpinsrd		$3, TMP32, A0, A0
	add		TMP32, TMP32
	vpinsrd		$3, TMP32, A0, T
	vmovdqa		T, OFF_COUNTER(ST)
	vpxor		T, T, T
	vmovdqa		T, OFF_GHASH(ST)
	aes_block
	vmovdqa		A0, OFF_TAG_MASK(ST)
	RET
SYM_FUNC_END(wolfcrypt_gcm_init_vaes)

SYM_TYPED_FUNC_START(wolfcrypt_gcm_final_vaes)
	/* The last block: both lengths in bits, reversed as all the others */
	mov		%ecx, %ecx
	mov		%edx, %edx
	shl		$3, %rcx
	shl		$3, %rdx
	vmovq		%rcx, D
	vpinsrq		$1, %rdx, D, D
	vpxor		OFF_GHASH(ST), D, D
	vmovdqu		OFF_POWERS_END-16(KEY), A0
	multiply	A0
	vpshufb		.Lbswap(%rip), HI, HI
	vpxor		OFF_TAG_MASK(ST), HI, HI
	vmovdqu		HI, (%r8)
	RET
SYM_FUNC_END(wolfcrypt_gcm_final_vaes)

/* The subkey H = E(K, 0), and its powers, from the last entry backwards */
SYM_TYPED_FUNC_START(wolfcrypt_gcm_expand_vaes)
	vpxor		A0, A0, A0
	aes_block
	vpshufb		.Lbswap(%rip), A0, A0

	/*
	 * Divide by x: a shift to the left, with what leaves the low half added
	 * to the high one; and 1 / x for a constant term of 1.
	 */
	vpshufd		$0xff, A0, T
	vpsrad		$31, T, T
	vpand		.Linverse(%rip), T, T
	vpsrlq		$63, A0, D
	vpslldq		$8, D, D
	vpaddq		A0, A0, A0
	vpor		D, A0, A0
	vpxor		T, A0, A0

	lea		OFF_POWERS_END-16(KEY), POWERS
	vmovdqa		A0, (POWERS)
	vmovdqa		A0, D
.Lpower:
	multiply	A0
	sub		$16, POWERS
	vmovdqa		HI, (POWERS)
	vmovdqa		HI, D
	cmp		KEY, POWERS	/* OFF_POWERS is 0 */
	ja		.Lpower
	RET
SYM_FUNC_END(wolfcrypt_gcm_expand_vaes)
