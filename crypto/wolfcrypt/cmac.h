/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AES-CMAC (NIST SP 800-38B): its objects, and what the self-tests call. */
#ifndef _CRYPTO_WOLFCRYPT_CMAC_H
#define _CRYPTO_WOLFCRYPT_CMAC_H

#include "aes.h"

/**
 * struct wolfcrypt_cmac_key - a CMAC key, immutable once set
 * @aes: the expanded AES key
 * @subkey: K1 and K2 of section 6.1
 */
struct wolfcrypt_cmac_key {
	struct wolfcrypt_aes_key aes;
	u8 subkey[2][AES_BLOCK_SIZE];
};

/**
 * struct wolfcrypt_cmac_state - a message under way
 * @mac: the chaining value
 * @block: data that has not been absorbed
 * @len: how much of it there is: 1 to 16 bytes, 0 before the first byte
 */
struct wolfcrypt_cmac_state {
	u8 mac[AES_BLOCK_SIZE];
	u8 block[AES_BLOCK_SIZE];
	unsigned int len;
};

void wolfcrypt_cmac_subkeys(struct wolfcrypt_cmac_key *key,
			    const struct wolfcrypt_aes_impl *impl);
void wolfcrypt_cmac_update(const struct wolfcrypt_aes_impl *impl,
			   const struct wolfcrypt_cmac_key *key,
			   struct wolfcrypt_cmac_state *st,
			   const u8 *data, unsigned int len);
void wolfcrypt_cmac_final(const struct wolfcrypt_aes_impl *impl,
			  const struct wolfcrypt_cmac_key *key,
			  struct wolfcrypt_cmac_state *st, u8 *out);
void wolfcrypt_cmac_short(const struct wolfcrypt_aes_impl *impl,
			  const struct wolfcrypt_cmac_key *key, const u8 *data,
			  unsigned int len, u8 *out);

#endif /* _CRYPTO_WOLFCRYPT_CMAC_H */
