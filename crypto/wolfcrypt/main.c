// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The start of the module: choose the implementations for this CPU, prove them
 * in FIPS mode, register the drivers.
 */

#include <linux/crypto.h>
#include <linux/errno.h>
#include <linux/fips.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>

#include "fips/fips.h"
#include "internal.h"

/* The kernel's entropy source asks for "sha3-256-generic", to condition with. */
static bool alg_is_shared(const struct crypto_alg *alg)
{
	return !strcmp(alg->cra_name, "sha3-256");
}

/**
 * wolfcrypt_alg_init() - complete what all drivers have in common
 * @alg: the driver, whose cra_driver_name is "MODE-aes-wolfcrypt" or the like
 * @impl: name of the implementation, which is added to that of the driver; empty
 *	  for the portable C code
 * @driver: by which its requests are counted
 *
 * With fips=1 the crypto API is told to offer no other driver of the algorithm, but for
 * one.
 *
 * Return: 0; -ENAMETOOLONG; or -ENOENT if it isn't known which of its services are
 * approved.
 */
int wolfcrypt_alg_init(struct crypto_alg *alg, const char *impl,
		       enum wolfcrypt_driver driver)
{
	size_t len = strlen(alg->cra_driver_name);
	size_t room = sizeof(alg->cra_driver_name) - len;

	if (wolfcrypt_exclusive() && !alg_is_shared(alg))
		alg->cra_flags |= CRYPTO_ALG_FIPS_EXCLUSIVE;
	if (*impl &&
	    snprintf(alg->cra_driver_name + len, room, "-%s", impl) >= room)
		return -ENAMETOOLONG;
	return wolfcrypt_service_add(alg, driver);
}

/* Primitives before the composites that the API could build on top of them. */
static int wolfcrypt_register(void)
{
	int err;

	err = wolfcrypt_sha_register();
	if (err)
		return err;
	err = wolfcrypt_sha3_register();
	if (err)
		goto err_sha;
	err = wolfcrypt_hmac_register();
	if (err)
		goto err_sha3;
	err = wolfcrypt_drbg_register();
	if (err)
		goto err_hmac;
	err = wolfcrypt_cipher_register();
	if (err)
		goto err_drbg;
	err = wolfcrypt_aes_register();
	if (err)
		goto err_cipher;
	err = wolfcrypt_xts_register();
	if (err)
		goto err_aes;
	err = wolfcrypt_cmac_register();
	if (err)
		goto err_xts;
	err = wolfcrypt_gcm_register();
	if (err)
		goto err_cmac;
	err = wolfcrypt_ccm_register();
	if (err)
		goto err_gcm;
	err = wolfcrypt_chachapoly_register();
	if (err)
		goto err_ccm;
	err = wolfcrypt_authenc_register();
	if (err)
		goto err_chachapoly;
	return 0;

err_chachapoly:
	wolfcrypt_chachapoly_unregister();
err_ccm:
	wolfcrypt_ccm_unregister();
err_gcm:
	wolfcrypt_gcm_unregister();
err_cmac:
	wolfcrypt_cmac_unregister();
err_xts:
	wolfcrypt_xts_unregister();
err_aes:
	wolfcrypt_aes_unregister();
err_cipher:
	wolfcrypt_cipher_unregister();
err_drbg:
	wolfcrypt_drbg_unregister();
err_hmac:
	wolfcrypt_hmac_unregister();
err_sha3:
	wolfcrypt_sha3_unregister();
err_sha:
	wolfcrypt_sha_unregister();
	return err;
}

static void wolfcrypt_unregister(void)
{
	wolfcrypt_authenc_unregister();
	wolfcrypt_chachapoly_unregister();
	wolfcrypt_ccm_unregister();
	wolfcrypt_gcm_unregister();
	wolfcrypt_cmac_unregister();
	wolfcrypt_xts_unregister();
	wolfcrypt_aes_unregister();
	wolfcrypt_cipher_unregister();
	wolfcrypt_drbg_unregister();
	wolfcrypt_hmac_unregister();
	wolfcrypt_sha3_unregister();
	wolfcrypt_sha_unregister();
}

/**
 * wolfcrypt_refuse() - have all drivers refuse all that is asked of them
 *
 * Context: any. There is no way back.
 */
void wolfcrypt_refuse(void)
{
	wolfcrypt_authenc_refuse();
	wolfcrypt_chachapoly_refuse();
	wolfcrypt_ccm_refuse();
	wolfcrypt_gcm_refuse();
	wolfcrypt_cmac_refuse();
	wolfcrypt_xts_refuse();
	wolfcrypt_aes_refuse();
	wolfcrypt_cipher_refuse();
	wolfcrypt_drbg_refuse();
	wolfcrypt_hmac_refuse();
	wolfcrypt_sha3_refuse();
	wolfcrypt_sha_refuse();
}

static int wolfcrypt_init(void)
{
	int err;

	wolfcrypt_integrity_load();

	wolfcrypt_vectors_select();
	wolfcrypt_sha_select();
	wolfcrypt_sha3_select();
	wolfcrypt_aes_select();
	wolfcrypt_gcm_select();
	wolfcrypt_chachapoly_select();

	err = wolfcrypt_status_init();
	if (err)
		return err;

	wolfcrypt_integrity_keep();
	if (wolfcrypt_fips_mode()) {
		err = wolfcrypt_run_selftests();
		if (err)
			goto err_selftests;
	} else {
		wolfcrypt_set_state(WOLFCRYPT_OPERATIONAL);
	}

	/*
	 * A changed bit of the code above, or of what it calls, may have kept the
	 * integrity test from being run or from being heeded.
	 */
	if (wolfcrypt_state() == WOLFCRYPT_ERROR ||
	    (wolfcrypt_fips_mode() && !wolfcrypt_integrity_proved())) {
		err = wolfcrypt_selftest_failed("integrity");
		goto err_selftests;
	}
	err = wolfcrypt_register();
	if (err) {
		/* With fips=1 the boot isn't to go on without the drivers. */
		wolfcrypt_set_state(WOLFCRYPT_ERROR);
		goto err_status;
	}
	wolfcrypt_services_init(wolfcrypt_kobj);
	return 0;

err_selftests:
	/* What is built in stays, to say in sysfs why it refuses to work. */
	if (IS_BUILTIN(CONFIG_CRYPTO_WOLFCRYPT))
		return err;
err_status:
	wolfcrypt_status_exit();
	return err;
}

static void wolfcrypt_exit(void)
{
	wolfcrypt_unregister();
	wolfcrypt_services_exit();
	wolfcrypt_status_exit();
}

/*
 * After the crypto manager (arch_initcall), before everything that needs
 * ciphers: the root file system, the keys of signed modules.
 */
subsys_initcall(wolfcrypt_init);
module_exit(wolfcrypt_exit);

MODULE_DESCRIPTION("wolfCrypt drivers for the crypto API");
MODULE_LICENSE("GPL");
