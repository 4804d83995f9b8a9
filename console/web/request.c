/* A request over HTTP into one for an admin command: its path, query and body, each
 * member held against what the resource takes. */
#include "web/request.h"

#include <string.h>

#include "api/doc.h"
#include "api/problems.h"
#include "base/failure.h"
#include "web/doc_value.h"

#define NAME_MAX_SIZE 48 /* of a member that is taken */
#define QUERY_MAX     32 /* parameters of it that are looked at */

enum kind {
	KIND_TEXT,
	KIND_NUMBER,
	KIND_TRUTH,
	KIND_TEXTS,
	KIND_LIST,
	KIND_OBJECT,
	KIND_ANY
};

static const char *const kind_words[] = {[KIND_TEXT] = "text",
	[KIND_NUMBER] = "number",
	[KIND_TRUTH] = "truth",
	[KIND_TEXTS] = "texts",
	[KIND_LIST] = "list",
	[KIND_OBJECT] = "object",
	[KIND_ANY] = "any"};

static const char *const kind_names[] = {[KIND_TEXT] = "a text",
	[KIND_NUMBER] = "a whole number, not negative",
	[KIND_TRUTH] = "true or false",
	[KIND_TEXTS] = "a list of texts",
	[KIND_LIST] = "a list",
	[KIND_OBJECT] = "an object",
	[KIND_ANY] = "a value"};

/* One name of a resource's `query` or `body`. */
struct taken {
	char name[NAME_MAX_SIZE];
	enum kind kind;
	bool needed;
};

struct reading {
	struct http_exchange *exchange;
	const struct web_resource *resource;
	struct value *request;
	struct problems *problems;
};

/* "limit:number! …": the first of LIST, which goes on behind it. */
static bool take_one(struct slice *list, struct taken *taken)
{
	struct slice word = slice_cut(list, ' '), kind;

	*taken = (struct taken){.needed = slice_ends(word, SLICE("!"))};
	if (taken->needed)
		word.size--;
	kind = word;
	slice_to_text(slice_cut(&kind, ':'), taken->name, sizeof(taken->name));
	for (enum kind i = 0; kind.at && i <= KIND_ANY; i++)
		if (slice_equal(kind, slice_of(kind_words[i])))
			taken->kind = i;
	return taken->name[0] != '\0';
}

static bool find_taken(const char *list, struct slice name, struct taken *taken)
{
	struct slice rest = slice_of(list ? list : "");

	while (rest.at)
		if (take_one(&rest, taken) && slice_equal(slice_of(taken->name), name))
			return true;
	return false;
}

static bool complain(struct reading *reading, const char *name, const char *format)
{
	struct place place = PLACE(NULL, name);

	return problem_add(reading->problems, &place, "%s %s", name, format);
}

/* ---- Values ---- */

static bool is_texts(const struct doc *list)
{
	for (const struct doc *at = doc_next(list, NULL); at; at = doc_next(list, at))
		if (doc_kind(at) != DOC_TEXT)
			return false;
	return doc_kind(list) == DOC_LIST;
}

static bool is_of_kind(const struct doc *doc, enum kind kind)
{
	switch (kind) {
	case KIND_TEXT:
		return doc_kind(doc) == DOC_TEXT;
	case KIND_NUMBER:
		return doc_kind(doc) == DOC_NUMBER && doc_number(doc) >= 0;
	case KIND_TRUTH:
		return doc_kind(doc) == DOC_TRUTH;
	case KIND_TEXTS:
		return is_texts(doc);
	case KIND_LIST:
		return doc_kind(doc) == DOC_LIST;
	case KIND_OBJECT:
		return doc_kind(doc) == DOC_OBJECT;
	case KIND_ANY:
		break;
	}
	return true;
}

/* ---- The body ---- */

static bool is_json(const struct http_request *request)
{
	struct slice type = http_field(request, "Content-Type");

	type = slice_trim(slice_cut(&type, ';'));
	return !type.at || slice_equal_nocase(type, SLICE("application/json"));
}

static const struct doc *parse_body(struct http_exchange *exchange)
{
	const struct http_request *request = &exchange->request;
	const struct doc *doc;

	if (!is_json(request)) {
		http_problem(exchange, 415, "unsupported_type",
			"The body is application/json");
		return NULL;
	}
	if (request->body.size > WEB_BODY_MAX) {
		http_problem(exchange, 413, "too_large",
			"A body here has %u bytes at most", WEB_BODY_MAX);
		return NULL;
	}
	doc = doc_parse(
		&exchange->arena, request->body.size ? request->body : SLICE("{}"));
	if (!doc || doc_kind(doc) != DOC_OBJECT) {
		http_problem(exchange, 400, "malformed",
			"The body is no JSON object that can be understood: %s",
			doc ? "it is something else" : failure_last()->text);
		return NULL;
	}
	return doc;
}

static void read_member(struct reading *reading, const struct doc *member)
{
	struct taken taken;

	if (!find_taken(reading->resource->body, doc_name(member), &taken))
		complain(reading, doc_name(member).at, "is not known here");
	else if (doc_kind(member) == DOC_NONE)
		return;
	else if (!is_of_kind(member, taken.kind))
		complain(reading, taken.name,
			arena_format(&reading->exchange->arena, "has to be %s",
				kind_names[taken.kind])
				.at);
	else
		value_set(reading->request, taken.name, value_from_doc(member));
}

static bool read_body(struct reading *reading)
{
	const struct doc *body;

	if (!reading->resource->body)
		return true;
	body = parse_body(reading->exchange);
	if (!body)
		return false;
	for (const struct doc *at = doc_next(body, NULL); at; at = doc_next(body, at))
		read_member(reading, at);
	return true;
}

/* ---- The query and the path ---- */

static struct value *texts_of(struct slice text)
{
	struct value *list = value_list();

	while (text.at) {
		struct slice one = slice_trim(slice_cut(&text, ','));

		if (one.size)
			value_append_text(list, one);
	}
	return list;
}

/* NULL: TEXT is none of the kind. */
static struct value *value_of_query(struct slice text, enum kind kind)
{
	int64_t number;

	switch (kind) {
	case KIND_NUMBER:
		return slice_to_i64(text, &number) && number >= 0
			       ? value_of_number(number)
			       : NULL;
	case KIND_TRUTH:
		if (!slice_equal(text, SLICE("true")) &&
			!slice_equal(text, SLICE("false")))
			return NULL;
		return value_of_truth(slice_equal(text, SLICE("true")));
	case KIND_TEXTS:
	case KIND_LIST:
		return texts_of(text);
	case KIND_TEXT:
	case KIND_ANY:
		return value_of_text(text);
	case KIND_OBJECT:
		break;
	}
	return NULL;
}

static void read_parameter(struct reading *reading, struct slice key, struct slice text)
{
	struct arena *arena = &reading->exchange->arena;
	struct slice name, decoded;
	struct value *value;
	struct taken taken;

	if (!http_decode(key, true, arena, &name) ||
		!http_decode(text, true, arena, &decoded))
		complain(reading, "query", "cannot be decoded");
	else if (!find_taken(reading->resource->query, name, &taken) &&
		 !(reading->resource->shape == WEB_LIST &&
			 find_taken("cursor limit:number", name, &taken)))
		complain(reading, arena_format(arena, "%.*s", SLICE_PRINT(name)).at,
			"is not known in this query");
	else if ((value = value_of_query(decoded, taken.kind)) == NULL)
		complain(reading, taken.name,
			arena_format(arena, "has to be %s", kind_names[taken.kind]).at);
	else
		value_set(reading->request, taken.name, value);
}

static void read_query(struct reading *reading)
{
	struct slice query = reading->exchange->request.query;

	for (size_t i = 0; query.at && i < QUERY_MAX; i++) {
		struct slice value = slice_cut(&query, '&');
		struct slice key = slice_cut(&value, '=');

		if (key.size)
			read_parameter(reading, key, value);
	}
}

static void read_path(struct reading *reading)
{
	struct slice path = slice_of(reading->resource->path);
	size_t count = 0;

	while (path.at) {
		struct slice segment = slice_cut(&path, '/');
		char name[NAME_MAX_SIZE];

		if (slice_starts(segment, SLICE("{")) &&
			slice_to_text(slice_part(segment, 1, segment.size - 2), name,
				sizeof(name)))
			value_set_text(reading->request, name,
				reading->exchange->request.parameters[count++]);
	}
}

static void find_missing(struct reading *reading, const char *names)
{
	struct slice rest = slice_of(names ? names : "");
	struct taken taken;

	while (rest.at)
		if (take_one(&rest, &taken) && taken.needed &&
			!value_has(reading->request, taken.name))
			complain(reading, taken.name, "is missing");
}

/* ---- All of it ---- */

static bool use_tenant(struct reading *reading, struct slice tenant)
{
	struct slice asked = value_get_text(reading->request, "tenant");

	if (!tenant.size)
		return true;
	if (reading->resource->of_stream && slice_starts(asked, tenant) &&
		asked.size > tenant.size + 1 && asked.at[tenant.size] == '/')
		return true;
	if (asked.size && !slice_equal(asked, tenant)) {
		http_problem(reading->exchange, 403, "tenant_key",
			"This API key is of another tenant");
		return false;
	}
	value_set_text(reading->request, "tenant", tenant);
	return true;
}

/* How much of a list is wanted; the rest of it is the command's, if that pages. */
static void use_limit(struct reading *reading, struct errand_wish *wish)
{
	struct slice cursor = value_get_text(reading->request, "cursor");
	uint64_t skip = 0, limit = WEB_LIMIT_ELSE;

	wish->limit = reading->resource->shape == WEB_FIRST ? 1 : 0;
	if (reading->resource->shape != WEB_LIST)
		return;
	if (value_has(reading->request, "limit"))
		limit = (uint64_t)value_get_number(reading->request, "limit");
	if (limit == 0 || limit > WEB_LIMIT_MAX)
		problem_add(reading->problems, &PLACE(NULL, "limit"),
			"limit is 1 to %d", WEB_LIMIT_MAX);
	wish->limit = limit;
	value_set_number(reading->request, "limit", (int64_t)limit);
	if (reading->resource->pages)
		return;
	value_remove(reading->request, "limit");
	if (cursor.size && !slice_to_u64(cursor, &skip))
		problem_add(reading->problems, &PLACE(NULL, "cursor"),
			"cursor is what `next` of an answer said");
	wish->skip = skip;
}

bool web_request_read(struct http_exchange *exchange,
	const struct web_resource *resource, struct slice tenant,
	struct errand_wish *wish)
{
	struct reading reading = {
		.exchange = exchange,
		.resource = resource,
		.request = value_object(),
		.problems = ARENA_NEW(&exchange->arena, struct problems),
	};
	bool good;

	reading.problems->arena = &exchange->arena;
	read_query(&reading);
	good = read_body(&reading);
	/* The path has the last word. */
	read_path(&reading);
	if (good) {
		find_missing(&reading, resource->query);
		find_missing(&reading, resource->body);
		use_limit(&reading, wish);
	}
	if (good && reading.problems->count) {
		http_problem_errors(exchange, 422, "invalid", reading.problems->list,
			reading.problems->count);
		good = false;
	}
	good = good && use_tenant(&reading, tenant);
	value_set_text(reading.request, "command", slice_of(resource->command));
	good = good && (!resource->ask || resource->ask(exchange, reading.request));
	if (!good)
		value_release(&reading.request);
	wish->resource = resource;
	wish->request = reading.request;
	return good;
}
