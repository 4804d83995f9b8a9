/* Maildir++ adopted, and exported again: nothing of a message is lost on the way. */
#include "maildir/maildir.h"

#include <dirent.h>
#include <stdlib.h>

#include "base/memory.h"
#include "folder.h"
#include "maildir/names.h"
#include "run/on_worker.h"
#include "store/message.h"

static char folder[] = "/tmp/ringpost-maildir-XXXXXX";
static struct store *store;
static struct store_port *port;
static struct store_account *account;
static struct arena arena;
static enum store_fault fault;

#define SOON deadline_after_ms(60000)

static void run_shell(const char *what)
{
	char *command = memory_format("cd %s && %s", folder, what);

	CHECK(system(command) == 0); /* a test's own folder */
	memory_free(command);
}

static char *path_of(const char *name)
{
	return memory_format("%s/%s", folder, name);
}

static void begin(const char *name)
{
	char *path = path_of("store");

	store = store_create(path, 2);
	port = store_port_open(store);
	account = store_account_hold(store, slice_of(name));
	memory_free(path);
}

static void end(void)
{
	store_account_release(&account);
	store_port_close(&port);
	store_destroy(&store);
	arena_finish(&arena);
}

CASE("names of messages")
{
	static const struct {
		const char *name;
		uint8_t flags;
		int64_t seconds;
		uint32_t letters;
		bool forwarded;
		const char *info;
	} table[] = {
		{"1700000000.M1P2.host", 0, 1700000000, 0, false, "2,"},
		{"1700000000.M1P2.host,S=5,W=6:2,DFPRSTab",
			MESSAGE_DRAFT | MESSAGE_FLAGGED | MESSAGE_ANSWERED |
				MESSAGE_SEEN | MESSAGE_DELETED,
			1700000000, 3, true, "2,DFPRSTab"},
		{"5.x:2,S", MESSAGE_SEEN, 0, 0, false, "2,S"},
		{"x:2,z!", 0, 0, 1u << 25, false, "2,z"},
		{"99999999999999999999.x:1,S", 0, 0, 0, false, "2,"},
		{"", 0, 0, 0, false, "2,"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct message_name name = message_name_read(slice_of(table[i].name));
		struct buffer info = {0};

		CHECK_NUMBER(name.flags, table[i].flags);
		CHECK_NUMBER(name.internal_ms, table[i].seconds * 1000);
		CHECK_NUMBER(name.letters, table[i].letters);
		CHECK(name.forwarded == table[i].forwarded);
		message_name_write_info(&info, &name);
		CHECK_SLICE(buffer_contents(&info), table[i].info);
		buffer_finish(&info);
	}
}

CASE("names of folders")
{
	static const struct {
		const char *folder, *name;
		bool again; /* written, it is the same */
	} table[] = {
		{".Sent", "Sent", true},
		{".A.B.c d", "A/B/c d", true},
		{".Entw&APw-rfe", "Entwürfe", true},
		{".Entwürfe", "Entwürfe", false},
		{".v1\\2e5.x", "v1.5/x", true},
		{".", NULL, false},
		{".A..B", NULL, false},
		{".A.", NULL, false},
		{"A", NULL, false},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct slice name;
		struct buffer out = {0};
		bool good = folder_name_read(slice_of(table[i].folder), &arena, &name);

		CHECK(good == (table[i].name != NULL));
		if (good)
			CHECK_SLICE(name, table[i].name);
		if (good && table[i].again) {
			folder_name_write(&out, name);
			CHECK_SLICE(buffer_contents(&out), table[i].folder);
		}
		buffer_finish(&out);
	}
	arena_finish(&arena);
}

static void adopt(const char *name, struct maildir_figures *figures)
{
	char *path = path_of(name);

	CHECK(maildir_adopt(port, account, path, figures, SOON));
	memory_free(path);
}

static void check_message(struct view *view, uint32_t seq, const char *subject,
	uint8_t flags, const char *keywords)
{
	const struct record *record = state_at(view->state, seq);
	struct message_file message;
	char text[100] = "";

	CHECK_NUMBER(record->flags, flags);
	CHECK_SLICE(view_keywords(view, record->keywords), keywords);
	if (!CHECK(message_open(
		    view, record->file, NULL, &message, NULL, &fault, SOON)))
		return;
	CHECK(message.size < sizeof(text) &&
		message_read(&message, 0, text, message.size, SOON));
	message_close(&message);
	CHECK_SLICE(slice_of(text), subject);
}

static void check_mailboxes(void)
{
	struct view *view = view_open(
		port, account, SLICE("INBOX"), true, &fault, SOON);

	CHECK(view);
	CHECK_NUMBER(view->state->count, 3);
	check_message(view, 1, "Subject: first\r\n\r\nx\r\n", MESSAGE_SEEN, "");
	CHECK_NUMBER(state_at(view->state, 1)->internal_ms, 1600000000000);
	check_message(
		view, 2, "Subject: second\r\n\r\n", MESSAGE_FLAGGED, "$Forwarded work");
	check_message(view, 3, "Subject: new\r\n\r\n", 0, "");
	view_close(&view);
	view = view_open(port, account, SLICE("Entwürfe/v1.5"), true, &fault, SOON);
	CHECK(view);
	CHECK_NUMBER(view->state->count, 1);
	check_message(view, 1, "Subject: draft\r\n\r\n", MESSAGE_DRAFT, "");
	view_close(&view);
}

static void story(void *arg)
{
	struct maildir_figures figures;
	const struct mailbox_entry *list;
	size_t count;
	char *path;

	run_shell("mkdir -p store in/cur in/new in/tmp '.x' && cd in && "
		  "d='.Entw&APw-rfe.v1\\2e5' && mkdir -p \"$d/cur\" \"$d/new\" "
		  "'.bad..name/cur' && "
		  "printf 'Subject: draft\\r\\n\\r\\n' > \"$d/cur/x:2,D\" && "
		  "printf '0 unused\\n1 work\\n' > dovecot-keywords && "
		  "printf 'V\\t2\\n\\nEntw&APw-rfe\\tv1\\\\2e5\\n' > subscriptions && "
		  "printf 'Subject: second\\n\\n' > cur/1600000001.b:2,FPb && "
		  "printf 'Subject: first\\n\\nx\\n' > cur/1600000000.a:2,S && "
		  "printf 'Subject: new\\n\\n' > new/1600000002.c");
	begin("jo@example.com");
	adopt("in", &figures);
	CHECK_NUMBER(figures.mailboxes, 2);
	CHECK_NUMBER(figures.messages, 4);
	CHECK_NUMBER(figures.skipped, 1);
	check_mailboxes();
	CHECK(mailbox_list(port, account, false, &arena, &list, &count, SOON));
	CHECK_NUMBER(count, 3);
	CHECK_SLICE(list[2].name, "Entwürfe/v1.5");
	CHECK(list[2].subscribed);
	/* Out, and in again for somebody else. */
	path = path_of("out");
	CHECK(maildir_export(port, account, path, &figures, SOON));
	CHECK_NUMBER(figures.messages, 4);
	CHECK(!maildir_export(port, account, path, &figures, SOON)); /* it is there */
	memory_free(path);
	run_shell("grep -q '^1 :1600000000.U1V' out/dovecot-uidlist");
	end();
	begin("ann@example.com");
	adopt("out", &figures);
	CHECK_NUMBER(figures.messages, 4);
	CHECK_NUMBER(figures.skipped, 0);
	check_mailboxes();
	path = path_of("none");
	CHECK(!maildir_adopt(port, account, path, &figures, SOON));
	memory_free(path);
	end();
}

CASE("adopted, exported, adopted")
{
	on_worker(story, NULL);
}

CHECK_MAIN_IN(folder)
