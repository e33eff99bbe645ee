/* SPDX-License-Identifier: Apache-2.0 */
/* A 16550 UART, and as much of printf as messages need. */
#include <stdarg.h>

#include "platform.h"

#define DATA 0
#define STATUS 5
#define STATUS_INPUT 0x01
#define STATUS_ROOM 0x20
#define PATIENCE 1000000 /* looks for room, then the character is dropped: no UART, no hang */

static uint64_t uart;

void console_open(uint64_t address)
{
    uart = address;
}

void console_put(char c)
{
    if (uart == 0)
        return;
    if (c == '\n')
        console_put('\r');
    for (int i = 0; i < PATIENCE; i++) {
        if ((mmio_read8(uart + STATUS) & STATUS_ROOM) != 0)
            break;
    }
    mmio_write8(uart + DATA, (uint8_t)c);
}

int console_get(void)
{
    if (uart == 0 || (mmio_read8(uart + STATUS) & STATUS_INPUT) == 0)
        return -1;
    return mmio_read8(uart + DATA);
}

static void put_string(const char *text)
{
    while (*text != '\0')
        console_put(*text++);
}

static void put_number(uint64_t value, uint64_t base, uint32_t width, char fill)
{
    char digits[20];
    uint32_t count = 0;

    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    for (uint32_t i = count; i < width; i++)
        console_put(fill);
    while (count > 0)
        console_put(digits[--count]);
}

void print(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    for (; *format != '\0'; format++) {
        uint32_t width = 0;
        bool wide = false;
        char fill = ' ';

        if (*format != '%') {
            console_put(*format);
            continue;
        }
        format++;
        if (*format == '0')
            fill = '0';
        while (*format >= '0' && *format <= '9')
            width = width * 10 + (uint32_t)(*format++ - '0');
        for (; *format == 'l'; format++)
            wide = true;
        if (*format == 's')
            put_string(va_arg(list, const char *));
        else if (*format == 'c')
            console_put((char)va_arg(list, int));
        else if (*format == 'u' || *format == 'x')
            put_number(wide ? va_arg(list, uint64_t) : va_arg(list, uint32_t),
                       *format == 'u' ? 10 : 16, width, fill);
        else
            console_put(*format);
    }
    va_end(list);
}
