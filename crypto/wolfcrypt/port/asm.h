/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Included by force at the head of wolfCrypt's assembly, which is written for
 * user space: makes it fit the kernel's return thunks, straight-line speculation
 * hardening and section layout.
 */
#ifndef _CRYPTO_WOLFCRYPT_PORT_ASM_H
#define _CRYPTO_WOLFCRYPT_PORT_ASM_H

#include <linux/linkage.h>

/* aes_asm.S includes no settings and is empty without this. */
#define WOLFSSL_X86_64_BUILD

/* The parts of aes_gcm_asm.S and aes_xts_asm.S that are called by piece. */
#define WOLFSSL_AESGCM_STREAM
#define WOLFSSL_AES_XTS

/* "repz retq", for a branch predictor of 2003, can't be a jump to a thunk. */
#define repz
#define ret	RET
#define retq	ret

/* Tables of constants: the directive ".data" becomes ".section .rodata". */
#define data	section .rodata

#endif /* _CRYPTO_WOLFCRYPT_PORT_ASM_H */
