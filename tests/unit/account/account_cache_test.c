/* A worker's memory of accounts, under a clock wound by hand. */
#include "account/account_cache.h"

#include "../clock_virtual.h"
#include "../queue/with_redis.h"
#include "base/failure.h"
#include "check.h"

#define SOON deadline_after_ms(60000)

static struct account_cache *cache;

static void pass_ms(int64_t ms)
{
	clock_virtual_advance_us(ms * 1000);
	fiber_yield(deadline_none());
}

/* Reads NAME; how often Redis was asked for it. */
static uint64_t asked_for(const char *name, bool want)
{
	struct arena arena = {0};
	uint64_t before = redis_figures(redis).calls;
	struct account account;
	bool got = account_cache_read(cache, slice_of(name), &arena, &account, SOON);

	CHECK(got == want);
	if (got)
		CHECK_SLICE(account.name, name);
	else
		CHECK_NUMBER(failure_kind_last(), FAILURE_DATA);
	arena_finish(&arena);
	return redis_figures(redis).calls - before;
}

static void write_account(const char *name, bool disabled)
{
	struct slice sender = SLICE("@x.test");
	struct account account = {.name = slice_of(name),
		.hash = SLICE("h"),
		.cram_password = SLICE("p"),
		.senders = &sender,
		.sender_count = 1,
		.disabled = disabled};

	CHECK(account_write(redis, &account, false, SOON));
}

static void remember(void)
{
	struct arena arena = {0};
	struct account account;

	write_account("app", false);
	CHECK_NUMBER(asked_for("app", true), 1);
	CHECK_NUMBER(asked_for("app", true), 0);
	/* Changed elsewhere, it is noticed in time; changed here, at once. */
	pass_ms(ACCOUNT_FRESH_MS - 1);
	CHECK_NUMBER(asked_for("app", true), 0);
	pass_ms(1);
	CHECK_NUMBER(asked_for("app", true), 1);
	write_account("app", true);
	CHECK(account_cache_read(cache, SLICE("app"), &arena, &account, SOON));
	CHECK(account.disabled);
	CHECK_SLICE(account.hash, "h");
	CHECK_SLICE(account.cram_password, "p");
	CHECK_SLICE(account.senders[0], "@x.test");

	CHECK_NUMBER(asked_for("none", false), 1);
	CHECK_NUMBER(asked_for("none", false), 0);
	pass_ms(ACCOUNT_UNKNOWN_MS);
	CHECK_NUMBER(asked_for("none", false), 1);
	write_account("none", false);
	CHECK_NUMBER(asked_for("none", true), 1);
	CHECK(account_remove(redis, SLICE("none"), SOON));
	CHECK_NUMBER(asked_for("none", false), 1);
	arena_finish(&arena);
}

static void secrets(void)
{
	struct slice secret;
	uint64_t before;

	CHECK(account_cache_secret(cache, &secret, SOON));
	CHECK_NUMBER(secret.size, ACCOUNT_SECRET_SIZE);
	before = redis_figures(redis).calls;
	CHECK(account_cache_secret(cache, &secret, SOON));
	CHECK_NUMBER(redis_figures(redis).calls, before);
}

/* Last, for the server is gone afterwards. */
static void survive(void)
{
	struct arena arena = {0};
	struct account account;

	write_account("app", false);
	pass_ms(ACCOUNT_FRESH_MS);
	CHECK_NUMBER(asked_for("app", true), 1);
	CHECK_NUMBER(asked_for("none", false), 1);
	server_kill(&server);
	pass_ms(ACCOUNT_FRESH_MS);
	CHECK(account_cache_read(cache, SLICE("app"), &arena, &account, SOON));
	CHECK(!account_cache_read(cache, SLICE("other"), &arena, &account, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_STORE);
	pass_ms(ACCOUNT_STALE_MS);
	CHECK(!account_cache_read(cache, SLICE("app"), &arena, &account, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_STORE);
	arena_finish(&arena);
}

static void bounded(void)
{
	struct arena arena = {0};

	write_account("app", false);
	CHECK_NUMBER(asked_for("app", true), 1);
	for (int i = 0; i < ACCOUNT_CACHE_MAX + 1; i++)
		asked_for(arena_format(&arena, "guess%d", i).at, false);
	CHECK_NUMBER(asked_for("app", true), 0);
	CHECK_NUMBER(asked_for("guess1", false), 0);
	CHECK_NUMBER(asked_for("guess0", false), 1);
	arena_finish(&arena);
}

static void each(void)
{
	static void (*const bodies[])(void) = {remember, secrets, bounded, survive};

	for (size_t i = 0; i < ARRAY_COUNT(bodies); i++) {
		cache = account_cache_create(redis);
		bodies[i]();
		account_cache_destroy(&cache);
		account_cache_destroy(&cache);
	}
}

CASE("fresh, unknown, stale, bounded")
{
	with_redis(each);
}

CHECK_MAIN()
