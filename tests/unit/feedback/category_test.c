/* Categories: names, the rules that ship against what receivers say, local rules. */
#include "feedback/category.h"

#include "base/buffer.h"
#include "base/config_reading.h"
#include "base/map.h"
#include "base/memory.h"

#include "check.h"

#define REPLIES RINGPOST_SOURCE "/tests/unit/feedback/replies.txt"

static struct classifier *shipped_and(const char *text)
{
	char *errors = NULL;
	struct classifier *classifier = classifier_parse_text(
		text ? "local.yaml" : NULL, slice_of(text), &errors);

	if (!CHECK(classifier))
		fprintf(stderr, "%s", errors);
	memory_free(errors);
	return classifier;
}

static const char *rule_of(const struct classifier *classifier, const char *host,
	struct slice line, enum category *category_r)
{
	struct arena arena = {0};
	const struct category_rule *rule;
	struct category_question question = category_question_of(
		line, slice_of(host), &arena);

	*category_r = category_of(classifier, &question, &rule);
	arena_finish(&arena);
	CHECK(!rule || rule->category == *category_r);
	return rule ? rule->name : "none";
}

static enum category asked(
	const struct classifier *classifier, const char *host, const char *line)
{
	enum category category;

	rule_of(classifier, host, slice_of(line), &category);
	return category;
}

CASE("each has a name and a meaning, and can be found by its name")
{
	for (unsigned i = 0; i < CATEGORIES; i++) {
		enum category found = CATEGORIES;

		CHECK(category_name(i) && *category_name(i));
		CHECK(category_meaning(i) && *category_meaning(i));
		CHECK(category_find(slice_of(category_name(i)), &found) && found == i);
		CHECK(!category_is_hard(i) || !category_is_soft(i));
	}
	CHECK(!category_words[CATEGORIES]);
	CHECK(!category_find(SLICE("bad"), &(enum category){0}));
	CHECK(category_is_hard(CATEGORY_BAD_MAILBOX));
	CHECK(!category_is_hard(CATEGORY_POLICY));
	CHECK(category_is_soft(CATEGORY_MAILBOX_FULL));
	CHECK(!category_is_soft(CATEGORY_OTHER));
}

/* "\n" in the file is the end of a line of the reply. */
static struct slice unescape(struct slice from, struct arena *arena)
{
	char *text = arena_take(arena, from.size + 1);
	size_t used = 0;

	for (size_t i = 0; i < from.size; i++)
		if (slice_starts(slice_from(from, i), SLICE("\\n"))) {
			text[used++] = '\n';
			i++;
		} else {
			text[used++] = from.at[i];
		}
	return slice_make(text, used);
}

static void check_line(const struct classifier *classifier, struct slice line,
	unsigned number, struct map *hit)
{
	struct arena arena = {0};
	char wanted[80], host[200];
	const char *rule, *said;
	enum category category;

	CHECK(slice_to_text(slice_cut(&line, ' '), wanted, sizeof(wanted)));
	CHECK(slice_to_text(slice_cut(&line, ' '), host, sizeof(host)));
	rule = rule_of(classifier, strcmp(host, "-") ? host : NULL,
		unescape(line, &arena), &category);
	said = wanted[0] == '=' ? category_name(category) : rule;
	if (!CHECK(strcmp(said, wanted + (wanted[0] == '=')) == 0))
		fprintf(stderr, "%s:%u: rule %s (%s), not %s: %.*s\n", REPLIES, number,
			rule, category_name(category), wanted, SLICE_PRINT(line));
	map_set(hit, slice_of(rule), (void *)(uintptr_t)1);
	arena_finish(&arena);
}

static bool is_tried(void *hit, const struct category_rule *rule)
{
	if (!CHECK(map_find(hit, slice_of(rule->name))))
		fprintf(stderr, "no reply for the rule %s\n", rule->name);
	return true;
}

static bool count_rule(void *count, const struct category_rule *rule)
{
	CHECK(rule->name && rule->file && rule->line > 0);
	++*(size_t *)count;
	return true;
}

CASE("what receivers say is known by the rule that is meant for it, and no rule is "
     "without a reply")
{
	struct classifier *classifier = shipped_and(NULL);
	struct map hit = {0};
	struct buffer text = {0};
	size_t rules = 0;
	unsigned number = 0;
	struct slice rest;

	CHECK(config_read_file(REPLIES, &text));
	rest = buffer_contents(&text);
	while (rest.at) {
		struct slice line = slice_cut(&rest, '\n');

		number++;
		if (line.size && line.at[0] != '#')
			check_line(classifier, line, number, &hit);
	}
	classifier_each_rule(classifier, is_tried, &hit);
	classifier_each_rule(classifier, count_rule, &rules);
	printf("%zu rules, %u lines of replies\n", rules, number);
	CHECK(rules >= 150);
	map_finish(&hit);
	buffer_finish(&text);
	classifier_release(&classifier);
}

CASE("a local file's rules come first, its providers' before those")
{
	struct classifier *classifier = shipped_and(
		"rules:\n"
		"  - { name: ours, match: { text: 'no such user' }, category: policy "
		"}\n"
		"  - { match: { code: 55, enhanced: 5.9 }, category: size }\n"
		"providers:\n"
		"  - name: google\n"
		"    rules:\n"
		"      - { match: { enhanced: 5.1.1, text: 'odd' }, category: rate }\n"
		"  - name: acme\n"
		"    mx: [\"*.acme.test\", mx.else.test]\n"
		"    text: 'acme[0-9]+'\n"
		"    rules:\n"
		"      - { match: { code: 5 }, category: content }\n");
	enum category category;

	CHECK_NUMBER(
		asked(classifier, NULL, "550 5.1.1 No such user"), CATEGORY_POLICY);
	CHECK(strcmp(rule_of(classifier, NULL, SLICE("559 5.9.3 x"), &category),
		      "rules/2") == 0);
	CHECK(strcmp(rule_of(classifier, "aspmx.l.google.com[192.0.2.1]:25",
			     SLICE("550 5.1.1 odd"), &category),
		      "google/1") == 0);
	CHECK_NUMBER(asked(classifier, "aspmx.l.google.com", "550 5.1.1 even"),
		CATEGORY_BAD_MAILBOX);
	CHECK_NUMBER(asked(classifier, "a.ACME.test[192.0.2.1]:25", "550 5.1.1 no"),
		CATEGORY_CONTENT);
	CHECK_NUMBER(asked(classifier, "mx.else.test", "550 no"), CATEGORY_CONTENT);
	CHECK_NUMBER(asked(classifier, NULL, "550 acme7 no"), CATEGORY_CONTENT);
	/* Below it only, and its server's name says more than the text. */
	CHECK_NUMBER(asked(classifier, "acme.test", "550 no"), CATEGORY_OTHER);
	CHECK_NUMBER(asked(classifier, "aspmx.l.google.com", "550 5.1.1 acme7 no"),
		CATEGORY_BAD_MAILBOX);
	classifier_release(&classifier);
}

CASE("codes fit by their first parts; of what has no code, its status counts")
{
	struct classifier *classifier = shipped_and(
		"rules:\n"
		"  - { name: a, match: { code: 42, text: '^q' }, category: size }\n"
		"  - { name: b, match: { enhanced: 4.7.2, text: '^q' }, category: tls "
		"}\n"
		"  - { name: c, match: { code: 5, text: '^q' }, category: loop }\n"
		"  - { name: d, match: { enhanced: 5.1.1, text: '^z' }, category: dns "
		"}\n");

	CHECK_NUMBER(asked(classifier, NULL, "421 q"), CATEGORY_SIZE);
	CHECK_NUMBER(asked(classifier, NULL, "450 4.7.2 q"), CATEGORY_TLS);
	CHECK_NUMBER(asked(classifier, NULL, "450 4.7.28 q"), CATEGORY_RATE);
	CHECK_NUMBER(asked(classifier, NULL, "599 q"), CATEGORY_LOOP);
	CHECK_NUMBER(asked(classifier, NULL, "553 z (#5.1.1)"), CATEGORY_DNS);
	CHECK_NUMBER(asked(classifier, NULL, "553 z (5.1.1)"), CATEGORY_OTHER);
	CHECK_NUMBER(asked(classifier, NULL, "z"), CATEGORY_OTHER);
	CHECK_NUMBER(asked(classifier, NULL, ""), CATEGORY_OTHER);
	/* Our own: words in it are of others, only the status is ours. */
	CHECK_NUMBER(asked(classifier, NULL, "5.1.1 z spamhaus"), CATEGORY_BAD_MAILBOX);
	CHECK_NUMBER(asked(classifier, NULL, "4.4.1 connect to spamhaus.test: refused"),
		CATEGORY_NETWORK);
	classifier_release(&classifier);
}

CASE("of a report that has no code the text counts")
{
	struct classifier *classifier = shipped_and(NULL);
	const struct category_rule *rule;
	struct category_question question = {
		.enhanced = {5, 2, 0}, .text = SLICE("the mailbox is full")};

	CHECK_NUMBER(category_of(classifier, &question, &rule), CATEGORY_MAILBOX_FULL);
	question.enhanced = (struct enhanced_code){5, 0, 0};
	question.text = SLICE("user unknown");
	CHECK_NUMBER(category_of(classifier, &question, NULL), CATEGORY_BAD_MAILBOX);
	classifier_release(&classifier);
}

CASE("lines broken anywhere are one, and however long they are read")
{
	struct classifier *classifier = shipped_and(NULL);
	struct arena arena = {0};
	struct category_question question = category_question_of(
		SLICE("550-5.1.1 the user does\r\n550-5.1.1   not\r\n550 5.1.1 exist"),
		SLICE_EMPTY, &arena);
	static char text[100000];

	CHECK_NUMBER(question.code, 550);
	CHECK_SLICE(question.text, "the user does\nnot\nexist");
	CHECK_NUMBER(category_of(classifier, &question, NULL), CATEGORY_BAD_MAILBOX);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = "user 550-\n#5.1."[i % 15];
	question.text = slice_make(text, sizeof(text));
	question.host = slice_make(text, sizeof(text));
	category_of(classifier, &question, NULL);
	question = category_question_of(
		slice_make(text, sizeof(text)), SLICE_EMPTY, &arena);
	category_of(classifier, &question, NULL);
	arena_finish(&arena);
	classifier_release(&classifier);
}

CASE("what is wrong in a file is said with its place, all of it")
{
	static const struct {
		const char *text, *wrong;
	} files[] = {
		{"rules: [{ category: rate }]",
			"local.yaml:1:9: match: it would match every reply"},
		{"rules: [{ match: { text: 'a(' }, category: rate }]",
			"local.yaml:1:26: text: the pattern \"a(\" is wrong"},
		{"rules: [{ match: { code: 250 }, category: rate }]",
			"allowed: 421, or its first digits"},
		{"rules: [{ match: { enhanced: 5.1.x }, category: rate }]",
			"allowed: 5.1.1, or its first parts"},
		{"rules: [{ match: { code: 4 }, category: bounce }]",
			"bad-mailbox, bad-domain"},
		{"rules: [{ match: { code: 4 } }]", "\"category\" is missing"},
		{"providers: [{ mx: [a.test] }]", "\"name\" is missing"},
		{"providers: [{ name: a, mx: [a.test] }, { name: a }]",
			"provider \"a\" again"},
		{"providers: [{ name: a, mx: [a.test] }, { name: b, mx: [a.test] }]",
			"mx: \"a.test\" is of provider \"a\" already"},
		{"providers: [{ name: a, text: '[' }]", "text: the pattern \"[\""},
		{"rule: []", "rules, providers"},
		{"- a", "local.yaml:1:1:"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
		char *errors = NULL;
		struct classifier *classifier = classifier_parse_text(
			"local.yaml", slice_of(files[i].text), &errors);

		if (!CHECK(!classifier && errors && strstr(errors, files[i].wrong)))
			fprintf(stderr, "%s: %s\n", files[i].text,
				errors ? errors : "nothing is wrong");
		memory_free(errors);
		classifier_release(&classifier);
	}
}

CASE("a file of comments only, and none")
{
	struct classifier *classifier = shipped_and("# nothing yet\n");

	CHECK_NUMBER(asked(classifier, NULL, "550 user unknown"), CATEGORY_BAD_MAILBOX);
	classifier_release(&classifier);
}

CHECK_MAIN()
