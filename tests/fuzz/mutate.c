/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mutations that keep operations whole: most inputs then stay meaningful behind the place
 * where they were changed.
 */
#include <string.h>

#include "fuzz.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data_1, size_t size_1, const uint8_t *data_2,
                                 size_t size_2, uint8_t *out, size_t max_size, unsigned seed);

/** xorshift: small, and the same everywhere. */
static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static uint64_t start(unsigned seed)
{
    return (uint64_t)seed * 0x9e3779b97f4a7c15ull + 0x123456789abcdefull;
}

/** The bytes of a new operation: a likely kind, operands mostly small. */
static void new_op(uint8_t *op, uint64_t *state)
{
    uint64_t random = next(state), bits = next(state);

    memset(op, 0, OP_BYTES);
    op[0] = (uint8_t)(1 + random % (OP_KINDS - 1));
    if ((random >> 8 & 3) == 0)
        op[0] = OP_TRANSLATE;
    op[1] = (uint8_t)(random >> 16);
    op[2] = (uint8_t)((random >> 24) & ((random >> 40 & 1) ? 0xff : 0x0f));
    op[3] = (uint8_t)((random >> 41 & 3) == 0 ? random >> 32 : 0);
    for (unsigned i = 4; i < OP_BYTES; i++)
        op[i] = (uint8_t)((bits >> (i - 4) & 1) ? next(state) : 0);
}

/** Another value for one of the header's choices; see input.c, setup.c and scene.c. */
static void change_header(uint8_t *header, uint64_t *state)
{
    uint64_t random = next(state);

    switch (random % 8) {
    case 0: /* how the sides differ */
        header[0] = (uint8_t)(random >> 8);
        break;
    case 1: /* the scene */
        for (unsigned i = 0; i < 4; i++)
            header[20 + i] = (uint8_t)(random >> (8 + 8 * i));
        break;
    case 2: /* one aspect of the scene */
        header[20 + (random >> 8) % 4] ^= (uint8_t)(1u << (random >> 16) % 8);
        break;
    case 3: /* caches */
        header[18] = (uint8_t)((random >> 8) & 0x3f);
        break;
    case 4: /* a capability more or less */
        header[8 + (random >> 8) % 6] ^= (uint8_t)(1u << (random >> 16) % 8);
        break;
    case 5: /* one choice of any kind */
        header[(random >> 8) % HEADER_BYTES] = (uint8_t)(random >> 16);
        break;
    default:
        LLVMFuzzerMutate(header, HEADER_BYTES, HEADER_BYTES);
        break;
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    uint64_t state = start(seed), choice = next(&state) % 16;
    size_t ops = size > HEADER_BYTES ? (size - HEADER_BYTES) / OP_BYTES : 0, at, other;
    size_t most = max_size > HEADER_BYTES ? (max_size - HEADER_BYTES) / OP_BYTES : 0;
    uint8_t *first = data + HEADER_BYTES;

    if (max_size < HEADER_BYTES + OP_BYTES)
        return LLVMFuzzerMutate(data, size, max_size);
    if (size < HEADER_BYTES)
        memset(data + size, 0, HEADER_BYTES - size);
    if (choice < 2 || ops == 0) {
        change_header(data, &state);
        memset(first, 0, ops == 0 ? OP_BYTES : 0);
        if (ops == 0)
            new_op(first, &state);
        return HEADER_BYTES + (ops == 0 ? 1 : ops) * OP_BYTES;
    }
    at = next(&state) % ops;
    other = next(&state) % ops;
    if (choice < 7 && ops < most) { /* one more: new, or a copy */
        memmove(first + (at + 1) * OP_BYTES, first + at * OP_BYTES, (ops - at) * OP_BYTES);
        if (choice < 5)
            new_op(first + at * OP_BYTES, &state);
        else if (choice < 6)
            memmove(first + at * OP_BYTES, first + (other + (other >= at)) * OP_BYTES, OP_BYTES);
        return HEADER_BYTES + (ops + 1) * OP_BYTES;
    }
    if (choice == 7 && ops > 1) { /* one less */
        memmove(first + at * OP_BYTES, first + (at + 1) * OP_BYTES, (ops - at - 1) * OP_BYTES);
        return HEADER_BYTES + (ops - 1) * OP_BYTES;
    }
    if (choice == 8)
        first[at * OP_BYTES] = (uint8_t)(1 + next(&state) % (OP_KINDS - 1));
    else
        LLVMFuzzerMutate(first + at * OP_BYTES, OP_BYTES, OP_BYTES);
    return HEADER_BYTES + ops * OP_BYTES;
}

/** The header of one, its first operations, and the last ones of the other. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data_1, size_t size_1, const uint8_t *data_2,
                                 size_t size_2, uint8_t *out, size_t max_size, unsigned seed)
{
    uint64_t state = start(seed);
    size_t ops_1 = size_1 > HEADER_BYTES ? (size_1 - HEADER_BYTES) / OP_BYTES : 0;
    size_t ops_2 = size_2 > HEADER_BYTES ? (size_2 - HEADER_BYTES) / OP_BYTES : 0;
    size_t head = next(&state) % (ops_1 + 1), tail = next(&state) % (ops_2 + 1), size;

    if (size_1 < HEADER_BYTES || max_size < HEADER_BYTES)
        return 0;
    size = HEADER_BYTES + head * OP_BYTES;
    if (size > max_size)
        return 0;
    memcpy(out, data_1, size);
    if (size + tail * OP_BYTES > max_size)
        tail = (max_size - size) / OP_BYTES;
    memcpy(out + size, data_2 + HEADER_BYTES + (ops_2 - tail) * OP_BYTES, tail * OP_BYTES);
    return size + tail * OP_BYTES;
}
