/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the KUnit suites share: pages with nothing mapped around them, and
 * where in a page a buffer is put.
 *
 * All data come from a generator with a fixed seed, so that failures repeat.
 */
#ifndef _CRYPTO_WOLFCRYPT_TESTS_H
#define _CRYPTO_WOLFCRYPT_TESTS_H

#include <crypto/authenc.h>
#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <uapi/linux/rtnetlink.h>

#define TEST_SEED	0x776f6c66
#define TEST_PAGE	PAGE_SIZE

/* What is this near to a buffer in its page is watched for writes. */
#define TEST_MARGIN	128
#define TEST_POISON	0xa5

/**
 * enum test_place - where in its page a buffer is
 * @TEST_AT_END: it ends with the page; the byte after it faults
 * @TEST_AT_START: it starts with the page; the byte before it faults
 * @TEST_ANYWHERE: at a random offset, for any alignment
 * @TEST_PLACES: how many there are
 */
enum test_place {
	TEST_AT_END,
	TEST_AT_START,
	TEST_ANYWHERE,
	TEST_PLACES,
};

static const char *const test_place_names[TEST_PLACES] __maybe_unused = {
	"at the end of a page", "at the start of a page", "unaligned",
};

KUNIT_DEFINE_ACTION_WRAPPER(test_vfree, vfree, const void *);

/* A page of its own: vmalloc() leaves the one before and the one after out. */
static inline u8 *test_page(struct kunit *test)
{
	u8 *page = vmalloc(TEST_PAGE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, test_vfree, page));
	return page;
}

static inline u8 *test_place(u8 *page, unsigned int len, enum test_place place,
			     struct rnd_state *rnd)
{
	switch (place) {
	case TEST_AT_END:
		return page + TEST_PAGE - len;
	case TEST_AT_START:
		return page;
	default:
		return page + prandom_u32_state(rnd) % (TEST_PAGE - len + 1);
	}
}

/* For objects that the implementations want aligned. */
static inline void *test_place_aligned(u8 *page, unsigned int size,
				       enum test_place place)
{
	return place == TEST_AT_END ? page + TEST_PAGE - size : page;
}

static inline u8 *test_margin_start(u8 *page, u8 *buf)
{
	return max(page, buf - TEST_MARGIN);
}

static inline u8 *test_margin_end(u8 *page, u8 *buf, unsigned int len)
{
	return min(page + TEST_PAGE, buf + len + TEST_MARGIN);
}

/* Poison the @len bytes at @buf, and the page around them. */
static inline void test_poison(u8 *page, void *buf, unsigned int len)
{
	u8 *start = test_margin_start(page, buf);

	memset(start, TEST_POISON, test_margin_end(page, buf, len) - start);
}

/* Is the page around @buf as test_poison() left it? */
static inline bool test_only_wrote(u8 *page, void *buf, unsigned int len)
{
	u8 *start = test_margin_start(page, buf);
	u8 *end = buf + len;

	return !memchr_inv(start, TEST_POISON, (u8 *)buf - start) &&
	       !memchr_inv(end, TEST_POISON,
			   test_margin_end(page, buf, len) - end);
}

/*
 * The key of an authenc() driver: a header, TEST_AUTHENC_MAC bytes for the MAC, and then
 * those for the cipher. @key are @len bytes of both; returns how many @out has.
 */
#define TEST_AUTHENC_HEADER	RTA_SPACE(sizeof(struct crypto_authenc_key_param))
#define TEST_AUTHENC_MAC	32

static inline unsigned int test_authenc_key(u8 *out, const u8 *key,
					    unsigned int len)
{
	struct crypto_authenc_key_param param = {
		.enckeylen = cpu_to_be32(len - TEST_AUTHENC_MAC),
	};
	struct rtattr rta = {
		.rta_len = RTA_LENGTH(sizeof(param)),
		.rta_type = CRYPTO_AUTHENC_KEYA_PARAM,
	};

	memcpy(out, &rta, sizeof(rta));
	memcpy(out + RTA_LENGTH(0), &param, sizeof(param));
	memcpy(out + TEST_AUTHENC_HEADER, key, len);
	return TEST_AUTHENC_HEADER + len;
}

static inline const char *test_isa(const char *impl_name)
{
	return *impl_name ? impl_name : "c";
}

#endif /* _CRYPTO_WOLFCRYPT_TESTS_H */
