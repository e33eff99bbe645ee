// Generated from rtl/regs/iommu.rdl by rtl/regs/export.py; do not edit
// SPDX-License-Identifier: Apache-2.0
//
// Registers, structures in memory and encodings of the RISC-V IOMMU Architecture, release 20260222.
// Bit 0 of a structure is bit 0 of its word at the lowest address.

// A design need not use all of it.
// verilator lint_off UNUSEDPARAM

package iommu_reg_pkg;

  // Register offsets in bytes
  localparam logic [11:0] REG_CAPABILITIES = 12'h000;
  localparam logic [11:0] REG_FCTL = 12'h008;
  localparam logic [11:0] REG_CUSTOM0 = 12'h00c;
  localparam logic [11:0] REG_DDTP = 12'h010;
  localparam logic [11:0] REG_CQB = 12'h018;
  localparam logic [11:0] REG_CQH = 12'h020;
  localparam logic [11:0] REG_CQT = 12'h024;
  localparam logic [11:0] REG_FQB = 12'h028;
  localparam logic [11:0] REG_FQH = 12'h030;
  localparam logic [11:0] REG_FQT = 12'h034;
  localparam logic [11:0] REG_PQB = 12'h038;
  localparam logic [11:0] REG_PQH = 12'h040;
  localparam logic [11:0] REG_PQT = 12'h044;
  localparam logic [11:0] REG_CQCSR = 12'h048;
  localparam logic [11:0] REG_FQCSR = 12'h04c;
  localparam logic [11:0] REG_PQCSR = 12'h050;
  localparam logic [11:0] REG_IPSR = 12'h054;
  localparam logic [11:0] REG_IOCOUNTOVF = 12'h058;
  localparam logic [11:0] REG_IOCOUNTINH = 12'h05c;
  localparam logic [11:0] REG_IOHPMCYCLES = 12'h060;
  localparam logic [11:0] REG_IOHPMCTR = 12'h068;
  localparam logic [11:0] REG_IOHPMCTR_STRIDE = 12'h008;
  localparam logic [11:0] REG_IOHPMCTR_COUNT = 12'h01f;
  localparam logic [11:0] REG_IOHPMEVT = 12'h160;
  localparam logic [11:0] REG_IOHPMEVT_STRIDE = 12'h008;
  localparam logic [11:0] REG_IOHPMEVT_COUNT = 12'h01f;
  localparam logic [11:0] REG_TR_REQ_IOVA = 12'h258;
  localparam logic [11:0] REG_TR_REQ_CTL = 12'h260;
  localparam logic [11:0] REG_TR_RESPONSE = 12'h268;
  localparam logic [11:0] REG_IOMMU_QOSID = 12'h270;
  localparam logic [11:0] REG_CUSTOM1 = 12'h2b0;
  localparam logic [11:0] REG_CUSTOM1_STRIDE = 12'h004;
  localparam logic [11:0] REG_CUSTOM1_COUNT = 12'h012;
  localparam logic [11:0] REG_ICVEC = 12'h2f8;
  localparam logic [11:0] REG_MSI_ADDR = 12'h300;
  localparam logic [11:0] REG_MSI_ADDR_STRIDE = 12'h010;
  localparam logic [11:0] REG_MSI_ADDR_COUNT = 12'h010;
  localparam logic [11:0] REG_MSI_DATA = 12'h308;
  localparam logic [11:0] REG_MSI_DATA_STRIDE = 12'h010;
  localparam logic [11:0] REG_MSI_DATA_COUNT = 12'h010;
  localparam logic [11:0] REG_MSI_VEC_CTL = 12'h30c;
  localparam logic [11:0] REG_MSI_VEC_CTL_STRIDE = 12'h010;
  localparam logic [11:0] REG_MSI_VEC_CTL_COUNT = 12'h010;

  // IOMMU capabilities (capabilities)
  typedef enum logic [1:0] {
    IGS_MSI  = 2'd0,
    IGS_WSI  = 2'd1,
    IGS_BOTH = 2'd2
  } igs_e;

  // Device-directory-table pointer (ddtp)
  typedef enum logic [3:0] {
    DDTP_MODE_OFF  = 4'd0,
    DDTP_MODE_BARE = 4'd1,
    DDTP_MODE_1LVL = 4'd2,
    DDTP_MODE_2LVL = 4'd3,
    DDTP_MODE_3LVL = 4'd4
  } ddtp_mode_e;

  // Performance-monitoring event selectors (iohpmevt1-31)
  typedef enum logic [14:0] {
    HPM_EVENT_NONE              = 15'd0,
    HPM_EVENT_UNTRANSLATED_REQ  = 15'd1,
    HPM_EVENT_TRANSLATED_REQ    = 15'd2,
    HPM_EVENT_ATS_REQ           = 15'd3,
    HPM_EVENT_TLB_MISS          = 15'd4,
    HPM_EVENT_DDT_WALK          = 15'd5,
    HPM_EVENT_PDT_WALK          = 15'd6,
    HPM_EVENT_FIRST_STAGE_WALK  = 15'd7,
    HPM_EVENT_SECOND_STAGE_WALK = 15'd8
  } hpm_event_e;

  // IO hypervisor guest address translation and protection (iohgatp)
  typedef enum logic [3:0] {
    IOHGATP_MODE_BARE   = 4'd0,
    IOHGATP_MODE_SV39X4 = 4'd8,
    IOHGATP_MODE_SV48X4 = 4'd9,
    IOHGATP_MODE_SV57X4 = 4'd10
  } iohgatp_mode_e;

  // IO hypervisor guest address translation and protection (iohgatp)
  typedef enum logic [3:0] {
    IOHGATP_MODE_GXL1_BARE   = 4'd0,
    IOHGATP_MODE_GXL1_SV32X4 = 4'd8
  } iohgatp_mode_gxl1_e;

  // First-Stage context (fsc)
  typedef enum logic [3:0] {
    IOSATP_MODE_BARE = 4'd0,
    IOSATP_MODE_SV39 = 4'd8,
    IOSATP_MODE_SV48 = 4'd9,
    IOSATP_MODE_SV57 = 4'd10
  } iosatp_mode_e;

  // First-Stage context (fsc)
  typedef enum logic [3:0] {
    IOSATP_MODE_SXL1_BARE = 4'd0,
    IOSATP_MODE_SXL1_SV32 = 4'd8
  } iosatp_mode_sxl1_e;

  // First-Stage context (fsc)
  typedef enum logic [3:0] {
    PDTP_MODE_BARE = 4'd0,
    PDTP_MODE_PD8  = 4'd1,
    PDTP_MODE_PD17 = 4'd2,
    PDTP_MODE_PD20 = 4'd3
  } pdtp_mode_e;

  // MSI page table pointer (msiptp)
  typedef enum logic [3:0] {
    MSIPTP_MODE_OFF  = 4'd0,
    MSIPTP_MODE_FLAT = 4'd1
  } msiptp_mode_e;

  // AIA: MSI page tables
  typedef enum logic [1:0] {
    MSIPTE_M_MRIF  = 2'd1,
    MSIPTE_M_BASIC = 2'd3
  } msipte_m_e;

  // Priv: Svpbmt Extension for Page-Based Memory Types
  typedef enum logic [1:0] {
    PBMT_PMA = 2'd0,
    PBMT_NC  = 2'd1,
    PBMT_IO  = 2'd2
  } pbmt_e;

  // Command-Queue (CQ)
  typedef enum logic [6:0] {
    OPCODE_IOTINVAL = 7'd1,
    OPCODE_IOFENCE  = 7'd2,
    OPCODE_IODIR    = 7'd3,
    OPCODE_ATS      = 7'd4
  } opcode_e;

  // IOMMU Page-Table cache invalidation commands
  typedef enum logic [2:0] {
    FUNC3_IOTINVAL_VMA  = 3'd0,
    FUNC3_IOTINVAL_GVMA = 3'd1
  } func3_iotinval_e;

  // IOMMU Command-queue Fence commands
  typedef enum logic [2:0] {
    FUNC3_IOFENCE_C = 3'd0
  } func3_iofence_e;

  // IOMMU directory cache invalidation commands
  typedef enum logic [2:0] {
    FUNC3_IODIR_INVAL_DDT = 3'd0,
    FUNC3_IODIR_INVAL_PDT = 3'd1
  } func3_iodir_e;

  // IOMMU PCIe ATS commands
  typedef enum logic [2:0] {
    FUNC3_ATS_INVAL = 3'd0,
    FUNC3_ATS_PRGR  = 3'd1
  } func3_ats_e;

  // PCIe ATS Page Request handling
  typedef enum logic [3:0] {
    PRGR_CODE_SUCCESS          = 4'd0,
    PRGR_CODE_INVALID_REQUEST  = 4'd1,
    PRGR_CODE_RESPONSE_FAILURE = 4'd15
  } prgr_code_e;

  // Fault/Event-Queue (FQ)
  typedef enum logic [11:0] {
    CAUSE_INSTR_ACCESS_FAULT        = 12'd1,
    CAUSE_READ_ADDR_MISALIGNED      = 12'd4,
    CAUSE_READ_ACCESS_FAULT         = 12'd5,
    CAUSE_WRITE_ADDR_MISALIGNED     = 12'd6,
    CAUSE_WRITE_ACCESS_FAULT        = 12'd7,
    CAUSE_INSTR_PAGE_FAULT          = 12'd12,
    CAUSE_READ_PAGE_FAULT           = 12'd13,
    CAUSE_WRITE_PAGE_FAULT          = 12'd15,
    CAUSE_INSTR_GUEST_PAGE_FAULT    = 12'd20,
    CAUSE_READ_GUEST_PAGE_FAULT     = 12'd21,
    CAUSE_WRITE_GUEST_PAGE_FAULT    = 12'd23,
    CAUSE_ALL_INBOUND_DISALLOWED    = 12'd256,
    CAUSE_DDT_LOAD_ACCESS_FAULT     = 12'd257,
    CAUSE_DDT_NOT_VALID             = 12'd258,
    CAUSE_DDT_MISCONFIGURED         = 12'd259,
    CAUSE_TRANS_TYPE_DISALLOWED     = 12'd260,
    CAUSE_MSI_PTE_LOAD_ACCESS_FAULT = 12'd261,
    CAUSE_MSI_PTE_NOT_VALID         = 12'd262,
    CAUSE_MSI_PTE_MISCONFIGURED     = 12'd263,
    CAUSE_MRIF_ACCESS_FAULT         = 12'd264,
    CAUSE_PDT_LOAD_ACCESS_FAULT     = 12'd265,
    CAUSE_PDT_NOT_VALID             = 12'd266,
    CAUSE_PDT_MISCONFIGURED         = 12'd267,
    CAUSE_DDT_DATA_CORRUPTION       = 12'd268,
    CAUSE_PDT_DATA_CORRUPTION       = 12'd269,
    CAUSE_MSI_PT_DATA_CORRUPTION    = 12'd270,
    CAUSE_MSI_MRIF_DATA_CORRUPTION  = 12'd271,
    CAUSE_INTERNAL_DATA_PATH_ERROR  = 12'd272,
    CAUSE_MSI_WRITE_ACCESS_FAULT    = 12'd273,
    CAUSE_PT_DATA_CORRUPTION        = 12'd274
  } cause_e;

  // Fault/Event-Queue (FQ)
  typedef enum logic [5:0] {
    TTYP_NONE               = 6'd0,
    TTYP_UNTRANSLATED_EXEC  = 6'd1,
    TTYP_UNTRANSLATED_READ  = 6'd2,
    TTYP_UNTRANSLATED_WRITE = 6'd3,
    TTYP_TRANSLATED_EXEC    = 6'd5,
    TTYP_TRANSLATED_READ    = 6'd6,
    TTYP_TRANSLATED_WRITE   = 6'd7,
    TTYP_ATS_REQ            = 6'd8,
    TTYP_MESSAGE_REQ        = 6'd9
  } ttyp_e;

  // IOMMU capabilities (capabilities)
  typedef struct packed {
    logic [7:0]  custom;
    logic [11:0] reserved_55_44;
    logic        s;
    logic        nl;
    logic        qosid;
    logic        pd20;
    logic        pd17;
    logic        pd8;
    logic [5:0]  pas;
    logic        dbg;
    logic        hpm;
    logic [1:0]  igs;
    logic        end_;
    logic        t2gpa;
    logic        ats;
    logic        amo_hwad;
    logic        msi_mrif;
    logic        msi_flat;
    logic        amo_mrif;
    logic        reserved_20;
    logic        sv57x4;
    logic        sv48x4;
    logic        sv39x4;
    logic        sv32x4;
    logic        svpbmt;
    logic        svrsw60t59b;
    logic [1:0]  reserved_13_12;
    logic        sv57;
    logic        sv48;
    logic        sv39;
    logic        sv32;
    logic [7:0]  version;
  } capabilities_t;
  localparam logic [63:0] CAPABILITIES_RESERVED_MASK = 64'h00fff00000103000;

  // Features-control register (fctl)
  typedef struct packed {
    logic [15:0] custom;
    logic [12:0] reserved_15_3;
    logic        gxl;
    logic        wsi;
    logic        be;
  } fctl_t;
  localparam logic [31:0] FCTL_RESERVED_MASK = 32'h0000fff8;

  // Register layout
  typedef struct packed {
    logic [31:0] custom;
  } custom0_t;
  localparam logic [31:0] CUSTOM0_RESERVED_MASK = 32'h00000000;

  // Device-directory-table pointer (ddtp)
  typedef struct packed {
    logic [9:0]  reserved_63_54;
    logic [43:0] ppn;
    logic [4:0]  reserved_9_5;
    logic        busy;
    logic [3:0]  iommu_mode;
  } ddtp_t;
  localparam logic [63:0] DDTP_RESERVED_MASK = 64'hffc00000000003e0;

  // Command-queue base (cqb)
  typedef struct packed {
    logic [9:0]  reserved_63_54;
    logic [43:0] ppn;
    logic [4:0]  reserved_9_5;
    logic [4:0]  log2sz_1;
  } cqb_t;
  localparam logic [63:0] CQB_RESERVED_MASK = 64'hffc00000000003e0;

  // Command-queue head (cqh)
  typedef struct packed {
    logic [31:0] index;
  } cqh_t;
  localparam logic [31:0] CQH_RESERVED_MASK = 32'h00000000;

  // Command-queue tail (cqt)
  typedef struct packed {
    logic [31:0] index;
  } cqt_t;
  localparam logic [31:0] CQT_RESERVED_MASK = 32'h00000000;

  // Fault queue base (fqb)
  typedef struct packed {
    logic [9:0]  reserved_63_54;
    logic [43:0] ppn;
    logic [4:0]  reserved_9_5;
    logic [4:0]  log2sz_1;
  } fqb_t;
  localparam logic [63:0] FQB_RESERVED_MASK = 64'hffc00000000003e0;

  // Fault queue head (fqh)
  typedef struct packed {
    logic [31:0] index;
  } fqh_t;
  localparam logic [31:0] FQH_RESERVED_MASK = 32'h00000000;

  // Fault queue tail (fqt)
  typedef struct packed {
    logic [31:0] index;
  } fqt_t;
  localparam logic [31:0] FQT_RESERVED_MASK = 32'h00000000;

  // Page-request-queue base (pqb)
  typedef struct packed {
    logic [9:0]  reserved_63_54;
    logic [43:0] ppn;
    logic [4:0]  reserved_9_5;
    logic [4:0]  log2sz_1;
  } pqb_t;
  localparam logic [63:0] PQB_RESERVED_MASK = 64'hffc00000000003e0;

  // Page-request-queue head (pqh)
  typedef struct packed {
    logic [31:0] index;
  } pqh_t;
  localparam logic [31:0] PQH_RESERVED_MASK = 32'h00000000;

  // Page-request-queue tail (pqt)
  typedef struct packed {
    logic [31:0] index;
  } pqt_t;
  localparam logic [31:0] PQT_RESERVED_MASK = 32'h00000000;

  // Command-queue CSR (cqcsr)
  typedef struct packed {
    logic [3:0] custom;
    logic [9:0] reserved_27_18;
    logic       busy;
    logic       cqon;
    logic [3:0] reserved_15_12;
    logic       fence_w_ip;
    logic       cmd_ill;
    logic       cmd_to;
    logic       cqmf;
    logic [5:0] reserved_7_2;
    logic       cie;
    logic       cqen;
  } cqcsr_t;
  localparam logic [31:0] CQCSR_RESERVED_MASK = 32'h0ffcf0fc;

  // Fault queue CSR (fqcsr)
  typedef struct packed {
    logic [3:0] custom;
    logic [9:0] reserved_27_18;
    logic       busy;
    logic       fqon;
    logic [5:0] reserved_15_10;
    logic       fqof;
    logic       fqmf;
    logic [5:0] reserved_7_2;
    logic       fie;
    logic       fqen;
  } fqcsr_t;
  localparam logic [31:0] FQCSR_RESERVED_MASK = 32'h0ffcfcfc;

  // Page-request-queue CSR (pqcsr)
  typedef struct packed {
    logic [3:0] custom;
    logic [9:0] reserved_27_18;
    logic       busy;
    logic       pqon;
    logic [5:0] reserved_15_10;
    logic       pqof;
    logic       pqmf;
    logic [5:0] reserved_7_2;
    logic       pie;
    logic       pqen;
  } pqcsr_t;
  localparam logic [31:0] PQCSR_RESERVED_MASK = 32'h0ffcfcfc;

  // Interrupt pending status register (ipsr)
  typedef struct packed {
    logic [15:0] reserved_31_16;
    logic [7:0]  custom;
    logic [3:0]  reserved_7_4;
    logic        pip;
    logic        pmip;
    logic        fip;
    logic        cip;
  } ipsr_t;
  localparam logic [31:0] IPSR_RESERVED_MASK = 32'hffff00f0;

  // Performance-monitoring counter overflow status (iocountovf)
  typedef struct packed {
    logic [30:0] hpm;
    logic        cy;
  } iocountovf_t;
  localparam logic [31:0] IOCOUNTOVF_RESERVED_MASK = 32'h00000000;

  // Performance-monitoring counter inhibits (iocountinh)
  typedef struct packed {
    logic [30:0] hpm;
    logic        cy;
  } iocountinh_t;
  localparam logic [31:0] IOCOUNTINH_RESERVED_MASK = 32'h00000000;

  // Performance-monitoring cycles counter (iohpmcycles)
  typedef struct packed {
    logic        of;
    logic [62:0] counter;
  } iohpmcycles_t;
  localparam logic [63:0] IOHPMCYCLES_RESERVED_MASK = 64'h0000000000000000;

  // Performance-monitoring event counters (iohpmctr1-31)
  typedef struct packed {
    logic [63:0] counter;
  } iohpmctr_t;
  localparam logic [63:0] IOHPMCTR_RESERVED_MASK = 64'h0000000000000000;

  // Performance-monitoring event selectors (iohpmevt1-31)
  typedef struct packed {
    logic        of;
    logic        idt;
    logic        dv_gscv;
    logic        pv_pscv;
    logic [23:0] did_gscid;
    logic [19:0] pid_pscid;
    logic        dmask;
    logic [14:0] eventid;
  } iohpmevt_t;
  localparam logic [63:0] IOHPMEVT_RESERVED_MASK = 64'h0000000000000000;

  // Translation-request IOVA (tr_req_iova)
  typedef struct packed {
    logic [51:0] vpn;
    logic [11:0] reserved_11_0;
  } tr_req_iova_t;
  localparam logic [63:0] TR_REQ_IOVA_RESERVED_MASK = 64'h0000000000000fff;

  // Translation-request control (tr_req_ctl)
  typedef struct packed {
    logic [23:0] did;
    logic [3:0]  custom;
    logic [2:0]  reserved_35_33;
    logic        pv;
    logic [19:0] pid;
    logic [7:0]  reserved_11_4;
    logic        nw;
    logic        exe;
    logic        priv;
    logic        go_busy;
  } tr_req_ctl_t;
  localparam logic [63:0] TR_REQ_CTL_RESERVED_MASK = 64'h0000000e00000ff0;

  // Translation-response (tr_response)
  typedef struct packed {
    logic [3:0]  custom;
    logic [5:0]  reserved_59_54;
    logic [43:0] ppn;
    logic        s;
    logic [1:0]  pbmt;
    logic [5:0]  reserved_6_1;
    logic        fault;
  } tr_response_t;
  localparam logic [63:0] TR_RESPONSE_RESERVED_MASK = 64'h0fc000000000007e;

  // IOMMU QoS ID (iommu_qosid)
  typedef struct packed {
    logic [3:0]  reserved_31_28;
    logic [11:0] mcid;
    logic [3:0]  reserved_15_12;
    logic [11:0] rcid;
  } iommu_qosid_t;
  localparam logic [31:0] IOMMU_QOSID_RESERVED_MASK = 32'hf000f000;

  // Register layout
  typedef struct packed {
    logic [31:0] custom;
  } custom1_t;
  localparam logic [31:0] CUSTOM1_RESERVED_MASK = 32'h00000000;

  // Interrupt-cause-to-vector register (icvec)
  typedef struct packed {
    logic [31:0] custom;
    logic [15:0] reserved_31_16;
    logic [3:0]  piv;
    logic [3:0]  pmiv;
    logic [3:0]  fiv;
    logic [3:0]  civ;
  } icvec_t;
  localparam logic [63:0] ICVEC_RESERVED_MASK = 64'h00000000ffff0000;

  // MSI configuration table (msi_cfg_tbl)
  typedef struct packed {
    logic [7:0]  reserved_63_56;
    logic [53:0] addr;
    logic [1:0]  reserved_1_0;
  } msi_addr_t;
  localparam logic [63:0] MSI_ADDR_RESERVED_MASK = 64'hff00000000000003;

  // MSI configuration table (msi_cfg_tbl)
  typedef struct packed {
    logic [31:0] data;
  } msi_data_t;
  localparam logic [31:0] MSI_DATA_RESERVED_MASK = 32'h00000000;

  // MSI configuration table (msi_cfg_tbl)
  typedef struct packed {
    logic [30:0] reserved_31_1;
    logic        m;
  } msi_vec_ctl_t;
  localparam logic [31:0] MSI_VEC_CTL_RESERVED_MASK = 32'hfffffffe;

  // Data Structures
  typedef struct packed {
    logic [7:0] reserved_31_24;
    logic [7:0] ddi2;
    logic [8:0] ddi1;
    logic [6:0] ddi0;
  } device_id_base_t;
  localparam logic [31:0] DEVICE_ID_BASE_RESERVED_MASK = 32'hff000000;

  // Data Structures
  typedef struct packed {
    logic [7:0] reserved_31_24;
    logic [8:0] ddi2;
    logic [8:0] ddi1;
    logic [5:0] ddi0;
  } device_id_ext_t;
  localparam logic [31:0] DEVICE_ID_EXT_RESERVED_MASK = 32'hff000000;

  // Data Structures
  typedef struct packed {
    logic [11:0] reserved_31_20;
    logic [2:0]  pdi2;
    logic [8:0]  pdi1;
    logic [7:0]  pdi0;
  } process_id_t;
  localparam logic [31:0] PROCESS_ID_RESERVED_MASK = 32'hfff00000;

  // Non-leaf DDT entry
  typedef struct packed {
    logic [9:0]  reserved_63_54;
    logic [43:0] ppn;
    logic [8:0]  reserved_9_1;
    logic        v;
  } ddte_t;
  localparam logic [63:0] DDTE_RESERVED_MASK = 64'hffc00000000003fe;

  // Translation control (tc)
  typedef struct packed {
    logic [31:0] reserved_63_32;
    logic [7:0]  custom;
    logic [11:0] reserved_23_12;
    logic        sxl;
    logic        sbe;
    logic        dpe;
    logic        sade;
    logic        gade;
    logic        prpr;
    logic        pdtv;
    logic        dtf;
    logic        t2gpa;
    logic        en_pri;
    logic        en_ats;
    logic        v;
  } dc_tc_t;
  localparam logic [63:0] DC_TC_RESERVED_MASK = 64'hffffffff00fff000;

  // IO hypervisor guest address translation and protection (iohgatp)
  typedef struct packed {
    logic [3:0]  mode;
    logic [15:0] gscid;
    logic [43:0] ppn;
  } dc_iohgatp_t;
  localparam logic [63:0] DC_IOHGATP_RESERVED_MASK = 64'h0000000000000000;

  // Translation attributes (ta)
  typedef struct packed {
    logic [11:0] mcid;
    logic [11:0] rcid;
    logic [7:0]  reserved_39_32;
    logic [19:0] pscid;
    logic [11:0] reserved_11_0;
  } dc_ta_t;
  localparam logic [63:0] DC_TA_RESERVED_MASK = 64'h000000ff00000fff;

  // First-Stage context (fsc)
  typedef struct packed {
    logic [3:0]  mode;
    logic [15:0] reserved_59_44;
    logic [43:0] ppn;
  } dc_fsc_t;
  localparam logic [63:0] DC_FSC_RESERVED_MASK = 64'h0ffff00000000000;

  // MSI page table pointer (msiptp)
  typedef struct packed {
    logic [3:0]  mode;
    logic [15:0] reserved_59_44;
    logic [43:0] ppn;
  } dc_msiptp_t;
  localparam logic [63:0] DC_MSIPTP_RESERVED_MASK = 64'h0ffff00000000000;

  // MSI address mask (msi_addr_mask) and pattern (msi_addr_pattern)
  typedef struct packed {
    logic [11:0] reserved_63_52;
    logic [51:0] value;
  } dc_msi_addr_mask_t;
  localparam logic [63:0] DC_MSI_ADDR_MASK_RESERVED_MASK = 64'hfff0000000000000;

  // MSI address mask (msi_addr_mask) and pattern (msi_addr_pattern)
  typedef struct packed {
    logic [11:0] reserved_63_52;
    logic [51:0] value;
  } dc_msi_addr_pattern_t;
  localparam logic [63:0] DC_MSI_ADDR_PATTERN_RESERVED_MASK = 64'hfff0000000000000;

  // Leaf DDT entry
  typedef struct packed {
    logic [63:0] reserved_63_0;
  } dc_reserved_t;
  localparam logic [63:0] DC_RESERVED_RESERVED_MASK = 64'hffffffffffffffff;

  // First-Stage context (fsc)
  typedef struct packed {
    logic [3:0]  mode;
    logic [15:0] reserved_59_44;
    logic [43:0] ppn;
  } iosatp_t;
  localparam logic [63:0] IOSATP_RESERVED_MASK = 64'h0ffff00000000000;

  // First-Stage context (fsc)
  typedef struct packed {
    logic [3:0]  mode;
    logic [15:0] reserved_59_44;
    logic [43:0] ppn;
  } pdtp_t;
  localparam logic [63:0] PDTP_RESERVED_MASK = 64'h0ffff00000000000;

  // Non-leaf PDT entry
  typedef struct packed {
    logic [9:0]  reserved_63_54;
    logic [43:0] ppn;
    logic [8:0]  reserved_9_1;
    logic        v;
  } pdte_t;
  localparam logic [63:0] PDTE_RESERVED_MASK = 64'hffc00000000003fe;

  // Process-context fields
  typedef struct packed {
    logic [31:0] reserved_63_32;
    logic [19:0] pscid;
    logic [8:0]  reserved_11_3;
    logic        sum;
    logic        ens;
    logic        v;
  } pc_ta_t;
  localparam logic [63:0] PC_TA_RESERVED_MASK = 64'hffffffff00000ff8;

  // Process-context fields
  typedef struct packed {
    logic [3:0]  mode;
    logic [15:0] reserved_59_44;
    logic [43:0] ppn;
  } pc_fsc_t;
  localparam logic [63:0] PC_FSC_RESERVED_MASK = 64'h0ffff00000000000;

  // Priv: Sv39: Page-Based 39-bit Virtual-Memory System, Addressing and Memory Protection
  typedef struct packed {
    logic        n;
    logic [1:0]  pbmt;
    logic [1:0]  rsw60t59;
    logic [4:0]  reserved_58_54;
    logic [43:0] ppn;
    logic [1:0]  rsw;
    logic        d;
    logic        a;
    logic        g;
    logic        u;
    logic        x;
    logic        w;
    logic        r;
    logic        v;
  } pte_t;
  localparam logic [63:0] PTE_RESERVED_MASK = 64'h07c0000000000000;

  // Priv: Sv32: Page-Based 32-bit Virtual-Memory Systems, Addressing and Memory Protection
  typedef struct packed {
    logic [21:0] ppn;
    logic [1:0]  rsw;
    logic        d;
    logic        a;
    logic        g;
    logic        u;
    logic        x;
    logic        w;
    logic        r;
    logic        v;
  } pte32_t;
  localparam logic [31:0] PTE32_RESERVED_MASK = 32'h00000000;

  // AIA: MSI PTE, basic translate mode
  typedef struct packed {
    logic [63:0] ignored;
    logic        c;
    logic [8:0]  reserved_62_54;
    logic [43:0] ppn;
    logic [6:0]  reserved_9_3;
    logic [1:0]  m;
    logic        v;
  } msipte_t;
  localparam logic [127:0] MSIPTE_RESERVED_MASK = 128'h00000000000000007fc00000000003f8;

  // AIA: MSI PTE, MRIF mode
  typedef struct packed {
    logic [2:0]  reserved_127_125;
    logic        nid_10;
    logic [5:0]  reserved_123_118;
    logic [43:0] nppn;
    logic [9:0]  nid_9_0;
    logic        c;
    logic [8:0]  reserved_62_54;
    logic [46:0] mrif_address;
    logic [3:0]  reserved_6_3;
    logic [1:0]  m;
    logic        v;
  } msipte_mrif_t;
  localparam logic [127:0] MSIPTE_MRIF_RESERVED_MASK = 128'hefc00000000000007fc0000000000078;

  // AIA: Format of a memory-resident interrupt file
  typedef struct packed {
    logic [63:0] enable;
    logic [63:0] pending;
  } mrif_pair_t;
  localparam logic [127:0] MRIF_PAIR_RESERVED_MASK = 128'h00000000000000000000000000000000;

  // Command-Queue (CQ)
  typedef struct packed {
    logic [63:0] operands_hi;
    logic [53:0] operands_lo;
    logic [2:0]  func3;
    logic [6:0]  opcode;
  } cmd_t;
  localparam logic [127:0] CMD_RESERVED_MASK = 128'h00000000000000000000000000000000;

  // IOMMU Page-Table cache invalidation commands
  typedef struct packed {
    logic [1:0]  reserved_127_126;
    logic [51:0] addr;
    logic        s;
    logic [8:0]  reserved_72_64;
    logic [3:0]  reserved_63_60;
    logic [15:0] gscid;
    logic [8:0]  reserved_43_35;
    logic        nl;
    logic        gv;
    logic        pscv;
    logic [19:0] pscid;
    logic        reserved_11;
    logic        av;
    logic [2:0]  func3;
    logic [6:0]  opcode;
  } cmd_iotinval_t;
  localparam logic [127:0] CMD_IOTINVAL_RESERVED_MASK = 128'hc0000000000001fff0000ff800000800;

  // IOMMU Command-queue Fence commands
  typedef struct packed {
    logic [1:0]  reserved_127_126;
    logic [61:0] addr;
    logic [31:0] data;
    logic [17:0] reserved_31_14;
    logic        pw;
    logic        pr;
    logic        wsi;
    logic        av;
    logic [2:0]  func3;
    logic [6:0]  opcode;
  } cmd_iofence_t;
  localparam logic [127:0] CMD_IOFENCE_RESERVED_MASK = 128'hc00000000000000000000000ffffc000;

  // IOMMU directory cache invalidation commands
  typedef struct packed {
    logic [63:0] reserved_127_64;
    logic [23:0] did;
    logic [5:0]  reserved_39_34;
    logic        dv;
    logic        reserved_32;
    logic [19:0] pid;
    logic [1:0]  reserved_11_10;
    logic [2:0]  func3;
    logic [6:0]  opcode;
  } cmd_iodir_t;
  localparam logic [127:0] CMD_IODIR_RESERVED_MASK = 128'hffffffffffffffff000000fd00000c00;

  // IOMMU PCIe ATS commands
  typedef struct packed {
    logic [63:0] payload;
    logic [7:0]  dseg;
    logic [15:0] rid;
    logic [5:0]  reserved_39_34;
    logic        dsv;
    logic        pv;
    logic [19:0] pid;
    logic [1:0]  reserved_11_10;
    logic [2:0]  func3;
    logic [6:0]  opcode;
  } cmd_ats_t;
  localparam logic [127:0] CMD_ATS_RESERVED_MASK = 128'h0000000000000000000000fc00000c00;

  // IOMMU PCIe ATS commands
  typedef struct packed {
    logic [51:0] untranslated_address;
    logic        s;
    logic [9:0]  reserved_74_65;
    logic        g;
    logic [7:0]  dseg;
    logic [15:0] rid;
    logic [5:0]  reserved_39_34;
    logic        dsv;
    logic        pv;
    logic [19:0] pid;
    logic [1:0]  reserved_11_10;
    logic [2:0]  func3;
    logic [6:0]  opcode;
  } cmd_ats_inval_t;
  localparam logic [127:0] CMD_ATS_INVAL_RESERVED_MASK = 128'h00000000000007fe000000fc00000c00;

  // IOMMU PCIe ATS commands
  typedef struct packed {
    logic [15:0] reserved_127_112;
    logic [3:0]  response_code;
    logic [2:0]  reserved_107_105;
    logic [8:0]  prgi;
    logic [31:0] reserved_95_64;
    logic [7:0]  dseg;
    logic [15:0] rid;
    logic [5:0]  reserved_39_34;
    logic        dsv;
    logic        pv;
    logic [19:0] pid;
    logic [1:0]  reserved_11_10;
    logic [2:0]  func3;
    logic [6:0]  opcode;
  } cmd_ats_prgr_t;
  localparam logic [127:0] CMD_ATS_PRGR_RESERVED_MASK = 128'hffff0e00ffffffff000000fc00000c00;

  // Fault/Event-Queue (FQ)
  typedef struct packed {
    logic [63:0] iotval2;
    logic [63:0] iotval;
    logic [31:0] reserved_127_96;
    logic [31:0] custom;
    logic [23:0] did;
    logic [5:0]  ttyp;
    logic        priv;
    logic        pv;
    logic [19:0] pid;
    logic [11:0] cause;
  } fq_record_t;
  localparam logic [255:0] FQ_RECORD_RESERVED_MASK =
      256'h00000000000000000000000000000000ffffffff000000000000000000000000;

  // Fault/Event-Queue (FQ)
  typedef struct packed {
    logic [61:0] gpa;
    logic        write;
    logic        implicit;
  } iotval2_t;
  localparam logic [63:0] IOTVAL2_RESERVED_MASK = 64'h0000000000000000;

  // Page-Request-Queue (PQ)
  typedef struct packed {
    logic [51:0] page_address;
    logic [8:0]  prgi;
    logic        l;
    logic        w;
    logic        r;
    logic [23:0] did;
    logic [4:0]  reserved_39_35;
    logic        exec;
    logic        priv;
    logic        pv;
    logic [19:0] pid;
    logic [11:0] reserved_11_0;
  } pq_record_t;
  localparam logic [127:0] PQ_RECORD_RESERVED_MASK = 128'h0000000000000000000000f800000fff;

  // Leaf DDT entry
  typedef struct packed {
    dc_fsc_t     fsc;
    dc_ta_t      ta;
    dc_iohgatp_t iohgatp;
    dc_tc_t      tc;
  } dc_base_t;

  // Leaf DDT entry
  typedef struct packed {
    dc_reserved_t         reserved;
    dc_msi_addr_pattern_t msi_addr_pattern;
    dc_msi_addr_mask_t    msi_addr_mask;
    dc_msiptp_t           msiptp;
    dc_fsc_t              fsc;
    dc_ta_t               ta;
    dc_iohgatp_t          iohgatp;
    dc_tc_t               tc;
  } dc_ext_t;

  // Leaf PDT entry
  typedef struct packed {
    pc_fsc_t fsc;
    pc_ta_t  ta;
  } pc_t;

endpackage

// verilator lint_on UNUSEDPARAM
