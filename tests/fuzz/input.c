/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of an input: a header of 32, then operations of 16, all little-endian. */
#include <string.h>

#include "fuzz.h"

static uint64_t little_endian(const uint8_t *bytes, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

size_t input_header(const uint8_t *data, size_t size, struct setup *setup)
{
    size_t taken = size < HEADER_BYTES ? size : HEADER_BYTES;
    uint8_t flags;

    memset(setup, 0, sizeof(*setup));
    if (taken != 0)
        memcpy(setup->bytes, data, taken);
    flags = setup->bytes[0];
    setup->flat_first = (flags & 0x01) != 0;
    setup->inject = (flags & 0x02) != 0;
    setup->coherent = (flags & 0x04) != 0;
    setup->history = (flags & 0x08) != 0;
    /* Flushing needs a queue that runs by itself. */
    setup->manual = (flags & 0x10) != 0 && !setup->coherent;
    setup->amo = (flags & 0x20) == 0;
    setup->deaf = (flags & 0x40) != 0;
    setup->at_end = (flags & 0x80) != 0;
    if (setup->history)
        setup->flat_first = false; /* stores of the IOMMU's own are noted by callbacks */
    return taken;
}

bool input_op(const uint8_t *data, size_t size, size_t *at, struct op *op)
{
    uint8_t bytes[OP_BYTES] = {0};
    size_t left = size - *at, taken = left < OP_BYTES ? left : OP_BYTES;

    if (taken == 0)
        return false;
    memcpy(bytes, data + *at, taken);
    *at += taken;
    op->kind = bytes[0] & 0x1f;
    op->a = bytes[1];
    op->b = (uint16_t)little_endian(bytes + 2, 2);
    op->c = (uint32_t)little_endian(bytes + 4, 4);
    op->d = little_endian(bytes + 8, 8);
    return true;
}
