/* Header fields, tags, metadata, times and links in a document. */
#include "api/reading.h"

#include <string.h>

#include "base/event.h"
#include "mail/date.h"
#include "mail/header.h"
#include "mail/text.h"
#include "queue/envelope.h"

#define NAME_SIZE_MAX  76
#define VALUE_SIZE_MAX 2000
#define TAG_SIZE_MAX   63
#define TAGS_MAX       50
#define URL_SIZE_MAX   1000
#define KEY_SIZE_MAX   40
#define META_SIZE_MAX  256

static bool is_word(struct slice text, const char *others, size_t most)
{
	for (size_t i = 0; i < text.size; i++)
		if (!ascii_is_alnum(text.at[i]) &&
			(!text.at[i] || !strchr(others, text.at[i])))
			return false;
	return text.size > 0 && text.size <= most;
}

/* What has a member of its own, or is the server's to say. */
static bool is_ours(const struct config *config, struct slice name)
{
	switch (header_name_of(name)) {
	case HEADER_OTHER:
	case HEADER_SENDER:
	case HEADER_IN_REPLY_TO:
	case HEADER_REFERENCES:
	case HEADER_MESSAGE_ID:
	case HEADER_DATE:
	case HEADER_AUTO_SUBMITTED:
	case HEADER_LIST_UNSUBSCRIBE:
	case HEADER_LIST_UNSUBSCRIBE_POST:
		break;
	default:
		return true;
	}
	return slice_starts_nocase(name, SLICE("Content-")) ||
	       slice_starts_nocase(name, SLICE("ARC-")) ||
	       slice_starts_nocase(name, SLICE("Resent-")) ||
	       slice_equal_nocase(name, SLICE("Authentication-Results")) ||
	       slice_equal_nocase(name, slice_of(config->submission.stream_header)) ||
	       slice_equal_nocase(name, slice_of(config->submission.tags_header)) ||
	       slice_equal_nocase(name, slice_of(config->unsubscribe.header));
}

static bool read_header(struct reading *reading, struct slice name,
	const struct doc *value, const struct place *place, struct api_field *field_r)
{
	struct problems *problems = &reading->request->problems;

	if (slice_index(name, '\r') < name.size || slice_index(name, '\n') < name.size)
		problems->injection = true;
	if (!is_word(name, "!#$%&'*+-.^_`|~", NAME_SIZE_MAX))
		return problem_add(
			problems, place, "this is no name of a header field");
	if (is_ours(reading->rules->config, name))
		return problem_add(problems, place,
			"%.*s is not set here: it has a member of its own, or the "
			"server says it",
			SLICE_PRINT(name));
	field_r->name = name;
	field_r->pointer = place_print(&reading->request->arena, place);
	return read_line(reading, value, place, VALUE_SIZE_MAX, &field_r->value);
}

bool read_headers(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place)
{
	struct problems *problems = &reading->request->problems;
	const struct doc *member = NULL;
	bool good = true;

	if (doc_kind(value) != DOC_OBJECT || doc_count(value) > API_FIELDS_MAX)
		return problem_add(problems, place,
			"headers are an object of at most %d texts", API_FIELDS_MAX);
	message->fields = arena_take_array(
		&reading->request->arena, doc_count(value), sizeof(*message->fields));
	while ((member = doc_next(value, member))) {
		struct slice name = doc_name(member);
		struct place here = PLACE(place, name.at);

		good &= read_header(reading, name, member, &here,
			&message->fields[message->field_count++]);
	}
	return good;
}

bool read_tags(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place)
{
	struct problems *problems = &reading->request->problems;
	size_t count = doc_count(value), used = 0;
	const struct doc *element = NULL;
	char *text = arena_take(&reading->request->arena, TAGS_SIZE_MAX + 1);

	if (doc_kind(value) != DOC_LIST || count > TAGS_MAX)
		return problem_add(problems, place,
			"tags are a list of at most %d texts", TAGS_MAX);
	for (size_t i = 0; i < count; i++) {
		struct place here = ELEMENT(place, i);
		struct slice tag = doc_text(element = doc_next(value, element));

		if (!is_word(tag, "-_.:=+@/", TAG_SIZE_MAX))
			return problem_add(problems, &here,
				"a tag has 1 to %d letters, digits and -_.:=+@/",
				TAG_SIZE_MAX);
		if (used + tag.size + 1 > TAGS_SIZE_MAX)
			return problem_add(problems, place,
				"the tags have more than %d bytes together",
				TAGS_SIZE_MAX);
		if (used)
			text[used++] = ' ';
		memcpy(text + used, tag.at, tag.size);
		used += tag.size;
	}
	message->tags = slice_make(text, used);
	return true;
}

bool read_metadata(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place)
{
	struct problems *problems = &reading->request->problems;
	struct buffer text = {0};
	const struct doc *member = NULL;
	bool good = true;

	if (doc_kind(value) != DOC_OBJECT || doc_count(value) > API_METADATA_COUNT)
		return problem_add(problems, place,
			"metadata is an object of at most %d members",
			API_METADATA_COUNT);
	buffer_append_byte(&text, '{');
	while (good && (member = doc_next(value, member))) {
		struct slice key = doc_name(member), said = doc_print(member);
		struct place here = PLACE(place, key.at);

		if (!is_word(key, "-_.", KEY_SIZE_MAX) || !said.at ||
			said.size > META_SIZE_MAX || doc_kind(member) == DOC_NONE)
			good = problem_add(problems, &here,
				"metadata has names of 1 to %d letters, digits and "
				"-_., "
				"and texts or numbers of at most %d bytes",
				KEY_SIZE_MAX, META_SIZE_MAX);
		if (buffer_size(&text) > 1)
			buffer_append_byte(&text, ',');
		event_quote(&text, key);
		buffer_append_byte(&text, ':');
		event_quote(&text, said);
	}
	buffer_append_byte(&text, '}');
	if (good && buffer_size(&text) > API_METADATA_MAX)
		good = problem_add(problems, place, "metadata has at most %d bytes",
			API_METADATA_MAX);
	if (doc_count(value))
		message->metadata = arena_copy(
			&reading->request->arena, buffer_contents(&text));
	buffer_finish(&text);
	return good;
}

bool read_send_at(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place)
{
	struct problems *problems = &reading->request->problems;
	const struct api_rules *rules = reading->rules;
	int64_t most = rules->config->submission.future_release_ms, at_ms;

	if (doc_kind(value) == DOC_NUMBER) {
		at_ms = doc_number(value);
		if (at_ms < 0 || at_ms > 100000000000)
			return problem_add(problems, place, "no such time");
		at_ms *= 1000;
	} else if (!date_parse_utc(doc_text(value), &at_ms)) {
		return problem_add(problems, place,
			"a time is \"2026-11-22T07:00:00Z\", or seconds since 1970");
	}
	if (at_ms > rules->now_ms + most)
		return problem_add(problems, place,
			"this is more than %lld hours from now",
			(long long)(most / 3600000));
	message->send_at_ms = at_ms > rules->now_ms ? at_ms : 0;
	return true;
}

static bool is_url(struct slice url, const char *scheme)
{
	if (!slice_starts_nocase(url, slice_of(scheme)) || url.size > URL_SIZE_MAX)
		return false;
	for (size_t i = 0; i < url.size; i++)
		if (url.at[i] <= ' ' || url.at[i] > '~' || strchr("<>,\"", url.at[i]))
			return false;
	return url.size > strlen(scheme);
}

static bool read_links(struct reading *reading, const struct doc *value,
	const struct place *place, struct slice links[2], bool *one_click)
{
	static const char allowed[] = "a link is https://… or mailto:…";
	struct problems *problems = &reading->request->problems;
	const struct doc *member = NULL;

	while ((member = doc_next(value, member))) {
		struct slice name = doc_name(member);
		struct place here = PLACE(place, name.at);
		bool url = slice_equal(name, SLICE("url"));

		if (slice_equal(name, SLICE("one_click"))) {
			if (doc_kind(member) != DOC_TRUTH)
				return problem_add(problems, &here, "true or false");
			*one_click = doc_truth(member);
		} else if (!url && !slice_equal(name, SLICE("mailto"))) {
			return problem_add(problems, &here,
				"not known here; allowed: url, mailto, one_click");
		} else if (!is_url(doc_text(member), url ? "https://" : "mailto:")) {
			return problem_add(problems, &here, "%s", allowed);
		} else {
			links[!url] = doc_text(member);
		}
	}
	return true;
}

/* true: a link of ours. */
static bool read_own_link(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place)
{
	message->leaving = doc_truth(value) ? API_LEAVING_WANTED : API_LEAVING_UNWANTED;
	if (!doc_truth(value) || reading->rules->config->unsubscribe.url)
		return true;
	return problem_add(&reading->request->problems, place,
		"there are no links of this server's: unsubscribe.url is not set");
}

bool read_unsubscribe(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place)
{
	struct problems *problems = &reading->request->problems;
	struct arena *arena = &reading->request->arena;
	struct slice links[2] = {{0}};

	message->one_click = true;
	message->unsubscribe = SLICE_EMPTY;
	message->leaving = API_LEAVING_NOT_SAID;
	if (doc_kind(value) == DOC_TRUTH)
		return read_own_link(reading, message, value, place);
	if (doc_kind(value) == DOC_TEXT) {
		bool mail = slice_starts_nocase(doc_text(value), SLICE("mailto:"));

		if (!is_url(doc_text(value), mail ? "mailto:" : "https://"))
			return problem_add(
				problems, place, "a link is https://… or mailto:…");
		links[mail] = doc_text(value);
	} else if (doc_kind(value) != DOC_OBJECT || !doc_count(value)) {
		return problem_add(problems, place,
			"true, a link, or an object with url, mailto, one_click");
	} else if (!read_links(reading, value, place, links, &message->one_click)) {
		return false;
	}
	message->one_click &= links[0].size > 0;
	message->unsubscribe = arena_format(arena, "%s%.*s%s%s%.*s%s",
		links[0].size ? "<" : "", SLICE_PRINT(links[0]),
		links[0].size ? ">" : "",
		links[1].size ? links[0].size ? ", <" : "<" : "", SLICE_PRINT(links[1]),
		links[1].size ? ">" : "");
	return message->unsubscribe.size ||
	       problem_add(problems, place, "url or mailto is needed");
}
