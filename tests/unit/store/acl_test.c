/*
 * Who may do what with mailboxes of others (RFC 4314), whom they are shown to, and
 * what each has seen of them, over a restart, too.
 */
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"
#include "folder.h"
#include "run/fiber.h"
#include "run/on_worker.h"
#include "store/acl.h"
#include "store/database.h"
#include "store/inspect.h"
#include "store/message.h"
#include "store/put_message.h"
#include "store/shares.h"

static char folder[] = "/tmp/ringpost-acl-XXXXXX";
static struct store *store;
static struct store_port *port, *bobs, *eves;
static struct store_account *ann;
static struct arena arena;
static enum store_fault fault;

#define SOON deadline_after_ms(60000)
#define BOB  SLICE("bob@example.com")

static void begin(void)
{
	store = store_create(folder, 2);
	CHECK(store);
	port = store_port_open(store);
	bobs = store_port_as(port, BOB);
	eves = store_port_as(port, SLICE("eve@example.com"));
	ann = store_account_hold(store, SLICE("ann@example.com"));
}

static void end(void)
{
	store_account_release(&ann);
	store_port_leave(&bobs);
	store_port_leave(&eves);
	store_port_close(&port);
	store_destroy(&store);
	arena_finish(&arena);
}

static bool grant(
	const char *mailbox, enum grant_how how, const char *who, const char *rights)
{
	struct grant one = {.who = slice_of(who)};

	CHECK(rights_read(slice_of(rights), &one.rights));
	return mailbox_grant(port, ann, slice_of(mailbox), how, &one, &fault, SOON);
}

static bool append(
	struct store_port *by, const char *mailbox, uint8_t flags, const char *keywords)
{
	const struct append one = {
		.flags = flags, .keywords = slice_of(keywords), .internal_ms = 1000};

	return put_message(
		by, ann, slice_of(mailbox), SLICE("A: b\r\n\r\nc\r\n"), one, &fault);
}

static struct view *look(struct store_port *by, const char *mailbox)
{
	return view_open(by, ann, slice_of(mailbox), false, &fault, SOON);
}

static struct buffer told;

static void tell_expunged(void *context, uint32_t seq, uint32_t uid)
{
	buffer_append_format(&told, "-%u ", seq);
}

static void tell_changed(void *context, uint32_t seq, const struct record *record)
{
	buffer_append_format(&told, "%u=%u ", seq, record->flags);
}

static void tell_exists(void *context, uint32_t count)
{
	buffer_append_format(&told, "+%u ", count);
}

static void check_told(struct view *view, const char *wanted)
{
	struct view_teller teller = {tell_expunged, tell_changed, tell_exists, view};

	buffer_clear(&told);
	view_sync(view, true, &teller);
	CHECK_SLICE(buffer_contents(&told), wanted);
}

static void check_flags(const struct view *view, const char *wanted)
{
	buffer_clear(&told);
	for (uint32_t i = 1; i <= view->state->count; i++)
		buffer_append_format(
			&told, "%u ", (unsigned)state_at(view->state, i)->flags);
	CHECK_SLICE(buffer_contents(&told), wanted);
}

static bool change(struct view *view, const char *which, enum flags_how how,
	uint8_t flags, const char *keywords)
{
	struct flags_change one = {how, flags, slice_of(keywords), UINT64_MAX};
	struct uid_set set, modified;

	CHECK(uid_set_read(slice_of(which), UINT32_MAX, &arena, &set));
	return view_change_flags(view, &set, &one, &arena, &modified, &fault, SOON);
}

CASE("rights as letters (RFC 4314 2.1)")
{
	static const struct {
		const char *text, *back;
	} all[] = {
		{"", ""},
		{"lrs", "lrs"},
		{"aetxkpiwsrl", "lrswipkxteacd"},
		{"c", "kxc"},
		{"d", "ted"},
		{"t", "td"},
		{"rr", "r"},
	};
	char text[RIGHTS_TEXT_MAX];
	unsigned rights;

	for (size_t i = 0; i < ARRAY_COUNT(all); i++) {
		CHECK(rights_read(slice_of(all[i].text), &rights));
		rights_write(rights, text);
		CHECK_SLICE(slice_of(text), all[i].back);
	}
	CHECK(!rights_read(SLICE("lz"), &rights));
	CHECK(!rights_read(SLICE("L"), &rights));
}

CASE("what is given and what is taken (RFC 4314 2)")
{
	const struct grant list[] = {
		{SLICE("-anyone"), RIGHT_EXPUNGE},
		{SLICE("-bob"), RIGHT_WRITE | RIGHT_POST},
		{SLICE("anyone"), RIGHT_LOOKUP | RIGHT_READ | RIGHT_WRITE},
		{SLICE("bob"), RIGHT_EXPUNGE | RIGHT_SEEN},
	};

	CHECK_NUMBER(rights_of(list, 4, SLICE("bob")),
		RIGHT_LOOKUP | RIGHT_READ | RIGHT_SEEN);
	CHECK_NUMBER(rights_of(list, 4, SLICE("eve")),
		RIGHT_LOOKUP | RIGHT_READ | RIGHT_WRITE);
	CHECK_NUMBER(rights_of(list, 0, SLICE("eve")), 0);
}

static void check_index(const char *who, const char *wanted)
{
	const struct slice *owners;
	size_t count = shares_of(store_shares(store), slice_of(who), &arena, &owners);

	buffer_clear(&told);
	for (size_t i = 0; i < count; i++)
		buffer_append_format(&told, "%.*s ", SLICE_PRINT(owners[i]));
	CHECK_SLICE(buffer_contents(&told), wanted);
}

static void check_listed(struct store_port *by, const char *wanted)
{
	const struct mailbox_entry *list;
	char rights[RIGHTS_TEXT_MAX];
	size_t count;

	CHECK(mailbox_list(by, ann, true, &arena, &list, &count, SOON));
	buffer_clear(&told);
	for (size_t i = 0; i < count; i++) {
		rights_write(list[i].rights, rights);
		buffer_append_format(&told, "%.*s:%s:%u/%u ", SLICE_PRINT(list[i].name),
			rights, list[i].unseen, list[i].messages);
	}
	CHECK_SLICE(buffer_contents(&told), wanted);
}

static void grants(void *arg)
{
	struct grants list;
	unsigned rights;

	begin();
	CHECK(append(port, "INBOX", 0, ""));
	CHECK(mailbox_create(port, ann, SLICE("P"), MAILBOX_NO_USE, &fault, SOON));
	check_listed(port, "INBOX:lrswipkxteacd:1/1 P:lrswipkxteacd:0/0 ");
	check_listed(bobs, "");
	CHECK(!look(bobs, "P"));
	CHECK_NUMBER(fault, STORE_NONEXISTENT);
	CHECK(!look(bobs, "nothing"));
	CHECK_NUMBER(fault, STORE_NONEXISTENT);
	check_index("bob@example.com", "");
	/* Seen, but not read; then both. */
	CHECK(grant("P", GRANT_SET, "bob@example.com", "l"));
	check_index("bob@example.com", "ann@example.com ");
	check_index("eve@example.com", "");
	check_index("ann@example.com", "");
	CHECK(!look(bobs, "P"));
	CHECK_NUMBER(fault, STORE_NOPERM);
	check_listed(bobs, "P:l:0/0 ");
	CHECK(grant("P", GRANT_ADD, "bob@example.com", "rk"));
	CHECK(mailbox_rights(bobs, ann, SLICE("P"), &rights, &fault, SOON));
	CHECK_NUMBER(rights, RIGHT_LOOKUP | RIGHT_READ | RIGHT_CREATE);
	/* What is made below has the same list. */
	CHECK(mailbox_create(bobs, ann, SLICE("P/q"), MAILBOX_NO_USE, &fault, SOON));
	CHECK(!mailbox_create(bobs, ann, SLICE("Q"), MAILBOX_NO_USE, &fault, SOON));
	CHECK_NUMBER(fault, STORE_NOPERM);
	check_listed(bobs, "P:lrkc:0/0 P/q:lrkc:0/0 ");
	CHECK(!mailbox_remove(bobs, ann, SLICE("P/q"), &fault, SOON));
	CHECK_NUMBER(fault, STORE_NOPERM);
	CHECK(!mailbox_grants(bobs, ann, SLICE("P"), &arena, &list, &fault, SOON));
	CHECK_NUMBER(fault, STORE_NOPERM);
	CHECK(!append(bobs, "P", 0, ""));
	CHECK_NUMBER(fault, STORE_NOPERM);
	/* Anyone; without some; over a restart. */
	CHECK(grant("INBOX", GRANT_SET, "anyone", "lr"));
	CHECK(grant("INBOX", GRANT_SET, "-eve@example.com", "r"));
	CHECK(!grant("INBOX", GRANT_SET, "ann@example.com", "lr"));
	CHECK_NUMBER(fault, STORE_CANNOT);
	end();
	begin();
	check_index("eve@example.com", "ann@example.com ");
	check_listed(eves, "INBOX:l:1/1 ");
	check_listed(bobs, "INBOX:lr:1/1 P:lrkc:0/0 P/q:lrkc:0/0 ");
	CHECK(mailbox_grants(port, ann, SLICE("INBOX"), &arena, &list, &fault, SOON));
	CHECK_NUMBER(list.count, 2);
	CHECK_SLICE(list.at[0].who, "-eve@example.com");
	/* And away: the index keeps who has anything left. */
	CHECK(grant("INBOX", GRANT_SET, "anyone", ""));
	check_index("eve@example.com", "");
	CHECK(grant("P", GRANT_REMOVE, "bob@example.com", "lrswipkxtea"));
	check_index("bob@example.com", "ann@example.com ");
	CHECK(mailbox_remove(port, ann, SLICE("P/q"), &fault, SOON));
	CHECK(mailbox_remove(port, ann, SLICE("P"), &fault, SOON));
	CHECK(grant("INBOX", GRANT_SET, "-eve@example.com", ""));
	CHECK(shares_forget(store_shares(store), SLICE("ann@example.com"), SOON));
	check_index("bob@example.com", "");
	end();
}

CASE("given, inherited, shown, taken away")
{
	on_worker(grants, NULL);
}

/* As the one before this version was; and without the index. */
static void make_old(void)
{
	static const char *const steps[] = {"DROP TABLE metadata", "DROP TABLE seen",
		"DROP TABLE seer", "PRAGMA user_version = 1"};
	char *path = memory_format("%s/ann@example.com/mail.db", folder);
	char *index = memory_format("%s/.shares", folder);
	struct database *database = database_open(path);

	CHECK(database);
	for (size_t i = 0; database && i < ARRAY_COUNT(steps); i++)
		CHECK(query_run(database_query(database, steps[i])));
	database_close(&database);
	CHECK(unlink(index) == 0);
	memory_free(path);
	memory_free(index);
}

static void older(void *arg)
{
	struct findings findings;
	struct view *his;

	begin();
	CHECK(mailbox_create(port, ann, SLICE("Old"), MAILBOX_NO_USE, &fault, SOON));
	CHECK(append(port, "Old", MESSAGE_SEEN, ""));
	CHECK(grant("Old", GRANT_SET, "bob@example.com", "lrs"));
	end();
	make_old();
	begin();
	check_index("bob@example.com", "");
	CHECK(store_inspect(port, ann, &arena, &findings, SOON));
	CHECK(findings_are_good(&findings));
	CHECK(store_repair(port, ann, &findings, STRANGE_LEAVE, SOON));
	check_index("bob@example.com", "ann@example.com ");
	his = look(bobs, "Old");
	check_flags(his, "0 ");
	CHECK(change(his, "1", FLAGS_ADD, MESSAGE_SEEN, ""));
	check_told(his, "1=1 ");
	view_close(&his);
	CHECK(mailbox_remove(port, ann, SLICE("Old"), &fault, SOON));
	end();
}

CASE("a database from before, and a lost index")
{
	on_worker(older, NULL);
}

static void seeing(void *arg)
{
	struct view *hers, *his, *other;
	uint64_t modseq;

	begin();
	CHECK(mailbox_create(port, ann, SLICE("S"), MAILBOX_NO_USE, &fault, SOON));
	CHECK(append(port, "S", MESSAGE_SEEN, ""));
	CHECK(append(port, "S", 0, ""));
	CHECK(grant("S", GRANT_SET, "bob@example.com", "lrs"));
	hers = look(port, "S");
	his = look(bobs, "S");
	CHECK(hers && his);
	check_flags(hers, "1 0 ");
	check_flags(his, "0 0 ");
	CHECK_NUMBER(his->state->unseen, 2);
	/* His \Seen is his; other flags he may not change. */
	CHECK(change(his, "2", FLAGS_ADD, MESSAGE_SEEN | MESSAGE_FLAGGED, "$Work"));
	check_told(his, "2=1 ");
	check_told(hers, "");
	CHECK(!change(his, "2", FLAGS_ADD, MESSAGE_FLAGGED, ""));
	CHECK_NUMBER(fault, STORE_NOPERM);
	modseq = his->state->highest_modseq;
	CHECK_NUMBER(state_at(his->state, 2)->modseq, modseq);
	check_listed(bobs, "S:lrs:1/2 ");
	/* Hers he is told of, without her \Seen. */
	CHECK(change(hers, "1:2", FLAGS_SET, MESSAGE_FLAGGED | MESSAGE_SEEN, ""));
	check_told(his, "1=4 2=5 ");
	check_told(hers, "1=5 2=5 ");
	CHECK(change(his, "2", FLAGS_SET, 0, ""));
	check_told(his, "2=4 ");
	CHECK(change(his, "1", FLAGS_ADD, MESSAGE_SEEN, ""));
	check_told(his, "1=5 ");
	modseq = his->state->highest_modseq;
	view_close(&his);
	/* Again; and with other rights while he looks. */
	his = look(bobs, "S");
	check_flags(his, "5 4 ");
	CHECK_NUMBER(his->state->highest_modseq, modseq);
	CHECK_NUMBER(state_at(his->state, 1)->modseq, modseq);
	CHECK(!view_expunge(his, NULL, true, &fault, SOON));
	CHECK(grant("S", GRANT_SET, "bob@example.com", "lrswite"));
	CHECK(change(his, "2", FLAGS_SET, MESSAGE_DELETED, "$Work"));
	check_told(hers, "2=9 ");
	check_told(his, "2=8 ");
	CHECK(append(bobs, "S", MESSAGE_SEEN | MESSAGE_DRAFT, ""));
	check_told(his, "+3 ");
	check_flags(his, "5 8 17 ");
	check_told(hers, "+3 ");
	check_flags(hers, "5 9 16 ");
	CHECK(view_expunge(his, NULL, false, &fault, SOON));
	check_told(his, "-2 ");
	check_told(hers, "-2 ");
	CHECK(!view_is_gone(his) && !view_is_behind(his));
	CHECK(grant("S", GRANT_REMOVE, "bob@example.com", "r"));
	CHECK(view_is_gone(his) && view_is_behind(his));
	view_close(&his);
	view_close(&hers);
	end();
	/* After a restart: hers and his as they were. */
	begin();
	CHECK(grant("S", GRANT_SET, "bob@example.com", "lri"));
	CHECK(grant("S", GRANT_SET, "eve@example.com", "lr"));
	his = look(bobs, "S");
	check_flags(his, "5 17 ");
	other = look(eves, "S");
	check_flags(other, "4 16 ");
	CHECK(append(bobs, "S", MESSAGE_SEEN | MESSAGE_FLAGGED, "$Work"));
	check_told(his, "+3 ");
	check_flags(his, "5 17 0 ");
	check_told(other, "+3 ");
	check_listed(eves, "S:lr:3/3 ");
	view_close(&his);
	view_close(&other);
	end();
}

CASE("each has seen what he has seen")
{
	on_worker(seeing, NULL);
}

static void copying(void *arg)
{
	struct copied copied;
	struct uid_set set = {0};
	struct view *his, *there;

	begin();
	CHECK(mailbox_create(port, ann, SLICE("From"), MAILBOX_NO_USE, &fault, SOON));
	CHECK(mailbox_create(port, ann, SLICE("To"), MAILBOX_NO_USE, &fault, SOON));
	CHECK(append(port, "From", MESSAGE_SEEN | MESSAGE_FLAGGED, "$Work"));
	CHECK(append(port, "From", MESSAGE_ANSWERED, ""));
	CHECK(grant("From", GRANT_SET, "bob@example.com", "lrs"));
	CHECK(grant("To", GRANT_SET, "bob@example.com", "lr"));
	his = look(bobs, "From");
	CHECK(change(his, "2", FLAGS_ADD, MESSAGE_SEEN, ""));
	CHECK(uid_set_read(SLICE("1:2"), UINT32_MAX, &arena, &set));
	CHECK(!view_copy(his, &set, SLICE("To"), false, &arena, &copied, &fault, SOON));
	CHECK_NUMBER(fault, STORE_NOPERM);
	CHECK(!view_copy(
		his, &set, SLICE("INBOX"), false, &arena, &copied, &fault, SOON));
	CHECK_NUMBER(fault, STORE_NONEXISTENT);
	CHECK(grant("To", GRANT_ADD, "bob@example.com", "is"));
	CHECK(view_copy(his, &set, SLICE("To"), false, &arena, &copied, &fault, SOON));
	there = look(bobs, "To");
	check_flags(there, "0 1 ");
	CHECK_NUMBER(state_at(there->state, 1)->keywords, 0);
	view_close(&there);
	CHECK(grant("To", GRANT_ADD, "bob@example.com", "w"));
	CHECK(!view_copy(his, &set, SLICE("To"), true, &arena, &copied, &fault, SOON));
	CHECK_NUMBER(fault, STORE_NOPERM);
	CHECK(grant("From", GRANT_ADD, "bob@example.com", "te"));
	CHECK(view_copy(his, &set, SLICE("To"), true, &arena, &copied, &fault, SOON));
	there = look(bobs, "To");
	check_flags(there, "0 1 4 3 ");
	view_close(&there);
	there = look(port, "To");
	check_flags(there, "0 0 4 2 ");
	view_close(&there);
	view_close(&his);
	end();
}

CASE("copied as far as it may be")
{
	on_worker(copying, NULL);
}

CHECK_MAIN_IN(folder)
