/* Takes over a Maildir++; see maildir.h. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "maildir/listing.h"
#include "maildir/maildir.h"
#include "run/ring.h"
#include "store/draft.h"
#include "state/state.h"

#define AT_ONCE	   50 /* messages in a transaction */
#define PIECE_SIZE (64 * 1024)

struct adopting {
	struct store_port *port;
	struct store_account *account;
	struct arena *arena;
	struct maildir_figures *figures;
	char *piece; /* of PIECE_SIZE */
	struct append list[AT_ONCE];
	size_t count;
	uint64_t bytes; /* of the list */
};

static bool copy_in(struct adopting *adopting, int fd, struct draft *draft,
	struct deadline deadline)
{
	uint64_t at = 0;

	for (;;) {
		int got = ring_read(fd, adopting->piece, PIECE_SIZE, at, deadline);

		if (got < 0)
			return fail_errno(FAILURE_FILE, -got, "read a message");
		if (got == 0)
			return draft_finish(draft, deadline);
		if (!draft_write(
			    draft, slice_make(adopting->piece, (size_t)got), deadline))
			return false;
		at += (unsigned)got;
	}
}

static struct slice keywords_of(struct adopting *adopting,
	const struct listed_folder *folder, const struct message_name *name)
{
	struct buffer words = {0};
	struct slice all;

	if (name->forwarded)
		buffer_append(&words, SLICE("$Forwarded"));
	for (unsigned i = 0; i < LETTERS; i++) {
		if (!(name->letters & 1u << i) || !folder->keywords[i].size)
			continue;
		if (buffer_size(&words))
			buffer_append_byte(&words, ' ');
		buffer_append(&words, folder->keywords[i]);
	}
	all = arena_copy(adopting->arena, buffer_contents(&words));
	buffer_finish(&words);
	return all;
}

static int64_t date_of(int fd, const struct message_name *name)
{
	struct stat status;

	if (name->internal_ms)
		return name->internal_ms;
	if (fstat(fd, &status) == 0)
		return (int64_t)status.st_mtim.tv_sec * 1000;
	return clock_wall_ms();
}

/* Files that went away meanwhile are passed over. */
static bool adopt_file(struct adopting *adopting, const struct listed_folder *folder,
	const struct listed_file *file, struct deadline deadline)
{
	struct append *append = &adopting->list[adopting->count];
	struct message_name name = message_name_read(file->name);
	char *path = memory_format("%.*s/%s/%.*s", SLICE_PRINT(folder->path),
		file->is_new ? "new" : "cur", SLICE_PRINT(file->name));
	int fd = ring_open(path, O_RDONLY | O_CLOEXEC, 0, deadline);
	bool good = fd >= 0;

	if (fd == -ENOENT)
		adopting->figures->skipped++;
	else if (fd < 0)
		fail_errno(FAILURE_FILE, -fd, "%s", path);
	memory_free(path);
	if (fd < 0)
		return fd == -ENOENT;
	*append = (struct append){
		.draft = draft_begin(adopting->port, adopting->account, deadline),
		.flags = name.flags,
		.keywords = keywords_of(adopting, folder, &name),
		.internal_ms = date_of(fd, &name)};
	good = append->draft && copy_in(adopting, fd, append->draft, deadline);
	ring_close(fd);
	if (!good) {
		draft_discard(&append->draft);
		return false;
	}
	adopting->count++;
	adopting->bytes += draft_size(append->draft);
	return true;
}

/* Those that are ready get their places. */
static bool put_in(
	struct adopting *adopting, struct slice mailbox, struct deadline deadline)
{
	uint32_t uidvalidity, uid;
	enum store_fault fault;
	bool good = !adopting->count ||
		    mailbox_append(adopting->port, adopting->account, mailbox,
			    adopting->list, adopting->count, &uidvalidity, &uid, &fault,
			    deadline);

	for (size_t i = 0; i < adopting->count; i++)
		draft_discard(&adopting->list[i].draft);
	if (good) {
		adopting->figures->messages += adopting->count;
		adopting->figures->bytes += adopting->bytes;
	}
	adopting->count = 0;
	adopting->bytes = 0;
	return good;
}

static bool adopt_folder(struct adopting *adopting, const struct listed_folder *folder,
	struct deadline deadline)
{
	enum store_fault fault;
	bool good = true;

	if (!mailbox_create(adopting->port, adopting->account, folder->name,
		    MAILBOX_NO_USE, &fault, deadline) &&
		fault != STORE_ALREADYEXISTS)
		return false;
	for (size_t i = 0; i < folder->count && good; i++) {
		good = adopt_file(adopting, folder, &folder->files[i], deadline);
		if (good && adopting->count == AT_ONCE)
			good = put_in(adopting, folder->name, deadline);
	}
	/* What is ready is put in, whatever became of the next. */
	if (!good) {
		struct failure failure = *failure_last();

		(void)put_in(adopting, folder->name, deadline);
		return fail_again(&failure);
	}
	adopting->figures->mailboxes++;
	return put_in(adopting, folder->name, deadline);
}

static bool subscribe(struct adopting *adopting, const struct listing *listing,
	struct deadline deadline)
{
	enum store_fault fault;

	for (size_t i = 0; i < listing->subscribed_count; i++) {
		if (!mailbox_subscribe(adopting->port, adopting->account,
			    listing->subscribed[i], true, &fault, deadline))
			return false;
	}
	return true;
}

bool maildir_adopt(struct store_port *port, struct store_account *account,
	const char *folder, struct maildir_figures *figures_r, struct deadline deadline)
{
	struct arena arena = {0};
	struct listing listing;
	struct adopting *adopting = NEW(struct adopting);
	bool good;

	*figures_r = (struct maildir_figures){0};
	adopting->port = port;
	adopting->account = account;
	adopting->arena = &arena;
	adopting->figures = figures_r;
	adopting->piece = memory_allocate(PIECE_SIZE);
	good = listing_read(folder, &arena, &listing, deadline);
	if (good)
		figures_r->skipped = listing.skipped;
	for (size_t i = 0; good && i < listing.count; i++)
		good = adopt_folder(adopting, &listing.folders[i], deadline);
	good = good && subscribe(adopting, &listing, deadline);
	memory_free(adopting->piece);
	memory_free(adopting);
	arena_finish(&arena);
	return good;
}
