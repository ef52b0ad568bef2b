// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AES for x86-64, on wolfCrypt's assembly:
 *
 *	aesni	AES-NI with SSE4.1 instructions; four blocks in flight (ECB,
 *		XTS, and CTR and CFB decryption by way of ECB), eight in CBC
 *		decryption
 *	avx	the same, and XTS in three-operand AVX instructions
 *
 * The functions run in FPU sections that their callers open. Data may be
 * unaligned; keys and IVs are aligned, see struct wolfcrypt_aes_key.
 */

#include <asm/fpu/api.h>
#include <crypto/algapi.h>
#include <linux/cpufeature.h>
#include <linux/linkage.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "aes.h"

asmlinkage void AES_128_Key_Expansion_AESNI(const u8 *user_key, u8 *schedule);
asmlinkage void AES_192_Key_Expansion_AESNI(const u8 *user_key, u8 *schedule);
asmlinkage void AES_256_Key_Expansion_AESNI(const u8 *user_key, u8 *schedule);

asmlinkage void AES_ECB_encrypt_AESNI(const u8 *in, u8 *out, unsigned long len,
				      const u8 *schedule, int rounds);
asmlinkage void AES_ECB_decrypt_AESNI(const u8 *in, u8 *out, unsigned long len,
				      const u8 *schedule, int rounds);
asmlinkage void AES_CBC_encrypt_AESNI(const u8 *in, u8 *out, u8 *iv,
				      unsigned long len, const u8 *schedule,
				      int rounds);
asmlinkage void AES_CBC_decrypt_AESNI_by8(const u8 *in, u8 *out, u8 *iv,
					  unsigned long len,
					  const u8 *schedule, int rounds);

asmlinkage void AES_XTS_encrypt_update_aesni(const u8 *in, u8 *out,
					     unsigned long len,
					     const u8 *schedule, u8 *tweak,
					     int rounds);
asmlinkage void AES_XTS_decrypt_update_aesni(const u8 *in, u8 *out,
					     unsigned long len,
					     const u8 *schedule, u8 *tweak,
					     int rounds);
asmlinkage void AES_XTS_encrypt_update_avx1(const u8 *in, u8 *out,
					    unsigned long len,
					    const u8 *schedule, u8 *tweak,
					    int rounds);
asmlinkage void AES_XTS_decrypt_update_avx1(const u8 *in, u8 *out,
					    unsigned long len,
					    const u8 *schedule, u8 *tweak,
					    int rounds);

/* Blocks that one call of the ECB assembly makes of a mode without its own. */
#define BATCH	(16 * AES_BLOCK_SIZE)

/* InvMixColumns() of a round key. */
static void inv_mix_columns(u8 *dst, const u8 *src)
{
	asm("movdqa	%1, %%xmm0\n\t"
	    "aesimc	%%xmm0, %%xmm0\n\t"
	    "movdqa	%%xmm0, %0"
	    : "=m" (*(u8 (*)[AES_BLOCK_SIZE])dst)
	    : "m" (*(const u8 (*)[AES_BLOCK_SIZE])src));
}

static void aesni_expand_key(struct wolfcrypt_aes_key *key, const u8 *in_key,
			     unsigned int len)
{
	unsigned int last = (len / 4 + 6) * AES_BLOCK_SIZE;
	unsigned int i;

	key->rounds = len / 4 + 6;
	switch (len) {
	case AES_KEYSIZE_128:
		AES_128_Key_Expansion_AESNI(in_key, key->enc);
		break;
	case AES_KEYSIZE_192:
		AES_192_Key_Expansion_AESNI(in_key, key->enc);
		break;
	default:
		AES_256_Key_Expansion_AESNI(in_key, key->enc);
		break;
	}

	memcpy(key->dec, key->enc + last, AES_BLOCK_SIZE);
	for (i = AES_BLOCK_SIZE; i < last; i += AES_BLOCK_SIZE)
		inv_mix_columns(key->dec + i, key->enc + last - i);
	memcpy(key->dec + last, key->enc, AES_BLOCK_SIZE);
}

static void aesni_ecb_enc(const struct wolfcrypt_aes_key *key, u8 *dst,
			  const u8 *src, unsigned int len, u8 *iv)
{
	AES_ECB_encrypt_AESNI(src, dst, len, key->enc, key->rounds);
}

static void aesni_ecb_dec(const struct wolfcrypt_aes_key *key, u8 *dst,
			  const u8 *src, unsigned int len, u8 *iv)
{
	AES_ECB_decrypt_AESNI(src, dst, len, key->dec, key->rounds);
}

static void aesni_cbc_enc(const struct wolfcrypt_aes_key *key, u8 *dst,
			  const u8 *src, unsigned int len, u8 *iv)
{
	AES_CBC_encrypt_AESNI(src, dst, iv, len, key->enc, key->rounds);
	memcpy(iv, dst + len - AES_BLOCK_SIZE, AES_BLOCK_SIZE);
}

static void aesni_cbc_dec(const struct wolfcrypt_aes_key *key, u8 *dst,
			  const u8 *src, unsigned int len, u8 *iv)
{
	u8 next[AES_BLOCK_SIZE];

	memcpy(next, src + len - AES_BLOCK_SIZE, AES_BLOCK_SIZE);
	AES_CBC_decrypt_AESNI_by8(src, dst, iv, len, key->dec, key->rounds);
	memcpy(iv, next, AES_BLOCK_SIZE);
}

static void aesni_cfb_enc(const struct wolfcrypt_aes_key *key, u8 *dst,
			  const u8 *src, unsigned int len, u8 *iv)
{
	for (; len; len -= AES_BLOCK_SIZE) {
		AES_ECB_encrypt_AESNI(iv, iv, AES_BLOCK_SIZE, key->enc,
				      key->rounds);
		crypto_xor(iv, src, AES_BLOCK_SIZE);
		memcpy(dst, iv, AES_BLOCK_SIZE);
		src += AES_BLOCK_SIZE;
		dst += AES_BLOCK_SIZE;
	}
}

/* The key stream is the encryption of the IV and all ciphertext but the last. */
static void aesni_cfb_dec(const struct wolfcrypt_aes_key *key, u8 *dst,
			  const u8 *src, unsigned int len, u8 *iv)
{
	u8 ks[BATCH] __aligned(16);

	while (len) {
		unsigned int n = min_t(unsigned int, len, BATCH);

		memcpy(ks, iv, AES_BLOCK_SIZE);
		memcpy(ks + AES_BLOCK_SIZE, src, n - AES_BLOCK_SIZE);
		memcpy(iv, src + n - AES_BLOCK_SIZE, AES_BLOCK_SIZE);
		AES_ECB_encrypt_AESNI(ks, ks, n, key->enc, key->rounds);
		crypto_xor_cpy(dst, src, ks, n);
		src += n;
		dst += n;
		len -= n;
	}
	memzero_explicit(ks, sizeof(ks));
}

static void aesni_ofb(const struct wolfcrypt_aes_key *key, u8 *dst,
		      const u8 *src, unsigned int len, u8 *iv)
{
	for (; len; len -= AES_BLOCK_SIZE) {
		AES_ECB_encrypt_AESNI(iv, iv, AES_BLOCK_SIZE, key->enc,
				      key->rounds);
		crypto_xor_cpy(dst, src, iv, AES_BLOCK_SIZE);
		src += AES_BLOCK_SIZE;
		dst += AES_BLOCK_SIZE;
	}
}

static void aesni_ctr(const struct wolfcrypt_aes_key *key, u8 *dst,
		      const u8 *src, unsigned int len, u8 *iv)
{
	u64 hi = get_unaligned_be64(iv);
	u64 lo = get_unaligned_be64(iv + 8);
	u8 ks[BATCH] __aligned(16);

	while (len) {
		unsigned int n = min_t(unsigned int, len, BATCH);
		unsigned int blocks = round_up(n, AES_BLOCK_SIZE);
		unsigned int i;

		for (i = 0; i < blocks; i += AES_BLOCK_SIZE) {
			put_unaligned_be64(hi, ks + i);
			put_unaligned_be64(lo, ks + i + 8);
			lo++;
			hi += !lo;
		}
		AES_ECB_encrypt_AESNI(ks, ks, blocks, key->enc, key->rounds);
		crypto_xor_cpy(dst, src, ks, n);
		src += n;
		dst += n;
		len -= n;
	}
	put_unaligned_be64(hi, iv);
	put_unaligned_be64(lo, iv + 8);
	memzero_explicit(ks, sizeof(ks));
}

/* The MAC is the last block of the ciphertext; what is before it is dropped. */
static void aesni_cbcmac(const struct wolfcrypt_aes_key *key, u8 *dst,
			 const u8 *src, unsigned int len, u8 *iv)
{
	u8 scratch[BATCH] __aligned(16);

	while (len) {
		unsigned int n = min_t(unsigned int, len, BATCH);

		AES_CBC_encrypt_AESNI(src, scratch, iv, n, key->enc,
				      key->rounds);
		memcpy(iv, scratch + n - AES_BLOCK_SIZE, AES_BLOCK_SIZE);
		src += n;
		len -= n;
	}
	memzero_explicit(scratch, sizeof(scratch));
}

static void aesni_xts_enc(const struct wolfcrypt_aes_key *key, u8 *dst,
			  const u8 *src, unsigned int len, u8 *iv)
{
	AES_XTS_encrypt_update_aesni(src, dst, len, key->enc, iv, key->rounds);
}

static void aesni_xts_dec(const struct wolfcrypt_aes_key *key, u8 *dst,
			  const u8 *src, unsigned int len, u8 *iv)
{
	AES_XTS_decrypt_update_aesni(src, dst, len, key->dec, iv, key->rounds);
}

static void avx_xts_enc(const struct wolfcrypt_aes_key *key, u8 *dst,
			const u8 *src, unsigned int len, u8 *iv)
{
	AES_XTS_encrypt_update_avx1(src, dst, len, key->enc, iv, key->rounds);
}

static void avx_xts_dec(const struct wolfcrypt_aes_key *key, u8 *dst,
			const u8 *src, unsigned int len, u8 *iv)
{
	AES_XTS_decrypt_update_avx1(src, dst, len, key->dec, iv, key->rounds);
}

static bool aesni_usable(void)
{
	return boot_cpu_has(X86_FEATURE_AES) && boot_cpu_has(X86_FEATURE_XMM4_1);
}

static bool avx_usable(void)
{
	return aesni_usable() && boot_cpu_has(X86_FEATURE_AVX) &&
	       cpu_has_xfeatures(XFEATURE_MASK_SSE | XFEATURE_MASK_YMM, NULL);
}

#define AES_IMPL(_isa)					\
const struct wolfcrypt_aes_impl wolfcrypt_aes_##_isa = {	\
	.name		= #_isa,			\
	.simd		= true,				\
	.usable		= _isa##_usable,		\
	.expand_key	= aesni_expand_key,		\
	.ecb_enc	= aesni_ecb_enc,		\
	.ecb_dec	= aesni_ecb_dec,		\
	.cbc_enc	= aesni_cbc_enc,		\
	.cbc_dec	= aesni_cbc_dec,		\
	.cfb_enc	= aesni_cfb_enc,		\
	.cfb_dec	= aesni_cfb_dec,		\
	.ofb		= aesni_ofb,			\
	.ctr		= aesni_ctr,			\
	.xts_enc	= _isa##_xts_enc,		\
	.xts_dec	= _isa##_xts_dec,		\
	.cbcmac		= aesni_cbcmac,			\
}

AES_IMPL(aesni);
AES_IMPL(avx);
