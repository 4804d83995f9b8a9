/*
 * An account's index: fts.db in its folder, with the words (grams.h) of the files of
 * its messages, in order of their numbers, up to a mark. What is behind the mark is
 * not known. It may be removed at any time; it is made anew. Everything here blocks.
 *
 * Failures are those of store/database.h.
 */
#ifndef RINGPOST_INDEX_INDEX_FILE_H
#define RINGPOST_INDEX_INDEX_FILE_H

#include "index/id_set.h"
#include "store/database.h"

#define INDEX_FILE_NAME "fts.db"

struct index_file;

/* To write: made where there is none, or one of another version, or damaged. */
struct index_file *index_file_open(const char *path);
/* To read. NULL without a failure (FAILURE_NONE): there is none. */
struct index_file *index_file_open_reader(const char *path);
void index_file_close(struct index_file **file);
/* It is the one that has this path now. */
bool index_file_is_at(const struct index_file *file, const char *path);
/* With all that SQLite has beside it. */
void index_file_remove(const char *path);

/*
 * Whether it is of MAIL (the account's database), which may have been replaced, or
 * made anew with numbers that were given before. *mark_r: up to where it knows.
 */
bool index_file_fits(
	struct index_file *file, struct database *mail, bool *fits_r, uint64_t *mark_r);

/* --- Writing, in a transaction --- */
bool index_file_begin(struct index_file *file);
/* All is forgotten; from now on it is of MAIL. */
bool index_file_start_over(struct index_file *file, struct database *mail);
/* The next one; at PATH in the account's folder. */
bool index_file_add(
	struct index_file *file, uint64_t id, struct slice path, struct slice words);
/* One whose words are not known, which any search has to look at. */
bool index_file_add_unknown(struct index_file *file, uint64_t id, struct slice path);
bool index_file_commit(struct index_file *file, uint64_t mark);
void index_file_rollback(struct index_file *file);
/* How many were added. */
bool index_file_count(struct index_file *file, uint64_t *count_r);

/* --- Asking --- */
/* A transaction, so that the mark and what is found belong together. */
bool index_file_begin_reading(struct index_file *file);
void index_file_end_reading(struct index_file *file);
/* Those with all of WORDS, and those whose words are not known, into the set. */
bool index_file_find(struct index_file *file, struct slice words, struct id_set *ids);

#endif
