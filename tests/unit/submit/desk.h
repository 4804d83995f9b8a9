/*
 * A whole submission in one worker, for tests: Redis, queue and spool are real,
 * the connection is a pipe in memory, and a client speaks line by line.
 */
#ifndef RINGPOST_TESTS_SUBMIT_DESK_H
#define RINGPOST_TESTS_SUBMIT_DESK_H

#include "../queue/world.h"
#include "base/config.h"
#include "io/tls.h"
#include "submit/session.h"

struct desk {
	struct place place;
	struct logins *logins;
	struct accounts *accounts;
	struct submission_node *node;
	struct submission *submission;
	struct config *config;
	struct dkim_keyring *keyring;
	struct tls_server *tls; /* NULL: no STARTTLS */
	struct tls_client *client_tls;
};

/* What was found wrong so far; it is said on standard error. */
extern unsigned desk_complaints;

/* SETTINGS: lines of YAML below hostname ("submission: { … }"); the one
 * listener has KEYS besides its address. In a fiber of a worker. */
bool desk_open(struct desk *desk, const struct server *server, const char *settings,
	const char *keys);
void desk_close(struct desk *desk);
/* One key for DOMAIN ("*": any), of RFC 8463's. */
void desk_add_key(struct desk *desk, const char *domain, const char *pem);
/* An account with this password; SENDERS separated by spaces. */
void desk_add_account(
	struct desk *desk, const char *name, const char *password, const char *senders);

/* One client. */
struct caller {
	struct stream *stream, *ours;
	struct desk *desk;
	struct scope scope;
	char reply[4096]; /* the last one, lines joined by '\n' */
	char said[100];
};

/* Connects; reads the greeting, says EHLO. */
void caller_open(struct caller *caller, struct desk *desk);
/* QUIT, where it still can. */
void caller_close(struct caller *caller);
void caller_start_tls(struct caller *caller, const char *session_key);
/* Says LINE (and CRLF) and wants a reply that begins with WANT. */
bool caller_say(struct caller *caller, const char *line, const char *want);
/* The same after bytes as they are. */
bool caller_send(struct caller *caller, struct slice bytes, const char *want);
/* MAIL, RCPT, DATA, TEXT, the dot; each recipient after a space. */
bool caller_mail(struct caller *caller, const char *from, const char *to,
	const char *text, const char *want);
/* AUTH, whatever it takes; the code of the last reply. */
int caller_log_in(struct caller *caller, enum sasl_mechanism mechanism,
	const char *name, const char *password);

/* The next entry that became ready, and its message's octets in ARENA. */
struct entry *desk_take(struct desk *desk, struct arena *arena, struct slice *text_r);

#endif
