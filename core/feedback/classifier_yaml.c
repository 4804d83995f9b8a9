/* What may be written in a file of bounce rules: its schema, and reading it. */
#include "feedback/classifier_yaml.h"

#include "base/config_rows.h"
#include "base/failure.h"
#include "base/pattern.h"

#define RULES_MAX     2000 /* of every host; of one provider */
#define PROVIDERS_MAX 500


#define OBJECT struct config_bounce_match
static const struct config_key match_keys[] = {
	{TEXT(code, NULL, config_form_reply_code, "421, or its first digits: 4, 42")},
	{TEXT(enhanced, NULL, config_form_enhanced,
		"5.1.1, or its first parts: 5.1, 5")},
	{TEXT(text, NULL, config_form_pattern,
		"a regular expression of up to 1000 characters")},
};
#undef OBJECT
static const struct config_section match_section = {"match", KEYS(match_keys), 0};

#define OBJECT struct config_bounce
static const struct config_key rule_keys[] = {
	{TEXT(name, NULL, config_form_rule_name,
		"a word of letters, digits, - . _ and /")},
	{KEY(match, CONFIG_SECTION, match, struct config_bounce_match, NULL),
		.section = &match_section},
	{REQUIRED, CHOICE(category, enum category, NULL, category_words)},
};
#undef OBJECT
static const struct config_section bounce_section = {
	"a rule", KEYS(rule_keys), sizeof(struct config_bounce)};

#define OBJECT struct config_bounce_provider
static const struct config_key provider_keys[] = {
	{REQUIRED, NAME(name, NULL, config_form_rule_name,
			   "a word of letters, digits, - . _ and /")},
	{TEXTS(mx, 1000, config_form_mx,
		"names of mail servers, such as mx.example.com, or \"*.example.com\" "
		"for all below it")},
	{TEXT(text, NULL, config_form_pattern,
		"a regular expression of up to 1000 characters")},
	{ITEMS(rules, rule, bounce, RULES_MAX)},
};
#undef OBJECT
static const struct config_section provider_section = {
	"a provider", KEYS(provider_keys), sizeof(struct config_bounce_provider)};

#define OBJECT struct config_bounce_file
static const struct config_key file_keys[] = {
	{ITEMS(rules, rule, bounce, RULES_MAX)},
	{KEY(providers, CONFIG_ITEMS, providers, struct config_bounce_provider *, NULL),
		.count_offset = AT(provider_count, size_t),
		.section = &provider_section, .most = PROVIDERS_MAX},
};
#undef OBJECT
static const struct config_section file_section = {"the top level", KEYS(file_keys), 0};

static void check_rules(
	struct config_reading *reading, const struct config_bounce *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct config_bounce_match *match = &rules[i].match;

		if (!config_reading_written(reading, &match->code) &&
			!config_reading_written(reading, &match->enhanced) &&
			!config_reading_written(reading, &match->text))
			config_error(reading->errors, rules[i].mark,
				"match: it would match every reply; allowed: at least "
				"one of code, enhanced, text");
		if (match->text && !pattern_check(match->text))
			config_error(reading->errors,
				config_reading_mark(
					reading, &match->text, rules[i].mark),
				"text: %s; allowed: a regular expression as Perl's",
				failure_last()->text);
	}
}

static void check(struct config_reading *reading, const struct config_bounce_file *file)
{
	check_rules(reading, file->rules, file->rule_count);
	for (size_t i = 0; i < file->provider_count; i++) {
		const struct config_bounce_provider *provider = &file->providers[i];

		check_rules(reading, provider->rules, provider->rule_count);
		if (provider->text && !pattern_check(provider->text))
			config_error(reading->errors,
				config_reading_mark(
					reading, &provider->text, provider->mark),
				"text: %s; allowed: a regular expression as Perl's",
				failure_last()->text);
	}
}

void classifier_yaml_read(struct config_reading *reading, struct slice text,
	struct config_bounce_file *file)
{
	config_read_object(reading, &file_section, text, file);
	check(reading, file);
}

