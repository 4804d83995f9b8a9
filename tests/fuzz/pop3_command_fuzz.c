/* POP3 command lines: each gives a command of sound parts, or says why not. */
#include "pop3/command.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static void hold_inside(struct slice line, struct slice part)
{
	HOLD(!part.at ||
		(part.at >= line.at && part.at + part.size <= line.at + line.size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice line = slice_make(data, size);
	struct pop3_command command;
	const char *refusal;
	bool good = pop3_command_parse(line, &command, &refusal);

	HOLD(refusal && strlen(refusal) > 0 && strlen(refusal) < 100);
	HOLD(!good || (command.verb != POP3_UNKNOWN && !command.foreign));
	HOLD(command.verb < POP3_VERBS && pop3_verb_name(command.verb));
	hold_inside(line, command.name);
	hold_inside(line, command.secret);
	hold_inside(line, command.mechanism);
	hold_inside(line, command.initial);
	if (!good)
		return 0;
	switch (command.verb) {
	case POP3_USER:
		HOLD(command.name.size > 0);
		break;
	case POP3_PASS:
		HOLD(command.secret.size > 0);
		break;
	case POP3_APOP:
		HOLD(command.name.size > 0 && command.secret.size == 32);
		break;
	case POP3_RETR:
	case POP3_TOP:
	case POP3_DELE:
		HOLD(command.has_number);
		break;
	default:
		break;
	}
	HOLD(slice_index(command.mechanism, ' ') == command.mechanism.size);
	HOLD(slice_index(command.initial, ' ') == command.initial.size);
	return 0;
}
