/* Attempts to log in with a name and a password, against a real Redis. */
#include "account/login.h"

#include <openssl/evp.h>
#include <stdio.h>

#include "../queue/with_redis.h"
#include "account/app_secret.h"
#include "base/failure.h"
#include "base/memory.h"
#include "check.h"

#define SOON deadline_after_ms(60000)

static struct accounts *accounts;
static struct config config;
static char app_text[ACCOUNT_APP_TEXT];

static void add(const char *name, bool totp, unsigned app_scopes, bool disabled)
{
	struct arena arena = {0};
	struct account account = {
		.name = slice_of(name), .has_totp = totp, .disabled = disabled};

	CHECK(account_set_password(&account, &arena, SLICE("right"), true, SOON));
	if (app_scopes)
		CHECK(account_app_add(
			&account, &arena, SLICE("phone"), app_scopes, app_text, SOON));
	CHECK(account_write(accounts->redis, &account, true, SOON));
	arena_finish(&arena);
}

/* How an attempt ends; who it was is left in IDENTITY. */
static enum login_verdict attempt(struct identity *identity, enum account_scope scope,
	const char *name, const char *password, uint64_t most)
{
	struct stream *ours, *theirs;
	struct login_options options = {.accounts = accounts,
		.config = &config,
		.scope = scope,
		.service = "imap",
		.sessions_max = most};
	struct login *login;
	enum login_verdict verdict;

	CHECK(stream_pair(4096, &ours, &theirs));
	options.stream = ours;
	login = login_create(&options, identity);
	verdict = login_password(
		login, "LOGIN", slice_of(name), slice_of(password), SOON);
	login_keep_delay(login, SOON);
	login_destroy(&login);
	login_destroy(&login);
	stream_close(&ours);
	stream_close(&theirs);
	return verdict;
}

static enum login_verdict try(
	enum account_scope scope, const char *name, const char *password)
{
	struct identity identity = {.counted = false};
	enum login_verdict verdict = attempt(&identity, scope, name, password, 0);

	CHECK((verdict == LOGIN_OK) == (identity.account.name.size > 0));
	identity_end(&identity);
	return verdict;
}

static void verdicts(void)
{
	add("app", false, 0, false);
	add("off", false, 0, true);
	CHECK_NUMBER(try(ACCOUNT_SUBMIT, "app", "right"), LOGIN_OK);
	CHECK_NUMBER(try(ACCOUNT_PICKUP, "app", "right"), LOGIN_OK);
	CHECK_NUMBER(try(ACCOUNT_PICKUP, "app", "wrong"), LOGIN_WRONG);
	CHECK_NUMBER(try(ACCOUNT_PICKUP, "app", ""), LOGIN_WRONG);
	CHECK_NUMBER(try(ACCOUNT_PICKUP, "", "right"), LOGIN_WRONG);
	CHECK_NUMBER(try(ACCOUNT_PICKUP, "a\nb", "right"), LOGIN_WRONG);
	CHECK_NUMBER(try(ACCOUNT_PICKUP, "nobody", "right"), LOGIN_WRONG);
	CHECK_NUMBER(try(ACCOUNT_PICKUP, "off", "right"), LOGIN_WRONG);
}

static void apps(void)
{
	char submit[ACCOUNT_APP_TEXT];

	add("one", false, ACCOUNT_SUBMIT, false);
	memcpy(submit, app_text, sizeof(submit));
	CHECK_NUMBER(try(ACCOUNT_SUBMIT, "one", submit), LOGIN_OK);
	CHECK_NUMBER(try(ACCOUNT_PICKUP, "one", submit), LOGIN_OTHER_SCOPE);
	CHECK_NUMBER(try(ACCOUNT_PICKUP, "one", "right"), LOGIN_OK);
	CHECK_NUMBER(try(ACCOUNT_PICKUP, "one#phone", "right"), LOGIN_WRONG);
	add("two", true, ACCOUNT_PICKUP, false);
	CHECK_NUMBER(try(ACCOUNT_PICKUP, "two", "right"), LOGIN_NEEDS_APP);
	CHECK_NUMBER(try(ACCOUNT_PICKUP, "two", "wrong"), LOGIN_WRONG);
	CHECK_NUMBER(try(ACCOUNT_PICKUP, "two", app_text), LOGIN_OK);
	CHECK_NUMBER(try(ACCOUNT_PICKUP, "two#phone", app_text), LOGIN_OK);
	CHECK_NUMBER(try(ACCOUNT_PICKUP, "two#tablet", app_text), LOGIN_WRONG);
	CHECK_NUMBER(try(ACCOUNT_PICKUP, "two", submit), LOGIN_WRONG);
	CHECK_NUMBER(try(ACCOUNT_SUBMIT, "two", app_text), LOGIN_OTHER_SCOPE);
}

#define STAMP "<1.2@mx.example>"

static enum login_verdict apop(const char *name, const char *text)
{
	struct identity identity = {.counted = false};
	struct stream *ours, *theirs;
	struct login_options options = {.accounts = accounts,
		.config = &config,
		.scope = ACCOUNT_PICKUP,
		.service = "pop3"};
	char said[100], digest[33];
	uint8_t hash[EVP_MAX_MD_SIZE];
	struct login *login;
	enum login_verdict verdict;

	snprintf(said, sizeof(said), STAMP "%s", text);
	CHECK(EVP_Digest(said, strlen(said), hash, NULL, EVP_md5(), NULL));
	for (size_t i = 0; i < 16; i++)
		snprintf(digest + 2 * i, 3, "%02x", hash[i]);
	CHECK(stream_pair(4096, &ours, &theirs));
	options.stream = ours;
	login = login_create(&options, &identity);
	verdict = login_apop(
		login, SLICE(STAMP), slice_of(name), slice_of(digest), SOON);
	CHECK((verdict == LOGIN_OK) == (identity.account.name.size > 0));
	CHECK(verdict != LOGIN_OK || strcmp(identity.app, "phone") == 0);
	login_destroy(&login);
	identity_end(&identity);
	stream_close(&ours);
	stream_close(&theirs);
	return verdict;
}

/* Seals the app password of NAME, and reads it back from the record. */
static void make_recoverable(const char *name)
{
	struct arena arena = {0};
	struct account account;
	uint8_t secret[ACCOUNT_SECRET_SIZE];

	CHECK(account_secret(accounts->redis, secret, SOON));
	CHECK(account_read(accounts->redis, slice_of(name), &arena, &account, SOON));
	CHECK(app_secret_seal(slice_make(secret, sizeof(secret)), account.name,
		SLICE("phone"), app_text, account.apps[0].sealed));
	account.apps[0].has_sealed = true;
	CHECK(account_write(accounts->redis, &account, false, SOON));
	arena_finish(&arena);
}

static void digests(void)
{
	add("one", true, ACCOUNT_PICKUP, false);
	CHECK_NUMBER(apop("one", app_text), LOGIN_WRONG); /* not made for it */
	make_recoverable("one");
	CHECK_NUMBER(apop("one", app_text), LOGIN_OK);
	CHECK_NUMBER(apop("one#phone", app_text), LOGIN_OK);
	CHECK_NUMBER(apop("one#tablet", app_text), LOGIN_WRONG);
	CHECK_NUMBER(apop("one", "right"), LOGIN_WRONG);
	CHECK_NUMBER(apop("one", ""), LOGIN_WRONG);
	CHECK_NUMBER(apop("nobody", app_text), LOGIN_WRONG);
	CHECK_NUMBER(apop("", app_text), LOGIN_WRONG);
	CHECK_NUMBER(try(ACCOUNT_PICKUP, "one", app_text), LOGIN_OK);
	add("two", false, ACCOUNT_SUBMIT, false);
	make_recoverable("two");
	CHECK_NUMBER(apop("two", app_text), LOGIN_OTHER_SCOPE);
	add("off", false, ACCOUNT_PICKUP, true);
	make_recoverable("off");
	CHECK_NUMBER(apop("off", app_text), LOGIN_WRONG);
}

static void sessions(void)
{
	struct identity one = {.counted = false}, two = one;

	add("app", false, 0, false);
	CHECK_NUMBER(attempt(&one, ACCOUNT_PICKUP, "app", "right", 1), LOGIN_OK);
	CHECK_NUMBER(attempt(&two, ACCOUNT_PICKUP, "app", "right", 1), LOGIN_TOO_MANY);
	CHECK(two.account.name.size == 0);
	CHECK_NUMBER(attempt(&two, ACCOUNT_SUBMIT, "app", "right", 1), LOGIN_OK);
	CHECK_NUMBER(identity_refresh(&one, SOON), IDENTITY_HOLDS);
	CHECK(account_remove(accounts->redis, SLICE("app"), SOON));
	CHECK_NUMBER(identity_refresh(&one, SOON), IDENTITY_GONE);
	identity_end(&one);
	identity_end(&one);
	identity_end(&two);
	CHECK_NUMBER(identity_refresh(&one, SOON), IDENTITY_HOLDS);
}

static void blocked(void)
{
	add("app", false, 0, false);
	for (int i = 0; i < FAILURES_TOLERATED; i++)
		CHECK_NUMBER(try(ACCOUNT_SUBMIT, "", "x"), LOGIN_WRONG);
	CHECK_NUMBER(try(ACCOUNT_PICKUP, "app", "right"), LOGIN_BLOCKED);
}

static void no_redis(void)
{
	server_kill(&server);
	CHECK_NUMBER(try(ACCOUNT_PICKUP, "app", "right"), LOGIN_NOT_NOW);
}

static void (*body_now)(void);

static void run_with_accounts(void)
{
	struct logins *logins = logins_create();

	CHECK(offload_start(2, 16));
	accounts = accounts_open(logins, redis, NULL);
	body_now();
	accounts_close(&accounts);
	logins_destroy(&logins);
	offload_stop();
}

static void with_accounts(void (*body)(void))
{
	body_now = body;
	with_redis(run_with_accounts);
}

CASE("verdicts: right, wrong, unknown, disabled")
{
	with_accounts(verdicts);
}

CASE("app passwords: their scope, their label, and a second factor that needs them")
{
	with_accounts(apps);
}

CASE("APOP: with an app password made for it, and no other")
{
	with_accounts(digests);
}

CASE("sessions: too many, and gone with the account")
{
	with_accounts(sessions);
}

CASE("an address that failed too often is not heard, in any scope")
{
	with_accounts(blocked);
}

CASE("without Redis it cannot be told")
{
	with_accounts(no_redis);
}

CHECK_MAIN()
