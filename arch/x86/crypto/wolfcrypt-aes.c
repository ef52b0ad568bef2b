// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AES for x86-64:
 *
 *	aesni		wolfCrypt's assembly: AES-NI with SSE4.1 instructions;
 *			four blocks in flight (ECB, XTS, and CTR and CFB
 *			decryption by way of ECB), eight in CBC decryption
 *	avx		AES-NI with AVX instructions; six or eight blocks
 *	vaes-avx2	VAES with 256-bit vectors; 12 or 16 blocks
 *	vaes-avx512	VAES with 512-bit vectors; 16 or 32 blocks
 *
 * The latter three are wolfcrypt-aes-avx.S where blocks don't wait for each
 * other; where they do (CBC, CFB and OFB encryption, CBC-MAC), and to expand
 * keys, all four are wolfCrypt's assembly.
 *
 * The functions run in FPU sections that their callers open. Data may be
 * unaligned; keys and IVs are aligned, see struct wolfcrypt_aes_key.
 */

#include <crypto/algapi.h>
#include <linux/build_bug.h>
#include <linux/cpufeature.h>
#include <linux/linkage.h>
#include <linux/minmax.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "aes.h"
#include "wolfcrypt-cpu.h"

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
asmlinkage wolfcrypt_aes_fn
	wolfcrypt_aes_ecb_enc_avx,
	wolfcrypt_aes_ecb_dec_avx,
	wolfcrypt_aes_cbc_dec_avx,
	wolfcrypt_aes_cfb_dec_avx,
	wolfcrypt_aes_ctr_avx,
	wolfcrypt_aes_xts_enc_avx,
	wolfcrypt_aes_xts_dec_avx;

asmlinkage wolfcrypt_aes_fn
	wolfcrypt_aes_ecb_enc_vaes_avx2,
	wolfcrypt_aes_ecb_dec_vaes_avx2,
	wolfcrypt_aes_cbc_dec_vaes_avx2,
	wolfcrypt_aes_cfb_dec_vaes_avx2,
	wolfcrypt_aes_ctr_vaes_avx2,
	wolfcrypt_aes_xts_enc_vaes_avx2,
	wolfcrypt_aes_xts_dec_vaes_avx2;

asmlinkage wolfcrypt_aes_fn
	wolfcrypt_aes_ecb_enc_vaes_avx512,
	wolfcrypt_aes_ecb_dec_vaes_avx512,
	wolfcrypt_aes_cbc_dec_vaes_avx512,
	wolfcrypt_aes_cfb_dec_vaes_avx512,
	wolfcrypt_aes_ctr_vaes_avx512,
	wolfcrypt_aes_xts_enc_vaes_avx512,
	wolfcrypt_aes_xts_dec_vaes_avx512;

/* The offsets that our assembly has numbers for. */
static_assert(offsetof(struct wolfcrypt_aes_key, enc) == 0);
static_assert(offsetof(struct wolfcrypt_aes_key, dec) == 240);
static_assert(offsetof(struct wolfcrypt_aes_key, rounds) == 480);

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

	WRITE_ONCE(key->rounds, len / 4 + 6);
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
	const unsigned int used = min_t(unsigned int, len, BATCH);
	/* To clear all of it would take longer than a short message. */
	u8 scratch[BATCH] __aligned(16) __uninitialized;

	while (len) {
		unsigned int n = min_t(unsigned int, len, BATCH);

		AES_CBC_encrypt_AESNI(src, scratch, iv, n, key->enc,
				      key->rounds);
		memcpy(iv, scratch + n - AES_BLOCK_SIZE, AES_BLOCK_SIZE);
		src += n;
		len -= n;
	}
	memzero_explicit(scratch, used);
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

static bool aesni_usable(void)
{
	return boot_cpu_has(X86_FEATURE_AES) && boot_cpu_has(X86_FEATURE_XMM4_1);
}

static bool avx_usable(void)
{
	return aesni_usable() && ymm_usable();
}

const struct wolfcrypt_aes_impl wolfcrypt_aes_aesni = {
	.name		= "aesni",
	.simd		= true,
	.usable		= aesni_usable,
	.expand_key	= aesni_expand_key,
	.ecb_enc	= aesni_ecb_enc,
	.ecb_dec	= aesni_ecb_dec,
	.cbc_enc	= aesni_cbc_enc,
	.cbc_dec	= aesni_cbc_dec,
	.cfb_enc	= aesni_cfb_enc,
	.cfb_dec	= aesni_cfb_dec,
	.ofb		= aesni_ofb,
	.ctr		= aesni_ctr,
	.xts_enc	= aesni_xts_enc,
	.xts_dec	= aesni_xts_dec,
	.cbcmac		= aesni_cbcmac,
};

#define AES_AVX_IMPL(_isa, _name)				\
const struct wolfcrypt_aes_impl wolfcrypt_aes_##_isa = {	\
	.name		= _name,				\
	.simd		= true,					\
	.usable		= _isa##_usable,			\
	.expand_key	= aesni_expand_key,			\
	.ecb_enc	= wolfcrypt_aes_ecb_enc_##_isa,		\
	.ecb_dec	= wolfcrypt_aes_ecb_dec_##_isa,		\
	.cbc_enc	= aesni_cbc_enc,			\
	.cbc_dec	= wolfcrypt_aes_cbc_dec_##_isa,		\
	.cfb_enc	= aesni_cfb_enc,			\
	.cfb_dec	= wolfcrypt_aes_cfb_dec_##_isa,		\
	.ofb		= aesni_ofb,				\
	.ctr		= wolfcrypt_aes_ctr_##_isa,		\
	.xts_enc	= wolfcrypt_aes_xts_enc_##_isa,		\
	.xts_dec	= wolfcrypt_aes_xts_dec_##_isa,		\
	.cbcmac		= aesni_cbcmac,				\
}

AES_AVX_IMPL(avx, "avx");
AES_AVX_IMPL(vaes_avx2, "vaes-avx2");
AES_AVX_IMPL(vaes_avx512, "vaes-avx512");
