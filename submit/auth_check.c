/*
 * Whether a client is who it says: by a password, the proof of one, or a token.
 *
 * "name#label" is the account "name" with its app password "label": SCRAM needs
 * to know before it has heard anything of the password.
 */
#include <stdio.h>

#include "base/event.h"
#include "base/memory.h"
#include "run/worker.h"
#include "account/account_app.h"
#include "submit/auth.h"
#include "submit/node.h"
#include "account/token.h"

static bool try_later(const char *what, struct reply *reply)
{
	event_note(
		EVENT_WARNING, "login_deferred", "%s: %s", what, failure_last()->text);
	*reply = REPLY(454, 4, 7, 0, "Cannot check that now, try again later");
	return false;
}

static void take_account(struct exchange *exchange, const struct account *account)
{
	exchange->reason = "disabled";
	if (account->disabled)
		return;
	exchange->account = *account;
	exchange->reason = "wrong password";
}

/* "name#label", where no account is called so. */
static bool find_labelled(
	struct exchange *exchange, struct slice said, struct deadline deadline)
{
	size_t at = slice_index_last(said, '#');
	struct account account;

	if (at >= said.size || !account_name_prepare(slice_part(said, 0, at),
				       &exchange->arena, &exchange->name))
		return fail(FAILURE_DATA, "no such account");
	if (!account_cache_read(exchange->self->submission->accounts, exchange->name,
		    &exchange->arena, &account, deadline))
		return false;
	exchange->reason = "no such app password";
	exchange->app = account_app_find(&account, slice_from(said, at + 1));
	if (exchange->app)
		take_account(exchange, &account);
	return true;
}

/* SAID is the account's name. False with the reply when it cannot be told
 * whether there is one. */
static bool find_account(struct exchange *exchange, struct slice said,
	struct reply *reply, struct deadline deadline)
{
	struct submission *submission = exchange->self->submission;
	struct account account;

	exchange->reason = "no such account";
	if (!account_name_prepare(said, &exchange->arena, &exchange->name))
		return true;
	if (account_cache_read(submission->accounts, exchange->name, &exchange->arena,
		    &account, deadline)) {
		take_account(exchange, &account);
		return true;
	}
	return (failure_kind_last() == FAILURE_DATA &&
		       find_labelled(exchange, said, deadline)) ||
	       failure_kind_last() == FAILURE_DATA || try_later("accounts", reply);
}

/* With a second factor the account's own password is not enough, and a mail
 * program cannot ask for a code: it takes an app password. */
static bool may_submit(struct exchange *exchange)
{
	if (!exchange->app && exchange->account.has_totp) {
		exchange->reason =
			"an app password is needed, for it has a second factor";
		return false;
	}
	if (!exchange->app || (exchange->app->scopes & ACCOUNT_SUBMIT))
		return true;
	exchange->reason = "app password is not for submission";
	return false;
}

bool auth_give_account(struct exchange *exchange, enum sasl_progress *progress_r,
	struct reply *reply, struct deadline deadline)
{
	struct account_cache *accounts = exchange->self->submission->accounts;
	const struct account *account = &exchange->account;
	const struct sasl_scram_keys *keys = &account->scram;
	struct sasl_account given = {.fake = true};
	struct slice secret;
	bool has_secret = account_cache_secret(accounts, &secret, deadline);

	if (!find_account(
		    exchange, sasl_server_username(exchange->server), reply, deadline))
		return false;
	if (exchange->app)
		keys = &exchange->app->scram;
	if (has_secret)
		sasl_fake_account(
			secret, sasl_server_username(exchange->server), &given);
	if (exchange->mechanism == SASL_CRAM_MD5 && account->cram_password.size &&
		!exchange->app && !account->has_totp)
		given = (struct sasl_account){.password = account->cram_password};
	else if (exchange->mechanism != SASL_CRAM_MD5 && account->name.size &&
		 keys->iterations && may_submit(exchange))
		given = (struct sasl_account){.scram = *keys};
	else if (!has_secret)
		return try_later("accounts", reply);
	else if (account->name.size && may_submit(exchange))
		exchange->reason = "mechanism not set up for this account";
	*progress_r = sasl_server_give_account(exchange->server, &given);
	memory_wipe(&given, sizeof(given));
	return true;
}

/* What a verified app password is remembered under, in place of a hash. */
static struct slice mark_of(const struct account_app *app)
{
	return slice_make(app->scram.stored_key, SASL_KEY_SIZE);
}

static bool was_verified(struct exchange *exchange, struct slice password)
{
	struct submission_node *node = exchange->self->submission->node;
	const struct account *account = &exchange->account;

	for (size_t i = 0; i < account->app_count; i++) {
		const struct account_app *app = &account->apps[i];

		if ((exchange->app && exchange->app != app) ||
			!node_password_is_verified(node, account->name, password,
				mark_of(app), worker_now_us()))
			continue;
		exchange->app = app;
		return true;
	}
	return !exchange->app && node_password_is_verified(node, account->name,
					 password, account->hash, worker_now_us());
}

/* False: it could not be tried. */
static bool verify(struct exchange *exchange, struct slice password, bool *right_r,
	struct deadline deadline)
{
	struct submission_node *node = exchange->self->submission->node;
	const struct account *account = exchange->account.name.size ? &exchange->account
								    : NULL;
	const struct account_app *app;

	if (!account_app_check(account, password, &app, deadline))
		return false;
	if (app && (!exchange->app || exchange->app == app)) {
		exchange->app = app;
		*right_r = true;
		node_password_was_verified(
			node, account->name, password, mark_of(app), worker_now_us());
		return true;
	}
	if (!account_check_password(
		    exchange->app ? NULL : account, password, right_r, deadline))
		return false;
	if (*right_r)
		node_password_was_verified(
			node, account->name, password, account->hash, worker_now_us());
	return true;
}

bool auth_give_verdict(struct exchange *exchange, enum sasl_progress *progress_r,
	struct reply *reply, struct deadline deadline)
{
	struct slice password = sasl_server_password(exchange->server);
	bool right;

	if (!find_account(
		    exchange, sasl_server_username(exchange->server), reply, deadline))
		return false;
	right = exchange->account.name.size && was_verified(exchange, password);
	if (!right && !verify(exchange, password, &right, deadline))
		return try_later("password check", reply);
	*progress_r = sasl_server_give_verdict(
		exchange->server, right && may_submit(exchange));
	return true;
}

/* The token is good: whose account is it, and is that who the client said? */
static bool find_owner(struct exchange *exchange, struct slice owner,
	struct reply *reply, struct deadline deadline)
{
	struct slice said = sasl_server_username(exchange->server), name;

	if (!find_account(exchange, owner, reply, deadline))
		return false;
	exchange->app = NULL;
	if (!exchange->account.name.size)
		return true;
	if (!said.size || (account_name_prepare(said, &exchange->arena, &name) &&
				  slice_equal(name, exchange->account.name)))
		return true;
	exchange->account = (struct account){.name = SLICE_EMPTY};
	exchange->reason = "token of another account";
	return true;
}

bool auth_check_token(struct exchange *exchange, enum sasl_progress *progress_r,
	struct reply *reply, struct deadline deadline)
{
	struct slice token = sasl_server_token(exchange->server);
	struct token_facts facts = {.account = SLICE_EMPTY};
	bool good = token_check(exchange->self->submission->tokens,
		exchange->session->config, token, &exchange->arena, &facts, deadline);

	if (good) {
		if (!find_owner(exchange, facts.account, reply, deadline))
			return false;
		good = exchange->account.name.size > 0;
		exchange->token_expires_ms = facts.expires_ms;
	} else {
		if (failure_kind_last() != FAILURE_DATA)
			return try_later("token", reply);
		exchange->reason =
			arena_format(&exchange->arena, "%s", failure_last()->text).at;
		exchange->name = sasl_server_username(exchange->server);
	}
	*progress_r = sasl_server_give_verdict(exchange->server, good);
	return true;
}
