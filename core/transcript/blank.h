/*
 * What a client's line may show. Credentials must not, and a client that was refused
 * may say them where a command was due: so nothing is shown but commands that are
 * known, and of AUTH the mechanism alone.
 */
#ifndef RINGPOST_TRANSCRIPT_BLANK_H
#define RINGPOST_TRANSCRIPT_BLANK_H

#include "base/slice.h"

#define BLANK_TEXT_SIZE 80

/* LINE, without its end, as it may be shown: itself, or what TEXT then holds. */
struct slice blank_command(struct slice line, char text[BLANK_TEXT_SIZE]);
/* A reply that quotes one of the secrets is not shown either (COUNT of them, those
 * under 4 bytes do not count). */
bool blank_is_quoted(struct slice line, const struct slice *secrets, size_t count);

#endif
