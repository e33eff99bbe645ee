// SPDX-License-Identifier: Apache-2.0
//
// The structs between the parts of a device port.

package iommu_port_pkg;

  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_axi_pkg::*;

  // What decides about a translation: requests that agree in it get the same answer.
  typedef struct packed {
    identity_t       identity;
    logic            translated;  // a Translated request
    access_e access;
    logic [51:0]     page;
  } ask_t;

  // A translation as the traffic needs it.
  typedef struct packed {
    logic [PpnBits-1:0] ppn;
    pbmt_e              pbmt;
    logic [11:0]        rcid;  // 0 without Cfg.Qos
    logic [11:0]        mcid;
  } grant_t;

  // What the micro-TLB is to hold.
  typedef struct packed {
    ask_t   ask;        // without its access
    grant_t grant;
    perms_t perms;
    logic   superpage;  // for 2 MiB rather than 4 KiB
  } fill_t;

  // A request that does not go on to memory: it is refused, or goes to an MRIF.
  typedef struct packed {
    axi_id_t    id;
    logic [7:0] len;
    logic [5:0] atop;
    logic       mrif;
    mrif_req_t  request;  // of an MRIF; `word` does not regard strobes yet, `data` is 0
  } refusal_t;

  // What becomes of the data of a write; in the order in which AWs leave.
  typedef struct packed {
    logic        absorb;    // drop it, rather than send it on
    logic        buffered;  // it is in the write buffer
    logic [15:0] first;     // where its first beat lies there
  } order_t;

  // AWATOP: is there an answer on R, too?
  function automatic logic atop_reads(logic [5:0] atop);
    return atop[5];
  endfunction

  // What this AXI burst asks for. Privilege exists only with a process_id.
  function automatic ask_t ask_of(axi_ax_t ax, mmu_t mmu, logic write);
    ask_t ask;
    ask.identity.device_id = mmu.device_id;
    ask.identity.process_id_valid = mmu.process_id_valid;
    ask.identity.process_id = mmu.process_id_valid ? mmu.process_id : '0;
    ask.identity.privileged = mmu.process_id_valid && ax.prot[0];
    ask.translated = mmu.translated;
    ask.access = write ? ACCESS_WRITE : ax.prot[2] ? ACCESS_EXECUTE : ACCESS_READ;
    ask.page = ax.addr[63:12];
    return ask;
  endfunction

  // Bursts that AXI forbids and that might touch a page which nobody translated, or whose beats
  // are wider than the bus.
  function automatic logic illegal_burst(axi_ax_t ax, int unsigned data_width);
    int unsigned        widest;
    logic        [ 2:0] size;
    logic        [11:0] left;
    logic               bad;
    widest = $clog2(data_width / 8);
    // Beats that fit in the page after the first one, of the sizes that are allowed.
    size   = ax.size & 3'((1 << $clog2(widest + 1)) - 1);
    left   = ~ax.addr[11:0] >> size;
    unique case (ax.burst)
      BURST_FIXED: bad = 1'b0;
      BURST_INCR:  bad = left[11:8] == '0 && ax.len > left[7:0];
      BURST_WRAP:  bad = !(ax.len inside {8'd0, 8'd1, 8'd3, 8'd7, 8'd15});
      default:     bad = 1'b1;
    endcase
    return bad || 32'(ax.size) > widest;
  endfunction

endpackage
