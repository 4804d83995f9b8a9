/*
 * A terminal taken over for a screen that is drawn again and again, with keys as they
 * are pressed. It is given back at the end, whatever ends the program in good order.
 */
#ifndef RINGPOST_CLIENT_SCREEN_H
#define RINGPOST_CLIENT_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct screen_size {
	size_t width, height;
};

/* Whether there is one: standard input and output. */
bool screen_is_there(void);
/* False with FAILURE_RESOURCE. SIGINT, SIGTERM, SIGHUP end waits from here on. */
bool screen_open(void);
void screen_close(void);
struct screen_size screen_size(void);
/* LINES, each with an end, in place of what is there. */
void screen_draw(struct slice lines);

enum screen_key { SCREEN_TIME, SCREEN_RESIZED, SCREEN_END, SCREEN_KEY };
/* Waits for a key (*key_r), another size, a signal that ends it all, or MS. */
enum screen_key screen_wait(int64_t ms, char *key_r);

#endif
