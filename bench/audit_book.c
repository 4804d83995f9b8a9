/* Ledgers read into memory. */
#include "bench/audit_book.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"

#include "bench/bounce.h"
#include "bench/ledger_entry.h"

struct audit_file {
	struct audit_file *next;
	void *at;
	size_t size;
};

typedef void take_function(struct audit_book *book, const struct ledger_entry *entry);

static bool map_file(struct audit_book *book, const char *path, struct slice *text_r);
static bool read_lines(struct audit_book *book, const char *path, take_function *take);
static void read_remark(struct audit_book *book, struct slice line);
static void take_source(struct audit_book *book, const struct ledger_entry *entry);
static void take_sink(struct audit_book *book, const struct ledger_entry *entry);
static void add_list(struct audit_book *book, struct audit_message *message,
	enum audit_kind kind, const struct ledger_entry *entry);
static struct audit_message *find_or_add(struct audit_book *book, struct slice id);
static bool read_folder(struct audit_book *book, DIR *folder, const char *path);
static void read_notification(struct audit_book *book, struct slice text);
static struct slice id_of_header(struct slice text);

bool audit_read_source(struct audit_book *book, const char *path)
{
	return read_lines(book, path, take_source);
}

bool audit_read_sink(struct audit_book *book, const char *path)
{
	return read_lines(book, path, take_sink);
}

bool audit_read_bounces(struct audit_book *book, const char *path)
{
	DIR *folder = opendir(path);
	bool good;

	if (!folder && errno == ENOTDIR)
		return audit_read_sink(book, path);
	if (!folder)
		return fail_errno(FAILURE_FILE, errno, "cannot read %s", path);
	good = read_folder(book, folder, path);
	closedir(folder);
	return good;
}

void audit_book_finish(struct audit_book *book)
{
	struct map_cursor cursor = {0};
	struct slice key;
	void *value;

	while (map_next(&book->runs, &cursor, &key, &value))
		memory_free(value);
	map_finish(&book->runs);
	map_finish(&book->messages);
	for (struct audit_file *file = book->files; file; file = file->next)
		munmap(file->at, file->size);
	arena_finish(&book->arena);
	*book = (struct audit_book){0};
}

static bool map_file(struct audit_book *book, const char *path, struct slice *text_r)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct audit_file *file;
	struct stat facts;
	void *at;

	*text_r = SLICE_EMPTY;
	if (fd < 0 || fstat(fd, &facts) != 0) {
		int error = errno;

		if (fd >= 0)
			close(fd);
		return fail_errno(FAILURE_FILE, error, "cannot read %s", path);
	}
	if (facts.st_size == 0) {
		close(fd);
		return true;
	}
	at = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (at == MAP_FAILED)
		return fail_errno(FAILURE_FILE, errno, "cannot read %s", path);
	file = ARENA_NEW(&book->arena, struct audit_file);
	*file = (struct audit_file){book->files, at, (size_t)facts.st_size};
	book->files = file;
	*text_r = slice_make(at, file->size);
	return true;
}

/* A line that was cut short (a full disk) is counted as broken. */
static bool read_lines(struct audit_book *book, const char *path, take_function *take)
{
	struct ledger_entry entry;
	struct slice rest;

	if (!map_file(book, path, &rest))
		return false;
	while (rest.size) {
		struct slice line = slice_cut(&rest, '\n');

		book->lines++;
		if (slice_starts(line, SLICE("#")))
			read_remark(book, line);
		else if (rest.at && ledger_entry_read(line, &entry))
			take(book, &entry);
		else
			book->broken_lines++;
	}
	return true;
}

/* "# source RUN", "# end RUN" */
static void read_remark(struct audit_book *book, struct slice line)
{
	struct slice word;
	struct audit_run *run;

	slice_cut(&line, ' ');
	word = slice_cut(&line, ' ');
	if (!line.size)
		return;
	run = map_find(&book->runs, line);
	if (!run) {
		run = NEW(struct audit_run);
		map_set(&book->runs, line, run);
	}
	run->ended |= slice_equal(word, SLICE("end"));
}

static void take_source(struct audit_book *book, const struct ledger_entry *entry)
{
	struct audit_message *message = find_or_add(book, entry->id);
	struct slice code = entry->rest, stage = slice_cut(&code, ' ');

	message->known = true;
	message->size = entry->size;
	message->crc = entry->crc;
	if (slice_equal(entry->outcome, SLICE("acked"))) {
		book->acked++;
		add_list(book, message, AUDIT_ACKED, entry);
	} else if (slice_equal(entry->outcome, SLICE("unknown"))) {
		book->unknown++;
		add_list(book, message, AUDIT_UNKNOWN, entry);
	} else {
		book->refused++;
		message->refused_later |= slice_starts(code, SLICE("4")) &&
					  (slice_equal(stage, SLICE("dot")) ||
						  slice_equal(stage, SLICE("bdat")));
	}
}

static void take_sink(struct audit_book *book, const struct ledger_entry *entry)
{
	struct slice run = slice_part(entry->id, 0, slice_index_last(entry->id, '-'));
	bool bounce = slice_equal(entry->outcome, SLICE("bounce"));
	bool cut = slice_equal(entry->outcome, SLICE("cut"));
	struct audit_message *message;

	if (!bounce && !cut && !slice_equal(entry->outcome, SLICE("taken")))
		return;
	if (bounce)
		book->bounces++;
	else
		book->taken++;
	if (!entry->id.size) {
		book->without_id++;
	} else if (!map_find(&book->runs, run)) {
		book->foreign++;
	} else {
		message = find_or_add(book, entry->id);
		add_list(book, message,
			bounce ? AUDIT_BOUNCED : (cut ? AUDIT_CUT : AUDIT_TAKEN),
			entry);
		message->lists->corrupted = !bounce && message->known &&
					    (entry->size != message->size ||
						    entry->crc != message->crc);
	}
}

static void add_list(struct audit_book *book, struct audit_message *message,
	enum audit_kind kind, const struct ledger_entry *entry)
{
	struct audit_list *list = ARENA_NEW(&book->arena, struct audit_list);

	list->next = message->lists;
	list->recipients = entry->recipients;
	list->wall_ms = entry->wall_ms;
	list->kind = kind;
	message->lists = list;
}

static struct audit_message *find_or_add(struct audit_book *book, struct slice id)
{
	struct audit_message *message = map_find(&book->messages, id);

	if (message)
		return message;
	message = ARENA_NEW(&book->arena, struct audit_message);
	message->id = id;
	message->next = book->first;
	book->first = message;
	map_set(&book->messages, id, message);
	return message;
}

static bool read_folder(struct audit_book *book, DIR *folder, const char *path)
{
	struct dirent *file;

	while ((file = readdir(folder))) {
		char *name;
		struct slice text;
		bool good;

		if (!slice_ends(slice_of(file->d_name), SLICE(".eml")))
			continue;
		name = memory_format("%s/%s", path, file->d_name);
		good = map_file(book, name, &text);
		memory_free(name);
		if (!good)
			return false;
		read_notification(book, text);
	}
	return true;
}

static void read_notification(struct audit_book *book, struct slice text)
{
	struct ledger_entry entry = {.outcome = SLICE("bounce")};
	struct bounce bounce;

	if (bounce_read(text, &bounce) && bounce.failed) {
		entry.id = bounce.id.size ? bounce.id : id_of_header(text);
		entry.count = bounce.failed;
		entry.recipients = arena_copy(
			&book->arena, buffer_contents(&bounce.recipients));
		take_sink(book, &entry);
	}
	bounce_finish(&bounce);
}

/* The id in "To: <bench+ID@source.test>". */
static struct slice id_of_header(struct slice text)
{
	while (text.at) {
		struct slice line = slice_trim_all(slice_cut(&text, '\n'));
		size_t at = slice_index_last(line, '@');

		if (line.size == 0)
			break;
		if (slice_starts_nocase(line, SLICE("To:")) && at < line.size)
			return ledger_id_of_local(slice_part(line, 0, at));
	}
	return SLICE_EMPTY;
}
