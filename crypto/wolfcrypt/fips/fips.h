/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The FIPS 140-3 mode of the module: its state, its self-tests, and what
 * /sys/kernel/wolfcrypt/ shows of them.
 */
#ifndef _CRYPTO_WOLFCRYPT_FIPS_H
#define _CRYPTO_WOLFCRYPT_FIPS_H

#include <linux/types.h>

/* The states of ISO/IEC 19790 section 7.11.4 that the module can be in. */
enum wolfcrypt_state {
	WOLFCRYPT_POWER_ON,
	WOLFCRYPT_SELF_TEST,
	WOLFCRYPT_OPERATIONAL,
	WOLFCRYPT_ERROR,		/* latched until the next load */
};

bool wolfcrypt_fips_mode(void);
enum wolfcrypt_state wolfcrypt_state(void);
void wolfcrypt_set_state(enum wolfcrypt_state state);

int wolfcrypt_run_selftests(void);

int wolfcrypt_status_init(void);
void wolfcrypt_status_exit(void);

#endif /* _CRYPTO_WOLFCRYPT_FIPS_H */
