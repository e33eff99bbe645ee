/* SPDX-License-Identifier: Apache-2.0 */
/* Memory images as files: ELF, raw, Intel HEX, and hex text. */
#ifndef EXPLAIN_IMAGE_H
#define EXPLAIN_IMAGE_H

#include "memory.h"

/**
 * Load an image and add it to the memory. `argument` is FILE, whose format its contents
 * tell, or FILE@ADDRESS for raw bytes. The string must outlive the memory.
 */
bool image_load(struct memory *memory, char *argument, struct problem *problem);

/* The formats; each fills image->range from image->source. */
bool image_from_elf(struct image *image, struct problem *problem);
bool image_from_intel_hex(struct image *image, struct problem *problem);
bool image_from_hex_text(struct image *image, struct problem *problem);

#endif
