/*
 * Shaping files: each gives rules that can be asked for anything, or a list of
 * errors with a place each.
 */
#include "shaping/shaping.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

#define NAME "fuzz.yaml"

static void check_value(void *context, const struct shaping_value *value)
{
	HOLD(value->name && *value->origin &&
		strlen(value->text) < sizeof(value->text));
	++*(size_t *)context;
}

static void check_rules(const struct shaping *shaping)
{
	static const char *const names[] = {
		"aspmx.l.google.com", "mx.a.test", "", ".", "a..b", "x.y.z.mx.test"};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		struct slice hosts[] = {slice_of(names[i])};
		struct shaping_question question = {
			.hosts = hosts, .host_count = 1, .domain = slice_of(names[i])};
		struct shaping_rule rule;
		size_t values = 0;

		shaping_find(shaping, &question, &rule);
		HOLD(rule.ahead >= 1 && rule.reaction_lists <= SHAPING_LISTS_MAX);
		for (size_t j = 0; j < rule.reaction_lists; j++)
			HOLD(rule.reactions[j]->count > 0);
		shaping_explain(shaping, &question, check_value, &values);
		HOLD(values > 20);
	}
	for (size_t i = 0; i < shaping_list_count(shaping); i++)
		for (size_t j = 0; j < shaping_list(shaping, i)->count; j++) {
			const struct reaction *reaction =
				&shaping_list(shaping, i)->list[j];

			HOLD(reaction->name && reaction->after >= 1);
			HOLD(reaction->code || reaction->enhanced || reaction->text);
			HOLD(reaction->action == REACTION_NONE || reaction->for_ms > 0);
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char text[] = "hostname: mail.a.test\nlisteners: []\n"
				   "shaping: { shipped: false }\n";
	char *errors = NULL;
	struct config *config = config_parse_text("r.yaml", slice_of(text), &errors);
	struct shaping *shaping;

	HOLD(config);
	shaping = shaping_parse_text(config, NAME, slice_make(data, size), &errors);
	if (shaping) {
		HOLD(!errors);
		check_rules(shaping);
	} else {
		HOLD(errors && strncmp(errors, NAME ":", strlen(NAME ":")) == 0);
	}
	memory_free(errors);
	shaping_release(&shaping);
	config_release(&config);
	return 0;
}
