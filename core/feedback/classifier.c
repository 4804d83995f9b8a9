/* The classifier: the snapshot, made of what files say. */
#include "feedback/classifier_core.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/config_errors.h"
#include "base/failure.h"
#include "base/memory.h"

#include "feedback/classifier_file.h"

#define SHIPPED_NAME "the built-in bounces.yaml"

static const char *copy(struct classifier *classifier, const char *text)
{
	return text ? arena_copy_text(&classifier->arena, slice_of(text)) : NULL;
}

/* "55": 550 to 559. */
static void set_codes(struct bounce_rule *rule, const char *written)
{
	int width = 1;

	rule->code_least = 0;
	rule->code_most = 999;
	if (!written)
		return;
	for (size_t i = slice_of(written).size; i < 3; i++)
		width *= 10;
	rule->code_least = atoi(written) * width;
	rule->code_most = rule->code_least + width - 1;
}

static void set_enhanced(struct bounce_rule *rule, const char *written)
{
	int *parts[] = {&rule->class, &rule->subject, &rule->detail};
	struct slice rest = slice_of(written);

	for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
		struct slice part = slice_cut(&rest, '.');
		uint64_t number = 0;

		*parts[i] = BOUNCE_ANY;
		if (slice_to_u64(part, &number))
			*parts[i] = (int)number;
	}
}

static struct bounce_rules make_rules(struct classifier *classifier,
	const struct config_bounce *written, size_t count, const char *provider,
	const char *path)
{
	struct bounce_rules rules = {.count = count};
	struct arena *arena = &classifier->arena;

	rules.list = arena_take_array(arena, count, sizeof(*rules.list));
	for (size_t i = 0; i < count; i++) {
		const struct config_bounce *from = &written[i];
		struct bounce_rule *rule = &rules.list[i];

		*rule = (struct bounce_rule){
			.told = {.name = copy(classifier, from->name),
				.category = from->category,
				.provider = provider,
				.file = path,
				.line = from->mark.line},
			/* What cannot be compiled was complained about. */
			.text = from->match.text ? pattern_create(from->match.text)
						 : NULL,
		};
		if (!rule->told.name)
			rule->told.name = arena_format(
				arena, "%s/%zu", provider ? provider : "rules", i + 1)
						  .at;
		set_codes(rule, from->match.code);
		set_enhanced(rule, from->match.enhanced);
	}
	return rules;
}

static struct slice lower(struct arena *arena, const char *text)
{
	char *lowered = arena_copy_text(arena, slice_of(text));

	for (char *c = lowered; *c; c++)
		*c = ascii_lower(*c);
	return slice_of(lowered);
}

static void add_hosts(struct classifier *classifier, struct config_reading *reading,
	const struct config_bounce_provider *written, struct bounce_provider *provider)
{
	for (size_t i = 0; i < written->mx.count; i++) {
		struct slice name = lower(reading->scratch, written->mx.at[i]);
		const struct bounce_provider *other;

		if (slice_starts(name, SLICE("*")))
			name = slice_from(name, 1);
		other = map_set(&classifier->hosts, name, provider);
		/* A local provider may take a pattern from a shipped one. */
		if (other && (other->is_local || !provider->is_local))
			config_error(reading->errors,
				config_reading_mark(
					reading, &written->mx.at[i], written->mark),
				"mx: \"%s\" is of provider \"%s\" already; allowed: of "
				"one",
				written->mx.at[i], other->name);
	}
}

static struct bounce_provider *find_or_make(
	struct classifier *classifier, const char *name)
{
	struct bounce_provider *provider = map_find(&classifier->names, slice_of(name));

	if (provider)
		return provider;
	provider = ARENA_NEW(&classifier->arena, struct bounce_provider);
	provider->name = copy(classifier, name);
	map_set(&classifier->names, slice_of(name), provider);
	if (classifier->provider_count == classifier->provider_room) {
		classifier->provider_room = 2 * classifier->provider_room + 32;
		classifier->providers = memory_resize(classifier->providers,
			classifier->provider_room * sizeof(struct bounce_provider *));
	}
	classifier->providers[classifier->provider_count++] = provider;
	return provider;
}

static void add_provider(struct classifier *classifier, struct config_reading *reading,
	const struct config_bounce_provider *written, const char *path, bool shipped)
{
	struct bounce_provider *provider = find_or_make(classifier, written->name);
	struct bounce_rules *rules = shipped ? &provider->shipped : &provider->local;

	bool *has = shipped ? &provider->is_shipped : &provider->is_local;

	if (*has) {
		config_error(reading->errors, written->mark,
			"provider \"%s\" again; allowed: once", written->name);
		return;
	}
	*has = true;
	*rules = make_rules(
		classifier, written->rules, written->rule_count, provider->name, path);
	add_hosts(classifier, reading, written, provider);
	if (written->text) {
		pattern_destroy(&provider->text);
		provider->text = pattern_create(written->text);
	}
}

void classifier_add(struct classifier *classifier, struct config_reading *reading,
	const struct config_bounce_file *file, const char *path, bool shipped)
{
	struct bounce_rules rules = make_rules(
		classifier, file->rules, file->rule_count, NULL, path);

	*(shipped ? &classifier->shipped : &classifier->local) = rules;
	/* One without a name was complained about. */
	for (size_t i = 0; i < file->provider_count; i++)
		if (file->providers[i].name)
			add_provider(classifier, reading, &file->providers[i], path,
				shipped);
}

static void read_file(struct classifier *classifier, struct config_errors *errors,
	struct slice text, bool shipped)
{
	struct arena scratch = {0};
	struct config_bounce_file file = {.rule_count = 0};
	struct config_reading reading = {
		.arena = &scratch, .scratch = &scratch, .errors = errors};

	classifier_yaml_read(&reading, text, &file);
	classifier_add(classifier, &reading, &file,
		arena_copy_text(&classifier->arena, slice_of(errors->path)), shipped);
	memory_free(reading.marks.list);
	arena_finish(&scratch);
}

/* What is wrong in one file, behind what WRONG says already. */
static void read_into(struct classifier *classifier, const char *path,
	struct slice text, bool shipped, struct buffer *wrong)
{
	struct config_errors *errors = NEW(struct config_errors);
	struct arena arena = {0};
	char *lines;

	*errors = (struct config_errors){.path = path, .arena = &arena};
	read_file(classifier, errors, text, shipped);
	if (errors->count > 0) {
		lines = config_errors_text(errors);
		buffer_append(wrong, slice_of(lines));
		memory_free(lines);
	}
	arena_finish(&arena);
	memory_free(errors);
}

struct classifier *classifier_parse_text(
	const char *path, struct slice text, char **errors_r)
{
	struct classifier *classifier = NEW(struct classifier);
	struct buffer wrong = {0};

	atomic_init(&classifier->holders, 1);
	read_into(classifier, SHIPPED_NAME, classifier_shipped(), true, &wrong);
	if (path)
		read_into(classifier, path, text, false, &wrong);
	if (buffer_size(&wrong)) {
		*errors_r = memory_copy_text(buffer_contents(&wrong));
		classifier_release(&classifier);
	}
	buffer_finish(&wrong);
	return classifier;
}

struct classifier *classifier_load(struct config *config, char **errors_r)
{
	const char *path = config->bounces.rules;
	struct classifier *classifier = NULL;
	char place[CONFIG_PLACE_SIZE];
	struct buffer text = {0};

	if (!path || config_read_file(path, &text)) {
		classifier = classifier_parse_text(
			path, buffer_contents(&text), errors_r);
	} else {
		config_place(
			config, config_mark_of(config, &config->bounces.rules), place);
		*errors_r = memory_format("%s%s\n", place, failure_last()->text);
	}
	buffer_finish(&text);
	return classifier;
}

struct classifier *classifier_hold(struct classifier *classifier)
{
	atomic_fetch_add_explicit(&classifier->holders, 1, memory_order_relaxed);
	return classifier;
}

static void finish_rules(struct bounce_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		pattern_destroy(&rules->list[i].text);
}

void classifier_release(struct classifier **classifier)
{
	struct classifier *old = *classifier;

	*classifier = NULL;
	if (!old ||
		atomic_fetch_sub_explicit(&old->holders, 1, memory_order_acq_rel) != 1)
		return;
	finish_rules(&old->shipped);
	finish_rules(&old->local);
	for (size_t i = 0; i < old->provider_count; i++) {
		finish_rules(&old->providers[i]->shipped);
		finish_rules(&old->providers[i]->local);
		pattern_destroy(&old->providers[i]->text);
	}
	map_finish(&old->names);
	map_finish(&old->hosts);
	memory_free(old->providers);
	arena_finish(&old->arena);
	memory_free(old);
}

struct slice classifier_shipped(void)
{
	return slice_make(classifier_file_code, classifier_file_size);
}
