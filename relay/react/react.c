/* What is done to a scope since a receiver complained, and how that ends. */
#include "react/react.h"

#include <string.h>

#include "base/map.h"
#include "base/memory.h"

#define LOWERED_MOST 1000000 /* more than that is as good as no limit */

void react_copy_text(char *into, size_t size, struct slice text)
{
	size_t used = text.size < size ? text.size : size - 1;

	if (used)
		memcpy(into, text.at, used);
	into[used] = '\0';
}

/* The count of a rule, or the one that began longest ago. */
static struct react_count *find_count(struct react *react, uint64_t rule)
{
	struct react_count *oldest = &react->counts[0];

	for (size_t i = 0; i < REACT_COUNTS_MAX; i++) {
		struct react_count *count = &react->counts[i];

		if (count->rule == rule)
			return count;
		if (count->first_ms < oldest->first_ms)
			oldest = count;
	}
	*oldest = (struct react_count){.rule = rule};
	return oldest;
}

/* The first of a number begins a time in which the others count. */
static bool is_enough(struct react *react, const struct reaction *reaction,
	struct slice place, int64_t now_ms)
{
	struct react_count *count;

	if (reaction->after <= 1)
		return true;
	count = find_count(react, map_hash(place) + reaction->line);
	if (count->times == 0 || now_ms - count->first_ms > reaction->within_ms) {
		count->times = 0;
		count->first_ms = now_ms;
	}
	if (++count->times < reaction->after)
		return false;
	count->times = 0;
	return true;
}

static enum react_kind kind_of(const struct reaction *reaction)
{
	if (reaction->action == REACTION_CONNECTIONS)
		return REACT_CONNECTIONS;
	if (reaction->action == REACTION_MESSAGES_PER_CONNECTION)
		return REACT_PER_CONNECTION;
	return (enum react_kind)(REACT_MESSAGES + (int)reaction->period);
}

static enum react_answer suspend(struct react *react, const struct reaction *reaction,
	int64_t began_ms, int64_t now_ms)
{
	if (react->until_ms > now_ms ||
		(react->suspended_ms && began_ms <= react->suspended_ms))
		return REACT_KNOWN;
	react->suspended_ms = now_ms;
	react->until_ms = now_ms + reaction->for_ms;
	react->after = reaction->recover;
	return REACT_BEGUN;
}

static enum react_answer lower(struct react *react, const struct reaction *reaction,
	int64_t began_ms, int64_t now_ms)
{
	struct react_lowering *lowered = &react->lowered[kind_of(reaction)];
	bool same = lowered->to && lowered->to <= reaction->to;

	if (lowered->to && began_ms <= lowered->from_ms)
		return REACT_KNOWN;
	if (!same)
		lowered->to = reaction->to;
	lowered->from_ms = now_ms;
	lowered->next_ms = now_ms + reaction->for_ms;
	lowered->steps = 0;
	lowered->recover = reaction->recover;
	return same ? REACT_LONGER : REACT_BEGUN;
}

enum react_answer react_hear(struct react *react, const struct reaction *reaction,
	struct slice place, struct slice reply, int64_t began_ms, int64_t now_ms)
{
	enum react_answer answer;

	if (reaction->action == REACTION_NONE ||
		!is_enough(react, reaction, place, now_ms))
		return REACT_COUNTED;
	if (reaction->action == REACTION_SUSPEND)
		answer = suspend(react, reaction, began_ms, now_ms);
	else
		answer = lower(react, reaction, began_ms, now_ms);
	if (answer == REACT_KNOWN)
		return answer;
	react_copy_text(react->name, REACT_NAME_MAX, slice_of(reaction->name));
	react_copy_text(react->place, REACT_PLACE_MAX, place);
	react_copy_text(react->reply, REACT_REPLY_MAX, reply);
	react->heard_ms = now_ms;
	return answer;
}

/* ---- And up again ---- */

static bool step_up(struct react_lowering *lowered, uint64_t configured)
{
	const struct reaction_recovery *recover = &lowered->recover;
	uint64_t to = lowered->to;

	lowered->steps++;
	to = recover->times > 1 ? to * recover->times : to + recover->add;
	if (recover->every_ms <= 0 || to == lowered->to || to > LOWERED_MOST ||
		(configured && to >= configured) ||
		(recover->steps && lowered->steps >= recover->steps)) {
		*lowered = (struct react_lowering){0};
		return false;
	}
	lowered->to = to;
	lowered->next_ms += recover->every_ms;
	return true;
}

static void resume(struct react *react)
{
	struct react_lowering *lowered = &react->lowered[REACT_CONNECTIONS];
	const struct reaction_recovery *after = &react->after;

	if (after->connections && after->every_ms > 0)
		*lowered = (struct react_lowering){
			.to = after->connections,
			.from_ms = react->until_ms,
			.next_ms = react->until_ms + after->every_ms,
			.recover = *after,
		};
	/* What was sent before it is still about what is over. */
	react->until_ms = 0;
}

static uint64_t configured_of(const struct limit_terms *configured,
	uint64_t per_connection, enum react_kind kind)
{
	if (kind == REACT_CONNECTIONS)
		return configured->connections;
	if (kind == REACT_PER_CONNECTION)
		return per_connection;
	return configured->messages[kind - REACT_MESSAGES];
}

bool react_advance(struct react *react, const struct limit_terms *configured,
	uint64_t per_connection, int64_t now_ms)
{
	bool changed = false;

	if (react->until_ms && react->until_ms <= now_ms) {
		resume(react);
		changed = true;
	}
	for (unsigned kind = 0; kind < REACT_KINDS; kind++) {
		struct react_lowering *lowered = &react->lowered[kind];

		while (lowered->to && lowered->next_ms <= now_ms) {
			changed = true;
			if (!step_up(lowered,
				    configured_of(configured, per_connection, kind)))
				break;
		}
	}
	return changed;
}

int64_t react_next_ms(const struct react *react)
{
	int64_t next = react->until_ms;

	for (unsigned kind = 0; kind < REACT_KINDS; kind++) {
		const struct react_lowering *lowered = &react->lowered[kind];

		if (lowered->to && (!next || lowered->next_ms < next))
			next = lowered->next_ms;
	}
	return next;
}

bool react_is_over(const struct react *react)
{
	return react_next_ms(react) == 0;
}

struct limit_terms react_terms(const struct react *react)
{
	struct limit_terms terms = {
		.connections = react->lowered[REACT_CONNECTIONS].to};

	for (unsigned period = 0; period < PERIODS; period++)
		terms.messages[period] = react->lowered[REACT_MESSAGES + period].to;
	return terms;
}

void react_say(const struct react *react, struct buffer *text)
{
	static const char *const units[REACT_KINDS] = {"connections at most",
		"messages a connection", "messages a second", "messages a minute",
		"messages an hour", "messages a day"};
	const char *before = react->until_ms ? ", then " : "";

	if (react->until_ms)
		buffer_append(text, SLICE("suspended"));
	for (unsigned kind = 0; kind < REACT_KINDS; kind++) {
		uint64_t to = react->lowered[kind].to;

		if (!to)
			continue;
		if (kind == REACT_CONNECTIONS && to == 1)
			buffer_append_format(text, "%s1 connection", before);
		else
			buffer_append_format(text, "%s%llu %s", before,
				(unsigned long long)to, units[kind]);
		before = ", ";
	}
}
