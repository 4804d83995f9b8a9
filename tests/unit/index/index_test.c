/* The index of mailboxes on a real disk: filled behind them, asked, removed, damaged,
 * put beside another database. */
#include "index/index.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/memory.h"
#include "folder.h"
#include "imap/unicode.h"
#include "index/index_core.h"
#include "run/fiber.h"
#include "run/on_worker.h"
#include "store/put_message.h"
#include "store/view.h"

#define SOON deadline_after_ms(60000)

static char folder[] = "/tmp/ringpost-index-XXXXXX";
static struct store *store;
static struct store_port *port;
static struct store_account *account;
static struct view *view;
static struct index *fts;
static struct arena arena;
static enum store_fault fault;

static void begin(const char *name)
{
	store = store_create(folder, 1);
	fts = index_create(store);
	port = store_port_open(store);
	account = store_account_hold(store, slice_of(name));
	view = view_open(port, account, SLICE("INBOX"), true, &fault, SOON);
	CHECK(view != NULL);
}

static void end(void)
{
	view_close(&view);
	store_account_release(&account);
	store_port_close(&port);
	index_destroy(&fts);
	store_destroy(&store);
	arena_finish(&arena);
}

static void not_told_gone(void *context, uint32_t sequence, uint32_t uid)
{
}

static void not_told(void *context, uint32_t sequence, const struct record *record)
{
}

static void not_told_count(void *context, uint32_t count)
{
}

static const struct view_teller nobody = {
	.expunged = not_told_gone, .changed = not_told, .exists = not_told_count};

static void append(const char *text)
{
	CHECK(put_message(port, account, SLICE("INBOX"), slice_of(text),
		(struct append){0}, &fault));
	view_sync(view, true, &nobody);
}

/* The sequence numbers of those that may have TEXT; "?": nothing is known. */
static struct slice ask(enum search_where where, const char *text)
{
	struct search_text wanted = {
		.where = where, .key = unicode_key(&arena, slice_of(text))};
	struct index_answer *answer = index_ask(fts, account, &wanted, SOON);
	struct buffer out = {0};
	struct slice found;

	CHECK(answer || !wanted.may_have);
	if (!wanted.may_have)
		buffer_append(&out, SLICE("?"));
	for (uint32_t i = 1; wanted.may_have && i <= view->state->count; i++) {
		struct search_record record = {.file = state_at(view->state, i)->file};

		if (wanted.may_have(wanted.known, &record))
			buffer_append_format(&out, "%u ", i);
	}
	index_answer_destroy(&answer);
	found = arena_copy(&arena, buffer_contents(&out));
	buffer_finish(&out);
	return found;
}

/* Until what was appended is in the index, ever since COUNT messages were. */
static void wait_for(uint64_t count)
{
	for (int i = 0; i < 3000 && index_figures(fts).messages < count; i++) {
		index_want(fts, account);
		CHECK(fiber_sleep(deadline_after_ms(10)));
	}
	CHECK_NUMBER(index_figures(fts).messages, count);
}

static const char *const letters[] = {
	"From: Ann <ann@example.org>\r\nTo: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\r\n"
	"Subject: Harvest\r\nMessage-ID: <first@example.org>\r\nX-Note: orchard\r\n"
	"\r\napples and pears\r\n",
	"From: Bob <bob@example.org>\r\nTo: Ann <ann@example.org>\r\nSubject: Re\r\n"
	"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
	"--b\r\nContent-Transfer-Encoding: base64\r\n\r\nUGVhcnMgYW5kIHBsdW1z\r\n"
	"--b\r\nContent-Type: image/png; name=ladder.png\r\n"
	"Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--b--\r\n",
};

static void filled(void *arg)
{
	begin("jo@example.com");
	CHECK_SLICE(ask(SEARCH_IN_ALL, "pears"), "?");
	append(letters[0]);
	append(letters[1]);
	wait_for(2);
	CHECK_SLICE(ask(SEARCH_IN_ALL, "Pears"), "1 2 ");
	CHECK_SLICE(ask(SEARCH_IN_ALL, "apples AND"), "1 ");
	CHECK_SLICE(ask(SEARCH_IN_ALL, "plums"), "2 ");
	CHECK_SLICE(ask(SEARCH_IN_ALL, "plumsy"), "");
	CHECK_SLICE(ask(SEARCH_IN_ALL, "ann@"), "1 2 ");
	CHECK_SLICE(ask(SEARCH_IN_FROM, "ann@"), "1 ");
	CHECK_SLICE(ask(SEARCH_IN_TO, "ann@"), "2 ");
	CHECK_SLICE(ask(SEARCH_IN_TO, "j\xc3\x9crg"), "1 ");
	CHECK_SLICE(ask(SEARCH_IN_PARTS, "ann@"), "");
	CHECK_SLICE(ask(SEARCH_IN_PARTS, "ladder"), "2 ");
	CHECK_SLICE(ask(SEARCH_IN_HEADER, "ladder"), "");
	CHECK_SLICE(ask(SEARCH_IN_SUBJECT, "harv"), "1 ");
	CHECK_SLICE(ask(SEARCH_IN_IDS, "first@example"), "1 ");
	CHECK_SLICE(ask(SEARCH_IN_HEADER, "orchard"), "1 ");
	CHECK_SLICE(ask(SEARCH_IN_ALL, "ab"), "?");
	/* What came later may have anything. */
	append(letters[0]);
	CHECK_SLICE(ask(SEARCH_IN_ALL, "plums"), "2 3 ");
	wait_for(3);
	CHECK_SLICE(ask(SEARCH_IN_ALL, "plums"), "2 ");
	end();
}

CASE("what an index knows: where, in any case, decoded; and not what came later")
{
	on_worker(filled, NULL);
}

static void kept(void *arg)
{
	char *path;
	int fd;

	begin("jo@example.com");
	CHECK_SLICE(ask(SEARCH_IN_ALL, "plums"), "2 ");
	path = index_path_of(account);
	index_file_remove(path);
	CHECK_SLICE(ask(SEARCH_IN_ALL, "plums"), "?");
	wait_for(3);
	CHECK_SLICE(ask(SEARCH_IN_ALL, "plums"), "2 ");
	end();
	/* No database at all. */
	fd = open(path, O_WRONLY | O_TRUNC);
	CHECK(fd >= 0 && write(fd, path, strlen(path)) > 0);
	close(fd);
	begin("jo@example.com");
	CHECK_SLICE(ask(SEARCH_IN_ALL, "plums"), "?");
	wait_for(3);
	CHECK_SLICE(ask(SEARCH_IN_ALL, "plums"), "2 ");
	end();
	memory_free(path);
}

CASE("one that is removed or damaged is made anew")
{
	on_worker(kept, NULL);
}

static void moved(void *arg)
{
	char *from, *to;

	begin("jo@example.com");
	from = index_path_of(account);
	end();
	begin("bo@example.com");
	append(letters[1]);
	append(letters[1]);
	append(letters[1]);
	wait_for(3);
	to = index_path_of(account);
	end();
	/* Of an account that has as many messages. */
	index_file_remove(to);
	CHECK(rename(from, to) == 0);
	begin("bo@example.com");
	CHECK_SLICE(ask(SEARCH_IN_ALL, "plums"), "?");
	wait_for(3);
	CHECK_SLICE(ask(SEARCH_IN_ALL, "plums"), "1 2 3 ");
	CHECK_SLICE(ask(SEARCH_IN_ALL, "apples"), "");
	end();
	memory_free(from);
	memory_free(to);
}

CASE("one of another database is not believed")
{
	on_worker(moved, NULL);
}

CHECK_MAIN_IN(folder)
