/* IMAP sessions of accounts, against a real Redis and a store on the disk. */
#include "imap_server/account_policy.h"

#include "base/memory.h"
#include "session/account_world.h"

static struct imap_account_options options;

static void serve(void *arg)
{
	struct client *client = arg;
	struct conversation_limits limits = conversation_limits_usual(IMAP_IDLE_MS);
	struct imap_account account = {
		.options = &options, .attempts = {.options = &options.attempts}};
	struct imap_server_options run = {.stream = client->server,
		.hostname = "mx.example",
		.limits = &limits,
		.attendance = attendance,
		.policy = &imap_account_policy,
		.policy_context = &account};

	limits.per_account = 0;
	imap_server_run(&run, deadline_after_ms(600000));
}

static void meet(struct client *client)
{
	client_meet(client, serve);
	hear_start(client, "* OK [CAPABILITY IMAP4rev1 ");
}

static void log_in(struct client *client, const char *name, const char *password,
	const char *wanted)
{
	char *text = memory_format("a LOGIN %s \"%s\"\r\n", name, password);

	say(client, text);
	hear_start(client, wanted);
	memory_free(text);
}

static void story(void)
{
	static const char *const names[] = {"PLAIN", "SCRAM-SHA-256"};
	struct config_texts mechanisms = {.at = (char **)(uintptr_t)names, .count = 2};
	struct config config = {.hostname = NULL};
	struct client one, two;

	options = (struct imap_account_options){.attempts = {.accounts = accounts,
							.config = &config,
							.mechanisms = &mechanisms,
							.scope = ACCOUNT_PICKUP,
							.plaintext = true,
							.sessions_max = 1},
		.store = store,
		.port = port};
	add_account("jo@example.com", ACCOUNT_SUBMIT);
	append("jo@example.com");
	/* Wrong ones, all the same words. */
	meet(&one);
	log_in(&one, "jo@example.com", "wrong", "a NO [AUTHENTICATIONFAILED] Auth");
	log_in(&one, "nobody", "right", "a NO [AUTHENTICATIONFAILED] Auth");
	log_in(&one, "jo@example.com", app_text, "a NO [AUTHENTICATIONFAILED] Auth");
	say(&one, "b AUTHENTICATE CRAM-MD5\r\n");
	hear_start(&one, "b NO That mechanism is not offered here");
	say(&one, "c AUTHENTICATE PLAIN\r\n");
	hear_start(&one, "+ ");
	say(&one, "*\r\n");
	hear_start(&one, "c BAD Cancelled");
	log_in(&one, "jo@EXAMPLE.com", "right", "a OK [CAPABILITY ");
	/* So many sessions of one account. */
	meet(&two);
	log_in(&two, "jo@example.com", "right", "a NO [LIMIT] ");
	part(&two);
	say(&one, "d STATUS INBOX (MESSAGES)\r\n");
	hear_start(&one, "* STATUS INBOX (MESSAGES 1)");
	hear_start(&one, "d OK ");
	part(&one);
	/* "\0jo@example.com\0right" */
	meet(&one);
	say(&one, "e AUTHENTICATE PLAIN AGpvQGV4YW1wbGUuY29tAHJpZ2h0\r\n");
	hear_start(&one, "e OK [CAPABILITY ");
	/* The account is removed meanwhile. */
	CHECK(account_remove(redis, SLICE("jo@example.com"), SOON));
	say(&one, "f STATUS INBOX (MESSAGES)\r\n");
	hear_start(&one, "* BYE The login holds no longer");
	part(&one);
	/* Not without TLS. */
	options.attempts.plaintext = false;
	meet(&one);
	say(&one, "g LOGIN jo@example.com right\r\nh AUTHENTICATE PLAIN\r\n");
	hear_start(&one, "g NO [PRIVACYREQUIRED] ");
	hear_start(&one, "h NO [PRIVACYREQUIRED] ");
	part(&one);
}

CASE("logins of accounts, their INBOX, and what ends a login")
{
	with_accounts(story);
}

CHECK_MAIN_IN(folder)
