/* Suspensions: their form in Redis, and finding them. */
#include "relay/suspension.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/memory.h"

static const char *const names[SUSPEND_SCOPES] = {
	"domain", "tenant", "stream", "tag", "source", "provider"};

struct suspensions {
	struct arena arena;
	struct map by_name[SUSPEND_SCOPES];
	struct suspension **list;
	size_t count, room;
};

const char *suspend_scope_name(enum suspend_scope scope)
{
	return names[scope];
}

bool suspend_scope_parse(struct slice name, enum suspend_scope *scope_r)
{
	for (unsigned i = 0; i < SUSPEND_SCOPES; i++)
		if (slice_equal(name, slice_of(names[i]))) {
			*scope_r = (enum suspend_scope)i;
			return true;
		}
	return false;
}

bool suspension_parse(
	struct slice field, struct slice value, struct suspension *suspension_r)
{
	struct suspension found = {.name = field, .reason = value};
	struct slice scope = slice_cut(&found.name, ':');
	struct slice until = slice_cut(&found.reason, ' ');
	struct slice since = slice_cut(&found.reason, ' ');

	if (!suspend_scope_parse(scope, &found.scope) || !found.name.size ||
		found.name.size > SUSPENSION_NAME_MAX ||
		!slice_to_i64(until, &found.until_ms) ||
		!slice_to_i64(since, &found.since_ms) || found.until_ms < 0)
		return false;
	found.reason = slice_part(found.reason, 0, SUSPENSION_REASON_MAX);
	*suspension_r = found;
	return true;
}

struct slice suspension_field(
	const struct suspension *suspension, char text[SUSPENSION_FIELD_SIZE])
{
	snprintf(text, SUSPENSION_FIELD_SIZE, "%s:%.*s", names[suspension->scope],
		SLICE_PRINT(suspension->name));
	return slice_of(text);
}

void suspension_print_value(const struct suspension *suspension, struct buffer *into)
{
	buffer_append_format(into, "%lld %lld %.*s", (long long)suspension->until_ms,
		(long long)suspension->since_ms, SLICE_PRINT(suspension->reason));
}

void suspension_explain(const struct suspension *suspension, struct buffer *into)
{
	char text[CLOCK_TEXT_SIZE];

	buffer_append_format(into, "%s %.*s is suspended by operator",
		names[suspension->scope], SLICE_PRINT(suspension->name));
	if (suspension->until_ms)
		buffer_append_format(into, " until %.*sZ",
			(int)strlen("2026-11-21T07:32:47"),
			clock_format_iso(suspension->until_ms, text).at);
	if (suspension->reason.size)
		buffer_append_format(
			into, " because %.*s", SLICE_PRINT(suspension->reason));
}

struct suspensions *suspensions_create(void)
{
	return NEW(struct suspensions);
}

void suspensions_destroy(struct suspensions **set)
{
	struct suspensions *old = *set;

	*set = NULL;
	if (!old)
		return;
	for (unsigned i = 0; i < SUSPEND_SCOPES; i++)
		map_finish(&old->by_name[i]);
	memory_free(old->list);
	arena_finish(&old->arena);
	memory_free(old);
}

bool suspensions_add(struct suspensions *set, const struct suspension *suspension)
{
	struct suspension *copy = map_find(
		&set->by_name[suspension->scope], suspension->name);

	if (!copy && set->count == SUSPENSIONS_MAX)
		return false;
	if (!copy) {
		if (set->count == set->room) {
			set->room = set->room ? 2 * set->room : 16;
			set->list = memory_resize(
				set->list, set->room * sizeof(struct suspension *));
		}
		copy = ARENA_NEW(&set->arena, struct suspension);
		set->list[set->count++] = copy;
	}
	*copy = *suspension;
	copy->name = arena_copy(&set->arena, suspension->name);
	copy->reason = arena_copy(&set->arena, suspension->reason);
	map_set(&set->by_name[copy->scope], copy->name, copy);
	return true;
}

size_t suspensions_count(const struct suspensions *set)
{
	return set ? set->count : 0;
}

const struct suspension *suspensions_at(const struct suspensions *set, size_t index)
{
	return set->list[index];
}

bool suspension_is_over(const struct suspension *suspension, int64_t now_ms)
{
	return suspension->until_ms && suspension->until_ms <= now_ms;
}

static const struct suspension *in_force(
	const struct map *map, struct slice name, int64_t now_ms)
{
	const struct suspension *found = map_find(map, name);

	return found && !suspension_is_over(found, now_ms) ? found : NULL;
}

const struct suspension *suspensions_find(const struct suspensions *set,
	enum suspend_scope scope, struct slice name, int64_t now_ms)
{
	const struct suspension *found;

	if (!set || set->by_name[scope].count == 0 || !name.size)
		return NULL;
	found = in_force(&set->by_name[scope], name, now_ms);
	while (!found && scope == SUSPEND_DOMAIN && name.size) {
		name = slice_from(name, 1);
		name = slice_from(name, slice_index(name, '.'));
		found = in_force(&set->by_name[scope], name, now_ms);
	}
	return found;
}
