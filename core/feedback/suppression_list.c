/* The list as Redis has it, for who looks at it. */
#include "feedback/suppression_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/failure.h"
#include "base/memory.h"
#include "feedback/suppression_core.h"

#define PAGE_TEXT "1000"
#define PAGE_MAX  1000 /* entries asked for at a time */
#define LOOKS	  4    /* of the tenant, of everybody; address, domain */

typedef bool visit_function(
	void *context, const struct suppression_entry *entry, struct deadline deadline);

/* TENANT's own, or of a stream of it. */
static bool is_of(struct slice whose, struct slice tenant)
{
	return slice_equal(slice_cut(&whose, '/'), tenant) &&
	       (tenant.size || !whose.at);
}

/* False: not in force, or not meant. */
static bool read_entry(struct slice field, struct slice value,
	const struct suppression_query *query, struct suppression_entry *entry)
{
	*entry = (struct suppression_entry){.detail = SLICE_EMPTY};
	if (!suppression_value_parse(value, entry))
		return false;
	suppression_field_split(field, &entry->tenant, &entry->address);
	if (entry->until_ms && entry->until_ms <= worker_wall_ms())
		return false;
	if (!query)
		return true;
	return (!query->tenant_given || slice_equal(entry->tenant, query->tenant) ||
		       is_of(entry->tenant, query->tenant)) &&
	       (!query->reason_given || entry->reason == query->reason);
}

/* Puts the details behind COUNT entries whose fields stand in ARGV from 2 on, and
 * visits them. */
static bool visit_page(struct redis *redis, struct suppression_entry *entries,
	struct slice *argv, size_t count, visit_function *visit, void *context,
	struct deadline deadline)
{
	struct redis_reply *reply = NULL;
	bool good = true;

	if (count == 0)
		return true;
	argv[0] = SLICE("HMGET");
	argv[1] = SUPPRESSION_DETAILS;
	if (!redis_command(redis, count + 2, argv, &reply, deadline))
		return false;
	for (size_t i = 0; good && i < count; i++) {
		entries[i].detail = redis_reply_text(redis_reply_at(reply, i));
		good = visit(context, &entries[i], deadline);
	}
	redis_reply_free(&reply);
	return good;
}

static bool walk_page(struct redis *redis, const struct redis_reply *page,
	const struct suppression_query *query, visit_function *visit, void *context,
	struct deadline deadline)
{
	struct arena arena = {0};
	size_t most = redis_reply_count(page) / 2, count = 0;
	struct suppression_entry *entries = arena_take_array(
		&arena, most + 1, sizeof(*entries));
	struct slice *argv = arena_take_array(&arena, most + 2, sizeof(*argv));
	bool good;

	for (size_t i = 0; i < most; i++) {
		struct slice field = redis_reply_text(redis_reply_at(page, 2 * i));

		if (!read_entry(field,
			    redis_reply_text(redis_reply_at(page, 2 * i + 1)), query,
			    &entries[count]))
			continue;
		argv[2 + count++] = field;
	}
	good = visit_page(redis, entries, argv, count, visit, context, deadline);
	arena_finish(&arena);
	return good;
}

bool suppression_walk(struct redis *redis, const struct suppression_query *query,
	visit_function *visit, void *context, struct deadline deadline)
{
	char cursor[24] = "0";
	struct slice argv[] = {SLICE("HSCAN"), SUPPRESSION_ENTRIES, SLICE_EMPTY,
		SLICE("COUNT"), SLICE(PAGE_TEXT)};

	do {
		struct redis_reply *reply = NULL;
		bool good;

		argv[2] = slice_of(cursor);
		if (!redis_command(redis, ARRAY_COUNT(argv), argv, &reply, deadline))
			return false;
		good = walk_page(redis, redis_reply_at(reply, 1), query, visit, context,
			       deadline) &&
		       slice_to_text(redis_reply_text(redis_reply_at(reply, 0)), cursor,
			       sizeof(cursor));
		redis_reply_free(&reply);
		if (!good)
			return false;
	} while (strcmp(cursor, "0") != 0);
	return true;
}

/* ---- A page of it ---- */

/*
 * A part of the list is what HSCAN gives at a place. It is told as a whole: should the
 * table in Redis grow meanwhile, the same place has another part. Only a part that
 * cannot be made smaller, or all of a list that is one part, is told in pieces, in
 * order.
 */
struct page {
	struct redis *redis;
	const struct suppression_query *query;
	visit_function *visit;
	void *context;
	size_t left;   /* that it has room for */
	size_t count;  /* asked for at a time */
	char scan[24]; /* HSCAN's cursor */
	/* Up to this entry it was told; `all`: of the whole list, else of this part. */
	char after[SUPPRESSION_FIELD_MAX];
	size_t after_size; /* 0: none was */
	bool all;
	bool ended; /* nothing is behind it */
};

struct candidate {
	struct slice field;
	struct suppression_entry entry;
};

static int compare_fields(const void *a, const void *b)
{
	return slice_compare(((const struct candidate *)a)->field,
		((const struct candidate *)b)->field);
}

/* "SCAN", "SCAN-FIELD", of all "SCAN.FIELD" */
static bool read_cursor(const char *cursor, struct page *page)
{
	struct slice text = slice_of(cursor), rest = text, scan;
	uint64_t number = 0;

	page->all = slice_index(text, '.') < text.size;
	scan = slice_cut(&rest, page->all ? '.' : '-');
	page->after_size = rest.size / 2;
	if ((scan.size && !slice_to_u64(scan, &number)) ||
		!slice_to_text(scan.size ? scan : SLICE("0"), page->scan,
			sizeof(page->scan)) ||
		page->after_size > sizeof(page->after) ||
		!hex_decode(rest, page->after))
		return fail(FAILURE_DATA, "cursor: it is none of this list");
	return true;
}

static void print_cursor(const struct page *page, char cursor[SUPPRESSION_CURSOR_SIZE])
{
	size_t size = strlen(page->scan);

	memcpy(cursor, page->scan, size + 1);
	if (!page->after_size)
		return;
	cursor[size++] = page->all ? '.' : '-';
	hex_encode(slice_make(page->after, page->after_size), cursor + size);
	cursor[size + 2 * page->after_size] = '\0';
}

/* Those of a part of the list that are meant and were not told yet, in order. */
static size_t choose(const struct page *page, const struct redis_reply *part,
	struct candidate *chosen)
{
	struct slice after = slice_make(page->after, page->after_size);
	size_t count = 0;

	for (size_t i = 0; i + 1 < redis_reply_count(part); i += 2) {
		struct slice field = redis_reply_text(redis_reply_at(part, i));

		if ((after.size && slice_compare(field, after) <= 0) ||
			!read_entry(field,
				redis_reply_text(redis_reply_at(part, i + 1)),
				page->query, &chosen[count].entry))
			continue;
		chosen[count++].field = field;
	}
	qsort(chosen, count, sizeof(*chosen), compare_fields);
	return count;
}

static bool tell(struct page *page, const struct candidate *chosen, size_t count,
	struct arena *arena, struct deadline deadline)
{
	struct suppression_entry *entries = arena_take_array(
		arena, count + 1, sizeof(*entries));
	struct slice *argv = arena_take_array(arena, count + 2, sizeof(*argv));

	for (size_t i = 0; i < count; i++) {
		entries[i] = chosen[i].entry;
		argv[2 + i] = chosen[i].field;
	}
	page->left -= count;
	return visit_page(page->redis, entries, argv, count, page->visit, page->context,
		deadline);
}

/* There is room for some of CHOSEN only. */
static bool tell_some(struct page *page, const struct candidate *chosen, bool whole,
	struct arena *arena, struct deadline deadline)
{
	struct slice last = chosen[page->left - 1].field;

	if (last.size > sizeof(page->after))
		return fail(FAILURE_STORE, "Redis has what nobody wrote there");
	memcpy(page->after, last.at, last.size);
	page->after_size = last.size;
	page->all = whole;
	return tell(page, chosen, page->left, arena, deadline);
}

static bool visit_part(struct page *page, const struct redis_reply *reply, size_t asked,
	struct deadline deadline)
{
	struct slice next = redis_reply_text(redis_reply_at(reply, 0));
	const struct redis_reply *part = redis_reply_at(reply, 1);
	bool whole = strcmp(page->scan, "0") == 0 && slice_equal(next, SLICE("0"));
	struct arena arena = {0};
	struct candidate *chosen = arena_take_array(
		&arena, redis_reply_count(part) / 2 + 1, sizeof(*chosen));
	size_t count = choose(page, part, chosen);
	bool good = true;

	if (count > page->left && !whole && asked > 1) {
		page->count = asked / 4 + 1;
	} else if (count > page->left) {
		good = tell_some(page, chosen, whole, &arena, deadline);
	} else {
		good = tell(page, chosen, count, &arena, deadline);
		page->after_size = page->all ? page->after_size : 0;
		page->count = count ? page->left : 2 * asked;
		page->ended = slice_equal(next, SLICE("0"));
		good = good && slice_to_text(next, page->scan, sizeof(page->scan));
	}
	arena_finish(&arena);
	return good;
}

static bool next_part(struct page *page, struct deadline deadline)
{
	bool piece = page->after_size && !page->all;
	size_t asked = piece ? 1 : page->count > PAGE_MAX ? PAGE_MAX : page->count;
	char count[24];
	struct slice argv[] = {SLICE("HSCAN"), SUPPRESSION_ENTRIES,
		slice_of(page->scan), SLICE("COUNT"), SLICE_EMPTY};
	struct redis_reply *reply = NULL;
	bool good;

	asked = asked ? asked : 1;
	snprintf(count, sizeof(count), "%zu", asked);
	argv[4] = slice_of(count);
	good = redis_command(page->redis, ARRAY_COUNT(argv), argv, &reply, deadline) &&
	       visit_part(page, reply, asked, deadline);
	redis_reply_free(&reply);
	return good;
}

bool suppression_page(const struct suppression_paging *paging,
	char cursor[SUPPRESSION_CURSOR_SIZE], struct deadline deadline)
{
	struct page *page = NEW(struct page);
	bool good;

	page->redis = paging->redis;
	page->query = &paging->query;
	page->visit = paging->visit;
	page->context = paging->context;
	page->left = paging->limit;
	page->count = paging->limit;
	good = paging->limit && read_cursor(cursor, page);
	while (good && page->left && !page->ended)
		good = next_part(page, deadline);
	cursor[0] = '\0';
	if (good && !page->ended)
		print_cursor(page, cursor);
	memory_free(page);
	return good;
}

/* Fields of FIELD's address and domain into ARGV; how many. */
static size_t name_all(
	const struct suppression_field *field, struct arena *arena, struct slice *argv)
{
	struct suppression_field domain;
	size_t count = 0;
	bool more = field->at > field->tenant_size + 1; /* not itself "@domain" */

	suppression_field_domain(field, &domain);
	if (field->tenant_size)
		argv[count++] = arena_copy(arena, suppression_field_text(field));
	argv[count++] = arena_copy(arena, suppression_field_of_all(field));
	if (more && field->tenant_size)
		argv[count++] = arena_copy(arena, suppression_field_text(&domain));
	if (more)
		argv[count++] = arena_copy(arena, suppression_field_of_all(&domain));
	return count;
}

bool suppression_visit(struct redis *redis, struct slice tenant, struct slice address,
	visit_function *visit, void *context, struct deadline deadline)
{
	struct suppression_field field;
	struct arena arena = {0};
	struct suppression_entry *entries = arena_take_array(
		&arena, LOOKS, sizeof(*entries));
	struct slice argv[2 + LOOKS] = {SLICE("HMGET"), SUPPRESSION_ENTRIES};
	struct slice fields[2 + LOOKS];
	struct redis_reply *reply = NULL;
	size_t count = 0, asked = 0;
	bool good = suppression_field_read(&field, tenant, address);

	if (good) {
		asked = name_all(&field, &arena, argv + 2);
		good = redis_command(redis, 2 + asked, argv, &reply, deadline);
	}
	for (size_t i = 0; good && i < asked; i++)
		if (read_entry(argv[2 + i], redis_reply_text(redis_reply_at(reply, i)),
			    NULL, &entries[count]))
			fields[2 + count++] = argv[2 + i];
	good = good &&
	       visit_page(redis, entries, fields, count, visit, context, deadline);
	redis_reply_free(&reply);
	arena_finish(&arena);
	return good;
}
