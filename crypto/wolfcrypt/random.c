// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random bytes for user space, with fips=1: getrandom(), /dev/random and /dev/urandom
 * are served by the module's DRBG. It is asked through the crypto API, and so this is
 * not within the module's boundary.
 */

#include <crypto/rng.h>
#include <linux/crypto.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/fips.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/uio.h>

#define DRIVER	"drbg_nopr_sha256-wolfcrypt"

static struct crypto_rng *user_rng(void)
{
	static DEFINE_MUTEX(lock);
	static struct crypto_rng *rng;
	struct crypto_rng *tfm;

	/* Pairs with the release below. */
	tfm = smp_load_acquire(&rng);
	if (tfm)
		return tfm;

	mutex_lock(&lock);
	tfm = rng;
	if (!tfm) {
		/* The program that loads modules may be who asks. */
		tfm = crypto_alloc_rng(DRIVER, 0, CRYPTO_NOLOAD);
		if (!IS_ERR(tfm)) {
			/* Pairs with the acquire: who sees it sees all of it. */
			smp_store_release(&rng, tfm);
		}
	}
	mutex_unlock(&lock);
	return tfm;
}

/**
 * wolfcrypt_random_read() - serve user space's wish for random bytes
 * @iter: where they go
 *
 * What the kernel has collected goes in as additional input, so that two copies of
 * one virtual machine don't give the same bytes.
 *
 * Context: process context; may sleep.
 * Return: how many bytes there are, which are fewer than wanted if a signal comes or a
 * page is missing; if there are none, -EFAULT, or -EIO if the DRBG or its entropy source
 * doesn't work: there is no other source.
 */
ssize_t wolfcrypt_random_read(struct iov_iter *iter)
{
	struct crypto_rng *rng;
	u8 own[32], block[256];
	size_t done = 0, copied, n;
	int err = 0;

	if (!iov_iter_count(iter))
		return 0;

	rng = user_rng();
	if (IS_ERR(rng))
		return -EIO;

	get_random_bytes(own, sizeof(own));
	while ((n = min(iov_iter_count(iter), sizeof(block)))) {
		err = crypto_rng_generate(rng, own, done ? 0 : sizeof(own),
					  block, n);
		if (err) {
			err = -EIO;
			break;
		}
		copied = copy_to_iter(block, n, iter);
		done += copied;
		if (copied != n) {
			err = -EFAULT;
			break;
		}
		if (done % PAGE_SIZE == 0) {
			if (signal_pending(current))
				break;
			cond_resched();
		}
	}
	memzero_explicit(own, sizeof(own));
	memzero_explicit(block, sizeof(block));
	return done ?: err;
}
