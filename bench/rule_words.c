/* The words of a rule that others follow: actions and conditions. */
#include "bench/rule_words.h"

#include "base/failure.h"
#include "base/memory.h"

#include "bench/amount.h"

typedef bool word_function(struct rule_reading *reading);

static const char *const stage_names[RULE_STAGES + 1] = {"connect", "ehlo", "starttls",
	"auth", "mail", "rcpt", "data", "body", "dot", "reply", "quit", "any"};

const char *rule_stage_name(enum rule_stage stage)
{
	return stage_names[stage];
}

/* Words are apart by spaces; one in quotes may hold some, and keeps its first
 * quote as a sign. */
bool rule_next_word(struct slice *rest, struct slice *word_r)
{
	size_t end;

	*rest = slice_trim(*rest);
	if (rest->size == 0)
		return false;
	if (*rest->at == '"') {
		end = 1 + slice_index(slice_from(*rest, 1), '"');
		*word_r = slice_part(*rest, 0, end);
		*rest = slice_from(*rest, end + 1);
		return true;
	}
	for (end = 0; end < rest->size; end++)
		if (rest->at[end] == ' ' || rest->at[end] == '\t')
			break;
	*word_r = slice_part(*rest, 0, end);
	*rest = slice_from(*rest, end);
	return true;
}

static bool is(struct slice word, const char *name)
{
	return slice_equal(word, slice_of(name));
}

bool rule_find_stage(struct slice word, enum rule_stage *stage_r)
{
	for (unsigned i = 0; i <= RULE_STAGES; i++) {
		if (!is(word, stage_names[i]))
			continue;
		*stage_r = i;
		return true;
	}
	return false;
}

bool rule_set_action(struct rule_reading *reading, enum rule_action action)
{
	if (reading->has_action)
		return fail(FAILURE_CONFIG, "two actions");
	reading->has_action = true;
	reading->rule->action = action;
	return true;
}

static bool take_word(
	struct rule_reading *reading, const char *after, struct slice *word_r)
{
	return rule_next_word(&reading->rest, word_r) ||
	       fail(FAILURE_CONFIG, "something is missing behind \"%s\"", after);
}

static bool take_number(
	struct rule_reading *reading, const char *after, uint64_t *number_r)
{
	struct slice word;

	if (!take_word(reading, after, &word))
		return false;
	return slice_to_u64(word, number_r) ||
	       fail(FAILURE_CONFIG, "a number follows \"%s\", not \"%.*s\"", after,
		       SLICE_PRINT(word));
}

/* "200ms" or "200ms-1s". */
static bool read_times(struct slice word, int64_t *from_us_r, int64_t *to_us_r)
{
	struct slice to = word, from = slice_cut(&to, '-');

	if (!amount_read_time(from, from_us_r))
		return false;
	*to_us_r = *from_us_r;
	return !to.at || (amount_read_time(to, to_us_r) && *to_us_r >= *from_us_r);
}

static bool take_times(struct rule_reading *reading, const char *after,
	int64_t *from_us_r, int64_t *to_us_r)
{
	struct slice word;

	if (!take_word(reading, after, &word))
		return false;
	return read_times(word, from_us_r, to_us_r) ||
	       fail(FAILURE_CONFIG, "\"%.*s\" is not a time (200ms) or two (200ms-1s)",
		       SLICE_PRINT(word));
}

static bool take_stage(struct rule_reading *reading, const char *after)
{
	struct slice word;

	if (!take_word(reading, after, &word))
		return false;
	if (!rule_find_stage(word, &reading->rule->stage))
		return fail(FAILURE_CONFIG, "a stage follows \"%s\", not \"%.*s\"",
			after, SLICE_PRINT(word));
	reading->has_stage = true;
	return true;
}

static bool read_delay(struct rule_reading *reading)
{
	return rule_set_action(reading, RULE_DELAY) && take_stage(reading, "delay") &&
	       take_times(reading, "delay STAGE", &reading->rule->delay_us,
		       &reading->rule->delay_most_us);
}

static bool read_tarpit(struct rule_reading *reading)
{
	reading->rule->stage = RULE_ANY;
	reading->has_stage = true;
	return rule_set_action(reading, RULE_DELAY) &&
	       take_times(reading, "tarpit", &reading->rule->delay_us,
		       &reading->rule->delay_most_us);
}

static bool read_disconnect(struct rule_reading *reading)
{
	return rule_set_action(reading, RULE_DISCONNECT) &&
	       take_stage(reading, "disconnect");
}

static bool read_most(
	struct rule_reading *reading, enum rule_action action, enum rule_stage stage)
{
	struct slice word;

	reading->rule->stage = stage;
	reading->has_stage = true;
	if (!rule_set_action(reading, action) ||
		!take_word(reading, "connections", &word))
		return false;
	if (!is(word, "max"))
		return fail(FAILURE_CONFIG, "\"max N\" is missing");
	return take_number(reading, "max", &reading->rule->most);
}

static bool read_connections(struct rule_reading *reading)
{
	return read_most(reading, RULE_CONNECTIONS, RULE_CONNECT);
}

static bool read_messages(struct rule_reading *reading)
{
	return read_most(reading, RULE_MESSAGES, RULE_MAIL);
}

static bool read_domain(struct rule_reading *reading)
{
	struct slice word;

	if (!take_word(reading, "domain", &word))
		return false;
	memory_free(reading->rule->domain);
	reading->rule->domain = memory_copy_text(word);
	return true;
}

static bool read_port(struct rule_reading *reading)
{
	struct slice last, first;
	uint64_t from, to;

	if (!take_word(reading, "port", &last))
		return false;
	first = slice_cut(&last, '-');
	if (!slice_to_u64(first, &from) || from == 0 || from > 65535)
		return fail(
			FAILURE_CONFIG, "\"%.*s\" is not a port", SLICE_PRINT(first));
	to = from;
	if (last.at && (!slice_to_u64(last, &to) || to < from || to > 65535))
		return fail(
			FAILURE_CONFIG, "\"%.*s\" is not a port", SLICE_PRINT(last));
	reading->rule->first_port = (unsigned)from;
	reading->rule->last_port = (unsigned)to;
	return true;
}

/* "first-try", perhaps with a time behind it. */
static bool read_first_try(struct rule_reading *reading)
{
	struct slice rest = reading->rest, word;

	reading->rule->first_try = true;
	if (rule_next_word(&rest, &word) &&
		amount_read_time(word, &reading->rule->first_try_us) &&
		!slice_to_u64(word, &(uint64_t){0}))
		reading->rest = rest;
	else
		reading->rule->first_try_us = 0;
	return true;
}

static bool read_after(struct rule_reading *reading)
{
	struct slice word;

	if (!take_number(reading, "after", &reading->rule->after_messages) ||
		!take_word(reading, "after N", &word))
		return false;
	return is(word, "messages") || is(word, "message") ||
	       fail(FAILURE_CONFIG, "it is \"after N messages\"");
}

static bool read_during(struct rule_reading *reading)
{
	return take_times(
		reading, "during", &reading->rule->from_us, &reading->rule->until_us);
}

static bool read_address(struct rule_reading *reading)
{
	struct slice word;

	if (!take_word(reading, "address", &word))
		return false;
	memory_free(reading->rule->address);
	reading->rule->address = memory_copy_text(word);
	return true;
}

static bool read_for(struct rule_reading *reading)
{
	int64_t most;

	return take_times(reading, "for", &reading->rule->penalty_us, &most);
}

/* "100/s", or "3000 in 60s". */
static bool read_over(struct rule_reading *reading)
{
	struct slice word, rest, in;

	if (!take_word(reading, "over", &word))
		return false;
	rest = reading->rest;
	if (slice_to_u64(word, &reading->rule->over_count) &&
		rule_next_word(&rest, &in) && is(in, "in")) {
		int64_t most;

		reading->rest = rest;
		return take_times(reading, "over N in", &reading->rule->over_us, &most);
	}
	return amount_read_rate(word, &reading->rule->over_rate) ||
	       fail(FAILURE_CONFIG,
		       "\"%.*s\" is not a rate such as 100/s, 30/m, 3000 in 60s",
		       SLICE_PRINT(word));
}

bool rule_read_keyword(struct rule_reading *reading, struct slice word, bool *known_r)
{
	static const struct {
		const char *name;
		word_function *read;
	} words[] = {{"delay", read_delay}, {"tarpit", read_tarpit},
		{"disconnect", read_disconnect}, {"connections", read_connections},
		{"messages", read_messages}, {"domain", read_domain},
		{"port", read_port}, {"first-try", read_first_try},
		{"after", read_after}, {"during", read_during}, {"over", read_over},
		{"address", read_address}, {"for", read_for}};

	*known_r = true;
	for (size_t i = 0; i < ARRAY_COUNT(words); i++)
		if (is(word, words[i].name))
			return words[i].read(reading);
	*known_r = false;
	return true;
}
