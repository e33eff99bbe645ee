/* SPDX-License-Identifier: Apache-2.0 */
/* The Verilated IOMMU, as the bridge uses it (rtl.c; no_rtl.c where it is not linked). */
#ifndef RTL_H
#define RTL_H

#include <stdbool.h>
#include <stdint.h>

#include "ats.h"
#include "iommu.h"

/** What became of a burst of a device's. */
struct rtl_burst {
    bool refused;
    uint64_t target; /**< the first address of memory, if it was not */
    unsigned cycles; /**< from its address until that left, or until it was refused */
};

/** The design's own accesses, by enum iommu_structure. */
struct rtl_counts {
    uint64_t reads[16], stores[16];
};

/** Memory as the design sees it. `device`: translated traffic, not the IOMMU's own. */
struct rtl_memory {
    void *context;
    bool (*read)(void *context, bool device, uint64_t address, void *data, uint32_t size);
    bool (*write)(void *context, bool device, uint64_t address, const void *data, uint32_t size);
    /** 8 bytes: compare and swap, or set the operand's bits. */
    bool (*atomic)(void *context, uint64_t address, bool compare_and_swap, uint64_t compare,
                   uint64_t operand, uint64_t *old);
    /** After each burst of a device's. */
    void (*burst)(void *context, const struct iommu_request *request,
                  const struct rtl_burst *burst);
    /** The design sends a message to a device. */
    void (*message)(void *context, const struct iommu_message *message);
    /** A fault record is stored. */
    void (*fault)(void *context, const uint64_t *record);
};

/** The configuration that was linked: "base", ...; NULL: none. */
const char *rtl_config(void);
/** @param latency cycles until memory answers the design's own accesses */
void rtl_open(const struct rtl_memory *memory, unsigned latency);
void rtl_reset(void);
uint64_t rtl_mmio_read(uint32_t offset, uint32_t size);
void rtl_mmio_write(uint32_t offset, uint32_t size, uint64_t value);
/** @return whether all of it went through */
bool rtl_dma(const struct iommu_request *request, void *data, uint32_t length);
/** Let the clock run until all is quiet, but so many cycles at most. @return true if it is not */
bool rtl_run(unsigned cycles);
/** Does a device owe an answer to an invalidation? A fence that waits for it keeps the clock. */
void rtl_device_owes(bool owes);
uint64_t rtl_cycles(void);
const struct rtl_counts *rtl_counts(void);
/** Record the pins into a file (record.h) until rtl_record_end(), which keeps it if there is a
 * reason, or if the trigger was met. */
bool rtl_record(const char *path);
bool rtl_record_end(const char *why);
/** "fault", "address=X" (its page) or "device=X", in hexadecimal. @return false: none of these */
bool rtl_trigger(const char *word);

/* Messages of devices (rtl_ats.c); only where rtl_has_ats(). */
bool rtl_has_ats(void);
struct ats_completion rtl_translate(const struct iommu_request *request);
void rtl_page_request(const struct iommu_page_request *request);
void rtl_completion(uint32_t device_id, uint32_t itags, uint8_t count);
/** The time of these invalidation requests is over. */
void rtl_timeout(uint32_t itags);
/** From now on rtl_wrong() says this. */
void rtl_fail(const char *what);
/** What the design did that it must not; NULL: nothing. */
const char *rtl_wrong(void);
/** The first rule of AXI that it broke; NULL: none. */
const char *rtl_violation(void);

/* The Verilated design brings a main() of its own, which calls this. */
#ifdef WITH_RTL
#define main bench_main
int bench_main(int argc, char **argv);
#endif

#endif
