/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In front of x86's header of this name: what it gets from others of x86. */
#ifndef _ASM_UM_CPU_DEVICE_ID_H
#define _ASM_UM_CPU_DEVICE_ID_H

#include <asm/cpufeature.h>

#define X86_VENDOR_INTEL	0
#define X86_VENDOR_AMD		2
#define X86_VENDOR_UNKNOWN	0xff

#include_next <asm/cpu_device_id.h>

#endif /* _ASM_UM_CPU_DEVICE_ID_H */
