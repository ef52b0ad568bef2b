// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A benchmark of crypto API drivers: times several drivers of one algorithm
 * side by side, in turns, so that what disturbs the machine disturbs them
 * alike. See Documentation/crypto/wolfcrypt/benchmark.rst.
 *
 * A job is a line written to /sys/kernel/debug/wolfcrypt-bench:
 *
 *	TYPE KEYSIZE SIZE OPERATION ROUNDS DRIVER...
 *
 * The result is read from the same open file: a line per driver.
 */

#include <asm/fpu/api.h>
#include <asm/msr.h>
#include <crypto/aead.h>
#include <crypto/authenc.h>
#include <crypto/hash.h>
#include <crypto/internal/cipher.h>
#include <crypto/skcipher.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/scatterlist.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <uapi/linux/rtnetlink.h>

#include "bench.h"

#define BENCH_MAX_DRIVERS	8
#define BENCH_MAX_ROUNDS	1000
#define BENCH_PATIENCE		10
#define BENCH_MAX_SIZE		SZ_64K
#define BENCH_MAX_KEY		64
#define BENCH_MAX_LINE		1024
#define BENCH_AAD_SIZE		16
#define BENCH_TAG_SIZE		16
#define BENCH_IV_SIZE		32

/* What is before the cipher's key in one of authenc: a header, and the MAC's. */
#define BENCH_AUTHENC_HEADER	RTA_SPACE(sizeof(struct crypto_authenc_key_param))
#define BENCH_AUTHENC_KEYS	(BENCH_AUTHENC_HEADER + 32)

/* Long against the clock's grain, short against a tick. */
#define BENCH_BATCH_NS		(50 * NSEC_PER_USEC)

enum bench_op {
	BENCH_ENCRYPT,
	BENCH_DECRYPT,
	BENCH_SETKEY,
	BENCH_DIGEST,
};

struct bench_job;

/**
 * struct bench_driver - one of the drivers of a job
 * @job: the job
 * @name: the driver's name
 * @tfm: its transform, of the type that @job->type wants
 * @req: its request or descriptor
 * @requests: how many requests make a batch
 * @samples: the time of one request in each clean batch, in picoseconds
 * @clean: entries of @samples, in the order of time
 * @tried: how many batches were run for them
 * @err: of a request
 */
struct bench_driver {
	struct bench_job *job;
	char name[CRYPTO_MAX_ALG_NAME];
	void *tfm;
	void *req;
	unsigned int requests;
	u64 *samples;
	unsigned int clean;
	unsigned int tried;
	int err;
};

/**
 * struct bench_type - a type of algorithm
 * @name: as the line of a job gives it
 * @open: make @drv->tfm and @drv->req, with a key
 * @run: one request; 0 or an error
 * @setkey: set the key of the job anew; NULL if the type has none
 * @close: undo @open, also half of it
 */
struct bench_type {
	const char *name;
	int (*open)(struct bench_driver *drv);
	int (*run)(struct bench_driver *drv);
	int (*setkey)(struct bench_driver *drv);
	void (*close)(struct bench_driver *drv);
};

struct bench_job {
	const struct bench_type *type;
	enum bench_op op;
	bool in_place;
	unsigned int key_size;
	unsigned int size;
	unsigned int rounds;
	unsigned int drivers;
	u64 probe_min;
	struct bench_driver driver[BENCH_MAX_DRIVERS];
	u8 key[BENCH_AUTHENC_KEYS + BENCH_MAX_KEY];
	bool sealed;
	u8 iv[BENCH_IV_SIZE];
	u8 *src;
	u8 *dst;
	struct scatterlist src_sg;
	struct scatterlist dst_sg;
	char result[BENCH_MAX_DRIVERS * 192];
};

static int bench_cipher_setkey(struct bench_driver *drv)
{
	return crypto_cipher_setkey(drv->tfm, drv->job->key,
				    drv->job->key_size);
}

static int bench_cipher_open(struct bench_driver *drv)
{
	struct crypto_cipher *tfm;

	tfm = crypto_alloc_cipher(drv->name, 0, 0);
	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	drv->tfm = tfm;
	return bench_cipher_setkey(drv);
}

static int bench_cipher_run(struct bench_driver *drv)
{
	unsigned int size = crypto_cipher_blocksize(drv->tfm);
	struct bench_job *job = drv->job;
	u8 *dst = job->in_place ? job->src : job->dst;
	unsigned int i;

	for (i = 0; i + size <= job->size; i += size) {
		if (job->op == BENCH_DECRYPT)
			crypto_cipher_decrypt_one(drv->tfm, dst + i,
						  job->src + i);
		else
			crypto_cipher_encrypt_one(drv->tfm, dst + i,
						  job->src + i);
	}
	return 0;
}

static void bench_cipher_close(struct bench_driver *drv)
{
	crypto_free_cipher(drv->tfm);
}

static int bench_skcipher_setkey(struct bench_driver *drv)
{
	return crypto_skcipher_setkey(drv->tfm, drv->job->key,
				      drv->job->key_size);
}

static int bench_skcipher_open(struct bench_driver *drv)
{
	struct crypto_skcipher *tfm;

	tfm = crypto_alloc_skcipher(drv->name, 0, 0);
	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	drv->tfm = tfm;

	if (crypto_skcipher_ivsize(tfm) > BENCH_IV_SIZE)
		return -EINVAL;
	drv->req = skcipher_request_alloc(tfm, GFP_KERNEL);
	if (!drv->req)
		return -ENOMEM;
	return bench_skcipher_setkey(drv);
}

static int bench_skcipher_run(struct bench_driver *drv)
{
	struct bench_job *job = drv->job;
	struct skcipher_request *req = drv->req;

	skcipher_request_set_crypt(req, &job->src_sg, job->in_place ?
				   &job->src_sg : &job->dst_sg,
				   job->size, job->iv);
	if (job->op == BENCH_DECRYPT)
		return crypto_skcipher_decrypt(req);
	return crypto_skcipher_encrypt(req);
}

static void bench_skcipher_close(struct bench_driver *drv)
{
	skcipher_request_free(drv->req);
	crypto_free_skcipher(drv->tfm);
}

static int bench_aead_setkey(struct bench_driver *drv)
{
	return crypto_aead_setkey(drv->tfm, drv->job->key, drv->job->key_size);
}

static int bench_aead_alloc(struct bench_driver *drv)
{
	struct crypto_aead *tfm;

	tfm = crypto_alloc_aead(drv->name, 0, 0);
	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	drv->tfm = tfm;

	if (crypto_aead_ivsize(tfm) > BENCH_IV_SIZE)
		return -EINVAL;
	drv->req = aead_request_alloc(tfm, GFP_KERNEL);
	if (!drv->req)
		return -ENOMEM;
	aead_request_set_ad(drv->req, BENCH_AAD_SIZE);

	return crypto_aead_setauthsize(tfm, BENCH_TAG_SIZE);
}

static int bench_aead_open(struct bench_driver *drv)
{
	return bench_aead_alloc(drv) ?: bench_aead_setkey(drv);
}

/* The tag that a decryption finds is wrong, which costs nothing to find. */
static int bench_aead_run(struct bench_driver *drv)
{
	struct bench_job *job = drv->job;
	struct aead_request *req = drv->req;
	struct scatterlist *dst = job->in_place ? &job->src_sg : &job->dst_sg;
	int err;

	if (job->op == BENCH_ENCRYPT) {
		aead_request_set_crypt(req, &job->src_sg, dst, job->size,
				       job->iv);
		return crypto_aead_encrypt(req);
	}

	aead_request_set_crypt(req, &job->src_sg, dst,
			       job->size + BENCH_TAG_SIZE, job->iv);
	err = crypto_aead_decrypt(req);
	return err == -EBADMSG ? 0 : err;
}

static void bench_aead_close(struct bench_driver *drv)
{
	aead_request_free(drv->req);
	crypto_free_aead(drv->tfm);
}

static int bench_authenc_setkey(struct bench_driver *drv)
{
	struct bench_job *job = drv->job;
	struct crypto_authenc_key_param param = {
		.enckeylen = cpu_to_be32(job->key_size),
	};
	struct rtattr rta = {
		.rta_len = RTA_LENGTH(sizeof(param)),
		.rta_type = CRYPTO_AUTHENC_KEYA_PARAM,
	};

	memcpy(job->key, &rta, sizeof(rta));
	memcpy(job->key + RTA_LENGTH(0), &param, sizeof(param));
	return crypto_aead_setkey(drv->tfm, job->key,
				  BENCH_AUTHENC_KEYS + job->key_size);
}

/*
 * What isn't authentic is decrypted by some of these drivers only. So the data of a
 * decryption is encrypted before, once for all of them.
 */
static int bench_authenc_open(struct bench_driver *drv)
{
	struct bench_job *job = drv->job;
	struct aead_request *req;
	int err;

	err = bench_aead_alloc(drv) ?: bench_authenc_setkey(drv);
	if (err || job->op != BENCH_DECRYPT || job->sealed)
		return err;
	if (job->in_place)
		return -EINVAL;

	req = drv->req;
	aead_request_set_crypt(req, &job->src_sg, &job->src_sg, job->size,
			       job->iv);
	job->sealed = true;
	return crypto_aead_encrypt(req);
}

static int bench_authenc_run(struct bench_driver *drv)
{
	struct bench_job *job = drv->job;

	if (job->op == BENCH_ENCRYPT)
		return bench_aead_run(drv);

	aead_request_set_crypt(drv->req, &job->src_sg, &job->dst_sg,
			       job->size + BENCH_TAG_SIZE, job->iv);
	return crypto_aead_decrypt(drv->req);
}

static int bench_shash_setkey(struct bench_driver *drv)
{
	if (!drv->job->key_size)
		return 0;
	return crypto_shash_setkey(drv->tfm, drv->job->key,
				   drv->job->key_size);
}

static int bench_shash_open(struct bench_driver *drv)
{
	struct crypto_shash *tfm;
	struct shash_desc *desc;

	tfm = crypto_alloc_shash(drv->name, 0, 0);
	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	drv->tfm = tfm;

	desc = kzalloc(sizeof(*desc) + crypto_shash_descsize(tfm), GFP_KERNEL);
	if (!desc)
		return -ENOMEM;
	desc->tfm = tfm;
	drv->req = desc;
	return bench_shash_setkey(drv);
}

static int bench_shash_run(struct bench_driver *drv)
{
	return crypto_shash_digest(drv->req, drv->job->src, drv->job->size,
				   drv->job->dst);
}

static void bench_shash_close(struct bench_driver *drv)
{
	kfree_sensitive(drv->req);
	crypto_free_shash(drv->tfm);
}

static const struct bench_type bench_types[] = {
	{ "cipher", bench_cipher_open, bench_cipher_run,
	  bench_cipher_setkey, bench_cipher_close },
	{ "skcipher", bench_skcipher_open, bench_skcipher_run,
	  bench_skcipher_setkey, bench_skcipher_close },
	{ "aead", bench_aead_open, bench_aead_run,
	  bench_aead_setkey, bench_aead_close },
	{ "authenc", bench_authenc_open, bench_authenc_run,
	  bench_authenc_setkey, bench_aead_close },
	{ "shash", bench_shash_open, bench_shash_run,
	  bench_shash_setkey, bench_shash_close },
};

/*
 * The time of a loop that keeps the AES units busy, in TSC cycles: it is
 * constant unless another tenant of the core uses them.
 */
static u64 bench_probe(void)
{
	u64 start, time;
	int i;

	kernel_fpu_begin();
	start = rdtsc_ordered();
	for (i = 0; i < 250; i++)
		asm volatile("aesenc %xmm8, %xmm0\n\t"
			     "aesenc %xmm8, %xmm1\n\t"
			     "aesenc %xmm8, %xmm2\n\t"
			     "aesenc %xmm8, %xmm3\n\t"
			     "aesenc %xmm8, %xmm4\n\t"
			     "aesenc %xmm8, %xmm5\n\t"
			     "aesenc %xmm8, %xmm6\n\t"
			     "aesenc %xmm8, %xmm7");
	time = rdtsc_ordered() - start;
	kernel_fpu_end();
	return time;
}

/*
 * Is the machine as fast as it was at best during this job, but for a
 * twentieth? The clock of the core may be another one during the next job.
 */
static bool bench_machine_is_quiet(struct bench_job *job)
{
	u64 time = bench_probe();

	job->probe_min = min(job->probe_min, time);
	return time <= job->probe_min + job->probe_min / 20;
}

static int bench_one(struct bench_driver *drv)
{
	if (drv->job->op == BENCH_SETKEY)
		return drv->job->type->setkey(drv);
	return drv->job->type->run(drv);
}

/* A request that fails spoils the job: it would be a fast one. */
static u64 bench_batch(struct bench_driver *drv)
{
	u64 start = ktime_get_ns();
	unsigned int i;

	for (i = 0; i < drv->requests; i++)
		drv->err = bench_one(drv) ?: drv->err;
	return ktime_get_ns() - start;
}

/* Also shows whether the driver takes such requests at all. */
static int bench_calibrate(struct bench_driver *drv)
{
	for (drv->requests = 1; bench_batch(drv) < BENCH_BATCH_NS && !drv->err;
	     drv->requests *= 2)
		;
	return drv->err;
}

static void bench_round(struct bench_driver *drv)
{
	u64 time;

	drv->tried++;
	if (!bench_machine_is_quiet(drv->job))
		return;
	time = bench_batch(drv);
	if (bench_machine_is_quiet(drv->job))
		drv->samples[drv->clean++] = div_u64(time * 1000,
						     drv->requests);
}

static int bench_compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static u64 bench_median(u64 *samples, unsigned int n)
{
	if (!n)
		return 0;
	sort(samples, n, sizeof(*samples), bench_compare, NULL);
	return samples[n / 2];
}

/* The halves are sorted first: the whole would mix them. */
static int bench_report(struct bench_driver *drv, char *buf, size_t size)
{
	unsigned int half = drv->clean / 2;
	u64 first = bench_median(drv->samples, half);
	u64 second = bench_median(drv->samples + half, drv->clean - half);
	u64 all = bench_median(drv->samples, drv->clean);

	return scnprintf(buf, size, "%s %llu %llu %llu %llu %u %u\n",
			 drv->name, drv->clean ? drv->samples[0] : 0, all,
			 first, second, drv->clean, drv->tried);
}

/* Until each driver has the samples it should have, or not for want of quiet. */
static void bench_rounds(struct bench_job *job)
{
	unsigned int round, i, wanting = job->drivers;

	job->probe_min = U64_MAX;
	for (round = 0; wanting && round < BENCH_PATIENCE * job->rounds;
	     round++) {
		wanting = 0;
		for (i = 0; i < job->drivers; i++) {
			struct bench_driver *drv =
				&job->driver[(round + i) % job->drivers];

			if (drv->clean == job->rounds)
				continue;
			bench_round(drv);
			wanting++;
		}
		cond_resched();
	}
}

static void bench_close(struct bench_driver *drv)
{
	if (drv->tfm)
		drv->job->type->close(drv);
	kfree(drv->samples);
}

static int bench_open(struct bench_driver *drv)
{
	drv->samples = kcalloc(drv->job->rounds, sizeof(u64), GFP_KERNEL);
	if (!drv->samples)
		return -ENOMEM;
	return drv->job->type->open(drv) ?: bench_calibrate(drv);
}

static int bench_buffers(struct bench_job *job)
{
	size_t size = BENCH_AAD_SIZE + BENCH_MAX_SIZE + BENCH_TAG_SIZE;

	job->src = kmalloc(size, GFP_KERNEL);
	job->dst = kmalloc(size, GFP_KERNEL);
	if (!job->src || !job->dst)
		return -ENOMEM;

	get_random_bytes(job->key, sizeof(job->key));
	get_random_bytes(job->src, size);
	sg_init_one(&job->src_sg, job->src, size);
	sg_init_one(&job->dst_sg, job->dst, size);
	/* Fit for CCM, too: L is 4. */
	job->iv[0] = 3;
	return 0;
}

static int bench_run(struct bench_job *job)
{
	size_t len = 0;
	int i, err;

	err = bench_buffers(job);
	for (i = 0; i < job->drivers && !err; i++)
		err = bench_open(&job->driver[i]);
	if (!err) {
		bench_rounds(job);
		for (i = 0; i < job->drivers; i++)
			err = job->driver[i].err ?: err;
		for (i = 0; i < job->drivers; i++)
			len += bench_report(&job->driver[i], job->result + len,
					    sizeof(job->result) - len);
	}
	for (i = 0; i < job->drivers; i++)
		bench_close(&job->driver[i]);
	kfree(job->src);
	kfree(job->dst);
	job->src = NULL;
	job->dst = NULL;
	return err;
}

static const struct {
	const char *name;
	enum bench_op op;
	bool in_place;
} bench_ops[] = {
	{ "encrypt", BENCH_ENCRYPT, false },
	{ "decrypt", BENCH_DECRYPT, false },
	{ "encrypt-in-place", BENCH_ENCRYPT, true },
	{ "decrypt-in-place", BENCH_DECRYPT, true },
	{ "setkey", BENCH_SETKEY, true },
	{ "digest", BENCH_DIGEST, true },
};

static int bench_parse_op(struct bench_job *job, const char *name)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(bench_ops); i++) {
		if (strcmp(name, bench_ops[i].name))
			continue;
		job->op = bench_ops[i].op;
		job->in_place = bench_ops[i].in_place;
		return 0;
	}
	return -EINVAL;
}

static int bench_parse_type(struct bench_job *job, const char *name)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(bench_types); i++) {
		if (strcmp(name, bench_types[i].name))
			continue;
		job->type = &bench_types[i];
		return 0;
	}
	return -EINVAL;
}

/* The drivers' names are the rest of the line. */
static int bench_parse_drivers(struct bench_job *job, char *line)
{
	char *name;

	while ((name = strsep(&line, " "))) {
		struct bench_driver *drv = &job->driver[job->drivers];

		if (job->drivers == BENCH_MAX_DRIVERS)
			return -E2BIG;
		if (strscpy(drv->name, name) <= 0)
			return -EINVAL;
		drv->job = job;
		job->drivers++;
	}
	return job->drivers ? 0 : -EINVAL;
}

static int bench_parse(struct bench_job *job, char *line)
{
	char type[16], op[24];
	int n = 0;

	if (sscanf(line, "%15s %u %u %23s %u %n", type, &job->key_size,
		   &job->size, op, &job->rounds, &n) != 5 || !n)
		return -EINVAL;
	if (job->key_size > BENCH_MAX_KEY || job->size > BENCH_MAX_SIZE ||
	    !job->rounds || job->rounds > BENCH_MAX_ROUNDS)
		return -ERANGE;
	return bench_parse_type(job, type) ?: bench_parse_op(job, op) ?:
	       bench_parse_drivers(job, strim(line + n));
}

/* One job at a time: two at once would measure each other. */
static DEFINE_MUTEX(bench_lock);

static ssize_t bench_write(struct file *file, const char __user *buf,
			   size_t len, loff_t *pos)
{
	struct bench_job *job, *former;
	char *line;
	int err;

	if (len >= BENCH_MAX_LINE)
		return -E2BIG;
	line = memdup_user_nul(buf, len);
	if (IS_ERR(line))
		return PTR_ERR(line);

	job = kzalloc(sizeof(*job), GFP_KERNEL);
	err = job ? bench_parse(job, line) : -ENOMEM;
	kfree(line);

	mutex_lock(&bench_lock);
	err = err ?: bench_run(job);
	if (!err) {
		former = file->private_data;
		file->private_data = job;
		job = former;
		*pos = 0;
	}
	mutex_unlock(&bench_lock);
	kfree_sensitive(job);
	return err ?: len;
}

static ssize_t bench_read(struct file *file, char __user *buf, size_t len,
			  loff_t *pos)
{
	struct bench_job *job;
	ssize_t ret = 0;

	mutex_lock(&bench_lock);
	job = file->private_data;
	if (job)
		ret = simple_read_from_buffer(buf, len, pos, job->result,
					      strlen(job->result));
	mutex_unlock(&bench_lock);
	return ret;
}

static int bench_release(struct inode *inode, struct file *file)
{
	kfree_sensitive(file->private_data);
	return 0;
}

static const struct file_operations bench_fops = {
	.owner		= THIS_MODULE,
	.write		= bench_write,
	.read		= bench_read,
	.release	= bench_release,
};

static struct dentry *bench_file;
static struct dentry *bench_limits_file;

/* Files that debugfs doesn't want are no reason to fail. */
static int __init bench_init(void)
{
	bench_file = debugfs_create_file("wolfcrypt-bench", 0600, NULL, NULL,
					 &bench_fops);
	bench_limits_file = bench_limits_create();
	return 0;
}

static void __exit bench_exit(void)
{
	debugfs_remove(bench_limits_file);
	debugfs_remove(bench_file);
}

module_init(bench_init);
module_exit(bench_exit);

MODULE_IMPORT_NS(CRYPTO_INTERNAL);
MODULE_DESCRIPTION("Benchmark of crypto API drivers");
MODULE_LICENSE("GPL");
