/*
 * The index asked for the texts of a search, on a thread of the pool. Files that were
 * asked stay open for the next search, as long as they are what stands at their path.
 */
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"
#include "index/grams.h"
#include "index/index_core.h"
#include "run/worker.h"
#include "store/reader.h"

#define READERS_IDLE 16

struct reader {
	struct link link;
	char *path;
	struct index_file *file;
};

struct hits {
	struct id_set ids;
	uint64_t mark;
};

struct index_answer {
	size_t count;
	struct hits hits[INDEX_TEXTS_MAX];
};

/* What the pool does. */
struct asking {
	struct index *index;
	struct store_account *account;
	struct search_text *texts;
	struct index_answer *answer;
	bool good;	/* all of it was found out */
	bool wants_now; /* the index knows too little */
};

static bool may_have(const void *known, const struct search_record *record)
{
	const struct hits *hits = known;

	return record->file > hits->mark || id_set_has(&hits->ids, record->file);
}

static void close_reader(struct reader *reader)
{
	index_file_close(&reader->file);
	memory_free(reader->path);
	memory_free(reader);
}

void index_close_readers(struct index *index)
{
	struct link *link;

	while ((link = list_take(&index->readers)))
		close_reader(CONTAINER_OF(link, struct reader, link));
	index->reader_count = 0;
}

/* Under the lock. */
static struct reader *find_reader(struct index *index, const char *path)
{
	LIST_EACH (&index->readers, link) {
		struct reader *reader = CONTAINER_OF(link, struct reader, link);

		if (strcmp(reader->path, path) != 0)
			continue;
		list_remove(link);
		index->reader_count--;
		return reader;
	}
	return NULL;
}

/* The caller's alone until it is given back; PATH is taken over. NULL: there is no
 * index, or it cannot be read. */
static struct reader *take_reader(struct index *index, char *path)
{
	struct reader *reader;

	pthread_mutex_lock(&index->lock);
	reader = find_reader(index, path);
	pthread_mutex_unlock(&index->lock);
	if (reader && index_file_is_at(reader->file, path)) {
		memory_free(path);
		return reader;
	}
	if (reader)
		close_reader(reader);
	reader = NEW(struct reader);
	reader->path = path;
	reader->file = index_file_open_reader(path);
	if (reader->file)
		return reader;
	close_reader(reader);
	return NULL;
}

static void give_reader(struct index *index, struct reader *reader)
{
	struct reader *last = NULL;

	pthread_mutex_lock(&index->lock);
	list_prepend(&index->readers, &reader->link);
	if (++index->reader_count > READERS_IDLE) {
		last = CONTAINER_OF(index->readers.head.previous, struct reader, link);
		list_remove(&last->link);
		index->reader_count--;
	}
	pthread_mutex_unlock(&index->lock);
	if (last)
		close_reader(last);
}

/* The words that say it: of one place, or of one of two. False: the text is too short.
 */
static bool write_words(const struct search_text *text, struct buffer *out)
{
	static const enum gram_place places[] = {
		[SEARCH_IN_FROM] = GRAM_FROM,
		[SEARCH_IN_TO] = GRAM_TO,
		[SEARCH_IN_SUBJECT] = GRAM_SUBJECT,
		[SEARCH_IN_IDS] = GRAM_IDS,
		[SEARCH_IN_HEADER] = GRAM_HEADER,
		[SEARCH_IN_PARTS] = GRAM_PARTS,
	};
	bool good;

	if (text->where != SEARCH_IN_ALL)
		return grams_of_key(places[text->where], text->key, out);
	buffer_append(out, SLICE("("));
	good = grams_of_key(GRAM_HEADER, text->key, out);
	buffer_append(out, SLICE(") OR ("));
	good = good && grams_of_key(GRAM_PARTS, text->key, out);
	buffer_append(out, SLICE(")"));
	return good;
}

/* All texts, as of MARK. False: the index failed. */
static bool find_all(struct asking *asking, struct index_file *file, uint64_t mark)
{
	struct index_answer *answer = asking->answer;
	struct buffer words = {0};
	bool good = true;

	for (struct search_text *text = asking->texts;
		text && good && answer->count < INDEX_TEXTS_MAX; text = text->next) {
		struct hits *hits = &answer->hits[answer->count];

		buffer_clear(&words);
		if (!write_words(text, &words))
			continue;
		answer->count++;
		hits->mark = mark;
		good = index_file_find(file, buffer_contents(&words), &hits->ids);
		text->known = hits;
	}
	buffer_finish(&words);
	return good;
}

/* Whether the index knows this account, and up to where. */
static bool look_up(struct asking *asking, struct index_file *file, uint64_t *mark_r)
{
	struct database *mail = reader_take(asking->account);
	bool fits = false, good;

	if (!mail)
		return false;
	good = database_begin_reading(mail) &&
	       index_file_fits(file, mail, &fits, mark_r);
	reader_give(asking->account, mail);
	return good && fits;
}

static void ask(void *arg)
{
	struct asking *asking = arg;
	struct reader *reader = take_reader(
		asking->index, index_path_of(asking->account));
	uint64_t mark;

	asking->wants_now = true;
	if (!reader)
		return;
	if (index_file_begin_reading(reader->file)) {
		asking->good = look_up(asking, reader->file, &mark) &&
			       find_all(asking, reader->file, mark);
		index_file_end_reading(reader->file);
	}
	asking->wants_now = !asking->good;
	if (asking->good)
		give_reader(asking->index, reader);
	else
		close_reader(reader);
}

struct index_answer *index_ask(struct index *index, struct store_account *account,
	struct search_text *texts, struct deadline deadline)
{
	struct asking asking = {.index = index, .account = account, .texts = texts};
	bool any = false;

	for (const struct search_text *text = texts; text; text = text->next)
		any = any || text->key.size >= GRAM_SIZE;
	if (!any)
		return NULL;
	asking.answer = NEW(struct index_answer);
	if (!offload(ask, &asking, deadline)) {
		index_answer_destroy(&asking.answer);
		return NULL;
	}
	if (asking.wants_now)
		index_want(index, account);
	if (!asking.good)
		index_answer_destroy(&asking.answer);
	for (struct search_text *text = texts; text; text = text->next) {
		if (asking.good && text->known)
			text->may_have = may_have;
	}
	return asking.answer;
}

void index_answer_destroy(struct index_answer **answer)
{
	struct index_answer *old = *answer;

	*answer = NULL;
	if (!old)
		return;
	for (size_t i = 0; i < old->count; i++)
		id_set_finish(&old->hits[i].ids);
	memory_free(old);
}
