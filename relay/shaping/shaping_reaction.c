/* A file's reactions: what is wrong between their values, and plain data of them. */
#include "base/config_value.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/pattern.h"

#include "shaping/shaping_core.h"

#define AFTER_MAX     1000
#define WITHIN_MAX_MS (7 * 24 * 3600 * 1000LL)

static struct config_mark mark_of(const struct config_reading *reading,
	const struct config_reaction *written, const void *member)
{
	return config_reading_mark(reading, member, written->mark);
}

bool shaping_parse_after(const char *text, uint64_t *count_r, int64_t *within_ms_r)
{
	struct slice rest = slice_of(text);
	struct slice count = slice_cut(&rest, ' '), in = slice_cut(&rest, ' ');
	uint64_t ms;

	if (!slice_to_u64(count, count_r) || *count_r < 1 || *count_r > AFTER_MAX ||
		!slice_equal(in, SLICE("in")) || config_value_duration(rest, &ms) ||
		ms < 1000 || ms > WITHIN_MAX_MS)
		return false;
	*within_ms_r = (int64_t)ms;
	return true;
}

static bool limits_something(const struct config_reaction *written)
{
	return written->action != ACTION_NONE && written->action != ACTION_SUSPEND;
}

static void check_recovery(
	struct config_reading *reading, const struct config_reaction *written)
{
	const struct config_recover *recover = &written->recover;
	bool any = recover->add || recover->times || recover->connections ||
		   recover->every_ms ||
		   config_reading_written(reading, &recover->steps);

	if (!any)
		return;
	if (written->action == ACTION_NONE)
		config_error(reading->errors, written->mark,
			"recover: with action none there is nothing to recover from; "
			"allowed: with another action");
	if (!config_reading_written(reading, &recover->every_ms))
		config_error(reading->errors, written->mark,
			"recover: \"every\" is missing; allowed: with every, such as "
			"every: 1m");
	if (recover->add && recover->times)
		config_error(reading->errors,
			mark_of(reading, written, &recover->times),
			"recover: times with add; allowed: one of them");
	if (recover->connections && written->action != ACTION_SUSPEND)
		config_error(reading->errors,
			mark_of(reading, written, &recover->connections),
			"recover: connections is for what was suspended; allowed: "
			"with action suspend");
}

static void check(struct config_reading *reading, const struct config_reaction *written)
{
	const struct config_match *match = &written->match;

	if (!config_reading_written(reading, &match->code) &&
		!config_reading_written(reading, &match->enhanced) &&
		!config_reading_written(reading, &match->text))
		config_error(reading->errors, written->mark,
			"match: it would match every reply; allowed: at least one of "
			"code, enhanced, text");
	if (match->text && !pattern_check(match->text))
		config_error(reading->errors, mark_of(reading, written, &match->text),
			"text: %s; allowed: a regular expression as Perl's",
			failure_last()->text);
	if (limits_something(written) && !config_reading_written(reading, &written->to))
		config_error(reading->errors, written->mark,
			"\"to\" is missing; allowed: the number that the action limits "
			"to");
	if (!limits_something(written) && written->to)
		config_error(reading->errors, mark_of(reading, written, &written->to),
			"to: this action has no number; allowed: without to");
	if (written->action != ACTION_NONE &&
		!config_reading_written(reading, &written->for_ms))
		config_error(reading->errors, written->mark,
			"\"for\" is missing; allowed: a duration, such as 10m");
	check_recovery(reading, written);
}

static enum reaction_action action_of(enum config_action written)
{
	switch (written) {
	case ACTION_NONE:
		return REACTION_NONE;
	case ACTION_SUSPEND:
		return REACTION_SUSPEND;
	case ACTION_CONNECTIONS:
		return REACTION_CONNECTIONS;
	case ACTION_MESSAGES_PER_CONNECTION:
		return REACTION_MESSAGES_PER_CONNECTION;
	case ACTION_MESSAGES:
		break;
	}
	return REACTION_MESSAGES;
}

static struct reaction_recovery recovery_of(const struct config_reaction *written)
{
	const struct config_recover *from = &written->recover;
	struct reaction_recovery recovery = {0};

	if (from->every_ms == 0)
		return recovery;
	recovery = (struct reaction_recovery){
		.add = from->times || from->add ? from->add : 1,
		.times = from->times,
		.steps = from->steps,
		.every_ms = from->every_ms,
	};
	if (written->action == ACTION_SUSPEND)
		recovery.connections = from->connections ? from->connections : 1;
	return recovery;
}

static const char *copy(struct shaping *shaping, const char *text)
{
	return text ? arena_copy_text(&shaping->arena, slice_of(text)) : NULL;
}

static void convert(struct shaping *shaping, const struct config_reaction *written,
	struct reaction *into, enum reaction_scope scope)
{
	*into = (struct reaction){
		.code = copy(shaping, written->match.code),
		.enhanced = copy(shaping, written->match.enhanced),
		.text = copy(shaping, written->match.text),
		.action = action_of(written->action),
		.to = written->to,
		.for_ms = written->for_ms,
		.after = 1,
		.scope = scope,
		.recover = recovery_of(written),
		.name = copy(shaping, written->name),
		.line = written->mark.line,
	};
	if (into->action == REACTION_MESSAGES)
		into->period = (enum limit_period)(written->action - ACTION_MESSAGES);
	if (written->after)
		shaping_parse_after(written->after, &into->after, &into->within_ms);
}

static void add_list(struct shaping *shaping, struct reaction_list *list)
{
	if (shaping->list_count == shaping->list_room) {
		shaping->list_room = shaping->list_room ? 2 * shaping->list_room : 64;
		shaping->lists = memory_resize(
			shaping->lists, shaping->list_room * sizeof(*shaping->lists));
	}
	list->id = (unsigned)shaping->list_count;
	shaping->lists[shaping->list_count++] = list;
}

void shaping_add_reactions(struct shaping *shaping, struct config_reading *reading,
	const struct config_rule *rule, struct layer *layer,
	enum reaction_scope default_scope)
{
	struct reaction *list;
	const char *whose = rule->name	   ? rule->name
			    : rule->domain ? rule->domain
					   : "default";

	if (rule->react_count == 0)
		return;
	list = arena_take_array(&shaping->arena, rule->react_count, sizeof(*list));
	for (size_t i = 0; i < rule->react_count; i++) {
		const struct config_reaction *written = &rule->react[i];
		bool scoped = config_reading_written(reading, &written->scope);

		check(reading, written);
		convert(shaping, written, &list[i],
			scoped ? written->scope : default_scope);
		if (!list[i].name)
			list[i].name = arena_format(
				&shaping->arena, "%s/%zu", whose, i + 1)
					       .at;
	}
	layer->reactions = (struct reaction_list){
		.list = list, .count = rule->react_count, .origin = layer->origin};
	add_list(shaping, &layer->reactions);
}
