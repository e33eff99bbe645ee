/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's devices for tests: `edu`, a DMA engine for one page, and an MSI; `iommu-testdev` (QEMU 11
 * and later), which writes four bytes and tells whether that went well. */
#ifndef EDU_H
#define EDU_H

#include "board.h"

struct edu {
    struct pci_host *pci;
    uint64_t base; /**< 0: there is none */
    uint32_t device_id;
    bool wide; /**< makes accesses of 8 bytes only: its messages do not suit an MRIF */
};

/** Find the first one and make it a bus master. */
bool edu_open(struct edu *edu, struct pci_host *pci);
/** One DMA of `size` bytes between the device's buffer and `iova`; waits for its end. The
 *  device does not tell whether the IOMMU let it through. */
bool edu_to_memory(struct edu *edu, uint64_t iova, uint32_t size);
bool edu_from_memory(struct edu *edu, uint64_t iova, uint32_t size);
/** Set the MSI, and send it. */
bool edu_set_msi(struct edu *edu, uint64_t address, uint16_t data);
void edu_send_msi(struct edu *edu);

struct testdev {
    uint64_t base; /**< 0: there is none */
    uint32_t device_id;
};

#define TESTDEV_VALUE 0x12345678u /* what it writes */

bool testdev_open(struct testdev *testdev, struct pci_host *pci);
/** Write to `iova`; it looks for the value at the physical address `address`. True: it went there.
 *  False: the IOMMU stopped it. */
bool testdev_write(struct testdev *testdev, uint64_t iova, uint64_t address);

#endif
