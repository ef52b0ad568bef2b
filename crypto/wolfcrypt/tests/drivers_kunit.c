// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The drivers where the crypto API's own tests don't go: in contexts in which
 * the FPU may not be used, from many threads at once, with keys that replace
 * others or are refused, and with the state of a hash exported anywhere.
 */

#include <crypto/aead.h>
#include <crypto/hash.h>
#include <crypto/internal/cipher.h>
#include <crypto/skcipher.h>
#include <crypto/xts.h>
#include <linux/completion.h>
#include <linux/cpufeature.h>
#include <linux/fips.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/scatterlist.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "../aes.h"
#include "../chachapoly.h"
#include "../fips/fips.h"
#include "../gcm.h"
#include "../internal.h"
#include "../sha.h"
#include "../sha3.h"
#include "tests.h"

#define MAX_LEN		600
#define MAX_KEY_SIZE	200
#define AAD_SIZE	16	/* what rfc4106 and rfc4309 take */
#define MAX_TAG_SIZE	16
#define BUF_SIZE	(AAD_SIZE + MAX_LEN + MAX_TAG_SIZE)

enum kind {
	BLOCK,
	CIPHER,
	AEAD,
	HASH,
};

/**
 * struct driver - one driver of the crypto API
 * @name: its name, less that of the implementation
 * @kind: which part of the API it belongs to
 * @isa: the name of the implementation in use, of its family
 * @long_key: bytes of a key; 0 if there is none
 * @short_key: of another key
 * @bad_key: of no key that it takes, but neither shorter nor longer than all of them; 0
 *	     if there is none
 * @whole_blocks: it takes no incomplete block
 * @authenc: its keys are in the format of authenc()
 * @no_fips: it isn't there with fips=1
 * @no_c: it isn't there where it would be the portable C code
 * @generic: a driver of the kernel's that exports the same state
 */
struct driver {
	const char *name;
	enum kind kind;
	const char *(*isa)(void);
	unsigned int long_key;
	unsigned int short_key;
	unsigned int bad_key;
	bool whole_blocks;
	bool authenc;
	bool no_fips;
	bool no_c;
	const char *generic;
};

static const char *isa_aes(void)
{
	return wolfcrypt_aes->name;
}

static const char *isa_gcm(void)
{
	return wolfcrypt_gcm->name;
}

static const char *isa_chachapoly(void)
{
	return wolfcrypt_chachapoly->name;
}

static const char *isa_sha1(void)
{
	return wolfcrypt_sha1->name;
}

static const char *isa_sha256(void)
{
	return wolfcrypt_sha256->name;
}

static const char *isa_sha512(void)
{
	return wolfcrypt_sha512->name;
}

static const char *isa_sha3(void)
{
	return wolfcrypt_sha3->name;
}

static const struct driver drivers[] = {
	{ "aes-wolfcrypt", BLOCK, isa_aes, 32, 16, 17, true },
	{ "ecb-aes-wolfcrypt", CIPHER, isa_aes, 32, 16, 17, true },
	{ "cbc-aes-wolfcrypt", CIPHER, isa_aes, 32, 16, 17, true },
	{ "cts-cbc-aes-wolfcrypt", CIPHER, isa_aes, 32, 16, 17 },
	{ "cfb-aes-wolfcrypt", CIPHER, isa_aes, 32, 16, 17 },
	{ "ofb-aes-wolfcrypt", CIPHER, isa_aes, 32, 16, 17 },
	{ "ctr-aes-wolfcrypt", CIPHER, isa_aes, 32, 16, 17 },
	{ "xts-aes-wolfcrypt", CIPHER, isa_aes, 64, 32, 33 },
	{ "gcm-aes-wolfcrypt", AEAD, isa_gcm, 32, 16, 17 },
	{ "rfc4106-gcm-aes-wolfcrypt", AEAD, isa_gcm, 36, 20, 21 },
	{ "rfc4543-gcm-aes-wolfcrypt", AEAD, isa_gcm, 36, 20, 21,
	  .no_fips = true },
	{ "ccm-aes-wolfcrypt", AEAD, isa_aes, 32, 16, 17 },
	{ "rfc4309-ccm-aes-wolfcrypt", AEAD, isa_aes, 35, 19, 20 },
	{ "cmac-aes-wolfcrypt", HASH, isa_aes, 32, 16, 17 },
	{ "chacha20-wolfcrypt", CIPHER, isa_chachapoly, 32, 32,
	  .no_fips = true, .no_c = true },
	{ "rfc7539-chacha20-poly1305-wolfcrypt", AEAD, isa_chachapoly, 32, 32,
	  31, .no_fips = true, .no_c = true },
	{ "rfc7539esp-chacha20-poly1305-wolfcrypt", AEAD, isa_chachapoly, 36,
	  36, 35, .no_fips = true, .no_c = true },
	{ "authenc-hmac-sha1-cbc-aes-wolfcrypt", AEAD, isa_aes, 64, 48, 49, true,
	  .authenc = true },
	{ "authenc-hmac-sha256-cbc-aes-wolfcrypt", AEAD, isa_aes, 64, 48, 49, true,
	  .authenc = true },
	{ "authenc-hmac-sha512-cbc-aes-wolfcrypt", AEAD, isa_aes, 64, 48, 49, true,
	  .authenc = true },
	{ "authenc-hmac-sha1-rfc3686-ctr-aes-wolfcrypt", AEAD, isa_aes, 68, 52,
	  53, .authenc = true },
	{ "authenc-hmac-sha256-rfc3686-ctr-aes-wolfcrypt", AEAD, isa_aes, 68, 52,
	  53, .authenc = true },
	{ "authenc-hmac-sha384-rfc3686-ctr-aes-wolfcrypt", AEAD, isa_aes, 68, 52,
	  53, .authenc = true },
	{ "authenc-hmac-sha512-rfc3686-ctr-aes-wolfcrypt", AEAD, isa_aes, 68, 52,
	  53, .authenc = true },
	{ "sha1-wolfcrypt", HASH, isa_sha1, .generic = "sha1-generic" },
	{ "sha224-wolfcrypt", HASH, isa_sha256, .generic = "sha224-generic" },
	{ "sha256-wolfcrypt", HASH, isa_sha256, .generic = "sha256-generic" },
	{ "sha384-wolfcrypt", HASH, isa_sha512, .generic = "sha384-generic" },
	{ "sha512-wolfcrypt", HASH, isa_sha512, .generic = "sha512-generic" },
	{ "sha3-224-wolfcrypt", HASH, isa_sha3, .generic = "sha3-224-generic" },
	{ "sha3-256-wolfcrypt", HASH, isa_sha3, .generic = "sha3-256-generic" },
	{ "sha3-384-wolfcrypt", HASH, isa_sha3, .generic = "sha3-384-generic" },
	{ "sha3-512-wolfcrypt", HASH, isa_sha3, .generic = "sha3-512-generic" },
	{ "hmac-sha1-wolfcrypt", HASH, isa_sha1, 200, 20 },
	{ "hmac-sha224-wolfcrypt", HASH, isa_sha256, 200, 20 },
	{ "hmac-sha256-wolfcrypt", HASH, isa_sha256, 200, 20 },
	{ "hmac-sha384-wolfcrypt", HASH, isa_sha512, 200, 20 },
	{ "hmac-sha512-wolfcrypt", HASH, isa_sha512, 200, 20 },
};

static bool is_missing(const struct driver *drv)
{
	return (drv->no_fips && fips_enabled) || (drv->no_c && !*drv->isa());
}

static const struct driver *next_driver(const struct driver *prev)
{
	prev = prev ? prev + 1 : drivers;
	while (prev < drivers + ARRAY_SIZE(drivers) && is_missing(prev))
		prev++;
	return prev < drivers + ARRAY_SIZE(drivers) ? prev : NULL;
}

static const void *each_driver(const void *prev, char *desc)
{
	const struct driver *drv = next_driver(prev);

	if (drv)
		strscpy(desc, drv->name, KUNIT_PARAM_DESC_SIZE);
	return drv;
}

static const void *each_keyed_driver(const void *prev, char *desc)
{
	do {
		prev = each_driver(prev, desc);
	} while (prev && !((const struct driver *)prev)->long_key);
	return prev;
}

static const void *each_hash(const void *prev, char *desc)
{
	do {
		prev = each_driver(prev, desc);
	} while (prev && ((const struct driver *)prev)->kind != HASH);
	return prev;
}

/* A transform of the driver's kind. */
struct tfm {
	const struct driver *drv;
	struct crypto_cipher *block;
	struct crypto_skcipher *cipher;
	struct crypto_aead *aead;
	struct crypto_shash *hash;
};

KUNIT_DEFINE_ACTION_WRAPPER(free_block, crypto_free_cipher,
			    struct crypto_cipher *);
KUNIT_DEFINE_ACTION_WRAPPER(free_cipher, crypto_free_skcipher,
			    struct crypto_skcipher *);
KUNIT_DEFINE_ACTION_WRAPPER(free_aead, crypto_free_aead, struct crypto_aead *);
KUNIT_DEFINE_ACTION_WRAPPER(free_hash, crypto_free_shash,
			    struct crypto_shash *);

static void add_action(struct kunit *test, kunit_action_t *action, void *ctx)
{
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, action, ctx));
}

static struct tfm *new_tfm(struct kunit *test, const struct driver *drv)
{
	struct tfm *tfm = kunit_kzalloc(test, sizeof(*tfm), GFP_KERNEL);
	char name[CRYPTO_MAX_ALG_NAME];
	const char *isa = drv->isa();

	KUNIT_ASSERT_NOT_NULL(test, tfm);
	snprintf(name, sizeof(name), "%s%s%s", drv->name, *isa ? "-" : "", isa);
	tfm->drv = drv;
	switch (drv->kind) {
	case BLOCK:
		tfm->block = crypto_alloc_cipher(name, 0, 0);
		KUNIT_ASSERT_NOT_ERR_OR_NULL_MSG(test, tfm->block, "%s", name);
		add_action(test, free_block, tfm->block);
		break;
	case CIPHER:
		tfm->cipher = crypto_alloc_skcipher(name, 0, 0);
		KUNIT_ASSERT_NOT_ERR_OR_NULL_MSG(test, tfm->cipher, "%s", name);
		add_action(test, free_cipher, tfm->cipher);
		break;
	case AEAD:
		tfm->aead = crypto_alloc_aead(name, 0, 0);
		KUNIT_ASSERT_NOT_ERR_OR_NULL_MSG(test, tfm->aead, "%s", name);
		add_action(test, free_aead, tfm->aead);
		KUNIT_ASSERT_EQ(test, 0, crypto_aead_setauthsize(tfm->aead,
								 MAX_TAG_SIZE));
		break;
	case HASH:
		tfm->hash = crypto_alloc_shash(name, 0, 0);
		KUNIT_ASSERT_NOT_ERR_OR_NULL_MSG(test, tfm->hash, "%s", name);
		add_action(test, free_hash, tfm->hash);
		break;
	}
	return tfm;
}

static int set_key(struct tfm *tfm, const u8 *key, unsigned int len)
{
	u8 buf[TEST_AUTHENC_HEADER + MAX_KEY_SIZE];

	if (tfm->drv->authenc) {
		len = test_authenc_key(buf, key, len);
		key = buf;
	}
	switch (tfm->drv->kind) {
	case BLOCK:
		return crypto_cipher_setkey(tfm->block, key, len);
	case CIPHER:
		return crypto_skcipher_setkey(tfm->cipher, key, len);
	case AEAD:
		return crypto_aead_setkey(tfm->aead, key, len);
	default:
		return len ? crypto_shash_setkey(tfm->hash, key, len) : 0;
	}
}

/**
 * struct job - a message, and what a transform makes of it
 * @tfm: the transform
 * @in: the message, with associated data before it if this is an AEAD
 * @len: its size
 * @out: the ciphertext, with a tag, or the digest
 * @out_len: its size
 * @buf: where requests work
 * @sg: the same
 * @iv: for requests
 * @cipher: the request or descriptor, by kind
 * @aead: likewise
 * @hash: likewise
 */
struct job {
	struct tfm *tfm;
	u8 in[BUF_SIZE];
	unsigned int len;
	u8 out[BUF_SIZE];
	unsigned int out_len;
	u8 buf[BUF_SIZE];
	struct scatterlist sg;
	u8 iv[AES_BLOCK_SIZE];
	struct skcipher_request *cipher;
	struct aead_request *aead;
	struct shash_desc *hash;
};

static void *zalloc(struct kunit *test, size_t size)
{
	void *p = kunit_kzalloc(test, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	return p;
}

static struct shash_desc *new_desc(struct kunit *test, struct crypto_shash *tfm)
{
	struct shash_desc *desc = zalloc(test, sizeof(*desc) +
					       crypto_shash_descsize(tfm));

	desc->tfm = tfm;
	return desc;
}

/* Gets everything that job_run() needs. */
static struct job *new_job(struct kunit *test, struct tfm *tfm,
			   unsigned int len)
{
	struct job *job = zalloc(test, sizeof(*job));
	struct rnd_state rnd;

	prandom_seed_state(&rnd, TEST_SEED);
	prandom_bytes_state(&rnd, job->in, sizeof(job->in));
	job->tfm = tfm;
	job->len = tfm->drv->whole_blocks ? round_down(len, AES_BLOCK_SIZE) :
					    len;
	sg_init_one(&job->sg, job->buf, sizeof(job->buf));

	switch (tfm->drv->kind) {
	case BLOCK:
		break;
	case CIPHER:
		job->cipher = zalloc(test,
				     sizeof(*job->cipher) +
				     crypto_skcipher_reqsize(tfm->cipher));
		skcipher_request_set_tfm(job->cipher, tfm->cipher);
		break;
	case AEAD:
		job->aead = zalloc(test, sizeof(*job->aead) +
					 crypto_aead_reqsize(tfm->aead));
		aead_request_set_tfm(job->aead, tfm->aead);
		aead_request_set_ad(job->aead, AAD_SIZE);
		break;
	case HASH:
		job->hash = new_desc(test, tfm->hash);
		break;
	}
	return job;
}

/* A counter block of CCM must begin with 1 to 7. */
static u8 *new_iv(struct job *job)
{
	memset(job->iv, 3, sizeof(job->iv));
	return job->iv;
}

static int run_block(struct job *job)
{
	struct crypto_cipher *tfm = job->tfm->block;
	unsigned int i;

	for (i = 0; i < job->len; i += AES_BLOCK_SIZE) {
		crypto_cipher_encrypt_one(tfm, job->out + i, job->in + i);
		crypto_cipher_decrypt_one(tfm, job->buf + i, job->out + i);
	}
	job->out_len = job->len;
	return memcmp(job->buf, job->in, job->len) ? -EILSEQ : 0;
}

static int run_cipher(struct job *job)
{
	struct skcipher_request *req = job->cipher;
	int err;

	memcpy(job->buf, job->in, job->len);
	skcipher_request_set_crypt(req, &job->sg, &job->sg, job->len,
				   new_iv(job));
	err = crypto_skcipher_encrypt(req);
	if (err)
		return err;
	job->out_len = job->len;
	memcpy(job->out, job->buf, job->out_len);

	skcipher_request_set_crypt(req, &job->sg, &job->sg, job->len,
				   new_iv(job));
	err = crypto_skcipher_decrypt(req);
	if (err)
		return err;
	return memcmp(job->buf, job->in, job->len) ? -EILSEQ : 0;
}

static int run_aead(struct job *job)
{
	struct aead_request *req = job->aead;
	int err;

	memcpy(job->buf, job->in, AAD_SIZE + job->len);
	aead_request_set_crypt(req, &job->sg, &job->sg, job->len, new_iv(job));
	err = crypto_aead_encrypt(req);
	if (err)
		return err;
	job->out_len = AAD_SIZE + job->len + MAX_TAG_SIZE;
	memcpy(job->out, job->buf, job->out_len);

	aead_request_set_crypt(req, &job->sg, &job->sg, job->len + MAX_TAG_SIZE,
			       new_iv(job));
	err = crypto_aead_decrypt(req);
	if (err)
		return err;
	return memcmp(job->buf, job->in, AAD_SIZE + job->len) ? -EILSEQ : 0;
}

/*
 * Encrypt the message, and decrypt it again; or hash it. In any context.
 * Returns 0, an error of the API, or -EILSEQ if decryption gave another text.
 */
static int run_job(struct job *job)
{
	switch (job->tfm->drv->kind) {
	case BLOCK:
		return run_block(job);
	case CIPHER:
		return run_cipher(job);
	case AEAD:
		return run_aead(job);
	default:
		job->out_len = crypto_shash_digestsize(job->tfm->hash);
		return crypto_shash_digest(job->hash, job->in, job->len,
					   job->out);
	}
}

static void expect_same(struct kunit *test, const struct job *job,
			const struct job *want, const char *what)
{
	KUNIT_EXPECT_EQ(test, job->out_len, want->out_len);
	KUNIT_EXPECT_MEMEQ_MSG(test, job->out, want->out, want->out_len,
			       "%s: %u bytes, %s", want->tfm->drv->name,
			       want->len, what);
}

/* Things to do in a context that isn't the test's own. */
struct call {
	int (*fn)(void *arg);
	void *arg;
	int ret;
	bool simd;
	struct irq_work irq;
	struct tasklet_struct tasklet;
};

static void make_call(struct call *call)
{
	call->simd = crypto_simd_usable();
	call->ret = call->fn(call->arg);
}

static void call_in_fpu_section(struct call *call)
{
	wolfcrypt_fpu_begin();
	make_call(call);
	wolfcrypt_fpu_end();
}

static void call_with_bh_disabled(struct call *call)
{
	local_bh_disable();
	make_call(call);
	local_bh_enable();
}

static void call_tasklet(struct tasklet_struct *tasklet)
{
	make_call(from_tasklet((struct call *)NULL, tasklet, tasklet));
}

static void call_in_softirq(struct call *call)
{
	tasklet_setup(&call->tasklet, call_tasklet);
	tasklet_schedule(&call->tasklet);
	tasklet_kill(&call->tasklet);
}

static void call_irq_work(struct irq_work *irq)
{
	make_call(container_of(irq, struct call, irq));
}

/* An interrupt that comes while a task uses the FPU. */
static void call_in_hardirq(struct call *call)
{
	call->irq = IRQ_WORK_INIT_HARD(call_irq_work);
	wolfcrypt_fpu_begin();
	irq_work_queue(&call->irq);
	while (irq_work_is_busy(&call->irq))
		cpu_relax();
	wolfcrypt_fpu_end();
	irq_work_sync(&call->irq);
}

/* @no_simd: the FPU can't be used there. @hash_only: nor can ciphers. */
struct context {
	const char *name;
	void (*call)(struct call *call);
	bool no_simd;
	bool hash_only;
};

static const struct context contexts[] = {
	{ "in an FPU section", call_in_fpu_section, .no_simd = true },
	{ "with soft interrupts off", call_with_bh_disabled },
	{ "in a soft interrupt", call_in_softirq },
	{ "in an interrupt of an FPU section", call_in_hardirq,
	  .no_simd = true, .hash_only = true },
};

static int call_run_job(void *arg)
{
	return run_job(arg);
}

struct key_call {
	struct tfm *tfm;
	const u8 *key;
	unsigned int len;
};

static int call_set_key(void *arg)
{
	const struct key_call *key = arg;

	return set_key(key->tfm, key->key, key->len);
}

static void call_in(struct kunit *test, const struct context *context,
		    int (*fn)(void *arg), void *arg)
{
	struct call *call = zalloc(test, sizeof(*call));

	call->fn = fn;
	call->arg = arg;
	context->call(call);
	KUNIT_ASSERT_EQ_MSG(test, 0, call->ret, "%s", context->name);
	if (context->no_simd && IS_ENABLED(CONFIG_CRYPTO_WOLFCRYPT_X86))
		KUNIT_ASSERT_FALSE_MSG(test, call->simd, "%s", context->name);
}

static void random_key(struct kunit *test, u8 *key, u32 seed)
{
	struct rnd_state rnd;

	prandom_seed_state(&rnd, TEST_SEED + seed);
	prandom_bytes_state(&rnd, key, MAX_KEY_SIZE);
}

static const unsigned int lengths[] = { 16, 49, 128, 255, 599 };

/* A request gives the same in every context, with a key set in any other. */
static void drivers_test_contexts(struct kunit *test)
{
	const struct driver *drv = test->param_value;
	struct tfm *plain = new_tfm(test, drv);
	u8 *user_key = zalloc(test, MAX_KEY_SIZE);
	const struct context *c;
	unsigned int i;

	random_key(test, user_key, 0);
	KUNIT_ASSERT_EQ(test, 0, set_key(plain, user_key, drv->long_key));

	for (c = contexts; c < contexts + ARRAY_SIZE(contexts); c++) {
		struct tfm *tfm = new_tfm(test, drv);
		struct key_call key = { tfm, user_key, drv->long_key };

		if (c->hash_only && drv->kind != HASH)
			continue;
		call_in(test, c, call_set_key, &key);

		for (i = 0; i < ARRAY_SIZE(lengths); i++) {
			struct job *want = new_job(test, plain, lengths[i]);
			struct job *key_there = new_job(test, tfm, lengths[i]);
			struct job *run_there = new_job(test, plain,
							lengths[i]);

			KUNIT_ASSERT_EQ(test, 0, run_job(want));
			KUNIT_ASSERT_EQ(test, 0, run_job(key_there));
			expect_same(test, key_there, want, c->name);
			call_in(test, c, call_run_job, run_there);
			expect_same(test, run_there, want, c->name);
		}
	}
}

#define VECTOR_SIZE	64
#define VECTORS		32

#if IS_ENABLED(CONFIG_CRYPTO_WOLFCRYPT_X86)
static void read_zmm(u8 *out)
{
	asm volatile(".irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
		     "vmovups %%zmm\\i, 64*\\i(%0)\n"
		     ".endr\n"
		     ".irp i, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
		     "vmovups %%zmm\\i, 64*\\i(%0)\n"
		     ".endr" : : "r" (out) : "memory");
}

/* All that this CPU has of them. */
static void read_vectors(u8 *out)
{
	if (cpu_has_xfeatures(XFEATURE_MASK_AVX512, NULL) &&
	    boot_cpu_has(X86_FEATURE_AVX512VL))
		read_zmm(out);
	else if (cpu_has_xfeatures(XFEATURE_MASK_YMM, NULL))
		asm volatile(".irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
			     "vmovups %%ymm\\i, 64*\\i(%0)\n"
			     ".endr" : : "r" (out) : "memory");
	else
		asm volatile(".irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
			     "movups %%xmm\\i, 64*\\i(%0)\n"
			     ".endr" : : "r" (out) : "memory");
}
#else
static void read_vectors(u8 *out)
{
}
#endif

/* Nobody else may use them from the first FPU section, which clears them, on. */
static void read_vectors_after(struct kunit *test, int (*fn)(void *arg),
			       void *arg, const char *what)
{
	u8 *out = zalloc(test, VECTORS * VECTOR_SIZE);
	int err;

	local_bh_disable();
	wolfcrypt_fpu_begin();
	wolfcrypt_fpu_end();
	err = fn(arg);
	read_vectors(out);
	local_bh_enable();
	KUNIT_ASSERT_EQ(test, 0, err);
	KUNIT_EXPECT_NULL_MSG(test, memchr_inv(out, 0, VECTORS * VECTOR_SIZE),
			      "%s leaves data in vector registers", what);
}

/* Neither a key nor a request leaves anything in the vector registers. */
static void drivers_test_vectors(struct kunit *test)
{
	const struct driver *drv = test->param_value;
	struct tfm *tfm = new_tfm(test, drv);
	u8 *user_key = zalloc(test, MAX_KEY_SIZE);
	struct key_call key = { tfm, user_key, drv->long_key };
	unsigned int i;

	if (!IS_ENABLED(CONFIG_CRYPTO_WOLFCRYPT_X86))
		kunit_skip(test, "uses none");
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		kunit_skip(test, "another task may have its own in them");

	random_key(test, user_key, 0);
	read_vectors_after(test, call_set_key, &key, "a key");
	for (i = 0; i < ARRAY_SIZE(lengths); i++)
		read_vectors_after(test, call_run_job,
				   new_job(test, tfm, lengths[i]), "a request");
}

#define WORKERS		4
#define WORK_MS		20

/*
 * @want: what each time has to come out; NULL while keys change, for then that's anything
 * @in_fpu_section: the portable code does the work
 */
struct worker {
	struct work_struct work;
	struct completion *start;
	struct job *job;
	struct job *want;
	bool in_fpu_section;
	unsigned int wrong;
};

static bool is_wrong(const struct worker *w, int ret)
{
	unsigned int used = AAD_SIZE + w->job->len + MAX_TAG_SIZE;

	if (memchr_inv(w->job->buf + used, 0, BUF_SIZE - used))
		return true;
	if (!w->want)
		return ret && ret != -EILSEQ && ret != -EBADMSG;
	return ret || memcmp(w->job->out, w->want->out, w->want->out_len);
}

static void worker_run(struct work_struct *work)
{
	struct worker *w = container_of(work, struct worker, work);
	struct call call = { .fn = call_run_job, .arg = w->job };
	unsigned long end;

	wait_for_completion(w->start);
	end = jiffies + msecs_to_jiffies(WORK_MS);
	do {
		memset(w->job->out, 0, sizeof(w->job->out));
		if (w->in_fpu_section)
			call_in_fpu_section(&call);
		else
			make_call(&call);
		w->wrong += is_wrong(w, call.ret);
		cond_resched();
	} while (time_before(jiffies, end));
}

static struct worker *new_workers(struct kunit *test, struct tfm *tfm)
{
	struct worker *workers = zalloc(test, WORKERS * sizeof(*workers));
	unsigned int i;

	for (i = 0; i < WORKERS; i++) {
		workers[i].job = new_job(test, tfm, 100 + 133 * i);
		workers[i].in_fpu_section = i == WORKERS - 1;
		INIT_WORK(&workers[i].work, worker_run);
	}
	return workers;
}

static void workers_start(struct worker *workers, struct completion *start)
{
	unsigned int i;

	for (i = 0; i < WORKERS; i++) {
		workers[i].start = start;
		queue_work(system_unbound_wq, &workers[i].work);
	}
	complete_all(start);
}

static void workers_end(struct kunit *test, struct worker *workers)
{
	unsigned int i;

	for (i = 0; i < WORKERS; i++)
		flush_work(&workers[i].work);
	for (i = 0; i < WORKERS; i++)
		KUNIT_EXPECT_EQ_MSG(test, 0, workers[i].wrong, "worker %u", i);
}

/*
 * One transform, used by many at once, in two kinds of context. State that they
 * share is found if they meet in it, which is likely, on more than one CPU.
 */
static void drivers_test_concurrency(struct kunit *test)
{
	const struct driver *drv = test->param_value;
	struct tfm *tfm = new_tfm(test, drv);
	u8 *key = zalloc(test, MAX_KEY_SIZE);
	struct worker *workers = new_workers(test, tfm);
	DECLARE_COMPLETION_ONSTACK(start);
	unsigned int i;

	random_key(test, key, 0);
	KUNIT_ASSERT_EQ(test, 0, set_key(tfm, key, drv->long_key));
	for (i = 0; i < WORKERS; i++) {
		workers[i].want = new_job(test, tfm, 100 + 133 * i);
		KUNIT_ASSERT_EQ(test, 0, run_job(workers[i].want));
	}
	workers_start(workers, &start);
	workers_end(test, workers);
}

/*
 * Keys of two sizes are set while requests run. What comes of these is then undefined
 * by the API; but they end, write to nothing but their buffers, and of the keys the
 * last one alone counts afterwards.
 */
static void drivers_test_key_race(struct kunit *test)
{
	const struct driver *drv = test->param_value;
	struct tfm *used = new_tfm(test, drv), *fresh = new_tfm(test, drv);
	struct job *job = new_job(test, used, MAX_LEN);
	struct job *want = new_job(test, fresh, MAX_LEN);
	struct worker *workers = new_workers(test, used);
	u8 *key = zalloc(test, MAX_KEY_SIZE);
	DECLARE_COMPLETION_ONSTACK(start);
	unsigned int i, refused = 0;
	unsigned long end;

	random_key(test, key, 0);
	KUNIT_ASSERT_EQ(test, 0, set_key(used, key, drv->long_key));
	workers_start(workers, &start);
	end = jiffies + msecs_to_jiffies(WORK_MS);
	for (i = 0; time_before(jiffies, end); i++) {
		random_key(test, key, i);
		refused += !!set_key(used, key, i % 2 ? drv->long_key :
							drv->short_key);
		cond_resched();
	}
	workers_end(test, workers);
	KUNIT_EXPECT_EQ(test, 0, refused);

	KUNIT_ASSERT_EQ(test, 0, set_key(used, key, drv->long_key));
	KUNIT_ASSERT_EQ(test, 0, set_key(fresh, key, drv->long_key));
	KUNIT_ASSERT_EQ(test, 0, run_job(job));
	KUNIT_ASSERT_EQ(test, 0, run_job(want));
	expect_same(test, job, want, "last key");
}

/* A key leaves nothing behind when another one replaces it. */
static void drivers_test_new_key(struct kunit *test)
{
	const struct driver *drv = test->param_value;
	struct tfm *used = new_tfm(test, drv), *fresh = new_tfm(test, drv);
	struct job *job = new_job(test, used, MAX_LEN);
	struct job *want = new_job(test, fresh, MAX_LEN);
	u8 *key = zalloc(test, MAX_KEY_SIZE);

	if (drv->kind != BLOCK)
		KUNIT_EXPECT_EQ(test, -ENOKEY, run_job(job));
	random_key(test, key, 2);
	KUNIT_ASSERT_EQ(test, 0, set_key(fresh, key, drv->short_key));
	KUNIT_ASSERT_EQ(test, 0, run_job(want));

	random_key(test, key, 1);
	KUNIT_ASSERT_EQ(test, 0, set_key(used, key, drv->long_key));
	KUNIT_ASSERT_EQ(test, 0, run_job(job));

	random_key(test, key, 2);
	KUNIT_ASSERT_EQ(test, 0, set_key(used, key, drv->short_key));
	KUNIT_ASSERT_EQ(test, 0, run_job(job));
	expect_same(test, job, want, "second key");
}

/*
 * After a key that the driver refuses there is none, says the crypto API; but
 * crypto_skcipher_setkey() refuses sizes out of range on its own, and then the
 * former key stays. So it does in a cipher of single blocks, of which the API doesn't
 * know whether it has a key.
 */
static void drivers_test_refused_key(struct kunit *test)
{
	const struct driver *drv = test->param_value;
	struct tfm *tfm = new_tfm(test, drv);
	struct job *job = new_job(test, tfm, MAX_LEN);
	struct job *want = new_job(test, tfm, MAX_LEN);
	u8 *key = zalloc(test, MAX_KEY_SIZE);
	unsigned int bad_key = drv->bad_key;

	/* HMAC takes them all, but not so in FIPS mode. */
	if (!bad_key && fips_enabled)
		bad_key = 13;
	if (!bad_key && drv->kind != CIPHER)
		kunit_skip(test, "takes keys of any size");

	random_key(test, key, 1);
	KUNIT_ASSERT_EQ(test, 0, set_key(tfm, key, drv->long_key));
	KUNIT_ASSERT_EQ(test, 0, run_job(want));

	if (bad_key)
		KUNIT_EXPECT_EQ(test, -EINVAL, set_key(tfm, key + 1, bad_key));
	if (drv->kind == BLOCK) {
		KUNIT_ASSERT_EQ(test, 0, run_job(job));
		expect_same(test, job, want, "former key");
		return;
	}
	if (bad_key) {
		KUNIT_EXPECT_EQ(test, -ENOKEY, run_job(job));

		KUNIT_ASSERT_EQ(test, 0, set_key(tfm, key, drv->long_key));
		KUNIT_ASSERT_EQ(test, 0, run_job(job));
		expect_same(test, job, want, "key set again");
	}

	if (drv->kind != CIPHER)
		return;
	KUNIT_EXPECT_EQ(test, -EINVAL, set_key(tfm, key + 1,
					       drv->long_key + 1));
	KUNIT_ASSERT_EQ(test, 0, run_job(job));
	expect_same(test, job, want, "former key");
}

static const struct driver *driver_named(struct kunit *test, const char *name)
{
	const struct driver *drv = NULL;

	do {
		drv = next_driver(drv);
	} while (drv && strcmp(drv->name, name));
	KUNIT_ASSERT_NOT_NULL(test, drv);
	return drv;
}

/* The API doesn't notice that a cipher of single blocks has no key. */
static void drivers_test_no_key(struct kunit *test)
{
	struct tfm *tfm = new_tfm(test, driver_named(test, "aes-wolfcrypt"));
	static const u8 in[AES_BLOCK_SIZE] = "with no key set";
	u8 out[AES_BLOCK_SIZE];

	crypto_cipher_encrypt_one(tfm->block, out, in);
	crypto_cipher_decrypt_one(tfm->block, out, out);
	KUNIT_EXPECT_MEMEQ(test, out, in, sizeof(in));
}

/* XTS keys with equal halves are refused on request, and in FIPS mode. */
static void drivers_test_weak_xts_key(struct kunit *test)
{
	const struct driver *drv = driver_named(test, "xts-aes-wolfcrypt");
	struct tfm *tfm = new_tfm(test, drv);
	struct job *job = new_job(test, tfm, MAX_LEN);
	struct job *want = new_job(test, tfm, MAX_LEN);
	u8 *good = zalloc(test, MAX_KEY_SIZE), *weak;
	int err;

	random_key(test, good, 1);
	weak = zalloc(test, drv->long_key);
	memset(weak, 7, drv->long_key);

	err = set_key(tfm, weak, drv->long_key);
	KUNIT_EXPECT_EQ(test, fips_enabled ? -EINVAL : 0, err);
	KUNIT_ASSERT_EQ(test, 0, set_key(tfm, good, drv->long_key));
	KUNIT_ASSERT_EQ(test, 0, run_job(want));

	crypto_skcipher_set_flags(tfm->cipher,
				  CRYPTO_TFM_REQ_FORBID_WEAK_KEYS);
	KUNIT_EXPECT_EQ(test, -EINVAL, set_key(tfm, weak, drv->long_key));
	KUNIT_EXPECT_EQ(test, -ENOKEY, run_job(job));
	KUNIT_ASSERT_EQ(test, 0, set_key(tfm, good, drv->long_key));
	KUNIT_ASSERT_EQ(test, 0, run_job(job));
	expect_same(test, job, want, "key after a weak one");
}

/* The beginning of a message, whose state is then exported. */
struct part {
	struct shash_desc *desc;
	const u8 *data;
	unsigned int len;
	void *state;
};

static int hash_part(void *arg)
{
	const struct part *p = arg;

	return crypto_shash_init(p->desc) ?:
	       crypto_shash_update(p->desc, p->data, p->len) ?:
	       crypto_shash_export(p->desc, p->state);
}

static void finish_elsewhere(struct kunit *test, struct shash_desc *desc,
			     const struct part *p, const struct job *want)
{
	u8 digest[HASH_MAX_DIGESTSIZE];

	KUNIT_ASSERT_EQ(test, 0, crypto_shash_import(desc, p->state));
	KUNIT_ASSERT_EQ(test, 0, crypto_shash_finup(desc, p->data + p->len,
						    want->len - p->len,
						    digest));
	KUNIT_ASSERT_MEMEQ_MSG(test, digest, want->out, want->out_len,
			       "%s: exported after %u of %u bytes, imported by %s",
			       want->tfm->drv->name, p->len, want->len,
			       crypto_shash_driver_name(desc->tfm));
}

/* The same transform of the kernel's, if there is one and it may be used. */
static struct shash_desc *generic_desc(struct kunit *test,
				       const struct driver *drv)
{
	struct crypto_shash *tfm;

	if (!drv->generic)
		return NULL;
	tfm = crypto_alloc_shash(drv->generic, 0, 0);
	if (IS_ERR(tfm))
		return NULL;
	add_action(test, free_hash, tfm);
	return new_desc(test, tfm);
}

/*
 * The state, exported after any byte of a message in one context, goes on in
 * another request of another transform in another context.
 */
static void drivers_test_export(struct kunit *test)
{
	const struct context *fpu_section = &contexts[0];
	const struct driver *drv = test->param_value;
	struct tfm *from = new_tfm(test, drv), *to = new_tfm(test, drv);
	u8 *key = zalloc(test, MAX_KEY_SIZE);
	unsigned int size = crypto_shash_statesize(from->hash);
	struct shash_desc *desc, *generic;
	u8 *page = test_page(test);
	struct job *want;
	struct part p;

	random_key(test, key, 0);
	KUNIT_ASSERT_EQ(test, 0, set_key(from, key, drv->long_key));
	KUNIT_ASSERT_EQ(test, 0, set_key(to, key, drv->long_key));
	want = new_job(test, from, 3 * crypto_shash_blocksize(from->hash) + 5);
	KUNIT_ASSERT_EQ(test, 0, run_job(want));

	generic = generic_desc(test, drv);
	if (generic) {
		KUNIT_ASSERT_EQ(test, size,
				crypto_shash_statesize(generic->tfm));
		p = (struct part) { .desc = generic, .data = want->in };
		p.state = zalloc(test, size);
		KUNIT_ASSERT_EQ(test, 0, hash_part(&p));
		finish_elsewhere(test, generic, &p, want);
	}

	desc = new_desc(test, to->hash);
	p.desc = new_desc(test, from->hash);
	p.data = want->in;
	p.state = page;
	for (p.len = 0; p.len <= want->len; p.len++) {
		test_poison(page, page, size);
		if (p.len % 2)
			call_in(test, fpu_section, hash_part, &p);
		else
			KUNIT_ASSERT_EQ(test, 0, hash_part(&p));
		KUNIT_ASSERT_TRUE(test, test_only_wrote(page, page, size));
		finish_elsewhere(test, desc, &p, want);
		if (generic)
			finish_elsewhere(test, generic, &p, want);
	}
}

static int drivers_suite_init(struct kunit_suite *suite)
{
	if (wolfcrypt_state() == WOLFCRYPT_OPERATIONAL)
		return 0;
	kunit_err(suite, "the drivers are not registered\n");
	return -ENODEV;
}

static struct crypto_alg *alg_of(const struct tfm *tfm)
{
	switch (tfm->drv->kind) {
	case BLOCK:
		return crypto_cipher_tfm(tfm->block)->__crt_alg;
	case CIPHER:
		return crypto_skcipher_tfm(tfm->cipher)->__crt_alg;
	case AEAD:
		return crypto_aead_tfm(tfm->aead)->__crt_alg;
	default:
		return crypto_shash_tfm(tfm->hash)->__crt_alg;
	}
}

/* Synchronous, with no allocation for a request, and sufficient by itself. */
static void drivers_test_flags(struct kunit *test)
{
	const struct tfm *tfm = new_tfm(test, test->param_value);

	KUNIT_EXPECT_EQ(test, 0, alg_of(tfm)->cra_flags &
				 (CRYPTO_ALG_ASYNC |
				  CRYPTO_ALG_ALLOCATES_MEMORY |
				  CRYPTO_ALG_NEED_FALLBACK));
}

static struct kunit_case drivers_cases[] = {
	KUNIT_CASE_PARAM(drivers_test_flags, each_driver),
	KUNIT_CASE_PARAM(drivers_test_contexts, each_driver),
	KUNIT_CASE_PARAM(drivers_test_vectors, each_driver),
	KUNIT_CASE_PARAM(drivers_test_concurrency, each_driver),
	KUNIT_CASE_PARAM(drivers_test_key_race, each_keyed_driver),
	KUNIT_CASE_PARAM(drivers_test_new_key, each_keyed_driver),
	KUNIT_CASE_PARAM(drivers_test_refused_key, each_keyed_driver),
	KUNIT_CASE(drivers_test_no_key),
	KUNIT_CASE(drivers_test_weak_xts_key),
	KUNIT_CASE_PARAM(drivers_test_export, each_hash),
	{}
};

static struct kunit_suite drivers_suite = {
	.name		= "wolfcrypt_drivers",
	.suite_init	= drivers_suite_init,
	.test_cases	= drivers_cases,
};

kunit_test_suite(drivers_suite);

MODULE_IMPORT_NS(CRYPTO_INTERNAL);
