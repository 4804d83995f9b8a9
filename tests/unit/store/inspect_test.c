/* Accounts whose files and database do not agree; rules of how long mail is kept. */
#include "store/inspect.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "folder.h"
#include "run/on_worker.h"
#include "store/database.h"
#include "store/expire.h"
#include "store/put_message.h"
#include "store/view.h"

static char folder[] = "/tmp/ringpost-inspect-XXXXXX";
static struct store *store;
static struct store_port *port;
static struct store_account *account;
static struct arena arena;
static enum store_fault fault;

#define SOON deadline_after_ms(60000)

static void begin(const char *name)
{
	store = store_create(folder, 2);
	port = store_port_open(store);
	account = store_account_hold(store, slice_of(name));
}

static void end(void)
{
	store_account_release(&account);
	store_port_close(&port);
	store_destroy(&store);
	arena_finish(&arena);
}

static void append(const char *text, uint8_t flags)
{
	CHECK(put_message(port, account, SLICE("INBOX"), slice_of(text),
		(struct append){.flags = flags}, &fault));
}

static struct view *open_view(const char *name)
{
	struct view *view = view_open(
		port, account, slice_of(name), true, &fault, SOON);

	CHECK(view);
	return view;
}

static struct findings inspect(void)
{
	struct findings findings = {.damaged = true};

	CHECK(store_inspect(port, account, &arena, &findings, SOON));
	CHECK(!findings.damaged);
	return findings;
}

/* Another program's hands. */
static void break_it(const char *sql)
{
	char *path = memory_format("%s/jo@example.com/mail.db", folder);
	struct database *database = database_open(path);

	CHECK(database && query_run(database_query(database, sql)));
	database_close(&database);
	memory_free(path);
}

static void run_shell(const char *what)
{
	char *command = memory_format("cd %s/jo@example.com && %s", folder, what);

	CHECK(system(command) == 0); /* a test's own folder */
	memory_free(command);
}

static void story(void *arg)
{
	struct findings findings;
	struct view *view, *recovered;
	struct mailbox_entry entry;
	struct store_sums sums;

	begin("jo@example.com");
	for (int i = 0; i < 4; i++)
		append("Subject: one\r\n\r\n", i == 1 ? MESSAGE_SEEN : 0);
	findings = inspect();
	CHECK(findings_are_good(&findings));
	CHECK_NUMBER(findings.files, 4);
	CHECK_NUMBER(findings.messages, 4);
	view = open_view("INBOX");
	/* A file is gone; another one is nobody's; sums and numbers are wrong. */
	run_shell(
		"rm cur/$(ls cur | head -1) && printf 'Subject: strange\\r\\n\\r\\n' > "
		"cur/1600000000000.strange");
	break_it("UPDATE mailbox SET unseen = 77, uidnext = 3");
	break_it("UPDATE meta SET value = 5 WHERE key = 'bytes'");
	break_it("UPDATE file SET refs = 9 WHERE id = 3");
	findings = inspect();
	CHECK(!findings_are_good(&findings));
	CHECK_NUMBER(findings.lost, 1);
	CHECK_NUMBER(findings.strange, 1);
	CHECK_SLICE(findings.strange_names[0], "1600000000000.strange");
	CHECK_NUMBER(findings.references, 1);
	CHECK_NUMBER(findings.sums, 2);
	CHECK_NUMBER(findings.numbers, 1);
	CHECK(store_repair(port, account, &findings, STRANGE_RECOVER, SOON));
	findings = inspect();
	CHECK(findings_are_good(&findings));
	CHECK_NUMBER(findings.messages, 4);
	CHECK(view_is_behind(view)); /* told at once */
	recovered = open_view(MAILBOX_RECOVERED);
	CHECK_NUMBER(recovered->state->count, 1);
	CHECK_NUMBER(state_at(recovered->state, 1)->internal_ms, 1600000000000);
	CHECK(mailbox_status(port, account, SLICE("INBOX"), &entry, &fault, SOON));
	CHECK_NUMBER(entry.messages, 3);
	CHECK_NUMBER(entry.uidnext, 5);
	CHECK(store_account_read(port, account, &sums, SOON));
	CHECK_NUMBER(sums.messages, 4);
	/* Or away with it. */
	run_shell("echo > cur/strange; : > cur/$(ls cur | grep Q | head -1)");
	findings = inspect();
	CHECK_NUMBER(findings.strange, 1);
	CHECK_NUMBER(findings.resized, 1);
	CHECK(store_repair(port, account, &findings, STRANGE_REMOVE, SOON));
	findings = inspect();
	CHECK_NUMBER(findings.strange, 0);
	view_close(&view);
	view_close(&recovered);
	end();
}

CASE("files and database are made to agree again")
{
	on_worker(story, NULL);
}

static uint64_t expire(struct retention rules)
{
	uint64_t expired = 0;

	CHECK(mailbox_expire(
		port, account, SLICE("INBOX"), &rules, &expired, &fault, SOON));
	return expired;
}

static void expiry(void *arg)
{
	struct view *view;
	uint64_t expired;

	begin("ann@example.com");
	append("Subject: 1\r\n\r\n", MESSAGE_FLAGGED); /* 14 bytes each */
	for (int i = 2; i <= 10; i++)
		append("Subject: 2\r\n\r\n", 0);
	CHECK_NUMBER(expire((struct retention){0}), 0);
	CHECK_NUMBER(expire((struct retention){.messages = 20, .bytes = 140}), 0);
	CHECK_NUMBER(expire((struct retention){.messages = 8, .pretend = true}), 2);
	CHECK_NUMBER(expire((struct retention){.messages = 8, .pretend = true}), 2);
	CHECK_NUMBER(expire((struct retention){.messages = 8}), 2);
	view = open_view("INBOX");
	CHECK_NUMBER(view->state->count, 8);
	CHECK_NUMBER(state_at(view->state, 1)->uid, 1); /* \Flagged */
	CHECK_NUMBER(state_at(view->state, 2)->uid, 4);
	view_close(&view);
	CHECK_NUMBER(expire((struct retention){.messages = 7, .flagged = true}), 1);
	CHECK_NUMBER(expire((struct retention){.bytes = 70}), 2);
	CHECK_NUMBER(expire((struct retention){.since_ms = 1}), 0);
	CHECK_NUMBER(expire((struct retention){.since_ms = INT64_MAX}), 5);
	CHECK(!mailbox_expire(port, account, SLICE("none"), &(struct retention){0},
		&expired, &fault, SOON));
	CHECK_NUMBER(fault, STORE_NONEXISTENT);
	end();
}

CASE("what is too old, too many or too much goes, oldest first")
{
	on_worker(expiry, NULL);
}

/* Ranges 10, 12, 14 … 60000 are gone, each with a modseq of its own. */
static void vanished(void *arg)
{
	char *path = memory_format("%s/many@example.com/mail.db", folder);
	struct store_sums sums;
	struct database *database;
	struct uid_set set, newer;
	struct view *view;

	begin("many@example.com");
	CHECK(store_account_read(port, account, &sums, SOON));
	append("Subject: one\r\n\r\n", 0);
	database = database_open(path);
	CHECK(query_run(database_query(database,
		"WITH RECURSIVE n(i) AS (SELECT 5 UNION ALL SELECT i + 1 FROM n WHERE "
		"i < 30000) INSERT INTO vanished SELECT 1, i, i * 2, i * 2 FROM n")));
	/* Between the older ones a message is left. */
	CHECK(query_run(database_query(
		database, "UPDATE message SET uid = 1001 WHERE mailbox = 1")));
	CHECK(query_run(database_query(
		database, "UPDATE mailbox SET uidnext = 60001, modseq = 30000")));
	database_close(&database);
	view = open_view("INBOX");
	CHECK(view_vanished(view, 0, &arena, &set, SOON));
	CHECK(set.count < 25000 && set.count > 10000);
	CHECK(uid_set_has(&set, 10) && uid_set_has(&set, 11)); /* joined */
	CHECK(!uid_set_has(&set, 1001) && uid_set_has(&set, 1000));
	CHECK(uid_set_has(&set, 60000) && !uid_set_has(&set, 59999));
	/* The newer half is as it was. */
	CHECK(view_vanished(view, 29998, &arena, &newer, SOON));
	CHECK_NUMBER(uid_set_size(&newer), 2);
	view_close(&view);
	end();
	memory_free(path);
}

CASE("very many expunged UIDs are remembered in fewer ranges")
{
	on_worker(vanished, NULL);
}

/* No file of this process may be longer than that: a disk that is full. */
static void limit_files(rlim_t size)
{
	struct rlimit limit;

	CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
	limit.rlim_cur = size < limit.rlim_max ? size : limit.rlim_max;
	CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

static bool try_append(void)
{
	return put_message(port, account, SLICE("INBOX"), SLICE("a: b\n"),
		(struct append){0}, &fault);
}

static void full(void *arg)
{
	char *log = memory_format("%s/max@example.com/mail.db-wal", folder);
	struct findings findings;
	struct stat status;
	struct view *view;

	begin("max@example.com");
	view = open_view("INBOX");
	for (int i = 0; i < 5; i++)
		CHECK(try_append());
	CHECK(stat(log, &status) == 0);
	limit_files((rlim_t)status.st_size);
	for (int i = 0; i < 3; i++) {
		CHECK(!try_append());
		CHECK_NUMBER(fault, STORE_NO_FAULT); /* try again */
	}
	limit_files(RLIM_INFINITY);
	CHECK(try_append());
	view_close(&view);
	view = open_view("INBOX");
	CHECK_NUMBER(view->state->count, 6);
	CHECK_NUMBER(state_at(view->state, 6)->uid, 6);
	findings = inspect();
	CHECK(findings_are_good(&findings));
	CHECK_NUMBER(findings.files, 6);
	view_close(&view);
	end();
	memory_free(log);
}

CASE("a full disk: nothing is done, in memory either, and then it goes on")
{
	signal(SIGXFSZ, SIG_IGN);
	on_worker(full, NULL);
}

CHECK_MAIN_IN(folder)
