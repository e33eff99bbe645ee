/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a device tree. */
#include "fdt_token.h"

#define LARGEST 0x100000u

static uint32_t word(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool same(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* Does a 0 follow within `room` bytes? Its distance, or `room`. */
static uint32_t length(const uint8_t *text, uint32_t room)
{
    uint32_t n = 0;

    while (n < room && text[n] != 0)
        n++;
    return n;
}

/* --- tokens --- */

bool fdt_read_token(const struct fdt *fdt, uint32_t at, struct fdt_token *token)
{
    const uint8_t *block = fdt->base + fdt->structure;
    uint32_t room, size, name;

    if (at % 4 != 0 || at > fdt->structure_size || fdt->structure_size - at < 4)
        return false;
    token->kind = word(block + at);
    token->next = at + 4;
    room = fdt->structure_size - token->next;
    switch (token->kind) {
    case BEGIN_NODE:
        token->name = (const char *)block + token->next;
        size = length(block + token->next, room);
        if (size == room)
            return false;
        size = (size + 4) & ~3u;
        break;
    case PROPERTY:
        if (room < 8)
            return false;
        token->size = word(block + token->next);
        name = word(block + token->next + 4);
        token->data = block + token->next + 8;
        if (token->size > room - 8 || name >= fdt->strings_size)
            return false;
        token->name = (const char *)fdt->base + fdt->strings + name;
        if (length(fdt->base + fdt->strings + name, fdt->strings_size - name) ==
            fdt->strings_size - name)
            return false;
        size = 8 + ((token->size + 3) & ~3u);
        break;
    case END_NODE:
    case NOP:
    case END:
        size = 0;
        break;
    default:
        return false;
    }
    if (size > room)
        return false;
    token->next += size;
    return true;
}

/* The whole block once: tokens in order, properties before children, one root, an end. */
static bool check_structure(const struct fdt *fdt)
{
    uint32_t at = 0, depth = 0, roots = 0;
    bool children = false; /* may no property come here? */
    struct fdt_token token;

    for (;;) {
        if (!fdt_read_token(fdt, at, &token))
            return false;
        switch (token.kind) {
        case BEGIN_NODE:
            if (depth == FDT_DEPTH || (depth == 0 && (roots++ != 0 || at != 0)))
                return false;
            depth++;
            children = false;
            break;
        case END_NODE:
            if (depth-- == 0)
                return false;
            children = true;
            break;
        case PROPERTY:
            if (depth == 0 || children)
                return false;
            break;
        case END:
            return depth == 0 && roots == 1;
        default:
            break;
        }
        at = token.next;
    }
}

static bool block_fits(uint32_t offset, uint32_t size, uint32_t total)
{
    return offset >= 40 && offset <= total && size <= total - offset;
}

static bool check_reservations(struct fdt *fdt)
{
    uint32_t at = fdt->reservations;

    if (at % 8 != 0)
        return false;
    for (;;) {
        if (!block_fits(at, 16, fdt->size))
            return false;
        at += 16;
        if ((word(fdt->base + at - 8) | word(fdt->base + at - 4)) == 0 &&
            (word(fdt->base + at - 16) | word(fdt->base + at - 12)) == 0)
            break;
    }
    fdt->reservations_size = at - fdt->reservations;
    return true;
}

uint32_t fdt_size(const void *base)
{
    const uint8_t *header = base;

    if (word(header) != MAGIC || word(header + 4) < 40 || word(header + 4) > LARGEST)
        return 0;
    return word(header + 4);
}

bool fdt_open(struct fdt *fdt, const void *base, size_t room)
{
    const uint8_t *header = base;

    if (room < 40)
        return false;
    fdt->base = base;
    fdt->size = fdt_size(base);
    if (fdt->size == 0 || fdt->size > room)
        return false;
    if (word(header + 20) < VERSION || word(header + 24) > VERSION)
        return false;
    fdt->structure = word(header + 8);
    fdt->strings = word(header + 12);
    fdt->reservations = word(header + 16);
    fdt->strings_size = word(header + 32);
    fdt->structure_size = word(header + 36);
    return fdt->structure % 4 == 0 && block_fits(fdt->structure, fdt->structure_size, fdt->size) &&
           block_fits(fdt->strings, fdt->strings_size, fdt->size) && check_reservations(fdt) &&
           check_structure(fdt);
}

/* --- nodes --- */

fdt_node fdt_root(const struct fdt *fdt)
{
    (void)fdt;
    return 1;
}

/* Offset behind the BEGIN_NODE token; the tree was checked, so it is one. */
static uint32_t inside(const struct fdt *fdt, fdt_node node)
{
    struct fdt_token token;

    return node != FDT_NONE && fdt_read_token(fdt, node - 1, &token) && token.kind == BEGIN_NODE
               ? token.next
               : fdt->structure_size;
}

fdt_node fdt_child(const struct fdt *fdt, fdt_node node)
{
    uint32_t at = inside(fdt, node);
    struct fdt_token token;

    while (fdt_read_token(fdt, at, &token)) {
        if (token.kind == BEGIN_NODE)
            return at + 1;
        if (token.kind == END_NODE || token.kind == END)
            break;
        at = token.next;
    }
    return FDT_NONE;
}

/* Offset behind the node's END_NODE. */
static uint32_t behind(const struct fdt *fdt, fdt_node node)
{
    uint32_t at = inside(fdt, node), depth = 1;
    struct fdt_token token;

    while (depth > 0 && fdt_read_token(fdt, at, &token)) {
        depth += token.kind == BEGIN_NODE;
        depth -= token.kind == END_NODE;
        at = token.next;
    }
    return at;
}

fdt_node fdt_sibling(const struct fdt *fdt, fdt_node node)
{
    uint32_t at = behind(fdt, node);
    struct fdt_token token;

    while (fdt_read_token(fdt, at, &token)) {
        if (token.kind == BEGIN_NODE)
            return at + 1;
        if (token.kind != NOP)
            break;
        at = token.next;
    }
    return FDT_NONE;
}

fdt_node fdt_next(const struct fdt *fdt, fdt_node node)
{
    uint32_t at = node == FDT_NONE ? 0 : inside(fdt, node);
    struct fdt_token token;

    while (fdt_read_token(fdt, at, &token) && token.kind != END) {
        if (token.kind == BEGIN_NODE)
            return at + 1;
        at = token.next;
    }
    return FDT_NONE;
}

fdt_node fdt_parent(const struct fdt *fdt, fdt_node node)
{
    fdt_node stack[FDT_DEPTH + 1] = {FDT_NONE};
    uint32_t at = 0, depth = 0;
    struct fdt_token token;

    while (fdt_read_token(fdt, at, &token) && token.kind != END) {
        if (token.kind == BEGIN_NODE) {
            if (at + 1 == node)
                return stack[depth];
            if (depth == FDT_DEPTH)
                break;
            stack[++depth] = at + 1;
        } else if (token.kind == END_NODE) {
            if (depth == 0)
                break;
            depth--;
        }
        at = token.next;
    }
    return FDT_NONE;
}

const char *fdt_name(const struct fdt *fdt, fdt_node node)
{
    struct fdt_token token;

    return node != FDT_NONE && fdt_read_token(fdt, node - 1, &token) && token.kind == BEGIN_NODE
               ? token.name
               : "";
}

/* Does a node's name start with `part`, which ends at '/' or the end? */
static bool name_matches(const char *name, const char *part)
{
    while (*part != '\0' && *part != '/') {
        if (*name++ != *part++)
            return false;
    }
    return *name == '\0' || *name == '@';
}

fdt_node fdt_path(const struct fdt *fdt, const char *path)
{
    fdt_node node = fdt_root(fdt);

    while (node != FDT_NONE && *path == '/') {
        path++;
        if (*path == '\0')
            return node;
        node = fdt_child(fdt, node);
        while (node != FDT_NONE && !name_matches(fdt_name(fdt, node), path))
            node = fdt_sibling(fdt, node);
        while (*path != '\0' && *path != '/')
            path++;
    }
    return *path == '\0' ? node : FDT_NONE;
}

static bool enabled(const struct fdt *fdt, fdt_node node)
{
    struct fdt_value status = fdt_property(fdt, node, "status");

    return status.data == NULL || fdt_has_string(status, "okay") || fdt_has_string(status, "ok");
}

fdt_node fdt_compatible(const struct fdt *fdt, fdt_node from, const char *compatible)
{
    for (fdt_node node = fdt_next(fdt, from); node != FDT_NONE; node = fdt_next(fdt, node)) {
        if (fdt_has_string(fdt_property(fdt, node, "compatible"), compatible) && enabled(fdt, node))
            return node;
    }
    return FDT_NONE;
}

fdt_node fdt_phandle(const struct fdt *fdt, uint32_t phandle)
{
    uint32_t found;

    for (fdt_node node = fdt_root(fdt); node != FDT_NONE; node = fdt_next(fdt, node)) {
        if (fdt_cell(fdt_property(fdt, node, "phandle"), 0, &found) && found == phandle)
            return node;
    }
    return FDT_NONE;
}

/* --- properties --- */

struct fdt_value fdt_property(const struct fdt *fdt, fdt_node node, const char *name)
{
    struct fdt_value value = {NULL, 0};
    uint32_t at = inside(fdt, node);
    struct fdt_token token;

    while (fdt_read_token(fdt, at, &token) && (token.kind == PROPERTY || token.kind == NOP)) {
        if (token.kind == PROPERTY && same(token.name, name)) {
            value.data = token.data;
            value.size = token.size;
            break;
        }
        at = token.next;
    }
    return value;
}

bool fdt_cell(struct fdt_value value, uint32_t index, uint32_t *cell)
{
    if (value.data == NULL || value.size / 4 <= index)
        return false;
    *cell = word(value.data + (size_t)index * 4);
    return true;
}

bool fdt_number(struct fdt_value value, uint32_t index, uint32_t cells, uint64_t *number)
{
    uint32_t high = 0, low = 0;

    *number = 0;
    if (cells == 0)
        return true;
    if (cells > 2 || (cells == 2 && !fdt_cell(value, index, &high)) ||
        !fdt_cell(value, index + cells - 1, &low))
        return false;
    *number = (uint64_t)high << 32 | low;
    return true;
}

bool fdt_has_string(struct fdt_value value, const char *text)
{
    uint32_t at = 0;

    while (at < value.size) {
        uint32_t size = length(value.data + at, value.size - at);

        if (size == value.size - at)
            return false; /* the last one has no end */
        if (same((const char *)value.data + at, text))
            return true;
        at += size + 1;
    }
    return false;
}

bool fdt_property_number(const struct fdt *fdt, fdt_node node, const char *name, uint64_t *number)
{
    struct fdt_value value = fdt_property(fdt, node, name);

    return (value.size == 4 || value.size == 8) && fdt_number(value, 0, value.size / 4, number);
}

/* --- addresses --- */

static bool cells_of(const struct fdt *fdt, fdt_node node, uint32_t *address, uint32_t *size)
{
    *address = 2;
    *size = 1;
    fdt_cell(fdt_property(fdt, node, "#address-cells"), 0, address);
    fdt_cell(fdt_property(fdt, node, "#size-cells"), 0, size);
    return *address >= 1 && *address <= 2 && *size <= 2;
}

/* From a bus to the one above it, through `ranges`: empty means the same addresses. */
static bool translate(const struct fdt *fdt, fdt_node bus, fdt_node above, uint64_t size,
                      uint64_t *address)
{
    struct fdt_value ranges = fdt_property(fdt, bus, "ranges");
    uint32_t child, parent, length_cells, unused;

    if (ranges.data == NULL)
        return false;
    if (ranges.size == 0)
        return true;
    if (!cells_of(fdt, bus, &child, &length_cells) || !cells_of(fdt, above, &parent, &unused))
        return false;
    for (uint32_t at = 0; at + child + parent + length_cells <= ranges.size / 4;
         at += child + parent + length_cells) {
        uint64_t from, to, span;

        if (!fdt_number(ranges, at, child, &from) || !fdt_number(ranges, at + child, parent, &to) ||
            !fdt_number(ranges, at + child + parent, length_cells, &span))
            return false;
        if (*address >= from && *address - from < span && size <= span - (*address - from)) {
            *address = to + (*address - from);
            return *address >= to;
        }
    }
    return false;
}

bool fdt_reg(const struct fdt *fdt, fdt_node node, uint32_t index, uint64_t *address,
             uint64_t *size)
{
    struct fdt_value reg = fdt_property(fdt, node, "reg");
    fdt_node bus = fdt_parent(fdt, node), above;
    uint32_t address_cells, size_cells, at;

    if (bus == FDT_NONE || !cells_of(fdt, bus, &address_cells, &size_cells) || index > 1024)
        return false;
    at = index * (address_cells + size_cells);
    if (!fdt_number(reg, at, address_cells, address) ||
        !fdt_number(reg, at + address_cells, size_cells, size))
        return false;
    for (; (above = fdt_parent(fdt, bus)) != FDT_NONE; bus = above) {
        if (!translate(fdt, bus, above, *size, address))
            return false;
    }
    return *address + *size >= *address;
}
