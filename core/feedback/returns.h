/*
 * What comes back to us: late bounces, complaints. Read, tied to the message,
 * the tenant and the recipient it is about, classified, told (the events
 * `bounced_late`, `delayed_late`, `delivered_late`, `complained`,
 * `returned_unknown`, `returned_ignored`), kept for `why`, and entered into the
 * suppression list.
 *
 * A report is believed when it comes to an address, or holds one, that only a
 * receiver of the message can know (verp.h), and then only about the message
 * and the recipient that address was made for. Of a message whose recipients
 * share an address, it is told which of them the report names; into the list
 * goes only who is of the domain that the report verifiably comes from.
 * Everything else is told and no more than that.
 */
#ifndef RINGPOST_FEEDBACK_RETURNS_H
#define RINGPOST_FEEDBACK_RETURNS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/config.h"
#include "base/slice.h"
#include "feedback/category.h"
#include "io/redis.h"
#include "mail/report_read.h"
#include "queue/message_id.h"
#include "run/fiber.h"

struct refusals;
struct returns_listener;
struct returns; /* a worker's */
struct suppression;
struct verp_keeper;
struct verp_token;

struct returns_options {
	struct config *config;		   /* held */
	struct classifier *classifier;	   /* held; NULL: all are "other" */
	struct redis *redis;		   /* this and those below outlive it */
	struct suppression *suppression;   /* NULL: nobody is entered */
	struct verp_keeper *verp;	   /* NULL: nothing can be tied */
	struct refusals *refusals;	   /* NULL: they are not counted */
	struct returns_listener *listener; /* outlives it; NULL: none */
};

struct returns *returns_create(const struct returns_options *options);
/* For what comes from now on. */
void returns_reload(
	struct returns *returns, struct config *config, struct classifier *classifier);
void returns_destroy(struct returns **returns);

/* What became of a report. */
enum returns_outcome {
	RETURNS_BOUNCED,   /* the message did not arrive after all */
	RETURNS_DELAYED,   /* it is late */
	RETURNS_DELIVERED, /* it arrived */
	RETURNS_COMPLAINED,
	RETURNS_UNKNOWN, /* a report that no message of ours is tied to */
	RETURNS_IGNORED, /* no report: an answer, a receipt, mail */
	RETURNS_OUTCOMES
};

/* "bounced_late", …: the event's name. Static. */
const char *returns_outcome_name(enum returns_outcome outcome);

/* What port 25 has taken. Empty slices: not known. */
struct returns_arrival {
	const struct verp_token *token; /* of the address it came to, or NULL */
	struct slice recipient;		/* that address */
	struct slice id;		/* its own, of the session that took it */
	struct slice reverse_path;	/* empty: <> */
	struct slice client;		/* "192.0.2.1" */
	struct slice authentication; /* "spf=pass dkim=pass dmarc=pass", for people */
	struct slice domain;	     /* whose it is by SPF, DKIM or DMARC; empty: who
					knows */
	struct slice message; /* lines ended by CRLF, cut behind REPORT_BYTES_MAX */
};

/*
 * Takes ARRIVAL, whose slices are not kept. True: it is dealt with, whatever it
 * was, and durable where it counted: the peer hears 250. False: it has to come
 * again (451), FAILURE_STORE or TIMEOUT. The same report again changes nothing.
 */
bool returns_take(struct returns *returns, const struct returns_arrival *arrival,
	struct deadline deadline);

/*
 * Appends what came back about message ID in the last RETURNS_KEPT_DAYS, a line
 * of JSON each, like that of its event, in no order. False: Redis.
 */
#define RETURNS_KEPT_DAYS 14
bool returns_find(struct redis *redis, const struct message_id *id,
	struct buffer *lines, struct deadline deadline);

/* What REPORT says of a recipient, by CLASSIFIER (NULL: "other"). *rule_r (or
 * NULL): see category_of. */
enum category returns_category(const struct classifier *classifier,
	const struct report *report, const struct report_recipient *said,
	const struct category_rule **rule_r);

/*
 * What ADDRESSES of a message and FEEDBACK_ID, the value of a CFBL-Feedback-ID or
 * empty, say it is about. False: nothing; a failure of FAILURE_STORE says that it
 * cannot be told now. Texts live in the arena or in RETURNS's configuration.
 */
struct returns_about {
	struct message_id id;
	struct slice tenant, recipient; /* or empty */
	bool one;			/* it is of one recipient, known or not */
	int64_t expires_ms;
};
bool returns_look(struct returns *returns, struct arena *arena,
	const struct slice *addresses, size_t count, struct slice feedback_id,
	struct returns_about *about_r);

/* How many of each since the start: recipients, not messages. */
uint64_t returns_count(const struct returns *returns, enum returns_outcome outcome);

#endif
