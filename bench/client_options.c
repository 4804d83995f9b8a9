/* What `ringpost-bench client` is told on its command line. */
#include "bench/client_options.h"

#include <stddef.h>

#include "base/failure.h"
#include "base/memory.h"

#include "bench/crew.h"

#define AT(member) offsetof(struct client_options, member)

static const struct option table[] = {
	{"pop3", NULL, OPTION_FLAG, AT(pop3), 0, 0, "speak POP3 (else IMAP)"},
	{"step", "COMMAND[@P]", OPTION_TEXTS, AT(steps), 0, 0,
		"what a session does, step after step, again and again; several may\n"
		"be given; @30: in 30 of 100 rounds. %m is a message that is there,\n"
		"by chance, %l the last, %n the operation's number, %u the user's.\n"
		"IMAP: APPEND stores a new message; POP3: \"RETR *\" reads them all.\n"
		"None: the session is opened and ended, which is the operation"},
	{"sessions", "N", OPTION_NUMBER, AT(sessions), 1, CLIENT_SESSIONS_MAX,
		"connections at a time (1)"},
	{"operations", "N", OPTION_NUMBER, AT(operations), 1, UINT32_MAX,
		"end after so many steps were done"},
	{"duration", "TIME", OPTION_TIME, AT(duration_us), 0, 0,
		"end after so long (10s, if --operations is not given)"},
	{"rate", "R", OPTION_RATE, AT(rate), 0, 0,
		"steps a second, evenly spread (as fast as it goes); with --hold:\n"
		"sessions opened a second"},
	{"logout", NULL, OPTION_FLAG, AT(logout), 0, 0,
		"a new connection for each round of steps"},
	{"hold", NULL, OPTION_FLAG, AT(hold), 0, 0,
		"open the sessions and keep them: IMAP in IDLE, POP3 silent"},
	{"user", "NAME", OPTION_TEXT, AT(user), 0, 0,
		"who logs in; %d is a number up to --users, by turns (user)"},
	{"users", "N", OPTION_NUMBER, AT(users), 1, UINT32_MAX, "(1)"},
	{"password-file", "FILE", OPTION_TEXT, AT(password_file), 0, 0,
		"its first line is everybody's password"},
	{"mailbox", "NAME", OPTION_TEXT, AT(mailbox), 0, 0,
		"SELECT it once a connection (INBOX; empty: none)"},
	{"examine", NULL, OPTION_FLAG, AT(examine), 0, 0, "EXAMINE it instead"},
	{"into", "NAME", OPTION_TEXT, AT(into), 0, 0,
		"where APPEND stores (what --mailbox names, or INBOX)"},
	{"batch", "N", OPTION_NUMBER, AT(batch), 1, 1000, "messages of one APPEND (1)"},
	{"size", "LIST", OPTION_TEXT, AT(size), 0, 0,
		"bytes of a message; several with weights: 4k:9,64k:1 (4k)"},
	{"seed", "N", OPTION_NUMBER, AT(seed), 0, UINT32_MAX,
		"sizes by chance are the same for the same seed (1)"},
	{"unchecked", NULL, OPTION_FLAG, AT(unchecked), 0, 0,
		"do not compare what is read with what was stored"},
	{"starttls", NULL, OPTION_FLAG, AT(starttls), 0, 0, "ask for TLS"},
	{"tls", NULL, OPTION_FLAG, AT(tls), 0, 0, "TLS from the first byte"},
	{"verify", NULL, OPTION_FLAG, AT(verify), 0, 0,
		"the certificate must be good for the target's name"},
	{"ca", "FILE", OPTION_TEXT, AT(ca), 0, 0,
		"trusted certificates (the system's)"},
	{"tls-name", "NAME", OPTION_TEXT, AT(tls_name), 0, 0,
		"for SNI and --verify (the target as written)"},
	{"no-resume", NULL, OPTION_FLAG, AT(no_resume), 0, 0,
		"a full handshake on every connection"},
	{"timeout", "TIME", OPTION_TIME, AT(timeout_us), 0, 0, "of any wait (60s)"},
	{"workers", "N", OPTION_NUMBER, AT(workers), 1, CREW_WORKERS_MAX,
		"threads (1)"},
	{"json", "FILE", OPTION_TEXT, AT(json), 0, 0,
		"the report as JSON; - for standard output, instead of the table"},
	{"quiet", NULL, OPTION_FLAG, AT(quiet), 0, 0, "no progress line"},
	{"help", NULL, OPTION_FLAG, AT(help), 0, 0, "this text"},
};

static const struct options options = {
	.command = "client",
	.usage = "TARGET... [OPTIONS]",
	.about = "Logs in to each TARGET (HOST:PORT, by turns), does what it is told "
		 "and\n"
		 "measures. Messages are made of their number alone: what is read in\n"
		 "full is compared with what was stored, by whichever client.\n"
		 "Exit status 0: it ran; 1: it could not, a session gave up, or a "
		 "message\n"
		 "was not what was stored; 2: the command line is wrong.\n",
	.at = table,
	.count = ARRAY_COUNT(table),
};

static bool check(struct client_options *given);

bool client_options_read(char **arguments, struct client_options *options_r)
{
	*options_r = (struct client_options){
		.user = "user",
		.mailbox = "INBOX",
		.size = "4k",
		.sessions = 1,
		.users = 1,
		.batch = 1,
		.seed = 1,
		.workers = 1,
		.timeout_us = 60000000,
	};
	return options_read(&options, arguments, options_r, &options_r->targets) &&
	       (options_r->help || check(options_r));
}

void client_options_finish(struct client_options *given)
{
	texts_finish(&given->steps);
	texts_finish(&given->targets);
}

void client_options_help(FILE *to)
{
	options_help(&options, to);
}

static bool check(struct client_options *given)
{
	if (!given->targets.count)
		return fail(FAILURE_CONFIG, "no TARGET: where are the mailboxes?");
	if (!given->password_file)
		return fail(FAILURE_CONFIG, "--password-file: nobody logs in without");
	if (given->starttls && given->tls)
		return fail(FAILURE_CONFIG, "--starttls, --tls: one at the most");
	if (given->steps.count > CLIENT_STEPS_MAX)
		return fail(FAILURE_CONFIG, "--step: at most %d", CLIENT_STEPS_MAX);
	if (given->sessions < given->workers)
		given->workers = given->sessions;
	if (!given->into)
		given->into = *given->mailbox ? given->mailbox : "INBOX";
	if (!given->operations && !given->duration_us && !given->hold)
		given->duration_us = 10000000;
	return true;
}
