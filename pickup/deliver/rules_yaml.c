/* What may be written in a file of delivery's rules: its schema, and reading it. */
#include "deliver/rules_yaml.h"

#include <string.h>

#include "base/config_rows.h"
#include "base/failure.h"
#include "base/pattern.h"

#define LIST_MAX    1000 /* addresses of a rule */
#define HEADERS_MAX 50
#define WORDS_MAX   20

static const char *const method_words[] = {"spf", "dkim", "dmarc", "arc", NULL};
static const char *const result_words[] = {"pass", "fail", "softfail", "neutral",
	"policy", "none", "temperror", "permerror", NULL};
static const char *const flag_words[] = {
	"seen", "answered", "flagged", "deleted", "draft", NULL};

static bool form_sender(const char *text);
static bool form_keyword(const char *text);
static void check(struct config_reading *reading, const struct config_rule_file *file);

#define WORDS(key, most_, words_)                                              \
	KEY(key, CONFIG_WORDS, key, struct config_texts, NULL), .most = most_, \
								.words = words_

#define OBJECT struct config_rule_header
static const struct config_key header_keys[] = {
	{REQUIRED,
		NAME(name, NULL, config_form_field, "a field's name such as List-Id")},
	{TEXT(text, NULL, config_form_pattern,
		"a regular expression of up to 1000 characters")},
	{TRUTH(absent, "false")},
};
#undef OBJECT
static const struct config_section rule_header_section = {
	"a header", KEYS(header_keys), sizeof(struct config_rule_header)};

#define OBJECT struct config_rule_result
static const struct config_key result_keys[] = {
	{REQUIRED, CHOICE(method, enum rule_method, NULL, method_words)},
	{REQUIRED, WORDS(is, WORDS_MAX, result_words)},
};
#undef OBJECT
static const struct config_section rule_result_section = {
	"a result", KEYS(result_keys), sizeof(struct config_rule_result)};

#define ADDRESSES_ALLOWED \
	"addresses such as bob@example.com, or \"@example.com\" for all of a domain"

#define OBJECT struct config_rule_match
static const struct config_key match_keys[] = {
	{TEXTS(account, LIST_MAX, config_form_some, "names of accounts")},
	{TEXTS(sender, LIST_MAX, form_sender, ADDRESSES_ALLOWED ", or \"<>\"")},
	{TEXTS(recipient, LIST_MAX, config_form_sender, ADDRESSES_ALLOWED)},
	{KEY(headers, CONFIG_ITEMS, headers, struct config_rule_header *, NULL),
		.count_offset = AT(header_count, size_t),
		.section = &rule_header_section, .most = HEADERS_MAX},
	{KEY(results, CONFIG_ITEMS, results, struct config_rule_result *, NULL),
		.count_offset = AT(result_count, size_t),
		.section = &rule_result_section, .most = HEADERS_MAX},
	{SIZE(larger, "0", 0, 1 * TIB)},
	{SIZE(smaller, "0", 0, 1 * TIB)},
};
#undef OBJECT
static const struct config_section match_section = {"match", KEYS(match_keys), 0};

#define OBJECT struct config_rule
static const struct config_key rule_keys[] = {
	{TEXT(name, NULL, config_form_rule_name,
		"a word of letters, digits, - . _ and /")},
	{KEY(match, CONFIG_SECTION, match, struct config_rule_match, NULL),
		.section = &match_section},
	{TEXT(mailbox, NULL, config_form_mailbox_name,
		"a mailbox such as Lists or Lists/News")},
	{WORDS(flags, WORDS_MAX, flag_words)},
	{TEXTS(keywords, WORDS_MAX, form_keyword,
		"words such as $Junk or newsletter, without ( ) { % * \" \\ ]")},
	{TEXTS(forward, WORDS_MAX, config_form_mailbox,
		"addresses such as bob@example.org")},
	{TRUTH(discard, "false")},
	{TRUTH(stop, "false")},
};
#undef OBJECT
static const struct config_section rule_section = {
	"a rule", KEYS(rule_keys), sizeof(struct config_rule)};

#define OBJECT struct config_rule_file
static const struct config_key file_keys[] = {
	{ITEMS(rules, rule, rule, RULES_MAX)},
};
#undef OBJECT
static const struct config_section file_section = {"the top level", KEYS(file_keys), 0};

void rules_yaml_read(struct config_reading *reading, struct slice text,
	struct config_rule_file *file)
{
	config_read_object(reading, &file_section, text, file);
	check(reading, file);
}

static bool form_sender(const char *text)
{
	return strcmp(text, "<>") == 0 || config_form_sender(text);
}

/* RFC 9051: an atom, as flag-keyword is. */
static bool form_keyword(const char *text)
{
	size_t size = strlen(text);

	if (size == 0 || size > 100)
		return false;
	for (const char *at = text; *at; at++)
		if (*at <= ' ' || *at >= 0x7f || strchr("(){%*\"\\]", *at))
			return false;
	return true;
}

static void check_header(
	struct config_reading *reading, const struct config_rule_header *header)
{
	if (header->text && header->absent)
		config_error(reading->errors,
			config_reading_mark(reading, &header->absent, header->mark),
			"absent with text; allowed: one of them");
	if (header->text && !pattern_check(header->text))
		config_error(reading->errors,
			config_reading_mark(reading, &header->text, header->mark),
			"text: %s; allowed: a regular expression as Perl's",
			failure_last()->text);
}

static bool matches_all(
	const struct config_reading *reading, const struct config_rule_match *match)
{
	const void *const members[] = {&match->account, &match->sender,
		&match->recipient, &match->headers, &match->results, &match->larger,
		&match->smaller};

	for (size_t i = 0; i < ARRAY_COUNT(members); i++)
		if (config_reading_written(reading, members[i]))
			return false;
	return true;
}

static bool does_nothing(
	const struct config_reading *reading, const struct config_rule *rule)
{
	const void *const members[] = {&rule->mailbox, &rule->flags, &rule->keywords,
		&rule->forward, &rule->discard, &rule->stop};

	for (size_t i = 0; i < ARRAY_COUNT(members); i++)
		if (config_reading_written(reading, members[i]))
			return false;
	return true;
}

static void check_rule(struct config_reading *reading, const struct config_rule *rule)
{
	const struct config_rule_match *match = &rule->match;

	if (matches_all(reading, match))
		config_error(reading->errors, rule->mark,
			"match: it would match every message of everybody; allowed: at "
			"least one of account, sender, recipient, headers, results, "
			"larger, smaller");
	if (does_nothing(reading, rule))
		config_error(reading->errors, rule->mark,
			"nothing is done with what matches; allowed: at least one of "
			"mailbox, flags, keywords, forward, discard, stop");
	if (rule->discard && rule->mailbox)
		config_error(reading->errors,
			config_reading_mark(reading, &rule->discard, rule->mark),
			"discard with mailbox; allowed: one of them");
	if (match->larger && match->smaller && match->larger >= match->smaller)
		config_error(reading->errors,
			config_reading_mark(reading, &match->larger, rule->mark),
			"larger is not below smaller, so nothing would match; allowed: "
			"a smaller one");
	for (size_t i = 0; i < match->header_count; i++)
		check_header(reading, &match->headers[i]);
}

static void check(struct config_reading *reading, const struct config_rule_file *file)
{
	for (size_t i = 0; i < file->rule_count; i++)
		check_rule(reading, &file->rules[i]);
}
