/* Copies messages from one account to another; see transfer.h. */
#include "store/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "run/worker.h"
#include "store/acl_core.h"
#include "store/draft_core.h"
#include "store/message.h"
#include "store/reader.h"

#define AT_ONCE	   100 /* messages a job */
#define PIECE_SIZE (64 * 1024)

/* What is copied, and what the pool does of it. */
struct transferring {
	struct store_account *from;
	const struct record **records; /* that are still there */
	struct append *list;
	size_t count;
	size_t first, end; /* of the job */
	bool good;
	struct failure failure;
};

/* --- On the pool --- */

static bool copy_bytes(int from, int to, char *piece)
{
	for (;;) {
		ssize_t got = read(from, piece, PIECE_SIZE), done = 0;

		if (got <= 0)
			return got == 0 && fdatasync(to) == 0;
		while (done < got) {
			ssize_t written = write(to, piece + done, (size_t)(got - done));

			if (written <= 0)
				return false;
			done += written;
		}
	}
}

/* Where there are no links, or too many of this one. */
static bool copy_file(const char *old, const char *new)
{
	int from = open(old, O_RDONLY | O_CLOEXEC);
	int to = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char *piece = memory_allocate(PIECE_SIZE);
	bool good = from >= 0 && to >= 0 && copy_bytes(from, to, piece);

	if (!good)
		fail_errno(FAILURE_STORE, errno, "copy %s", old);
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	memory_free(piece);
	return good;
}

/* A name in tmp/ first (recover.c). */
static bool give_names(struct draft *draft, const char *old)
{
	char *tmp = memory_format("%s/tmp/%s", draft->account->folder, draft->name);
	char *cur = memory_format("%s/cur/%s", draft->account->folder, draft->name);
	bool good = link(old, tmp) == 0 || copy_file(old, tmp);

	draft->made = true;
	draft->finished = good;
	if (good && link(tmp, cur))
		good = rename(tmp, cur) == 0 ||
		       fail_errno(FAILURE_STORE, errno, "rename %s", tmp);
	memory_free(tmp);
	memory_free(cur);
	return good;
}

/* The draft of one record; left without a name, if the message is gone. */
static bool take(struct transferring *transferring, size_t at, struct database *reader)
{
	struct query *query = database_query(
		reader, "SELECT path, facts, size FROM file WHERE id = ?");
	struct draft *draft = transferring->list[at].draft;
	char *old = NULL;
	bool good = true;

	query_number(query, 1, (int64_t)transferring->records[at]->file);
	if (query_row(query)) {
		struct slice path = query_bytes_of(query, 0);

		old = memory_format(
			"%s/%.*s", transferring->from->folder, SLICE_PRINT(path));
		buffer_append(&draft->facts, query_bytes_of(query, 1));
		draft->written = (uint64_t)query_number_of(query, 2);
	}
	if (!query_end(query))
		good = false;
	/* The row may be older than the file's end. */
	if (good && old && access(old, F_OK) == 0)
		good = give_names(draft, old);
	memory_free(old);
	return good;
}

static bool sync_cur(const struct store_account *account)
{
	char *path = memory_format("%s/cur", account->folder);
	bool good = store_sync_folder(path);

	memory_free(path);
	return good;
}

static void take_some(void *arg)
{
	struct transferring *transferring = arg;
	struct database *reader = reader_take(transferring->from);

	transferring->good = reader && database_begin_reading(reader);
	for (size_t i = transferring->first;
		i < transferring->end && transferring->good; i++)
		transferring->good = take(transferring, i, reader);
	if (reader)
		reader_give(transferring->from, reader);
	if (transferring->good && transferring->end == transferring->count)
		transferring->good = sync_cur(transferring->list[0].draft->account);
	if (!transferring->good)
		transferring->failure = *failure_last();
}

/* --- In the fiber --- */

static bool choose(struct transferring *transferring, struct view *view,
	const struct uid_set *uids, struct arena *arena)
{
	size_t room = 0;

	for (size_t i = 0; i < uids->count; i++) {
		uint32_t seq = state_from(view->state, uids->at[i].first);

		for (; seq <= view->state->count; seq++) {
			const struct record *record = state_at(view->state, seq);

			if (record->uid > uids->at[i].last)
				break;
			if (record->flags & MESSAGE_GHOST)
				continue;
			if (room == TRANSFER_MAX)
				return fail(FAILURE_LIMIT,
					"At most %d messages at once go to another "
					"account",
					TRANSFER_MAX);
			transferring->records = arena_grow(arena, transferring->records,
				room, sizeof(*transferring->records));
			transferring->records[room++] = record;
		}
	}
	transferring->count = room;
	return true;
}

static bool make_files(struct transferring *transferring, struct view *view,
	const struct transfer *transfer, struct arena *arena, struct deadline deadline)
{
	transferring->list = arena_take_array(
		arena, transferring->count + 1, sizeof(*transferring->list));
	for (size_t i = 0; i < transferring->count; i++) {
		const struct record *record = transferring->records[i];

		transferring->list[i] = (struct append){
			.draft = draft_make(transfer->port, transfer->account),
			.flags = record->flags & MESSAGE_FLAGS,
			.keywords = view_keywords(view, record->keywords),
			.internal_ms = record->internal_ms};
	}
	while (transferring->end < transferring->count) {
		transferring->first = transferring->end;
		transferring->end += AT_ONCE;
		if (transferring->end > transferring->count)
			transferring->end = transferring->count;
		if (!offload(take_some, transferring, deadline))
			return false;
		if (!transferring->good)
			return fail_again(&transferring->failure);
	}
	return true;
}

/* What is gone meanwhile is passed over. */
static void keep_found(struct transferring *transferring)
{
	size_t kept = 0;

	for (size_t i = 0; i < transferring->count; i++) {
		if (!transferring->list[i].draft->finished) {
			draft_discard(&transferring->list[i].draft);
			continue;
		}
		transferring->records[kept] = transferring->records[i];
		transferring->list[kept++] = transferring->list[i];
	}
	transferring->count = kept;
}

static bool append_all(struct transferring *transferring,
	const struct transfer *transfer, struct arena *arena, struct copied *copied_r,
	enum store_fault *fault_r, struct deadline deadline)
{
	uint32_t first;

	*copied_r = (struct copied){0};
	if (!transferring->count)
		return true;
	if (!mailbox_append(transfer->port, transfer->account, transfer->to,
		    transferring->list, transferring->count, &copied_r->uidvalidity,
		    &first, fault_r, deadline))
		return false;
	for (size_t i = 0; i < transferring->count; i++) {
		uint32_t uid = transferring->records[i]->uid;

		uid_set_add(&copied_r->from, arena, uid, uid);
		uid_set_add(
			&copied_r->to, arena, first + (uint32_t)i, first + (uint32_t)i);
	}
	return true;
}

/* What is asked before anything is done; the rest is asked in the transactions. */
static bool may(struct view *view, bool move, enum store_fault *fault_r)
{
	unsigned wanted = RIGHT_READ, rights = view_rights(view);

	if (move)
		wanted |= RIGHT_DELETE | RIGHT_EXPUNGE;
	if ((rights & wanted) == wanted)
		return true;
	*fault_r = STORE_NOPERM;
	return fail(FAILURE_DATA, "You may not do that with this mailbox");
}

bool view_transfer(struct view *view, const struct uid_set *uids,
	const struct transfer *transfer, bool move, struct arena *arena,
	struct copied *copied_r, enum store_fault *fault_r, struct deadline deadline)
{
	struct transferring transferring = {.from = view->account};
	const struct mailbox_entry *list;
	size_t count;
	bool good;

	*fault_r = STORE_NO_FAULT;
	if (!may(view, move, fault_r))
		return false;
	if (!choose(&transferring, view, uids, arena)) {
		*fault_r = STORE_LIMIT;
		return false;
	}
	/* Its folder is made by its first operation. */
	good = mailbox_list(transfer->port, transfer->account, false, arena, &list,
		       &count, deadline) &&
	       make_files(&transferring, view, transfer, arena, deadline);
	if (good) {
		keep_found(&transferring);
		good = append_all(
			&transferring, transfer, arena, copied_r, fault_r, deadline);
	}
	for (size_t i = 0; i < transferring.count; i++)
		draft_discard(&transferring.list[i].draft);
	return good &&
	       (!move || !copied_r->from.count ||
		       view_expunge(view, &copied_r->from, true, fault_r, deadline));
}
