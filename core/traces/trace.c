/* Ids of traces and spans. */
#include "traces/trace.h"

#include <string.h>

#include "base/encode.h"
#include "base/siphash.h"

#define FIELD_SIZE  55 /* "00-", 32 digits, "-", 16 digits, "-", 2 digits */
#define MILLION	    1000000
#define RANDOM_BITS 56 /* of a trace's id, the last: what samplers look at */

/* They are no secret, and must be the same everywhere. */
static const struct siphash_key high = {0x52696e67706f7374, 1};
static const struct siphash_key low = {0x52696e67706f7374, 2};
static const struct siphash_key spans = {0x52696e67706f7374, 3};

static bool is_lower_hex(struct slice text)
{
	for (size_t i = 0; i < text.size; i++)
		if (!(text.at[i] >= '0' && text.at[i] <= '9') &&
			!(text.at[i] >= 'a' && text.at[i] <= 'f'))
			return false;
	return true;
}

static bool is_zero(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

bool trace_caller_read(struct slice field, char caller_r[TRACE_CALLER_SIZE])
{
	struct slice version, id, span, flags;
	char caller[TRACE_CALLER_SIZE];

	if (field.size < FIELD_SIZE || field.at[2] != '-' || field.at[35] != '-' ||
		field.at[52] != '-')
		return false;
	version = slice_part(field, 0, 2);
	id = slice_part(field, 3, 32);
	span = slice_part(field, 36, 16);
	flags = slice_part(field, 53, 2);
	if (!is_lower_hex(version) || !is_lower_hex(id) || !is_lower_hex(span) ||
		!is_lower_hex(flags) || slice_equal(version, SLICE("ff")))
		return false;
	if (field.size > FIELD_SIZE &&
		(slice_equal(version, SLICE("00")) || field.at[FIELD_SIZE] != '-'))
		return false;
	if (!hex_decode(id, caller) || !hex_decode(span, caller + TRACE_ID_SIZE) ||
		!hex_decode(flags, caller + TRACE_CALLER_SIZE - 1) ||
		is_zero(caller, TRACE_ID_SIZE) || is_zero(caller + TRACE_ID_SIZE, 8))
		return false;
	memcpy(caller_r, caller, sizeof(caller));
	return true;
}

static uint64_t read_big(const char *bytes)
{
	uint64_t number = 0;

	for (size_t i = 0; i < 8; i++)
		number = number << 8 | (unsigned char)bytes[i];
	return number;
}

static void write_big(uint64_t number, unsigned char *bytes)
{
	for (size_t i = 8; i-- > 0; number >>= 8)
		bytes[i] = (unsigned char)number;
}

struct trace trace_of(struct slice message, struct slice caller)
{
	struct trace trace = {.caller = 0};

	if (caller.size == TRACE_CALLER_SIZE) {
		memcpy(trace.id, caller.at, TRACE_ID_SIZE);
		trace.caller = read_big(caller.at + TRACE_ID_SIZE);
		trace.chosen = caller.at[TRACE_CALLER_SIZE - 1] & 1;
		return trace;
	}
	write_big(siphash_24(high, message) | 1, trace.id); /* never all zeroes */
	write_big(siphash_24(low, message), trace.id + 8);
	return trace;
}

bool trace_is_among(const struct trace *trace, uint64_t per_million)
{
	uint64_t random = read_big((const char *)trace->id + 8) &
			  ((UINT64_C(1) << RANDOM_BITS) - 1);

	if (trace->caller)
		return trace->chosen;
	return random < (UINT64_C(1) << RANDOM_BITS) / MILLION * per_million ||
	       per_million >= MILLION;
}

static uint64_t not_zero(uint64_t id)
{
	return id ? id : 1;
}

uint64_t trace_root(struct slice message)
{
	return not_zero(siphash_24(spans, message));
}

/* What an id is made of: parts of known lengths, so that no two ways to put them
 * together are alike. */
struct parts {
	char bytes[128];
	size_t size;
};

static void add(struct parts *parts, const void *bytes, size_t size)
{
	size_t room = sizeof(parts->bytes) - parts->size;

	size = size < room ? size : room;
	memcpy(parts->bytes + parts->size, bytes, size);
	parts->size += size;
}

static uint64_t id_of(struct parts *parts, const char *name, uint32_t number)
{
	unsigned char low_first[4] = {(unsigned char)number,
		(unsigned char)(number >> 8), (unsigned char)(number >> 16),
		(unsigned char)(number >> 24)};

	add(parts, low_first, sizeof(low_first));
	add(parts, name, strlen(name));
	return not_zero(siphash_24(spans, slice_make(parts->bytes, parts->size)));
}

uint64_t trace_attempt(struct slice entry, const char *name, unsigned attempt)
{
	struct parts parts = {.size = 0};

	add(&parts, entry.at, slice_part(entry, 0, 64).size);
	add(&parts, "/", 1);
	return id_of(&parts, name, attempt);
}

uint64_t trace_child(uint64_t parent, const char *name, unsigned number)
{
	struct parts parts = {.size = 0};
	unsigned char bytes[8];

	write_big(parent, bytes);
	add(&parts, bytes, sizeof(bytes));
	return id_of(&parts, name, number);
}
