/* Names of mailboxes against LIST's patterns (RFC 9051 6.3.9). */
#ifndef RINGPOST_IMAP_MATCH_H
#define RINGPOST_IMAP_MATCH_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/slice.h"

#define IMAP_DELIMITER '/'
#define IMAP_PATTERN_MAX                                            \
	1023 /* characters and wildcards; longer ones match nothing \
	      */

struct imap_pattern;

/* REFERENCE and PATTERN, one behind the other; in the arena. */
struct imap_pattern *imap_pattern_make(
	struct arena *arena, struct slice reference, struct slice pattern);
/*
 * Whether NAME is matched: '*' is anything, '%' anything without a delimiter; INBOX
 * is so in any case. *below_r, if not NULL: whether names below it may be. Time
 * grows with the sizes' product over 64, whatever the pattern.
 */
bool imap_pattern_matches(
	const struct imap_pattern *pattern, struct slice name, bool *below_r);

#endif
