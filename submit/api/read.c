/* Requests to send: members of a document into messages. */
#include "api/reading.h"

#include <string.h>

#include "base/failure.h"
#include "api/templates.h"
#include "mail/text.h"
#include "queue/envelope.h"

bool read_line(struct reading *reading, const struct doc *value,
	const struct place *place, size_t most, struct slice *text_r)
{
	struct problems *problems = &reading->request->problems;
	struct slice text = doc_text(value);

	if (doc_kind(value) != DOC_TEXT)
		return problem_add(problems, place, "this is a text");
	if (slice_index(text, '\r') < text.size ||
		slice_index(text, '\n') < text.size) {
		problems->injection = true;
		return problem_add(
			problems, place, "a line end has no place in a header field");
	}
	if (!text_is_utf8(text))
		return problem_add(
			problems, place, "control characters have no place here");
	if (text.size > most)
		return problem_add(
			problems, place, "this may have %zu bytes at most", most);
	*text_r = text;
	return true;
}

static bool read_from(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place)
{
	struct api_recipient from;

	if (!read_mailbox(reading, value, place, &from))
		return false;
	message->from = from.mailbox;
	message->from_address = from.address;
	return true;
}

static bool read_reply_to(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place)
{
	struct api_recipient *list;

	if (!read_mailboxes(reading, value, place, &list, &message->reply_to_count))
		return false;
	message->reply_to = arena_take_array(&reading->request->arena,
		message->reply_to_count, sizeof(*message->reply_to));
	for (size_t i = 0; i < message->reply_to_count; i++)
		message->reply_to[i] = list[i].mailbox;
	return true;
}

static bool read_subject(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place)
{
	return read_line(reading, value, place, API_SUBJECT_MAX, &message->subject);
}

static bool read_body(struct reading *reading, const struct doc *value,
	const struct place *place, struct slice *text_r)
{
	*text_r = doc_text(value);
	return doc_kind(value) == DOC_TEXT ||
	       problem_add(&reading->request->problems, place, "this is a text");
}

static bool read_text(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place)
{
	return read_body(reading, value, place, &message->text);
}

static bool read_html(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place)
{
	return read_body(reading, value, place, &message->html);
}

static bool read_stream(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place)
{
	message->stream = doc_text(value);
	return config_stream_find(reading->rules->config, message->stream) != NULL ||
	       problem_add(&reading->request->problems, place,
		       "there is no stream of this name here");
}

static bool read_tenant(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place)
{
	struct problems *problems = &reading->request->problems;
	struct slice own = reading->rules->tenant;

	message->tenant = doc_text(value);
	if (!flow_name_is_valid(message->tenant, TENANT_SIZE_MAX))
		return problem_add(problems, place,
			"a tenant's name has 1 to %d letters, digits and -_.",
			TENANT_SIZE_MAX);
	return !own.size || slice_equal(own, message->tenant) ||
	       problem_add(problems, place, "this key is of another tenant");
}

static bool read_priority(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place)
{
	int64_t priority = doc_number(value);

	if (doc_kind(value) != DOC_NUMBER || priority < -PRIORITY_MOST ||
		priority > PRIORITY_MOST)
		return problem_add(&reading->request->problems, place,
			"a priority is a number from %d to %d", -PRIORITY_MOST,
			PRIORITY_MOST);
	message->has_priority = true;
	message->priority = (int)priority;
	return true;
}

static bool read_template(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place)
{
	message->template = doc_text(value);
	return flow_name_is_valid(message->template, TEMPLATE_NAME_MAX) ||
	       problem_add(&reading->request->problems, place,
		       "a template's name has 1 to %d letters, digits and -_.",
		       TEMPLATE_NAME_MAX);
}

static bool read_variables(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place)
{
	message->variables = value;
	return doc_kind(value) == DOC_OBJECT ||
	       problem_add(&reading->request->problems, place,
		       "variables are an object of texts, numbers, true or false");
}

/* "to", "cc", "bcc" together, in that order. */
static bool read_recipients(struct reading *reading, struct api_message *message,
	const struct doc *object, const struct place *place)
{
	static const char *const names[] = {"to", "cc", "bcc"};
	struct api_recipient *lists[3] = {NULL};
	size_t counts[3] = {0}, total = 0;
	bool good = true;

	for (int i = 0; i < 3; i++) {
		struct place here = PLACE(place, names[i]);

		good &= read_mailboxes(reading, doc_get(object, names[i]), &here,
			&lists[i], &counts[i]);
		total += counts[i];
	}
	if (!good || !total)
		return good;
	message->recipients = arena_take_array(
		&reading->request->arena, total, sizeof(*message->recipients));
	message->recipient_count = 0;
	for (int i = 0; i < 3; i++) {
		if (counts[i])
			memcpy(message->recipients + message->recipient_count, lists[i],
				counts[i] * sizeof(*lists[i]));
		message->recipient_count += counts[i];
	}
	message->to_count = counts[0];
	message->cc_count = counts[1];
	return true;
}

static const struct member {
	const char *name;
	bool (*read)(struct reading *reading, struct api_message *message,
		const struct doc *value, const struct place *place);
	bool each; /* may stand in an element of "recipients" */
} members[] = {
	{"from", read_from, false},
	{"to", NULL, true},
	{"cc", NULL, true},
	{"bcc", NULL, true},
	{"reply_to", read_reply_to, false},
	{"subject", read_subject, false},
	{"text", read_text, false},
	{"html", read_html, false},
	{"headers", read_headers, false},
	{"attachments", read_files, false},
	{"tags", read_tags, true},
	{"metadata", read_metadata, true},
	{"stream", read_stream, false},
	{"tenant", read_tenant, false},
	{"priority", read_priority, false},
	{"send_at", read_send_at, true},
	{"list_unsubscribe", read_unsubscribe, true},
	{"template", read_template, false},
	{"variables", read_variables, true},
	{"raw", read_raw, false},
};

static const struct member *find_member(struct slice name, bool each)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (slice_equal(name, slice_of(members[i].name)) &&
			(!each || members[i].each))
			return &members[i];
	return NULL;
}

/* The members of OBJECT into MESSAGE, which may have some of them already. */
static void read_members(struct reading *reading, struct api_message *message,
	const struct doc *object, const struct place *place, bool each)
{
	struct problems *problems = &reading->request->problems;
	const struct doc *value = NULL;

	if (doc_kind(object) != DOC_OBJECT) {
		problem_add(problems, place, "a message is an object");
		return;
	}
	while ((value = doc_next(object, value))) {
		struct slice name = doc_name(value);
		const struct member *member = find_member(name, each);
		struct place here = PLACE(place, name.at);

		if (!place && slice_equal(name, SLICE("recipients")))
			continue;
		if (!member)
			problem_add(problems, &here, "this is not known here");
		else if (member->read && doc_kind(value) != DOC_NONE)
			member->read(reading, message, value, &here);
	}
	read_recipients(reading, message, object, place);
	if (!message->tenant.size)
		message->tenant = reading->rules->tenant;
}

static void check_raw(struct reading *reading, const struct api_message *message,
	const struct place *place)
{
	struct place here = PLACE(place, "raw");

	if (message->text.at || message->html.at || message->subject.at ||
		message->file_count || message->field_count || message->template.at ||
		message->reply_to_count || message->variables ||
		message->unsubscribe.size)
		problem_add(&reading->request->problems, &here,
			"a raw message has its own header and body: only from, to, cc, "
			"bcc and how it is sent may be said beside it");
}

/* What all of its members together have to be. */
static void check_message(struct reading *reading, const struct api_message *message,
	const struct place *place)
{
	struct problems *problems = &reading->request->problems;
	size_t before = problems->count;
	struct place from = PLACE(place, "from"), to = PLACE(place, "to"),
		     text = PLACE(place, "text"),
		     list = PLACE(place, "list_unsubscribe");

	if (before) /* they may be missing because they were wrong */
		return;
	if (!message->from.address.size)
		problem_add(problems, &from, "this is missing");
	if (!message->recipient_count)
		problem_add(problems, &to, "nobody is named in to, cc or bcc");
	if (message->recipient_count > reading->rules->config->submission.recipients)
		problem_add(problems, &to, "a message has at most %llu recipients",
			(unsigned long long)
				reading->rules->config->submission.recipients);
	if (message->leaving == API_LEAVING_WANTED && message->recipient_count != 1)
		problem_add(problems, &list,
			"a link to leave the list is for one recipient; for many, see "
			"recipients");
	if (message->raw.at)
		check_raw(reading, message, place);
	else if (!message->text.at && !message->html.at && !message->template.at)
		problem_add(
			problems, &text, "one of text, html, template, raw is needed");
}

static void allot(struct api_request *request, size_t count)
{
	request->messages = arena_take_array(
		&request->arena, count, sizeof(*request->messages));
	request->count = count;
}

static bool is_batch(struct reading *reading, const struct doc *list, const char *name)
{
	struct place place = PLACE(NULL, name);

	if (!list)
		return false;
	reading->request->batch = true;
	if (doc_kind(list) == DOC_LIST && doc_count(list) > 0 &&
		doc_count(list) <= API_MESSAGES_MAX)
		return true;
	problem_add(&reading->request->problems, &place, "%s are a list of 1 to %d",
		name, API_MESSAGES_MAX);
	return false;
}

/* {"messages":[…]}: each has all that it needs. */
static void read_messages(struct reading *reading, const struct doc *root)
{
	struct api_request *request = reading->request;
	const struct doc *list = doc_get(root, "messages");
	const struct doc *element = NULL;
	struct place above = PLACE(NULL, "messages");

	if (doc_count(root) > 1)
		problem_add(&request->problems, &above,
			"beside messages nothing else may be said");
	allot(request, doc_count(list));
	for (size_t i = 0; i < request->count; i++) {
		struct place place = ELEMENT(&above, i);

		request->messages[i].pointer = place_print(&request->arena, &place);
		element = doc_next(list, element);
		read_members(reading, &request->messages[i], element, &place, false);
		check_message(reading, &request->messages[i], &place);
	}
}

/* {…,"recipients":[…]}: one message, said anew for each of them. */
static void read_copies(struct reading *reading, const struct doc *root)
{
	struct api_request *request = reading->request;
	const struct doc *list = doc_get(root, "recipients");
	const struct doc *element = NULL;
	struct place above = PLACE(NULL, "recipients");
	struct api_message common = {0};

	read_members(reading, &common, root, NULL, false);
	if (common.recipient_count)
		problem_add(&request->problems, &above,
			"to, cc and bcc stand in each of recipients, then");
	allot(request, doc_count(list));
	for (size_t i = 0; i < request->count; i++) {
		struct place place = ELEMENT(&above, i);
		struct api_message *message = &request->messages[i];

		*message = common;
		message->pointer = place_print(&request->arena, &place);
		element = doc_next(list, element);
		read_members(reading, message, element, &place, true);
		check_message(reading, message, &place);
	}
}

bool api_request_read(struct api_request *request, struct slice body,
	const struct api_rules *rules, const char **why_r)
{
	struct reading reading = {.request = request, .rules = rules};
	const struct doc *root;

	request->problems.arena = &request->arena;
	root = doc_parse(&request->arena, body);
	if (!root || doc_kind(root) != DOC_OBJECT) {
		*why_r = root ? "it is no object"
			      : arena_copy_text(&request->arena,
					slice_of(failure_last()->text));
		return false;
	}
	if (is_batch(&reading, doc_get(root, "messages"), "messages")) {
		read_messages(&reading, root);
	} else if (is_batch(&reading, doc_get(root, "recipients"), "recipients")) {
		read_copies(&reading, root);
	} else if (!request->batch) {
		allot(request, 1);
		read_members(&reading, &request->messages[0], root, NULL, false);
		check_message(&reading, &request->messages[0], NULL);
	}
	return true;
}

void api_request_finish(struct api_request *request)
{
	arena_finish(&request->arena);
}
