/* SPDX-License-Identifier: Apache-2.0 */
/* An IOMMU and two DMA engines, served to clients in this process, with memory that is shared. */
#ifndef MACHINE_H
#define MACHINE_H

#include "client.h"
#include "engine.h"
#include "pci.h"

#define RAM 0x80000000ull
#define RAM_BYTES 0x400000ull
#define ROOT (RAM + 0x1000) /* device directory, one level */
#define COMMANDS (RAM + 0x2000)
#define FENCE (RAM + 0x3000)
#define QUEUE (RAM + 0x10000) /* of faults */
#define TABLES (RAM + 0x4000) /* three pages for each engine */
#define DATA (RAM + 0x100000) /* two pages for each engine: for writing, for reading */
#define IOVA 0x12345000ull
#define COMMAND_ENTRIES 256u
/* First words of commands: opcode, func3. */
#define IOTINVAL_VMA 0x1u
#define IOTINVAL_GVMA 0x81u
#define IOFENCE 0x2u
#define IODIR_DDT 0x3u
#define ATS_INVAL 0x4u
#define ATS_PRGR 0x84u
#define REQUESTS (RAM + 0x21000) /* of pages; 256 */
#define REQUESTS_LOG2 7u         /* field LOG2SZ-1 */
#define REQUESTS_BYTES 4096u
#define RECORDS 1024u
#define QUEUE_BYTES (RECORDS * 32u)
#define FILE_MSI 0x28000000ull

struct machine {
    struct bridge bridge;
    struct pci_function *iommu, *engine[2];
    int fd[3];
    char path[3][64];
    int file;
    uint8_t *ram;
    uint32_t fqh, cqt;
    uint64_t fences;
    uint64_t messages; /**< writes that the server asked us for */
    uint64_t last_address;
    uint32_t last_data;
    uint64_t records, message_records;
    uint64_t off_faults, off_reported; /**< while the IOMMU was off */
    uint64_t watched;                  /**< accesses that left the IOMMU */
};

/** What machine_start() makes. */
extern struct machine_kind {
    bool on_rtl;   /**< the Verilated design instead of the model */
    bool lockstep; /**< and the model beside it */
} machine_kind;

/** A test, and on what machines it makes sense. */
struct test {
    const char *name;
    bool (*run)(void);
    enum { ANY, ATS_ONLY, LOCKSTEP_ONLY } where;
};

/** Run those that make sense. @param kind model, rtl, both @return the exit status */
int run_tests(const char *kind, const struct test *tests, size_t count);
bool machine_is_full(void);
struct pci_function *function_of(struct machine *m, unsigned who);
uint64_t access_region(struct machine *m, unsigned who, unsigned region, uint64_t offset,
                       uint32_t size, bool write, uint64_t value);
void bar_put(struct machine *m, unsigned who, uint64_t offset, uint32_t size, uint64_t value);
uint64_t bar_get(struct machine *m, unsigned who, uint64_t offset, uint32_t size);
void put64(struct machine *m, uint64_t address, uint64_t value);
uint64_t get64(struct machine *m, uint64_t address);
/** Contexts and tables of both engines, queues for faults and commands; the IOMMU on. */
void set_up(struct machine *m);
void command(struct machine *m, uint64_t first, uint64_t second);
/** Everything up to now is done. @return false if the fence did not come */
bool fence(struct machine *m);
void serve(struct machine *m, unsigned who);
struct machine *start(void);
/** @return false if the RTL did something wrong */
bool finish(struct machine *m);
/** Run an operation to its end. @return status */
uint64_t run(struct machine *m, unsigned who, uint64_t operation, uint64_t source, uint64_t target,
             uint64_t length, uint64_t argument, uint64_t control);
/** Take the fault queue's records. @return the cause of the last one, 0 without any */
unsigned drain(struct machine *m);

#endif
