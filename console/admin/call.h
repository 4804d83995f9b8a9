/*
 * A request on the admin socket while it is answered: shared by the files that
 * answer (admin_*.c).
 */
#ifndef RINGPOST_ADMIN_CALL_H
#define RINGPOST_ADMIN_CALL_H

#include <stdbool.h>

#include "base/list.h"
#include "io/stream.h"

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
};

struct fan_job;
extern const struct fan_job admin_status_job; /* what a worker says of itself */
struct value *admin_reactions(struct daemon_worker *worker);  /* site.c */
struct value *admin_events_value(struct daemon *daemon);      /* events.c */
struct value *admin_suppression_value(struct daemon *daemon); /* suppression.c */

struct admin_call {
	struct admin *admin;
	struct daemon *daemon;
	struct stream *stream;
	const struct value *request;
	struct value *answer; /* the last line: filled by the command */
};

/* A line of the answer ahead of the last; ITEM is taken over. False: the client
 * is gone, or too slow. */
bool admin_say(struct admin_call *call, struct value *item, struct deadline deadline);

/* The same, and it goes out at once. */
bool admin_say_now(
	struct admin_call *call, struct value *item, struct deadline deadline);

/* A command: false with a failure, which the client is told. */
struct admin_command {
	const char *name;
	bool (*run)(struct admin_call *call, struct deadline deadline);
};
/* commands.c: NULL: there is none. */
const struct admin_command *admin_command_find(struct slice name);

/* In admin_NAME.c each. */
bool admin_api_routes(struct admin_call *call, struct deadline deadline);
bool admin_bounces(struct admin_call *call, struct deadline deadline);
bool admin_mailbox(struct admin_call *call, struct deadline deadline);
bool admin_events(struct admin_call *call, struct deadline deadline);
bool admin_status(struct admin_call *call, struct deadline deadline);
bool admin_site(struct admin_call *call, struct deadline deadline);
bool admin_sources(struct admin_call *call, struct deadline deadline);
bool admin_sites(struct admin_call *call, struct deadline deadline);
bool admin_returns_list(struct admin_call *call, struct deadline deadline);
bool admin_returns_look(struct admin_call *call, struct deadline deadline);
bool admin_sts(struct admin_call *call, struct deadline deadline);
bool admin_tlsrpt(struct admin_call *call, struct deadline deadline);
bool admin_queue_list(struct admin_call *call, struct deadline deadline);
bool admin_queue_count(struct admin_call *call, struct deadline deadline);
bool admin_queue_show(struct admin_call *call, struct deadline deadline);
bool admin_queue_body(struct admin_call *call, struct deadline deadline);
bool admin_queue_retry(struct admin_call *call, struct deadline deadline);
bool admin_queue_hold(struct admin_call *call, struct deadline deadline);
bool admin_queue_release(struct admin_call *call, struct deadline deadline);
bool admin_queue_drop(struct admin_call *call, struct deadline deadline);
bool admin_queue_rebind(struct admin_call *call, struct deadline deadline);
bool admin_app_add(struct admin_call *call, struct deadline deadline);
bool admin_app_list(struct admin_call *call, struct deadline deadline);
bool admin_app_remove(struct admin_call *call, struct deadline deadline);
bool admin_key_add(struct admin_call *call, struct deadline deadline);
bool admin_key_list(struct admin_call *call, struct deadline deadline);
bool admin_key_change(struct admin_call *call, struct deadline deadline);
bool admin_key_remove(struct admin_call *call, struct deadline deadline);
bool admin_suppression_add(struct admin_call *call, struct deadline deadline);
bool admin_suppression_check(struct admin_call *call, struct deadline deadline);
bool admin_suppression_list(struct admin_call *call, struct deadline deadline);
bool admin_suppression_remove(struct admin_call *call, struct deadline deadline);
bool admin_suspend(struct admin_call *call, struct deadline deadline);
bool admin_resume(struct admin_call *call, struct deadline deadline);
bool admin_suspensions(struct admin_call *call, struct deadline deadline);
bool admin_totp_check(struct admin_call *call, struct deadline deadline);
bool admin_totp_new(struct admin_call *call, struct deadline deadline);
bool admin_totp_off(struct admin_call *call, struct deadline deadline);
bool admin_totp_on(struct admin_call *call, struct deadline deadline);
bool admin_user_add(struct admin_call *call, struct deadline deadline);
bool admin_user_change(struct admin_call *call, struct deadline deadline);
bool admin_user_password(struct admin_call *call, struct deadline deadline);
bool admin_user_remove(struct admin_call *call, struct deadline deadline);
bool admin_user_list(struct admin_call *call, struct deadline deadline);
bool admin_webhook_add(struct admin_call *call, struct deadline deadline);
bool admin_webhook_dead(struct admin_call *call, struct deadline deadline);
bool admin_webhook_list(struct admin_call *call, struct deadline deadline);
bool admin_webhook_redeliver(struct admin_call *call, struct deadline deadline);
bool admin_webhook_remove(struct admin_call *call, struct deadline deadline);
bool admin_webhook_test(struct admin_call *call, struct deadline deadline);

#endif
