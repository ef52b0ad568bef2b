/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the skcipher drivers (aes.c, xts.c) share. */
#ifndef _CRYPTO_WOLFCRYPT_SKCIPHER_H
#define _CRYPTO_WOLFCRYPT_SKCIPHER_H

#include <crypto/internal/skcipher.h>
#include <linux/highmem.h>
#include <linux/scatterlist.h>

#include "aes.h"

/**
 * struct wolfcrypt_span - the data of a request that lies within a page
 * @dst: output, mapped; the same as @src in place
 * @src: input, mapped
 */
struct wolfcrypt_span {
	u8 *dst;
	const u8 *src;
};

static inline bool wolfcrypt_within_page(struct scatterlist *sg,
					 unsigned int len)
{
	return sg->length >= len && sg->offset + len <= PAGE_SIZE;
}

/**
 * wolfcrypt_map() - map the data of a request, if no walk is needed for it
 * @req: the request
 * @span: where the mappings go
 *
 * Most requests are for a sector or a packet, whose data is in one piece: to
 * set up a walk over it would take longer than to encrypt a short one.
 *
 * Return: false, and nothing is mapped, if there is no data or more than one
 * piece of it; else true, and wolfcrypt_unmap() must follow.
 */
static inline bool wolfcrypt_map(const struct skcipher_request *req,
				 struct wolfcrypt_span *span)
{
	struct scatterlist *src = req->src, *dst = req->dst;

	if (!req->cryptlen || !wolfcrypt_within_page(src, req->cryptlen) ||
	    !wolfcrypt_within_page(dst, req->cryptlen))
		return false;

	span->src = kmap_local_page(sg_page(src)) + src->offset;
	span->dst = kmap_local_page(sg_page(dst)) + dst->offset;
	return true;
}

static inline void wolfcrypt_unmap(const struct wolfcrypt_span *span)
{
	kunmap_local(span->dst);
	kunmap_local(span->src);
}

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

/* Messages, or their ends, over contiguous data; the self-tests call them too. */

void wolfcrypt_cts(const struct wolfcrypt_aes_impl *impl,
		   const struct wolfcrypt_aes_key *key, u8 *dst, const u8 *src,
		   unsigned int len, u8 *iv, bool enc);
void wolfcrypt_stream(const struct wolfcrypt_aes_impl *impl,
		      wolfcrypt_aes_fn fn, const struct wolfcrypt_aes_key *key,
		      u8 *dst, const u8 *src, unsigned int len, u8 *iv);
void wolfcrypt_xts(const struct wolfcrypt_aes_impl *impl,
		   const struct wolfcrypt_aes_key *key, u8 *dst, const u8 *src,
		   unsigned int len, u8 *tweak, bool enc);

#endif /* _CRYPTO_WOLFCRYPT_SKCIPHER_H */
