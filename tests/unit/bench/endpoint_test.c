/* Where to connect and where to listen, as the command line names it. */
#include "bench/endpoint.h"

#include <netinet/in.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"
#include "check.h"

CASE("hosts, ports, ranges, brackets")
{
	static const struct {
		const char *text;
		bool ranges, is;
		size_t count;
		const char *first, *last;
	} cases[] = {
		{"127.0.0.1", false, true, 1, "127.0.0.1:25", "127.0.0.1:25"},
		{"127.0.0.1:2525", false, true, 1, "127.0.0.1:2525", "127.0.0.1:2525"},
		{"[::1]:26", false, true, 1, "[::1]:26", "[::1]:26"},
		{"::1", false, true, 1, "[::1]:25", "[::1]:25"},
		{"[::1]", false, true, 1, "[::1]:25", "[::1]:25"},
		{"127.0.0.2:2600-2650", true, true, 51, "127.0.0.2:2600",
			"127.0.0.2:2650"},
		{"127.0.0.1:0", true, true, 1, "127.0.0.1:0", "127.0.0.1:0"},
		{"127.0.0.2:2600-2650", false, false, 0, NULL, NULL},
		{"127.0.0.1:2601-2600", true, false, 0, NULL, NULL},
		{"127.0.0.1:0-5", true, false, 0, NULL, NULL},
		{"127.0.0.1:65536", false, false, 0, NULL, NULL},
		{"127.0.0.1:x", false, false, 0, NULL, NULL},
		{"127.0.0.1:", false, false, 0, NULL, NULL},
		{"[::1]x", false, false, 0, NULL, NULL},
		{":25", false, false, 0, NULL, NULL},
		{"", false, false, 0, NULL, NULL},
		{"127.0.0.1:1-65535", true, false, 0, NULL, NULL},
		{"127.0.0.1.2:25", false, false, 0, NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct endpoints endpoints = {0};
		bool is = endpoints_add(
			&endpoints, slice_of(cases[i].text), cases[i].ranges);

		if (!CHECK(is == cases[i].is))
			fprintf(stderr, "%s: %s\n", cases[i].text,
				failure_last()->text);
		CHECK_NUMBER(endpoints.count, cases[i].count);
		if (is) {
			CHECK_SLICE(slice_of(endpoints.at[0].text), cases[i].first);
			CHECK_SLICE(slice_of(endpoints.at[endpoints.count - 1].text),
				cases[i].last);
		}
		endpoints_finish(&endpoints);
	}
}

CASE("port 0 becomes a real one, several sockets share it, a taken one is seen")
{
	struct endpoints one = {0}, two = {0};
	int fds[3], more[2];
	char text[64];

	CHECK(endpoints_add(&one, SLICE("127.0.0.1:0"), true));
	CHECK(endpoint_listen(&one.at[0], fds, 3));
	CHECK(one.at[0].port > 0);
	snprintf(text, sizeof(text), "127.0.0.1:%u", one.at[0].port);
	CHECK_SLICE(slice_of(one.at[0].text), text);
	CHECK(endpoints_add(&two, slice_of(text), true));
	CHECK(!endpoint_listen(&two.at[0], more, 2));
	CHECK(failure_kind_last() == FAILURE_NETWORK);
	CHECK(!endpoint_listen(&two.at[0], more, 1));
	for (unsigned i = 0; i < ARRAY_COUNT(fds); i++)
		close(fds[i]);
	CHECK(endpoint_listen(&two.at[0], more, 1));
	close(more[0]);
	endpoints_finish(&one);
	endpoints_finish(&two);
}

CHECK_MAIN()
