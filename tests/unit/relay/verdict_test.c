/* Which replies mean what, and what is said about it. */
#include "check.h"
#include "relay/verdict.h"

static const struct {
	enum smtp_stage stage;
	struct reply reply;
	bool accepted;
	enum verdict_kind kind;
	bool host_trouble;
} table[] = {
	{STAGE_CONTENT, REPLY(250, 2, 0, 0, "ok"), true, VERDICT_DELIVERED, false},
	{STAGE_CONTENT, REPLY(250, 0, 0, 0, "ok"), true, VERDICT_DELIVERED, false},
	{STAGE_CONTENT, REPLY(451, 4, 3, 0, "x"), true, VERDICT_LATER, false},
	{STAGE_CONTENT, REPLY(554, 5, 6, 0, "x"), true, VERDICT_NEVER, false},
	{STAGE_CONTENT, REPLY(421, 4, 3, 2, "x"), true, VERDICT_LATER, true},
	{STAGE_CONTENT, REPLY(354, 0, 0, 0, "x"), true, VERDICT_LATER, true},
	/* Who does not let us in says nothing about a recipient. */
	{STAGE_GREETING, REPLY(554, 5, 7, 1, "x"), false, VERDICT_LATER, true},
	{STAGE_GREETING, REPLY(421, 4, 3, 2, "x"), false, VERDICT_LATER, true},
	{STAGE_EHLO, REPLY(550, 5, 7, 1, "x"), false, VERDICT_LATER, true},
	{STAGE_STARTTLS, REPLY(454, 4, 7, 0, "x"), false, VERDICT_LATER, true},
	{STAGE_AUTH, REPLY(535, 5, 7, 8, "x"), false, VERDICT_LATER, true},
	{STAGE_MAIL, REPLY(550, 5, 7, 1, "x"), false, VERDICT_NEVER, false},
	{STAGE_MAIL, REPLY(451, 4, 7, 1, "x"), false, VERDICT_LATER, false},
	{STAGE_MAIL, REPLY(421, 4, 7, 0, "x"), false, VERDICT_LATER, true},
	{STAGE_MAIL, REPLY(552, 5, 3, 4, "x"), false, VERDICT_NEVER, false},
	{STAGE_RCPT, REPLY(550, 5, 1, 1, "x"), false, VERDICT_NEVER, false},
	{STAGE_RCPT, REPLY(451, 4, 7, 1, "x"), true, VERDICT_LATER, false},
	{STAGE_RCPT, REPLY(421, 4, 7, 1, "x"), true, VERDICT_LATER, true},
	{STAGE_RCPT, REPLY(354, 0, 0, 0, "x"), true, VERDICT_LATER, true},
	/* RFC 5321 4.5.3.1.10: too many recipients, in both codes. */
	{STAGE_RCPT, REPLY(452, 4, 5, 3, "x"), true, VERDICT_AGAIN, false},
	{STAGE_RCPT, REPLY(452, 4, 5, 3, "x"), false, VERDICT_LATER, false},
	{STAGE_RCPT, REPLY(552, 5, 5, 3, "x"), true, VERDICT_AGAIN, false},
	{STAGE_RCPT, REPLY(552, 5, 5, 3, "x"), false, VERDICT_LATER, false},
	{STAGE_RCPT, REPLY(452, 4, 2, 2, "x"), true, VERDICT_LATER, false},
	{STAGE_RCPT, REPLY(552, 5, 2, 2, "x"), true, VERDICT_NEVER, false},
	{STAGE_RCPT, REPLY(452, 0, 0, 0, "x"), true, VERDICT_LATER, false},
	{STAGE_DATA, REPLY(451, 4, 3, 0, "x"), true, VERDICT_LATER, false},
	{STAGE_DATA, REPLY(554, 5, 5, 1, "x"), true, VERDICT_NEVER, false},
	{STAGE_DATA, REPLY(250, 2, 0, 0, "x"), true, VERDICT_LATER, true},
};

CASE("replies")
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct verdict verdict = verdict_of_reply(
			table[i].stage, &table[i].reply, table[i].accepted);

		if (!CHECK_NUMBER(verdict.kind, table[i].kind) ||
			!CHECK(verdict.host_trouble == table[i].host_trouble))
			fprintf(stderr, "row %zu: %s %d\n", i,
				smtp_stage_name(table[i].stage), table[i].reply.code);
		CHECK_NUMBER(verdict.stage, table[i].stage);
	}
}

CASE("no reply: later, and whose trouble it is")
{
	static const struct {
		enum smtp_stage stage;
		enum failure_kind kind;
		const char *status;
		bool host_trouble;
	} failures[] = {
		{STAGE_CONNECT, FAILURE_NETWORK, "4.4.1", true},
		{STAGE_CONNECT, FAILURE_TIMEOUT, "4.4.1", true},
		{STAGE_MAIL, FAILURE_CLOSED, "4.4.2", true},
		{STAGE_CONTENT, FAILURE_TIMEOUT, "4.4.2", true},
		{STAGE_HANDSHAKE, FAILURE_TLS, "4.7.5", true},
		{STAGE_LOOKUP, FAILURE_DNS, "4.4.3", true},
		{STAGE_DATA, FAILURE_PROTOCOL, "4.5.0", true},
		{STAGE_CONTENT, FAILURE_STORE, "4.3.0", false},
		{STAGE_CONTENT, FAILURE_DATA, "4.3.0", false},
		{STAGE_CONNECT, FAILURE_RESOURCE, "4.3.0", false},
		{STAGE_AUTH, FAILURE_CONFIG, "4.3.5", true},
	};

	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
		struct failure failure = {failures[i].kind, "what happened"};
		struct arena arena = {0};
		struct verdict verdict = verdict_of_failure(
			failures[i].stage, &failure, &arena);
		char status[16];

		CHECK_NUMBER(verdict.kind, VERDICT_LATER);
		CHECK_SLICE(verdict_status(&verdict, status), failures[i].status);
		CHECK(verdict.host_trouble == failures[i].host_trouble);
		arena_finish(&arena);
	}
}

CASE("in words")
{
	struct failure failure = {FAILURE_CLOSED, "the peer closed the connection"};
	struct reply reply = REPLY(550, 5, 1, 1, "No such user\nreally");
	struct arena arena = {0};
	struct verdict verdict = verdict_of_failure(STAGE_DATA, &failure, &arena);
	char text[100], small[12], status[16];

	CHECK_SLICE(verdict_print(&verdict, text, sizeof(text)),
		"4.4.2 DATA: the peer closed the connection");
	CHECK_SLICE(verdict_print(&verdict, small, sizeof(small)), "4.4.2 DATA:");
	verdict = verdict_of_reply(STAGE_RCPT, &reply, false);
	CHECK_SLICE(verdict_print(&verdict, text, sizeof(text)),
		"550 5.1.1 No such user really");
	CHECK_SLICE(verdict_status(&verdict, status), "5.1.1");
	verdict = verdict_of_ours(VERDICT_NEVER, "5.1.10", SLICE("null MX"));
	CHECK_SLICE(verdict_print(&verdict, text, sizeof(text)), "5.1.10 null MX");
	CHECK(!verdict.host_trouble);
	arena_finish(&arena);
}

CHECK_MAIN()
