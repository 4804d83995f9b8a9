/*
 * Whether a client is who it says: by a password, the proof of one, or a token.
 *
 * "name#label" is the account "name" with its app password "label": SCRAM needs
 * to know before it has heard anything of the password.
 */
#include <stdio.h>

#include "account/app_secret.h"
#include "account/login_core.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "run/worker.h"

static bool try_later(const char *what)
{
	event_note(
		EVENT_WARNING, "login_deferred", "%s: %s", what, failure_last()->text);
	return false;
}

static void take_account(struct login *login, const struct account *account)
{
	login->reason = "disabled";
	if (account->disabled)
		return;
	login->account = *account;
	login->reason = "wrong password";
}

/* "name#label", where no account is called so. */
static bool find_labelled(
	struct login *login, struct slice said, struct deadline deadline)
{
	size_t at = slice_index_last(said, '#');
	struct account account;

	if (at >= said.size || !account_name_prepare(slice_part(said, 0, at),
				       &login->arena, &login->name))
		return fail(FAILURE_DATA, "no such account");
	if (!account_cache_read(login->options.accounts->cache, login->name,
		    &login->arena, &account, deadline))
		return false;
	login->reason = "no such app password";
	login->app = account_app_find(&account, slice_from(said, at + 1));
	if (login->app)
		take_account(login, &account);
	return true;
}

/* SAID is the account's name. False when it cannot be told whether there is one. */
static bool find_account(
	struct login *login, struct slice said, struct deadline deadline)
{
	struct account account;

	login->reason = "no such account";
	if (!account_name_prepare(said, &login->arena, &login->name))
		return true;
	if (account_cache_read(login->options.accounts->cache, login->name,
		    &login->arena, &account, deadline)) {
		take_account(login, &account);
		return true;
	}
	return (failure_kind_last() == FAILURE_DATA &&
		       find_labelled(login, said, deadline)) ||
	       failure_kind_last() == FAILURE_DATA || try_later("accounts");
}

static bool app_is_good(struct login *login, const struct account_app *app)
{
	if (app->scopes & login->options.scope)
		return true;
	login->reason = login->options.scope == ACCOUNT_SUBMIT
				? "app password is not for submission"
				: "app password is not for pickup";
	login->failure = LOGIN_OTHER_SCOPE;
	return false;
}

/* With a second factor the account's own password is not enough, and a mail
 * program cannot ask for a code: it takes an app password. */
static bool may_enter(struct login *login)
{
	if (login->app)
		return app_is_good(login, login->app);
	if (!login->account.has_totp)
		return true;
	login->reason = "an app password is needed, for it has a second factor";
	login->failure = LOGIN_NEEDS_APP;
	return false;
}

/* The same of who has proved nothing yet. */
static bool might_enter(struct login *login)
{
	bool may = may_enter(login);

	login->failure = LOGIN_WRONG;
	return may;
}

bool login_give_account(
	struct login *login, enum sasl_progress *progress_r, struct deadline deadline)
{
	const struct account *account = &login->account;
	const struct sasl_scram_keys *keys = &account->scram;
	struct slice said = sasl_server_username(login->server);
	struct sasl_account given = {.fake = true};
	struct slice secret;
	bool has_secret = account_cache_secret(
		login->options.accounts->cache, &secret, deadline);

	if (!find_account(login, said, deadline))
		return false;
	if (login->app)
		keys = &login->app->scram;
	if (has_secret)
		sasl_fake_account(secret, said, &given);
	if (login->mechanism == SASL_CRAM_MD5 && account->cram_password.size &&
		!login->app && !account->has_totp)
		given = (struct sasl_account){.password = account->cram_password};
	else if (login->mechanism != SASL_CRAM_MD5 && account->name.size &&
		 keys->iterations && might_enter(login))
		given = (struct sasl_account){.scram = *keys};
	else if (!has_secret)
		return try_later("accounts");
	else if (account->name.size && might_enter(login))
		login->reason = "mechanism not set up for this account";
	*progress_r = sasl_server_give_account(login->server, &given);
	memory_wipe(&given, sizeof(given));
	return true;
}

/* What a verified app password is remembered under, in place of a hash. */
static struct slice mark_of(const struct account_app *app)
{
	return slice_make(app->scram.stored_key, SASL_KEY_SIZE);
}

static bool was_verified(struct login *login, struct slice password)
{
	struct logins *logins = login->options.accounts->logins;
	const struct account *account = &login->account;

	for (size_t i = 0; i < account->app_count; i++) {
		const struct account_app *app = &account->apps[i];

		if ((login->app && login->app != app) ||
			!logins_password_is_verified(logins, account->name, password,
				mark_of(app), worker_now_us()))
			continue;
		login->app = app;
		return true;
	}
	return !login->app && logins_password_is_verified(logins, account->name,
				      password, account->hash, worker_now_us());
}

/* False: it could not be tried. */
static bool verify(struct login *login, struct slice password, bool *right_r,
	struct deadline deadline)
{
	struct logins *logins = login->options.accounts->logins;
	const struct account *account = login->account.name.size ? &login->account
								 : NULL;
	const struct account_app *app;

	if (!account_app_check(account, password, &app, deadline))
		return false;
	if (app && (!login->app || login->app == app)) {
		login->app = app;
		*right_r = true;
		logins_password_was_verified(
			logins, account->name, password, mark_of(app), worker_now_us());
		return true;
	}
	if (!account_check_password(
		    login->app ? NULL : account, password, right_r, deadline))
		return false;
	if (*right_r)
		logins_password_was_verified(logins, account->name, password,
			account->hash, worker_now_us());
	return true;
}

bool login_check_password(struct login *login, struct slice said, struct slice password,
	bool *right_r, struct deadline deadline)
{
	bool right;

	if (!find_account(login, said, deadline))
		return false;
	right = login->account.name.size && was_verified(login, password);
	if (!right && !verify(login, password, &right, deadline))
		return try_later("password check");
	*right_r = right && may_enter(login);
	return true;
}

static bool proves(const struct login *login, const struct account_app *app,
	struct slice secret, struct slice stamp, struct slice digest)
{
	char text[ACCOUNT_APP_TEXT];
	bool right = app->has_sealed &&
		     app_secret_open(secret, login->account.name, app->label,
			     app->sealed, text) &&
		     app_secret_proves(text, stamp, digest);

	memory_wipe(text, sizeof(text));
	return right;
}

bool login_check_digest(struct login *login, struct slice said, struct slice stamp,
	struct slice digest, bool *right_r, struct deadline deadline)
{
	const struct account *account = &login->account;
	const struct account_app *right = NULL;
	bool has_sealed = false;
	struct slice secret;

	if (!find_account(login, said, deadline))
		return false;
	if (!account_cache_secret(login->options.accounts->cache, &secret, deadline))
		return try_later("accounts");
	for (size_t i = 0; i < account->app_count; i++) {
		const struct account_app *app = &account->apps[i];

		if (login->app && login->app != app)
			continue;
		has_sealed |= app->has_sealed;
		if (proves(login, app, secret, stamp, digest))
			right = app;
	}
	if (account->name.size && !has_sealed)
		login->reason = "no app password of it is for APOP";
	if (right)
		login->app = right;
	*right_r = right && may_enter(login);
	return true;
}

/* The token is good: whose account is it, and is that who the client said? */
static bool find_owner(
	struct login *login, struct slice owner, struct deadline deadline)
{
	struct slice said = sasl_server_username(login->server), name;

	if (!find_account(login, owner, deadline))
		return false;
	login->app = NULL;
	if (!login->account.name.size)
		return true;
	if (!said.size || (account_name_prepare(said, &login->arena, &name) &&
				  slice_equal(name, login->account.name)))
		return true;
	login->account = (struct account){.name = SLICE_EMPTY};
	login->reason = "token of another account";
	return true;
}

bool login_give_token_verdict(
	struct login *login, enum sasl_progress *progress_r, struct deadline deadline)
{
	struct slice token = sasl_server_token(login->server);
	struct token_facts facts = {.account = SLICE_EMPTY};
	bool good = token_check(login->options.accounts->tokens, login->options.config,
		token, &login->arena, &facts, deadline);

	if (good) {
		if (!find_owner(login, facts.account, deadline))
			return false;
		good = login->account.name.size > 0;
		login->token_expires_ms = facts.expires_ms;
	} else {
		if (failure_kind_last() != FAILURE_DATA)
			return try_later("token");
		login->reason =
			arena_format(&login->arena, "%s", failure_last()->text).at;
		login->name = sasl_server_username(login->server);
	}
	*progress_r = sasl_server_give_verdict(login->server, good);
	return true;
}
