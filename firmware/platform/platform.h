/* SPDX-License-Identifier: Apache-2.0 */
/* The machine under the firmware: a RISC-V hart in machine mode, a UART, memory. */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rvi.h"

/* --- memory-mapped devices --- */

#ifdef PLATFORM_HOST /* tests on the host stand in for devices */
uint8_t mmio_read8(uint64_t address);
uint16_t mmio_read16(uint64_t address);
uint32_t mmio_read32(uint64_t address);
uint64_t mmio_read64(uint64_t address);
void mmio_write8(uint64_t address, uint8_t value);
void mmio_write16(uint64_t address, uint16_t value);
void mmio_write32(uint64_t address, uint32_t value);
void mmio_write64(uint64_t address, uint64_t value);
#else
static inline uint8_t mmio_read8(uint64_t address)
{
    return *(volatile uint8_t *)(uintptr_t)address;
}

static inline uint16_t mmio_read16(uint64_t address)
{
    return *(volatile uint16_t *)(uintptr_t)address;
}

static inline uint32_t mmio_read32(uint64_t address)
{
    return *(volatile uint32_t *)(uintptr_t)address;
}

static inline uint64_t mmio_read64(uint64_t address)
{
    return *(volatile uint64_t *)(uintptr_t)address;
}

static inline void mmio_write8(uint64_t address, uint8_t value)
{
    *(volatile uint8_t *)(uintptr_t)address = value;
}

static inline void mmio_write16(uint64_t address, uint16_t value)
{
    *(volatile uint16_t *)(uintptr_t)address = value;
}

static inline void mmio_write32(uint64_t address, uint32_t value)
{
    *(volatile uint32_t *)(uintptr_t)address = value;
}

static inline void mmio_write64(uint64_t address, uint64_t value)
{
    *(volatile uint64_t *)(uintptr_t)address = value;
}
#endif

/* --- the hart --- */

#define csr_read(name)                                                                             \
    __extension__({                                                                                \
        uint64_t csr_value_;                                                                       \
        __asm__ volatile("csrr %0, " #name : "=r"(csr_value_));                                    \
        csr_value_;                                                                                \
    })
#define csr_write(name, value)                                                                     \
    __asm__ volatile("csrw " #name ", %0" : : "rK"((uint64_t)(value)) : "memory")
#define csr_set(name, value)                                                                       \
    __asm__ volatile("csrs " #name ", %0" : : "rK"((uint64_t)(value)) : "memory")
#define csr_clear(name, value)                                                                     \
    __asm__ volatile("csrc " #name ", %0" : : "rK"((uint64_t)(value)) : "memory")

/* --- image.ld and start.S --- */

extern char __image_start[], __image_end[], __pages_start[], __pages_end[], __tree_start[],
    __tree_end[], __next_start[], __next_end[];
extern uint64_t start_next[3];
void start_enter_next(uint64_t hart) __attribute__((noreturn));

/* --- console (uart.c) --- */

/** Use the 16550 at `address`; 0 makes the console silent. */
void console_open(uint64_t address);
void console_put(char c);
/** A character, or -1. */
int console_get(void);
/** %s %c %u %x %X (64-bit: %lu %lx); a width with 0 or blanks, as in %08x. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* --- the library's access to this machine (machine.c) --- */

/** Registers at `base`, memory by address; a wait ends after about a second. */
struct rvi_bus machine_bus(uint64_t base);
struct rvi_memory machine_memory(void);
uint64_t machine_cycles(void);

/** Called on a trap: nothing here expects one. The application supplies it. */
void trap(uint64_t cause, uint64_t pc, uint64_t value) __attribute__((noreturn));

#endif
