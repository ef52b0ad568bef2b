// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AES-GCM (NIST SP 800-38D) with 96-bit IVs, and its forms for ESP: RFC 4106, with IVs
 * from the caller or of its own, and RFC 4543, which is GMAC. The choice of an
 * implementation, and the drivers.
 */

#include <crypto/algapi.h>
#include <crypto/gcm.h>
#include <crypto/internal/aead.h>
#include <crypto/rng.h>
#include <crypto/scatterwalk.h>
#include <linux/atomic.h>
#include <linux/fips.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "aead.h"
#include "gcm.h"
#include "internal.h"

/**
 * struct gcm_ctx - what a tfm keeps
 * @key: the key
 * @salt: what the IVs begin with, for the forms for ESP
 * @seqiv: what they end with, for seqiv: the one thing that changes while there is a
 *	   key
 */
struct gcm_ctx {
	struct wolfcrypt_gcm_key key;
	u8 salt[WOLFCRYPT_RFC4106_SALT_SIZE];
	struct wolfcrypt_seqiv seqiv;
};

const struct wolfcrypt_gcm_impl *const wolfcrypt_gcm_impls[] = {
#if IS_ENABLED(CONFIG_CRYPTO_WOLFCRYPT_X86)
	&wolfcrypt_gcm_vaes_avx512,
	&wolfcrypt_gcm_vaes_avx2,
	&wolfcrypt_gcm_avx2,
	&wolfcrypt_gcm_avx,
	&wolfcrypt_gcm_aesni,
#endif
	&wolfcrypt_gcm_c,
	NULL
};

const struct wolfcrypt_gcm_impl *wolfcrypt_gcm __ro_after_init;

void wolfcrypt_gcm_select(void)
{
	wolfcrypt_gcm = wolfcrypt_best(wolfcrypt_gcm_impls);
}

/*
 * Expand a key of any legal size; in any context. If the implementation for this
 * CPU reads the powers of H but can't run here, the C code makes them for it.
 */
static int gcm_expand_key(struct wolfcrypt_gcm_key *key, const u8 *in_key,
			  unsigned int len)
{
	const struct wolfcrypt_gcm_impl *impl = wolfcrypt_gcm_pick();
	int err;

	err = wolfcrypt_aes_setkey(&key->aes, in_key, len);
	if (err)
		return err;

	if (wolfcrypt_gcm->powers)
		wolfcrypt_run(impl, impl->expand(key));
	return 0;
}

static struct gcm_ctx *gcm_ctx(struct crypto_aead *tfm)
{
	return wolfcrypt_align_ctx(crypto_aead_ctx(tfm));
}

static int gcm_setkey(struct crypto_aead *tfm, const u8 *key, unsigned int len)
{
	return gcm_expand_key(&gcm_ctx(tfm)->key, key, len);
}

static int rfc4106_setkey(struct crypto_aead *tfm, const u8 *key,
			  unsigned int len)
{
	struct gcm_ctx *ctx = gcm_ctx(tfm);
	int key_len;

	key_len = wolfcrypt_esp_split_key(key, len, ctx->salt,
					  sizeof(ctx->salt));
	if (key_len < 0)
		return key_len;
	return gcm_expand_key(&ctx->key, key, key_len);
}

static int gcm_setauthsize(struct crypto_aead *tfm, unsigned int authsize)
{
	return crypto_gcm_check_authsize(authsize);
}

/* RFC 4543 section 3.4 */
static int rfc4543_setauthsize(struct crypto_aead *tfm, unsigned int authsize)
{
	return authsize == AES_BLOCK_SIZE ? 0 : -EINVAL;
}

static void gcm_absorb_aad(void *_msg, const u8 *data, unsigned int len)
{
	struct wolfcrypt_gcm_msg *msg = _msg;

	wolfcrypt_run(msg->impl, wolfcrypt_gcm_absorb(msg->impl, msg, data,
						      len));
}

static void gcm_crypt_part(void *_msg, u8 *dst, const u8 *src,
			   unsigned int len, u8 *tag)
{
	struct wolfcrypt_gcm_msg *msg = _msg;

	wolfcrypt_run(msg->impl, msg->impl->update(msg, dst, src, len, tag));
}

/* GMAC (SP 800-38D section 3): all of the message is associated data. */
static void gmac_part(void *_msg, u8 *dst, const u8 *src, unsigned int len,
		      u8 *tag)
{
	struct wolfcrypt_gcm_msg *msg = _msg;

	wolfcrypt_aad_add(&msg->aad, src, len, gcm_absorb_aad, msg);
	if (dst != src)
		memcpy(dst, src, len);
	if (tag)
		gcm_crypt_part(msg, NULL, NULL, 0, tag);
}

/**
 * wolfcrypt_gcm_crypt_with() - GCM in one piece, on a given implementation
 * @impl: the implementation
 * @key: the expanded key, with powers of H if @impl reads them
 * @iv: the IV of WOLFCRYPT_GCM_IV_SIZE bytes
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
 */
void wolfcrypt_gcm_crypt_with(const struct wolfcrypt_gcm_impl *impl,
			      const struct wolfcrypt_gcm_key *key,
			      const u8 *iv, const u8 *aad, unsigned int aad_len,
			      u8 *dst, const u8 *src, unsigned int len,
			      bool enc, u8 *tag)
{
	struct wolfcrypt_gcm_msg msg = {
		.impl		= impl,
		.key		= key,
		.iv		= iv,
		.aad_len	= aad_len,
		.crypt_len	= len,
		.enc		= enc,
	};

	wolfcrypt_aad_add(&msg.aad, aad, aad_len, gcm_absorb_aad, &msg);
	gcm_crypt_part(&msg, dst, src, len, tag);
	memzero_explicit(&msg.st, sizeof(msg.st));
}

/**
 * wolfcrypt_gmac_with() - GMAC in one piece, on a given implementation
 * @impl: the implementation
 * @key: the expanded key, with powers of H if @impl reads them
 * @iv: the IV of WOLFCRYPT_GCM_IV_SIZE bytes
 * @aad: what goes before the message, and isn't copied
 * @aad_len: bytes of @aad
 * @dst: where the message is copied to; may be the same as @src
 * @src: the message, without a tag
 * @len: bytes of @src, at most WOLFCRYPT_FPU_CHUNK
 * @tag: the computed tag, of 16 bytes
 *
 * As wolfcrypt_gcm_crypt_with(), in all.
 */
void wolfcrypt_gmac_with(const struct wolfcrypt_gcm_impl *impl,
			 const struct wolfcrypt_gcm_key *key, const u8 *iv,
			 const u8 *aad, unsigned int aad_len, u8 *dst,
			 const u8 *src, unsigned int len, u8 *tag)
{
	struct wolfcrypt_gcm_msg msg = {
		.impl		= impl,
		.key		= key,
		.iv		= iv,
		.aad_len	= aad_len + len,
		.enc		= true,
	};

	wolfcrypt_aad_add(&msg.aad, aad, aad_len, gcm_absorb_aad, &msg);
	gmac_part(&msg, dst, src, len, tag);
	memzero_explicit(&msg.st, sizeof(msg.st));
}

static void gcm_begin(struct wolfcrypt_gcm_msg *msg, struct aead_request *req,
		      const u8 *iv, bool enc)
{
	msg->impl = wolfcrypt_gcm_pick();
	msg->key = &gcm_ctx(crypto_aead_reqtfm(req))->key;
	msg->iv = iv;
	msg->aad.len = 0;
	msg->enc = enc;
	msg->begun = false;
}

static int gcm_end(struct wolfcrypt_gcm_msg *msg, struct aead_request *req,
		   u8 *tag, int err)
{
	if (!err)
		err = wolfcrypt_aead_end(req, msg->enc, tag);

	memzero_explicit(&msg->st, sizeof(msg->st));
	memzero_explicit(tag, AES_BLOCK_SIZE);
	return err;
}

static int gcm_crypt(struct aead_request *req, const u8 *iv,
		     unsigned int aad_len, bool enc)
{
	/* To clear its buffers first would take longer than a short packet. */
	struct wolfcrypt_gcm_msg msg __uninitialized;
	u8 tag[AES_BLOCK_SIZE];
	int err;

	gcm_begin(&msg, req, iv, enc);
	msg.aad_len = aad_len;
	msg.crypt_len = wolfcrypt_aead_crypt_len(req, enc);
	wolfcrypt_aad_gather(&msg.aad, req->src, aad_len, gcm_absorb_aad, &msg);
	err = wolfcrypt_aead_walk(req, enc, AES_BLOCK_SIZE, gcm_crypt_part,
				  &msg, tag);
	return gcm_end(&msg, req, tag, err);
}

static int gcm_encrypt(struct aead_request *req)
{
	wolfcrypt_count(WOLFCRYPT_DRIVER_GCM);
	return gcm_crypt(req, req->iv, req->assoclen, true);
}

static int gcm_decrypt(struct aead_request *req)
{
	wolfcrypt_count(WOLFCRYPT_DRIVER_GCM);
	return gcm_crypt(req, req->iv, req->assoclen, false);
}

/**
 * wolfcrypt_rfc4106_iv() - the IV of GCM for a packet
 * @iv: where it goes, WOLFCRYPT_GCM_IV_SIZE bytes
 * @salt: WOLFCRYPT_RFC4106_SALT_SIZE bytes, of the key
 * @esp_iv: WOLFCRYPT_ESP_IV_SIZE bytes, of the packet
 *
 * The salt goes before the packet's IV (RFC 4106 section 4).
 */
void wolfcrypt_rfc4106_iv(u8 *iv, const u8 *salt, const u8 *esp_iv)
{
	memcpy(iv, salt, WOLFCRYPT_RFC4106_SALT_SIZE);
	memcpy(iv + WOLFCRYPT_RFC4106_SALT_SIZE, esp_iv,
	       WOLFCRYPT_ESP_IV_SIZE);
}

static int rfc4106_crypt(struct aead_request *req, bool enc)
{
	struct crypto_aead *tfm = crypto_aead_reqtfm(req);
	int aad_len = wolfcrypt_esp_aad_len(req->assoclen);
	u8 iv[WOLFCRYPT_GCM_IV_SIZE];
	int err;

	if (aad_len < 0)
		return aad_len;

	wolfcrypt_rfc4106_iv(iv, gcm_ctx(tfm)->salt, req->iv);
	err = gcm_crypt(req, iv, aad_len, enc);
	memzero_explicit(iv, sizeof(iv));
	return err;
}

static int rfc4106_encrypt(struct aead_request *req)
{
	wolfcrypt_count(WOLFCRYPT_DRIVER_RFC4106);
	return rfc4106_crypt(req, true);
}

static int rfc4106_decrypt(struct aead_request *req)
{
	wolfcrypt_count(WOLFCRYPT_DRIVER_RFC4106);
	return rfc4106_crypt(req, false);
}

/* RFC 4543 section 3.3: the packet's IV is authenticated, too. */
static int rfc4543_crypt(struct aead_request *req, bool enc)
{
	struct wolfcrypt_gcm_msg msg __uninitialized;
	int err = crypto_ipsec_check_assoclen(req->assoclen);
	u8 iv[WOLFCRYPT_GCM_IV_SIZE];
	u8 tag[AES_BLOCK_SIZE];

	if (err)
		return err;

	wolfcrypt_rfc4106_iv(iv, gcm_ctx(crypto_aead_reqtfm(req))->salt,
			     req->iv);
	gcm_begin(&msg, req, iv, enc);
	msg.aad_len = req->assoclen + wolfcrypt_aead_crypt_len(req, enc);
	msg.crypt_len = 0;
	wolfcrypt_aad_gather(&msg.aad, req->src, req->assoclen, gcm_absorb_aad,
			     &msg);
	err = wolfcrypt_aead_walk(req, enc, AES_BLOCK_SIZE, gmac_part, &msg,
				  tag);
	memzero_explicit(iv, sizeof(iv));
	return gcm_end(&msg, req, tag, err);
}

static int rfc4543_encrypt(struct aead_request *req)
{
	wolfcrypt_count(WOLFCRYPT_DRIVER_RFC4543);
	return rfc4543_crypt(req, true);
}

static int rfc4543_decrypt(struct aead_request *req)
{
	wolfcrypt_count(WOLFCRYPT_DRIVER_RFC4543);
	return rfc4543_crypt(req, false);
}

/**
 * wolfcrypt_seqiv_next() - the IV of the next packet
 * @seqiv: of the transform, used by all CPUs
 * @iv: where it goes, WOLFCRYPT_ESP_IV_SIZE bytes
 *
 * The invocation field of SP 800-38D section 8.2.1: an integer that counts, so that
 * none comes twice in this transform.
 *
 * Context: any.
 * Return: 0, or -EOVERFLOW if all have been used.
 */
int wolfcrypt_seqiv_next(struct wolfcrypt_seqiv *seqiv, u8 *iv)
{
	u64 used = READ_ONCE(seqiv->used);

	/* Not atomic64_t: its LOCK prefixes are patched when a second CPU comes. */
	do {
		if (used == U64_MAX)
			return -EOVERFLOW;
	} while (!sync_try_cmpxchg(&seqiv->used, &used, used + 1));
	put_unaligned_be64(seqiv->start + used, iv);
	return 0;
}

/*
 * Two transforms with the same key and salt are for the caller to avoid. If they are
 * there, a random start makes it unlikely that they use the same IVs.
 */
static int seqiv_init(struct crypto_aead *tfm)
{
	struct wolfcrypt_seqiv *seqiv = &gcm_ctx(tfm)->seqiv;
	int err;

	err = crypto_get_default_rng();
	if (err)
		return err;

	seqiv->used = 0;
	err = crypto_rng_get_bytes(crypto_default_rng, (u8 *)&seqiv->start,
				   sizeof(seqiv->start));
	crypto_put_default_rng();
	return err;
}

/* The packet's IV, which is at req->iv now, is the last part of rfc4106's AAD. */
static int seqiv_crypt(const struct aead_request *req, bool enc)
{
	struct aead_request subreq = *req;

	subreq.assoclen += WOLFCRYPT_ESP_IV_SIZE;
	subreq.cryptlen -= WOLFCRYPT_ESP_IV_SIZE;
	return rfc4106_crypt(&subreq, enc);
}

/*
 * As the template seqiv has it, whose users find this in its place; but the IV is the
 * next of our own, whatever the caller wants, and where the output isn't in place the
 * associated data isn't copied. The IV is given out in both places.
 */
static int seqiv_encrypt(struct aead_request *req)
{
	struct crypto_aead *tfm = crypto_aead_reqtfm(req);
	int err;

	wolfcrypt_count(WOLFCRYPT_DRIVER_SEQIV);
	if (req->cryptlen < WOLFCRYPT_ESP_IV_SIZE)
		return -EINVAL;

	err = wolfcrypt_seqiv_next(&gcm_ctx(tfm)->seqiv, req->iv);
	if (err)
		return err;

	scatterwalk_map_and_copy(req->iv, req->dst, req->assoclen,
				 WOLFCRYPT_ESP_IV_SIZE, 1);
	return seqiv_crypt(req, true);
}

static int seqiv_decrypt(struct aead_request *req)
{
	struct crypto_aead *tfm = crypto_aead_reqtfm(req);

	wolfcrypt_count(WOLFCRYPT_DRIVER_SEQIV);
	if (req->cryptlen < WOLFCRYPT_ESP_IV_SIZE + crypto_aead_authsize(tfm))
		return -EINVAL;

	scatterwalk_map_and_copy(req->iv, req->src, req->assoclen,
				 WOLFCRYPT_ESP_IV_SIZE, 0);
	return seqiv_crypt(req, false);
}

static struct aead_alg gcm_algs[] = {
	{
		.base.cra_name	= "rfc4543(gcm(aes))",
		.base.cra_driver_name = "rfc4543-gcm-aes-wolfcrypt",
		.ivsize		= WOLFCRYPT_ESP_IV_SIZE,
		.setkey		= rfc4106_setkey,
		.setauthsize	= rfc4543_setauthsize,
		.encrypt	= rfc4543_encrypt,
		.decrypt	= rfc4543_decrypt,
	}, {
		.base.cra_name	= "gcm(aes)",
		.base.cra_driver_name = "gcm-aes-wolfcrypt",
		.ivsize		= WOLFCRYPT_GCM_IV_SIZE,
		.setkey		= gcm_setkey,
		.setauthsize	= gcm_setauthsize,
		.encrypt	= gcm_encrypt,
		.decrypt	= gcm_decrypt,
	}, {
		.base.cra_name	= "rfc4106(gcm(aes))",
		.base.cra_driver_name = "rfc4106-gcm-aes-wolfcrypt",
		.ivsize		= WOLFCRYPT_ESP_IV_SIZE,
		.setkey		= rfc4106_setkey,
		.setauthsize	= wolfcrypt_esp_setauthsize,
		.encrypt	= rfc4106_encrypt,
		.decrypt	= rfc4106_decrypt,
	}, {
		.base.cra_name	= "seqiv(rfc4106(gcm(aes)))",
		.base.cra_driver_name = "seqiv-rfc4106-gcm-aes-wolfcrypt",
		.ivsize		= WOLFCRYPT_ESP_IV_SIZE,
		.init		= seqiv_init,
		.setkey		= rfc4106_setkey,
		.setauthsize	= wolfcrypt_esp_setauthsize,
		.encrypt	= seqiv_encrypt,
		.decrypt	= seqiv_decrypt,
	},
};

/*
 * Users of seqiv find a driver of that name whatever its priority is: the template
 * would have made one of the best driver of rfc4106, of an accelerator maybe. So it is
 * there in FIPS mode only, which wants the IVs to be made here. The kernel has no
 * rfc4543 in that mode. They are the last and the first of the drivers.
 */
static struct aead_alg *gcm_first(void)
{
	return fips_enabled ? gcm_algs + 1 : gcm_algs;
}

static int gcm_count(void)
{
	return ARRAY_SIZE(gcm_algs) - 1;
}

int wolfcrypt_gcm_register(void)
{
	return wolfcrypt_aead_register(gcm_first(), gcm_count(),
				       WOLFCRYPT_CTXSIZE(struct gcm_ctx),
				       wolfcrypt_gcm->name,
				       WOLFCRYPT_DRIVER_RFC4543 +
				       (gcm_first() - gcm_algs));
}

void wolfcrypt_gcm_unregister(void)
{
	crypto_unregister_aeads(gcm_first(), gcm_count());
}

void wolfcrypt_gcm_refuse(void)
{
	wolfcrypt_refuse_aeads(gcm_algs, ARRAY_SIZE(gcm_algs));
}

MODULE_ALIAS_CRYPTO("gcm(aes)");
MODULE_ALIAS_CRYPTO("rfc4106(gcm(aes))");
MODULE_ALIAS_CRYPTO("rfc4543(gcm(aes))");
MODULE_ALIAS_CRYPTO("seqiv(rfc4106(gcm(aes)))");
