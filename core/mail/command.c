/*
 * SMTP commands: the verb of a line and what stands behind it.
 */
#include "mail/command.h"

#include <string.h>

#include "mail/parameter.h"
#include "mail/text.h"

#define NAME_MAX_BYTES 255 /* of an EHLO name; RFC 5321 4.5.3.1.2 */
#define MECHANISM_MAX  20  /* RFC 4422 3.1 */

struct verb {
	const char *name;
	enum smtp_verb verb;
	/* Reads the arguments; NULL: there may be none. */
	bool (*read)(struct parse *parse, struct slice rest);
};

static bool read_name(struct parse *parse, struct slice rest);
static bool read_mail(struct parse *parse, struct slice rest);
static bool read_rcpt(struct parse *parse, struct slice rest);
static bool read_bdat(struct parse *parse, struct slice rest);
static bool read_text(struct parse *parse, struct slice rest);
static bool read_needed_text(struct parse *parse, struct slice rest);
static bool read_auth(struct parse *parse, struct slice rest);
static bool read_path(struct parse *parse, struct slice rest, const char *keyword,
	unsigned allow, struct slice *parameters_r);
static bool refuse_address(struct parse *parse, enum address_fault fault);
static bool is_foreign(struct slice line);
static bool is_name(struct slice name);

static const struct verb verbs[] = {
	{"EHLO", SMTP_EHLO, read_name},
	{"HELO", SMTP_HELO, read_name},
	{"MAIL", SMTP_MAIL, read_mail},
	{"RCPT", SMTP_RCPT, read_rcpt},
	{"DATA", SMTP_DATA, NULL},
	{"BDAT", SMTP_BDAT, read_bdat},
	{"RSET", SMTP_RSET, NULL},
	{"NOOP", SMTP_NOOP, read_text},
	{"QUIT", SMTP_QUIT, NULL},
	{"VRFY", SMTP_VRFY, read_needed_text},
	{"EXPN", SMTP_EXPN, read_needed_text},
	{"HELP", SMTP_HELP, read_text},
	{"STARTTLS", SMTP_STARTTLS, NULL},
	{"AUTH", SMTP_AUTH, read_auth},
	{"XCLIENT", SMTP_XCLIENT, read_text},
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

enum smtp_line_fault smtp_line_check(struct slice raw)
{
	enum smtp_line_fault fault = SMTP_LINE_OK;

	if (raw.size == 0 || raw.at[raw.size - 1] != '\n')
		return SMTP_LINE_UNTERMINATED;
	for (size_t i = 0; i < raw.size && fault == SMTP_LINE_OK; i++) {
		char c = raw.at[i];

		if (c == '\0')
			fault = SMTP_LINE_NUL;
		else if (c == '\n' && (i == 0 || raw.at[i - 1] != '\r'))
			fault = SMTP_LINE_BARE_LF;
		else if (c == '\n' && i + 1 < raw.size)
			fault = SMTP_LINE_TWO_LINES;
		else if (c == '\r' && raw.at[i + 1] != '\n')
			fault = SMTP_LINE_BARE_CR;
	}
	return fault;
}

struct reply smtp_line_refusal(enum smtp_line_fault fault)
{
	switch (fault) {
	case SMTP_LINE_NUL:
		return REPLY(500, 5, 5, 2, "Syntax error: NUL in a command");
	case SMTP_LINE_BARE_LF:
		return REPLY(500, 5, 5, 2, "Syntax error: bare LF received");
	case SMTP_LINE_BARE_CR:
		return REPLY(500, 5, 5, 2, "Syntax error: bare CR received");
	default:
		return REPLY(500, 5, 5, 2, "Syntax error: command not ended by CRLF");
	}
}

const char *smtp_verb_name(enum smtp_verb verb)
{
	for (size_t i = 0; i < VERBS; i++)
		if (verbs[i].verb == verb)
			return verbs[i].name;
	return "UNKNOWN";
}

bool smtp_command_parse(struct slice line, bool utf8, struct arena *arena,
	struct smtp_command *command_r, struct reply *refusal_r)
{
	struct slice rest = line, name = slice_cut(&rest, ' ');
	struct parse parse = {.command = command_r,
		.refusal = refusal_r,
		.arena = arena,
		.utf8 = utf8};

	*command_r = (struct smtp_command){.verb = SMTP_UNKNOWN};
	rest = slice_trim(rest);
	for (size_t i = 0; i < VERBS; i++) {
		if (!slice_equal_nocase(name, slice_of(verbs[i].name)))
			continue;
		command_r->verb = verbs[i].verb;
		if (verbs[i].read)
			return verbs[i].read(&parse, rest);
		return rest.size == 0 ||
		       parse_refuse(&parse,
			       REPLY(501, 5, 5, 4, "Syntax: no arguments here"));
	}
	command_r->foreign = is_foreign(line);
	return parse_refuse(&parse, REPLY(500, 5, 5, 1, "Command not recognized"));
}

struct slice smtp_notify_print(unsigned notify, char text[32])
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {{SMTP_NOTIFY_NEVER, "NEVER"}, {SMTP_NOTIFY_SUCCESS, "SUCCESS"},
		{SMTP_NOTIFY_FAILURE, "FAILURE"}, {SMTP_NOTIFY_DELAY, "DELAY"}};
	size_t used = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct slice name = slice_of(names[i].name);

		if (!(notify & names[i].bit))
			continue;
		if (used > 0)
			text[used++] = ',';
		memcpy(text + used, name.at, name.size);
		used += name.size;
		/* NEVER stands alone, RFC 3461 4.1. */
		if (names[i].bit == SMTP_NOTIFY_NEVER)
			break;
	}
	text[used] = '\0';
	return slice_make(text, used);
}

bool parse_refuse(struct parse *parse, struct reply reply)
{
	*parse->refusal = reply;
	return false;
}

static bool read_name(struct parse *parse, struct slice rest)
{
	if (!is_name(rest))
		return parse_refuse(
			parse, parse->command->verb == SMTP_EHLO
				       ? REPLY(501, 5, 5, 4, "Syntax: EHLO hostname")
				       : REPLY(501, 5, 5, 4, "Syntax: HELO hostname"));
	parse->command->argument = rest;
	return true;
}

static bool read_mail(struct parse *parse, struct slice rest)
{
	struct smtp_command *command = parse->command;
	struct slice parameters;

	/* SMTPUTF8 may stand behind the path that needs it. */
	if (!read_path(parse, rest, "FROM:", ADDRESS_NULL | ADDRESS_UTF8, &parameters))
		return false;
	if (!parameter_read_mail(parse, parameters))
		return false;
	if (command->path.utf8 && !command->smtputf8)
		return refuse_address(parse, ADDRESS_NOT_ASCII);
	return true;
}

static bool read_rcpt(struct parse *parse, struct slice rest)
{
	unsigned allow = ADDRESS_POSTMASTER | (parse->utf8 ? ADDRESS_UTF8 : 0u);
	struct slice parameters;

	return read_path(parse, rest, "TO:", allow, &parameters) &&
	       parameter_read_rcpt(parse, parameters);
}

static bool read_bdat(struct parse *parse, struct slice rest)
{
	struct slice size = slice_cut(&rest, ' ');

	rest = slice_trim(rest);
	parse->command->last = slice_equal_nocase(rest, SLICE("LAST"));
	if (!slice_to_u64(size, &parse->command->chunk_size) ||
		(rest.size > 0 && !parse->command->last))
		return parse_refuse(
			parse, REPLY(501, 5, 5, 4, "Syntax: BDAT size [LAST]"));
	return true;
}

static bool read_text(struct parse *parse, struct slice rest)
{
	if (!text_is_utf8(rest))
		return parse_refuse(
			parse, REPLY(501, 5, 5, 4, "Syntax: text expected"));
	parse->command->argument = rest;
	return true;
}

static bool read_needed_text(struct parse *parse, struct slice rest)
{
	struct slice last = slice_from(rest, slice_index_last(rest, ' ') + 1);

	/* RFC 6531 3.7.4.2: VRFY and EXPN take SMTPUTF8 too. */
	if (slice_equal_nocase(last, SLICE("SMTPUTF8"))) {
		parse->command->smtputf8 = true;
		rest = slice_trim(slice_part(rest, 0, rest.size - last.size));
	}
	if (rest.size == 0)
		return parse_refuse(
			parse, REPLY(501, 5, 5, 4, "Syntax: an address is needed"));
	if (!text_is_ascii(rest) && !parse->command->smtputf8)
		return parse_refuse(
			parse, REPLY(553, 5, 6, 7, "Non-ASCII needs SMTPUTF8"));
	return read_text(parse, rest);
}

static bool read_auth(struct parse *parse, struct slice rest)
{
	static const struct reply syntax = REPLY(
		501, 5, 5, 4, "Syntax: AUTH mechanism [initial-response]");
	struct slice mechanism = slice_cut(&rest, ' ');
	struct slice initial = rest.at ? slice_trim(rest) : SLICE_EMPTY;

	if (mechanism.size == 0 || mechanism.size > MECHANISM_MAX)
		return parse_refuse(parse, syntax);
	for (size_t i = 0; i < mechanism.size; i++)
		if (!ascii_is_alnum(mechanism.at[i]) && mechanism.at[i] != '-' &&
			mechanism.at[i] != '_')
			return parse_refuse(parse, syntax);
	for (size_t i = 0; i < initial.size; i++)
		if (!ascii_is_alnum(initial.at[i]) && !strchr("+/=", initial.at[i]))
			return parse_refuse(
				parse, REPLY(501, 5, 5, 2,
					       "The initial response is not base64"));
	parse->command->mechanism = mechanism;
	if (initial.size > 0)
		parse->command->initial = initial;
	return true;
}

/* "FROM:<path> parameters"; blanks before the path are tolerated, as all do. */
static bool read_path(struct parse *parse, struct slice rest, const char *keyword,
	unsigned allow, struct slice *parameters_r)
{
	enum address_fault fault;
	size_t used;

	if (!slice_starts_nocase(rest, slice_of(keyword)))
		return parse_refuse(parse,
			parse->command->verb == SMTP_MAIL
				? REPLY(501, 5, 5, 4, "Syntax: MAIL FROM:<address>")
				: REPLY(501, 5, 5, 4, "Syntax: RCPT TO:<address>"));
	rest = slice_trim(slice_from(rest, strlen(keyword)));
	fault = address_parse_path(rest, allow, &parse->command->path, &used);
	if (fault != ADDRESS_OK)
		return refuse_address(parse, fault);
	rest = slice_from(rest, used);
	if (rest.size > 0 && rest.at[0] != ' ')
		return refuse_address(parse, ADDRESS_SYNTAX);
	*parameters_r = slice_trim(rest);
	return true;
}

static bool refuse_address(struct parse *parse, enum address_fault fault)
{
	struct reply reply = {.code = 501, .text = slice_of(address_fault_text(fault))};

	if (fault == ADDRESS_NOT_ASCII) {
		reply.code = 553;
		reply.enhanced = (struct enhanced_code){5, 6, 7};
	} else if (parse->command->verb == SMTP_MAIL) {
		reply.enhanced = (struct enhanced_code){5, 1, 7};
	} else {
		reply.enhanced = (struct enhanced_code){5, 1, 3};
	}
	return parse_refuse(parse, reply);
}

/* HTTP comes from browsers and request forgery: it must not reach MAIL. */
static bool is_foreign(struct slice line)
{
	static const char *const starts[] = {"GET ", "POST ", "PUT ", "HEAD ",
		"CONNECT ", "OPTIONS ", "DELETE ", "PATCH ", "PRI * HTTP/",
		"Host:", "User-Agent:", "Content-Length:", "Content-Type:"};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (slice_starts_nocase(line, slice_of(starts[i])))
			return true;
	return false;
}

/*
 * Clients call themselves anything; what is refused is what could not stand in
 * a Received field as it is.
 */
static bool is_name(struct slice name)
{
	if (name.size == 0 || name.size > NAME_MAX_BYTES)
		return false;
	for (size_t i = 0; i < name.size; i++)
		if (name.at[i] == '\0' ||
			(!ascii_is_alnum(name.at[i]) &&
				!strchr("!#$%&'*+-/=?^_`{|}~.:[]", name.at[i])))
			return false;
	return true;
}
