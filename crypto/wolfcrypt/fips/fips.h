/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The FIPS 140-3 mode of the module: its state, its self-tests, and what
 * /sys/kernel/wolfcrypt/ shows of them.
 */
#ifndef _CRYPTO_WOLFCRYPT_FIPS_H
#define _CRYPTO_WOLFCRYPT_FIPS_H

#include <linux/kconfig.h>
#include <linux/types.h>

#include "../internal.h"

/* The states of ISO/IEC 19790 section 7.11.4 that the module can be in. */
enum wolfcrypt_state {
	WOLFCRYPT_POWER_ON,
	WOLFCRYPT_SELF_TEST,
	WOLFCRYPT_OPERATIONAL,
	WOLFCRYPT_ERROR,		/* latched until the next load */
};

bool wolfcrypt_fips_mode(void);
bool wolfcrypt_exclusive(void);
enum wolfcrypt_state wolfcrypt_state(void);
void wolfcrypt_set_state(enum wolfcrypt_state state);

int wolfcrypt_run_selftests(void);
int wolfcrypt_selftest_failed(const char *name);

#if IS_ENABLED(CONFIG_CRYPTO_WOLFCRYPT_INTEGRITY) && defined(MODULE)
void wolfcrypt_integrity_load(void);
#else
static inline void wolfcrypt_integrity_load(void)
{
}
#endif

#if IS_ENABLED(CONFIG_CRYPTO_WOLFCRYPT_INTEGRITY)
void wolfcrypt_integrity_keep(void);
bool wolfcrypt_integrity_proved(void);
#else
static inline bool wolfcrypt_integrity_proved(void)
{
	return true;
}

static inline void wolfcrypt_integrity_keep(void)
{
}
#endif

struct crypto_alg;
struct kobject;

int wolfcrypt_service_add(const struct crypto_alg *alg, enum wolfcrypt_driver driver);
void wolfcrypt_services_init(struct kobject *parent);
void wolfcrypt_services_exit(void);

extern struct kobject *wolfcrypt_kobj;	/* /sys/kernel/wolfcrypt */
int wolfcrypt_status_init(void);
void wolfcrypt_status_exit(void);

#endif /* _CRYPTO_WOLFCRYPT_FIPS_H */
