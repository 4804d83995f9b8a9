/* Shaping: the snapshot, and a rule put together from its layers. */
#include "shaping/shaping.h"

#include <assert.h>

#include "base/buffer.h"
#include "base/failure.h"
#include "base/memory.h"

#include "shaping/reaction_match.h"
#include "shaping/shaping_core.h"
#include "shaping/shaping_file.h"

static void read_file(struct shaping *shaping, struct config_errors *errors,
	struct slice text, bool shipped)
{
	struct arena scratch = {0};
	struct config_rules rules = {.provider_count = 0};
	struct config_reading reading = {
		.arena = &scratch, .scratch = &scratch, .errors = errors};

	shaping_yaml_read(&reading, text, &rules);
	shaping_add(shaping, &reading, &rules, shipped);
	memory_free(reading.marks.list);
	arena_finish(&scratch);
}

/* What is wrong in one file, behind what ERRORS says already. */
static void read_into(struct shaping *shaping, const char *path, struct slice text,
	bool shipped, struct buffer *wrong)
{
	struct config_errors *errors = NEW(struct config_errors);
	struct arena arena = {0};
	char *lines;

	*errors = (struct config_errors){.path = path, .arena = &arena};
	read_file(shaping, errors, text, shipped);
	if (errors->count > 0) {
		lines = config_errors_text(errors);
		buffer_append(wrong, slice_of(lines));
		memory_free(lines);
	}
	arena_finish(&arena);
	memory_free(errors);
}

static struct shaping *create(struct config *config)
{
	struct shaping *shaping = NEW(struct shaping);

	atomic_init(&shaping->holders, 1);
	shaping->config = config_hold(config);
	shaping_add_relay(shaping);
	return shaping;
}

static const struct reaction_list *list_of(const void *of, size_t id)
{
	return shaping_list(of, id);
}

struct shaping *shaping_parse_text(
	struct config *config, const char *path, struct slice text, char **errors_r)
{
	struct shaping *shaping = create(config);
	struct buffer wrong = {0};

	if (config->shaping.shipped)
		read_into(shaping, "the built-in shaping.yaml", shaping_shipped(), true,
			&wrong);
	if (path) {
		shaping->local_path = arena_copy_text(&shaping->arena, slice_of(path));
		read_into(shaping, path, text, false, &wrong);
	}
	if (buffer_size(&wrong)) {
		*errors_r = memory_copy_text(buffer_contents(&wrong));
		shaping_release(&shaping);
	} else {
		shaping->book = reaction_book_create(
			shaping->list_count, list_of, shaping);
	}
	buffer_finish(&wrong);
	return shaping;
}

struct shaping *shaping_load(struct config *config, char **errors_r)
{
	const char *path = config->shaping.file;
	struct shaping *shaping = NULL;
	char place[CONFIG_PLACE_SIZE];
	struct buffer text = {0};

	if (!path || config_read_file(path, &text)) {
		shaping = shaping_parse_text(
			config, path, buffer_contents(&text), errors_r);
	} else {
		config_place(
			config, config_mark_of(config, &config->shaping.file), place);
		*errors_r = memory_format("%s%s\n", place, failure_last()->text);
	}
	buffer_finish(&text);
	return shaping;
}

struct shaping *shaping_shipped_only(struct config *config)
{
	char *errors = NULL;
	struct shaping *shaping = shaping_parse_text(
		config, NULL, SLICE_EMPTY, &errors);

	assert(shaping); /* it was good when it was built in */
	return shaping;
}

struct shaping *shaping_hold(struct shaping *shaping)
{
	atomic_fetch_add_explicit(&shaping->holders, 1, memory_order_relaxed);
	return shaping;
}

void shaping_release(struct shaping **shaping)
{
	struct shaping *old = *shaping;

	*shaping = NULL;
	if (!old ||
		atomic_fetch_sub_explicit(&old->holders, 1, memory_order_acq_rel) != 1)
		return;
	reaction_book_destroy(&old->book);
	map_finish(&old->providers);
	map_finish(&old->hosts);
	map_finish(&old->domains);
	memory_free(old->lists);
	arena_finish(&old->arena);
	config_release(&old->config);
	memory_free(old);
}

/* Under the name itself, else under the longest ".suffix" of it. */
static void *find_name(const struct map *map, struct slice name)
{
	char lower[256];
	void *found;

	if (map->count == 0 || name.size > sizeof(lower))
		return NULL;
	for (size_t i = 0; i < name.size; i++)
		lower[i] = ascii_lower(name.at[i]);
	name.at = lower;
	found = map_find(map, name);
	while (!found && name.size) {
		name = slice_from(name, 1);
		name = slice_from(name, slice_index(name, '.'));
		found = name.size ? map_find(map, name) : NULL;
	}
	return found;
}

static const struct provider *find_provider(
	const struct shaping *shaping, const struct shaping_question *question)
{
	const struct provider *found = NULL;

	for (size_t i = 0; i < question->host_count && !found; i++)
		found = find_name(&shaping->hosts, question->hosts[i]);
	return found;
}

static void push(struct stack *stack, const struct layer *layer)
{
	if (layer)
		stack->at[stack->count++] = layer;
}

void shaping_find_layers(const struct shaping *shaping,
	const struct shaping_question *question, struct stack *stack)
{
	const struct provider *provider = find_provider(shaping, question);

	stack->count = 0;
	stack->provider = provider;
	push(stack, &shaping->relay);
	push(stack, shaping->shipped_default);
	push(stack, provider ? provider->shipped : NULL);
	push(stack, shaping->local_default);
	push(stack, provider ? provider->local : NULL);
	push(stack, find_name(&shaping->domains, question->domain));
	if (!question->route)
		return;
	stack->of_route = (struct layer){
		.origin = shaping->config->path,
		.list = stack->route,
		.count = shaping_route_settings(
			shaping->config, question->route, stack->route),
	};
	push(stack, &stack->of_route);
}

/* 0 is no limit, and higher levels of TLS are the stricter ones. */
static bool is_looser(unsigned place, uint64_t value, uint64_t than)
{
	if (place == PLACE_TLS)
		return value < than;
	return than != 0 && (value == 0 || value > than);
}

static void choose(struct shaping_rule *rule, struct chosen *chosen,
	const struct layer *layer, const struct setting *setting)
{
	unsigned place = setting->place;

	if (layer->shipped) {
		if (chosen->in_relay && is_looser(place, setting->value, chosen->relay))
			return;
		/* And never less TLS, whether written or not. */
		if (place == PLACE_TLS && setting->value < (uint64_t)rule->tls)
			return;
	}
	shaping_set(rule, place, setting->value);
	chosen->layer = layer;
	chosen->setting = setting;
}

void shaping_combine(const struct stack *stack, struct shaping_rule *rule,
	struct chosen chosen[SHAPING_PLACES])
{
	*rule = (struct shaping_rule){.ahead = 1};
	for (size_t i = 0; i < stack->count; i++) {
		const struct layer *layer = stack->at[i];

		for (size_t j = 0; j < layer->count; j++) {
			const struct setting *setting = &layer->list[j];
			struct chosen *mine = &chosen[setting->place];

			if (i == 0) { /* relay: */
				mine->in_relay = setting->line > 0;
				mine->relay = setting->value;
			}
			choose(rule, mine, layer, setting);
		}
	}
	/* Those of the last layer are tried first. */
	for (size_t i = stack->count; i > 0; i--)
		if (stack->at[i - 1]->reactions.count)
			rule->reactions[rule->reaction_lists++] =
				&stack->at[i - 1]->reactions;
	rule->provider_name = stack->provider ? stack->provider->name : NULL;
}

void shaping_find(const struct shaping *shaping,
	const struct shaping_question *question, struct shaping_rule *rule_r)
{
	/* Too much for a fiber's stack. */
	struct finding {
		struct stack stack;
		struct chosen chosen[SHAPING_PLACES];
	} *finding = NEW(struct finding);

	shaping_find_layers(shaping, question, &finding->stack);
	shaping_combine(&finding->stack, rule_r, finding->chosen);
	memory_free(finding);
}

size_t shaping_list_count(const struct shaping *shaping)
{
	return shaping->list_count;
}

const struct reaction_list *shaping_list(const struct shaping *shaping, size_t id)
{
	return shaping->lists[id];
}

const struct reaction_book *shaping_book(const struct shaping *shaping)
{
	return shaping->book;
}

struct slice shaping_shipped(void)
{
	return slice_make(shaping_file_code, shaping_file_size);
}
