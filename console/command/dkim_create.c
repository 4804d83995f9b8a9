/* `ringpost dkim create`: a key, and the DNS record that belongs to it. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/config.h"
#include "base/failure.h"
#include "base/memory.h"
#include "dkim/key.h"

#include "command/commands.h"
#include "report/value.h"

#define DIRECTORY_DEFAULT "/etc/ringpost/dkim"
#define USER_DEFAULT	  "ringpost"

struct creating {
	const char *domain, *selector, *type, *directory;
	uint64_t bits;
	bool json;
	const struct passwd *owner; /* NULL: whoever we are */
};

/* The user that will read it, where we are root. */
static const struct passwd *find_owner(const char *path)
{
	struct config *config;
	const struct passwd *user;
	char *errors = NULL;

	if (geteuid() != 0)
		return NULL;
	config = config_load(path, &errors);
	memory_free(errors);
	user = getpwnam(config && config->user && config->user[0] ? config->user
								  : USER_DEFAULT);
	config_release(&config);
	return user && user->pw_uid ? user : NULL;
}

static bool write_key(
	const struct creating *creating, const char *path, struct slice pem)
{
	const struct passwd *owner = creating->owner;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	bool good;

	if (fd < 0 && errno == EEXIST)
		return fail(FAILURE_FILE,
			"%s is there already, and mail may be signed with it: choose "
			"another --selector",
			path);
	if (fd < 0)
		return fail_errno(FAILURE_FILE, errno, "cannot make %s", path);
	good = fchmod(fd, 0400) == 0 &&
	       write(fd, pem.at, pem.size) == (ssize_t)pem.size &&
	       (!owner || fchown(fd, owner->pw_uid, owner->pw_gid) == 0) &&
	       fsync(fd) == 0;
	if (!good) {
		fail_errno(FAILURE_FILE, errno, "cannot write %s", path);
		unlink(path);
	}
	close(fd);
	return good;
}

struct record {
	struct buffer name, line, zone;
};

static bool is_for_every(const struct creating *creating)
{
	return strcmp(creating->domain, "*") == 0;
}

static void print_text(const struct creating *creating, const struct dkim_key *key,
	const char *path, struct slice domain, const struct record *record)
{
	printf("The key (%s, %u bits) is in %s\n\n",
		dkim_algorithm_name(dkim_key_algorithm(key)), dkim_key_bits(key), path);
	if (is_for_every(creating))
		printf("For every domain that mail is sent from, as for %.*s here:\n\n",
			SLICE_PRINT(domain));
	printf("In a zone file:\n\n%.*s\n",
		SLICE_PRINT(buffer_contents(&record->zone)));
	printf("In a web form: a TXT record named\n\n    %.*s\n\nwith the text\n\n"
	       "    %.*s\n\n",
		SLICE_PRINT(buffer_contents(&record->name)),
		SLICE_PRINT(buffer_contents(&record->line)));
}

static void print_json(const struct creating *creating, const struct dkim_key *key,
	const char *path, const char *selector, const struct record *record)
{
	struct value *line = value_object(), *dns = value_object();

	value_set_text(line, "domain", slice_of(creating->domain));
	value_set_text(line, "selector", slice_of(selector));
	value_set_text(line, "algorithm",
		slice_of(dkim_algorithm_name(dkim_key_algorithm(key))));
	value_set_number(line, "bits", dkim_key_bits(key));
	value_set_text(line, "key", slice_of(path));
	value_set_text(dns, "name", buffer_contents(&record->name));
	value_set_text(dns, "type", SLICE("TXT"));
	value_set_text(dns, "text", buffer_contents(&record->line));
	value_set_text(dns, "zone", buffer_contents(&record->zone));
	value_set(line, "record", dns);
	command_print_json(line);
	value_release(&line);
}

/* Of every domain the record is shown for an example. */
static void print(const struct creating *creating, const struct dkim_key *key,
	const char *path, const char *selector)
{
	struct slice domain = is_for_every(creating) ? SLICE("example.com")
						     : slice_of(creating->domain);
	struct record record = {.name = {0}};

	dkim_key_print_name(key, domain, &record.name);
	dkim_key_print_record(key, &record.line);
	dkim_key_print_zone(key, domain, &record.zone);
	if (creating->json)
		print_json(creating, key, path, selector, &record);
	else
		print_text(creating, key, path, domain, &record);
	buffer_finish(&record.name);
	buffer_finish(&record.line);
	buffer_finish(&record.zone);
}

/* D/DOMAIN.S.pem; free with memory_free. */
static char *key_path(const struct creating *creating, const char *selector)
{
	return memory_format("%s/%s.%s.pem", creating->directory,
		is_for_every(creating) ? "all" : creating->domain, selector);
}

static bool create(const struct creating *creating, enum dkim_algorithm algorithm,
	const char *selector)
{
	char *path = key_path(creating, selector);
	struct buffer pem = {0};
	struct dkim_key *key = NULL;
	bool good;

	good = dkim_key_generate(algorithm, (unsigned)creating->bits, &pem);
	if (good)
		key = dkim_key_create(slice_of(creating->domain), slice_of(selector),
			buffer_contents(&pem));
	good = key && write_key(creating, path, buffer_contents(&pem));
	if (good)
		print(creating, key, path, selector);
	dkim_key_destroy(&key);
	if (pem.bytes)
		memory_wipe(pem.bytes, pem.capacity);
	buffer_finish(&pem);
	memory_free(path);
	return good;
}

static void print_yaml(const struct creating *creating, const char *selector)
{
	char *path = key_path(creating, selector);

	printf("  - { domain: %s, selector: %s, key: %s }\n",
		is_for_every(creating) ? "\"*\"" : creating->domain, selector, path);
	memory_free(path);
}

static bool create_all(const struct creating *creating)
{
	bool rsa = strcmp(creating->type, "ed25519") != 0,
	     ed = strcmp(creating->type, "rsa") != 0;
	char *second = rsa ? memory_format("%sed", creating->selector)
			   : memory_format("%s", creating->selector);
	bool good = (!rsa || create(creating, DKIM_RSA_SHA256, creating->selector)) &&
		    (!ed || create(creating, DKIM_ED25519_SHA256, second));

	if (good && !creating->json) {
		printf("In ringpost.yaml, then ringpost reload, once DNS has the "
		       "record (ringpost dkim\ncheck says):\n\ndkim:\n");
		if (rsa)
			print_yaml(creating, creating->selector);
		if (ed)
			print_yaml(creating, second);
	}
	memory_free(second);
	return good;
}

static bool make_directory(const struct creating *creating)
{
	const struct passwd *owner = creating->owner;
	bool made = mkdir(creating->directory, 0700) == 0;

	if (!made && errno != EEXIST)
		return fail_errno(
			FAILURE_FILE, errno, "cannot make %s", creating->directory);
	if (made && owner &&
		chown(creating->directory, owner->pw_uid, owner->pw_gid) != 0)
		return fail_errno(FAILURE_FILE, errno, "cannot give away %s",
			creating->directory);
	return true;
}

static int run(const struct command *command, struct arguments *arguments)
{
	struct creating creating = {.type = "rsa", .directory = DIRECTORY_DEFAULT};
	const struct option options[] = {
		{"selector", OPTION_TEXT, &creating.selector, NULL},
		{"type", OPTION_TEXT, &creating.type, NULL},
		{"bits", OPTION_NUMBER, &creating.bits, NULL},
		{"directory", OPTION_TEXT, &creating.directory, NULL},
		{"json", OPTION_FLAG, &creating.json, NULL},
	};
	time_t now = time(NULL);
	char selector[16];
	struct tm today;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command, "it takes one DOMAIN");
	if (strcmp(creating.type, "rsa") != 0 &&
		strcmp(creating.type, "ed25519") != 0 &&
		strcmp(creating.type, "both") != 0)
		return command_refuse(command, "--type is rsa, ed25519 or both, not %s",
			creating.type);
	if (creating.bits > DKIM_RSA_BITS_MAX)
		return command_refuse(
			command, "--bits is %d at most", DKIM_RSA_BITS_MAX);
	gmtime_r(&now, &today);
	strftime(selector, sizeof(selector), "rp%Y%m", &today);
	if (!creating.selector)
		creating.selector = selector;
	creating.domain = arguments->words[0];
	creating.owner = find_owner(arguments->config);
	if (!make_directory(&creating) || !create_all(&creating)) {
		command_fail();
		return EXIT_FAILED;
	}
	return EXIT_GOOD;
}

const struct command command_dkim_create = {
	.name = "dkim create",
	.summary = "Make a key that signs a domain's mail",
	.usage = "DOMAIN [--selector S] [--type rsa|ed25519|both] [--bits N]\n"
		 "       [--directory D] [--json]\n\n"
		 "Writes D/DOMAIN.S.pem, readable by the server alone, and prints the "
		 "DNS\n"
		 "record to publish and the lines for ringpost.yaml. Of \"both\", the "
		 "Ed25519\n"
		 "key has the selector with \"ed\" behind it. DOMAIN \"*\": for all "
		 "domains\n"
		 "without a key of their own. Never overwrites a key.\n"
		 "Without the options: selector rpYYYYMM of today, RSA of 2048 bits, "
		 "in\n" DIRECTORY_DEFAULT ".\n",
	.run = run,
};
