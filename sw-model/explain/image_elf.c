/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ELF: the loadable segments of a little-endian RISC-V file, at their physical addresses.
 * Takes programs and core files (a dump of QEMU's or kdump's) alike.
 */
#include "image.h"

#include <inttypes.h>
#include <string.h>

#define ELF_CLASS_32 1
#define ELF_CLASS_64 2
#define ELF_DATA_LITTLE 1
#define ELF_MACHINE_RISCV 243
#define ELF_PT_LOAD 1
#define ELF_PN_XNUM 0xffffu /* the count did not fit; it is in a section header */

/* Where the fields are that differ between the two classes: offset and size. */
struct elf_layout {
    uint8_t header_size;
    uint8_t word; /* size of addresses and offsets */
    uint8_t phoff, phentsize, phnum;
    uint8_t entry_size; /* of a program header */
    uint8_t p_offset, p_paddr, p_filesz, p_memsz;
};

static const struct elf_layout elf32 = {52, 4, 28, 42, 44, 32, 4, 12, 16, 20};
static const struct elf_layout elf64 = {64, 8, 32, 54, 56, 56, 8, 24, 32, 40};

static uint64_t little_endian(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;

    for (size_t i = size; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

static bool add_segment(struct image *image, const struct elf_layout *layout, const uint8_t *header,
                        unsigned number, struct problem *problem)
{
    const char *name = image->source.name;
    uint64_t offset = little_endian(header + layout->p_offset, layout->word);
    uint64_t address = little_endian(header + layout->p_paddr, layout->word);
    uint64_t stored = little_endian(header + layout->p_filesz, layout->word);
    uint64_t size = little_endian(header + layout->p_memsz, layout->word);

    if (stored > size)
        return problem_set(problem, "%s: program header %u: p_filesz is larger than p_memsz", name,
                           number);
    if (size == 0)
        return true;
    if (stored > 0 && (offset > image->source.size || stored > image->source.size - offset))
        return problem_set(problem, "%s: program header %u: segment lies beyond the file's end",
                           name, number);
    if (address + (size - 1) < address)
        return problem_set(problem, "%s: program header %u: segment runs past 2^64", name, number);
    struct range range = {address, address + (size - 1), offset, stored};
    return image_add_range(image, &range, problem);
}

static bool check_identity(const struct image *image, const uint8_t *header, size_t length,
                           const struct elf_layout **layout, struct problem *problem)
{
    const char *name = image->source.name;

    if (length >= 16) {
        *layout = header[4] == ELF_CLASS_32 ? &elf32 : &elf64;
        if (header[4] != ELF_CLASS_32 && header[4] != ELF_CLASS_64)
            return problem_set(problem, "%s: ELF class %u is neither 32 nor 64 bits", name,
                               header[4]);
        if (header[5] != ELF_DATA_LITTLE)
            return problem_set(problem, "%s: not a little-endian ELF file", name);
    }
    if (length < 16 || length < (*layout)->header_size)
        return problem_set(problem, "%s: truncated ELF header", name);
    if (little_endian(header + 18, 2) != ELF_MACHINE_RISCV)
        return problem_set(problem, "%s: not an ELF file for RISC-V (e_machine %u)", name,
                           (unsigned)little_endian(header + 18, 2));
    return true;
}

bool image_from_elf(struct image *image, struct problem *problem)
{
    const char *name = image->source.name;
    const struct elf_layout *layout = NULL;
    uint8_t header[64] = {0};
    size_t length =
        image->source.size < sizeof(header) ? (size_t)image->source.size : sizeof(header);

    image->format = "ELF";
    if (!source_read(&image->source, 0, header, length))
        return problem_set(problem, "%s: cannot be read", name);
    if (!check_identity(image, header, length, &layout, problem))
        return false;

    uint64_t at = little_endian(header + layout->phoff, layout->word);
    uint64_t entry = little_endian(header + layout->phentsize, 2);
    unsigned count = (unsigned)little_endian(header + layout->phnum, 2);
    if (count == 0)
        return problem_set(problem, "%s: no program headers (an object file?)", name);
    if (count == ELF_PN_XNUM)
        return problem_set(problem, "%s: more than 65534 program headers", name);
    if (entry < layout->entry_size)
        return problem_set(problem, "%s: e_phentsize is %u, needs %u", name, (unsigned)entry,
                           layout->entry_size);
    for (unsigned i = 0; i < count; i++) {
        uint8_t program_header[56];
        uint64_t offset = at + i * entry;
        if (!source_read(&image->source, offset, program_header, layout->entry_size))
            return problem_set(problem, "%s: truncated program header %u", name, i);
        if (little_endian(program_header, 4) == ELF_PT_LOAD &&
            !add_segment(image, layout, program_header, i, problem))
            return false;
    }
    if (image->ranges == 0)
        return problem_set(problem, "%s: no loadable segment", name);
    return true;
}
