/* A message in several mailboxes of an account, in one transaction, once. */
#include "store/placement.h"

#include "base/buffer.h"
#include "base/failure.h"
#include "base/memory.h"
#include "folder.h"
#include "run/fiber.h"
#include "run/on_worker.h"

static char folder[] = "/tmp/ringpost-place-XXXXXX";
static struct store *store;
static struct store_port *port;
static struct store_account *account;
static enum store_fault fault;

#define SOON deadline_after_ms(60000)

/* "placed", "again", or the fault's number. */
static char *place(const char *key, const struct place *places, size_t count)
{
	struct placement placement = {.draft = draft_begin(port, account, SOON),
		.key = slice_of(key),
		.internal_ms = 1000,
		.places = places,
		.count = count};
	bool again = false, good;

	CHECK(placement.draft &&
		draft_write(placement.draft, SLICE("Subject: x\n\nHello\n"), SOON) &&
		draft_finish(placement.draft, SOON));
	good = mailbox_place(port, account, &placement, &again, &fault, SOON);
	draft_discard(&placement.draft);
	return good ? memory_format(again ? "again" : "placed")
		    : memory_format("%d", (int)fault);
}

static void check_place(
	const char *key, const struct place *places, size_t count, const char *wanted)
{
	char *got = place(key, places, count);

	CHECK_SLICE(slice_of(got), wanted);
	memory_free(got);
}

/* "INBOX 1, a/b 1 subscribed", in order. */
static void check_list(const char *wanted)
{
	struct arena arena = {0};
	struct buffer text = {0};
	const struct mailbox_entry *list;
	size_t count;

	CHECK(mailbox_list(port, account, true, &arena, &list, &count, SOON));
	for (size_t i = 0; i < count; i++)
		buffer_append_format(&text, "%.*s %u%s;", SLICE_PRINT(list[i].name),
			list[i].messages, list[i].subscribed ? "+" : "");
	CHECK_SLICE(buffer_contents(&text), wanted);
	buffer_finish(&text);
	arena_finish(&arena);
}

static void story(void *arg)
{
	const struct place inbox = {.mailbox = SLICE("INBOX")};
	const struct place three[] = {
		{.mailbox = SLICE("a/b"), .keywords = SLICE("x")},
		{.mailbox = SLICE("A/B"), .if_there = true},
		{.mailbox = SLICE("nobody"), .if_there = true, .flags = 1},
	};
	struct store_sums sums;

	port = store_port_open(store);
	account = store_account_hold(store, SLICE("jo@example.com"));
	check_place("1", &inbox, 1, "placed");
	check_place("1", &inbox, 1, "again");
	check_list("INBOX 1;");
	check_place("2", three, ARRAY_COUNT(three), "placed");
	check_place("2", three, ARRAY_COUNT(three), "again");
	check_list("INBOX 2;a 0;a/b 1+;");
	CHECK_NUMBER(folder_count(folder, "jo@example.com/cur"), 2);
	CHECK_NUMBER(folder_count(folder, "jo@example.com/tmp"), 0);
	CHECK(store_account_read(port, account, &sums, SOON));
	CHECK_NUMBER(sums.messages, 3);
	/* Refused as a whole, so it is not noted either. */
	store_account_set_quota(account, (struct store_sums){.messages = 4});
	check_place("3", three, ARRAY_COUNT(three), "5");
	check_list("INBOX 2;a 0;a/b 1+;");
	store_account_set_quota(account, (struct store_sums){0});
	check_place("3", three, ARRAY_COUNT(three), "placed");
	check_list("INBOX 3;a 0;a/b 2+;");
	CHECK_NUMBER(folder_count(folder, "jo@example.com/cur"), 3);
	store_account_release(&account);
	store_port_close(&port);
}

CASE("in several mailboxes, made where they are not there; once a key")
{
	store = store_create(folder, 2);
	on_worker(story, NULL);
	store_destroy(&store);
}

CHECK_MAIN_IN(folder)
