/* An API key as the JSON that is stored. Members that are not known are refused. */
#include "account/api_key.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/failure.h"
#include "queue/envelope.h"

#define VERSION 1

static json_t *text_to_json(struct slice text)
{
	return json_stringn(text.at ? text.at : "", text.size);
}

static void set_number(json_t *root, const char *name, int64_t value)
{
	if (value)
		json_object_set_new(root, name, json_integer(value));
}

struct slice api_key_record_write(const struct api_key *key, struct arena *arena)
{
	json_t *root = json_object(), *senders = json_array();
	char hash[2 * API_KEY_HASH];
	struct slice record;
	char *text;

	hex_encode(slice_make(key->hash, API_KEY_HASH), hash);
	json_object_set_new(root, "version", json_integer(VERSION));
	json_object_set_new(root, "name", text_to_json(key->name));
	json_object_set_new(root, "hash", json_stringn(hash, sizeof(hash)));
	json_object_set_new(
		root, "scopes", text_to_json(api_scopes_print(key->scopes)));
	if (key->tenant.size)
		json_object_set_new(root, "tenant", text_to_json(key->tenant));
	for (size_t i = 0; i < key->sender_count; i++)
		json_array_append_new(senders, text_to_json(key->senders[i]));
	json_object_set_new(root, "senders", senders);
	set_number(root, "messages_per_hour", (int64_t)key->messages_per_hour);
	set_number(
		root, "recipients_per_message", (int64_t)key->recipients_per_message);
	set_number(root, "created_ms", key->created_ms);
	set_number(root, "expires_ms", key->expires_ms);
	if (key->disabled)
		json_object_set_new(root, "disabled", json_true());
	text = json_dumps(root, JSON_COMPACT);
	record = arena_copy(arena, slice_of(text));
	free(text);
	json_decref(root);
	return record;
}

static struct slice text_of(json_t *value, struct arena *arena)
{
	return arena_copy(
		arena, slice_make(json_string_value(value), json_string_length(value)));
}

static bool read_senders(json_t *list, struct arena *arena, struct api_key *key)
{
	size_t count = json_array_size(list);

	if (!json_is_array(list) || count > API_KEY_SENDERS_MAX)
		return false;
	key->senders = arena_take_array(arena, count, sizeof(*key->senders));
	for (size_t i = 0; i < count; i++)
		key->senders[i] = text_of(json_array_get(list, i), arena);
	key->sender_count = count;
	return true;
}

static bool read_count(json_t *value, int64_t *count_r)
{
	*count_r = json_integer_value(value);
	return json_is_integer(value) && *count_r >= 0;
}

static bool read_number(const char *name, json_t *value, struct api_key *key)
{
	int64_t number;

	if (!read_count(value, &number))
		return false;
	if (strcmp(name, "version") == 0)
		return number == VERSION;
	if (strcmp(name, "messages_per_hour") == 0)
		key->messages_per_hour = (uint64_t)number;
	else if (strcmp(name, "recipients_per_message") == 0)
		key->recipients_per_message = (uint64_t)number;
	else if (strcmp(name, "created_ms") == 0)
		key->created_ms = number;
	else if (strcmp(name, "expires_ms") == 0)
		key->expires_ms = number;
	else
		return false;
	return true;
}

static bool read_member(
	const char *name, json_t *value, struct arena *arena, struct api_key *key)
{
	struct slice text = slice_make(
		json_string_value(value), json_string_length(value));

	if (strcmp(name, "name") == 0)
		key->name = text_of(value, arena);
	else if (strcmp(name, "hash") == 0)
		return text.size == 2 * API_KEY_HASH &&
		       hex_decode(text, (char *)key->hash);
	else if (strcmp(name, "scopes") == 0)
		return (key->scopes = api_scopes_parse(text)) != 0;
	else if (strcmp(name, "tenant") == 0)
		return flow_name_is_valid(
			key->tenant = text_of(value, arena), TENANT_SIZE_MAX);
	else if (strcmp(name, "senders") == 0)
		return read_senders(value, arena, key);
	else if (strcmp(name, "disabled") == 0)
		key->disabled = !json_is_false(value);
	else
		return read_number(name, value, key);
	return true;
}

bool api_key_record_read(struct slice record, struct slice id, struct arena *arena,
	struct api_key *key_r)
{
	struct api_key key = {.id = arena_copy(arena, id)};
	json_t *root = json_loadb(record.at, record.size, JSON_REJECT_DUPLICATES, NULL);
	bool read = json_object_get(root, "version") && json_object_get(root, "hash");
	const char *name;
	json_t *value;

	json_object_foreach(root, name, value)
	{
		read = read && read_member(name, value, arena, &key);
	}
	json_decref(root);
	if (!read)
		return fail(FAILURE_STORE,
			"the record of API key %.*s cannot be understood",
			SLICE_PRINT(id));
	*key_r = key;
	return true;
}
