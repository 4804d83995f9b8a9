/* Between the files of the sink: the run, a worker's part, a session. */
#ifndef RINGPOST_BENCH_SINK_CORE_H
#define RINGPOST_BENCH_SINK_CORE_H

#include <stdatomic.h>

#include "base/arena.h"
#include "io/tls.h"
#include "mail/command.h"
#include "mail/dot.h"
#include "run/ring.h"

#include "bench/content.h"
#include "bench/crew.h"
#include "bench/endpoint.h"
#include "bench/ledger.h"
#include "bench/rule.h"
#include "bench/sink_options.h"
#include "bench/tally.h"

struct sink {
	struct sink_options options;
	struct endpoints endpoints;
	struct rules rules;
	struct tls_server *tls;
	int ledger_fd;
	struct crew *crew;
	struct sink_worker *workers;
	_Atomic uint64_t taken;
	struct report *report;
	_Atomic uint64_t second; /* ticks so far, and 1 */
	atomic_bool ledger_failed;
};

struct sink_worker {
	struct sink *sink;
	unsigned index;
	struct tally *tally;
	struct ledger ledger;
	struct scope acceptors, sessions, writers;
	struct condition stopped;
	struct list open; /* struct sink_session */
	uint64_t connections;
	int *fds; /* listening, one for each endpoint; taken over by acceptors */
	bool stopping;
	struct timer duration;
};

struct sink_session {
	struct sink_worker *worker;
	const struct endpoint *endpoint;
	int fd; /* until there is a stream */
	struct link link;
	struct fiber *fiber;
	struct stream *stream;
	uint64_t number;  /* of the connection, unique in this run */
	uint64_t counted; /* by which rules */
	uint64_t messages;
	uint64_t busy_second;	   /* of the run, the last with a message; 0: none */
	struct buffer reply, list; /* kept, for lines being made */
	bool idle;		   /* between messages, waiting for a command */
	bool ended;		   /* a last word was said, or none will be (cut) */
	bool cut;
	bool uncommitted; /* the outbox holds a 250 whose line is not written */
	bool extended, greeted;

	bool in_transaction, in_chunks, chunks_refused;
	struct arena arena;		    /* of the transaction */
	struct address sender, *recipients; /* in the arena; the array is kept */
	size_t recipient_count, recipient_capacity;
	int64_t began_us;
	struct content content;
	struct text_facts facts;
};

/* sink_session.c: the fiber of one; ARG is a struct sink_session, its own. */
void sink_session_run(void *arg);
void sink_say(struct sink_session *session, const struct reply *reply);
/* SINK_SAY(session, 250, 2, 0, 0, "Ok") */
void sink_tell(struct sink_session *session, struct reply reply);
#define SINK_SAY(session, ...) sink_tell(session, REPLY(__VA_ARGS__))
/* The same for the replies of every message: a whole line "250 2.1.0 …". */
void sink_accept(struct sink_session *session, struct slice line);
struct deadline sink_deadline(const struct sink_session *session);
/*
 * Asks the rules, waits as they say. True: go on. False: a refusal was said,
 * or the connection ends (session->ended).
 */
bool sink_ask(struct sink_session *session, enum rule_stage stage,
	const struct address *addresses, size_t count, struct deadline deadline);
/* Before any wait: what the outbox promises is in the ledger. */
bool sink_commit(struct sink_session *session, struct deadline deadline);
void sink_reset(struct sink_session *session);
/* The peer broke a rule of SMTP: counted, whatever the reply. */
void sink_note(struct sink_session *session, const char *fault);

bool sink_start_tls(struct sink_session *session, struct deadline deadline);

/* sink_command.c: LINE, with its CRLF, is done. */
void sink_obey(
	struct sink_session *session, struct slice line, struct deadline deadline);

/* sink_data.c */
void sink_data(struct sink_session *session, const struct smtp_command *command,
	struct deadline deadline);
void sink_bdat(struct sink_session *session, const struct smtp_command *command,
	struct deadline deadline);

/* sink_take.c: a message is complete: refused by a rule, or taken, its line in
 * the ledger. */
void sink_take(struct sink_session *session, struct deadline deadline);

/* sink_auth.c: anyone is let in. */
void sink_auth(struct sink_session *session, const struct smtp_command *command,
	struct deadline deadline);

#endif
