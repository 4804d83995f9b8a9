/* Whether a template may be stored. */
#include "api/templates.h"

#include "mail/text.h"
#include "queue/envelope.h"

#define FAULTS_MAX 10 /* told of a text */
#define SHOWN_MAX  40

static size_t count_lines(struct slice text)
{
	size_t lines = 0;

	for (size_t i = 0; i < text.size; i++)
		lines += text.at[i] == '\n';
	return lines;
}

/* What is said of double braces that hold no name. */
static void tell_broken(struct problems *problems, const struct place *place,
	struct slice broken, size_t line)
{
	size_t end = slice_find(broken, SLICE("}}"));
	struct slice shown = slice_part(broken, 0, slice_index(broken, '\n'));

	if (end == broken.size || end > shown.size) {
		problem_add(problems, place, "line %zu: \"{{\" has no \"}}\"", line);
		return;
	}
	shown = slice_part(shown, 0, end + 2);
	problem_add(problems, place,
		"line %zu: \"%.*s\" is not known: {{name}} and {{{name}}} are, of "
		"letters, digits and -_.",
		line,
		SLICE_PRINT(shown.size > SHOWN_MAX ? slice_part(broken, 0, SHOWN_MAX)
						   : shown));
}

static void check_braces(
	struct slice text, struct problems *problems, const struct place *place)
{
	struct template_piece piece;
	size_t line = 1, faults = 0;
	const char *at = text.at;

	while (faults < FAULTS_MAX && template_next(&text, &piece)) {
		if (!piece.broken.at)
			continue;
		line += count_lines(slice_make(at, (size_t)(piece.broken.at - at)));
		at = piece.broken.at;
		tell_broken(problems, place, piece.broken, line);
		faults++;
	}
}

/* Line ends and tabs, and no other control characters. */
static bool is_text(struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if ((c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
			return false;
	}
	return true;
}

static void check_text(struct slice text, struct problems *problems, const char *name)
{
	struct place place = PLACE(NULL, name);

	if (!is_text(text))
		problem_add(problems, &place,
			"a text has no control characters but line ends and tabs");
	else
		check_braces(text, problems, &place);
}

static void check_names(const struct template *template, struct problems *problems)
{
	struct place name = PLACE(NULL, "name"), tenant = PLACE(NULL, "tenant");

	if (!flow_name_is_valid(template->name, TEMPLATE_NAME_MAX))
		problem_add(problems, &name,
			"a template's name has 1 to %d letters, digits and -_.",
			TEMPLATE_NAME_MAX);
	if (template->tenant.size &&
		!flow_name_is_valid(template->tenant, TENANT_SIZE_MAX))
		problem_add(problems, &tenant,
			"a tenant's name has at most %d letters, digits and -_.",
			TENANT_SIZE_MAX);
}

bool template_check(const struct template *template, struct problems *problems)
{
	struct place all = {.prefix = SLICE("")}, subject = PLACE(NULL, "subject");
	size_t before = problems->count;

	check_names(template, problems);
	if (!template->subject.at && !template->text.at && !template->html.at)
		problem_add(problems, &all, "one of subject, text, html is needed");
	if (template->subject.size + template->text.size + template->html.size >
		TEMPLATE_SIZE_MAX)
		problem_add(problems, &all,
			"a template has at most %u bytes: subject, text and html "
			"together",
			TEMPLATE_SIZE_MAX);
	if (problems->count > before)
		return false;
	if (template->subject.size > API_SUBJECT_MAX ||
		!text_is_utf8(template->subject))
		problem_add(problems, &subject,
			"a subject is one line of at most %d bytes", API_SUBJECT_MAX);
	else
		check_braces(template->subject, problems, &subject);
	check_text(template->text, problems, "text");
	check_text(template->html, problems, "html");
	return problems->count == before;
}
