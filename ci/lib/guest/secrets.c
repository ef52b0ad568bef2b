// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In the guest: uses known secrets in every driver, through AF_ALG, for a search of
 * the guest's memory (ci/lib/find-secrets.py) to find them while they are in use and
 * never again.
 *
 *	secrets hold FIPS <DRIVERS	lines "DRIVER ALGORITHM"
 *	secrets key NUMBER LENGTH NAME	add a secret to the user keyring, as a logon key
 *
 * Freed pages of user space are not wiped, so that no secret may stay in any: each is
 * made, byte by byte, of its number where a system call wants it, and wiped after it.
 *
 * Each request is made by a thread of its own, which then sleeps until the end: what
 * the request leaves on its kernel stack, nothing overwrites. Page faults would, hence
 * threads, not processes, and locked memory.
 *
 * It waits for a line on standard input before each of three phases, and answers with
 * lines "live|gone NUMBER LENGTH ALGORITHM DRIVER" and one that says "done".
 */

#define _GNU_SOURCE
#include <errno.h>
#include <linux/if_alg.h>
#include <linux/keyctl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_DATA	5008
#define MAX_AAD		200
#define TAG_SIZE	16
#define THREAD_STACK	16384
#define BUF_SIZE	(MAX_AAD + MAX_DATA + TAG_SIZE)

/* The secrets of a driver, one after the other: their number is 8 * driver + slot. */
enum { FIRST, SECOND, THIRD, REFUSED, SLOTS = 8 };

#define WHOLE_BLOCKS	1	/* takes no others */
#define KEYLESS		2	/* a hash: its messages are the secrets */
#define ESP		4	/* AAD is 16 bytes, the last 8 of them the IV */
#define ANY_KEY		8	/* but short ones in FIPS mode */
#define OWN_IV		16	/* to the driver, the IV isn't AAD */
#define ENTROPY		32	/* the secret of a generator, which has one in its life */
#define AUTHENC		64	/* of two keys: 32 bytes for the MAC, the rest for the cipher */

/**
 * struct kind - what the drivers of one algorithm want
 * @alg: its name
 * @type: its type, as AF_ALG calls it
 * @iv_size: bytes of an IV
 * @length: bytes of each secret, by slot
 * @flags: of those above
 */
static const struct kind {
	const char *alg, *type;
	unsigned int iv_size;
	unsigned int length[4];
	unsigned int flags;
} kinds[] = {
	{ "ecb(aes)",		"skcipher", 0,	{ 32, 24, 16, 33 }, WHOLE_BLOCKS },
	{ "cbc(aes)",		"skcipher", 16,	{ 32, 24, 16, 31 }, WHOLE_BLOCKS },
	{ "cts(cbc(aes))",	"skcipher", 16,	{ 32, 24, 16, 17 } },
	{ "ctr(aes)",		"skcipher", 16,	{ 32, 24, 16, 15 } },
	{ "cfb(aes)",		"skcipher", 16,	{ 32, 24, 16, 40 } },
	{ "ofb(aes)",		"skcipher", 16,	{ 32, 24, 16, 20 } },
	{ "xts(aes)",		"skcipher", 16,	{ 64, 64, 32, 47 } },
	{ "gcm(aes)",		"aead",	12,	{ 32, 24, 16, 33 } },
	{ "rfc4106(gcm(aes))",	"aead",	8,	{ 36, 28, 20, 35 }, ESP },
	{ "rfc4543(gcm(aes))",	"aead",	8,	{ 36, 28, 20, 35 }, ESP },
	{ "seqiv(rfc4106(gcm(aes)))", "aead", 8, { 36, 28, 20, 35 }, ESP | OWN_IV },
	{ "ccm(aes)",		"aead",	16,	{ 32, 24, 16, 31 } },
	{ "rfc4309(ccm(aes))",	"aead",	8,	{ 35, 27, 19, 34 }, ESP },
	{ "chacha20",		"skcipher", 16,	{ 32, 32, 32, 31 } },
	{ "rfc7539(chacha20,poly1305)", "aead", 12, { 32, 32, 32, 33 } },
	{ "rfc7539esp(chacha20,poly1305)", "aead", 8, { 36, 36, 36, 35 }, ESP },
	{ "authenc(hmac(sha1),cbc(aes))", "aead", 16, { 64, 56, 48, 49 }, AUTHENC | WHOLE_BLOCKS },
	{ "authenc(hmac(sha256),cbc(aes))", "aead", 16, { 64, 56, 48, 49 }, AUTHENC | WHOLE_BLOCKS },
	{ "authenc(hmac(sha512),cbc(aes))", "aead", 16, { 64, 56, 48, 49 }, AUTHENC | WHOLE_BLOCKS },
	{ "authenc(hmac(sha1),rfc3686(ctr(aes)))", "aead", 8, { 68, 60, 52, 53 }, AUTHENC },
	{ "authenc(hmac(sha256),rfc3686(ctr(aes)))", "aead", 8, { 68, 60, 52, 53 }, AUTHENC },
	{ "authenc(hmac(sha384),rfc3686(ctr(aes)))", "aead", 8, { 68, 60, 52, 53 }, AUTHENC },
	{ "authenc(hmac(sha512),rfc3686(ctr(aes)))", "aead", 8, { 68, 60, 52, 53 }, AUTHENC },
	{ "cmac(aes)",		"hash",	0,	{ 32, 24, 16, 33 } },
	{ "hmac(sha1)",		"hash",	0,	{ 32, 100, 20, 13 }, ANY_KEY },
	{ "hmac(sha224)",	"hash",	0,	{ 64, 100, 28, 13 }, ANY_KEY },
	{ "hmac(sha256)",	"hash",	0,	{ 32, 100, 64, 13 }, ANY_KEY },
	{ "hmac(sha384)",	"hash",	0,	{ 128, 200, 48, 13 }, ANY_KEY },
	{ "hmac(sha512)",	"hash",	0,	{ 64, 200, 128, 13 }, ANY_KEY },
	{ "sha1",		"hash",	0,	{ 100, 0, 200, 0 }, KEYLESS },
	{ "sha224",		"hash",	0,	{ 100, 0, 200, 0 }, KEYLESS },
	{ "sha256",		"hash",	0,	{ 100, 0, 200, 0 }, KEYLESS },
	{ "sha384",		"hash",	0,	{ 100, 0, 300, 0 }, KEYLESS },
	{ "sha512",		"hash",	0,	{ 100, 0, 300, 0 }, KEYLESS },
	{ "sha3-224",		"hash",	0,	{ 100, 0, 300, 0 }, KEYLESS },
	{ "sha3-256",		"hash",	0,	{ 100, 0, 300, 0 }, KEYLESS },
	{ "sha3-384",		"hash",	0,	{ 100, 0, 300, 0 }, KEYLESS },
	{ "sha3-512",		"hash",	0,	{ 100, 0, 300, 0 }, KEYLESS },
	{ "stdrng",		"rng",	0,	{ 48, 64, 100, 0 }, ENTROPY },
};

/* Of a message, this much is sent at first, and the rest in the next phase. */
#define SENT_FIRST	60

/**
 * struct driver - one in use
 * @kind: what it wants
 * @name: its name
 * @number: of its first secret
 * @tfm: the socket that has the key
 * @op: the one that requests are made on
 */
struct driver {
	const struct kind *kind;
	char name[64], alg[64];
	unsigned int number;
	int tfm, op;
};

/* What a thread is to do, and with what. */
struct job {
	struct driver *d;
	unsigned int slot, size, aad;
	bool decrypt, forged;
};

static struct driver drivers[64];
static unsigned int count;
static bool fips;
static uint8_t buf[BUF_SIZE];
/* What was encrypted, for the thread that decrypts it. */
static uint8_t encrypted[BUF_SIZE];

static void die(const char *what, const struct driver *d)
{
	fprintf(stderr, "secrets: %s: %s: %s\n", d ? d->name : "-", what,
		strerror(errno));
	exit(1);
}

static uint8_t secret_byte(uint64_t number, uint64_t i)
{
	uint64_t x = number * 0x9E3779B97F4A7C15 + i * 0xBF58476D1CE4E5B9 + 1;

	x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9;
	x = (x ^ x >> 27) * 0x94D049BB133111EB;
	return x ^ x >> 31;
}

/* Volatile, so that no more than a byte is in a register and the wiping is done. */
static void make_secret(volatile uint8_t *p, uint64_t number, unsigned int start,
			unsigned int end)
{
	unsigned int i;

	for (i = start; i < end; i++)
		*p++ = secret_byte(number, i);
}

static void wipe(unsigned int len)
{
	volatile uint8_t *p = buf;

	while (len--)
		*p++ = 0;
}

struct thread {
	void (*run)(const struct job *);
	const struct job *job;
	sem_t done;
};

static void *run_and_sleep(void *arg)
{
	struct thread *thread = arg;

	thread->run(thread->job);
	sem_post(&thread->done);
	while (pause())
		;
	return NULL;
}

/* Run a job in a thread of its own. */
static void apart(void (*run)(const struct job *), const struct job *job)
{
	struct thread thread = { run, job };
	pthread_attr_t attr;
	pthread_t id;

	sem_init(&thread.done, 0, 0);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, THREAD_STACK);
	errno = pthread_create(&id, &attr, run_and_sleep, &thread);
	if (errno)
		die("pthread_create", job->d);
	while (sem_wait(&thread.done))
		;
}

/* What the key of authenc() begins with; returns its size. */
static unsigned int authenc_header(unsigned int cipher_key)
{
	const uint16_t attribute[] = { 8, 1 };	/* its size and kind */
	const uint8_t size[] = { 0, 0, 0, cipher_key };

	memcpy(buf, attribute, sizeof(attribute));
	memcpy(buf + sizeof(attribute), size, sizeof(size));
	return sizeof(attribute) + sizeof(size);
}

static int set_key(const struct job *job)
{
	const struct driver *d = job->d;
	unsigned int len = d->kind->length[job->slot];
	unsigned int header = 0;
	int err;

	if (d->kind->flags & AUTHENC)
		header = authenc_header(len - 32);
	make_secret(buf + header, d->number + job->slot, 0, len);
	len += header;
	err = setsockopt(d->tfm, SOL_ALG,
			 d->kind->flags & ENTROPY ? ALG_SET_DRBG_ENTROPY : ALG_SET_KEY,
			 buf, len);
	wipe(len);
	return err;
}

static void good_key(const struct job *job)
{
	if (set_key(job))
		die("set the key", job->d);
}

static void bad_key(const struct job *job)
{
	if (!set_key(job))
		die("a bad key was taken", job->d);
}

/* As in find-secrets.py. */
static void make_data(uint8_t *p, unsigned int len)
{
	unsigned int i;

	for (i = 0; i < len; i++)
		p[i] = 7 * i + 13;
}

static void make_iv(uint8_t *iv, unsigned int size)
{
	unsigned int i;

	for (i = 0; i < size; i++)
		iv[i] = i == 0 ? 3 : i < 12 ? 0xa0 + i : 0;
}

static void *add_cmsg(struct msghdr *msg, struct cmsghdr **next, int type,
		      unsigned int len)
{
	struct cmsghdr *cmsg = *next;

	cmsg->cmsg_level = SOL_ALG;
	cmsg->cmsg_type = type;
	cmsg->cmsg_len = CMSG_LEN(len);
	msg->msg_controllen += CMSG_SPACE(len);
	*next = (void *)((uint8_t *)cmsg + CMSG_SPACE(len));
	return CMSG_DATA(cmsg);
}

/* One request: buf has @in bytes and gets @out. Returns what recv() does. */
static long request(const struct job *job, unsigned int in, unsigned int out)
{
	uint64_t control[16] = {};
	struct iovec iov = { buf, in };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control };
	struct cmsghdr *next = (void *)control;
	const struct driver *d = job->d;
	unsigned int got = 0;
	struct af_alg_iv *iv;
	uint32_t value;
	long n;

	value = job->decrypt ? ALG_OP_DECRYPT : ALG_OP_ENCRYPT;
	memcpy(add_cmsg(&msg, &next, ALG_SET_OP, 4), &value, 4);
	if (d->kind->iv_size) {
		iv = add_cmsg(&msg, &next, ALG_SET_IV, 4 + d->kind->iv_size);
		iv->ivlen = d->kind->iv_size;
		make_iv(iv->iv, d->kind->iv_size);
	}
	if (!strcmp(d->kind->type, "aead")) {
		value = job->aad - (d->kind->flags & OWN_IV ? 8 : 0);
		memcpy(add_cmsg(&msg, &next, ALG_SET_AEAD_ASSOCLEN, 4), &value, 4);
	}
	if (sendmsg(d->op, &msg, 0) != (long)in)
		return -1;
	do {
		n = read(d->op, buf + got, out - got);
		if (n < 0)
			return n;
		got += n;
	} while (n && got < out);
	return got;
}

static void crypt_skcipher(const struct job *job)
{
	make_data(buf, job->size);
	if (request(job, job->size, job->size) != job->size)
		die("request", job->d);
}

/* Encrypted data is public, unlike the key: it may stay where it is. */
static void crypt_aead(const struct job *job)
{
	unsigned int head = job->aad + job->size;
	unsigned int in = head + (job->decrypt ? TAG_SIZE : 0);
	unsigned int out = head + (job->decrypt ? 0 : TAG_SIZE);
	long n;

	if (job->decrypt)
		memcpy(buf, encrypted, in);
	else
		make_data(buf, in);
	if (!job->decrypt && (job->d->kind->flags & ESP))
		make_iv(buf + job->aad - 8, 8);
	if (job->forged)
		buf[in - 1] ^= 1;
	n = request(job, in, out);
	if (job->forged ? n >= 0 || errno != EBADMSG : n != out)
		die(job->forged ? "a forged message" : "request", job->d);
	if (!job->decrypt)
		memcpy(encrypted, buf, out);
}

static void digest(const struct job *job)
{
	make_data(buf, job->size);
	if (send(job->d->op, buf, job->size, 0) != job->size ||
	    read(job->d->op, buf, 64) <= 0)
		die("request", job->d);
}

/* The beginning of a message that is a secret itself. */
static void begin_secret(const struct job *job)
{
	long n;

	make_secret(buf, job->d->number + job->slot, 0, SENT_FIRST);
	n = send(job->d->op, buf, SENT_FIRST, MSG_MORE);
	wipe(SENT_FIRST);
	if (n != SENT_FIRST)
		die("send", job->d);
}

static void end_secret(const struct job *job)
{
	unsigned int rest = job->d->kind->length[job->slot] - SENT_FIRST;
	long n;

	make_secret(buf, job->d->number + job->slot, SENT_FIRST, SENT_FIRST + rest);
	n = send(job->d->op, buf, rest, 0);
	wipe(rest);
	if (n != rest || read(job->d->op, buf, 64) <= 0)
		die("send", job->d);
}

/* What find-secrets.py wants to know: each is of 64 bytes. */
static void generate(const struct job *job)
{
	if (read(job->d->op, buf, 64) != 64)
		die("request", job->d);
}

static void skcipher_requests(struct driver *d)
{
	static const unsigned int sizes[] = { 16, 64, 512, 4096, 4992,
					      17, 31, 100, 1420, 5003 };
	unsigned int i, n = d->kind->flags & WHOLE_BLOCKS ? 5 : 10;

	for (i = 0; i < 2 * n; i++)
		apart(crypt_skcipher, &(struct job){ .d = d, .size = sizes[i / 2],
						     .decrypt = i % 2 });
}

static void aead_requests(struct driver *d)
{
	static const unsigned int sizes[] = { 0, 13, 16, 64, 100, 512, 4096, 5003 };
	unsigned int i, n = sizeof(sizes) / sizeof(*sizes);
	/* There are many drivers of it, and the threads stay: not each size with each AAD. */
	unsigned int step = d->kind->flags & AUTHENC ? 3 : 1;
	struct job job = { .d = d };

	for (i = 0; i < 2 * n; i += step) {
		job.size = sizes[i % n];
		if (d->kind->flags & WHOLE_BLOCKS)
			job.size &= -16;
		job.aad = d->kind->flags & ESP || i < n ? 16 : MAX_AAD;
		job.decrypt = job.forged = false;
		apart(crypt_aead, &job);
		job.decrypt = true;
		apart(crypt_aead, &job);
		job.forged = true;
		apart(crypt_aead, &job);
	}
}

static void hash_requests(struct driver *d)
{
	static const unsigned int sizes[] = { 0, 16, 100, 512, 4096, 5003 };
	unsigned int i;

	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		apart(digest, &(struct job){ .d = d, .size = sizes[i] });
}

static void rng_requests(struct driver *d)
{
	apart(generate, &(struct job){ .d = d });
	apart(generate, &(struct job){ .d = d });
}

static void open_op(struct driver *d)
{
	d->op = accept(d->tfm, NULL, 0);
	if (d->op < 0)
		die("accept", d);
}

/* A key can't be set while there are sockets for requests. */
static void use_key(struct driver *d, unsigned int slot)
{
	if (d->op >= 0)
		close(d->op);
	d->op = -1;
	apart(good_key, &(struct job){ .d = d, .slot = slot });
	open_op(d);
	if (!strcmp(d->kind->type, "skcipher"))
		skcipher_requests(d);
	else if (!strcmp(d->kind->type, "aead"))
		aead_requests(d);
	else if (!strcmp(d->kind->type, "rng"))
		rng_requests(d);
	else
		hash_requests(d);
}

static void refuse_key(struct driver *d)
{
	close(d->op);
	d->op = -1;
	apart(bad_key, &(struct job){ .d = d, .slot = REFUSED });
	open_op(d);
}

static void report(const char *state, const struct driver *d, unsigned int slot)
{
	printf("%s %u %u %s %s\n", state, d->number + slot, d->kind->length[slot],
	       d->alg, d->name);
}

static void open_tfm(struct driver *d)
{
	struct sockaddr_alg addr = { .salg_family = AF_ALG };

	strcpy((char *)addr.salg_type, d->kind->type);
	strcpy((char *)addr.salg_name, d->name);
	d->op = -1;
	d->tfm = socket(AF_ALG, SOCK_SEQPACKET, 0);
	if (d->tfm < 0 || bind(d->tfm, (void *)&addr, sizeof(addr)))
		die("bind", d);
}

static void close_tfm(struct driver *d)
{
	close(d->op);
	close(d->tfm);
}

/* A transform takes entropy once. */
static void replace_key(struct driver *d, unsigned int slot)
{
	if (d->kind->flags & ENTROPY) {
		close_tfm(d);
		open_tfm(d);
	}
	use_key(d, slot);
}

/* Is there a key that it refuses? */
static bool refuses(const struct driver *d)
{
	if (d->kind->flags & ANY_KEY)
		return fips;
	return !(d->kind->flags & (KEYLESS | ENTROPY));
}

static void first_phase(struct driver *d)
{
	open_tfm(d);
	if (!strcmp(d->kind->type, "aead") &&
	    setsockopt(d->tfm, SOL_ALG, ALG_SET_AEAD_AUTHSIZE, NULL, TAG_SIZE))
		die("authsize", d);

	if (d->kind->flags & KEYLESS) {
		open_op(d);
		apart(begin_secret, &(struct job){ .d = d, .slot = FIRST });
	} else {
		use_key(d, FIRST);
	}
	report("live", d, FIRST);
}

static void second_phase(struct driver *d)
{
	if (d->kind->flags & KEYLESS) {
		apart(end_secret, &(struct job){ .d = d, .slot = FIRST });
		apart(begin_secret, &(struct job){ .d = d, .slot = THIRD });
		report("gone", d, FIRST);
		report("live", d, THIRD);
		return;
	}
	replace_key(d, SECOND);
	replace_key(d, THIRD);
	report("gone", d, FIRST);
	report("gone", d, SECOND);
	report("live", d, THIRD);
	if (refuses(d)) {
		refuse_key(d);
		report("gone", d, REFUSED);
	}
}

static void third_phase(struct driver *d)
{
	if (d->kind->flags & KEYLESS)
		apart(end_secret, &(struct job){ .d = d, .slot = THIRD });
	close_tfm(d);
	report("gone", d, FIRST);
	if (!(d->kind->flags & KEYLESS))
		report("gone", d, SECOND);
	report("gone", d, THIRD);
	if (refuses(d))
		report("gone", d, REFUSED);
}

static void add_driver(const char *name, const char *alg)
{
	struct driver *d = &drivers[count];
	unsigned int i;

	if (count == sizeof(drivers) / sizeof(*drivers))
		die("too many drivers", NULL);
	snprintf(d->name, sizeof(d->name), "%s", name);
	snprintf(d->alg, sizeof(d->alg), "%s", alg);
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].alg, alg))
			d->kind = &kinds[i];
	if (!d->kind) {
		errno = ENOSYS;
		die("no such algorithm here: add it", d);
	}
	d->number = SLOTS * ++count;
}

static void hold(void)
{
	static void (*const phases[])(struct driver *) = {
		first_phase, second_phase, third_phase
	};
	char line[256], name[64], alg[64];
	unsigned int i, j;

	while (fgets(line, sizeof(line), stdin) && line[0] != '\n')
		if (sscanf(line, "%63s %63s", name, alg) == 2)
			add_driver(name, alg);

	for (i = 0; i < 3 && fgets(line, sizeof(line), stdin); i++) {
		for (j = 0; j < count; j++)
			phases[i](&drivers[j]);
		puts("done");
		fflush(stdout);
	}
	/* The threads are there until the end. */
	while (fgets(line, sizeof(line), stdin))
		;
}

static void add_logon_key(uint64_t number, unsigned int len, const char *name)
{
	long id;

	make_secret(buf, number, 0, len);
	id = syscall(SYS_add_key, "logon", name, buf, len, KEY_SPEC_USER_KEYRING);
	wipe(len);
	if (id < 0)
		die("add_key", NULL);
}

int main(int argc, char **argv)
{
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		die("mlockall", NULL);
	if (argc == 5 && !strcmp(argv[1], "key"))
		add_logon_key(atoi(argv[2]), atoi(argv[3]), argv[4]);
	else if (argc == 3 && !strcmp(argv[1], "hold")) {
		fips = atoi(argv[2]);
		hold();
	} else {
		fprintf(stderr, "usage: secrets hold FIPS | key NUMBER LENGTH NAME\n");
		return 2;
	}
	return 0;
}
