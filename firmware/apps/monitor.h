/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor's parts. */
#ifndef MONITOR_H
#define MONITOR_H

#include "board.h"
#include "rvi_tables.h"

#define LINE 80
#define HISTORY 8
#define WORDS 8

/** A line being edited, and those before it. */
struct line {
    char text[LINE];
    uint32_t length, cursor;
    char history[HISTORY][LINE];
    uint32_t entries; /**< lines ever kept */
};

/** Print the prompt and read a line. */
void line_read(struct line *line, const char *prompt);

struct monitor {
    struct board board;
    struct rvi iommu;
    struct rvi_memory memory;
    struct rvi_region region;
    struct rvi_pages pages;
    struct rvi_ddt ddt;
    uint32_t next_id; /**< PSCID of the next device that gets a table */
    uint64_t faults;  /**< records shown so far */
};

/** What a walk is about. */
struct walk {
    struct monitor *monitor;
    uint32_t device_id, process_id;
    bool pv;
    uint64_t iova;
};

/** Print every entry that the IOMMU would read, and where it leads. */
void walk_print(struct walk *walk);
/** Print each valid device context. */
void walk_devices(struct monitor *monitor);

#endif
