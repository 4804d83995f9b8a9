/*
 * Files of messages: written into tmp/, then on the disk under a name that no
 * other ever has, in cur/, before any mailbox speaks of them.
 */
#include "store/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "mime/facts.h"
#include "run/ring.h"
#include "store/change.h"
#include "store/draft_core.h"

#define PIECE_SIZE (128 * 1024)
#define NAME_SIZE  160

struct draft {
	struct store_account *account; /* held */
	struct store_port *port;
	int fd; /* -1: closed */
	char name[NAME_SIZE];
	struct buffer piece;
	uint64_t written;
	bool after_cr;
	bool finished;
	bool kept; /* a mailbox has it, or an operation that was left behind */
	struct buffer facts;
	struct failure failure; /* of the job on the pool */
};

void draft_write_mark(const struct store *store, char *mark)
{
	snprintf(mark, DRAFT_MARK_SIZE, ".M%llxP%d.", (unsigned long long)store->number,
		(int)getpid());
}

static void make_name(struct draft *draft)
{
	static atomic_ulong count;
	char host[64] = "", mark[DRAFT_MARK_SIZE];

	gethostname(host, sizeof(host) - 1);
	for (char *at = host; *at; at++) {
		if (*at == '/' || *at == ':')
			*at = '_';
	}
	draft_write_mark(draft->account->store, mark);
	snprintf(draft->name, sizeof(draft->name), "%lld%sQ%lu.%s",
		(long long)clock_wall_ms(), mark, atomic_fetch_add(&count, 1) + 1,
		host);
}

static char *path_in(const struct draft *draft, const char *folder)
{
	return memory_format("%s/%s/%s", draft->account->folder, folder, draft->name);
}

/* An account nobody wrote to yet has no folder: its first operation makes it. */
static bool touch_account(struct draft *draft, struct deadline deadline)
{
	const struct mailbox_entry *list;
	struct arena arena = {0};
	size_t count;
	bool good = mailbox_list(
		draft->port, draft->account, false, &arena, &list, &count, deadline);

	arena_finish(&arena);
	return good;
}

static bool open_file(struct draft *draft, struct deadline deadline)
{
	char *path = path_in(draft, "tmp");

	draft->fd = ring_open(path, O_RDWR | O_CREAT | O_EXCL, 0600, deadline);
	if (draft->fd == -ENOENT && touch_account(draft, deadline))
		draft->fd = ring_open(path, O_RDWR | O_CREAT | O_EXCL, 0600, deadline);
	if (draft->fd < 0)
		fail_errno(FAILURE_STORE, -draft->fd, "%s", path);
	memory_free(path);
	return draft->fd >= 0;
}

struct draft *draft_begin(struct store_port *port, struct store_account *account,
	struct deadline deadline)
{
	struct draft *draft = NEW(struct draft);

	draft->port = port;
	draft->account = store_account_hold(port->store, store_account_name(account));
	make_name(draft);
	if (!open_file(draft, deadline)) {
		draft->fd = -1;
		draft->kept = true; /* there is nothing to unlink */
		draft_discard(&draft);
	}
	return draft;
}

static bool flush(struct draft *draft, struct deadline deadline)
{
	while (buffer_size(&draft->piece)) {
		int written = ring_write(draft->fd, buffer_contents(&draft->piece),
			draft->written, deadline);

		if (written <= 0)
			return fail_errno(FAILURE_STORE, written ? -written : EIO,
				"write a message");
		draft->written += (unsigned)written;
		buffer_consume(&draft->piece, (size_t)written);
	}
	return true;
}

bool draft_write(struct draft *draft, struct slice bytes, struct deadline deadline)
{
	while (bytes.size) {
		size_t end = slice_index(bytes, '\n');
		bool line = end < bytes.size;
		bool cr = end ? bytes.at[end - 1] == '\r' : draft->after_cr;

		buffer_append(&draft->piece, slice_part(bytes, 0, end));
		if (line)
			buffer_append(&draft->piece, cr ? SLICE("\n") : SLICE("\r\n"));
		draft->after_cr = !line && bytes.at[bytes.size - 1] == '\r';
		bytes = slice_from(bytes, end + 1);
		if (buffer_size(&draft->piece) >= PIECE_SIZE && !flush(draft, deadline))
			return false;
	}
	return true;
}

/* On the pool. */
static bool make_facts(struct draft *draft)
{
	void *at = NULL;

	if (draft->written)
		at = mmap(NULL, draft->written, PROT_READ, MAP_PRIVATE, draft->fd, 0);
	if (at == MAP_FAILED)
		return fail_errno(FAILURE_STORE, errno, "read a message back");
	facts_make(slice_make(at, draft->written), &draft->facts);
	if (at)
		munmap(at, draft->written);
	return true;
}

static bool sync_folder(const struct draft *draft, const char *name)
{
	char *path = memory_format("%s/%s", draft->account->folder, name);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;

	if (!good)
		fail_errno(FAILURE_STORE, errno, "fsync %s", path);
	if (fd >= 0)
		close(fd);
	memory_free(path);
	return good;
}

/* Its name in tmp/ stays until it has its place (recover.c), where the file system
 * has hard links. */
static bool give_name(const char *from, const char *to)
{
	if (link(from, to) == 0)
		return true;
	if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
		return fail_errno(FAILURE_STORE, errno, "link %s", from);
	return rename(from, to) == 0 ||
	       fail_errno(FAILURE_STORE, errno, "rename %s", from);
}

static void settle(void *arg)
{
	struct draft *draft = arg;
	char *from = path_in(draft, "tmp"), *to = path_in(draft, "cur");
	bool good = make_facts(draft);

	store_point(POINT_WRITTEN);
	if (good && fdatasync(draft->fd))
		good = fail_errno(FAILURE_STORE, errno, "fdatasync %s", from);
	if (good)
		good = give_name(from, to);
	draft->finished = good;
	store_point(POINT_LINKED);
	if (good && !sync_folder(draft, "cur"))
		good = false;
	store_point(POINT_DURABLE);
	if (!good)
		draft->failure = *failure_last();
	memory_free(from);
	memory_free(to);
}

bool draft_finish(struct draft *draft, struct deadline deadline)
{
	if (!flush(draft, deadline) || !offload(settle, draft, deadline))
		return false;
	ring_close(draft->fd);
	draft->fd = -1;
	return draft->failure.kind == FAILURE_NONE || fail_again(&draft->failure);
}

uint64_t draft_size(const struct draft *draft)
{
	return draft->written;
}

/* In cur/, too, where nothing will ever show it. */
static void unlink_file(const struct store_account *account, const char *name, bool cur)
{
	static const char *const folders[] = {"tmp", "cur"};

	for (size_t i = 0; i < (cur ? 2 : 1); i++) {
		char *path = memory_format(
			"%s/%s/%s", account->folder, folders[i], name);

		(void)unlink(path);
		memory_free(path);
	}
}

void draft_discard(struct draft **draft)
{
	struct draft *old = *draft;

	*draft = NULL;
	if (!old)
		return;
	if (old->fd >= 0)
		ring_close(old->fd);
	if (!old->kept)
		unlink_file(old->account, old->name, old->finished);
	store_account_release(&old->account);
	buffer_finish(&old->piece);
	buffer_finish(&old->facts);
	memory_free(old);
}

/* --- Into a mailbox --- */

struct appending {
	struct operation operation;
	struct slice name;
	struct change change;
	size_t count;
	struct appended {
		char *name;
		struct slice path, facts, keywords;
		uint64_t size;
		int64_t internal_ms;
		uint8_t flags;
	} * list;
	uint32_t uidvalidity, first_uid;
};

static bool insert_file(
	struct database *database, const struct appended *appended, uint64_t *file_r)
{
	struct query *query = database_query(database,
		"INSERT INTO file (path, size, refs, facts) VALUES (?, ?, 0, ?)");

	query_text(query, 1, appended->path);
	query_number(query, 2, (int64_t)appended->size);
	query_bytes(query, 3, appended->facts);
	if (!query_run(query))
		return false;
	*file_r = (uint64_t)database_last_id(database);
	return true;
}

static bool run_append(struct operation *operation, struct database *database)
{
	struct appending *appending = CONTAINER_OF(
		operation, struct appending, operation);
	struct mailbox_row row;

	if (!mailbox_inbox(operation, database) ||
		!mailbox_row_read(operation, database, appending->name, true, &row))
		return false;
	change_begin(&appending->change, operation, database, &row);
	appending->uidvalidity = row.uidvalidity;
	appending->first_uid = row.uidnext;
	for (size_t i = 0; i < appending->count; i++) {
		const struct appended *appended = &appending->list[i];
		struct record record = {
			.flags = appended->flags & MESSAGE_FLAGS,
			.size = (uint32_t)appended->size,
			.internal_ms = appended->internal_ms,
			.saved_ms = appending->change.now_ms,
		};

		if (!insert_file(database, appended, &record.file) ||
			!change_add(&appending->change, &record, appended->keywords))
			return false;
	}
	return change_end(&appending->change) &&
	       change_check_quota(operation, database);
}

static void publish_append(struct operation *operation)
{
	struct appending *appending = CONTAINER_OF(
		operation, struct appending, operation);

	change_publish(operation->account, &appending->change);
	for (size_t i = 0; i < appending->count; i++)
		unlink_file(operation->account, appending->list[i].name, false);
}

/* Of one that was left behind, nobody else cleans up. */
static void finish_append(struct operation *operation)
{
	struct appending *appending = CONTAINER_OF(
		operation, struct appending, operation);

	for (size_t i = 0; i < appending->count && operation->left && !operation->good;
		i++)
		unlink_file(operation->account, appending->list[i].name, true);
}

static void take(struct appending *appending, size_t at, const struct append *append)
{
	struct arena *arena = &appending->operation.arena;

	appending->list[at] = (struct appended){
		.name = arena_copy_text(arena, slice_of(append->draft->name)),
		.path = arena_format(arena, "cur/%s", append->draft->name),
		.facts = arena_copy(arena, buffer_contents(&append->draft->facts)),
		.keywords = keywords_prepare(
			arena, arena_copy(arena, append->keywords)),
		.size = append->draft->written,
		.internal_ms = append->internal_ms,
		.flags = append->flags,
	};
}

bool mailbox_append(struct store_port *port, struct store_account *account,
	struct slice name, const struct append *list, size_t count,
	uint32_t *uidvalidity_r, uint32_t *first_uid_r, enum store_fault *fault_r,
	struct deadline deadline)
{
	struct appending *appending = operation_create(
		sizeof(*appending), port, account);
	struct arena *arena = &appending->operation.arena;
	bool good, known;

	*fault_r = STORE_NO_FAULT;
	appending->operation.run = run_append;
	appending->operation.publish = publish_append;
	appending->operation.finish = finish_append;
	appending->name = arena_copy(arena, name);
	appending->count = count;
	appending->list = arena_take_array(arena, count + 1, sizeof(*appending->list));
	for (size_t i = 0; i < count; i++)
		take(appending, i, &list[i]);
	good = operation_perform(&appending->operation, deadline);
	known = appending->operation.is_done;
	if (good) {
		*uidvalidity_r = appending->uidvalidity;
		*first_uid_r = appending->first_uid;
	} else if (known) {
		*fault_r = appending->operation.fault;
	}
	for (size_t i = 0; i < count; i++)
		list[i].draft->kept = good || !known;
	operation_destroy(appending);
	return good;
}
