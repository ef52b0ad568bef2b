// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The integrity test (ISO/IEC 19790 section 7.5): is what runs what was linked?
 *
 * The digest of code and constants that mkintegrity put into the image is held
 * against theirs before the kernel patches them for the first time: jump labels,
 * static calls, alternatives, return thunks. Built in, that is at the start of the
 * boot, and what the decompressor added to addresses when it chose where the kernel
 * runs is taken away again. Loaded, it is as the module was in its file: see
 * integrity-module.c. Once the kernel has patched what it patches for good, a second
 * digest is kept for tests at run time. What the kernel would patch at any time
 * (function tracing, jump labels, static calls, LOCK prefixes) is not in the module:
 * mkintegrity doesn't allow it.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <asm/setup.h>
#include <crypto/algapi.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/fips.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/sched/clock.h>
#include <linux/string.h>
#include <linux/time64.h>
#include <linux/timex.h>
#include <linux/types.h>

#include "../sha.h"
#include "fips.h"
#include "integrity.h"
#include "integrity-mac.h"
#include "selftest.h"

#define DIGEST_SIZE	WOLFCRYPT_INTEGRITY_DIGEST_SIZE

/* The one implementation that needs nothing set up. */
#define HASH		(&wolfcrypt_hashes[WOLFCRYPT_SHA256])
#define HASH_IMPL	(&wolfcrypt_sha256_c)

/* How far the kernel runs from where it was linked; a module has no such place. */
#if defined(CONFIG_RANDOMIZE_BASE) && !defined(MODULE)
#define kernel_delta()	kaslr_offset()
#else
#define kernel_delta()	0UL
#endif

static const struct wolfcrypt_integrity_record record
__used __section(".wolfcrypt_record") __aligned(16) = {
	.magic = WOLFCRYPT_INTEGRITY_MAGIC,
	.text_start = (unsigned long)wolfcrypt_text_start,
	.text_end = (unsigned long)wolfcrypt_text_end,
	.rodata_start = (unsigned long)wolfcrypt_rodata_start,
	.rodata_end = (unsigned long)wolfcrypt_rodata_end,
	.relocs_start = (unsigned long)wolfcrypt_relocs_start,
	.relocs_end = (unsigned long)wolfcrypt_relocs_end,
};

/**
 * struct integrity - what was found at the start of the boot, or of the module
 * @valid: have SHA-256 and HMAC passed their self-tests, and is there a digest?
 * @digest: of the image before the kernel patched it
 * @cycles: how long that took; there is no clock yet
 */
static struct integrity {
	bool valid;
	u8 digest[DIGEST_SIZE];
	cycles_t cycles;
} linked __ro_after_init;

static u8 patched_digest[DIGEST_SIZE] __ro_after_init;

/**
 * struct digest_ctx - a digest of what is in memory, under way
 * @mac: the HMAC
 * @reloc: the next field that has moved
 * @delta: how far the kernel runs from where it was linked, in bytes
 */
struct digest_ctx {
	struct wolfcrypt_integrity_mac mac;
	const u32 *reloc;
	unsigned long delta;
};

/* The compiler sees a record with no digest, and must not make use of it. */
static const struct wolfcrypt_integrity_record *sealed_record(void)
{
	const struct wolfcrypt_integrity_record *rec = &record;

	OPTIMIZER_HIDE_VAR(rec);
	return rec;
}

/**
 * wolfcrypt_integrity_mac_start() - begin the HMAC with what comes before the code
 * @mac: the HMAC
 * @text_size: bytes of the code
 * @rodata_size: bytes of the constants
 */
void wolfcrypt_integrity_mac_start(struct wolfcrypt_integrity_mac *mac,
				   u64 text_size, u64 rodata_size)
{
	__le64 sizes[] = { cpu_to_le64(text_size), cpu_to_le64(rodata_size) };

	wolfcrypt_hmac_expand_key(HASH, HASH_IMPL, &mac->key,
				  WOLFCRYPT_INTEGRITY_KEY,
				  sizeof(WOLFCRYPT_INTEGRITY_KEY) - 1);
	wolfcrypt_hash_start(HASH, &mac->state, mac->key.inner, SHA256_BLOCK_SIZE);
	wolfcrypt_integrity_mac_update(mac, sealed_record()->magic,
				       WOLFCRYPT_INTEGRITY_MAGIC_SIZE);
	wolfcrypt_integrity_mac_update(mac, sizes, sizeof(sizes));
}

/**
 * wolfcrypt_integrity_mac_update() - go on with the HMAC
 * @mac: the HMAC
 * @data: what comes next
 * @len: bytes of @data
 */
void wolfcrypt_integrity_mac_update(struct wolfcrypt_integrity_mac *mac,
				    const void *data, unsigned int len)
{
	wolfcrypt_hash_update(HASH, HASH_IMPL, &mac->state, data, len);
}

/**
 * wolfcrypt_integrity_mac_finish() - end the HMAC, and clear it
 * @mac: the HMAC
 * @out: WOLFCRYPT_INTEGRITY_DIGEST_SIZE bytes
 */
void wolfcrypt_integrity_mac_finish(struct wolfcrypt_integrity_mac *mac, u8 *out)
{
	wolfcrypt_hmac_finish(HASH, HASH_IMPL, &mac->key, &mac->state, out);
	memzero_explicit(mac, sizeof(*mac));
}

/* What lies between constants is covered, too, where KASAN lets nobody read. */
static __no_sanitize_address void fetch(u8 *dst, const u8 *src, unsigned int len)
{
	while (len--)
		*dst++ = READ_ONCE(*src++);
}

static void absorb_image(struct digest_ctx *ctx, const u8 *pos, unsigned int len)
{
	u8 buf[4 * SHA256_BLOCK_SIZE];
	unsigned int n;

	for (; len; pos += n, len -= n) {
		n = min_t(unsigned int, len, sizeof(buf));
		fetch(buf, pos, n);
		wolfcrypt_integrity_mac_update(&ctx->mac, buf, n);
	}
}

/* A field of @size bytes, as it was linked. */
static void absorb_field(struct digest_ctx *ctx, const u8 *field,
			 unsigned int size, u32 type)
{
	u64 delta = type == WOLFCRYPT_RELOC_NEG32 ? -ctx->delta : ctx->delta;
	__le64 value = 0;

	fetch((u8 *)&value, field, size);
	value = cpu_to_le64(le64_to_cpu(value) - delta);
	wolfcrypt_integrity_mac_update(&ctx->mac, &value, size);
}

/* @base: what the offsets of relocations count from is this far before @start */
static void absorb_range(struct digest_ctx *ctx, const u8 *start, const u8 *end,
			 unsigned long base)
{
	const u8 *pos = start;

	for (; ctx->reloc < wolfcrypt_relocs_end; ctx->reloc++) {
		unsigned long offset = *ctx->reloc >> WOLFCRYPT_RELOC_SHIFT;
		u32 type = *ctx->reloc & WOLFCRYPT_RELOC_TYPE;
		unsigned int size = type == WOLFCRYPT_RELOC_ABS64 ? 8 : 4;
		const u8 *field = start + (offset - base);

		if (field < pos || field + size > end)
			break;
		absorb_image(ctx, pos, field - pos);
		absorb_field(ctx, field, size, type);
		pos = field + size;
	}
	absorb_image(ctx, pos, end - pos);
}

/* The image as it is now but for KASLR, in integrity.h's format. */
static void image_digest(u8 *out)
{
	unsigned long text_size = wolfcrypt_text_end - wolfcrypt_text_start;
	struct digest_ctx ctx = {
		.reloc = wolfcrypt_relocs_start,
		.delta = kernel_delta(),
	};

	wolfcrypt_integrity_mac_start(&ctx.mac, text_size,
				      wolfcrypt_rodata_end - wolfcrypt_rodata_start);
	absorb_range(&ctx, wolfcrypt_text_start, wolfcrypt_text_end, 0);
	absorb_range(&ctx, wolfcrypt_rodata_start, wolfcrypt_rodata_end,
		     text_size);
	wolfcrypt_integrity_mac_finish(&ctx.mac, out);
}

#ifdef MODULE
/**
 * wolfcrypt_integrity_load() - take the digest of the module as it was in its file
 *
 * SHA-256 and HMAC pass their self-tests first. What it means is decided later, by
 * wolfcrypt_integrity_run().
 *
 * Context: the module's init function.
 */
void wolfcrypt_integrity_load(void)
{
	cycles_t start = get_cycles();

	linked.valid = wolfcrypt_kat_run_for_integrity() &&
		       wolfcrypt_integrity_file_digest(linked.digest);
	linked.cycles = get_cycles() - start;
}
#else
/**
 * wolfcrypt_integrity_boot() - take the digest of the image as it was linked
 * @cmdline: the command line as it is that early
 *
 * SHA-256 and HMAC pass their self-tests first. Always done, as it isn't known
 * yet whether the boot will be in FIPS mode; what it means is decided later, by
 * wolfcrypt_integrity_run().
 *
 * Context: the boot CPU, before the kernel patches code. Nothing of the kernel is
 * set up but its mappings.
 */
void wolfcrypt_integrity_boot(const char *cmdline)
{
	cycles_t start = get_cycles();

	wolfcrypt_inject_early(cmdline);
	linked.valid = wolfcrypt_kat_run_for_integrity();
	image_digest(linked.digest);
	linked.cycles = get_cycles() - start;
}
#endif

/**
 * wolfcrypt_integrity_keep() - keep the digest of the image as the kernel patched it
 *
 * Says what this and the first digest cost: every boot, or load of the module, has to
 * wait for them. At the start of a boot there is no clock; now there is one, which tells
 * how long those cycles were.
 *
 * Context: an initcall, when the kernel has patched what it patches for good.
 */
void wolfcrypt_integrity_keep(void)
{
	u64 start_ns = local_clock();
	cycles_t start = get_cycles();
	cycles_t cycles;
	u64 ns;

	image_digest(patched_digest);
	cycles = get_cycles() - start;
	ns = local_clock() - start_ns;

	/* User-Mode Linux has no cycles to count. */
	pr_info("digest in %llu us as linked, in %llu us as patched\n",
		div64_u64(linked.cycles * div_u64(ns, NSEC_PER_USEC),
			  cycles ?: 1),
		div_u64(ns, NSEC_PER_USEC));
}

/**
 * wolfcrypt_integrity_run() - the integrity test
 * @test: the test
 *
 * Was the image intact before the kernel patched it, and is it now what it was when
 * the kernel had?
 *
 * Context: process context, after wolfcrypt_integrity_keep(). One test at a time.
 * Return: has nothing changed?
 */
bool wolfcrypt_integrity_run(const struct wolfcrypt_selftest *test)
{
	u8 digest[DIGEST_SIZE];

	if (!linked.valid ||
	    crypto_memneq(linked.digest, sealed_record()->digest, DIGEST_SIZE))
		return false;

	image_digest(digest);
	wolfcrypt_inject(test->name, digest, sizeof(digest));
	return !crypto_memneq(digest, patched_digest, sizeof(digest));
}

/**
 * wolfcrypt_integrity_proved() - was the image intact before the kernel patched it?
 *
 * As wolfcrypt_integrity_run() has it, but by other code: a bit that is changed in
 * one of them, or in those who call it, is noticed by the other.
 *
 * Return: is there a digest of it then, and is that the one of the record?
 */
bool wolfcrypt_integrity_proved(void)
{
	return linked.valid &&
	       !memcmp(sealed_record()->digest, linked.digest, DIGEST_SIZE);
}

/**
 * wolfcrypt_integrity_digest() - the digest of the image as it was linked
 *
 * Return: WOLFCRYPT_INTEGRITY_DIGEST_SIZE bytes: what was found before the kernel
 * patched it, which is what was put into the image if that is intact.
 */
const u8 *wolfcrypt_integrity_digest(void)
{
	return linked.digest;
}
