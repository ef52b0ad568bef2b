/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the skcipher drivers (aes.c, xts.c) share. */
#ifndef _CRYPTO_WOLFCRYPT_SKCIPHER_H
#define _CRYPTO_WOLFCRYPT_SKCIPHER_H

#include <crypto/internal/skcipher.h>

#include "aes.h"

int wolfcrypt_skcipher_walk(struct skcipher_request *req,
			    const struct wolfcrypt_aes_impl *impl,
			    wolfcrypt_aes_fn fn,
			    const struct wolfcrypt_aes_key *key, u8 *iv);

/*
 * The first @len bytes of @req, as a request on the stack: it is only walked
 * by the driver, and has no context of its own.
 */
static inline void wolfcrypt_subrequest(struct skcipher_request *subreq,
					struct skcipher_request *req,
					unsigned int len)
{
	skcipher_request_set_tfm(subreq, crypto_skcipher_reqtfm(req));
	skcipher_request_set_callback(subreq, skcipher_request_flags(req),
				      NULL, NULL);
	skcipher_request_set_crypt(subreq, req->src, req->dst, len, req->iv);
}

/* The ends of messages, over contiguous data; the self-tests call them too. */

void wolfcrypt_cts_encrypt_tail(const struct wolfcrypt_aes_impl *impl,
				const struct wolfcrypt_aes_key *key, u8 *buf,
				unsigned int n, u8 *iv);
void wolfcrypt_cts_decrypt_tail(const struct wolfcrypt_aes_impl *impl,
				const struct wolfcrypt_aes_key *key, u8 *buf,
				unsigned int n, u8 *iv);
void wolfcrypt_stream_tail(const struct wolfcrypt_aes_impl *impl,
			   const struct wolfcrypt_aes_key *key, u8 *dst,
			   const u8 *src, unsigned int len, const u8 *iv);
void wolfcrypt_xts_encrypt_tail(const struct wolfcrypt_aes_impl *impl,
				const struct wolfcrypt_aes_key *key, u8 *buf,
				unsigned int n, u8 *tweak);
void wolfcrypt_xts_decrypt_tail(const struct wolfcrypt_aes_impl *impl,
				const struct wolfcrypt_aes_key *key, u8 *buf,
				unsigned int n, u8 *tweak);

#endif /* _CRYPTO_WOLFCRYPT_SKCIPHER_H */
