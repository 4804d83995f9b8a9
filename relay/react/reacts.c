/* What was learned of receivers: the map of scopes, and what is in force. */
#include "react/reacts.h"

#include <assert.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"

#include "react/reacts_core.h"

struct reacts *reacts_create(void)
{
	struct reacts *reacts = NEW(struct reacts);

	pthread_mutex_init(&reacts->lock, NULL);
	return reacts;
}

static void destroy(struct react_scope *scope)
{
	pthread_mutex_destroy(&scope->lock);
	memory_free((void *)(uintptr_t)scope->key.at);
	memory_free(scope);
}

void reacts_destroy(struct reacts **reacts)
{
	struct reacts *old = *reacts;
	struct map_cursor cursor = {0};
	struct slice key;
	void *value;

	*reacts = NULL;
	if (!old)
		return;
	while (map_next(&old->scopes, &cursor, &key, &value))
		destroy(value);
	map_finish(&old->scopes);
	pthread_mutex_destroy(&old->lock);
	memory_free(old);
}

/* "K" and the key: KIND is one letter in front of it. */
static struct slice name_of(
	enum reaction_scope kind, struct slice key, char text[REACT_KEY_MAX + 1])
{
	key = slice_part(key, 0, REACT_KEY_MAX);
	text[0] = (char)('0' + (int)kind);
	if (key.size)
		memcpy(text + 1, key.at, key.size);
	return slice_make(text, key.size + 1);
}

static struct react_scope *make(
	struct reacts *reacts, enum reaction_scope kind, struct slice key)
{
	struct react_scope *scope = NEW(struct react_scope);

	key = slice_part(key, 0, REACT_KEY_MAX);
	scope->reacts = reacts;
	scope->kind = kind;
	scope->key = slice_make(memory_copy_text(key), key.size);
	pthread_mutex_init(&scope->lock, NULL);
	return scope;
}

struct react_scope *reacts_hold(
	struct reacts *reacts, enum reaction_scope kind, struct slice key)
{
	char text[REACT_KEY_MAX + 1];
	struct slice name = name_of(kind, key, text);
	struct react_scope *scope;

	pthread_mutex_lock(&reacts->lock);
	scope = map_find(&reacts->scopes, name);
	if (!scope) {
		scope = make(reacts, kind, key);
		map_set(&reacts->scopes, name, scope);
	}
	atomic_fetch_add(&scope->holders, 1);
	pthread_mutex_unlock(&reacts->lock);
	return scope;
}

struct react_scope *reacts_find(
	struct reacts *reacts, enum reaction_scope kind, struct slice key)
{
	char text[REACT_KEY_MAX + 1];
	struct react_scope *scope;

	pthread_mutex_lock(&reacts->lock);
	scope = map_find(&reacts->scopes, name_of(kind, key, text));
	if (scope)
		atomic_fetch_add(&scope->holders, 1);
	pthread_mutex_unlock(&reacts->lock);
	return scope;
}

void reacts_release(struct react_scope **scope)
{
	struct react_scope *old = *scope;
	char text[REACT_KEY_MAX + 1];
	struct reacts *reacts;

	*scope = NULL;
	if (!old)
		return;
	reacts = old->reacts;
	pthread_mutex_lock(&reacts->lock);
	if (atomic_fetch_sub(&old->holders, 1) > 1 || old->in_force || old->unsaved)
		old = NULL;
	else
		map_remove(&reacts->scopes, name_of(old->kind, old->key, text));
	pthread_mutex_unlock(&reacts->lock);
	if (old)
		destroy(old);
}

unsigned reacts_special(const struct reacts *reacts)
{
	return atomic_load(&reacts->special);
}

size_t reacts_in_force(const struct reacts *reacts)
{
	return atomic_load(&reacts->in_force);
}

bool reacts_are_unsaved(const struct reacts *reacts)
{
	return atomic_load(&reacts->unsaved);
}

/* Counts it, holds it while something is in force, and shows it to those who
 * look without the lock. The scope's lock is held. */
static void publish(struct react_scope *scope)
{
	struct reacts *reacts = scope->reacts;
	const struct react *react = &scope->react;
	bool in_force = !react_is_over(react);
	unsigned special = scope->kind == REACTION_DOMAIN ||
			   scope->kind == REACTION_TENANT;

	atomic_store(&scope->connections, react->lowered[REACT_CONNECTIONS].to);
	atomic_store(&scope->per_connection, react->lowered[REACT_PER_CONNECTION].to);
	atomic_store(&scope->until_ms, react->until_ms);
	atomic_fetch_add(&scope->version, 1);
	scope->unsaved = true;
	atomic_store(&reacts->unsaved, true);
	if (in_force == scope->in_force)
		return;
	scope->in_force = in_force;
	if (in_force) {
		atomic_fetch_add(&reacts->in_force, 1);
		atomic_fetch_add(&reacts->special, special);
	} else {
		atomic_fetch_sub(&reacts->in_force, 1);
		atomic_fetch_sub(&reacts->special, special);
	}
}

enum react_answer reacts_hear(struct react_scope *scope,
	const struct reaction *reaction, struct slice place, struct slice reply,
	int64_t began_ms, int64_t now_ms)
{
	enum react_answer answer = REACT_KNOWN;

	pthread_mutex_lock(&scope->lock);
	if (scope->in_force || reacts_in_force(scope->reacts) < REACTS_MAX)
		answer = react_hear(
			&scope->react, reaction, place, reply, began_ms, now_ms);
	if (answer == REACT_BEGUN || answer == REACT_LONGER)
		publish(scope);
	pthread_mutex_unlock(&scope->lock);
	return answer;
}

bool reacts_reset(struct react_scope *scope)
{
	bool was;

	pthread_mutex_lock(&scope->lock);
	was = scope->in_force;
	scope->react = (struct react){0};
	scope->tempo = (struct tempo){0};
	scope->learned = (struct stint){0};
	atomic_store(&scope->paced, false);
	atomic_store(&scope->stint, 0);
	if (was)
		publish(scope);
	pthread_mutex_unlock(&scope->lock);
	return was;
}

void reacts_configure(struct react_scope *scope, const struct limit_terms *terms,
	uint64_t per_connection)
{
	pthread_mutex_lock(&scope->lock);
	scope->configured = *terms;
	scope->configured_per_connection = per_connection;
	pthread_mutex_unlock(&scope->lock);
}

struct react reacts_look(struct react_scope *scope)
{
	struct react react;

	pthread_mutex_lock(&scope->lock);
	react = scope->react;
	pthread_mutex_unlock(&scope->lock);
	return react;
}

void reacts_restore(struct reacts *reacts, enum reaction_scope kind, struct slice key,
	const struct react *react)
{
	struct react_scope *scope = reacts_hold(reacts, kind, key);

	pthread_mutex_lock(&scope->lock);
	/* What happened since is nearer to the truth. */
	if (!scope->in_force && reacts_in_force(reacts) < REACTS_MAX) {
		scope->react = *react;
		publish(scope);
	}
	pthread_mutex_unlock(&scope->lock);
	reacts_release(&scope);
}

/* All of them, held: what is visited may change which there are. */
static struct react_scope **gather(struct reacts *reacts, bool unsaved, size_t *count_r)
{
	struct map_cursor cursor = {0};
	struct react_scope **found;
	struct slice key;
	size_t count = 0;
	void *value;

	pthread_mutex_lock(&reacts->lock);
	found = memory_allocate_array(reacts->scopes.count + 1, sizeof(*found));
	while (map_next(&reacts->scopes, &cursor, &key, &value)) {
		struct react_scope *scope = value;

		if (!(unsaved ? scope->unsaved : scope->in_force))
			continue;
		atomic_fetch_add(&scope->holders, 1);
		found[count++] = scope;
	}
	pthread_mutex_unlock(&reacts->lock);
	*count_r = count;
	return found;
}

void reacts_visit(struct reacts *reacts, bool unsaved,
	bool (*visit)(void *context, struct react_scope *scope), void *context)
{
	size_t count;
	struct react_scope **found = gather(reacts, unsaved, &count);
	bool more = true;

	for (size_t i = 0; i < count; i++) {
		more = more && visit(context, found[i]);
		reacts_release(&found[i]);
	}
	memory_free(found);
}

void reacts_each(struct reacts *reacts,
	bool (*visit)(void *context, struct react_scope *scope), void *context)
{
	reacts_visit(reacts, false, visit, context);
}

struct advancing {
	int64_t now_ms;
	void (*changed)(void *context, struct react_scope *scope);
	void *context;
};

static bool advance(void *context, struct react_scope *scope)
{
	struct advancing *advancing = context;
	bool changed;

	pthread_mutex_lock(&scope->lock);
	changed = react_advance(&scope->react, &scope->configured,
		scope->configured_per_connection, advancing->now_ms);
	if (changed)
		publish(scope);
	pthread_mutex_unlock(&scope->lock);
	if (changed)
		advancing->changed(advancing->context, scope);
	return true;
}

void reacts_advance(struct reacts *reacts, int64_t now_ms,
	void (*changed)(void *context, struct react_scope *scope), void *context)
{
	struct advancing advancing = {now_ms, changed, context};

	if (reacts_in_force(reacts))
		reacts_visit(reacts, false, advance, &advancing);
}
