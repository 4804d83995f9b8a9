/*
 * `ringpost sendmail`: what programs call that know /usr/sbin/sendmail: a whole message
 * on standard input, recipients as words or (-t) of its header. Statuses of
 * sysexits(3).
 */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"
#include "mail/author.h"
#include "mail/header.h"

#include "client/errand.h"
#include "command/commands.h"
#include "command/send_door.h"

/* Options with a value, in the same word or the next; those that change nothing here
 * are taken all the same, for the sake of who writes them. */
#define WITH_VALUE "fFrBCNRVXLhOMQp"
#define ALONE	   "tinvGUms"

struct mailing {
	const char *from;
	bool of_header, dots;
	struct buffer text, crlf;
	struct arena arena;
	struct header header;
	struct slice host;
	struct value *to;
};

/* "root" → "root@mail.example.com". */
static struct slice complete(struct mailing *mailing, struct slice address)
{
	if (slice_index(address, '@') < address.size)
		return address;
	return arena_format(&mailing->arena, "%.*s@%.*s", SLICE_PRINT(address),
		SLICE_PRINT(mailing->host));
}

static bool is_bare(struct slice name)
{
	for (size_t i = 0; i < name.size; i++)
		if (!ascii_is_alnum(name.at[i]) && !memchr("-_.+", name.at[i], 4))
			return false;
	return name.size > 0;
}

static void add(struct mailing *mailing, struct slice address)
{
	value_append_text(mailing->to, complete(mailing, address));
}

/* Names without a domain, with commas between them, as cron writes them. */
static bool add_bare(struct mailing *mailing, struct slice value)
{
	while (value.at) {
		struct slice name = slice_trim_all(slice_cut(&value, ','));

		if (name.size && !is_bare(name))
			return false;
		if (name.size)
			add(mailing, name);
	}
	return true;
}

static bool add_of_header(struct mailing *mailing)
{
	for (size_t i = 0; i < mailing->header.count; i++) {
		const struct header_field *field = &mailing->header.fields[i];
		struct slice *list;
		size_t count;

		if (field->known != HEADER_TO && field->known != HEADER_CC &&
			field->known != HEADER_BCC)
			continue;
		if (!authors_find(field->value, &mailing->arena, &list, &count)) {
			if (!add_bare(mailing,
				    header_unfold(&mailing->arena, field->value)))
				return fail(FAILURE_DATA,
					"%.*s cannot be understood, or names more than "
					"%d",
					SLICE_PRINT(field->name), AUTHORS_MAX);
			continue;
		}
		for (size_t j = 0; j < count; j++)
			add(mailing, list[j]);
	}
	return true;
}

static bool take(struct mailing *mailing, struct arguments *arguments, size_t *at)
{
	const char *word = arguments->words[*at], *value = word + 2;
	char name = word[1];

	if (name == 't' && !*value)
		mailing->of_header = true;
	if (name == 'i' || strcmp(word, "-oi") == 0)
		mailing->dots = true;
	if (name == 'o' || (strchr(ALONE, name) && !*value) || strcmp(word, "-bm") == 0)
		return true;
	if (!strchr(WITH_VALUE, name))
		return fail(FAILURE_CONFIG, "there is no option %s here", word);
	if (!*value) {
		if (++*at == arguments->count)
			return fail(FAILURE_CONFIG, "%s needs a value", word);
		value = arguments->words[*at];
	}
	if (name == 'f' || name == 'r')
		mailing->from = value;
	return true;
}

static bool parse(struct mailing *mailing, struct arguments *arguments)
{
	size_t at = 0;

	for (; at < arguments->count; at++) {
		const char *word = arguments->words[at];

		if (strcmp(word, "--") == 0) {
			at++;
			break;
		}
		if (word[0] != '-' || !word[1])
			break;
		if (!take(mailing, arguments, &at))
			return false;
	}
	for (; at < arguments->count; at++)
		add(mailing, errand_address(arguments->words[at]));
	return value_count(mailing->to) || mailing->of_header ||
	       fail(FAILURE_CONFIG, "to whom? recipients as words, or -t");
}

/* A line with nothing but a dot ends it, unless -i says not. */
static struct slice read_text(struct mailing *mailing)
{
	struct slice text = buffer_contents(&mailing->text);

	if (mailing->dots)
		return text;
	text = slice_part(text, 0, slice_find(text, SLICE("\n.\n")) + 1);
	return slice_part(text, 0, slice_find(text, SLICE("\n.\r\n")) + 1);
}

/* Lines that end in LF alone are made CRLF. */
static struct slice with_line_ends(struct mailing *mailing, struct slice text)
{
	struct buffer *crlf = &mailing->crlf;

	if (slice_index(text, '\r') < text.size)
		return text;
	while (text.size) {
		struct slice line = slice_cut(&text, '\n');

		buffer_append(crlf, line);
		if (text.at)
			buffer_append(crlf, SLICE("\r\n"));
	}
	return buffer_contents(crlf);
}

static struct slice sender(struct mailing *mailing)
{
	const struct header_field *from = header_find(&mailing->header, HEADER_FROM);
	const struct passwd *user;
	struct slice *list;
	size_t count;

	if (mailing->from)
		return complete(mailing, errand_address(mailing->from));
	if (from && authors_find(from->value, &mailing->arena, &list, &count))
		return list[0];
	user = getpwuid(getuid());
	return complete(mailing, user ? slice_of(user->pw_name) : SLICE("postmaster"));
}

static bool make(struct mailing *mailing, struct value *message)
{
	struct slice text, head;

	if (!send_read("-", &mailing->text))
		return false;
	text = with_line_ends(mailing, read_text(mailing));
	head = slice_part(text, 0, slice_find(text, SLICE("\r\n\r\n")) + 2);
	if (!header_scan(&mailing->arena, head, 0, 0, &mailing->header) ||
		(mailing->of_header && !add_of_header(mailing)))
		return false;
	if (!value_count(mailing->to))
		return fail(FAILURE_DATA, "the message names nobody to send it to");
	value_set_text(message, "from", sender(mailing));
	value_set(message, "bcc", value_copy(mailing->to));
	send_set_bytes(message, "raw", text);
	return true;
}

static int send(struct mailing *mailing, const struct arguments *arguments)
{
	static const struct send_door socket = {.url = NULL};
	struct value *message = value_object(), *answer = NULL;
	int status = EX_TEMPFAIL;

	if (!make(mailing, message)) {
		command_fail();
		status = EX_DATAERR;
	} else if (!(answer = send_through(&socket, arguments, &message))) {
		command_fail();
	} else {
		status = send_tell(&answer, SEND_SILENT);
	}
	value_release(&message);
	return status == EXIT_FAILED ? EX_UNAVAILABLE : status;
}

static int run(const struct command *command, struct arguments *arguments)
{
	struct config *config = errand_config(arguments);
	struct mailing *mailing;
	int status = EXIT_CONFIG;

	if (!config)
		return EXIT_CONFIG;
	mailing = NEW(struct mailing);
	mailing->to = value_list();
	mailing->host = slice_of(config->hostname);
	if (parse(mailing, arguments)) {
		status = send(mailing, arguments);
	} else {
		command_refuse(command, "%s", failure_last()->text);
		status = EX_USAGE;
	}
	value_release(&mailing->to);
	buffer_finish(&mailing->text);
	buffer_finish(&mailing->crlf);
	arena_finish(&mailing->arena);
	memory_free(mailing);
	config_release(&config);
	return status;
}

const struct command command_sendmail = {
	.name = "sendmail",
	.summary = "a message as /usr/sbin/sendmail takes it",
	.usage =
		"[-t] [-i] [-f SENDER] [RECIPIENT …]\n\n"
		"Reads a whole message from standard input, for programs that call\n"
		"sendmail. Put a script in its place:\n"
		"  #!/bin/sh\n"
		"  exec ringpost sendmail \"$@\"\n"
		"  -t         to whom To, Cc and Bcc say, too; Bcc is not passed on\n"
		"  -i, -oi    a line with a dot alone does not end it\n"
		"  -f SENDER  the envelope's; else who stands in From, else the user\n"
		"Names without a domain get this server's. Other options of sendmail\n"
		"are taken and mean nothing; -bd, -bs, -bp and their like are "
		"refused.\n"
		"The configuration is that of RINGPOST_CONFIG.\n"
		"Exit status: as sysexits(3): 0, 64 usage, 65 no message, 69 refused,\n"
		"75 try again later, 78 configuration.\n",
	.run = run,
};
