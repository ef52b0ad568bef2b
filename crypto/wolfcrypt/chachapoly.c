// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ChaCha20-Poly1305 (RFC 8439), its form for ESP (RFC 7634), and ChaCha20 alone.
 *
 * None of them is approved, and with fips=1 none is there. On a CPU without AVX2 the
 * kernel's own drivers are the faster ones, and there is none of these either.
 */

#include <crypto/algapi.h>
#include <crypto/internal/aead.h>
#include <crypto/internal/skcipher.h>
#include <linux/fips.h>
#include <linux/kernel.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "chachapoly.h"
#include "internal.h"

#define CHACHA_KEY_WORDS	(CHACHA_KEY_SIZE / sizeof(u32))

/* RFC 7634 section 2: what the key ends with, and the nonce begins with */
#define ESP_SALT_SIZE		4

/**
 * struct chachapoly_ctx - what a tfm keeps
 * @key: the key
 * @salt: what the nonces begin with, for ESP
 */
struct chachapoly_ctx {
	u32 key[CHACHA_KEY_WORDS];
	u8 salt[ESP_SALT_SIZE];
};

/**
 * struct chachapoly_msg - a message that is encrypted or decrypted
 * @chacha: the key stream
 * @poly: the tag
 * @aad: associated data that waits
 * @aad_len: bytes of all of it
 * @len: bytes that were encrypted or decrypted
 * @enc: it is encrypted, else decrypted
 * @keyed: @poly has its key
 */
struct chachapoly_msg {
	struct wolfcrypt_chacha chacha;
	struct wolfcrypt_poly1305 poly;
	struct wolfcrypt_aad aad;
	u64 aad_len;
	u64 len;
	bool enc;
	bool keyed;
};

const struct wolfcrypt_chachapoly_impl *const wolfcrypt_chachapoly_impls[] = {
#if IS_ENABLED(CONFIG_CRYPTO_WOLFCRYPT_X86)
	&wolfcrypt_chachapoly_avx512,
	&wolfcrypt_chachapoly_avx2,
#endif
	&wolfcrypt_chachapoly_c,
	NULL
};

const struct wolfcrypt_chachapoly_impl *wolfcrypt_chachapoly __ro_after_init;

void wolfcrypt_chachapoly_select(void)
{
	wolfcrypt_chachapoly = wolfcrypt_best(wolfcrypt_chachapoly_impls);
}

/* Section 2.3: constants, the key, the number of the block, the nonce. */
static void chacha_begin(struct wolfcrypt_chacha *chacha,
			 const struct wolfcrypt_chachapoly_impl *impl,
			 const u32 *key)
{
	chacha->impl = impl;
	chacha->left = 0;
	chacha->made = 0;
	chacha_init_consts(chacha->state);
	memcpy(chacha->state + 4, key, CHACHA_KEY_SIZE);
}

static u8 *chacha_end_of_stream(struct wolfcrypt_chacha *chacha,
				unsigned int len)
{
	return chacha->stream + chacha->impl->chunk - len;
}

static void chacha_wipe(struct wolfcrypt_chacha *chacha)
{
	memzero_explicit(chacha->state, sizeof(chacha->state));
	memzero_explicit(chacha_end_of_stream(chacha, chacha->made),
			 chacha->made);
}

/* XOR with what is left of the stream. Returns how much was done. */
static unsigned int chacha_use_left(struct wolfcrypt_chacha *chacha, u8 *dst,
				    const u8 *src, unsigned int len)
{
	unsigned int n = min(len, chacha->left);

	crypto_xor_cpy(dst, src, chacha_end_of_stream(chacha, chacha->left), n);
	chacha->left -= n;
	return n;
}

static void chacha_made(struct wolfcrypt_chacha *chacha, unsigned int len)
{
	chacha->left = len;
	chacha->made = max(chacha->made, len);
}

/* At least @len bytes of the stream, or a chunk */
static void chacha_fill(struct wolfcrypt_chacha *chacha, unsigned int len)
{
	const struct wolfcrypt_chachapoly_impl *impl = chacha->impl;

	if (len <= impl->few_len) {
		impl->few(chacha->state,
			  chacha_end_of_stream(chacha, impl->few_len), NULL);
		chacha_made(chacha, impl->few_len);
	} else {
		impl->crypt(chacha->state, chacha->stream, NULL);
		chacha_made(chacha, impl->chunk);
	}
}

/*
 * XOR with what comes next if there is data for all of it, else make it. Returns how
 * much was done.
 */
static unsigned int chacha_next(struct wolfcrypt_chacha *chacha, u8 *dst,
				const u8 *src, unsigned int len)
{
	const struct wolfcrypt_chachapoly_impl *impl = chacha->impl;

	if (len >= impl->chunk) {
		impl->crypt(chacha->state, dst, src);
		return impl->chunk;
	}
	if (impl->few && len >= impl->few_len) {
		impl->few(chacha->state, dst, src);
		return impl->few_len;
	}
	chacha_fill(chacha, len);
	return 0;
}

static void chacha_xor(struct wolfcrypt_chacha *chacha, u8 *dst, const u8 *src,
		       unsigned int len)
{
	unsigned int n;

	for (; len; dst += n, src += n, len -= n) {
		if (chacha->left)
			n = chacha_use_left(chacha, dst, src, len);
		else
			n = chacha_next(chacha, dst, src, len);
	}
}

/* Absorb data, and zeros up to the end of a block. */
static void poly1305_absorb(const struct wolfcrypt_chachapoly_impl *impl,
			    struct wolfcrypt_poly1305 *poly, const u8 *src,
			    unsigned int len)
{
	unsigned int whole = round_down(len, POLY1305_BLOCK_SIZE);
	u8 block[POLY1305_BLOCK_SIZE] = {};

	if (whole)
		impl->absorb(poly, src, whole / POLY1305_BLOCK_SIZE);
	if (len == whole)
		return;
	memcpy(block, src + whole, len - whole);
	impl->absorb(poly, block, 1);
	memzero_explicit(block, sizeof(block));
}

/*
 * Section 2.6: block 0 of the key stream gives the key of Poly1305. The blocks after it
 * are for @len bytes of data: what is no whole chunk of both comes first.
 */
static void chachapoly_key(struct chachapoly_msg *msg, unsigned int len)
{
	struct wolfcrypt_chacha *chacha = &msg->chacha;
	const struct wolfcrypt_chachapoly_impl *impl = chacha->impl;

	chacha_fill(chacha,
		    ((CHACHA_BLOCK_SIZE + len - 1) & (impl->chunk - 1)) + 1);
	impl->begin(&msg->poly, chacha_end_of_stream(chacha, chacha->left));
	chacha->left -= CHACHA_BLOCK_SIZE;
	msg->keyed = true;
}

static void chachapoly_absorb_aad(void *_msg, const u8 *data, unsigned int len)
{
	struct chachapoly_msg *msg = _msg;
	const struct wolfcrypt_chachapoly_impl *impl = msg->chacha.impl;

	if (!msg->keyed)
		wolfcrypt_run(impl, chachapoly_key(msg, 0));
	wolfcrypt_run(impl, poly1305_absorb(impl, &msg->poly, data, len));
}

/* As chacha_next(), while @n times 64 bytes are absorbed */
static unsigned int chachapoly_next(struct chachapoly_msg *msg, u8 *dst,
				    const u8 *src, unsigned int len,
				    const u8 *hash, unsigned int n)
{
	struct wolfcrypt_chacha *chacha = &msg->chacha;
	const struct wolfcrypt_chachapoly_impl *impl = chacha->impl;

	if (!n)
		return chacha_next(chacha, dst, src, len);
	if (len >= impl->chunk) {
		impl->crypt_absorb(chacha->state, dst, src, &msg->poly, hash, n);
		return impl->chunk;
	}
	impl->crypt_absorb(chacha->state, chacha->stream, NULL, &msg->poly,
			   hash, n);
	chacha_made(chacha, impl->chunk);
	return 0;
}

/* What was encrypted is absorbed while more is. */
static void chachapoly_encrypt(struct chachapoly_msg *msg, u8 *dst,
			       const u8 *src, unsigned int len)
{
	struct wolfcrypt_chacha *chacha = &msg->chacha;
	const struct wolfcrypt_chachapoly_impl *impl = chacha->impl;
	const u8 *hash = dst;
	unsigned int n, blocks;

	for (; len; dst += n, src += n, len -= n) {
		if (chacha->left) {
			n = chacha_use_left(chacha, dst, src, len);
			continue;
		}
		blocks = min_t(unsigned int, dst - hash, impl->chunk) /
			 CHACHA_BLOCK_SIZE;
		n = chachapoly_next(msg, dst, src, len, hash, blocks);
		hash += blocks * CHACHA_BLOCK_SIZE;
	}
	poly1305_absorb(impl, &msg->poly, hash, dst - hash);
}

/* What is to be decrypted is absorbed before, or at the same time. */
static void chachapoly_decrypt(struct chachapoly_msg *msg, u8 *dst,
			       const u8 *src, unsigned int len)
{
	struct wolfcrypt_chacha *chacha = &msg->chacha;
	const struct wolfcrypt_chachapoly_impl *impl = chacha->impl;
	const u8 *hash = src;
	unsigned int n, blocks;

	for (; len; dst += n, src += n, len -= n) {
		if (chacha->left) {
			n = min(len, chacha->left);
			if (hash < src + n) {
				poly1305_absorb(impl, &msg->poly, hash,
						src + n - hash);
				hash = src + n;
			}
			chacha_use_left(chacha, dst, src, n);
			continue;
		}
		blocks = min(len, impl->chunk) / CHACHA_BLOCK_SIZE;
		n = chachapoly_next(msg, dst, src, len, hash, blocks);
		hash += blocks * CHACHA_BLOCK_SIZE;
	}
}

static void chachapoly_in_turn(struct chachapoly_msg *msg, u8 *dst,
			       const u8 *src, unsigned int len)
{
	const struct wolfcrypt_chachapoly_impl *impl = msg->chacha.impl;

	if (!msg->enc)
		poly1305_absorb(impl, &msg->poly, src, len);
	chacha_xor(&msg->chacha, dst, src, len);
	if (msg->enc)
		poly1305_absorb(impl, &msg->poly, dst, len);
}

/* Section 2.8: the numbers of bytes are the last block. */
static void chachapoly_end(struct chachapoly_msg *msg, u8 *tag)
{
	const struct wolfcrypt_chachapoly_impl *impl = msg->chacha.impl;
	__le64 lens[2] = { cpu_to_le64(msg->aad_len), cpu_to_le64(msg->len) };

	impl->absorb(&msg->poly, (const u8 *)lens, 1);
	impl->end(&msg->poly, tag);
}

static void chachapoly_update(struct chachapoly_msg *msg, u8 *dst,
			      const u8 *src, unsigned int len, u8 *tag)
{
	if (!msg->keyed)
		chachapoly_key(msg, len);
	if (msg->aad.len) {
		poly1305_absorb(msg->chacha.impl, &msg->poly, msg->aad.buf,
				msg->aad.len);
		msg->aad.len = 0;
	}
	if (!msg->chacha.impl->crypt_absorb)
		chachapoly_in_turn(msg, dst, src, len);
	else if (msg->enc)
		chachapoly_encrypt(msg, dst, src, len);
	else
		chachapoly_decrypt(msg, dst, src, len);
	msg->len += len;
	if (tag)
		chachapoly_end(msg, tag);
}

static void chachapoly_part(void *_msg, u8 *dst, const u8 *src,
			    unsigned int len, u8 *tag)
{
	struct chachapoly_msg *msg = _msg;

	wolfcrypt_run(msg->chacha.impl,
		      chachapoly_update(msg, dst, src, len, tag));
}

static void chachapoly_begin(struct chachapoly_msg *msg,
			     const struct wolfcrypt_chachapoly_impl *impl,
			     const u32 *key, const u8 *nonce,
			     unsigned int aad_len, bool enc)
{
	int i;

	chacha_begin(&msg->chacha, impl, key);
	msg->chacha.state[12] = 0;
	for (i = 0; i < 3; i++)
		msg->chacha.state[13 + i] = get_unaligned_le32(nonce + 4 * i);
	msg->aad.len = 0;
	msg->aad_len = aad_len;
	msg->len = 0;
	msg->enc = enc;
	msg->keyed = false;
}

static void chachapoly_wipe(struct chachapoly_msg *msg)
{
	chacha_wipe(&msg->chacha);
	memzero_explicit(&msg->poly, sizeof(msg->poly));
}

static void chacha_load_key(u32 *words, const u8 *key)
{
	int i;

	for (i = 0; i < CHACHA_KEY_WORDS; i++)
		words[i] = get_unaligned_le32(key + i * sizeof(u32));
}

/**
 * wolfcrypt_chachapoly_crypt_with() - ChaCha20-Poly1305 in one piece, on a given
 *				       implementation
 * @impl: the implementation
 * @key: CHACHA_KEY_SIZE bytes
 * @nonce: CHACHAPOLY_IV_SIZE bytes
 * @aad: associated data
 * @aad_len: bytes of @aad
 * @dst: output; may be the same as @src
 * @src: input, without a tag
 * @len: bytes of @src, at most WOLFCRYPT_FPU_CHUNK
 * @enc: encrypt, else decrypt
 * @tag: the computed tag, of POLY1305_DIGEST_SIZE bytes; to be compared by the caller
 *	 if this is a decryption
 *
 * For tests: it is the code of the drivers, less the scatterlists.
 *
 * Context: any that @impl may run in.
 */
void wolfcrypt_chachapoly_crypt_with(const struct wolfcrypt_chachapoly_impl *impl,
				     const u8 *key, const u8 *nonce,
				     const u8 *aad, unsigned int aad_len,
				     u8 *dst, const u8 *src, unsigned int len,
				     bool enc, u8 *tag)
{
	struct chachapoly_msg msg __uninitialized;
	u32 words[CHACHA_KEY_WORDS];

	chacha_load_key(words, key);
	chachapoly_begin(&msg, impl, words, nonce, aad_len, enc);
	wolfcrypt_aad_add(&msg.aad, aad, aad_len, chachapoly_absorb_aad, &msg);
	chachapoly_part(&msg, dst, src, len, tag);
	chachapoly_wipe(&msg);
	memzero_explicit(words, sizeof(words));
}

static int chachapoly_setkey(struct crypto_aead *tfm, const u8 *key,
			     unsigned int len)
{
	struct chachapoly_ctx *ctx = crypto_aead_ctx(tfm);

	if (len != CHACHA_KEY_SIZE)
		return -EINVAL;
	chacha_load_key(ctx->key, key);
	return 0;
}

static int rfc7539esp_setkey(struct crypto_aead *tfm, const u8 *key,
			     unsigned int len)
{
	struct chachapoly_ctx *ctx = crypto_aead_ctx(tfm);

	if (len != CHACHA_KEY_SIZE + ESP_SALT_SIZE)
		return -EINVAL;
	memcpy(ctx->salt, key + CHACHA_KEY_SIZE, ESP_SALT_SIZE);
	return chachapoly_setkey(tfm, key, CHACHA_KEY_SIZE);
}

static int chachapoly_setauthsize(struct crypto_aead *tfm,
				  unsigned int authsize)
{
	return authsize == POLY1305_DIGEST_SIZE ? 0 : -EINVAL;
}

static int chachapoly_crypt(struct aead_request *req, const u8 *nonce,
			    unsigned int aad_len, bool enc)
{
	const struct chachapoly_ctx *ctx =
		crypto_aead_ctx(crypto_aead_reqtfm(req));
	/* To clear its buffers first would take longer than a short packet. */
	struct chachapoly_msg msg __uninitialized;
	u8 tag[POLY1305_DIGEST_SIZE];
	int err;

	chachapoly_begin(&msg, wolfcrypt_chachapoly_pick(), ctx->key, nonce,
			 aad_len, enc);
	wolfcrypt_aad_gather(&msg.aad, req->src, aad_len,
			     chachapoly_absorb_aad, &msg);
	err = wolfcrypt_aead_walk(req, enc, CHACHA_BLOCK_SIZE, chachapoly_part,
				  &msg, tag);
	if (!err)
		err = wolfcrypt_aead_end(req, enc, tag);

	chachapoly_wipe(&msg);
	memzero_explicit(tag, sizeof(tag));
	return err;
}

static int rfc7539_encrypt(struct aead_request *req)
{
	wolfcrypt_count(WOLFCRYPT_DRIVER_RFC7539);
	return chachapoly_crypt(req, req->iv, req->assoclen, true);
}

static int rfc7539_decrypt(struct aead_request *req)
{
	wolfcrypt_count(WOLFCRYPT_DRIVER_RFC7539);
	return chachapoly_crypt(req, req->iv, req->assoclen, false);
}

/* RFC 7634 section 2: the packet's IV, the end of the AAD, isn't authenticated. */
static int rfc7539esp_crypt(struct aead_request *req, bool enc)
{
	const struct chachapoly_ctx *ctx =
		crypto_aead_ctx(crypto_aead_reqtfm(req));
	u8 nonce[CHACHAPOLY_IV_SIZE];
	int err;

	wolfcrypt_count(WOLFCRYPT_DRIVER_RFC7539ESP);
	if (req->assoclen < WOLFCRYPT_ESP_IV_SIZE)
		return -EINVAL;

	memcpy(nonce, ctx->salt, ESP_SALT_SIZE);
	memcpy(nonce + ESP_SALT_SIZE, req->iv, WOLFCRYPT_ESP_IV_SIZE);
	err = chachapoly_crypt(req, nonce,
			       req->assoclen - WOLFCRYPT_ESP_IV_SIZE, enc);
	memzero_explicit(nonce, sizeof(nonce));
	return err;
}

static int rfc7539esp_encrypt(struct aead_request *req)
{
	return rfc7539esp_crypt(req, true);
}

static int rfc7539esp_decrypt(struct aead_request *req)
{
	return rfc7539esp_crypt(req, false);
}

static int chacha20_setkey(struct crypto_skcipher *tfm, const u8 *key,
			   unsigned int len)
{
	struct chachapoly_ctx *ctx = crypto_skcipher_ctx(tfm);

	chacha_load_key(ctx->key, key);
	return 0;
}

/* The IV is the number of the first block, and the nonce. */
static int chacha20_request(struct skcipher_request *req)
{
	const struct chachapoly_ctx *ctx =
		crypto_skcipher_ctx(crypto_skcipher_reqtfm(req));
	struct wolfcrypt_chacha chacha __uninitialized;
	struct skcipher_walk walk __uninitialized;
	unsigned int n;
	int i, err;

	wolfcrypt_count(WOLFCRYPT_DRIVER_CHACHA20);
	chacha_begin(&chacha, wolfcrypt_chachapoly_pick(), ctx->key);
	for (i = 0; i < CHACHA_IV_SIZE / sizeof(u32); i++)
		chacha.state[12 + i] = get_unaligned_le32(req->iv + 4 * i);

	err = skcipher_walk_virt(&walk, req, false);
	while (walk.nbytes) {
		n = walk.nbytes;
		if (n < walk.total)
			n = round_down(n, CHACHA_BLOCK_SIZE);
		wolfcrypt_run(chacha.impl,
			      chacha_xor(&chacha, walk.dst.virt.addr,
					 walk.src.virt.addr, n));
		err = skcipher_walk_done(&walk, walk.nbytes - n);
	}
	chacha_wipe(&chacha);
	return err;
}

static struct aead_alg chachapoly_algs[] = {
	{
		.base.cra_name	= "rfc7539(chacha20,poly1305)",
		.base.cra_driver_name = "rfc7539-chacha20-poly1305-wolfcrypt",
		.chunksize	= CHACHA_BLOCK_SIZE,
		.ivsize		= CHACHAPOLY_IV_SIZE,
		.setkey		= chachapoly_setkey,
		.setauthsize	= chachapoly_setauthsize,
		.encrypt	= rfc7539_encrypt,
		.decrypt	= rfc7539_decrypt,
	}, {
		.base.cra_name	= "rfc7539esp(chacha20,poly1305)",
		.base.cra_driver_name = "rfc7539esp-chacha20-poly1305-wolfcrypt",
		.chunksize	= CHACHA_BLOCK_SIZE,
		.ivsize		= WOLFCRYPT_ESP_IV_SIZE,
		.setkey		= rfc7539esp_setkey,
		.setauthsize	= chachapoly_setauthsize,
		.encrypt	= rfc7539esp_encrypt,
		.decrypt	= rfc7539esp_decrypt,
	},
};

static struct skcipher_alg chacha20_alg = {
	.base.cra_name		= "chacha20",
	.base.cra_driver_name	= "chacha20-wolfcrypt",
	.base.cra_priority	= WOLFCRYPT_PRIORITY,
	.base.cra_blocksize	= 1,
	.base.cra_ctxsize	= sizeof(struct chachapoly_ctx),
	.base.cra_module	= THIS_MODULE,
	.chunksize		= CHACHA_BLOCK_SIZE,
	.min_keysize		= CHACHA_KEY_SIZE,
	.max_keysize		= CHACHA_KEY_SIZE,
	.ivsize			= CHACHA_IV_SIZE,
	.setkey			= chacha20_setkey,
	.encrypt		= chacha20_request,
	.decrypt		= chacha20_request,
};

static bool chachapoly_offered(void)
{
	return wolfcrypt_chachapoly != &wolfcrypt_chachapoly_c &&
	       !fips_enabled;
}

int wolfcrypt_chachapoly_register(void)
{
	int err;

	if (!chachapoly_offered())
		return 0;

	err = wolfcrypt_alg_init(&chacha20_alg.base, wolfcrypt_chachapoly->name,
				 WOLFCRYPT_DRIVER_CHACHA20);
	if (err)
		return err;
	err = crypto_register_skcipher(&chacha20_alg);
	if (err)
		return err;
	err = wolfcrypt_aead_register(chachapoly_algs,
				      ARRAY_SIZE(chachapoly_algs),
				      sizeof(struct chachapoly_ctx),
				      wolfcrypt_chachapoly->name,
				      WOLFCRYPT_DRIVER_RFC7539);
	if (err)
		crypto_unregister_skcipher(&chacha20_alg);
	return err;
}

void wolfcrypt_chachapoly_unregister(void)
{
	if (!chachapoly_offered())
		return;
	crypto_unregister_aeads(chachapoly_algs, ARRAY_SIZE(chachapoly_algs));
	crypto_unregister_skcipher(&chacha20_alg);
}

void wolfcrypt_chachapoly_refuse(void)
{
	wolfcrypt_refuse_aeads(chachapoly_algs, ARRAY_SIZE(chachapoly_algs));
	wolfcrypt_refuse_skciphers(&chacha20_alg, 1);
}

MODULE_ALIAS_CRYPTO("chacha20");
MODULE_ALIAS_CRYPTO("rfc7539(chacha20,poly1305)");
MODULE_ALIAS_CRYPTO("rfc7539esp(chacha20,poly1305)");
