/*
 * The next messages of an account into its index: their rows first, then their files,
 * a transaction for all of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "index/content.h"
#include "index/index_core.h"
#include "store/reader.h"

#define PIECE	    500			  /* messages in a transaction, */
#define PIECE_US    ((int64_t)500 * 1000) /* or what is done in that time */
#define STALE_LEAST 10000 /* messages that are gone before an index is made anew */

struct row {
	uint64_t id;
	const char *path;
	struct slice facts;
};

/* Some files, from the database. */
struct rows {
	struct arena arena;
	struct row *list;
	size_t count;
};

/* Reading a message. */
struct filling {
	struct index *index;
	struct store_account *account;
	uint64_t mark;
	bool anew; /* nothing of what is there is of use */
	struct rows rows;
	struct arena arena;
	struct buffer words;
};

static bool read_rows(struct database *mail, uint64_t mark, struct rows *rows)
{
	struct query *query = database_query(mail,
		"SELECT id, path, facts FROM file WHERE id > ? ORDER BY id LIMIT ?");

	query_number(query, 1, (int64_t)mark);
	query_number(query, 2, PIECE);
	while (query_row(query)) {
		struct row row = {.id = (uint64_t)query_number_of(query, 0),
			.path = arena_copy_text(&rows->arena, query_bytes_of(query, 1)),
			.facts = arena_copy(&rows->arena, query_bytes_of(query, 2))};

		rows->list = arena_grow(
			&rows->arena, rows->list, rows->count, sizeof(row));
		rows->list[rows->count++] = row;
	}
	return query_end(query);
}

/* Most of what is in it is gone: the rest is sooner found without. */
static bool is_stale(struct index_file *file, struct database *mail, bool *stale_r)
{
	uint64_t count, there;
	struct query *query;

	*stale_r = false;
	if (!index_file_count(file, &count))
		return false;
	if (count < STALE_LEAST)
		return true;
	query = database_query(mail, "SELECT count(*) FROM file");
	there = query_row(query) ? (uint64_t)query_number_of(query, 0) : count;
	*stale_r = there < count / 2;
	return query_end(query);
}

/* Where to go on, and with what. */
static bool begin(struct filling *filling, struct database *mail)
{
	struct index_file *file = filling->index->file;
	bool fits, stale = false;

	if (!database_begin_reading(mail) ||
		!index_file_fits(file, mail, &fits, &filling->mark) ||
		!is_stale(file, mail, &stale))
		return false;
	filling->anew = !fits || stale;
	if (filling->anew)
		filling->mark = 0;
	if (!read_rows(mail, filling->mark, &filling->rows))
		return false;
	return index_file_begin(file) &&
	       (!filling->anew || index_file_start_over(file, mail));
}

/* *bytes_r at NULL: it is gone, or cannot be read: *gone_r says which. */
static size_t map(const struct filling *filling, const struct row *row, void **bytes_r,
	bool *gone_r)
{
	char *path = memory_format("%s/%s", filling->account->folder, row->path);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	void *at = MAP_FAILED;

	*gone_r = fd < 0 && errno == ENOENT;
	if (fd >= 0 && fstat(fd, &status) == 0 && status.st_size > 0 &&
		(uint64_t)status.st_size <= CONTENT_MESSAGE_MAX)
		at = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (fd >= 0)
		close(fd);
	memory_free(path);
	*bytes_r = at == MAP_FAILED ? NULL : at;
	return *bytes_r ? (size_t)status.st_size : 0;
}

/* Its facts as they are kept, or made anew, where they are of another version. */
static bool words_of(
	struct filling *filling, const struct row *row, struct slice message)
{
	struct buffer packed = {0};
	struct facts facts;
	bool good = facts_read(row->facts, &facts);

	if (!good) {
		facts_make(message, &packed);
		good = facts_read(buffer_contents(&packed), &facts);
	}
	good = good && content_words(filling->index->grams, message, &facts,
			       &filling->arena, &filling->words);
	buffer_finish(&packed);
	return good;
}

static bool add_one(struct filling *filling, const struct row *row)
{
	struct index *index = filling->index;
	bool gone, known;
	void *bytes;
	size_t size = map(filling, row, &bytes, &gone);

	if (gone)
		return true;
	arena_reset(&filling->arena);
	buffer_clear(&filling->words);
	known = bytes && words_of(filling, row, slice_make(bytes, size));
	if (bytes)
		munmap(bytes, size);
	return known ? index_file_add(index->file, row->id, slice_of(row->path),
			       buffer_contents(&filling->words))
		     : index_file_add_unknown(
			       index->file, row->id, slice_of(row->path));
}

static bool is_stopping(struct index *index)
{
	bool stopping;

	pthread_mutex_lock(&index->lock);
	stopping = index->stopping;
	pthread_mutex_unlock(&index->lock);
	return stopping;
}

static bool add_them(struct filling *filling, bool *more_r)
{
	int64_t until = clock_monotonic_us() + PIECE_US;
	struct rows *rows = &filling->rows;
	size_t i = 0;

	while (i < rows->count && clock_monotonic_us() < until &&
		!is_stopping(filling->index)) {
		if (!add_one(filling, &rows->list[i]))
			return false;
		filling->mark = rows->list[i++].id;
	}
	*more_r = i < rows->count || rows->count == PIECE;
	if (!i && !filling->anew) {
		index_file_rollback(filling->index->file);
		return true;
	}
	if (!index_file_commit(filling->index->file, filling->mark))
		return false;
	pthread_mutex_lock(&filling->index->lock);
	filling->index->figures.messages += i;
	pthread_mutex_unlock(&filling->index->lock);
	return true;
}

/* The account's file, as the one that is open. */
static bool open_file(struct index *index, const struct store_account *account)
{
	char *path = index_path_of(account);

	if (index->file && (strcmp(index->path, path) != 0 ||
				   !index_file_is_at(index->file, path)))
		index_fill_end(index);
	if (!index->file) {
		index->file = index_file_open(path);
		index->path = path;
		path = NULL;
	}
	memory_free(path);
	if (!index->file)
		index_fill_end(index);
	return index->file != NULL;
}

void index_fill_end(struct index *index)
{
	index_file_close(&index->file);
	memory_free(index->path);
	index->path = NULL;
	grams_destroy(&index->grams);
}

/* It may have gone meanwhile. */
static bool has_mail(const struct store_account *account)
{
	char *path = memory_format("%s/mail.db", account->folder);
	bool has = access(path, F_OK) == 0;

	memory_free(path);
	return has;
}

bool index_fill(struct index *index, struct store_account *account, bool *more_r)
{
	struct filling filling = {.index = index, .account = account};
	struct database *mail;
	bool good;

	*more_r = false;
	if (!has_mail(account))
		return true;
	if (!open_file(index, account))
		return false;
	if (!index->grams)
		index->grams = grams_create();
	mail = reader_take(account);
	good = mail && begin(&filling, mail);
	if (mail)
		reader_give(account, mail);
	good = good && add_them(&filling, more_r);
	if (!good)
		index_file_rollback(index->file);
	/* Damaged: it is of no use, and made anew. */
	if (!good && failure_kind_last() == FAILURE_DATA) {
		index_file_remove(index->path);
		*more_r = true;
	}
	arena_finish(&filling.rows.arena);
	arena_finish(&filling.arena);
	buffer_finish(&filling.words);
	return good;
}
