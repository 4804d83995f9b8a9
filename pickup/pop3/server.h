/*
 * The POP3 server dialogue (RFC 1939), from greeting to QUIT, over a stream. Who
 * somebody is, and what his maildrop is, is asked of a policy; how it is said is
 * decided here: order, STLS, pipelining, time and error limits, replies.
 *
 * One session has a maildrop at a time (RFC 1939 4); it sees it as it was at the
 * login. What DELE marked goes at QUIT, all of it or none, and never otherwise.
 */
#ifndef RINGPOST_POP3_SERVER_H
#define RINGPOST_POP3_SERVER_H

#include "account/login.h"
#include "base/arena.h"
#include "pop3/maildrop.h"
#include "session/conversation.h"

/* RFC 1939 3 */
#define POP3_IDLE_MS (10 * 60 * 1000)

struct pop3_policy;

/* One session, as its policy sees it. */
struct pop3_session {
	struct conversation conversation; /* its stream, limits, counts */
	const char *hostname;
	const struct pop3_policy *policy;
	void *context;	    /* the policy's */
	struct slice stamp; /* of the greeting, "<…>"; empty: APOP was not offered */
	struct slice account; /* who has logged in; empty: nobody. Valid as long as
				 the session, set by the policy */
	bool utf8;	      /* UTF8 was said (RFC 6856 2) */
	struct arena arena;
};

/* What may be used to log in on this connection, now. */
struct pop3_offer {
	bool user;	     /* USER and PASS */
	bool apop;	     /* asked for the greeting, and at each APOP */
	unsigned mechanisms; /* SASL_BIT */
};

/* Verdicts: LOGIN_CONTINUE: *challenge_r is to be sent, base64; LOGIN_OK:
 * session->account is set. A policy takes the time it wants to answer a failure
 * with. */
struct pop3_policy {
	void (*offer)(struct pop3_session *session, struct pop3_offer *offer_r);
	/* AUTH. INITIAL at NULL: none; "=": an empty one. */
	enum login_verdict (*start)(struct pop3_session *session,
		struct slice mechanism, struct slice initial, struct slice *challenge_r,
		struct deadline deadline);
	/* A line of the client's. */
	enum login_verdict (*step)(struct pop3_session *session, struct slice line,
		struct slice *challenge_r, struct deadline deadline);
	/* USER and PASS, as they were said. */
	enum login_verdict (*password)(struct pop3_session *session, struct slice name,
		struct slice password, struct deadline deadline);
	/* DIGEST is 32 hexadecimal digits: MD5 of session->stamp and the secret. */
	enum login_verdict (*apop)(struct pop3_session *session, struct slice name,
		struct slice digest, struct deadline deadline);
	/* The maildrop of who has logged in, once. NULL: FAILURE_DATA: it cannot be
	 * used as it is; else not now. */
	struct maildrop *(*open)(
		struct pop3_session *session, struct deadline deadline);
	/* Asked before each command behind the login: does that still hold? NULL: it
	 * does. */
	bool (*holds)(struct pop3_session *session, struct deadline deadline);
	/* The session ends, the maildrop is closed; also after an AUTH that broke
	 * off. */
	void (*disconnect)(struct pop3_session *session);
};

struct pop3_server_options {
	struct stream *stream;	/* taken over; already TLS where implicit */
	struct tls_server *tls; /* for STLS; NULL: not offered */
	const char *hostname;
	const struct conversation_limits *limits;
	struct attendance *attendance;
	const struct pop3_policy *policy;
	void *policy_context;
	unsigned expire_days; /* messages stay that long; 0: for ever (RFC 2449 6.7) */
	const bool *stopping;
	bool *resting; /* as of conversation_options */
};

/* The whole session, in the calling fiber, to its end, at DEADLINE at the latest;
 * the stream is closed then. */
void pop3_server_run(
	const struct pop3_server_options *options, struct deadline deadline);

#endif
