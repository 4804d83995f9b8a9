/*
 * SMTP command lines: each gives a command of sound parts, or a refusal that
 * can be sent as it is.
 */
#include "mail/command.h"

#include <stdlib.h>

#include "mail/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static void check_command(const struct smtp_command *command)
{
	char print[ADDRESS_MAX + 1], notify[32];

	HOLD(command->verb != SMTP_UNKNOWN && !command->foreign);
	HOLD(text_is_utf8(command->argument));
	HOLD(text_is_ascii(command->envid) && text_is_utf8(command->envid));
	HOLD(command->envid.size <= ENVID_MAX);
	HOLD(text_is_utf8(command->auth));
	HOLD(text_is_utf8(command->orcpt.address));
	HOLD(!command->orcpt.type.at || command->orcpt.address.size > 0);
	HOLD(text_is_utf8(address_print(&command->path, print)));
	HOLD(smtp_notify_print(command->notify, notify).size < sizeof(notify));
	HOLD(text_is_ascii(command->mechanism) && text_is_ascii(command->initial));
	if (command->verb == SMTP_MAIL)
		HOLD(!command->path.utf8 || command->smtputf8);
	if (command->verb == SMTP_RCPT)
		HOLD(!address_is_null(&command->path));
}

static void parse(struct slice line, bool utf8, struct arena *arena)
{
	struct smtp_command command;
	struct reply refusal = {.code = 0};
	char text[200];

	arena_reset(arena);
	if (smtp_command_parse(line, utf8, arena, &command, &refusal)) {
		check_command(&command);
		HOLD(utf8 || command.verb != SMTP_RCPT || !command.path.utf8);
		return;
	}
	HOLD(refusal.code >= 500 && refusal.code <= 555 && refusal.enhanced.class == 5);
	HOLD(refusal.text.size > 0);
	HOLD(text_is_utf8(reply_print(&refusal, text, sizeof(text))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice line = slice_make(data, size);
	enum smtp_line_fault fault = smtp_line_check(line);
	struct arena arena = {0};

	if (fault == SMTP_LINE_OK) {
		line.size -= 2;
		for (size_t i = 0; i < line.size; i++)
			HOLD(line.at[i] != '\r' && line.at[i] != '\n' &&
				line.at[i] != '\0');
	} else {
		HOLD(smtp_line_refusal(fault).code == 500);
	}
	/* The parser must not depend on the check. */
	parse(line, false, &arena);
	parse(line, true, &arena);
	arena_finish(&arena);
	return 0;
}
