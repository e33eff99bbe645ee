/* SPDX-License-Identifier: Apache-2.0 */
/* Changes to a named configuration, for bench_create() and bench_ready(). */
#ifndef PORTCULLIS_TESTS_TWEAKS_H
#define PORTCULLIS_TESTS_TWEAKS_H

#include "harness.h"

#define CAP(BIT) IOMMU_CAPABILITIES_##BIT##_MASK

/** A configuration without these capabilities, among them all that cannot be alone. */
#define WITHOUT(name, bits)                                                                        \
    static inline void name(struct iommu_config *c)                                                \
    {                                                                                              \
        c->capabilities &= ~(bits);                                                                \
    }

WITHOUT(no_sv32, CAP(SV32))
WITHOUT(no_sv57, CAP(SV57))
WITHOUT(no_sv48, CAP(SV57) | CAP(SV48))
WITHOUT(no_sv39, CAP(SV57) | CAP(SV48) | CAP(SV39))
WITHOUT(no_sv32x4, CAP(SV32X4))
WITHOUT(no_sv39x4, CAP(SV39X4))
WITHOUT(no_sv48x4, CAP(SV48X4))
WITHOUT(no_sv57x4, CAP(SV57X4))
WITHOUT(widest_sv39x4, CAP(SV57X4) | CAP(SV48X4))
WITHOUT(widest_sv32x4, CAP(SV57X4) | CAP(SV48X4) | CAP(SV39X4))
WITHOUT(no_svrsw, CAP(SVRSW60T59B))
WITHOUT(no_svpbmt, CAP(SVPBMT))
WITHOUT(no_amo_mrif, CAP(AMO_MRIF))
WITHOUT(no_msi_mrif, CAP(MSI_MRIF) | CAP(AMO_MRIF))
WITHOUT(no_msi_flat, CAP(MSI_FLAT) | CAP(MSI_MRIF) | CAP(AMO_MRIF))
WITHOUT(no_amo_hwad, CAP(AMO_HWAD))
WITHOUT(no_ats, CAP(ATS) | CAP(T2GPA))
WITHOUT(no_t2gpa, CAP(T2GPA))
WITHOUT(no_nl, CAP(NL))
WITHOUT(no_s, CAP(S))
WITHOUT(no_dbg, CAP(DBG))
WITHOUT(only_pd8, CAP(PD17) | CAP(PD20))
WITHOUT(only_pd17, CAP(PD8) | CAP(PD20))
WITHOUT(only_pd20, CAP(PD8) | CAP(PD17))

static inline void no_hpm(struct iommu_config *c)
{
    c->capabilities &= ~CAP(HPM);
    c->hpm_counters = 0;
}

static inline void no_qosid(struct iommu_config *c)
{
    c->capabilities &= ~CAP(QOSID);
    c->rcid_bits = 0;
    c->mcid_bits = 0;
}

/* --- byte order -------------------------------------------------------------------- */

static inline void little_endian_only(struct iommu_config *c)
{
    c->capabilities &= ~CAP(END);
    c->fctl_writable &= ~IOMMU_FCTL_BE_MASK;
    c->fctl_reset &= ~IOMMU_FCTL_BE_MASK;
}

static inline void big_endian_only(struct iommu_config *c)
{
    little_endian_only(c);
    c->fctl_reset |= IOMMU_FCTL_BE_MASK;
}

/* Both byte orders, but no choice of one. */
static inline void be_fixed_with_end(struct iommu_config *c)
{
    c->fctl_writable &= ~IOMMU_FCTL_BE_MASK;
    c->fctl_reset &= ~IOMMU_FCTL_BE_MASK;
}

/* --- physical address size --------------------------------------------------------- */

static inline void set_pas(struct iommu_config *c, unsigned bits)
{
    c->capabilities &= ~CAP(PAS);
    c->capabilities |= IOMMU_PREP(IOMMU_CAPABILITIES_PAS, bits);
}

static inline void pas_36(struct iommu_config *c)
{
    set_pas(c, 36);
}

static inline void pas_40(struct iommu_config *c)
{
    set_pas(c, 40);
}

static inline void pas_40_early(struct iommu_config *c)
{
    set_pas(c, 40);
    c->check_pas_early = true;
}

/* --- interrupts -------------------------------------------------------------------- */

static inline void set_igs(struct iommu_config *c, unsigned igs)
{
    c->capabilities &= ~CAP(IGS);
    c->capabilities |= IOMMU_PREP(IOMMU_CAPABILITIES_IGS, igs);
    c->fctl_writable &= ~IOMMU_FCTL_WSI_MASK;
    c->fctl_reset &= ~IOMMU_FCTL_WSI_MASK;
    if (igs == IOMMU_IGS_WSI)
        c->fctl_reset |= IOMMU_FCTL_WSI_MASK;
    if (igs == IOMMU_IGS_BOTH)
        c->fctl_writable |= IOMMU_FCTL_WSI_MASK;
}

static inline void igs_msi(struct iommu_config *c)
{
    set_igs(c, IOMMU_IGS_MSI);
}

static inline void igs_wsi(struct iommu_config *c)
{
    set_igs(c, IOMMU_IGS_WSI);
}

static inline void igs_both(struct iommu_config *c)
{
    set_igs(c, IOMMU_IGS_BOTH);
}

/* --- fctl.GXL ---------------------------------------------------------------------- */

static inline void gxl_fixed_0(struct iommu_config *c)
{
    c->fctl_writable &= ~IOMMU_FCTL_GXL_MASK;
    c->fctl_reset &= ~IOMMU_FCTL_GXL_MASK;
}

static inline void gxl_fixed_1(struct iommu_config *c)
{
    c->fctl_writable &= ~IOMMU_FCTL_GXL_MASK;
    c->fctl_reset |= IOMMU_FCTL_GXL_MASK;
}

static inline void gxl_writable_0(struct iommu_config *c)
{
    c->fctl_writable |= IOMMU_FCTL_GXL_MASK;
    c->fctl_reset &= ~IOMMU_FCTL_GXL_MASK;
}

static inline void gxl_writable_1(struct iommu_config *c)
{
    c->fctl_writable |= IOMMU_FCTL_GXL_MASK;
    c->fctl_reset |= IOMMU_FCTL_GXL_MASK;
}

#endif
