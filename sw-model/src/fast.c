/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The quick way through, for requests with nothing special about them: recent hits, found
 * by the request alone, and walks of 64-bit little-endian tables in flat memory in which
 * every entry is plainly good. It only ever answers what translate.c would answer, and
 * leaves all else (faults, A/D updates, MSIs, NAPOT, memory types, ...) to it.
 */
#include "internal.h"

/* Copies for each shape of walk are for speed; without optimization there is one of each. */
#ifdef __OPTIMIZE__
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#else
#define ALWAYS_INLINE static inline
#endif

/* GCC unrolls where it is told to; clang does so by itself, or warns that it does not. */
#ifdef __clang__
#define UNROLL
#else
#define UNROLL _Pragma("GCC unroll 5")
#endif

/* --- recent hits --------------------------------------------------------------------- */

#define KEY_ACCESS_SHIFT 52u
#define KEY_PROCESS_SHIFT 24u
#define KEY_PROCESS_VALID (1ull << 44)
#define KEY_PRIVILEGED (1ull << 45)
#define KEY_GENERATION_SHIFT 48u

ALWAYS_INLINE uint64_t ids_key(const struct iommu *iommu, const struct iommu_request *request)
{
    uint64_t key = request->device_id | (uint64_t)iommu->generation << KEY_GENERATION_SHIFT;

    if (request->process_id_valid) {
        key |= (uint64_t)request->process_id << KEY_PROCESS_SHIFT | KEY_PROCESS_VALID;
        if (request->privileged)
            key |= KEY_PRIVILEGED;
    }
    return key;
}

ALWAYS_INLINE uint64_t page_key(const struct iommu_request *request)
{
    return request->iova >> PAGE_LOG2 | (uint64_t)request->access << KEY_ACCESS_SHIFT;
}

ALWAYS_INLINE struct recent *recent_slot(const struct iommu *iommu,
                                         const struct iommu_request *request)
{
    uint64_t mix = request->iova >> PAGE_LOG2 ^ (uint64_t)request->device_id << 3 ^
                   (uint64_t)request->process_id << 5 ^ (uint64_t)request->access << 7;

    return &iommu->recent[(mix ^ mix >> 10) % RECENT_ENTRIES];
}

/** IDs that do not fit their fields must not alias others. */
ALWAYS_INLINE bool plain_ids(const struct iommu_request *request)
{
    return request->type == IOMMU_UNTRANSLATED && request->access <= IOMMU_EXECUTE &&
           request->device_id < DEVICE_IDS &&
           (!request->process_id_valid || request->process_id < PROCESS_IDS);
}

void fast_remember(struct iommu *iommu, const struct iommu_request *request,
                   const struct iommu_response *response)
{
    struct recent *slot;

    if (!iommu->fast_hits || response->status != IOMMU_SUCCESS ||
        response->target == IOMMU_TARGET_MRIF || !plain_ids(request))
        return;
    slot = recent_slot(iommu, request);
    slot->page = page_key(request);
    slot->ids = ids_key(iommu, request);
    slot->response = *response;
    slot->response.address &= ~PAGE_MASK;
}

/* --- plain walks --------------------------------------------------------------------- */

/*
 * Every check of a PTE is one comparison under a mask. A pointer must be nothing but a
 * pointer, and lead into flat memory: the masks hold the PPN bits above it, too, so that
 * no bounds need checking. That works for the largest naturally aligned power of two of
 * bytes at the start of flat memory; what lies behind is left to translate.c.
 */

#define PTE_PERMISSIONS (IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK | IOMMU_PTE_X_MASK)
#define PTE_UPPER (IOMMU_PTE_N_MASK | IOMMU_PTE_PBMT_MASK)
#define PTE_POINTER_CHECK                                                                          \
    (IOMMU_PTE_V_MASK | PTE_PERMISSIONS | IOMMU_PTE_U_MASK | IOMMU_PTE_A_MASK | IOMMU_PTE_D_MASK | \
     PTE_UPPER)
#define PPN_TO_ADDRESS (PAGE_LOG2 - IOMMU_PTE_PPN_SHIFT)

/** Bits that a leaf must have for each access; R with X too: R=0, W=1 is reserved. */
static const uint64_t leaf_needs[] = {
    [IOMMU_READ] = IOMMU_PTE_V_MASK | IOMMU_PTE_R_MASK | IOMMU_PTE_U_MASK | IOMMU_PTE_A_MASK,
    [IOMMU_WRITE] = IOMMU_PTE_V_MASK | IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK | IOMMU_PTE_U_MASK |
                    IOMMU_PTE_A_MASK | IOMMU_PTE_D_MASK,
    [IOMMU_EXECUTE] = IOMMU_PTE_V_MASK | IOMMU_PTE_R_MASK | IOMMU_PTE_X_MASK | IOMMU_PTE_U_MASK |
                      IOMMU_PTE_A_MASK,
};

/** PTE bits that hold the address bits that are 0 in `addressable`. */
static uint64_t ppn_bits_outside(uint64_t addressable)
{
    return ~addressable >> PPN_TO_ADDRESS & IOMMU_PTE_PPN_MASK;
}

/** The bytes at the start of flat memory that masks can describe; at least a root table. */
static uint64_t plain_span(const struct iommu *iommu)
{
    uint64_t span = 1ull << 55;

    while (span > iommu->flat_span || iommu->bus.flat_address % span != 0)
        span /= 2;
    return span;
}

/** Can this context be walked plainly? No MSIs, no processes, 64-bit little-endian. */
static bool plain_context(const struct device_context *dc)
{
    uint64_t odd = IOMMU_DC_TC_PDTV_MASK | IOMMU_DC_TC_SBE_MASK | IOMMU_DC_TC_SXL_MASK;
    unsigned first = dc->first.scheme->levels, second = dc->second.scheme->levels;

    return (dc->tc & odd) == 0 && !dc->second.big_endian &&
           (dc->msiptp & IOMMU_DC_MSIPTP_MODE_MASK) == 0 && first + second != 0 &&
           (first == 0 || second == 0 || first == second);
}

void plain_prepare(struct iommu *iommu, const struct device_context *dc)
{
    struct plain *plain = &iommu->plain;
    uint64_t guest = (1ull << dc->second.scheme->address_bits) - 1;
    bool first = dc->first.scheme->levels != 0, second = dc->second.scheme->levels != 0;
    bool nested = first && second;
    uint64_t first_root = dc->first.root, second_root = dc->second.root;
    uint64_t base = iommu->bus.flat_address, span, outside;

    if (!iommu->fast_walks || plain->device_id == dc->device_id)
        return;
    plain->device_id = dc->device_id;
    plain->first_levels = plain->second_levels = 0;
    span = plain_span(iommu);
    outside = ppn_bits_outside(span - 1);
    if (!plain_context(dc) || (second && second_root - base >= span) ||
        (nested && (first_root & ~guest) != 0) || (first && !nested && first_root - base >= span))
        return;
    plain->first_levels = dc->first.scheme->levels;
    plain->second_levels = dc->second.scheme->levels;
    plain->memory = iommu->bus.flat_memory;
    plain->first_root = nested ? first_root : first_root - base;
    plain->second_root = second_root - base;
    plain->inside = (span - 1) >> PPN_TO_ADDRESS & IOMMU_PTE_PPN_MASK;
    plain->pointer_mask = PTE_POINTER_CHECK | iommu->pte_reserved | outside;
    plain->pointer_value = IOMMU_PTE_V_MASK | (base >> PPN_TO_ADDRESS & outside);
    plain->table_mask = leaf_needs[IOMMU_READ] | PTE_UPPER | iommu->pte_reserved | outside;
    plain->table_value = leaf_needs[IOMMU_READ] | (base >> PPN_TO_ADDRESS & outside);
    plain->guest_mask = PTE_UPPER | iommu->pte_reserved | ppn_bits_outside(guest);
    plain->leaf_mask = PTE_UPPER | iommu->pte_reserved | ppn_bits_outside(iommu->pas_mask);
    plain->beyond = ~iommu->pas_mask;
    plain->rcid = dc->rcid;
    plain->mcid = dc->mcid;
}

ALWAYS_INLINE uint64_t plain_load(const struct plain *plain, uint64_t offset)
{
    return __atomic_load_n((const uint64_t *)(const void *)(plain->memory + offset),
                           __ATOMIC_RELAXED);
}

/** Byte offset of an entry in its table. */
ALWAYS_INLINE uint64_t plain_index(uint64_t address, unsigned level, unsigned bits)
{
    return (address >> (PAGE_LOG2 + 9 * level) & ((1ull << bits) - 1)) * 8;
}

/** Offset of the table that a checked pointer leads to. */
ALWAYS_INLINE uint64_t plain_next(const struct plain *plain, uint64_t pte)
{
    return (pte & plain->inside) << PPN_TO_ADDRESS;
}

/** Translate the address of a first-stage PTE; *gpa becomes an offset in flat memory. */
ALWAYS_INLINE bool plain_implicit(const struct plain *plain, unsigned levels, uint64_t *gpa)
{
    uint64_t table = plain->second_root, pte = 0;

    UNROLL
    for (unsigned level = levels; level-- > 0;) {
        pte = plain_load(plain, table + plain_index(*gpa, level, level + 1 == levels ? 11 : 9));
        if (level > 0 && unlikely((pte & plain->pointer_mask) != plain->pointer_value))
            return false;
        table = plain_next(plain, pte);
    }
    *gpa = table | (*gpa & PAGE_MASK);
    return (pte & plain->table_mask) == plain->table_value;
}

/** One stage; *address is translated, *pte gets the leaf. @return log2 of the page, or 0 */
ALWAYS_INLINE unsigned plain_stage(const struct plain *plain, unsigned levels, bool second,
                                   unsigned behind, uint64_t needs, uint64_t *address,
                                   uint64_t *pte)
{
    uint64_t table = second ? plain->second_root : plain->first_root, offset_mask;
    uint64_t leaf_mask = behind != 0 ? plain->guest_mask : plain->leaf_mask;
    uint64_t pointer_mask = behind != 0 ? PTE_POINTER_CHECK | leaf_mask : plain->pointer_mask;
    uint64_t pointer_value = behind != 0 ? IOMMU_PTE_V_MASK : plain->pointer_value;
    unsigned level;

    UNROLL
    for (level = levels - 1; level < levels; level--) {
        unsigned bits = second && level + 1 == levels ? 11 : 9;
        uint64_t where = table + plain_index(*address, level, bits);

        if (behind != 0 && !plain_implicit(plain, behind, &where))
            return 0;
        *pte = plain_load(plain, where);
        if (level == 0 || (*pte & pointer_mask) != pointer_value)
            break;
        table =
            behind != 0 ? (*pte & IOMMU_PTE_PPN_MASK) << PPN_TO_ADDRESS : plain_next(plain, *pte);
    }
    offset_mask = (1ull << (PAGE_LOG2 + 9 * level)) - 1;
    if (unlikely((*pte & (leaf_mask | needs)) != needs))
        return 0;
    table = (*pte & IOMMU_PTE_PPN_MASK) << PPN_TO_ADDRESS;
    if (level > 0 && (table & offset_mask) != 0)
        return 0;
    *address = table | (*address & offset_mask);
    /* The masks know the PPN only: a superpage may reach beyond the last physical address. */
    if (level > 0 && behind == 0 && ((*address | offset_mask) & plain->beyond) != 0)
        return 0;
    return PAGE_LOG2 + 9 * level;
}

ALWAYS_INLINE uint8_t leaf_permissions(uint64_t pte)
{
    uint8_t permissions = (uint8_t)(pte >> IOMMU_PTE_R_SHIFT & (IOMMU_PERM_R | IOMMU_PERM_X));

    if ((pte & (IOMMU_PTE_W_MASK | IOMMU_PTE_D_MASK)) == (IOMMU_PTE_W_MASK | IOMMU_PTE_D_MASK))
        permissions |= IOMMU_PERM_W;
    return permissions;
}

_Static_assert(IOMMU_PTE_W_SHIFT == IOMMU_PTE_R_SHIFT + 1 &&
                   IOMMU_PTE_X_SHIFT == IOMMU_PTE_R_SHIFT + 2 && IOMMU_PERM_W == 2 &&
                   IOMMU_PERM_X == 4,
               "R, W, X lie in a row in PTEs as in iommu_response");

/** Both stages, with the numbers of levels as constants, so that the loops unroll. */
ALWAYS_INLINE bool plain_translate(const struct plain *plain, unsigned first_levels,
                                   unsigned second_levels, const struct iommu_request *request,
                                   struct iommu_response *response)
{
    uint64_t needs = leaf_needs[request->access], address = request->iova;
    uint64_t first_pte = PTE_PERMISSIONS | IOMMU_PTE_D_MASK, second_pte = first_pte;
    unsigned first_log2 = BARE_PAGE_LOG2, second_log2 = BARE_PAGE_LOG2;

    if (first_levels != 0) {
        uint64_t upper = (uint64_t)((int64_t)address >> (PAGE_LOG2 + 9 * first_levels - 1));

        if (unlikely(upper + 1 > 1))
            return false; /* not canonical */
        first_log2 =
            plain_stage(plain, first_levels, false, second_levels, needs, &address, &first_pte);
        if (unlikely(first_log2 == 0))
            return false;
    }
    if (second_levels != 0) {
        if (first_levels == 0 && unlikely(address >> (PAGE_LOG2 + 9 * second_levels + 2) != 0))
            return false;
        second_log2 = plain_stage(plain, second_levels, true, 0, needs, &address, &second_pte);
        if (unlikely(second_log2 == 0))
            return false;
    }
    *response = (struct iommu_response){
        .address = address,
        .rcid = plain->rcid,
        .mcid = plain->mcid,
        .page_log2 = (uint8_t)(first_log2 < second_log2 ? first_log2 : second_log2),
        .permissions = leaf_permissions(first_pte & second_pte),
    };
    return true;
}

/** The less common shapes, kept out of the way. */
static __attribute__((noinline)) bool plain_other(const struct plain *plain,
                                                  const struct iommu_request *request,
                                                  struct iommu_response *response)
{
    switch (plain->first_levels * 8 + plain->second_levels) {
    case 4 * 8:
        return plain_translate(plain, 4, 0, request, response);
    case 5 * 8:
        return plain_translate(plain, 5, 0, request, response);
    case 3:
        return plain_translate(plain, 0, 3, request, response);
    case 4:
        return plain_translate(plain, 0, 4, request, response);
    case 3 * 8 + 3:
        return plain_translate(plain, 3, 3, request, response);
    case 4 * 8 + 4:
        return plain_translate(plain, 4, 4, request, response);
    default:
        return false;
    }
}

ALWAYS_INLINE bool plain_request(const struct iommu *iommu, const struct iommu_request *request,
                                 struct iommu_response *response)
{
    const struct plain *plain = &iommu->plain;

    if (unlikely(plain->device_id != request->device_id || request->process_id_valid ||
                 request->type != IOMMU_UNTRANSLATED || request->access > IOMMU_EXECUTE))
        return false;
    if (plain->first_levels == 3 && plain->second_levels == 0)
        return plain_translate(plain, 3, 0, request, response);
    return plain_other(plain, request, response);
}

/* --- the entrance -------------------------------------------------------------------- */

struct iommu_response iommu_translate(struct iommu *iommu, const struct iommu_request *request)
{
    struct iommu_response response;

    if (likely(iommu->fast_hits)) {
        const struct recent *slot = recent_slot(iommu, request);

        if (likely(slot->page == page_key(request) && slot->ids == ids_key(iommu, request) &&
                   plain_ids(request))) {
            response = slot->response;
            response.address |= request->iova & PAGE_MASK;
            return response;
        }
    } else if (plain_request(iommu, request, &response)) {
        return response;
    }
    return translate_thoroughly(iommu, request);
}
