/*
 * `app …`: app passwords of accounts. A new one is made here and told once;
 * only keys made of it are kept.
 */
#include "base/event.h"
#include "base/failure.h"
#include "account/app_secret.h"

#include "admin/account.h"

#define SCOPES_DEFAULT ACCOUNT_SUBMIT

static void tell(const char *name, struct slice account, struct slice label)
{
	struct event event;

	event_begin(&event, EVENT_INFO, name);
	event_text(&event, "account", account);
	event_text(&event, "app", label);
	event_end(&event);
}

/* MAKES: an app password is a way to be who the account is, for who may make such. */
static bool read_account(struct admin_call *call, bool makes, struct arena *arena,
	struct account *account_r, struct deadline deadline)
{
	struct giver giver = giver_of(call, arena);

	return admin_account_read(call, &giver, arena, account_r, deadline) &&
	       (!makes || giver_covers_account(&giver, call, account_r));
}

static bool write_account(
	struct admin_call *call, struct account *account, struct deadline deadline)
{
	account->changed_ms = worker_wall_ms();
	return account_write(call->daemon->workers[0].redis, account, false, deadline);
}

/* So that APOP can be had with it. */
static bool seal(struct admin_call *call, struct account *account, const char *text,
	struct deadline deadline)
{
	struct account_app *app = &account->apps[account->app_count - 1];
	uint8_t secret[ACCOUNT_SECRET_SIZE];
	bool good;

	if (!(app->scopes & ACCOUNT_PICKUP))
		return fail(FAILURE_DATA, "APOP is for the scope pickup");
	good = account_secret(call->daemon->workers[0].redis, secret, deadline) &&
	       app_secret_seal(slice_make(secret, sizeof(secret)), account->name,
		       app->label, text, app->sealed);
	app->has_sealed = good;
	memory_wipe(secret, sizeof(secret));
	return good;
}

bool admin_app_add(struct admin_call *call, struct deadline deadline)
{
	struct slice label = value_get_text(call->request, "label");
	char text[ACCOUNT_APP_TEXT] = "";
	struct account account = {0};
	struct arena arena = {0};
	struct slice wanted = admin_words(call->request, "scopes", &arena);
	unsigned scopes = wanted.size ? account_scopes_parse(wanted) : SCOPES_DEFAULT;
	struct value *answer;
	bool good;

	good = (scopes || admin_refuse(call, ADMIN_WRONG, "scopes",
				  "\"%.*s\": a scope is submit, pickup or both",
				  SLICE_PRINT(wanted))) &&
	       read_account(call, true, &arena, &account, deadline) &&
	       (account_app_add(&account, &arena, label, scopes, text, deadline) ||
		       admin_mark(call, ADMIN_WRONG, "label")) &&
	       (!value_get_truth(call->request, "apop") ||
		       seal(call, &account, text, deadline)) &&
	       write_account(call, &account, deadline);
	if (good) {
		tell("app_password_added", account.name, label);
		answer = value_object();
		value_set_text(answer, "password", slice_of(text));
		value_set_text(answer, "label", label);
		value_set(answer, "scopes",
			admin_words_list(account_scopes_print(scopes)));
		good = admin_say(call, answer, deadline);
	}
	memory_wipe(text, sizeof(text));
	admin_account_finish(&arena, &account);
	return good;
}

bool admin_app_remove(struct admin_call *call, struct deadline deadline)
{
	struct slice label = value_get_text(call->request, "label");
	struct account account = {0};
	struct arena arena = {0};
	bool good;

	good = read_account(call, false, &arena, &account, deadline) &&
	       (account_app_remove(&account, label) ||
		       admin_mark(call, ADMIN_ABSENT, NULL)) &&
	       write_account(call, &account, deadline);
	if (good)
		tell("app_password_removed", account.name, label);
	admin_account_finish(&arena, &account);
	return good;
}

bool admin_app_list(struct admin_call *call, struct deadline deadline)
{
	struct account account = {0};
	struct arena arena = {0};
	bool good = read_account(call, false, &arena, &account, deadline);

	for (size_t i = 0; good && i < account.app_count; i++) {
		const struct account_app *app = &account.apps[i];
		struct value *object = value_object();

		value_set_text(object, "label", app->label);
		value_set(object, "scopes",
			admin_words_list(account_scopes_print(app->scopes)));
		value_set_truth(object, "apop", app->has_sealed);
		value_set_number(object, "created_ms", app->created_ms);
		good = admin_say(call, object, deadline);
	}
	admin_account_finish(&arena, &account);
	return good;
}
