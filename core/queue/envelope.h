/*
 * What was said at submission about a message, and about each of its
 * recipients. All slices are in the message's or the entry's arena.
 */
#ifndef RINGPOST_QUEUE_ENVELOPE_H
#define RINGPOST_QUEUE_ENVELOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "queue/message_id.h"

/* RFC 3461 4.1 */
enum notify {
	NOTIFY_UNSET = 0, /* the default: failure, and maybe delay */
	NOTIFY_NEVER = 1,
	NOTIFY_SUCCESS = 2,
	NOTIFY_FAILURE = 4,
	NOTIFY_DELAY = 8,
};

struct recipient {
	struct slice address;  /* mailbox@domain, as given */
	struct slice original; /* ORCPT "rfc822;…", decoded form kept as given; empty: none */
	unsigned notify;       /* enum notify bits */
	bool delay_told;       /* a delay warning was sent */
};

/* RFC 2852: what is to be done when its time is over */
enum deliver_by { DELIVER_BY_NONE, DELIVER_BY_RETURN, DELIVER_BY_NOTIFY };

#define TENANT_SIZE_MAX 63
#define STREAM_SIZE_MAX 31
#define TAGS_SIZE_MAX	511
#define POOL_SIZE_MAX	63
#define METADATA_SIZE_MAX 1000
#define CALLER_SIZE	25 /* TRACE_CALLER_SIZE */
#define PRIORITY_MOST	9 /* RFC 6710; and -9 */

struct envelope {
	struct message_id id;
	struct slice reverse_path; /* empty: <> */
	struct slice envelope_id;  /* ENVID; empty: none */
	struct slice account;      /* who submitted; empty: trusted network, or us */
	struct slice client;       /* "192.0.2.1" */
	/* Whose mail it is and of which kind, empty: nobody's in particular; names
	 * of letters, digits, '.', '-', '_' (flow_name_is_valid). */
	struct slice tenant, stream;
	struct slice tags;         /* words with one space between them */
	struct slice metadata;     /* an object in JSON, on one line; empty: none */
	struct slice caller;       /* whose trace it goes on (traces/trace.h); empty: none */
	struct slice pool;         /* of sources; empty: the configuration decides */
	int priority;              /* RFC 6710: -9 … 9 */
	bool return_full;          /* RET=FULL */
	bool return_set;
	bool smtputf8;             /* needs SMTPUTF8 */
	bool eight_bit;            /* the body has 8-bit bytes */
	bool header_eight_bit;
	bool require_tls;          /* RFC 8689: REQUIRETLS */
	bool tls_optional;         /* RFC 8689: "TLS-Required: no" */
	bool binary;               /* BODY=BINARYMIME */
	bool deliver_by_trace;
	enum deliver_by deliver_by;
	int64_t deliver_by_ms;     /* since 1970, where deliver_by is set */
	int64_t created_ms, expires_ms;
	uint64_t size;             /* octets of the whole message with its header */
	uint64_t header_size;
	uint32_t lines_longest;
};

/*
 * The flow of a message: what waits in one line with it. "tenant/stream", with
 * "/priority" behind it where that is not 0; empty for a message of no tenant
 * and no stream and of priority 0. Written into TEXT unless it is empty.
 */
#define FLOW_SIZE_MAX (TENANT_SIZE_MAX + 1 + STREAM_SIZE_MAX + 3)
struct slice envelope_flow(const struct envelope *envelope, char text[FLOW_SIZE_MAX + 1]);
/* The same without its priority: what has turns of its own in a site's line. */
struct slice envelope_flow_name(
	const struct envelope *envelope, char text[FLOW_SIZE_MAX + 1]);
/* The parts of FLOW, which stay in it; false when it is none. */
struct flow_parts {
	struct slice tenant, stream;
	int priority;
};
bool flow_parse(struct slice flow, struct flow_parts *parts_r);
/* A name of at most MOST letters, digits, '.', '-', '_' and at least one. */
bool flow_name_is_valid(struct slice name, size_t most);
/* Whether tenant, stream, tags, pool and priority are as they must be. */
bool envelope_flow_is_valid(const struct envelope *envelope);

#endif
