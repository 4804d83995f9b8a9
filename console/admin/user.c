/*
 * `user …`: accounts, written by the daemon, which has Redis at hand. Passwords
 * come over the socket and are hashed here; nobody sees them again.
 */
#include "base/event.h"
#include "base/failure.h"
#include "queue/envelope.h"
#include "account/addresses.h"
#include "store/inventory.h"

#include "admin/account.h"

static void tell(const char *name, struct slice account)
{
	struct event event;

	event_begin(&event, EVENT_INFO, name);
	event_text(&event, "account", account);
	event_end(&event);
}

static struct value *account_value(const struct account *account)
{
	struct value *object = value_object(), *senders = value_list();
	struct value *addresses = value_list();

	for (size_t i = 0; i < account->sender_count; i++)
		value_append_text(senders, account->senders[i]);
	value_set_text(object, "name", account->name);
	value_set(object, "senders", senders);
	for (size_t i = 0; i < account->address_count; i++)
		value_append_text(addresses, account->addresses[i]);
	value_set(object, "addresses", addresses);
	value_set_number(object, "quota_bytes", (int64_t)account->quota_bytes);
	value_set_number(object, "quota_messages", (int64_t)account->quota_messages);
	if (account->tenant.size)
		value_set_text(object, "tenant", account->tenant);
	value_set_truth(object, "cram_md5", account->cram_password.size > 0);
	value_set_truth(object, "disabled", account->disabled);
	value_set_number(
		object, "messages_per_hour", (int64_t)account->messages_per_hour);
	value_set_number(object, "recipients_per_message",
		(int64_t)account->recipients_per_message);
	value_set_number(object, "sessions", (int64_t)account->sessions);
	value_set_truth(object, "second_factor", account->has_totp);
	value_set_number(object, "app_passwords", (int64_t)account->app_count);
	value_set_number(object, "created_ms", account->created_ms);
	value_set_number(object, "changed_ms", account->changed_ms);
	return object;
}

/* In lower case, as the configuration has them; empty: none any more. */
static bool take_tenant(struct account *account, struct slice name, struct arena *arena)
{
	char *text = arena_take(arena, name.size + 1);

	for (size_t i = 0; i < name.size; i++)
		text[i] = name.at[i] >= 'A' && name.at[i] <= 'Z'
				  ? (char)(name.at[i] + 'a' - 'A')
				  : name.at[i];
	account->tenant = slice_make(text, name.size);
	return name.size == 0 || flow_name_is_valid(account->tenant, TENANT_SIZE_MAX) ||
	       fail(FAILURE_DATA,
		       "a tenant's name has at most %d letters, digits, dots, hyphens, "
		       "underscores",
		       TENANT_SIZE_MAX);
}

static bool take_senders(
	struct account *account, const struct value *senders, struct arena *arena)
{
	account->sender_count = value_count(senders);
	if (account->sender_count > ACCOUNT_SENDERS_MAX)
		return fail(FAILURE_LIMIT, "an account has %d senders at most",
			ACCOUNT_SENDERS_MAX);
	account->senders = arena_take_array(
		arena, account->sender_count + 1, sizeof(struct slice));
	for (size_t i = 0; i < account->sender_count; i++)
		if (!account_sender_prepare(value_text(value_at(senders, i)), arena,
			    &account->senders[i]))
			return false;
	return true;
}

/* Each once. */
static bool take_addresses(
	struct account *account, const struct value *addresses, struct arena *arena)
{
	size_t count = value_count(addresses);

	if (count > ACCOUNT_ADDRESSES_MAX)
		return fail(FAILURE_LIMIT, "an account has %d addresses at most",
			ACCOUNT_ADDRESSES_MAX);
	account->address_count = 0;
	account->addresses = arena_take_array(arena, count + 1, sizeof(struct slice));
	for (size_t i = 0; i < count; i++) {
		struct slice *address = &account->addresses[account->address_count];

		if (!account_address_prepare(
			    value_text(value_at(addresses, i)), arena, address))
			return false;
		account->address_count += !account_has_address(account, *address);
	}
	return true;
}

static void take_quota(struct account *account, const struct value *request)
{
	if (value_has(request, "quota_bytes"))
		account->quota_bytes = (uint64_t)value_get_number(
			request, "quota_bytes");
	if (value_has(request, "quota_messages"))
		account->quota_messages = (uint64_t)value_get_number(
			request, "quota_messages");
}

static void take_limits(struct account *account, const struct value *request)
{
	if (value_has(request, "messages_per_hour"))
		account->messages_per_hour = (uint64_t)value_get_number(
			request, "messages_per_hour");
	if (value_has(request, "recipients_per_message"))
		account->recipients_per_message = (uint64_t)value_get_number(
			request, "recipients_per_message");
	if (value_has(request, "sessions"))
		account->sessions = (uint64_t)value_get_number(request, "sessions");
	if (value_has(request, "disabled"))
		account->disabled = value_get_truth(request, "disabled");
	take_quota(account, request);
}

/* The parts of the account that are in the request replace those there. */
static bool take_changes(struct admin_call *call, struct account *account,
	const struct giver *giver, struct arena *arena, struct deadline deadline)
{
	const struct value *request = call->request;
	const struct value *senders = value_get(request, "senders");
	const struct value *addresses = value_get(request, "addresses");
	struct slice password = value_get_text(request, "password");

	if (value_has(request, "tenant") &&
		!take_tenant(account, value_get_text(request, "tenant"), arena))
		return admin_mark(call, ADMIN_WRONG, "tenant");
	if (senders && !take_senders(account, senders, arena))
		return admin_mark(call, ADMIN_WRONG, "senders");
	if (addresses && !take_addresses(account, addresses, arena))
		return admin_mark(call, ADMIN_WRONG, "addresses");
	take_limits(account, request);
	if (!giver_covers_account(giver, call, account))
		return false;
	if (!password.size)
		return true;
	return account_set_password(account, arena, password,
		       value_get_truth(request, "cram_md5"), deadline) ||
	       admin_mark(call, ADMIN_WRONG, "password");
}

/*
 * Addresses are claimed before the account says that they are its own, and given
 * up after it said so no longer: what is left where that breaks off is an
 * entry that counts for nothing. OLD without a name: there is no account yet.
 */
static bool write(struct redis *redis, const struct account *old,
	const struct account *account, struct deadline deadline)
{
	return address_book_claim(redis, account, deadline) &&
	       account_write(redis, account, old->name.size == 0, deadline) &&
	       address_book_yield(redis, old, account, deadline);
}

bool admin_user_add(struct admin_call *call, struct deadline deadline)
{
	struct redis *redis = call->daemon->workers[0].redis;
	struct account account = {.created_ms = worker_wall_ms()};
	const struct account none = {.created_ms = 0};
	struct arena arena = {0};
	struct giver giver = giver_of(call, &arena);
	bool good;

	account.changed_ms = account.created_ms;
	good = (value_get_text(call->request, "password").size ||
		       admin_refuse(call, ADMIN_WRONG, "password",
			       "a password is needed")) &&
	       admin_account_name(call, &arena, &account.name) &&
	       take_changes(call, &account, &giver, &arena, deadline) &&
	       (write(redis, &none, &account, deadline) ||
		       admin_mark(call, ADMIN_CONFLICT, "name"));
	if (good) {
		tell("user_added", account.name);
		good = admin_say(call, account_value(&account), deadline);
	}
	admin_account_finish(&arena, &account);
	return good;
}

static bool change(struct admin_call *call, const char *event, struct deadline deadline)
{
	struct redis *redis = call->daemon->workers[0].redis;
	struct account account = {0}, old;
	struct arena arena = {0};
	struct giver giver = giver_of(call, &arena);
	bool good = admin_account_read(call, &giver, &arena, &account, deadline);

	old = account;
	good = good && take_changes(call, &account, &giver, &arena, deadline);
	if (good) {
		account.changed_ms = worker_wall_ms();
		good = write(redis, &old, &account, deadline) ||
		       admin_mark(call, ADMIN_CONFLICT, "addresses");
	}
	if (good) {
		tell(event, account.name);
		good = admin_say(call, account_value(&account), deadline);
	}
	admin_account_finish(&arena, &account);
	return good;
}

bool admin_user_change(struct admin_call *call, struct deadline deadline)
{
	return change(call, "user_changed", deadline);
}

bool admin_user_password(struct admin_call *call, struct deadline deadline)
{
	if (!value_get_text(call->request, "password").size)
		return admin_refuse(
			call, ADMIN_WRONG, "password", "a password is needed");
	return change(call, "user_password_changed", deadline);
}

/* Whether it has mail here: that stays. */
static bool has_mail(struct daemon *daemon, struct slice name, struct deadline deadline)
{
	struct store_account *account = store_account_hold(daemon->store, name);
	bool there = false;

	(void)store_account_is_there(account, &there, deadline);
	store_account_release(&account);
	return there;
}

/* One that cannot be understood can be removed by who has all rights. */
bool admin_user_remove(struct admin_call *call, struct deadline deadline)
{
	struct redis *redis = call->daemon->workers[0].redis;
	struct arena arena = {0};
	struct giver giver = giver_of(call, &arena);
	struct account old = {0};
	struct slice name;
	bool read = admin_account_read(call, &giver, &arena, &old, deadline);
	bool good = (read ||
			    (!giver.limited && failure_kind_last() == FAILURE_STORE)) &&
		    admin_account_name(call, &arena, &name) &&
		    (account_remove(redis, name, deadline) ||
			    admin_mark(call, ADMIN_ABSENT, NULL)) &&
		    (!read || address_book_yield(redis, &old, NULL, deadline));

	if (good) {
		tell("user_removed", name);
		value_set_truth(
			call->answer, "mail", has_mail(call->daemon, name, deadline));
	}
	admin_account_finish(&arena, &old);
	return good;
}

bool admin_user_show(struct admin_call *call, struct deadline deadline)
{
	struct arena arena = {0};
	struct giver giver = giver_of(call, &arena);
	struct account account = {0};
	bool good = admin_account_read(call, &giver, &arena, &account, deadline) &&
		    admin_say(call, account_value(&account), deadline);

	admin_account_finish(&arena, &account);
	return good;
}

bool admin_user_list(struct admin_call *call, struct deadline deadline)
{
	struct arena arena = {0};
	struct giver giver = giver_of(call, &arena);
	struct slice tenant = value_get_text(call->request, "tenant");
	struct account *list;
	size_t count = 0;
	bool good = account_list(
		call->daemon->workers[0].redis, &arena, &list, &count, deadline);

	for (size_t i = 0; good && i < count; i++)
		if (giver_sees(&giver, list[i].tenant) &&
			(!tenant.size || slice_equal(tenant, list[i].tenant)))
			good = admin_say(call, account_value(&list[i]), deadline);
	for (size_t i = 0; i < count; i++)
		admin_account_wipe(&list[i]);
	arena_finish(&arena);
	return good;
}
