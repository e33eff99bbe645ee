/* SPDX-License-Identifier: Apache-2.0 */
/* What the selftest's files share. */
#ifndef SELFTEST_H
#define SELFTEST_H

#include "board.h"
#include "edu.h"
#include "irq.h"
#include "rvi_tables.h"

/** Deviations of QEMU's (docs/qemu-differences.md) that the tests meet. */
enum deviation { RESPONSE_LAYOUT, RESPONSE_SUPERPAGE, RECORD_MSI, DEVIATIONS };

/** The IOMMU under test, the machine around it, and memory. */
struct bench {
    struct board board;
    struct rvi iommu;
    struct rvi_memory memory;
    struct rvi_region region;
    struct rvi_region afresh; /**< region as it was before the first test */
    struct rvi_pages pages;
    struct rvi_ddt ddt;
    struct edu edu;
    struct testdev testdev;
    uint64_t imsic, plic;
    bool wires;             /**< fctl.WSI can be set */
    bool messages;          /**< and cleared */
    bool qemu;              /**< QEMU's virt: known deviations are told, not failed */
    bool noted[DEVIATIONS]; /**< those that were told */
    uint64_t buffer[4];     /**< pages for devices */
};

enum outcome { PASSED, FAILED, SKIPPED };

struct selftest {
    const char *name;
    enum outcome (*run)(struct bench *bench);
};
extern const struct selftest dma_tests[], probe_tests[], machine_tests[];

/** Why the current test is skipped or failed; the first one is printed. */
enum outcome skip(const char *reason);
enum outcome fail(const char *file, int line, const char *what);
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return fail(__FILE__, __LINE__, #condition);                                           \
    } while (0)

/** Run all tests, print and count their outcomes. `bench` knows the IOMMU and the machine. */
void bench_run(struct bench *bench, uint32_t counts[3]);

/** The IOMMU anew, all devices blocked, empty tables. */
enum rvi_status bench_begin(struct bench *bench);
/** The same with another setup: the changes of `bench_setup()`. */
struct rvi_setup bench_setup(struct bench *bench);
enum rvi_status bench_begin_with(struct bench *bench, const struct rvi_setup *setup);

/** An empty table as the context of a device: first or second stage by its format. */
enum rvi_status bench_context(struct bench *bench, enum rvi_format format, struct rvi_table *table,
                              struct rvi_dc *dc);
/** Tell of a deviation, once. Answers false anywhere but on QEMU. */
bool bench_deviates(struct bench *bench, enum deviation deviation);

/** Drain, after waiting for at least one record for so many cycles. */
struct rvi_drained bench_take(struct bench *bench, struct rvi_fault *fault, uint32_t max,
                              uint64_t wait);
/** Exactly one record, and it says this. */
bool bench_fault(struct bench *bench, uint16_t cause, uint32_t device_id, uint64_t iova);
bool bench_no_fault(struct bench *bench);
/** Widest format of a stage that the IOMMU has; RVI_FORMATS if none. */
enum rvi_format bench_format(struct bench *bench, bool guest);

#endif
