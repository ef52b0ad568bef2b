// SPDX-License-Identifier: GPL-2.0-or-later
/* SHA3-224, SHA3-256, SHA3-384 and SHA3-512 (FIPS 202). */

#include <crypto/internal/hash.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "internal.h"
#include "sha3.h"

/* Section 6.1: the suffix 01 and the first bit of the padding, as bits are numbered. */
#define SHA3_SUFFIX	0x06
#define SHA3_LAST_BIT	0x80

const struct wolfcrypt_sha3_impl *const wolfcrypt_sha3_impls[] = {
#if IS_ENABLED(CONFIG_CRYPTO_WOLFCRYPT_X86)
	&wolfcrypt_sha3_bmi2,
#endif
	&wolfcrypt_sha3_c,
	NULL
};

const struct wolfcrypt_sha3_impl *wolfcrypt_sha3 __ro_after_init;

void wolfcrypt_sha3_select(void)
{
	wolfcrypt_sha3 = wolfcrypt_best(wolfcrypt_sha3_impls);
}

static void sha3_start(struct sha3_state *st, unsigned int digest_size)
{
	memset(st->st, 0, sizeof(st->st));
	st->rsiz = 200 - 2 * digest_size;
	st->rsizw = st->rsiz / sizeof(*st->st);
	st->partial = 0;
}

static void sha3_absorb(const struct wolfcrypt_sha3_impl *impl,
			struct sha3_state *st, const u8 *data, unsigned int len)
{
	unsigned int rate = st->rsiz;
	unsigned int room = rate - st->partial;

	if (st->partial && len >= room) {
		memcpy(st->buf + st->partial, data, room);
		impl->absorb(st->st, st->buf, 1, rate);
		st->partial = 0;
		data += room;
		len -= room;
	}
	if (!st->partial && len >= rate) {
		impl->absorb(st->st, data, len / rate, rate);
		data += len - len % rate;
		len %= rate;
	}
	memcpy(st->buf + st->partial, data, len);
	st->partial += len;
}

/* Of SHA3-224 the digest ends within a word. */
static void sha3_finish(const struct wolfcrypt_sha3_impl *impl,
			struct sha3_state *st, u8 *out, unsigned int digest_size)
{
	unsigned int i;

	st->buf[st->partial++] = SHA3_SUFFIX;
	memset(st->buf + st->partial, 0, st->rsiz - st->partial);
	st->buf[st->rsiz - 1] |= SHA3_LAST_BIT;
	impl->absorb(st->st, st->buf, 1, st->rsiz);

	for (i = 0; i < digest_size / sizeof(*st->st); i++)
		put_unaligned_le64(st->st[i], out + i * sizeof(*st->st));
	if (digest_size % sizeof(*st->st))
		put_unaligned_le32(st->st[i], out + i * sizeof(*st->st));
	memzero_explicit(st, sizeof(*st));
}

/**
 * wolfcrypt_sha3_digest_with() - hash a message on a given implementation
 * @impl: one of wolfcrypt_sha3_impls[] that this CPU can run
 * @data: the message
 * @len: its size in bytes
 * @out: the digest
 * @digest_size: its size in bytes, which tells the function
 *
 * Context: any.
 */
void wolfcrypt_sha3_digest_with(const struct wolfcrypt_sha3_impl *impl,
				const u8 *data, unsigned int len,
				u8 *out, unsigned int digest_size)
{
	struct sha3_state st;

	sha3_start(&st, digest_size);
	sha3_absorb(impl, &st, data, len);
	sha3_finish(impl, &st, out, digest_size);
}

#define SHA3_ALGS	(WOLFCRYPT_DRIVER_HMAC - WOLFCRYPT_DRIVER_SHA3)

static struct shash_alg sha3_algs[SHA3_ALGS];

static int sha3_init(struct shash_desc *desc)
{
	sha3_start(shash_desc_ctx(desc), crypto_shash_digestsize(desc->tfm));
	return 0;
}

static int sha3_update(struct shash_desc *desc, const u8 *data,
		       unsigned int len)
{
	sha3_absorb(wolfcrypt_sha3, shash_desc_ctx(desc), data, len);
	return 0;
}

static int sha3_final(struct shash_desc *desc, u8 *out)
{
	wolfcrypt_count(WOLFCRYPT_DRIVER_SHA3 +
			(crypto_shash_alg(desc->tfm) - sha3_algs));
	sha3_finish(wolfcrypt_sha3, shash_desc_ctx(desc), out,
		    crypto_shash_digestsize(desc->tfm));
	return 0;
}

static int sha3_finup(struct shash_desc *desc, const u8 *data,
		      unsigned int len, u8 *out)
{
	return sha3_update(desc, data, len) ?: sha3_final(desc, out);
}

static int sha3_digest(struct shash_desc *desc, const u8 *data,
		       unsigned int len, u8 *out)
{
	return sha3_init(desc) ?: sha3_finup(desc, data, len, out);
}

#define SHA3_ALG(_bits)							\
{									\
	.digestsize		= SHA3_##_bits##_DIGEST_SIZE,		\
	.descsize		= sizeof(struct sha3_state),		\
	.init			= sha3_init,				\
	.update			= sha3_update,				\
	.final			= sha3_final,				\
	.finup			= sha3_finup,				\
	.digest			= sha3_digest,				\
	.base.cra_name		= "sha3-" #_bits,			\
	.base.cra_driver_name	= "sha3-" #_bits "-wolfcrypt",		\
	.base.cra_blocksize	= SHA3_##_bits##_BLOCK_SIZE,		\
	.base.cra_priority	= WOLFCRYPT_PRIORITY,			\
	.base.cra_module	= THIS_MODULE,				\
}

static struct shash_alg sha3_algs[SHA3_ALGS] = {
	SHA3_ALG(224),
	SHA3_ALG(256),
	SHA3_ALG(384),
	SHA3_ALG(512),
};

int wolfcrypt_sha3_register(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(sha3_algs); i++) {
		err = wolfcrypt_alg_init(&sha3_algs[i].base,
					 wolfcrypt_sha3->name,
					 WOLFCRYPT_DRIVER_SHA3 + i);
		if (err)
			return err;
	}
	return crypto_register_shashes(sha3_algs, ARRAY_SIZE(sha3_algs));
}

void wolfcrypt_sha3_unregister(void)
{
	crypto_unregister_shashes(sha3_algs, ARRAY_SIZE(sha3_algs));
}

void wolfcrypt_sha3_refuse(void)
{
	wolfcrypt_refuse_shashes(sha3_algs, ARRAY_SIZE(sha3_algs));
}

MODULE_ALIAS_CRYPTO("sha3-224");
MODULE_ALIAS_CRYPTO("sha3-256");
MODULE_ALIAS_CRYPTO("sha3-384");
MODULE_ALIAS_CRYPTO("sha3-512");
