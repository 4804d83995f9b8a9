/* Stored templates. */
#include "api/templates.h"

#include "base/failure.h"
#include "base/memory.h"

#define TEMPLATES SLICE("rp:api:templates")

/* One that was read for an earlier message of the request is not asked for again. */
struct known {
	struct slice tenant, name;
	struct slice subject, text, html;
	bool found;
};

static bool read_record(struct slice record, struct arena *arena, struct known *known)
{
	struct doc *doc = doc_parse(arena, arena_copy(arena, record));

	if (!doc)
		return fail(FAILURE_STORE, "a stored template cannot be understood");
	known->found = true;
	known->subject = doc_text(doc_get(doc, "subject"));
	known->text = doc_text(doc_get(doc, "text"));
	known->html = doc_text(doc_get(doc, "html"));
	return true;
}

static bool ask(struct redis *redis, struct arena *arena, struct known *known,
	struct deadline deadline)
{
	struct slice get[] = {SLICE("HGET"), TEMPLATES,
		arena_format(arena, "%.*s/%.*s", SLICE_PRINT(known->tenant),
			SLICE_PRINT(known->name))};
	struct redis_reply *reply;
	bool good = true;

	if (!redis_call(redis, ARRAY_COUNT(get), get, &reply, deadline))
		return false;
	if (redis_reply_kind(reply) == REDIS_TEXT)
		good = read_record(redis_reply_text(reply), arena, known);
	else if (redis_reply_kind(reply) != REDIS_NOTHING)
		good = redis_reply_fail(reply);
	redis_reply_free(&reply);
	return good;
}

static void use(struct api_request *request, struct api_message *message,
	const struct known *known)
{
	struct place root = {.prefix = message->pointer},
		     place = PLACE(&root, "template");

	if (!known->found) {
		problem_add(&request->problems, &place,
			"there is no template of this name");
		return;
	}
	if (!message->subject.at)
		message->subject = known->subject;
	if (!message->text.at)
		message->text = known->text;
	if (!message->html.at)
		message->html = known->html;
}

bool templates_use(
	struct redis *redis, struct api_request *request, struct deadline deadline)
{
	struct known known = {.found = false};

	for (size_t i = 0; i < request->count; i++) {
		struct api_message *message = &request->messages[i];

		if (!message->template.at)
			continue;
		if (!known.name.at || !slice_equal(known.name, message->template) ||
			!slice_equal(known.tenant, message->tenant)) {
			known = (struct known){
				.tenant = message->tenant, .name = message->template};
			if (!ask(redis, &request->arena, &known, deadline))
				return false;
		}
		use(request, message, &known);
	}
	return true;
}
