/* IMAP sessions of accounts, against a real Redis and a store on the disk. */
#include "imap_server/account_policy.h"

#include <unistd.h>

#include "../queue/world.h"
#include "account/account_app.h"
#include "base/memory.h"
#include "check.h"
#include "store/draft.h"

#define SOON deadline_after_ms(60000)

static char folder[] = "/tmp/ringpost-imap-accounts-XXXXXX";
static struct server server;
static struct accounts *accounts;
static struct store *store;
static struct store_port *port;
static struct attendance *attendance;
static struct imap_account_options options;
static char app_text[ACCOUNT_APP_TEXT];

static void add(const char *name, unsigned app_scopes)
{
	struct arena arena = {0};
	struct account account = {.name = slice_of(name)};

	CHECK(account_set_password(&account, &arena, SLICE("right"), false, SOON));
	if (app_scopes)
		CHECK(account_app_add(
			&account, &arena, SLICE("phone"), app_scopes, app_text, SOON));
	CHECK(account_write(accounts->redis, &account, true, SOON));
	arena_finish(&arena);
}

static void append(const char *name)
{
	struct store_account *account = store_account_hold(store, slice_of(name));
	struct append one = {.draft = draft_begin(port, account, SOON)};
	uint32_t uidvalidity, uid;
	enum store_fault fault;

	CHECK(one.draft && draft_write(one.draft, SLICE("Subject: a\r\n\r\n"), SOON));
	CHECK(draft_finish(one.draft, SOON));
	CHECK(mailbox_append(port, account, SLICE("INBOX"), &one, 1, &uidvalidity, &uid,
		&fault, SOON));
	draft_discard(&one.draft);
	store_account_release(&account);
}

/* One session: its server in a fiber, and its client here. */
struct client {
	struct stream *stream, *server;
	struct scope scope;
};

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

static void say(struct client *client, const char *text)
{
	struct slice bytes = slice_of(text);

	CHECK(stream_send(client->stream, &bytes, 1, SOON));
}

/* A line that begins so. */
static void hear(struct client *client, const char *wanted)
{
	struct slice line = SLICE_EMPTY;

	CHECK(stream_read_line(client->stream, 2000, &line, SOON));
	if (!slice_starts(line, slice_of(wanted)))
		CHECK_SLICE(slice_trim_all(line), wanted);
}

static void meet(struct client *client)
{
	scope_init(&client->scope);
	CHECK(stream_pair(16384, &client->stream, &client->server));
	CHECK(scope_spawn(&client->scope, "server", serve, client));
	hear(client, "* OK [CAPABILITY IMAP4rev1 ");
}

static void part(struct client *client)
{
	stream_close(&client->stream);
	CHECK(scope_join(&client->scope, SOON));
	scope_finish(&client->scope, SOON);
}

static void log_in(struct client *client, const char *name, const char *password,
	const char *wanted)
{
	char *text = memory_format("a LOGIN %s \"%s\"\r\n", name, password);

	say(client, text);
	hear(client, wanted);
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
	add("jo@example.com", ACCOUNT_SUBMIT);
	append("jo@example.com");
	/* Wrong ones, all the same words. */
	meet(&one);
	log_in(&one, "jo@example.com", "wrong", "a NO [AUTHENTICATIONFAILED] Auth");
	log_in(&one, "nobody", "right", "a NO [AUTHENTICATIONFAILED] Auth");
	log_in(&one, "jo@example.com", app_text, "a NO [AUTHENTICATIONFAILED] Auth");
	say(&one, "b AUTHENTICATE CRAM-MD5\r\n");
	hear(&one, "b NO That mechanism is not offered here");
	say(&one, "c AUTHENTICATE PLAIN\r\n");
	hear(&one, "+ ");
	say(&one, "*\r\n");
	hear(&one, "c BAD Cancelled");
	log_in(&one, "jo@EXAMPLE.com", "right", "a OK [CAPABILITY ");
	/* So many sessions of one account. */
	meet(&two);
	log_in(&two, "jo@example.com", "right", "a NO [LIMIT] ");
	part(&two);
	say(&one, "d STATUS INBOX (MESSAGES)\r\n");
	hear(&one, "* STATUS INBOX (MESSAGES 1)");
	hear(&one, "d OK ");
	part(&one);
	/* "\0jo@example.com\0right" */
	meet(&one);
	say(&one, "e AUTHENTICATE PLAIN AGpvQGV4YW1wbGUuY29tAHJpZ2h0\r\n");
	hear(&one, "e OK [CAPABILITY ");
	/* The account is removed meanwhile. */
	CHECK(account_remove(accounts->redis, SLICE("jo@example.com"), SOON));
	say(&one, "f STATUS INBOX (MESSAGES)\r\n");
	hear(&one, "* BYE The login holds no longer");
	part(&one);
	/* Not without TLS. */
	options.attempts.plaintext = false;
	meet(&one);
	say(&one, "g LOGIN jo@example.com right\r\nh AUTHENTICATE PLAIN\r\n");
	hear(&one, "g NO [PRIVACYREQUIRED] ");
	hear(&one, "h NO [PRIVACYREQUIRED] ");
	part(&one);
}

static void in_worker(void *arg)
{
	struct redis_options redis_options = {
		.address = server.address, .timeout_ms = 20000};
	struct logins *logins = logins_create();
	struct redis *redis;
	struct scope scope;

	scope_init(&scope);
	redis = redis_open(&redis_options, &scope);
	CHECK(redis && redis_wait_up(redis, SOON));
	accounts = accounts_open(logins, redis, NULL);
	store = store_create(folder, 2);
	port = store_port_open(store);
	attendance = attendance_create();
	story();
	attendance_destroy(&attendance);
	store_port_close(&port);
	store_destroy(&store);
	accounts_close(&accounts);
	logins_destroy(&logins);
	redis_close(&redis);
	scope_finish(&scope, deadline_after_ms(0));
}

CASE("logins of accounts, their INBOX, and what ends a login")
{
	struct worker *worker;

	server_start(&server, "--appendonly no");
	CHECK(offload_start(2, 64));
	worker = worker_create(&(struct worker_options){.fibers_max = 100});
	worker_run(worker, in_worker, NULL);
	worker_destroy(&worker);
	offload_stop();
	server_finish(&server);
}

int main(void)
{
	char *command;
	int failures;

	if (!mkdtemp(folder))
		return 1;
	failures = check_run();
	command = memory_format("rm -rf %s", folder);
	if (system(command)) /* a test's own folder */
		printf("%s is still there\n", folder);
	memory_free(command);
	return failures;
}
