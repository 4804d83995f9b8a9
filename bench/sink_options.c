/* What `ringpost-bench sink` is told on its command line. */
#include "bench/sink_options.h"

#include <stddef.h>

#include "base/failure.h"
#include "base/memory.h"
#include "mail/sasl.h"

#include "bench/crew.h"

#define AT(member) offsetof(struct sink_options, member)

static const struct option table[] = {
	{"tls", NULL, OPTION_FLAG, AT(tls), 0, 0, "TLS from the first byte"},
	{"starttls", NULL, OPTION_FLAG, AT(starttls), 0, 0, "offer STARTTLS"},
	{"certificate", "FILE", OPTION_TEXT, AT(certificate), 0, 0,
		"PEM (one made for this run, for localhost)"},
	{"key", "FILE", OPTION_TEXT, AT(key), 0, 0, "PEM, of --certificate"},
	{"auth", NULL, OPTION_FLAG, AT(auth), 0, 0,
		"offer AUTH PLAIN and LOGIN, and accept anyone"},
	{"without", "LIST", OPTION_TEXT, AT(without), 0, 0,
		"do not offer: pipelining, chunking, 8bitmime, smtputf8, size, dsn,\n"
		"codes (enhanced status codes)"},
	{"size-max", "SIZE", OPTION_SIZE, AT(size_max), 1, 1ull << 40,
		"largest message (100m)"},
	{"recipients-max", "N", OPTION_NUMBER, AT(recipients_max), 1, 1000000,
		"of one message (10000)"},
	{"hostname", "NAME", OPTION_TEXT, AT(hostname), 0, 0, "(sink.test)"},
	{"rule", "RULE", OPTION_TEXTS, AT(rule), 0, 0,
		"how to misbehave, see below; may be given several times"},
	{"rules", "FILE", OPTION_TEXT, AT(rules), 0, 0, "a rule on each line"},
	{"ledger", "FILE", OPTION_TEXT, AT(ledger), 0, 0,
		"append a line for each message, before its 250 is sent"},
	{"ledger-sync", NULL, OPTION_FLAG, AT(ledger_sync), 0, 0,
		"and have it on the disk by then"},
	{"save", "DIR", OPTION_TEXT, AT(save), 0, 0,
		"keep each message as a file there, written before its 250"},
	{"messages", "N", OPTION_NUMBER, AT(messages), 1, UINT64_MAX,
		"end when so many were taken"},
	{"duration", "TIME", OPTION_TIME, AT(duration_us), 0, 0, "end after so long"},
	{"timeout", "TIME", OPTION_TIME, AT(timeout_us), 0, 0,
		"of a client that says nothing (10m)"},
	{"connections", "N", OPTION_NUMBER, AT(connections), 1, 1000000,
		"at a time, for each worker; what is beyond waits (50000)"},
	{"workers", "N", OPTION_NUMBER, AT(workers), 1, CREW_WORKERS_MAX,
		"threads (1)"},
	{"json", "FILE", OPTION_TEXT, AT(json), 0, 0,
		"the report as JSON; - for standard output, instead of the table"},
	{"quiet", NULL, OPTION_FLAG, AT(quiet), 0, 0, "no progress line"},
	{"help", NULL, OPTION_FLAG, AT(help), 0, 0, "this text"},
};

static const struct options options = {
	.command = "sink",
	.usage = "ADDRESS:PORT... [OPTIONS]",
	.about = "Listens on each ADDRESS:PORT (or ADDRESS:FIRST-LAST; port 0: any) "
		 "and\n"
		 "takes all mail. Ends with SIGINT or SIGTERM. Exit status 0: it ran;\n"
		 "1: it could not; 2: the command line is wrong.\n",
	.at = table,
	.count = ARRAY_COUNT(table),
};

static const char rules_help[] =
	"\n"
	"A rule is a line of words: an action, and when it holds, in any order.\n"
	"  STAGE 450 [4.2.1] [\"text\"]   refuse; after 421 the connection ends\n"
	"  STAGE CATEGORY [\"text\"]     the same as receivers say it: bad-mailbox,\n"
	"                               mailbox-full, greylisting, rate, spam-block …\n"
	"  delay STAGE TIME[-TIME]      wait before the reply\n"
	"  tarpit TIME[-TIME]           before every reply\n"
	"  disconnect STAGE             end the connection without one\n"
	"  connections max N [421 ...]  at a time\n"
	"  messages max N [421 ...]     on one connection\n"
	"Stages: connect ehlo starttls auth mail rcpt data dot quit any, and body\n"
	"(the content begins), reply (the message was taken, its 250 not yet sent).\n"
	"  first-try [TIME]             the same message or recipient was never tried\n"
	"                               before, or first less than TIME ago\n"
	"  30%                          by chance\n"
	"  over N/s, over N in TIME     what is beyond that rate, or in each such time\n"
	"  for TIME                     … and everything for so long after it\n"
	"  after N messages             on the connection\n"
	"  domain x.test, *.x.test      of the sender (mail), any recipient (else)\n"
	"  port N[-M], address A        it listens on\n"
	"  during TIME-TIME             since the start\n"
	"For example: rcpt 451 4.7.1 \"greylisted\" first-try 5s\n"
	"             domain slow.test delay dot 200ms-2s\n";

static bool check(struct sink_options *given);
static bool choose_capabilities(struct sink_options *given);

bool sink_options_read(char **arguments, struct sink_options *options_r)
{
	*options_r = (struct sink_options){
		.hostname = "sink.test",
		.size_max = 100 << 20,
		.recipients_max = 10000,
		.connections = 50000,
		.workers = 1,
		.timeout_us = 600000000,
	};
	return options_read(&options, arguments, options_r, &options_r->addresses) &&
	       (options_r->help || check(options_r));
}

void sink_options_finish(struct sink_options *given)
{
	texts_finish(&given->rule);
	texts_finish(&given->addresses);
}

void sink_options_help(FILE *to)
{
	options_help(&options, to);
	fputs(rules_help, to);
}

static bool check(struct sink_options *given)
{
	if (!given->addresses.count)
		return fail(FAILURE_CONFIG, "no ADDRESS:PORT to listen on");
	if ((given->certificate != NULL) != (given->key != NULL))
		return fail(FAILURE_CONFIG, "--certificate and --key belong together");
	if (given->certificate && !given->tls && !given->starttls)
		return fail(FAILURE_CONFIG,
			"--certificate: and --tls or --starttls to use it with");
	if (given->ledger_sync && !given->ledger)
		return fail(FAILURE_CONFIG, "--ledger-sync: of which --ledger?");
	return choose_capabilities(given);
}

static bool choose_capabilities(struct sink_options *given)
{
	struct capabilities *offered = &given->offered;
	const struct {
		const char *name;
		bool *flag;
	} names[] = {{"pipelining", &offered->pipelining},
		{"chunking", &offered->chunking}, {"8bitmime", &offered->eight_bit},
		{"smtputf8", &offered->smtputf8}, {"size", &offered->size},
		{"dsn", &offered->dsn}, {"codes", &offered->enhanced_codes}};
	struct slice rest = slice_of(given->without ? given->without : "");

	offered->esmtp = true;
	offered->size_max = given->size_max;
	offered->auth_offered = given->auth;
	if (given->auth)
		offered->auth = SASL_BIT(SASL_PLAIN) | SASL_BIT(SASL_LOGIN);
	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		*names[i].flag = true;
	while (rest.size) {
		struct slice name = slice_cut(&rest, ',');
		size_t i = 0;

		while (i < ARRAY_COUNT(names) &&
			!slice_equal_nocase(name, slice_of(names[i].name)))
			i++;
		if (i == ARRAY_COUNT(names))
			return fail(FAILURE_CONFIG,
				"--without: \"%.*s\" is none of pipelining, chunking, "
				"8bitmime, smtputf8, size, dsn, codes",
				SLICE_PRINT(name));
		*names[i].flag = false;
	}
	return true;
}
