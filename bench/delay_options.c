/* What `ringpost-bench delay` is told on its command line. */
#include "bench/delay_options.h"

#include "base/failure.h"
#include "base/memory.h"

#include "bench/amount.h"
#include "bench/crew.h"

#define RTT_MAX_US 60000000

#define AT(member) offsetof(struct delay_options, member)

static const struct option table[] = {
	{"rtt", "TIME", OPTION_TIME, AT(rtt_us), 0, 0,
		"the round trip; each direction takes half of it (100ms)"},
	{"rate", "BITS/s", OPTION_TEXT, AT(rate), 0, 0,
		"of each connection and direction: 64k, 10m, 1g (no limit)"},
	{"window", "SIZE", OPTION_SIZE, AT(window), 2, 1ull << 30,
		"of each connection and direction, as TCP's: no more than this in\n"
		"a round trip; half of it may be on its way (8m)"},
	{"connections", "N", OPTION_NUMBER, AT(connections), 1, 1000000,
		"at a time, for each worker; what is beyond waits (20000)"},
	{"workers", "N", OPTION_NUMBER, AT(workers), 1, CREW_WORKERS_MAX,
		"threads (1)"},
	{"duration", "TIME", OPTION_TIME, AT(duration_us), 0, 0, "end after so long"},
	{"json", "FILE", OPTION_TEXT, AT(json), 0, 0,
		"the report as JSON; - for standard output, instead of the table"},
	{"quiet", NULL, OPTION_FLAG, AT(quiet), 0, 0, "no progress line"},
	{"help", NULL, OPTION_FLAG, AT(help), 0, 0, "this text"},
};

static const struct options options = {
	.command = "delay",
	.usage = "LISTEN:PORT TARGET:PORT [OPTIONS]",
	.about =
		"Puts a distance between whoever connects to LISTEN:PORT (port 0: "
		"any)\n"
		"and TARGET:PORT: every byte arrives half a round trip after it was "
		"sent,\n"
		"in order, and so do the end of a direction and a reset.\n"
		"\n"
		"A connection costs what TCP's handshake costs: the target sees it "
		"one\n"
		"and a half round trips after the client began it, its greeting is "
		"read\n"
		"after two. Only the client's connect() itself returns at once; what "
		"it\n"
		"sends before the first round trip is over counts from there. Neither\n"
		"losses nor TCP's slow start are played.\n"
		"\n"
		"Ends with SIGINT or SIGTERM, and says how late bytes left beyond what "
		"was\n"
		"asked for. Exit status 0: it ran; 1: it could not; 2: the command "
		"line is\n"
		"wrong.\n",
	.at = table,
	.count = ARRAY_COUNT(table),
};

static bool check(struct delay_options *given);

bool delay_options_read(char **arguments, struct delay_options *options_r)
{
	*options_r = (struct delay_options){
		.rtt_us = 100000,
		.window = 8 << 20,
		.connections = 20000,
		.workers = 1,
	};
	return options_read(&options, arguments, options_r, &options_r->addresses) &&
	       (options_r->help || check(options_r));
}

void delay_options_finish(struct delay_options *given)
{
	texts_finish(&given->addresses);
}

void delay_options_help(FILE *to)
{
	options_help(&options, to);
}

static bool check(struct delay_options *given)
{
	if (given->addresses.count != 2)
		return fail(FAILURE_CONFIG,
			"one LISTEN:PORT and one TARGET:PORT are needed");
	if (given->rtt_us > RTT_MAX_US)
		return fail(FAILURE_CONFIG, "--rtt: 60s at the most");
	if (given->rate &&
		!amount_read_bits(slice_of(given->rate), &given->bits_per_second))
		return fail(FAILURE_CONFIG,
			"--rate %s: bits a second are wanted, such as 64k, 10m or 1g",
			given->rate);
	return true;
}
