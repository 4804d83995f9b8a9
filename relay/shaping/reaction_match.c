/*
 * Reactions matched against replies, and said in words.
 */
#include "shaping/reaction_match.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/pattern.h"

struct compiled {
	const struct reaction_list *list;
	struct pattern **patterns; /* of each reaction; NULL: any text */
};

struct reaction_book {
	size_t count;
	struct compiled lists[];
};

static void compile(struct compiled *compiled, const struct reaction_list *list)
{
	compiled->list = list;
	compiled->patterns = memory_allocate_array(
		list->count + 1, sizeof(*compiled->patterns));
	/* One that cannot be compiled was refused when it was read. */
	for (size_t i = 0; i < list->count; i++)
		if (list->list[i].text)
			compiled->patterns[i] = pattern_create(list->list[i].text);
}

struct reaction_book *reaction_book_create(size_t count,
	const struct reaction_list *(*list)(const void *of, size_t id), const void *of)
{
	struct reaction_book *book = memory_allocate(
		sizeof(*book) + count * sizeof(book->lists[0]));

	book->count = count;
	for (size_t i = 0; i < count; i++)
		compile(&book->lists[i], list(of, i));
	return book;
}

void reaction_book_destroy(struct reaction_book **book)
{
	struct reaction_book *old = *book;

	*book = NULL;
	if (!old)
		return;
	for (size_t i = 0; i < old->count; i++) {
		for (size_t j = 0; j < old->lists[i].list->count; j++)
			pattern_destroy(&old->lists[i].patterns[j]);
		memory_free(old->lists[i].patterns);
	}
	memory_free(old);
}

/* "42" fits 421, "4.7" fits 4.7.28 but "4.7.2" does not. */
static bool starts(const char *said, const char *wanted, char separator)
{
	size_t size = strlen(wanted);

	return strncmp(said, wanted, size) == 0 &&
	       (!separator || said[size] == '\0' || said[size] == separator);
}

static bool codes_fit(const struct reaction *reaction, const struct reply *reply)
{
	const struct enhanced_code *enhanced = &reply->enhanced;
	char code[16], status[32];

	snprintf(code, sizeof(code), "%d", reply->code);
	snprintf(status, sizeof(status), "%u.%u.%u", enhanced->class, enhanced->subject,
		enhanced->detail);
	return (!reaction->code || starts(code, reaction->code, '\0')) &&
	       (!reaction->enhanced ||
		       (enhanced->class && starts(status, reaction->enhanced, '.')));
}

static const struct reaction *match_list(
	const struct compiled *compiled, const struct reply *reply)
{
	for (size_t i = 0; i < compiled->list->count; i++) {
		const struct reaction *reaction = &compiled->list->list[i];
		const struct pattern *pattern = compiled->patterns[i];

		if (!codes_fit(reaction, reply) || (reaction->text && !pattern))
			continue;
		if (!pattern || pattern_matches(pattern, reply->text))
			return reaction;
	}
	return NULL;
}

const struct reaction *reaction_match(const struct reaction_book *book,
	const struct reaction_list *const *lists, size_t count,
	const struct reply *reply, const struct reaction_list **list_r)
{
	const struct reaction *found = NULL;

	for (size_t i = 0; !found && i < count; i++) {
		if (lists[i]->id >= book->count)
			continue;
		found = match_list(&book->lists[lists[i]->id], reply);
		if (found)
			*list_r = lists[i];
	}
	return found && found->action != REACTION_NONE ? found : NULL;
}

/* ---- In words ---- */

const char *reaction_scope_name(enum reaction_scope scope)
{
	static const char *const names[] = {
		"site", "provider", "domain", "source", "tenant"};

	return names[scope];
}

/* "90s", "10m", "2h", as one writes them. */
static void time_text(int64_t ms, char text[32])
{
	static const struct {
		int64_t ms;
		const char *unit;
	} units[] = {
		{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
	size_t i = 0;

	while (ms % units[i].ms)
		i++;
	snprintf(text, 32, "%lld%s", (long long)(ms / units[i].ms), units[i].unit);
}

struct slice reaction_print(const struct reaction *reaction, char *text, size_t size)
{
	static const char *const periods[PERIODS] = {"second", "minute", "hour", "day"};
	unsigned long long to = reaction->to;
	char time[32], what[80] = "nothing";
	int used;

	time_text(reaction->for_ms, time);
	if (reaction->action == REACTION_SUSPEND)
		snprintf(what, sizeof(what), "suspend");
	else if (reaction->action == REACTION_CONNECTIONS)
		snprintf(what, sizeof(what), "%llu connection%s", to,
			to == 1 ? "" : "s");
	else if (reaction->action == REACTION_MESSAGES)
		snprintf(what, sizeof(what), "%llu messages a %s", to,
			periods[reaction->period]);
	else if (reaction->action == REACTION_MESSAGES_PER_CONNECTION)
		snprintf(what, sizeof(what), "%llu messages a connection", to);
	used = snprintf(text, size, "%s for %s", what, time);
	return slice_make(text, (size_t)used < size ? (size_t)used : size - 1);
}
