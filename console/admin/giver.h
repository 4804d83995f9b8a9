/*
 * What somebody who asks may give to others: no more than they have. Who asks over
 * the admin socket has all; who asks over HTTP has what the API key has, which comes
 * as the request's member "giver" (as `key list` shows a key).
 */
#ifndef RINGPOST_ADMIN_GIVER_H
#define RINGPOST_ADMIN_GIVER_H

#include "account/api_key.h"

#include "admin/call.h"

struct giver {
	bool limited; /* else the rest does not matter */
	unsigned scopes;
	struct slice tenant; /* empty: of any */
	struct slice *senders;
	size_t sender_count;
	uint64_t messages_per_hour, recipients_per_message;
	int64_t expires_ms;
};

/* Slices are the request's or in ARENA. */
struct giver giver_of(const struct admin_call *call, struct arena *arena);

/* Whether what is TENANT's is there at all, for who asks. */
bool giver_sees(const struct giver *giver, struct slice tenant);
/* Whether it may be made so; else false, refused with what is too much. */
bool giver_covers_account(const struct giver *giver, struct admin_call *call,
	const struct account *account);
bool giver_covers_domain(
	const struct giver *giver, struct admin_call *call, struct slice domain);
bool giver_covers_key(
	const struct giver *giver, struct admin_call *call, const struct api_key *key);

/* The current failure, where it is FAILURE_DATA, is one of these, about MEMBER (static;
 * or NULL). Returns false. */
bool admin_mark(
	struct admin_call *call, enum admin_refusal refusal, const char *member);

/* A key as it is shown, without its hash. */
struct value *admin_key_value(const struct api_key *key);
/* The request's member NAME: a text, or a list of texts with commas between them in
 * ARENA. */
struct slice admin_words(
	const struct value *request, const char *name, struct arena *arena);
/* TEXT with commas as a list. */
struct value *admin_words_list(struct slice text);

#endif
