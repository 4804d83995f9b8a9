/* Writes mailboxes as a Maildir++; see maildir.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"
#include "maildir/maildir.h"
#include "maildir/names.h"
#include "run/ring.h"
#include "run/worker.h"
#include "store/message.h"

#define PIECE_SIZE (64 * 1024)

struct exporting {
	struct store_port *port;
	struct store_account *account;
	const char *root;
	struct maildir_figures *figures;
	char *piece; /* of PIECE_SIZE */
	/* Of the mailbox under way: */
	struct view *view;
	char *path;
	const struct slice *keywords;
	size_t keyword_count; /* LETTERS at most */
	struct arena arena;
	struct buffer uids; /* dovecot-uidlist */
};

/* What blocks, on the pool. */
struct job {
	const char *path, *name;
	struct slice text;
	bool good;
	struct failure failure;
};

static void make_folder(void *arg)
{
	static const char *const names[] = {"", "/cur", "/new", "/tmp"};
	struct job *job = arg;

	job->good = true;
	for (size_t i = 0; i < ARRAY_COUNT(names) && job->good; i++) {
		char *path = memory_format("%s%s", job->path, names[i]);

		if (mkdir(path, 0700))
			job->good = fail_errno(FAILURE_FILE, errno, "mkdir %s", path);
		memory_free(path);
	}
	if (!job->good)
		job->failure = *failure_last();
}

static void write_file(void *arg)
{
	struct job *job = arg;
	char *path = memory_format("%s/%s", job->path, job->name);
	FILE *file = fopen(path, "wx");

	job->good = file && (!job->text.size ||
				    fwrite(job->text.at, job->text.size, 1, file) == 1);
	if (file && fclose(file))
		job->good = false;
	if (!job->good) {
		fail_errno(FAILURE_FILE, errno, "%s", path);
		job->failure = *failure_last();
	}
	memory_free(path);
}

/* All of it is on the disk. */
static void sync_all(void *arg)
{
	struct job *job = arg;
	int fd = open(job->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	job->good = fd >= 0 && syncfs(fd) == 0;
	if (!job->good) {
		fail_errno(FAILURE_FILE, errno, "%s", job->path);
		job->failure = *failure_last();
	}
	if (fd >= 0)
		close(fd);
}

static bool do_job(void (*run)(void *arg), struct job *job, struct deadline deadline)
{
	return offload(run, job, deadline) && (job->good || fail_again(&job->failure));
}

static bool copy_out(struct exporting *exporting, const struct message_file *message,
	int fd, struct deadline deadline)
{
	uint64_t at = 0;

	while (at < message->size) {
		size_t size = message->size - at < PIECE_SIZE
				      ? (size_t)(message->size - at)
				      : PIECE_SIZE;

		if (!message_read(message, at, exporting->piece, size, deadline))
			return false;
		for (size_t done = 0; done < size;) {
			int put = ring_write(fd,
				slice_make(exporting->piece + done, size - done),
				at + done, deadline);

			if (put <= 0)
				return fail_errno(FAILURE_FILE, put ? -put : EIO,
					"write a message");
			done += (unsigned)put;
		}
		at += size;
	}
	return true;
}

static uint32_t letters_of(const struct exporting *exporting, struct slice words)
{
	uint32_t letters = 0;

	while (words.size) {
		struct slice word = slice_cut(&words, ' ');

		for (size_t i = 0; i < exporting->keyword_count; i++) {
			if (slice_equal_nocase(exporting->keywords[i], word))
				letters |= 1u << i;
		}
	}
	return letters;
}

/* "1700000000.U5V17.ringpost,S=99", and with what stands behind it. */
static void write_names(struct exporting *exporting, const struct record *record,
	struct buffer *base, struct buffer *full)
{
	struct message_name name = {.flags = record->flags,
		.letters = letters_of(
			exporting, view_keywords(exporting->view, record->keywords))};

	buffer_append_format(base, "%lld.U%uV%u.ringpost,S=%u",
		(long long)(record->internal_ms / 1000), record->uid,
		view_uidvalidity(exporting->view), record->size);
	buffer_append_format(full, "%s/cur/%.*s:", exporting->path,
		SLICE_PRINT(buffer_contents(base)));
	message_name_write_info(full, &name);
}

static bool write_message(struct exporting *exporting, const struct record *record,
	const char *path, struct deadline deadline)
{
	struct timespec times[2] = {{.tv_sec = record->internal_ms / 1000},
		{.tv_sec = record->internal_ms / 1000}};
	struct message_file message;
	enum store_fault fault;
	bool good;
	int fd;

	if (!message_open(exporting->view, record->file, NULL, &message, NULL, &fault,
		    deadline)) {
		exporting->figures->skipped += fault == STORE_EXPUNGED;
		return fault == STORE_EXPUNGED;
	}
	fd = ring_open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600, deadline);
	good = fd >= 0 ? copy_out(exporting, &message, fd, deadline)
		       : fail_errno(FAILURE_FILE, -fd, "%s", path);
	if (good && futimens(fd, times))
		good = fail_errno(FAILURE_FILE, errno, "%s", path);
	if (good) {
		exporting->figures->messages++;
		exporting->figures->bytes += message.size;
	}
	if (fd >= 0)
		ring_close(fd);
	message_close(&message);
	return good;
}

static bool write_messages(struct exporting *exporting, struct deadline deadline)
{
	const struct state *state = exporting->view->state;
	struct buffer base = {0}, full = {0};
	bool good = true;

	buffer_append_format(&exporting->uids, "3 V%u N%u\n",
		view_uidvalidity(exporting->view), state->uidnext);
	for (uint32_t seq = 1; seq <= state->count && good; seq++) {
		const struct record *record = state_at(state, seq);

		buffer_clear(&base);
		buffer_clear(&full);
		write_names(exporting, record, &base, &full);
		buffer_append_byte(&full, 0);
		good = write_message(
			exporting, record, buffer_contents(&full).at, deadline);
		buffer_append_format(&exporting->uids, "%u :%.*s\n", record->uid,
			SLICE_PRINT(buffer_contents(&base)));
	}
	buffer_finish(&base);
	buffer_finish(&full);
	return good;
}

static bool write_lists(struct exporting *exporting, struct deadline deadline)
{
	struct job uids = {.path = exporting->path,
		.name = "dovecot-uidlist",
		.text = buffer_contents(&exporting->uids)};
	struct job words = {.path = exporting->path, .name = "dovecot-keywords"};
	struct buffer text = {0};
	bool good;

	for (size_t i = 0; i < exporting->keyword_count; i++)
		buffer_append_format(
			&text, "%zu %.*s\n", i, SLICE_PRINT(exporting->keywords[i]));
	words.text = buffer_contents(&text);
	good = do_job(write_file, &uids, deadline) &&
	       (!words.text.size || do_job(write_file, &words, deadline));
	buffer_finish(&text);
	return good;
}

static bool export_view(struct exporting *exporting, struct deadline deadline)
{
	struct job folder = {.path = exporting->path};
	size_t count = view_all_keywords(
		exporting->view, &exporting->arena, &exporting->keywords);

	exporting->keyword_count = count < LETTERS ? count : LETTERS;
	exporting->figures->mailboxes++;
	return do_job(make_folder, &folder, deadline) &&
	       write_messages(exporting, deadline) && write_lists(exporting, deadline);
}

static bool export_mailbox(struct exporting *exporting,
	const struct mailbox_entry *entry, struct deadline deadline)
{
	struct buffer path = {0};
	enum store_fault fault;
	bool good;

	if (!entry->there || !entry->selectable)
		return true;
	exporting->view = view_open(exporting->port, exporting->account, entry->name,
		true, &fault, deadline);
	if (!exporting->view)
		return fault == STORE_NONEXISTENT;
	buffer_append(&path, slice_of(exporting->root));
	if (!slice_equal(entry->name, SLICE("INBOX"))) {
		buffer_append_byte(&path, '/');
		folder_name_write(&path, entry->name);
	}
	exporting->path = memory_copy_text(buffer_contents(&path));
	good = export_view(exporting, deadline);
	buffer_finish(&path);
	buffer_clear(&exporting->uids);
	arena_reset(&exporting->arena);
	memory_free(exporting->path);
	view_close(&exporting->view);
	return good;
}

static bool write_subscriptions(struct exporting *exporting,
	const struct mailbox_entry *list, size_t count, struct deadline deadline)
{
	struct job job = {.path = exporting->root, .name = "subscriptions"};
	struct buffer text = {0};
	bool good = true;

	for (size_t i = 0; i < count; i++) {
		struct buffer name = {0};

		if (!list[i].subscribed)
			continue;
		folder_name_write(&name, list[i].name);
		buffer_append(&text, slice_from(buffer_contents(&name), 1));
		buffer_append_byte(&text, '\n');
		buffer_finish(&name);
	}
	job.text = buffer_contents(&text);
	if (job.text.size)
		good = do_job(write_file, &job, deadline);
	buffer_finish(&text);
	return good;
}

bool maildir_export(struct store_port *port, struct store_account *account,
	const char *folder, struct maildir_figures *figures_r, struct deadline deadline)
{
	struct exporting *exporting = NEW(struct exporting);
	struct job job = {.path = folder};
	struct arena arena = {0};
	const struct mailbox_entry *list;
	size_t count;
	bool good;

	*figures_r = (struct maildir_figures){0};
	*exporting = (struct exporting){.port = port,
		.account = account,
		.root = folder,
		.figures = figures_r,
		.piece = memory_allocate(PIECE_SIZE)};
	/* INBOX is the first: its folder is that of all. */
	good = mailbox_list(port, account, false, &arena, &list, &count, deadline);
	for (size_t i = 0; good && i < count; i++)
		good = export_mailbox(exporting, &list[i], deadline);
	good = good && write_subscriptions(exporting, list, count, deadline) &&
	       do_job(sync_all, &job, deadline);
	buffer_finish(&exporting->uids);
	arena_finish(&exporting->arena);
	memory_free(exporting->piece);
	memory_free(exporting);
	arena_finish(&arena);
	return good;
}
