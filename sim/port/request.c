/* SPDX-License-Identifier: Apache-2.0 */
/* What a request's number and fields say about its data and answers. */
#include "bench.h"

enum burst request_burst(const struct request *request)
{
    return (enum burst)(request->flags & 3);
}

bool request_reads(const struct request *request)
{
    return request->direction == READS || (request->atop & 0x20) != 0;
}

unsigned request_r_beats(const struct request *request)
{
    unsigned beats = request->len + 1u;

    if (!request_reads(request))
        return 0;
    return request->atop == ATOP_COMPARE && beats > 1 ? beats / 2 : beats;
}

uint64_t request_data(const struct request *request, unsigned beat)
{
    return mix(request->number, 2 * (uint64_t)beat);
}

uint64_t request_strobes(const struct request *request, unsigned beat)
{
    uint64_t lanes = design_width() == 512 ? ~(uint64_t)0 : ((uint64_t)1 << design_width() / 8) - 1;

    /* A few with holes; most are full. */
    if ((mix(request->number, 999) & 3) != 0)
        return lanes;
    return mix(request->number, 1000 + (uint64_t)beat) & lanes;
}

uint64_t request_r_data(const struct request *request, unsigned beat)
{
    return mix(request->number, 2 * (uint64_t)beat + 1);
}

uint8_t request_resp(const struct request *request)
{
    uint64_t chance = mix(request->number, 77) & 31;

    return chance == 0 ? SLVERR : chance == 1 ? DECERR : chance == 2 ? EXOKAY : OKAY;
}

unsigned request_access(const struct request *request)
{
    if (request->direction == WRITES)
        return 1;
    return (request->flags >> 6 & 4) != 0 ? 2 : 0;
}
