// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AES-CBC or AES-CTR, and HMAC of the result, as ESP wants it (RFC 3602, RFC 3686,
 * RFC 2404, RFC 4868): what the template authenc makes of two drivers, in one pass over
 * the data to encrypt. What isn't authentic isn't decrypted, so that there are two then.
 */

#include <crypto/aes.h>
#include <crypto/algapi.h>
#include <crypto/authenc.h>
#include <crypto/ctr.h>
#include <crypto/internal/aead.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "aead.h"
#include "aes.h"
#include "internal.h"
#include "sha.h"
#include "skcipher.h"

/* Bytes of a turn where that gains nothing, see authenc_encrypt_hash() */
#define AUTHENC_LONG_TURN	PAGE_SIZE

/* The template's priority is ten times the cipher's and once the MAC's. */
#define AUTHENC_PRIORITY	(12 * WOLFCRYPT_PRIORITY)

/**
 * struct authenc_kind - what one of the drivers does
 * @hash: HMAC's hash function
 * @ctr: RFC 3686, else CBC
 */
struct authenc_kind {
	enum wolfcrypt_hash_id hash;
	bool ctr;
};

/*
 * Those that testmgr knows for fips=1, though of RFC 3686 it has no vectors. For SHA-384
 * with CBC the template remains.
 */
static const struct authenc_kind authenc_kinds[] = {
	{ WOLFCRYPT_SHA1, false },
	{ WOLFCRYPT_SHA256, false },
	{ WOLFCRYPT_SHA512, false },
	{ WOLFCRYPT_SHA1, true },
	{ WOLFCRYPT_SHA256, true },
	{ WOLFCRYPT_SHA384, true },
	{ WOLFCRYPT_SHA512, true },
};

static_assert(WOLFCRYPT_DRIVER_SHA - WOLFCRYPT_DRIVER_AUTHENC ==
	      ARRAY_SIZE(authenc_kinds));

static struct aead_alg authenc_algs[ARRAY_SIZE(authenc_kinds)];

struct authenc_ctx {
	struct wolfcrypt_aes_key aes;
	struct wolfcrypt_hmac_key hmac;
	u8 nonce[CTR_RFC3686_NONCE_SIZE];
};

/**
 * struct authenc_msg - a request under way
 * @aes: AES, to be called in an FPU section of the caller's if need be
 * @sha: the hash function's compression, in that section if there is one
 * @section: whether there is need of one for AES
 * @ctx: the keys
 * @kind: what is done
 * @hash: its hash function
 * @enc: encrypt, else decrypt
 * @iv: the chaining value or counter
 * @state: the inner hash of HMAC
 */
struct authenc_msg {
	const struct wolfcrypt_aes_impl *aes;
	struct wolfcrypt_sha_impl sha;
	bool section;
	const struct authenc_ctx *ctx;
	const struct authenc_kind *kind;
	const struct wolfcrypt_hash *hash;
	bool enc;
	u8 iv[AES_BLOCK_SIZE] __aligned(16);
	union wolfcrypt_hash_state state;
};

static struct authenc_ctx *authenc_ctx(struct crypto_aead *tfm)
{
	return wolfcrypt_align_ctx(crypto_aead_ctx(tfm));
}

/* authenc_algs[] runs parallel to authenc_kinds[]. */
static unsigned int authenc_index(struct crypto_aead *tfm)
{
	return crypto_aead_alg(tfm) - authenc_algs;
}

static int authenc_setkey(struct crypto_aead *tfm, const u8 *key,
			  unsigned int len)
{
	const struct authenc_kind *kind = &authenc_kinds[authenc_index(tfm)];
	const struct wolfcrypt_hash *hash = &wolfcrypt_hashes[kind->hash];
	struct authenc_ctx *ctx = authenc_ctx(tfm);
	struct crypto_authenc_keys keys;
	int err;

	err = crypto_authenc_extractkeys(&keys, key, len);
	if (err)
		goto out;

	err = wolfcrypt_hmac_check_keylen(keys.authkeylen);
	if (err)
		goto out;

	err = -EINVAL;
	if (kind->ctr) {
		if (keys.enckeylen < CTR_RFC3686_NONCE_SIZE)
			goto out;
		keys.enckeylen -= CTR_RFC3686_NONCE_SIZE;
		memcpy(ctx->nonce, keys.enckey + keys.enckeylen,
		       CTR_RFC3686_NONCE_SIZE);
	}

	err = wolfcrypt_aes_setkey(&ctx->aes, keys.enckey, keys.enckeylen);
	if (err)
		goto out;
	wolfcrypt_hmac_expand_key(hash, wolfcrypt_hash_pick(hash), &ctx->hmac,
				  keys.authkey, keys.authkeylen);
out:
	memzero_explicit(&keys, sizeof(keys));
	return err;
}

static void authenc_iv(struct authenc_msg *msg, const u8 *iv)
{
	if (!msg->kind->ctr) {
		memcpy(msg->iv, iv, AES_BLOCK_SIZE);
		return;
	}

	/* RFC 3686 section 4: the blocks are numbered from 1 on. */
	memcpy(msg->iv, msg->ctx->nonce, CTR_RFC3686_NONCE_SIZE);
	memcpy(msg->iv + CTR_RFC3686_NONCE_SIZE, iv, CTR_RFC3686_IV_SIZE);
	put_unaligned_be32(1, msg->iv + CTR_RFC3686_NONCE_SIZE +
			      CTR_RFC3686_IV_SIZE);
}

static void authenc_cipher(struct authenc_msg *msg, u8 *dst, const u8 *src,
			   unsigned int len)
{
	const struct wolfcrypt_aes_impl *aes = msg->aes;
	const struct wolfcrypt_aes_key *key = &msg->ctx->aes;

	if (!len)
		return;

	if (msg->kind->ctr)
		wolfcrypt_stream(aes, aes->ctr, key, dst, src, len, msg->iv);
	else if (msg->enc)
		aes->cbc_enc(key, dst, src, len, msg->iv);
	else
		aes->cbc_dec(key, dst, src, len, msg->iv);
}

static void authenc_hash(struct authenc_msg *msg, const u8 *data,
			 unsigned int len)
{
	wolfcrypt_hash_update(msg->hash, &msg->sha, &msg->state, data, len);
}

/*
 * Each block of CBC waits for the one before, as those of the hash function do, and both
 * leave most of the CPU idle. Neither waits for the other: so they take short turns,
 * and the CPU, which looks ahead that far, does both at once. CTR does many blocks at
 * once itself, and so does the portable code. What is hashed begins at @data, which is
 * @dst or lies before it.
 */
static void authenc_encrypt_hash(struct authenc_msg *msg, const u8 *data,
				 u8 *dst, const u8 *src, unsigned int len)
{
	unsigned int block = msg->hash->block_size;
	unsigned int turn = msg->kind->ctr || !msg->aes->simd ?
			    AUTHENC_LONG_TURN : block;
	unsigned int used = wolfcrypt_hash_used(msg->hash, &msg->state);
	unsigned int n, ready;

	for (; len; dst += n, src += n, len -= n) {
		n = min(len, turn);
		authenc_cipher(msg, dst, src, n);
		ready = dst + n - data;
		if (used + ready < block)
			continue;
		ready -= (used + ready) % block;
		authenc_hash(msg, data, ready);
		data += ready;
		used = 0;
	}
	authenc_hash(msg, data, dst - data);
}

static void authenc_encrypt_part(void *_msg, u8 *dst, const u8 *src,
				 unsigned int len, u8 *tag)
{
	struct authenc_msg *msg = _msg;

	if (msg->section)
		wolfcrypt_fpu_begin();
	authenc_encrypt_hash(msg, dst, dst, src, len);
	if (tag)
		wolfcrypt_hmac_finish(msg->hash, &msg->sha, &msg->ctx->hmac,
				      &msg->state, tag);
	if (msg->section)
		wolfcrypt_fpu_end();
}

static void authenc_decrypt_part(void *_msg, u8 *dst, const u8 *src,
				 unsigned int len, u8 *tag)
{
	struct authenc_msg *msg = _msg;

	wolfcrypt_run(msg->aes, authenc_cipher(msg, dst, src, len));
}

static void authenc_finish(struct authenc_msg *msg, u8 *tag)
{
	if (msg->section)
		wolfcrypt_fpu_begin();
	wolfcrypt_hmac_finish(msg->hash, &msg->sha, &msg->ctx->hmac,
			      &msg->state, tag);
	if (msg->section)
		wolfcrypt_fpu_end();
}

static void authenc_absorb(void *_msg, const u8 *data, unsigned int len)
{
	struct authenc_msg *msg = _msg;

	if (msg->section)
		wolfcrypt_fpu_begin();
	authenc_hash(msg, data, len);
	if (msg->section)
		wolfcrypt_fpu_end();
}

/* The first @len bytes, which are authenticated only. */
static void authenc_absorb_sg(struct authenc_msg *msg, struct scatterlist *sg,
			      unsigned int len)
{
	struct wolfcrypt_aad aad;

	aad.len = 0;
	wolfcrypt_aad_gather(&aad, sg, len, authenc_absorb, msg);
	if (aad.len)
		authenc_absorb(msg, aad.buf, aad.len);
}

static void authenc_begin(struct authenc_msg *msg, struct aead_request *req,
			  const struct authenc_kind *kind, bool enc)
{
	const struct wolfcrypt_hash *hash = &wolfcrypt_hashes[kind->hash];
	const struct wolfcrypt_sha_impl *sha = wolfcrypt_hash_pick(hash);

	msg->aes = wolfcrypt_aes_pick();
	/* Portable AES is too slow for a section: the hash function has its own then. */
	msg->section = msg->aes->simd;
	msg->sha = msg->section ? wolfcrypt_sha_in_section(sha) : *sha;
	msg->ctx = authenc_ctx(crypto_aead_reqtfm(req));
	msg->kind = kind;
	msg->hash = hash;
	msg->enc = enc;
	authenc_iv(msg, req->iv);
	wolfcrypt_hash_start(hash, &msg->state, msg->ctx->hmac.inner,
			     hash->block_size);
}

/**
 * authenc_map() - map the data of a request, if no walk is needed for it
 * @req: the request
 * @src_len: bytes of associated data, text, and tag if there is one
 * @dst_len: likewise
 * @span: where the mappings go
 *
 * As wolfcrypt_map(): most packets are in one piece.
 *
 * Return: whether they are mapped, and wolfcrypt_unmap() must follow.
 */
static bool authenc_map(const struct aead_request *req, unsigned int src_len,
			unsigned int dst_len, struct wolfcrypt_span *span)
{
	if (!src_len || !dst_len ||
	    !wolfcrypt_within_page(req->src, src_len) ||
	    !wolfcrypt_within_page(req->dst, dst_len))
		return false;

	span->src = kmap_local_page(sg_page(req->src)) + req->src->offset;
	span->dst = kmap_local_page(sg_page(req->dst)) + req->dst->offset;
	return true;
}

static void authenc_encrypt_span(struct authenc_msg *msg,
				 const struct wolfcrypt_span *span,
				 unsigned int assoclen, unsigned int len,
				 u8 *tag)
{
	const u8 *src = span->src + assoclen;
	u8 *dst = span->dst + assoclen;
	const u8 *data = span->dst;

	if (msg->section)
		wolfcrypt_fpu_begin();
	if (span->src != span->dst) {
		authenc_hash(msg, span->src, assoclen);
		data = dst;
	}
	authenc_encrypt_hash(msg, data, dst, src, len);
	wolfcrypt_hmac_finish(msg->hash, &msg->sha, &msg->ctx->hmac,
			      &msg->state, tag);
	if (msg->section)
		wolfcrypt_fpu_end();
}

static int authenc_decrypt_span(struct authenc_msg *msg,
				const struct wolfcrypt_span *span,
				unsigned int assoclen, unsigned int len,
				u8 *tag, unsigned int authsize)
{
	const u8 *text = span->src + assoclen;
	int err = -EBADMSG;

	if (msg->section)
		wolfcrypt_fpu_begin();
	authenc_hash(msg, span->src, assoclen + len);
	wolfcrypt_hmac_finish(msg->hash, &msg->sha, &msg->ctx->hmac,
			      &msg->state, tag);
	if (!crypto_memneq(text + len, tag, authsize)) {
		authenc_cipher(msg, span->dst + assoclen, text, len);
		err = 0;
	}
	if (msg->section)
		wolfcrypt_fpu_end();
	return err;
}

/* Before anything is decrypted: as with the template, a forgery leaves no plaintext. */
static int authenc_verify(struct aead_request *req, unsigned int len,
			  struct authenc_msg *msg, u8 *tag)
{
	authenc_absorb_sg(msg, req->src, req->assoclen + len);
	authenc_finish(msg, tag);
	return wolfcrypt_aead_end(req, false, tag);
}

static int authenc_crypt(struct aead_request *req, bool enc, unsigned int len,
			 struct authenc_msg *msg, u8 *tag)
{
	unsigned int authsize = crypto_aead_authsize(crypto_aead_reqtfm(req));
	unsigned int text_len = req->assoclen + len;
	struct wolfcrypt_span span;
	int err = 0;

	if (authenc_map(req, text_len + (enc ? 0 : authsize),
			text_len + (enc ? authsize : 0), &span)) {
		if (enc) {
			authenc_encrypt_span(msg, &span, req->assoclen, len, tag);
			memcpy(span.dst + text_len, tag, authsize);
		} else {
			err = authenc_decrypt_span(msg, &span, req->assoclen,
						   len, tag, authsize);
		}
		wolfcrypt_unmap(&span);
		return err;
	}

	if (!enc)
		return authenc_verify(req, len, msg, tag) ?:
		       wolfcrypt_aead_walk(req, enc, AES_BLOCK_SIZE,
					   authenc_decrypt_part, msg, tag);

	authenc_absorb_sg(msg, req->src, req->assoclen);
	err = wolfcrypt_aead_walk(req, enc, AES_BLOCK_SIZE,
				  authenc_encrypt_part, msg, tag);
	return err ?: wolfcrypt_aead_end(req, enc, tag);
}

/* A message of CBC's that isn't whole blocks: as with the template, it's the tag first. */
static int authenc_reject(struct aead_request *req, unsigned int len,
			  struct authenc_msg *msg, u8 *tag)
{
	return authenc_verify(req, len, msg, tag) ?: -EINVAL;
}

static int authenc_request(struct aead_request *req, bool enc)
{
	unsigned int index = authenc_index(crypto_aead_reqtfm(req));
	const struct authenc_kind *kind = &authenc_kinds[index];
	unsigned int len = wolfcrypt_aead_crypt_len(req, enc);
	bool valid = kind->ctr || len % AES_BLOCK_SIZE == 0;
	/* To clear its buffers first would take longer than a short packet. */
	struct authenc_msg msg __uninitialized;
	u8 tag[WOLFCRYPT_MAX_TAG_SIZE];
	int err;

	wolfcrypt_count(WOLFCRYPT_DRIVER_AUTHENC + index);
	if (enc && !valid)
		return -EINVAL;

	authenc_begin(&msg, req, kind, enc);
	if (valid)
		err = authenc_crypt(req, enc, len, &msg, tag);
	else
		err = authenc_reject(req, len, &msg, tag);

	/* The state is wiped, but where a walk failed. */
	if (err)
		memzero_explicit(&msg.state, sizeof(msg.state));
	memzero_explicit(tag, sizeof(tag));
	return err;
}

static int authenc_encrypt(struct aead_request *req)
{
	return authenc_request(req, true);
}

static int authenc_decrypt(struct aead_request *req)
{
	return authenc_request(req, false);
}

static struct aead_alg authenc_algs[ARRAY_SIZE(authenc_kinds)] = {
	[0 ... ARRAY_SIZE(authenc_kinds) - 1] = {
		.base.cra_priority = AUTHENC_PRIORITY,
		.setkey	= authenc_setkey,
		.encrypt = authenc_encrypt,
		.decrypt = authenc_decrypt,
	},
};

int wolfcrypt_authenc_register(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(authenc_algs); i++) {
		const struct authenc_kind *kind = &authenc_kinds[i];
		const struct wolfcrypt_hash *hash = &wolfcrypt_hashes[kind->hash];
		struct crypto_alg *base = &authenc_algs[i].base;

		snprintf(base->cra_name, sizeof(base->cra_name),
			 kind->ctr ? "authenc(hmac(%s),rfc3686(ctr(aes)))" :
				     "authenc(hmac(%s),cbc(aes))", hash->name);
		snprintf(base->cra_driver_name, sizeof(base->cra_driver_name),
			 kind->ctr ? "authenc-hmac-%s-rfc3686-ctr-aes-wolfcrypt" :
				     "authenc-hmac-%s-cbc-aes-wolfcrypt",
			 hash->name);
		base->cra_blocksize = kind->ctr ? 1 : AES_BLOCK_SIZE;
		authenc_algs[i].ivsize = kind->ctr ? CTR_RFC3686_IV_SIZE :
						     AES_BLOCK_SIZE;
		authenc_algs[i].maxauthsize = hash->digest_size;
	}
	return wolfcrypt_aead_register(authenc_algs, ARRAY_SIZE(authenc_algs),
				       WOLFCRYPT_CTXSIZE(struct authenc_ctx),
				       wolfcrypt_aes->name,
				       WOLFCRYPT_DRIVER_AUTHENC);
}

void wolfcrypt_authenc_unregister(void)
{
	crypto_unregister_aeads(authenc_algs, ARRAY_SIZE(authenc_algs));
}

void wolfcrypt_authenc_refuse(void)
{
	wolfcrypt_refuse_aeads(authenc_algs, ARRAY_SIZE(authenc_algs));
}

MODULE_ALIAS_CRYPTO("authenc(hmac(sha1),cbc(aes))");
MODULE_ALIAS_CRYPTO("authenc(hmac(sha256),cbc(aes))");
MODULE_ALIAS_CRYPTO("authenc(hmac(sha512),cbc(aes))");
MODULE_ALIAS_CRYPTO("authenc(hmac(sha1),rfc3686(ctr(aes)))");
MODULE_ALIAS_CRYPTO("authenc(hmac(sha256),rfc3686(ctr(aes)))");
MODULE_ALIAS_CRYPTO("authenc(hmac(sha384),rfc3686(ctr(aes)))");
MODULE_ALIAS_CRYPTO("authenc(hmac(sha512),rfc3686(ctr(aes)))");
