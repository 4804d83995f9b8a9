/*
 * Who a session is logged in as, from its login to its end.
 */
#include "account/identity.h"

#include <string.h>

#include "account/account_app.h"
#include "base/failure.h"
#include "base/memory.h"
#include "run/worker.h"

/* Name, tenant and senders of most. */
#define RIGHTS_SIZE 128

static void take_rights(struct identity *identity, const struct account *account);

bool identity_begin(struct identity *identity, struct accounts *accounts,
	enum account_scope scope, const struct account *account,
	const struct account_app *app, uint64_t sessions_max)
{
	identity_end(identity);
	if (scope == ACCOUNT_SUBMIT && account->sessions)
		sessions_max = account->sessions;
	if (!logins_session_begin(accounts->logins, scope, account->name, sessions_max))
		return false;
	identity->accounts = accounts;
	identity->scope = scope;
	identity->counted = true;
	slice_to_text(
		app ? app->label : SLICE_EMPTY, identity->app, sizeof(identity->app));
	take_rights(identity, account);
	return true;
}

void identity_end(struct identity *identity)
{
	if (identity->counted)
		logins_session_end(identity->accounts->logins, identity->scope,
			identity->account.name);
	arena_finish(&identity->arena);
	*identity = (struct identity){.counted = false};
}

enum identity_state identity_refresh(
	struct identity *identity, struct deadline deadline)
{
	struct arena arena = {0};
	struct account account;
	bool holds = true;

	if (!identity->counted)
		return IDENTITY_HOLDS;
	if (identity->token_expires_ms &&
		worker_wall_ms() >= identity->token_expires_ms + TOKEN_LEEWAY_MS)
		return IDENTITY_EXPIRED;
	if (identity->changes == account_changes() &&
		worker_now_us() - identity->read_us < ACCOUNT_FRESH_MS * 1000LL)
		return IDENTITY_HOLDS;
	if (account_cache_read(identity->accounts->cache, identity->account.name,
		    &arena, &account, deadline)) {
		holds = !account.disabled &&
			(!identity->app[0] ||
				account_app_find(&account, slice_of(identity->app)));
		take_rights(identity, &account);
	} else if (failure_kind_last() == FAILURE_DATA) {
		holds = false;
	}
	arena_finish(&arena);
	return holds ? IDENTITY_HOLDS : IDENTITY_GONE;
}

/* What the session needs to know of its account: no secret is kept. */
static void take_rights(struct identity *identity, const struct account *account)
{
	struct account rights = *account;
	struct arena *arena = &identity->arena;

	arena_reset(arena);
	arena_expect(arena, RIGHTS_SIZE);
	rights.hash = rights.cram_password = SLICE_EMPTY;
	rights.apps = NULL;
	memory_wipe(rights.totp, sizeof(rights.totp));
	rights.app_count = 0;
	memory_wipe(&rights.scram, sizeof(rights.scram));
	rights.name = arena_copy(arena, account->name);
	rights.tenant = arena_copy(arena, account->tenant);
	rights.senders = arena_take_array(
		arena, account->sender_count, sizeof(*rights.senders));
	for (size_t i = 0; i < account->sender_count; i++)
		rights.senders[i] = arena_copy(arena, account->senders[i]);
	rights.addresses = arena_take_array(
		arena, account->address_count, sizeof(*rights.addresses));
	for (size_t i = 0; i < account->address_count; i++)
		rights.addresses[i] = arena_copy(arena, account->addresses[i]);
	identity->account = rights;
	identity->read_us = worker_now_us();
	identity->changes = account_changes();
}
