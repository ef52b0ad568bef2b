/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the code of the module begins and ends, for boundary.lds. The integrity test
 * takes these addresses, which would make objtool miss an ENDBR there.
 */

#include <linux/linkage.h>
#include <linux/objtool.h>

	.section .wolfcrypt_text_start, "ax"
SYM_DATA_START(wolfcrypt_text_start)
	ANNOTATE_NOENDBR
	int3
SYM_DATA_END(wolfcrypt_text_start)

	.section .wolfcrypt_text_end, "ax"
SYM_DATA_START(wolfcrypt_text_end)
	ANNOTATE_NOENDBR
	int3
SYM_DATA_END(wolfcrypt_text_end)
