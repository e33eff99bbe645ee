/* SPDX-License-Identifier: Apache-2.0 */
/* The boot guard's parts. */
#ifndef GUARD_H
#define GUARD_H

#include "board.h"
#include "rvi_tables.h"

#define WINDOWS 16
#define TREE_ROOM 0x10000u /* the largest device tree, and the copy's room */
#define TREE_SLACK 0x3000u /* kept free for what the next stages add */

/** What a policy allows. */
struct window {
    uint32_t device_id;
    uint64_t iova, address, size;
    bool read_only;
    bool open;         /**< it was legal, and it is in force */
    uint32_t phandle;  /**< of its reserved-memory node, once described */
    fdt_node function; /**< the device's own node in the old tree, if it has one */
};

struct guard {
    struct board board;
    struct rvi iommu;
    struct rvi_memory memory;
    struct rvi_region region;
    struct rvi_pages pages;
    struct rvi_ddt ddt;
    struct window window[WINDOWS];
    uint32_t windows;
    uint32_t others;  /**< IOMMUs that are off */
    uint32_t observe; /**< milliseconds */
    uint64_t blocked; /**< records of blocked requests */
    uint32_t printed; /**< of these */
    bool deaf;        /**< the fault queue gave nonsense */
};

/** Read the policy; what is wrong with a window is told, and the window stays closed. */
void policy_read(struct guard *guard);
/** Open what is legal. */
void policy_apply(struct guard *guard);

/** Write the tree for the next stages to `to`: memory of the guard reserved, open windows
 *  described. False if there is no room. */
bool tree_write(struct guard *guard, void *to, uint32_t room);

#endif
