/* Files and whole messages in a document, in base64. */
#include "api/reading.h"

#include <string.h>

#include "base/encode.h"
#include "mail/text_facts.h"

#define FILE_NAME_MAX 255
#define ID_MAX	      200

/* Line breaks in it are passed over. */
static bool decode(struct arena *arena, struct slice text, struct slice *bytes_r)
{
	struct slice tight = text;

	if (slice_index(text, '\n') < text.size ||
		slice_index(text, '\r') < text.size) {
		char *copy = arena_take(arena, text.size + 1);
		size_t size = 0;

		for (size_t i = 0; i < text.size; i++)
			if (text.at[i] != '\r' && text.at[i] != '\n')
				copy[size++] = text.at[i];
		tight = slice_make(copy, size);
	}
	return base64_decode_in(arena, tight, bytes_r);
}

static bool is_content_id(struct slice id)
{
	for (size_t i = 0; i < id.size; i++)
		if (id.at[i] <= ' ' || id.at[i] > '~' ||
			strchr("<>()[]\\,;:\"", id.at[i]))
			return false;
	return id.size > 0 && id.size <= ID_MAX;
}

static bool read_member(struct reading *reading, struct slice name,
	const struct doc *value, const struct place *place, struct compose_file *file)
{
	struct problems *problems = &reading->request->problems;

	if (slice_equal(name, SLICE("filename")))
		return read_line(reading, value, place, FILE_NAME_MAX, &file->name);
	if (slice_equal(name, SLICE("content")))
		return (doc_kind(value) == DOC_TEXT &&
			       decode(&reading->request->arena, doc_text(value),
				       &file->bytes)) ||
		       problem_add(problems, place, "content is a text in base64");
	if (slice_equal(name, SLICE("content_type"))) {
		file->type = doc_text(value);
		return compose_type_is_valid(file->type) ||
		       problem_add(problems, place,
			       "a type is \"image/png\", and not multipart");
	}
	if (slice_equal(name, SLICE("content_id"))) {
		file->content_id = doc_text(value);
		return is_content_id(file->content_id) ||
		       problem_add(problems, place,
			       "an id has 1 to %d letters, digits and most signs",
			       ID_MAX);
	}
	return problem_add(problems, place,
		"not known here; allowed: filename, content, content_type, content_id");
}

static bool read_file(struct reading *reading, const struct doc *value,
	const struct place *place, struct compose_file *file)
{
	struct problems *problems = &reading->request->problems;
	const struct doc *member = NULL;
	bool good = true;

	if (doc_kind(value) != DOC_OBJECT)
		return problem_add(problems, place, "a file is an object");
	while ((member = doc_next(value, member))) {
		struct slice name = doc_name(member);
		struct place here = PLACE(place, name.at);

		good &= read_member(reading, name, member, &here, file);
	}
	if (!doc_get(value, "content"))
		good = problem_add(problems, place, "\"content\" is missing");
	if (!file->name.size && !file->content_id.size)
		good = problem_add(
			problems, place, "it needs a filename, or a content_id");
	if (!file->type.at)
		file->type = compose_type_of(file->name);
	return good;
}

bool read_files(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place)
{
	size_t count = doc_count(value);
	const struct doc *element = NULL;
	bool good = true;

	if (doc_kind(value) != DOC_LIST || count > API_FILES_MAX)
		return problem_add(&reading->request->problems, place,
			"attachments are a list of at most %d files", API_FILES_MAX);
	message->files = arena_take_array(
		&reading->request->arena, count, sizeof(*message->files));
	for (size_t i = 0; i < count; i++) {
		struct place here = ELEMENT(place, i);

		element = doc_next(value, element);
		good &= read_file(reading, element, &here,
			&message->files[message->file_count++]);
	}
	return good;
}

/* Lines that end in LF alone, as many programs have them, are made CRLF. */
static struct slice with_line_ends(struct arena *arena, struct slice text)
{
	size_t lines = 0, size = 0;
	char *copy;

	if (slice_index(text, '\r') < text.size)
		return text;
	for (size_t i = 0; i < text.size; i++)
		lines += text.at[i] == '\n';
	copy = arena_take(arena, text.size + lines + 1);
	for (size_t i = 0; i < text.size; i++) {
		if (text.at[i] == '\n')
			copy[size++] = '\r';
		copy[size++] = text.at[i];
	}
	return slice_make(copy, size);
}

bool read_raw(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place)
{
	struct problems *problems = &reading->request->problems;
	struct text_facts facts = {0};
	struct slice bytes;

	if (doc_kind(value) != DOC_TEXT ||
		!decode(&reading->request->arena, doc_text(value), &bytes) ||
		!bytes.size)
		return problem_add(problems, place,
			"raw is a whole message (RFC 5322), as a text in base64");
	message->raw = with_line_ends(&reading->request->arena, bytes);
	text_check(&facts, message->raw);
	text_check_end(&facts);
	if (!facts.faults)
		return true;
	problems->injection = true;
	return problem_add(
		problems, place, "this message has %s", text_fault_words(facts.faults));
}
