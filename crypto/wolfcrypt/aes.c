// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AES: key expansion, the choice of an implementation, and the drivers of the
 * modes of NIST SP 800-38A (ECB, CBC, CFB128, OFB, CTR) and its addendum
 * (CBC with ciphertext stealing).
 */

#include <crypto/algapi.h>
#include <crypto/internal/skcipher.h>
#include <crypto/scatterwalk.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>

#include "aes.h"
#include "internal.h"
#include "skcipher.h"

const struct wolfcrypt_aes_impl *const wolfcrypt_aes_impls[] = {
#if IS_ENABLED(CONFIG_CRYPTO_WOLFCRYPT_X86)
	&wolfcrypt_aes_vaes_avx512,
	&wolfcrypt_aes_vaes_avx2,
	&wolfcrypt_aes_avx,
	&wolfcrypt_aes_aesni,
#endif
	&wolfcrypt_aes_c,
	NULL
};

const struct wolfcrypt_aes_impl *wolfcrypt_aes __ro_after_init;

void wolfcrypt_aes_select(void)
{
	wolfcrypt_aes = wolfcrypt_best(wolfcrypt_aes_impls);
}

/**
 * wolfcrypt_aes_setkey() - expand a key of any legal size
 * @key: the key object to fill
 * @in_key: the key bytes
 * @len: their number
 *
 * Context: any; the C code expands the key where the FPU can't be used, to the
 * same schedules.
 * Return: 0, or -EINVAL if @len isn't 16, 24 or 32.
 */
int wolfcrypt_aes_setkey(struct wolfcrypt_aes_key *key, const u8 *in_key,
			 unsigned int len)
{
	const struct wolfcrypt_aes_impl *impl = wolfcrypt_aes_pick();
	unsigned int used = (len / 4 + 7) * AES_BLOCK_SIZE;
	int err;

	err = aes_check_keylen(len);
	if (err)
		return err;

	wolfcrypt_run(impl, impl->expand_key(key, in_key, len));
	/*
	 * What a longer key has left. Not before: a request that runs beside this, which
	 * is against the rules of the API, would take zeros for all of its round keys,
	 * and encrypt with no key.
	 */
	memset(key->enc + used, 0, sizeof(key->enc) - used);
	memset(key->dec + used, 0, sizeof(key->dec) - used);
	return 0;
}

static struct wolfcrypt_aes_key *aes_key(struct crypto_skcipher *tfm)
{
	return wolfcrypt_align_ctx(crypto_skcipher_ctx(tfm));
}

static int aes_setkey(struct crypto_skcipher *tfm, const u8 *in_key,
		      unsigned int len)
{
	return wolfcrypt_aes_setkey(aes_key(tfm), in_key, len);
}

/**
 * wolfcrypt_skcipher_walk() - run a mode over the whole blocks of a request
 * @req: the request
 * @impl: the implementation that @fn belongs to
 * @fn: the mode
 * @key: the expanded key
 * @iv: chaining value, as in wolfcrypt_aes_fn
 *
 * Context: any. May sleep between steps if the request says so.
 * Return: 0; -EINVAL if the length isn't a multiple of the block size, when the
 * blocks before the last one have been done, as the templates of the kernel
 * do; or an error of the walk.
 */
int wolfcrypt_skcipher_walk(struct skcipher_request *req,
			    const struct wolfcrypt_aes_impl *impl,
			    wolfcrypt_aes_fn fn,
			    const struct wolfcrypt_aes_key *key, u8 *iv)
{
	struct wolfcrypt_span span;
	struct skcipher_walk walk;
	unsigned int n;
	int err;

	if (req->cryptlen % AES_BLOCK_SIZE == 0 && wolfcrypt_map(req, &span)) {
		wolfcrypt_run(impl, fn(key, span.dst, span.src, req->cryptlen,
				       iv));
		wolfcrypt_unmap(&span);
		return 0;
	}

	err = skcipher_walk_virt(&walk, req, false);

	while ((n = round_down(walk.nbytes, AES_BLOCK_SIZE))) {
		wolfcrypt_run(impl, fn(key, walk.dst.virt.addr,
				       walk.src.virt.addr, n, iv));
		err = skcipher_walk_done(&walk, walk.nbytes - n);
	}
	return err;
}

static int aes_ecb_crypt(struct skcipher_request *req,
			 const struct wolfcrypt_aes_impl *impl,
			 wolfcrypt_aes_fn fn)
{
	struct crypto_skcipher *tfm = crypto_skcipher_reqtfm(req);

	return wolfcrypt_skcipher_walk(req, impl, fn, aes_key(tfm), NULL);
}

static int aes_ecb_encrypt(struct skcipher_request *req)
{
	const struct wolfcrypt_aes_impl *impl = wolfcrypt_aes_pick();

	wolfcrypt_count(WOLFCRYPT_DRIVER_ECB);
	return aes_ecb_crypt(req, impl, impl->ecb_enc);
}

static int aes_ecb_decrypt(struct skcipher_request *req)
{
	const struct wolfcrypt_aes_impl *impl = wolfcrypt_aes_pick();

	wolfcrypt_count(WOLFCRYPT_DRIVER_ECB);
	return aes_ecb_crypt(req, impl, impl->ecb_dec);
}

static int aes_cbc_crypt(struct skcipher_request *req,
			 const struct wolfcrypt_aes_impl *impl,
			 wolfcrypt_aes_fn fn)
{
	struct crypto_skcipher *tfm = crypto_skcipher_reqtfm(req);
	u8 iv[AES_BLOCK_SIZE] __aligned(16);
	int err;

	memcpy(iv, req->iv, AES_BLOCK_SIZE);
	err = wolfcrypt_skcipher_walk(req, impl, fn, aes_key(tfm), iv);
	memcpy(req->iv, iv, AES_BLOCK_SIZE);
	return err;
}

static int aes_cbc_encrypt(struct skcipher_request *req)
{
	const struct wolfcrypt_aes_impl *impl = wolfcrypt_aes_pick();

	wolfcrypt_count(WOLFCRYPT_DRIVER_CBC);
	return aes_cbc_crypt(req, impl, impl->cbc_enc);
}

static int aes_cbc_decrypt(struct skcipher_request *req)
{
	const struct wolfcrypt_aes_impl *impl = wolfcrypt_aes_pick();

	wolfcrypt_count(WOLFCRYPT_DRIVER_CBC);
	return aes_cbc_crypt(req, impl, impl->cbc_dec);
}

/* The last ciphertext goes first; of the one before it there is a part only. */
static void cts_encrypt_tail(const struct wolfcrypt_aes_impl *impl,
			     const struct wolfcrypt_aes_key *key, u8 *dst,
			     const u8 *src, unsigned int n, u8 *iv)
{
	u8 buf[2 * AES_BLOCK_SIZE] = {};

	memcpy(buf, src, AES_BLOCK_SIZE + n);
	impl->cbc_enc(key, buf, buf, sizeof(buf), iv);
	memcpy(dst, buf + AES_BLOCK_SIZE, AES_BLOCK_SIZE);
	memcpy(dst + AES_BLOCK_SIZE, buf, n);
}

/* The first is D(last plaintext ^ stolen block), so all of that block is there. */
static void cts_decrypt_tail(const struct wolfcrypt_aes_impl *impl,
			     const struct wolfcrypt_aes_key *key, u8 *dst,
			     const u8 *src, unsigned int n, u8 *iv)
{
	u8 stolen[AES_BLOCK_SIZE], last[AES_BLOCK_SIZE];

	impl->ecb_dec(key, last, src, AES_BLOCK_SIZE, NULL);
	memcpy(stolen, src + AES_BLOCK_SIZE, n);
	memcpy(stolen + n, last + n, AES_BLOCK_SIZE - n);
	crypto_xor_cpy(dst + AES_BLOCK_SIZE, last, stolen, n);
	impl->cbc_dec(key, dst, stolen, AES_BLOCK_SIZE, iv);
	memzero_explicit(last, sizeof(last));
}

/**
 * wolfcrypt_cts() - CBC with ciphertext stealing over the end of a message, or
 *		     all of it
 * @impl: the implementation; the caller has entered an FPU section if need be
 * @key: the expanded key
 * @dst: output; may be the same as @src
 * @src: input
 * @len: bytes, more than AES_BLOCK_SIZE
 * @iv: the chaining value, 16-byte aligned; of no use afterwards
 * @enc: encrypt, else decrypt
 *
 * The CS3 variant of the SP 800-38A addendum, which swaps the last two
 * ciphertext blocks always.
 */
void wolfcrypt_cts(const struct wolfcrypt_aes_impl *impl,
		   const struct wolfcrypt_aes_key *key, u8 *dst, const u8 *src,
		   unsigned int len, u8 *iv, bool enc)
{
	unsigned int n = (len - 1) % AES_BLOCK_SIZE + 1;
	unsigned int head = len - n - AES_BLOCK_SIZE;
	wolfcrypt_aes_fn *cbc = enc ? impl->cbc_enc : impl->cbc_dec;

	if (head)
		cbc(key, dst, src, head, iv);
	if (enc)
		cts_encrypt_tail(impl, key, dst + head, src + head, n, iv);
	else
		cts_decrypt_tail(impl, key, dst + head, src + head, n, iv);
}

static int aes_cts_walk(struct skcipher_request *req,
			const struct wolfcrypt_aes_impl *impl,
			const struct wolfcrypt_aes_key *key, u8 *iv, bool enc)
{
	unsigned int head = round_down(req->cryptlen - 1, AES_BLOCK_SIZE) -
			    AES_BLOCK_SIZE;
	unsigned int tail = req->cryptlen - head;
	struct skcipher_request subreq;
	u8 buf[2 * AES_BLOCK_SIZE];
	int err;

	if (head) {
		wolfcrypt_subrequest(&subreq, req, head);
		err = wolfcrypt_skcipher_walk(&subreq, impl, enc ?
					      impl->cbc_enc : impl->cbc_dec,
					      key, iv);
		if (err)
			return err;
	}

	scatterwalk_map_and_copy(buf, req->src, head, tail, 0);
	wolfcrypt_run(impl, wolfcrypt_cts(impl, key, buf, buf, tail, iv, enc));
	scatterwalk_map_and_copy(buf, req->dst, head, tail, 1);
	memzero_explicit(buf, sizeof(buf));
	return 0;
}

static int aes_cts_crypt(struct skcipher_request *req, bool enc)
{
	const struct wolfcrypt_aes_impl *impl = wolfcrypt_aes_pick();
	const struct wolfcrypt_aes_key *key =
		aes_key(crypto_skcipher_reqtfm(req));
	u8 iv[AES_BLOCK_SIZE] __aligned(16);
	struct wolfcrypt_span span;

	if (req->cryptlen < AES_BLOCK_SIZE)
		return -EINVAL;

	/* One block alone has nothing to steal from: it is plain CBC. */
	if (req->cryptlen == AES_BLOCK_SIZE)
		return aes_cbc_crypt(req, impl,
				     enc ? impl->cbc_enc : impl->cbc_dec);

	memcpy(iv, req->iv, AES_BLOCK_SIZE);
	if (!wolfcrypt_map(req, &span))
		return aes_cts_walk(req, impl, key, iv, enc);

	wolfcrypt_run(impl, wolfcrypt_cts(impl, key, span.dst, span.src,
					  req->cryptlen, iv, enc));
	wolfcrypt_unmap(&span);
	return 0;
}

static int aes_cts_encrypt(struct skcipher_request *req)
{
	wolfcrypt_count(WOLFCRYPT_DRIVER_CTS);
	return aes_cts_crypt(req, true);
}

static int aes_cts_decrypt(struct skcipher_request *req)
{
	wolfcrypt_count(WOLFCRYPT_DRIVER_CTS);
	return aes_cts_crypt(req, false);
}

/* The incomplete last block of CTR, CFB or OFB: its key stream is E(@iv). */
static void aes_stream_tail(const struct wolfcrypt_aes_impl *impl,
			    const struct wolfcrypt_aes_key *key, u8 *dst,
			    const u8 *src, unsigned int len, const u8 *iv)
{
	u8 ks[AES_BLOCK_SIZE];

	impl->ecb_enc(key, ks, iv, AES_BLOCK_SIZE, NULL);
	crypto_xor_cpy(dst, src, ks, len);
	memzero_explicit(ks, sizeof(ks));
}

/**
 * wolfcrypt_stream() - CTR, CFB or OFB over the end of a message, or all of it
 * @impl: the implementation; the caller has entered an FPU section if need be
 * @fn: the mode
 * @key: the expanded key
 * @dst: output; may be the same as @src
 * @src: input
 * @len: bytes, not 0; the last block may be incomplete
 * @iv: the counter or chaining value, 16-byte aligned, updated but for an
 *	incomplete block of CFB or OFB, after which none follows
 */
void wolfcrypt_stream(const struct wolfcrypt_aes_impl *impl,
		      wolfcrypt_aes_fn fn, const struct wolfcrypt_aes_key *key,
		      u8 *dst, const u8 *src, unsigned int len, u8 *iv)
{
	unsigned int n = round_down(len, AES_BLOCK_SIZE);

	if (n)
		fn(key, dst, src, n, iv);
	if (n == len)
		return;
	aes_stream_tail(impl, key, dst + n, src + n, len - n, iv);
	if (fn == impl->ctr)
		crypto_inc(iv, AES_BLOCK_SIZE);
}

static int aes_stream_walk(struct skcipher_request *req,
			   const struct wolfcrypt_aes_impl *impl,
			   wolfcrypt_aes_fn fn,
			   const struct wolfcrypt_aes_key *key, u8 *iv)
{
	struct skcipher_walk walk;
	unsigned int n;
	int err;

	err = skcipher_walk_virt(&walk, req, false);

	while (walk.nbytes) {
		n = walk.nbytes;
		if (n < walk.total)
			n = round_down(n, AES_BLOCK_SIZE);
		wolfcrypt_run(impl, wolfcrypt_stream(impl, fn, key,
						     walk.dst.virt.addr,
						     walk.src.virt.addr, n,
						     iv));
		err = skcipher_walk_done(&walk, walk.nbytes - n);
	}
	return err;
}

static int aes_stream_crypt(struct skcipher_request *req,
			    const struct wolfcrypt_aes_impl *impl,
			    wolfcrypt_aes_fn fn)
{
	const struct wolfcrypt_aes_key *key =
		aes_key(crypto_skcipher_reqtfm(req));
	u8 iv[AES_BLOCK_SIZE] __aligned(16);
	struct wolfcrypt_span span;
	int err = 0;

	memcpy(iv, req->iv, AES_BLOCK_SIZE);
	if (wolfcrypt_map(req, &span)) {
		wolfcrypt_run(impl, wolfcrypt_stream(impl, fn, key, span.dst,
						     span.src, req->cryptlen,
						     iv));
		wolfcrypt_unmap(&span);
	} else {
		err = aes_stream_walk(req, impl, fn, key, iv);
	}
	memcpy(req->iv, iv, AES_BLOCK_SIZE);
	/* OFB's is key stream. */
	memzero_explicit(iv, sizeof(iv));
	return err;
}

static int aes_cfb_encrypt(struct skcipher_request *req)
{
	const struct wolfcrypt_aes_impl *impl = wolfcrypt_aes_pick();

	wolfcrypt_count(WOLFCRYPT_DRIVER_CFB);
	return aes_stream_crypt(req, impl, impl->cfb_enc);
}

static int aes_cfb_decrypt(struct skcipher_request *req)
{
	const struct wolfcrypt_aes_impl *impl = wolfcrypt_aes_pick();

	wolfcrypt_count(WOLFCRYPT_DRIVER_CFB);
	return aes_stream_crypt(req, impl, impl->cfb_dec);
}

static int aes_ofb_crypt(struct skcipher_request *req)
{
	const struct wolfcrypt_aes_impl *impl = wolfcrypt_aes_pick();

	wolfcrypt_count(WOLFCRYPT_DRIVER_OFB);
	return aes_stream_crypt(req, impl, impl->ofb);
}

static int aes_ctr_crypt(struct skcipher_request *req)
{
	const struct wolfcrypt_aes_impl *impl = wolfcrypt_aes_pick();

	wolfcrypt_count(WOLFCRYPT_DRIVER_CTR);
	return aes_stream_crypt(req, impl, impl->ctr);
}

#define AES_ALG(_name, _driver, _blocksize, _ivsize, _encrypt, _decrypt)	\
{										\
	.base = {								\
		.cra_name	= _name,					\
		.cra_driver_name = _driver,					\
		.cra_priority	= WOLFCRYPT_PRIORITY,				\
		.cra_blocksize	= _blocksize,					\
		.cra_ctxsize	= WOLFCRYPT_CTXSIZE(struct wolfcrypt_aes_key),	\
		.cra_module	= THIS_MODULE,					\
	},									\
	.min_keysize	= AES_MIN_KEY_SIZE,					\
	.max_keysize	= AES_MAX_KEY_SIZE,					\
	.ivsize		= _ivsize,						\
	.chunksize	= AES_BLOCK_SIZE,					\
	.setkey		= aes_setkey,						\
	.encrypt	= _encrypt,						\
	.decrypt	= _decrypt,						\
}

/* The driver names are completed with the implementation's at registration. */
static struct skcipher_alg aes_algs[] = {
	AES_ALG("ecb(aes)", "ecb-aes-wolfcrypt", AES_BLOCK_SIZE, 0,
		aes_ecb_encrypt, aes_ecb_decrypt),
	AES_ALG("cbc(aes)", "cbc-aes-wolfcrypt", AES_BLOCK_SIZE,
		AES_BLOCK_SIZE, aes_cbc_encrypt, aes_cbc_decrypt),
	AES_ALG("cts(cbc(aes))", "cts-cbc-aes-wolfcrypt", AES_BLOCK_SIZE,
		AES_BLOCK_SIZE, aes_cts_encrypt, aes_cts_decrypt),
	AES_ALG("cfb(aes)", "cfb-aes-wolfcrypt", 1,
		AES_BLOCK_SIZE, aes_cfb_encrypt, aes_cfb_decrypt),
	AES_ALG("ofb(aes)", "ofb-aes-wolfcrypt", 1,
		AES_BLOCK_SIZE, aes_ofb_crypt, aes_ofb_crypt),
	AES_ALG("ctr(aes)", "ctr-aes-wolfcrypt", 1,
		AES_BLOCK_SIZE, aes_ctr_crypt, aes_ctr_crypt),
};

int wolfcrypt_aes_register(void)
{
	int i, err;

	for (i = 0; i < ARRAY_SIZE(aes_algs); i++) {
		err = wolfcrypt_alg_init(&aes_algs[i].base, wolfcrypt_aes->name,
					 WOLFCRYPT_DRIVER_ECB + i);
		if (err)
			return err;
	}
	return crypto_register_skciphers(aes_algs, ARRAY_SIZE(aes_algs));
}

void wolfcrypt_aes_unregister(void)
{
	crypto_unregister_skciphers(aes_algs, ARRAY_SIZE(aes_algs));
}

void wolfcrypt_aes_refuse(void)
{
	wolfcrypt_refuse_skciphers(aes_algs, ARRAY_SIZE(aes_algs));
}

MODULE_ALIAS_CRYPTO("ecb(aes)");
MODULE_ALIAS_CRYPTO("cbc(aes)");
MODULE_ALIAS_CRYPTO("cts(cbc(aes))");
MODULE_ALIAS_CRYPTO("cfb(aes)");
MODULE_ALIAS_CRYPTO("ofb(aes)");
MODULE_ALIAS_CRYPTO("ctr(aes)");
