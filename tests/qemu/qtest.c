/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memfd_create, MFD_CLOEXEC, prctl */
#include "qtest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_SIZE 65536
#define LINE_SIZE 64
#define MAX_WAITING 2048
#define MAX_ARGUMENTS 64

struct qtest {
    pid_t process;
    int socket;
    int complaints; /* what QEMU writes to its standard error */
    uint8_t *ram;
    bool broken;
    uint64_t lines;

    char output[OUTPUT_SIZE];
    size_t output_used;
    /* For each line that waits for its answer, in order: where the value goes, or NULL */
    uint64_t *waiting[MAX_WAITING];
    size_t waits;
    size_t answered;
    char line[256]; /* the answer that is coming in */
    size_t line_used;
};

/* The guest's only instructions: wait for an interrupt, for ever. With time that jumps to
 * the next timer while the CPU waits, devices' timers then run out at once. */
static const uint32_t idle_loop[2] = {0x10500073, 0xffdff06f};

static int make_ram(struct qtest *q)
{
    int fd = memfd_create("guest-ram", 0); /* QEMU inherits it: no MFD_CLOEXEC */
    if (fd < 0)
        return -1;
    if (ftruncate(fd, QTEST_RAM_SIZE) == 0) {
        void *ram = mmap(NULL, QTEST_RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (ram != MAP_FAILED) {
            q->ram = ram;
            memcpy(q->ram, idle_loop, sizeof idle_loop);
            return fd;
        }
    }
    close(fd);
    return -1;
}

/* In the child: become QEMU. Never returns. */
static void become_qemu(const char *program, const char *const *arguments, int ram, int socket,
                        int complaints)
{
    char memory[128];
    char channel[64];
    const char *list[MAX_ARGUMENTS] = {program,
                                       "-accel",
                                       "tcg,thread=single",
                                       "-icount",
                                       "shift=0,sleep=off",
                                       "-display",
                                       "none",
                                       "-nodefaults",
                                       "-no-user-config",
                                       "-bios",
                                       "none",
                                       "-m",
                                       "160M",
                                       "-object",
                                       memory,
                                       "-chardev",
                                       channel,
                                       "-qtest",
                                       "chardev:qtest",
                                       "-qtest-log",
                                       "none"};
    size_t count = 0;
    while (list[count] != NULL)
        count++;
    snprintf(memory, sizeof memory,
             "memory-backend-file,id=ram,size=160M,mem-path=/proc/self/fd/%d,share=on", ram);
    snprintf(channel, sizeof channel, "socket,id=qtest,fd=%d", socket);
    for (; *arguments != NULL && count < MAX_ARGUMENTS - 1; arguments++)
        list[count++] = *arguments;

    /* A Ctrl-C is for the test alone, and QEMU must not outlive it. */
    dup2(complaints, STDERR_FILENO);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execvp(program, (char *const *)(uintptr_t)list);
    _exit(127);
}

/* Why QEMU did not start: its last words, or that there is none. */
static void tell_end(struct qtest *q, const char *program, char *error, size_t error_size)
{
    char words[160] = "";
    int status = 0;
    if (q->process > 0)
        waitpid(q->process, &status, 0);
    q->process = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
        snprintf(error, error_size, "there is no %s here", program);
        return;
    }
    ssize_t count = pread(q->complaints, words, sizeof words - 1, 0);
    words[count > 0 ? count : 0] = '\0';
    words[strcspn(words, "\n")] = '\0';
    snprintf(error, error_size, "%s does not start: %s", program, words);
}

struct qtest *qtest_start(const char *program, const char *const *arguments, char *error,
                          size_t error_size)
{
    struct qtest *q = calloc(1, sizeof *q);
    int pair[2] = {-1, -1};
    int ram = -1;
    if (q == NULL)
        return NULL;
    q->socket = -1;
    q->complaints = memfd_create("complaints", MFD_CLOEXEC);
    if (q->complaints < 0 || (ram = make_ram(q)) < 0 ||
        socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) {
        snprintf(error, error_size, "no memory or socket for QEMU: %s", strerror(errno));
        if (ram >= 0)
            close(ram);
        qtest_stop(q);
        return NULL;
    }
    q->socket = pair[0];
    fcntl(q->socket, F_SETFD, FD_CLOEXEC);
    fflush(NULL);
    q->process = fork();
    if (q->process == 0)
        become_qemu(program, arguments, ram, pair[1], q->complaints);
    close(ram);
    close(pair[1]);

    /* The first answer shows that it runs; without it, tell how it ended. */
    qtest_read_now(q, QTEST_RAM_BASE, 4);
    if (q->broken) {
        tell_end(q, program, error, error_size);
        qtest_stop(q);
        return NULL;
    }
    return q;
}

void qtest_stop(struct qtest *q)
{
    if (q == NULL)
        return;
    if (q->process > 0) {
        kill(q->process, SIGKILL);
        waitpid(q->process, NULL, 0);
    }
    if (q->socket >= 0)
        close(q->socket);
    if (q->complaints >= 0)
        close(q->complaints);
    if (q->ram != NULL)
        munmap(q->ram, QTEST_RAM_SIZE);
    free(q);
}

uint8_t *qtest_ram(struct qtest *q)
{
    return q->ram;
}

bool qtest_broken(const struct qtest *q)
{
    return q->broken;
}

uint64_t qtest_lines(const struct qtest *q)
{
    return q->lines;
}

/* One whole answer: "OK", or "OK 0xVALUE". */
static void take_answer(struct qtest *q)
{
    q->line[q->line_used] = '\0';
    q->line_used = 0;
    if (strncmp(q->line, "OK", 2) != 0 || q->answered >= q->waits) {
        fprintf(stderr, "QEMU answers \"%s\"\n", q->line);
        q->broken = true;
        return;
    }
    uint64_t *value = q->waiting[q->answered++];
    if (value != NULL)
        *value = strtoull(q->line + 2, NULL, 0);
}

static void take_input(struct qtest *q)
{
    char input[8192];
    ssize_t count = read(q->socket, input, sizeof input);
    if (count <= 0) {
        q->broken = count == 0 || (errno != EINTR && errno != EAGAIN);
        return;
    }
    for (ssize_t i = 0; i < count && !q->broken; i++) {
        if (input[i] == '\n')
            take_answer(q);
        else if (q->line_used < sizeof q->line - 1)
            q->line[q->line_used++] = input[i];
    }
}

bool qtest_flush(struct qtest *q)
{
    size_t sent = 0;
    while (!q->broken && (sent < q->output_used || q->answered < q->waits)) {
        struct pollfd ready = {.fd = q->socket,
                               .events = sent < q->output_used ? POLLIN | POLLOUT : POLLIN};
        if (poll(&ready, 1, -1) < 0 && errno != EINTR) {
            q->broken = true;
            break;
        }
        if ((ready.revents & (POLLIN | POLLHUP | POLLERR)) != 0)
            take_input(q);
        if ((ready.revents & POLLOUT) != 0 && !q->broken) {
            ssize_t count = send(q->socket, q->output + sent, q->output_used - sent,
                                 MSG_DONTWAIT | MSG_NOSIGNAL);
            if (count > 0)
                sent += (size_t)count;
        }
    }
    if (q->broken) {
        for (size_t i = q->answered; i < q->waits; i++)
            if (q->waiting[i] != NULL)
                *q->waiting[i] = 0;
    }
    q->output_used = 0;
    q->waits = 0;
    q->answered = 0;
    return !q->broken;
}

static char *new_line(struct qtest *q, uint64_t *value)
{
    if (q->waits == MAX_WAITING || q->output_used + LINE_SIZE > OUTPUT_SIZE)
        qtest_flush(q);
    q->waiting[q->waits++] = value;
    q->lines++;
    return q->output + q->output_used;
}

void qtest_write(struct qtest *q, uint64_t address, unsigned size, uint64_t value)
{
    char *line = new_line(q, NULL);
    q->output_used += (size_t)snprintf(line, LINE_SIZE, "write%c 0x%" PRIx64 " 0x%" PRIx64 "\n",
                                       size == 8 ? 'q' : 'l', address, value);
}

void qtest_read(struct qtest *q, uint64_t address, unsigned size, uint64_t *value)
{
    char *line = new_line(q, value);
    q->output_used +=
        (size_t)snprintf(line, LINE_SIZE, "read%c 0x%" PRIx64 "\n", size == 8 ? 'q' : 'l', address);
}

uint64_t qtest_read_now(struct qtest *q, uint64_t address, unsigned size)
{
    uint64_t value = 0;
    qtest_read(q, address, size, &value);
    qtest_flush(q);
    return value;
}
