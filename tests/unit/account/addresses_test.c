/* Whose an address is, with a real Redis, under a clock wound by hand. */
#include "account/addresses.h"

#include "../clock_virtual.h"
#include "../queue/with_redis.h"
#include "base/failure.h"
#include "base/memory.h"
#include "check.h"
#include "run/worker.h"

#define SOON deadline_after_ms(60000)
#define MANY 5000

static struct account_cache *cache;
static struct address_book *book;

/* Writes it as the commands do; false: an address is another's. */
static bool write_account(const char *name, const char *addresses, bool create)
{
	struct arena arena = {0};
	struct slice list[10], rest = slice_of(addresses);
	struct account account = {.addresses = list, .hash = SLICE("h")}, old = {0};
	bool good;

	CHECK(account_name_prepare(slice_of(name), &arena, &account.name));
	while (rest.size)
		CHECK(account_address_prepare(
			slice_cut(&rest, ' '), &arena, &list[account.address_count++]));
	if (!create)
		CHECK(account_read(redis, account.name, &arena, &old, SOON));
	good = address_book_claim(redis, &account, SOON);
	if (good) {
		CHECK(account_write(redis, &account, create, SOON));
		CHECK(address_book_yield(redis, &old, &account, SOON));
	}
	arena_finish(&arena);
	return good;
}

static void remove_account(const char *name)
{
	struct arena arena = {0};
	struct account old;

	CHECK(account_read(redis, slice_of(name), &arena, &old, SOON));
	CHECK(account_remove(redis, old.name, SOON));
	CHECK(address_book_yield(redis, &old, NULL, SOON));
	arena_finish(&arena);
}

/* "account", "account detail", "account @" (of all that is left), "" nobody, "?"
 * not to be told. */
static void want(const char *address, char separator, const char *wanted)
{
	struct arena arena = {0};
	struct addressee found;
	struct slice got = SLICE_EMPTY;

	if (address_book_find(book, slice_of(address), separator, &arena, &found, SOON))
		got = arena_format(&arena, "%.*s%s%.*s%s", SLICE_PRINT(found.account),
			found.detail.size ? " " : "", SLICE_PRINT(found.detail),
			found.catch_all ? " @" : "");
	else if (failure_kind_last() != FAILURE_DATA)
		got = SLICE("?");
	CHECK_SLICE(got, wanted);
	arena_finish(&arena);
}

CASE("addresses: one form")
{
	static const struct row {
		const char *text, *want;
	} rows[] = {
		{"Bob@Example.COM", "bob@example.com"},
		{"\"bob\"@example.com", "bob@example.com"},
		{"\"b ob\"@example.com", "\"b ob\"@example.com"},
		{"bob@b\xc3\xbc"
		 "cher.example",
			"bob@xn--bcher-kva.example"},
		{"@Example.com", "@example.com"},
		{"@b\xc3\xbc"
		 "cher.example",
			"@xn--bcher-kva.example"},
		{"bob", NULL},
		{"", NULL},
		{"@", NULL},
		{"*", NULL},
		{"bob@[127.0.0.1]", NULL},
		{"a b@example.com", NULL},
	};
	struct arena arena = {0};
	struct slice got;

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		bool good = account_address_prepare(
			slice_of(rows[i].text), &arena, &got);

		CHECK(good == (rows[i].want != NULL));
		if (good && rows[i].want)
			CHECK_SLICE(got, rows[i].want);
	}
	arena_finish(&arena);
}

static void finds(void)
{
	CHECK(write_account("Bob@x.test", "robert@x.test sales@y.test", true));
	CHECK(write_account("all", "@y.test", true));
	CHECK(write_account("ann@x.test", "ann+work@x.test", true));
	want("bob@x.test", 0, "Bob@x.test");
	want("BOB@X.test", 0, "Bob@x.test");
	want("Robert@x.test", 0, "Bob@x.test");
	want("bob+lists@x.test", 0, "");
	want("Bob+Lists+2@x.test", '+', "Bob@x.test lists+2");
	want("bob-lists@x.test", '+', "");
	want("bob-lists@x.test", '-', "Bob@x.test lists");
	want("+bob@x.test", '+', "");
	want("ann+home@x.test", '+', "ann@x.test home");
	want("ann+work@x.test", '+', "ann@x.test");
	want("sales@y.test", 0, "Bob@x.test");
	want("sales+1@y.test", '+', "Bob@x.test 1");
	want("anybody@y.test", '+', "all @");
	want("anybody+1@y.test", '+', "all @");
	want("all", 0, "");
	want("@y.test", 0, "");
	want("nobody@x.test", '+', "");
	want("bob@sub.x.test", 0, "");
}

static void changes(void)
{
	struct account plain = {.name = SLICE("old@x.test"), .hash = SLICE("h")};
	struct account off = {
		.name = SLICE("bob@x.test"), .hash = SLICE("h"), .disabled = true};

	CHECK(write_account("bob@x.test", "a@x.test b@x.test", true));
	want("a@x.test", 0, "bob@x.test");
	CHECK(!write_account("ann@x.test", "a@x.test", true));
	CHECK_NUMBER(failure_kind_last(), FAILURE_DATA);
	CHECK(!write_account("A@x.test", "", true));
	want("ann@x.test", 0, "");
	/* What is no longer bob's is free. */
	CHECK(write_account("bob@x.test", "b@x.test", false));
	want("a@x.test", 0, "");
	CHECK(write_account("ann@x.test", "a@x.test", true));
	want("a@x.test", 0, "ann@x.test");
	remove_account("ann@x.test");
	want("a@x.test", 0, "");
	want("ann@x.test", 0, "");
	/* An account from before the index; its name is no alias for others. */
	CHECK(account_write(redis, &plain, true, SOON));
	want("old@x.test", 0, "old@x.test");
	CHECK(!write_account("bob@x.test", "old@x.test", false));
	CHECK(account_write(redis, &off, false, SOON));
	want("bob@x.test", 0, "");
}

/* A command that broke off: claimed, never written. */
static void left_behind(void)
{
	struct slice addresses[] = {SLICE("a@x.test")};
	struct account account = {.name = SLICE("bob@x.test"),
		.addresses = addresses,
		.address_count = 1};

	CHECK(address_book_claim(redis, &account, SOON));
	want("a@x.test", 0, "");
	want("bob@x.test", 0, "");
	CHECK(write_account("ann@x.test", "a@x.test", true));
	want("a@x.test", 0, "ann@x.test");
}

static void without_redis(void)
{
	CHECK(write_account("bob@x.test", "a@x.test", true));
	want("a@x.test", 0, "bob@x.test");
	want("none@x.test", 0, "");
	server_kill(&server);
	clock_virtual_advance_us(ACCOUNT_FRESH_MS * 1000LL);
	fiber_yield(deadline_none());
	want("a@x.test", 0, "bob@x.test");
	want("none@x.test", 0, "");
	want("b@x.test", 0, "?");
	clock_virtual_advance_us(ACCOUNT_STALE_MS * 1000LL);
	fiber_yield(deadline_none());
	want("a@x.test", 0, "?");
}

/* More than are remembered, of both kinds. */
static void many(void)
{
	char name[40], wanted[40];

	CHECK(write_account("all", "@y.test", true));
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "user%d@x.test", i);
		snprintf(wanted, sizeof(wanted), "u%d@y.test", i);
		CHECK(write_account(name, wanted, true));
	}
	for (int i = 0; i < MANY; i += 7) {
		snprintf(wanted, sizeof(wanted), "user%d@x.test", i);
		snprintf(name, sizeof(name), "U%d@y.test", i);
		want(name, '+', wanted);
		snprintf(name, sizeof(name), "u%d+a@y.test", i);
		snprintf(wanted, sizeof(wanted), "user%d@x.test a", i);
		want(name, '+', wanted);
	}
	for (int i = 0; i < ADDRESSES_CACHE_MAX + 10; i++) {
		snprintf(name, sizeof(name), "n%d@x.test", i);
		want(name, 0, "");
	}
}

static void (*body_now)(void);

static void run_with_book(void)
{
	cache = account_cache_create(redis);
	book = address_book_create(redis, cache);
	body_now();
	address_book_destroy(&book);
	address_book_destroy(&book);
	account_cache_destroy(&cache);
}

static void with_book(void (*body)(void))
{
	body_now = body;
	with_redis(run_with_book);
}

CASE("by name, by another address, without a detail, by what is left of a domain")
{
	with_book(finds);
}

CASE("an address is one account's, and free when that gives it up")
{
	with_book(changes);
}

CASE("what a broken command left behind counts for nothing")
{
	with_book(left_behind);
}

CASE("while Redis is away, what was known of late holds for an hour")
{
	with_book(without_redis);
}

CASE("many thousands")
{
	with_book(many);
}

CHECK_MAIN()
