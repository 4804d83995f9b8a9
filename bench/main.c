/* `ringpost-bench`: the load tools, one subcommand each. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

#include "bench/audit.h"
#include "bench/client.h"
#include "bench/delay.h"
#include "bench/sink.h"
#include "bench/source.h"

static const struct {
	const char *name;
	int (*run)(char **arguments);
	const char *about;
} commands[] = {
	{"source", source_main, "send mail and measure it"},
	{"sink", sink_main, "take mail, or refuse and delay it by rule"},
	{"client", client_main, "use mailboxes over IMAP or POP3 and measure it"},
	{"delay", delay_main, "put a distance between a client and a server"},
	{"audit", audit_main, "compare the ledgers of a source and of sinks"},
};

static void help(FILE *to)
{
	fputs("usage: ringpost-bench COMMAND ...\n\n", to);
	for (size_t i = 0; i < ARRAY_COUNT(commands); i++)
		fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].about);
	fputs("\n\"ringpost-bench COMMAND --help\" says more.\n", to);
}

int main(int count, char **arguments)
{
	const char *name = count > 1 ? arguments[1] : "";

	for (size_t i = 0; i < ARRAY_COUNT(commands); i++)
		if (strcmp(name, commands[i].name) == 0)
			return commands[i].run(arguments + 2);
	if (strcmp(name, "--version") == 0) {
		puts("ringpost-bench " RINGPOST_VERSION);
		return 0;
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0) {
		help(stdout);
		return 0;
	}
	if (*name)
		fprintf(stderr, "ringpost-bench: no command is called %s\n\n", name);
	help(stderr);
	return 2;
}
