/* Accounts that come to a share of their quota are told of, each time once. */
#include "store/quota_watch.h"

#include <stdlib.h>

#include "base/memory.h"
#include "check.h"
#include "run/worker.h"
#include "store/draft.h"
#include "store/expire.h"

static char folder[] = "/tmp/ringpost-quota-XXXXXX";
static struct store *store;
static struct store_port *port;
static struct store_account *account;
static enum store_fault fault;

#define SOON deadline_after_ms(60000)

static void append(size_t count)
{
	while (count--) {
		struct append one = {.draft = draft_begin(port, account, SOON)};
		uint32_t uidvalidity, uid;

		CHECK(one.draft &&
			draft_write(one.draft, SLICE("a: b\r\n\r\n"), SOON) &&
			draft_finish(one.draft, SOON));
		CHECK(mailbox_append(port, account, SLICE("INBOX"), &one, 1,
			&uidvalidity, &uid, &fault, SOON));
		draft_discard(&one.draft);
	}
}

static void expire(uint32_t messages)
{
	const struct retention rules = {.messages = messages};
	uint64_t count;

	CHECK(mailbox_expire(
		port, account, SLICE("INBOX"), &rules, &count, &fault, SOON));
}

/* The share that was come to since; 0: none. */
static unsigned told(void)
{
	const struct quota_crossing *list;
	struct arena arena = {0};
	size_t count = store_quota_crossings(store, &arena, &list);
	unsigned percent = count ? list[0].percent : 0;

	CHECK(count <= 1);
	if (count)
		CHECK_SLICE(list[0].account, "jo");
	arena_finish(&arena);
	return percent;
}

static void begin(void)
{
	static const unsigned marks[] = {80, 95};

	store = store_create(folder, 1);
	port = store_port_open(store);
	store_watch_quota(store, marks, 2);
	account = store_account_hold(store, SLICE("jo"));
}

static void end(void)
{
	store_account_release(&account);
	store_port_close(&port);
	store_destroy(&store);
}

static void story(void *arg)
{
	(void)arg;
	begin();
	append(10);
	CHECK_NUMBER(told(), 0); /* no quota */
	expire(7);
	store_account_set_quota(account, (struct store_sums){.messages = 10});
	CHECK_NUMBER(told(), 0);
	append(1);
	CHECK_NUMBER(told(), 80);
	CHECK_NUMBER(told(), 0);
	append(1);
	CHECK_NUMBER(told(), 0);
	append(1);
	CHECK_NUMBER(told(), 95);
	expire(7);
	CHECK_NUMBER(told(), 0);
	end();
	/* By the first that is done after a start, too. */
	begin();
	store_account_set_quota(account, (struct store_sums){.bytes = 80});
	append(1);
	CHECK_NUMBER(told(), 80);
	append(1);
	end(); /* nobody asked for the rest */
}

CASE("accounts that come to a share of their quota")
{
	struct worker *worker = worker_create(&(struct worker_options){.index = 0});

	worker_run(worker, story, NULL);
	worker_destroy(&worker);
}

int main(void)
{
	char *command;
	int failures = 1;

	if (mkdtemp(folder) && offload_start(2, 64)) {
		failures = check_run();
		offload_stop();
	}
	command = memory_format("rm -rf %s", folder);
	if (system(command)) /* a test's own folder */
		failures = 1;
	memory_free(command);
	return failures;
}
