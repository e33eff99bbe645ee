/* SPDX-License-Identifier: Apache-2.0 */
/* Random commands. */
#include "bench.h"

static void iotinval(uint64_t *word, bool mostly_legal)
{
    bool gvma = one_in(2);
    unsigned ones = below(60);

    word[0] = IOMMU_OPCODE_IOTINVAL | IOMMU_PREP(IOMMU_CMD_FUNC3, gvma) |
              IOMMU_PREP(IOMMU_CMD_IOTINVAL_AV, one_in(2)) |
              IOMMU_PREP(IOMMU_CMD_IOTINVAL_GV, one_in(2)) |
              IOMMU_PREP(IOMMU_CMD_IOTINVAL_NL, one_in(3)) |
              IOMMU_PREP(IOMMU_CMD_IOTINVAL_PSCID, random64() & 0xfffff) |
              IOMMU_PREP(IOMMU_CMD_IOTINVAL_GSCID, random64() & 0xffff) |
              IOMMU_PREP(IOMMU_CMD_IOTINVAL_PSCV, (!gvma || !mostly_legal) && one_in(2));
    word[1] = IOMMU_PREP(IOMMU_CMD_IOTINVAL_ADDR, random64() & 0xfffffffffffffull) |
              IOMMU_PREP(IOMMU_CMD_IOTINVAL_S, one_in(2));
    if (one_in(2)) { /* ranges of every size */
        uint64_t page = IOMMU_GET(word[1], IOMMU_CMD_IOTINVAL_ADDR);
        uint64_t low = ones >= 52 ? 0xfffffffffffffull : (1ull << ones) - 1;

        word[1] &= ~IOMMU_CMD_IOTINVAL_ADDR_MASK;
        word[1] |= IOMMU_PREP(IOMMU_CMD_IOTINVAL_ADDR, page | low);
    }
}

static void iofence(uint64_t *word, bool wsi, bool mostly_legal)
{
    uint64_t address = memory.base + AREA_FENCE + below(0x10000 / 4) * 4;

    if (one_in(20))
        address = random64() & ~3ull;
    else if (one_in(20)) /* beyond physical addresses, and otherwise good */
        address |= 1ull << (56 + below(8));
    word[0] = IOMMU_OPCODE_IOFENCE | IOMMU_PREP(IOMMU_CMD_IOFENCE_AV, !one_in(3)) |
              IOMMU_PREP(IOMMU_CMD_IOFENCE_WSI, (wsi || !mostly_legal) && one_in(2)) |
              IOMMU_PREP(IOMMU_CMD_IOFENCE_PR, one_in(3)) |
              IOMMU_PREP(IOMMU_CMD_IOFENCE_PW, one_in(3)) |
              IOMMU_PREP(IOMMU_CMD_IOFENCE_DATA, random64() & 0xffffffff);
    word[1] = IOMMU_PREP(IOMMU_CMD_IOFENCE_ADDR, address >> 2);
}

static void iodir(uint64_t *word, bool mostly_legal)
{
    bool pdt = one_in(2);
    uint64_t device_id = random64() & 0xffffff;

    device_id >>= one_in(3) ? 0 : 6 + below(14); /* IDs around the widths of the modes */
    word[0] = IOMMU_OPCODE_IODIR | IOMMU_PREP(IOMMU_CMD_FUNC3, pdt) |
              IOMMU_PREP(IOMMU_CMD_IODIR_DV, pdt && mostly_legal ? 1 : one_in(2)) |
              IOMMU_PREP(IOMMU_CMD_IODIR_DID, device_id);
    if (pdt || !mostly_legal)
        word[0] |= IOMMU_PREP(IOMMU_CMD_IODIR_PID, one_in(3) ? 0 : random64() & 0xfffff);
    word[1] = 0;
}

static void ats(uint64_t *word)
{
    word[0] = IOMMU_OPCODE_ATS | IOMMU_PREP(IOMMU_CMD_FUNC3, one_in(2)) |
              IOMMU_PREP(IOMMU_CMD_ATS_PID, random64() & 0xfffff) |
              IOMMU_PREP(IOMMU_CMD_ATS_PV, one_in(2)) | IOMMU_PREP(IOMMU_CMD_ATS_DSV, one_in(2)) |
              IOMMU_PREP(IOMMU_CMD_ATS_RID, below(4)) | IOMMU_PREP(IOMMU_CMD_ATS_DSEG, below(3));
    word[1] = random64();
}

void random_command(uint64_t *word, bool wsi)
{
    bool mostly_legal = !one_in(20);
    unsigned choice = below(100);

    if (choice < 50)
        iotinval(word, mostly_legal);
    else if (choice < 70)
        iofence(word, wsi, mostly_legal);
    else if (choice < 85)
        iodir(word, mostly_legal);
    else if (choice < 99 && (with_ats || one_in(10)))
        ats(word);
    else if (choice < 99)
        iotinval(word, mostly_legal);
    else {
        word[0] = random64() & ~0x7full;
        word[0] |= one_in(2) ? below(128) : 1 + below(4);
        word[1] = random64();
    }
    if (one_in(40)) { /* a reserved bit, or another operand */
        unsigned bit = below(128);

        word[bit / 64] ^= 1ull << bit % 64;
    }
}

void plain_command(uint64_t *word)
{
    word[0] = IOMMU_OPCODE_IOTINVAL | IOMMU_PREP(IOMMU_CMD_IOTINVAL_AV, 1) |
              IOMMU_PREP(IOMMU_CMD_IOTINVAL_PSCID, random64() & 0xfffff);
    word[1] = IOMMU_PREP(IOMMU_CMD_IOTINVAL_ADDR, random64() & 0xffffffffffull);
}
