/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a changed copy of a device tree. */
#include "fdt_token.h"

#define BOOT_CPU 28 /* where the header has it */

static bool same(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static uint8_t *reserve(struct fdt_writer *writer, uint32_t size)
{
    uint32_t at = writer->at;
    uint32_t padded = (size + 3) & ~3u;

    if (writer->failed || size > writer->room || padded > writer->room - at) {
        writer->failed = true;
        return NULL;
    }
    for (uint32_t i = size; i < padded; i++)
        writer->base[at + i] = 0;
    writer->at += padded;
    return writer->base + at;
}

static void put_word(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)(value >> 24);
    to[1] = (uint8_t)(value >> 16);
    to[2] = (uint8_t)(value >> 8);
    to[3] = (uint8_t)value;
}

static void write_word(struct fdt_writer *writer, uint32_t value)
{
    uint8_t *to = reserve(writer, 4);

    if (to != NULL)
        put_word(to, value);
}

static void write_bytes(struct fdt_writer *writer, const void *data, uint32_t size)
{
    uint8_t *to = reserve(writer, size);
    const uint8_t *from = data;

    for (uint32_t i = 0; to != NULL && i < size; i++)
        to[i] = from[i];
}

void fdt_begin_node(struct fdt_writer *writer, const char *name)
{
    uint32_t size = 0;

    while (name[size] != '\0')
        size++;
    write_word(writer, BEGIN_NODE);
    write_bytes(writer, name, size + 1);
}

void fdt_end_node(struct fdt_writer *writer)
{
    write_word(writer, END_NODE);
}

static void write_property(struct fdt_writer *writer, uint32_t name, const void *data,
                           uint32_t size)
{
    write_word(writer, PROPERTY);
    write_word(writer, size);
    write_word(writer, name);
    write_bytes(writer, data, size);
}

static uint32_t name_length(const struct fdt_writer *writer, uint32_t at)
{
    uint32_t size = 0;

    while (at + size < writer->names_size && writer->names[at + size] != '\0')
        size++;
    return size;
}

void fdt_put(struct fdt_writer *writer, const char *name, const void *data, uint32_t size)
{
    uint32_t at = 0;

    while (at < writer->names_size && !same(writer->names + at, name))
        at += name_length(writer, at) + 1;
    if (at >= writer->names_size) {
        writer->failed = true;
        return;
    }
    write_property(writer, writer->strings_base + at, data, size);
}

void fdt_put_cells(struct fdt_writer *writer, const char *name, const uint32_t *cells,
                   uint32_t count)
{
    uint8_t bytes[64];

    if (count > sizeof(bytes) / 4) {
        writer->failed = true;
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        put_word(bytes + (size_t)i * 4, cells[i]);
    fdt_put(writer, name, bytes, count * 4);
}

static void copy_structure(const struct fdt *fdt, struct fdt_writer *writer, fdt_add *add,
                           void *context)
{
    fdt_node stack[FDT_DEPTH + 1] = {FDT_NONE};
    uint32_t at = 0, depth = 0;
    struct fdt_token token;

    while (!writer->failed && fdt_read_token(fdt, at, &token) && token.kind != END) {
        if (token.kind == BEGIN_NODE && depth < FDT_DEPTH) {
            fdt_begin_node(writer, token.name);
            stack[++depth] = at + 1;
            add(context, writer, at + 1, false);
        } else if (token.kind == PROPERTY) {
            write_property(writer,
                           (uint32_t)((const uint8_t *)token.name - fdt->base) - fdt->strings,
                           token.data, token.size);
        } else if (token.kind == END_NODE && depth > 0) {
            add(context, writer, stack[depth--], true);
            fdt_end_node(writer);
        }
        at = token.next;
    }
    write_word(writer, END);
}

uint32_t fdt_rewrite(const struct fdt *fdt, void *to, uint32_t room, const char *names,
                     uint32_t names_size, fdt_add *add, void *context)
{
    struct fdt_writer writer = {to, room, 0, 0, fdt->strings_size, names, names_size, false};
    uint32_t header[10] = {MAGIC, 0, 0, 0, 40, VERSION, 16, 0, 0, 0};
    const uint8_t *cpu = fdt->base + BOOT_CPU;
    uint32_t strings;

    if (room < 40 || fdt->reservations_size > room)
        return 0;
    writer.at = 40;
    write_bytes(&writer, fdt->base + fdt->reservations, fdt->reservations_size);
    writer.structure = writer.at;
    copy_structure(fdt, &writer, add, context);
    strings = writer.at;
    /* One run of bytes without padding in between: offsets of names count on it. */
    write_bytes(&writer, fdt->base + fdt->strings, fdt->strings_size);
    writer.at = strings + fdt->strings_size;
    write_bytes(&writer, names, names_size);
    if (writer.failed)
        return 0;
    header[7] = (uint32_t)cpu[0] << 24 | (uint32_t)cpu[1] << 16 | (uint32_t)cpu[2] << 8 | cpu[3];
    header[1] = writer.at;
    header[2] = writer.structure;
    header[3] = strings;
    header[8] = fdt->strings_size + names_size;
    header[9] = strings - writer.structure;
    for (uint32_t i = 0; i < 10; i++)
        put_word((uint8_t *)to + (size_t)i * 4, header[i]);
    return writer.at;
}
