/* POP3 command lines, right and wrong. */
#include "pop3/command.h"

#include "base/memory.h"
#include "check.h"

CASE("commands without an argument")
{
	static const enum pop3_verb verbs[] = {POP3_STLS, POP3_UTF8, POP3_CAPA,
		POP3_QUIT, POP3_STAT, POP3_RSET, POP3_NOOP};

	for (size_t i = 0; i < ARRAY_COUNT(verbs); i++) {
		char line[16];
		struct pop3_command command;
		const char *refusal;

		snprintf(line, sizeof(line), "%s", pop3_verb_name(verbs[i]));
		CHECK(pop3_command_parse(slice_of(line), &command, &refusal));
		CHECK_NUMBER(command.verb, verbs[i]);
		line[0] = ascii_lower(line[0]);
		strcat(line, "  ");
		CHECK(pop3_command_parse(slice_of(line), &command, &refusal));
		CHECK_NUMBER(command.verb, verbs[i]);
		strcat(line, "x");
		CHECK(!pop3_command_parse(slice_of(line), &command, &refusal));
		CHECK_NUMBER(command.verb, verbs[i]);
	}
}

CASE("names, secrets, mechanisms")
{
	static const struct {
		const char *line, *name, *secret, *mechanism, *initial;
	} table[] = {
		{"USER jo", "jo", "", "", NULL},
		{"user  jo smith ", "jo smith", "", "", NULL},
		{"USER j\xc3\xb6@example.com", "j\xc3\xb6@example.com", "", "", NULL},
		{"PASS secret", "", "secret", "", NULL},
		{"PASS  two words ", "", " two words ", "", NULL},
		{"PASS  ", "", " ", "", NULL},
		{"APOP mrose c4c9334bac560ecc979e58001b3e22fb", "mrose",
			"c4c9334bac560ecc979e58001b3e22fb", "", NULL},
		{"APOP a b C4C9334BAC560ECC979E58001B3E22FB ", "a b",
			"C4C9334BAC560ECC979E58001B3E22FB", "", NULL},
		{"AUTH", "", "", "", NULL},
		{"AUTH PLAIN", "", "", "PLAIN", NULL},
		{"AUTH plain =", "", "", "plain", "="},
		{"AUTH PLAIN dGVzdAB0ZXN0AHRlc3Q=", "", "", "PLAIN",
			"dGVzdAB0ZXN0AHRlc3Q="},
		{"LANG", "", "", "", NULL},
		{"LANG *", "*", "", "", NULL},
		{"LANG en-GB ", "en-GB", "", "", NULL},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct pop3_command command;
		const char *refusal;

		CHECK(pop3_command_parse(slice_of(table[i].line), &command, &refusal));
		CHECK_SLICE(command.name, table[i].name);
		CHECK_SLICE(command.secret, table[i].secret);
		CHECK_SLICE(command.mechanism, table[i].mechanism);
		CHECK_SLICE(command.initial, table[i].initial);
		CHECK((command.initial.at != NULL) == (table[i].initial != NULL));
	}
}

CASE("numbers")
{
	static const struct {
		const char *line;
		bool has_number;
		uint64_t number, lines;
	} table[] = {
		{"LIST", false, 0, 0},
		{"LIST  ", false, 0, 0},
		{"LIST 1", true, 1, 0},
		{"UIDL 007", true, 7, 0},
		{"RETR 0", true, 0, 0},
		{"DELE 18446744073709551615", true, UINT64_MAX, 0},
		{"DELE 18446744073709551616", true, 0, 0},
		{"TOP 1 0", true, 1, 0},
		{"top 2  10 ", true, 2, 10},
		{"TOP 1 99999999999999999999", true, 1, UINT64_MAX},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct pop3_command command;
		const char *refusal;

		CHECK(pop3_command_parse(slice_of(table[i].line), &command, &refusal));
		CHECK(command.has_number == table[i].has_number);
		CHECK(command.number == table[i].number);
		CHECK(command.lines == table[i].lines);
	}
}

CASE("what is none, and why")
{
	static const struct {
		const char *line, *refusal;
		bool foreign;
	} table[] = {
		{"", "That is no POP3 command", false},
		{" STAT", "That is no POP3 command", false},
		{"STAT\t", "That is no POP3 command", false},
		{"UNKNOWN", "That is no POP3 command", false},
		{"XTND XMIT", "That is no POP3 command", false},
		{"GET / HTTP/1.1", "That is no POP3 command", true},
		{"EHLO client.example", "That is no POP3 command", true},
		{"USER", "Syntax: USER name", false},
		{"USER  ", "Syntax: USER name", false},
		{"PASS", "Syntax: PASS password", false},
		{"PASS ", "Syntax: PASS password", false},
		{"APOP mrose", "Syntax: APOP name digest", false},
		{"APOP c4c9334bac560ecc979e58001b3e22fb", "Syntax: APOP name digest",
			false},
		{"APOP mrose c4c9334bac560ecc979e58001b3e22f",
			"Syntax: APOP name digest", false},
		{"APOP mrose c4c9334bac560ecc979e58001b3e22fg",
			"Syntax: APOP name digest", false},
		{"AUTH PLAIN a b", "Syntax: AUTH mechanism [response]", false},
		{"LANG a b", "Syntax: LANG [language]", false},
		{"LIST 1 2", "Syntax: LIST [message]", false},
		{"LIST -1", "Syntax: LIST [message]", false},
		{"UIDL x", "Syntax: UIDL [message]", false},
		{"RETR", "Syntax: RETR message", false},
		{"RETR 1x", "Syntax: RETR message", false},
		{"RETR +1", "Syntax: RETR message", false},
		{"DELE 1,2", "Syntax: DELE message", false},
		{"TOP 1", "Syntax: TOP message lines", false},
		{"TOP 1 2 3", "Syntax: TOP message lines", false},
		{"TOP 1 -2", "Syntax: TOP message lines", false},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct pop3_command command;
		const char *refusal;

		CHECK(!pop3_command_parse(slice_of(table[i].line), &command, &refusal));
		CHECK_SLICE(slice_of(refusal), table[i].refusal);
		CHECK(command.foreign == table[i].foreign);
		CHECK(!command.secret.at && !command.name.at);
	}
}

CHECK_MAIN()
