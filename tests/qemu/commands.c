/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

static unsigned opcode_of(const struct command *command)
{
    return (unsigned)IOMMU_GET(command->word[0], IOMMU_CMD_IOTINVAL_OPCODE);
}

static unsigned function_of(const struct command *command)
{
    return (unsigned)IOMMU_GET(command->word[0], IOMMU_CMD_IOTINVAL_FUNC3);
}

/* ----------------------------------------------------------------------------- drawing --- */

static void draw_legal(struct draw *d, uint64_t capabilities, bool wired, uint64_t slot,
                       struct command *c)
{
    uint64_t word = draw_word(d);
    bool ats = (capabilities & IOMMU_CAPABILITIES_ATS_MASK) != 0;
    bool second = draw_percent(d, 50);
    c->word[1] = 0;
    switch (draw_below(d, ats ? 5 : 4)) {
    case 0:
        c->word[0] = IOMMU_OPCODE_IOTINVAL |
                     (word & (IOMMU_CMD_IOTINVAL_AV_MASK | IOMMU_CMD_IOTINVAL_PSCID_MASK |
                              IOMMU_CMD_IOTINVAL_PSCV_MASK | IOMMU_CMD_IOTINVAL_GV_MASK |
                              IOMMU_CMD_IOTINVAL_GSCID_MASK));
        if (second)
            c->word[0] = (c->word[0] & ~IOMMU_CMD_IOTINVAL_PSCV_MASK) |
                         IOMMU_PREP(IOMMU_CMD_IOTINVAL_FUNC3, IOMMU_FUNC3_IOTINVAL_GVMA);
        c->word[1] = draw_word(d) & IOMMU_CMD_IOTINVAL_ADDR_MASK;
        break;
    case 1:
    case 2:
        c->word[0] =
            IOMMU_OPCODE_IOFENCE | (word & (IOMMU_CMD_IOFENCE_PR_MASK | IOMMU_CMD_IOFENCE_PW_MASK |
                                            IOMMU_CMD_IOFENCE_DATA_MASK));
        if (second)
            c->word[0] |= IOMMU_CMD_IOFENCE_AV_MASK;
        if (wired && draw_percent(d, 20))
            c->word[0] |= IOMMU_CMD_IOFENCE_WSI_MASK;
        c->word[1] = IOMMU_PREP(IOMMU_CMD_IOFENCE_ADDR, slot >> 2);
        break;
    case 3:
        c->word[0] = IOMMU_OPCODE_IODIR;
        if (second)
            c->word[0] |= IOMMU_PREP(IOMMU_CMD_IODIR_FUNC3, IOMMU_FUNC3_IODIR_INVAL_PDT) |
                          IOMMU_CMD_IODIR_DV_MASK | IOMMU_PREP(IOMMU_CMD_IODIR_PID, word & 0xff);
        else if (draw_percent(d, 50))
            c->word[0] |= IOMMU_CMD_IODIR_DV_MASK;
        c->word[0] |= IOMMU_PREP(IOMMU_CMD_IODIR_DID, word >> 60); /* fits each mode */
        break;
    default:
        c->word[0] = IOMMU_OPCODE_ATS | (word & (IOMMU_CMD_ATS_PID_MASK | IOMMU_CMD_ATS_PV_MASK |
                                                 IOMMU_CMD_ATS_DSV_MASK | IOMMU_CMD_ATS_RID_MASK |
                                                 IOMMU_CMD_ATS_DSEG_MASK));
        if (second) {
            c->word[0] |= IOMMU_PREP(IOMMU_CMD_ATS_FUNC3, IOMMU_FUNC3_ATS_PRGR);
            c->word[1] = draw_word(d) & ~(uint64_t)IOMMU_CMD_ATS_PRGR_DW1_RESERVED_MASK;
        } else {
            c->word[1] = draw_word(d) & ~(uint64_t)IOMMU_CMD_ATS_INVAL_DW1_RESERVED_MASK;
        }
        break;
    }
}

void command_draw(struct draw *d, uint64_t capabilities, bool wired, uint64_t slot,
                  struct command *command)
{
    uint64_t reserved[2];
    draw_legal(d, capabilities, wired, slot, command);
    uint32_t kind = draw_below(d, 100);
    if (kind < 3) { /* a reserved bit */
        command_reserved(command, capabilities, reserved);
        uint32_t bit = draw_below(d, 128);
        command->word[bit / 64] |= (uint64_t)1 << (bit % 64) & reserved[bit / 64];
    } else if (kind < 6) { /* an opcode or a function that is not there */
        uint64_t changed = draw_percent(d, 50) ? 0x380 : 0x3ff;
        command->word[0] = (command->word[0] & ~changed) | (draw_bits(d, 10) & changed);
    } else if (kind < 8) { /* an operand that is not allowed here */
        static const uint64_t forbidden[] = {
            IOMMU_OPCODE_IOTINVAL | 1u << 7 | IOMMU_CMD_IOTINVAL_PSCV_MASK,
            IOMMU_OPCODE_IODIR | 1u << 7,
            IOMMU_OPCODE_IODIR | 1u << 12,
            IOMMU_OPCODE_IOFENCE | IOMMU_CMD_IOFENCE_WSI_MASK,
            IOMMU_OPCODE_ATS,
        };
        command->word[0] = DRAW_FROM(d, forbidden);
        command->word[1] = 0;
    } else if (kind < 9) { /* a store to nowhere */
        command->word[0] = IOMMU_OPCODE_IOFENCE | IOMMU_CMD_IOFENCE_AV_MASK;
        command->word[1] = (uint64_t)0x100000000 >> 2;
    }
}

/* ---------------------------------------------------------------------------- judging --- */

bool command_exists(const struct command *command, uint64_t capabilities)
{
    unsigned function = function_of(command);
    switch (opcode_of(command)) {
    case IOMMU_OPCODE_IOTINVAL:
    case IOMMU_OPCODE_IODIR:
        return function <= 1;
    case IOMMU_OPCODE_IOFENCE:
        return function == 0;
    case IOMMU_OPCODE_ATS:
        return function <= 1 && (capabilities & IOMMU_CAPABILITIES_ATS_MASK) != 0;
    default:
        return false;
    }
}

void command_reserved(const struct command *command, uint64_t capabilities, uint64_t mask[2])
{
    mask[0] = 0;
    mask[1] = 0;
    switch (opcode_of(command)) {
    case IOMMU_OPCODE_IOTINVAL:
        mask[0] = IOMMU_CMD_IOTINVAL_DW0_RESERVED_MASK;
        mask[1] = IOMMU_CMD_IOTINVAL_DW1_RESERVED_MASK;
        if ((capabilities & IOMMU_CAPABILITIES_NL_MASK) == 0)
            mask[0] |= IOMMU_CMD_IOTINVAL_NL_MASK;
        if ((capabilities & IOMMU_CAPABILITIES_S_MASK) == 0)
            mask[1] |= IOMMU_CMD_IOTINVAL_S_MASK;
        break;
    case IOMMU_OPCODE_IOFENCE:
        mask[0] = IOMMU_CMD_IOFENCE_DW0_RESERVED_MASK;
        mask[1] = IOMMU_CMD_IOFENCE_DW1_RESERVED_MASK;
        break;
    case IOMMU_OPCODE_IODIR:
        mask[0] = IOMMU_CMD_IODIR_DW0_RESERVED_MASK;
        mask[1] = IOMMU_CMD_IODIR_DW1_RESERVED_MASK;
        if (function_of(command) == IOMMU_FUNC3_IODIR_INVAL_DDT)
            mask[0] |= IOMMU_CMD_IODIR_PID_MASK;
        break;
    case IOMMU_OPCODE_ATS: /* of the payload, only PCI Express knows what is reserved */
        mask[0] = IOMMU_CMD_ATS_DW0_RESERVED_MASK;
        break;
    default:
        break;
    }
}

bool command_faults(const struct command *command)
{
    uint64_t address = IOMMU_GET(command->word[1], IOMMU_CMD_IOFENCE_ADDR) << 2;
    return opcode_of(command) == IOMMU_OPCODE_IOFENCE && function_of(command) == 0 &&
           (command->word[0] & IOMMU_CMD_IOFENCE_AV_MASK) != 0 && !rig_is_ram(address, 4);
}

static bool is_legal(const struct command *command, bool wired, uint64_t capabilities)
{
    uint64_t reserved[2];
    const uint64_t first = command->word[0];
    command_reserved(command, capabilities, reserved);
    if (!command_exists(command, capabilities) || (first & reserved[0]) != 0 ||
        (command->word[1] & reserved[1]) != 0)
        return false;
    switch (opcode_of(command)) {
    case IOMMU_OPCODE_IOTINVAL:
        return function_of(command) == IOMMU_FUNC3_IOTINVAL_VMA ||
               (first & IOMMU_CMD_IOTINVAL_PSCV_MASK) == 0;
    case IOMMU_OPCODE_IOFENCE:
        return wired || (first & IOMMU_CMD_IOFENCE_WSI_MASK) == 0;
    case IOMMU_OPCODE_IODIR:
        return function_of(command) == IOMMU_FUNC3_IODIR_INVAL_DDT ||
               (first & IOMMU_CMD_IODIR_DV_MASK) != 0;
    default:
        return true;
    }
}

void commands_expect(const struct command *list, unsigned count, bool wired, uint64_t capabilities,
                     struct command_outcome *outcome)
{
    outcome->errors = 0;
    for (outcome->done = 0; outcome->done < count; outcome->done++) {
        const struct command *command = &list[outcome->done];
        if (!is_legal(command, wired, capabilities)) {
            outcome->errors |= IOMMU_CQCSR_CMD_ILL_MASK;
            return;
        }
        if (command_faults(command)) {
            outcome->errors |= IOMMU_CQCSR_CQMF_MASK;
            return;
        }
        if (opcode_of(command) == IOMMU_OPCODE_IOFENCE &&
            (command->word[0] & IOMMU_CMD_IOFENCE_WSI_MASK) != 0)
            outcome->errors |= IOMMU_CQCSR_FENCE_W_IP_MASK;
    }
}
