// SPDX-License-Identifier: GPL-2.0-or-later
/* AES-XTS (IEEE 1619, NIST SP 800-38E), with ciphertext stealing. */

#include <crypto/algapi.h>
#include <crypto/gf128mul.h>
#include <crypto/internal/skcipher.h>
#include <crypto/scatterwalk.h>
#include <crypto/xts.h>
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/string.h>

#include "aes.h"
#include "internal.h"
#include "skcipher.h"

struct xts_ctx {
	struct wolfcrypt_aes_key data;
	struct wolfcrypt_aes_key tweak;
};

static struct xts_ctx *xts_ctx(struct crypto_skcipher *tfm)
{
	return wolfcrypt_align_ctx(crypto_skcipher_ctx(tfm));
}

static int xts_setkey(struct crypto_skcipher *tfm, const u8 *key,
		      unsigned int len)
{
	struct xts_ctx *ctx = xts_ctx(tfm);
	int err;

	err = xts_verify_key(tfm, key, len);
	if (err)
		return err;

	err = wolfcrypt_aes_setkey(&ctx->data, key, len / 2);
	if (err)
		return err;
	return wolfcrypt_aes_setkey(&ctx->tweak, key + len / 2, len / 2);
}

/**
 * wolfcrypt_xts_encrypt_tail() - steal from the last whole block
 * @impl: the implementation
 * @key: the expanded data key
 * @buf: the last whole block, as ciphertext, and @n bytes of plaintext after
 *	 it; replaced by the ciphertext of both
 * @n: 1 to 15
 * @tweak: that of the block after the last whole one, 16-byte aligned
 *
 * IEEE 1619 section 5.3.2: stolen ciphertext fills up the last plaintext block,
 * whose ciphertext goes first. Context: any that @impl may run in.
 */
void wolfcrypt_xts_encrypt_tail(const struct wolfcrypt_aes_impl *impl,
				const struct wolfcrypt_aes_key *key, u8 *buf,
				unsigned int n, u8 *tweak)
{
	u8 stolen[XTS_BLOCK_SIZE];

	memcpy(stolen, buf, n);
	memcpy(buf, buf + XTS_BLOCK_SIZE, n);
	memcpy(buf + XTS_BLOCK_SIZE, stolen, n);
	wolfcrypt_run(impl, impl->xts_enc(key, buf, buf, XTS_BLOCK_SIZE,
					  tweak));
}

/**
 * wolfcrypt_xts_decrypt_tail() - the inverse of wolfcrypt_xts_encrypt_tail()
 * @impl: the implementation
 * @key: the expanded data key
 * @buf: the last whole block and @n bytes after it, replaced in place
 * @n: 1 to 15
 * @tweak: that of the last whole block; what is there was encrypted last,
 *	   under the tweak after it
 *
 * IEEE 1619 section 5.4.2. Context: any that @impl may run in.
 */
void wolfcrypt_xts_decrypt_tail(const struct wolfcrypt_aes_impl *impl,
				const struct wolfcrypt_aes_key *key, u8 *buf,
				unsigned int n, u8 *tweak)
{
	u8 next[XTS_BLOCK_SIZE] __aligned(16);
	u8 stolen[XTS_BLOCK_SIZE];

	gf128mul_x_ble((le128 *)next, (const le128 *)tweak);
	wolfcrypt_run(impl, impl->xts_dec(key, buf, buf, XTS_BLOCK_SIZE, next));
	memcpy(stolen, buf, n);
	memcpy(buf, buf + XTS_BLOCK_SIZE, n);
	memcpy(buf + XTS_BLOCK_SIZE, stolen, n);
	wolfcrypt_run(impl, impl->xts_dec(key, buf, buf, XTS_BLOCK_SIZE,
					  tweak));
	memzero_explicit(stolen, sizeof(stolen));
	memzero_explicit(next, sizeof(next));
}

static int xts_encrypt_stealing(struct skcipher_request *req,
				const struct wolfcrypt_aes_impl *impl,
				const struct wolfcrypt_aes_key *key, u8 *tweak)
{
	unsigned int n = req->cryptlen % XTS_BLOCK_SIZE;
	unsigned int whole = req->cryptlen - n;
	unsigned int last = whole - XTS_BLOCK_SIZE;
	struct skcipher_request subreq;
	u8 buf[2 * XTS_BLOCK_SIZE];
	int err;

	wolfcrypt_subrequest(&subreq, req, whole);
	err = wolfcrypt_skcipher_walk(&subreq, impl, impl->xts_enc, key, tweak);
	if (err)
		return err;

	scatterwalk_map_and_copy(buf, req->dst, last, XTS_BLOCK_SIZE, 0);
	scatterwalk_map_and_copy(buf + XTS_BLOCK_SIZE, req->src, whole, n, 0);
	wolfcrypt_xts_encrypt_tail(impl, key, buf, n, tweak);
	scatterwalk_map_and_copy(buf, req->dst, last, XTS_BLOCK_SIZE + n, 1);
	return 0;
}

static int xts_decrypt_stealing(struct skcipher_request *req,
				const struct wolfcrypt_aes_impl *impl,
				const struct wolfcrypt_aes_key *key, u8 *tweak)
{
	unsigned int n = req->cryptlen % XTS_BLOCK_SIZE;
	unsigned int last = req->cryptlen - n - XTS_BLOCK_SIZE;
	struct skcipher_request subreq;
	u8 buf[2 * XTS_BLOCK_SIZE];
	int err;

	if (last) {
		wolfcrypt_subrequest(&subreq, req, last);
		err = wolfcrypt_skcipher_walk(&subreq, impl, impl->xts_dec, key,
					      tweak);
		if (err)
			return err;
	}

	scatterwalk_map_and_copy(buf, req->src, last, XTS_BLOCK_SIZE + n, 0);
	wolfcrypt_xts_decrypt_tail(impl, key, buf, n, tweak);
	scatterwalk_map_and_copy(buf, req->dst, last, XTS_BLOCK_SIZE + n, 1);
	memzero_explicit(buf, sizeof(buf));
	return 0;
}

/* Whole blocks within a page: the tweak and they share the FPU section. */
static void xts_crypt_span(const struct wolfcrypt_aes_impl *impl,
			   wolfcrypt_aes_fn fn, const struct xts_ctx *ctx,
			   u8 *tweak, const struct wolfcrypt_span *span,
			   unsigned int len, const u8 *iv)
{
	impl->ecb_enc(&ctx->tweak, tweak, iv, XTS_BLOCK_SIZE, NULL);
	fn(&ctx->data, span->dst, span->src, len, tweak);
}

static int xts_crypt(struct skcipher_request *req, bool enc)
{
	const struct wolfcrypt_aes_impl *impl = wolfcrypt_aes_pick();
	const struct xts_ctx *ctx = xts_ctx(crypto_skcipher_reqtfm(req));
	wolfcrypt_aes_fn *fn = enc ? impl->xts_enc : impl->xts_dec;
	u8 tweak[XTS_BLOCK_SIZE] __aligned(16);
	unsigned int len = req->cryptlen;
	struct wolfcrypt_span span;
	int err = 0;

	if (len < XTS_BLOCK_SIZE)
		return -EINVAL;

	if (len % XTS_BLOCK_SIZE == 0 && wolfcrypt_map(req, &span)) {
		wolfcrypt_run(impl, xts_crypt_span(impl, fn, ctx, tweak, &span,
						   len, req->iv));
		wolfcrypt_unmap(&span);
		goto out;
	}

	wolfcrypt_run(impl, impl->ecb_enc(&ctx->tweak, tweak, req->iv,
					  XTS_BLOCK_SIZE, NULL));
	if (len % XTS_BLOCK_SIZE == 0)
		err = wolfcrypt_skcipher_walk(req, impl, fn, &ctx->data,
					      tweak);
	else if (enc)
		err = xts_encrypt_stealing(req, impl, &ctx->data, tweak);
	else
		err = xts_decrypt_stealing(req, impl, &ctx->data, tweak);
out:
	memzero_explicit(tweak, sizeof(tweak));
	return err;
}

static int xts_encrypt(struct skcipher_request *req)
{
	return xts_crypt(req, true);
}

static int xts_decrypt(struct skcipher_request *req)
{
	return xts_crypt(req, false);
}

static struct skcipher_alg xts_alg = {
	.base = {
		.cra_name		= "xts(aes)",
		.cra_driver_name	= "xts-aes-wolfcrypt",
		.cra_priority		= WOLFCRYPT_PRIORITY,
		.cra_blocksize		= XTS_BLOCK_SIZE,
		.cra_ctxsize		= WOLFCRYPT_CTXSIZE(struct xts_ctx),
		.cra_module		= THIS_MODULE,
	},
	.min_keysize	= 2 * AES_MIN_KEY_SIZE,
	.max_keysize	= 2 * AES_MAX_KEY_SIZE,
	.ivsize		= XTS_BLOCK_SIZE,
	.setkey		= xts_setkey,
	.encrypt	= xts_encrypt,
	.decrypt	= xts_decrypt,
};

int __init wolfcrypt_xts_register(void)
{
	int err;

	err = wolfcrypt_driver_name(&xts_alg.base, wolfcrypt_aes->name);
	if (err)
		return err;
	return crypto_register_skcipher(&xts_alg);
}

void wolfcrypt_xts_unregister(void)
{
	crypto_unregister_skcipher(&xts_alg);
}

MODULE_ALIAS_CRYPTO("xts(aes)");
