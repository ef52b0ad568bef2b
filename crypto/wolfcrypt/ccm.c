// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AES-CCM (NIST SP 800-38C, RFC 3610), and its form for ESP (RFC 4309).
 *
 * The IV of the crypto API is the first counter block: a byte with L - 1, the
 * nonce of 15 - L bytes, and L bytes for the counter.
 */

#include <crypto/algapi.h>
#include <crypto/internal/aead.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "aead.h"
#include "aes.h"
#include "internal.h"

/**
 * struct ccm_ctx - what a tfm keeps
 * @key: the expanded key
 * @salt: what the nonces begin with, for rfc4309
 */
struct ccm_ctx {
	struct wolfcrypt_aes_key key;
	u8 salt[WOLFCRYPT_RFC4309_SALT_SIZE];
};

/*
 * A message under way: the CBC-MAC so far, the next counter block, and the
 * counter block of the tag.
 */
struct ccm_msg {
	u8 mac[AES_BLOCK_SIZE] __aligned(16);
	u8 counter[AES_BLOCK_SIZE] __aligned(16);
	u8 tag_counter[AES_BLOCK_SIZE] __aligned(16);
	const struct wolfcrypt_aes_impl *impl;
	const struct wolfcrypt_aes_key *key;
	struct wolfcrypt_aad aad;
	bool enc;
};

static struct ccm_ctx *ccm_ctx(struct crypto_aead *tfm)
{
	return wolfcrypt_align_ctx(crypto_aead_ctx(tfm));
}

static int ccm_setkey(struct crypto_aead *tfm, const u8 *key, unsigned int len)
{
	return wolfcrypt_aes_setkey(&ccm_ctx(tfm)->key, key, len);
}

static int rfc4309_setkey(struct crypto_aead *tfm, const u8 *key,
			  unsigned int len)
{
	struct ccm_ctx *ctx = ccm_ctx(tfm);
	int key_len;

	key_len = wolfcrypt_esp_split_key(key, len, ctx->salt,
					  sizeof(ctx->salt));
	if (key_len < 0)
		return key_len;
	return wolfcrypt_aes_setkey(&ctx->key, key, key_len);
}

static int ccm_setauthsize(struct crypto_aead *tfm, unsigned int authsize)
{
	if (authsize < 4 || authsize > AES_BLOCK_SIZE || authsize % 2)
		return -EINVAL;
	return 0;
}

/*
 * The counter blocks (SP 800-38C appendix A.3). As the length of the message
 * fits in L bytes, the number of its blocks does too, and the counter can't
 * carry into the nonce.
 */
static int ccm_set_counters(struct ccm_msg *msg, const u8 *iv,
			    unsigned int crypt_len)
{
	unsigned int l = iv[0] + 1;

	if (l < 2 || l > 8)
		return -EINVAL;
	if (l < sizeof(crypt_len) && crypt_len >> (8 * l))
		return -EOVERFLOW;

	memcpy(msg->tag_counter, iv, AES_BLOCK_SIZE - l);
	memset(msg->tag_counter + AES_BLOCK_SIZE - l, 0, l);
	memcpy(msg->counter, msg->tag_counter, AES_BLOCK_SIZE);
	msg->counter[AES_BLOCK_SIZE - 1] = 1;
	return 0;
}

/*
 * What the CBC-MAC begins with: block 0, then the size of the associated data
 * (SP 800-38C appendix A.2.1, A.2.2). The field for the size of the message is
 * all zeros in a counter block of 0, and @crypt_len was found to fit.
 */
static void ccm_format(struct ccm_msg *msg, unsigned int authsize,
		       unsigned int aad_len, unsigned int crypt_len)
{
	u8 *p = msg->aad.buf;

	memcpy(p, msg->tag_counter, AES_BLOCK_SIZE);
	p[0] |= (authsize - 2) / 2 << 3;
	put_unaligned_be32(get_unaligned_be32(p + 12) | crypt_len, p + 12);
	p += AES_BLOCK_SIZE;

	if (aad_len)
		msg->aad.buf[0] |= 0x40;
	if (aad_len && aad_len < 0xff00) {
		put_unaligned_be16(aad_len, p);
		p += 2;
	} else if (aad_len) {
		put_unaligned_be16(0xfffe, p);
		put_unaligned_be32(aad_len, p + 2);
		p += 6;
	}
	msg->aad.len = p - msg->aad.buf;
}

static void ccm_mac(struct ccm_msg *msg, const u8 *data, unsigned int len)
{
	msg->impl->cbcmac(msg->key, NULL, data, len, msg->mac);
}

static void ccm_ctr(struct ccm_msg *msg, u8 *dst, const u8 *src,
		    unsigned int len)
{
	msg->impl->ctr(msg->key, dst, src, len, msg->counter);
}

static void ccm_absorb_aad(void *_msg, const u8 *data, unsigned int len)
{
	struct ccm_msg *msg = _msg;

	wolfcrypt_run(msg->impl, ccm_mac(msg, data, len));
}

static void ccm_absorb_last_aad(struct ccm_msg *msg)
{
	struct wolfcrypt_aad *aad = &msg->aad;
	unsigned int padded = round_up(aad->len, AES_BLOCK_SIZE);

	if (!padded)
		return;
	memset(aad->buf + aad->len, 0, padded - aad->len);
	ccm_mac(msg, aad->buf, padded);
	aad->len = 0;
}

/* The CBC-MAC is that of the plaintext. @dst may be the same as @src. */
static void ccm_blocks(struct ccm_msg *msg, u8 *dst, const u8 *src,
		       unsigned int len)
{
	if (msg->enc) {
		ccm_mac(msg, src, len);
		ccm_ctr(msg, dst, src, len);
	} else {
		ccm_ctr(msg, dst, src, len);
		ccm_mac(msg, dst, len);
	}
}

/* The last block, of @len (1 to 15) bytes, which the CBC-MAC pads with 0. */
static void ccm_tail(struct ccm_msg *msg, u8 *dst, const u8 *src,
		     unsigned int len)
{
	u8 buf[AES_BLOCK_SIZE] = {};

	memcpy(buf, src, len);
	if (msg->enc) {
		ccm_blocks(msg, buf, buf, AES_BLOCK_SIZE);
	} else {
		ccm_ctr(msg, buf, buf, AES_BLOCK_SIZE);
		memset(buf + len, 0, AES_BLOCK_SIZE - len);
		ccm_mac(msg, buf, AES_BLOCK_SIZE);
	}
	memcpy(dst, buf, len);
	memzero_explicit(buf, sizeof(buf));
}

static void ccm_update(struct ccm_msg *msg, u8 *dst, const u8 *src,
		       unsigned int len, u8 *tag)
{
	unsigned int whole = round_down(len, AES_BLOCK_SIZE);

	ccm_absorb_last_aad(msg);
	if (whole)
		ccm_blocks(msg, dst, src, whole);
	if (len > whole)
		ccm_tail(msg, dst + whole, src + whole, len - whole);
	if (tag)
		msg->impl->ctr(msg->key, tag, msg->mac, AES_BLOCK_SIZE,
			       msg->tag_counter);
}

static void ccm_crypt_part(void *_msg, u8 *dst, const u8 *src,
			   unsigned int len, u8 *tag)
{
	struct ccm_msg *msg = _msg;

	wolfcrypt_run(msg->impl, ccm_update(msg, dst, src, len, tag));
}

/**
 * wolfcrypt_ccm_crypt_with() - CCM in one piece, on a given implementation
 * @impl: the implementation
 * @key: the expanded key
 * @iv: the first counter block, as the drivers take it
 * @aad: associated data
 * @aad_len: bytes of @aad
 * @dst: output; may be the same as @src
 * @src: input, without a tag
 * @len: bytes of @src, at most WOLFCRYPT_FPU_CHUNK
 * @enc: encrypt, else decrypt
 * @tag: the computed tag, of 16 bytes; to be compared by the caller if this is
 *	 a decryption
 *
 * For the self-tests: it is the code of the drivers, less the scatterlists.
 *
 * Context: any that @impl may run in.
 * Return: 0; -EINVAL or -EOVERFLOW if @iv has a bad L, or a small one for @len.
 */
int wolfcrypt_ccm_crypt_with(const struct wolfcrypt_aes_impl *impl,
			     const struct wolfcrypt_aes_key *key, const u8 *iv,
			     const u8 *aad, unsigned int aad_len,
			     u8 *dst, const u8 *src, unsigned int len,
			     bool enc, u8 *tag)
{
	struct ccm_msg msg = {
		.impl	= impl,
		.key	= key,
		.enc	= enc,
	};
	int err;

	err = ccm_set_counters(&msg, iv, len);
	if (err)
		return err;

	ccm_format(&msg, AES_BLOCK_SIZE, aad_len, len);
	wolfcrypt_aad_add(&msg.aad, aad, aad_len, ccm_absorb_aad, &msg);
	ccm_crypt_part(&msg, dst, src, len, tag);
	memzero_explicit(msg.mac, sizeof(msg.mac));
	return 0;
}

static int ccm_crypt(struct aead_request *req, const u8 *iv,
		     unsigned int aad_len, bool enc)
{
	unsigned int crypt_len = wolfcrypt_aead_crypt_len(req, enc);
	struct crypto_aead *tfm = crypto_aead_reqtfm(req);
	struct ccm_msg msg = {
		.impl	= wolfcrypt_aes_pick(),
		.key	= &ccm_ctx(tfm)->key,
		.enc	= enc,
	};
	u8 tag[AES_BLOCK_SIZE];
	int err;

	err = ccm_set_counters(&msg, iv, crypt_len);
	if (err)
		return err;

	ccm_format(&msg, crypto_aead_authsize(tfm), aad_len, crypt_len);
	wolfcrypt_aad_gather(&msg.aad, req->src, aad_len, ccm_absorb_aad, &msg);
	err = wolfcrypt_aead_walk(req, enc, AES_BLOCK_SIZE, ccm_crypt_part,
				  &msg, tag);
	if (!err)
		err = wolfcrypt_aead_end(req, enc, tag);

	memzero_explicit(msg.mac, sizeof(msg.mac));
	memzero_explicit(tag, sizeof(tag));
	return err;
}

static int ccm_encrypt(struct aead_request *req)
{
	wolfcrypt_count(WOLFCRYPT_DRIVER_CCM);
	return ccm_crypt(req, req->iv, req->assoclen, true);
}

static int ccm_decrypt(struct aead_request *req)
{
	wolfcrypt_count(WOLFCRYPT_DRIVER_CCM);
	return ccm_crypt(req, req->iv, req->assoclen, false);
}

/**
 * wolfcrypt_rfc4309_iv() - the first counter block of CCM for a packet
 * @iv: where it goes, AES_BLOCK_SIZE bytes
 * @salt: WOLFCRYPT_RFC4309_SALT_SIZE bytes, of the key
 * @esp_iv: WOLFCRYPT_ESP_IV_SIZE bytes, of the packet
 *
 * L is 4; the nonce is the salt and the packet's IV (RFC 4309 section 4).
 */
void wolfcrypt_rfc4309_iv(u8 *iv, const u8 *salt, const u8 *esp_iv)
{
	iv[0] = 4 - 1;
	memcpy(iv + 1, salt, WOLFCRYPT_RFC4309_SALT_SIZE);
	memcpy(iv + 1 + WOLFCRYPT_RFC4309_SALT_SIZE, esp_iv,
	       WOLFCRYPT_ESP_IV_SIZE);
	memset(iv + AES_BLOCK_SIZE - 4, 0, 4);
}

static int rfc4309_crypt(struct aead_request *req, bool enc)
{
	struct crypto_aead *tfm = crypto_aead_reqtfm(req);
	int aad_len = wolfcrypt_esp_aad_len(req->assoclen);
	u8 iv[AES_BLOCK_SIZE];
	int err;

	if (aad_len < 0)
		return aad_len;

	wolfcrypt_rfc4309_iv(iv, ccm_ctx(tfm)->salt, req->iv);
	err = ccm_crypt(req, iv, aad_len, enc);
	memzero_explicit(iv, sizeof(iv));
	return err;
}

static int rfc4309_encrypt(struct aead_request *req)
{
	wolfcrypt_count(WOLFCRYPT_DRIVER_RFC4309);
	return rfc4309_crypt(req, true);
}

static int rfc4309_decrypt(struct aead_request *req)
{
	wolfcrypt_count(WOLFCRYPT_DRIVER_RFC4309);
	return rfc4309_crypt(req, false);
}

static struct aead_alg ccm_algs[] = {
	{
		.base.cra_name	= "ccm(aes)",
		.base.cra_driver_name = "ccm-aes-wolfcrypt",
		.ivsize		= AES_BLOCK_SIZE,
		.setkey		= ccm_setkey,
		.setauthsize	= ccm_setauthsize,
		.encrypt	= ccm_encrypt,
		.decrypt	= ccm_decrypt,
	}, {
		.base.cra_name	= "rfc4309(ccm(aes))",
		.base.cra_driver_name = "rfc4309-ccm-aes-wolfcrypt",
		.ivsize		= WOLFCRYPT_ESP_IV_SIZE,
		.setkey		= rfc4309_setkey,
		.setauthsize	= wolfcrypt_esp_setauthsize,
		.encrypt	= rfc4309_encrypt,
		.decrypt	= rfc4309_decrypt,
	},
};

int wolfcrypt_ccm_register(void)
{
	return wolfcrypt_aead_register(ccm_algs, ARRAY_SIZE(ccm_algs),
				       WOLFCRYPT_CTXSIZE(struct ccm_ctx),
				       wolfcrypt_aes->name,
				       WOLFCRYPT_DRIVER_CCM);
}

void wolfcrypt_ccm_unregister(void)
{
	crypto_unregister_aeads(ccm_algs, ARRAY_SIZE(ccm_algs));
}

void wolfcrypt_ccm_refuse(void)
{
	wolfcrypt_refuse_aeads(ccm_algs, ARRAY_SIZE(ccm_algs));
}

MODULE_ALIAS_CRYPTO("ccm(aes)");
MODULE_ALIAS_CRYPTO("rfc4309(ccm(aes))");
