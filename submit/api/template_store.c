/* Templates in Redis: one field of the hash rp:api:templates each. */
#include <stdlib.h>
#include <string.h>

#include "api/templates.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"

#define TEMPLATES	SLICE("rp:api:templates")
#define ARGUMENTS(list) ARRAY_COUNT(list), list

static struct slice field_of(
	struct arena *arena, struct slice tenant, struct slice name)
{
	return arena_format(arena, "%.*s/%.*s", SLICE_PRINT(tenant), SLICE_PRINT(name));
}

static bool fail_missing(struct slice name)
{
	return fail(FAILURE_DATA, "there is no template \"%.*s\"", SLICE_PRINT(name));
}

static bool read_record(
	struct slice record, struct arena *arena, struct template *template)
{
	struct doc *doc = doc_parse(arena, arena_copy(arena, record));

	if (!doc)
		return fail(FAILURE_STORE,
			"the stored template %.*s cannot be understood",
			SLICE_PRINT(template->name));
	template->subject = doc_text(doc_get(doc, "subject"));
	template->text = doc_text(doc_get(doc, "text"));
	template->html = doc_text(doc_get(doc, "html"));
	template->created_ms = doc_number(doc_get(doc, "created_ms"));
	template->changed_ms = doc_number(doc_get(doc, "changed_ms"));
	return true;
}

bool template_read(struct redis *redis, struct slice tenant, struct slice name,
	struct arena *arena, struct template *template_r, struct deadline deadline)
{
	struct slice argv[] = {SLICE("HGET"), TEMPLATES, field_of(arena, tenant, name)};
	struct redis_reply *reply;
	bool good;

	if (!redis_ask(redis, ARGUMENTS(argv), REDIS_TEXT, &reply, deadline))
		return fail_in("templates");
	*template_r = (struct template){
		.tenant = arena_copy(arena, tenant), .name = arena_copy(arena, name)};
	good = redis_reply_kind(reply) == REDIS_TEXT
		       ? read_record(redis_reply_text(reply), arena, template_r)
		       : fail_missing(name);
	redis_reply_free(&reply);
	return good;
}

static void append_member(struct buffer *record, const char *name, struct slice text)
{
	if (!text.at)
		return;
	buffer_append_format(record, ",\"%s\":", name);
	event_quote(record, text);
}

static void append_record(struct buffer *record, const struct template *template)
{
	buffer_append_format(record, "{\"created_ms\":%lld,\"changed_ms\":%lld",
		(long long)template->created_ms, (long long)template->changed_ms);
	append_member(record, "subject", template->subject);
	append_member(record, "text", template->text);
	append_member(record, "html", template->html);
	buffer_append_byte(record, '}');
}

/* Two that are made at a time may both find the last place: a template more. */
static bool has_place(struct redis *redis, struct slice tenant, struct arena *arena,
	struct deadline deadline)
{
	struct template_key *list;
	size_t count, own = 0;

	if (!template_list(redis, SLICE_EMPTY, arena, &list, &count, deadline))
		return false;
	for (size_t i = 0; i < count; i++)
		own += slice_equal(list[i].tenant, tenant);
	if (tenant.size && own >= TEMPLATES_OF_TENANT_MAX)
		return fail(FAILURE_LIMIT, "there are %d templates of %.*s already",
			TEMPLATES_OF_TENANT_MAX, SLICE_PRINT(tenant));
	return count < TEMPLATES_MAX ||
	       fail(FAILURE_LIMIT, "there are %d templates already", TEMPLATES_MAX);
}

bool template_write(struct redis *redis, const struct template *template, bool create,
	struct deadline deadline)
{
	struct arena arena = {0};
	struct buffer record = {0};
	struct slice argv[] = {create ? SLICE("HSETNX") : SLICE("HSET"), TEMPLATES,
		field_of(&arena, template->tenant, template->name), SLICE_EMPTY};
	struct redis_reply *reply = NULL;
	bool good = !create || has_place(redis, template->tenant, &arena, deadline);

	append_record(&record, template);
	argv[3] = buffer_contents(&record);
	good = good &&
	       redis_ask(redis, ARGUMENTS(argv), REDIS_NUMBER, &reply, deadline);
	if (good && create && redis_reply_number(reply) == 0)
		good = fail(FAILURE_DATA, "there is a template \"%.*s\" already",
			SLICE_PRINT(template->name));
	redis_reply_free(&reply);
	buffer_finish(&record);
	arena_finish(&arena);
	return good;
}

bool template_remove(struct redis *redis, struct slice tenant, struct slice name,
	struct deadline deadline)
{
	struct arena arena = {0};
	struct slice argv[] = {
		SLICE("HDEL"), TEMPLATES, field_of(&arena, tenant, name)};
	struct redis_reply *reply = NULL;
	bool good = redis_ask(redis, ARGUMENTS(argv), REDIS_NUMBER, &reply, deadline);

	if (good && redis_reply_number(reply) == 0)
		good = fail_missing(name);
	redis_reply_free(&reply);
	arena_finish(&arena);
	return good;
}

static int by_key(const void *a, const void *b)
{
	const struct template_key *one = a, *other = b;
	int order = slice_compare(one->tenant, other->tenant);

	return order ? order : slice_compare(one->name, other->name);
}

/* There are TEMPLATES_MAX, so one reply holds their names. */
bool template_list(struct redis *redis, struct slice tenant, struct arena *arena,
	struct template_key **list_r, size_t *count_r, struct deadline deadline)
{
	struct slice argv[] = {SLICE("HKEYS"), TEMPLATES};
	struct redis_reply *reply;
	struct template_key *list;
	size_t count = 0;

	if (!redis_ask(redis, ARGUMENTS(argv), REDIS_LIST, &reply, deadline))
		return fail_in("templates");
	list = arena_take_array(arena, redis_reply_count(reply), sizeof(*list));
	for (size_t i = 0; i < redis_reply_count(reply); i++) {
		struct slice field = arena_copy(
			arena, redis_reply_text(redis_reply_at(reply, i)));
		struct slice of = slice_cut(&field, '/');

		if (!tenant.at || slice_equal(of, tenant))
			list[count++] = (struct template_key){of, field};
	}
	redis_reply_free(&reply);
	if (count)
		qsort(list, count, sizeof(*list), by_key);
	*list_r = list;
	*count_r = count;
	return true;
}
