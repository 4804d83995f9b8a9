/* Between the files of the client: the run, a worker's part of it, a session. */
#ifndef RINGPOST_BENCH_CLIENT_CORE_H
#define RINGPOST_BENCH_CLIENT_CORE_H

#include <stdatomic.h>

#include "io/stream.h"
#include "io/tls.h"
#include "run/fiber.h"
#include "run/worker.h"

#include "bench/client_mail.h"
#include "bench/client_options.h"
#include "bench/crew.h"
#include "bench/endpoint.h"
#include "bench/pace.h"
#include "bench/tally.h"

#define CLIENT_TEXT_MAX	   160
#define CLIENT_COMMAND_MAX 2000

struct client_step {
	struct slice text;
	unsigned percent;
};

struct client {
	struct client_options options;
	struct client_step steps[CLIENT_STEPS_MAX];
	struct endpoints targets;
	struct client_mail mail;
	struct tls_client *tls;
	char *password;
	struct pace pace;
	struct crew *crew;
	struct client_worker *workers;
	atomic_uint gave_up;	/* sessions */
	atomic_ullong differed; /* messages that are not what was stored */
};

struct client_worker {
	struct client *client;
	struct tally *tally;
	struct scope sessions;
	struct client_session *list; /* all of this worker's */
	struct condition stopped;
	bool stopping;
	struct timer patience;
};

struct client_session {
	struct client_worker *worker;
	const struct endpoint *target;
	unsigned number; /* among all of the run */
	unsigned user;
	struct stream *stream;
	const char *stage;	     /* what it is at, for what goes wrong */
	uint64_t tag, round, exists; /* exists: messages in the mailbox */
	uint64_t items;		     /* of the last answer */
	bool ready_told;	     /* to the pace */
	bool over;		     /* there will be no more operations */
	unsigned failures;	     /* openings in a row */
	char said[CLIENT_TEXT_MAX];  /* the last answer that was no OK */
	struct content content;
	struct draft draft;
	struct buffer command;
};

struct deadline client_deadline(const struct client_session *session);

/* client_open.c: connects to ready; false and closed, counted in the tally. */
bool client_open(struct client_session *session);
/* Says goodbye, and closes. */
void client_close(struct client_session *session);

/* client_session.c: the fiber of one; ARG is a struct client_session. */
void client_session_run(void *arg);
/* What was read of a message is complete. */
void client_judge(struct client_session *session);

/*
 * client_imap.c, client_pop3.c. All return false when the connection is of no
 * more use (its stream's failure) or the answer was no OK (said, in words).
 */
bool imap_greet(struct client_session *session);
bool imap_ask(struct client_session *session, struct slice command);
/* APPEND of messages NUMBER * batch and those behind it. */
bool imap_append(struct client_session *session, uint64_t number);
/* IDLE, until the server has said that it does. */
bool imap_idle(struct client_session *session);

bool pop3_greet(struct client_session *session);
bool pop3_ask(struct client_session *session, struct slice command);
bool pop3_count(struct client_session *session);
bool pop3_read_all(struct client_session *session);

#endif
