/* What refusals say about how we send. */
#include "relay/signal.h"

#include "base/memory.h"

#include "check.h"

CASE("replies as they are heard")
{
	static const struct {
		int code;
		unsigned short code3[3];
		const char *text;
		bool tried;
		enum signal signal;
	} table[] = {
		{451, {4, 7, 1}, "too fast", false, SIGNAL_RATE},
		{421, {4, 7, 28}, "Gmail has detected something", false, SIGNAL_RATE},
		{450, {4, 2, 1}, "The user is receiving mail too quickly", false,
			SIGNAL_NONE},
		{421, {4, 3, 2}, "system not accepting network messages", false,
			SIGNAL_RATE},
		{451, {4, 7, 650}, "The mail server has been busy", false, SIGNAL_RATE},
		{451, {0, 0, 0}, "You have exceeded the limit", false, SIGNAL_RATE},
		{452, {4, 5, 3}, "Too many recipients", false, SIGNAL_NONE},
		{452, {0, 0, 0}, "Too many recipients", false, SIGNAL_NONE},
		{452, {4, 3, 1}, "Insufficient system storage", false, SIGNAL_NONE},
		{451, {4, 3, 0}, "moderate operator", true, SIGNAL_NONE},
		{421, {4, 7, 0}, "too many connections from you", false,
			SIGNAL_CONNECTIONS},
		{421, {4, 7, 0}, "Maximum messages per connection reached", false,
			SIGNAL_MESSAGES},
		{421, {0, 0, 0}, "Exceeded max messages in this session", false,
			SIGNAL_MESSAGES},
		{451, {4, 7, 1}, "greylisted, come back", true, SIGNAL_NONE},
		{450, {4, 7, 1}, "Recipient address rejected: Greylisting in action",
			true, SIGNAL_NONE},
		/* Unclear: by whether it was seen before. */
		{450, {4, 7, 1}, "try again later", false, SIGNAL_NONE},
		{450, {4, 7, 1}, "try again later", true, SIGNAL_RATE},
		{451, {0, 0, 0}, "try again later", true, SIGNAL_NONE},
		{550, {5, 7, 1}, "too many, rate limit", false, SIGNAL_NONE},
		{250, {2, 0, 0}, "rate", false, SIGNAL_NONE},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct reply reply = {table[i].code,
			{table[i].code3[0], table[i].code3[1], table[i].code3[2]},
			slice_of(table[i].text)};

		if (!CHECK_NUMBER(signal_of_reply(STAGE_MAIL, &reply, table[i].tried),
			    table[i].signal))
			fprintf(stderr, "%s\n", table[i].text);
	}
}

CASE("before a message is named it is about connections or about nothing of this")
{
	struct reply many = REPLY(421, 4, 7, 0, "too many connections"),
		     fast = REPLY(421, 4, 7, 0, "rate limit");

	CHECK_NUMBER(signal_of_reply(STAGE_GREETING, &many, false), SIGNAL_CONNECTIONS);
	CHECK_NUMBER(signal_of_reply(STAGE_EHLO, &fast, false), SIGNAL_NONE);
}

CHECK_MAIN()
