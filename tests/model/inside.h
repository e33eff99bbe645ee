/* SPDX-License-Identifier: Apache-2.0 */
/* A look inside: which answers come from the quick ways of sw-model/src/fast.c. Nothing else
 * shows it, as they answer what the ordinary way would. */
#ifndef PORTCULLIS_TESTS_INSIDE_H
#define PORTCULLIS_TESTS_INSIDE_H

#include <stdbool.h>

#include "iommu.h"

enum quick_way { ORDINARY, QUICK_HIT, QUICK_WALK };

/** iommu_translate(), and how it was done. */
enum quick_way translate_watched(struct iommu *iommu, const struct iommu_request *request,
                                 struct iommu_response *response);

#endif
