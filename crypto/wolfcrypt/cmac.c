// SPDX-License-Identifier: GPL-2.0-or-later
/* AES-CMAC (NIST SP 800-38B). */

#include <crypto/algapi.h>
#include <crypto/internal/hash.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "aes.h"
#include "cmac.h"
#include "internal.h"

static struct wolfcrypt_cmac_key *cmac_key(struct crypto_shash *tfm)
{
	return wolfcrypt_align_ctx(crypto_shash_ctx(tfm));
}

/* Multiplication by x in GF(2^128), most significant bit first (section 6.1) */
static void cmac_double(u8 *dst, const u8 *src)
{
	u64 hi = get_unaligned_be64(src);
	u64 lo = get_unaligned_be64(src + 8);
	u64 carry = 0 - (hi >> 63);

	put_unaligned_be64(hi << 1 | lo >> 63, dst);
	put_unaligned_be64(lo << 1 ^ (carry & 0x87), dst + 8);
}

/**
 * wolfcrypt_cmac_subkeys() - derive K1 and K2 from the expanded key
 * @key: the CMAC key, whose AES part is set
 * @impl: the implementation to do it with
 *
 * SP 800-38B section 6.1. Context: any that @impl may run in.
 */
void wolfcrypt_cmac_subkeys(struct wolfcrypt_cmac_key *key,
			    const struct wolfcrypt_aes_impl *impl)
{
	u8 l[AES_BLOCK_SIZE] = {};

	wolfcrypt_run(impl, impl->ecb_enc(&key->aes, l, l, AES_BLOCK_SIZE,
					  NULL));
	cmac_double(key->subkey[0], l);
	cmac_double(key->subkey[1], key->subkey[0]);
	memzero_explicit(l, sizeof(l));
}

static void cmac_absorb(const struct wolfcrypt_aes_impl *impl,
			const struct wolfcrypt_cmac_key *key,
			struct wolfcrypt_cmac_state *st, const u8 *data,
			unsigned int len)
{
	u8 mac[AES_BLOCK_SIZE] __aligned(16);

	memcpy(mac, st->mac, sizeof(mac));
	while (len) {
		unsigned int n = min(len, WOLFCRYPT_FPU_CHUNK);

		wolfcrypt_run(impl, impl->cbcmac(&key->aes, NULL, data, n,
						 mac));
		data += n;
		len -= n;
	}
	memcpy(st->mac, mac, sizeof(mac));
	memzero_explicit(mac, sizeof(mac));
}

/**
 * wolfcrypt_cmac_update() - absorb a part of the message
 * @impl: the implementation to do it with
 * @key: the key
 * @st: the message so far; starts as all zeros
 * @data: the next part of the message
 * @len: its size in bytes
 *
 * The last block is treated unlike the others, so a full block waits in @st
 * until there is more data.
 */
void wolfcrypt_cmac_update(const struct wolfcrypt_aes_impl *impl,
			   const struct wolfcrypt_cmac_key *key,
			   struct wolfcrypt_cmac_state *st,
			   const u8 *data, unsigned int len)
{
	unsigned int n;

	if (len <= AES_BLOCK_SIZE - st->len) {
		memcpy(st->block + st->len, data, len);
		st->len += len;
		return;
	}

	if (st->len) {
		n = AES_BLOCK_SIZE - st->len;
		memcpy(st->block + st->len, data, n);
		cmac_absorb(impl, key, st, st->block, AES_BLOCK_SIZE);
		data += n;
		len -= n;
	}

	n = round_down(len - 1, AES_BLOCK_SIZE);
	cmac_absorb(impl, key, st, data, n);
	st->len = len - n;
	memcpy(st->block, data + n, st->len);
}

/* The last block, of 0 to 16 bytes, padded and masked: section 6.2, steps 2-4 */
static void cmac_last_block(const struct wolfcrypt_cmac_key *key, u8 *block,
			    const u8 *data, unsigned int len)
{
	if (len == AES_BLOCK_SIZE) {
		crypto_xor_cpy(block, data, key->subkey[0], AES_BLOCK_SIZE);
		return;
	}
	memset(block, 0, AES_BLOCK_SIZE);
	memcpy(block, data, len);
	block[len] = 0x80;
	crypto_xor(block, key->subkey[1], AES_BLOCK_SIZE);
}

/**
 * wolfcrypt_cmac_final() - absorb the last block and give the tag
 * @impl: the implementation to do it with
 * @key: the key
 * @st: the message; wiped
 * @out: AES_BLOCK_SIZE bytes for the tag
 *
 * SP 800-38B section 6.2, steps 4 to 7.
 */
void wolfcrypt_cmac_final(const struct wolfcrypt_aes_impl *impl,
			  const struct wolfcrypt_cmac_key *key,
			  struct wolfcrypt_cmac_state *st, u8 *out)
{
	u8 last[AES_BLOCK_SIZE];

	cmac_last_block(key, last, st->block, st->len);
	cmac_absorb(impl, key, st, last, AES_BLOCK_SIZE);
	memcpy(out, st->mac, AES_BLOCK_SIZE);
	memzero_explicit(last, sizeof(last));
	memzero_explicit(st, sizeof(*st));
}

/**
 * wolfcrypt_cmac_short() - CMAC of a message that an FPU section can take whole
 * @impl: the implementation; the caller has entered an FPU section if need be
 * @key: the key
 * @data: the message
 * @len: its size in bytes, at most WOLFCRYPT_FPU_CHUNK
 * @out: AES_BLOCK_SIZE bytes for the tag
 */
void wolfcrypt_cmac_short(const struct wolfcrypt_aes_impl *impl,
			  const struct wolfcrypt_cmac_key *key, const u8 *data,
			  unsigned int len, u8 *out)
{
	unsigned int n = len ? round_down(len - 1, AES_BLOCK_SIZE) : 0;
	u8 mac[AES_BLOCK_SIZE] __aligned(16) = {};
	u8 last[AES_BLOCK_SIZE];

	if (n)
		impl->cbcmac(&key->aes, NULL, data, n, mac);
	cmac_last_block(key, last, data + n, len - n);
	impl->cbcmac(&key->aes, NULL, last, AES_BLOCK_SIZE, mac);
	memcpy(out, mac, AES_BLOCK_SIZE);
	memzero_explicit(mac, sizeof(mac));
	memzero_explicit(last, sizeof(last));
}

static int cmac_setkey(struct crypto_shash *tfm, const u8 *in_key,
		       unsigned int len)
{
	struct wolfcrypt_cmac_key *key = cmac_key(tfm);
	int err;

	err = wolfcrypt_aes_setkey(&key->aes, in_key, len);
	if (err)
		return err;

	wolfcrypt_cmac_subkeys(key, wolfcrypt_aes_pick());
	return 0;
}

/* The two contexts may be aligned differently, hence not a plain copy. */
static int cmac_clone_tfm(struct crypto_shash *dst, struct crypto_shash *src)
{
	*cmac_key(dst) = *cmac_key(src);
	return 0;
}

static int cmac_init(struct shash_desc *desc)
{
	memset(shash_desc_ctx(desc), 0, sizeof(struct wolfcrypt_cmac_state));
	return 0;
}

static int cmac_update(struct shash_desc *desc, const u8 *data,
		       unsigned int len)
{
	wolfcrypt_cmac_update(wolfcrypt_aes_pick(), cmac_key(desc->tfm),
			      shash_desc_ctx(desc), data, len);
	return 0;
}

static int cmac_final(struct shash_desc *desc, u8 *out)
{
	wolfcrypt_count(WOLFCRYPT_DRIVER_CMAC);
	wolfcrypt_cmac_final(wolfcrypt_aes_pick(), cmac_key(desc->tfm),
			     shash_desc_ctx(desc), out);
	return 0;
}

static int cmac_digest(struct shash_desc *desc, const u8 *data,
		       unsigned int len, u8 *out)
{
	const struct wolfcrypt_cmac_key *key = cmac_key(desc->tfm);
	const struct wolfcrypt_aes_impl *impl = wolfcrypt_aes_pick();

	if (len <= WOLFCRYPT_FPU_CHUNK) {
		wolfcrypt_count(WOLFCRYPT_DRIVER_CMAC);
		wolfcrypt_run(impl, wolfcrypt_cmac_short(impl, key, data, len,
							 out));
		return 0;
	}
	return cmac_init(desc) ?: cmac_update(desc, data, len) ?:
	       cmac_final(desc, out);
}

static struct shash_alg cmac_alg = {
	.base = {
		.cra_name		= "cmac(aes)",
		.cra_driver_name	= "cmac-aes-wolfcrypt",
		.cra_priority		= WOLFCRYPT_PRIORITY,
		.cra_blocksize		= AES_BLOCK_SIZE,
		.cra_ctxsize		=
			WOLFCRYPT_CTXSIZE(struct wolfcrypt_cmac_key),
		.cra_module		= THIS_MODULE,
	},
	.digestsize	= AES_BLOCK_SIZE,
	.descsize	= sizeof(struct wolfcrypt_cmac_state),
	.setkey		= cmac_setkey,
	.clone_tfm	= cmac_clone_tfm,
	.init		= cmac_init,
	.update		= cmac_update,
	.final		= cmac_final,
	.digest		= cmac_digest,
};

int wolfcrypt_cmac_register(void)
{
	int err;

	err = wolfcrypt_alg_init(&cmac_alg.base, wolfcrypt_aes->name,
				 WOLFCRYPT_DRIVER_CMAC);
	if (err)
		return err;
	return crypto_register_shash(&cmac_alg);
}

void wolfcrypt_cmac_unregister(void)
{
	crypto_unregister_shash(&cmac_alg);
}

void wolfcrypt_cmac_refuse(void)
{
	wolfcrypt_refuse_shashes(&cmac_alg, 1);
}

MODULE_ALIAS_CRYPTO("cmac(aes)");
