/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the AEAD drivers (gcm.c, ccm.c) share. */
#ifndef _CRYPTO_WOLFCRYPT_AEAD_H
#define _CRYPTO_WOLFCRYPT_AEAD_H

#include <crypto/aes.h>
#include <linux/scatterlist.h>
#include <linux/types.h>

#include "aes.h"

/* rfc4106 and rfc4309: the IV of the packet, also at the end of the AAD */
#define WOLFCRYPT_ESP_IV_SIZE	8

/**
 * struct wolfcrypt_aad - associated data that waits to be absorbed
 * @buf: the data
 * @len: how much there is
 *
 * Large enough for the headers of ESP, TLS and MACsec, so that those are
 * absorbed in the FPU section of the first payload.
 */
struct wolfcrypt_aad {
	u8 buf[4 * AES_BLOCK_SIZE];
	unsigned int len;
};

/**
 * typedef wolfcrypt_aad_fn - absorb associated data
 * @msg: the message
 * @data: the next part, but not the last one, of its associated data
 * @len: a multiple of AES_BLOCK_SIZE, at most WOLFCRYPT_FPU_CHUNK
 */
typedef void wolfcrypt_aad_fn(void *msg, const u8 *data, unsigned int len);

void wolfcrypt_aad_add(struct wolfcrypt_aad *aad, const u8 *src,
		       unsigned int len, wolfcrypt_aad_fn *absorb, void *msg);
void wolfcrypt_aad_gather(struct wolfcrypt_aad *aad, struct scatterlist *sg,
			  unsigned int len, wolfcrypt_aad_fn *absorb,
			  void *msg);

int wolfcrypt_ccm_crypt_with(const struct wolfcrypt_aes_impl *impl,
			     const struct wolfcrypt_aes_key *key, const u8 *iv,
			     const u8 *aad, unsigned int aad_len,
			     u8 *dst, const u8 *src, unsigned int len,
			     bool enc, u8 *tag);

#endif /* _CRYPTO_WOLFCRYPT_AEAD_H */
