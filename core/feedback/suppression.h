/*
 * Suppression: addresses that get no mail any more, of a tenant's or anybody's.
 *
 * Redis has the list, for all nodes and over restarts; every process has it in
 * memory as keyed hashes, so that to ask costs no call. What one node changes the
 * others know within a second. Without Redis the list holds as it was known last;
 * only then nothing can be added.
 *
 * An address is compared in lower case, its domain as A-labels; "@example.com" is
 * all of that domain. An entry without a tenant is of everybody's mail, one of
 * "acme/bulk" (nobody's: "/bulk") of that stream.
 */
#ifndef RINGPOST_FEEDBACK_SUPPRESSION_H
#define RINGPOST_FEEDBACK_SUPPRESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "io/redis.h"
#include "run/fiber.h"

#define SUPPRESSION_DETAIL_MAX 200 /* bytes kept of what led to it */

enum suppression_reason {
	SUPPRESSION_HARD_BOUNCE,
	SUPPRESSION_SOFT_BOUNCE, /* so many of them that it is no use */
	SUPPRESSION_COMPLAINT,
	SUPPRESSION_UNSUBSCRIBE,
	SUPPRESSION_MANUAL,
	SUPPRESSION_IMPORTED,
	SUPPRESSION_REASONS
};
/* "hard-bounce", …; static. */
const char *suppression_reason_name(enum suppression_reason reason);
bool suppression_reason_parse(struct slice name, enum suppression_reason *reason_r);

struct suppression; /* a process's; may be used by all its workers at a time */

struct suppression *suppression_create(void);
void suppression_destroy(struct suppression **suppression);
/* In one worker: loads the list and follows its changes, in SCOPE. REDIS outlives
 * it. It has MOST entries at most. ALONE: no other node has it. */
bool suppression_start(struct suppression *suppression, struct redis *redis,
	uint64_t most, bool alone, struct scope *scope);
/* In that worker: what was noted is written, if Redis answers; it follows no more. */
void suppression_stop(struct suppression *suppression, struct deadline deadline);

/* ---- Asking ---- */

struct suppression_found {
	enum suppression_reason reason;
	bool everybody;	  /* the entry is of no tenant in particular */
	bool domain;	  /* of the whole domain */
	int64_t since_ms; /* to the hour */
	int64_t until_ms; /* to the second; 0: for good */
};

/* Whether mail of TENANT (empty: none) to ADDRESS is suppressed, of memory alone.
 * Before the list was loaded nothing is: see suppression_ask. */
bool suppression_find(const struct suppression *suppression, struct slice tenant,
	struct slice address, struct suppression_found *found_r);
bool suppression_is_loaded(const struct suppression *suppression);
/* The same, of Redis while the list is not loaded. UNKNOWN: FAILURE_STORE, TIMEOUT. */
enum suppression_answer { SUPPRESSION_NO, SUPPRESSION_YES, SUPPRESSION_UNKNOWN };
enum suppression_answer suppression_ask(const struct suppression *suppression,
	struct redis *redis, struct slice tenant, struct slice address,
	struct suppression_found *found_r, struct deadline deadline);

/* ---- What happened to mail: the configuration says what follows ---- */

struct suppression_report {
	enum suppression_reason reason; /* the first four; a soft bounce is one of
					   several */
	struct slice tenant, stream;	/* of the message, or empty */
	struct slice address;		/* who bounced, complained, unsubscribed */
	struct slice message;		/* its id, or empty */
	struct slice detail;		/* the reply or the report's words; cleaned
					   and cut here */
};

/* Enters it for as long as CONFIG says, if it does: durable, and known to this
 * process, before it returns true. *entered_r: the address is suppressed now, by
 * this or before. False with FAILURE_STORE, TIMEOUT: to be repeated, which does no
 * harm; DATA: that is no address. */
bool suppression_report(struct suppression *suppression, struct redis *redis,
	const struct config_suppression *config,
	const struct suppression_report *report, bool *entered_r,
	struct deadline deadline);
/* The same without waiting, for who delivers mail: written within a second, or
 * when Redis is back. Lost with the process, or counted and dropped when
 * too many wait. */
void suppression_note(struct suppression *suppression,
	const struct config_suppression *config,
	const struct suppression_report *report);

/* ---- By hand ---- */

struct suppression_entry {
	struct slice tenant; /* empty: everybody's */
	struct slice address;
	enum suppression_reason reason;
	int64_t since_ms, until_ms; /* 0: now; for good */
	struct slice detail;
};

/* Durable, and known to this process, before it returns true. Of two entries for
 * one address the one that holds longer stays, of equal ones the newer, unless the
 * older is what the recipient asked for. *added_r: how many are new or other; or
 * NULL. False: as suppression_report, and LIMIT at the cap; some may be in. */
bool suppression_add(struct suppression *suppression, struct redis *redis,
	const struct suppression_entry *entries, size_t count, size_t *added_r,
	struct deadline deadline);
/* TENANT's entry (empty: everybody's) goes; *was_r: there was one. */
bool suppression_remove(struct suppression *suppression, struct redis *redis,
	struct slice tenant, struct slice address, bool *was_r,
	struct deadline deadline);

#endif
