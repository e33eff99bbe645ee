/* SPDX-License-Identifier: Apache-2.0 */
/* Coverage: what meets what in one compared request. Combinations that cannot be are left out. */
#include <stdio.h>
#include <string.h>

#include "bench.h"

#define LEAF (IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK | IOMMU_PTE_X_MASK)

static const char *const stages[] = {"R303 no stage", "R120 first stage", "R121 second stage",
                                     "R122 both stages"};
static const char *const schemes[SCHEMES] = {"Bare", "Sv32", "Sv39", "Sv48", "Sv57"};
static const char *const accesses[] = {"read", "write", "execution"};
static const char *const results[] = {"refused", "granted"};

static unsigned long sizes[4][64];
static unsigned long pairs[SCHEMES][SCHEMES];
static unsigned long users[2][2][2][3][2]; /* privileged, U, SUM, access, granted */
static unsigned long grants[2][8][3][2];   /* stage, XWR, access, granted */

void crosses_request(const struct walked *met, const struct iommu_request *request,
                     const struct iommu_response *response)
{
    bool ok = response->status == IOMMU_SUCCESS && response->cause == 0;
    bool of_user =
        response->rule == IOMMU_RULE_PTE_USER || response->rule == IOMMU_RULE_PTE_SUPERVISOR;
    bool refused = response->rule == IOMMU_RULE_PTE_PERMISSION;
    unsigned combination = (met->first != 0) | (met->second != 0) << 1;
    bool sum = (met->pc_word[0] & IOMMU_PC_TA_SUM_MASK) != 0;

    if (ok && response->target == IOMMU_TARGET_MEMORY && met->dc && !met->msi) {
        sizes[combination][response->page_log2 & 63]++;
        pairs[met->first != 0 ? met->scheme1 : 0][met->second != 0 ? met->scheme2 : 0]++;
    }
    if ((!ok && !refused && !of_user) || request->type == IOMMU_ATS_TRANSLATION)
        return;
    if (met->first != 0 && (met->last_kind == IOMMU_STEP_PTE1 || ok)) {
        unsigned user = (met->leaf1 & IOMMU_PTE_U_MASK) != 0;

        if (!of_user)
            grants[0][met->leaf1 >> 1 & 7][request->access][ok]++;
        if (!refused && met->pc && request->process_id_valid)
            users[request->privileged][user][sum][request->access][ok]++;
    }
    if (!of_user && met->second != 0 && met->last_kind == IOMMU_STEP_PTE2)
        grants[1][met->leaf2 >> 1 & 7][request->access][ok]++;
}

/* --- which there can be ----------------------------------------------------------------------
 */

static bool scheme_possible(unsigned scheme)
{
    static const uint64_t caps[SCHEMES] = {
        0, IOMMU_CAPABILITIES_SV32_MASK, IOMMU_CAPABILITIES_SV39_MASK, IOMMU_CAPABILITIES_SV48_MASK,
        IOMMU_CAPABILITIES_SV57_MASK};

    return scheme == 0 || has_cap(caps[scheme]); /* the second stage's go with them */
}

/** GXL 1 makes SXL 1. */
static bool pair_possible(unsigned first, unsigned second)
{
    return scheme_possible(first) && scheme_possible(second) &&
           (second != SCHEME_32 || first <= SCHEME_32);
}

/** Of 2^39 bytes and more: by entries above the third level. */
static bool size_possible(unsigned combination, unsigned log2)
{
    if (log2 == 22)
        return has_cap(IOMMU_CAPABILITIES_SV32_MASK) && combination != 0;
    if (log2 == 39)
        return has_cap(IOMMU_CAPABILITIES_SV48_MASK) && (combination == 1 || combination == 2);
    if (log2 == 48)
        return has_cap(IOMMU_CAPABILITIES_SV57_MASK) && (combination == 1 || combination == 2);
    if (combination == 0)
        return log2 == model->config.bare_page_log2;
    return log2 == 12 || log2 == 16 || log2 == 21 || log2 == 30;
}

static bool user_possible(bool privileged, bool user, bool sum, unsigned access, bool ok)
{
    if (!has_cap(IOMMU_CAPABILITIES_PD8_MASK))
        return false;
    if (privileged)
        return ok != (user && (access == IOMMU_EXECUTE || !sum));
    return ok == user;
}

/** W without R is reserved. A read for execution needs X. */
static bool grant_possible(unsigned xwr, unsigned access, bool ok)
{
    static const unsigned needed[] = {1, 2, 4};

    if (xwr == 0 || (xwr & 3) == 2)
        return false;
    return ok == ((xwr & needed[access]) != 0);
}

void crosses_collect(void)
{
    char text[COVER_NAME];

    for (unsigned i = 0; i < 4; i++) {
        for (unsigned log2 = 12; log2 < 64; log2++) {
            if (!size_possible(i, log2) && sizes[i][log2] == 0)
                continue;
            snprintf(text, sizeof(text), "%s, page of 2^%u bytes", stages[i], log2);
            cover_point(text, sizes[i][log2]);
        }
    }
    for (unsigned i = 0; i < SCHEMES * SCHEMES; i++) {
        unsigned first = i / SCHEMES, second = i % SCHEMES;

        if (!pair_possible(first, second) && pairs[first][second] == 0)
            continue;
        snprintf(text, sizeof(text), "R122 first stage %s, second stage %s%s", schemes[first],
                 schemes[second], second != 0 ? "x4" : "");
        cover_point(text, pairs[first][second]);
    }
    for (unsigned i = 0; i < 48; i++) {
        bool privileged = i & 1, user = i >> 1 & 1, sum = i >> 2 & 1, ok = i >> 3 & 1;
        unsigned access = i >> 4;

        if (!user_possible(privileged, user, sum, access, ok) &&
            users[privileged][user][sum][access][ok] == 0)
            continue;
        snprintf(text, sizeof(text), "R129 %s's %s, U %d, SUM %d, %s",
                 privileged ? "supervisor" : "user", accesses[access], user, sum, results[ok]);
        cover_point(text, users[privileged][user][sum][access][ok]);
    }
    for (unsigned i = 0; i < 96; i++) {
        unsigned stage = i & 1, xwr = i >> 1 & 7, access = (i >> 4) % 3, ok = i / 48;

        if (!grant_possible(xwr, access, ok) && grants[stage][xwr][access][ok] == 0)
            continue;
        snprintf(text, sizeof(text), "%s PTE %s%s%s, %s %s", stage ? "R121 second" : "R129 first",
                 xwr & 1 ? "R" : "-", xwr & 2 ? "W" : "-", xwr & 4 ? "X" : "-", accesses[access],
                 results[ok]);
        cover_point(text, grants[stage][xwr][access][ok]);
    }
}
