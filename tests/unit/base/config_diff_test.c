/* Two configurations beside each other. */
#include "base/config_diff.h"

#include "base/buffer.h"
#include "config_check.h"

static void add(void *context, const struct config_difference *difference)
{
	buffer_append_format(context, "%.*s: %.*s -> %.*s\n",
		SLICE_PRINT(difference->key),
		SLICE_PRINT(difference->was.at ? difference->was : SLICE("nothing")),
		SLICE_PRINT(
			difference->is_now.at ? difference->is_now : SLICE("nothing")));
}

static void compare(const char *old_text, const char *new_text, const char *want)
{
	char *texts[] = {memory_format("%s%s", BEGINNING, old_text),
		memory_format("%s%s", BEGINNING, new_text)};
	struct config *old = config_of(texts[0]), *wanted = config_of(texts[1]);
	struct buffer got = {0};

	if (old && wanted) {
		config_diff(old, wanted, add, &got);
		CHECK_SLICE(buffer_contents(&got), want);
		buffer_clear(&got);
		config_diff(wanted, wanted, add, &got);
		CHECK_NUMBER(buffer_size(&got), 0);
	}
	buffer_finish(&got);
	config_release(&old);
	config_release(&wanted);
	memory_free(texts[0]);
	memory_free(texts[1]);
}

CASE("each kind of value, as one writes it")
{
	compare("", "", "");
	compare("relay: { tls: may }\n", "relay: { tls: must, connections: 7 }\n",
		"relay.connections: 20 -> 7\nrelay.tls: may -> must\n");
	compare("submission: { message_size: 25 MiB, deliver_by: true }\n",
		"submission: { message_size: 512 KiB, deliver_by: false }\n",
		"submission.message_size: 25 MiB -> 512 KiB\n"
		"submission.deliver_by: true -> false\n");
	compare("relay: { expire: 5d, retry: [1m, 90s] }\n",
		"relay: { expire: 36h, retry: [1m] }\n",
		"relay.retry: 1m, 90s -> 1m\nrelay.expire: 5d -> 36h\n");
	compare("", "submission: { trusted_networks: [10.0.0.0/8, \"fd00::/8\"] }\n",
		"submission.trusted_networks:  -> 10.0.0.0/8, fd00::/8\n");
	compare("dns: { servers: [127.0.0.1] }\n",
		"dns: { servers: [127.0.0.1, \"[::1]:53\"] }\n",
		"dns.servers: 127.0.0.1 -> 127.0.0.1, [::1]:53\n");
}

CASE("entries of lists, wherever they stand")
{
	compare("routes: [{ domain: a.test, host: h.test }, { domain: b.test, discard: "
		"true }]\n",
		"routes: [{ domain: c.test, host: h.test, port: 26 }, { domain: "
		"a.test, "
		"host: i.test }]\n",
		"routes[a.test].host: h.test -> i.test\n"
		"routes[b.test]: {domain: b.test, port: 25, discard: true, tls: may, "
		"connections: 20, messages_per_connection: 100, verp: none} -> "
		"nothing\n"
		"routes[c.test]: nothing -> {domain: c.test, host: h.test, port: 26, "
		"tls: may, connections: 20, messages_per_connection: 100, verp: "
		"none}\n");
}

CASE("what is secret is not said")
{
	compare("",
		"traces: { endpoint: \"http://127.0.0.1:1\", headers: [\"X-Key: a\"] "
		"}\n",
		"traces.endpoint:  -> http://127.0.0.1:1\n"
		"traces.headers:  -> X-Key: ***\n");
	compare("traces: { endpoint: \"http://127.0.0.1:1\", headers: [\"X-Key: a\"] "
		"}\n",
		"traces: { endpoint: \"http://127.0.0.1:1\", headers: [\"X-Key: b\"] "
		"}\n",
		"traces.headers: X-Key: *** -> X-Key: ***\n");
}

CHECK_MAIN()
