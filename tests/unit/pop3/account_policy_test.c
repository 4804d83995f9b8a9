/* POP3 sessions of accounts, against a real Redis and a store on the disk. */
#include "pop3/account_policy.h"

#include <openssl/evp.h>

#include "account/app_secret.h"
#include "base/encode.h"
#include "base/memory.h"
#include "session/account_world.h"

static struct pop3_account_options options;

static void serve(void *arg)
{
	struct client *client = arg;
	struct conversation_limits limits = conversation_limits_usual(POP3_IDLE_MS);
	struct pop3_account account = {
		.options = &options, .attempts = {.options = &options.attempts}};
	struct pop3_server_options run = {.stream = client->server,
		.hostname = "mx.example",
		.limits = &limits,
		.attendance = attendance,
		.policy = &pop3_account_policy,
		.policy_context = &account};

	limits.per_account = 0;
	pop3_server_run(&run, deadline_after_ms(600000));
}

static void meet(struct client *client)
{
	client_meet(client, serve);
	hear(client, "+OK Ringpost POP3 at mx.example");
}

static void log_in(struct client *client, const char *name, const char *password,
	const char *wanted)
{
	char *text = memory_format("USER %s\r\nPASS %s\r\n", name, password);

	say(client, text);
	hear(client, "+OK And the password?");
	hear(client, wanted);
	memory_free(text);
}

static void story(void)
{
	static const char *const names[] = {"PLAIN", "SCRAM-SHA-256"};
	struct config_texts mechanisms = {.at = (char **)(uintptr_t)names, .count = 2};
	struct config config = {.hostname = NULL};
	struct client one, two;

	options = (struct pop3_account_options){.attempts = {.accounts = accounts,
							.config = &config,
							.mechanisms = &mechanisms,
							.scope = ACCOUNT_PICKUP,
							.plaintext = true,
							.sessions_max = 1},
		.store = store,
		.port = port};
	add_account("jo@example.com", ACCOUNT_SUBMIT);
	append("jo@example.com");
	append("jo@example.com");
	/* Wrong ones, all the same words. */
	meet(&one);
	log_in(&one, "jo@example.com", "wrong", "-ERR [AUTH] Authentication failed");
	log_in(&one, "nobody", "right", "-ERR [AUTH] Authentication failed");
	log_in(&one, "jo@example.com", app_text, "-ERR [AUTH] Authentication failed");
	say(&one, "AUTH CRAM-MD5\r\nAUTH PLAIN\r\n");
	hear(&one, "-ERR That mechanism is not offered here");
	hear(&one, "+");
	say(&one, "*\r\n");
	hear(&one, "-ERR Cancelled");
	log_in(&one, "Jo@EXAMPLE.com", "right", "-ERR [AUTH] Authentication failed");
	log_in(&one, "jo@EXAMPLE.com", "right", "+OK 2 messages (28 octets)");
	/* So many sessions of one account. */
	meet(&two);
	log_in(&two, "jo@example.com", "right",
		"-ERR [IN-USE] This account has too many sessions; close one first");
	part(&two);
	say(&one, "DELE 1\r\nQUIT\r\n");
	hear(&one, "+OK It goes at QUIT");
	hear(&one, "+OK Goodbye");
	part(&one);
	/* "\0jo@example.com\0right" */
	meet(&one);
	say(&one, "AUTH PLAIN AGpvQGV4YW1wbGUuY29tAHJpZ2h0\r\nDELE 1\r\n");
	hear(&one, "+OK 1 messages (14 octets)");
	hear(&one, "+OK It goes at QUIT");
	/* The account is removed meanwhile: nothing is deleted. */
	CHECK(account_remove(redis, SLICE("jo@example.com"), SOON));
	say(&one, "QUIT\r\n");
	hear(&one, "-ERR [AUTH] The login holds no longer, goodbye");
	part(&one);
	add_account("jo@example.com", 0);
	meet(&one);
	log_in(&one, "jo@example.com", "right", "+OK 1 messages (14 octets)");
	part(&one);
	/* Not without TLS. */
	options.attempts.plaintext = false;
	meet(&one);
	say(&one, "USER jo@example.com\r\nAUTH PLAIN\r\n");
	hear(&one, "-ERR USER is not offered here");
	hear(&one, "-ERR AUTH is not offered here");
	part(&one);
}

/* The app password last made, of NAME, may be had back from now on. */
static void make_recoverable(const char *name)
{
	struct arena arena = {0};
	struct account account;
	uint8_t secret[ACCOUNT_SECRET_SIZE];

	CHECK(account_secret(redis, secret, SOON));
	CHECK(account_read(redis, slice_of(name), &arena, &account, SOON));
	CHECK(app_secret_seal(slice_make(secret, sizeof(secret)), account.name,
		SLICE("phone"), app_text, account.apps[0].sealed));
	account.apps[0].has_sealed = true;
	CHECK(account_write(redis, &account, false, SOON));
	arena_finish(&arena);
}

/* With the stamp of the greeting, and the last app password made. */
static void say_apop(struct client *client, const char *name)
{
	struct slice line = SLICE_EMPTY;
	unsigned char sum[EVP_MAX_MD_SIZE];
	char *text, hex[32];

	CHECK(stream_read_line(client->stream, 1000, &line, SOON));
	line = slice_from(slice_trim_all(line), slice_index(line, '<'));
	CHECK(slice_ends(line, SLICE("@mx.example>")));
	text = memory_format("%.*s%s", SLICE_PRINT(line), app_text);
	CHECK(EVP_Digest(text, strlen(text), sum, NULL, EVP_md5(), NULL));
	memory_free(text);
	hex_encode(slice_make(sum, 16), hex);
	text = memory_format("APOP %s %.32s\r\n", name, hex);
	say(client, text);
	memory_free(text);
}

static void meet_apop(struct client *client, const char *name)
{
	client_meet(client, serve);
	say_apop(client, name);
}

static void apop(void)
{
	struct config_texts mechanisms = {.count = 0};
	struct config config = {.hostname = NULL};
	struct client one;

	options = (struct pop3_account_options){.attempts = {.accounts = accounts,
							.config = &config,
							.mechanisms = &mechanisms,
							.scope = ACCOUNT_PICKUP},
		.apop = true,
		.store = store,
		.port = port};
	add_account("ap@example.com", ACCOUNT_PICKUP);
	meet_apop(&one, "ap@example.com"); /* not made for it */
	hear(&one, "-ERR [AUTH] Authentication failed");
	part(&one);
	make_recoverable("ap@example.com");
	meet_apop(&one, "ap@example.com");
	hear(&one, "+OK 0 messages (0 octets)");
	part(&one);
	meet_apop(&one, "nobody@example.com");
	hear(&one, "-ERR [AUTH] Authentication failed");
	part(&one);
}

CASE("logins of accounts, their INBOX, and what ends a login")
{
	with_accounts(story);
}

CASE("APOP with an app password that was made for it")
{
	with_accounts(apop);
}

CHECK_MAIN_IN(folder)
