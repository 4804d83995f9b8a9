/* Reads messages beside the writer; see message.h. */
#include "store/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "mime/facts.h"
#include "run/ring.h"
#include "run/worker.h"
#include "store/reader.h"

/* What the pool does. */
struct reading {
	struct store_account *account;
	const uint64_t *files;
	size_t count;
	struct arena *arena;
	struct slice *facts;
	bool open; /* the first one's file */
	int fd;
	uint64_t size;
	bool good, expunged;
	struct failure failure;
};

static bool open_file(struct reading *reading, const char *path)
{
	char *full = memory_format("%s/%s", reading->account->folder, path);
	struct stat status;
	bool good = true;

	reading->fd = open(full, O_RDONLY | O_CLOEXEC);
	if (reading->fd < 0 && errno == ENOENT) {
		/* The row was there a moment ago. */
		reading->expunged = true;
		good = fail(FAILURE_DATA, "The message is gone");
	} else if (reading->fd < 0 || fstat(reading->fd, &status)) {
		good = fail_errno(FAILURE_STORE, errno, "%s", full);
	} else {
		reading->size = (uint64_t)status.st_size;
	}
	memory_free(full);
	return good;
}

/* Of another version than this program's: anew from the message. */
static bool make_facts(struct reading *reading, const char *path, struct slice *facts_r)
{
	char *full = memory_format("%s/%s", reading->account->folder, path);
	int fd = open(full, O_RDONLY | O_CLOEXEC);
	struct stat status = {0};
	struct buffer facts = {0};
	void *at = NULL;
	bool good = fd >= 0 && fstat(fd, &status) == 0;

	if (good && status.st_size)
		at = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (!good || at == MAP_FAILED)
		good = fail_errno(FAILURE_STORE, errno, "%s", full);
	if (good) {
		facts_make(slice_make(at, (size_t)status.st_size), &facts);
		*facts_r = arena_copy(reading->arena, buffer_contents(&facts));
	}
	if (good && at)
		munmap(at, (size_t)status.st_size);
	if (fd >= 0)
		close(fd);
	buffer_finish(&facts);
	memory_free(full);
	return good;
}

static bool read_row(struct reading *reading, struct query *query, size_t i)
{
	struct slice packed = query_bytes_of(query, 0);
	struct facts facts;
	char *path = memory_copy_text(query_bytes_of(query, 1));
	bool good = true;

	if (reading->arena && facts_read(packed, &facts))
		reading->facts[i] = arena_copy(reading->arena, packed);
	else if (reading->arena)
		good = make_facts(reading, path, &reading->facts[i]);
	good = good && (!reading->open || open_file(reading, path));
	memory_free(path);
	return good;
}

static bool read_rows(struct reading *reading, struct database *database)
{
	for (size_t i = 0; i < reading->count; i++) {
		struct query *query = database_query(
			database, "SELECT facts, path FROM file WHERE id = ?");
		bool found, good = true;

		query_number(query, 1, (int64_t)reading->files[i]);
		found = query_row(query);
		if (found)
			good = read_row(reading, query, i);
		if (!query_end(query) || !good)
			return false;
		if (found || !reading->open)
			continue;
		reading->expunged = true;
		return fail(FAILURE_DATA, "The message is gone");
	}
	return true;
}

/* One read transaction, over soon: one that stays open stops checkpoints. */
static void read_them(void *arg)
{
	struct reading *reading = arg;
	struct database *reader = reader_take(reading->account);

	if (reader) {
		reading->good = database_begin_reading(reader) &&
				read_rows(reading, reader);
		reader_give(reading->account, reader);
	}
	if (!reading->good)
		reading->failure = *failure_last();
}

bool view_facts(struct view *view, const uint64_t *files, size_t count,
	struct arena *arena, struct slice *facts_r, struct deadline deadline)
{
	struct reading reading = {.account = view->account,
		.files = files,
		.count = count,
		.arena = arena,
		.facts = facts_r};

	memset(facts_r, 0, count * sizeof(*facts_r));
	if (count > MESSAGE_FACTS_MAX)
		return fail(FAILURE_LIMIT, "%d messages at once", MESSAGE_FACTS_MAX);
	return !count || (offload(read_them, &reading, deadline) &&
				 (reading.good || fail_again(&reading.failure)));
}

bool message_open(struct view *view, uint64_t file, struct arena *arena,
	struct message_file *message_r, struct slice *facts_r,
	enum store_fault *fault_r, struct deadline deadline)
{
	struct slice facts = SLICE_EMPTY;
	struct reading reading = {.account = view->account,
		.files = &file,
		.count = 1,
		.arena = arena,
		.facts = &facts,
		.open = true,
		.fd = -1};

	*fault_r = STORE_NO_FAULT;
	if (!offload(read_them, &reading, deadline))
		return false;
	if (!reading.good) {
		if (reading.fd >= 0)
			ring_close(reading.fd);
		if (reading.expunged)
			*fault_r = STORE_EXPUNGED;
		return fail_again(&reading.failure);
	}
	if (arena)
		*facts_r = facts;
	*message_r = (struct message_file){reading.fd, reading.size};
	return true;
}

bool message_read(const struct message_file *message, uint64_t offset, void *at,
	size_t size, struct deadline deadline)
{
	size_t done = 0;

	while (done < size) {
		int got = ring_read(message->fd, (char *)at + done, size - done,
			offset + done, deadline);

		if (got == 0)
			return fail(FAILURE_DATA, "a message's file ends early");
		if (got < 0)
			return fail_errno(FAILURE_STORE, -got, "read a message");
		done += (unsigned)got;
	}
	return true;
}

void message_close(struct message_file *message)
{
	if (message->fd >= 0)
		ring_close(message->fd);
	message->fd = -1;
}
