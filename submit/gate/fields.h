/*
 * What a submitted message's own header must be: one author, a valid Message-ID
 * and Date, fields once that may be there once. Pure.
 */
#ifndef RINGPOST_GATE_FIELDS_H
#define RINGPOST_GATE_FIELDS_H

#include "gate/check.h"
#include "mail/header.h"

#define GATE_DATE_PAST_MS   (7 * 24 * 3600 * INT64_C(1000))
#define GATE_DATE_FUTURE_MS (24 * 3600 * INT64_C(1000))

/*
 * Which of AUTHOR, MESSAGE_ID, DATE and SINGLE the header fails, of those in
 * WANTED (bits). AUTHORS: mailboxes of its From field. What is missing is not
 * wrong where it is going to be added.
 */
uint32_t fields_check(
	const struct header *header, size_t authors, int64_t now_ms, uint32_t wanted);

/* Whether VALUE is one Message-ID (RFC 5322 3.6.4), as receivers read it. */
bool fields_is_message_id(struct slice value);

/*
 * Puts right what of MESSAGE_ID, DATE and SINGLE is in CHECKS: fields that are
 * to go become private, so that fixup adds anew what is missing then. Returns
 * complete fields to be added, in the arena; or empty.
 */
struct slice fields_fix(struct header *header, uint32_t checks, struct arena *arena);

/* What is wrong with the header, for the one who sent it; static. */
const char *fields_words(enum gate_check check);

#endif
