/* Rules as people write them: words, in nearly any order. */
#include "bench/rule.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"

#include "bench/amount.h"
#include "bench/rule_category.h"
#include "bench/rule_words.h"

#define LINE_MAX_BYTES 1024
#define ALWAYS	       1000000 /* per million */

static bool read_word(struct rule_reading *reading, struct slice word);
static bool read_bare(struct rule_reading *reading, struct slice word);
static bool check(struct rule_reading *reading);
static void choose_reply(struct rule_reading *reading);

bool rules_add(struct rules *rules, struct slice line)
{
	struct rule_reading reading = {.rest = line};
	struct rule *rule = &rules->at[rules->count];
	struct slice word;
	char place[80];

	if (rules->count == RULES_MAX)
		return fail(FAILURE_CONFIG, "more than %d rules", RULES_MAX);
	memset(rule, 0, sizeof(*rule));
	rule->per_million = ALWAYS;
	reading.rule = rule;
	while (rule_next_word(&reading.rest, &word))
		if (!read_word(&reading, word))
			goto refused;
	if (!check(&reading))
		goto refused;
	choose_reply(&reading);
	if (rule->first_try)
		seen_init(&rules->seen);
	rules->count++;
	rules->stages |= rule->stage == RULE_ANY ? ~0u : 1u << rule->stage;
	return true;
refused:
	memory_free(rule->domain);
	memory_free(rule->address);
	rule->domain = rule->address = NULL;
	snprintf(place, sizeof(place), "rule \"%.*s\"",
		SLICE_PRINT(slice_part(line, 0, 60)));
	return fail_in(place);
}

bool rules_read_file(struct rules *rules, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[LINE_MAX_BYTES];
	unsigned number = 0;
	bool good = true;

	if (!file)
		return fail_errno(FAILURE_FILE, errno, "cannot read %s", path);
	while (good && fgets(line, sizeof(line), file)) {
		struct slice text = slice_trim_all(slice_of(line));
		char place[300];

		number++;
		if (text.size == 0 || text.at[0] == '#')
			continue;
		snprintf(place, sizeof(place), "%s:%u", path, number);
		good = rules_add(rules, text) || fail_in(place);
	}
	fclose(file);
	return good;
}

void rules_finish(struct rules *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		memory_free(rules->at[i].domain);
		memory_free(rules->at[i].address);
		memory_free((void *)(uintptr_t)rules->at[i].reply.text.at);
	}
	seen_finish(&rules->seen);
	memset(rules, 0, sizeof(*rules));
}

static bool is(struct slice word, const char *name)
{
	return slice_equal(word, slice_of(name));
}

static bool read_word(struct rule_reading *reading, struct slice word)
{
	bool known;

	if (*word.at == '"') {
		reading->text = slice_from(word, 1);
		return true;
	}
	if (is(word, "->") || is(word, "\xe2\x86\x92")) /* an arrow, for readers */
		return true;
	if (!rule_read_keyword(reading, word, &known))
		return false;
	return known || read_bare(reading, word);
}

/* ---- What is known by its form: STAGE, CODE, CATEGORY, X.Y.Z, N% ---- */

static bool read_percent(struct rule_reading *reading, struct slice word)
{
	double percent;

	word.size--;
	if (!amount_read_rate(word, &percent) || percent > 100)
		return fail(FAILURE_CONFIG, "\"%.*s%%\" is not a share of 100 %%",
			SLICE_PRINT(word));
	reading->rule->per_million = (uint64_t)(percent * ALWAYS / 100);
	return true;
}

static bool read_category(struct rule_reading *reading, const struct reply *typical)
{
	struct reply *reply = &reading->rule->reply;

	if (reply->code || reply->enhanced.class)
		return fail(FAILURE_CONFIG, "a category says its code itself");
	*reply = *typical;
	if (!reading->text.at)
		reading->text = typical->text;
	reply->text = SLICE_EMPTY; /* chosen at the end */
	return reading->has_action || rule_set_action(reading, RULE_REFUSE);
}

static bool read_bare(struct rule_reading *reading, struct slice word)
{
	struct reply typical;
	enum rule_stage stage;
	uint64_t code;

	if (rule_find_stage(word, &stage)) {
		if (reading->has_stage)
			return fail(FAILURE_CONFIG, "two stages");
		reading->has_stage = true;
		reading->rule->stage = stage;
		return true;
	}
	if (word.at[word.size - 1] == '%')
		return read_percent(reading, word);
	if (enhanced_code_parse(word, &reading->rule->reply.enhanced))
		return true;
	if (rule_category_reply(word, &typical))
		return read_category(reading, &typical);
	if (slice_to_u64(word, &code) && code >= 400 && code <= 599) {
		reading->rule->reply.code = (int)code;
		return reading->has_action || rule_set_action(reading, RULE_REFUSE);
	}
	return fail(FAILURE_CONFIG,
		"\"%.*s\" is not a stage, a code of 400 to 599, a category, a "
		"condition or an action; texts are put in quotes",
		SLICE_PRINT(slice_part(word, 0, 40)));
}

static bool check(struct rule_reading *reading)
{
	const struct rule *rule = reading->rule;
	bool refuses = rule->action == RULE_REFUSE ||
		       rule->action == RULE_CONNECTIONS ||
		       rule->action == RULE_MESSAGES;

	if (!reading->has_action)
		return fail(FAILURE_CONFIG, "it does nothing: a code (STAGE 450), "
					    "delay, disconnect, tarpit, connections "
					    "max or messages max is missing");
	if (!reading->has_stage)
		return fail(FAILURE_CONFIG,
			"no stage: connect, ehlo, starttls, auth, mail, rcpt, data, "
			"body, dot, reply, quit or any");
	if (!refuses && (rule->reply.code || reading->text.at))
		return fail(FAILURE_CONFIG, "a delay or a disconnect has no reply");
	if (refuses && (rule->stage == RULE_BODY || rule->stage == RULE_REPLY))
		return fail(FAILURE_CONFIG, "at %s one can only delay or disconnect",
			rule_stage_name(rule->stage));
	if (rule->domain && rule->stage != RULE_ANY &&
		(rule->stage < RULE_MAIL || rule->stage > RULE_REPLY))
		return fail(FAILURE_CONFIG, "there is no domain yet at %s",
			rule_stage_name(rule->stage));
	if (rule->penalty_us && rule->over_rate <= 0 && !rule->over_us)
		return fail(FAILURE_CONFIG, "\"for TIME\" goes with \"over\"");
	if (rule->reply.enhanced.class &&
		rule->reply.enhanced.class != rule->reply.code / 100)
		return fail(FAILURE_CONFIG, "%d and %d.%d.%d contradict each other",
			rule->reply.code, rule->reply.enhanced.class,
			rule->reply.enhanced.subject, rule->reply.enhanced.detail);
	return true;
}

static void choose_reply(struct rule_reading *reading)
{
	struct reply *reply = &reading->rule->reply;
	struct slice text = reading->text.at ? reading->text
					     : SLICE("Refused by a rule of the sink");

	if (!reply->code)
		reply->code = 421;
	if (!reply->enhanced.class)
		reply->enhanced.class = (unsigned short)(reply->code / 100);
	reply->text = slice_make(memory_copy_text(text), text.size);
}
