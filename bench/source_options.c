/* What `ringpost-bench source` is told on its command line. */
#include "bench/source_options.h"

#include <stddef.h>

#include "base/failure.h"
#include "base/memory.h"

#include "bench/crew.h"
#include "bench/source_http.h"

#define AT(member) offsetof(struct source_options, member)

static const struct option table[] = {
	{"sessions", "N", OPTION_NUMBER, AT(sessions), 1, SOURCE_SESSIONS_MAX,
		"connections at a time (1)"},
	{"messages", "N", OPTION_NUMBER, AT(messages), 1, UINT32_MAX,
		"end after so many"},
	{"duration", "TIME", OPTION_TIME, AT(duration_us), 0, 0,
		"end after so long (10s, if --messages is not given)"},
	{"per-session", "N", OPTION_NUMBER, AT(per_session), 0, UINT32_MAX,
		"messages on one connection, then a new one (0: any number)"},
	{"rate", "R", OPTION_RATE, AT(rate), 0, 0,
		"messages a second, evenly spread; latency is measured from when\n"
		"each was due, however late it could begin (as fast as it goes)"},
	{"size", "LIST", OPTION_TEXT, AT(size), 0, 0,
		"bytes of a message; several with weights: 4k:9,64k:1 makes one in"
		"\nten large; up to 25m and beyond (4k)"},
	{"recipients", "N", OPTION_NUMBER, AT(recipients), 1, SOURCE_RECIPIENTS_MAX,
		"of each message (1)"},
	{"to", "PATTERN[:W]", OPTION_TEXTS, AT(to), 0, 0,
		"recipients (user%d@d%d.test): %d is a number, up to --users before\n"
		"the @, up to --domains behind it; %i is the message's id; several\n"
		"patterns are chosen from by weight"},
	{"users", "N", OPTION_NUMBER, AT(users), 1, UINT32_MAX, "(1000)"},
	{"domains", "N", OPTION_NUMBER, AT(domains), 1, UINT32_MAX, "(1)"},
	{"from", "PATTERN", OPTION_TEXT, AT(from), 0, 0,
		"sender (bench+%i@source.test); with +%i before the @ notifications\n"
		"can be told apart by their envelope"},
	{"pipelining", NULL, OPTION_FLAG, AT(pipelining), 0, 0,
		"MAIL, RCPT and DATA in one write"},
	{"chunking", NULL, OPTION_FLAG, AT(chunking), 0, 0,
		"MAIL, RCPT, BDAT and the content in one write"},
	{"lockstep", NULL, OPTION_FLAG, AT(lockstep), 0, 0,
		"wait for each reply (none of these: the best the server offers)"},
	{"overlap", NULL, OPTION_FLAG, AT(overlap), 0, 0,
		"send the next message's MAIL, RCPT, DATA behind the final dot;\n"
		"with chunking two messages are in flight"},
	{"ahead", "N", OPTION_NUMBER, AT(ahead), 1, SOURCE_AHEAD_MAX,
		"messages in flight on one connection (1); beyond 2 chunking only"},
	{"batch", "N", OPTION_NUMBER, AT(batch), 1, SOURCE_BATCH_MAX,
		"over HTTP: messages of one request (1); --ahead counts requests"},
	{"key-file", "FILE", OPTION_TEXT, AT(key_file), 0, 0,
		"over HTTP: its first line is the API key"},
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
	{"user", "NAME", OPTION_TEXT, AT(user), 0, 0, "log in (AUTH)"},
	{"password-file", "FILE", OPTION_TEXT, AT(password_file), 0, 0,
		"its first line is the password"},
	{"mechanism", "NAME", OPTION_TEXT, AT(mechanism), 0, 0,
		"PLAIN, LOGIN, CRAM-MD5, SCRAM-SHA-256 (the best offered)"},
	{"hostname", "NAME", OPTION_TEXT, AT(hostname), 0, 0, "for EHLO (source.test)"},
	{"ledger", "FILE", OPTION_TEXT, AT(ledger), 0, 0,
		"append a line for each message when its fate is known"},
	{"persist", NULL, OPTION_FLAG, AT(persist), 0, 0,
		"never give up connecting; try messages again that were refused for\n"
		"now (4xx)"},
	{"retry-after", "TIME", OPTION_TIME, AT(retry_after_us), 0, 0,
		"with --persist (250ms)"},
	{"retry-unknown", NULL, OPTION_FLAG, AT(retry_unknown), 0, 0,
		"also send messages again whose reply was lost: duplicates"},
	{"hold", NULL, OPTION_FLAG, AT(hold), 0, 0,
		"open the sessions and keep them idle; no messages"},
	{"timeout", "TIME", OPTION_TIME, AT(timeout_us), 0, 0, "of any wait (60s)"},
	{"workers", "N", OPTION_NUMBER, AT(workers), 1, CREW_WORKERS_MAX,
		"threads (1)"},
	{"json", "FILE", OPTION_TEXT, AT(json), 0, 0,
		"the report as JSON; - for standard output, instead of the table"},
	{"quiet", NULL, OPTION_FLAG, AT(quiet), 0, 0, "no progress line"},
	{"help", NULL, OPTION_FLAG, AT(help), 0, 0, "this text"},
};

static const struct options options = {
	.command = "source",
	.usage = "TARGET... [OPTIONS]",
	.about = "Sends mail to each TARGET (HOST:PORT, by turns) and measures. Or to\n"
		 "an HTTP API: http://HOST:PORT, https://HOST:PORT.\n"
		 "Exit status 0: it ran; 1: it could not, or a session gave up;\n"
		 "2: the command line is wrong.\n",
	.at = table,
	.count = ARRAY_COUNT(table),
};

static bool check(struct source_options *given);

bool source_options_read(char **arguments, struct source_options *options_r)
{
	*options_r = (struct source_options){
		.hostname = "source.test",
		.size = "4k",
		.from = "bench+%i@source.test",
		.sessions = 1,
		.ahead = 1,
		.batch = 1,
		.recipients = 1,
		.users = 1000,
		.domains = 1,
		.workers = 1,
		.timeout_us = 60000000,
		.retry_after_us = 250000,
	};
	return options_read(&options, arguments, options_r, &options_r->targets) &&
	       (options_r->help || check(options_r));
}

void source_options_finish(struct source_options *given)
{
	texts_finish(&given->to);
	texts_finish(&given->targets);
}

void source_options_help(FILE *to)
{
	options_help(&options, to);
}

/* What is SMTP's is not for the API, and the other way. */
static bool check_http(const struct source_options *given)
{
	if (!given->http)
		return (given->batch == 1 && !given->key_file) ||
		       fail(FAILURE_CONFIG,
			       "--batch, --key-file: for a TARGET of http:// or "
			       "https://");
	if (given->pipelining || given->chunking || given->lockstep || given->overlap ||
		given->starttls || given->tls || given->user || given->mechanism)
		return fail(FAILURE_CONFIG,
			"over HTTP there is no --pipelining, --chunking, --lockstep, "
			"--overlap, --starttls, --tls, --user, --mechanism");
	if (!given->key_file)
		return fail(FAILURE_CONFIG, "over HTTP it takes a --key-file");
	return true;
}

/* False with FAILURE_CONFIG: some are URLs and some are not. */
static bool check_targets(struct source_options *given)
{
	size_t urls = 0;

	for (size_t i = 0; i < given->targets.count; i++)
		urls += source_is_url(given->targets.at[i]);
	given->http = urls > 0;
	if (!given->targets.count)
		return fail(FAILURE_CONFIG, "no TARGET: where is the mail to go?");
	return !urls || urls == given->targets.count ||
	       fail(FAILURE_CONFIG, "targets over SMTP or over HTTP, not both");
}

static bool check(struct source_options *given)
{
	if (!check_targets(given) || !check_http(given))
		return false;
	if (given->pipelining + given->chunking + given->lockstep > 1)
		return fail(FAILURE_CONFIG,
			"--pipelining, --chunking, --lockstep: one at the most");
	if (given->starttls && given->tls)
		return fail(FAILURE_CONFIG, "--starttls, --tls: one at the most");
	if ((given->user != NULL) != (given->password_file != NULL))
		return fail(
			FAILURE_CONFIG, "--user and --password-file belong together");
	if (given->overlap && given->ahead == 1)
		given->ahead = 2;
	if (given->lockstep && given->ahead > 1)
		return fail(FAILURE_CONFIG, "--lockstep has nothing in flight ahead");
	given->places = given->ahead * given->batch;
	if (given->sessions < given->workers)
		given->workers = given->sessions;
	if (!given->to.count)
		texts_add(&given->to, "user%d@d%d.test");
	if (!given->messages && !given->duration_us && !given->hold)
		given->duration_us = 10000000;
	return true;
}
