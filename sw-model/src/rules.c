/* SPDX-License-Identifier: Apache-2.0 */
/* Words for rules and causes. */
#include "internal.h"

static const struct {
    const char *name, *section, *text;
} rules[IOMMU_RULES] = {[IOMMU_RULE_NONE] = {"NONE", "", ""},
#define RULE_WORDS(name, section, text) [IOMMU_RULE_##name] = {#name, section, text},
                        IOMMU_RULE_LIST(RULE_WORDS)
#undef RULE_WORDS
};

static bool known(enum iommu_rule rule)
{
    return (unsigned)rule < IOMMU_RULES;
}

const char *iommu_rule_text(enum iommu_rule rule)
{
    return known(rule) ? rules[rule].text : "";
}

const char *iommu_rule_section(enum iommu_rule rule)
{
    return known(rule) ? rules[rule].section : "";
}

const char *iommu_rule_name(enum iommu_rule rule)
{
    return known(rule) ? rules[rule].name : "";
}

const char *iommu_cause_text(uint16_t cause)
{
    static const struct {
        uint16_t cause;
        const char *text;
    } causes[] = {
        {IOMMU_CAUSE_INSTR_ACCESS_FAULT, "Instruction access fault"},
        {IOMMU_CAUSE_READ_ADDR_MISALIGNED, "Read address misaligned"},
        {IOMMU_CAUSE_READ_ACCESS_FAULT, "Read access fault"},
        {IOMMU_CAUSE_WRITE_ADDR_MISALIGNED, "Write/AMO address misaligned"},
        {IOMMU_CAUSE_WRITE_ACCESS_FAULT, "Write/AMO access fault"},
        {IOMMU_CAUSE_INSTR_PAGE_FAULT, "Instruction page fault"},
        {IOMMU_CAUSE_READ_PAGE_FAULT, "Read page fault"},
        {IOMMU_CAUSE_WRITE_PAGE_FAULT, "Write/AMO page fault"},
        {IOMMU_CAUSE_INSTR_GUEST_PAGE_FAULT, "Instruction guest page fault"},
        {IOMMU_CAUSE_READ_GUEST_PAGE_FAULT, "Read guest-page fault"},
        {IOMMU_CAUSE_WRITE_GUEST_PAGE_FAULT, "Write/AMO guest-page fault"},
        {IOMMU_CAUSE_ALL_INBOUND_DISALLOWED, "All inbound transactions disallowed"},
        {IOMMU_CAUSE_DDT_LOAD_ACCESS_FAULT, "DDT entry load access fault"},
        {IOMMU_CAUSE_DDT_NOT_VALID, "DDT entry not valid"},
        {IOMMU_CAUSE_DDT_MISCONFIGURED, "DDT entry misconfigured"},
        {IOMMU_CAUSE_TRANS_TYPE_DISALLOWED, "Transaction type disallowed"},
        {IOMMU_CAUSE_MSI_PTE_LOAD_ACCESS_FAULT, "MSI PTE load access fault"},
        {IOMMU_CAUSE_MSI_PTE_NOT_VALID, "MSI PTE not valid"},
        {IOMMU_CAUSE_MSI_PTE_MISCONFIGURED, "MSI PTE misconfigured"},
        {IOMMU_CAUSE_MRIF_ACCESS_FAULT, "MRIF access fault"},
        {IOMMU_CAUSE_PDT_LOAD_ACCESS_FAULT, "PDT entry load access fault"},
        {IOMMU_CAUSE_PDT_NOT_VALID, "PDT entry not valid"},
        {IOMMU_CAUSE_PDT_MISCONFIGURED, "PDT entry misconfigured"},
        {IOMMU_CAUSE_DDT_DATA_CORRUPTION, "DDT data corruption"},
        {IOMMU_CAUSE_PDT_DATA_CORRUPTION, "PDT data corruption"},
        {IOMMU_CAUSE_MSI_PT_DATA_CORRUPTION, "MSI PT data corruption"},
        {IOMMU_CAUSE_MSI_MRIF_DATA_CORRUPTION, "MSI MRIF data corruption"},
        {IOMMU_CAUSE_INTERNAL_DATA_PATH_ERROR, "Internal data path error"},
        {IOMMU_CAUSE_MSI_WRITE_ACCESS_FAULT, "IOMMU MSI write access fault"},
        {IOMMU_CAUSE_PT_DATA_CORRUPTION, "First/second-stage PT data corruption"},
    };

    for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
        if (causes[i].cause == cause)
            return causes[i].text;
    }
    return cause >= 2048 && cause <= 4095 ? "custom" : "reserved";
}
