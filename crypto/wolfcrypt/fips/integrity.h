/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The integrity test: what the kernel and mkintegrity, a program of its build, agree
 * on.
 *
 * The digest is HMAC-SHA-256 (FIPS 198-1) under WOLFCRYPT_INTEGRITY_KEY of
 *
 *	WOLFCRYPT_INTEGRITY_MAGIC
 *	size of the code, size of the constants, each as a little-endian u64
 *	the code
 *	the constants
 *
 * as they are linked. The module that is loaded has relocations still, with which the
 * loader makes code and constants of what is in the file. They follow: for the code,
 * and then for the constants, each that is at less than 8 bytes before the range or
 * in it, in the order of the file, as
 *
 *	where it is: the offset from the start of the code; or the size of the code,
 *		plus the offset from the start of the constants
 *	its type and its addend, as in the file
 *	what its symbol is: WOLFCRYPT_SYMBOL_*
 *	the symbol's value, or 0 if it is undefined
 *
 * each as a little-endian u64, and the name of what the symbol is in, with its NUL.
 * So numbers of sections and symbols don't count, nor what is not loaded: the digest
 * is the same when debug information has been taken away or added.
 *
 * The key is no secret: the digest tells a changed image from the one that was built,
 * and a signed image who built it.
 */
#ifndef _CRYPTO_WOLFCRYPT_INTEGRITY_H
#define _CRYPTO_WOLFCRYPT_INTEGRITY_H

#include <linux/types.h>

#define WOLFCRYPT_INTEGRITY_KEY		"wolfCrypt in the kernel, integrity"
#define WOLFCRYPT_INTEGRITY_MAGIC	"wolfCrypt-seal-1"
#define WOLFCRYPT_INTEGRITY_MAGIC_SIZE	16
#define WOLFCRYPT_INTEGRITY_DIGEST_SIZE	32

/*
 * A field that moves with the kernel: its offset from the start of the code, or
 * the size of the code plus its offset from the start of the constants, times 4;
 * plus how it moves. They are in ascending order, then come unused entries.
 */
#define WOLFCRYPT_RELOC_ABS64	0	/* an address */
#define WOLFCRYPT_RELOC_ABS32	1	/* the low half of an address */
#define WOLFCRYPT_RELOC_NEG32	2	/* relative to the code, of what stays */
#define WOLFCRYPT_RELOC_TYPE	3U	/* mask */
#define WOLFCRYPT_RELOC_SHIFT	2
#define WOLFCRYPT_RELOC_UNUSED	0xffffffffU

/* What the symbol of a relocation is, and what is named of it. */
#define WOLFCRYPT_SYMBOL_UNDEFINED	0	/* elsewhere: its own name */
#define WOLFCRYPT_SYMBOL_SECTION	1	/* in a section: that one's name */
#define WOLFCRYPT_SYMBOL_ABSOLUTE	2	/* a number: no name */

/* Bytes that a relocation may change, at most. */
#define WOLFCRYPT_RELOC_MAX_SIZE	8

/**
 * struct wolfcrypt_integrity_record - what was proved of an image, and where it is
 * @magic: WOLFCRYPT_INTEGRITY_MAGIC without its NUL, which is nowhere else
 * @digest: the HMAC, which mkintegrity puts here after the final link
 * @text_start: the code
 * @text_end: its end
 * @rodata_start: the constants
 * @rodata_end: their end
 * @relocs_start: the fields that move, which are among the constants
 * @relocs_end: their end
 *
 * The kernel uses the digest alone. The addresses are for mkintegrity, which finds
 * the record by its magic in images that have no symbols. In the file of a module they
 * are relocations.
 */
struct wolfcrypt_integrity_record {
	__u8 magic[WOLFCRYPT_INTEGRITY_MAGIC_SIZE];
	__u8 digest[WOLFCRYPT_INTEGRITY_DIGEST_SIZE];
	__u64 text_start;
	__u64 text_end;
	__u64 rodata_start;
	__u64 rodata_end;
	__u64 relocs_start;
	__u64 relocs_end;
};

#ifdef __KERNEL__
/* From boundary.lds. */
extern const u8 wolfcrypt_text_start[], wolfcrypt_text_end[];
extern const u8 wolfcrypt_rodata_start[], wolfcrypt_rodata_end[];
extern const u32 wolfcrypt_relocs_start[], wolfcrypt_relocs_end[];
#endif

#endif /* _CRYPTO_WOLFCRYPT_INTEGRITY_H */
