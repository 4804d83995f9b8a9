/* `template …`: texts with {{names}}, stored for messages that name them. */
#include "api/templates.h"
#include "base/failure.h"
#include "base/memory.h"
#include "mail/text.h"

#include "admin/giver.h"

#define NAMES_MAX  100	      /* told of a template */
#define RENDER_MAX (1u << 20) /* of a text with its variables */

/* While a command runs. */
struct working {
	struct admin_call *call;
	struct redis *redis;
	struct arena arena;
	struct problems problems;
	struct template template; /* with the request's tenant and name */
};

static void begin(struct working *working, struct admin_call *call)
{
	struct template *template = &working->template;
	char *tenant;

	*working = (struct working){
		.call = call, .redis = call->daemon->workers[0].redis};
	working->problems.arena = &working->arena;
	template->name = value_get_text(call->request, "name");
	tenant = arena_copy_text(
		&working->arena, value_get_text(call->request, "tenant"));
	for (char *c = tenant; *c; c++)
		*c = ascii_lower(*c);
	template->tenant = slice_of(tenant);
}

/* What is wrong becomes the call's. Returns false. */
static bool refuse(struct working *working)
{
	struct value *errors = value_list();
	struct buffer text = {0};

	for (size_t i = 0; i < working->problems.count; i++) {
		const struct http_error *error = &working->problems.list[i];
		struct value *item = value_object();

		value_set_text(item, "pointer", error->pointer);
		value_set_text(item, "detail", error->detail);
		value_append(errors, item);
		buffer_append_format(&text, "%s%.*s%s%.*s", i ? "\n  " : "",
			SLICE_PRINT(slice_from(error->pointer, 1)),
			error->pointer.size ? ": " : "", SLICE_PRINT(error->detail));
	}
	working->call->errors = errors;
	admin_refuse(working->call, ADMIN_WRONG, NULL, "%.*s",
		SLICE_PRINT(buffer_contents(&text)));
	buffer_finish(&text);
	return false;
}

static bool read_it(struct working *working, struct deadline deadline)
{
	return template_read(working->redis, working->template.tenant,
		       working->template.name, &working->arena, &working->template,
		       deadline) ||
	       admin_mark(working->call, ADMIN_ABSENT, NULL);
}

/* An empty text: it has none. */
static void take_text(const struct value *request, const char *name, struct slice *text)
{
	if (!value_has(request, name))
		return;
	*text = value_get_text(request, name);
	if (!text->size)
		*text = SLICE_EMPTY;
}

static void take_texts(struct working *working)
{
	const struct value *request = working->call->request;

	take_text(request, "subject", &working->template.subject);
	take_text(request, "text", &working->template.text);
	take_text(request, "html", &working->template.html);
}

/* The names in TEXT into LIST, each once. */
static void add_names(struct value *list, struct slice text)
{
	struct template_piece piece;

	while (template_next(&text, &piece))
		if (piece.name.at && value_count(list) < NAMES_MAX &&
			!value_has_text(list, piece.name))
			value_append_text(list, piece.name);
}

static void set_text(struct value *item, const char *name, struct slice text)
{
	if (text.at)
		value_set_text(item, name, text);
}

/* WHOLE: with its text and HTML. */
static struct value *describe(const struct template *template, bool whole)
{
	struct value *item = value_object(), *names = value_list();

	value_set_text(item, "name", template->name);
	if (template->tenant.size)
		value_set_text(item, "tenant", template->tenant);
	set_text(item, "subject", template->subject);
	if (whole) {
		set_text(item, "text", template->text);
		set_text(item, "html", template->html);
	}
	add_names(names, template->subject);
	add_names(names, template->text);
	add_names(names, template->html);
	value_set(item, "variables", names);
	value_set_number(item, "size",
		(int64_t)(template->subject.size + template->text.size +
			  template->html.size));
	value_set_number(item, "created_ms", template->created_ms);
	value_set_number(item, "changed_ms", template->changed_ms);
	return item;
}

static bool write_it(struct working *working, bool create, struct deadline deadline)
{
	struct template *template = &working->template;

	take_texts(working);
	if (!template_check(template, &working->problems))
		return refuse(working);
	template->changed_ms = worker_wall_ms();
	if (create)
		template->created_ms = template->changed_ms;
	return (template_write(working->redis, template, create, deadline) ||
		       admin_mark(working->call, ADMIN_CONFLICT, "name")) &&
	       admin_say(working->call, describe(template, false), deadline);
}

bool admin_template_add(struct admin_call *call, struct deadline deadline)
{
	struct working working;
	bool good;

	begin(&working, call);
	good = write_it(&working, true, deadline);
	arena_finish(&working.arena);
	return good;
}

bool admin_template_change(struct admin_call *call, struct deadline deadline)
{
	struct working working;
	bool good;

	begin(&working, call);
	good = read_it(&working, deadline) && write_it(&working, false, deadline);
	arena_finish(&working.arena);
	return good;
}

bool admin_template_show(struct admin_call *call, struct deadline deadline)
{
	struct working working;
	bool good;

	begin(&working, call);
	good = read_it(&working, deadline) &&
	       admin_say(call, describe(&working.template, true), deadline);
	arena_finish(&working.arena);
	return good;
}

bool admin_template_remove(struct admin_call *call, struct deadline deadline)
{
	struct working working;
	bool good;

	begin(&working, call);
	good = template_remove(working.redis, working.template.tenant,
		       working.template.name, deadline) ||
	       admin_mark(call, ADMIN_ABSENT, NULL);
	arena_finish(&working.arena);
	return good;
}

/* Without `tenant`: of all. What is removed meanwhile is left out. */
bool admin_template_list(struct admin_call *call, struct deadline deadline)
{
	struct working working;
	struct template_key *list = NULL;
	struct slice tenant;
	size_t count = 0;
	bool good;

	begin(&working, call);
	tenant = value_has(call->request, "tenant") ? working.template.tenant
						    : SLICE_EMPTY;
	good = template_list(
		working.redis, tenant, &working.arena, &list, &count, deadline);
	for (size_t i = 0; good && i < count; i++) {
		struct template template;
		struct arena arena = {0};

		if (template_read(working.redis, list[i].tenant, list[i].name, &arena,
			    &template, deadline))
			good = admin_say(call, describe(&template, false), deadline);
		else
			good = failure_kind_last() == FAILURE_DATA;
		arena_finish(&arena);
	}
	arena_finish(&working.arena);
	return good;
}

/* ---- What a message would say ---- */

static const struct doc *variables_of(struct working *working)
{
	const struct value *given = value_get(working->call->request, "variables");
	struct buffer text = {0};
	const struct doc *doc = NULL;

	if (given && value_print(given, &text))
		doc = doc_parse(&working->arena,
			arena_copy(&working->arena, buffer_contents(&text)));
	buffer_finish(&text);
	return doc;
}

static void render(struct working *working, const struct doc *variables,
	struct value *item, const char *name, struct slice text)
{
	struct place place = PLACE(NULL, "variables");
	struct buffer out = {.limit = RENDER_MAX};
	size_t before = working->problems.count;

	if (!text.at)
		return;
	if (template_fill(text, variables, slice_equal(slice_of(name), SLICE("html")),
		    &working->problems, &place, &out))
		value_set_text(item, name, buffer_contents(&out));
	else if (working->problems.count == before)
		problem_add(&working->problems, &place,
			"with them the %s has more than %u bytes", name, RENDER_MAX);
	if (slice_equal(slice_of(name), SLICE("subject")) &&
		!text_is_utf8(buffer_contents(&out)))
		problem_add(&working->problems, &place,
			"a variable brings a line end or control characters into the "
			"subject");
	buffer_finish(&out);
}

static bool render_all(struct working *working, struct deadline deadline)
{
	const struct doc *variables = variables_of(working);
	struct value *item = value_object();

	render(working, variables, item, "subject", working->template.subject);
	render(working, variables, item, "text", working->template.text);
	render(working, variables, item, "html", working->template.html);
	if (!working->problems.count)
		return admin_say(working->call, item, deadline);
	value_release(&item);
	return refuse(working);
}

bool admin_template_render(struct admin_call *call, struct deadline deadline)
{
	struct working working;
	bool good;

	begin(&working, call);
	good = read_it(&working, deadline) && render_all(&working, deadline);
	arena_finish(&working.arena);
	return good;
}
