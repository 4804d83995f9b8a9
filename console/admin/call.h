/*
 * What is asked of the running daemon while it is answered, whichever door it came
 * through: the admin socket (admin.c) or HTTP (web/resource.h). Shared by the files
 * that answer.
 */
#ifndef RINGPOST_ADMIN_CALL_H
#define RINGPOST_ADMIN_CALL_H

#include <stdbool.h>

#include "base/list.h"
#include "run/fiber.h"

#include "admin/commands.h"
#include "daemon/daemon.h"
#include "report/value.h"

struct fan;
struct rates;

struct admin {
	struct daemon *daemon;
	struct scope scope; /* of its fibers */
	struct ring_acceptor *acceptor;
	unsigned clients;
	struct list fans; /* whose parts have not all come back */
	struct rates *rates;
	unsigned digs; /* through files for a message, at a time */
	struct condition dug;
};

struct fan_job;
extern const struct fan_job admin_status_job; /* what a worker says of itself */
struct value *admin_reactions(struct daemon_worker *worker);  /* site.c */
/* sites.c: all of them by name and source, to be released; NULL with a failure. */
struct value *admin_sites_value(struct admin_call *call, struct deadline deadline);
struct value *admin_events_value(struct daemon *daemon);      /* events.c */
struct value *admin_suppression_value(struct daemon *daemon); /* suppression.c */

/* Where lines of an answer go. */
struct admin_output {
	/* ITEM is taken over; NOW: it does not wait for others. False: no more is
	 * taken. */
	bool (*say)(struct admin_output *output, struct value *item, bool now,
		struct deadline deadline);
};

/* Who asks; for the event that tells of a change. */
struct admin_asker {
	struct slice by;      /* "uid 0", "key 8fzkdvgevj" */
	struct slice name;    /* of the key */
	struct slice address; /* where it asks from, over HTTP */
};

/* What a failure is about, where its kind does not say it; HTTP's 422, 404, 409, 403.
 */
enum admin_refusal { ADMIN_WRONG, ADMIN_ABSENT, ADMIN_CONFLICT, ADMIN_NOT_ALLOWED };

struct admin_call {
	struct admin *admin;
	struct daemon *daemon;
	struct admin_output *output;
	struct admin_asker asker;
	const struct value *request;
	struct value *answer; /* the last line: filled by the command */
	/* Also of a command that did not do it, but has an answer with `errors`. */
	enum admin_refusal refusal;
	const char *member; /* of the request, that is wrong; or NULL; static */
	/* Things that are wrong, [{"pointer":…,"detail":…}, …]; or NULL. */
	struct value *errors;
};

/* A line of the answer ahead of the last; ITEM is taken over. False: the client
 * is gone, or too slow, or wants no more. */
bool admin_say(struct admin_call *call, struct value *item, struct deadline deadline);

/* The same, and it goes out at once. */
bool admin_say_now(
	struct admin_call *call, struct value *item, struct deadline deadline);

/* Fails with FAILURE_DATA, saying what this is about; MEMBER (static) of the request
 * is wrong, or NULL. Returns false. */
bool admin_refuse(struct admin_call *call, enum admin_refusal refusal,
	const char *member, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* A command: false with a failure, which the client is told. */
struct admin_command {
	const char *name;
	bool (*run)(struct admin_call *call, struct deadline deadline);
	/* NULL: it changes nothing. Else each use is an event `admin_change`, which
	 * names these members of the request as what it is about: "name address";
	 * "rights? name": only a request with `rights` changes something. */
	const char *changes;
};

/* Does what the call's request names, and tells of a change (carry_out.c). */
bool admin_carry_out(struct admin_call *call, struct deadline deadline);
/* commands.c: NULL: there is none. */
const struct admin_command *admin_command_find(struct slice name);

#endif
