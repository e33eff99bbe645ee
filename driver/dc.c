// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernel.h>
#include "dc.h"

/**
 * rvi_dc_next() - the next single store on the way to a new device context
 * @now: the context as it is in memory
 * @target: the context that shall be there
 * @words: how many words a context has, 4 or 8
 * @step: the store, if there is one
 *
 * The IOMMU reads a context word by word and at any time, and may go on using a copy until
 * it is told otherwise. A mixture of two contexts would let a device use a table under the
 * wrong identifier, or with the wrong kind of interrupt handling. So there are two ways
 * only: if one word makes the difference, one store (the IOMMU sees the old context or the
 * new one); otherwise the context is made invalid first, and becomes valid with the last
 * store. No state in between lets a device reach anything that neither the old context nor
 * the new one does.
 *
 * Return: true if there is a store to make, false if the context is as it should be.
 */
bool rvi_dc_next(const u64 *now, const struct rvi_dc *target, unsigned int words,
		 struct rvi_dc_step *step)
{
	unsigned int i, differ = 0, last = 0;

	for (i = 0; i < words; i++) {
		if (now[i] != target->word[i]) {
			differ++;
			last = i;
		}
	}
	if (!differ)
		return false;

	if (now[RVI_DC_TC] & IOMMU_DC_TC_V_MASK) {
		step->sync = true;
		if (differ == 1) {
			step->word = last;
			step->value = target->word[last];
		} else {
			step->word = RVI_DC_TC;
			step->value = 0;
		}
		return true;
	}
	/* Nobody looks at an invalid context: tc, which is word 0, comes last. */
	step->word = last;
	step->value = target->word[last];
	step->sync = false;
	return true;
}
