/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and rewriting a flattened device tree (Devicetree Specification, version 17).
 *
 * Nothing in it is trusted: fdt_open() checks the whole tree once, every token, name and
 * length; the other functions then stay within it. The tree must not change meanwhile: check a
 * copy that nobody else can write.
 */
#ifndef FDT_H
#define FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FDT_DEPTH 16 /* nodes deeper than this make a tree unusable */
#define FDT_NONE 0u  /* no node: offset 0 of the structure block is the root, which is node 1 */

struct fdt {
    const uint8_t *base;
    uint32_t size; /**< totalsize */
    uint32_t structure, structure_size;
    uint32_t strings, strings_size;
    uint32_t reservations, reservations_size;
};

/** A node: 1 + its offset in the structure block; FDT_NONE for none. */
typedef uint32_t fdt_node;

struct fdt_value {
    const uint8_t *data; /**< NULL: there is no such property */
    uint32_t size;
};

/** Check and open. `room`: bytes that may be read at `base`. */
bool fdt_open(struct fdt *fdt, const void *base, size_t room);
/** totalsize of what claims to be a tree, 0 if it is none; for who has to copy it first. */
uint32_t fdt_size(const void *base);

fdt_node fdt_root(const struct fdt *fdt);
fdt_node fdt_child(const struct fdt *fdt, fdt_node node);
fdt_node fdt_sibling(const struct fdt *fdt, fdt_node node);
/** The next node in the order of the tree, whatever its depth; FDT_NONE: the root. */
fdt_node fdt_next(const struct fdt *fdt, fdt_node node);
fdt_node fdt_parent(const struct fdt *fdt, fdt_node node);
const char *fdt_name(const struct fdt *fdt, fdt_node node);
/** A node by its path of names; a name without @unit matches any. */
fdt_node fdt_path(const struct fdt *fdt, const char *path);
/** The next node (after `from`, or from the root) that is compatible and not disabled. */
fdt_node fdt_compatible(const struct fdt *fdt, fdt_node from, const char *compatible);
fdt_node fdt_phandle(const struct fdt *fdt, uint32_t phandle);

struct fdt_value fdt_property(const struct fdt *fdt, fdt_node node, const char *name);
/** Cell number `index` of a value; false if it is not that long. */
bool fdt_cell(struct fdt_value value, uint32_t index, uint32_t *cell);
/** `cells` (1 or 2, or 0 for 0) from `index` on as one number. */
bool fdt_number(struct fdt_value value, uint32_t index, uint32_t cells, uint64_t *number);
/** Is `text` among the strings of the value? */
bool fdt_has_string(struct fdt_value value, const char *text);
/** A property of one or two cells as a number. */
bool fdt_property_number(const struct fdt *fdt, fdt_node node, const char *name, uint64_t *number);
/** Entry `index` of reg, as the CPU sees it: translated through the ranges above. */
bool fdt_reg(const struct fdt *fdt, fdt_node node, uint32_t index, uint64_t *address,
             uint64_t *size);

/* --- writing a changed copy --- */

struct fdt_writer {
    uint8_t *base;
    uint32_t room, at;
    uint32_t structure;    /**< where the structure block began */
    uint32_t strings_base; /**< of the new names, behind the old ones */
    const char *names;     /**< the new names, each ended by 0 */
    uint32_t names_size;
    bool failed; /**< no room, or a name that is not among the new ones */
};

/** Called before the end of each node of the old tree, to add children or (at once after its
 *  beginning) properties: `end` tells which. */
typedef void fdt_add(void *context, struct fdt_writer *writer, fdt_node node, bool end);

/** Copy the tree to `to`, with what `add` adds. `names`: all property names that it uses.
 *  Answers the new total size; 0 if it does not fit. */
uint32_t fdt_rewrite(const struct fdt *fdt, void *to, uint32_t room, const char *names,
                     uint32_t names_size, fdt_add *add, void *context);
void fdt_begin_node(struct fdt_writer *writer, const char *name);
void fdt_end_node(struct fdt_writer *writer);
void fdt_put(struct fdt_writer *writer, const char *name, const void *data, uint32_t size);
void fdt_put_cells(struct fdt_writer *writer, const char *name, const uint32_t *cells,
                   uint32_t count);

#endif
