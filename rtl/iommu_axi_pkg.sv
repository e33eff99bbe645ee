// SPDX-License-Identifier: Apache-2.0
//
// AXI channels as structs, inside of the IOMMU; its top level has plain AXI signals. IDs have
// the widest form here: a port uses as many low bits as it has, the others are 0.

package iommu_axi_pkg;

  import iommu_reg_pkg::*;
  import iommu_pkg::*;

  localparam int unsigned MaxIdWidth = 16;

  typedef logic [MaxIdWidth-1:0] axi_id_t;

  typedef enum logic [1:0] {
    RESP_OKAY,
    RESP_EXOKAY,
    RESP_SLVERR,
    RESP_DECERR
  } resp_e;

  typedef enum logic [1:0] {
    BURST_FIXED,
    BURST_INCR,
    BURST_WRAP
  } burst_e;

  // AWATOP: a plain write, and the two atomics that the IOMMU uses. Both give back what memory
  // held before.
  localparam logic [5:0] ATOP_NONE = 6'b000000;
  localparam logic [5:0] ATOP_LOAD_SET = 6'b100011;
  localparam logic [5:0] ATOP_COMPARE = 6'b110001;

  // AxPROT: [2] instruction, [1] non-secure, [0] privileged.
  localparam logic [2:0] PROT_IMPLICIT = 3'b011;

  // AxCACHE: write-back, allocate; and device, answered by the endpoint itself.
  localparam logic [3:0] CACHE_MEMORY = 4'b1111;
  localparam logic [3:0] CACHE_DEVICE = 4'b0000;
  // Normal, neither cacheable nor allocating; writes may be buffered.
  localparam logic [3:0] CACHE_NONCACHEABLE = 4'b0011;

  // --- every port ---------------------------------------------------------------------------

  // AR or AW of a device port. ATOP is 0 on AR.
  typedef struct packed {
    axi_id_t     id;
    logic [63:0] addr;
    logic [7:0]  len;
    logic [2:0]  size;
    burst_e      burst;
    logic        lock;
    logic [3:0]  cache;
    logic [2:0]  prot;
    logic [3:0]  qos;
    logic [5:0]  atop;
  } axi_ax_t;

  // R and W without data and strobes, whose widths are the port's and which travel beside.
  typedef struct packed {
    axi_id_t id;
    resp_e   resp;
    logic    last;
  } axi_r_t;

  typedef struct packed {
    axi_id_t id;
    resp_e   resp;
  } axi_b_t;

  // AXI5 Untranslated Transactions: beside AR and AW of a device port.
  typedef struct packed {
    logic [23:0] device_id;         // AxMMUSID
    logic        process_id_valid;  // AxMMUSSIDV
    logic [19:0] process_id;        // AxMMUSSID
    logic        translated;        // AxMMUATST
  } mmu_t;

  // --- translated traffic -------------------------------------------------------------------

  // AxUSER. The QoS IDs are 0 without Cfg.Qos.
  typedef struct packed {
    pbmt_e       pbmt;
    logic [11:0] rcid;
    logic [11:0] mcid;
  } out_user_t;

  // AR or AW of translated traffic. ATOP is 0 on AR.
  typedef struct packed {
    axi_id_t                 id;
    logic [PhysicalBits-1:0] addr;
    logic [7:0]              len;
    logic [2:0]              size;
    burst_e                  burst;
    logic                    lock;
    logic [3:0]              cache;
    logic [2:0]              prot;
    logic [3:0]              qos;
    logic [5:0]              atop;
    out_user_t               user;
  } out_ax_t;

  // --- the memory port: 64 bits of data -----------------------------------------------------

  // AxUSER: on behalf of what, and the QoS IDs.
  typedef struct packed {
    structure_e  structure;
    logic [11:0] rcid;
    logic [11:0] mcid;
  } mem_user_t;

  typedef struct packed {
    axi_id_t                 id;
    logic [PhysicalBits-1:0] addr;
    logic [7:0]              len;
    logic [2:0]              size;
    burst_e                  burst;
    logic [3:0]              cache;
    logic [2:0]              prot;
    logic [5:0]              atop;   // 0 on AR
    mem_user_t               user;
  } mem_ax_t;

  typedef struct packed {
    logic [63:0] data;
    logic [7:0]  strb;
    logic        last;
  } mem_w_t;

  typedef struct packed {
    axi_id_t     id;
    logic [63:0] data;
    resp_e       resp;
    logic        last;
    logic        poison;  // the data is corrupted
  } mem_r_t;

endpackage
