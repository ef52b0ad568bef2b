/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What wolfCrypt needs from an operating system, in terms of the kernel. Its
 * wc_port.h includes this, by way of lib/linuxkm/linuxkm_wc_port.h.
 */
#ifndef _CRYPTO_WOLFCRYPT_PORT_WC_PORT_H
#define _CRYPTO_WOLFCRYPT_PORT_WC_PORT_H

#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>

/*
 * The kernel allocates for wolfCrypt in process context only: drivers hand it
 * objects of their own.
 */
#define XMALLOC(size, heap, type)					\
	((void)(heap), (void)(type), kmalloc(size, GFP_KERNEL))
#define XREALLOC(ptr, size, heap, type)					\
	((void)(heap), (void)(type), krealloc(ptr, size, GFP_KERNEL))
#define XFREE(ptr, heap, type)						\
	((void)(heap), (void)(type), kfree_sensitive(ptr))

#define XSNPRINTF	snprintf

/* The kernel's own do: misc.c needn't define any. */
#define WOLFSSL_HAVE_MIN
#define WOLFSSL_HAVE_MAX

#endif /* _CRYPTO_WOLFCRYPT_PORT_WC_PORT_H */
