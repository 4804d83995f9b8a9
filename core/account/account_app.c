/*
 * App passwords. Chosen by us, so a guess is hopeless and yescrypt's expense is
 * not needed; SCRAM keys are what is kept, all with one salt, so that
 * one derivation tells which of them a password is.
 */
#include "account/account_app.h"

#include <ctype.h>
#include <string.h>

#include "base/encode.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/random.h"
#include "run/worker.h"

#define GROUPS	   4
#define GROUP_SIZE 5

struct derivation {
	char text[ACCOUNT_APP_TEXT];
	uint8_t salt[SASL_SALT_SIZE];
	struct sasl_scram_keys keys; /* iterations 0: it cannot be */
};

static void derive_job(void *arg)
{
	struct derivation *derivation = arg;

	sasl_scram_keys(slice_of(derivation->text), derivation->salt, SASL_ITERATIONS,
		&derivation->keys);
}

static bool derive(const char *text, const uint8_t *salt,
	struct sasl_scram_keys *keys_r, struct deadline deadline)
{
	struct derivation *derivation = NEW(struct derivation);
	bool done;

	memcpy(derivation->text, text, ACCOUNT_APP_TEXT);
	memcpy(derivation->salt, salt, SASL_SALT_SIZE);
	done = offload(derive_job, derivation, deadline);
	if (done && !derivation->keys.iterations)
		done = fail(FAILURE_RESOURCE, "the keys could not be derived");
	if (done)
		*keys_r = derivation->keys;
	memory_wipe(derivation, sizeof(*derivation));
	memory_free(derivation);
	return done;
}

static void make_text(char text[ACCOUNT_APP_TEXT])
{
	for (unsigned i = 0; i < GROUPS; i++) {
		char *group = text + i * (GROUP_SIZE + 1);

		base32_encode(random_u64(), GROUP_SIZE, group);
		group[GROUP_SIZE] = i + 1 < GROUPS ? '-' : '\0';
	}
}

static bool label_is_good(struct slice label)
{
	if (label.size == 0 || label.size > ACCOUNT_LABEL_MAX)
		return false;
	for (size_t i = 0; i < label.size; i++)
		if (!label.at[i] || (!isalnum((unsigned char)label.at[i]) &&
					    !strchr(".-_", label.at[i])))
			return false;
	return true;
}

bool account_app_add(struct account *account, struct arena *arena, struct slice label,
	unsigned scopes, char text[ACCOUNT_APP_TEXT], struct deadline deadline)
{
	struct account_app *apps, *app;
	uint8_t salt[SASL_SALT_SIZE];

	if (!label_is_good(label))
		return fail(FAILURE_DATA,
			"a label has 1 to %d letters, digits, '.', '-' and '_'",
			ACCOUNT_LABEL_MAX);
	if (account_app_find(account, label))
		return fail(FAILURE_DATA, "there is an app password \"%.*s\" already",
			SLICE_PRINT(label));
	if (account->app_count >= ACCOUNT_APPS_MAX)
		return fail(FAILURE_LIMIT, "an account has %d app passwords at most",
			ACCOUNT_APPS_MAX);
	make_text(text);
	if (account->app_count)
		memcpy(salt, account->apps[0].scram.salt, sizeof(salt));
	else
		random_fill(salt, sizeof(salt));
	apps = arena_take_array(arena, account->app_count + 1, sizeof(*apps));
	if (account->app_count)
		memcpy(apps, account->apps, account->app_count * sizeof(*apps));
	app = &apps[account->app_count];
	*app = (struct account_app){.label = arena_copy(arena, label),
		.scopes = scopes,
		.created_ms = worker_wall_ms()};
	if (!derive(text, salt, &app->scram, deadline))
		return false;
	account->apps = apps;
	account->app_count++;
	return true;
}

bool account_app_remove(struct account *account, struct slice label)
{
	for (size_t i = 0; i < account->app_count; i++) {
		if (!slice_equal(account->apps[i].label, label))
			continue;
		account->app_count--;
		memmove(&account->apps[i], &account->apps[i + 1],
			(account->app_count - i) * sizeof(*account->apps));
		return true;
	}
	return fail(FAILURE_DATA, "%.*s has no app password \"%.*s\"",
		SLICE_PRINT(account->name), SLICE_PRINT(label));
}

const struct account_app *account_app_find(
	const struct account *account, struct slice label)
{
	for (size_t i = 0; i < account->app_count; i++)
		if (slice_equal(account->apps[i].label, label))
			return &account->apps[i];
	return NULL;
}

/* People type spaces for hyphens, capitals, or nothing between the groups. */
bool account_app_read(struct slice password, char text[ACCOUNT_APP_TEXT])
{
	static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
	size_t size = 0;

	for (size_t i = 0; i < password.size; i++) {
		char c = (char)tolower((unsigned char)password.at[i]);

		if (c == '-' || c == ' ')
			continue;
		if (!c || !strchr(digits, c) || size + 1 >= ACCOUNT_APP_TEXT)
			return false;
		text[size++] = c;
		if (size % (GROUP_SIZE + 1) == GROUP_SIZE &&
			size + 1 < ACCOUNT_APP_TEXT)
			text[size++] = '-';
	}
	text[size] = '\0';
	return size + 1 == ACCOUNT_APP_TEXT;
}

static bool is_same(const uint8_t *a, const uint8_t *b)
{
	unsigned char difference = 0;

	for (size_t i = 0; i < SASL_KEY_SIZE; i++)
		difference |= (unsigned char)(a[i] ^ b[i]);
	return difference == 0;
}

bool account_app_check(const struct account *account, struct slice password,
	const struct account_app **app_r, struct deadline deadline)
{
	char text[ACCOUNT_APP_TEXT];
	struct sasl_scram_keys keys;
	bool tried;

	*app_r = NULL;
	if (!account || !account->app_count || !account_app_read(password, text))
		return true;
	tried = derive(text, account->apps[0].scram.salt, &keys, deadline);
	for (size_t i = 0; tried && i < account->app_count; i++)
		if (is_same(account->apps[i].scram.stored_key, keys.stored_key))
			*app_r = &account->apps[i];
	memory_wipe(text, sizeof(text));
	memory_wipe(&keys, sizeof(keys));
	return tried;
}

unsigned account_scopes_parse(struct slice text)
{
	unsigned scopes = 0;

	while (text.size) {
		struct slice word = slice_cut(&text, ',');

		if (slice_equal(word, SLICE("submit")))
			scopes |= ACCOUNT_SUBMIT;
		else if (slice_equal(word, SLICE("pickup")))
			scopes |= ACCOUNT_PICKUP;
		else
			return 0;
	}
	return scopes;
}

struct slice account_scopes_print(unsigned scopes)
{
	static const char *const texts[] = {"", "submit", "pickup", "submit,pickup"};

	return slice_of(texts[scopes & (ACCOUNT_SUBMIT | ACCOUNT_PICKUP)]);
}
