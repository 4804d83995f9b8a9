/* Messages read: facts and bytes, of those that are gone, and facts of older programs.
 */
#include "store/message.h"

#include "folder.h"
#include "mime/facts.h"
#include "run/fiber.h"
#include "run/on_worker.h"
#include "store/database.h"
#include "store/put_message.h"
#include "store/store.h"

#define SOON deadline_after_ms(60000)

static char folder[] = "/tmp/ringpost-message-XXXXXX";
static struct store *store;
static struct store_port *port;
static struct store_account *account;
static struct arena arena;
static enum store_fault fault;

static const char *const texts[] = {
	"Subject: second\r\n\r\n", "Subject: c\r\n\r\n", "Subject: third\r\n\r\n"};

static void begin(void)
{
	store = store_create(folder, 2);
	port = store_port_open(store);
	account = store_account_hold(store, SLICE("jo@example.com"));
}

static void end(void)
{
	store_account_release(&account);
	store_port_close(&port);
	store_destroy(&store);
	arena_finish(&arena);
}

static struct view *open_view(const char *name)
{
	struct view *view = view_open(
		port, account, slice_of(name), false, &fault, SOON);

	CHECK(view);
	return view;
}

/* Two bytes of the file first, then more, which have to be read again. */
static void visit(void *context, struct stored_message *message)
{
	struct buffer *out = context;

	if (message_load(message, 2) && message_load(message, 14))
		buffer_append(
			out, slice_make(message->bytes.head, message->bytes.head_size));
	buffer_append_format(out, " %d|", (int)message->found);
}

/* The facts of a file, in the database; OTHER: put there instead. */
static struct slice facts_of(uint64_t file, const char *other)
{
	char path[100];
	struct database *database;
	struct query *query;
	struct slice facts = SLICE_EMPTY;

	snprintf(path, sizeof(path), "%s/jo@example.com/mail.db", folder);
	database = database_open(path);
	if (other) {
		query = database_query(
			database, "UPDATE file SET facts = ? WHERE id = ?");
		query_bytes(query, 1, slice_of(other));
		query_number(query, 2, (int64_t)file);
		CHECK(query_run(query));
	}
	query = database_query(database, "SELECT facts FROM file WHERE id = ?");
	query_number(query, 1, (int64_t)file);
	if (query_row(query))
		facts = arena_copy(&arena, query_bytes_of(query, 0));
	CHECK(query_end(query));
	database_close(&database);
	return facts;
}

static void renewing(void *arg)
{
	struct stored_message list[2] = {0};
	const struct message_reading some = {
		.list = list, .count = 2, .wanted = MESSAGE_FACTS, .arena = &arena};
	struct slice before;
	struct view *view;

	begin();
	for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
		CHECK(put_message(port, account, SLICE("INBOX"), slice_of(texts[i]),
			(struct append){0}, &fault));
	view = open_view("INBOX");
	for (uint32_t i = 0; i < 2; i++)
		list[i].file = state_at(view->state, i + 1)->file;
	before = facts_of(list[1].file, NULL);
	CHECK(before.size > 10);
	CHECK_SLICE(facts_of(list[1].file, "\x01of an older program"),
		"\x01of an older program");
	CHECK(view_read(view, &some, SOON));
	CHECK(slice_equal(list[1].facts, before));
	CHECK(slice_equal(facts_of(list[1].file, NULL), before));
	view_close(&view);
	end();
}

CASE("facts of another version are made anew, once")
{
	on_worker(renewing, NULL);
}

static void reading(void *arg)
{
	struct view *view;
	struct slice one;
	struct facts facts;
	struct message_file message;
	struct stored_message list[4] = {0};
	struct message_reading some = {
		.list = list, .count = 4, .wanted = MESSAGE_FACTS, .arena = &arena};
	struct buffer out = {0};
	char text[8];
	uint32_t count;
	struct uid_set set;

	begin();
	view = open_view("INBOX");
	count = view->state->count;
	CHECK_NUMBER(count, 3);
	for (uint32_t i = 0; i < count; i++)
		list[i].file = state_at(view->state, i + 1)->file;
	list[3].file = 999999;
	CHECK(view_read(view, &some, SOON));
	CHECK(facts_read(list[2].facts, &facts));
	CHECK_SLICE(facts.subject, "third");
	CHECK_NUMBER(list[2].bytes.fd, -1);
	CHECK_NUMBER(list[3].found, MESSAGE_GONE);
	some.wanted = MESSAGE_HEADER;
	CHECK(view_read(view, &some, SOON));
	CHECK_NUMBER(list[2].bytes.head_size, facts.header_size);
	CHECK_NUMBER(list[3].found, MESSAGE_GONE);
	for (int i = 0; i < 4; i++)
		message_close(&list[i].bytes);
	some.wanted = MESSAGE_BYTES;
	CHECK(view_read(view, &some, SOON));
	CHECK_NUMBER(list[2].bytes.head_size, 18);
	CHECK_NUMBER(list[2].bytes.size, 18);
	for (int i = 0; i < 4; i++)
		message_close(&list[i].bytes);
	some.wanted = 0;
	some.each = visit;
	some.context = &out;
	CHECK(view_read(view, &some, SOON));
	CHECK_SLICE(buffer_contents(&out),
		"Subject: secon 0|Subject: c\r\n\r\n 0|Subject: third 0| 1|");
	some.each = NULL;
	buffer_finish(&out);
	CHECK(message_open(view, list[2].file, &arena, &message, &one, &fault, SOON));
	CHECK(slice_equal(one, list[2].facts));
	CHECK_NUMBER(message.size, 18);
	/* Expunged under the reader's hands: what is open stays readable. */
	CHECK(uid_set_read(SLICE("1:*"), UINT32_MAX, &arena, &set));
	CHECK(view_expunge(view, &set, true, &fault, SOON));
	CHECK(message_read(&message, 9, text, 5, SOON));
	CHECK_SLICE(slice_make(text, 5), "third");
	CHECK(!message_read(&message, 12, text, 8, SOON));
	message_close(&message);
	CHECK(!message_open(view, list[2].file, NULL, &message, NULL, &fault, SOON));
	CHECK_NUMBER(fault, STORE_EXPUNGED);
	some.wanted = MESSAGE_BYTES;
	CHECK(view_read(view, &some, SOON));
	CHECK_NUMBER(list[0].found, MESSAGE_GONE);
	CHECK_NUMBER(list[2].found, MESSAGE_GONE);
	for (int i = 0; i < 1000 && folder_count(folder, "jo@example.com/cur"); i++)
		(void)fiber_sleep(deadline_after_ms(20));
	CHECK_NUMBER(folder_count(folder, "jo@example.com/cur"), 0);
	view_close(&view);
	end();
}

CASE("facts and bytes of messages, and of those that are gone")
{
	on_worker(reading, NULL);
}

CHECK_MAIN_IN(folder)
