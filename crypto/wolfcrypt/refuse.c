// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The drivers in the error state (ISO/IEC 19790 section 7.11.4): their entries are
 * replaced, so that those who have a transform already are refused, too, and that a
 * request costs no more for it as long as all is well.
 *
 * The crypto API reads an entry each time that it calls it. What has entered a
 * driver before is not stopped.
 */

#include <crypto/internal/aead.h>
#include <crypto/internal/hash.h>
#include <crypto/internal/rng.h>
#include <crypto/internal/skcipher.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/panic.h>

#include "internal.h"

static int refuse_cipher_key(struct crypto_tfm *tfm, const u8 *key,
			     unsigned int len)
{
	return -ELIBBAD;
}

/*
 * There is no way to tell the caller. Whatever stood in the output would be taken for
 * the cipher's: as an IV, a part of a MAC, or what plaintext is hidden by.
 */
static void refuse_cipher_block(struct crypto_tfm *tfm, u8 *dst, const u8 *src)
{
	panic(KBUILD_MODNAME ": AES of single blocks is refused");
}

/**
 * wolfcrypt_refuse_ciphers() - replace the entries of drivers
 * @algs: the drivers, registered or not
 * @count: how many they are
 *
 * Context: any.
 */
void wolfcrypt_refuse_ciphers(struct crypto_alg *algs, int count)
{
	struct crypto_alg *alg;

	for (alg = algs; alg < algs + count; alg++) {
		WRITE_ONCE(alg->cra_cipher.cia_setkey, refuse_cipher_key);
		WRITE_ONCE(alg->cra_cipher.cia_encrypt, refuse_cipher_block);
		WRITE_ONCE(alg->cra_cipher.cia_decrypt, refuse_cipher_block);
	}
}

static int refuse_skcipher(struct crypto_skcipher *tfm)
{
	return -ELIBBAD;
}

static int refuse_skcipher_key(struct crypto_skcipher *tfm, const u8 *key,
			       unsigned int len)
{
	return -ELIBBAD;
}

static int refuse_skcipher_request(struct skcipher_request *req)
{
	return -ELIBBAD;
}

/**
 * wolfcrypt_refuse_skciphers() - replace the entries of drivers
 * @algs: the drivers, registered or not
 * @count: how many they are
 *
 * Context: any.
 */
void wolfcrypt_refuse_skciphers(struct skcipher_alg *algs, int count)
{
	struct skcipher_alg *alg;

	for (alg = algs; alg < algs + count; alg++) {
		WRITE_ONCE(alg->init, refuse_skcipher);
		WRITE_ONCE(alg->setkey, refuse_skcipher_key);
		WRITE_ONCE(alg->encrypt, refuse_skcipher_request);
		WRITE_ONCE(alg->decrypt, refuse_skcipher_request);
	}
}

static int refuse_aead(struct crypto_aead *tfm)
{
	return -ELIBBAD;
}

static int refuse_aead_key(struct crypto_aead *tfm, const u8 *key,
			   unsigned int len)
{
	return -ELIBBAD;
}

static int refuse_aead_request(struct aead_request *req)
{
	return -ELIBBAD;
}

/**
 * wolfcrypt_refuse_aeads() - replace the entries of drivers
 * @algs: the drivers, registered or not
 * @count: how many they are
 *
 * Context: any.
 */
void wolfcrypt_refuse_aeads(struct aead_alg *algs, int count)
{
	struct aead_alg *alg;

	for (alg = algs; alg < algs + count; alg++) {
		WRITE_ONCE(alg->init, refuse_aead);
		WRITE_ONCE(alg->setkey, refuse_aead_key);
		WRITE_ONCE(alg->encrypt, refuse_aead_request);
		WRITE_ONCE(alg->decrypt, refuse_aead_request);
	}
}

static int refuse_shash(struct crypto_shash *tfm)
{
	return -ELIBBAD;
}

static int refuse_shash_clone(struct crypto_shash *dst, struct crypto_shash *src)
{
	return -ELIBBAD;
}

static int refuse_shash_key(struct crypto_shash *tfm, const u8 *key,
			    unsigned int len)
{
	return -ELIBBAD;
}

static int refuse_shash_export(struct shash_desc *desc, void *out)
{
	return -ELIBBAD;
}

static int refuse_shash_import(struct shash_desc *desc, const void *in)
{
	return -ELIBBAD;
}

static int refuse_shash_start(struct shash_desc *desc)
{
	return -ELIBBAD;
}

static int refuse_shash_data(struct shash_desc *desc, const u8 *data,
			     unsigned int len)
{
	return -ELIBBAD;
}

static int refuse_shash_end(struct shash_desc *desc, u8 *out)
{
	return -ELIBBAD;
}

static int refuse_shash_all(struct shash_desc *desc, const u8 *data,
			    unsigned int len, u8 *out)
{
	return -ELIBBAD;
}

/**
 * wolfcrypt_refuse_shashes() - replace the entries of drivers
 * @algs: the drivers, registered or not
 * @count: how many they are
 *
 * Context: any.
 */
void wolfcrypt_refuse_shashes(struct shash_alg *algs, int count)
{
	struct shash_alg *alg;

	for (alg = algs; alg < algs + count; alg++) {
		WRITE_ONCE(alg->init_tfm, refuse_shash);
		WRITE_ONCE(alg->clone_tfm, refuse_shash_clone);
		/* By this entry the API tells a MAC from a hash function. */
		if (alg->setkey && crypto_shash_alg_has_setkey(alg))
			WRITE_ONCE(alg->setkey, refuse_shash_key);
		WRITE_ONCE(alg->export, refuse_shash_export);
		WRITE_ONCE(alg->import, refuse_shash_import);
		WRITE_ONCE(alg->init, refuse_shash_start);
		WRITE_ONCE(alg->update, refuse_shash_data);
		WRITE_ONCE(alg->final, refuse_shash_end);
		WRITE_ONCE(alg->finup, refuse_shash_all);
		WRITE_ONCE(alg->digest, refuse_shash_all);
	}
}

static int refuse_rng(struct crypto_tfm *tfm)
{
	return -ELIBBAD;
}

static int refuse_rng_bytes(struct crypto_rng *tfm, const u8 *src,
			    unsigned int slen, u8 *dst, unsigned int dlen)
{
	return -ELIBBAD;
}

static int refuse_rng_seed(struct crypto_rng *tfm, const u8 *seed,
			   unsigned int slen)
{
	return -ELIBBAD;
}

/**
 * wolfcrypt_refuse_rngs() - replace the entries of drivers
 * @algs: the drivers, registered or not
 * @count: how many they are
 *
 * Context: any.
 */
void wolfcrypt_refuse_rngs(struct rng_alg *algs, int count)
{
	struct rng_alg *alg;

	for (alg = algs; alg < algs + count; alg++) {
		WRITE_ONCE(alg->base.cra_init, refuse_rng);
		WRITE_ONCE(alg->generate, refuse_rng_bytes);
		WRITE_ONCE(alg->seed, refuse_rng_seed);
	}
}
