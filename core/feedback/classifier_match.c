/*
 * A refusal matched against the rules. Yours before those that ship, those of its
 * provider before those of every host; the first that fits decides.
 */
#include "feedback/classifier_core.h"

#include <string.h>

#include "base/memory.h"

#define HOST_MAX 255
#define TEXT_MAX 800 /* bytes of a reply that are looked at */

/* What is matched: codes as numbers, the text on one line. Too much for a fiber's
 * stack. */
struct refusal {
	int code;
	struct enhanced_code enhanced;
	struct slice text; /* in `line` */
	bool ours;
	struct pattern_trigrams trigrams; /* of the text */
	char line[];
};

static bool text_fits(const struct pattern *pattern, const struct refusal *refusal)
{
	return !refusal->ours && pattern_may_match(pattern, &refusal->trigrams) &&
	       pattern_matches(pattern, refusal->text);
}

static bool number_fits(int wanted, int said)
{
	return wanted == BOUNCE_ANY || wanted == said;
}

static bool codes_fit(const struct bounce_rule *rule, const struct refusal *refusal)
{
	const struct enhanced_code *enhanced = &refusal->enhanced;

	if (refusal->code < rule->code_least || refusal->code > rule->code_most)
		return false;
	return number_fits(rule->class, enhanced->class) &&
	       number_fits(rule->subject, enhanced->subject) &&
	       number_fits(rule->detail, enhanced->detail);
}

static const struct bounce_rule *match(
	const struct bounce_rules *rules, const struct refusal *refusal)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct bounce_rule *rule = &rules->list[i];

		if (!codes_fit(rule, refusal))
			continue;
		if (!rule->text || text_fits(rule->text, refusal))
			return rule;
	}
	return NULL;
}

/* "mx.example.com[192.0.2.1]:25": the name, in lower case. */
static struct slice host_name(struct slice host, char name[HOST_MAX])
{
	host = slice_cut(&host, '[');
	if (host.size > HOST_MAX)
		return SLICE_EMPTY;
	for (size_t i = 0; i < host.size; i++)
		name[i] = ascii_lower(host.at[i]);
	return slice_make(name, host.size);
}

/* By its host: the name itself, else the longest ".suffix"; else by what it says,
 * for what another server passes on is of a host that is not known here. */
static const struct bounce_provider *find_provider(const struct classifier *classifier,
	struct slice host, const struct refusal *refusal)
{
	char name[HOST_MAX];
	struct slice rest = host_name(host, name);
	const struct bounce_provider *found = map_find(&classifier->hosts, rest);

	while (!found && rest.size) {
		rest = slice_from(rest, 1);
		rest = slice_from(rest, slice_index(rest, '.'));
		found = rest.size ? map_find(&classifier->hosts, rest) : NULL;
	}
	for (size_t i = 0; !found && i < classifier->provider_count; i++) {
		const struct bounce_provider *provider = classifier->providers[i];

		if (provider->text && text_fits(provider->text, refusal))
			found = provider;
	}
	return found;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Receivers break lines anywhere: each run of blanks is one space. */
static struct slice on_one_line(struct slice text, char *line)
{
	size_t used = 0;

	for (size_t i = 0; i < text.size; i++) {
		bool blank = is_blank(text.at[i]);

		if (!blank || (used && line[used - 1] != ' '))
			line[used++] = blank ? ' ' : text.at[i];
	}
	return slice_make(line, used);
}

/* "#5.1.1" in the text, as qmail and those after it write the enhanced code. */
static struct enhanced_code code_in_text(struct slice text)
{
	struct enhanced_code code = {0, 0, 0};

	while (!code.class && text.size) {
		size_t size = 0;

		text = slice_from(text, slice_index(text, '#') + 1);
		while (size < text.size &&
			(ascii_is_digit(text.at[size]) || text.at[size] == '.'))
			size++;
		enhanced_code_parse(slice_part(text, 0, size), &code);
	}
	return code;
}

static const struct bounce_rule *find_rule(const struct classifier *classifier,
	const struct refusal *refusal, struct slice host)
{
	const struct bounce_provider *provider = find_provider(
		classifier, host, refusal);
	const struct bounce_rule *rule = NULL;

	if (provider)
		rule = match(&provider->local, refusal);
	if (!rule)
		rule = match(&classifier->local, refusal);
	if (!rule && provider)
		rule = match(&provider->shipped, refusal);
	return rule ? rule : match(&classifier->shipped, refusal);
}

static struct refusal *prepare(const struct category_question *question)
{
	struct slice text = slice_part(question->text, 0, TEXT_MAX);
	struct refusal *refusal = memory_allocate(sizeof(*refusal) + text.size);

	refusal->code = question->code;
	refusal->enhanced = question->enhanced;
	refusal->ours = question->ours;
	refusal->text = on_one_line(text, refusal->line);
	pattern_trigrams_of(refusal->text, &refusal->trigrams);
	if (!refusal->enhanced.class)
		refusal->enhanced = code_in_text(refusal->text);
	/* What only a status is known of is as bad as that says. */
	if (!refusal->code)
		refusal->code = refusal->enhanced.class * 100;
	return refusal;
}

enum category category_of(const struct classifier *classifier,
	const struct category_question *question, const struct category_rule **rule_r)
{
	struct refusal *refusal = prepare(question);
	const struct bounce_rule *rule = find_rule(classifier, refusal, question->host);

	memory_free(refusal);
	if (rule_r)
		*rule_r = rule ? &rule->told : NULL;
	return rule ? rule->told.category : CATEGORY_OTHER;
}

/* ---- Reading what is quoted ---- */

/* "550", "550-5.1.1 …": a code and what stands behind it. */
static bool take_code(struct slice *line, int *code_r)
{
	struct slice rest = *line;
	uint64_t code;

	if (!slice_to_u64(slice_part(rest, 0, 3), &code) || code < 400 || code > 599)
		return false;
	rest = slice_from(rest, 3);
	if (rest.size && rest.at[0] != ' ' && rest.at[0] != '-')
		return false;
	*line = slice_trim(slice_from(rest, 1));
	*code_r = (int)code;
	return true;
}

static bool take_enhanced(struct slice *line, struct enhanced_code *code_r)
{
	struct slice rest = *line, word = slice_cut(&rest, ' ');

	if (!enhanced_code_parse(word, code_r))
		return false;
	*line = slice_trim(rest);
	return true;
}

struct category_question category_question_of(
	struct slice line, struct slice host, struct arena *arena)
{
	struct category_question question = {.host = host};
	struct slice rest = slice_trim_all(line);
	char *text = arena_take(arena, rest.size + 1);
	size_t used = 0;

	for (bool first = true; rest.at; first = false) {
		struct slice part = slice_trim_all(slice_cut(&rest, '\n'));
		struct enhanced_code enhanced = {0, 0, 0};
		int code = 0;

		/* They stand on each line of several; those of the first count. */
		if ((first || question.code) && take_code(&part, &code) && first)
			question.code = code;
		if (take_enhanced(&part, &enhanced) && first)
			question.enhanced = enhanced;
		if (used)
			text[used++] = '\n';
		memcpy(text + used, part.size ? part.at : "", part.size);
		used += part.size;
	}
	question.text = slice_make(text, used);
	question.ours = !question.code && question.enhanced.class;
	return question;
}

/* ---- The order they are tried in ---- */

static bool visit_all(const struct bounce_rules *rules,
	bool (*visit)(void *context, const struct category_rule *rule), void *context)
{
	for (size_t i = 0; i < rules->count; i++)
		if (!visit(context, &rules->list[i].told))
			return false;
	return true;
}

void classifier_each_rule(const struct classifier *classifier,
	bool (*visit)(void *context, const struct category_rule *rule), void *context)
{
	bool more = true;

	for (size_t i = 0; more && i < classifier->provider_count; i++)
		more = visit_all(&classifier->providers[i]->local, visit, context);
	more = more && visit_all(&classifier->local, visit, context);
	for (size_t i = 0; more && i < classifier->provider_count; i++)
		more = visit_all(&classifier->providers[i]->shipped, visit, context);
	if (more)
		visit_all(&classifier->shipped, visit, context);
}
