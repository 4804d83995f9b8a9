/*
 * Reads messages on a thread of the pool: all rows in one transaction, which is over
 * soon (one that stays open stops checkpoints), then their files.
 */
#include "store/message_core.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "mime/facts.h"
#include "store/reader.h"

static _Atomic uint64_t heads_size;

void message_drop_head(struct message_file *message)
{
	if (message->head)
		atomic_fetch_sub(&heads_size, message->head_size);
	memory_free(message->head);
	message->head = NULL;
	message->head_size = 0;
}

/* With its size. */
static bool open_file(struct stored_message *message)
{
	char *full = memory_format("%s/%s", message->folder, message->path);
	struct stat status;
	bool good = true;

	message->bytes.fd = open(full, O_RDONLY | O_CLOEXEC);
	if (message->bytes.fd < 0 && errno == ENOENT) {
		/* The row was there a moment ago. */
		message->found = MESSAGE_GONE;
		good = fail(FAILURE_DATA, "The message is gone");
	} else if (message->bytes.fd < 0 || fstat(message->bytes.fd, &status)) {
		message->found = MESSAGE_UNREAD;
		good = fail_errno(FAILURE_STORE, errno, "%s", full);
	} else {
		message->bytes.size = (uint64_t)status.st_size;
	}
	memory_free(full);
	return good;
}

static void close_file(struct message_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

/* Its first SIZE bytes; it stays open if there are more. */
static bool read_head(struct stored_message *message, size_t size)
{
	struct message_file *file = &message->bytes;
	char *at = memory_resize(NULL, size + 1);
	size_t done = 0;
	ssize_t got;

	while (done < size) {
		got = pread(file->fd, at + done, size - done, (off_t)done);
		if (got <= 0 && !(got < 0 && errno == EINTR))
			break;
		done += got > 0 ? (size_t)got : 0;
	}
	if (done < size) {
		memory_free(at);
		message->found = MESSAGE_UNREAD;
		return fail(FAILURE_STORE, "a message cannot be read");
	}
	file->head = at;
	file->head_size = size;
	atomic_fetch_add(&heads_size, size);
	if (size == file->size)
		close_file(file);
	return true;
}

bool message_load(struct stored_message *message, uint64_t most)
{
	struct message_file *file = &message->bytes;

	if (message->found != MESSAGE_THERE)
		return false;
	if (file->fd < 0 && !file->head && !open_file(message))
		return false;
	most = file->size < most ? file->size : most;
	if (file->head && file->head_size >= most)
		return true;
	message_drop_head(file);
	return read_head(message, (size_t)most);
}

/* Of another version than this program's: anew from the message. */
static bool make_facts(struct stored_message *message, struct arena *arena)
{
	struct stored_message copy = {
		.folder = message->folder, .path = message->path, .bytes = {.fd = -1}};
	struct buffer facts = {0};
	void *at = NULL;
	bool good = open_file(&copy);

	if (good && copy.bytes.size)
		at = mmap(NULL, (size_t)copy.bytes.size, PROT_READ, MAP_PRIVATE,
			copy.bytes.fd, 0);
	if (at == MAP_FAILED) {
		copy.found = MESSAGE_UNREAD;
		good = fail_errno(FAILURE_STORE, errno, "%s", message->path);
	}
	if (good) {
		facts_make(slice_make(at, (size_t)copy.bytes.size), &facts);
		message->facts = arena_copy(arena, buffer_contents(&facts));
	}
	if (good && at)
		munmap(at, (size_t)copy.bytes.size);
	close_file(&copy.bytes);
	buffer_finish(&facts);
	message->found = copy.found;
	return good;
}

static bool read_row(struct stored_message *message, struct query *query,
	unsigned wanted, struct arena *arena)
{
	struct slice packed;
	struct facts facts;

	if (!query_row(query)) {
		message->found = MESSAGE_GONE;
		return fail(FAILURE_DATA, "The message is gone");
	}
	message->found = MESSAGE_THERE;
	message->path = arena_copy_text(arena, query_bytes_of(query, 0));
	if (!(wanted & (MESSAGE_FACTS | MESSAGE_HEADER)))
		return true;
	packed = query_bytes_of(query, 1);
	message->facts = facts_read(packed, &facts) ? arena_copy(arena, packed)
						    : SLICE_EMPTY;
	return true;
}

/* False: the database failed. */
static bool read_rows(struct message_job *job, struct database *database)
{
	const struct message_reading *reading = job->reading;
	bool facts = reading->wanted & (MESSAGE_FACTS | MESSAGE_HEADER);
	struct query *query = database_query(
		database, facts ? "SELECT path, facts FROM file WHERE id = ?"
				: "SELECT path FROM file WHERE id = ?");

	for (size_t i = 0; i < reading->count; i++) {
		struct stored_message *message = &reading->list[i];

		message->folder = job->account->folder;
		query_number(query, 1, (int64_t)message->file);
		if (!read_row(message, query, reading->wanted, reading->arena))
			job->failure = *failure_last();
		if (!query_end(query))
			return false;
	}
	return true;
}

/* Of the bytes what is wanted, and may be in memory. */
static bool read_bytes(struct stored_message *message, const struct message_job *job)
{
	struct facts facts;
	uint64_t most = MESSAGE_SMALL;

	if (!open_file(message))
		return false;
	if (!(job->reading->wanted & MESSAGE_BYTES))
		most = facts_read(message->facts, &facts) && facts.header_size < most
			       ? facts.header_size
			       : 0;
	else if (message->bytes.size > MESSAGE_SMALL)
		most = 0;
	if (atomic_load(&heads_size) > MESSAGE_HEADS_MAX)
		most = 0;
	return !most || message_load(message, most);
}

static bool read_one(struct stored_message *message, const struct message_job *job)
{
	const struct message_reading *reading = job->reading;
	bool good = true;

	message->renewed = false;
	if (message->found != MESSAGE_THERE)
		return true;
	if (reading->wanted & (MESSAGE_FACTS | MESSAGE_HEADER) && !message->facts.size)
		good = message->renewed = make_facts(message, reading->arena);
	if (good && reading->wanted & (MESSAGE_HEADER | MESSAGE_BYTES))
		good = read_bytes(message, job);
	return good;
}

static bool keep_facts(struct database *database, const struct stored_message *message)
{
	struct query *query = database_query(
		database, "UPDATE file SET facts = ? WHERE id = ?");

	query_bytes(query, 1, message->facts);
	query_number(query, 2, (int64_t)message->file);
	return query_run(query);
}

/* What was made anew, so that it is not each time; beside the account's writer, as it
 * changes nothing that is in memory. Where it cannot be kept, it is made again. */
static void keep_renewed(const struct message_job *job)
{
	const struct message_reading *reading = job->reading;
	struct database *database;
	bool any = false, good;
	char *path;

	for (size_t i = 0; i < reading->count; i++)
		any = any || reading->list[i].renewed;
	if (!any)
		return;
	path = memory_format("%s/mail.db", job->account->folder);
	database = database_open(path);
	good = database && database_may_lose(database, true) &&
	       database_begin(database);
	for (size_t i = 0; good && i < reading->count; i++) {
		if (reading->list[i].renewed)
			good = keep_facts(database, &reading->list[i]);
	}
	if (good)
		(void)database_commit(database);
	else if (database)
		database_rollback(database);
	database_close(&database);
	memory_free(path);
}

void message_job_run(void *arg)
{
	struct message_job *job = arg;
	const struct message_reading *reading = job->reading;
	struct database *reader = reader_take(job->account);

	if (reader) {
		job->good = database_begin_reading(reader) && read_rows(job, reader);
		reader_give(job->account, reader);
	}
	if (!job->good) {
		job->failure = *failure_last();
		return;
	}
	for (size_t i = 0; i < reading->count; i++) {
		struct stored_message *message = &reading->list[i];

		if (!read_one(message, job))
			job->failure = *failure_last();
		if (!reading->each)
			continue;
		reading->each(reading->context, message);
		close_file(&message->bytes);
		message_drop_head(&message->bytes);
	}
	keep_renewed(job);
}
