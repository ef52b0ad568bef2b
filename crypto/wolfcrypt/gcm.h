/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GCM (SP 800-38D): what one implementation of it offers to the drivers. */
#ifndef _CRYPTO_WOLFCRYPT_GCM_H
#define _CRYPTO_WOLFCRYPT_GCM_H

#include "aead.h"
#include "aes.h"

/* The powers of H: 16 blocks are absorbed at a time by what has the most. */
#define WOLFCRYPT_GCM_POWERS	16

/**
 * struct wolfcrypt_gcm_key - a GCM key, immutable once set
 * @powers: H^16, ... H^1 of the hash subkey H, each divided by x, as 128-bit
 *	    little-endian numbers whose most significant bit is the coefficient
 *	    of x^0; only there if the implementation for this CPU wants them
 * @aes: the expanded key
 *
 * As with &struct wolfcrypt_aes_key, all implementations work from the same
 * object. Vectors of the powers may be read beyond the last one, into @aes.
 */
struct wolfcrypt_gcm_key {
	u8 powers[WOLFCRYPT_GCM_POWERS][AES_BLOCK_SIZE] __aligned(16);
	struct wolfcrypt_aes_key aes;
};

/**
 * struct wolfcrypt_gcm_state - one message under way, on the caller's stack
 * @ghash: the running GHASH value
 * @counter: the next counter block
 * @h: the hash subkey, for implementations that don't read its powers
 * @tag_mask: E(K, J0)
 *
 * The byte order of each field is the implementation's own affair: a message
 * is finished by the implementation that began it. Wiped by the caller.
 */
struct wolfcrypt_gcm_state {
	u8 ghash[AES_BLOCK_SIZE] __aligned(16);
	u8 counter[AES_BLOCK_SIZE] __aligned(16);
	u8 h[AES_BLOCK_SIZE] __aligned(16);
	u8 tag_mask[AES_BLOCK_SIZE] __aligned(16);
};

#define WOLFCRYPT_GCM_IV_SIZE	12

/**
 * struct wolfcrypt_gcm_msg - a message under way, as the drivers see it
 * @st: its state
 * @impl: the implementation that works on it
 * @key: the key
 * @iv: the IV
 * @aad: associated data that waits to be absorbed
 * @aad_len: bytes of associated data, in all
 * @crypt_len: bytes of data, in all
 * @enc: encrypt, else decrypt
 * @begun: has @st been set up?
 */
struct wolfcrypt_gcm_msg {
	struct wolfcrypt_gcm_state st;
	const struct wolfcrypt_gcm_impl *impl;
	const struct wolfcrypt_gcm_key *key;
	const u8 *iv;
	struct wolfcrypt_aad aad;
	unsigned int aad_len;
	unsigned int crypt_len;
	bool enc;
	bool begun;
};

/**
 * struct wolfcrypt_gcm_impl - one implementation of GCM
 * @name: suffix of the driver names ("avx2"); empty for the portable C code
 * @simd: the functions below must be called in a kernel-mode FPU section
 * @usable: can this CPU run it? NULL: any CPU can
 * @powers: the functions after @expand read the powers of H
 * @expand: fill the powers of a key whose AES key is set; NULL if it can't,
 *	    which the portable C code can on behalf of the others
 * @init: start a message with a 96-bit IV
 * @aad: absorb @len bytes of associated data, not 0; only the last call of a
 *	 message may have a @len that isn't a multiple of 16 (it is padded with
 *	 zeros)
 * @encrypt: encrypt and absorb @len bytes; the same rule for @len
 * @decrypt: absorb and decrypt @len bytes; the same rule for @len
 * @final: the whole 16-byte tag, given both lengths in bytes
 * @update: all that there is to do for a part of a message by means of the
 *	    others: wolfcrypt_gcm_update() with this implementation's functions,
 *	    so that it takes one indirect call
 */
struct wolfcrypt_gcm_impl {
	const char *name;
	bool simd;
	bool (*usable)(void);
	bool powers;
	void (*expand)(struct wolfcrypt_gcm_key *key);
	void (*init)(const struct wolfcrypt_gcm_key *key,
		     struct wolfcrypt_gcm_state *st, const u8 *iv);
	void (*aad)(const struct wolfcrypt_gcm_key *key,
		    struct wolfcrypt_gcm_state *st, const u8 *src,
		    unsigned int len);
	void (*encrypt)(const struct wolfcrypt_gcm_key *key,
			struct wolfcrypt_gcm_state *st, u8 *dst, const u8 *src,
			unsigned int len);
	void (*decrypt)(const struct wolfcrypt_gcm_key *key,
			struct wolfcrypt_gcm_state *st, u8 *dst, const u8 *src,
			unsigned int len);
	void (*final)(const struct wolfcrypt_gcm_key *key,
		      struct wolfcrypt_gcm_state *st, unsigned int aad_len,
		      unsigned int crypt_len, u8 *tag);
	void (*update)(struct wolfcrypt_gcm_msg *msg, u8 *dst, const u8 *src,
		       unsigned int len, u8 *tag);
};

/* The first call begins the message, to share the FPU section. */
static __always_inline void
wolfcrypt_gcm_absorb(const struct wolfcrypt_gcm_impl *impl,
		     struct wolfcrypt_gcm_msg *msg, const u8 *data,
		     unsigned int len)
{
	if (!msg->begun) {
		impl->init(msg->key, &msg->st, msg->iv);
		msg->begun = true;
	}
	if (len)
		impl->aad(msg->key, &msg->st, data, len);
}

/**
 * wolfcrypt_gcm_update() - absorb the associated data that waits, encrypt or
 *			    decrypt a part of a message, and finish it
 * @impl: the implementation; a constant, so that its functions are called
 *	  directly
 * @msg: the message
 * @dst: output; may be the same as @src
 * @src: its next part; not looked at if @len is 0
 * @len: a multiple of AES_BLOCK_SIZE, or any if this is the last part
 * @tag: where the tag of 16 bytes goes, if this is the last part; else NULL
 */
static __always_inline void
wolfcrypt_gcm_update(const struct wolfcrypt_gcm_impl *impl,
		     struct wolfcrypt_gcm_msg *msg, u8 *dst, const u8 *src,
		     unsigned int len, u8 *tag)
{
	wolfcrypt_gcm_absorb(impl, msg, msg->aad.buf, msg->aad.len);
	msg->aad.len = 0;

	if (len && msg->enc)
		impl->encrypt(msg->key, &msg->st, dst, src, len);
	else if (len)
		impl->decrypt(msg->key, &msg->st, dst, src, len);

	if (tag)
		impl->final(msg->key, &msg->st, msg->aad_len, msg->crypt_len,
			    tag);
}

extern const struct wolfcrypt_gcm_impl wolfcrypt_gcm_c;
extern const struct wolfcrypt_gcm_impl wolfcrypt_gcm_aesni;
extern const struct wolfcrypt_gcm_impl wolfcrypt_gcm_avx;
extern const struct wolfcrypt_gcm_impl wolfcrypt_gcm_avx2;
extern const struct wolfcrypt_gcm_impl wolfcrypt_gcm_vaes_avx2;
extern const struct wolfcrypt_gcm_impl wolfcrypt_gcm_vaes_avx512;

/* Every implementation of this build, best first, NULL-terminated. */
extern const struct wolfcrypt_gcm_impl *const wolfcrypt_gcm_impls[];

/* The best one for this CPU; set once, before any driver is registered. */
extern const struct wolfcrypt_gcm_impl *wolfcrypt_gcm;

/* As wolfcrypt_aes_pick(). */
static inline const struct wolfcrypt_gcm_impl *wolfcrypt_gcm_pick(void)
{
	return crypto_simd_usable() ? wolfcrypt_gcm : &wolfcrypt_gcm_c;
}

/**
 * struct wolfcrypt_seqiv - IVs of packets
 * @start: the first one, as a number
 * @used: how many have been used
 */
struct wolfcrypt_seqiv {
	u64 start;
	u64 used;
};

int wolfcrypt_seqiv_next(struct wolfcrypt_seqiv *seqiv, u8 *iv);

void wolfcrypt_gcm_crypt_with(const struct wolfcrypt_gcm_impl *impl,
			      const struct wolfcrypt_gcm_key *key,
			      const u8 *iv, const u8 *aad, unsigned int aad_len,
			      u8 *dst, const u8 *src, unsigned int len,
			      bool enc, u8 *tag);
void wolfcrypt_gmac_with(const struct wolfcrypt_gcm_impl *impl,
			 const struct wolfcrypt_gcm_key *key, const u8 *iv,
			 const u8 *aad, unsigned int aad_len, u8 *dst,
			 const u8 *src, unsigned int len, u8 *tag);

#endif /* _CRYPTO_WOLFCRYPT_GCM_H */
