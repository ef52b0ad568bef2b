// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the drivers of arch/x86/crypto ask about the CPU, for User-Mode Linux,
 * which runs on the CPU of its host.
 */

#include <asm/cpu_device_id.h>
#include <asm/cpufeature.h>
#include <asm/fpu/api.h>
#include <linux/ctype.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/sched/clock.h>
#include <linux/sprintf.h>
#include <linux/string.h>

#include <init.h>
#include <os.h>

/* There is one CPU. */
bool um_in_kernel_fpu;
EXPORT_SYMBOL(um_in_kernel_fpu);

bool um_cpu_flag(const char *line, const char *flag);

/* Words that begin and end with a comma. */
static char missing[256] = ",";

static int __init um_nocpu(char *line, int *add)
{
	*add = 0;
	snprintf(missing, sizeof(missing), ",%s,", line);
	return 0;
}

__uml_setup("nocpu=", um_nocpu,
"nocpu=<flag>[,<flag>]...\n"
"    Flags of /proc/cpuinfo that the CPU is not to have.\n\n"
);

static bool is_missing(const char *flag)
{
	char word[40];

	snprintf(word, sizeof(word), ",%s,", flag);
	return strstr(missing, word);
}

/* Is @flag one of the words of @line, and may there be such a CPU? */
bool um_cpu_flag(const char *line, const char *flag)
{
	size_t len = strlen(flag);
	const char *p = line;

	if (is_missing(flag))
		return false;
	while ((p = strstr(p, flag))) {
		if ((p == line || isspace(p[-1])) &&
		    (!p[len] || isspace(p[len])))
			return true;
		p += len;
	}
	return false;
}

static void cpuid(u32 leaf, u32 *a, u32 *b, u32 *c, u32 *d)
{
	asm volatile("cpuid" : "=a" (*a), "=b" (*b), "=c" (*c), "=d" (*d)
		     : "a" (leaf), "c" (0));
}

/* /proc/cpuinfo, where UML has its flags from, does not tell of OSXSAVE. */
int cpu_has_xfeatures(u64 xfeatures_mask, const char **feature_name)
{
	u32 a, b, c, d;

	cpuid(1, &a, &b, &c, &d);
	if (!(c & BIT(X86_FEATURE_OSXSAVE % 32)))
		return 0;
	asm volatile("xgetbv" : "=a" (a), "=d" (d) : "c" (0));
	return (a & xfeatures_mask) == xfeatures_mask;
}
EXPORT_SYMBOL(cpu_has_xfeatures);

static u16 cpu_vendor(void)
{
	u32 a, b, c, d;

	cpuid(0, &a, &b, &c, &d);
	return b == 0x756e6547 ? X86_VENDOR_INTEL :	/* "Genu" */
	       b == 0x68747541 ? X86_VENDOR_AMD :	/* "Auth" */
	       X86_VENDOR_UNKNOWN;
}

/* Family and model, with their extensions, from leaf 1. */
static u32 cpu_vfm(void)
{
	u32 a, b, c, d, family, model;

	cpuid(1, &a, &b, &c, &d);
	family = a >> 8 & 0xf;
	model = a >> 4 & 0xf;
	if (family >= 6)
		model |= (a >> 16 & 0xf) << 4;
	if (family == 0xf)
		family += a >> 20 & 0xff;
	return VFM_MAKE(cpu_vendor(), family, model);
}

const struct x86_cpu_id *x86_match_cpu(const struct x86_cpu_id *match)
{
	const struct x86_cpu_id *m;
	u32 vfm = cpu_vfm();

	for (m = match; m->flags & X86_CPU_ID_FLAG_ENTRY_VALID; m++) {
		if (m->vendor != X86_VENDOR_ANY &&
		    m->vendor != VFM_VENDOR(vfm))
			continue;
		if (m->family != X86_FAMILY_ANY &&
		    m->family != VFM_FAMILY(vfm))
			continue;
		if (m->model != X86_MODEL_ANY && m->model != VFM_MODEL(vfm))
			continue;
		if (m->feature != X86_FEATURE_ANY &&
		    !cpu_has(&boot_cpu_data, m->feature))
			continue;
		return m;
	}
	return NULL;
}
EXPORT_SYMBOL(x86_match_cpu);

/* UML's own counts ticks, which says nothing of what takes a millisecond. */
unsigned long long notrace sched_clock(void)
{
	return os_nsecs();
}
