/*
 * Reactions in force as text: one line of words, numbers and quoted texts, its
 * first word the version.
 */
#include <string.h>

#include "react/react.h"

#define VERSION "react1"

static void add_number(struct buffer *text, uint64_t number)
{
	buffer_append_format(text, " %llu", (unsigned long long)number);
}

static void add_recovery(struct buffer *text, const struct reaction_recovery *recover)
{
	add_number(text, recover->connections);
	add_number(text, recover->add);
	add_number(text, recover->times);
	add_number(text, recover->steps);
	add_number(text, (uint64_t)recover->every_ms);
}

void react_pack(const struct react *react, struct buffer *text)
{
	buffer_append(text, SLICE(VERSION));
	add_number(text, (uint64_t)react->suspended_ms);
	add_number(text, (uint64_t)react->until_ms);
	add_recovery(text, &react->after);
	for (unsigned kind = 0; kind < REACT_KINDS; kind++) {
		const struct react_lowering *lowered = &react->lowered[kind];

		add_number(text, lowered->to);
		add_number(text, (uint64_t)lowered->from_ms);
		add_number(text, (uint64_t)lowered->next_ms);
		add_number(text, lowered->steps);
		add_recovery(text, &lowered->recover);
	}
	add_number(text, (uint64_t)react->heard_ms);
	/* Texts are the peer's and may hold anything but a line end. */
	buffer_append_format(text, "\n%s\n%s\n", react->name, react->place);
	for (const char *at = react->reply; *at; at++)
		buffer_append_byte(text, *at == '\n' ? ' ' : *at);
}

/* Numbers, one after the other; FAILED stays. */
struct reading {
	struct slice rest;
	bool failed;
};

static uint64_t take(struct reading *reading)
{
	uint64_t number = 0;

	if (!slice_to_u64(slice_cut(&reading->rest, ' '), &number) ||
		number > INT64_MAX)
		reading->failed = true;
	return number;
}

static int64_t take_ms(struct reading *reading)
{
	return (int64_t)take(reading);
}

static void take_recovery(struct reading *reading, struct reaction_recovery *recover_r)
{
	recover_r->connections = take(reading);
	recover_r->add = take(reading);
	recover_r->times = take(reading);
	recover_r->steps = take(reading);
	recover_r->every_ms = take_ms(reading);
}

bool react_unpack(struct slice text, struct react *react_r)
{
	struct reading reading = {.rest = slice_cut(&text, '\n')};
	struct react react = {0};

	if (!slice_equal(slice_cut(&reading.rest, ' '), SLICE(VERSION)))
		return false;
	react.suspended_ms = take_ms(&reading);
	react.until_ms = take_ms(&reading);
	take_recovery(&reading, &react.after);
	for (unsigned kind = 0; kind < REACT_KINDS; kind++) {
		struct react_lowering *lowered = &react.lowered[kind];

		lowered->to = take(&reading);
		lowered->from_ms = take_ms(&reading);
		lowered->next_ms = take_ms(&reading);
		lowered->steps = take(&reading);
		take_recovery(&reading, &lowered->recover);
	}
	react.heard_ms = take_ms(&reading);
	react_copy_text(react.name, REACT_NAME_MAX, slice_cut(&text, '\n'));
	react_copy_text(react.place, REACT_PLACE_MAX, slice_cut(&text, '\n'));
	react_copy_text(react.reply, REACT_REPLY_MAX, text);
	if (reading.failed || reading.rest.at)
		return false;
	*react_r = react;
	return true;
}
