/*
 * Whose an address is: an account's own name, one of its other addresses, or
 * all that is left of a domain ("@domain").
 *
 * The hash rp:addresses has the account of each. It is an index: what counts is
 * what the account itself says, so that an entry that was left behind does
 * no harm, and its address is free.
 *
 * The case of letters does not matter, domains are compared as A-labels. Who
 * is disabled gets no mail.
 */
#ifndef RINGPOST_ACCOUNT_ADDRESSES_H
#define RINGPOST_ACCOUNT_ADDRESSES_H

#include "account/account_cache.h"

#define ADDRESSES_CACHE_MAX 20000 /* with an account, and as many without */

/* The one form of an address of an account, in the arena: "user@domain" or
 * "@domain", in lower case. False with FAILURE_DATA, saying what is wrong. */
bool account_address_prepare(
	struct slice text, struct arena *arena, struct slice *address_r);

/* A worker's memory of whose addresses are. */
struct address_book;

/* Both are kept, and outlive it. */
struct address_book *address_book_create(
	struct redis *redis, struct account_cache *cache);
void address_book_destroy(struct address_book **book);

struct addressee {
	struct slice account; /* its name */
	struct slice detail; /* "lists" of "bob+lists@…", where "bob@…" was found, in
				lower case; else empty */
	bool catch_all;	     /* nobody is so called */
};

/*
 * Whose ADDRESS ("local@domain") is: as it stands, then without its detail, then
 * whose the rest of the domain is. SEPARATOR stands between a mailbox and its
 * detail; 0: nothing does. From memory where that is fresh (ACCOUNT_FRESH_MS;
 * at once where it was changed in this process), or where Redis does not
 * answer. True: *addressee_r in ARENA. False: FAILURE_DATA: nobody's; else it
 * cannot be told now.
 */
bool address_book_find(struct address_book *book, struct slice address, char separator,
	struct arena *arena, struct addressee *addressee_r, struct deadline deadline);

/*
 * Before ACCOUNT is written: its addresses, and its name where that is one, are
 * its own. False with FAILURE_DATA: one of them is another account's.
 */
bool address_book_claim(
	struct redis *redis, const struct account *account, struct deadline deadline);
/* After it was written: what was OLD's and is not NOW's (NULL: it is removed) is
 * free. */
bool address_book_yield(struct redis *redis, const struct account *old,
	const struct account *now, struct deadline deadline);

/* Whether ADDRESS, prepared, is one of ACCOUNT's: its name or in its list. */
bool account_has_address(const struct account *account, struct slice address);

#endif
