// SPDX-License-Identifier: Apache-2.0
//
// The rules of AXI4, with AXI5's atomics, on one port. It listens only, and does not care which
// side of the port is the design: what either side does wrong is reported, by a call of
// axi_violation(), which the bench has. For AXI4-Lite the signals that it lacks are tied to
// what they would be: ID 0, one beat of the bus's width, INCR, LAST.
//
// What comes without an answer's rules: AxCACHE, AxPROT, AxQOS, user and MMU signals (`rest`)
// need only stay as they are under stall.

module axi_checker #(
  parameter string       Name      = "port",
  parameter int unsigned IdWidth   = 4,
  parameter int unsigned AddrWidth = 64,
  parameter int unsigned DataWidth = 64,
  parameter int unsigned RestWidth = 1
) (
  input logic                   clk_i,
  input logic                   rst_ni,
  input logic                   awvalid_i,
  input logic                   awready_i,
  input logic [    IdWidth-1:0] awid_i,
  input logic [  AddrWidth-1:0] awaddr_i,
  input logic [            7:0] awlen_i,
  input logic [            2:0] awsize_i,
  input logic [            1:0] awburst_i,
  input logic                   awlock_i,
  input logic [            5:0] awatop_i,
  input logic [  RestWidth-1:0] awrest_i,
  input logic                   wvalid_i,
  input logic                   wready_i,
  input logic [  DataWidth-1:0] wdata_i,
  input logic [DataWidth/8-1:0] wstrb_i,
  input logic                   wlast_i,
  input logic                   bvalid_i,
  input logic                   bready_i,
  input logic [    IdWidth-1:0] bid_i,
  input logic [            1:0] bresp_i,
  input logic                   arvalid_i,
  input logic                   arready_i,
  input logic [    IdWidth-1:0] arid_i,
  input logic [  AddrWidth-1:0] araddr_i,
  input logic [            7:0] arlen_i,
  input logic [            2:0] arsize_i,
  input logic [            1:0] arburst_i,
  input logic                   arlock_i,
  input logic [  RestWidth-1:0] arrest_i,
  input logic                   rvalid_i,
  input logic                   rready_i,
  input logic [    IdWidth-1:0] rid_i,
  input logic [  DataWidth-1:0] rdata_i,
  input logic [            1:0] rresp_i,
  input logic                   rlast_i
);

  // The state of a checker is a program's, not that of hardware.
  // verilator lint_off BLKSEQ

  import "DPI-C" function void axi_violation(
    input string port,
    input string channel,
    input string rule
  );

  `define AXI_RULE(channel, holds, rule) \
  assert (holds) else axi_violation(Name, channel, rule)

  localparam int unsigned Lanes = DataWidth / 8;
  localparam logic [1:0] FIXED = 2'd0;
  localparam logic [1:0] INCR = 2'd1;
  localparam logic [1:0] WRAP = 2'd2;
  localparam logic [1:0] EXOKAY = 2'd1;

  // AWATOP[5:4], and the whole of it where that is not enough.
  localparam logic [1:0] ATOMIC_STORE = 2'b01;
  localparam logic [1:0] ATOMIC_LOAD = 2'b10;
  localparam logic [5:0] ATOMIC_SWAP = 6'b110000;
  localparam logic [5:0] ATOMIC_COMPARE = 6'b110001;

  typedef struct packed {
    logic [IdWidth-1:0]   id;
    logic [AddrWidth-1:0] addr;
    logic [7:0]           len;
    logic [2:0]           size;
    logic [1:0]           burst;
    logic                 lock;
    logic [5:0]           atop;
    logic [RestWidth-1:0] rest;
  } ax_t;

  typedef struct packed {
    logic [DataWidth-1:0] data;
    logic [Lanes-1:0]     strb;
    logic                 last;
  } w_t;

  typedef struct packed {
    logic [IdWidth-1:0] id;
    logic [1:0]         resp;
  } b_t;

  typedef struct packed {
    logic [IdWidth-1:0]   id;
    logic [DataWidth-1:0] data;
    logic [1:0]           resp;
    logic                 last;
  } r_t;

  ax_t aw, ar;
  w_t w;
  b_t b;
  r_t r;
  assign aw = '{awid_i, awaddr_i, awlen_i, awsize_i, awburst_i, awlock_i, awatop_i, awrest_i};
  assign ar = '{arid_i, araddr_i, arlen_i, arsize_i, arburst_i, arlock_i, 6'd0, arrest_i};
  assign w  = '{wdata_i, wstrb_i, wlast_i};
  assign b  = '{bid_i, bresp_i};
  assign r  = '{rid_i, rdata_i, rresp_i, rlast_i};

  // --- each channel by itself ---------------------------------------------------------------

  `define AXI_CHANNEL(channel, name) \
  logic name``_stalled; \
  always @(posedge clk_i) begin \
    if (!rst_ni) begin \
      `AXI_RULE(channel, !name``valid_i, "VALID in reset"); \
    end else if (name``_stalled) begin \
      `AXI_RULE(channel, name``valid_i, "VALID was taken back"); \
      `AXI_RULE(channel, !name``valid_i || name == name``_was, \
                "something changed while it was stalled"); \
    end \
    name``_stalled = rst_ni && name``valid_i && !name``ready_i; \
    name``_was     = name; \
  end

  ax_t aw_was, ar_was;
  w_t w_was;
  b_t b_was;
  r_t r_was;
  `AXI_CHANNEL("AW", aw)
  `AXI_CHANNEL("W", w)
  `AXI_CHANNEL("B", b)
  `AXI_CHANNEL("AR", ar)
  `AXI_CHANNEL("R", r)

  // --- bursts -------------------------------------------------------------------------------

  function automatic void check_burst(string channel, ax_t ax);
    int unsigned bytes = 1 << ax.size;
    int unsigned beats = int'(ax.len) + 1;
    int unsigned total = bytes * beats;
    int unsigned offset = int'(ax.addr[11:0]) & ~(bytes - 1);
    `AXI_RULE(channel, ax.burst <= WRAP, "AxBURST is reserved");
    `AXI_RULE(channel, bytes <= Lanes, "AxSIZE exceeds the bus");
    `AXI_RULE(channel, ax.burst != INCR || offset + total <= 4096, "INCR crosses 4 KiB");
    `AXI_RULE(channel, ax.burst != FIXED || beats <= 16, "FIXED has more than 16 beats");
    `AXI_RULE(channel, ax.burst != WRAP || beats inside {2, 4, 8, 16},
              "WRAP has not 2, 4, 8 or 16 beats");
    `AXI_RULE(channel, ax.burst != WRAP || (int'(ax.addr[11:0]) & (bytes - 1)) == 0,
              "WRAP is not aligned to its beats");
    if (ax.lock) begin
      `AXI_RULE(channel, beats <= 16, "an exclusive access has more than 16 beats");
      `AXI_RULE(channel, $countones(total) == 1 && total <= 128,
                "an exclusive access is not of 2^n bytes up to 128");
      `AXI_RULE(channel, $countones(total) != 1 || (int'(ax.addr[11:0]) & (total - 1)) == 0,
                "an exclusive access is not aligned");
    end
  endfunction

  function automatic void check_atomic(ax_t ax);
    int unsigned bytes = 1 << ax.size;
    int unsigned total = bytes * (int'(ax.len) + 1);
    bit          compare = ax.atop == ATOMIC_COMPARE;
    int unsigned operand = compare ? total / 2 : total;  // that it is aligned to
    bit          upper = compare && (int'(ax.addr[11:0]) & operand) != 0;
    `AXI_RULE("AW",
              ax.atop[5:4] inside {ATOMIC_STORE, ATOMIC_LOAD} ||
                    ax.atop inside {ATOMIC_SWAP, ATOMIC_COMPARE},
              "AWATOP is reserved");
    `AXI_RULE("AW", !ax.lock, "an atomic is exclusive");
    `AXI_RULE("AW", compare ? total inside {2, 4, 8, 16, 32} : total inside {1, 2, 4, 8},
              "an atomic has a size that there is not");
    `AXI_RULE("AW", ax.len == 0 || bytes == Lanes, "an atomic of several beats is narrow");
    `AXI_RULE("AW", (int'(ax.addr[11:0]) & (operand - 1)) == 0, "an atomic is not aligned");
    `AXI_RULE("AW", ax.burst == (upper ? WRAP : INCR) || ax.len == 0 && ax.burst == INCR,
              "an atomic has the wrong AWBURST");
  endfunction

  // --- transactions -------------------------------------------------------------------------

  typedef struct packed {
    logic [IdWidth-1:0] id;
    logic               lock, atomic;
    logic [8:0]         left;          // beats
  } read_t;

  typedef struct packed {
    ax_t        ax;
    logic       filled;  // all data is there
    logic [8:0] beats;   // that are
  } write_t;

  typedef struct packed {
    logic [Lanes-1:0] strb;
    logic             last;
  } beat_t;

  read_t reads[$];  // in the order in which they came
  write_t writes[$];
  beat_t beats[$];  // whose write is not there yet
  int filling;  // the first of writes without all its data
  logic b_shown, r_shown;

  function automatic int read_of(logic [IdWidth-1:0] id);
    for (int i = 0; i < reads.size(); i++) if (reads[i].id == id) return i;
    return -1;
  endfunction

  function automatic int write_of(logic [IdWidth-1:0] id);
    for (int i = 0; i < writes.size(); i++) if (writes[i].ax.id == id) return i;
    return -1;
  endfunction

  function automatic bit atomic_has(logic [IdWidth-1:0] id);
    for (int i = 0; i < reads.size(); i++) if (reads[i].id == id && reads[i].atomic) return 1;
    for (int i = 0; i < writes.size(); i++)
    if (writes[i].ax.id == id && writes[i].ax.atop != 0) return 1;
    return 0;
  endfunction

  // Byte lanes of a beat.
  function automatic logic [Lanes-1:0] lanes_of(ax_t ax, logic [8:0] beat);
    logic [AddrWidth-1:0] bytes = AddrWidth'(1) << ax.size;
    logic [AddrWidth-1:0] total = bytes * (AddrWidth'(ax.len) + 1);
    logic [AddrWidth-1:0] start = ax.addr;
    int unsigned low, high;
    if (ax.burst != FIXED && beat != 0) begin
      start = (ax.addr & ~(bytes - 1)) + AddrWidth'(beat) * bytes;
      if (ax.burst == WRAP) start = (ax.addr & ~(total - 1)) | (start & (total - 1));
    end
    low  = int'(start) & (int'(Lanes) - 1);
    high = (low & ~(int'(bytes) - 1)) + int'(bytes);
    // The operands of a compare begin with the one that memory is compared with.
    if (ax.atop == ATOMIC_COMPARE) low = low & ~(int'(bytes) - 1);
    for (int unsigned i = 0; i < Lanes; i++) lanes_of[i] = i >= low && i < high;
  endfunction

  task automatic take_data();
    while (filling < writes.size() && beats.size() != 0) begin
      beat_t beat = beats.pop_front();
      ax_t   ax = writes[filling].ax;
      bit    final_beat = writes[filling].beats == 9'(ax.len);
      `AXI_RULE("W", beat.last || !final_beat, "LAST is missing");
      `AXI_RULE("W", !beat.last || final_beat, "LAST is too early");
      `AXI_RULE("W", (beat.strb & ~lanes_of(ax, writes[filling].beats)) == 0,
                "a strobe is outside of the beat");
      writes[filling].beats += 1;
      if (final_beat) begin
        writes[filling].filled = 1'b1;
        filling++;
      end
    end
  endtask

  task automatic check_r();
    int i = read_of(rid_i);
    if (!r_shown) begin
      `AXI_RULE("R", i >= 0, "an answer to nothing");
      if (i >= 0) begin
        `AXI_RULE("R", rlast_i || reads[i].left != 1, "LAST is missing");
        `AXI_RULE("R", !rlast_i || reads[i].left == 1, "LAST is too early");
        `AXI_RULE("R", rresp_i != EXOKAY || reads[i].lock, "EXOKAY to what is not exclusive");
      end
    end
    r_shown = !rready_i;
    if (rready_i && i >= 0) begin
      if (reads[i].left == 1) reads.delete(i);
      else reads[i].left -= 1;
    end
  endtask

  task automatic check_b();
    int i = write_of(bid_i);
    if (!b_shown) begin
      `AXI_RULE("B", i >= 0, "an answer to nothing");
      if (i >= 0) begin
        `AXI_RULE("B", writes[i].filled, "an answer before all data");
        `AXI_RULE("B", bresp_i != EXOKAY || writes[i].ax.lock, "EXOKAY to what is not exclusive");
      end
    end
    b_shown = !bready_i;
    if (bready_i && i >= 0) begin
      if (i < filling) filling--;
      writes.delete(i);
    end
  endtask

  task automatic take_aw();
    int unsigned answers = int'(awlen_i) + 1;
    check_burst("AW", aw);
    `AXI_RULE("AW", !atomic_has(awid_i), "the ID is an atomic's");
    if (awatop_i != 0) begin
      check_atomic(aw);
      `AXI_RULE("AW", atomic_has(awid_i) || read_of(awid_i) < 0 && write_of(awid_i) < 0,
                "an atomic's ID is in use");
    end
    writes.push_back('{aw, 1'b0, 9'd0});
    if (awatop_i == ATOMIC_COMPARE) answers = (answers + 1) / 2;
    if (awatop_i[5]) reads.push_back('{awid_i, 1'b0, 1'b1, 9'(answers)});
  endtask

  // Answers first: none is to come in the cycle of what it answers.
  always @(posedge clk_i) begin
    if (!rst_ni) begin
      reads.delete();
      writes.delete();
      beats.delete();
      filling = 0;
      b_shown = 1'b0;
      r_shown = 1'b0;
    end else begin
      if (rvalid_i) check_r();
      if (bvalid_i) check_b();
      if (arvalid_i && arready_i) begin
        check_burst("AR", ar);
        `AXI_RULE("AR", !atomic_has(arid_i), "the ID is an atomic's");
        reads.push_back('{arid_i, arlock_i, 1'b0, 9'(arlen_i) + 9'd1});
      end
      if (awvalid_i && awready_i) take_aw();
      if (wvalid_i && wready_i) beats.push_back('{wstrb_i, wlast_i});
      take_data();
    end
  end

  // verilator lint_on BLKSEQ

  `undef AXI_RULE
  `undef AXI_CHANNEL

endmodule
