/* Which keys sign for which domain: a sorted, counted, immutable list. */
#include "dkim/keyring.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/failure.h"
#include "base/memory.h"
#include "dkim/key_use.h"
#include "dkim/made.h"
#include "mail/domain.h"

struct dkim_keyring {
	atomic_uint holders;
	size_t count;
	struct dkim_key *keys[];
};

static int compare_keys(const void *a, const void *b);
static bool check_unique(const struct dkim_keyring *keyring);
static size_t find_exact(const struct dkim_keyring *keyring, struct slice domain);
static struct dkim_key **add_made(
	struct dkim_key **keys, size_t *count, const char *state_directory);

struct dkim_keyring *dkim_keyring_create(struct dkim_key **keys, size_t count)
{
	struct dkim_keyring *keyring = memory_allocate(
		sizeof *keyring + count * sizeof *keys);

	atomic_init(&keyring->holders, 1);
	keyring->count = count;
	for (size_t i = 0; i < count; i++) {
		keyring->keys[i] = keys[i];
		keys[i] = NULL;
	}
	if (count > 1)
		qsort(keyring->keys, count, sizeof *keys, compare_keys);
	if (!check_unique(keyring))
		dkim_keyring_release(&keyring);
	return keyring;
}

struct dkim_keyring *dkim_keyring_load(const struct config *config)
{
	struct dkim_key **keys = memory_allocate_array(
		config->dkim_count + 1, sizeof *keys);
	struct dkim_keyring *keyring = NULL;
	char place[300];
	size_t count;

	for (count = 0; count < config->dkim_count; count++) {
		const struct config_dkim *entry = &config->dkim[count];

		keys[count] = dkim_key_read(
			slice_of(entry->domain), slice_of(entry->selector), entry->key);
		if (!keys[count]) {
			config_place(config, entry->mark, place);
			break;
		}
	}
	if (count == config->dkim_count) {
		keys = add_made(keys, &count, config->state_directory);
		keyring = dkim_keyring_create(keys, count);
		if (!keyring)
			config_place(config, config->dkim[0].mark, place);
	}
	if (!keyring) {
		struct failure why = *failure_last();

		fail(why.kind, "%s%s", place, why.text);
	}
	for (size_t i = 0; i < count; i++)
		dkim_key_destroy(&keys[i]);
	memory_free(keys);
	return keyring;
}

static bool has_other(
	struct dkim_key *const *keys, size_t count, const struct dkim_key *key)
{
	for (size_t i = 0; i < count; i++)
		if (dkim_key_algorithm(keys[i]) == dkim_key_algorithm(key) &&
			slice_equal(dkim_key_domain(keys[i]), dkim_key_domain(key)))
			return true;
	return false;
}

/* Those of the configuration go first, and of two that were made the first found. */
static struct dkim_key **add_made(
	struct dkim_key **keys, size_t *count, const char *state_directory)
{
	size_t made_count;
	struct dkim_key **made = dkim_made_load(state_directory, &made_count);

	keys = memory_resize(keys, (*count + made_count + 1) * sizeof(*keys));
	for (size_t i = 0; i < made_count; i++) {
		if (has_other(keys, *count, made[i]))
			continue;
		keys[(*count)++] = made[i];
		made[i] = NULL;
	}
	dkim_made_free(&made, made_count);
	return keys;
}

struct dkim_keyring *dkim_keyring_hold(struct dkim_keyring *keyring)
{
	atomic_fetch_add_explicit(&keyring->holders, 1, memory_order_relaxed);
	return keyring;
}

void dkim_keyring_release(struct dkim_keyring **keyring)
{
	struct dkim_keyring *gone = *keyring;

	*keyring = NULL;
	if (!gone ||
		atomic_fetch_sub_explicit(&gone->holders, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < gone->count; i++)
		dkim_key_destroy(&gone->keys[i]);
	memory_free(gone);
}

size_t dkim_keyring_find(const struct dkim_keyring *keyring, struct slice domain,
	struct dkim_signing signings_r[DKIM_KEYS_PER_DOMAIN])
{
	struct slice found;
	size_t count = 0, at;

	at = find_exact(keyring, domain);
	if (at == keyring->count)
		at = find_exact(keyring, SLICE("*"));
	if (at == keyring->count)
		return 0;
	found = dkim_key_domain(keyring->keys[at]);
	for (; at < keyring->count && count < DKIM_KEYS_PER_DOMAIN; at++) {
		const struct dkim_key *key = keyring->keys[at];

		if (!slice_equal(dkim_key_domain(key), found))
			break;
		if (found.at[0] == '*' &&
			!dkim_name_is_valid(domain, dkim_key_selector(key)))
			continue;
		signings_r[count].key = key;
		signings_r[count++].domain = found.at[0] == '*' ? domain : found;
	}
	return count;
}

size_t dkim_keyring_count(const struct dkim_keyring *keyring)
{
	return keyring->count;
}

const struct dkim_key *dkim_keyring_at(const struct dkim_keyring *keyring, size_t index)
{
	return keyring->keys[index];
}

static int compare_keys(const void *a, const void *b)
{
	const struct dkim_key *one = *(struct dkim_key *const *)a;
	const struct dkim_key *two = *(struct dkim_key *const *)b;
	int order = slice_compare(dkim_key_domain(one), dkim_key_domain(two));

	return order ? order
		     : (int)dkim_key_algorithm(one) - (int)dkim_key_algorithm(two);
}

static bool check_unique(const struct dkim_keyring *keyring)
{
	for (size_t i = 1; i < keyring->count; i++)
		if (compare_keys(&keyring->keys[i - 1], &keyring->keys[i]) == 0)
			return fail(FAILURE_CONFIG,
				"%.*s has two %s keys, one can sign",
				SLICE_PRINT(dkim_key_domain(keyring->keys[i])),
				dkim_algorithm_name(
					dkim_key_algorithm(keyring->keys[i])));
	return true;
}

/* The first key of DOMAIN in any case of letters; count when there is none. */
static size_t find_exact(const struct dkim_keyring *keyring, struct slice domain)
{
	size_t low = 0, high = keyring->count;
	char text[DOMAIN_MAX + 1];
	struct slice name;

	if (domain.size > DOMAIN_MAX)
		return keyring->count;
	name = domain_lower(domain, text);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (slice_compare(dkim_key_domain(keyring->keys[middle]), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < keyring->count &&
		slice_equal(dkim_key_domain(keyring->keys[low]), name))
		return low;
	return keyring->count;
}
