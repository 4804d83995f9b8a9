/* Keys of the HTTP API: made, told apart, kept in Redis. */
#include "account/api_key.h"

#include <openssl/evp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/random.h"
#include "queue/envelope.h"
#include "run/worker.h"

#define KEYS		SLICE("rp:api:keys")
#define START		"rp_"
#define ARGUMENTS(list) ARRAY_COUNT(list), list

static _Atomic uint64_t changes;

uint64_t api_key_changes(void)
{
	return atomic_load(&changes);
}

static bool ask(struct redis *redis, size_t count, const struct slice *argv,
	enum redis_kind kind, struct redis_reply **reply_r, struct deadline deadline)
{
	return redis_ask(redis, count, argv, kind, reply_r, deadline) ||
	       fail_in("API keys");
}

static bool make_hash(struct slice secret, uint8_t hash[API_KEY_HASH])
{
	return EVP_Digest(secret.at, secret.size, hash, NULL, EVP_sha256(), NULL) == 1;
}

static void make_digits(char *text, size_t size)
{
	for (size_t i = 0; i < size; i += 10)
		base32_encode(random_u64(), (unsigned)(size - i > 10 ? 10 : size - i),
			text + i);
}

/* Its name is taken, or there are too many. */
static bool has_place(struct redis *redis, struct slice name, struct arena *arena,
	struct deadline deadline)
{
	struct api_key *list;
	size_t count;

	if (!flow_name_is_valid(name, ACCOUNT_LABEL_MAX))
		return fail(FAILURE_DATA,
			"a key's name has 1 to %d letters, digits, '.', '-' and '_'",
			ACCOUNT_LABEL_MAX);
	if (!api_key_list(redis, arena, &list, &count, deadline))
		return false;
	if (count >= API_KEYS_MAX)
		return fail(
			FAILURE_LIMIT, "there are %d API keys already", API_KEYS_MAX);
	return !api_key_find(list, count, name) ||
	       fail(FAILURE_DATA, "there is an API key \"%.*s\" already",
		       SLICE_PRINT(name));
}

bool api_key_create(struct redis *redis, struct api_key *key, struct arena *arena,
	char text[API_KEY_TEXT], struct deadline deadline)
{
	char *secret = text + strlen(START) + API_KEY_ID;

	if (!has_place(redis, key->name, arena, deadline))
		return false;
	memcpy(text, START, strlen(START));
	make_digits(text + strlen(START), API_KEY_ID);
	make_digits(secret, API_KEY_SECRET);
	secret[API_KEY_SECRET] = '\0';
	key->id = arena_copy(arena, slice_make(text + strlen(START), API_KEY_ID));
	key->created_ms = worker_wall_ms();
	if (!make_hash(slice_make(secret, API_KEY_SECRET), key->hash))
		return fail(FAILURE_RESOURCE, "the key could not be hashed");
	return api_key_write(redis, key, deadline);
}

bool api_key_write(
	struct redis *redis, const struct api_key *key, struct deadline deadline)
{
	struct arena arena = {0};
	struct slice argv[] = {
		SLICE("HSET"), KEYS, key->id, api_key_record_write(key, &arena)};
	struct redis_reply *reply = NULL;
	bool written = ask(redis, ARGUMENTS(argv), REDIS_NUMBER, &reply, deadline);

	redis_reply_free(&reply);
	arena_finish(&arena);
	atomic_fetch_add(&changes, 1);
	return written;
}

bool api_key_read(struct redis *redis, struct slice id, struct arena *arena,
	struct api_key *key_r, struct deadline deadline)
{
	struct slice argv[] = {SLICE("HGET"), KEYS, id};
	struct redis_reply *reply;
	bool read;

	if (!ask(redis, ARGUMENTS(argv), REDIS_TEXT, &reply, deadline))
		return false;
	if (redis_reply_kind(reply) == REDIS_NOTHING)
		read = fail(FAILURE_DATA, "there is no API key %.*s", SLICE_PRINT(id));
	else
		read = api_key_record_read(redis_reply_text(reply), id, arena, key_r);
	redis_reply_free(&reply);
	return read;
}

bool api_key_remove(struct redis *redis, struct slice id, struct deadline deadline)
{
	struct slice argv[] = {SLICE("HDEL"), KEYS, id};
	struct redis_reply *reply;
	bool removed = ask(redis, ARGUMENTS(argv), REDIS_NUMBER, &reply, deadline);

	atomic_fetch_add(&changes, 1);
	if (!removed)
		return false;
	removed = redis_reply_number(reply) > 0 ||
		  fail(FAILURE_DATA, "there is no API key %.*s", SLICE_PRINT(id));
	redis_reply_free(&reply);
	return removed;
}

static int by_name(const void *a, const void *b)
{
	const struct api_key *one = a, *other = b;

	return slice_compare(one->name, other->name);
}

/* There are API_KEYS_MAX, so one reply holds them. */
bool api_key_list(struct redis *redis, struct arena *arena, struct api_key **list_r,
	size_t *count_r, struct deadline deadline)
{
	struct slice argv[] = {SLICE("HGETALL"), KEYS};
	struct redis_reply *reply;
	struct api_key *list;
	size_t count;
	bool read = true;

	if (!ask(redis, ARGUMENTS(argv), REDIS_LIST, &reply, deadline))
		return false;
	count = redis_reply_count(reply) / 2;
	list = arena_take_array(arena, count, sizeof(*list));
	for (size_t i = 0; read && i < count; i++)
		read = api_key_record_read(
			redis_reply_text(redis_reply_at(reply, 2 * i + 1)),
			redis_reply_text(redis_reply_at(reply, 2 * i)), arena,
			&list[i]);
	redis_reply_free(&reply);
	if (!read)
		return false;
	if (count)
		qsort(list, count, sizeof(*list), by_name);
	*list_r = list;
	*count_r = count;
	return true;
}

const struct api_key *api_key_find(
	const struct api_key *list, size_t count, struct slice name)
{
	for (size_t i = 0; i < count; i++)
		if (slice_equal(list[i].name, name) || slice_equal(list[i].id, name))
			return &list[i];
	return NULL;
}

bool api_key_id(struct slice text, struct slice *id_r)
{
	if (text.size != API_KEY_TEXT - 1 || !slice_starts(text, SLICE(START)))
		return false;
	for (size_t i = strlen(START); i < text.size; i++)
		if (!ascii_is_digit(text.at[i]) &&
			(text.at[i] < 'a' || text.at[i] > 'z'))
			return false;
	*id_r = slice_part(text, strlen(START), API_KEY_ID);
	return true;
}

bool api_key_holds(const struct api_key *key, struct slice text, int64_t now_ms)
{
	struct slice secret = slice_from(text, strlen(START) + API_KEY_ID);
	uint8_t hash[API_KEY_HASH];
	unsigned char difference = 0;

	if (!make_hash(secret, hash))
		return false;
	for (size_t i = 0; i < API_KEY_HASH; i++)
		difference |= (unsigned char)(hash[i] ^ key->hash[i]);
	return difference == 0 && !key->disabled &&
	       (!key->expires_ms || now_ms < key->expires_ms);
}

static const struct {
	const char *word;
	unsigned scope;
} scope_words[] = {{"send", API_SEND}, {"read", API_READ}, {"admin", API_ADMIN}};

unsigned api_scopes_parse(struct slice text)
{
	unsigned scopes = 0;

	while (text.size) {
		struct slice word = slice_cut(&text, ',');
		unsigned scope = 0;

		for (size_t i = 0; i < ARRAY_COUNT(scope_words); i++)
			if (slice_equal(word, slice_of(scope_words[i].word)))
				scope = scope_words[i].scope;
		if (!scope)
			return 0;
		scopes |= scope;
	}
	return scopes;
}

struct slice api_scopes_print(unsigned scopes)
{
	static const char *const texts[] = {"", "send", "read", "send,read", "admin",
		"send,admin", "read,admin", "send,read,admin"};

	return slice_of(texts[scopes & (API_SEND | API_READ | API_ADMIN)]);
}

struct account api_key_account(const struct api_key *key, struct arena *arena)
{
	return (struct account){
		.name = arena_format(arena, "api:%.*s", SLICE_PRINT(key->name)),
		.senders = key->senders,
		.sender_count = key->sender_count,
		.tenant = key->tenant,
		.messages_per_hour = key->messages_per_hour,
		.recipients_per_message = key->recipients_per_message,
	};
}
