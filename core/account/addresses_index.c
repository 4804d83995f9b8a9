/*
 * Which account an address is written down for: rp:addresses, kept in step with
 * the accounts by whoever writes them.
 */
#include <string.h>

#include "account/addresses_core.h"
#include "base/failure.h"
#include "mail/address.h"
#include "mail/domain.h"
#include "mail/text.h"

static bool claim_one(struct redis *redis, const struct account *account,
	struct slice address, struct deadline deadline);
static bool is_held(struct redis *redis, struct slice name, struct slice address,
	bool *held_r, struct deadline deadline);
static bool refuse(struct slice address, struct slice owner);
static bool set(struct redis *redis, struct slice command, struct slice address,
	struct slice name, int64_t *set_r, struct deadline deadline);
static bool yield_one(
	struct redis *redis, struct slice address, struct deadline deadline);
static bool own_address(
	const struct account *account, struct arena *arena, struct slice *address_r);

bool account_address_prepare(
	struct slice text, struct arena *arena, struct slice *address_r)
{
	struct address address;
	char domain[DOMAIN_MAX + 1];
	struct slice ascii, name;

	if (slice_starts(text, SLICE("@"))) {
		if (!domain_to_ascii(slice_from(text, 1), domain, &ascii))
			return fail(FAILURE_DATA, "%.*s: no such domain can exist",
				SLICE_PRINT(text));
		*address_r = arena_copy_lower(
			arena, arena_format(arena, "@%.*s", SLICE_PRINT(ascii)));
		return true;
	}
	if (address_parse(text, ADDRESS_UTF8, &address) != ADDRESS_OK ||
		address.literal)
		return fail(FAILURE_DATA,
			"%.*s is no address; allowed: user@domain, @domain",
			SLICE_PRINT(text));
	if (!account_name_prepare(address_print_in(arena, &address), arena, &name))
		return false;
	*address_r = arena_copy_lower(arena, name);
	return true;
}

bool account_has_address(const struct account *account, struct slice address)
{
	for (size_t i = 0; i < account->address_count; i++)
		if (slice_equal(account->addresses[i], address))
			return true;
	return slice_equal_nocase(account->name, address);
}

bool address_book_claim(
	struct redis *redis, const struct account *account, struct deadline deadline)
{
	struct arena arena = {0};
	struct slice own;
	bool good = true;

	for (size_t i = 0; good && i < account->address_count; i++)
		good = claim_one(redis, account, account->addresses[i], deadline);
	if (good && own_address(account, &arena, &own))
		good = claim_one(redis, account, own, deadline);
	arena_finish(&arena);
	return good;
}

bool address_book_yield(struct redis *redis, const struct account *old,
	const struct account *now, struct deadline deadline)
{
	struct arena arena = {0};
	struct slice own;
	bool good = true;

	for (size_t i = 0; good && i < old->address_count; i++)
		if (!now || !account_has_address(now, old->addresses[i]))
			good = yield_one(redis, old->addresses[i], deadline);
	if (good && !now && own_address(old, &arena, &own))
		good = yield_one(redis, own, deadline);
	arena_finish(&arena);
	return good;
}

/* An account may be called as it likes; false: not as an address. */
static bool own_address(
	const struct account *account, struct arena *arena, struct slice *address_r)
{
	return !slice_starts(account->name, SLICE("@")) &&
	       account_address_prepare(account->name, arena, address_r);
}

/* Also from an account that was written before there was an index. */
static bool claim_one(struct redis *redis, const struct account *account,
	struct slice address, struct deadline deadline)
{
	struct slice argv[] = {SLICE("HGET"), ADDRESSES, address};
	struct redis_reply *reply = NULL;
	bool held, good;
	int64_t done;

	if (!slice_equal_nocase(account->name, address)) {
		if (!is_held(redis, address, address, &held, deadline))
			return false;
		if (held)
			return refuse(address, address);
	}
	if (!set(redis, SLICE("HSETNX"), address, account->name, &done, deadline))
		return false;
	if (done)
		return true;
	if (!address_book_call(redis, ARRAY_COUNT(argv), argv, &reply, deadline))
		return false;
	good = slice_equal(redis_reply_text(reply), account->name);
	if (!good) {
		good = is_held(
			redis, redis_reply_text(reply), address, &held, deadline);
		if (good)
			good = held ? refuse(address, redis_reply_text(reply))
				    : set(redis, SLICE("HSET"), address, account->name,
					      &done, deadline);
	}
	redis_reply_free(&reply);
	return good;
}

static bool refuse(struct slice address, struct slice owner)
{
	return fail(FAILURE_DATA, "%.*s is an address of the account %.*s",
		SLICE_PRINT(address), SLICE_PRINT(owner));
}

/* Whether there is an account of this NAME that says that ADDRESS is its own. */
static bool is_held(struct redis *redis, struct slice name, struct slice address,
	bool *held_r, struct deadline deadline)
{
	struct arena arena = {0};
	struct account account;
	bool read = name.size && account_read(redis, name, &arena, &account, deadline);
	bool told = read || !name.size || failure_kind_last() == FAILURE_DATA;

	*held_r = read && account_has_address(&account, address);
	arena_finish(&arena);
	return told;
}

static bool set(struct redis *redis, struct slice command, struct slice address,
	struct slice name, int64_t *set_r, struct deadline deadline)
{
	struct slice argv[] = {command, ADDRESSES, address, name};
	struct redis_reply *reply = NULL;

	if (!address_book_call(redis, ARRAY_COUNT(argv), argv, &reply, deadline))
		return false;
	*set_r = redis_reply_number(reply);
	redis_reply_free(&reply);
	return true;
}

static bool yield_one(
	struct redis *redis, struct slice address, struct deadline deadline)
{
	struct slice argv[] = {SLICE("HDEL"), ADDRESSES, address};
	struct redis_reply *reply = NULL;
	bool good = address_book_call(redis, ARRAY_COUNT(argv), argv, &reply, deadline);

	redis_reply_free(&reply);
	return good;
}

bool address_book_call(struct redis *redis, size_t count, const struct slice *argv,
	struct redis_reply **reply_r, struct deadline deadline)
{
	return redis_command(redis, count, argv, reply_r, deadline) ||
	       fail_in("addresses");
}
