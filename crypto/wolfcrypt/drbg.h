/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hash_DRBG with SHA-256 (NIST SP 800-90A Rev. 1 section 10.1.1), and the entropy
 * that it is seeded with.
 */
#ifndef _CRYPTO_WOLFCRYPT_DRBG_H
#define _CRYPTO_WOLFCRYPT_DRBG_H

#include <crypto/sha2.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include "sha.h"

/* Table 2 of that standard, in bytes. */
#define WOLFCRYPT_DRBG_SEEDLEN		55
#define WOLFCRYPT_DRBG_MAX_REQUEST	65536U

/* How long a seed is good for; section 10.1 allows 2^48 requests. */
#define WOLFCRYPT_DRBG_RESEED_REQUESTS	(1024U * 1024U)
#define WOLFCRYPT_DRBG_RESEED_SECONDS	300

/* For a security strength of 256 bits; the nonce is drawn with the entropy. */
#define WOLFCRYPT_DRBG_ENTROPY		32
#define WOLFCRYPT_DRBG_NONCE		16

/**
 * struct wolfcrypt_drbg - the working state (section 10.1.1.1)
 * @v: V, which changes with each request
 * @c: C, which changes with each seed
 * @reseed_counter: requests since the last seed, and 1
 */
struct wolfcrypt_drbg {
	u8 v[WOLFCRYPT_DRBG_SEEDLEN];
	u8 c[WOLFCRYPT_DRBG_SEEDLEN];
	u64 reseed_counter;
};

/**
 * struct wolfcrypt_drbg_instance - one CPU's, of a transform
 * @lock: guards the instance
 * @drbg: its state
 * @reseed_at: when its seed is too old, in jiffies
 * @epoch: that of the transform when it was instantiated; 0 if it wasn't
 */
struct wolfcrypt_drbg_instance {
	struct mutex lock;	/* for all of it */
	struct wolfcrypt_drbg drbg;
	unsigned long reseed_at;
	unsigned int epoch;
};

/**
 * struct wolfcrypt_drbg_ctx - a transform
 * @instances: one for each CPU
 * @lock: guards the fields after it, but reads of @epoch
 * @epoch: grows when all instances are to be made anew; never 0
 * @pers: hash of the personalization string
 * @test_entropy: what a test gives in place of entropy, else NULL
 * @test_len: bytes of it
 */
struct wolfcrypt_drbg_ctx {
	struct wolfcrypt_drbg_instance __percpu *instances;
	struct mutex lock;	/* for what follows, but reads of the epoch */
	unsigned int epoch;
	u8 pers[SHA256_DIGEST_SIZE];
	const u8 *test_entropy;
	unsigned int test_len;
};

void wolfcrypt_drbg_instantiate(struct wolfcrypt_drbg *drbg,
				const struct wolfcrypt_sha_impl *impl,
				const u8 *entropy, unsigned int entropy_len,
				const u8 *pers, unsigned int pers_len);
void wolfcrypt_drbg_reseed(struct wolfcrypt_drbg *drbg,
			   const struct wolfcrypt_sha_impl *impl,
			   const u8 *entropy, unsigned int entropy_len,
			   const u8 *addtl, unsigned int addtl_len);
void wolfcrypt_drbg_generate(struct wolfcrypt_drbg *drbg,
			     const struct wolfcrypt_sha_impl *impl,
			     const u8 *addtl, unsigned int addtl_len,
			     u8 *out, unsigned int len);

int wolfcrypt_entropy(u8 *out, unsigned int len, bool wait);
void wolfcrypt_entropy_exit(void);

#endif /* _CRYPTO_WOLFCRYPT_DRBG_H */
