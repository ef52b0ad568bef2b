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

/**
 * wolfcrypt_driver_name() - complete a driver's name with its implementation's
 * @alg: the driver, whose cra_driver_name is "MODE-aes-wolfcrypt" or the like
 * @impl: name of the implementation; empty for the portable C code
 *
 * Return: 0, or -ENAMETOOLONG.
 */
int __init wolfcrypt_driver_name(struct crypto_alg *alg, const char *impl)
{
	size_t len = strlen(alg->cra_driver_name);
	size_t room = sizeof(alg->cra_driver_name) - len;

	if (!*impl)
		return 0;
	if (snprintf(alg->cra_driver_name + len, room, "-%s", impl) >= room)
		return -ENAMETOOLONG;
	return 0;
}

/* Primitives before the composites that the API could build on top of them. */
static int __init wolfcrypt_register(void)
{
	int err;

	err = wolfcrypt_sha_register();
	if (err)
		return err;
	err = wolfcrypt_hmac_register();
	if (err)
		goto err_sha;
	err = wolfcrypt_aes_register();
	if (err)
		goto err_hmac;
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
	return 0;

err_gcm:
	wolfcrypt_gcm_unregister();
err_cmac:
	wolfcrypt_cmac_unregister();
err_xts:
	wolfcrypt_xts_unregister();
err_aes:
	wolfcrypt_aes_unregister();
err_hmac:
	wolfcrypt_hmac_unregister();
err_sha:
	wolfcrypt_sha_unregister();
	return err;
}

static void wolfcrypt_unregister(void)
{
	wolfcrypt_ccm_unregister();
	wolfcrypt_gcm_unregister();
	wolfcrypt_cmac_unregister();
	wolfcrypt_xts_unregister();
	wolfcrypt_aes_unregister();
	wolfcrypt_hmac_unregister();
	wolfcrypt_sha_unregister();
}

static int __init wolfcrypt_init(void)
{
	int err;

	wolfcrypt_sha_select();
	wolfcrypt_aes_select();
	wolfcrypt_gcm_select();

	err = wolfcrypt_status_init();
	if (err)
		return err;

	if (wolfcrypt_fips_mode()) {
		err = wolfcrypt_run_selftests();
		if (err)
			goto err_selftests;
	}

	wolfcrypt_set_state(WOLFCRYPT_OPERATIONAL);
	err = wolfcrypt_register();
	if (err)
		goto err_status;
	return 0;

err_selftests:
	/* What is built in stays, to say in sysfs why it refuses to work. */
	if (IS_BUILTIN(CONFIG_CRYPTO_WOLFCRYPT))
		return err;
err_status:
	wolfcrypt_status_exit();
	return err;
}

static void __exit wolfcrypt_exit(void)
{
	wolfcrypt_unregister();
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
