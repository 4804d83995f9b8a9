/* Refusals by category: each is taken for what it stands for. */
#include "bench/rule_category.h"

#include "base/failure.h"
#include "bench/rule.h"
#include "feedback/category.h"

#include "check.h"

static struct rules rules;

CASE("what the sink says is classified as what it was told to say")
{
	char *errors = NULL;
	struct classifier *classifier = classifier_parse_text(
		NULL, SLICE_EMPTY, &errors);
	unsigned seen = 0;

	CHECK(classifier && !errors);
	for (size_t i = 0; rule_category_names[i]; i++) {
		struct reply reply = {0};
		struct category_question question;
		enum category category;

		CHECK(rule_category_reply(slice_of(rule_category_names[i]), &reply));
		question = (struct category_question){.code = reply.code,
			.enhanced = reply.enhanced,
			.text = reply.text};
		category = category_of(classifier, &question, NULL);
		CHECK_SLICE(slice_of(category_name(category)), rule_category_names[i]);
		seen |= 1u << category;
	}
	/* All but what nobody says: other, expired. */
	CHECK_NUMBER(__builtin_popcount(seen), CATEGORIES - 2);
	CHECK(!rule_category_reply(SLICE("other"), &(struct reply){0}));
	classifier_release(&classifier);
}

CASE("a rule of one, with conditions, and with words of its own")
{
	struct rule_event event = {.stage = RULE_RCPT, .now_us = 1};
	const struct reply *reply;

	CHECK(rules_add(&rules, SLICE("rcpt mailbox-full after 0 messages")));
	reply = &rules_ask(&rules, &event).refusal->reply;
	CHECK_NUMBER(reply->code, 452);
	CHECK_NUMBER(reply->enhanced.subject, 2);
	CHECK_SLICE(reply->text, "The recipient's mailbox is over quota");
	rules_finish(&rules);
	CHECK(rules_add(&rules, SLICE("rcpt \"full up\" mailbox-full")));
	reply = &rules_ask(&rules, &event).refusal->reply;
	CHECK_NUMBER(reply->code, 452);
	CHECK_SLICE(reply->text, "full up");
	rules_finish(&rules);
	CHECK(!rules_add(&rules, SLICE("rcpt 550 mailbox-full")));
	CHECK(strstr(failure_last()->text, "says its code itself"));
	CHECK(!rules_add(&rules, SLICE("delay rcpt 1s rate")));
	CHECK(!rules_add(&rules, SLICE("rcpt bad-mail")));
	rules_finish(&rules);
}

CHECK_MAIN()
