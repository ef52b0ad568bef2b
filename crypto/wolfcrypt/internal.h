/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this directory share; nothing here is for others. */
#ifndef _CRYPTO_WOLFCRYPT_INTERNAL_H
#define _CRYPTO_WOLFCRYPT_INTERNAL_H

/* asm/simd.h has no guard of its own on x86: it is included here only. */
#include <asm/simd.h>
#include <crypto/internal/simd.h>
#include <linux/align.h>
#include <linux/compiler.h>
#include <linux/crypto.h>
#include <linux/kconfig.h>
#include <linux/percpu-defs.h>
#include <linux/string.h>
#include <linux/types.h>

struct aead_alg;
struct rng_alg;
struct shash_alg;
struct skcipher_alg;

#define WOLFCRYPT_PRIORITY	CONFIG_CRYPTO_WOLFCRYPT_PRIORITY

/*
 * The longest run of work inside one kernel-mode FPU section, which holds off
 * preemption. Walks of skcipher and AEAD requests step by at most a page, to
 * which GCM and CCM add up to 64 bytes of associated data that waited.
 */
#define WOLFCRYPT_FPU_CHUNK	4096U

#if IS_ENABLED(CONFIG_CRYPTO_WOLFCRYPT_X86)
#include <asm/fpu/api.h>
void wolfcrypt_vectors_select(void);
void wolfcrypt_vectors_clear(void);

#define wolfcrypt_fpu_begin()	kernel_fpu_begin()
#define wolfcrypt_fpu_end()				\
do {							\
	wolfcrypt_vectors_clear();			\
	kernel_fpu_end();				\
} while (0)
#else
static inline void wolfcrypt_vectors_select(void)
{
}

#define wolfcrypt_fpu_begin()	do { } while (0)
#define wolfcrypt_fpu_end()	do { } while (0)
#endif

/*
 * Run one call of an implementation, in an FPU section of its own if the
 * implementation wants one:
 *
 *	wolfcrypt_run(impl, impl->cbc_enc(key, dst, src, len, iv));
 */
#define wolfcrypt_run(impl, call)			\
do {							\
	const bool __simd = (impl)->simd;		\
							\
	if (__simd)					\
		wolfcrypt_fpu_begin();			\
	call;						\
	if (__simd)					\
		wolfcrypt_fpu_end();			\
} while (0)

/*
 * The first implementation of a best-first, NULL-terminated table that this
 * CPU can run. The last one of each table is the portable C code.
 */
#define wolfcrypt_best(impls)				\
({							\
	typeof((impls)[0]) const *__i = (impls);	\
							\
	while ((*__i)->usable && !(*__i)->usable())	\
		__i++;					\
	*__i;						\
})

/*
 * Key objects are read with aligned loads, but the crypto API aligns a tfm
 * context to CRYPTO_MINALIGN only. An alignment mask on the algorithm would
 * make the API bounce misaligned data too.
 */
#define WOLFCRYPT_CTX_ALIGN	16
#define WOLFCRYPT_CTXSIZE(type)						\
	(sizeof(type) +							\
	 ((WOLFCRYPT_CTX_ALIGN - 1) & ~(CRYPTO_MINALIGN - 1)))

static inline void *wolfcrypt_align_ctx(void *ctx)
{
	return PTR_ALIGN(ctx, WOLFCRYPT_CTX_ALIGN);
}

/*
 * Define a function that clears @_size bytes of the stack below its caller's frame,
 * where a function of wolfCrypt's that was called before has left what nobody is to
 * find.
 */
#define WOLFCRYPT_DEFINE_WIPE(_name, _size)		\
static noinline_for_stack void _name(void)		\
{							\
	u8 dead[_size];					\
							\
	memzero_explicit(dead, sizeof(dead));		\
}

/* The drivers; those of a family in the order of its table. */
enum wolfcrypt_driver {
	WOLFCRYPT_DRIVER_AES,
	WOLFCRYPT_DRIVER_ECB,
	WOLFCRYPT_DRIVER_CBC,
	WOLFCRYPT_DRIVER_CTS,
	WOLFCRYPT_DRIVER_CFB,
	WOLFCRYPT_DRIVER_OFB,
	WOLFCRYPT_DRIVER_CTR,
	WOLFCRYPT_DRIVER_XTS,
	WOLFCRYPT_DRIVER_RFC4543,
	WOLFCRYPT_DRIVER_GCM,
	WOLFCRYPT_DRIVER_RFC4106,
	WOLFCRYPT_DRIVER_SEQIV,
	WOLFCRYPT_DRIVER_CCM,
	WOLFCRYPT_DRIVER_RFC4309,
	WOLFCRYPT_DRIVER_CMAC,
	WOLFCRYPT_DRIVER_CHACHA20,
	WOLFCRYPT_DRIVER_RFC7539,
	WOLFCRYPT_DRIVER_RFC7539ESP,
	WOLFCRYPT_DRIVER_AUTHENC,
	WOLFCRYPT_DRIVER_SHA = WOLFCRYPT_DRIVER_AUTHENC + 7,
	WOLFCRYPT_DRIVER_SHA3 = WOLFCRYPT_DRIVER_SHA + 5,
	WOLFCRYPT_DRIVER_HMAC = WOLFCRYPT_DRIVER_SHA3 + 4,
	WOLFCRYPT_DRIVER_DRBG = WOLFCRYPT_DRIVER_HMAC + 5,
	WOLFCRYPT_DRIVERS = WOLFCRYPT_DRIVER_DRBG + 2,
};

DECLARE_PER_CPU(u64 [WOLFCRYPT_DRIVERS], wolfcrypt_requests);
u64 wolfcrypt_requests_of(enum wolfcrypt_driver driver);

/* A request begins. In any context. */
static __always_inline void wolfcrypt_count(enum wolfcrypt_driver driver)
{
	this_cpu_inc(wolfcrypt_requests[driver]);
}

int wolfcrypt_alg_init(struct crypto_alg *alg, const char *impl,
		       enum wolfcrypt_driver driver);
void wolfcrypt_refuse(void);

void wolfcrypt_refuse_ciphers(struct crypto_alg *algs, int count);
void wolfcrypt_refuse_skciphers(struct skcipher_alg *algs, int count);
void wolfcrypt_refuse_aeads(struct aead_alg *algs, int count);
void wolfcrypt_refuse_shashes(struct shash_alg *algs, int count);
void wolfcrypt_refuse_rngs(struct rng_alg *algs, int count);

/*
 * The drivers of one family: all of them are registered, or none. Once they refuse,
 * they do so for good.
 */

int wolfcrypt_cipher_register(void);	/* aes */
void wolfcrypt_cipher_unregister(void);
void wolfcrypt_cipher_refuse(void);
int wolfcrypt_aes_register(void);	/* ecb cbc cts ctr cfb ofb */
void wolfcrypt_aes_unregister(void);
void wolfcrypt_aes_refuse(void);
int wolfcrypt_xts_register(void);
void wolfcrypt_xts_unregister(void);
void wolfcrypt_xts_refuse(void);
int wolfcrypt_gcm_register(void);	/* gcm rfc4106 seqiv */
void wolfcrypt_gcm_unregister(void);
void wolfcrypt_gcm_refuse(void);
int wolfcrypt_ccm_register(void);	/* ccm rfc4309 */
void wolfcrypt_ccm_unregister(void);
void wolfcrypt_ccm_refuse(void);
int wolfcrypt_cmac_register(void);
void wolfcrypt_cmac_unregister(void);
void wolfcrypt_cmac_refuse(void);
int wolfcrypt_chachapoly_register(void);	/* chacha20 rfc7539 rfc7539esp */
void wolfcrypt_chachapoly_unregister(void);
void wolfcrypt_chachapoly_refuse(void);
int wolfcrypt_authenc_register(void);	/* cbc or rfc3686, with hmac */
void wolfcrypt_authenc_unregister(void);
void wolfcrypt_authenc_refuse(void);
int wolfcrypt_sha_register(void);	/* sha1, sha2 */
void wolfcrypt_sha_unregister(void);
void wolfcrypt_sha_refuse(void);
int wolfcrypt_sha3_register(void);
void wolfcrypt_sha3_unregister(void);
void wolfcrypt_sha3_refuse(void);
int wolfcrypt_hmac_register(void);	/* hmac of each */
void wolfcrypt_hmac_unregister(void);
void wolfcrypt_hmac_refuse(void);
int wolfcrypt_drbg_register(void);	/* stdrng */
void wolfcrypt_drbg_unregister(void);
void wolfcrypt_drbg_refuse(void);

/*
 * Choose the implementations; before the self-tests, which run all usable
 * ones, and before registration. Cannot fail.
 */
void wolfcrypt_aes_select(void);
void wolfcrypt_gcm_select(void);
void wolfcrypt_chachapoly_select(void);
void wolfcrypt_sha_select(void);
void wolfcrypt_sha3_select(void);

#endif /* _CRYPTO_WOLFCRYPT_INTERNAL_H */
