// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the AEAD drivers share: associated data, tags, registration, and what
 * RFC 4106 and RFC 4309, the forms for ESP, make of GCM and CCM alike.
 */

#include <crypto/algapi.h>
#include <crypto/gcm.h>
#include <crypto/internal/aead.h>
#include <crypto/scatterwalk.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/string.h>

#include "aead.h"
#include "internal.h"

/*
 * Take some of the @len bytes at @src: absorb them where they are if there are
 * many and no others wait, else let them wait. Returns how many were taken.
 */
static unsigned int aad_take(struct wolfcrypt_aad *aad, const u8 *src,
			     unsigned int len, wolfcrypt_aad_fn *absorb,
			     void *msg)
{
	unsigned int n;

	if (aad->len == sizeof(aad->buf)) {
		absorb(msg, aad->buf, sizeof(aad->buf));
		aad->len = 0;
	}

	if (!aad->len && len > sizeof(aad->buf)) {
		n = min(round_down(len - 1, AES_BLOCK_SIZE),
			WOLFCRYPT_FPU_CHUNK);
		absorb(msg, src, n);
		return n;
	}

	n = min_t(unsigned int, len, sizeof(aad->buf) - aad->len);
	memcpy(aad->buf + aad->len, src, n);
	aad->len += n;
	return n;
}

/**
 * wolfcrypt_aad_add() - absorb associated data in whole blocks
 * @aad: where the last 1 to 64 bytes are left, for the next call, or for the
 *	 caller to absorb; may hold bytes that go before the others
 * @src: the associated data, or its next part
 * @len: its size in bytes
 * @absorb: what takes the data
 * @msg: its first argument
 *
 * Context: any, outside of FPU sections; @absorb enters one if need be.
 */
void wolfcrypt_aad_add(struct wolfcrypt_aad *aad, const u8 *src,
		       unsigned int len, wolfcrypt_aad_fn *absorb, void *msg)
{
	unsigned int n;

	for (; len; src += n, len -= n)
		n = aad_take(aad, src, len, absorb, msg);
}

/**
 * wolfcrypt_aad_gather() - wolfcrypt_aad_add() for a scatterlist
 * @aad: as there
 * @sg: the associated data, in fragments of any size
 * @len: its size in bytes
 * @absorb: as there
 * @msg: as there
 */
void wolfcrypt_aad_gather(struct wolfcrypt_aad *aad, struct scatterlist *sg,
			  unsigned int len, wolfcrypt_aad_fn *absorb,
			  void *msg)
{
	struct scatter_walk walk;
	unsigned int n;
	u8 *src;

	if (!len)
		return;

	scatterwalk_start(&walk, sg);
	while (len) {
		n = scatterwalk_clamp(&walk, len);
		src = scatterwalk_map(&walk);
		wolfcrypt_aad_add(aad, src, n, absorb, msg);
		scatterwalk_unmap(src);
		scatterwalk_advance(&walk, n);
		len -= n;
		scatterwalk_done(&walk, 0, len);
	}
}

/**
 * wolfcrypt_aead_crypt_len() - bytes to encrypt or decrypt, without a tag
 * @req: the request
 * @enc: it is to be encrypted, else decrypted
 *
 * Return: their number.
 */
unsigned int wolfcrypt_aead_crypt_len(struct aead_request *req, bool enc)
{
	if (enc)
		return req->cryptlen;
	return req->cryptlen - crypto_aead_authsize(crypto_aead_reqtfm(req));
}

/**
 * wolfcrypt_aead_end() - append the tag, or compare it with that of the request
 * @req: the request
 * @enc: it was encrypted, else decrypted
 * @tag: the computed tag; the request's may be its beginning
 *
 * Return: 0, or -EBADMSG if the data is not authentic.
 */
int wolfcrypt_aead_end(struct aead_request *req, bool enc, u8 *tag)
{
	unsigned int authsize = crypto_aead_authsize(crypto_aead_reqtfm(req));
	unsigned int start = req->assoclen + wolfcrypt_aead_crypt_len(req, enc);
	u8 received[WOLFCRYPT_MAX_TAG_SIZE];

	if (enc) {
		scatterwalk_map_and_copy(tag, req->dst, start, authsize, 1);
		return 0;
	}

	scatterwalk_map_and_copy(received, req->src, start, authsize, 0);
	return crypto_memneq(received, tag, authsize) ? -EBADMSG : 0;
}

/**
 * wolfcrypt_esp_split_key() - take the salt off the end of a key
 * @key: the AES key, and after it the salt
 * @len: bytes of both
 * @salt: where the salt goes
 * @salt_size: bytes of it
 *
 * Return: bytes of the AES key, at the beginning of @key; -EINVAL if @len is
 * too small for the salt.
 */
int wolfcrypt_esp_split_key(const u8 *key, unsigned int len, u8 *salt,
			    unsigned int salt_size)
{
	if (len < salt_size)
		return -EINVAL;

	len -= salt_size;
	memcpy(salt, key + len, salt_size);
	return len;
}

/**
 * wolfcrypt_esp_aad_len() - how much of the associated data is authenticated
 * @assoclen: bytes of it: the header of ESP, with a sequence number of 32 or 64
 *	      bits, and the packet's IV, which isn't authenticated
 *
 * Return: bytes of the header; -EINVAL if @assoclen is neither 16 nor 20.
 */
int wolfcrypt_esp_aad_len(unsigned int assoclen)
{
	int err;

	err = crypto_ipsec_check_assoclen(assoclen);
	if (err)
		return err;
	return assoclen - WOLFCRYPT_ESP_IV_SIZE;
}

/**
 * wolfcrypt_esp_setauthsize() - which sizes of a tag the forms for ESP allow
 * @tfm: the transform
 * @authsize: the size
 *
 * They are the same for both (RFC 4106 section 6, RFC 4309 section 3.4).
 *
 * Return: 0, or -EINVAL.
 */
int wolfcrypt_esp_setauthsize(struct crypto_aead *tfm, unsigned int authsize)
{
	return crypto_rfc4106_check_authsize(authsize);
}

/**
 * wolfcrypt_aead_register() - complete and register drivers
 * @algs: the drivers, which have what is their own; the rest is the same for
 *	  all, as the size of tags where none is set, and their names are completed
 *	  with that of @impl
 * @count: how many they are
 * @ctxsize: bytes that a tfm keeps
 * @impl: name of the implementation; empty for the portable C code
 * @first: by which the requests of the first one are counted, and so on
 *
 * Return: 0 or an error, when none of them is registered.
 */
int wolfcrypt_aead_register(struct aead_alg *algs, int count,
			    unsigned int ctxsize, const char *impl,
			    enum wolfcrypt_driver first)
{
	int i, err;

	for (i = 0; i < count; i++) {
		struct crypto_alg *base = &algs[i].base;

		if (!algs[i].maxauthsize)
			algs[i].maxauthsize = AES_BLOCK_SIZE;
		if (!algs[i].chunksize)
			algs[i].chunksize = AES_BLOCK_SIZE;
		if (!base->cra_priority)
			base->cra_priority = WOLFCRYPT_PRIORITY;
		if (!base->cra_blocksize)
			base->cra_blocksize = 1;
		base->cra_ctxsize = ctxsize;
		base->cra_module = THIS_MODULE;
		err = wolfcrypt_alg_init(base, impl, first + i);
		if (err)
			return err;
	}
	return crypto_register_aeads(algs, count);
}
