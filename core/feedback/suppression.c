/* The suppression list: its life, and asking it. */
#include "feedback/suppression.h"

#include "base/memory.h"
#include "base/random.h"
#include "feedback/suppression_core.h"

#define LOOKS 4 /* of the tenant, of everybody; address, domain */

struct suppression *suppression_create(void)
{
	struct suppression *suppression = NEW(struct suppression);

	random_fill(&suppression->key, sizeof(suppression->key));
	suppression->table = suppression_table_create();
	pthread_mutex_init(&suppression->order, NULL);
	pthread_mutex_init(&suppression->notes_lock, NULL);
	condition_init(&suppression->wake);
	list_init(&suppression->notes);
	atomic_store(&suppression->most, UINT64_MAX);
	return suppression;
}

void suppression_destroy(struct suppression **suppression)
{
	struct suppression *old = *suppression;

	*suppression = NULL;
	if (!old)
		return;
	suppression_forget_notes(old);
	suppression_table_destroy(&old->table);
	suppression_table_destroy(&old->fresh);
	pthread_mutex_destroy(&old->order);
	pthread_mutex_destroy(&old->notes_lock);
	memory_free(old);
}

uint64_t suppression_hash(const struct suppression *suppression, struct slice field)
{
	return siphash_13(suppression->key, field);
}

bool suppression_is_loaded(const struct suppression *suppression)
{
	return atomic_load(&suppression->loaded);
}

/* ---- Asking ---- */

static bool find_one(const struct suppression *suppression, struct slice field,
	struct suppression_found *found_r)
{
	struct suppression_mark mark;

	return suppression_table_find(suppression->table,
		       suppression_hash(suppression, field), &mark) &&
	       suppression_mark_read(mark, worker_wall_ms(), found_r);
}

/* The tenant's, then everybody's. */
static bool find_both(const struct suppression *suppression,
	const struct suppression_field *field, struct suppression_found *found_r)
{
	if (field->tenant_size &&
		find_one(suppression, suppression_field_text(field), found_r))
		return true;
	if (!find_one(suppression, suppression_field_of_all(field), found_r))
		return false;
	found_r->everybody = true;
	return true;
}

bool suppression_find(const struct suppression *suppression, struct slice tenant,
	struct slice address, struct suppression_found *found_r)
{
	struct suppression_field field, domain;

	if (suppression_table_count(suppression->table) == 0 ||
		!suppression_field_set(&field, tenant, address))
		return false;
	if (find_both(suppression, &field, found_r))
		return true;
	if (suppression_table_domains(suppression->table) == 0)
		return false;
	suppression_field_domain(&field, &domain);
	return find_both(suppression, &domain, found_r);
}

static bool read_answer(const struct redis_reply *reply, const struct slice *fields,
	struct suppression_found *found_r)
{
	for (size_t i = 0; i < LOOKS; i++) {
		struct slice value = redis_reply_text(redis_reply_at(reply, i));
		struct suppression_entry entry;

		if (!suppression_value_parse(value, &entry) ||
			!suppression_mark_read(suppression_mark_of(&entry, fields[i]),
				worker_wall_ms(), found_r))
			continue;
		found_r->everybody = slice_starts(fields[i], SLICE(" "));
		return true;
	}
	return false;
}

enum suppression_answer suppression_ask(const struct suppression *suppression,
	struct redis *redis, struct slice tenant, struct slice address,
	struct suppression_found *found_r, struct deadline deadline)
{
	struct suppression_field field, domain;
	struct slice argv[2 + LOOKS] = {SLICE("HMGET"), SUPPRESSION_ENTRIES};
	struct redis_reply *reply = NULL;
	bool suppressed;

	if (suppression_is_loaded(suppression))
		return suppression_find(suppression, tenant, address, found_r)
			       ? SUPPRESSION_YES
			       : SUPPRESSION_NO;
	if (!suppression_field_set(&field, tenant, address))
		return SUPPRESSION_NO;
	suppression_field_domain(&field, &domain);
	argv[2] = suppression_field_text(&field);
	argv[3] = suppression_field_of_all(&field);
	argv[4] = suppression_field_text(&domain);
	argv[5] = suppression_field_of_all(&domain);
	if (!redis_command(redis, ARRAY_COUNT(argv), argv, &reply, deadline))
		return SUPPRESSION_UNKNOWN;
	suppressed = read_answer(reply, argv + 2, found_r);
	redis_reply_free(&reply);
	return suppressed ? SUPPRESSION_YES : SUPPRESSION_NO;
}

/* ---- Changes ---- */

bool suppression_id_parse(struct slice text, struct suppression_id *id_r)
{
	struct slice ms = slice_cut(&text, '-');
	struct suppression_id id;

	if (!slice_to_u64(ms, &id.ms) || !slice_to_u64(text, &id.sequence))
		return false;
	*id_r = id;
	return true;
}

bool suppression_id_is_after(struct suppression_id a, struct suppression_id b)
{
	return a.ms > b.ms || (a.ms == b.ms && a.sequence > b.sequence);
}

static void put(struct suppression_table *table, uint64_t hash,
	const struct suppression_mark *mark)
{
	if (table && mark)
		suppression_table_set(table, hash, *mark);
	else if (table)
		suppression_table_remove(table, hash);
}

void suppression_apply(struct suppression *suppression, struct suppression_id id,
	struct slice field, struct slice value)
{
	uint64_t hash = suppression_hash(suppression, field);
	struct suppression_entry entry;
	struct suppression_mark mark;
	bool set = suppression_value_parse(value, &entry);

	if ((!set && value.size) || !field.size)
		return; /* of a later version */
	if (set)
		mark = suppression_mark_of(&entry, field);
	pthread_mutex_lock(&suppression->order);
	/* What was followed already may have been changed again since. */
	if (suppression_id_is_after(id, suppression->followed)) {
		put(suppression->table, hash, set ? &mark : NULL);
		put(suppression->fresh, hash, set ? &mark : NULL);
	}
	pthread_mutex_unlock(&suppression->order);
}
