/* SPDX-License-Identifier: Apache-2.0 */
/* What reading and writing of device trees share: the tokens of the structure block. */
#ifndef FDT_TOKEN_H
#define FDT_TOKEN_H

#include "fdt.h"

#define MAGIC 0xd00dfeedu
#define VERSION 17u
#define BEGIN_NODE 1u
#define END_NODE 2u
#define PROPERTY 3u
#define NOP 4u
#define END 9u

struct fdt_token {
    uint32_t kind;
    uint32_t next;    /**< offset of what follows */
    const char *name; /**< of a node or property */
    const uint8_t *data;
    uint32_t size;
};

/** Read the token at an offset; false if it does not lie within the block. The same checks serve
 *  the first reading and all later ones. */
bool fdt_read_token(const struct fdt *fdt, uint32_t at, struct fdt_token *token);

#endif
