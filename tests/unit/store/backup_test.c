/* Copies of an account's mail while it is used: each of them is whole. */
#include "store/backup.h"

#include <sys/stat.h>

#include "base/memory.h"
#include "folder.h"
#include "run/fiber.h"
#include "run/on_worker.h"
#include "store/expire.h"
#include "store/inspect.h"
#include "store/put_message.h"

static char folder[] = "/tmp/ringpost-backup-XXXXXX";
static struct store *store;
static struct store_port *port;
static struct store_account *account;
static bool enough;
static enum store_fault fault;

#define SOON   deadline_after_ms(60000)
#define COPIES 8

static void begin(const char *name)
{
	char *path = memory_format("%s/%s", folder, name);

	store = store_create(path, 2);
	CHECK(store);
	port = store_port_open(store);
	account = store_account_hold(store, SLICE("jo@example.com"));
	memory_free(path);
}

static void end(void)
{
	store_account_release(&account);
	store_port_close(&port);
	store_destroy(&store);
}

static void append(void)
{
	CHECK(put_message(port, account, SLICE("INBOX"), SLICE("a: b\r\n\r\n"),
		(struct append){0}, &fault));
}

static void expire(uint32_t messages)
{
	const struct retention rules = {.messages = messages};
	uint64_t count;

	CHECK(mailbox_expire(
		port, account, SLICE("INBOX"), &rules, &count, &fault, SOON));
}

static void use(void *arg)
{
	(void)arg;
	while (!enough) {
		for (int i = 0; i < 5; i++)
			append();
		expire(10);
	}
}

/* As many files as there are messages; UIDVALIDITY. */
static uint32_t look(const char *name, uint64_t *files_r)
{
	struct mailbox_entry entry = {.uidvalidity = 0};
	struct findings findings;
	struct arena arena = {0};

	begin(name);
	CHECK(mailbox_status(port, account, SLICE("INBOX"), &entry, &fault, SOON));
	CHECK(store_inspect(port, account, &arena, &findings, SOON));
	CHECK(findings_are_good(&findings));
	*files_r = findings.files;
	CHECK_NUMBER(findings.files, findings.messages);
	end();
	arena_finish(&arena);
	return entry.uidvalidity;
}

static void copy(int number)
{
	char *into = memory_format("%s/copy%d/jo@example.com", folder, number % 2);
	struct backup_figures figures;

	CHECK(store_backup(port, account, into, &figures, SOON));
	CHECK(figures.files >= 10 && figures.copied <= figures.files);
	memory_free(into);
}

static void story(void *arg)
{
	uint32_t uidvalidity, first, second;
	uint64_t files, copied;
	struct scope scope;
	char *path = memory_format("%s/mail", folder);

	(void)arg;
	CHECK(mkdir(path, 0700) == 0);
	memory_free(path);
	begin("mail");
	for (int i = 0; i < 10; i++)
		append();
	scope_init(&scope);
	CHECK(scope_spawn(&scope, "use", use, NULL));
	for (int i = 0; i < COPIES; i++)
		copy(i);
	enough = true;
	CHECK(scope_join(&scope, SOON));
	end();
	uidvalidity = look("mail", &files);
	CHECK_NUMBER(files, 10); /* what waited for the copies is gone */
	first = look("copy0", &copied);
	CHECK(copied >= 10 && copied <= 15);
	second = look("copy1", &copied);
	CHECK(first > uidvalidity && second > uidvalidity);
	CHECK_NUMBER(look("copy0", &copied), first); /* another one once only */
}

CASE("copies of an account that is used are whole")
{
	on_worker(story, NULL);
}

CHECK_MAIN_IN(folder)
