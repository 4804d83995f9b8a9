/* The configuration's snapshot: values, defaults, places, secrets, sharing. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/config_value.h"
#include "base/event.h"
#include "base/failure.h"
#include "config_check.h"

static const char whole[] =
	"hostname: Mail.Example.COM\n"
	"workers: 3\n"
	"shutdown_limit: 2m\n"
	"listeners:\n"
	"  - address: \"[::]:587\"\n"
	"    role: submission\n"
	"    tls: starttls\n"
	"    mechanisms: [PLAIN]\n"
	"  - { address: \"127.0.0.1:25\", role: submission, tls: none,\n"
	"      require_auth: no, networks: [127.0.0.1, \"::1\"] }\n"
	"tls:\n"
	"  - { certificate: c.pem, key: /k.pem }\n"
	"queue:\n"
	"  redis: redis://10.0.0.1\n"
	"relay: { retry: [1m, 2m], tls: must, connections: 7, ahead: 8 }\n"
	"routes:\n"
	"  - { domain: A.example, host: Mail.A.example, tls_implicit: yes }\n"
	"  - { domain: b.example, tls: none, connections: 1, port: 26, ahead: 1 }\n";

CASE("values arrive where they belong")
{
	struct config *config = config_of(whole);
	const struct config_listener *second = &config->listeners[1];
	const struct config_route *routes = config->routes;
	static const uint8_t local[16] = {
		[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1};

	CHECK_SLICE(slice_of(config->hostname), "mail.example.com");
	CHECK_NUMBER(config->workers, 3);
	CHECK_NUMBER(config->shutdown_limit_ms, 120000);
	CHECK_NUMBER(config->listener_count, 2);
	CHECK_NUMBER(config->listeners[0].tls, CONFIG_TLS_STARTTLS);
	CHECK_NUMBER(config->listeners[0].endpoint.port, 587);
	CHECK_NUMBER(config->listeners[0].mechanisms.count, 1);
	CHECK_NUMBER(config->listeners[0].networks.count, 0);
	CHECK(config->listeners[0].require_auth);
	CHECK_NUMBER(second->tls, CONFIG_TLS_NONE);
	CHECK(!second->require_auth);
	CHECK(memcmp(second->endpoint.address, local, 16) == 0);
	CHECK_NUMBER(second->mechanisms.count, 6); /* CRAM-MD5 only where listed */
	CHECK_SLICE(slice_of(second->mechanisms.at[3]), "SCRAM-SHA-256-PLUS");
	CHECK(config_networks_contain(&second->networks, local));
	CHECK_NUMBER(config->relay.retry_count, 2);
	CHECK_NUMBER(config->relay.retry_ms[1], 120000);
	CHECK_SLICE(slice_of(routes[0].domain), "a.example");
	CHECK_SLICE(slice_of(routes[0].host), "mail.a.example");
	CHECK_NUMBER(routes[0].port, 465);
	CHECK_NUMBER(routes[0].tls, CONFIG_LEVEL_MUST);
	CHECK(!routes[0].tls_set);
	CHECK_NUMBER(routes[0].connections, 7);
	CHECK_NUMBER(routes[0].messages_per_connection, 100);
	CHECK_NUMBER(routes[0].ahead, 8);
	CHECK_NUMBER(routes[1].ahead, 1);
	CHECK_NUMBER(routes[1].port, 26);
	CHECK_NUMBER(routes[1].tls, CONFIG_LEVEL_NONE);
	CHECK(routes[1].tls_set && !routes[1].host);
	CHECK_NUMBER(routes[1].connections, 1);
	config_release(&config);
	CHECK(config == NULL);
}

CASE("what is not written has its default, some by what else is written")
{
	struct config *config = config_of(BEGINNING);
	struct config *other = config_of(whole);

	CHECK_NUMBER(config->listener_count, 0);
	CHECK_SLICE(slice_of(config->state_directory), "/var/lib/ringpost");
	CHECK_SLICE(slice_of(config->user), "");
	CHECK_SLICE(slice_of(config->log.file), "-");
	CHECK_SLICE(slice_of(config->queue.bodies), "spool");
	CHECK(config->queue.require_durable);
	CHECK(config->queue.password_file == NULL);
	CHECK_NUMBER(config->submission.message_size, 25 << 20);
	CHECK_NUMBER(config->relay.retry_count, 7);
	CHECK_NUMBER(config->relay.retry_ms[6], 4 * 3600000);
	CHECK_NUMBER(config->relay.expire_ms, 5 * 86400000);
	CHECK_NUMBER(config->relay.tls, CONFIG_LEVEL_MAY);
	CHECK_SLICE(
		slice_of(config->relay.postmaster), "MAILER-DAEMON@mail.example.com");
	CHECK_SLICE(slice_of(other->queue.bodies), "redis");
	CHECK(!other->queue.require_durable);
	config_release(&config);
	config_release(&other);

	config = config_of(
		BEGINNING "submission: { message_size: 2 KiB }\n"
			  "relay: { connections_total: 4 }\n"
			  "queue: { redis: \"unix:/s\", require_durable: true }\n");
	CHECK_NUMBER(config->submission.header_size, 2048);
	CHECK_NUMBER(config->relay.connections, 4);
	CHECK_NUMBER(config->relay.ahead, 4);
	CHECK(config->queue.require_durable);
	config_release(&config);
}

CASE("every value has its place, a default has none")
{
	struct config *config = config_of(whole);
	char text[CONFIG_PLACE_SIZE];
	const struct {
		const void *member;
		const char *place;
	} table[] = {
		{&config->hostname, "t.yaml:1:11: "},
		{&config->listeners, "t.yaml:5:3: "},
		{&config->listeners[0], "t.yaml:5:5: "},
		{&config->listeners[0].address, "t.yaml:5:14: "},
		{&config->listeners[0].mechanisms.at[0], "t.yaml:8:18: "},
		{&config->listeners[1].networks.at[1], "t.yaml:10:47: "},
		{&config->listeners[1].mechanisms, "t.yaml: "},
		{&config->tls[0].key, "t.yaml:12:32: "},
		{&config->queue.redis, "t.yaml:14:10: "},
		{&config->queue.bodies, "t.yaml: "},
		{&config->relay.retry_ms, "t.yaml:15:17: "},
		{&config->relay.retry_ms[1], "t.yaml:15:22: "},
		{&config->routes[1].port, "t.yaml:18:59: "},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct config_mark mark = config_mark_of(config, table[i].member);

		CHECK_SLICE(slice_of(config_place(config, mark, text)), table[i].place);
	}
	CHECK_NUMBER(config->listeners[1].mark.line, 9);
	config_release(&config);
}

CASE("file names are taken from the file's folder")
{
	static const char text[] = "hostname: a.b\nlisteners: []\n"
				   "tls: [{ certificate: c.pem, key: ../k }]\n"
				   "log: { file: \"-\" }\n";
	struct config *config;
	char here[4096], *errors = NULL, *wanted;

	config = config_parse_text("/etc/ringpost/r.yaml", slice_of(text), &errors);
	CHECK_SLICE(slice_of(config->tls[0].certificate), "/etc/ringpost/c.pem");
	CHECK_SLICE(slice_of(config->tls[0].key), "/etc/ringpost/../k");
	CHECK_SLICE(slice_of(config->log.file), "-");
	config_release(&config);
	config = config_parse_text("conf/r.yaml", slice_of(text), &errors);
	CHECK(getcwd(here, sizeof(here)) != NULL);
	wanted = memory_format("%s/conf/c.pem", here);
	CHECK_SLICE(slice_of(config->tls[0].certificate), wanted);
	memory_free(wanted);
	config_release(&config);
}

CASE("a snapshot lives until its last holder lets go")
{
	struct config *config = config_of(whole), *other = config_hold(config);

	config_release(&config);
	CHECK_SLICE(slice_of(other->hostname), "mail.example.com");
	config_release(&other);
	CHECK(other == NULL);
	config_release(&other);
}

CASE("sizes and durations, in and out")
{
	static const struct {
		const char *text;
		int64_t value; /* -1: wrong */
		const char *said;
	} sizes[] =
		{
			{"0", 0, "0"},
			{"1", 1, "1 B"},
			{"25 MiB", 25 << 20, "25 MiB"},
			{"25mib", 25 << 20, "25 MiB"},
			{"10 kB", 10000, "10000 B"},
			{"1024 KiB", 1 << 20, "1 MiB"},
			{"16 TiB", 16ll << 40, "16 TiB"},
			{"MiB", -1, NULL},
			{"", -1, NULL},
			{"1.5 MiB", -1, NULL},
			{"1 M", -1, NULL},
			{"16777216 TiB", -1, NULL},
		},
	  durations[] = {
		  {"0", 0, "0"},
		  {"0s", 0, "0"},
		  {"90s", 90000, "90s"},
		  {"60 s", 60000, "1m"},
		  {"1500ms", 1500, "1500ms"},
		  {"48h", 172800000, "2d"},
		  {"5", -1, NULL},
		  {"5w", -1, NULL},
		  {"-5s", -1, NULL},
		  {"213503982335d", -1, NULL},
	  };
	char text[CONFIG_VALUE_SIZE];
	uint64_t value;

	for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
		bool good = !config_value_size(slice_of(sizes[i].text), &value);

		if (CHECK(good == (sizes[i].value >= 0)) && good) {
			CHECK_NUMBER(value, sizes[i].value);
			CHECK_SLICE(slice_of(config_value_say_size(value, text)),
				sizes[i].said);
		}
	}
	for (size_t i = 0; i < ARRAY_COUNT(durations); i++) {
		bool good = !config_value_duration(slice_of(durations[i].text), &value);

		if (CHECK(good == (durations[i].value >= 0)) && good) {
			CHECK_NUMBER(value, durations[i].value);
			CHECK_SLICE(slice_of(config_value_say_duration(value, text)),
				durations[i].said);
		}
	}
}

static char *write_file(struct slice text, mode_t mode)
{
	char *path = memory_format("/tmp/config_test.%d", (int)getpid());
	FILE *file = fopen(path, "w");

	CHECK(file && fwrite(text.at, 1, text.size, file) == text.size);
	fclose(file);
	CHECK(chmod(path, mode) == 0);
	return path;
}

CASE("a secret is one line of a file that others may not write")
{
	static const struct {
		const char *text;
		mode_t mode;
		const char *wanted; /* a secret, or: */
		const char *wrong;
	} table[] = {
		{"hush\n", 0600, "hush", NULL},
		{"hush hush ", 0640, "hush hush ", NULL},
		{"hush\r\n", 0400, "hush", NULL},
		{"hush\n", 0444, "hush", NULL},
		{"", 0600, NULL, "no secret in it; allowed: one line"},
		{"\n", 0600, NULL, "no secret in it; allowed: one line"},
		{"a\nb\n", 0600, NULL,
			"more than one line of text; allowed: the secret "
			"alone"},
		{"hush\n", 0606, NULL, "everyone may write it; allowed: chmod o-w"},
	};
	struct config *config = config_of(whole);
	struct config_mark mark = {12, 5};

	event_set_level(EVENT_ERROR);
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		char *path = write_file(slice_of(table[i].text), table[i].mode);
		struct buffer secret = {0};
		bool good = config_read_secret(config, mark, path, &secret);

		CHECK_SLICE(buffer_contents(&secret),
			table[i].wanted ? table[i].wanted : "");
		if (CHECK(good == (table[i].wanted != NULL)) && !good) {
			char *wanted = memory_format(
				"t.yaml:12:5: %s: %s", path, table[i].wrong);

			CHECK_SLICE(slice_of(failure_last()->text), wanted);
			memory_free(wanted);
		}
		buffer_finish(&secret);
		unlink(path);
		memory_free(path);
	}
	config_release(&config);
}

CASE("a secret, or a configuration, that cannot be read says so")
{
	struct config *config = config_of(whole);
	struct buffer secret = {0};
	char many[4200], *path, *wanted, *errors = NULL;

	CHECK(!config_read_secret(
		config, (struct config_mark){0}, "/nowhere/x", &secret));
	CHECK_SLICE(slice_of(failure_last()->text),
		"t.yaml: /nowhere/x: cannot be opened: No such file or directory");
	CHECK(!config_read_secret(config, (struct config_mark){0}, "/tmp", &secret));
	CHECK_SLICE(slice_of(failure_last()->text), "t.yaml: /tmp: not a regular file");
	memset(many, 'x', sizeof(many));
	path = write_file(slice_make(many, sizeof(many)), 0600);
	CHECK(!config_read_secret(config, (struct config_mark){0}, path, &secret));
	wanted = memory_format("t.yaml: %s: larger than 4096 bytes", path);
	CHECK_SLICE(slice_of(failure_last()->text), wanted);
	CHECK_NUMBER(buffer_size(&secret), 0);
	unlink(path);
	memory_free(path);
	memory_free(wanted);
	buffer_finish(&secret);
	config_release(&config);

	CHECK(config_load("/nowhere/r.yaml", &errors) == NULL);
	CHECK_SLICE(slice_of(errors),
		"/nowhere/r.yaml: cannot be opened: No such file or directory\n");
	memory_free(errors);
}

CHECK_MAIN()
