/* Which changes wait for a restart. */
#include "daemon/fixed_keys.h"

#include "base/memory.h"

#include "check.h"

#define BASE "hostname: a.test\nlisteners: []\n"

static void check_changed(const char *before, const char *after, const char *want)
{
	char *errors = NULL;
	struct config *running = config_parse_text("a", slice_of(before), &errors);
	struct config *wanted = config_parse_text("b", slice_of(after), &errors);
	struct buffer names = {0};

	if (CHECK(running && wanted)) {
		fixed_keys_changed(running, wanted, &names);
		CHECK_SLICE(buffer_contents(&names), want);
	}
	memory_free(errors);
	buffer_finish(&names);
	config_release(&running);
	config_release(&wanted);
}

CASE("nothing, and what a reload does change")
{
	check_changed(BASE, BASE, "");
	check_changed(
		BASE, "hostname: b.test\nlisteners: []\nrelay: {expire: 1d}\n", "");
	check_changed(BASE, BASE "dns: {servers: []}\nworkers: 0\n", "");
}

CASE("what it does not")
{
	check_changed(BASE, BASE "workers: 2\n", "workers");
	check_changed(BASE, BASE "state_directory: /x\nuser: root\n",
		"state_directory, user, pickup.directory");
	check_changed(BASE "dns: {servers: [\"127.0.0.1\"]}\n",
		BASE "dns: {servers: [\"127.0.0.2\"], timeout: 1s}\n",
		"dns.servers, dns.timeout");
	check_changed(BASE,
		BASE "queue: {shards: 8, require_durable: false, "
		     "segment_size: 8 MiB}\n",
		"queue.shards, queue.require_durable, queue.segment_size");
	check_changed(BASE,
		BASE "queue: {redis: \"redis://h:1\", user: u, "
		     "password_file: /f}\n",
		"queue.redis, queue.user, queue.password_file, queue.require_durable, "
		"queue.bodies");
}

CHECK_MAIN()
