/*
 * What comes back to us: late bounces, complaints. Read, tied to the message,
 * the tenant and the recipient it is about, classified, told (the events
 * `bounced_late`, `delayed_late`, `delivered_late`, `complained` and
 * `returned_unknown`), kept for `why`, and entered into the suppression list.
 *
 * A report is believed when it comes to an address, or holds one, that only a
 * receiver of the message can know (verp.h), and then only about the message
 * and the recipient that address was made for. Everything else is told and no
 * more than that.
 */
#ifndef RINGPOST_FEEDBACK_RETURNS_H
#define RINGPOST_FEEDBACK_RETURNS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "mail/report_read.h"
#include "run/fiber.h"

struct returns; /* a worker's */
struct verp_token;

/* What became of a report. */
enum returns_outcome {
	RETURNS_BOUNCED,   /* the message did not arrive after all */
	RETURNS_DELAYED,   /* it is late */
	RETURNS_DELIVERED, /* it arrived */
	RETURNS_COMPLAINED,
	RETURNS_UNKNOWN, /* a report that no message of ours is tied to */
	RETURNS_IGNORED, /* no report: an answer, a receipt, mail */
};

/* "bounced_late", …: the event's name; "ignored" has none. Static. */
const char *returns_outcome_name(enum returns_outcome outcome);

/* What port 25 has taken. Empty slices: not known. */
struct returns_arrival {
	const struct verp_token *token; /* of the address it came to, or NULL */
	bool feedback;			/* it came to an address for complaints */
	struct slice recipient;		/* that address */
	struct slice id;		/* its own, of the session that took it */
	struct slice reverse_path;	/* empty: <> */
	struct slice client;		/* "192.0.2.1" */
	struct slice authentication; /* "spf=pass dkim=pass dmarc=pass", for people */
	bool authenticated;	     /* it is from whom it says */
	struct slice message; /* lines ended by CRLF, cut behind REPORT_BYTES_MAX */
};

/*
 * Takes ARRIVAL, whose slices are not kept. True: it is dealt with, whatever it
 * was, and durable where it counted: the peer hears 250. False: it has to come
 * again (451), FAILURE_STORE or TIMEOUT. The same report again changes nothing.
 */
bool returns_take(struct returns *returns, const struct returns_arrival *arrival,
	struct deadline deadline);

#endif
