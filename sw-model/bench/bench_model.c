/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Speed of the golden model, on one core, with all fault checks: hits, Sv39 walks and
 * Sv39-over-Sv39x4 walks, and beside each walk a bare C loop that does just its table
 * reads, so that machines can be compared. Prints a table, and writes JSON.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "iommu.h"

#define MEMORY_BYTES (64u << 20)
#define PAGE 4096u
#define REQUESTS 65536u
#define DEVICE 1u
#define WALK_PAGES 16384u
#define HIT_PAGES 64u
#define REPEATS 7u
#define PTE_PPN(address) ((uint64_t)(address) >> 12 << IOMMU_PTE_PPN_SHIFT)
#define PTE_LEAF                                                                                   \
    (IOMMU_PTE_V_MASK | IOMMU_PTE_R_MASK | IOMMU_PTE_W_MASK | IOMMU_PTE_U_MASK |                   \
     IOMMU_PTE_A_MASK | IOMMU_PTE_D_MASK)

/** Memory with one device's tables in it, and the requests to make. */
struct scene {
    uint8_t *memory;
    uint64_t next_page;
    struct iommu *iommu;
    uint64_t first_root, second_root;
    struct iommu_request *request;
};

static void fail(const char *why)
{
    fprintf(stderr, "bench-model: %s\n", why);
    exit(1);
}

static uint64_t *word(struct scene *scene, uint64_t address)
{
    return (uint64_t *)(void *)(scene->memory + address);
}

static uint64_t take_pages(struct scene *scene, unsigned count)
{
    uint64_t page = (scene->next_page + count * PAGE - 1) / (count * PAGE) * (count * PAGE);

    scene->next_page = page + count * PAGE;
    if (scene->next_page > MEMORY_BYTES)
        fail("the scene does not fit its memory");
    return page;
}

static void map(struct scene *scene, uint64_t root, unsigned root_bits, uint64_t from, uint64_t to)
{
    uint64_t table = root;

    for (unsigned level = 2; level > 0; level--) {
        unsigned bits = level == 2 ? root_bits : 9;
        uint64_t *pte = word(scene, table + (from >> (12 + 9 * level) & ((1u << bits) - 1)) * 8);

        if (*pte == 0)
            *pte = PTE_PPN(take_pages(scene, 1)) | IOMMU_PTE_V_MASK;
        table = IOMMU_GET(*pte, IOMMU_PTE_PPN) << 12;
    }
    *word(scene, table + (from >> 12 & 0x1ff) * 8) = PTE_PPN(to) | PTE_LEAF;
}

static uint32_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(*state >> 33);
}

/** Where the n-th page is mapped: high and far apart, as an operating system's would be. */
static uint64_t page_iova(unsigned n)
{
    return 0x10000000ull + (uint64_t)n * PAGE;
}

static void make_context(struct scene *scene, bool nested)
{
    uint64_t ddt = take_pages(scene, 1);
    uint64_t *dc = word(scene, ddt + DEVICE * IOMMU_DC_EXT_BYTES);

    dc[0] = IOMMU_DC_TC_V_MASK;
    if (nested)
        dc[1] = IOMMU_PREP(IOMMU_DC_IOHGATP_MODE, IOMMU_IOHGATP_MODE_SV39X4) |
                IOMMU_PREP(IOMMU_DC_IOHGATP_PPN, scene->second_root >> 12);
    dc[3] = IOMMU_PREP(IOMMU_DC_FSC_MODE, IOMMU_IOSATP_MODE_SV39) |
            IOMMU_PREP(IOMMU_DC_FSC_PPN, scene->first_root >> 12);
    iommu_mmio_write(scene->iommu, IOMMU_REG_DDTP, 8,
                     IOMMU_PREP(IOMMU_DDTP_IOMMU_MODE, IOMMU_DDTP_MODE_1LVL) |
                         IOMMU_PREP(IOMMU_DDTP_PPN, ddt >> 12));
}

static struct scene make_scene(unsigned pages, bool nested, bool caches)
{
    struct scene scene = {.next_page = PAGE};
    struct iommu_config config;
    struct iommu_bus bus = {.flat_size = MEMORY_BYTES};
    uint64_t seed = 1;

    scene.memory = aligned_alloc(PAGE, MEMORY_BYTES);
    scene.request = calloc(REQUESTS, sizeof(*scene.request));
    if (scene.memory == NULL || scene.request == NULL)
        fail("out of memory");
    memset(scene.memory, 0, MEMORY_BYTES);
    bus.flat_memory = scene.memory;
    iommu_config_named("max", &config);
    if (!caches)
        config.iotlb_entries = 0; /* every request walks; the device context stays known */
    scene.iommu = iommu_create(&config, &bus, NULL, 0);
    if (scene.iommu == NULL)
        fail("the model cannot be created");
    scene.second_root = take_pages(&scene, 4);
    scene.first_root = take_pages(&scene, 1);
    make_context(&scene, nested);
    for (unsigned n = 0; n < pages; n++)
        map(&scene, scene.first_root, 9, page_iova(n), (uint64_t)n * PAGE);
    for (uint64_t gpa = 0; nested && gpa < MEMORY_BYTES; gpa += PAGE)
        map(&scene, scene.second_root, 11, gpa, gpa);
    for (unsigned i = 0; i < REQUESTS; i++) {
        scene.request[i].device_id = DEVICE;
        scene.request[i].iova =
            page_iova(next_random(&seed) % pages) | (next_random(&seed) & 0xff8);
    }
    return scene;
}

static void free_scene(struct scene *scene)
{
    iommu_destroy(scene->iommu);
    free(scene->memory);
    free(scene->request);
}

/* --- what is timed ------------------------------------------------------------------- */

static uint64_t model_pass(const struct scene *scene)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < REQUESTS; i++) {
        struct iommu_response response = iommu_translate(scene->iommu, &scene->request[i]);

        if (response.status != IOMMU_SUCCESS)
            fail("a translation failed");
        sum += response.address;
    }
    return sum;
}

static inline uint64_t bare_walk(const uint8_t *memory, uint64_t table, unsigned root_bits,
                                 uint64_t address)
{
    unsigned bits = root_bits;

#pragma GCC unroll 3
    for (int level = 2; level >= 0; level--, bits = 9) {
        uint64_t index = address >> (12 + 9 * level) & ((1u << bits) - 1);
        uint64_t pte = *(const uint64_t *)(const void *)(memory + table + index * 8);

        table = (pte & IOMMU_PTE_PPN_MASK) << 2;
    }
    return table | (address & (PAGE - 1));
}

static uint64_t bare_sv39_pass(const struct scene *scene)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < REQUESTS; i++)
        sum += bare_walk(scene->memory, scene->first_root, 9, scene->request[i].iova);
    return sum;
}

static uint64_t bare_nested_pass(const struct scene *scene)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < REQUESTS; i++) {
        uint64_t table = scene->first_root, iova = scene->request[i].iova;

#pragma GCC unroll 3
        for (int level = 2; level >= 0; level--) {
            uint64_t gpa = table + (iova >> (12 + 9 * level) & 0x1ff) * 8;
            uint64_t spa = bare_walk(scene->memory, scene->second_root, 11, gpa);
            uint64_t pte = *(const uint64_t *)(const void *)(scene->memory + spa);

            table = (pte & IOMMU_PTE_PPN_MASK) << 2;
        }
        sum += bare_walk(scene->memory, scene->second_root, 11, table | (iova & (PAGE - 1)));
    }
    return sum;
}

typedef uint64_t pass_fn(const struct scene *scene);

static double seconds(void)
{
    struct timespec now;

    timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/** Requests per second of the best of some repeats; *sum gets a pass's checksum. */
static double rate(pass_fn *pass, const struct scene *scene, unsigned passes, uint64_t *sum)
{
    double best = 0;

    *sum = pass(scene);
    for (unsigned repeat = 0; repeat < REPEATS; repeat++) {
        double start = seconds(), each;

        for (unsigned i = 0; i < passes; i++) {
            __asm__ volatile("" ::: "memory"); /* each pass reads memory anew */
            if (pass(scene) != *sum)
                fail("two passes over the same requests differ");
        }
        each = (double)REQUESTS * passes / (seconds() - start);
        best = each > best ? each : best;
    }
    return best;
}

/* --- the report ---------------------------------------------------------------------- */

struct figures {
    double hits, sv39, nested, bare_sv39, bare_nested;
};

static struct figures measure(void)
{
    struct scene hits = make_scene(HIT_PAGES, false, true);
    struct scene sv39 = make_scene(WALK_PAGES, false, false);
    struct scene nested = make_scene(WALK_PAGES, true, false);
    struct figures figures;
    uint64_t model, bare;

    figures.hits = rate(model_pass, &hits, 128, &model);
    if (bare_sv39_pass(&hits) != model)
        fail("the hits differ from a bare walk");
    figures.sv39 = rate(model_pass, &sv39, 40, &model);
    figures.bare_sv39 = rate(bare_sv39_pass, &sv39, 100, &bare);
    if (model != bare)
        fail("the Sv39 walks differ from the bare loop's");
    figures.nested = rate(model_pass, &nested, 16, &model);
    figures.bare_nested = rate(bare_nested_pass, &nested, 40, &bare);
    if (model != bare)
        fail("the nested walks differ from the bare loop's");
    free_scene(&hits);
    free_scene(&sv39);
    free_scene(&nested);
    return figures;
}

static void print_row(const char *what, double rate_per_s, double goal, double ratio)
{
    printf("  %-44s %8.1f M/s   goal %6.1f", what, rate_per_s / 1e6, goal / 1e6);
    if (ratio != 0)
        printf("   of bare loop %4.2f   goal 0.40", ratio);
    printf("\n");
}

static int write_json(const char *path, const struct figures *figures)
{
    FILE *file = fopen(path, "w");

    if (file == NULL) {
        fprintf(stderr, "bench-model: %s: %s\n", path, strerror(errno));
        return 1;
    }
    fprintf(file,
            "{\n  \"hits_per_s\": %.0f,\n  \"sv39_misses_per_s\": %.0f,\n"
            "  \"nested_misses_per_s\": %.0f,\n  \"sv39_bare_per_s\": %.0f,\n"
            "  \"nested_bare_per_s\": %.0f,\n  \"sv39_ratio_to_bare\": %.3f,\n"
            "  \"nested_ratio_to_bare\": %.3f\n}\n",
            figures->hits, figures->sv39, figures->nested, figures->bare_sv39, figures->bare_nested,
            figures->sv39 / figures->bare_sv39, figures->nested / figures->bare_nested);
    return fclose(file) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct figures figures;

    if (argc != 2 || argv[1][0] == '-') {
        fprintf(argc == 2 && strcmp(argv[1], "--help") == 0 ? stdout : stderr,
                "usage: bench-model FILE.json\n"
                "Times the golden model on one core, prints a table and writes FILE.json.\n");
        return argc == 2 && strcmp(argv[1], "--help") == 0 ? 0 : 2;
    }
    figures = measure();
    printf("Golden model, one core, best of %u runs, all fault checks on\n", REPEATS);
    print_row("hits, random over 64 pages", figures.hits, 200e6, 0);
    print_row("Sv39 walks, 3 reads, random over 16,384 pages", figures.sv39, 60e6,
              figures.sv39 / figures.bare_sv39);
    print_row("Sv39 over Sv39x4 walks, 15 reads", figures.nested, 20e6,
              figures.nested / figures.bare_nested);
    printf("  %-44s %8.1f M/s\n", "bare loop of the 3 reads", figures.bare_sv39 / 1e6);
    printf("  %-44s %8.1f M/s\n", "bare loop of the 15 reads", figures.bare_nested / 1e6);
    return write_json(argv[1], &figures);
}
