/* Accounts: their names and senders, and their records in a real Redis. */
#include "account/account.h"

#include "../queue/with_redis.h"
#include "base/failure.h"
#include "check.h"

#define SOON deadline_after_ms(60000)

struct row {
	const char *text, *want; /* want NULL: refused */
};

CASE("names: one form")
{
	static const struct row rows[] = {
		{"app", "app"}, {"App@Example.COM", "App@example.com"},
		{"a@b@Example.com", "a@b@example.com"},
		{"j\xc3\xbcrgen@B\xc3\xbc"
		 "cher.example",
			"j\xc3\xbcrgen@xn--bcher-kva.example"},
		{"I\xc2\xadX", "IX"},		      /* RFC 4013 3 */
		{"\xe2\x85\xa8", "IX"},		      /* compatibility form */
		{"a@not a domain", "a@not a domain"}, /* kept, in lower case */
		{"at-the-end@", "at-the-end@"}, {"", NULL}, {"a\nb", NULL},
		{"a\x7f", NULL}, {"\xff\xfe", NULL},
		{"\xc2\xad", NULL}, /* nothing left of it */
	};
	struct arena arena = {0};
	char longer[ACCOUNT_NAME_MAX + 2];
	struct slice got;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool good = account_name_prepare(slice_of(rows[i].text), &arena, &got);

		CHECK(good == (rows[i].want != NULL));
		if (good && rows[i].want)
			CHECK_SLICE(got, rows[i].want);
	}
	memset(longer, 'x', sizeof(longer));
	CHECK(account_name_prepare(slice_make(longer, ACCOUNT_NAME_MAX), &arena, &got));
	CHECK(!account_name_prepare(
		slice_make(longer, ACCOUNT_NAME_MAX + 1), &arena, &got));
	CHECK(!account_name_prepare(slice_make("a\0b", 3), &arena, &got));
	arena_finish(&arena);
}

CASE("senders: one form")
{
	static const struct row rows[] = {
		{"*", "*"}, {"@Example.com", "@example.com"},
		{"@b\xc3\xbc"
		 "cher.example",
			"@xn--bcher-kva.example"},
		{"A@Example.com", "A@example.com"},
		{"\"a\"@example.com", "a@example.com"}, {"@", NULL}, {"@a b", NULL},
		{"a", NULL}, {"", NULL}, {"**", NULL},
		{"*@example.com", "*@example.com"}, /* a local part may be "*" */
	};
	struct arena arena = {0};
	struct slice got;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool good = account_sender_prepare(
			slice_of(rows[i].text), &arena, &got);

		CHECK(good == (rows[i].want != NULL));
		if (good && rows[i].want)
			CHECK_SLICE(got, rows[i].want);
	}
	arena_finish(&arena);
}

static void check_sender(
	const char *name, const char *senders, const char *address, bool want, int line)
{
	struct slice list[8], rest = slice_of(senders);
	struct account account = {.name = slice_of(name), .senders = list};

	while (rest.size)
		list[account.sender_count++] = slice_cut(&rest, ' ');
	if (account_may_send_as(&account, slice_of(address)) != want) {
		fprintf(stderr, "line %d: %s\n", line, address);
		CHECK(false);
	}
}

CASE("who may send as whom")
{
	static const struct {
		const char *name, *senders, *address;
		bool want;
		int line;
	} rows[] = {
#define ROW(...) {__VA_ARGS__, __LINE__}
		ROW("a@x.test", "", "a@x.test", true),
		ROW("a@x.test", "", "a@X.TEST", true),
		ROW("a@x.test", "", "A@x.test", false),
		ROW("a@x.test", "", "b@x.test", false),
		ROW("app", "", "app", false),
		ROW("app", "", "app@x.test", false),
		ROW("a@x.test", "b@x.test", "a@x.test", false),
		ROW("a@x.test", "b@x.test", "b@x.test", true),
		ROW("app", "@x.test", "any@x.test", true),
		ROW("app", "@x.test", "any@X.test", true),
		ROW("app", "@x.test", "any@y.x.test", false),
		ROW("app", "@x.test", "any@ax.test", false),
		ROW("app", "@x.test", "\"any@x.test\"@y.test", false),
		ROW("app", "@xn--bcher-kva.example",
			"a@b\xc3\xbc"
			"cher.example",
			true),
		ROW("app", "@x.test c@y.test", "c@y.test", true),
		ROW("app", "@x.test c@y.test", "d@y.test", false),
		ROW("app", "*", "anyone@anywhere.test", true),
		ROW("app", "*", "", true),
		ROW("app", "@x.test", "", false),
		ROW("", "", "", false),
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_sender(rows[i].name, rows[i].senders, rows[i].address,
			rows[i].want, rows[i].line);
}

/* ---- In Redis ---- */

static void write_and_read(void)
{
	struct arena arena = {0};
	struct slice senders[] = {SLICE("@x.test"), SLICE("a\"\\@y.test")};
	struct account *list, got,
		account = {
			.name = SLICE("app@x.test"),
			.hash = SLICE("$y$hash"),
			.cram_password = SLICE("p\xc3\xa4ss\"word"),
			.scram = {.iterations = 4096,
				.salt = {1, 2, 3},
				.stored_key = {4},
				.server_key = {255, 254}},
			.senders = senders,
			.sender_count = 2,
			.messages_per_hour = 1000,
			.recipients_per_message = 7,
			.sessions = 3,
			.created_ms = 1795246367123,
			.changed_ms = 1795246367124,
		};
	size_t count;

	CHECK(!account_read(redis, account.name, &arena, &got, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_DATA);
	CHECK(account_write(redis, &account, true, SOON));
	CHECK(!account_write(redis, &account, true, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_DATA);
	CHECK(account_read(redis, account.name, &arena, &got, SOON));
	CHECK_SLICE(got.name, "app@x.test");
	CHECK_SLICE(got.hash, "$y$hash");
	CHECK_SLICE(got.cram_password, "p\xc3\xa4ss\"word");
	CHECK(memcmp(&got.scram, &account.scram, sizeof(got.scram)) == 0);
	CHECK(!got.disabled);
	CHECK_NUMBER(got.sender_count, 2);
	CHECK_SLICE(got.senders[1], "a\"\\@y.test");
	CHECK_NUMBER(got.messages_per_hour, 1000);
	CHECK_NUMBER(got.recipients_per_message, 7);
	CHECK_NUMBER(got.sessions, 3);
	CHECK_NUMBER(got.created_ms, 1795246367123);
	CHECK_NUMBER(got.changed_ms, 1795246367124);

	got = (struct account){.name = SLICE("b"), .disabled = true};
	CHECK(account_write(redis, &got, false, SOON));
	CHECK(account_read(redis, SLICE("b"), &arena, &got, SOON));
	CHECK(got.disabled && got.sender_count == 0 && got.hash.size == 0);
	CHECK(account_list(redis, &arena, &list, &count, SOON));
	CHECK_NUMBER(count, 2);
	CHECK_SLICE(list[0].name, "app@x.test");
	CHECK_SLICE(list[1].name, "b");
	CHECK(account_remove(redis, SLICE("b"), SOON));
	CHECK(!account_remove(redis, SLICE("b"), SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_DATA);
	arena_finish(&arena);
}

CASE("written, read, listed, removed")
{
	with_redis(write_and_read);
}

static void list_many(void)
{
	struct arena arena = {0};
	struct account *list;
	size_t count;

	CHECK(account_list(redis, &arena, &list, &count, SOON));
	CHECK_NUMBER(count, 0);
	for (int i = 0; i < 2500; i++) {
		struct account account = {.name = arena_format(&arena, "user%04d", i)};

		CHECK(account_write(redis, &account, true, SOON));
	}
	CHECK(account_list(redis, &arena, &list, &count, SOON));
	if (CHECK_NUMBER(count, 2500)) {
		CHECK_SLICE(list[0].name, "user0000");
		CHECK_SLICE(list[2499].name, "user2499");
	}
	arena_finish(&arena);
}

CASE("a long list, in pages")
{
	with_redis(list_many);
}

static void bad_records(void)
{
	static const char *const records[] = {"", "x", "[]", "{}", "1",
		"{\"version\":2}", "{\"version\":\"1\"}",
		"{\"version\":1,\"future\":true}",
		"{\"version\":1,\"scram\":{\"iterations\":4096}}",
		"{\"version\":1,\"senders\":\"*\"}", "{\"version\":1,\"sessions\":-1}",
		"{\"version\":1,\"sessions\":1,\"sessions\":2}"};
	struct arena arena = {0};
	struct account got, *list;
	size_t count;

	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		struct slice argv[] = {SLICE("HSET"), SLICE("rp:accounts"),
			SLICE("bad"), slice_of(records[i])};
		struct redis_reply *reply;

		CHECK(redis_call(redis, 4, argv, &reply, SOON));
		redis_reply_free(&reply);
		if (!CHECK(!account_read(redis, SLICE("bad"), &arena, &got, SOON)))
			fprintf(stderr, "%s\n", records[i]);
		CHECK_NUMBER(failure_kind_last(), FAILURE_STORE);
	}
	CHECK(!account_list(redis, &arena, &list, &count, SOON));
	CHECK(strstr(failure_last()->text, "account bad") != NULL);
	CHECK(strcmp(server_ask(&server, "SET rp:accounts x 2>&1"), "OK") == 0);
	CHECK(!account_read(redis, SLICE("bad"), &arena, &got, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_STORE);
	arena_finish(&arena);
}

CASE("records that are not ours are a trouble, not an unknown account")
{
	with_redis(bad_records);
}

static void secrets(void)
{
	uint8_t one[ACCOUNT_SECRET_SIZE], two[ACCOUNT_SECRET_SIZE] = {0};

	CHECK(account_secret(redis, one, SOON));
	CHECK(account_secret(redis, two, SOON));
	CHECK(memcmp(one, two, sizeof(one)) == 0);
	CHECK(memcmp(one, (uint8_t[ACCOUNT_SECRET_SIZE]){0}, sizeof(one)) != 0);
	CHECK(strcmp(server_ask(&server, "SET rp:secret short 2>&1"), "OK") == 0);
	CHECK(!account_secret(redis, one, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_STORE);
}

CASE("the secret that unknown accounts are made of")
{
	with_redis(secrets);
}

/* ---- Passwords ---- */

static void passwords(void *arg)
{
	struct arena arena = {0};
	struct account account = {.name = SLICE("app")};
	struct sasl_scram_keys keys;
	char longer[600];
	bool right = false;

	CHECK(account_set_password(&account, &arena, SLICE("s3cret"), false, SOON));
	CHECK(slice_starts(account.hash, SLICE("$y$")));
	CHECK(account.cram_password.size == 0);
	CHECK_NUMBER(account.scram.iterations, SASL_ITERATIONS);
	CHECK(sasl_scram_keys(
		SLICE("s3cret"), account.scram.salt, SASL_ITERATIONS, &keys));
	CHECK(memcmp(keys.stored_key, account.scram.stored_key, SASL_KEY_SIZE) == 0);
	CHECK(account_check_password(&account, SLICE("s3cret"), &right, SOON) && right);
	CHECK(account_check_password(&account, SLICE("s3creT"), &right, SOON) &&
		!right);
	CHECK(account_check_password(&account, SLICE_EMPTY, &right, SOON) && !right);
	CHECK(account_check_password(NULL, SLICE("s3cret"), &right, SOON) && !right);
	account.hash = SLICE_EMPTY;
	CHECK(account_check_password(&account, SLICE("s3cret"), &right, SOON) &&
		!right);
	account.hash = SLICE("*");
	CHECK(account_check_password(&account, SLICE("*0"), &right, SOON) && !right);

	/* RFC 4013: the prepared form counts, and CRAM-MD5 keeps it. */
	CHECK(account_set_password(&account, &arena, SLICE("I\xc2\xadX"), true, SOON));
	CHECK_SLICE(account.cram_password, "IX");
	CHECK(account_check_password(&account, SLICE("IX"), &right, SOON) && right);

	memset(longer, 'x', sizeof(longer));
	CHECK(!account_set_password(&account, &arena, SLICE_EMPTY, false, SOON));
	CHECK(!account_set_password(&account, &arena, SLICE("\x07"), false, SOON));
	CHECK(!account_set_password(
		&account, &arena, slice_make(longer, 512), false, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_DATA);
	CHECK(account_set_password(
		&account, &arena, slice_make(longer, 511), false, SOON));
	CHECK(account_check_password(&account, slice_make(longer, 511), &right, SOON) &&
		right);
	CHECK(account_check_password(&account, slice_make(longer, 600), &right, SOON) &&
		!right);
	arena_finish(&arena);
}

CASE("passwords: hashed and checked on the pool")
{
	struct worker *worker = worker_create(
		&(struct worker_options){.fibers_max = 100});

	CHECK(offload_start(1, 100));
	worker_run(worker, passwords, NULL);
	worker_destroy(&worker);
	offload_stop();
}

CHECK_MAIN()
