/* SPDX-License-Identifier: GPL-2.0-only */
/* QEMU's edu device, as much of it as these programs use: docs/specs/edu.rst of QEMU. */
#ifndef EDU_H
#define EDU_H

#include <stdint.h>
#include <unistd.h>

#define EDU_IRQ_RAISE 0x60
#define EDU_IRQ_ACK 0x64
#define EDU_DMA_SRC 0x80
#define EDU_DMA_DST 0x88
#define EDU_DMA_COUNT 0x90
#define EDU_DMA_CMD 0x98
#define EDU_BUFFER 0x40000u
#define EDU_START 1u
#define EDU_TO_MEMORY 2u

/* Between memory and its buffer, EDU_BUFFER; returns when it is over, faults or not. */
static inline void edu_dma(volatile uint8_t *bar, uint64_t source, uint64_t target, uint64_t count,
			   uint64_t command)
{
	*(volatile uint64_t *)(bar + EDU_DMA_SRC) = source;
	*(volatile uint64_t *)(bar + EDU_DMA_DST) = target;
	*(volatile uint64_t *)(bar + EDU_DMA_COUNT) = count;
	*(volatile uint64_t *)(bar + EDU_DMA_CMD) = command | EDU_START;
	while (*(volatile uint64_t *)(bar + EDU_DMA_CMD) & EDU_START)
		usleep(1000);
}

#endif
