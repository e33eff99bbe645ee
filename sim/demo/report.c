/* SPDX-License-Identifier: Apache-2.0 */
/* What happened, for a person at a terminal. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "demo.h"

#define BUCKETS 10u /* of latencies: 1, 2 to 3, 4 to 7, ... */

static const char *bold = "", *dim = "", *red = "", *green = "", *off = "";

static void choose_colours(void)
{
    if (!isatty(STDOUT_FILENO) || getenv("NO_COLOR") != NULL)
        return;
    bold = "\033[1m";
    dim = "\033[2m";
    red = "\033[31m";
    green = "\033[32m";
    off = "\033[0m";
}

static void title(const char *text)
{
    printf("\n%s%s%s\n\n", bold, text, off);
}

/** A number with commas. */
static const char *number(unsigned long long value)
{
    static char text[8][32];
    static unsigned turn;
    char *to = text[turn++ % 8], plain[24];
    size_t length = (size_t)snprintf(plain, sizeof(plain), "%llu", value), out = 0;

    for (size_t i = 0; i < length; i++) {
        if (i != 0 && (length - i) % 3 == 0)
            to[out++] = ',';
        to[out++] = plain[i];
    }
    to[out] = 0;
    return to;
}

static const char *bus_name(uint32_t device_id)
{
    static char text[4][16];
    static unsigned turn;
    char *to = text[turn++ % 4];

    snprintf(to, 16, "%02x:%02x.%u", device_id >> 8 & 0xff, device_id >> 3 & 0x1f, device_id & 7);
    return to;
}

/* --- what they did
 * --------------------------------------------------------------------------------- */

static void line(enum who who, const char *tables)
{
    printf("  %s%s %-18s%s%s%s%s\n%28s", bold, bus_name(device_ids[who]), device_names[who], off,
           dim, tables, off, "");
}

static unsigned remapped(void)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < GUEST_FILES; i++)
        sum += interrupts[4 + i].by[GUEST];
    return sum;
}

static unsigned rogue_tries(void)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < GUEST_STRAY; i++)
        sum += attempts[i].times;
    return sum;
}

static void what_they_did(void)
{
    title("What each device did");
    line(NIC, "Sv39, a page of 4 KiB for each packet");
    printf("%u packets received; each buffer was unmapped, and fenced, after use\n",
           nic_totals.packets);
    line(NVME, "Sv39, pages of 2 MiB");
    printf("%u blocks of 8 KiB read from the disk, %u written to it\n", nvme_totals.reads,
           nvme_totals.writes);
    line(GUEST, "Sv39 over Sv39x4, an MSI page table");
    printf("%u jobs for the guest; %u interrupts, remapped to the host's files\n",
           guest_totals.works, remapped());
    line(ROGUE, "Sv39, two pages");
    printf("%u letters to its mailbox, until that was taken away; %u break-ins tried\n",
           rogue_totals.letters, rogue_tries());
}

/* --- traffic
 * ------------------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

static unsigned percentile(const struct account *of, unsigned per_mille)
{
    return of->samples == 0 ? 0 : of->latency[(of->samples - 1) * (uint64_t)per_mille / 1000];
}

/** How often which latency, in blocks of eight heights. */
static void histogram(const struct account *of)
{
    static const char *const block[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    unsigned count[BUCKETS] = {0}, most = 1;

    for (unsigned i = 0; i < of->samples; i++) {
        unsigned bucket = 0;

        while (bucket + 1 < BUCKETS && of->latency[i] >= 2u << bucket)
            bucket++;
        count[bucket]++;
    }
    for (unsigned i = 0; i < BUCKETS; i++)
        most = count[i] > most ? count[i] : most;
    for (unsigned i = 0; i < BUCKETS; i++)
        printf("%s", block[count[i] == 0 ? 0 : 1 + count[i] * 7ull / most]);
}

static void traffic(void)
{
    title("What that meant at the IOMMU");
    printf("  %s%-18s%9s%9s%9s%11s   %-30s%s%s\n", dim, "", "accesses", "KiB", "blocked",
           "TLB hits", "  cycles from device to memory", "", off);
    printf("  %s%-18s%9s%9s%9s%11s   %6s%6s%6s%6s   1 to 512%s\n", dim, "", "", "", "", "", "half",
           "90 %", "99 %", "all", off);
    for (unsigned who = 0; who < CAST; who++) {
        const struct account *of = &account[who];
        double hits =
            of->counted == 0 ? 0 : 100.0 - 100.0 * (double)of->misses / (double)of->counted;

        printf("  %-18s%9s%9s%s%9lu%s%9.1f %%   %6u%6u%6u%6u   ", device_names[who],
               number(of->reads + of->writes + of->refused),
               number((of->bytes_read + of->bytes_written) / 1024), of->refused != 0 ? red : "",
               of->refused, off, hits, percentile(of, 500), percentile(of, 900),
               percentile(of, 990), percentile(of, 1000));
        histogram(of);
        printf("\n");
    }
    printf(
        "\n  %sTLB hits: by the IOMMU's own event counters, one pair per device. Cycles: from the "
        "address\n  at the device port to the translated one, waits for others' write data "
        "included; 1 is a\n  hit in the micro-TLB. Memory answers after 60 cycles.%s\n",
        dim, off);
}

/* --- what was blocked
 * ---------------------------------------------------------------------------------- */

static const struct refusal *example(unsigned attempt)
{
    for (unsigned i = 0; i < refusal_count; i++) {
        if (refusals[i].attempt == attempt)
            return &refusals[i];
    }
    return NULL;
}

static void blocked(void)
{
    title("What was blocked, and why");
    for (unsigned i = 0; i < ATTEMPTS; i++) {
        const struct refusal *refusal = example(i);

        if (refusal == NULL)
            continue;
        printf("  %s✗%s %u of %u  %s\n", red, off, attempts[i].blocked, attempts[i].times,
               attempts[i].what);
        printf("             %s%u %s: %s%s\n", dim, refusal->cause,
               iommu_cause_text(refusal->cause), iommu_rule_text((enum iommu_rule)refusal->rule),
               off);
    }
}

static const char *kind(uint8_t ttyp)
{
    static const char *const kinds[] = {"",
                                        "execute",
                                        "read",
                                        "write",
                                        "",
                                        "translated execute",
                                        "translated read",
                                        "translated write",
                                        "translation request",
                                        "message"};

    return ttyp < sizeof(kinds) / sizeof(kinds[0]) ? kinds[ttyp] : "";
}

/** A record of the same device, kind and cause came before. */
static bool seen_before(unsigned number)
{
    const struct fault_record *record = &logged[number].record;

    for (unsigned i = 0; i < number; i++) {
        if (logged[i].record.did == record->did && logged[i].record.ttyp == record->ttyp &&
            logged[i].record.cause == record->cause && logged[i].record.pv == record->pv)
            return true;
    }
    return false;
}

static void fault_log(void)
{
    unsigned shown = 0;

    title("The fault queue, as the driver read it");
    for (unsigned i = 0; i < logged_count; i++) {
        const struct fault_record *record = &logged[i].record;
        char who[48];

        if (seen_before(i))
            continue;
        shown++;
        snprintf(who, sizeof(who), "%s%s", bus_name(record->did),
                 record->pv ? " with a process" : "");
        printf("  %-23s%-17s%#18" PRIx64 "  %u %s", who, kind(record->ttyp), record->iotval,
               record->cause, iommu_cause_text(record->cause));
        if (record->iotval2 != 0)
            printf(", guest address %#" PRIx64, record->iotval2 & ~(uint64_t)3);
        printf("\n");
    }
    printf("  %s... and %u more like these; %u interrupt%s called the driver%s\n", dim,
           logged_count - shown, fault_interrupts, fault_interrupts == 1 ? "" : "s", off);
}

/* --- interrupts, tables, verdict
 * -------------------------------------------------------------------------- */

static unsigned rogue_interrupts(void)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < FILES; i++)
        sum += interrupts[i].by[ROGUE];
    return sum;
}

static void interrupt_files(void)
{
    title("Interrupts that devices sent");
    printf("  %-18s%4u to the host's file 1\n", device_names[NIC], interrupts[1].by[NIC]);
    printf("  %-18s%4u to the host's file 2\n", device_names[NVME], interrupts[2].by[NVME]);
    for (unsigned i = 0; i < GUEST_FILES; i++)
        printf("  %-18s%4u to the guest's file %u, %#" PRIx64 ": the host's file %u\n",
               i == 0 ? device_names[GUEST] : "", interrupts[4 + i].by[GUEST], i,
               (uint64_t)(GUEST_FILE_PAGE + i) << 12, 4 + i);
    printf("  %-18s%4u to any file\n", device_names[ROGUE], rogue_interrupts());
}

static void verdict(double seconds)
{
    title("Checked while it ran");
    printf("  %s✓%s %s accesses went where the golden model says, or were refused as it says\n",
           green, off, number(counts.compared));
    printf("  %s✓%s %s fault records, %s commands, %s fences and %s register reads agree with it\n",
           green, off, number(counts.records), number(counts.commands), number(counts.fences),
           number(counts.registers));
    printf("  %s✓%s %s KiB were what their receivers expected, in pages of their own\n", green, off,
           number(words_verified * 8 / 1024));
    printf(
        "\n  %s cycles, simulated in %.1f s. Tables were read %s times: %lu contexts and "
        "directory\n  entries, %lu first-stage and %lu second-stage reads, %lu MSI PTEs.\n",
        number(bench.cycle), seconds,
        number(structure_reads[0] + structure_reads[2] + structure_reads[3] + structure_reads[4]),
        structure_reads[0], structure_reads[2], structure_reads[3], structure_reads[4]);
}

void report_print(double seconds)
{
    choose_colours();
    for (unsigned who = 0; who < CAST; who++)
        qsort(account[who].latency, account[who].samples, sizeof(uint16_t), by_value);
    printf(
        "\n%sFour devices behind one IOMMU%s: the RTL (Base) in lockstep with the golden model\n",
        bold, off);
    what_they_did();
    traffic();
    blocked();
    fault_log();
    interrupt_files();
    verdict(seconds);
}
