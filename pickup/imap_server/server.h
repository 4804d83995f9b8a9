/*
 * The IMAP server dialogue (RFC 9051, RFC 3501), from greeting to BYE, over a
 * stream. Who somebody is, and whose mail it is, is asked of a policy; how it is
 * said is decided here: order, STARTTLS, pipelining, literals, time and error
 * limits, what is told of a mailbox and when.
 */
#ifndef RINGPOST_IMAP_SERVER_SERVER_H
#define RINGPOST_IMAP_SERVER_SERVER_H

#include "account/login.h"
#include "base/arena.h"
#include "mail/sasl.h"
#include "session/conversation.h"
#include "store/store.h"

/* RFC 9051 5.4 */
#define IMAP_IDLE_MS (30 * 60 * 1000)

struct imap_policy;

/* One session, as its policy sees it. */
struct imap_session {
	struct conversation conversation; /* its stream, limits, counts */
	const char *hostname;
	const struct imap_policy *policy;
	void *context;	      /* the policy's */
	struct slice account; /* who has logged in; empty: nobody. Valid as long as
				 the session, set by the policy */
	struct arena arena;
};

/* What may be used to log in on this connection, now. */
struct imap_offer {
	bool login;	     /* LOGIN; else LOGINDISABLED */
	unsigned mechanisms; /* SASL_BIT */
};

/* Verdicts: LOGIN_CONTINUE: *challenge_r is to be sent, base64; LOGIN_OK:
 * session->account is set. A policy takes the time it wants to answer a failure
 * with. */
struct imap_policy {
	void (*offer)(struct imap_session *session, struct imap_offer *offer_r);
	/* AUTHENTICATE. INITIAL at NULL: none; "=": an empty one. */
	enum login_verdict (*start)(struct imap_session *session,
		struct slice mechanism, struct slice initial, struct slice *challenge_r,
		struct deadline deadline);
	/* A line of the client's. */
	enum login_verdict (*step)(struct imap_session *session, struct slice line,
		struct slice *challenge_r, struct deadline deadline);
	/* LOGIN. */
	enum login_verdict (*password)(struct imap_session *session, struct slice name,
		struct slice password, struct deadline deadline);
	/* The mail of who has logged in, once: held, the session releases it. The port
	 * outlives the session. NULL: not now. */
	struct store_account *(*open)(struct imap_session *session,
		struct store_port **port_r, struct deadline deadline);
	/* The account whose mailboxes are "Shared/…" to all others; empty: none is.
	 * NULL: none. */
	struct slice (*shared)(struct imap_session *session);
	/* Another's mail is to be used, within its owner's quota: set that. False:
	 * there is no such account any more. NULL: there is no quota. */
	bool (*visit)(struct imap_session *session, struct store_account *account,
		struct deadline deadline);
	/* Asked before each command behind the login, and in IDLE: does that still
	 * hold? NULL: it does. */
	bool (*holds)(struct imap_session *session, struct deadline deadline);
	/* The session ends, all mailboxes are closed; also after an AUTHENTICATE that
	 * broke off. */
	void (*disconnect)(struct imap_session *session);
};

struct imap_server_options {
	struct stream *stream;	/* taken over; already TLS where implicit */
	struct tls_server *tls; /* for STARTTLS; NULL: not offered */
	const char *hostname;
	const struct conversation_limits *limits;
	struct attendance *attendance;
	const struct imap_policy *policy;
	void *policy_context;
	uint64_t message_max; /* octets of a message of APPEND */
	struct index *index;  /* for SEARCH; NULL: there is none */
	const bool *stopping;
	bool *resting; /* as of conversation_options */
};

/* The whole session, in the calling fiber, to its end, at DEADLINE at the latest;
 * the stream is closed then. */
void imap_server_run(
	const struct imap_server_options *options, struct deadline deadline);

#endif
