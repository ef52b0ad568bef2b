/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The HMAC of the integrity test, for those who know what goes into it. */
#ifndef _CRYPTO_WOLFCRYPT_INTEGRITY_MAC_H
#define _CRYPTO_WOLFCRYPT_INTEGRITY_MAC_H

#include <linux/types.h>

#include "../sha.h"

/**
 * struct wolfcrypt_integrity_mac - an HMAC under way
 * @key: the expanded key
 * @state: of the inner hash
 */
struct wolfcrypt_integrity_mac {
	struct wolfcrypt_hmac_key key;
	struct sha256_state state;
};

void wolfcrypt_integrity_mac_start(struct wolfcrypt_integrity_mac *mac,
				   u64 text_size, u64 rodata_size);
void wolfcrypt_integrity_mac_update(struct wolfcrypt_integrity_mac *mac,
				    const void *data, unsigned int len);
void wolfcrypt_integrity_mac_finish(struct wolfcrypt_integrity_mac *mac, u8 *out);

/* What is in the file that the module was loaded from. */
bool wolfcrypt_integrity_file_digest(u8 *out);

#endif /* _CRYPTO_WOLFCRYPT_INTEGRITY_MAC_H */
