// SPDX-License-Identifier: Apache-2.0
//
// Does axi_checker notice? Legal traffic must pass in silence; then each rule is broken by
// itself and must be reported, under its name and channel, and no other rule with it. The
// rules are read from axi_checker.sv: one without a test here is a failure.

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "Vaxi_checker.h"
#include "Vaxi_checker__Dpi.h"
#include "verilated.h"

namespace
{
using Report = std::set<std::string>;

std::unique_ptr<Vaxi_checker> port;
Report seen, ever;

enum { FIXED, INCR, WRAP, RESERVED };
enum { OKAY, EXOKAY };
enum { STORE = 0x10, LOAD = 0x20, SWAP = 0x30, COMPARE = 0x31 };

struct Burst {
    unsigned id = 1;
    uint64_t addr = 0x1000;
    unsigned len = 0, size = 3, burst = INCR, lock = 0, atop = 0;
};

void clock()
{
    port->clk_i = 0;
    port->eval();
    port->clk_i = 1;
    port->eval();
}

void quiet()
{
    port->awvalid_i = port->wvalid_i = port->bvalid_i = port->arvalid_i = port->rvalid_i = 0;
    port->awready_i = port->wready_i = port->bready_i = port->arready_i = port->rready_i = 1;
}

void reset()
{
    port = std::make_unique<Vaxi_checker>();
    quiet();
    port->rst_ni = 0;
    for (int i = 0; i < 3; i++)
        clock();
    port->rst_ni = 1;
    clock();
}

void put_aw(const Burst &ax)
{
    port->awvalid_i = 1;
    port->awid_i = ax.id;
    port->awaddr_i = ax.addr;
    port->awlen_i = ax.len;
    port->awsize_i = ax.size;
    port->awburst_i = ax.burst;
    port->awlock_i = ax.lock;
    port->awatop_i = ax.atop;
}

void put_ar(const Burst &ax)
{
    port->arvalid_i = 1;
    port->arid_i = ax.id;
    port->araddr_i = ax.addr;
    port->arlen_i = ax.len;
    port->arsize_i = ax.size;
    port->arburst_i = ax.burst;
    port->arlock_i = ax.lock;
}

void put_w(unsigned strobes, bool last)
{
    port->wvalid_i = 1;
    port->wdata_i = 0x0123456789abcdef;
    port->wstrb_i = strobes;
    port->wlast_i = last;
}

void put_b(unsigned id, unsigned resp)
{
    port->bvalid_i = 1;
    port->bid_i = id;
    port->bresp_i = resp;
}

void put_r(unsigned id, unsigned resp, bool last)
{
    port->rvalid_i = 1;
    port->rid_i = id;
    port->rdata_i = 5;
    port->rresp_i = resp;
    port->rlast_i = last;
}

// One cycle in which what was put is taken.
void go()
{
    clock();
    quiet();
}

void aw(const Burst &ax)
{
    put_aw(ax);
    go();
}

void ar(const Burst &ax)
{
    put_ar(ax);
    go();
}

void w(unsigned strobes = 0xff, bool last = true)
{
    put_w(strobes, last);
    go();
}

void b(unsigned id = 1, unsigned resp = OKAY)
{
    put_b(id, resp);
    go();
}

void r(unsigned id = 1, bool last = true, unsigned resp = OKAY)
{
    put_r(id, resp, last);
    go();
}

// A write that is complete but for its answer.
void write(const Burst &ax, unsigned strobes = 0xff)
{
    aw(ax);
    for (unsigned i = 0; i <= ax.len; i++)
        w(strobes, i == ax.len);
}

// A read with its answers.
void read(const Burst &ax)
{
    ar(ax);
    for (unsigned i = 0; i <= ax.len; i++)
        r(ax.id, i == ax.len);
}

struct Test {
    const char *channel, *rule;
    std::function<void()> breaks;
};

// Both directions, for what is said of AxADDR and its company.
void both(std::vector<Test> &tests, const char *rule, const Burst &ax)
{
    tests.push_back({"AW", rule, [ax] { aw(ax); }});
    tests.push_back({"AR", rule, [ax] { ar(ax); }});
}

void add_handshakes(std::vector<Test> &tests)
{
    struct Channel {
        const char *name;
        std::function<void()> before, offer;
        std::function<void(bool)> ready;
        std::function<void()> change;
    };
    const std::vector<Channel> channels = {
        {"AW", [] {}, [] { put_aw({}); }, [](bool on) { port->awready_i = on; },
         [] { port->awrest_i ^= 1; }},
        {"W", [] { aw({}); }, [] { put_w(0xff, true); }, [](bool on) { port->wready_i = on; },
         [] { port->wstrb_i = 0x7f; }},
        {"B",
         [] {
             write({});
             write({});
         },
         [] { put_b(1, OKAY); }, [](bool on) { port->bready_i = on; }, [] { port->bresp_i = 2; }},
        {"AR", [] {}, [] { put_ar({}); }, [](bool on) { port->arready_i = on; },
         [] { port->arrest_i ^= 1; }},
        {"R", [] { ar({}); }, [] { put_r(1, OKAY, true); }, [](bool on) { port->rready_i = on; },
         [] { port->rdata_i ^= 1; }},
    };
    for (const Channel &channel : channels) {
        tests.push_back({channel.name, "VALID in reset", [channel] {
                             channel.before();
                             port->rst_ni = 0;
                             channel.offer();
                             clock();
                         }});
        tests.push_back({channel.name, "VALID was taken back", [channel] {
                             channel.before();
                             channel.offer();
                             channel.ready(false);
                             clock();
                             quiet();
                             clock();
                         }});
        tests.push_back({channel.name, "something changed while it was stalled", [channel] {
                             channel.before();
                             channel.offer();
                             channel.ready(false);
                             clock();
                             channel.change();
                             clock();
                         }});
    }
}

void add_bursts(std::vector<Test> &tests)
{
    both(tests, "AxBURST is reserved", {.burst = RESERVED});
    both(tests, "AxSIZE exceeds the bus", {.size = 4});
    both(tests, "INCR crosses 4 KiB", {.addr = 0x1ff8, .len = 1});
    both(tests, "FIXED has more than 16 beats", {.len = 16, .burst = FIXED});
    both(tests, "WRAP has not 2, 4, 8 or 16 beats", {.len = 2, .burst = WRAP});
    both(tests, "WRAP has not 2, 4, 8 or 16 beats", {.len = 0, .burst = WRAP});
    both(tests, "WRAP is not aligned to its beats", {.addr = 0x1004, .len = 1, .burst = WRAP});
    both(tests, "an exclusive access has more than 16 beats", {.len = 31, .size = 0, .lock = 1});
    both(tests, "an exclusive access is not of 2^n bytes up to 128", {.len = 2, .lock = 1});
    both(tests, "an exclusive access is not aligned", {.addr = 0x1008, .len = 1, .lock = 1});
}

void add_atomics(std::vector<Test> &tests)
{
    const auto atomic = [&tests](const char *rule, const Burst &ax) {
        tests.push_back({"AW", rule, [ax] { aw(ax); }});
    };
    atomic("AWATOP is reserved", {.atop = 0x01});
    atomic("AWATOP is reserved", {.atop = 0x32});
    atomic("an atomic is exclusive", {.lock = 1, .atop = SWAP});
    atomic("an atomic has a size that there is not", {.len = 1, .atop = LOAD});
    atomic("an atomic has a size that there is not", {.size = 0, .atop = COMPARE});
    atomic("an atomic of several beats is narrow", {.len = 1, .size = 2, .atop = COMPARE});
    atomic("an atomic is not aligned", {.addr = 0x1004, .atop = STORE});
    atomic("an atomic is not aligned", {.addr = 0x1004, .len = 1, .atop = COMPARE});
    atomic("an atomic has the wrong AWBURST", {.burst = FIXED, .atop = LOAD});
    atomic("an atomic has the wrong AWBURST", {.addr = 0x1008, .len = 1, .atop = COMPARE});
    tests.push_back({"AW", "an atomic's ID is in use", [] {
                         ar({});
                         aw({.atop = STORE});
                     }});
    tests.push_back({"AW", "an atomic's ID is in use", [] {
                         put_ar({});
                         put_aw({.atop = STORE});
                         go();
                     }});
    tests.push_back({"AW", "the ID is an atomic's", [] {
                         write({.atop = STORE});
                         aw({});
                     }});
    tests.push_back({"AR", "the ID is an atomic's", [] {
                         write({.atop = LOAD});
                         b(); /* its data is not there yet */
                         ar({});
                     }});
    tests.push_back({"AR", "the ID is an atomic's", [] {
                         write({.atop = LOAD});
                         r();
                         ar({});
                     }});
}

void add_data(std::vector<Test> &tests)
{
    tests.push_back({"W", "LAST is missing", [] {
                         aw({});
                         w(0xff, false);
                     }});
    tests.push_back({"W", "LAST is too early", [] {
                         aw({.len = 1});
                         w();
                     }});
    tests.push_back({"W", "LAST is too early", [] { /* the data comes first */
                                                    w();
                                                    aw({.len = 1});
                     }});
    tests.push_back({"W", "a strobe is outside of the beat", [] {
                         aw({.addr = 0x1002, .size = 1});
                         w(0x08 | 0x10);
                     }});
    tests.push_back({"W", "a strobe is outside of the beat", [] {
                         aw({.addr = 0x1004});
                         w(0xf8);
                     }});
    tests.push_back({"W", "a strobe is outside of the beat",
                     [] { /* after it has wrapped */
                          aw({.addr = 0x1004, .len = 1, .size = 2, .burst = WRAP});
                          w(0xf0, false);
                          w(0xf0);
                     }});
}

void add_answers(std::vector<Test> &tests)
{
    tests.push_back({"B", "an answer to nothing", [] {
                         write({});
                         b(2);
                     }});
    tests.push_back({"B", "an answer to nothing", [] {
                         write({});
                         b();
                         b();
                     }});
    tests.push_back({"B", "an answer before all data", [] {
                         aw({.len = 1});
                         w(0xff, false);
                         b();
                     }});
    tests.push_back({"B", "an answer before all data", [] { /* in the cycle of its last beat */
                                                            aw({});
                                                            put_w(0xff, true);
                                                            put_b(1, OKAY);
                                                            go();
                     }});
    tests.push_back({"B", "an answer before all data", [] { /* another write's is there */
                                                            write({.id = 2});
                                                            aw({.id = 1});
                                                            b(1);
                     }});
    tests.push_back({"B", "EXOKAY to what is not exclusive", [] {
                         write({});
                         b(1, EXOKAY);
                     }});
    tests.push_back({"R", "an answer to nothing", [] {
                         ar({});
                         r(2);
                     }});
    tests.push_back({"R", "an answer to nothing", [] { /* in the cycle of its request */
                                                       put_ar({});
                                                       put_r(1, OKAY, true);
                                                       go();
                     }});
    tests.push_back({"R", "an answer to nothing", [] { /* an atomic without data */
                                                       write({.atop = STORE});
                                                       r();
                     }});
    tests.push_back({"R", "LAST is missing", [] {
                         ar({.len = 1});
                         r(1, false);
                         r(1, false);
                     }});
    tests.push_back({"R", "LAST is missing", [] { /* half of what a compare brings */
                                                  write({.len = 1, .atop = COMPARE});
                                                  r(1, false);
                     }});
    tests.push_back({"R", "LAST is too early", [] {
                         ar({.len = 1});
                         r(1, true);
                     }});
    tests.push_back({"R", "LAST is too early", [] { /* of one ID, the older comes first */
                                                    ar({.len = 1});
                                                    ar({});
                                                    r(1, true);
                     }});
    tests.push_back({"R", "EXOKAY to what is not exclusive", [] {
                         ar({});
                         r(1, true, EXOKAY);
                     }});
}

// All that is allowed, on all channels.
void legal()
{
    for (unsigned size = 0; size <= 3; size++) {
        for (unsigned len : {1u, 3u, 7u, 15u}) {
            read({.addr = 0x1000 + (1u << size), .len = len, .size = size, .burst = WRAP});
            read({.addr = 0x1001, .len = len, .size = size, .burst = FIXED});
        }
        read({.addr = 0x2000 - (256u << size), .len = 255, .size = size});
        aw({.addr = 0x1000u, .size = size});
        w((1u << (1u << size)) - 1u);
        b();
        aw({.id = 3, .addr = 0x1000u, .size = size, .lock = 1});
        w(0);
        b(3, EXOKAY);
    }
    ar({.addr = 0x1080, .len = 15, .lock = 1});
    for (unsigned i = 0; i < 16; i++)
        r(1, i == 15, i == 3 ? OKAY : EXOKAY);
    // Answers of several IDs in any order, beats among each other.
    ar({.id = 1, .len = 1});
    ar({.id = 2, .len = 1});
    ar({.id = 1});
    r(2, false);
    r(1, false);
    r(2, true);
    r(1, true);
    r(1, true);
    write({.id = 1});
    write({.id = 2});
    b(2);
    b(1);
    // Data before its address, stalls, a pause within a burst.
    w(0xf0, false);
    w(0xff);
    aw({.addr = 0x1004, .len = 1});
    b();
    put_aw({});
    port->awready_i = 0;
    clock();
    clock();
    port->awready_i = 1;
    go();
    put_w(0x0f, true);
    port->wready_i = 0;
    clock();
    port->wready_i = 1;
    go();
    put_b(1, OKAY);
    port->bready_i = 0;
    clock();
    clock();
    port->bready_i = 1;
    go();
    // Atomics.
    write({.id = 5, .atop = STORE | 7});
    b(5);
    write({.id = 5, .atop = LOAD | 3});
    r(5);
    b(5);
    write({.id = 5, .addr = 0x1004, .size = 2, .atop = SWAP}, 0xf0);
    b(5);
    r(5);
    write({.id = 5, .addr = 0x1008, .len = 1, .burst = WRAP, .atop = COMPARE});
    r(5);
    b(5);
    write({.id = 5, .addr = 0x1004, .burst = INCR, .atop = COMPARE}); // two of 4 bytes
    r(5);
    b(5);
    // Reset in the middle.
    aw({});
    ar({});
    w();
    port->rst_ni = 0;
    clock();
    port->rst_ni = 1;
    clock();
    read({});
    write({});
    b();
}

// Rules in the source, as "channel: rule"; of the macros' ones the channel is open.
Report rules(const char *path)
{
    std::ifstream file(path);
    std::stringstream text;
    Report found;
    text << file.rdbuf();
    std::string source = text.str();
    for (size_t at = source.find("`AXI_RULE("); at != std::string::npos;
         at = source.find("`AXI_RULE(", at + 1)) {
        size_t end = source.find(");", at), to = source.rfind('"', end);
        size_t from = source.rfind('"', to - 1), channel = at + strlen("`AXI_RULE(");
        std::string rule = source.substr(from + 1, to - from - 1);
        if (source[channel] == '"')
            found.insert(source.substr(channel + 1, source.find('"', channel + 1) - channel - 1) +
                         ": " + rule);
        else if (source.rfind("check_burst", at) != std::string::npos)
            found.insert({"AW: " + rule, "AR: " + rule});
        else
            found.insert({"AW: " + rule, "W: " + rule, "B: " + rule, "AR: " + rule, "R: " + rule});
    }
    return found;
}

std::string joined(const Report &report)
{
    std::string text;
    for (const std::string &one : report)
        text += (text.empty() ? "" : "; ") + one;
    return text.empty() ? "nothing" : text;
}
} // namespace

void axi_violation(const char *name, const char *channel, const char *rule)
{
    if (strcmp(name, "self-test") != 0)
        printf("the port's name is %s\n", name);
    seen.insert(std::string(channel) + ": " + rule);
}

int main(int argc, char **argv)
{
    std::vector<Test> tests;
    unsigned passed = 0, failed = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: %s AXI_CHECKER.SV\n", argv[0]);
        return 2;
    }
    reset();
    legal();
    if (!seen.empty())
        printf("legal traffic: %s\n", joined(seen).c_str());
    (seen.empty() ? passed : failed)++;
    add_handshakes(tests);
    add_bursts(tests);
    add_atomics(tests);
    add_data(tests);
    add_answers(tests);
    for (const Test &test : tests) {
        const std::string expected = std::string(test.channel) + ": " + test.rule;
        reset();
        seen.clear();
        test.breaks();
        bool good = seen == Report{expected};
        if (!good)
            printf("%s: reported was %s\n", expected.c_str(), joined(seen).c_str());
        (good ? passed : failed)++;
        ever.insert(expected);
    }
    const Report all = rules(argv[1]);
    for (const std::string &rule : all) {
        if (ever.count(rule) == 0) {
            printf("no test breaks: %s\n", rule.c_str());
            failed++;
        }
    }
    if (all.size() < 30)
        printf("%s: only %zu rules were found\n", argv[1], all.size());
    (all.size() < 30 ? failed : passed)++;
    port.reset();
    printf("%zu rules, %zu ways to break them\n%u passed, %u failed\n", all.size(), tests.size(),
           passed, failed);
    return failed != 0;
}
