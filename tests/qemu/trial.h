/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request on both sides, with all that is expected and seen of it.
 */
#ifndef PORTCULLIS_TESTS_TRIAL_H
#define PORTCULLIS_TESTS_TRIAL_H

#include "workbench.h"

#define READ_SLOT 64u /* bytes of a device's buffer that one DMA has for itself */

struct trial {
    struct request request;
    struct forecast expected[SIDES]; /* MODEL: the specification's */
    struct deviation_set used;
    bool deviates; /* the two forecasts differ */
    struct seen seen[SIDES];
    uint64_t fqt;                    /* QEMU's, after the request */
    uint32_t at;                     /* DMA: place in the device's buffer */
    uint64_t next;                   /* DMA: where what lies in the next page goes */
    uint8_t bytes[SIDES][READ_SLOT]; /* DMA read: what is there to be read */
    uint8_t before[READ_SLOT];       /* DMA read: what is in the buffer already */
};

/** Forecast the request. @return false if it had better not be made */
bool trial_expect(struct workbench *b, struct trial *t);

/** Compare what both sides showed with the forecasts. */
void trial_judge(struct workbench *b, const struct trial *t);

/** Access data, translation included, then judge. `device` is QEMU's and the model's. */
void trial_message(struct workbench *b, struct trial *t, struct rig_device *device);
void trial_dma(struct workbench *b, struct trial *t, struct rig_device *device);

/** Compare device buffers after DMA reads, and make them equal. */
void trial_compare_buffers(struct workbench *b, const struct trial *trial, unsigned count);

/** The device that has this id; NULL: none. */
struct rig_device *trial_device(struct workbench *b, uint32_t device_id);

/** The side that `f` forecasts reaches data. */
bool forecast_moves(const struct forecast *f);

#endif
