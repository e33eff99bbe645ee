/* SPDX-License-Identifier: Apache-2.0 */
#include "workbench.h"

#include <inttypes.h>
#include <stdarg.h>

void workbench_fail(struct workbench *b, const char *format, ...)
{
    va_list arguments;
    b->tally->failures++;
    printf("MISMATCH (again with --setup %s --seed %" PRIu64 " --only %" PRIu64 "): ",
           b->rig->setup->name, b->seed, b->round);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

void workbench_start(struct workbench *b, enum nature nature)
{
    scene_build(&b->scene, b->rig, &b->draw, nature);
    rig_set_ddtp(b->rig, b->scene.mode, b->scene.directory);
    whatif_set_ddtp(b->whatif, IOMMU_PREP(IOMMU_DDTP_PPN, b->scene.directory >> 12) |
                                   IOMMU_PREP(IOMMU_DDTP_IOMMU_MODE, b->scene.mode));
    rig_start_queues(b->rig);
    rig_invalidate(b->rig);
}

bool workbench_compare(struct workbench *b, const char *name, uint32_t offset, uint32_t written)
{
    struct deviation_set used = {{0}};
    struct difference difference = {.what = name, .written = written};
    rig_read(b->rig, offset, 4, difference.value);
    iommu_mmio_read(b->rig->model, IOMMU_REG_CQCSR, 4, &difference.cqcsr);
    iommu_mmio_read(b->rig->model, IOMMU_REG_FQCSR, 4, &difference.fqcsr);
    b->tally->comparisons++;
    if (difference.value[QEMU] == difference.value[MODEL])
        return true;
    if (deviations_explain(&difference, &used)) {
        b->tally->explained++;
        deviations_count(&used);
    } else {
        workbench_fail(
            b, "%s is 0x%" PRIx64 " in QEMU and 0x%" PRIx64 " in the model (last written: 0x%x)",
            name, difference.value[QEMU], difference.value[MODEL], written);
    }
    return false;
}

/* "Reset behavior": the fields and registers that have a reset value. */
void compare_reset(struct workbench *b)
{
    static const struct {
        const char *name;
        uint32_t offset;
    } registers[] = {
        {"ddtp", IOMMU_REG_DDTP},   {"cqcsr", IOMMU_REG_CQCSR}, {"fqcsr", IOMMU_REG_FQCSR},
        {"pqcsr", IOMMU_REG_PQCSR}, {"ipsr", IOMMU_REG_IPSR},
    };
    uint64_t value[SIDES];
    for (size_t i = 0; i < sizeof registers / sizeof registers[0]; i++)
        workbench_compare(b, registers[i].name, registers[i].offset, UINT32_MAX);
    rig_read(b->rig, IOMMU_REG_CAPABILITIES, 8, value);
    b->tally->comparisons++;
    if (value[QEMU] != value[MODEL])
        workbench_fail(b, "capabilities are 0x%" PRIx64 " in QEMU and 0x%" PRIx64 " in the model",
                       value[QEMU], value[MODEL]);
}
