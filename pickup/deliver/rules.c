/* Rules held and applied; see rules.h. */
#include "deliver/rules.h"

#include <stdatomic.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"
#include "base/pattern.h"
#include "mail/domain.h"
#include "mail/mime_decode.h"
#include "verify/authres.h"

#include "deliver/rules_yaml.h"

/* A rule as it is applied: patterns beside the headers they are for. */
struct rule {
	const struct config_rule *said;
	struct pattern **patterns;
};

struct rules {
	atomic_size_t holders;
	struct arena arena;
	struct config_rule_file file;
	struct rule *list;
};

static void compile(struct rules *rules)
{
	rules->list = arena_take_array(
		&rules->arena, rules->file.rule_count, sizeof(*rules->list));
	for (size_t i = 0; i < rules->file.rule_count; i++) {
		const struct config_rule *said = &rules->file.rules[i];
		struct rule *rule = &rules->list[i];
		size_t count = said->match.header_count;

		rule->said = said;
		rule->patterns = arena_take_array(
			&rules->arena, count, sizeof(struct pattern *));
		for (size_t j = 0; j < count; j++)
			if (said->match.headers[j].text)
				rule->patterns[j] = pattern_create(
					said->match.headers[j].text);
	}
}

static void read_file(
	struct rules *rules, struct config_errors *errors, struct slice text)
{
	struct arena scratch = {0};
	struct config_reading reading = {
		.arena = &rules->arena, .scratch = &scratch, .errors = errors};

	rules_yaml_read(&reading, text, &rules->file);
	if (errors->count == 0)
		compile(rules);
	memory_free(reading.marks.list);
	arena_finish(&scratch);
}

struct rules *rules_parse_text(const char *path, struct slice text, char **errors_r)
{
	struct rules *rules = NEW(struct rules);
	struct config_errors *errors = NEW(struct config_errors);
	struct arena arena = {0};

	atomic_init(&rules->holders, 1);
	*errors = (struct config_errors){.path = path, .arena = &arena};
	if (path)
		read_file(rules, errors, text);
	if (errors->count > 0) {
		*errors_r = config_errors_text(errors);
		rules_release(&rules);
	}
	arena_finish(&arena);
	memory_free(errors);
	return rules;
}

struct rules *rules_load(struct config *config, char **errors_r)
{
	const char *path = config->delivery.rules;
	struct rules *rules = NULL;
	char place[CONFIG_PLACE_SIZE];
	struct buffer text = {0};

	if (!path || config_read_file(path, &text)) {
		rules = rules_parse_text(path, buffer_contents(&text), errors_r);
	} else {
		config_place(
			config, config_mark_of(config, &config->delivery.rules), place);
		*errors_r = memory_format("%s%s\n", place, failure_last()->text);
	}
	buffer_finish(&text);
	return rules;
}

struct rules *rules_hold(struct rules *rules)
{
	atomic_fetch_add_explicit(&rules->holders, 1, memory_order_relaxed);
	return rules;
}

void rules_release(struct rules **rules)
{
	struct rules *old = *rules;

	*rules = NULL;
	if (!old ||
		atomic_fetch_sub_explicit(&old->holders, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; old->list && i < old->file.rule_count; i++)
		for (size_t j = 0; j < old->list[i].said->match.header_count; j++)
			pattern_destroy(&old->list[i].patterns[j]);
	arena_finish(&old->arena);
	memory_free(old);
}

size_t rules_count(const struct rules *rules)
{
	return rules ? rules->file.rule_count : 0;
}

/* An address, or "@example.com". */
static bool fits_address(struct slice said, struct slice address)
{
	struct slice domain = slice_from(address, slice_index_last(address, '@') + 1);

	if (slice_equal(said, SLICE("<>")))
		return address.size == 0;
	if (slice_starts(said, SLICE("@")))
		return address.size && domain_equal(slice_from(said, 1), domain);
	return slice_equal_nocase(said, address);
}

static bool fits_one(const struct config_texts *said, struct slice address)
{
	bool fits = said->count == 0;

	for (size_t i = 0; i < said->count && !fits; i++)
		fits = fits_address(slice_of(said->at[i]), address);
	return fits;
}

static bool fits_account(const struct config_texts *said, struct slice account)
{
	bool fits = said->count == 0;

	for (size_t i = 0; i < said->count && !fits; i++)
		fits = slice_equal_nocase(slice_of(said->at[i]), account);
	return fits;
}

static bool fits_header(const struct config_rule_header *said,
	const struct pattern *pattern, const struct header *header)
{
	const struct header_field *field = NULL;
	struct arena arena = {0};
	bool there = false, fits = false;

	while (!fits &&
		(field = header_find_text(header, slice_of(said->name), field))) {
		there = true;
		if (pattern) {
			fits = pattern_matches(pattern,
				mime_decode_words(&arena,
					slice_part(field->value, 0, RULES_HEADER_MAX)));
			arena_reset(&arena);
		}
	}
	arena_finish(&arena);
	return pattern ? fits : there != said->absent;
}

/* One of its results is among those that were said; without one it is none. */
static bool fits_result(
	const struct config_rule_result *said, struct slice authentication)
{
	static const struct slice names[] = {[RULE_SPF] = SLICE("spf"),
		[RULE_DKIM] = SLICE("dkim"),
		[RULE_DMARC] = SLICE("dmarc"),
		[RULE_ARC] = SLICE("arc")};
	struct slice found = authres_find(authentication, names[said->method]);

	if (found.size == 0)
		found = SLICE("none");
	for (size_t i = 0; i < said->is.count; i++)
		if (slice_equal_nocase(slice_of(said->is.at[i]), found))
			return true;
	return false;
}

static bool fits(const struct rule *rule, const struct rules_message *message)
{
	const struct config_rule_match *match = &rule->said->match;
	bool good = fits_account(&match->account, message->account) &&
		    fits_one(&match->sender, message->sender) &&
		    fits_one(&match->recipient, message->recipient) &&
		    (!match->larger || message->size > match->larger) &&
		    (!match->smaller || message->size < match->smaller);

	for (size_t i = 0; i < match->result_count && good; i++)
		good = fits_result(&match->results[i], message->authentication);
	for (size_t i = 0; i < match->header_count && good; i++)
		good = fits_header(
			&match->headers[i], rule->patterns[i], message->header);
	return good;
}

/* In the order of the words of `flags`. */
static uint8_t flag_of(const char *word)
{
	static const char *const words[] = {
		"seen", "answered", "flagged", "deleted", "draft"};

	for (size_t i = 0; i < ARRAY_COUNT(words); i++)
		if (strcmp(words[i], word) == 0)
			return (uint8_t)(1u << i);
	return 0;
}

static bool add(struct slice *list, size_t *count, size_t most, const char *text)
{
	for (size_t i = 0; i < *count; i++)
		if (slice_equal(list[i], slice_of(text)))
			return false;
	if (*count == most)
		return false;
	list[(*count)++] = slice_of(text);
	return true;
}

static void act(const struct config_rule *said, struct rules_outcome *outcome,
	struct slice *words, size_t *word_count)
{
	if (said->mailbox)
		add(outcome->mailboxes, &outcome->mailbox_count, RULES_MAILBOXES_MAX,
			said->mailbox);
	for (size_t i = 0; i < said->flags.count; i++)
		outcome->flags |= flag_of(said->flags.at[i]);
	for (size_t i = 0; i < said->keywords.count; i++)
		add(words, word_count, RULES_KEYWORDS_MAX, said->keywords.at[i]);
	for (size_t i = 0; i < said->forward.count; i++)
		add(outcome->forwards, &outcome->forward_count, RULES_FORWARDS_MAX,
			said->forward.at[i]);
	outcome->discard |= said->discard;
	outcome->rule = said->name ? said->name : "";
}

void rules_apply(const struct rules *rules, const struct rules_message *message,
	struct arena *arena, struct rules_outcome *outcome_r)
{
	struct slice words[RULES_KEYWORDS_MAX];
	struct buffer keywords = {0};
	size_t word_count = 0;

	*outcome_r = (struct rules_outcome){.rule = NULL};
	for (size_t i = 0; i < rules_count(rules); i++) {
		const struct rule *rule = &rules->list[i];

		if (!fits(rule, message))
			continue;
		act(rule->said, outcome_r, words, &word_count);
		if (rule->said->stop)
			break;
	}
	for (size_t i = 0; i < word_count; i++)
		buffer_append_format(
			&keywords, "%s%.*s", i ? " " : "", SLICE_PRINT(words[i]));
	outcome_r->keywords = arena_copy(arena, buffer_contents(&keywords));
	buffer_finish(&keywords);
}
