// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GCM (NIST SP 800-38D) in portable C that runs in constant time: the counter
 * mode of aes-ct.c, and GHASH with no table, by integer multiplications. Those
 * take the same time for all operands on the 64-bit CPUs that this is for
 * (x86, where the instructions are in Intel's list of data operand independent
 * ones, and arm64, where they are among those that PSTATE.DIT covers).
 */

#include <crypto/utils.h>
#include <linux/bitops.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/unaligned.h>

#include "gcm.h"

/*
 * An element of GF(2^128) with its bits in the order of GCM: bit 0 of the
 * block, the coefficient of x^0, is the top bit of @hi, and x^127 is the low
 * bit of @lo. So the most significant bit has the lowest power of x, and a
 * shift to the right multiplies by x.
 */
struct element {
	u64 hi, lo;
};

/*
 * A factor ready for Karatsuba's multiplication: high half, low half, and
 * their sum; and the same with the bits of each reversed.
 */
struct factor {
	u64 part[3], rev[3];
};

static struct element get_element(const u8 *p)
{
	return (struct element) {
		.hi = get_unaligned_be64(p),
		.lo = get_unaligned_be64(p + 8),
	};
}

static void put_element(struct element e, u8 *p)
{
	put_unaligned_be64(e.hi, p);
	put_unaligned_be64(e.lo, p + 8);
}

static __always_inline u64 reverse_bits(u64 x)
{
	x = (x >> 1 & 0x5555555555555555) | (x & 0x5555555555555555) << 1;
	x = (x >> 2 & 0x3333333333333333) | (x & 0x3333333333333333) << 2;
	x = (x >> 4 & 0x0f0f0f0f0f0f0f0f) | (x & 0x0f0f0f0f0f0f0f0f) << 4;
	return swab64(x);
}

static __always_inline void make_factor(struct factor *f, struct element e)
{
	f->part[0] = e.hi;
	f->part[1] = e.lo;
	f->part[2] = e.hi ^ e.lo;
	f->rev[0] = reverse_bits(e.hi);
	f->rev[1] = reverse_bits(e.lo);
	f->rev[2] = f->rev[0] ^ f->rev[1];
}

/*
 * The low 64 bits of the carry-less product. Of either factor only every
 * fourth bit is kept at a time, so that the integer product has a digit of
 * four bits for each power of 16: the number of pairs of bits that meet there,
 * of which the lowest bit is the sum in GF(2). Digit k counts k + 1 pairs at
 * most, and so at most 15, which can't carry into the next one, except for the
 * last digit, whose carry is cut off.
 */
static __always_inline u64 clmul_low(u64 a, u64 b)
{
	const u64 m0 = 0x1111111111111111;
	const u64 m1 = m0 << 1, m2 = m0 << 2, m3 = m0 << 3;
	const u64 a0 = a & m0, a1 = a & m1, a2 = a & m2, a3 = a & m3;
	const u64 b0 = b & m0, b1 = b & m1, b2 = b & m2, b3 = b & m3;

	return (((a0 * b0) ^ (a1 * b3) ^ (a2 * b2) ^ (a3 * b1)) & m0) |
	       (((a0 * b1) ^ (a1 * b0) ^ (a2 * b3) ^ (a3 * b2)) & m1) |
	       (((a0 * b2) ^ (a1 * b1) ^ (a2 * b0) ^ (a3 * b3)) & m2) |
	       (((a0 * b3) ^ (a1 * b2) ^ (a2 * b1) ^ (a3 * b0)) & m3);
}

/*
 * Reversing the bits of both factors reverses the 127 bits of the product:
 * what comes out as its low half is the high half, reversed, and one bit too
 * far to the left.
 */
static __always_inline struct element clmul(const struct factor *a,
					    const struct factor *b, int i)
{
	return (struct element) {
		.hi = reverse_bits(clmul_low(a->rev[i], b->rev[i])) >> 1,
		.lo = clmul_low(a->part[i], b->part[i]),
	};
}

/*
 * Add v * x^128, that is v * (x^7 + x^2 + x + 1), to an element of which *hi
 * has the powers of v's bits less 128, and *lo those beyond.
 */
static __always_inline void fold(u64 *hi, u64 *lo, u64 v)
{
	*hi ^= v ^ v >> 1 ^ v >> 2 ^ v >> 7;
	*lo ^= v << 63 ^ v << 62 ^ v << 57;
}

/*
 * a * b * x: the product of two numbers of 128 bits has 255, so with the top
 * bit for x^0 in a 256-bit number it is one place too far to the right. The
 * hash subkey makes up for that, see gcm_ct_subkey().
 */
static struct element multiply(struct element e, const struct factor *b)
{
	struct element h, l, m;
	struct factor a;
	u64 v1, v2;

	make_factor(&a, e);
	h = clmul(&a, b, 0);
	l = clmul(&a, b, 1);
	m = clmul(&a, b, 2);

	/* The product is h.hi, v2, v1, l.lo, lowest powers of x first. */
	v2 = h.lo ^ h.hi ^ l.hi ^ m.hi;
	v1 = l.hi ^ h.lo ^ l.lo ^ m.lo;
	fold(&v2, &v1, l.lo);
	fold(&h.hi, &v2, v1);
	return (struct element) { .hi = h.hi, .lo = v2 };
}

/*
 * Divide the hash subkey by x, for multiply(): one place to the left, and a
 * constant term becomes 1 / x = x^127 + x^6 + x + 1.
 */
static struct element gcm_ct_subkey(struct element h)
{
	const u64 carry = h.hi >> 63;

	return (struct element) {
		.hi = (h.hi << 1 | h.lo >> 63) ^ carry * 0xc200000000000000,
		.lo = h.lo << 1 ^ carry,
	};
}

/* GHASH (SP 800-38D section 6.4) of @len bytes, padded with zeros. */
static void ghash(struct wolfcrypt_gcm_state *st, const u8 *src,
		  unsigned int len)
{
	u8 buf[AES_BLOCK_SIZE];
	struct element y, x;
	struct factor h;
	unsigned int n;

	make_factor(&h, get_element(st->h));
	y = get_element(st->ghash);

	for (; len; len -= n, src += n) {
		n = min(len, AES_BLOCK_SIZE);
		if (n == AES_BLOCK_SIZE) {
			x = get_element(src);
		} else {
			memset(buf, 0, sizeof(buf));
			memcpy(buf, src, n);
			x = get_element(buf);
		}
		y.hi ^= x.hi;
		y.lo ^= x.lo;
		y = multiply(y, &h);
	}

	put_element(y, st->ghash);
	memzero_explicit(&h, sizeof(h));
	memzero_explicit(buf, sizeof(buf));
}

/*
 * GCTR (SP 800-38D section 6.5). Its counter is the last 32 bits of the block
 * and wraps by itself, where that of CTR carries into the rest.
 */
static void gctr(const struct wolfcrypt_aes_key *key,
		 struct wolfcrypt_gcm_state *st, u8 *dst, const u8 *src,
		 unsigned int len)
{
	u8 *counter = st->counter + WOLFCRYPT_GCM_IV_SIZE;
	u8 iv[WOLFCRYPT_GCM_IV_SIZE];
	unsigned int n;
	u64 left;

	memcpy(iv, st->counter, sizeof(iv));
	for (; len; len -= n, src += n, dst += n) {
		left = (u64)U32_MAX - get_unaligned_be32(counter) + 1;
		n = min_t(u64, len, left * AES_BLOCK_SIZE);
		wolfcrypt_aes_c.ctr(key, dst, src, n, st->counter);
		memcpy(st->counter, iv, sizeof(iv));
	}
}

/*
 * H^1 / x to H^16 / x, backwards, for implementations that don't run here now.
 * multiply() by H / x makes each of the one before, and only it has the bytes
 * in the order of GCM.
 */
static void gcm_ct_expand(struct wolfcrypt_gcm_key *key)
{
	u8 buf[AES_BLOCK_SIZE] = { };
	struct element power;
	struct factor h;
	int i;

	wolfcrypt_aes_c.ecb_enc(&key->aes, buf, buf, sizeof(buf), NULL);
	power = gcm_ct_subkey(get_element(buf));
	make_factor(&h, power);

	for (i = WOLFCRYPT_GCM_POWERS - 1; i >= 0; i--) {
		put_unaligned_le64(power.lo, key->powers[i]);
		put_unaligned_le64(power.hi, key->powers[i] + 8);
		power = multiply(power, &h);
	}

	memzero_explicit(&h, sizeof(h));
	memzero_explicit(&power, sizeof(power));
	memzero_explicit(buf, sizeof(buf));
}

/* The hash subkey E(K, 0) and the tag's mask E(K, J0) in one go. */
static void gcm_ct_init(const struct wolfcrypt_gcm_key *key,
			struct wolfcrypt_gcm_state *st, const u8 *iv)
{
	u8 buf[2 * AES_BLOCK_SIZE] = { };

	memcpy(st->counter, iv, WOLFCRYPT_GCM_IV_SIZE);
	put_unaligned_be32(1, st->counter + WOLFCRYPT_GCM_IV_SIZE);
	memcpy(buf + AES_BLOCK_SIZE, st->counter, AES_BLOCK_SIZE);
	put_unaligned_be32(2, st->counter + WOLFCRYPT_GCM_IV_SIZE);

	wolfcrypt_aes_c.ecb_enc(&key->aes, buf, buf, sizeof(buf), NULL);
	put_element(gcm_ct_subkey(get_element(buf)), st->h);
	memcpy(st->tag_mask, buf + AES_BLOCK_SIZE, AES_BLOCK_SIZE);
	memset(st->ghash, 0, sizeof(st->ghash));
	memzero_explicit(buf, sizeof(buf));
}

static void gcm_ct_aad(const struct wolfcrypt_gcm_key *key,
		       struct wolfcrypt_gcm_state *st, const u8 *src,
		       unsigned int len)
{
	ghash(st, src, len);
}

static void gcm_ct_encrypt(const struct wolfcrypt_gcm_key *key,
			   struct wolfcrypt_gcm_state *st, u8 *dst,
			   const u8 *src, unsigned int len)
{
	gctr(&key->aes, st, dst, src, len);
	ghash(st, dst, len);
}

static void gcm_ct_decrypt(const struct wolfcrypt_gcm_key *key,
			   struct wolfcrypt_gcm_state *st, u8 *dst,
			   const u8 *src, unsigned int len)
{
	ghash(st, src, len);
	gctr(&key->aes, st, dst, src, len);
}

static void gcm_ct_final(const struct wolfcrypt_gcm_key *key,
			 struct wolfcrypt_gcm_state *st, unsigned int aad_len,
			 unsigned int crypt_len, u8 *tag)
{
	u8 bits[AES_BLOCK_SIZE];

	put_unaligned_be64((u64)aad_len * 8, bits);
	put_unaligned_be64((u64)crypt_len * 8, bits + 8);
	ghash(st, bits, sizeof(bits));
	crypto_xor_cpy(tag, st->ghash, st->tag_mask, AES_BLOCK_SIZE);
}

static void gcm_ct_update(struct wolfcrypt_gcm_msg *msg, u8 *dst, const u8 *src,
			  unsigned int len, u8 *tag)
{
	wolfcrypt_gcm_update(&wolfcrypt_gcm_c, msg, dst, src, len, tag);
}

const struct wolfcrypt_gcm_impl wolfcrypt_gcm_c = {
	.name		= "",
	.expand		= gcm_ct_expand,
	.init		= gcm_ct_init,
	.aad		= gcm_ct_aad,
	.encrypt	= gcm_ct_encrypt,
	.decrypt	= gcm_ct_decrypt,
	.final		= gcm_ct_final,
	.update		= gcm_ct_update,
};
