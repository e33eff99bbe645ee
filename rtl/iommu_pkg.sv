// SPDX-License-Identifier: Apache-2.0
//
// What the modules of the IOMMU share: configurations, and the structs on the paths between
// them. Bit layouts of registers and in-memory structures are in iommu_reg_pkg.

package iommu_pkg;

  import iommu_reg_pkg::*;

  // --- configurations ---------------------------------------------------------------------

  // What is built. Illegal combinations stop elaboration in iommu.sv.
  typedef struct packed {
    int unsigned Ports;  // device ports, 1 to 4
    int unsigned DataWidth;  // of the device ports, 64 to 512 bits
    int unsigned IdWidth;  // AXI IDs of the device ports, bits
    int unsigned Pending;  // requests per port and direction that wait for a translation
    int unsigned WriteBuffer;  // beats of write data that may wait; 0: writes stay in order
    int unsigned DdtLevels;  // 1 to 3: levels of the largest device directory
    int unsigned MicroTlbEntries;  // per port
    int unsigned IotlbEntries;  // power of two; 4 ways, below 128 two
    int unsigned WalkCacheEntries;  // of pointers to leaf tables, power of two
    int unsigned ContextEntries;  // of device contexts, and of process contexts
    int unsigned Walks;  // in flight, 2 to 32
    int unsigned HpmCounters;  // 0 to 31
    int unsigned VectorBits;  // of each icvec field, 0 to 4
    int unsigned Itags;  // ATS invalidations in flight, 1 to 32
    logic Sv32, Sv48, Sv57;  // first and second stage alike; Sv39 is always there
    logic Svpbmt, Svrsw60t59b;
    logic HwAd;  // A/D updates (needs atomics downstream)
    logic ProcessContexts;  // PD8, PD17, PD20
    logic MsiFlat, MsiMrif;
    logic Ats;  // ATS, PRI and T2GPA
    logic MsiInterrupts;  // IGS BOTH; otherwise WSI
    logic Qos;
    logic BothEndian;
    logic ReadAhead;  // whole lines of PTEs, streams ahead of their requests, and shortcuts
    logic Parity;  // of the caches' memories
  } config_t;

  localparam config_t ConfigSmall = '{
      Ports: 1,
      DataWidth: 64,
      IdWidth: 4,
      Pending: 8,
      WriteBuffer: 0,
      DdtLevels: 2,
      MicroTlbEntries: 4,
      IotlbEntries: 64,
      WalkCacheEntries: 64,
      ContextEntries: 8,
      Walks: 4,
      HpmCounters: 0,
      VectorBits: 2,
      Itags: 1,
      Sv32: 1'b0,
      Sv48: 1'b0,
      Sv57: 1'b0,
      Svpbmt: 1'b0,
      Svrsw60t59b: 1'b0,
      HwAd: 1'b0,
      ProcessContexts: 1'b0,
      MsiFlat: 1'b0,
      MsiMrif: 1'b0,
      Ats: 1'b0,
      MsiInterrupts: 1'b0,
      Qos: 1'b0,
      BothEndian: 1'b0,
      ReadAhead: 1'b0,
      Parity: 1'b0
  };

  localparam config_t ConfigBase = '{
      Ports: 1,
      DataWidth: 64,
      IdWidth: 4,
      Pending: 32,
      WriteBuffer: 256,
      DdtLevels: 3,
      MicroTlbEntries: 8,
      IotlbEntries: 4096,
      WalkCacheEntries: 512,
      ContextEntries: 64,
      Walks: 32,
      HpmCounters: 8,
      VectorBits: 2,
      Itags: 1,
      Sv32: 1'b0,
      Sv48: 1'b1,
      Sv57: 1'b0,
      Svpbmt: 1'b1,
      Svrsw60t59b: 1'b1,
      HwAd: 1'b1,
      ProcessContexts: 1'b1,
      MsiFlat: 1'b1,
      MsiMrif: 1'b0,
      Ats: 1'b0,
      MsiInterrupts: 1'b1,
      Qos: 1'b0,
      BothEndian: 1'b0,
      ReadAhead: 1'b1,
      Parity: 1'b0
  };

  localparam config_t ConfigFull = '{
      Ports: 2,
      DataWidth: 64,
      IdWidth: 4,
      Pending: 32,
      WriteBuffer: 256,
      DdtLevels: 3,
      MicroTlbEntries: 8,
      IotlbEntries: 2048,
      WalkCacheEntries: 512,
      ContextEntries: 64,
      Walks: 32,
      HpmCounters: 31,
      VectorBits: 4,
      Itags: 32,
      Sv32: 1'b1,
      Sv48: 1'b1,
      Sv57: 1'b1,
      Svpbmt: 1'b1,
      Svrsw60t59b: 1'b1,
      HwAd: 1'b1,
      ProcessContexts: 1'b1,
      MsiFlat: 1'b1,
      MsiMrif: 1'b1,
      Ats: 1'b1,
      MsiInterrupts: 1'b1,
      Qos: 1'b1,
      BothEndian: 1'b1,
      ReadAhead: 1'b1,
      Parity: 1'b0
  };

  // Physical addresses have 56 bits in every configuration.
  localparam int unsigned PhysicalBits = 56;
  localparam int unsigned PpnBits = PhysicalBits - 12;

  // The capabilities register: exactly what is built.
  function automatic capabilities_t capabilities_of(config_t cfg);
    capabilities_t caps = '0;
    caps.version     = 8'h10;
    caps.sv32        = cfg.Sv32;
    caps.sv39        = 1'b1;
    caps.sv48        = cfg.Sv48;
    caps.sv57        = cfg.Sv57;
    caps.svrsw60t59b = cfg.Svrsw60t59b;
    caps.svpbmt      = cfg.Svpbmt;
    caps.sv32x4      = cfg.Sv32;
    caps.sv39x4      = 1'b1;
    caps.sv48x4      = cfg.Sv48;
    caps.sv57x4      = cfg.Sv57;
    caps.amo_mrif    = cfg.MsiMrif;
    caps.msi_flat    = cfg.MsiFlat;
    caps.msi_mrif    = cfg.MsiMrif;
    caps.amo_hwad    = cfg.HwAd;
    caps.ats         = cfg.Ats;
    caps.t2gpa       = cfg.Ats;
    caps.end_        = cfg.BothEndian;
    caps.igs         = cfg.MsiInterrupts ? IGS_BOTH : IGS_WSI;
    caps.hpm         = cfg.HpmCounters != 0;
    caps.dbg         = 1'b1;
    caps.pas         = 6'(PhysicalBits);
    caps.pd8         = cfg.ProcessContexts;
    caps.pd17        = cfg.ProcessContexts;
    caps.pd20        = cfg.ProcessContexts;
    caps.qosid       = cfg.Qos;
    caps.nl          = 1'b1;
    caps.s           = 1'b1;
    return caps;
  endfunction

  // --- implicit memory accesses -----------------------------------------------------------

  // On behalf of what; also the value on AxUSER of the memory port.
  typedef enum logic [3:0] {
    STRUCT_DDT,
    STRUCT_PDT,
    STRUCT_FIRST_STAGE,
    STRUCT_SECOND_STAGE,
    STRUCT_MSI_PT,
    STRUCT_MRIF,
    STRUCT_NOTICE,
    STRUCT_CQ,
    STRUCT_FENCE,
    STRUCT_FQ,
    STRUCT_PQ,
    STRUCT_MSI
  } structure_e;

  typedef enum logic [1:0] {
    MEM_READ,
    MEM_WRITE,
    MEM_CAS,    // 8 bytes: beat 0 is compared, beat 1 stored if equal
    MEM_OR      // 8 bytes
  } mem_op_e;

  typedef enum logic [1:0] {
    MEM_OK,
    MEM_ACCESS_FAULT,  // SLVERR or DECERR
    MEM_POISON
  } mem_status_e;

  // A request of one of the IOMMU's own units. Reads and writes lie within 64 aligned bytes
  // and are whole 8-byte beats; a read of eight wraps around them, a write may also be 4 bytes (half).
  typedef struct packed {
    mem_op_e                 op;
    structure_e              structure;
    logic [PhysicalBits-1:0] address;    // multiple of 8; of 4 with half
    logic [2:0]              beats;      // less one
    logic                    half;       // write the 4 bytes at address only
    logic [11:0]             rcid;
    logic [11:0]             mcid;
    logic [5:0]              tag;        // comes back with the answer
  } mem_req_t;

  // One beat of an answer. Writes and atomics answer with one beat; an atomic's data is what
  // memory held before.
  typedef struct packed {
    logic        last;
    mem_status_e status;
    logic [5:0]  tag;
    logic [63:0] data;
  } mem_rsp_t;

  // --- translation ------------------------------------------------------------------------

  typedef enum logic [1:0] {
    ACCESS_READ,
    ACCESS_WRITE,
    ACCESS_EXECUTE
  } access_e;

  typedef enum logic [2:0] {
    TYPE_UNTRANSLATED,
    TYPE_TRANSLATED,
    TYPE_ATS,  // PCIe ATS Translation Request
    TYPE_DEBUG,  // of the debug interface
    TYPE_MESSAGE  // a page request or an invalidation completion: its device context is wanted
  } request_type_e;

  typedef enum logic [1:0] {
    TARGET_MEMORY,
    TARGET_MSI,
    TARGET_MRIF
  } target_e;

  typedef enum logic [1:0] {
    UNIT_PORT,     // a device port
    UNIT_ATS,
    UNIT_DEBUG,
    UNIT_PREFETCH  // the IOTLB itself: nobody waits for the answer
  } unit_e;

  // Who asks, and what comes back with the answer: unit, port, direction, place in its queue.
  typedef struct packed {
    unit_e      unit;
    logic [1:0] port;
    logic       write;
    logic [5:0] slot;
  } requester_t;

  // The identity of a requester; what caches that are asked first are tagged with.
  typedef struct packed {
    logic [23:0] device_id;
    logic        process_id_valid;
    logic [19:0] process_id;        // 0 if not valid
    logic        privileged;        // 0 if process_id is not valid
  } identity_t;

  typedef struct packed {
    requester_t      requester;
    request_type_e   kind;
    access_e access;
    logic            execute;    // ATS: Execute Requested
    identity_t       identity;
    logic [63:0]     iova;
  } xlate_req_t;

  // --- what caches of translations are tagged with ------------------------------------------

  // Only translations of requests that the configuration can translate by tables are held, so
  // that tags are as long as these need. All others (in Bare mode, if not refused) ask anew.

  // Bits of a page number, the sign with them: all above are like the uppermost of these.
  function automatic int unsigned held_page_bits(config_t cfg);
    return cfg.Sv57 ? 48 : cfg.Sv48 ? 39 : 30;
  endfunction

  function automatic logic [51:0] held_page(config_t cfg, logic [51:0] page);
    return page & ((52'd1 << held_page_bits(cfg)) - 52'd1);
  endfunction

  // The page number that held_page came from.
  function automatic logic [51:0] whole_page(config_t cfg, logic [51:0] page);
    logic [51:0] above;
    above = ~((52'd1 << held_page_bits(cfg)) - 52'd1);
    return page[held_page_bits(cfg)-1] ? page | above : page & ~above;
  endfunction

  function automatic identity_t held_identity(config_t cfg, identity_t identity);
    identity_t held;
    held = identity;
    if (!cfg.ProcessContexts) begin
      held.process_id_valid = 1'b0;
      held.process_id       = '0;
      held.privileged       = 1'b0;
    end
    if (cfg.DdtLevels < 3) held.device_id[23:16] = '0;
    if (cfg.DdtLevels < 2) held.device_id[15:7] = '0;
    return held;
  endfunction

  function automatic logic is_held(config_t cfg, identity_t identity, logic translated,
                                   logic [51:0] page);
    return held_identity(cfg, identity) == identity && (cfg.Ats || !translated) &&
        whole_page(cfg, page) == page;
  endfunction

  // Permissions that a translation grants.
  typedef struct packed {
    logic x;
    logic w;
    logic r;
  } perms_t;

  // An MSI PTE in MRIF mode.
  typedef struct packed {
    logic [46:0]        address;  // of the MRIF, bits 55:9
    logic [PpnBits-1:0] nppn;     // where its notice goes
    logic [10:0]        nid;
  } mrif_t;

  // What a unit needs to know of a device context beside the translation.
  typedef struct packed {logic en_ats, en_pri, prpr, dtf, t2gpa;} dc_flags_t;

  typedef struct packed {
    requester_t         requester;
    logic               fault;      // the cause is in the fault queue, or suppressed
    target_e            target;
    logic [PpnBits-1:0] ppn;
    perms_t             perms;
    pbmt_e              pbmt;
    logic [5:0]         log2;       // size of the page that the answer holds for
    logic               is_global;  // first-stage G
    cause_e             cause;      // with fault; of an ATS request also without
    logic [11:0]        rcid;
    logic [11:0]        mcid;
    dc_flags_t          flags;
    mrif_t              mrif;       // of TARGET_MRIF
    logic [2:0]         gpa_high;   // ATS with T2GPA, where ppn is the GPA's: its bits 58:56
  } xlate_rsp_t;

  // A page's number with the page's size in its low bits, as tr_response and ATS completions
  // have it: the lowest 0 says how many bits are the device's to fill in.
  function automatic logic [51:0] sized_page(logic [51:0] page, logic [5:0] log2);
    logic [51:0] span = log2 > 6'd12 ? ~(52'hf_ffff_ffff_ffff << (log2 - 6'd12)) : '0;
    return (page & ~span) | (span >> 1);
  endfunction

  // The address space of a translation: what IOTINVAL goes by.
  typedef struct packed {
    logic        gv;     // second stage not Bare
    logic [15:0] gscid;
    logic        pscv;   // first stage not Bare
    logic [19:0] pscid;
  } space_t;

  // --- accesses to memory-resident interrupt files ----------------------------------------

  // A device's access that a translation sends to an MRIF: port to iommu_mrif.
  typedef struct packed {
    mrif_t mrif;
    logic write;
    logic word;  // it is of 4 bytes, whole and not atomic
    identity_t identity;
    logic translated;  // a Translated request
    access_e access;
    logic [63:0] iova;
    logic [31:0] data;  // as the device sent it; bits 7:0 are the byte at the lowest address
    logic dtf;
    logic [11:0] rcid;
    logic [11:0] mcid;
  } mrif_req_t;

  // --- invalidation -----------------------------------------------------------------------

  typedef enum logic [2:0] {
    INVAL_VMA,   // first-stage entries by space, address, range
    INVAL_GVMA,  // second-stage and MSI entries
    INVAL_DDT,   // device contexts and what came of them
    INVAL_PDT,   // one process context and what came of it
    INVAL_ALL    // after reset, and when fctl changes
  } inval_e;

  // One invalidation, to all caches at once; each answers when it is done.
  typedef struct packed {
    inval_e      kind;
    logic        av,         gv, pscv, dv, nl;
    logic [51:0] page;                          // a page number in the range
    logic [51:0] span;                          // which bits of page numbers count pages in it
    logic [15:0] gscid;
    logic [19:0] pscid;
    logic [23:0] device_id;
    logic [19:0] process_id;
  } inval_t;

  // --- faults -----------------------------------------------------------------------------

  // A record on its way to the fault queue.
  typedef struct packed {
    cause_e      cause;
    ttyp_e       ttyp;
    identity_t   identity;
    logic [63:0] iotval;
    logic [63:0] iotval2;
  } fault_t;

endpackage
