// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AES in portable C that runs in constant time: no table is indexed and no
 * branch is taken on key or data. It serves requests in contexts where the FPU
 * may not be used, and CPUs without AES instructions.
 *
 * The cipher is bitsliced. Four blocks are spread over eight 64-bit words,
 * "planes": plane i has bit i of all 64 state bytes, so that a Boolean circuit
 * for the S-box, evaluated once with 64-bit operations, substitutes them all.
 * The byte in row r and column c of block b (FIPS 197 section 3.4) is at
 *
 *	bit 16 * r + 4 * c + b
 *
 * of each plane: moving by one row is a rotation of the word by 16, moving by
 * one column is a rotation by 4 within 16 bits, and the four blocks of a byte
 * make up a nibble.
 *
 * The round keys are taken from the ordinary schedule and bitsliced on the
 * stack by each call, so that this code shares the key object of all other
 * implementations. The short loops are unrolled by request: gcc doesn't do so
 * at -O2, and the cipher then takes nearly twice as long.
 *
 * wolfCrypt's own bitsliced AES is not used: it computes 64 blocks even where
 * one is asked for, which is all that a chained mode can ask for, it needs a
 * much larger key object, and two kilobytes of stack to encrypt.
 */

#include <crypto/utils.h>
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "aes.h"

#define LANES		4
#define LANES_BYTES	(LANES * AES_BLOCK_SIZE)
#define PLANES		8
#define MAX_ROUND_KEYS	(AES_MAX_KEYLENGTH / AES_BLOCK_SIZE)

/*
 * All that a call has on the stack, in one object so that one statement wipes
 * it.
 * @rk: bitsliced round keys, the same in the four lanes
 * @rounds: 10, 12 or 14
 * @buf: four blocks on their way through the cipher
 * @chain: what is kept beside them: previous ciphertext, or tweaks
 */
struct aes_ct {
	u64 rk[MAX_ROUND_KEYS][PLANES];
	unsigned int rounds;
	u8 buf[LANES_BYTES] __aligned(8);
	u8 chain[AES_BLOCK_SIZE + LANES_BYTES] __aligned(8);
};

/* Swap the bits of *a under mask << shift with those of *b under mask. */
static __always_inline void swap_bits(u64 *a, u64 *b, u64 mask, int shift)
{
	u64 t = ((*a >> shift) ^ *b) & mask;

	*b ^= t;
	*a ^= t << shift;
}

/*
 * Transpose the 8x8 bit matrices made up of the bytes at the same position of
 * the eight words: exchange bit k of the word's index with bit k of the bit's
 * index, for k = 0, 1, 2. It is its own inverse.
 */
static void transpose(u64 q[PLANES])
{
	int i;

#pragma GCC unroll 8
	for (i = 0; i < PLANES; i += 2)
		swap_bits(&q[i], &q[i + 1], 0x5555555555555555, 1);

#pragma GCC unroll 8
	for (i = 0; i < PLANES; i += 4) {
		swap_bits(&q[i], &q[i + 2], 0x3333333333333333, 2);
		swap_bits(&q[i + 1], &q[i + 3], 0x3333333333333333, 2);
	}

#pragma GCC unroll 8
	for (i = 0; i < PLANES / 2; i++)
		swap_bits(&q[i], &q[i + 4], 0x0f0f0f0f0f0f0f0f, 4);
}

/* Move the bytes of @x to the even bytes of the result. */
static __always_inline u64 spread_bytes(u32 x)
{
	u64 r = x;

	r = (r | r << 16) & 0x0000ffff0000ffff;
	return (r | r << 8) & 0x00ff00ff00ff00ff;
}

/* Gather the even bytes of @x. */
static __always_inline u32 gather_bytes(u64 x)
{
	x &= 0x00ff00ff00ff00ff;
	x = (x | x >> 8) & 0x0000ffff0000ffff;
	return x | x >> 16;
}

/*
 * transpose() sends bit i of byte k of word j to bit 8 * k + j of plane i. So
 * bit 16 * r + 4 * c + b is reached from word j = b + 4 * (c % 2), byte
 * k = 2 * r + c / 2: the even columns of a block are interleaved in one word,
 * the odd columns in another.
 */
static void load_lanes(u64 q[PLANES], const u8 in[LANES_BYTES])
{
	int b;

#pragma GCC unroll 4
	for (b = 0; b < LANES; b++, in += AES_BLOCK_SIZE) {
		q[b] = spread_bytes(get_unaligned_le32(in)) |
		       spread_bytes(get_unaligned_le32(in + 8)) << 8;
		q[b + 4] = spread_bytes(get_unaligned_le32(in + 4)) |
			   spread_bytes(get_unaligned_le32(in + 12)) << 8;
	}
	transpose(q);
}

static void store_lanes(u8 out[LANES_BYTES], u64 q[PLANES])
{
	int b;

	transpose(q);
#pragma GCC unroll 4
	for (b = 0; b < LANES; b++, out += AES_BLOCK_SIZE) {
		put_unaligned_le32(gather_bytes(q[b]), out);
		put_unaligned_le32(gather_bytes(q[b + 4]), out + 4);
		put_unaligned_le32(gather_bytes(q[b] >> 8), out + 8);
		put_unaligned_le32(gather_bytes(q[b + 4] >> 8), out + 12);
	}
}

static void add_round_key(u64 q[PLANES], const u64 rk[PLANES])
{
	int i;

#pragma GCC unroll 8
	for (i = 0; i < PLANES; i++)
		q[i] ^= rk[i];
}

/*
 * The S-box as the circuit of Boyar and Peralta ("A depth-16 circuit for the
 * AES S-box", 2011). It inverts in GF(2^8) seen as a quadratic extension of
 * GF(2^4): for an element with conjugate norm D, a form of the four bits of
 * L * R plus a square term, the inverse has the halves R / D and L / D. The
 * three products in GF(2^4) are Karatsuba's, twice, hence nine ANDs each, on
 * nine linear forms of either factor.
 * @l: the forms of one half of the element
 * @r: the forms of the other half
 * @s: the square term
 */
struct sbox_forms {
	u64 l[9], r[9], s[4];
};

/* Change of basis, and the linear forms. x0 is the most significant bit. */
static __always_inline void sbox_top(struct sbox_forms *f, const u64 q[PLANES])
{
	const u64 x0 = q[7], x1 = q[6], x2 = q[5], x3 = q[4];
	const u64 x4 = q[3], x5 = q[2], x6 = q[1], x7 = q[0];
	const u64 x12 = x1 ^ x2;

	f->l[7] = x3 ^ x5;
	f->l[3] = x0 ^ x6;
	f->l[6] = x0 ^ x3;
	f->l[8] = x0 ^ x5;
	f->l[0] = f->l[3] ^ f->l[7];
	f->r[4] = x12 ^ x7;
	f->l[2] = f->r[4] ^ x3;
	f->l[5] = f->r[4] ^ x0;
	f->l[4] = f->r[4] ^ x6;
	f->l[1] = f->l[4] ^ f->l[8];
	f->r[0] = x4 ^ f->l[0] ^ x5;
	f->s[0] = x4 ^ f->l[0] ^ x1;
	f->r[1] = f->r[0] ^ x7;
	f->r[2] = x7;
	f->r[8] = f->r[0] ^ x12;
	f->r[6] = f->s[0] ^ f->l[6];
	f->r[5] = x7 ^ f->r[6];
	f->r[7] = f->r[8] ^ f->r[6];
	f->s[1] = f->r[8] ^ f->l[8];
	f->r[3] = x12 ^ f->r[6];
	f->s[2] = f->l[3] ^ f->r[3];
	f->s[3] = x0 ^ f->r[3];
}

static __always_inline void and9(u64 z[9], const u64 a[9], const u64 b[9])
{
	z[0] = a[0] & b[0];
	z[1] = a[1] & b[1];
	z[2] = a[2] & b[2];
	z[3] = a[3] & b[3];
	z[4] = a[4] & b[4];
	z[5] = a[5] & b[5];
	z[6] = a[6] & b[6];
	z[7] = a[7] & b[7];
	z[8] = a[8] & b[8];
}

/* 1 / D in GF(2^4), as the nine linear forms that multiply the halves. */
static __always_inline void sbox_invert(u64 m[9], const struct sbox_forms *f)
{
	u64 p[9], d0, d1, d2, d3, e0, e1, e2, e3, d01, d02, d23, t, v, w;

	and9(p, f->l, f->r);
	d0 = p[0] ^ p[1] ^ p[6] ^ p[7] ^ f->s[0];
	d1 = p[0] ^ p[2] ^ p[6] ^ p[8] ^ f->s[1];
	d2 = p[3] ^ p[4] ^ p[6] ^ p[7] ^ f->s[2];
	d3 = p[3] ^ p[5] ^ p[6] ^ p[8] ^ f->s[3];

	d01 = d0 ^ d1;
	d23 = d2 ^ d3;
	d02 = d0 & d2;
	v = d3 ^ d02;
	e0 = d1 ^ (d01 & v);
	t = d23 & (d1 ^ d02);
	e1 = d3 ^ t;
	w = d3 & (v ^ e1);
	e2 = d2 ^ t ^ d3 ^ w;
	e3 = d01 ^ (e0 & (v ^ w));

	m[0] = e1 ^ e2;
	m[1] = e2;
	m[2] = e1;
	m[3] = e0 ^ e3;
	m[4] = e3;
	m[5] = e0;
	m[6] = e0 ^ e1;
	m[8] = e2 ^ e3;
	m[7] = m[6] ^ m[8];
}

/*
 * Both products back in the ordinary basis, and the affine map of FIPS 197
 * section 5.1.1, of which the four complements are the constant 0x63.
 */
static __always_inline void sbox_bottom(u64 q[PLANES], const u64 r[9],
					const u64 l[9])
{
	const u64 a = r[0] ^ r[3];
	const u64 b = r[5] ^ l[4];
	const u64 c = r[7] ^ r[8];
	const u64 d = l[1] ^ l[2];
	const u64 e = l[6] ^ l[7];
	const u64 f = r[2] ^ l[3] ^ a;
	const u64 g = r[4] ^ e;
	const u64 h = r[3] ^ r[6] ^ r[7];
	const u64 i = l[0] ^ l[1] ^ g;
	const u64 j = l[5] ^ f;
	const u64 k = c ^ g;
	const u64 m = r[4] ^ h;
	const u64 n = j ^ k;
	const u64 o = r[1] ^ i;

	q[7] = h ^ i;
	q[4] = a ^ o;
	q[3] = r[2] ^ r[5] ^ o;
	q[2] = d ^ n;
	q[6] = ~(m ^ q[4]);
	q[5] = ~(l[7] ^ l[8] ^ m ^ n);
	q[1] = ~(l[3] ^ b ^ k);
	q[0] = ~(b ^ e ^ f);
}

static __always_inline void sub_bytes(u64 q[PLANES])
{
	struct sbox_forms f;
	u64 m[9], l[9], r[9];

	sbox_top(&f, q);
	sbox_invert(m, &f);
	and9(r, m, f.r);
	and9(l, m, f.l);
	sbox_bottom(q, r, l);
}

/* Inverse of the affine map of FIPS 197 section 5.1.1. */
static __always_inline void inv_affine(u64 q[PLANES])
{
	const u64 q0 = ~q[0], q1 = ~q[1], q2 = q[2], q3 = q[3];
	const u64 q4 = q[4], q5 = ~q[5], q6 = ~q[6], q7 = q[7];

	q[0] = q2 ^ q5 ^ q7;
	q[1] = q3 ^ q6 ^ q0;
	q[2] = q4 ^ q7 ^ q1;
	q[3] = q5 ^ q0 ^ q2;
	q[4] = q6 ^ q1 ^ q3;
	q[5] = q7 ^ q2 ^ q4;
	q[6] = q0 ^ q3 ^ q5;
	q[7] = q1 ^ q4 ^ q6;
}

/*
 * S = A o inv, with the affine map A. As inv is its own inverse,
 *
 *	S^-1 = inv o A^-1 = A^-1 o (A o inv) o A^-1 = A^-1 o S o A^-1.
 */
static __always_inline void inv_sub_bytes(u64 q[PLANES])
{
	inv_affine(q);
	sub_bytes(q);
	inv_affine(q);
}

/* Rotate rows 2 and 3 by two columns. */
static __always_inline u64 swap_columns(u64 x)
{
	const u64 t = (x ^ x >> 8) & 0x00ff00ff00000000;

	return x ^ t ^ t << 8;
}

/*
 * Row r moves by r columns (FIPS 197 section 5.1.2): rows 2 and 3 by two, then
 * rows 1 and 3 by one.
 */
static __always_inline void shift_rows(u64 q[PLANES])
{
	int i;

#pragma GCC unroll 8
	for (i = 0; i < PLANES; i++) {
		const u64 x = swap_columns(q[i]);

		q[i] = (x & 0x0000ffff0000ffff) |
		       (x >> 4 & 0x0fff00000fff0000) |
		       (x << 12 & 0xf0000000f0000000);
	}
}

static __always_inline void inv_shift_rows(u64 q[PLANES])
{
	int i;

#pragma GCC unroll 8
	for (i = 0; i < PLANES; i++) {
		const u64 x = swap_columns(q[i]);

		q[i] = (x & 0x0000ffff0000ffff) |
		       (x << 4 & 0xfff00000fff00000) |
		       (x >> 12 & 0x000f0000000f0000);
	}
}

/*
 * Each byte a[r] of a column becomes 2 a[r] + 3 a[r+1] + a[r+2] + a[r+3] (FIPS
 * 197 section 5.1.3), that is 2 t[r] + a[r+1] + t[r+2] with
 * t[r] = a[r] + a[r+1]. Doubling moves plane i to i + 1, and plane 7 to the
 * bits of 0x1b.
 */
static __always_inline void mix_columns(u64 q[PLANES])
{
	u64 t[PLANES];
	int i;

#pragma GCC unroll 8
	for (i = 0; i < PLANES; i++) {
		const u64 next = ror64(q[i], 16);

		t[i] = q[i] ^ next;
		q[i] = next ^ ror64(t[i], 32);
	}

	q[0] ^= t[7];
	q[1] ^= t[0] ^ t[7];
	q[2] ^= t[1];
	q[3] ^= t[2] ^ t[7];
	q[4] ^= t[3] ^ t[7];
	q[5] ^= t[4];
	q[6] ^= t[5];
	q[7] ^= t[6];
}

/*
 * As polynomials over GF(2^8) modulo x^4 + 1, the inverse of MixColumns is
 *
 *	0b x^3 + 0d x^2 + 09 x + 0e = (03 x^3 + x^2 + x + 02) (04 x^2 + 05),
 *
 * which is MixColumns after a[r] += 4 (a[r] + a[r+2]).
 */
static __always_inline void inv_mix_columns(u64 q[PLANES])
{
	u64 t[PLANES];
	int i;

#pragma GCC unroll 8
	for (i = 0; i < PLANES; i++)
		t[i] = q[i] ^ ror64(q[i], 32);

	q[0] ^= t[6];
	q[1] ^= t[6] ^ t[7];
	q[2] ^= t[0] ^ t[7];
	q[3] ^= t[1] ^ t[6];
	q[4] ^= t[2] ^ t[6] ^ t[7];
	q[5] ^= t[3] ^ t[7];
	q[6] ^= t[4];
	q[7] ^= t[5];
	mix_columns(q);
}

/* The cipher of FIPS 197 section 5.1 on ct->buf, in place. */
static void encrypt_lanes(struct aes_ct *ct)
{
	u64 q[PLANES];
	unsigned int i;

	load_lanes(q, ct->buf);
	add_round_key(q, ct->rk[0]);
	for (i = 1; i < ct->rounds; i++) {
		sub_bytes(q);
		shift_rows(q);
		mix_columns(q);
		add_round_key(q, ct->rk[i]);
	}
	sub_bytes(q);
	shift_rows(q);
	add_round_key(q, ct->rk[i]);
	store_lanes(ct->buf, q);
	memzero_explicit(q, sizeof(q));
}

/* The straight inverse cipher of FIPS 197 section 5.3 on ct->buf, in place. */
static void decrypt_lanes(struct aes_ct *ct)
{
	u64 q[PLANES];
	unsigned int i = ct->rounds;

	load_lanes(q, ct->buf);
	add_round_key(q, ct->rk[i]);
	for (;;) {
		inv_shift_rows(q);
		inv_sub_bytes(q);
		add_round_key(q, ct->rk[--i]);
		if (!i)
			break;
		inv_mix_columns(q);
	}
	store_lanes(ct->buf, q);
	memzero_explicit(q, sizeof(q));
}

/*
 * Bitslice the round keys, four of them at a time as the four lanes. Each one
 * is then copied to all lanes: 15 times a bit fills its nibble.
 */
static void aes_ct_begin(struct aes_ct *ct, const struct wolfcrypt_aes_key *key)
{
	const unsigned int rounds = READ_ONCE(key->rounds);
	const unsigned int n = rounds + 1;
	unsigned int i, j, k, m;
	u64 q[PLANES];

	memset(ct->buf, 0, sizeof(ct->buf));
	ct->rounds = rounds;

	for (i = 0; i < n; i += LANES) {
		m = min(n - i, LANES);
		memcpy(ct->buf, key->enc + i * AES_BLOCK_SIZE,
		       m * AES_BLOCK_SIZE);
		load_lanes(q, ct->buf);
		for (j = 0; j < m; j++)
			for (k = 0; k < PLANES; k++)
				ct->rk[i + j][k] = 15 *
					(q[k] >> j & 0x1111111111111111);
	}
	memzero_explicit(q, sizeof(q));
}

static void aes_ct_end(struct aes_ct *ct)
{
	memzero_explicit(ct, sizeof(*ct));
}

/* SubWord() of FIPS 197 section 5.2. */
static u32 sub_word(u32 w)
{
	u8 buf[LANES_BYTES] = { };
	u64 q[PLANES];

	put_unaligned_le32(w, buf);
	load_lanes(q, buf);
	sub_bytes(q);
	store_lanes(buf, q);
	w = get_unaligned_le32(buf);

	memzero_explicit(buf, sizeof(buf));
	memzero_explicit(q, sizeof(q));
	return w;
}

/*
 * FIPS 197 section 5.2. Words are little endian here, so that RotWord() is a
 * rotation to the right and the round constant is in the low byte.
 */
static void expand_enc(struct wolfcrypt_aes_key *key, unsigned int nk)
{
	const unsigned int n = 4 * (key->rounds + 1);
	unsigned int i, rcon = 1;
	u8 *p = key->enc;
	u32 w;

	w = get_unaligned_le32(p + 4 * (nk - 1));
	for (i = nk; i < n; i++, p += 4) {
		if (i % nk == 0) {
			w = sub_word(ror32(w, 8)) ^ rcon;
			rcon = (rcon << 1) ^ (rcon >> 7) * 0x11b;
		} else if (nk > 6 && i % nk == 4) {
			w = sub_word(w);
		}
		w ^= get_unaligned_le32(p);
		put_unaligned_le32(w, p + 4 * nk);
	}
}

/* FIPS 197 section 5.3.5, four round keys at a time. */
static void expand_dec(struct wolfcrypt_aes_key *key)
{
	const unsigned int n = key->rounds;
	u8 buf[LANES_BYTES] = { };
	unsigned int i, j, m;
	u64 q[PLANES];

	memcpy(key->dec, key->enc + n * AES_BLOCK_SIZE, AES_BLOCK_SIZE);
	for (i = 1; i < n; i += LANES) {
		m = min(n - i, LANES);
		for (j = 0; j < m; j++)
			memcpy(buf + j * AES_BLOCK_SIZE,
			       key->enc + (n - i - j) * AES_BLOCK_SIZE,
			       AES_BLOCK_SIZE);
		load_lanes(q, buf);
		inv_mix_columns(q);
		store_lanes(buf, q);
		memcpy(key->dec + i * AES_BLOCK_SIZE, buf, m * AES_BLOCK_SIZE);
	}
	memcpy(key->dec + n * AES_BLOCK_SIZE, key->enc, AES_BLOCK_SIZE);

	memzero_explicit(buf, sizeof(buf));
	memzero_explicit(q, sizeof(q));
}

static void aes_ct_expand_key(struct wolfcrypt_aes_key *key, const u8 *in_key,
			      unsigned int len)
{
	memcpy(key->enc, in_key, len);
	WRITE_ONCE(key->rounds, len / 4 + 6);
	expand_enc(key, len / 4);
	expand_dec(key);
}

static void ecb_crypt(const struct wolfcrypt_aes_key *key, u8 *dst,
		      const u8 *src, unsigned int len,
		      void (*crypt_lanes)(struct aes_ct *))
{
	struct aes_ct ct;
	unsigned int n;

	aes_ct_begin(&ct, key);
	for (; len; len -= n, src += n, dst += n) {
		n = min(len, LANES_BYTES);
		memcpy(ct.buf, src, n);
		crypt_lanes(&ct);
		memcpy(dst, ct.buf, n);
	}
	aes_ct_end(&ct);
}

static void aes_ct_ecb_enc(const struct wolfcrypt_aes_key *key, u8 *dst,
			   const u8 *src, unsigned int len, u8 *iv)
{
	ecb_crypt(key, dst, src, len, encrypt_lanes);
}

static void aes_ct_ecb_dec(const struct wolfcrypt_aes_key *key, u8 *dst,
			   const u8 *src, unsigned int len, u8 *iv)
{
	ecb_crypt(key, dst, src, len, decrypt_lanes);
}

/* The chained modes have one block to encrypt at a time: lane 0. */
static void encrypt_block(struct aes_ct *ct, u8 *block)
{
	memcpy(ct->buf, block, AES_BLOCK_SIZE);
	encrypt_lanes(ct);
	memcpy(block, ct->buf, AES_BLOCK_SIZE);
}

static void aes_ct_cbc_enc(const struct wolfcrypt_aes_key *key, u8 *dst,
			   const u8 *src, unsigned int len, u8 *iv)
{
	struct aes_ct ct;

	aes_ct_begin(&ct, key);
	for (; len; len -= AES_BLOCK_SIZE) {
		crypto_xor(iv, src, AES_BLOCK_SIZE);
		encrypt_block(&ct, iv);
		memcpy(dst, iv, AES_BLOCK_SIZE);
		src += AES_BLOCK_SIZE;
		dst += AES_BLOCK_SIZE;
	}
	aes_ct_end(&ct);
}

static void aes_ct_cfb_enc(const struct wolfcrypt_aes_key *key, u8 *dst,
			   const u8 *src, unsigned int len, u8 *iv)
{
	struct aes_ct ct;

	aes_ct_begin(&ct, key);
	for (; len; len -= AES_BLOCK_SIZE) {
		encrypt_block(&ct, iv);
		crypto_xor(iv, src, AES_BLOCK_SIZE);
		memcpy(dst, iv, AES_BLOCK_SIZE);
		src += AES_BLOCK_SIZE;
		dst += AES_BLOCK_SIZE;
	}
	aes_ct_end(&ct);
}

static void aes_ct_ofb(const struct wolfcrypt_aes_key *key, u8 *dst,
		       const u8 *src, unsigned int len, u8 *iv)
{
	struct aes_ct ct;

	aes_ct_begin(&ct, key);
	for (; len; len -= AES_BLOCK_SIZE) {
		encrypt_block(&ct, iv);
		crypto_xor_cpy(dst, src, iv, AES_BLOCK_SIZE);
		src += AES_BLOCK_SIZE;
		dst += AES_BLOCK_SIZE;
	}
	aes_ct_end(&ct);
}

static void aes_ct_cbcmac(const struct wolfcrypt_aes_key *key, u8 *dst,
			  const u8 *src, unsigned int len, u8 *iv)
{
	struct aes_ct ct;

	aes_ct_begin(&ct, key);
	for (; len; len -= AES_BLOCK_SIZE) {
		crypto_xor(iv, src, AES_BLOCK_SIZE);
		encrypt_block(&ct, iv);
		src += AES_BLOCK_SIZE;
	}
	aes_ct_end(&ct);
}

/*
 * In CBC and CFB decryption ct.chain has the IV and then the ciphertext: at
 * offset 0 the chaining value of each block, at offset 16 the block itself,
 * which may be overwritten in place by the output.
 */
static void aes_ct_cbc_dec(const struct wolfcrypt_aes_key *key, u8 *dst,
			   const u8 *src, unsigned int len, u8 *iv)
{
	struct aes_ct ct;
	unsigned int n;

	aes_ct_begin(&ct, key);
	for (; len; len -= n, src += n, dst += n) {
		n = min(len, LANES_BYTES);
		memcpy(ct.chain, iv, AES_BLOCK_SIZE);
		memcpy(ct.chain + AES_BLOCK_SIZE, src, n);
		memcpy(ct.buf, src, n);
		decrypt_lanes(&ct);
		crypto_xor_cpy(dst, ct.buf, ct.chain, n);
		memcpy(iv, ct.chain + n, AES_BLOCK_SIZE);
	}
	aes_ct_end(&ct);
}

static void aes_ct_cfb_dec(const struct wolfcrypt_aes_key *key, u8 *dst,
			   const u8 *src, unsigned int len, u8 *iv)
{
	struct aes_ct ct;
	unsigned int n;

	aes_ct_begin(&ct, key);
	for (; len; len -= n, src += n, dst += n) {
		n = min(len, LANES_BYTES);
		memcpy(ct.chain, iv, AES_BLOCK_SIZE);
		memcpy(ct.chain + AES_BLOCK_SIZE, src, n);
		memcpy(ct.buf, ct.chain, n);
		encrypt_lanes(&ct);
		crypto_xor_cpy(dst, ct.buf, ct.chain + AES_BLOCK_SIZE, n);
		memcpy(iv, ct.chain + n, AES_BLOCK_SIZE);
	}
	aes_ct_end(&ct);
}

/* Without a branch on the carry, as all of this file is without branches. */
static void increment_counter(u8 *iv)
{
	const u64 lo = get_unaligned_be64(iv + 8) + 1;
	const u64 carry = ~(lo | -lo) >> 63;

	put_unaligned_be64(get_unaligned_be64(iv) + carry, iv);
	put_unaligned_be64(lo, iv + 8);
}

/*
 * @len may end within a block, in the last call of a message; the counter
 * moves beyond that block.
 */
static void aes_ct_ctr(const struct wolfcrypt_aes_key *key, u8 *dst,
		       const u8 *src, unsigned int len, u8 *iv)
{
	struct aes_ct ct;
	unsigned int i, n;

	aes_ct_begin(&ct, key);
	for (; len; len -= n, src += n, dst += n) {
		n = min(len, LANES_BYTES);
		for (i = 0; i < n; i += AES_BLOCK_SIZE) {
			memcpy(ct.buf + i, iv, AES_BLOCK_SIZE);
			increment_counter(iv);
		}
		encrypt_lanes(&ct);
		crypto_xor_cpy(dst, src, ct.buf, n);
	}
	aes_ct_end(&ct);
}

/* Multiply by x modulo x^128 + x^7 + x^2 + x + 1 (IEEE 1619 section 5.2). */
static void next_tweak(u8 *iv)
{
	const u64 lo = get_unaligned_le64(iv);
	const u64 hi = get_unaligned_le64(iv + 8);

	put_unaligned_le64(lo << 1 ^ (hi >> 63) * 0x87, iv);
	put_unaligned_le64(hi << 1 | lo >> 63, iv + 8);
}

static void xts_crypt(const struct wolfcrypt_aes_key *key, u8 *dst,
		      const u8 *src, unsigned int len, u8 *iv,
		      void (*crypt_lanes)(struct aes_ct *))
{
	struct aes_ct ct;
	unsigned int i, n;

	aes_ct_begin(&ct, key);
	for (; len; len -= n, src += n, dst += n) {
		n = min(len, LANES_BYTES);
		for (i = 0; i < n; i += AES_BLOCK_SIZE) {
			memcpy(ct.chain + i, iv, AES_BLOCK_SIZE);
			next_tweak(iv);
		}
		crypto_xor_cpy(ct.buf, src, ct.chain, n);
		crypt_lanes(&ct);
		crypto_xor_cpy(dst, ct.buf, ct.chain, n);
	}
	aes_ct_end(&ct);
}

static void aes_ct_xts_enc(const struct wolfcrypt_aes_key *key, u8 *dst,
			   const u8 *src, unsigned int len, u8 *iv)
{
	xts_crypt(key, dst, src, len, iv, encrypt_lanes);
}

static void aes_ct_xts_dec(const struct wolfcrypt_aes_key *key, u8 *dst,
			   const u8 *src, unsigned int len, u8 *iv)
{
	xts_crypt(key, dst, src, len, iv, decrypt_lanes);
}

const struct wolfcrypt_aes_impl wolfcrypt_aes_c = {
	.name		= "",
	.expand_key	= aes_ct_expand_key,
	.ecb_enc	= aes_ct_ecb_enc,
	.ecb_dec	= aes_ct_ecb_dec,
	.cbc_enc	= aes_ct_cbc_enc,
	.cbc_dec	= aes_ct_cbc_dec,
	.cfb_enc	= aes_ct_cfb_enc,
	.cfb_dec	= aes_ct_cfb_dec,
	.ofb		= aes_ct_ofb,
	.ctr		= aes_ct_ctr,
	.xts_enc	= aes_ct_xts_enc,
	.xts_dec	= aes_ct_xts_dec,
	.cbcmac		= aes_ct_cbcmac,
};
