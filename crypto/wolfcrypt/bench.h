/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the benchmark know of each other. */
#ifndef _CRYPTO_WOLFCRYPT_BENCH_H
#define _CRYPTO_WOLFCRYPT_BENCH_H

struct dentry;

struct dentry *bench_limits_create(void);

#endif /* _CRYPTO_WOLFCRYPT_BENCH_H */
