/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPLAIN_LAYOUT_TABLES_H
#define EXPLAIN_LAYOUT_TABLES_H

#include "layout.h"

extern const struct layout layout_table[LAYOUTS];

#endif
