/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The name under which wolfCrypt asks for the kernel's side of its port. */
#include "../../port/wc_port.h"
