// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AES of single blocks (FIPS 197), which templates of the kernel are built on:
 * ESSIV, by which dm-crypt and fscrypt make the IVs of AES-CBC, XCBC and HCTR2.
 */

#include <crypto/aes.h>
#include <crypto/algapi.h>
#include <linux/crypto.h>
#include <linux/module.h>

#include "aes.h"
#include "internal.h"

static struct wolfcrypt_aes_key *cipher_key(struct crypto_tfm *tfm)
{
	return wolfcrypt_align_ctx(crypto_tfm_ctx(tfm));
}

/*
 * Of all types of the API, this one alone lets a caller encrypt before it sets a key.
 * That is the caller's fault, but must not make AES read beyond the schedule.
 */
static int cipher_init(struct crypto_tfm *tfm)
{
	cipher_key(tfm)->rounds = AES_KEYSIZE_128 / 4 + 6;
	return 0;
}

static int cipher_setkey(struct crypto_tfm *tfm, const u8 *key,
			 unsigned int len)
{
	return wolfcrypt_aes_setkey(cipher_key(tfm), key, len);
}

static void cipher_encrypt(struct crypto_tfm *tfm, u8 *dst, const u8 *src)
{
	const struct wolfcrypt_aes_impl *impl = wolfcrypt_aes_pick();

	wolfcrypt_count(WOLFCRYPT_DRIVER_AES);
	wolfcrypt_run(impl, impl->ecb_enc(cipher_key(tfm), dst, src,
					  AES_BLOCK_SIZE, NULL));
}

static void cipher_decrypt(struct crypto_tfm *tfm, u8 *dst, const u8 *src)
{
	const struct wolfcrypt_aes_impl *impl = wolfcrypt_aes_pick();

	wolfcrypt_count(WOLFCRYPT_DRIVER_AES);
	wolfcrypt_run(impl, impl->ecb_dec(cipher_key(tfm), dst, src,
					  AES_BLOCK_SIZE, NULL));
}

static struct crypto_alg cipher_alg = {
	.cra_name		= "aes",
	.cra_driver_name	= "aes-wolfcrypt",
	.cra_priority		= WOLFCRYPT_PRIORITY,
	.cra_flags		= CRYPTO_ALG_TYPE_CIPHER,
	.cra_blocksize		= AES_BLOCK_SIZE,
	.cra_ctxsize		= WOLFCRYPT_CTXSIZE(struct wolfcrypt_aes_key),
	.cra_module		= THIS_MODULE,
	.cra_init		= cipher_init,
	.cra_cipher		= {
		.cia_min_keysize	= AES_MIN_KEY_SIZE,
		.cia_max_keysize	= AES_MAX_KEY_SIZE,
		.cia_setkey		= cipher_setkey,
		.cia_encrypt		= cipher_encrypt,
		.cia_decrypt		= cipher_decrypt,
	},
};

int wolfcrypt_cipher_register(void)
{
	int err;

	err = wolfcrypt_alg_init(&cipher_alg, wolfcrypt_aes->name,
				 WOLFCRYPT_DRIVER_AES);
	if (err)
		return err;
	return crypto_register_alg(&cipher_alg);
}

void wolfcrypt_cipher_unregister(void)
{
	crypto_unregister_alg(&cipher_alg);
}

void wolfcrypt_cipher_refuse(void)
{
	wolfcrypt_refuse_ciphers(&cipher_alg, 1);
}

MODULE_ALIAS_CRYPTO("aes");
