/*
 * `totp …`: the second factor of an account. A secret is kept only once a code
 * made of it was seen, so that nobody is locked out by a program that did not
 * take it.
 */
#include <string.h>

#include "base/encode.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/random.h"
#include "account/account.h"

#include "admin/account.h"

static void tell(const char *name, struct slice account)
{
	struct event event;

	event_begin(&event, EVENT_INFO, name);
	event_text(&event, "account", account);
	event_end(&event);
}

static bool read_account(struct admin_call *call, struct arena *arena,
	struct account *account_r, struct deadline deadline)
{
	struct giver giver = giver_of(call, arena);

	return admin_account_read(call, &giver, arena, account_r, deadline);
}

static bool write_account(struct admin_call *call, struct account *account,
	const char *event, struct deadline deadline)
{
	account->changed_ms = worker_wall_ms();
	if (!account_write(call->daemon->workers[0].redis, account, false, deadline))
		return false;
	tell(event, account->name);
	return true;
}

bool admin_totp_new(struct admin_call *call, struct deadline deadline)
{
	struct slice host = slice_of(call->daemon->world->config->hostname);
	struct account account = {0};
	struct arena arena = {0};
	struct buffer uri = {0};
	struct value *answer;
	bool good = read_account(call, &arena, &account, deadline);

	if (good) {
		random_fill(account.totp, sizeof(account.totp));
		totp_uri(account.totp, host, account.name, &uri);
		answer = value_object();
		value_set_text(answer, "uri", buffer_contents(&uri));
		value_set_text(answer, "secret",
			base64_encode_in(&arena,
				slice_make(account.totp, sizeof(account.totp))));
		good = admin_say(call, answer, deadline);
		memory_wipe(uri.bytes, uri.capacity);
	}
	buffer_finish(&uri);
	admin_account_finish(&arena, &account);
	return good;
}

bool admin_totp_on(struct admin_call *call, struct deadline deadline)
{
	struct account account = {0};
	struct arena arena = {0};
	struct slice secret;
	bool good;

	good = read_account(call, &arena, &account, deadline) &&
	       ((base64_decode_in(
			 &arena, value_get_text(call->request, "secret"), &secret) &&
			secret.size == TOTP_SECRET_SIZE) ||
		       fail(FAILURE_DATA, "that is no secret of ours"));
	if (good) {
		memcpy(account.totp, secret.at, TOTP_SECRET_SIZE);
		account.totp_used = 0;
		account.has_totp = true;
		good = totp_check(account.totp, value_get_text(call->request, "code"),
			       worker_wall_ms(), &account.totp_used) ||
		       fail(FAILURE_DATA,
			       "that is not the code of now; is the clock of "
			       "one of the two wrong?");
	}
	good = good && write_account(call, &account, "second_factor_on", deadline);
	admin_account_finish(&arena, &account);
	return good;
}

bool admin_totp_check(struct admin_call *call, struct deadline deadline)
{
	struct account account = {0};
	struct arena arena = {0};
	bool good;

	good = read_account(call, &arena, &account, deadline) &&
	       (account.has_totp || fail(FAILURE_DATA, "%.*s has no second factor",
					    SLICE_PRINT(account.name))) &&
	       (totp_check(account.totp, value_get_text(call->request, "code"),
			worker_wall_ms(), &account.totp_used) ||
		       fail(FAILURE_DATA,
			       "that is not the code of now, or was used")) &&
	       write_account(call, &account, "second_factor_used", deadline);
	admin_account_finish(&arena, &account);
	return good;
}

bool admin_totp_off(struct admin_call *call, struct deadline deadline)
{
	struct account account = {0};
	struct arena arena = {0};
	bool good;

	good = read_account(call, &arena, &account, deadline) &&
	       (account.has_totp || fail(FAILURE_DATA, "%.*s has no second factor",
					    SLICE_PRINT(account.name)));
	if (good) {
		account.has_totp = false;
		good = write_account(call, &account, "second_factor_off", deadline);
	}
	admin_account_finish(&arena, &account);
	return good;
}
