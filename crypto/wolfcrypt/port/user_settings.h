/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wolfCrypt's configuration, read by its settings.h. This and the other files
 * of this directory are the only ones in which its WC_ and WOLFSSL_ macros are
 * set.
 */
#ifndef _CRYPTO_WOLFCRYPT_PORT_USER_SETTINGS_H
#define _CRYPTO_WOLFCRYPT_PORT_USER_SETTINGS_H

/* The cryptography without the TLS library, in a kernel. */
#define WOLFCRYPT_ONLY
#define WOLFSSL_LINUXKM

/*
 * Each object belongs to one request or is immutable, so that wolfCrypt has
 * nothing to lock.
 */
#define SINGLE_THREADED

/* Else types.h looks for it in <stddef.h>. */
#define WC_PTR_TYPE	unsigned long

/* Beside SHA-1 and SHA-256, which are on unless they are turned off. */
#define WOLFSSL_SHA224
#define WOLFSSL_SHA384
#define WOLFSSL_SHA512
#define WOLFSSL_SHA3
#define HAVE_CHACHA
#define HAVE_POLY1305

/*
 * The C files are the portable paths; the assembly is called by our own glue,
 * which knows when the FPU may be used. So USE_INTEL_SPEEDUP is not set here.
 * Nor is WOLFSSL_SMALL_STACK: the hash functions would allocate their message
 * schedule in every call, in any context.
 */

/* On unless they are turned off, and not imported. */
#define NO_MD4
#define NO_MD5
#define WC_NO_RNG

/* Short names of former versions, of which the kernel has taken some. */
#define NO_OLD_WC_NAMES

/* Else types.h wants <stdlib.h>. */
#define NO_CRYPT_BENCHMARK

#endif /* _CRYPTO_WOLFCRYPT_PORT_USER_SETTINGS_H */
