/*
 * Mailboxes on a real disk: what was said to be done is there after the store was
 * closed and opened again, and every view is told of it.
 */
#include "store/store.h"

#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"
#include "folder.h"
#include "run/fiber.h"
#include "run/on_worker.h"
#include "store/message.h"
#include "store/put_message.h"

static char folder[] = "/tmp/ringpost-store-XXXXXX";
static struct store *store;
static struct store_port *port;
static struct store_account *account;
static struct arena arena;
static enum store_fault fault;

#define SOON deadline_after_ms(60000)

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

static uint32_t append(
	const char *mailbox, const char *text, uint8_t flags, const char *keywords)
{
	const struct append one = {
		.flags = flags, .keywords = slice_of(keywords), .internal_ms = 1000};

	return put_message(
		port, account, slice_of(mailbox), slice_of(text), one, &fault);
}

static size_t files(void)
{
	return folder_count(folder, "jo@example.com/cur");
}

/* Files go behind the answer. */
static void check_files(size_t wanted)
{
	for (int i = 0; i < 1000 && files() != wanted; i++)
		(void)fiber_sleep(deadline_after_ms(20));
	CHECK_NUMBER(files(), wanted);
}

static struct view *open_view(const char *name)
{
	struct view *view = view_open(
		port, account, slice_of(name), false, &fault, SOON);

	CHECK(view);
	return view;
}

/* What a view was told, as text. */
static struct buffer told;

static void tell_expunged(void *context, uint32_t seq, uint32_t uid)
{
	buffer_append_format(&told, "-%u(%u) ", seq, uid);
}

static void tell_changed(void *context, uint32_t seq, const struct record *record)
{
	struct slice words = view_keywords(context, record->keywords);

	buffer_append_format(
		&told, "%u=%u[%.*s] ", seq, record->flags, SLICE_PRINT(words));
}

static void tell_exists(void *context, uint32_t count)
{
	buffer_append_format(&told, "+%u ", count);
}

static void check_told(struct view *view, bool expunges, const char *wanted)
{
	struct view_teller teller = {tell_expunged, tell_changed, tell_exists, view};

	buffer_clear(&told);
	view_sync(view, expunges, &teller);
	CHECK_SLICE(buffer_contents(&told), wanted);
}

static struct uid_set uids(const char *text)
{
	struct uid_set set;

	CHECK(uid_set_read(slice_of(text), UINT32_MAX, &arena, &set));
	return set;
}

static void set_flags(struct view *view, const char *which, enum flags_how how,
	uint8_t flags, const char *keywords)
{
	struct uid_set set = uids(which), modified;
	struct flags_change change = {how, flags, slice_of(keywords), UINT64_MAX};

	CHECK(view_change_flags(view, &set, &change, &arena, &modified, &fault, SOON));
	CHECK_NUMBER(modified.count, 0);
}

static void story(void *arg)
{
	struct view *one, *two, *other;
	struct uid_set set;
	struct copied copied;
	const struct slice *words;

	begin();
	one = open_view("INBOX");
	two = open_view("INBOX");
	CHECK_NUMBER(one->state->count, 0);
	CHECK_NUMBER(append("INBOX", "Subject: a\n\nb\n", MESSAGE_SEEN, ""), 1);
	CHECK_NUMBER(append("INBOX", "Subject: b\r\n\r\nb\r\n", 0, "$Junk work"), 2);
	CHECK_NUMBER(append("INBOX", "Subject: c\r\n\r\n", 0, ""), 3);
	CHECK(view_wait(two, SOON));
	check_told(one, true, "+3 ");
	check_told(one, true, "");
	check_told(two, true, "+3 ");
	CHECK_NUMBER(state_at(one->state, 1)->size, 17); /* with its CRs */
	CHECK_SLICE(
		view_keywords(one, state_at(one->state, 2)->keywords), "$Junk work");
	/* Flags, keywords whatever their case. */
	set_flags(one, "1:*", FLAGS_ADD, MESSAGE_FLAGGED, "WORK new");
	check_told(two, false, "1=5[new WORK] 2=4[$Junk new work] 3=4[new WORK] ");
	set_flags(one, "2", FLAGS_REMOVE, MESSAGE_FLAGGED, "$junk New");
	check_told(two, false, "2=0[work] ");
	set_flags(one, "2,9", FLAGS_SET, MESSAGE_DELETED, "");
	check_told(two, false, "2=8[] ");
	/* Expunged, but not told of: numbers stay. */
	CHECK(view_expunge(one, NULL, false, &fault, SOON));
	check_told(two, false, "");
	CHECK_NUMBER(two->state->count, 3);
	CHECK(state_at(two->state, 2)->flags & MESSAGE_GHOST);
	CHECK_NUMBER(append("INBOX", "Subject: d\r\n\r\n", 0, ""), 4);
	check_told(two, false, "+4 ");
	set_flags(one, "3", FLAGS_SET, MESSAGE_SEEN, "");
	check_told(two, false, "3=1[] ");
	check_told(two, true, "-2(2) ");
	CHECK_NUMBER(two->state->count, 3);
	check_told(two, true, "");
	CHECK(view_vanished(two, 0, &arena, &set, SOON));
	CHECK_NUMBER(set.count, 1);
	CHECK(uid_set_has(&set, 2));
	check_files(3);
	/* Copied and moved: one file, whoever shows it. */
	CHECK(mailbox_create(
		port, account, SLICE("A/b"), MAILBOX_NO_USE, &fault, SOON));
	set = uids("1,3");
	CHECK(view_copy(two, &set, SLICE("A/b"), false, &arena, &copied, &fault, SOON));
	CHECK_NUMBER(uid_set_nth(&copied.to, 1), 2);
	set = uids("4");
	CHECK(view_copy(two, &set, SLICE("A/b"), true, &arena, &copied, &fault, SOON));
	check_told(two, true, "-3(4) ");
	check_files(3);
	set = uids("1");
	CHECK(view_expunge(two, &set, true, &fault, SOON));
	check_files(3);
	CHECK(!view_copy(
		two, &set, SLICE("none"), false, &arena, &copied, &fault, SOON));
	CHECK_NUMBER(fault, STORE_NONEXISTENT);
	other = open_view("A/b");
	CHECK_NUMBER(other->state->count, 3);
	CHECK_NUMBER(view_all_keywords(other, &arena, &words), 2);
	CHECK(mailbox_rename(port, account, SLICE("A"), SLICE("Z"), &fault, SOON));
	set_flags(other, "1", FLAGS_SET, MESSAGE_ANSWERED, "kept");
	check_told(other, true, "1=2[kept] ");
	view_close(&other);
	view_close(&one);
	view_close(&two);
	end();
}

CASE("appended, flagged, expunged, copied, moved; every view is told")
{
	on_worker(story, NULL);
}

static void after(void *arg)
{
	const struct mailbox_entry *list;
	struct mailbox_entry entry;
	struct view *view;
	size_t count;

	begin();
	CHECK(mailbox_list(port, account, true, &arena, &list, &count, SOON));
	CHECK_NUMBER(count, 3);
	CHECK_SLICE(list[0].name, "INBOX");
	CHECK_NUMBER(list[0].messages, 1);
	CHECK_NUMBER(list[0].uidnext, 5);
	CHECK_SLICE(list[1].name, "Z");
	CHECK(list[1].has_children);
	CHECK_SLICE(list[2].name, "Z/b");
	CHECK_NUMBER(list[2].messages, 3);
	view = open_view("Z/b");
	CHECK_NUMBER(state_at(view->state, 1)->flags, MESSAGE_ANSWERED);
	CHECK_SLICE(view_keywords(view, state_at(view->state, 1)->keywords), "kept");
	CHECK_NUMBER(append("Z/b", "Subject: e\r\n\r\n", 0, ""), 4);
	check_told(view, true, "+4 ");
	/* Removed while somebody looks at it. */
	CHECK(mailbox_remove(port, account, SLICE("Z/b"), &fault, SOON));
	CHECK(view_wait(view, SOON));
	CHECK(view_is_gone(view));
	check_told(view, true, "-1(1) -1(2) -1(3) -1(4) ");
	view_close(&view);
	check_files(1);
	CHECK(mailbox_create(
		port, account, SLICE("Z/b"), MAILBOX_NO_USE, &fault, SOON));
	CHECK(mailbox_status(port, account, SLICE("Z/b"), &entry, &fault, SOON));
	CHECK_NUMBER(entry.messages, 0);
	CHECK_NUMBER(entry.uidnext, 1);
	CHECK(entry.uidvalidity > list[2].uidvalidity);
	CHECK(entry.id != list[2].id);
	CHECK(!mailbox_create(
		port, account, SLICE("Z/b"), MAILBOX_NO_USE, &fault, SOON));
	CHECK_NUMBER(fault, STORE_ALREADYEXISTS);
	CHECK(!mailbox_remove(port, account, SLICE("inbox?"), &fault, SOON));
	CHECK_NUMBER(fault, STORE_NONEXISTENT);
	CHECK(!mailbox_remove(port, account, SLICE("INBOX"), &fault, SOON));
	CHECK_NUMBER(fault, STORE_CANNOT);
	CHECK(mailbox_rename(
		port, account, SLICE("INBOX"), SLICE("Old/in"), &fault, SOON));
	CHECK(mailbox_status(port, account, SLICE("Old/in"), &entry, &fault, SOON));
	CHECK_NUMBER(entry.messages, 1);
	CHECK(mailbox_status(port, account, SLICE("INBOX"), &entry, &fault, SOON));
	CHECK_NUMBER(entry.messages, 0);
	CHECK_NUMBER(entry.uidnext, 5);
	end();
}

CASE("all of it is there after the store was opened again")
{
	on_worker(after, NULL);
}

CASE("names of mailboxes")
{
	static const struct {
		const char *name, *wanted;
	} table[] = {
		{"inbox", "INBOX"},
		{"InBox/x", "INBOX/x"},
		{"inboxes", "inboxes"},
		{"a/b/c", "a/b/c"},
		{"", NULL},
		{"/a", NULL},
		{"a/", NULL},
		{"a//b", NULL},
		{"a\rb", NULL},
		{"\xff", NULL},
		{"a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a", NULL},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct slice name;
		bool good = mailbox_name_prepare(
			slice_of(table[i].name), &arena, &name);

		CHECK(good == (table[i].wanted != NULL));
		if (good)
			CHECK_SLICE(name, table[i].wanted);
	}
	arena_finish(&arena);
}

static bool append_one(const char *text)
{
	return put_message(port, account, SLICE("INBOX"), slice_of(text),
		(struct append){0}, &fault);
}

static void quotas(void *arg)
{
	struct store_sums sums;
	struct copied copied;
	struct uid_set set;
	struct view *view;
	size_t before;

	begin();
	CHECK(!store_account_used(account, &sums));
	CHECK(store_account_read(port, account, &sums, SOON));
	CHECK(store_account_used(account, &sums));
	view = open_view("Old/in");
	CHECK_NUMBER(sums.messages, 1);
	CHECK_NUMBER(sums.bytes, view->state->size);
	store_account_set_quota(account, (struct store_sums){.messages = 2});
	CHECK(append_one("Subject: second\r\n\r\n"));
	before = files();
	CHECK(!append_one("Subject: third\r\n\r\n"));
	CHECK_NUMBER(fault, STORE_OVERQUOTA);
	CHECK_NUMBER(files(), before); /* nothing is left of it */
	set = uids("1");
	CHECK(!view_copy(
		view, &set, SLICE("INBOX"), false, &arena, &copied, &fault, SOON));
	CHECK_NUMBER(fault, STORE_OVERQUOTA);
	/* A move takes nothing, however full it is. */
	CHECK(view_copy(
		view, &set, SLICE("INBOX"), true, &arena, &copied, &fault, SOON));
	CHECK(store_account_used(account, &sums));
	CHECK_NUMBER(sums.messages, 2);
	store_account_set_quota(account, (struct store_sums){.bytes = sums.bytes});
	CHECK(!append_one("Subject: third\r\n\r\n"));
	CHECK_NUMBER(fault, STORE_OVERQUOTA);
	store_account_set_quota(account, (struct store_sums){.bytes = sums.bytes + 18});
	CHECK(append_one("Subject: third\r\n\r\n"));
	view_close(&view);
	end();
}

CASE("quotas: appended and copied up to them, moved beyond")
{
	on_worker(quotas, NULL);
}

static void put_file(const char *name)
{
	char *path = memory_format("%s/jo@example.com/%s", folder, name);
	FILE *file = fopen(path, "w");

	CHECK(file);
	if (file)
		fclose(file);
	memory_free(path);
}

static bool has_file(const char *name)
{
	char *path = memory_format("%s/jo@example.com/%s", folder, name);
	bool there = access(path, F_OK) == 0;

	memory_free(path);
	return there;
}

static void recovery(void *arg)
{
	const size_t before = files();
	struct store_sums sums;
	struct draft *draft;

	/* Of a process that was killed: promised to nobody. */
	put_file("tmp/17.M1P1.Q1.host");
	put_file("cur/17.M1P1.Q1.host");
	put_file("tmp/17.M1P1.Q2.host");
	begin();
	CHECK(!store_create(folder, 1));
	CHECK_NUMBER(failure_kind_last(), FAILURE_RESOURCE);
	draft = draft_begin(port, account, SOON); /* ours stays */
	CHECK(store_account_read(port, account, &sums, SOON));
	CHECK(!has_file("tmp/17.M1P1.Q1.host"));
	CHECK(!has_file("cur/17.M1P1.Q1.host"));
	CHECK(!has_file("tmp/17.M1P1.Q2.host"));
	CHECK(draft_write(draft, SLICE("a: b\n"), SOON) && draft_finish(draft, SOON));
	draft_discard(&draft);
	check_files(before);
	end();
}

CASE("what was on its way when a process was killed goes")
{
	on_worker(recovery, NULL);
}

static void naming(void *arg)
{
	struct mailbox_entry above, again;
	char name[MAILBOX_NAME_MAX + 1] = "";

	begin();
	CHECK(mailbox_create(
		port, account, SLICE("P/child"), MAILBOX_NO_USE, &fault, SOON));
	CHECK(mailbox_status(port, account, SLICE("P"), &above, &fault, SOON));
	CHECK(mailbox_remove(port, account, SLICE("P"), &fault, SOON));
	CHECK(!mailbox_status(port, account, SLICE("P"), &again, &fault, SOON));
	CHECK(!mailbox_remove(port, account, SLICE("P"), &fault, SOON));
	CHECK_NUMBER(fault, STORE_HASCHILDREN);
	CHECK(mailbox_create(port, account, SLICE("P"), MAILBOX_NO_USE, &fault, SOON));
	CHECK(mailbox_status(port, account, SLICE("P"), &again, &fault, SOON));
	CHECK(again.id != above.id); /* RFC 8474: another mailbox */
	CHECK(again.uidvalidity > above.uidvalidity);
	memset(name, 'x', MAILBOX_NAME_MAX - 3);
	CHECK(!mailbox_rename(port, account, SLICE("P"), slice_of(name), &fault, SOON));
	CHECK_NUMBER(fault, STORE_LIMIT); /* with "/child" it is too long */
	CHECK(mailbox_status(port, account, SLICE("P/child"), &again, &fault, SOON));
	end();
}

CASE("mailboxes made again, and names that get too long")
{
	on_worker(naming, NULL);
}

CHECK_MAIN_IN(folder)
