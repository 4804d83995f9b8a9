/*
 * Accounts in Redis: one field of the hash rp:accounts each.
 */
#include "account/account.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"
#include "base/random.h"
#include "mail/address.h"
#include "mail/domain.h"
#include "mail/text.h"
#include "account/account_record.h"

#define ACCOUNTS	SLICE("rp:accounts")
#define SECRET		SLICE("rp:secret")
#define LIST_STEP	SLICE("250") /* fields a call of HSCAN looks at */
#define ARGUMENTS(list) ARRAY_COUNT(list), list

static _Atomic uint64_t changes;

static bool ask(struct redis *redis, size_t count, const struct slice *argv,
	enum redis_kind kind, struct redis_reply **reply_r, struct deadline deadline);
static bool read_page(const struct redis_reply *page, struct arena *arena,
	struct account *list, size_t *count);
static int by_name(const void *a, const void *b);

bool account_name_prepare(struct slice name, struct arena *arena, struct slice *name_r)
{
	char text[ACCOUNT_NAME_MAX + 1], domain[DOMAIN_MAX + 1];
	struct slice prepared, ascii;
	size_t at;

	if (name.size == 0 || name.size > ACCOUNT_NAME_MAX)
		return fail(FAILURE_DATA, "an account's name has 1 to %d bytes",
			ACCOUNT_NAME_MAX);
	if (!text_is_utf8(name))
		return fail(FAILURE_DATA,
			"an account's name is UTF-8 without control characters");
	if (!sasl_prepare(name, text, sizeof(text), &prepared) || prepared.size == 0 ||
		!text_is_utf8(prepared))
		return fail(
			FAILURE_DATA, "an account's name cannot hold these characters");
	at = slice_index_last(prepared, '@') + 1;
	if (at >= prepared.size) {
		*name_r = arena_copy(arena, prepared);
		return true;
	}
	if (!domain_to_ascii(slice_from(prepared, at), domain, &ascii))
		ascii = domain_lower(slice_from(prepared, at), domain);
	if (at + ascii.size > ACCOUNT_NAME_MAX)
		return fail(FAILURE_DATA, "an account's name has at most %d bytes",
			ACCOUNT_NAME_MAX);
	*name_r = arena_format(arena, "%.*s%.*s",
		SLICE_PRINT(slice_part(prepared, 0, at)), SLICE_PRINT(ascii));
	return true;
}

bool account_sender_prepare(
	struct slice sender, struct arena *arena, struct slice *sender_r)
{
	struct address address;
	char domain[DOMAIN_MAX + 1];
	struct slice ascii;

	if (slice_equal(sender, SLICE("*"))) {
		*sender_r = SLICE("*");
		return true;
	}
	if (slice_starts(sender, SLICE("@"))) {
		if (!domain_to_ascii(slice_from(sender, 1), domain, &ascii))
			return fail(FAILURE_DATA, "%.*s: no such domain can exist",
				SLICE_PRINT(sender));
		*sender_r = arena_format(arena, "@%.*s", SLICE_PRINT(ascii));
		return true;
	}
	if (address_parse(sender, ADDRESS_UTF8, &address) != ADDRESS_OK)
		return fail(FAILURE_DATA,
			"%.*s is no sender; allowed: user@domain, @domain, *",
			SLICE_PRINT(sender));
	*sender_r = address_print_in(arena, &address);
	return true;
}

bool account_read(struct redis *redis, struct slice name, struct arena *arena,
	struct account *account_r, struct deadline deadline)
{
	struct slice argv[] = {SLICE("HGET"), ACCOUNTS, name};
	struct redis_reply *reply;
	bool read;

	if (!ask(redis, ARGUMENTS(argv), REDIS_TEXT, &reply, deadline))
		return false;
	if (redis_reply_kind(reply) == REDIS_NOTHING)
		read = fail(
			FAILURE_DATA, "there is no account %.*s", SLICE_PRINT(name));
	else
		read = account_record_read(
			redis_reply_text(reply), name, arena, account_r);
	redis_reply_free(&reply);
	return read;
}

bool account_write(struct redis *redis, const struct account *account, bool create,
	struct deadline deadline)
{
	struct arena arena = {0};
	struct slice argv[] = {create ? SLICE("HSETNX") : SLICE("HSET"), ACCOUNTS,
		account->name, account_record_write(account, &arena)};
	struct redis_reply *reply = NULL;
	bool written = ask(redis, ARGUMENTS(argv), REDIS_NUMBER, &reply, deadline);

	if (written && create && redis_reply_number(reply) == 0)
		written = fail(FAILURE_DATA, "there is an account %.*s already",
			SLICE_PRINT(account->name));
	redis_reply_free(&reply);
	arena_finish(&arena);
	atomic_fetch_add(&changes, 1);
	return written;
}

bool account_remove(struct redis *redis, struct slice name, struct deadline deadline)
{
	struct slice argv[] = {SLICE("HDEL"), ACCOUNTS, name};
	struct redis_reply *reply;
	bool removed = ask(redis, ARGUMENTS(argv), REDIS_NUMBER, &reply, deadline);

	atomic_fetch_add(&changes, 1);
	if (!removed)
		return false;
	removed = redis_reply_number(reply) > 0 ||
		  fail(FAILURE_DATA, "there is no account %.*s", SLICE_PRINT(name));
	redis_reply_free(&reply);
	return removed;
}

uint64_t account_changes(void)
{
	return atomic_load(&changes);
}

/* In pages, so that a large list does not hold up the queue's Redis. */
bool account_list(struct redis *redis, struct arena *arena, struct account **list_r,
	size_t *count_r, struct deadline deadline)
{
	struct account *list = NULL;
	size_t count = 0, kept = 0;
	struct slice cursor = SLICE("0");

	do {
		struct slice argv[] = {
			SLICE("HSCAN"), ACCOUNTS, cursor, SLICE("COUNT"), LIST_STEP};
		const struct redis_reply *page;
		struct redis_reply *reply;
		bool read;

		if (!ask(redis, ARGUMENTS(argv), REDIS_LIST, &reply, deadline)) {
			memory_free(list);
			return false;
		}
		page = redis_reply_at(reply, 1);
		list = memory_resize(list,
			(count + redis_reply_count(page) / 2 + 1) * sizeof(*list));
		read = read_page(page, arena, list, &count);
		cursor = arena_copy(arena, redis_reply_text(redis_reply_at(reply, 0)));
		redis_reply_free(&reply);
		if (!read) {
			memory_free(list);
			return false;
		}
	} while (!slice_equal(cursor, SLICE("0")));
	if (count)
		qsort(list, count, sizeof(*list), by_name);
	/* A hash that grows meanwhile may show a field twice. */
	for (size_t i = 0; i < count; i++)
		if (i == 0 || !slice_equal(list[i].name, list[kept - 1].name))
			list[kept++] = list[i];
	*list_r = arena_take_array(arena, kept, sizeof(*list));
	if (kept)
		memcpy(*list_r, list, kept * sizeof(*list));
	*count_r = kept;
	memory_free(list);
	return true;
}

bool account_secret(struct redis *redis, uint8_t secret_r[ACCOUNT_SECRET_SIZE],
	struct deadline deadline)
{
	char fresh[ACCOUNT_SECRET_SIZE] = "";
	struct slice set[] = {SLICE("SET"), SECRET, slice_make(fresh, sizeof(fresh)),
		SLICE("NX"), SLICE("GET")};
	struct redis_reply *reply;
	struct slice old;
	bool known;

	random_fill(fresh, sizeof(fresh));
	if (!ask(redis, ARGUMENTS(set), REDIS_TEXT, &reply, deadline))
		return false;
	old = redis_reply_kind(reply) == REDIS_NOTHING
		      ? slice_make(fresh, sizeof(fresh))
		      : redis_reply_text(reply);
	known = old.size == ACCOUNT_SECRET_SIZE ||
		fail(FAILURE_STORE, "rp:secret in Redis is not one of ours");
	if (known)
		memcpy(secret_r, old.at, ACCOUNT_SECRET_SIZE);
	redis_reply_free(&reply);
	return known;
}

static bool ask(struct redis *redis, size_t count, const struct slice *argv,
	enum redis_kind kind, struct redis_reply **reply_r, struct deadline deadline)
{
	return redis_ask(redis, count, argv, kind, reply_r, deadline) ||
	       fail_in("accounts");
}

/* Names and records in turn. */
static bool read_page(const struct redis_reply *page, struct arena *arena,
	struct account *list, size_t *count)
{
	for (size_t i = 0; i + 1 < redis_reply_count(page); i += 2) {
		struct slice name = redis_reply_text(redis_reply_at(page, i));
		struct slice record = redis_reply_text(redis_reply_at(page, i + 1));

		if (!account_record_read(record, name, arena, &list[*count]))
			return false;
		++*count;
	}
	return true;
}

static int by_name(const void *a, const void *b)
{
	const struct account *one = a, *other = b;

	return slice_compare(one->name, other->name);
}
