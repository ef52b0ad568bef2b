// SPDX-License-Identifier: GPL-2.0-or-later
/* /sys/kernel/wolfcrypt/: what the module is, and how its self-tests ended. */

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kobject.h>
#include <linux/math64.h>
#include <linux/sysfs.h>
#include <linux/time64.h>

#include <wolfssl/version.h>

#include "fips.h"
#include "integrity.h"
#include "selftest.h"

/* The version of the series of patches, as against that of the import. */
#define WOLFCRYPT_SERIES_VERSION	"0.1"

struct kobject *wolfcrypt_kobj;
static struct kobject *selftests_kobj;

static ssize_t state_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	static const char *const names[] = {
		[WOLFCRYPT_POWER_ON]	= "power-on",
		[WOLFCRYPT_SELF_TEST]	= "self-test",
		[WOLFCRYPT_OPERATIONAL]	= "operational",
		[WOLFCRYPT_ERROR]	= "error",
	};

	return sysfs_emit(buf, "%s\n", names[wolfcrypt_state()]);
}

static ssize_t fips_show(struct kobject *kobj, struct kobj_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%d\n", wolfcrypt_fips_mode());
}

static ssize_t version_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "wolfCrypt %s, series %s\n",
			  LIBWOLFSSL_VERSION_STRING, WOLFCRYPT_SERIES_VERSION);
}

static ssize_t digest_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	return sysfs_emit(buf, "%*phN\n", WOLFCRYPT_INTEGRITY_DIGEST_SIZE,
			  wolfcrypt_integrity_digest());
}

static ssize_t run_selftests_store(struct kobject *kobj,
				   struct kobj_attribute *attr, const char *buf,
				   size_t count)
{
	bool run;
	int err;

	err = kstrtobool(buf, &run);
	if (err)
		return err;
	if (!run)
		return -EINVAL;

	err = wolfcrypt_run_selftests();
	return err ?: count;
}

static ssize_t selftest_show(struct kobject *kobj, struct kobj_attribute *attr,
			     char *buf)
{
	const struct wolfcrypt_selftest *test =
		container_of(attr, struct wolfcrypt_selftest, attr);

	switch (test->result) {
	case WOLFCRYPT_PASS:
		return sysfs_emit(buf, "pass %llu us\n",
				  div_u64(test->time_ns, NSEC_PER_USEC));
	case WOLFCRYPT_FAIL:
		return sysfs_emit(buf, "fail\n");
	default:
		return sysfs_emit(buf, "not run\n");
	}
}

static struct kobj_attribute state_attr = __ATTR_RO(state);
static struct kobj_attribute fips_attr = __ATTR_RO(fips);
static struct kobj_attribute version_attr = __ATTR_RO(version);

static struct kobj_attribute run_selftests_attr = __ATTR_WO(run_selftests);
static struct kobj_attribute digest_attr = __ATTR_RO(digest);

static const struct attribute *status_attrs[] = {
	&state_attr.attr,
	&fips_attr.attr,
	&version_attr.attr,
	&run_selftests_attr.attr,
	IS_ENABLED(CONFIG_CRYPTO_WOLFCRYPT_INTEGRITY) ? &digest_attr.attr : NULL,
	NULL
};

static int selftest_files_create(void)
{
	struct wolfcrypt_selftest *test;
	int err;

	list_for_each_entry(test, &wolfcrypt_selftests, list) {
		sysfs_attr_init(&test->attr.attr);
		test->attr.attr.name = test->name;
		test->attr.attr.mode = 0444;
		test->attr.show = selftest_show;
		err = sysfs_create_file(selftests_kobj, &test->attr.attr);
		if (err)
			return err;
	}
	return 0;
}

/*
 * kobject_del() takes the files away and waits for their readers; the release
 * alone may come late, when the tests are freed already.
 */
static void status_dir_remove(struct kobject *kobj)
{
	kobject_del(kobj);
	kobject_put(kobj);
}

/**
 * wolfcrypt_status_init() - list the self-tests, and show them in sysfs
 *
 * Return: 0 or a negative error, when nothing is left behind.
 */
int wolfcrypt_status_init(void)
{
	int err;

	err = wolfcrypt_selftests_init();
	if (err)
		return err;

	err = -ENOMEM;
	wolfcrypt_kobj = kobject_create_and_add("wolfcrypt", kernel_kobj);
	if (!wolfcrypt_kobj)
		goto err_selftests;

	err = sysfs_create_files(wolfcrypt_kobj, status_attrs);
	if (err)
		goto err_status_kobj;

	err = -ENOMEM;
	selftests_kobj = kobject_create_and_add("selftests", wolfcrypt_kobj);
	if (!selftests_kobj)
		goto err_status_kobj;

	err = selftest_files_create();
	if (err)
		goto err_selftests_kobj;
	return 0;

err_selftests_kobj:
	status_dir_remove(selftests_kobj);
err_status_kobj:
	status_dir_remove(wolfcrypt_kobj);
err_selftests:
	wolfcrypt_selftests_exit();
	return err;
}

/**
 * wolfcrypt_status_exit() - undo wolfcrypt_status_init()
 */
void wolfcrypt_status_exit(void)
{
	status_dir_remove(selftests_kobj);
	status_dir_remove(wolfcrypt_kobj);
	wolfcrypt_selftests_exit();
}
