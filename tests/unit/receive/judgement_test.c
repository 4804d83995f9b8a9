/* What becomes of mail: every result of SPF and DMARC with every wish. */
#include "receive/judgement.h"

#include "base/memory.h"

#include "check.h"

static struct arena arena;
static char *trusted[] = {"lists.example"};
static const struct arc_set sets[] = {
	{.domain = {"other.example", 13}, .results = {"o; dmarc=pass", 13}},
	{.domain = {"Lists.example", 13}, .results = {"l; dmarc=pass", 13}},
	{.domain = {"lists.example", 13}, .results = {"l; dmarc=fail", 13}},
};

static struct authentication found_of(
	enum spf_result spf, enum dmarc_result dmarc, enum dmarc_policy policy)
{
	struct authentication found = {.spf_known = true, .from_fields = 1};

	found.spf.result = spf;
	found.spf.domain = SLICE("sender.example");
	found.dmarc.result = dmarc;
	found.dmarc.policy = dmarc == DMARC_FAIL ? policy : DMARC_POLICY_NONE;
	found.dmarc.from_domain = SLICE("author.example");
	found.client = (struct in6_addr){
		.s6_addr = {[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 1}};
	return found;
}

static struct judgement judge(
	const struct config_receive *config, const struct authentication *found)
{
	struct judgement judgement;

	judgement_make(config, found, &arena, &judgement);
	return judgement;
}

CASE("DMARC's policies are obeyed as configured; nothing else refuses by itself")
{
	const struct config_receive config = {
		.dmarc_quarantine = CONFIG_JUDGE_QUARANTINE,
		.dmarc_reject = CONFIG_JUDGE_REFUSE};
	static const struct {
		enum spf_result spf;
		enum dmarc_result dmarc;
		enum dmarc_policy policy;
		enum config_judgement what;
		bool authentic;
	} table[] = {
		{SPF_PASS, DMARC_PASS, DMARC_POLICY_REJECT, CONFIG_JUDGE_MARK, true},
		{SPF_FAIL, DMARC_PASS, DMARC_POLICY_REJECT, CONFIG_JUDGE_MARK, true},
		{SPF_PASS, DMARC_FAIL, DMARC_POLICY_NONE, CONFIG_JUDGE_MARK, true},
		{SPF_PASS, DMARC_FAIL, DMARC_POLICY_QUARANTINE, CONFIG_JUDGE_QUARANTINE,
			true},
		{SPF_NONE, DMARC_FAIL, DMARC_POLICY_REJECT, CONFIG_JUDGE_REFUSE, false},
		{SPF_FAIL, DMARC_NONE, DMARC_POLICY_NONE, CONFIG_JUDGE_MARK, false},
		{SPF_NONE, DMARC_NONE, DMARC_POLICY_NONE, CONFIG_JUDGE_MARK, false},
		{SPF_SOFTFAIL, DMARC_TEMPERROR, DMARC_POLICY_REJECT, CONFIG_JUDGE_MARK,
			false},
		{SPF_TEMPERROR, DMARC_PERMERROR, DMARC_POLICY_REJECT,
			CONFIG_JUDGE_QUARANTINE, false},
		{SPF_NEUTRAL, DMARC_NONE, DMARC_POLICY_NONE, CONFIG_JUDGE_MARK, false},
		{SPF_PERMERROR, DMARC_NONE, DMARC_POLICY_NONE, CONFIG_JUDGE_MARK,
			false},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct authentication found = found_of(
			table[i].spf, table[i].dmarc, table[i].policy);
		struct judgement judgement = judge(&config, &found);

		if (!CHECK_NUMBER(judgement.what, table[i].what) ||
			!CHECK(judgement.authentic == table[i].authentic))
			fprintf(stderr, "row %zu\n", i);
	}
	arena_finish(&arena);
}

CASE("SPF alone counts where that is wanted, and DMARC did not pass")
{
	const struct config_receive config = {.spf_fail = CONFIG_JUDGE_QUARANTINE};
	struct authentication found = found_of(SPF_FAIL, DMARC_NONE, DMARC_POLICY_NONE);
	struct judgement judgement = judge(&config, &found);
	struct reply reply;

	CHECK_NUMBER(judgement.what, CONFIG_JUDGE_QUARANTINE);
	CHECK_SLICE(judgement.why, "spf=fail smtp.domain=sender.example");
	CHECK(!judgement_refuses_sender(&config, &found, &arena, &reply));
	found.dmarc.result = DMARC_PASS;
	CHECK_NUMBER(judge(&config, &found).what, CONFIG_JUDGE_MARK);
	found = found_of(SPF_SOFTFAIL, DMARC_NONE, DMARC_POLICY_NONE);
	CHECK_NUMBER(judge(&config, &found).what, CONFIG_JUDGE_MARK);
	arena_finish(&arena);
}

CASE("before the message comes, SPF may refuse, with its domain's words")
{
	const struct config_receive config = {.spf_fail = CONFIG_JUDGE_REFUSE};
	struct authentication found = found_of(SPF_FAIL, DMARC_NONE, DMARC_POLICY_NONE);
	struct reply reply;
	char text[200];

	found.spf.explanation = SLICE("see https://sender.example");
	CHECK(judgement_refuses_sender(&config, &found, &arena, &reply));
	CHECK_SLICE(reply_print(&reply, text, sizeof(text)),
		"550 5.7.23 SPF: sender.example does not let 192.0.2.1 send in its "
		"name: see https://sender.example");
	found.spf_known = false;
	CHECK(!judgement_refuses_sender(&config, &found, &arena, &reply));
	arena_finish(&arena);
}

CASE("a chain saves mail where its last seal is trusted, and says that it was good")
{
	const struct config_receive config = {
		.dmarc_reject = CONFIG_JUDGE_REFUSE, .arc_trusted = {trusted, 1}};
	struct authentication found = found_of(
		SPF_NONE, DMARC_FAIL, DMARC_POLICY_REJECT);
	struct arc_verdict arc = {.status = ARC_PASS, .count = 2, .sets = sets};

	CHECK_NUMBER(judge(&config, &found).what, CONFIG_JUDGE_REFUSE);
	found.arc = &arc;
	CHECK_NUMBER(judge(&config, &found).what, CONFIG_JUDGE_MARK);
	CHECK(!judge(&config, &found).authentic);
	arc.status = ARC_FAIL;
	CHECK_NUMBER(judge(&config, &found).what, CONFIG_JUDGE_REFUSE);
	arc.status = ARC_PASS;
	arc.count = 1; /* nobody we know */
	CHECK_NUMBER(judge(&config, &found).what, CONFIG_JUDGE_REFUSE);
	arc.count = 3; /* … who says that it was bad */
	CHECK_NUMBER(judge(&config, &found).what, CONFIG_JUDGE_REFUSE);
	arc.count = 0;
	CHECK_NUMBER(judge(&config, &found).what, CONFIG_JUDGE_REFUSE);
	arena_finish(&arena);
}

CASE("several From fields are refused whatever is configured")
{
	const struct config_receive config = {.dmarc_reject = CONFIG_JUDGE_MARK};
	struct authentication found = found_of(
		SPF_PASS, DMARC_PERMERROR, DMARC_POLICY_NONE);

	found.from_fields = 2;
	CHECK_NUMBER(judge(&config, &found).what, CONFIG_JUDGE_REFUSE);
	found.from_fields = 0;
	CHECK_NUMBER(judge(&config, &found).what, CONFIG_JUDGE_MARK);
	arena_finish(&arena);
}

CASE("whose mail it is: by DMARC, else DKIM, else SPF")
{
	const struct config_receive config = {.spf_fail = CONFIG_JUDGE_MARK};
	struct authentication found = found_of(SPF_PASS, DMARC_PASS, DMARC_POLICY_NONE);
	const struct dkim_verdict bad = {
		.result = DKIM_FAIL, .domain = {"no.example", 10}};
	const struct dkim_verdict good = {
		.result = DKIM_PASS, .domain = {"d.example", 9}};

	CHECK_SLICE(judge(&config, &found).domain, "author.example");
	found.dmarc.result = DMARC_NONE;
	CHECK_SLICE(judge(&config, &found).domain, "sender.example");
	found.dkim[0] = &bad;
	found.dkim[1] = &good;
	found.dkim_count = 2;
	CHECK_SLICE(judge(&config, &found).domain, "d.example");
	CHECK_SLICE(slice_of(judge(&config, &found).dkim), "pass");
	found.dkim_count = 1;
	found.spf.result = SPF_NONE;
	CHECK(judge(&config, &found).domain.size == 0);
	CHECK_SLICE(slice_of(judge(&config, &found).dkim), "fail");
	arena_finish(&arena);
}

CHECK_MAIN()
