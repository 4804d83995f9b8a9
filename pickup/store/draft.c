/*
 * Files of messages: written into tmp/, then on the disk under a name that no
 * other ever has, in cur/, before any mailbox speaks of them.
 *
 * What is small stays in memory until all of it is there, and is made a file of by
 * the job that also takes it apart and waits for the disk.
 */
#include "store/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "mime/facts.h"
#include "run/ring.h"
#include "store/draft_core.h"

#define PIECE_SIZE (128 * 1024)

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

struct draft *draft_make(struct store_port *port, struct store_account *account)
{
	struct draft *draft = NEW(struct draft);

	draft->port = port;
	draft->account = store_account_hold(port->store, store_account_name(account));
	draft->fd = -1;
	make_name(draft);
	return draft;
}

struct draft *draft_begin(struct store_port *port, struct store_account *account,
	struct deadline deadline)
{
	struct draft *draft = draft_make(port, account);

	if (!atomic_load(&account->is_known) && !touch_account(draft, deadline))
		draft_discard(&draft);
	return draft;
}

/* For one that is too large to be kept in memory. */
static bool open_file(struct draft *draft, struct deadline deadline)
{
	char *path = path_in(draft, "tmp");
	int fd = ring_open(path, O_RDWR | O_CREAT | O_EXCL, 0600, deadline);

	if (fd >= 0) {
		draft->fd = fd;
		draft->made = true;
	} else {
		fail_errno(FAILURE_STORE, -fd, "%s", path);
	}
	memory_free(path);
	return draft->made;
}

static bool flush(struct draft *draft, struct deadline deadline)
{
	if (!draft->made && !open_file(draft, deadline))
		return false;
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

static bool write_all(struct draft *draft)
{
	struct slice left = buffer_contents(&draft->piece);

	while (left.size) {
		ssize_t written = pwrite(
			draft->fd, left.at, left.size, (off_t)draft->written);

		if (written <= 0)
			return fail_errno(FAILURE_STORE, written ? errno : EIO,
				"write a message");
		draft->written += (uint64_t)written;
		left = slice_from(left, (size_t)written);
	}
	return true;
}

/* On the pool: of one that is in memory. */
static bool make_file(struct draft *draft, const char *path)
{
	draft->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (draft->fd < 0)
		return fail_errno(FAILURE_STORE, errno, "%s", path);
	draft->made = true;
	facts_make(buffer_contents(&draft->piece), &draft->facts);
	return write_all(draft);
}

/* On the pool: of one whose bytes are in its file. */
static bool read_facts(struct draft *draft)
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
	bool good = draft->made ? read_facts(draft) : make_file(draft, from);

	store_point(POINT_WRITTEN);
	if (good)
		good = give_name(from, to);
	draft->finished = good;
	store_point(POINT_LINKED);
	if (!good)
		draft->failure = *failure_last();
	memory_free(from);
	memory_free(to);
}

/* With the name given: file systems that write a journal then have both on the disk
 * with one commit of it. Nothing speaks of the name before the writer has seen to it
 * (names_files in struct operation). Many of these may wait for the disk at once. */
static bool make_durable(struct draft *draft, struct deadline deadline)
{
	int result = ring_fdatasync(draft->fd, deadline);

	store_point(POINT_DURABLE);
	return result >= 0 || fail_errno(FAILURE_STORE, -result, "fdatasync a message");
}

bool draft_finish(struct draft *draft, struct deadline deadline)
{
	bool good;

	if ((draft->made && !flush(draft, deadline)) ||
		!offload(settle, draft, deadline))
		return false;
	good = draft->finished ? make_durable(draft, deadline)
			       : fail_again(&draft->failure);
	if (draft->fd >= 0)
		ring_close(draft->fd);
	draft->fd = -1;
	buffer_finish(&draft->piece);
	return good;
}

static void look_at(void *arg)
{
	struct draft *draft = arg;
	struct stat status;
	char *path = path_in(draft, "cur");

	draft->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (draft->fd < 0 || fstat(draft->fd, &status))
		fail_errno(FAILURE_STORE, errno, "%s", path);
	else
		draft->written = (uint64_t)status.st_size;
	draft->finished = draft->fd >= 0 && read_facts(draft);
	if (!draft->finished)
		draft->failure = *failure_last();
	memory_free(path);
}

struct draft *draft_of_file(struct store_port *port, struct store_account *account,
	struct slice name, struct deadline deadline)
{
	struct draft *draft = NEW(struct draft);

	draft->port = port;
	draft->account = store_account_hold(port->store, store_account_name(account));
	draft->fd = -1;
	draft->found = draft->made = true;
	(void)slice_to_text(name, draft->name, sizeof(draft->name));
	if (!offload(look_at, draft, deadline)) {
		draft_discard(&draft);
	} else if (!draft->finished) {
		fail_again(&draft->failure);
		draft_discard(&draft);
	}
	return draft;
}

uint64_t draft_size(const struct draft *draft)
{
	return draft->written;
}

/* In cur/, too, where nothing will ever show it; there first, for what has a name in
 * tmp/ is found when a process was killed in between (recover.c). */
void draft_unlink(const struct store_account *account, const char *name, bool cur)
{
	static const char *const folders[] = {"cur", "tmp"};

	for (size_t i = cur ? 0 : 1; i < ARRAY_COUNT(folders); i++) {
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
	if (old->made && !old->kept && !old->found)
		draft_unlink(old->account, old->name, old->finished);
	store_account_release(&old->account);
	buffer_finish(&old->piece);
	buffer_finish(&old->facts);
	memory_free(old);
}
