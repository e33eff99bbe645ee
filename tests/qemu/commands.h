/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random commands, and what the specification has become of them, read off their bits.
 */
#ifndef PORTCULLIS_TESTS_COMMANDS_H
#define PORTCULLIS_TESTS_COMMANDS_H

#include "workbench.h"

struct command {
    uint64_t word[2];
};

/** How far a list of commands gets. */
struct command_outcome {
    unsigned done;   /* processed */
    uint32_t errors; /* bits of cqcsr: cmd_ill, cqmf; fence_w_ip as well */
};

/** Draw one: mostly legal. Fences store at `slot`. */
void command_draw(struct draw *d, uint64_t capabilities, bool wired, uint64_t slot,
                  struct command *command);

/** "Command-Queue (CQ)", for a queue that runs. */
void commands_expect(const struct command *list, unsigned count, bool wired, uint64_t capabilities,
                     struct command_outcome *outcome);

/** The bits of a command that are reserved, by its opcode; none if the opcode is. */
void command_reserved(const struct command *command, uint64_t capabilities, uint64_t mask[2]);

/** The opcode and function exist, and the capabilities have them. */
bool command_exists(const struct command *command, uint64_t capabilities);

/** The command is a fence that stores where nothing is. */
bool command_faults(const struct command *command);

/** The same for QEMU, from what is known of it. */
void deviations_commands(const struct command *list, unsigned count, uint64_t capabilities,
                         struct command_outcome *outcome, struct deviation_set *used);

#endif
