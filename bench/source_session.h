/* Between the files of the source: a session, and its messages. */
#ifndef RINGPOST_BENCH_SOURCE_SESSION_H
#define RINGPOST_BENCH_SOURCE_SESSION_H

#include "bench/source_core.h"

enum source_way { SOURCE_LOCKSTEP, SOURCE_PIPELINED, SOURCE_CHUNKED };

/* A message on its way through the dialogue. */
struct transaction {
	uint64_t number;
	unsigned attempts; /* this one included */
	int64_t began_us;  /* latency counts from here */
	char id[SOURCE_ID_SIZE];
	size_t id_size;
	struct draft draft;
	uint64_t answered, accepted; /* recipients */
	struct buffer recipients;    /* accepted ones, for the ledger */
	bool mail_accepted, sent;    /* sent: its content was begun */
	bool for_now;		     /* refused, but not for ever */
	size_t together; /* HTTP: of the first of a request, how many it has */
	int code;	 /* of the first refusal; 0: none */
	const char *stage;
	char refusal[SOURCE_TEXT_MAX];
};

struct source_session {
	struct source_worker *worker;
	const struct endpoint *target;
	unsigned number; /* among all of the run */
	struct stream *stream;
	struct capabilities capabilities;
	struct reply_parser parser;
	enum source_way way;
	bool ready_told; /* to the pace */
	bool over;	 /* there will be no more messages */
	bool closing;	 /* the server has said 421 */
	bool disturbed;	 /* chunked: a refusal leaves those behind it astray */
	uint64_t begun;	 /* messages on this connection */
	size_t written;	 /* of those in flight, with their envelope at least */
	struct buffer commands;
	unsigned failures;	    /* openings in a row */
	struct transaction *flight; /* a ring of options.places */
	size_t first, count;
};

/* source_open.c: connects to ready; false and closed, counted in the tally. */
bool source_open(struct source_session *session);
/* One reply, whose text is valid until the next; false: the stream failed. */
bool source_read_reply(struct source_session *session, struct reply *reply_r);
struct deadline source_deadline(const struct source_session *session);
/* QUIT, and closes. */
void source_quit(struct source_session *session);

/* source_session.c: the fiber of one; ARG is a struct source_session. */
void source_session_run(void *arg);
/*
 * The next message into the flight, if there is one; WAIT: until it is due.
 * False: there is none now, or (session->over) will be none.
 */
bool source_take(struct source_session *session, bool wait, struct deadline deadline);
/* The I-th in flight, oldest first. */
struct transaction *source_flight(struct source_session *session, size_t i);

/* source_outcome.c: recipient K of it is accepted. */
void source_accept(
	struct source_session *session, struct transaction *transaction, uint64_t k);
/* What became of the oldest in flight; takes it out. */
void source_acked(struct source_session *session, const struct reply *reply);
void source_refused(struct source_session *session);
void source_lost(struct source_session *session);
/* Sends it again as if it had never been begun. */
void source_astray(struct source_session *session);
struct again *source_again_first(struct source_worker *worker);

/* source_deliver.c: the messages in flight and those that follow. */
void source_converse(struct source_session *session);
/* Whether another message may go over this connection. */
bool source_may_begin(const struct source_session *session);
/* The connection is over: so are those in flight, each in its way. */
void source_lose_rest(struct source_session *session);

#endif
