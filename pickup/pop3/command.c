/* POP3 command lines; see command.h. */
#include "pop3/command.h"

#include "base/memory.h"

enum arguments {
	ARGUMENTS_NONE,
	ARGUMENTS_NAME,	  /* all of it */
	ARGUMENTS_SECRET, /* all of it, spaces too */
	ARGUMENTS_DIGEST, /* a name and a digest */
	ARGUMENTS_SASL,	  /* a mechanism, perhaps a first response; or nothing */
	ARGUMENTS_TAG,	  /* one word or none */
	ARGUMENTS_MAYBE_NUMBER,
	ARGUMENTS_NUMBER,
	ARGUMENTS_TWO_NUMBERS,
};

static const struct {
	const char *name;
	enum arguments arguments;
	const char *syntax;
} verbs[POP3_VERBS] = {
	[POP3_UNKNOWN] = {"UNKNOWN", ARGUMENTS_NONE, "That is no POP3 command"},
	[POP3_USER] = {"USER", ARGUMENTS_NAME, "Syntax: USER name"},
	[POP3_PASS] = {"PASS", ARGUMENTS_SECRET, "Syntax: PASS password"},
	[POP3_APOP] = {"APOP", ARGUMENTS_DIGEST, "Syntax: APOP name digest"},
	[POP3_AUTH] = {"AUTH", ARGUMENTS_SASL, "Syntax: AUTH mechanism [response]"},
	[POP3_STLS] = {"STLS", ARGUMENTS_NONE, "STLS takes no argument"},
	[POP3_UTF8] = {"UTF8", ARGUMENTS_NONE, "UTF8 takes no argument"},
	[POP3_CAPA] = {"CAPA", ARGUMENTS_NONE, "CAPA takes no argument"},
	[POP3_LANG] = {"LANG", ARGUMENTS_TAG, "Syntax: LANG [language]"},
	[POP3_QUIT] = {"QUIT", ARGUMENTS_NONE, "QUIT takes no argument"},
	[POP3_STAT] = {"STAT", ARGUMENTS_NONE, "STAT takes no argument"},
	[POP3_LIST] = {"LIST", ARGUMENTS_MAYBE_NUMBER, "Syntax: LIST [message]"},
	[POP3_UIDL] = {"UIDL", ARGUMENTS_MAYBE_NUMBER, "Syntax: UIDL [message]"},
	[POP3_RETR] = {"RETR", ARGUMENTS_NUMBER, "Syntax: RETR message"},
	[POP3_TOP] = {"TOP", ARGUMENTS_TWO_NUMBERS, "Syntax: TOP message lines"},
	[POP3_DELE] = {"DELE", ARGUMENTS_NUMBER, "Syntax: DELE message"},
	[POP3_RSET] = {"RSET", ARGUMENTS_NONE, "RSET takes no argument"},
	[POP3_NOOP] = {"NOOP", ARGUMENTS_NONE, "NOOP takes no argument"},
};

/* What browsers and mail servers say first. */
static const char *const foreign[] = {
	"GET", "POST", "HEAD", "PUT", "OPTIONS", "CONNECT", "HELO", "EHLO", "MAIL"};

static bool take_arguments(
	enum arguments arguments, struct slice rest, struct pop3_command *command);
static bool take_numbers(
	enum arguments arguments, struct slice rest, struct pop3_command *command);
static bool take_number(struct slice word, uint64_t beyond, uint64_t *number_r);
static bool take_digest(struct slice rest, struct pop3_command *command);
static bool take_sasl(struct slice rest, struct pop3_command *command);
static bool is_foreign(struct slice verb);

const char *pop3_verb_name(enum pop3_verb verb)
{
	return verbs[verb].name;
}

bool pop3_command_parse(
	struct slice line, struct pop3_command *command_r, const char **refusal_r)
{
	struct slice rest = line, verb = slice_cut(&rest, ' ');
	struct pop3_command command = {.verb = POP3_UNKNOWN};

	for (size_t i = POP3_UNKNOWN + 1; i < POP3_VERBS; i++) {
		if (slice_equal_nocase(verb, slice_of(verbs[i].name)))
			command.verb = (enum pop3_verb)i;
	}
	command.foreign = command.verb == POP3_UNKNOWN && is_foreign(verb);
	*refusal_r = verbs[command.verb].syntax;
	if (command.verb != POP3_UNKNOWN &&
		take_arguments(verbs[command.verb].arguments, rest, &command)) {
		*command_r = command;
		return true;
	}
	*command_r = (struct pop3_command){
		.verb = command.verb, .foreign = command.foreign};
	return false;
}

static bool take_arguments(
	enum arguments arguments, struct slice rest, struct pop3_command *command)
{
	switch (arguments) {
	case ARGUMENTS_NONE:
		return slice_trim(rest).size == 0;
	case ARGUMENTS_NAME:
		command->name = slice_trim(rest);
		return command->name.size > 0;
	case ARGUMENTS_SECRET:
		command->secret = rest;
		return rest.size > 0;
	case ARGUMENTS_DIGEST:
		return take_digest(slice_trim(rest), command);
	case ARGUMENTS_SASL:
		return take_sasl(slice_trim(rest), command);
	case ARGUMENTS_TAG:
		rest = slice_trim(rest);
		if (rest.size)
			command->name = rest;
		return slice_index(rest, ' ') == rest.size && rest.size <= 64;
	case ARGUMENTS_MAYBE_NUMBER:
	case ARGUMENTS_NUMBER:
	case ARGUMENTS_TWO_NUMBERS:
		return take_numbers(arguments, slice_trim(rest), command);
	}
	return false;
}

static bool take_numbers(
	enum arguments arguments, struct slice rest, struct pop3_command *command)
{
	struct slice word = slice_cut(&rest, ' ');

	if (word.size == 0)
		return arguments == ARGUMENTS_MAYBE_NUMBER;
	command->has_number = true;
	if (!take_number(word, 0, &command->number))
		return false;
	if (arguments != ARGUMENTS_TWO_NUMBERS)
		return !rest.at;
	return take_number(slice_trim(rest), UINT64_MAX, &command->lines);
}

/* Digits; BEYOND stands for what is too large a number. */
static bool take_number(struct slice word, uint64_t beyond, uint64_t *number_r)
{
	for (size_t i = 0; i < word.size; i++) {
		if (!ascii_is_digit(word.at[i]))
			return false;
	}
	if (word.size && !slice_to_u64(word, number_r))
		*number_r = beyond;
	return word.size > 0;
}

static bool take_digest(struct slice rest, struct pop3_command *command)
{
	size_t space = slice_index_last(rest, ' ');

	if (space >= rest.size)
		return false;
	command->name = slice_trim(slice_part(rest, 0, space));
	command->secret = slice_from(rest, space + 1);
	for (size_t i = 0; i < command->secret.size; i++) {
		char c = ascii_lower(command->secret.at[i]);

		if (!ascii_is_digit(c) && !(c >= 'a' && c <= 'f'))
			return false;
	}
	return command->name.size > 0 && command->secret.size == 32;
}

/* A bare AUTH asks for the list, as clients did before there was CAPA. */
static bool take_sasl(struct slice rest, struct pop3_command *command)
{
	if (rest.size == 0)
		return true;
	command->mechanism = slice_cut(&rest, ' ');
	if (rest.at)
		command->initial = slice_trim(rest);
	return slice_index(command->initial, ' ') == command->initial.size;
}

static bool is_foreign(struct slice verb)
{
	for (size_t i = 0; i < ARRAY_COUNT(foreign); i++) {
		if (slice_equal_nocase(verb, slice_of(foreign[i])))
			return true;
	}
	return false;
}
