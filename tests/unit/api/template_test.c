/* {{names}} in texts: what is put in, and what is not taken when it is stored. */
#include "api/templates.h"

#include "base/memory.h"
#include "check.h"

static void check_filled(const char *text, bool html, const char *want)
{
	struct arena arena = {0};
	const struct doc *variables = doc_parse(
		&arena, SLICE("{\"a\":\"<1>\",\"b.c\":2,\"d-e_f\":true}"));
	struct problems problems = {.arena = &arena};
	struct place place = PLACE(NULL, "text");
	struct buffer out = {0};

	CHECK(template_fill(slice_of(text), variables, html, &problems, &place, &out));
	CHECK_SLICE(buffer_contents(&out), want);
	buffer_finish(&out);
	arena_finish(&arena);
}

CASE("names are put in, in HTML escaped; what is no name stays")
{
	check_filled("", false, "");
	check_filled("x", false, "x");
	check_filled("{{a}}", false, "<1>");
	check_filled("-{{ b.c }}-{{d-e_f}}-", false, "-2-true-");
	check_filled("{{a}}{{{a}}}", true, "&lt;1&gt;<1>");
	check_filled("{{a", false, "{{a");
	check_filled("{{#if a}}{{a}}{{/if}}", false, "{{#if a}}<1>{{/if}}");
	check_filled("{ {a} } }} {{}} {{{a}}", false, "{ {a} } }} {{}} {{{a}}");
	check_filled("a{b:c}{{", true, "a{b:c}{{");
}

CASE("a name without a variable is told")
{
	struct arena arena = {0};
	struct problems problems = {.arena = &arena};
	struct place place = PLACE(NULL, "html");
	struct buffer out = {0};

	CHECK(!template_fill(SLICE("{{none}}"), NULL, true, &problems, &place, &out));
	CHECK_NUMBER(problems.count, 1);
	CHECK_SLICE(problems.list[0].pointer, "/html");
	CHECK_SLICE(problems.list[0].detail, "there is no variable for {{none}}");
	buffer_finish(&out);
	arena_finish(&arena);
}

/* PLACES: the pointers of what is wrong, with blanks between them. */
static void check_stored(const struct template *template, const char *places)
{
	struct arena arena = {0};
	struct problems problems = {.arena = &arena};
	struct buffer got = {0};
	bool good = template_check(template, &problems);

	for (size_t i = 0; i < problems.count; i++)
		buffer_append_format(&got, "%s%.*s", i ? " " : "",
			SLICE_PRINT(problems.list[i].pointer));
	CHECK_SLICE(buffer_contents(&got), places);
	CHECK(good == !places[0]);
	buffer_finish(&got);
	arena_finish(&arena);
}

CASE("what may be stored")
{
	struct template good = {.name = SLICE("welcome-1"),
		.subject = SLICE("Hello {{name}}"),
		.text = SLICE("Dear {{ name }},\r\n\tbye\n"),
		.html = SLICE("<style>@media x{a{b:c}}</style>{{{offer}}}")};
	struct template template = {.name = SLICE("x"), .text = SLICE("")};

	check_stored(&good, "");
	check_stored(&template, "");
	good.tenant = SLICE("a/b");
	good.name = SLICE("");
	check_stored(&good, "/name /tenant");
	template.text = SLICE("{{a}}\n{{#if b}}\n{{a|upper}} {{> c}} {{d");
	check_stored(&template, "/text /text /text /text");
	template.text = SLICE("a\033[1m");
	template.html = SLICE("{{&a}}");
	template.subject = SLICE("a\r\nBcc: b@x.test");
	check_stored(&template, "/subject /text /html");
}

CASE("too large, or nothing at all")
{
	char *large = memory_allocate(TEMPLATE_SIZE_MAX + 1);
	struct template template = {.name = SLICE("x")};
	struct arena arena = {0};
	struct problems problems = {.arena = &arena};

	memset(large, 'a', TEMPLATE_SIZE_MAX + 1);
	CHECK(!template_check(&template, &problems));
	template.html = slice_make(large, TEMPLATE_SIZE_MAX + 1);
	CHECK(!template_check(&template, &problems));
	CHECK_NUMBER(problems.count, 2);
	template.html.size--;
	CHECK(template_check(&template, &problems));
	template.html = SLICE_EMPTY;
	template.subject = slice_make(large, API_SUBJECT_MAX + 1);
	CHECK(!template_check(&template, &problems));
	memory_free(large);
	arena_finish(&arena);
}

CASE("what is wrong says where")
{
	struct template template = {
		.name = SLICE("x"), .text = SLICE("a\nb\n{{#each x}}\n{{y\n}}")};
	struct arena arena = {0};
	struct problems problems = {.arena = &arena};

	CHECK(!template_check(&template, &problems));
	CHECK_NUMBER(problems.count, 2);
	CHECK_SLICE(problems.list[0].detail,
		"line 3: \"{{#each x}}\" is not known: {{name}} and {{{name}}} are, of "
		"letters, digits and -_.");
	CHECK_SLICE(problems.list[1].detail, "line 4: \"{{\" has no \"}}\"");
	arena_finish(&arena);
}

CHECK_MAIN()
