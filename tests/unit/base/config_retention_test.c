/* The configuration of how long mail is kept, and of who is nearly full. */
#include "config_check.h"

CASE("without any, all mail is kept")
{
	struct config *config = config_of(BEGINNING);

	if (!config)
		return;
	CHECK_NUMBER(config->pickup.retention_count, 0);
	CHECK_NUMBER(config->pickup.retention_interval_ms, 3600000);
	CHECK_NUMBER(config->pickup.quota_warnings.count, 2);
	CHECK_SLICE(slice_of(config->pickup.quota_warnings.at[0]), "80");
	CHECK_SLICE(slice_of(config->pickup.quota_warnings.at[1]), "95");
	CHECK(config->pickup.quota_notice);
	config_release(&config);
}

CASE("rules")
{
	struct config *config = config_of(BEGINNING
		"pickup:\n"
		"  quota_warnings: []\n"
		"  retention:\n"
		"  - { use: trash, age: 30d }\n"
		"  - { account: \"@here.test\", mailbox: Bounces/*, messages: 10,\n"
		"      size: 1 MiB, flagged: true }\n");
	const struct config_retention *rules;

	if (!config)
		return;
	rules = config->pickup.retention;
	CHECK_NUMBER(config->pickup.quota_warnings.count, 0);
	CHECK_NUMBER(config->pickup.retention_count, 2);
	CHECK_NUMBER(rules[0].use, CONFIG_USE_TRASH);
	CHECK_NUMBER(rules[0].age_ms, INT64_C(30) * 24 * 3600 * 1000);
	CHECK(!rules[0].account && !rules[0].mailbox && !rules[0].flagged);
	CHECK_NUMBER(rules[1].use, CONFIG_USE_ANY);
	CHECK_SLICE(slice_of(rules[1].account), "@here.test");
	CHECK_SLICE(slice_of(rules[1].mailbox), "Bounces/*");
	CHECK_NUMBER(rules[1].messages, 10);
	CHECK_NUMBER(rules[1].size, 1 << 20);
	CHECK(rules[1].flagged);
	config_release(&config);
}

CASE("what is wrong is said")
{
	static const struct wrong table[] = {
		{"pickup: { retention: [{ use: trash }] }\n",
			"t.yaml:3:23: nothing goes by this; allowed: with age, "
			"messages or size\n"},
		{"pickup: { retention: [{ use: bin, age: 1d }] }\n",
			"t.yaml:3:30: use: \"bin\" is unknown here; allowed: one of "
			"any, all, archive, drafts, flagged, junk, sent, trash, "
			"important\n"},
		{"pickup: { retention: [{ age: 30 }] }\n",
			"t.yaml:3:30: age: \"30\" has no unit; allowed: a duration "
			"from 0 to 36500d (ms, s, m, h, d)\n"},
		{"pickup: { mailboxes: [{ name: a, use: junk }, { name: b },\n"
		 "  { name: c }, { name: d, use: junk }] }\n",
			"t.yaml:4:32: use: another mailbox has it already; allowed: "
			"each once\n"},
		{"pickup: { quota_warnings: [101] }\n",
			"t.yaml:3:28: quota_warnings: \"101\" does not fit; allowed: a "
			"list of shares in percent such as 80\n"},
	};

	check_errors(BEGINNING, table, ARRAY_COUNT(table));
}

CHECK_MAIN()
