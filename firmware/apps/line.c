/* SPDX-License-Identifier: Apache-2.0 */
/* Line editing on a terminal: arrows, backspace, ^A ^E ^K ^U, and a history. */
#include "monitor.h"

#define CONTROL(c) ((c) & 0x1f)
#define ESCAPE 0x1b
#define DELETE 0x7f
#define ESCAPE_WAIT 200000 /* looks for the rest of an arrow key */

enum key { KEY_UP = 0x100, KEY_DOWN, KEY_LEFT, KEY_RIGHT, KEY_NONE };

static int wait_key(void)
{
    int key;

    do
        key = console_get();
    while (key < 0);
    return key;
}

/* The rest of an escape sequence comes at once, or it is none. */
static int wait_rest(void)
{
    int key = -1;

    for (int i = 0; i < ESCAPE_WAIT && key < 0; i++)
        key = console_get();
    return key;
}

static int read_key(void)
{
    int key = wait_key();

    if (key != ESCAPE)
        return key;
    if (wait_rest() != '[')
        return KEY_NONE;
    key = wait_rest();
    return key >= 'A' && key <= 'D' ? (key == 'A'   ? KEY_UP
                                       : key == 'B' ? KEY_DOWN
                                       : key == 'C' ? KEY_RIGHT
                                                    : KEY_LEFT)
                                    : KEY_NONE;
}

static void show(const struct line *line, const char *prompt)
{
    print("\r\x1b[K%s%s", prompt, line->text);
    for (uint32_t i = line->cursor; i < line->length; i++)
        console_put('\b');
}

static void set_text(struct line *line, const char *text)
{
    line->length = 0;
    while (text[line->length] != '\0' && line->length < LINE - 1) {
        line->text[line->length] = text[line->length];
        line->length++;
    }
    line->text[line->length] = '\0';
    line->cursor = line->length;
}

static void insert(struct line *line, char c)
{
    if (line->length == LINE - 1)
        return;
    for (uint32_t i = ++line->length; i > line->cursor; i--)
        line->text[i] = line->text[i - 1];
    line->text[line->cursor++] = c;
}

static void erase(struct line *line)
{
    if (line->cursor == 0)
        return;
    for (uint32_t i = --line->cursor; i < line->length; i++)
        line->text[i] = line->text[i + 1];
    line->length--;
}

static void keep(struct line *line)
{
    char *entry = line->history[line->entries % HISTORY];

    if (line->length == 0)
        return;
    for (uint32_t i = 0; i <= line->length; i++)
        entry[i] = line->text[i];
    line->entries++;
}

/* Go back by `back` lines; 0 is a new one. */
static void recall(struct line *line, uint32_t back)
{
    set_text(line, back == 0 ? "" : line->history[(line->entries - back) % HISTORY]);
}

static void edit(struct line *line, int key)
{
    switch (key) {
    case KEY_LEFT:
        line->cursor -= line->cursor > 0;
        break;
    case KEY_RIGHT:
        line->cursor += line->cursor < line->length;
        break;
    case CONTROL('A'):
        line->cursor = 0;
        break;
    case CONTROL('E'):
        line->cursor = line->length;
        break;
    case CONTROL('K'):
        line->length = line->cursor;
        line->text[line->length] = '\0';
        break;
    case CONTROL('U'):
        set_text(line, "");
        break;
    case '\b':
    case DELETE:
        erase(line);
        break;
    default:
        if (key >= ' ' && key < DELETE)
            insert(line, (char)key);
        break;
    }
}

void line_read(struct line *line, const char *prompt)
{
    uint32_t back = 0, kept;
    int key;

    set_text(line, "");
    show(line, prompt);
    while ((key = read_key()) != '\r' && key != '\n') {
        kept = line->entries < HISTORY ? line->entries : HISTORY;
        if (key == KEY_UP && back < kept)
            recall(line, ++back);
        else if (key == KEY_DOWN && back > 0)
            recall(line, --back);
        else
            edit(line, key);
        show(line, prompt);
    }
    print("\n");
    keep(line);
}
