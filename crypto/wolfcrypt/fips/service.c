// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The approved-service indicator (ISO/IEC 19790 section 7.4.3, FIPS 140-3 IG 2.4.C):
 * which services of the drivers are approved, to those in the kernel who ask for a
 * transform of theirs, and in /sys/kernel/wolfcrypt/services/.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <asm/barrier.h>
#include <crypto/aead.h>
#include <linux/bits.h>
#include <linux/crypto.h>
#include <linux/errno.h>
#include <linux/fips.h>
#include <linux/kernel.h>
#include <linux/kobject.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "../internal.h"
#include "fips.h"
#include "selftest.h"

#define ENCRYPT		BIT(WOLFCRYPT_ENCRYPT)
#define DECRYPT		BIT(WOLFCRYPT_DECRYPT)
#define BOTH		(ENCRYPT | DECRYPT)
#define DIGEST		BIT(WOLFCRYPT_DIGEST)
#define GENERATE	BIT(WOLFCRYPT_GENERATE)

/**
 * struct rule - which services of an algorithm are approved
 * @alg: the algorithm
 * @offered: the services, a bit for each &enum wolfcrypt_use
 * @approved: those of them that are approved
 * @min_tag: with tags of this many bytes, or more; 0 if there are none
 * @unit: with data of a multiple of this many bytes; 0 if any will do
 * @limit: the same in words, and what can't be seen from here; or NULL
 * @reason: why the others are not approved
 *
 * What is not in here the drivers refuse with fips=1, sizes of keys above all.
 */
struct rule {
	const char *alg;
	u8 offered;
	u8 approved;
	u8 min_tag;
	u8 unit;
	const char *limit;
	const char *reason;
};

static const char foreign_iv[] = "the IV comes from the caller";
static const char not_there[] = "it isn't there with fips=1";
static const char authenc_limit[] =
	"tags of 32 bits or more, keys of HMAC of 112 bits or more";

static const struct rule rules[] = {
	{ "aes", BOTH, BOTH },
	{ "ecb(aes)", BOTH, BOTH },
	{ "cbc(aes)", BOTH, BOTH },
	{ "cts(cbc(aes))", BOTH, BOTH },
	{ "ctr(aes)", BOTH, BOTH },
	{ "cfb(aes)", BOTH, BOTH, .unit = 16, .limit = "whole blocks" },
	{ "ofb(aes)", BOTH, BOTH },
	{ "xts(aes)", BOTH, BOTH, .limit = "stored data" },
	{ "gcm(aes)", BOTH, DECRYPT, .min_tag = 12,
	  .limit = "tags of 96 bits or more", .reason = foreign_iv },
	{ "rfc4106(gcm(aes))", BOTH, DECRYPT, .min_tag = 12,
	  .limit = "tags of 96 bits or more", .reason = foreign_iv },
	{ "rfc4543(gcm(aes))", BOTH, 0, .reason = not_there },
	{ "seqiv(rfc4106(gcm(aes)))", BOTH, BOTH, .min_tag = 12,
	  .limit = "tags of 96 bits or more, one transform for each key" },
	{ "ccm(aes)", BOTH, BOTH, .min_tag = 8,
	  .limit = "tags of 64 bits or more" },
	{ "rfc4309(ccm(aes))", BOTH, BOTH, .min_tag = 8,
	  .limit = "tags of 64 bits or more" },
	{ "cmac(aes)", DIGEST, DIGEST },
	{ "chacha20", BOTH, 0, .reason = not_there },
	{ "rfc7539(chacha20,poly1305)", BOTH, 0, .reason = not_there },
	{ "rfc7539esp(chacha20,poly1305)", BOTH, 0, .reason = not_there },
	{ "authenc(hmac(sha1),cbc(aes))", BOTH, BOTH, .min_tag = 4,
	  .limit = authenc_limit },
	{ "authenc(hmac(sha256),cbc(aes))", BOTH, BOTH, .min_tag = 4,
	  .limit = authenc_limit },
	{ "authenc(hmac(sha512),cbc(aes))", BOTH, BOTH, .min_tag = 4,
	  .limit = authenc_limit },
	{ "authenc(hmac(sha1),rfc3686(ctr(aes)))", BOTH, BOTH, .min_tag = 4,
	  .limit = authenc_limit },
	{ "authenc(hmac(sha256),rfc3686(ctr(aes)))", BOTH, BOTH, .min_tag = 4,
	  .limit = authenc_limit },
	{ "authenc(hmac(sha384),rfc3686(ctr(aes)))", BOTH, BOTH, .min_tag = 4,
	  .limit = authenc_limit },
	{ "authenc(hmac(sha512),rfc3686(ctr(aes)))", BOTH, BOTH, .min_tag = 4,
	  .limit = authenc_limit },
	{ "sha1", DIGEST, DIGEST, .limit = "no signatures" },
	{ "sha224", DIGEST, DIGEST },
	{ "sha256", DIGEST, DIGEST },
	{ "sha384", DIGEST, DIGEST },
	{ "sha512", DIGEST, DIGEST },
	{ "sha3-224", DIGEST, DIGEST },
	{ "sha3-256", DIGEST, DIGEST },
	{ "sha3-384", DIGEST, DIGEST },
	{ "sha3-512", DIGEST, DIGEST },
	{ "hmac(sha1)", DIGEST, DIGEST, .limit = "keys of 112 bits or more" },
	{ "hmac(sha224)", DIGEST, DIGEST, .limit = "keys of 112 bits or more" },
	{ "hmac(sha256)", DIGEST, DIGEST, .limit = "keys of 112 bits or more" },
	{ "hmac(sha384)", DIGEST, DIGEST, .limit = "keys of 112 bits or more" },
	{ "hmac(sha512)", DIGEST, DIGEST, .limit = "keys of 112 bits or more" },
	{ "stdrng", GENERATE, GENERATE },
};

static const char *const use_names[] = {
	[WOLFCRYPT_ENCRYPT]	= "encrypt",
	[WOLFCRYPT_DECRYPT]	= "decrypt",
	[WOLFCRYPT_DIGEST]	= "digest",
	[WOLFCRYPT_GENERATE]	= "generate",
};

/* A driver offers two services at most: the first ones, or one of the others. */
#define MAX_USES	2

/**
 * struct service_file - a file of /sys/kernel/wolfcrypt/services/DRIVER/
 * @attr: the file
 * @rule: of the algorithm
 * @use: the service
 */
struct service_file {
	struct kobj_attribute attr;
	const struct rule *rule;
	enum wolfcrypt_use use;
};

/**
 * struct service - a driver, and what is approved of it
 * @alg: the driver
 * @rule: of its algorithm
 * @driver: by which its requests are counted
 * @files: in its directory
 * @requests: likewise
 * @attrs: the same
 * @group: the directory
 */
struct service {
	const struct crypto_alg *alg;
	const struct rule *rule;
	enum wolfcrypt_driver driver;
	struct service_file files[MAX_USES];
	struct kobj_attribute requests;
	struct attribute *attrs[MAX_USES + 2];
	struct attribute_group group;
};

/* Each is complete before it counts, and unchanged from then on. */
static struct service services[ARRAY_SIZE(rules) + 1];	/* two are "stdrng" */
static unsigned int service_count;

static struct kobject *services_kobj;

/**
 * wolfcrypt_service_add() - give a driver its rule
 * @alg: the driver, whose names are complete
 * @driver: by which its requests are counted
 *
 * Context: the module's initialization.
 * Return: 0, or -ENOENT: what has no rule is not to be registered.
 */
int wolfcrypt_service_add(const struct crypto_alg *alg, enum wolfcrypt_driver driver)
{
	const struct rule *rule;

	if (service_count == ARRAY_SIZE(services))
		return -ENOENT;
	for (rule = rules; rule < rules + ARRAY_SIZE(rules); rule++) {
		if (strcmp(rule->alg, alg->cra_name))
			continue;
		services[service_count].alg = alg;
		services[service_count].rule = rule;
		services[service_count].driver = driver;
		/* Drivers before this one are in use. Pairs with wolfcrypt_approved(). */
		smp_store_release(&service_count, service_count + 1);
		return 0;
	}
	return -ENOENT;
}

/* In the approved mode, and not in the error state. */
static const char *mode_reason(void)
{
	switch (wolfcrypt_state()) {
	case WOLFCRYPT_OPERATIONAL:
	case WOLFCRYPT_SELF_TEST:	/* on demand */
		return fips_enabled ? NULL : "fips=1 is not set";
	default:
		return "the module is not operational";
	}
}

static bool tag_is_approved(const struct crypto_tfm *tfm, const struct rule *rule)
{
	const struct crypto_aead *aead = container_of(tfm, struct crypto_aead, base);

	return !rule->min_tag || aead->authsize >= rule->min_tag;
}

/**
 * wolfcrypt_approved() - is it an approved service that a transform is used for?
 * @tfm: a transform of any kind, with the key and the size of the tag that it is used
 *	 with, as crypto_aead_tfm() and its like give it
 * @use: what it is used for
 * @len: bytes of data in the request, without a tag; 0 if that isn't known or isn't
 *	 asked for
 *
 * The security policy has the standards that the answer comes from, and what the
 * module can't see: it holds if the request succeeds and its caller keeps to those
 * rules. It is about the driver that @tfm belongs to. A template around one of this
 * module's is another driver, of which this module knows nothing.
 *
 * Context: any; the caller keeps others from setting another key or size of the tag.
 * Return: true if this module offers the service, in the approved mode (fips=1), and
 * it is approved; false if not, if @tfm isn't this module's, or if it has no key, which
 * isn't known of "aes".
 */
bool wolfcrypt_approved(const struct crypto_tfm *tfm, enum wolfcrypt_use use,
			unsigned int len)
{
	/* Pairs with wolfcrypt_service_add(). */
	const struct service *end = services + smp_load_acquire(&service_count);
	const struct service *service;
	const struct rule *rule;

	if (mode_reason() || tfm->crt_flags & CRYPTO_TFM_NEED_KEY)
		return false;

	for (service = services; service < end; service++) {
		rule = service->rule;
		if (service->alg == tfm->__crt_alg)
			return rule->approved & BIT(use) &&
			       tag_is_approved(tfm, rule) &&
			       !(rule->unit && len % rule->unit);
	}
	return false;
}

static ssize_t service_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	const struct service_file *file = container_of(attr, struct service_file, attr);
	const struct rule *rule = file->rule;
	const char *reason = mode_reason();

	if (!reason && !(rule->approved & BIT(file->use)))
		reason = rule->reason;
	if (reason)
		return sysfs_emit(buf, "not approved: %s\n", reason);
	if (rule->limit)
		return sysfs_emit(buf, "approved: %s\n", rule->limit);
	return sysfs_emit(buf, "approved\n");
}

static ssize_t requests_show(struct kobject *kobj, struct kobj_attribute *attr,
			     char *buf)
{
	const struct service *service = container_of(attr, struct service, requests);

	return sysfs_emit(buf, "%llu\n", wolfcrypt_requests_of(service->driver));
}

static int service_files_create(struct service *service)
{
	struct service_file *file = service->files;
	unsigned int use, count = 0;

	for (use = 0; use < ARRAY_SIZE(use_names); use++) {
		if (!(service->rule->offered & BIT(use)))
			continue;
		file->rule = service->rule;
		file->use = use;
		sysfs_attr_init(&file->attr.attr);
		file->attr.attr.name = use_names[use];
		file->attr.attr.mode = 0444;
		file->attr.show = service_show;
		service->attrs[count++] = &file->attr.attr;
		file++;
	}
	sysfs_attr_init(&service->requests.attr);
	service->requests.attr.name = "requests";
	service->requests.attr.mode = 0444;
	service->requests.show = requests_show;
	service->attrs[count] = &service->requests.attr;
	service->group.name = service->alg->cra_driver_name;
	service->group.attrs = service->attrs;
	return sysfs_create_group(services_kobj, &service->group);
}

/**
 * wolfcrypt_services_init() - show the drivers' services in sysfs
 * @parent: the directory that theirs is put in
 *
 * The drivers are in use by now, so a lack of memory is no reason to give up: then
 * there are no files.
 *
 * Context: the module's initialization, when all drivers are registered.
 */
void wolfcrypt_services_init(struct kobject *parent)
{
	struct service *service;

	services_kobj = kobject_create_and_add("services", parent);
	for (service = services; service < services + service_count; service++) {
		if (!services_kobj || service_files_create(service)) {
			pr_warn("no memory for the status files of services\n");
			wolfcrypt_services_exit();
			return;
		}
	}
}

/**
 * wolfcrypt_services_exit() - undo wolfcrypt_services_init()
 */
void wolfcrypt_services_exit(void)
{
	/* With all that is in it; waits for readers. */
	kobject_del(services_kobj);
	kobject_put(services_kobj);
	services_kobj = NULL;
}
