/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the AEAD drivers (gcm.c, ccm.c, chachapoly.c, authenc.c) share. */
#ifndef _CRYPTO_WOLFCRYPT_AEAD_H
#define _CRYPTO_WOLFCRYPT_AEAD_H

#include <crypto/aes.h>
#include <crypto/internal/aead.h>
#include <crypto/internal/skcipher.h>
#include <crypto/sha2.h>
#include <linux/math.h>
#include <linux/scatterlist.h>
#include <linux/types.h>

#include "aes.h"
#include "internal.h"

/* rfc4106 and rfc4309: the IV of the packet, also at the end of the AAD */
#define WOLFCRYPT_ESP_IV_SIZE		8

/* The longest tag, that of HMAC with SHA-512 */
#define WOLFCRYPT_MAX_TAG_SIZE		SHA512_DIGEST_SIZE

/* What their keys end with */
#define WOLFCRYPT_RFC4106_SALT_SIZE	4
#define WOLFCRYPT_RFC4309_SALT_SIZE	3

/**
 * struct wolfcrypt_aad - associated data that waits to be absorbed
 * @buf: the data
 * @len: how much there is
 *
 * Large enough for the headers of ESP, TLS and MACsec, so that those are
 * absorbed in the FPU section of the first payload.
 */
struct wolfcrypt_aad {
	u8 buf[4 * AES_BLOCK_SIZE];
	unsigned int len;
};

/**
 * typedef wolfcrypt_aad_fn - absorb associated data
 * @msg: the message
 * @data: the next part, but not the last one, of its associated data
 * @len: a multiple of AES_BLOCK_SIZE, at most WOLFCRYPT_FPU_CHUNK
 */
typedef void wolfcrypt_aad_fn(void *msg, const u8 *data, unsigned int len);

void wolfcrypt_aad_add(struct wolfcrypt_aad *aad, const u8 *src,
		       unsigned int len, wolfcrypt_aad_fn *absorb, void *msg);
void wolfcrypt_aad_gather(struct wolfcrypt_aad *aad, struct scatterlist *sg,
			  unsigned int len, wolfcrypt_aad_fn *absorb,
			  void *msg);

/**
 * typedef wolfcrypt_aead_fn - encrypt or decrypt a part of a message
 * @msg: the message
 * @dst: output; may be the same as @src
 * @src: its next part; not looked at if @len is 0
 * @len: a multiple of the block that the walk is given, or any if this is the last part
 * @tag: where the whole tag goes, if this is the last part; else NULL
 */
typedef void wolfcrypt_aead_fn(void *msg, u8 *dst, const u8 *src,
			       unsigned int len, u8 *tag);

/**
 * wolfcrypt_aead_walk() - encrypt or decrypt the data of a request
 * @req: the request
 * @enc: encrypt, else decrypt
 * @block: each part but the last one is a multiple of this many bytes; a constant
 * @crypt: what does it with each part, in an FPU section of its own; a
 *	   constant, so that its call is a direct one
 * @msg: its first argument
 * @tag: the computed tag, of all the bytes it may have
 *
 * Return: 0, or the error of a walk.
 */
static __always_inline int wolfcrypt_aead_walk(struct aead_request *req,
					       bool enc, unsigned int block,
					       wolfcrypt_aead_fn *crypt,
					       void *msg, u8 *tag)
{
	/* Set up by the walk's beginning: to clear it as well takes time. */
	struct skcipher_walk walk __uninitialized;
	unsigned int n;
	int err;

	if (enc)
		err = skcipher_walk_aead_encrypt(&walk, req, false);
	else
		err = skcipher_walk_aead_decrypt(&walk, req, false);
	if (err)
		return err;

	while (walk.nbytes < walk.total) {
		n = round_down(walk.nbytes, block);
		crypt(msg, walk.dst.virt.addr, walk.src.virt.addr, n, NULL);
		err = skcipher_walk_done(&walk, walk.nbytes - n);
		if (err)
			return err;
	}

	/* A walk over no data has mapped nothing, nor has it to be ended. */
	if (!walk.nbytes) {
		crypt(msg, NULL, NULL, 0, tag);
		return 0;
	}
	crypt(msg, walk.dst.virt.addr, walk.src.virt.addr, walk.nbytes, tag);
	return skcipher_walk_done(&walk, 0);
}

unsigned int wolfcrypt_aead_crypt_len(struct aead_request *req, bool enc);
int wolfcrypt_aead_end(struct aead_request *req, bool enc, u8 *tag);
int wolfcrypt_aead_register(struct aead_alg *algs, int count,
			    unsigned int ctxsize, const char *impl,
			    enum wolfcrypt_driver first);

/* The forms for ESP: what they have in common, and the nonce of each. */

int wolfcrypt_esp_split_key(const u8 *key, unsigned int len, u8 *salt,
			    unsigned int salt_size);
int wolfcrypt_esp_aad_len(unsigned int assoclen);
int wolfcrypt_esp_setauthsize(struct crypto_aead *tfm, unsigned int authsize);
void wolfcrypt_rfc4106_iv(u8 *iv, const u8 *salt, const u8 *esp_iv);
void wolfcrypt_rfc4309_iv(u8 *iv, const u8 *salt, const u8 *esp_iv);

int wolfcrypt_ccm_crypt_with(const struct wolfcrypt_aes_impl *impl,
			     const struct wolfcrypt_aes_key *key, const u8 *iv,
			     const u8 *aad, unsigned int aad_len,
			     u8 *dst, const u8 *src, unsigned int len,
			     bool enc, u8 *tag);

#endif /* _CRYPTO_WOLFCRYPT_AEAD_H */
