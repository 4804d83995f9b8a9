/* A whole submission in one worker, for tests. */
#include "desk.h"

#include <stdio.h>

#include "../dkim/sample.h"
#include "../io/material.h"
#include "base/encode.h"
#include "base/failure.h"
#include "mail/sasl_client.h"

#define SOON deadline_after_ms(20000)

unsigned desk_complaints;

/* The test that is running checks at its end that there was none. */
static bool check(bool held, const char *what)
{
	if (held)
		return true;
	desk_complaints++;
	fprintf(stderr, "desk: does not hold: %s\n", what);
	return false;
}

#define CHECK(condition) check((condition), #condition)

static bool differs(struct caller *caller, const char *want)
{
	desk_complaints++;
	fprintf(stderr, "desk: after \"%s\": want %s, got %s\n", caller->said, want,
		caller->reply);
	return false;
}

static struct config *make_config(const char *settings, const char *keys)
{
	char *errors = NULL;
	char *text = memory_format("hostname: mx.example\n"
				   "listeners:\n"
				   "  - { address: \"127.0.0.1:25\", role: submission, "
				   "tls: %s }\n%s\n",
		keys, settings);
	struct config *config = config_parse_text("test", slice_of(text), &errors);

	if (!config)
		fprintf(stderr, "%s", errors);
	memory_free(errors);
	memory_free(text);
	return config;
}

bool desk_open(struct desk *desk, const struct server *server, const char *settings,
	const char *keys)
{
	*desk = (struct desk){.config = make_config(settings, keys),
		.keyring = dkim_keyring_create(NULL, 0),
		.logins = logins_create(),
		.node = submission_node_create()};
	place_set(&desk->place, server, "node", true);
	if (!CHECK(desk->config) || !CHECK(place_open(&desk->place)))
		return false;
	desk->accounts = accounts_open(desk->logins, desk->place.redis, NULL);
	desk->submission = submission_open(desk->node, desk->accounts, desk->config,
		desk->keyring, desk->place.queue, NULL);
	return true;
}

void desk_close(struct desk *desk)
{
	submission_close(&desk->submission);
	accounts_close(&desk->accounts);
	submission_node_destroy(&desk->node);
	logins_destroy(&desk->logins);
	dkim_keyring_release(&desk->keyring);
	config_release(&desk->config);
	tls_server_release(&desk->tls);
	tls_client_release(&desk->client_tls);
	place_close(&desk->place);
}

void desk_add_key(struct desk *desk, const char *domain, const char *pem)
{
	struct dkim_key *key = dkim_key_create(
		slice_of(domain), SLICE("brisbane"), slice_of(pem));

	CHECK(key != NULL);
	dkim_keyring_release(&desk->keyring);
	desk->keyring = dkim_keyring_create(&key, 1);
	submission_reload(desk->submission, desk->config, desk->keyring);
}

void desk_add_account(
	struct desk *desk, const char *name, const char *password, const char *senders)
{
	struct arena arena = {0};
	struct slice list[8], rest = slice_of(senders);
	struct account account = {.name = slice_of(name), .senders = list};

	while (rest.size)
		list[account.sender_count++] = slice_cut(&rest, ' ');
	CHECK(account_set_password(&account, &arena, slice_of(password), true, SOON));
	CHECK(account_write(desk->place.redis, &account, false, SOON));
	arena_finish(&arena);
}

static void serve(void *arg)
{
	struct caller *caller = arg;
	struct desk *desk = caller->desk;
	struct smtp_server_options options = {
		.stream = caller->ours,
		.config = desk->config,
		.listener = &desk->config->listeners[0],
		.tls = desk->tls,
		.policy = &submission_policy,
		.policy_context = desk->submission,
	};

	smtp_server_run(&options, deadline_after_ms(600000));
}

/* Reads a reply of one or more lines. */
static bool hear(struct caller *caller, const char *want)
{
	size_t used = 0;
	struct slice line;

	do {
		if (!stream_read_line(caller->stream, 4000, &line, SOON)) {
			snprintf(caller->reply, sizeof(caller->reply), "(%s)",
				failure_last()->text);
			return differs(caller, want);
		}
		line = slice_trim_all(line);
		used += (size_t)snprintf(caller->reply + used,
			sizeof(caller->reply) - used, "%s%.*s", used ? "\n" : "",
			SLICE_PRINT(line));
	} while (line.size > 3 && line.at[3] == '-');
	if (slice_starts(slice_of(caller->reply), slice_of(want)))
		return true;
	return differs(caller, want);
}

void caller_open(struct caller *caller, struct desk *desk)
{
	*caller = (struct caller){.desk = desk};
	scope_init(&caller->scope);
	CHECK(stream_pair(1 << 20, &caller->stream, &caller->ours));
	CHECK(scope_spawn(&caller->scope, "session", serve, caller));
	hear(caller, "220 mx.example");
	caller_say(caller, "EHLO client.example", "250-mx.example");
}

void caller_close(struct caller *caller)
{
	if (stream_is_whole(caller->stream))
		stream_write(caller->stream, SLICE("QUIT\r\n"));
	stream_finish(&caller->stream, SOON);
	CHECK(scope_join(&caller->scope, SOON));
	scope_finish(&caller->scope, deadline_after_ms(0));
}

void caller_start_tls(struct caller *caller, const char *session_key)
{
	struct desk *desk = caller->desk;
	struct tls_target target = {
		.name = "mx.example", .session_key = session_key, .alpn = "smtp"};

	caller_say(caller, "STARTTLS", "220 2.0.0");
	caller->stream = tls_connect(&caller->stream, desk->client_tls, &target, SOON);
	CHECK(caller->stream != NULL);
	caller_say(caller, "EHLO client.example", "250-mx.example");
}

bool caller_send(struct caller *caller, struct slice bytes, const char *want)
{
	stream_write(caller->stream, bytes);
	return hear(caller, want);
}

bool caller_say(struct caller *caller, const char *line, const char *want)
{
	snprintf(caller->said, sizeof(caller->said), "%s", line);
	stream_write_format(caller->stream, "%s\r\n", line);
	return hear(caller, want);
}

bool caller_mail(struct caller *caller, const char *from, const char *to,
	const char *text, const char *want)
{
	struct slice rest = slice_of(to);

	stream_write_format(caller->stream, "MAIL FROM:<%s>\r\n", from);
	if (!hear(caller, "250 2.1.0"))
		return false;
	while (rest.size) {
		struct slice one = slice_cut(&rest, ' ');

		stream_write_format(
			caller->stream, "RCPT TO:<%.*s>\r\n", SLICE_PRINT(one));
		if (!hear(caller, "250 2.1.5"))
			return false;
	}
	stream_write(caller->stream, SLICE("DATA\r\n"));
	if (!hear(caller, "354"))
		return slice_starts(slice_of(caller->reply), slice_of(want));
	stream_write(caller->stream, slice_of(text));
	return caller_say(caller, ".", want);
}

int caller_log_in(struct caller *caller, enum sasl_mechanism mechanism,
	const char *name, const char *password)
{
	struct sasl_client *client = sasl_client_create(
		mechanism, slice_of(name), slice_of(password));
	bool initial = sasl_client_has_initial(client);
	struct slice output = sasl_client_output(client);
	int code;

	stream_write_format(caller->stream, "AUTH %s%s%.*s\r\n",
		sasl_mechanism_name(mechanism), initial ? " " : "",
		initial ? (int)output.size : 0, initial ? output.at : "");
	hear(caller, "");
	while (strncmp(caller->reply, "334", 3) == 0) {
		sasl_client_step(client, slice_trim(slice_of(caller->reply + 3)));
		output = sasl_client_output(client);
		stream_write_format(
			caller->stream, "%.*s\r\n", (int)output.size, output.at);
		hear(caller, "");
	}
	code = atoi(caller->reply);
	CHECK(code != 235 || sasl_client_is_complete(client));
	sasl_client_destroy(&client);
	return code;
}

struct entry *desk_take(struct desk *desk, struct arena *arena, struct slice *text_r)
{
	struct entry *entry;
	struct slice pieces[2];

	if (!CHECK(place_await(&desk->place, 1)))
		return NULL;
	entry = place_take(&desk->place);
	if (!entry)
		return NULL;
	CHECK(body_in_memory(entry->message->body, pieces));
	*text_r = arena_format(arena, "%.*s%.*s", (int)pieces[0].size, pieces[0].at,
		(int)pieces[1].size, pieces[1].at);
	return entry;
}
