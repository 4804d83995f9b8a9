/* Entries into mailboxes on a real disk, with a real queue to forward with. */
#include "deliver/delivery.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "../queue/world.h"
#include "base/buffer.h"
#include "base/failure.h"
#include "base/memory.h"
#include "check.h"
#include "deliver/rules.h"
#include "store/mailbox.h"

#define SOON deadline_after_ms(60000)
#define TEXT "Subject: hello\r\nReturn-Path: <x@y.z>\r\n\r\nHello\r\n"

static struct server server;
static struct place place;
static char folder[] = "/tmp/ringpost-deliver-XXXXXX";
static struct store *store;
static struct store_port *port;
static struct config *config;
static struct rules *rules;
static struct delivery *delivery;
static struct buffer said;

static bool find(void *context, struct slice address, char separator,
	struct arena *arena, struct owner *owner_r, struct deadline deadline)
{
	struct slice local = slice_part(address, 0, slice_index(address, '@'));

	*owner_r = (struct owner){.account = SLICE_EMPTY};
	if (slice_starts(address, SLICE("nobody")))
		return fail(FAILURE_DATA, "no such account");
	if (slice_starts(address, SLICE("later")))
		return fail(FAILURE_STORE, "Redis is away");
	if (slice_starts(address, SLICE("full")))
		owner_r->quota.messages = 1;
	owner_r->account = slice_cut(&local, separator);
	if (local.at)
		owner_r->detail = local;
	if (slice_equal(owner_r->account, SLICE("alias")))
		owner_r->account = SLICE("bob");
	return true;
}

static bool read_owner(void *context, struct slice account, struct arena *arena,
	struct owner *owner_r, struct deadline deadline)
{
	*owner_r = (struct owner){.account = account};
	return !slice_equal(account, SLICE("nobody")) ||
	       fail(FAILURE_DATA, "no such account");
}

static void begin(const char *more, const char *rules_text)
{
	char *errors = NULL;
	char *text = memory_format(
		"hostname: mail.example.com\nlisteners: []\n%s", more);
	struct delivery_options options = {.owners = {find, read_owner, NULL}};

	config = config_parse_text("t.yaml", slice_of(text), &errors);
	CHECK(config);
	rules = rules_parse_text("rules.yaml", slice_of(rules_text), &errors);
	if (!CHECK(rules))
		fprintf(stderr, "%s", errors);
	CHECK(mkdtemp(folder));
	store = store_create(folder, 1);
	port = store_port_open(store);
	options.config = config;
	options.rules = rules;
	options.store = store;
	options.port = port;
	options.queue = place.queue;
	place.wanted = 100;
	delivery = delivery_create(&options);
	memory_free(text);
}

static void end(void)
{
	char *command = memory_format("rm -rf %s", folder);

	delivery_destroy(&delivery);
	store_port_close(&port);
	store_destroy(&store);
	rules_release(&rules);
	config_release(&config);
	CHECK(system(command) == 0);
	memory_free(command);
	memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
	buffer_finish(&said);
}

/* Answers as "D2.0.0;N5.1.1;" */
static void hand(const struct entry *entry, const struct config_capture *capture,
	const char *wanted)
{
	struct local_delivery local = delivery_for_relay(delivery);
	struct local_answer answers[16];
	struct arena arena = {0};

	buffer_clear(&said);
	CHECK(local.deliver(local.context, entry, capture, &arena, answers, SOON));
	for (size_t i = 0; i < entry->recipient_count; i++)
		buffer_append_format(
			&said, "%c%s;", "DLN"[answers[i].kind], answers[i].status);
	CHECK_SLICE(buffer_contents(&said), wanted);
	if (!slice_equal(buffer_contents(&said), slice_of(wanted)))
		for (size_t i = 0; i < entry->recipient_count; i++)
			fprintf(stderr, "%.*s\n", SLICE_PRINT(answers[i].reason));
	arena_finish(&arena);
}

static struct message *make(const char *to, const char *text, struct entry **entry)
{
	struct entry *entries[16];
	size_t count;
	struct message *message = place_message(
		&place, to, slice_of(text), entries, &count);

	CHECK_NUMBER(count, 1);
	*entry = entries[0];
	return message;
}

static void deliver(const char *to, const char *text, const char *wanted)
{
	struct entry *entry;
	struct message *message = make(to, text, &entry);

	hand(entry, NULL, wanted);
	entry_destroy(&entry);
	message_release(&message);
}

/* "INBOX 1;a 2;" */
static void check_list(const char *name, const char *wanted)
{
	struct store_account *account = store_account_hold(store, slice_of(name));
	struct arena arena = {0};
	const struct mailbox_entry *list;
	size_t count;

	buffer_clear(&said);
	CHECK(mailbox_list(port, account, true, &arena, &list, &count, SOON));
	for (size_t i = 0; i < count; i++)
		buffer_append_format(&said, "%.*s %u/%u;", SLICE_PRINT(list[i].name),
			list[i].messages, list[i].unseen);
	CHECK_SLICE(buffer_contents(&said), wanted);
	arena_finish(&arena);
	store_account_release(&account);
}

/* The text of the one file that NAME has. */
static void check_text(const char *name, const char *wanted)
{
	char *path = memory_format("%s/%s/cur", folder, name);
	DIR *dir = opendir(path);
	struct dirent *file;
	char text[4096] = "";
	size_t found = 0;

	while (dir && (file = readdir(dir))) {
		char *whole = memory_format("%s/%s", path, file->d_name);
		FILE *from = file->d_name[0] == '.' ? NULL : fopen(whole, "r");

		memory_free(whole);
		if (!from)
			continue;
		found++;
		text[fread(text, 1, sizeof(text) - 1, from)] = 0;
		fclose(from);
	}
	if (dir)
		closedir(dir);
	memory_free(path);
	CHECK_NUMBER(found, 1);
	CHECK_SLICE(slice_of(text), wanted);
}

static void usual(void)
{
	begin("", "");
	deliver("bob@a.test nobody@a.test alias@a.test later@a.test", TEXT,
		"D2.0.0;N5.1.1;D2.0.0;L4.3.0;");
	check_list("bob", "INBOX 1/1;");
	check_text("bob", "Return-Path: <sender@example.test>\r\n"
			  "Delivered-To: bob@a.test\r\n"
			  "Delivered-To: alias@a.test\r\n"
			  "Received: from test\r\n"
			  "Subject: hello\r\n\r\nHello\r\n");
	end();
}

CASE("recipients of one account share a file; nobody, and who cannot be told")
{
	on_worker_with_place(&place, &server, usual);
}

static void twice(void)
{
	struct entry *entry;
	struct message *message;

	begin("", "");
	message = make("bob@a.test", TEXT, &entry);
	hand(entry, NULL, "D2.0.0;");
	hand(entry, NULL, "D2.0.0;");
	entry_destroy(&entry);
	message_release(&message);
	check_list("bob", "INBOX 1/1;");
	deliver("bob@a.test", TEXT, "D2.0.0;");
	check_list("bob", "INBOX 2/2;");
	end();
}

CASE("what begins anew is not there twice")
{
	on_worker_with_place(&place, &server, twice);
}

static void loops(void)
{
	begin("delivery: { hops: 3 }\n", "");
	deliver("bob@a.test jo@a.test", "Delivered-To: BOB@a.test\r\n\r\n",
		"N5.4.6;D2.0.0;");
	deliver("bob@a.test", "Received: a\r\nReceived: b\r\n\r\n", "D2.0.0;");
	deliver("bob@a.test", "Received: a\r\nReceived: b\r\nReceived: c\r\n\r\n",
		"N5.4.6;");
	end();
}

CASE("loops")
{
	on_worker_with_place(&place, &server, loops);
}

static void quota(void)
{
	begin("", "");
	deliver("full@a.test", TEXT, "D2.0.0;");
	deliver("full@a.test", TEXT, "L4.2.2;");
	end();
	begin("delivery: { over_quota: refuse }\n", "");
	deliver("full@a.test", TEXT, "D2.0.0;");
	deliver("full@a.test", TEXT, "N5.2.2;");
	end();
}

CASE("an account that is full")
{
	on_worker_with_place(&place, &server, quota);
}

static void details(void)
{
	begin("", "rules:\n"
		  "- { match: { sender: [sender@example.test], recipient: "
		  "[jo@a.test] }, mailbox: Lists/News, flags: [seen] }\n");
	deliver("bob+lists@a.test", TEXT, "D2.0.0;");
	check_list("bob", "INBOX 1/1;");
	deliver("jo@a.test", TEXT, "D2.0.0;");
	deliver("jo+lists/NEWS@a.test", TEXT, "D2.0.0;");
	deliver("jo+other@a.test", TEXT, "D2.0.0;");
	check_list("jo", "INBOX 1/1;Lists 0/0;Lists/News 2/1;");
	end();
}

CASE("details and rules name mailboxes")
{
	on_worker_with_place(&place, &server, details);
}

static void forwards(void)
{
	struct body_reader reader;
	struct buffer text = {0};
	struct entry *entry;
	struct slice part;

	begin("", "rules:\n"
		  "- { name: on, match: { account: [bob] }, forward: [x@b.test], "
		  "discard: true }\n"
		  "- { name: off, match: { account: [jo] }, discard: true }\n");
	deliver("bob@a.test alias@a.test", TEXT, "D2.0.0;D2.0.0;");
	deliver("jo@a.test", TEXT, "D2.0.0;");
	CHECK_NUMBER(place.ready_count, 1);
	entry = CONTAINER_OF(place.ready.head.next, struct entry, link);
	CHECK_SLICE(entry->domain, "b.test");
	CHECK_NUMBER(entry->recipient_count, 1);
	CHECK_SLICE(entry->recipients[0].address, "x@b.test");
	CHECK_SLICE(entry->message->envelope.reverse_path, "sender@example.test");
	body_reader_open(&reader, entry->message->body);
	while (body_reader_next(&reader, &part, SOON) && part.size)
		buffer_append(&text, part);
	body_reader_close(&reader);
	CHECK_SLICE(buffer_contents(&text), "Delivered-To: bob@a.test\r\n"
					    "Delivered-To: alias@a.test\r\n"
					    "Received: from test\r\n"
					    "Subject: hello\r\n\r\nHello\r\n");
	CHECK_NUMBER(entry->message->envelope.size, buffer_size(&text));
	buffer_finish(&text);
	end();
}

CASE("forwarded, discarded")
{
	on_worker_with_place(&place, &server, forwards);
}

static void captured(void)
{
	char account[] = "stage", nobody[] = "nobody", mailbox[] = "Captured";
	struct config_capture capture = {account, mailbox};
	struct entry *entry;
	struct message *message;
	char *wanted;

	begin("", "");
	message = make("nobody@a.test later@a.test", "no header\r\n", &entry);
	hand(entry, &capture, "D2.0.0;D2.0.0;");
	check_list("stage", "INBOX 0/0;Captured 1/1;");
	wanted = memory_format("Return-Path: <sender@example.test>\r\n"
			       "X-Envelope-To: nobody@a.test\r\n"
			       "X-Envelope-To: later@a.test\r\n"
			       "X-Envelope-Id: %.*s\r\n"
			       "Received: from test\r\nno header\r\n",
		SLICE_PRINT(message_id_slice(&message->envelope.id)));
	check_text("stage", wanted);
	memory_free(wanted);
	capture.account = nobody;
	hand(entry, &capture, "L4.3.5;L4.3.5;");
	entry_destroy(&entry);
	message_release(&message);
	end();
}

CASE("captured")
{
	on_worker_with_place(&place, &server, captured);
}

static void own(void)
{
	begin("", "");
	CHECK(delivery_put(delivery, SLICE("app"), SLICE("Bounces/hard"), SLICE("k"),
		SLICE("Subject: x\r\n\r\n"), SOON));
	CHECK(delivery_put(delivery, SLICE("app"), SLICE("Bounces/hard"), SLICE("k"),
		SLICE("Subject: x\r\n\r\n"), SOON));
	check_list("app", "INBOX 0/0;Bounces 0/0;Bounces/hard 1/1;");
	CHECK(!delivery_put(
		delivery, SLICE("nobody"), SLICE("a"), SLICE("k"), SLICE("x"), SOON));
	CHECK(!delivery_put(
		delivery, SLICE("app"), SLICE("/"), SLICE("k"), SLICE("x"), SOON));
	end();
}

CASE("messages of our own")
{
	on_worker_with_place(&place, &server, own);
}

int main(void)
{
	int failures;

	server_start(&server, "");
	if (!offload_start(2, 64))
		return 1;
	failures = check_run();
	offload_stop();
	server_finish(&server);
	return failures;
}
