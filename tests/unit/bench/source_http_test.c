/* URLs of the API, and what its answers say. */
#include "bench/source_http.h"
#include "bench/source_http_answer.h"

#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"

#include "check.h"

CASE("a URL: scheme, host and port, and no other path than the API's")
{
	static const struct {
		const char *text, *place;
		bool tls;
	} good[] = {
		{"http://127.0.0.1:8080", "127.0.0.1:8080", false},
		{"HTTP://mail.test", "mail.test:80", false},
		{"https://mail.test/", "mail.test:443", true},
		{"https://[::1]/v1/messages", "[::1]:443", true},
		{"http://[::1]:81/v1/messages", "[::1]:81", false},
	};
	static const char *const bad[] = {"ftp://mail.test", "http://", "http:///x",
		"http://mail.test/v1", "http://mail.test/v1/messages/", "://"};
	struct source_url url;

	for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
		CHECK(source_is_url(good[i].text));
		CHECK(source_url_read(good[i].text, &url));
		CHECK_SLICE(url.place, good[i].place);
		CHECK(url.tls == good[i].tls);
	}
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		CHECK(!source_url_read(bad[i], &url));
		CHECK(failure_last()->kind == FAILURE_CONFIG);
	}
	CHECK(!source_is_url("127.0.0.1:25"));
}

/* "202 id" of message I; or "403 why …". */
static const char *outcome(unsigned status, const char *body, size_t i, char text[200])
{
	struct http_outcomes *outcomes = http_outcomes_read(status, slice_of(body));
	struct http_outcome one;

	http_outcome_of(outcomes, i, &one);
	http_outcomes_destroy(&outcomes);
	snprintf(text, 200, "%u %s", one.status, one.text);
	return text;
}

CASE("what an answer says of each message")
{
	static const char *const batch =
		"{\"accepted\":1,\"messages\":[{\"id\":\"a\"},"
		"{\"status\":403,\"code\":\"sender\",\"detail\":\"no\"}]}";
	static const char *const missing =
		"500 the answer says nothing of this message";
	char text[200];

	CHECK_SLICE(slice_of(outcome(202, "{\"id\":\"x\"}", 0, text)), "202 x");
	CHECK_SLICE(slice_of(outcome(202, batch, 0, text)), "202 a");
	CHECK_SLICE(slice_of(outcome(202, batch, 1, text)), "403 sender no");
	CHECK_SLICE(slice_of(outcome(202, batch, 2, text)), missing);
	CHECK_SLICE(slice_of(outcome(202, "", 0, text)), missing);
	CHECK_SLICE(slice_of(outcome(202, "[1]", 0, text)), missing);
	CHECK_SLICE(slice_of(outcome(202, "{\"id\":7}", 0, text)), missing);
	CHECK(strcmp(outcome(401, "{\"status\":401,\"title\":\"Who?\"}", 3, text),
		      "401 Who?") == 0);
	CHECK_SLICE(slice_of(outcome(503, "<html>", 0, text)), "503 ");
	CHECK(strcmp(outcome(202, "{\"messages\":[{\"status\":202}]}", 0, text),
		      missing) == 0);
}

CHECK_MAIN()
