/* A message as it is sent, but for what the server adds to it. */
#include "api/message.h"

#include "base/random.h"
#include "mail/text.h"

#define FILLED_MAX (32u << 20) /* of a text that is only looked at */

struct writing {
	const struct api_message *message;
	struct problems *problems;
	struct buffer *out;
	struct buffer filled; /* a text with its variables put in */
};

#define ROOT(message) ((struct place){.prefix = (message)->pointer})

/* A stored template's names stand for something, else it has none. */
static bool has_names(const struct api_message *message)
{
	return message->variables || message->template.at;
}

/* TEXT, with variables where there are any; valid until the next call. */
static bool fill(struct writing *writing, struct slice text, const char *name,
	bool html, struct slice *filled_r)
{
	const struct api_message *message = writing->message;
	struct place root = ROOT(message), place = PLACE(&root, name);

	*filled_r = text;
	if (!has_names(message) || !text.size)
		return true;
	buffer_clear(&writing->filled);
	if (!template_fill(text, message->variables, html, writing->problems, &place,
		    &writing->filled))
		return false;
	*filled_r = buffer_contents(&writing->filled);
	if (!filled_r->at)
		*filled_r = SLICE("");
	return true;
}

/* Of a header: one line still. */
static bool fill_line(struct writing *writing, struct slice text, const char *name,
	struct slice *line_r)
{
	struct place root = ROOT(writing->message), place = PLACE(&root, name);

	if (!fill(writing, text, name, false, line_r))
		return false;
	if (text_is_utf8(*line_r))
		return true;
	writing->problems->injection = true;
	return problem_add(writing->problems, &place,
		"a variable brings a line end or control characters into a header "
		"field");
}

static bool put_mailboxes(struct writing *writing, const char *name, size_t from,
	size_t count, struct arena *arena)
{
	struct header_mailbox *list = arena_take_array(arena, count, sizeof(*list));

	for (size_t i = 0; i < count; i++)
		list[i] = writing->message->recipients[from + i].mailbox;
	return !count ||
	       header_write_mailboxes(writing->out, slice_of(name), list, count);
}

static bool put_people(struct writing *writing)
{
	const struct api_message *message = writing->message;
	struct arena arena = {0};
	bool good = header_write_mailboxes(
			    writing->out, SLICE("From"), &message->from, 1) &&
		    put_mailboxes(writing, "To", 0, message->to_count, &arena) &&
		    put_mailboxes(writing, "Cc", message->to_count, message->cc_count,
			    &arena) &&
		    (!message->reply_to_count ||
			    header_write_mailboxes(writing->out, SLICE("Reply-To"),
				    message->reply_to, message->reply_to_count));

	arena_finish(&arena);
	return good;
}

static bool is_structured(struct slice name)
{
	static const char *const names[] = {"Message-ID", "In-Reply-To", "References",
		"Date", "Sender", "List-Unsubscribe", "List-Unsubscribe-Post",
		"List-Id", "List-Help", "List-Archive", "List-Post", "List-Owner",
		"List-Subscribe"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_equal_nocase(name, slice_of(names[i])))
			return true;
	return false;
}

static bool put_fields(struct writing *writing)
{
	const struct api_message *message = writing->message;
	struct slice value;

	for (size_t i = 0; i < message->field_count; i++) {
		const struct api_field *field = &message->fields[i];

		if (!fill_line(writing, field->value, "headers", &value))
			return false;
		if (is_structured(field->name) && text_is_ascii(value)
				? !header_write_raw(writing->out, field->name, value)
				: !header_write_text(writing->out, field->name, value))
			return false;
	}
	if (message->unsubscribe.size &&
		!header_write_raw(
			writing->out, SLICE("List-Unsubscribe"), message->unsubscribe))
		return false;
	return !message->one_click || !message->unsubscribe.size ||
	       header_write_raw(writing->out, SLICE("List-Unsubscribe-Post"),
		       SLICE("List-Unsubscribe=One-Click"));
}

/* Fields that submission reads and takes out again. */
static bool put_marks(struct writing *writing, const struct config *config)
{
	const struct api_message *message = writing->message;

	return (!message->stream.size ||
		       header_write_raw(writing->out,
			       slice_of(config->submission.stream_header),
			       message->stream)) &&
	       (!message->tags.size || header_write_raw(writing->out,
					       slice_of(config->submission.tags_header),
					       message->tags)) &&
	       (!message->leaving ||
		       header_write_raw(writing->out,
			       slice_of(config->unsubscribe.header),
			       message->leaving == API_LEAVING_WANTED ? SLICE("yes")
								      : SLICE("no")));
}

static bool put_body(struct writing *writing)
{
	const struct api_message *message = writing->message;
	struct compose compose = {.text = message->text,
		.html = message->html,
		.files = message->files,
		.file_count = message->file_count,
		.chance = {random_u64(), random_u64()}};
	struct buffer text = {0};
	struct slice filled;
	bool good = fill(writing, message->text, "text", false, &filled);

	if (good && message->text.at) {
		/* The next one takes its place. */
		good = filled.at == message->text.at || buffer_append(&text, filled);
		compose.text = filled.at == message->text.at ? filled
							     : buffer_contents(&text);
		if (!compose.text.at)
			compose.text = SLICE("");
	}
	good = good && fill(writing, message->html, "html", true, &compose.html) &&
	       compose_write(&compose, writing->out);
	buffer_finish(&text);
	return good;
}

bool api_message_write(const struct api_message *message, const struct config *config,
	struct problems *problems, struct buffer *out)
{
	struct writing writing = {.message = message,
		.problems = problems,
		.out = out,
		.filled = {.limit = out->limit}};
	struct slice subject;
	bool good = put_marks(&writing, config);

	if (message->raw.at) {
		good = good && buffer_append(out, message->raw);
	} else {
		good = good && put_people(&writing) &&
		       fill_line(&writing, message->subject, "subject", &subject) &&
		       (!subject.size ||
			       header_write_text(out, SLICE("Subject"), subject)) &&
		       put_fields(&writing) && put_body(&writing);
	}
	buffer_finish(&writing.filled);
	return good;
}

/* What is too large is told when it is written. */
bool api_message_check(const struct api_message *message, struct problems *problems)
{
	struct writing writing = {.message = message,
		.problems = problems,
		.filled = {.limit = FILLED_MAX}};
	struct slice filled;
	bool good;

	if (!has_names(message))
		return true;
	good = fill_line(&writing, message->subject, "subject", &filled);
	good &= fill(&writing, message->text, "text", false, &filled);
	good &= fill(&writing, message->html, "html", true, &filled);
	for (size_t i = 0; i < message->field_count; i++)
		good &= fill_line(
			&writing, message->fields[i].value, "headers", &filled);
	buffer_finish(&writing.filled);
	return good;
}
