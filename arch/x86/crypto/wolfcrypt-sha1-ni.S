/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compression function of SHA-1 (FIPS 180-4 section 6.1.2) with the SHA
 * extensions of x86. wolfCrypt has no assembly for SHA-1.
 *
 *	void wolfcrypt_sha1_blocks_ni(u32 state[5], const u8 *src,
 *				      unsigned int n);
 *
 * absorbs @n (not 0) whole blocks of @src. It needs SHA-NI and SSSE3, and runs
 * in an FPU section. Nothing in it depends on the data.
 *
 * The instructions work on four rounds at a time. SHA1RNDS4 takes the working
 * variables a, b, c, d in one register, a on top, and in another four words of
 * the message schedule, to the first of which e has been added. What it leaves
 * of the old a, turned, is the e of four rounds later: SHA1NEXTE adds that one
 * to the next four words.
 */

#include <linux/linkage.h>

.set	STATE,		%rdi
.set	SRC,		%rsi
.set	N,		%edx

.set	ABCD,		%xmm0
.set	E0,		%xmm1	/* E0 and E1 take turns */
.set	E1,		%xmm2
.set	BSWAP,		%xmm3
.set	MSG0,		%xmm4	/* the last 16 words of the schedule */
.set	MSG1,		%xmm5
.set	MSG2,		%xmm6
.set	MSG3,		%xmm7
.set	ABCD_SAVED,	%xmm8
.set	E_SAVED,	%xmm9

.section .rodata.cst16.wolfcrypt_sha1_bswap, "aM", @progbits, 16
.p2align 4
/* Big-endian words, the first one on top. */
.Lbswap:
	.octa	0x000102030405060708090a0b0c0d0e0f

.text

/*
 * Rounds 4 * \i to 4 * \i + 3, with words 4 * \i to 4 * \i + 3 in \m0. Between
 * them go the parts of the schedule: \m1 takes its last step towards words
 * 4 * (\i + 1) and on, \m2 the second one towards the four after these, and \m3
 * the first one towards the four after those (figures of FIPS 180-4, 6.1.2 step
 * 1: W[t-3] ^ W[t-8] ^ W[t-14] ^ W[t-16], turned by one bit).
 */
.macro	rounds	i, e, e_next, m0, m1, m2, m3
.if \i == 0
	paddd		\m0, \e
.else
	sha1nexte	\m0, \e
.endif
	movdqa		ABCD, \e_next
.if \i >= 3 && \i <= 18
	sha1msg2	\m0, \m1
.endif
	sha1rnds4	$\i / 5, \e, ABCD
.if \i >= 1 && \i <= 16
	sha1msg1	\m0, \m3
.endif
.if \i >= 2 && \i <= 17
	pxor		\m0, \m2
.endif
.endm

/* Words 4 * \i to 4 * \i + 3 of the block. */
.macro	load	i, m
	movdqu		16 * \i(SRC), \m
	pshufb		BSWAP, \m
.endm

SYM_FUNC_START(wolfcrypt_sha1_blocks_ni)
	movdqa		.Lbswap(%rip), BSWAP
	movdqu		(STATE), ABCD
	pshufd		$0x1b, ABCD, ABCD	/* a on top */
	pxor		E0, E0
	pinsrd		$3, 16(STATE), E0	/* e on top */

.Lnext_block:
	movdqa		ABCD, ABCD_SAVED
	movdqa		E0, E_SAVED

	load		0, MSG0
	rounds		0, E0, E1, MSG0, MSG1, MSG2, MSG3
	load		1, MSG1
	rounds		1, E1, E0, MSG1, MSG2, MSG3, MSG0
	load		2, MSG2
	rounds		2, E0, E1, MSG2, MSG3, MSG0, MSG1
	load		3, MSG3
	rounds		3, E1, E0, MSG3, MSG0, MSG1, MSG2
.irp	i, 4, 8, 12, 16
	rounds		(\i + 0), E0, E1, MSG0, MSG1, MSG2, MSG3
	rounds		(\i + 1), E1, E0, MSG1, MSG2, MSG3, MSG0
	rounds		(\i + 2), E0, E1, MSG2, MSG3, MSG0, MSG1
	rounds		(\i + 3), E1, E0, MSG3, MSG0, MSG1, MSG2
.endr

	/* The intermediate hash value, step 4. */
	sha1nexte	E_SAVED, E0
	paddd		ABCD_SAVED, ABCD
	add		$64, SRC
	dec		N
	jnz		.Lnext_block

	pshufd		$0x1b, ABCD, ABCD
	movdqu		ABCD, (STATE)
	pextrd		$3, E0, 16(STATE)

	/* The schedule would tell the last block. */
	pxor		MSG0, MSG0
	pxor		MSG1, MSG1
	pxor		MSG2, MSG2
	pxor		MSG3, MSG3
	RET
SYM_FUNC_END(wolfcrypt_sha1_blocks_ni)
