// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AES-GCM (NIST SP 800-38D) with 96-bit IVs, and its form for ESP (RFC 4106):
 * the choice of an implementation, and the drivers.
 */

#include <crypto/algapi.h>
#include <crypto/gcm.h>
#include <crypto/internal/aead.h>
#include <crypto/internal/skcipher.h>
#include <crypto/scatterwalk.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/string.h>

#include "aead.h"
#include "gcm.h"
#include "internal.h"

#define RFC4106_SALT_SIZE	(WOLFCRYPT_GCM_IV_SIZE - WOLFCRYPT_ESP_IV_SIZE)

struct gcm_ctx {
	struct wolfcrypt_aes_key key;
	u8 salt[RFC4106_SALT_SIZE];
};

/* A request under way. */
struct gcm_msg {
	struct wolfcrypt_gcm_state st;
	const struct wolfcrypt_gcm_impl *impl;
	const struct wolfcrypt_aes_key *key;
	const u8 *iv;
	struct wolfcrypt_aad aad;
	unsigned int aad_len;
	unsigned int crypt_len;
	bool enc;
	bool begun;
};

const struct wolfcrypt_gcm_impl *const wolfcrypt_gcm_impls[] = {
#if IS_ENABLED(CONFIG_CRYPTO_WOLFCRYPT_X86)
	&wolfcrypt_gcm_avx2,
	&wolfcrypt_gcm_avx,
	&wolfcrypt_gcm_aesni,
#endif
	&wolfcrypt_gcm_c,
	NULL
};

const struct wolfcrypt_gcm_impl *wolfcrypt_gcm __ro_after_init;

void __init wolfcrypt_gcm_select(void)
{
	wolfcrypt_gcm = wolfcrypt_best(wolfcrypt_gcm_impls);
}

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

static struct gcm_ctx *gcm_ctx(struct crypto_aead *tfm)
{
	return wolfcrypt_align_ctx(crypto_aead_ctx(tfm));
}

static int gcm_setkey(struct crypto_aead *tfm, const u8 *key, unsigned int len)
{
	return wolfcrypt_aes_setkey(&gcm_ctx(tfm)->key, key, len);
}

static int rfc4106_setkey(struct crypto_aead *tfm, const u8 *key,
			  unsigned int len)
{
	struct gcm_ctx *ctx = gcm_ctx(tfm);

	if (len < RFC4106_SALT_SIZE)
		return -EINVAL;

	len -= RFC4106_SALT_SIZE;
	memcpy(ctx->salt, key + len, RFC4106_SALT_SIZE);
	return wolfcrypt_aes_setkey(&ctx->key, key, len);
}

static int gcm_setauthsize(struct crypto_aead *tfm, unsigned int authsize)
{
	return crypto_gcm_check_authsize(authsize);
}

static int rfc4106_setauthsize(struct crypto_aead *tfm, unsigned int authsize)
{
	return crypto_rfc4106_check_authsize(authsize);
}

/* The first call begins the message, to share the FPU section. */
static void gcm_absorb(struct gcm_msg *msg, const u8 *data, unsigned int len)
{
	if (!msg->begun) {
		msg->impl->init(msg->key, &msg->st, msg->iv);
		msg->begun = true;
	}
	if (len)
		msg->impl->aad(&msg->st, data, len);
}

static void gcm_absorb_aad(void *_msg, const u8 *data, unsigned int len)
{
	struct gcm_msg *msg = _msg;

	wolfcrypt_run(msg->impl, gcm_absorb(msg, data, len));
}

static void gcm_update(struct gcm_msg *msg, u8 *dst, const u8 *src,
		       unsigned int len)
{
	const struct wolfcrypt_gcm_impl *impl = msg->impl;

	gcm_absorb(msg, msg->aad.buf, msg->aad.len);
	msg->aad.len = 0;

	if (!len)
		return;
	if (msg->enc)
		impl->encrypt(msg->key, &msg->st, dst, src, len);
	else
		impl->decrypt(msg->key, &msg->st, dst, src, len);
}

static void gcm_finish(struct gcm_msg *msg, u8 *dst, const u8 *src,
		       unsigned int len, u8 *tag)
{
	gcm_update(msg, dst, src, len);
	msg->impl->final(&msg->st, msg->aad_len, msg->crypt_len, tag);
}

static int gcm_walk(struct gcm_msg *msg, struct skcipher_walk *walk, u8 *tag)
{
	unsigned int n;
	int err;

	while (walk->nbytes < walk->total) {
		n = round_down(walk->nbytes, AES_BLOCK_SIZE);
		wolfcrypt_run(msg->impl,
			      gcm_update(msg, walk->dst.virt.addr,
					 walk->src.virt.addr, n));
		err = skcipher_walk_done(walk, walk->nbytes - n);
		if (err)
			return err;
	}

	/* A walk over no data has mapped nothing, nor has it to be ended. */
	if (!walk->nbytes) {
		wolfcrypt_run(msg->impl, gcm_finish(msg, NULL, NULL, 0, tag));
		return 0;
	}
	wolfcrypt_run(msg->impl, gcm_finish(msg, walk->dst.virt.addr,
					    walk->src.virt.addr, walk->nbytes,
					    tag));
	return skcipher_walk_done(walk, 0);
}

/* Encrypt or decrypt, and compute the tag of 16 bytes. */
static int gcm_crypt(struct aead_request *req, unsigned int crypt_len,
		     const u8 *iv, unsigned int aad_len, bool enc, u8 *tag)
{
	struct gcm_msg msg = {
		.impl		= wolfcrypt_gcm_pick(),
		.key		= &gcm_ctx(crypto_aead_reqtfm(req))->key,
		.iv		= iv,
		.aad_len	= aad_len,
		.crypt_len	= crypt_len,
		.enc		= enc,
	};
	struct skcipher_walk walk;
	int err;

	wolfcrypt_aad_gather(&msg.aad, req->src, aad_len, gcm_absorb_aad, &msg);

	if (enc)
		err = skcipher_walk_aead_encrypt(&walk, req, false);
	else
		err = skcipher_walk_aead_decrypt(&walk, req, false);
	if (!err)
		err = gcm_walk(&msg, &walk, tag);

	memzero_explicit(&msg.st, sizeof(msg.st));
	return err;
}

static int gcm_encrypt_iv(struct aead_request *req, const u8 *iv,
			  unsigned int aad_len)
{
	unsigned int authsize = crypto_aead_authsize(crypto_aead_reqtfm(req));
	u8 tag[AES_BLOCK_SIZE];
	int err;

	err = gcm_crypt(req, req->cryptlen, iv, aad_len, true, tag);
	if (err)
		return err;

	scatterwalk_map_and_copy(tag, req->dst, req->assoclen + req->cryptlen,
				 authsize, 1);
	return 0;
}

static int gcm_decrypt_iv(struct aead_request *req, const u8 *iv,
			  unsigned int aad_len)
{
	unsigned int authsize = crypto_aead_authsize(crypto_aead_reqtfm(req));
	unsigned int crypt_len = req->cryptlen - authsize;
	u8 expected[AES_BLOCK_SIZE];
	u8 tag[AES_BLOCK_SIZE];
	int err;

	err = gcm_crypt(req, crypt_len, iv, aad_len, false, expected);
	if (err)
		return err;

	scatterwalk_map_and_copy(tag, req->src, req->assoclen + crypt_len,
				 authsize, 0);
	if (crypto_memneq(tag, expected, authsize))
		err = -EBADMSG;
	memzero_explicit(expected, sizeof(expected));
	return err;
}

static int gcm_encrypt(struct aead_request *req)
{
	return gcm_encrypt_iv(req, req->iv, req->assoclen);
}

static int gcm_decrypt(struct aead_request *req)
{
	return gcm_decrypt_iv(req, req->iv, req->assoclen);
}

/* The salt goes before the packet's IV (RFC 4106 section 4). */
static void rfc4106_iv(struct aead_request *req, u8 *iv)
{
	const struct gcm_ctx *ctx = gcm_ctx(crypto_aead_reqtfm(req));

	memcpy(iv, ctx->salt, RFC4106_SALT_SIZE);
	memcpy(iv + RFC4106_SALT_SIZE, req->iv, WOLFCRYPT_ESP_IV_SIZE);
}

static int rfc4106_encrypt(struct aead_request *req)
{
	u8 iv[WOLFCRYPT_GCM_IV_SIZE];
	int err;

	err = crypto_ipsec_check_assoclen(req->assoclen);
	if (err)
		return err;

	rfc4106_iv(req, iv);
	return gcm_encrypt_iv(req, iv, req->assoclen - WOLFCRYPT_ESP_IV_SIZE);
}

static int rfc4106_decrypt(struct aead_request *req)
{
	u8 iv[WOLFCRYPT_GCM_IV_SIZE];
	int err;

	err = crypto_ipsec_check_assoclen(req->assoclen);
	if (err)
		return err;

	rfc4106_iv(req, iv);
	return gcm_decrypt_iv(req, iv, req->assoclen - WOLFCRYPT_ESP_IV_SIZE);
}

/* The driver names are completed with the implementation's at registration. */
static struct aead_alg gcm_algs[] = {
	{
		.base = {
			.cra_name	= "gcm(aes)",
			.cra_driver_name = "gcm-aes-wolfcrypt",
			.cra_priority	= WOLFCRYPT_PRIORITY,
			.cra_blocksize	= 1,
			.cra_ctxsize	= WOLFCRYPT_CTXSIZE(struct gcm_ctx),
			.cra_module	= THIS_MODULE,
		},
		.ivsize		= WOLFCRYPT_GCM_IV_SIZE,
		.maxauthsize	= AES_BLOCK_SIZE,
		.chunksize	= AES_BLOCK_SIZE,
		.setkey		= gcm_setkey,
		.setauthsize	= gcm_setauthsize,
		.encrypt	= gcm_encrypt,
		.decrypt	= gcm_decrypt,
	}, {
		.base = {
			.cra_name	= "rfc4106(gcm(aes))",
			.cra_driver_name = "rfc4106-gcm-aes-wolfcrypt",
			.cra_priority	= WOLFCRYPT_PRIORITY,
			.cra_blocksize	= 1,
			.cra_ctxsize	= WOLFCRYPT_CTXSIZE(struct gcm_ctx),
			.cra_module	= THIS_MODULE,
		},
		.ivsize		= WOLFCRYPT_ESP_IV_SIZE,
		.maxauthsize	= AES_BLOCK_SIZE,
		.chunksize	= AES_BLOCK_SIZE,
		.setkey		= rfc4106_setkey,
		.setauthsize	= rfc4106_setauthsize,
		.encrypt	= rfc4106_encrypt,
		.decrypt	= rfc4106_decrypt,
	},
};

int __init wolfcrypt_gcm_register(void)
{
	int i, err;

	for (i = 0; i < ARRAY_SIZE(gcm_algs); i++) {
		err = wolfcrypt_driver_name(&gcm_algs[i].base,
					    wolfcrypt_gcm->name);
		if (err)
			return err;
	}
	return crypto_register_aeads(gcm_algs, ARRAY_SIZE(gcm_algs));
}

void wolfcrypt_gcm_unregister(void)
{
	crypto_unregister_aeads(gcm_algs, ARRAY_SIZE(gcm_algs));
}

MODULE_ALIAS_CRYPTO("gcm(aes)");
MODULE_ALIAS_CRYPTO("rfc4106(gcm(aes))");
