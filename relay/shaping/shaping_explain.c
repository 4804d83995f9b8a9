/* A rule in words: each value, and where it was written. */
#include <stdio.h>

#include "base/config_value.h"

#include "shaping/shaping_core.h"

static void say_value(unsigned place, uint64_t value, char text[32])
{
	static const char *const levels[] = {"none", "may", "must", "verify"};

	text[0] = 0;
	if (place == PLACE_TLS)
		snprintf(text, 32, "%s", levels[value]);
	else if (place == PLACE_IDLE)
		config_value_say_duration(value, text);
	else if (value)
		snprintf(text, 32, "%llu", (unsigned long long)value);
}

static void say_origin(const struct chosen *chosen, char *text, size_t size)
{
	if (!chosen->layer || (!chosen->setting->line && !chosen->layer->shipped))
		snprintf(text, size, "default");
	else if (chosen->layer->shipped)
		snprintf(text, size, "%s", chosen->layer->origin);
	else
		snprintf(text, size, "%.250s:%u", chosen->layer->origin,
			chosen->setting->line);
}

void shaping_explain(const struct shaping *shaping,
	const struct shaping_question *question,
	void (*visit)(void *context, const struct shaping_value *value), void *context)
{
	static const char *const scopes[] = {"site", "provider", "domain"};
	struct chosen chosen[SHAPING_PLACES] = {{0}};
	struct shaping_rule rule;
	struct stack stack;

	shaping_find_layers(shaping, question, &stack);
	shaping_combine(&stack, &rule, chosen);
	for (unsigned place = 0; place < SHAPING_PLACES; place++) {
		struct shaping_value value = {
			.scope = place < SHAPING_MANNER ? scopes[place / SHAPING_LIMITS]
							: NULL,
			.name = shaping_place_name(place),
		};

		say_value(place, shaping_get(&rule, place), value.text);
		say_origin(&chosen[place], value.origin, sizeof(value.origin));
		visit(context, &value);
	}
}
