/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of devices that do what they must not (hostile.c). */
#ifndef HOSTILE_H
#define HOSTILE_H

#include "machine.h"

#define LEAF (TABLES + 0x2000 + 8 * (IOVA >> 12 & 511)) /* of the page that engine 1 writes */

extern struct hostile {
    uint64_t seed, requests; /**< of both storms together */
} hostile;

bool test_edges(void);
bool test_storm(void);
bool test_storm_ats(void);
bool test_trespass(void);

#endif
