// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fault injection: changes a bit of the running module, to show that its integrity
 * test finds that. Outside of the module's boundary.
 */

#include <asm/page.h>
#include <linux/debugfs.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

#include "integrity.h"

/*
 * The code and the constants are mapped read-only, so by a mapping of our own. A
 * bit that is changed twice is as it was.
 */
static int flip_bit(const u8 *byte)
{
	struct page *page;
	u8 *alias;

	if (IS_MODULE(CONFIG_CRYPTO_WOLFCRYPT))
		page = vmalloc_to_page(byte);
	else
		page = pfn_to_page(PHYS_PFN(__pa_symbol(byte)));
	alias = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
	if (!alias)
		return -ENOMEM;
	alias[offset_in_page(byte)] ^= 1;
	vunmap(alias);
	return 0;
}

static int text_set(void *data, u64 offset)
{
	if (offset >= wolfcrypt_text_end - wolfcrypt_text_start)
		return -ERANGE;
	return flip_bit(wolfcrypt_text_start + offset);
}
DEFINE_DEBUGFS_ATTRIBUTE(text_fops, NULL, text_set, "%llu\n");

static int rodata_set(void *data, u64 offset)
{
	if (offset >= wolfcrypt_rodata_end - wolfcrypt_rodata_start)
		return -ERANGE;
	return flip_bit(wolfcrypt_rodata_start + offset);
}
DEFINE_DEBUGFS_ATTRIBUTE(rodata_fops, NULL, rodata_set, "%llu\n");

static struct dentry *tamper_dir;

static void tamper_files_create(void)
{
	tamper_dir = debugfs_create_dir("wolfcrypt-tamper", NULL);
	debugfs_create_file_unsafe("text", 0200, tamper_dir, NULL, &text_fops);
	debugfs_create_file_unsafe("rodata", 0200, tamper_dir, NULL, &rodata_fops);
}

#ifdef MODULE
/*
 * A module has one init function, which is within the boundary, and doesn't call out of
 * it for this. So a parameter does it.
 */
static int tamper_set(const char *val, const struct kernel_param *kp)
{
	bool wanted;
	int err;

	err = kstrtobool(val, &wanted);
	if (!err && wanted && !tamper_dir)
		tamper_files_create();
	return err;
}

static void tamper_free(void *arg)
{
	debugfs_remove(tamper_dir);
}

static const struct kernel_param_ops tamper_ops = {
	.set = tamper_set,
	.free = tamper_free,
};
module_param_cb(tamper, &tamper_ops, NULL, 0);
MODULE_PARM_DESC(tamper, "have files in debugfs that change bits of the module");
#else
static int __init tamper_init(void)
{
	tamper_files_create();
	return 0;
}
late_initcall(tamper_init);
#endif
