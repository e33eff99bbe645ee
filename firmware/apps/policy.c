/* SPDX-License-Identifier: Apache-2.0 */
/* The boot guard's policy: reading it from the device tree, and opening its windows. */
#include "guard.h"

/* In bytes from the image's start: the guard and the firmware after it. No window may lead
 * there. fw_dynamic keeps its data and heap behind its image, so a whole megabyte counts. */
static uint64_t firmware_end(void)
{
    return ((uintptr_t)__next_end | 0xfffff) + 1;
}

static const char *check_window(const struct guard *guard, const struct window *window)
{
    uint64_t last = window->address + (window->size - 1);
    const struct fdt *fdt = &guard->board.fdt;

    if (window->size == 0 || (window->iova | window->address | window->size) % 4096 != 0)
        return "not whole pages";
    if (window->device_id >> rvi_ddt_bits(&guard->ddt) != 0)
        return "device_id beyond the directory";
    if (last < window->address || !discover_within_ram(fdt, window->address, window->size))
        return "not within RAM";
    if (window->address < firmware_end() && last >= (uintptr_t)__image_start)
        return "the firmware's memory";
    return NULL;
}

static bool read_window(const struct fdt *fdt, fdt_node node, struct window *window)
{
    if (!fdt_property_number(fdt, node, "address", &window->address) ||
        !fdt_property_number(fdt, node, "size", &window->size))
        return false;
    if (!fdt_property_number(fdt, node, "iova", &window->iova))
        window->iova = window->address;
    window->read_only = fdt_property(fdt, node, "read-only").data != NULL;
    window->open = false;
    window->phandle = 0;
    window->function = FDT_NONE;
    return true;
}

void policy_read(struct guard *guard)
{
    const struct fdt *fdt = &guard->board.fdt;
    fdt_node policy = fdt_compatible(fdt, FDT_NONE, "portcullis,boot-policy");
    uint64_t observe = 0;

    guard->windows = 0;
    guard->observe = 0;
    if (policy == FDT_NONE)
        return;
    if (fdt_property_number(fdt, policy, "observe-ms", &observe) && observe <= 60000)
        guard->observe = (uint32_t)observe;
    for (fdt_node node = fdt_child(fdt, policy); node != FDT_NONE; node = fdt_sibling(fdt, node)) {
        struct fdt_value devices = fdt_property(fdt, node, "device-id");
        struct window window;

        if (!read_window(fdt, node, &window)) {
            print("boot-guard: window %s is incomplete, stays closed\n", fdt_name(fdt, node));
            continue;
        }
        for (uint32_t i = 0; fdt_cell(devices, i, &window.device_id); i++) {
            if (guard->windows == WINDOWS) {
                print("boot-guard: too many windows, %s stays closed\n", fdt_name(fdt, node));
                return;
            }
            guard->window[guard->windows++] = window;
        }
    }
}

/* --- opening --- */

/* The first format that there is; a second stage if there is no first one. */
static enum rvi_format choose_format(const struct guard *guard)
{
    static const enum rvi_format order[] = {RVI_SV39,   RVI_SV48,   RVI_SV57,
                                            RVI_SV39X4, RVI_SV48X4, RVI_SV57X4};

    for (uint32_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if (rvi_format_supported(guard->iommu.capabilities, order[i]))
            return order[i];
    }
    return RVI_FORMATS;
}

/* The table of a device: that of an earlier window of the same device, read back from its
 * context, or a new one. */
static enum rvi_status find_table(struct guard *guard, const struct window *window,
                                  enum rvi_format format, struct rvi_table *table, bool *made)
{
    struct rvi_dc dc = {0};
    uint64_t at, pointer;

    *made = rvi_ddt_find(&guard->ddt, window->device_id, false, &at) != RVI_OK;
    if (!*made) {
        rvi_dc_load(&guard->ddt, at, &dc);
        *made = (dc.tc & IOMMU_DC_TC_V_MASK) == 0;
    }
    if (*made)
        return rvi_table_make(table, &guard->memory, &guard->pages, format);
    pointer = rvi_format_guest(format) ? dc.iohgatp : dc.fsc;
    table->memory = guard->memory;
    table->pages = guard->pages;
    table->format = format;
    table->largest = 64;
    table->root = IOMMU_GET(pointer, IOMMU_IOSATP_PPN) * RVI_PAGE;
    return RVI_OK;
}

/* Each device has an ID of its own for its cached translations. */
static void set_ids(struct rvi_dc *dc, uint32_t id, bool guest)
{
    if (guest)
        dc->iohgatp |= IOMMU_PREP(IOMMU_DC_IOHGATP_GSCID, id);
    else
        dc->ta |= IOMMU_PREP(IOMMU_DC_TA_PSCID, id);
}

static enum rvi_status open_window(struct guard *guard, struct window *window, uint32_t id)
{
    enum rvi_format format = choose_format(guard);
    uint64_t grant = RVI_READ | RVI_USER | (window->read_only ? 0 : RVI_WRITE), done = 0;
    struct rvi_dc dc = {.tc = IOMMU_DC_TC_V_MASK};
    enum rvi_status status;
    struct rvi_table table;
    bool made;

    if (format == RVI_FORMATS)
        return RVI_UNSUPPORTED;
    status = find_table(guard, window, format, &table, &made);
    if (status == RVI_OK)
        status = rvi_map(&table, window->iova, window->address, window->size, grant, &done);
    if (status != RVI_OK) {
        /* All or nothing: what is half open is closed again. */
        if (done != 0)
            rvi_clear(&table, window->iova, done);
        return status;
    }
    if (!made)
        return RVI_OK; /* invalid entries are not cached */
    if (rvi_format_guest(format))
        dc.iohgatp = rvi_table_pointer(&table);
    else
        dc.fsc = rvi_table_pointer(&table);
    set_ids(&dc, id, rvi_format_guest(format));
    return rvi_attach(&guard->iommu, &guard->ddt, window->device_id, &dc);
}

void policy_apply(struct guard *guard)
{
    for (uint32_t i = 0; i < guard->windows; i++) {
        struct window *window = &guard->window[i];
        const char *wrong = check_window(guard, window);

        if (wrong == NULL) {
            enum rvi_status status = open_window(guard, window, i + 1);

            wrong = status == RVI_OK          ? NULL
                    : status == RVI_EXISTS    ? "overlaps another one"
                    : status == RVI_NO_MEMORY ? "no pages left"
                                              : "iova out of range";
        }
        window->open = wrong == NULL;
        print("boot-guard: window %06x %lx+%lx to %lx: %s%s\n", window->device_id, window->iova,
              window->size, window->address, wrong == NULL ? "open" : "refused, ",
              wrong == NULL ? "" : wrong);
    }
}
