// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AES-GCM for x86-64: on wolfCrypt's assembly, which interleaves eight blocks
 * of AES-NI with PCLMULQDQ in
 *
 *	aesni	SSE4.1 instructions
 *	avx	three-operand AVX instructions
 *	avx2	likewise, with the cheaper reduction of AVX2 CPUs
 *
 * and on that of wolfcrypt-gcm-vaes.S, with sixteen blocks in
 *
 *	vaes-avx2	vectors of 32 bytes
 *	vaes-avx512	vectors of 64 bytes
 *
 * The functions run in FPU sections that their callers open. Data may be
 * unaligned.
 */

#include <crypto/algapi.h>
#include <linux/build_bug.h>
#include <linux/cpufeature.h>
#include <linux/linkage.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "gcm.h"
#include "wolfcrypt-cpu.h"

/* The assembly leaves the powers of H in its frame, of less than 256 bytes. */
WOLFCRYPT_DEFINE_WIPE(wipe_powers, 384)

/*
 * One set of prototypes and of functions for each instruction set: wolfCrypt's
 * assembly comes in three copies that are used alike.
 *
 * The assembly takes whole blocks. The rest of a message is encrypted with the
 * next counter, and absorbed after padding its ciphertext with zeros. The IV is
 * copied, since the AVX2 variant loads 16 bytes of it. Lengths are declared as
 * wide as a register: some of the assembly uses all of it.
 */
#define GCM_IMPL(_isa, _asm)						\
asmlinkage void AES_GCM_init_##_asm(const u8 *schedule, int rounds,	\
				    const u8 *iv,			\
				    unsigned long iv_len, u8 *h,	\
				    u8 *counter, u8 *tag_mask);		\
asmlinkage void AES_GCM_aad_update_##_asm(const u8 *aad,		\
					  unsigned long len,		\
					  u8 *ghash, u8 *h);		\
asmlinkage void AES_GCM_encrypt_block_##_asm(const u8 *schedule,	\
					     int rounds, u8 *out,	\
					     const u8 *in,		\
					     u8 *counter);		\
asmlinkage void AES_GCM_ghash_block_##_asm(const u8 *data, u8 *ghash,	\
					   u8 *h);			\
asmlinkage void AES_GCM_encrypt_update_##_asm(const u8 *schedule,	\
					      int rounds, u8 *out,	\
					      const u8 *in,		\
					      unsigned long len,	\
					      u8 *ghash, u8 *h,		\
					      u8 *counter);		\
asmlinkage void AES_GCM_decrypt_update_##_asm(const u8 *schedule,	\
					      int rounds, u8 *out,	\
					      const u8 *in,		\
					      unsigned long len,	\
					      u8 *ghash, u8 *h,		\
					      u8 *counter);		\
asmlinkage void AES_GCM_encrypt_final_##_asm(u8 *ghash, u8 *tag,	\
					     unsigned long tag_len,	\
					     unsigned long crypt_len,	\
					     unsigned long aad_len,	\
					     u8 *h,			\
					     u8 *tag_mask);		\
									\
static void _isa##_init(const struct wolfcrypt_gcm_key *key,		\
			struct wolfcrypt_gcm_state *st, const u8 *iv)	\
{									\
	u8 block[AES_BLOCK_SIZE] __aligned(16) = {};			\
									\
	memcpy(block, iv, WOLFCRYPT_GCM_IV_SIZE);			\
	memset(st->ghash, 0, sizeof(st->ghash));			\
	AES_GCM_init_##_asm(key->aes.enc, key->aes.rounds, block,	\
			    WOLFCRYPT_GCM_IV_SIZE, st->h, st->counter,	\
			    st->tag_mask);				\
}									\
									\
static void _isa##_absorb_rest(struct wolfcrypt_gcm_state *st,		\
			       const u8 *src, unsigned int len)		\
{									\
	u8 block[AES_BLOCK_SIZE] __aligned(16) = {};			\
									\
	memcpy(block, src, len);					\
	AES_GCM_ghash_block_##_asm(block, st->ghash, st->h);		\
}									\
									\
static void _isa##_crypt_rest(const struct wolfcrypt_gcm_key *key,	\
			      struct wolfcrypt_gcm_state *st,		\
			      u8 *dst, const u8 *src, unsigned int len)	\
{									\
	u8 block[AES_BLOCK_SIZE] __aligned(16) = {};			\
									\
	AES_GCM_encrypt_block_##_asm(key->aes.enc, key->aes.rounds,	\
				     block, block, st->counter);	\
	crypto_xor_cpy(dst, src, block, len);				\
	memzero_explicit(block, sizeof(block));				\
}									\
									\
static void _isa##_aad(const struct wolfcrypt_gcm_key *key,		\
		       struct wolfcrypt_gcm_state *st, const u8 *src,	\
		       unsigned int len)				\
{									\
	unsigned int rest = len % AES_BLOCK_SIZE;			\
									\
	len -= rest;							\
	if (len)							\
		AES_GCM_aad_update_##_asm(src, len, st->ghash, st->h);	\
	if (rest)							\
		_isa##_absorb_rest(st, src + len, rest);		\
}									\
									\
static void _isa##_encrypt(const struct wolfcrypt_gcm_key *key,		\
			   struct wolfcrypt_gcm_state *st,		\
			   u8 *dst, const u8 *src, unsigned int len)	\
{									\
	unsigned int rest = len % AES_BLOCK_SIZE;			\
									\
	len -= rest;							\
	if (len) {							\
		AES_GCM_encrypt_update_##_asm(key->aes.enc,		\
					      key->aes.rounds, dst,	\
					      src, len, st->ghash,	\
					      st->h, st->counter);	\
		wipe_powers();						\
	}								\
	if (rest) {							\
		_isa##_crypt_rest(key, st, dst + len, src + len, rest);	\
		_isa##_absorb_rest(st, dst + len, rest);		\
	}								\
}									\
									\
static void _isa##_decrypt(const struct wolfcrypt_gcm_key *key,		\
			   struct wolfcrypt_gcm_state *st,		\
			   u8 *dst, const u8 *src, unsigned int len)	\
{									\
	unsigned int rest = len % AES_BLOCK_SIZE;			\
									\
	len -= rest;							\
	if (len) {							\
		AES_GCM_decrypt_update_##_asm(key->aes.enc,		\
					      key->aes.rounds, dst,	\
					      src, len, st->ghash,	\
					      st->h, st->counter);	\
		wipe_powers();						\
	}								\
	if (rest) {							\
		_isa##_absorb_rest(st, src + len, rest);		\
		_isa##_crypt_rest(key, st, dst + len, src + len, rest);	\
	}								\
}									\
									\
static void _isa##_final(const struct wolfcrypt_gcm_key *key,		\
			 struct wolfcrypt_gcm_state *st,		\
			 unsigned int aad_len, unsigned int crypt_len,	\
			 u8 *tag)					\
{									\
	AES_GCM_encrypt_final_##_asm(st->ghash, tag, AES_BLOCK_SIZE,	\
				     crypt_len, aad_len, st->h,		\
				     st->tag_mask);			\
}									\
									\
static void _isa##_update(struct wolfcrypt_gcm_msg *msg, u8 *dst,	\
			  const u8 *src, unsigned int len, u8 *tag)	\
{									\
	wolfcrypt_gcm_update(&wolfcrypt_gcm_##_isa, msg, dst, src, len,	\
			     tag);					\
}									\
									\
const struct wolfcrypt_gcm_impl wolfcrypt_gcm_##_isa = {		\
	.name		= #_isa,					\
	.simd		= true,						\
	.usable		= _isa##_usable,				\
	.init		= _isa##_init,					\
	.aad		= _isa##_aad,					\
	.encrypt	= _isa##_encrypt,				\
	.decrypt	= _isa##_decrypt,				\
	.final		= _isa##_final,					\
	.update		= _isa##_update,				\
}

static bool aesni_usable(void)
{
	return boot_cpu_has(X86_FEATURE_AES) &&
	       boot_cpu_has(X86_FEATURE_PCLMULQDQ) &&
	       boot_cpu_has(X86_FEATURE_XMM4_1);
}

static bool avx_usable(void)
{
	return aesni_usable() && ymm_usable();
}

static bool avx2_usable(void)
{
	return avx_usable() && boot_cpu_has(X86_FEATURE_AVX2);
}

GCM_IMPL(aesni, aesni);
GCM_IMPL(avx, avx1);
GCM_IMPL(avx2, avx2);

/* Our own assembly has the prototypes of struct wolfcrypt_gcm_impl. */
asmlinkage void wolfcrypt_gcm_expand_vaes(struct wolfcrypt_gcm_key *key);
asmlinkage void wolfcrypt_gcm_init_vaes(const struct wolfcrypt_gcm_key *key,
					struct wolfcrypt_gcm_state *st,
					const u8 *iv);
asmlinkage void wolfcrypt_gcm_final_vaes(const struct wolfcrypt_gcm_key *key,
					 struct wolfcrypt_gcm_state *st,
					 unsigned int aad_len,
					 unsigned int crypt_len, u8 *tag);

/* The offsets that it has numbers for. */
static_assert(offsetof(struct wolfcrypt_gcm_key, powers) == 0);
static_assert(offsetof(struct wolfcrypt_gcm_key, aes.enc) == 256);
static_assert(offsetof(struct wolfcrypt_gcm_key, aes.rounds) == 736);
static_assert(offsetof(struct wolfcrypt_gcm_state, ghash) == 0);
static_assert(offsetof(struct wolfcrypt_gcm_state, counter) == 16);
static_assert(offsetof(struct wolfcrypt_gcm_state, tag_mask) == 48);

#define GCM_VAES_IMPL(_isa, _name)					\
asmlinkage void wolfcrypt_gcm_aad_##_isa(				\
		const struct wolfcrypt_gcm_key *key,			\
		struct wolfcrypt_gcm_state *st, const u8 *src,		\
		unsigned int len);					\
asmlinkage void wolfcrypt_gcm_encrypt_##_isa(				\
		const struct wolfcrypt_gcm_key *key,			\
		struct wolfcrypt_gcm_state *st, u8 *dst,		\
		const u8 *src, unsigned int len);			\
asmlinkage void wolfcrypt_gcm_decrypt_##_isa(				\
		const struct wolfcrypt_gcm_key *key,			\
		struct wolfcrypt_gcm_state *st, u8 *dst,		\
		const u8 *src, unsigned int len);			\
									\
static void _isa##_update(struct wolfcrypt_gcm_msg *msg, u8 *dst,	\
			  const u8 *src, unsigned int len, u8 *tag)	\
{									\
	wolfcrypt_gcm_update(&wolfcrypt_gcm_##_isa, msg, dst, src, len,	\
			     tag);					\
}									\
									\
const struct wolfcrypt_gcm_impl wolfcrypt_gcm_##_isa = {		\
	.name		= _name,					\
	.simd		= true,						\
	.usable		= _isa##_usable,				\
	.powers		= true,						\
	.expand		= wolfcrypt_gcm_expand_vaes,			\
	.init		= wolfcrypt_gcm_init_vaes,			\
	.aad		= wolfcrypt_gcm_aad_##_isa,			\
	.encrypt	= wolfcrypt_gcm_encrypt_##_isa,			\
	.decrypt	= wolfcrypt_gcm_decrypt_##_isa,			\
	.final		= wolfcrypt_gcm_final_vaes,			\
	.update		= _isa##_update,				\
}

GCM_VAES_IMPL(vaes_avx2, "vaes-avx2");
GCM_VAES_IMPL(vaes_avx512, "vaes-avx512");
