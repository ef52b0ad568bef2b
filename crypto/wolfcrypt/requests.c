// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How many requests each driver has taken since it was registered: a counter for each
 * CPU, so that to count takes one instruction. They are no part of the module's
 * cryptography, and outside of its boundary.
 */

#include <linux/cpumask.h>
#include <linux/percpu.h>

#include "internal.h"

DEFINE_PER_CPU(u64 [WOLFCRYPT_DRIVERS], wolfcrypt_requests);

/**
 * wolfcrypt_requests_of() - the requests that a driver has taken
 * @driver: the driver
 *
 * Of a hash or a MAC, it is the messages that have been finished. Requests that failed
 * are counted as well.
 *
 * Context: any. Requests go on meanwhile.
 * Return: their number.
 */
u64 wolfcrypt_requests_of(enum wolfcrypt_driver driver)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(wolfcrypt_requests, cpu)[driver]);
	return sum;
}
