/*
 * Who a session is logged in as, from its login to its end: counted among the
 * sessions of the account, and held against the account as it is now.
 */
#ifndef RINGPOST_ACCOUNT_IDENTITY_H
#define RINGPOST_ACCOUNT_IDENTITY_H

#include "account/accounts.h"

/* Zeroed: nobody. */
struct identity {
	struct account account;		 /* name empty: nobody; no secrets are kept */
	char app[ACCOUNT_LABEL_MAX + 1]; /* the app password's label; empty: none */
	int64_t token_expires_ms;	 /* the login holds no longer; 0: it does */
	/* Its own: */
	struct accounts *accounts;
	enum account_scope scope;
	struct arena arena;
	int64_t read_us;
	uint64_t changes; /* account_changes() at that time */
	bool counted;
};

/*
 * The session is ACCOUNT's now, with the app password APP (NULL: none); who it
 * was before has ended. False: the account has SESSIONS_MAX in this SCOPE
 * already (0: no limit; the account's own limit goes before, for submission).
 */
bool identity_begin(struct identity *identity, struct accounts *accounts,
	enum account_scope scope, const struct account *account,
	const struct account_app *app, uint64_t sessions_max);
/* It is nobody's again; nothing is left to be freed. */
void identity_end(struct identity *identity);

enum identity_state {
	IDENTITY_HOLDS,	  /* `account` may be newer than before */
	IDENTITY_EXPIRED, /* the token it logged in with */
	IDENTITY_GONE,	  /* removed, disabled, or its app password is */
};

/* Asks again, where what is known was read long ago or accounts were changed
 * meanwhile. Nobody holds; so does what cannot be read now. */
enum identity_state identity_refresh(
	struct identity *identity, struct deadline deadline);

#endif
