// SPDX-License-Identifier: Apache-2.0
//
// The IOTLB: translations of 4-KiB pages, both stages combined, in block RAM, shared by all
// device ports; 4 ways, a small one 2. One lookup a cycle, in three stages:
//
//   grant    choose a requester, and read a set
//   compare  with the tags of the ways
//   answer   the way that hit; or, what missed, to the walker
//
// Tags are what a request is (its identity), so that a hit needs no context. An invalidation
// goes by address space, which a request does not carry: the index is mixed from the page
// number and a few bits, the salt, that come from the space. For a lookup a small table
// guesses the salt from the identity; a wrong guess is a miss. So an invalidation by address
// finds all that it has to find in one set.
//
// With Cfg.ReadAhead a stream is seen when the page after the last one of its kind is asked for:
// such a walk reads the whole line of eight PTEs, and the next line is fetched ahead.
// Superpages are answered, too, by what iommu_shortcut has of them.

module iommu_iotlb
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_walk_pkg::*;
#(
  parameter config_t     Cfg        = ConfigBase,
  parameter int unsigned Requesters = 2 * Cfg.Ports
) (
  input  logic                            clk_i,
  input  logic                            rst_ni,
  // requests of the ports
  input  logic           [Requesters-1:0] req_valid_i,
  output logic           [Requesters-1:0] req_ready_o,
  input  xlate_req_t     [Requesters-1:0] req_i,
  // hits; cannot be refused
  output logic                            hit_valid_o,
  output xlate_rsp_t                      hit_o,
  input  logic                            yield_i,        // leave a cycle without a hit
  // misses
  output logic                            miss_valid_o,
  input  logic                            miss_ready_i,
  output walk_req_t                       miss_o,
  // what a walk has found
  input  logic                            fill_valid_i,
  output logic                            fill_ready_o,
  input  tlb_fill_t                       fill_i,
  input  logic                            short_valid_i,
  input  shortcut_fill_t                  short_i,
  // invalidation
  input  logic                            inval_valid_i,
  input  inval_t                          inval_i,
  output logic                            inval_done_o,
  output logic                            idle_o,
  output logic                            parity_error_o  // what was looked up had an error
);

  localparam int unsigned Ways = Cfg.IotlbEntries < 128 ? 2 : 4;
  localparam int unsigned Sets = Cfg.IotlbEntries / Ways;
  localparam int unsigned SetBits = $clog2(Sets);
  // The salt lies in the upper bits of the index, so that neighbours have sets of their own.
  localparam int unsigned SaltBits = SetBits < 6 ? SetBits : 6;
  localparam int unsigned Queue = 2 * Cfg.Ports * Cfg.Pending;  // all that can miss at once

  typedef logic [SetBits-1:0] set_t;
  typedef logic [SaltBits-1:0] salt_t;

  typedef struct packed {
    logic               valid;
    logic               translated;
    identity_t          identity;
    logic [51:0]        page;
    logic [PpnBits-1:0] ppn;
    perms_t             perms;
    pbmt_e              pbmt;
    logic               msi;
    leaf_size_e         leaf;        // of the first stage's leaf
    logic               is_global;
    logic               spare;       // one of a line's others
    space_t             space;
  } entry_t;

  typedef struct packed {
    logic [11:0] rcid;
    logic [11:0] mcid;
  } qos_t;

  // Of what the configuration never holds, entries have nothing.
  function automatic entry_t entry_of(tlb_fill_t fill);
    return
    '{
        valid: 1'b1,
        translated: fill.translated && Cfg.Ats,
        identity: held_identity(Cfg, fill.identity),
        page: held_page(Cfg, fill.page),
        ppn: fill.answer.ppn,
        perms: fill.answer.perms,
        pbmt: Cfg.Svpbmt ? fill.answer.pbmt : PBMT_PMA,
        msi: Cfg.MsiFlat && fill.answer.target == TARGET_MSI,
        leaf: fill.leaf,
        is_global: fill.answer.is_global,
        spare: fill.spare && Cfg.ReadAhead,
        space: fill.space
    }
    ;
  endfunction

  localparam int unsigned QosBits = Cfg.Qos ? $bits(qos_t) : 1;

  function automatic salt_t salt_of(space_t space);
    logic [19:0] mixed;
    mixed = (space.pscv ? space.pscid ^ 20'(space.pscid[19:6]) : '0) ^
            (space.gv ? {4'h0, space.gscid ^ 16'(space.gscid[15:6])} << 1 : '0);
    return salt_t'(mixed);
  endfunction

  function automatic set_t set_of(logic [51:0] page, salt_t salt);
    set_t mixed;
    mixed = set_t'(page) ^ set_t'(page >> SetBits);
    return mixed ^ (set_t'(salt) << (SetBits - SaltBits));
  endfunction

  // What of a fill is compared with tags, as if it were asked for.
  function automatic xlate_req_t request_of(tlb_fill_t fill);
    xlate_req_t request = '0;
    request.kind        = fill.translated ? TYPE_TRANSLATED : TYPE_UNTRANSLATED;
    request.identity    = fill.identity;
    request.iova[63:12] = held_page(Cfg, fill.page);
    return request;
  endfunction

  // --- grant --------------------------------------------------------------------------------

  // Behind the ports: what missed before and waits for the walker; the next line of a stream.
  localparam int unsigned Sources = Requesters + 2;

  logic [Sources-1:0] asks, later_q, chosen, granted;
  xlate_req_t grant, key;
  logic grant_valid, open, fill_take;
  logic tlb_done_q, short_done_q;
  logic short_hit, short_hit_q;  // of iommu_shortcut
  shortcut_t short_found, short_q;
  superpage_t short_superpage, superpage_q;  // a leaf of 2 MiB or more
  logic       short_bad;
  logic       ahead_valid_q;
  xlate_req_t ahead_q;
  // While the walker has no slot, the first of those that wait is looked up again and again, since
  // what one walk finds may be for others, too.
  walk_req_t  stored;
  logic waits_q, again_q, answer_again_q;

  function automatic logic [Sources-1:0] above(logic [Sources-1:0] set);
    logic [Sources-1:0] result;
    result = '0;
    for (int unsigned i = 1; i < Sources; i++) result[i] = result[i-1] || set[i-1];
    return result;
  endfunction

  always_comb begin
    asks = {
      ahead_valid_q && req_valid_i == '0, waits_q && !again_q && !answer_again_q, req_valid_i
    };
    chosen = (asks & later_q) != '0 ? asks & later_q : asks;
    // What a walk has found goes first: it reads its set, too, to find its way.
    chosen = chosen & ~above(chosen);
    granted = fill_valid_i ? '0 : chosen;
    fill_take = fill_valid_i && fill_ready_o;
    grant_valid = asks != '0 && open && !fill_valid_i;
    grant = granted[Sources-1] ? ahead_q : '0;
    if (granted[Requesters]) grant |= stored.req;
    for (int unsigned i = 0; i < Requesters; i++) if (granted[i]) grant |= req_i[i];
    if (fill_valid_i) grant |= request_of(fill_i);
    req_ready_o = open ? granted[Requesters-1:0] : '0;
    // What the tags are compared with. Of an invalidation device and process are, as well.
    key         = grant;
    if (inval_valid_i) begin
      key.identity.device_id  = inval_i.device_id;
      key.identity.process_id = inval_i.process_id;
    end
  end

  // --- streams and salts --------------------------------------------------------------------

  localparam int unsigned Streams = Cfg.IotlbEntries >= 1024 ? 128 : 16;
  localparam int unsigned Salts = Cfg.IotlbEntries >= 1024 ? 64 : 16;

  typedef logic [$clog2(Streams)-1:0] stream_t;
  typedef logic [$clog2(Salts)-1:0] guess_t;

  function automatic guess_t guess_of(identity_t identity);
    return guess_t'(identity.device_id) ^ guess_t'(identity.device_id >> $clog2(Salts)) ^
        guess_t'(identity.process_id) ^ guess_t'(identity.process_id >> $clog2(Salts));
  endfunction

  function automatic stream_t stream_of(xlate_req_t req);
    return stream_t'(guess_of(req.identity)) ^ stream_t'(req.iova[24:21]) ^
        (stream_t'(req.requester.write) << ($clog2(Streams) - 1));
  endfunction

  logic compare_valid_q, note;
  xlate_req_t        compare_q;  // the key of the cycle before
  logic       [15:0] last_page;
  salt_t             salt;

  assign note = compare_valid_q && compare_q.requester.unit == UNIT_PORT && !again_q;

  iommu_ram #(
    .OldWord(1'b0),
    .Depth  (Streams),
    .Width  (16)
  ) u_streams (
    .clk_i,
    .we_i   (note),
    .waddr_i(stream_of(compare_q)),
    .wdata_i(compare_q.iova[27:12]),
    .re_i   (1'b1),
    .raddr_i(stream_of(grant)),
    .rdata_o(last_page)
  );

  iommu_table #(
    .Depth(Salts),
    .Width(SaltBits)
  ) u_salts (
    .clk_i,
    .we_i   (fill_take),
    .waddr_i(guess_of(fill_i.identity)),
    .wdata_i(salt_of(fill_i.space)),
    .raddr_i(guess_of(grant.identity)),
    .rdata_o(salt)
  );

  // --- who has the sets ---------------------------------------------------------------------

  typedef enum logic [1:0] {
    CLEAR,  // all entries become invalid
    SERVE,
    VISIT   // an invalidation goes through several sets
  } mode_e;

  mode_e mode_d, mode_q;
  set_t sweep_d, sweep_q;
  logic split_q;  // entries that are parts of larger leaves may be here
  logic one_set, visit, last_visit, judge_q, judge_last_q, kill_q;
  set_t visit_set;
  set_t look_set_q, write_set_q;  // what was read a cycle ago, and two cycles ago
  logic [Ways-1:0] kill_d, kill_way_q;
  logic   [Ways-1:0][$bits(entry_t)-1:0] raw;
  entry_t [Ways-1:0]                     read;
  logic                                  by_address;
  set_t                                  last_set;

  // By address there are few sets to visit: one for each page of a space that is known, or one
  // for each salt of a page of all spaces.
  always_comb begin
    by_address = inval_i.kind == INVAL_VMA && inval_i.av && !split_q &&
                 !inval_i.span[inval_i.pscv?SetBits-1 : 0];
    last_set = !by_address ? '1 : inval_i.pscv ? set_t'(inval_i.span) : set_t'(2 ** SaltBits - 1);
    one_set = last_set == '0;
    mode_d = mode_q;
    sweep_d = '0;
    visit = 1'b0;
    last_visit = 1'b0;
    unique case (mode_q)
      CLEAR: begin
        sweep_d = sweep_q + 1'b1;
        if (sweep_q == set_t'(Sets - 1)) mode_d = SERVE;
      end
      SERVE:
      if (inval_valid_i && !judge_q && !tlb_done_q) begin
        if (inval_i.kind == INVAL_ALL) mode_d = CLEAR;
        else begin
          visit      = 1'b1;
          last_visit = one_set;
          if (!one_set) begin
            mode_d  = VISIT;
            sweep_d = set_t'(1);
          end
        end
      end
      default: begin
        visit      = 1'b1;
        sweep_d    = sweep_q + 1'b1;
        last_visit = sweep_q == last_set;
        if (last_visit) mode_d = SERVE;
      end
    endcase
  end

  // With the clearing that an INVAL_ALL began, its end is the end of the command.
  logic clearing_q, tlb_done, short_done;
  assign tlb_done = (judge_q && judge_last_q) || (mode_q == CLEAR && mode_d == SERVE && clearing_q);

  always_comb begin
    space_t space;
    space     = '{gv: inval_i.gv, gscid: inval_i.gscid, pscv: 1'b1, pscid: inval_i.pscid};
    visit_set = mode_q == SERVE ? '0 : sweep_q;
    if (by_address && inval_i.pscv)
      visit_set = set_of((inval_i.page & ~inval_i.span) | 52'(visit_set), salt_of(space));
    else if (by_address) visit_set = set_of(inval_i.page, salt_t'(visit_set));
  end

  assign fill_ready_o = mode_q == SERVE && !inval_valid_i && !judge_q && !kill_q;
  assign open         = fill_ready_o && !yield_i;

  // --- the sets -----------------------------------------------------------------------------

  logic [Ways-1:0] we;
  logic            re;
  set_t waddr, raddr;
  entry_t wdata;

  // A fill is written two cycles after it came, unless an invalidation has begun.
  logic fill_look_q, fill_write_q, fill_write;
  tlb_fill_t fill_look_data_q, fill_data_q;
  logic [Ways-1:0] fill_way_d, fill_way_q;

  assign fill_write = fill_write_q && !inval_valid_i;

  always_comb begin
    re = visit || fill_take || grant_valid;
    raddr = visit ? visit_set :
        set_of(grant.iova[63:12], fill_valid_i ? salt_of(fill_i.space) : salt);
    we = '0;
    waddr = write_set_q;
    // Of an entry that is not valid nobody looks at the rest.
    wdata = entry_of(fill_data_q);
    wdata.valid = mode_q != CLEAR && !kill_q;
    if (mode_q == CLEAR) begin
      we    = '1;
      waddr = sweep_q;
    end else if (kill_q) begin
      we = kill_way_q;
    end else if (fill_write) begin
      we = fill_way_q;
    end
  end

  qos_t [Ways-1:0] qos;

  logic [Ways-1:0] collided_q;  // what was read was being written: nothing that can be known
  logic [Ways-1:0] bad, wrong;  // it has an error of parity; either of the two
  logic [Ways-1:0] bad_entry, bad_qos;

  assign bad   = bad_entry | bad_qos;
  assign wrong = collided_q | bad;

  for (genvar way = 0; way < int'(Ways); way++) begin : g_way
    iommu_cache_ram #(
      .Depth (Sets),
      .Width ($bits(entry_t)),
      .Parity(Cfg.Parity)
    ) u_ram (
      .clk_i,
      .we_i   (we[way]),
      .waddr_i(waddr),
      .wdata_i(wdata),
      .re_i   (re),
      .raddr_i(raddr),
      .rdata_o(raw[way]),
      .error_o(bad_entry[way])
    );
    assign read[way] = entry_t'(raw[way]);

    if (Cfg.Qos) begin : g_qos
      iommu_cache_ram #(
        .Depth (Sets),
        .Width (QosBits),
        .Parity(Cfg.Parity)
      ) u_qos (
        .clk_i,
        .we_i   (we[way]),
        .waddr_i(waddr),
        .wdata_i({fill_data_q.answer.rcid, fill_data_q.answer.mcid}),
        .re_i   (re),
        .raddr_i(raddr),
        .rdata_o(qos[way]),
        .error_o(bad_qos[way])
      );
    end else begin : g_no_qos
      assign qos[way]     = '0;
      assign bad_qos[way] = 1'b0;
    end
  end

  // Does an invalidation cover this entry, of this device or process? More may go than has to.
  function automatic logic covers(inval_t inval, entry_t entry, logic same_device,
                                  logic same_process);
    logic in_space, in_range;
    in_space = entry.space.gv == inval.gv && (!inval.gv || entry.space.gscid == inval.gscid);
    in_range = !inval.av || entry.leaf == LEAF_LARGE ||
        (held_page(Cfg, entry.page ^ inval.page) & ~inval.span &
         (entry.leaf == LEAF_64K ? ~52'hf : '1)) == '0;
    unique case (inval.kind)
      INVAL_VMA:
      return in_space && entry.space.pscv && in_range &&
          (!inval.pscv || (entry.space.pscid == inval.pscid && !entry.is_global));
      INVAL_GVMA: return entry.space.gv && (!inval.gv || in_space);
      INVAL_DDT: return !inval.dv || same_device;
      INVAL_PDT: return same_device && same_process;
      default: return 1'b1;
    endcase
  endfunction

  // What was read, compared with the key, if it is of a lookup, a fill or an invalidation.
  logic [Ways-1:0] same_device, same_process, tag_match;

  always_comb begin
    identity_t identity;
    identity     = held_identity(Cfg, compare_q.identity);
    same_device  = '0;
    same_process = '0;
    tag_match    = '0;
    if (compare_valid_q || fill_look_q || judge_q)
      for (int unsigned way = 0; way < Ways; way++) begin
        same_device[way] = read[way].identity.device_id == identity.device_id;
        same_process[way] = read[way].identity.process_id == identity.process_id;
        tag_match[way]    = !wrong[way] && read[way].valid && same_device[way] &&
          same_process[way] &&
          read[way].identity.process_id_valid == identity.process_id_valid &&
          read[way].identity.privileged == identity.privileged &&
          read[way].translated == (compare_q.kind == TYPE_TRANSLATED && Cfg.Ats) &&
          read[way].page == held_page(Cfg, compare_q.iova[63:12]);
      end
  end

  always_comb begin
    kill_d = '0;
    if (judge_q)
      for (int unsigned way = 0; way < Ways; way++)
      kill_d[way] = wrong[way] ||
          (read[way].valid && covers(inval_i, read[way], same_device[way], same_process[way]));
  end

  // --- compare ------------------------------------------------------------------------------

  logic            stream;
  logic [Ways-1:0] permitted;
  logic superpage_hit, superpage_hit_q;
  logic may_hit;

  function automatic logic grants(perms_t perms, access_e access);
    unique case (access)
      ACCESS_WRITE:   return perms.w;
      ACCESS_EXECUTE: return perms.x;
      default:        return perms.r;
    endcase
  endfunction

  always_comb begin
    stream = compare_q.iova[27:12] == last_page + 16'd1 && compare_q.requester.unit == UNIT_PORT;
    may_hit =
        is_held(Cfg, compare_q.identity, compare_q.kind == TYPE_TRANSLATED, compare_q.iova[63:12]);
    for (int unsigned way = 0; way < Ways; way++)
    permitted[way] = may_hit && grants(read[way].perms, compare_q.access);
    superpage_hit = short_hit && short_superpage.valid &&
        grants(short_superpage.perms, compare_q.access);
  end

  // --- answer -------------------------------------------------------------------------------

  logic answer_valid_q, answer_stream_q;
  xlate_req_t                    answer_q;
  logic       [        Ways-1:0] hit_q;
  logic       [$clog2(Ways)-1:0] turn_q;
  logic                          room_q;  // the set has a way to spare
  entry_t     [        Ways-1:0] data_q;
  qos_t       [        Ways-1:0] data_qos_q;
  logic hit, nested;
  entry_t            found;
  qos_t              found_qos;

  // The way to fill: one that has the page already, or an invalid one, or the next in turn.
  logic   [Ways-1:0] vacant;

  always_comb begin
    for (int unsigned way = 0; way < Ways; way++)
    vacant[way] = !collided_q[way] && (bad[way] || !read[way].valid);
    fill_way_d = fill_look_data_q.spare ? '0 : Ways'(1) << turn_q;
    if (vacant != '0) fill_way_d = vacant & (~vacant + Ways'(1));
    if (fill_look_q)
      for (int unsigned way = 0; way < Ways; way++)
      if (tag_match[way]) fill_way_d = Ways'(1) << way;
  end

  always_comb begin
    found     = '0;
    found_qos = '0;
    for (int way = Ways - 1; way >= 0; way--) begin
      if (hit_q[way]) begin
        found     = data_q[way];
        found_qos = data_qos_q[way];
      end
    end
    hit             = hit_q != '0 || superpage_hit_q;
    nested          = superpage_hit_q ? short_q.nested : found.space.gv;

    hit_valid_o     = answer_valid_q && hit && answer_q.requester.unit == UNIT_PORT;
    hit_o           = '0;
    hit_o.requester = answer_q.requester;
    hit_o.target    = found.msi ? TARGET_MSI : TARGET_MEMORY;
    hit_o.ppn       = found.ppn;
    hit_o.perms     = found.perms;
    hit_o.pbmt      = found.pbmt;
    hit_o.log2      = 6'd12;
    hit_o.is_global = found.is_global;
    hit_o.rcid      = found_qos.rcid;
    hit_o.mcid      = found_qos.mcid;
    if (superpage_hit_q) begin
      hit_o.target    = TARGET_MEMORY;
      hit_o.ppn       = {short_q.base[43:9], answer_q.iova[20:12]};
      hit_o.perms     = superpage_q.perms;
      hit_o.pbmt      = superpage_q.pbmt;
      hit_o.log2      = 6'd21;
      hit_o.is_global = short_q.is_global;
      hit_o.rcid      = short_q.rcid;
      hit_o.mcid      = short_q.mcid;
    end
  end

  // What a stream wants next: the next line of PTEs, or behind a second stage the page after
  // the next, since there a line does not help.
  logic       ahead_valid_d;
  xlate_req_t ahead_d;

  always_comb begin
    ahead_valid_d = ahead_valid_q && !(chosen[Sources-1] && open);
    ahead_d       = ahead_q;
    if (Cfg.ReadAhead && answer_valid_q && answer_stream_q &&
        answer_q.requester.unit == UNIT_PORT && !answer_again_q &&
        (answer_q.iova[14:12] == 3'd6 || (hit ? nested : short_hit_q && short_q.nested))) begin
      ahead_valid_d           = 1'b1;
      ahead_d                 = answer_q;
      ahead_d.requester       = '0;
      ahead_d.requester.unit  = UNIT_PREFETCH;
      ahead_d.requester.write = answer_q.requester.write;
      ahead_d.iova            = {answer_q.iova[63:12] + 52'd2, 12'b0};
    end
  end

  // --- shortcuts ----------------------------------------------------------------------------

  if (Cfg.ReadAhead) begin : g_shortcut
    iommu_shortcut #(
      .Cfg(Cfg)
    ) u_shortcut (
      .clk_i,
      .rst_ni,
      .look_i        (grant),
      .asked_i       (compare_q),
      .hit_o         (short_hit),
      .found_o       (short_found),
      .superpage_o   (short_superpage),
      .fill_valid_i  (short_valid_i),
      .fill_i        (short_i),
      .inval_valid_i (inval_valid_i && !short_done_q),
      .inval_i,
      .inval_done_o  (short_done),
      .parity_error_o(short_bad)
    );
  end else begin : g_no_shortcut
    logic unused;
    assign short_hit       = 1'b0;
    assign short_found     = '0;
    assign short_superpage = '0;
    assign short_done      = 1'b1;
    assign short_bad       = 1'b0;
    assign unused          = &{1'b0, short_valid_i, short_i, short_done_q};
  end

  assign parity_error_o = ((compare_valid_q || judge_q || fill_look_q) &&
                           (bad & ~collided_q) != '0) || (compare_valid_q && short_bad);

  assign inval_done_o = (tlb_done || tlb_done_q) && (short_done || short_done_q) && inval_valid_i;

  // --- misses -------------------------------------------------------------------------------

  // Lines that no stream asks for are read while what they brought is hit now and then, and once in
  // a while to see whether it would be.
  localparam int unsigned Worth = 48, Reward = 32;
  logic [7:0] worth_d, worth_q;
  logic [7:0] trial_q;
  logic useful, spent;

  // Whatever misses has a place here: hits behind it are never held up.
  walk_req_t missed;
  logic missed_valid, push, pop, done, empty, found_again;

  localparam int unsigned QueueBits = $clog2(Queue);
  typedef logic [QueueBits-1:0] place_t;
  place_t first_q, last_q;
  logic [QueueBits:0] count_q;  // in the memory, not counting the head that was read

  always_comb begin
    missed.req = answer_q;
    missed.stream = answer_stream_q || answer_q.requester.unit == UNIT_PREFETCH;
    // A stream behind a second stage is fetched ahead page by page.
    missed.line   = missed.stream ? !(short_hit_q && short_q.nested)
                                  : room_q && (worth_q != '0 || trial_q == '0);
    missed.brief = short_hit_q && !superpage_q.valid;
    missed.direct = short_q;
    missed_valid = answer_valid_q && !hit && !answer_again_q;
    empty = count_q == '0 && !waits_q;
    found_again = answer_again_q && hit;
    miss_valid_o = waits_q ? !found_again : missed_valid && empty;
    miss_o = waits_q ? stored : missed;
    if (!Cfg.ReadAhead) {miss_o.line, miss_o.stream, miss_o.brief, miss_o.direct} = '0;
  end

  assign useful = hit_valid_o && found.spare;
  assign spent  = missed_valid && missed.line && !missed.stream;

  always_comb begin
    worth_d = spent && worth_q != '0 ? worth_q - 8'd1 : worth_q;
    if (useful) worth_d = worth_q > 8'(255 - Reward) ? '1 : worth_q + 8'(Reward);
  end

  // Nobody waits for what is fetched ahead: it is dropped unless the walker is free for it.
  assign push = missed_valid && !(empty && miss_ready_i) &&
                answer_q.requester.unit != UNIT_PREFETCH;
  assign done = waits_q && (found_again || miss_ready_i);
  assign pop = count_q != '0 && (!waits_q || done);

  iommu_ram #(
    .OldWord(1'b0),
    .Block  (1'b1),
    .Depth  (Queue),
    .Width  ($bits(walk_req_t))
  ) u_queue (
    .clk_i,
    .we_i   (push),
    .waddr_i(last_q),
    .wdata_i(missed),
    .re_i   (pop),
    .raddr_i(first_q),
    .rdata_o(stored)
  );

  assign idle_o = mode_q == SERVE && !fill_look_q && !fill_write_q && !compare_valid_q &&
                  !answer_valid_q &&
                  empty && !ahead_valid_q;

  // --- registers ----------------------------------------------------------------------------

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      mode_q           <= CLEAR;
      sweep_q          <= '0;
      worth_q          <= 8'(Worth);
      trial_q          <= '0;
      split_q          <= 1'b0;
      clearing_q       <= 1'b0;
      judge_q          <= 1'b0;
      judge_last_q     <= 1'b0;
      kill_q           <= 1'b0;
      look_set_q       <= '0;
      write_set_q      <= '0;
      kill_way_q       <= '0;
      collided_q       <= '0;
      later_q          <= '0;
      ahead_valid_q    <= 1'b0;
      ahead_q          <= '0;
      compare_valid_q  <= 1'b0;
      compare_q        <= '0;
      short_hit_q      <= 1'b0;
      short_q          <= '0;
      superpage_q      <= '0;
      superpage_hit_q  <= 1'b0;
      tlb_done_q       <= 1'b0;
      short_done_q     <= 1'b0;
      answer_valid_q   <= 1'b0;
      answer_stream_q  <= 1'b0;
      answer_q         <= '0;
      hit_q            <= '0;
      room_q           <= 1'b0;
      fill_look_q      <= 1'b0;
      fill_write_q     <= 1'b0;
      fill_way_q       <= '0;
      fill_look_data_q <= '0;
      fill_data_q      <= '0;
      turn_q           <= '0;
      data_q           <= '0;
      data_qos_q       <= '0;
      waits_q          <= 1'b0;
      again_q          <= 1'b0;
      answer_again_q   <= 1'b0;
      first_q          <= '0;
      last_q           <= '0;
      count_q          <= '0;
    end else begin
      mode_q  <= mode_d;
      sweep_q <= sweep_d;
      worth_q <= worth_d;
      if (missed_valid && room_q && worth_q == '0) trial_q <= trial_q + 8'd1;
      clearing_q   <= mode_d == CLEAR && (clearing_q || mode_q == SERVE);
      judge_q      <= visit;
      judge_last_q <= last_visit;
      kill_q       <= kill_d != '0;
      look_set_q   <= raddr;
      write_set_q  <= look_set_q;
      kill_way_q   <= kill_d;
      collided_q   <= waddr == raddr ? we : '0;
      if (mode_q == CLEAR) split_q <= 1'b0;
      else if (fill_take && fill_i.leaf != LEAF_4K) split_q <= 1'b1;
      if (grant_valid) later_q <= above(chosen);
      ahead_valid_q   <= ahead_valid_d && !inval_valid_i;
      ahead_q         <= ahead_d;
      compare_valid_q <= grant_valid && !(chosen[Requesters] && done);
      compare_q       <= key;
      tlb_done_q      <= inval_valid_i && !inval_done_o && (tlb_done_q || tlb_done);
      short_done_q    <= inval_valid_i && !inval_done_o && (short_done_q || short_done);
      answer_valid_q  <= compare_valid_q && !(again_q && done);
      if (compare_valid_q) begin
        answer_stream_q <= stream;
        answer_q        <= compare_q;
        hit_q           <= tag_match & permitted;
        room_q          <= vacant != '0;
        short_hit_q     <= short_hit;
        short_q         <= short_found;
        superpage_q     <= short_superpage;
        superpage_hit_q <= superpage_hit;
        data_q          <= read;
        data_qos_q      <= qos;
      end
      fill_look_q  <= fill_take && is_held(Cfg, fill_i.identity, fill_i.translated, fill_i.page);
      fill_write_q <= fill_look_q && !inval_valid_i;
      fill_way_q   <= fill_way_d;
      if (fill_take) fill_look_data_q <= fill_i;
      if (fill_look_q) fill_data_q <= fill_look_data_q;
      if (fill_look_q) turn_q <= turn_q + 1'b1;
      waits_q        <= pop || (waits_q && !done);
      again_q        <= grant_valid && chosen[Requesters] && !done;
      answer_again_q <= again_q && !done;
      if (pop) first_q <= first_q == place_t'(Queue - 1) ? '0 : first_q + 1'b1;
      if (push) last_q <= last_q == place_t'(Queue - 1) ? '0 : last_q + 1'b1;
      count_q <= count_q + (QueueBits + 1)'(push) - (QueueBits + 1)'(pop);
    end
  end

`ifndef SYNTHESIS
  // No request is dropped, none is doubled: the queue has room for all that the ports have.
  assert property (@(posedge clk_i) disable iff (!rst_ni) push |-> 32'(count_q) < Queue);
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    inval_valid_i && !inval_done_o |=> inval_valid_i);
  assert property (@(posedge clk_i) disable iff (!rst_ni) inval_done_o |-> inval_valid_i);
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    !(hit_valid_o && miss_valid_o && !waits_q));
  assert property (@(posedge clk_i) disable iff (!rst_ni) again_q || answer_again_q |-> waits_q);
`endif

endmodule
