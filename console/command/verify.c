/* `ringpost verify`: what port 25 would find out about who a message is from. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/failure.h"
#include "base/memory.h"
#include "verify/authentication.h"
#include "verify/suffix.h"

#include "command/commands.h"
#include "client/errand.h"
#include "report/value.h"
#include "report/verify_value.h"

#define ALL_MS	  60000
#define CALLER_MS 10000
#define PIECE	  65536

struct verifying {
	struct config *config;
	struct authentication_facts facts;
	struct authenticator *authenticator;
	const char *path;
	bool json;
	bool good;
	struct errand errand;
};

/*
 * Files mostly have lines that end in LF alone, and signatures are over CRLF:
 * LF without CR gets one, also where both occur.
 */
static void feed(struct verifying *verifying, struct slice piece, bool *cr)
{
	struct buffer text = {0};

	for (size_t i = 0; i < piece.size; i++) {
		char c = piece.at[i];

		if (c == '\n' && !*cr)
			buffer_append_byte(&text, '\r');
		buffer_append_byte(&text, c);
		*cr = c == '\r';
	}
	authenticator_feed(verifying->authenticator, buffer_contents(&text));
	buffer_finish(&text);
}

static bool read_message(struct verifying *verifying)
{
	bool input = strcmp(verifying->path, "-") == 0, cr = false;
	int fd = input ? STDIN_FILENO : open(verifying->path, O_RDONLY | O_CLOEXEC);
	char *piece;
	ssize_t got = -1;

	if (fd < 0)
		return fail_errno(
			FAILURE_FILE, errno, "cannot read %s", verifying->path);
	piece = memory_allocate(PIECE);
	while ((got = read(fd, piece, PIECE)) > 0)
		feed(verifying, slice_make(piece, (size_t)got), &cr);
	if (got < 0)
		fail_errno(FAILURE_FILE, errno, "cannot read %s", verifying->path);
	memory_free(piece);
	if (!input)
		close(fd);
	return got == 0;
}

static void print(struct verifying *verifying, const struct authentication *found)
{
	struct value *value = verify_value_make(found);

	if (verifying->json) {
		value_print(value, &verifying->errand.out);
		buffer_append_byte(&verifying->errand.out, '\n');
	} else {
		report_verify(value, &verifying->errand.out);
	}
	value_release(&value);
}

/* Without a policy, a check that passed has to do. */
static bool is_good(const struct authentication *found)
{
	if (found->dmarc.result != DMARC_NONE)
		return found->dmarc.result == DMARC_PASS;
	return found->dmarc.spf_aligned || found->dmarc.dkim_aligned;
}

static void find_caller(
	struct verifying *verifying, const struct verify_resolver *resolver)
{
	static const struct in6_addr nobody;
	const struct in6_addr *client = &verifying->facts.client;
	struct reverse_name caller;
	struct arena arena = {0};

	if (memcmp(client, &nobody, sizeof(nobody)) != 0 &&
		reverse_find_name(resolver, client, &arena, &caller,
			deadline_after_ms(CALLER_MS)))
		authenticator_set_caller(verifying->authenticator, &caller);
	arena_finish(&arena);
}

static void check(void *arg)
{
	struct verifying *verifying = arg;
	const struct config_dns *from = &verifying->config->dns;
	struct dns_options options = {
		.servers = (const char *const *)from->servers.at,
		.server_count = from->servers.count,
		.timeout_ms = from->timeout_ms,
		.cache_entries = 1000,
	};
	struct dns *dns = dns_create(&options);
	struct verify_resolver resolver = verify_resolver_of(dns);
	const struct authentication *found = authenticator_result(
		verifying->authenticator);

	if (dns)
		find_caller(verifying, &resolver);
	if (dns && authenticator_finish(verifying->authenticator, &resolver,
			   deadline_after_ms(ALL_MS))) {
		verifying->good = is_good(found);
		print(verifying, found);
	} else {
		errand_fail(&verifying->errand);
	}
	dns_destroy(&dns);
}

static int verify(struct verifying *verifying)
{
	int status;

	verifying->facts.hostname = slice_of(verifying->config->hostname);
	verifying->authenticator = authenticator_create();
	authenticator_begin(verifying->authenticator, &verifying->facts);
	suffix_prepare();
	if (!read_message(verifying) ||
		!errand_run(&verifying->errand, check, verifying))
		status = command_fail();
	else
		status = verifying->good ? EXIT_GOOD : EXIT_FAILED;
	authenticator_destroy(&verifying->authenticator);
	return status;
}

static int run(const struct command *command, struct arguments *arguments)
{
	struct verifying verifying = {0};
	const char *client = NULL, *mail_from = NULL, *helo = NULL;
	uint64_t now_s = (uint64_t)(clock_wall_ms() / 1000);
	const struct option options[] = {{"client", OPTION_TEXT, &client, NULL},
		{"mail-from", OPTION_TEXT, &mail_from, NULL},
		{"helo", OPTION_TEXT, &helo, NULL},
		{"time", OPTION_NUMBER, &now_s, NULL},
		{"json", OPTION_FLAG, &verifying.json, NULL}};
	int status;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command, "it takes one FILE");
	if (client && !config_address_parse(client, verifying.facts.client.s6_addr))
		return command_refuse(command, "\"%s\" is no IP address", client);
	if (client && !mail_from && !helo)
		return command_refuse(command,
			"--mail-from or --helo says whose record of SPF it is");
	if (!client && (mail_from || helo))
		return command_refuse(command, "--client says who brings it");
	verifying.path = arguments->words[0];
	verifying.facts.mail_from = errand_address(mail_from);
	verifying.facts.helo = slice_of(helo);
	verifying.facts.now_s = (int64_t)now_s;
	verifying.config = errand_config(arguments);
	if (!verifying.config)
		return EXIT_CONFIG;
	status = verify(&verifying);
	config_release(&verifying.config);
	return status;
}

const struct command command_verify = {
	.name = "verify",
	.summary = "Find out who a message is from: SPF, DKIM, ARC, DMARC",
	.usage = "FILE [--client ADDRESS [--mail-from ADDRESS] [--helo NAME]]\n"
		 "       [--time SECONDS] [--json] [-c FILE]\n\n"
		 "What port 25 would find out about the message in FILE (- is "
		 "standard input):\n"
		 "its signatures, the chain of those who passed it on, whether the "
		 "author's domain\n"
		 "stands behind it, and the Authentication-Results it would get. "
		 "With the address\n"
		 "of the --client that brings it, SPF too, for --mail-from (none, or "
		 "<>: --helo).\n"
		 "Signatures are judged as of --time (since 1970) instead of now. "
		 "Asks DNS anew.\n\n"
		 "Status 0 when DMARC passes, or without a policy what it would take; "
		 "1 otherwise.\n",
	.run = run,
};
