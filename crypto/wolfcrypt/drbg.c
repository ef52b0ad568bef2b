// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hash_DRBG with SHA-256 (NIST SP 800-90A Rev. 1 section 10.1.1), as the crypto API's
 * default random number generator.
 *
 * A transform has an instance for each CPU, so that callers on different CPUs don't
 * wait for each other; each is seeded from the entropy source when it is first used.
 */

#include <crypto/internal/rng.h>
#include <crypto/rng.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "drbg.h"
#include "internal.h"
#include "sha.h"

#define HASH		(&wolfcrypt_hashes[WOLFCRYPT_SHA256])
#define OUTLEN		SHA256_DIGEST_SIZE

/* What goes before the input of a hash (sections 10.1.1.2 to 10.1.1.4). */
#define PREFIX_C	0x00
#define PREFIX_RESEED	0x01
#define PREFIX_ADDTL	0x02
#define PREFIX_NEXT	0x03

/* A piece of the input of a hash. */
struct drbg_part {
	const u8 *data;
	unsigned int len;
};

static void drbg_hash(const struct wolfcrypt_sha_impl *impl, u8 prefix,
		      const struct drbg_part *parts, unsigned int count,
		      u8 *out)
{
	struct sha256_state state;
	unsigned int i;

	wolfcrypt_hash_start(HASH, &state, HASH->iv, 0);
	wolfcrypt_hash_update(HASH, impl, &state, &prefix, sizeof(prefix));
	for (i = 0; i < count; i++)
		wolfcrypt_hash_update(HASH, impl, &state, parts[i].data,
				      parts[i].len);
	wolfcrypt_hash_final(HASH, impl, &state, out);
}

/* Hash_df (section 10.3.1), to seedlen bits, in two runs of the hash. */
static void drbg_df(const struct wolfcrypt_sha_impl *impl,
		    const struct drbg_part *parts, unsigned int count, u8 *out)
{
	__be32 bits = cpu_to_be32(8 * WOLFCRYPT_DRBG_SEEDLEN);
	struct drbg_part all[5] = { { (const u8 *)&bits, sizeof(bits) } };
	u8 last[OUTLEN];

	BUILD_BUG_ON(WOLFCRYPT_DRBG_SEEDLEN > 2 * OUTLEN);

	memcpy(all + 1, parts, count * sizeof(*parts));
	drbg_hash(impl, 1, all, count + 1, out);
	drbg_hash(impl, 2, all, count + 1, last);
	memcpy(out + OUTLEN, last, WOLFCRYPT_DRBG_SEEDLEN - OUTLEN);
	memzero_explicit(last, sizeof(last));
}

/* @v + @x mod 2^seedlen; both are big-endian. */
static void drbg_add(u8 *v, const u8 *x, unsigned int len)
{
	unsigned int carry = 0, i;

	for (i = 1; i <= WOLFCRYPT_DRBG_SEEDLEN; i++) {
		carry += v[WOLFCRYPT_DRBG_SEEDLEN - i];
		if (i <= len)
			carry += x[len - i];
		v[WOLFCRYPT_DRBG_SEEDLEN - i] = carry;
		carry >>= 8;
	}
}

/* How often the low word overflows tells nothing: that is once in 2^64. */
static void drbg_increment(u8 *v)
{
	unsigned int i = WOLFCRYPT_DRBG_SEEDLEN - sizeof(u64);
	u64 low = get_unaligned_be64(v + i) + 1;

	put_unaligned_be64(low, v + i);
	if (unlikely(!low)) {
		while (i-- && !++v[i])
			;
	}
}

/* @parts have the seed material. */
static void drbg_set_seed(struct wolfcrypt_drbg *drbg,
			  const struct wolfcrypt_sha_impl *impl,
			  const struct drbg_part *parts, unsigned int count)
{
	const u8 prefix = PREFIX_C;
	const struct drbg_part of_c[] = {
		{ &prefix, sizeof(prefix) },
		{ drbg->v, sizeof(drbg->v) },
	};
	u8 v[WOLFCRYPT_DRBG_SEEDLEN];

	drbg_df(impl, parts, count, v);
	memcpy(drbg->v, v, sizeof(v));
	memzero_explicit(v, sizeof(v));
	drbg_df(impl, of_c, ARRAY_SIZE(of_c), drbg->c);
	drbg->reseed_counter = 1;
}

/**
 * wolfcrypt_drbg_instantiate() - give an instance its first seed (section 10.1.1.2)
 * @drbg: the instance
 * @impl: an implementation of SHA-256 that may run here
 * @entropy: entropy input and nonce, one after the other
 * @entropy_len: bytes of both
 * @pers: personalization string
 * @pers_len: bytes of it; may be 0
 *
 * Context: as for wolfcrypt_hash_update().
 */
void wolfcrypt_drbg_instantiate(struct wolfcrypt_drbg *drbg,
				const struct wolfcrypt_sha_impl *impl,
				const u8 *entropy, unsigned int entropy_len,
				const u8 *pers, unsigned int pers_len)
{
	const struct drbg_part seed[] = {
		{ entropy, entropy_len },
		{ pers, pers_len },
	};

	drbg_set_seed(drbg, impl, seed, ARRAY_SIZE(seed));
}

/**
 * wolfcrypt_drbg_reseed() - add entropy to an instance (section 10.1.1.3)
 * @drbg: the instance
 * @impl: an implementation of SHA-256 that may run here
 * @entropy: entropy input
 * @entropy_len: bytes of it
 * @addtl: additional input
 * @addtl_len: bytes of it; may be 0
 *
 * Context: as for wolfcrypt_hash_update().
 */
void wolfcrypt_drbg_reseed(struct wolfcrypt_drbg *drbg,
			   const struct wolfcrypt_sha_impl *impl,
			   const u8 *entropy, unsigned int entropy_len,
			   const u8 *addtl, unsigned int addtl_len)
{
	const u8 prefix = PREFIX_RESEED;
	const struct drbg_part seed[] = {
		{ &prefix, sizeof(prefix) },
		{ drbg->v, sizeof(drbg->v) },
		{ entropy, entropy_len },
		{ addtl, addtl_len },
	};

	drbg_set_seed(drbg, impl, seed, ARRAY_SIZE(seed));
}

/*
 * A seed is a byte short of filling a block of SHA-256 with its padding, so that
 * each hash of Hashgen is one call of the compression function.
 */
struct hashgen_block {
	u8 data[WOLFCRYPT_DRBG_SEEDLEN];
	u8 end;
	__be64 bits;
} __packed;

/* @n whole outputs, in an FPU section of the caller's. */
static void hashgen_blocks(const struct wolfcrypt_sha_impl *impl,
			   struct hashgen_block *block, u8 *out, unsigned int n)
{
	struct sha256_state state;
	unsigned int i;

	for (; n; n--) {
		memcpy(state.state, HASH->iv, sizeof(state.state));
		impl->blocks(&state, (const u8 *)block, 1);
		for (i = 0; i < ARRAY_SIZE(state.state); i++, out += sizeof(u32))
			put_unaligned_be32(state.state[i], out);
		drbg_increment(block->data);
	}
	memzero_explicit(&state, sizeof(state));
}

/* Hashgen (section 10.1.1.4). */
static void drbg_hashgen(const struct wolfcrypt_drbg *drbg,
			 const struct wolfcrypt_sha_impl *impl, u8 *out,
			 unsigned int len)
{
	struct hashgen_block block = {
		.end = 0x80,
		.bits = cpu_to_be64(8 * WOLFCRYPT_DRBG_SEEDLEN),
	};
	u8 last[OUTLEN];
	unsigned int n;

	BUILD_BUG_ON(sizeof(block) != SHA256_BLOCK_SIZE);

	memcpy(block.data, drbg->v, sizeof(block.data));
	while ((n = min(len, WOLFCRYPT_FPU_CHUNK / 2) / OUTLEN)) {
		wolfcrypt_run(impl, hashgen_blocks(impl, &block, out, n));
		out += n * OUTLEN;
		len -= n * OUTLEN;
	}
	if (len) {
		wolfcrypt_run(impl, hashgen_blocks(impl, &block, last, 1));
		memcpy(out, last, len);
		memzero_explicit(last, sizeof(last));
	}
	memzero_explicit(&block, sizeof(block));
}

/**
 * wolfcrypt_drbg_generate() - one request for random bytes (section 10.1.1.4)
 * @drbg: the instance
 * @impl: an implementation of SHA-256 that may run here
 * @addtl: additional input
 * @addtl_len: bytes of it; may be 0
 * @out: the random bytes
 * @len: their number, WOLFCRYPT_DRBG_MAX_REQUEST at most
 *
 * Context: as for wolfcrypt_hash_update(). The caller has seen to it that the
 * instance is seeded, and not too long ago.
 */
void wolfcrypt_drbg_generate(struct wolfcrypt_drbg *drbg,
			     const struct wolfcrypt_sha_impl *impl,
			     const u8 *addtl, unsigned int addtl_len,
			     u8 *out, unsigned int len)
{
	__be64 counter = cpu_to_be64(drbg->reseed_counter);
	const struct drbg_part input[] = {
		{ drbg->v, sizeof(drbg->v) },
		{ addtl, addtl_len },
	};
	u8 hash[OUTLEN];

	if (addtl_len) {
		drbg_hash(impl, PREFIX_ADDTL, input, 2, hash);
		drbg_add(drbg->v, hash, sizeof(hash));
	}

	drbg_hashgen(drbg, impl, out, len);

	drbg_hash(impl, PREFIX_NEXT, input, 1, hash);
	drbg_add(drbg->v, hash, sizeof(hash));
	drbg_add(drbg->v, drbg->c, sizeof(drbg->c));
	drbg_add(drbg->v, (const u8 *)&counter, sizeof(counter));
	drbg->reseed_counter++;
	memzero_explicit(hash, sizeof(hash));
}

static struct wolfcrypt_drbg_ctx *drbg_ctx(struct crypto_rng *tfm)
{
	return crypto_rng_ctx(tfm);
}

/* A test wants to be answered by the instance that it has seeded. */
static struct wolfcrypt_drbg_instance *drbg_pick(struct wolfcrypt_drbg_ctx *ctx)
{
	if (ctx->test_entropy)
		return per_cpu_ptr(ctx->instances, 0);
	return raw_cpu_ptr(ctx->instances);
}

static const struct wolfcrypt_sha_impl *drbg_impl(void)
{
	return wolfcrypt_hash_pick(HASH);
}

/* It has a new seed. */
static void drbg_renew(struct wolfcrypt_drbg_instance *inst)
{
	inst->reseed_at = jiffies + WOLFCRYPT_DRBG_RESEED_SECONDS * HZ;
}

static void drbg_seeded(struct wolfcrypt_drbg_instance *inst,
			struct wolfcrypt_drbg_ctx *ctx)
{
	inst->epoch = ctx->epoch;
	drbg_renew(inst);
}

static void drbg_instantiate_test(struct wolfcrypt_drbg_ctx *ctx,
				  struct wolfcrypt_drbg_instance *inst,
				  const u8 *pers, unsigned int pers_len)
{
	mutex_lock(&ctx->lock);
	wolfcrypt_drbg_instantiate(&inst->drbg, drbg_impl(), ctx->test_entropy,
				   ctx->test_len, pers, pers_len);
	drbg_seeded(inst, ctx);
	mutex_unlock(&ctx->lock);
}

/*
 * The kernel's own random bytes are of no account here, but do no harm: they make
 * two instances differ even if the entropy source should fail unnoticed.
 */
static int drbg_instantiate(struct wolfcrypt_drbg_ctx *ctx,
			    struct wolfcrypt_drbg_instance *inst)
{
	u8 entropy[WOLFCRYPT_DRBG_ENTROPY + WOLFCRYPT_DRBG_NONCE];
	u8 pers[OUTLEN + WOLFCRYPT_DRBG_ENTROPY];
	int err;

	if (ctx->test_entropy) {
		drbg_instantiate_test(ctx, inst, NULL, 0);
		return 0;
	}

	err = wolfcrypt_entropy(entropy, sizeof(entropy), true);
	if (err)
		return err;

	mutex_lock(&ctx->lock);
	memcpy(pers, ctx->pers, OUTLEN);
	get_random_bytes(pers + OUTLEN, WOLFCRYPT_DRBG_ENTROPY);
	wolfcrypt_drbg_instantiate(&inst->drbg, drbg_impl(), entropy,
				   sizeof(entropy), pers, sizeof(pers));
	drbg_seeded(inst, ctx);
	mutex_unlock(&ctx->lock);

	memzero_explicit(entropy, sizeof(entropy));
	memzero_explicit(pers, sizeof(pers));
	return 0;
}

static int drbg_reseed(struct wolfcrypt_drbg_ctx *ctx,
		       struct wolfcrypt_drbg_instance *inst,
		       const u8 *addtl, unsigned int addtl_len, bool wait)
{
	u8 entropy[WOLFCRYPT_DRBG_ENTROPY];
	int err;

	if (ctx->test_entropy) {
		wolfcrypt_drbg_reseed(&inst->drbg, drbg_impl(),
				      ctx->test_entropy, ctx->test_len, addtl,
				      addtl_len);
		drbg_renew(inst);
		return 0;
	}

	err = wolfcrypt_entropy(entropy, sizeof(entropy), wait);
	if (err)
		return err;

	wolfcrypt_drbg_reseed(&inst->drbg, drbg_impl(), entropy,
			      sizeof(entropy), addtl, addtl_len);
	drbg_renew(inst);
	memzero_explicit(entropy, sizeof(entropy));
	return 0;
}

static bool drbg_is_stale(const struct wolfcrypt_drbg_instance *inst)
{
	return inst->drbg.reseed_counter > WOLFCRYPT_DRBG_RESEED_REQUESTS ||
	       time_after(jiffies, inst->reseed_at);
}

/*
 * One request (section 9.3.1). What a reseed takes in isn't taken in again. A seed that
 * is old is good for a while yet: nobody need wait for those who draw from the source
 * all the time, as anybody can by AF_ALG.
 */
static int drbg_request(struct wolfcrypt_drbg_ctx *ctx,
			struct wolfcrypt_drbg_instance *inst,
			bool predict, const u8 *addtl, unsigned int addtl_len,
			u8 *out, unsigned int len)
{
	int err = 0;

	if (inst->epoch != READ_ONCE(ctx->epoch))
		err = drbg_instantiate(ctx, inst);
	if (err)
		return err;

	if (predict || drbg_is_stale(inst)) {
		err = drbg_reseed(ctx, inst, addtl, addtl_len, predict);
		if (!err)
			addtl_len = 0;
		else if (err != -EBUSY)
			return err;
	}
	wolfcrypt_drbg_generate(&inst->drbg, drbg_impl(), addtl, addtl_len, out,
				len);
	return 0;
}

static int drbg_generate_all(struct crypto_rng *tfm, bool predict,
			     const u8 *addtl, unsigned int addtl_len, u8 *out,
			     unsigned int len)
{
	struct wolfcrypt_drbg_ctx *ctx = drbg_ctx(tfm);
	struct wolfcrypt_drbg_instance *inst = drbg_pick(ctx);
	unsigned int n;
	int err = 0;

	mutex_lock(&inst->lock);
	for (; len && !err; out += n, len -= n) {
		n = min(len, WOLFCRYPT_DRBG_MAX_REQUEST);
		err = drbg_request(ctx, inst, predict, addtl, addtl_len, out,
				   n);
	}
	mutex_unlock(&inst->lock);
	return err;
}

static int drbg_generate(struct crypto_rng *tfm, const u8 *addtl,
			 unsigned int addtl_len, u8 *out, unsigned int len)
{
	wolfcrypt_count(WOLFCRYPT_DRIVER_DRBG);
	return drbg_generate_all(tfm, false, addtl, addtl_len, out, len);
}

static int drbg_generate_pr(struct crypto_rng *tfm, const u8 *addtl,
			    unsigned int addtl_len, u8 *out, unsigned int len)
{
	wolfcrypt_count(WOLFCRYPT_DRIVER_DRBG + 1);
	return drbg_generate_all(tfm, true, addtl, addtl_len, out, len);
}

/* The "seed" of the API is a personalization string: seeds aren't for users to give. */
static int drbg_seed(struct crypto_rng *tfm, const u8 *pers,
		     unsigned int pers_len)
{
	const struct drbg_part part = { pers, pers_len };
	struct wolfcrypt_drbg_ctx *ctx = drbg_ctx(tfm);
	struct wolfcrypt_drbg_instance *inst = drbg_pick(ctx);

	if (ctx->test_entropy) {
		mutex_lock(&inst->lock);
		drbg_instantiate_test(ctx, inst, pers, pers_len);
		mutex_unlock(&inst->lock);
		return 0;
	}

	mutex_lock(&ctx->lock);
	drbg_hash(drbg_impl(), 0, &part, 1, ctx->pers);
	WRITE_ONCE(ctx->epoch, ctx->epoch + 1 ?: 1);
	mutex_unlock(&ctx->lock);
	return 0;
}

/* For tests with known answers, as CAVP makes them: by the crypto API, or by root. */
static void drbg_set_entropy(struct crypto_rng *tfm, const u8 *data,
			     unsigned int len)
{
	struct wolfcrypt_drbg_ctx *ctx = drbg_ctx(tfm);

	mutex_lock(&ctx->lock);
	ctx->test_entropy = data;
	ctx->test_len = len;
	mutex_unlock(&ctx->lock);
}

static int drbg_init(struct crypto_tfm *tfm)
{
	struct wolfcrypt_drbg_ctx *ctx = crypto_tfm_ctx(tfm);
	int cpu;

	ctx->instances = alloc_percpu_gfp(struct wolfcrypt_drbg_instance,
					  GFP_KERNEL_ACCOUNT);
	if (!ctx->instances)
		return -ENOMEM;

	for_each_possible_cpu(cpu)
		mutex_init(&per_cpu_ptr(ctx->instances, cpu)->lock);
	mutex_init(&ctx->lock);
	ctx->epoch = 1;
	return 0;
}

static void drbg_exit(struct crypto_tfm *tfm)
{
	struct wolfcrypt_drbg_ctx *ctx = crypto_tfm_ctx(tfm);
	int cpu;

	for_each_possible_cpu(cpu)
		memzero_explicit(per_cpu_ptr(ctx->instances, cpu),
				 sizeof(struct wolfcrypt_drbg_instance));
	free_percpu(ctx->instances);
}

#define DRBG_ALG(_driver, _priority, _generate)				\
{									\
	.base = {							\
		.cra_name	= "stdrng",				\
		.cra_driver_name = _driver,				\
		.cra_priority	= _priority,				\
		.cra_ctxsize	= sizeof(struct wolfcrypt_drbg_ctx),	\
		.cra_module	= THIS_MODULE,				\
		.cra_init	= drbg_init,				\
		.cra_exit	= drbg_exit,				\
	},								\
	.generate	= _generate,					\
	.seed		= drbg_seed,					\
	.set_ent	= drbg_set_entropy,				\
}

/*
 * With prediction resistance (section 8.8) there is entropy for each request. The
 * crypto API's tests tell by a name's beginning which of the two it is.
 */
static struct rng_alg drbg_algs[] = {
	DRBG_ALG("drbg_nopr_sha256-wolfcrypt", WOLFCRYPT_PRIORITY,
		 drbg_generate),
	DRBG_ALG("drbg_pr_sha256-wolfcrypt", WOLFCRYPT_PRIORITY - 1,
		 drbg_generate_pr),
};

int wolfcrypt_drbg_register(void)
{
	int i, err;

	for (i = 0; i < ARRAY_SIZE(drbg_algs); i++) {
		err = wolfcrypt_alg_init(&drbg_algs[i].base, "",
					 WOLFCRYPT_DRIVER_DRBG + i);
		if (err)
			return err;
	}
	return crypto_register_rngs(drbg_algs, ARRAY_SIZE(drbg_algs));
}

void wolfcrypt_drbg_unregister(void)
{
	crypto_unregister_rngs(drbg_algs, ARRAY_SIZE(drbg_algs));
	wolfcrypt_entropy_exit();
}

void wolfcrypt_drbg_refuse(void)
{
	wolfcrypt_refuse_rngs(drbg_algs, ARRAY_SIZE(drbg_algs));
}

MODULE_ALIAS_CRYPTO("stdrng");
