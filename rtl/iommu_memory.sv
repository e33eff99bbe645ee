// SPDX-License-Identifier: Apache-2.0
//
// The one place where the IOMMU's own units meet AXI. Requests of the clients go out in turn,
// reads and writes each on their own; an AXI ID is a client and its tag. Answers of all
// clients come out on one bus, with one valid signal for each client.
//
// Atomics are AXI5's, and answer on both R and B; a client sees one beat when both are there.
// A compare-and-swap of the upper half of 16 bytes has to send its new value first.

module iommu_memory
  import iommu_pkg::*;
  import iommu_axi_pkg::*;
#(
  parameter config_t Cfg = ConfigBase,
  parameter int unsigned Clients = 6,
  parameter int unsigned TagBits = 6,  // of a client's tags; the low bits of AXI IDs
  parameter logic [Clients-1:0] Readers = '1,  // clients that read
  parameter logic [Clients-1:0] Writers = '1,  // clients that write, or have atomics done
  parameter int unsigned Atomics = 4  // in flight
) (
  input  logic                         clk_i,
  input  logic                         rst_ni,
  // clients
  input  logic     [Clients-1:0]       req_valid_i,
  output logic     [Clients-1:0]       req_ready_o,
  input  mem_req_t [Clients-1:0]       req_i,
  input  logic     [Clients-1:0]       wdata_valid_i,
  output logic     [Clients-1:0]       wdata_ready_o,  // not before the request
  input  logic     [Clients-1:0][63:0] wdata_i,
  output logic     [Clients-1:0]       rsp_valid_o,    // cannot be refused
  output mem_rsp_t                     rsp_o,
  // AXI
  output logic                         ar_valid_o,
  input  logic                         ar_ready_i,
  output mem_ax_t                      ar_o,
  input  logic                         r_valid_i,
  output logic                         r_ready_o,
  input  mem_r_t                       r_i,
  output logic                         aw_valid_o,
  input  logic                         aw_ready_i,
  output mem_ax_t                      aw_o,
  output logic                         w_valid_o,
  input  logic                         w_ready_i,
  output mem_w_t                       w_o,
  input  logic                         b_valid_i,
  output logic                         b_ready_o,
  input  axi_b_t                       b_i
);

  localparam int unsigned ClientBits = Clients > 1 ? $clog2(Clients) : 1;
  localparam int unsigned IdWidth = ClientBits + TagBits;
  localparam logic HasAtomics = Cfg.HwAd || Cfg.MsiMrif;

  typedef logic [ClientBits-1:0] client_t;
  typedef logic [IdWidth-1:0] id_t;

  if (IdWidth > MaxIdWidth || TagBits > 6) begin : g_ids
    $error("iommu_memory: AXI IDs are too wide");
  end

  // --- whose turn ---------------------------------------------------------------------------

  // One bit per client. `later` are the clients after the one that was last.
  typedef logic [Clients-1:0] clients_t;

  // Bit i: is there a one below bit i? Loops, since carry chains of a few bits are slow.
  function automatic clients_t above(clients_t set);
    clients_t result = '0;
    for (int unsigned i = 1; i < Clients; i++) result[i] = result[i-1] || set[i-1];
    return result;
  endfunction

  function automatic clients_t first(clients_t asks);
    return asks & ~above(asks);
  endfunction

  function automatic clients_t next_client(clients_t asks, clients_t later);
    return (asks & later) != '0 ? first(asks & later) : first(asks);
  endfunction

  function automatic client_t number_of(clients_t chosen);
    client_t number = '0;
    for (int unsigned i = 0; i < Clients; i++) if (chosen[i]) number |= client_t'(i);
    return number;
  endfunction

  clients_t reads, writes, is_atomic, read_choice, write_choice;
  clients_t read_later_d, read_later_q, write_later_d, write_later_q;
  logic take_read, take_write, atomics_full;
  logic ar_valid_d, ar_valid_q, aw_valid_d, aw_valid_q, w_free;

  always_comb begin
    for (int unsigned i = 0; i < Clients; i++) begin
      is_atomic[i] = HasAtomics && (req_i[i].op == MEM_CAS || req_i[i].op == MEM_OR);
      reads[i] = Readers[i] && req_valid_i[i] && req_i[i].op == MEM_READ;
      writes[i]    = Writers[i] && req_valid_i[i] && req_i[i].op != MEM_READ &&
                     !(is_atomic[i] && atomics_full);
    end
    read_choice  = next_client(reads, read_later_q);
    write_choice = next_client(writes, write_later_q);
  end

  for (genvar i = 0; i < int'(Clients); i++) begin : g_ready
    assign req_ready_o[i] = (take_read && read_choice[i]) || (take_write && write_choice[i]);
  end

  assign take_read     = reads != '0 && (!ar_valid_q || ar_ready_i);
  assign take_write    = writes != '0 && (!aw_valid_q || aw_ready_i) && w_free;
  assign read_later_d  = take_read ? above(read_choice) : read_later_q;
  assign write_later_d = take_write ? above(write_choice) : write_later_q;

  // --- address channels ---------------------------------------------------------------------

  function automatic mem_ax_t address_beat(mem_req_t req, client_t client);
    mem_ax_t ax = '0;
    ax.id = MaxIdWidth'({client, req.tag[TagBits-1:0]});
    ax.addr = req.address;
    ax.len = 8'(req.beats);
    ax.size = 3'd3;
    // A line comes with the word that was asked for in front.
    ax.burst = req.op == MEM_READ && req.beats == 3'd7 ? BURST_WRAP : BURST_INCR;
    ax.cache = req.structure == STRUCT_MSI || req.structure == STRUCT_NOTICE ? CACHE_DEVICE
                                                                             : CACHE_MEMORY;
    ax.prot = PROT_IMPLICIT;
    ax.atop = ATOP_NONE;
    ax.user.structure = req.structure;
    if (Cfg.Qos) begin
      ax.user.rcid = req.rcid;
      ax.user.mcid = req.mcid;
    end
    return ax;
  endfunction

  mem_req_t read_req, write_req;
  client_t read_client, write_client;
  mem_ax_t ar_d, ar_q, aw_d, aw_q;
  logic upper_cas;

  always_comb begin
    read_client  = number_of(read_choice);
    write_client = number_of(write_choice);
    read_req     = '0;
    write_req    = '0;
    for (int unsigned i = 0; i < Clients; i++) begin
      if (Readers[i] && read_choice[i]) read_req |= req_i[i];
      if (Writers[i] && write_choice[i]) write_req |= req_i[i];
    end
    upper_cas  = HasAtomics && write_req.op == MEM_CAS && write_req.address[3];

    ar_valid_d = take_read || (ar_valid_q && !ar_ready_i);
    ar_d       = ar_q;
    // Whether anything goes is known later.
    if (!ar_valid_q || ar_ready_i) ar_d = address_beat(read_req, read_client);

    aw_valid_d = take_write || (aw_valid_q && !aw_ready_i);
    aw_d       = aw_q;
    if (!aw_valid_q || aw_ready_i) begin
      aw_d = address_beat(write_req, write_client);
      if (write_req.half) aw_d.size = 3'd2;
      if (HasAtomics && write_req.op == MEM_CAS) aw_d.atop = ATOP_COMPARE;
      if (HasAtomics && write_req.op == MEM_OR) aw_d.atop = ATOP_LOAD_SET;
      if (upper_cas) aw_d.burst = BURST_WRAP;
    end
  end

  assign ar_valid_o = ar_valid_q;
  assign ar_o       = ar_q;
  assign aw_valid_o = aw_valid_q;
  assign aw_o       = aw_q;

  // --- write data ---------------------------------------------------------------------------

  typedef enum logic [1:0] {
    DATA_PLAIN,  // each beat goes out as it comes
    DATA_KEEP,   // the compared value comes, and is kept
    DATA_NEW,    // the new value comes and goes out
    DATA_KEPT    // the compared value goes out
  } data_e;

  // Whose data goes out next, in the order of AW.
  typedef struct packed {
    logic       valid;
    clients_t   client;  // one of them
    logic [2:0] left;    // beats less one
    logic [7:0] strb;
    data_e      step;
  } owner_t;

  owner_t owner_d, owner_q;
  mem_w_t w_d, w_q;
  logic w_valid_d, w_valid_q, w_load, w_take, w_send, w_end;
  logic [63:0] wdata, kept_d, kept_q;

  assign w_load = !w_valid_q || w_ready_i;
  assign w_take = owner_q.valid && w_load && (wdata_valid_i & owner_q.client) != '0 &&
                  owner_q.step != DATA_KEPT;
  assign w_send = (w_take && owner_q.step != DATA_KEEP) ||
                  (owner_q.valid && w_load && owner_q.step == DATA_KEPT);
  assign w_end  = w_send && (owner_q.step == DATA_PLAIN ? owner_q.left == '0
                                                        : owner_q.step == DATA_KEPT);
  assign w_free = !owner_q.valid || w_end;

  always_comb begin
    wdata_ready_o = owner_q.valid && w_load && owner_q.step != DATA_KEPT ? owner_q.client : '0;
    wdata         = '0;
    for (int unsigned i = 0; i < Clients; i++) if (owner_q.client[i]) wdata |= wdata_i[i];
  end

  always_comb begin
    w_valid_d = w_send || (w_valid_q && !w_ready_i);
    w_d       = w_q;
    if (w_send)
      w_d = '{data: owner_q.step == DATA_KEPT ? kept_q : wdata, strb: owner_q.strb, last: w_end};

    kept_d  = kept_q;
    owner_d = owner_q;
    if (w_take) begin
      owner_d.left = owner_q.left - 3'd1;
      if (owner_q.step == DATA_KEEP) begin
        kept_d       = wdata;
        owner_d.step = DATA_NEW;
      end
      if (owner_q.step == DATA_NEW) owner_d.step = DATA_KEPT;
    end
    if (w_end) owner_d.valid = 1'b0;
    if (take_write)
      owner_d = '{
          valid: 1'b1,
          client: write_choice,
          left: write_req.beats,
          strb: !write_req.half ? 8'hff : write_req.address[2] ? 8'hf0 : 8'h0f,
          step: upper_cas ? DATA_KEEP : DATA_PLAIN
      };
  end

  assign w_valid_o = w_valid_q;
  assign w_o       = w_q;

  // --- answers ------------------------------------------------------------------------------

  // R goes straight to the answer's register. B waits for a cycle without R; after one cycle
  // of waiting R is made to wait.
  logic b_valid_d, b_valid_q, b_take, r_take, hold_r_d, hold_r_q;
  axi_b_t b_d, b_q;
  id_t r_id, b_id;

  mem_status_e r_status, b_status;

  assign r_take    = r_valid_i && !hold_r_q;
  assign b_take    = b_valid_q && !r_take;
  assign r_ready_o = !hold_r_q;
  assign b_ready_o = !b_valid_q || b_take;

  always_comb begin
    hold_r_d = b_valid_q && !b_take;
    b_valid_d = (b_valid_i && b_ready_o) || (b_valid_q && !b_take);
    b_d = b_valid_i && b_ready_o ? b_i : b_q;
    r_id = id_t'(r_i.id);
    b_id = id_t'(b_q.id);
    b_status = b_q.resp == RESP_SLVERR || b_q.resp == RESP_DECERR ? MEM_ACCESS_FAULT : MEM_OK;
    r_status  = r_i.resp == RESP_SLVERR || r_i.resp == RESP_DECERR ? MEM_ACCESS_FAULT
                : r_i.poison ? MEM_POISON : MEM_OK;
  end

  // What the atomics in flight make of it.
  typedef struct packed {
    logic        swallow;  // this was the first of its two answers
    logic        merge;    // R or B has this status, too
    mem_status_e status;
    logic [63:0] data;     // of a B that comes second
  } merged_t;

  merged_t merged;

  if (HasAtomics) begin : g_atomics
    typedef struct packed {
      logic        valid;
      id_t         id;
      logic        half;    // one of R and B has come
      mem_status_e status;
    } atomic_t;

    localparam int unsigned EntryBits = $clog2(Atomics);
    typedef logic [EntryBits-1:0] entry_t;

    atomic_t [Atomics-1:0] atomics_d, atomics_q;
    logic found;
    entry_t entry, free_entry;
    id_t         id;

    (* ram_style = "distributed" *)logic [63:0] old_data[Atomics];

    always_comb begin
      id           = r_take ? r_id : b_id;
      found        = 1'b0;
      entry        = '0;
      free_entry   = '0;
      atomics_full = 1'b1;
      for (int unsigned i = 0; i < Atomics; i++) begin
        if (atomics_q[i].valid && atomics_q[i].id == id) begin
          found = 1'b1;
          entry = entry_t'(i);
        end
        if (!atomics_q[i].valid) begin
          free_entry   = entry_t'(i);
          atomics_full = 1'b0;
        end
      end

      merged = '{
          swallow: found && !atomics_q[entry].half,
          merge: found && atomics_q[entry].half,
          status: atomics_q[entry].status,
          data: old_data[entry]
      };

      atomics_d = atomics_q;
      if (found && (r_take || b_take)) begin
        if (atomics_q[entry].half) atomics_d[entry].valid = 1'b0;
        atomics_d[entry].half   = 1'b1;
        atomics_d[entry].status = r_take ? r_status : b_status;
      end
      if (take_write && (is_atomic & write_choice) != '0)
        atomics_d[free_entry] = '{
            valid: 1'b1,
            id: {write_client, write_req.tag[TagBits-1:0]},
            half: 1'b0,
            status: MEM_OK
        };
    end

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) atomics_q <= '0;
      else atomics_q <= atomics_d;
    end

    always_ff @(posedge clk_i) begin
      if (r_take && found) old_data[entry] <= r_i.data;
    end
  end else begin : g_no_atomics
    assign merged       = '0;
    assign atomics_full = 1'b0;
  end

  mem_rsp_t rsp_d, rsp_q;
  logic [Clients-1:0] rsp_valid_d, rsp_valid_q;
  mem_status_e status;
  client_t     rsp_client;

  always_comb begin
    status = r_take ? r_status : b_status;
    // An access fault goes before corrupted data.
    if (merged.merge && status != MEM_ACCESS_FAULT && merged.status != MEM_OK)
      status = merged.status;
    rsp_client = r_take ? r_id[TagBits+:ClientBits] : b_id[TagBits+:ClientBits];
    rsp_d = '{
        last: !r_take || r_i.last,
        status: status,
        tag: 6'(r_take ? r_id[TagBits-1:0] : b_id[TagBits-1:0]),
        data: r_take || !HasAtomics ? r_i.data : merged.data
    };
    rsp_valid_d = '0;
    for (int unsigned i = 0; i < Clients; i++)
    rsp_valid_d[i] = (r_take || b_take) && !merged.swallow && rsp_client == client_t'(i);
  end

  assign rsp_valid_o = rsp_valid_q;
  assign rsp_o       = rsp_q;

  // --- registers ----------------------------------------------------------------------------

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      read_later_q  <= '0;
      write_later_q <= '0;
      ar_valid_q    <= 1'b0;
      ar_q          <= '0;
      aw_valid_q    <= 1'b0;
      aw_q          <= '0;
      owner_q       <= '0;
      kept_q        <= '0;
      w_valid_q     <= 1'b0;
      w_q           <= '0;
      b_valid_q     <= 1'b0;
      b_q           <= '0;
      hold_r_q      <= 1'b0;
      rsp_valid_q   <= '0;
      rsp_q         <= '0;
    end else begin
      read_later_q  <= read_later_d;
      write_later_q <= write_later_d;
      ar_valid_q    <= ar_valid_d;
      ar_q          <= ar_d;
      aw_valid_q    <= aw_valid_d;
      aw_q          <= aw_d;
      owner_q       <= owner_d;
      kept_q        <= kept_d;
      w_valid_q     <= w_valid_d;
      w_q           <= w_d;
      b_valid_q     <= b_valid_d;
      b_q           <= b_d;
      hold_r_q      <= hold_r_d;
      rsp_valid_q   <= rsp_valid_d;
      rsp_q         <= rsp_d;
    end
  end

`ifndef SYNTHESIS
  // Requests keep to what mem_req_t says.
  for (genvar i = 0; i < int'(Clients); i++) begin : g_asserts
    assert property (@(posedge clk_i) disable iff (!rst_ni)
      req_valid_i[i] && !req_i[i].half |->
        req_i[i].address[2:0] == '0 &&
        4'(req_i[i].address[5:3]) + (req_i[i].op == MEM_WRITE ||
                                     (req_i[i].op == MEM_READ && req_i[i].beats != 3'd7) ?
                                     4'(req_i[i].beats) : 4'd0) < 4'd8);
    assert property (@(posedge clk_i) disable iff (!rst_ni)
      req_valid_i[i] && req_i[i].half |->
        req_i[i].op == MEM_WRITE && req_i[i].beats == '0 && req_i[i].address[1:0] == '0);
    assert property (@(posedge clk_i) disable iff (!rst_ni)
      req_valid_i[i] |-> (req_i[i].op == MEM_READ ? Readers[i] : Writers[i]));
    assert property (@(posedge clk_i) disable iff (!rst_ni)
      req_valid_i[i] && req_i[i].op == MEM_CAS |-> HasAtomics && req_i[i].beats == 3'd1);
    assert property (@(posedge clk_i) disable iff (!rst_ni)
      req_valid_i[i] && req_i[i].op == MEM_OR |-> HasAtomics && req_i[i].beats == 3'd0);
    assert property (@(posedge clk_i) disable iff (!rst_ni)
      req_valid_i[i] && !req_ready_o[i] |=> req_valid_i[i] && $stable(
        req_i[i]
    ));
    assert property (@(posedge clk_i) disable iff (!rst_ni)
      req_valid_i[i] |-> 32'(req_i[i].tag) < 2 ** TagBits);
  end

  // Nobody who waits is passed more often than there are others.
  logic [Clients-1:0][7:0] passed_d, passed_q;

  always_comb begin
    for (int unsigned i = 0; i < Clients; i++) begin
      passed_d[i] = passed_q[i] + 8'((reads[i] && take_read) || (writes[i] && take_write));
      if (req_ready_o[i] || !(reads[i] || writes[i])) passed_d[i] = '0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) passed_q <= '0;
    else passed_q <= passed_d;
  end

  for (genvar i = 0; i < int'(Clients); i++) begin : g_fair
    assert property (@(posedge clk_i) disable iff (!rst_ni) 32'(passed_q[i]) < Clients);
  end
  // B gets its turn.
  assert property (@(posedge clk_i) disable iff (!rst_ni) b_valid_q && !b_take |=> b_take);

  // AXI: what is offered stays.
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    ar_valid_o && !ar_ready_i |=> ar_valid_o && $stable(
      ar_o
  ));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    aw_valid_o && !aw_ready_i |=> aw_valid_o && $stable(
      aw_o
  ));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    w_valid_o && !w_ready_i |=> w_valid_o && $stable(
      w_o
  ));
  // Every answer has its client, one at a time.
  assert property (@(posedge clk_i) disable iff (!rst_ni) $onehot0(rsp_valid_o));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    r_take && !merged.swallow |=> rsp_valid_o != '0);
`endif

endmodule
