/*
 * deploy/ringpost.yaml is the manual: it loads, names every key there is, and
 * the defaults it shows are the defaults. And how large a file may be.
 */
#include "base/buffer.h"
#include "base/config_schema.h"
#include "base/config_yaml.h"
#include "config_check.h"

static char *read_deployed(const char *name)
{
	char *path = memory_format("%s/deploy/%s", RINGPOST_SOURCE, name);
	struct buffer text = {0};
	FILE *file = fopen(path, "r");
	char *copy;
	size_t got;

	CHECK(file != NULL);
	do {
		got = fread(buffer_reserve(&text, 4096), 1, 4096, file);
		buffer_advance(&text, got);
	} while (got > 0);
	fclose(file);
	copy = memory_copy_text(buffer_contents(&text));
	buffer_finish(&text);
	memory_free(path);
	return copy;
}

/* Examples are commented out as "#key: …" or "#  more of it", prose as "# …". */
static char *uncomment(const char *text)
{
	struct slice rest = slice_of(text);
	struct buffer all = {0};
	bool example = false;
	char *copy;

	while (rest.at) {
		struct slice line = slice_cut(&rest, '\n'), bare = slice_trim(line);
		bool hash = slice_starts(bare, SLICE("#")) && bare.size > 1;
		bool more = hash && example && slice_starts(bare, SLICE("#  "));

		example = hash && (bare.at[1] != ' ' || more ||
					  slice_starts(bare, SLICE("#  - ")));
		if (example) {
			buffer_append(
				&all, slice_part(line, 0, (size_t)(bare.at - line.at)));
			buffer_append(&all, slice_from(bare, 1));
		} else {
			buffer_append(&all, line);
		}
		buffer_append_byte(&all, '\n');
	}
	copy = memory_copy_text(buffer_contents(&all));
	buffer_finish(&all);
	return copy;
}

/* Every key is written in the section at OBJECT, or in one of COUNT. */
static void check_keys(const struct config *config,
	const struct config_section *section, const char *object, size_t count,
	size_t stride)
{
	for (size_t i = 0; i < section->key_count; i++) {
		const struct config_key *key = &section->keys[i];
		const char *at = object + key->offset;
		bool written = key->type == CONFIG_SECTION;

		for (size_t j = 0; j < count; j++)
			written |= config_mark_of(config, at + j * stride).line > 0;
		if (!CHECK(written))
			fprintf(stderr, "%s: %s\n", section->name, key->name);
		if (key->type == CONFIG_SECTION)
			check_keys(config, key->section, at, count, stride);
		else if (key->type == CONFIG_ITEMS)
			check_keys(config, key->section, *(char *const *)at,
				*(const size_t *)(object + key->count_offset),
				key->section->size);
	}
}

CASE("deploy/ringpost.yaml loads, as it is and with its examples")
{
	char *text = read_deployed("ringpost.yaml"), *more = uncomment(text);
	struct config *config = config_of(text), *larger = config_of(more);

	if (config && larger) {
		CHECK_NUMBER(config->route_count, 0);
		CHECK_NUMBER(larger->route_count, 6);
		CHECK_NUMBER(larger->listener_count, 10);
		CHECK_NUMBER(larger->dkim_count, 3);
		check_keys(larger, &config_schema, (char *)larger, 1, 0);
	}
	config_release(&config);
	config_release(&larger);
	memory_free(text);
	memory_free(more);
}

/* Compares what KEYS say with what nothing says. */
static void check_defaults(
	const struct config_section *section, const char *shown, const char *unwritten)
{
	for (size_t i = 0; i < section->key_count; i++) {
		const struct config_key *key = &section->keys[i];
		const char *a = shown + key->offset, *b = unwritten + key->offset;
		bool same = true;

		switch (key->type) {
		case CONFIG_TEXT:
		case CONFIG_NAME:
		case CONFIG_PATH:
		case CONFIG_WORD:
			same = slice_equal(slice_of(*(char *const *)a),
				slice_of(*(char *const *)b));
			break;
		case CONFIG_TRUTH:
			same = *(const bool *)a == *(const bool *)b;
			break;
		case CONFIG_CHOICE:
			same = *(const unsigned *)a == *(const unsigned *)b;
			break;
		case CONFIG_NUMBER:
		case CONFIG_SIZE:
		case CONFIG_DURATION:
			same = *(const uint64_t *)a == *(const uint64_t *)b;
			break;
		case CONFIG_SECTION:
			check_defaults(key->section, a, b);
			break;
		case CONFIG_TEXTS:
		case CONFIG_WORDS:
		case CONFIG_NETWORKS:
		case CONFIG_DURATIONS:
		case CONFIG_ITEMS:
			break;
		}
		if (!CHECK(same))
			fprintf(stderr, "%s: %s\n", section->name, key->name);
	}
}

CASE("the defaults deploy/ringpost.yaml shows are the defaults")
{
	char *text = read_deployed("ringpost.yaml");
	struct config *shown = config_of(text), *unwritten = config_of(BEGINNING);

	if (shown && unwritten) {
		check_defaults(&config_schema, (char *)shown, (char *)unwritten);
		CHECK_NUMBER(shown->relay.retry_count, unwritten->relay.retry_count);
		CHECK(memcmp(shown->relay.retry_ms, unwritten->relay.retry_ms,
			      shown->relay.retry_count * sizeof(int64_t)) == 0);
		CHECK_NUMBER(shown->listeners[0].mechanisms.count,
			shown->listeners[1].mechanisms.count);
		CHECK_NUMBER(
			shown->listeners[0].sessions, shown->listeners[1].sessions);
	}
	config_release(&shown);
	config_release(&unwritten);
	memory_free(text);
}

CASE("deploy/ringpost.minimal.yaml loads and is under 15 lines")
{
	char *text = read_deployed("ringpost.minimal.yaml");
	struct slice rest = slice_of(text);
	struct config *config = config_of(text);
	unsigned lines = 0;

	for (; rest.at; lines++)
		slice_cut(&rest, '\n');
	CHECK(lines - 1 < 15);
	if (config)
		CHECK_NUMBER(config->listener_count, 2);
	config_release(&config);
	memory_free(text);
}

static void check_capped(const struct buffer *text, const char *wanted)
{
	char *errors = NULL;
	struct config *config = config_parse_text(
		"t.yaml", buffer_contents(text), &errors);

	CHECK(config == NULL);
	CHECK_SLICE(slice_of(errors), wanted);
	memory_free(errors);
}

CASE("a file's size, number of values and depth have caps")
{
	struct buffer text = {0};

	memset(buffer_reserve(&text, CONFIG_TEXT_MAX + 1), '#', CONFIG_TEXT_MAX + 1);
	buffer_advance(&text, CONFIG_TEXT_MAX + 1);
	check_capped(
		&text, "t.yaml: the file has 8388609 bytes; allowed: up to 8 MiB\n");
	buffer_clear(&text);
	buffer_append(&text, SLICE("a: ["));
	for (unsigned i = 0; i < CONFIG_NODES_MAX; i++)
		buffer_append(&text, SLICE("a,"));
	check_capped(
		&text, "t.yaml:1:1999999: too many values; allowed: up to 1000000\n");
	buffer_clear(&text);
	for (unsigned i = 0; i < CONFIG_DEPTH_MAX + 1; i++)
		buffer_append_byte(&text, '[');
	check_capped(&text,
		"t.yaml:1:17: more than 16 lists and mappings inside each other\n");
	buffer_finish(&text);
}

CASE("of very many errors the first hundred are listed and the rest counted")
{
	struct buffer text = {0};
	char *errors = NULL;
	unsigned lines = 0;

	buffer_append(&text, SLICE(BEGINNING "routes:\n"));
	for (unsigned i = 0; i < 1000; i++)
		buffer_append(&text, SLICE("- domain: _\n"));
	CHECK(!config_parse_text("t.yaml", buffer_contents(&text), &errors));
	for (struct slice rest = slice_of(errors); rest.at; lines++)
		slice_cut(&rest, '\n');
	CHECK_NUMBER(lines - 1, 101);
	CHECK(slice_ends(slice_of(errors), SLICE("\nt.yaml: and 900 more\n")));
	memory_free(errors);
	buffer_finish(&text);
}

CASE("a text cut anywhere is refused or good, and nothing leaks")
{
	char *text = read_deployed("ringpost.minimal.yaml");
	size_t size = slice_of(text).size;

	for (size_t i = 0; i <= size; i++) {
		char *errors = NULL;
		struct config *config = config_parse_text(
			"t.yaml", slice_make(text, i), &errors);

		CHECK((config == NULL) == (errors != NULL));
		config_release(&config);
		memory_free(errors);
	}
	memory_free(text);
}

CHECK_MAIN()
