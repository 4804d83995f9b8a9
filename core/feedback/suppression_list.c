/* The list as Redis has it, for who looks at it. */
#include "feedback/suppression_list.h"

#include <string.h>

#include "base/arena.h"
#include "base/failure.h"
#include "base/memory.h"
#include "feedback/suppression_core.h"

#define PAGE_TEXT "1000"
#define LOOKS	  4 /* of the tenant, of everybody; address, domain */

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
