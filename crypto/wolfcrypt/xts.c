// SPDX-License-Identifier: GPL-2.0-or-later
/* AES-XTS (IEEE 1619, NIST SP 800-38E), with ciphertext stealing. */

#include <crypto/algapi.h>
#include <crypto/gf128mul.h>
#include <crypto/internal/skcipher.h>
#include <crypto/scatterwalk.h>
#include <crypto/xts.h>
#include <linux/errno.h>
#include <linux/fips.h>
#include <linux/module.h>
#include <linux/string.h>

#include "aes.h"
#include "internal.h"
#include "skcipher.h"

/* A data unit has at most 2^20 blocks (SP 800-38E section 4). */
#define XTS_FIPS_MAX_LEN	(XTS_BLOCK_SIZE << 20)

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

/*
 * IEEE 1619 section 5.3.2: ciphertext stolen from the last whole block, which is
 * in front of @dst, fills up the @n bytes after it.
 */
static void xts_encrypt_tail(wolfcrypt_aes_fn fn,
			     const struct wolfcrypt_aes_key *key, u8 *dst,
			     const u8 *src, unsigned int n, u8 *tweak)
{
	u8 *whole = dst - XTS_BLOCK_SIZE;
	u8 last[XTS_BLOCK_SIZE];

	memcpy(last, src, n);
	memcpy(last + n, whole + n, XTS_BLOCK_SIZE - n);
	memcpy(dst, whole, n);
	fn(key, whole, last, XTS_BLOCK_SIZE, tweak);
	memzero_explicit(last, sizeof(last));
}

/*
 * Section 5.4.2: what is in the last whole block, at @src, has the tweak after
 * its own.
 */
static void xts_decrypt_tail(wolfcrypt_aes_fn fn,
			     const struct wolfcrypt_aes_key *key, u8 *dst,
			     const u8 *src, unsigned int n, u8 *tweak)
{
	u8 next[XTS_BLOCK_SIZE] __aligned(16);
	u8 buf[2 * XTS_BLOCK_SIZE];

	gf128mul_x_ble((le128 *)next, (const le128 *)tweak);
	fn(key, buf + XTS_BLOCK_SIZE, src, XTS_BLOCK_SIZE, next);
	memcpy(buf, src + XTS_BLOCK_SIZE, n);
	memcpy(buf + n, buf + XTS_BLOCK_SIZE + n, XTS_BLOCK_SIZE - n);
	memcpy(dst + XTS_BLOCK_SIZE, buf + XTS_BLOCK_SIZE, n);
	fn(key, dst, buf, XTS_BLOCK_SIZE, tweak);
	memzero_explicit(buf, sizeof(buf));
	memzero_explicit(next, sizeof(next));
}

/**
 * wolfcrypt_xts() - XTS over the end of a message, or all of it
 * @impl: the implementation; the caller has entered an FPU section if need be
 * @key: the expanded data key
 * @dst: output; may be the same as @src
 * @src: input
 * @len: bytes, at least XTS_BLOCK_SIZE; the last block may be incomplete
 * @tweak: that of the first block, 16-byte aligned; of no use afterwards
 * @enc: encrypt, else decrypt
 */
void wolfcrypt_xts(const struct wolfcrypt_aes_impl *impl,
		   const struct wolfcrypt_aes_key *key, u8 *dst, const u8 *src,
		   unsigned int len, u8 *tweak, bool enc)
{
	wolfcrypt_aes_fn *fn = enc ? impl->xts_enc : impl->xts_dec;
	unsigned int n = len % XTS_BLOCK_SIZE;
	unsigned int head = len - n;

	if (n && !enc)
		head -= XTS_BLOCK_SIZE;
	if (head)
		fn(key, dst, src, head, tweak);
	if (!n)
		return;
	if (enc)
		xts_encrypt_tail(fn, key, dst + head, src + head, n, tweak);
	else
		xts_decrypt_tail(fn, key, dst + head, src + head, n, tweak);
}

/* The tweak and the data within a page share the FPU section. */
static void xts_crypt_span(const struct wolfcrypt_aes_impl *impl,
			   const struct xts_ctx *ctx,
			   const struct wolfcrypt_span *span, unsigned int len,
			   const u8 *iv, u8 *tweak, bool enc)
{
	impl->ecb_enc(&ctx->tweak, tweak, iv, XTS_BLOCK_SIZE, NULL);
	wolfcrypt_xts(impl, &ctx->data, span->dst, span->src, len, tweak, enc);
}

static int xts_walk(struct skcipher_request *req,
		    const struct wolfcrypt_aes_impl *impl,
		    const struct wolfcrypt_aes_key *key, u8 *tweak, bool enc)
{
	wolfcrypt_aes_fn *fn = enc ? impl->xts_enc : impl->xts_dec;
	unsigned int tail = XTS_BLOCK_SIZE + req->cryptlen % XTS_BLOCK_SIZE;
	unsigned int head = req->cryptlen - tail;
	struct skcipher_request subreq;
	u8 buf[2 * XTS_BLOCK_SIZE];
	int err;

	if (tail == XTS_BLOCK_SIZE)
		return wolfcrypt_skcipher_walk(req, impl, fn, key, tweak);

	if (head) {
		wolfcrypt_subrequest(&subreq, req, head);
		err = wolfcrypt_skcipher_walk(&subreq, impl, fn, key, tweak);
		if (err)
			return err;
	}

	scatterwalk_map_and_copy(buf, req->src, head, tail, 0);
	wolfcrypt_run(impl, wolfcrypt_xts(impl, key, buf, buf, tail, tweak,
					  enc));
	scatterwalk_map_and_copy(buf, req->dst, head, tail, 1);
	memzero_explicit(buf, sizeof(buf));
	return 0;
}

static int xts_crypt(struct skcipher_request *req, bool enc)
{
	const struct wolfcrypt_aes_impl *impl = wolfcrypt_aes_pick();
	const struct xts_ctx *ctx = xts_ctx(crypto_skcipher_reqtfm(req));
	u8 tweak[XTS_BLOCK_SIZE] __aligned(16);
	struct wolfcrypt_span span;
	int err = 0;

	if (req->cryptlen < XTS_BLOCK_SIZE)
		return -EINVAL;
	if (unlikely(req->cryptlen > XTS_FIPS_MAX_LEN) && fips_enabled)
		return -EINVAL;

	if (wolfcrypt_map(req, &span)) {
		wolfcrypt_run(impl, xts_crypt_span(impl, ctx, &span,
						   req->cryptlen, req->iv,
						   tweak, enc));
		wolfcrypt_unmap(&span);
	} else {
		wolfcrypt_run(impl, impl->ecb_enc(&ctx->tweak, tweak, req->iv,
						  XTS_BLOCK_SIZE, NULL));
		err = xts_walk(req, impl, &ctx->data, tweak, enc);
	}
	memzero_explicit(tweak, sizeof(tweak));
	return err;
}

static int xts_encrypt(struct skcipher_request *req)
{
	wolfcrypt_count(WOLFCRYPT_DRIVER_XTS);
	return xts_crypt(req, true);
}

static int xts_decrypt(struct skcipher_request *req)
{
	wolfcrypt_count(WOLFCRYPT_DRIVER_XTS);
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

int wolfcrypt_xts_register(void)
{
	int err;

	err = wolfcrypt_alg_init(&xts_alg.base, wolfcrypt_aes->name,
				 WOLFCRYPT_DRIVER_XTS);
	if (err)
		return err;
	return crypto_register_skcipher(&xts_alg);
}

void wolfcrypt_xts_unregister(void)
{
	crypto_unregister_skcipher(&xts_alg);
}

void wolfcrypt_xts_refuse(void)
{
	wolfcrypt_refuse_skciphers(&xts_alg, 1);
}

MODULE_ALIAS_CRYPTO("xts(aes)");
